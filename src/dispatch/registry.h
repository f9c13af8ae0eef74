#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "hash.h"
#include "muster/dispatch/types.h"
#include "slot_table.h"

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
    return find(
        Handle{table_.find(hash_of(id), [&](std::uint32_t handle) { return id_of(*by_handle_[handle]) == id; })});
  }
  /// The highest handle given so far.
  [[nodiscard]] Handle last() const { return Handle{static_cast<std::uint32_t>(by_handle_.size() - 1)}; }
  [[nodiscard]] Handle next() const { return Handle{static_cast<std::uint32_t>(by_handle_.size())}; }
  [[nodiscard]] std::size_t size() const { return size_; }

  /// REQUIRES: handle lies after last(), and the identifier is free.
  Record& add(Handle handle, std::string_view id) {
    skip_to(handle);
    by_handle_.back() = std::make_unique<Record>();
    table_.insert(hash_of(id), raw(handle));
    ++size_;
    return *by_handle_.back();
  }
  void remove(Handle handle) {
    table_.erase(hash_of(id_of(*by_handle_[raw(handle)])), raw(handle));
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
  static std::uint32_t hash_of(std::string_view id) {
    Hasher hasher;
    hasher.add(id);
    return static_cast<std::uint32_t>(hasher.value());
  }

  std::vector<std::unique_ptr<Record>> by_handle_ = std::vector<std::unique_ptr<Record>>(1);  // [0] is no handle
  std::size_t size_ = 0;
  SlotTable table_;  // handles by identifier
};

}  // namespace muster::dispatch
