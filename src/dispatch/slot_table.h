#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace muster::dispatch {

/// Numbers of entries that lie elsewhere, by half of a hash of each: an open-addressed table, at most half full.
/// Entries are looked at only where one is found. Never walked in its order.
class SlotTable {
 public:
  /// No entry has this number.
  static constexpr std::uint32_t kFree = 0;

  /// The entry of that hash of which `is` says that it is the one; kFree if there is none.
  template <typename Is>
  [[nodiscard]] std::uint32_t find(std::uint32_t hash, Is is) const {
    if (slots_.empty()) return kFree;
    for (std::size_t slot = home_of(hash); slots_[slot].entry != kFree; slot = after(slot)) {
      if (slots_[slot].hash == hash && is(slots_[slot].entry)) return slots_[slot].entry;
    }
    return kFree;
  }

  /// REQUIRES: the entry is not in it.
  void insert(std::uint32_t hash, std::uint32_t entry) {
    reserve(++size_);
    put({hash, entry});
  }

  /// Frees a slot and moves up those behind it that would no longer be found. REQUIRES: the entry is in it.
  void erase(std::uint32_t hash, std::uint32_t entry) {
    std::size_t hole = home_of(hash);
    while (slots_[hole].entry != entry) hole = after(hole);
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t slot = after(hole); slots_[slot].entry != kFree; slot = after(slot)) {
      if (((slot - home_of(slots_[slot].hash)) & mask) < ((slot - hole) & mask)) continue;
      slots_[hole] = slots_[slot];
      hole = slot;
    }
    slots_[hole] = {};
    --size_;
  }

  /// Makes room for so many entries in all.
  void reserve(std::size_t entries) {
    if (2 * entries <= slots_.size()) return;
    const std::size_t count = std::max(kSlotsMin, std::bit_ceil(2 * entries));
    const std::vector<Slot> before = std::exchange(slots_, std::vector<Slot>(count));
    for (const Slot& each : before) {
      if (each.entry != kFree) put(each);
    }
  }

  /// Fetches what find() will need, for a caller who has something else to do before.
  void prepare(std::uint32_t hash) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[home_of(hash)]);
  }

 private:
  static constexpr std::size_t kSlotsMin = 16;
  struct Slot {
    std::uint32_t hash = 0;  // gives the home slot as well
    std::uint32_t entry = kFree;
  };

  [[nodiscard]] std::size_t home_of(std::uint32_t hash) const { return hash & (slots_.size() - 1); }
  [[nodiscard]] std::size_t after(std::size_t slot) const { return (slot + 1) & (slots_.size() - 1); }
  void put(const Slot& fresh) {
    std::size_t slot = home_of(fresh.hash);
    while (slots_[slot].entry != kFree) slot = after(slot);
    slots_[slot] = fresh;
  }

  std::vector<Slot> slots_;  // a power of two
  std::size_t size_ = 0;
};

}  // namespace muster::dispatch
