#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "hash.h"
#include "muster/dispatch/types.h"

namespace muster::dispatch {

/// Resources of one kind by handle and by the client's identifier. Handles are given in order and never again.
/// Records do not move.
///
/// REQUIRES of Record: id_of(record), its identifier, which stays as it is from the next look-up after add() on.
template <typename Handle, typename Record>
class Registry {
 public:
  [[nodiscard]] Record* find(Handle handle) const {
    return raw(handle) < by_handle_.size() ? by_handle_[raw(handle)].get() : nullptr;
  }
  [[nodiscard]] Record* find(std::string_view id) const {
    if (table_.empty()) return nullptr;
    const std::uint32_t hash = hash_of(id);
    for (std::size_t slot = home_of(hash);; slot = after(slot)) {
      if (table_[slot].handle == Handle::kNone) return nullptr;
      if (table_[slot].hash != hash) continue;
      Record* const record = by_handle_[raw(table_[slot].handle)].get();
      if (id_of(*record) == id) return record;
    }
  }
  /// The highest handle given so far.
  [[nodiscard]] Handle last() const { return Handle{static_cast<std::uint32_t>(by_handle_.size() - 1)}; }
  [[nodiscard]] Handle next() const { return Handle{static_cast<std::uint32_t>(by_handle_.size())}; }
  [[nodiscard]] std::size_t size() const { return size_; }

  /// REQUIRES: handle lies after last(), and the identifier is free.
  Record& add(Handle handle, std::string_view id) {
    skip_to(handle);
    by_handle_.back() = std::make_unique<Record>();
    if (2 * ++size_ > table_.size()) grow();
    insert({hash_of(id), handle});
    return *by_handle_.back();
  }
  void remove(Handle handle) {
    erase(handle);
    by_handle_[raw(handle)].reset();
    --size_;
  }
  /// Counts every handle up to this one as given.
  void skip_to(Handle handle) {
    if (raw(handle) >= by_handle_.size()) by_handle_.resize(raw(handle) + std::size_t{1});
  }

  /// In the order of handles.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (const auto& record : by_handle_) {
      if (record) visit(*record);
    }
  }

 private:
  /// Of the open-addressed table by identifier. The hash gives the home slot as well.
  struct Slot {
    std::uint32_t hash = 0;
    Handle handle{};  // kNone: free
  };

  static std::uint32_t hash_of(std::string_view id) {
    Hasher hasher;
    hasher.add(id);
    return static_cast<std::uint32_t>(hasher.value());
  }
  [[nodiscard]] std::size_t home_of(std::uint32_t hash) const { return hash & (table_.size() - 1); }
  [[nodiscard]] std::size_t after(std::size_t slot) const { return (slot + 1) & (table_.size() - 1); }

  void insert(Slot entry) {
    std::size_t slot = home_of(entry.hash);
    while (table_[slot].handle != Handle::kNone) slot = after(slot);
    table_[slot] = entry;
  }

  // Frees a slot and moves up those behind it that would no longer be found.
  void erase(Handle handle) {
    const std::size_t mask = table_.size() - 1;
    std::size_t hole = home_of(hash_of(id_of(*by_handle_[raw(handle)])));
    while (table_[hole].handle != handle) hole = after(hole);
    for (std::size_t slot = after(hole); table_[slot].handle != Handle::kNone; slot = after(slot)) {
      if (((slot - home_of(table_[slot].hash)) & mask) < ((slot - hole) & mask)) continue;
      table_[hole] = table_[slot];
      hole = slot;
    }
    table_[hole] = {};
  }

  void grow() {
    const std::vector<Slot> before = std::exchange(table_, std::vector<Slot>(table_.empty() ? 16 : 2 * table_.size()));
    for (const Slot& entry : before) {
      if (entry.handle != Handle::kNone) insert(entry);
    }
  }

  std::vector<std::unique_ptr<Record>> by_handle_ = std::vector<std::unique_ptr<Record>>(1);  // [0] is no handle
  std::size_t size_ = 0;
  std::vector<Slot> table_;  // a power of two, at least twice the records; never walked in its order
};

}  // namespace muster::dispatch
