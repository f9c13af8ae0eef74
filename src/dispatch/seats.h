#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace muster::dispatch {

/// A set of seats: one bit each, in chunks that exist only where there is one, with a summary of the words that hold
/// any. So the first seat that several sets share is found by a few AND of words. Any other numbers can be kept
/// likewise.
class SeatSet {
 public:
  /// That many can be looked at together.
  static constexpr std::size_t kSetsMax = 16;

  /// REQUIRES: !contains(seat).
  void add(std::uint32_t seat) {
    ++count_;
    const std::size_t at = seat / kChunkSeats;
    if (at >= chunks_.size()) {
      chunks_.resize(at + 1);
      summary_.resize(at + 1);
    }
    if (!chunks_[at]) chunks_[at] = std::make_unique<Chunk>();
    (*chunks_[at])[word_of(seat)] |= bit_of(seat);
    summary_[at] |= bit_of(seat / kWordSeats);
  }

  /// REQUIRES: contains(seat).
  void remove(std::uint32_t seat) {
    --count_;
    const std::size_t at = seat / kChunkSeats;
    std::uint64_t& word = (*chunks_[at])[word_of(seat)];
    word &= ~bit_of(seat);
    if (word != 0) return;
    summary_[at] &= ~bit_of(seat / kWordSeats);
    if (summary_[at] == 0) chunks_[at].reset();
  }

  [[nodiscard]] bool contains(std::uint32_t seat) const {
    const std::size_t at = seat / kChunkSeats;
    return at < chunks_.size() && chunks_[at] && ((*chunks_[at])[word_of(seat)] & bit_of(seat)) != 0;
  }

  [[nodiscard]] std::size_t count() const { return count_; }

  /// Moves every seat s to now_at[s].
  void renumber(const std::vector<std::uint32_t>& now_at) {
    const SeatSet before = std::exchange(*this, SeatSet());
    const SeatSet* const sets[] = {&before};
    visit_common(sets, [&](std::uint32_t seat) {
      add(now_at[seat]);
      return false;
    });
  }

  /// The bits of the 64 seats from `first` on. REQUIRES: first is divisible by 64.
  [[nodiscard]] std::uint64_t word_from(std::uint32_t first) const {
    const std::size_t at = first / kChunkSeats;
    return at < chunks_.size() && chunks_[at] ? (*chunks_[at])[word_of(first)] : 0;
  }

  /// Puts the smallest first. In that order a search ends soonest and looks least often at the others.
  static void sort_by_count(std::span<const SeatSet*> sets) {
    std::sort(sets.begin(), sets.end(), [](const SeatSet* a, const SeatSet* b) { return a->count_ < b->count_; });
  }

  /// How many seats all sets have. REQUIRES: 1..kSetsMax sets.
  [[nodiscard]] static std::size_t count_common(std::span<const SeatSet* const> sets) {
    std::size_t seats = 0;
    visit_common_words(sets, [&](std::uint32_t, std::uint64_t bits) {
      seats += static_cast<std::size_t>(std::popcount(bits));
      return false;
    });
    return seats;
  }

  /// Gives the seats that all sets have to `visit`, ascending, until it returns true. Quickest in the order of
  /// sort_by_count(). REQUIRES: 1..kSetsMax sets.
  template <typename Visit>
  static void visit_common(std::span<const SeatSet* const> sets, Visit visit) {
    visit_common_words(sets, [&](std::uint32_t first, std::uint64_t bits) {
      for (; bits != 0; bits &= bits - 1) {
        if (visit(first + lowest(bits))) return true;
      }
      return false;
    });
  }

  /// The same 64 seats at a time: `visit` gets the first of them and a bit for each, none if the sets share no seat
  /// there.
  template <typename Visit>
  static void visit_common_words(std::span<const SeatSet* const> sets, Visit visit) {
    std::size_t end = sets.front()->summary_.size();
    for (const SeatSet* set : sets) end = std::min(end, set->summary_.size());
    std::array<const std::uint64_t*, kSetsMax> chunks;
    for (std::size_t at = 0; at < end; ++at) {
      std::uint64_t words = ~std::uint64_t{0};
      for (const SeatSet* set : sets) words &= set->summary_[at];
      if (words == 0) continue;
      for (std::size_t i = 0; i < sets.size(); ++i) chunks[i] = sets[i]->chunks_[at]->data();
      for (; words != 0; words &= words - 1) {
        const std::uint32_t word = lowest(words);
        std::uint64_t bits = chunks[0][word];
        for (std::size_t i = 1; i < sets.size() && bits != 0; ++i) bits &= chunks[i][word];
        if (visit(static_cast<std::uint32_t>(at) * kChunkSeats + word * kWordSeats, bits)) return;
      }
    }
  }

 private:
  static constexpr std::uint32_t kWordSeats = 64;
  static constexpr std::uint32_t kChunkWords = 64;
  static constexpr std::uint32_t kChunkSeats = kChunkWords * kWordSeats;
  using Chunk = std::array<std::uint64_t, kChunkWords>;

  static std::size_t word_of(std::uint32_t seat) { return seat / kWordSeats % kChunkWords; }
  static std::uint64_t bit_of(std::uint32_t number) { return std::uint64_t{1} << (number % 64); }
  static std::uint32_t lowest(std::uint64_t bits) { return static_cast<std::uint32_t>(std::countr_zero(bits)); }

  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::vector<std::uint64_t> summary_;  // of each chunk; bit w: its word w has a seat
  std::size_t count_ = 0;
};

/// A row of seats whose holders sit in ascending order of their keys. Nearly everybody comes with the highest key and
/// sits down at the end. Who comes back takes the old seat, or a free one there; if there is none, a few neighbours
/// move up.
///
/// REQUIRES of Key: operator<=>, unique among holders.
template <typename Holder, typename Key>
class SeatRow {
 public:
  /// Finds a seat; none if it is time to compact() first, after which there is one. `moved(holder, from, to)` is called
  /// for each neighbour who moves up, the last of them first.
  template <typename Moved>
  std::optional<std::uint32_t> take(Holder* holder, const Key& key, Moved moved) {
    const bool last = seats_.empty() || seats_.back().key < key;
    // Only here does the row grow: who comes back finds the old seat free, however many others are.
    if (last && seats_.size() >= 2 * holders_ + kSpareSeats) return std::nullopt;
    const std::size_t at = last ? seats_.size() : make_room(key, moved);
    if (at == kNoRoom) return std::nullopt;
    if (at == seats_.size()) seats_.emplace_back();
    seats_[at] = {key, holder};
    ++holders_;
    return static_cast<std::uint32_t>(at);
  }

  void vacate(std::uint32_t seat) {
    seats_[seat].holder = nullptr;
    --holders_;
  }

  [[nodiscard]] Holder* holder(std::uint32_t seat) const { return seats_[seat].holder; }
  /// REQUIRES: somebody holds the seat.
  [[nodiscard]] const Key& key(std::uint32_t seat) const { return seats_[seat].key; }

  /// Moves everybody together, with every eighth seat free, and many where `near` belongs: others may come there.
  /// `moved(holder, to)` is called for each. Gives the new number of each held seat.
  template <typename Moved>
  std::vector<std::uint32_t> compact(const Key& near, Moved moved) {
    std::vector<std::uint32_t> now_at(seats_.size());
    std::vector<Seat> seats;
    seats.reserve(2 * holders_ + kSpareSeats);
    bool past_near = false;
    for (std::size_t from = 0; from < seats_.size(); ++from) {
      if (!seats_[from].holder) continue;
      if (!past_near && near < seats_[from].key) {
        past_near = true;
        seats.insert(seats.end(), holders_ / 8 + kMovesMax, Seat{near, nullptr});
      }
      if (seats.size() % 8 == 7) seats.push_back({seats.back().key, nullptr});
      now_at[from] = static_cast<std::uint32_t>(seats.size());
      moved(*seats_[from].holder, now_at[from]);
      seats.push_back(seats_[from]);
    }
    seats_ = std::move(seats);
    return now_at;
  }

  [[nodiscard]] bool in_order() const {
    return std::is_sorted(seats_.begin(), seats_.end(), [](const Seat& a, const Seat& b) { return a.key < b.key; });
  }

 private:
  static constexpr std::size_t kSpareSeats = 4096;  // beyond these, half of the seats may be free
  static constexpr std::size_t kMovesMax = 64;
  static constexpr std::size_t kNoRoom = ~std::size_t{0};
  struct Seat {
    Key key{};  // of whoever sits here or did; never below that of the seat before
    Holder* holder = nullptr;
  };

  template <typename Moved>
  std::size_t make_room(const Key& key, Moved moved) {
    const auto above = std::lower_bound(seats_.begin(), seats_.end(), key,
                                        [](const Seat& seat, const Key& wanted) { return seat.key < wanted; });
    const auto at = static_cast<std::size_t>(above - seats_.begin());
    if (!seats_[at].holder) return at;
    if (at > 0 && !seats_[at - 1].holder) return at - 1;
    const std::size_t free = nearest_free(at);
    if (free == kNoRoom) return kNoRoom;
    if (free == seats_.size()) seats_.emplace_back();
    const std::size_t taken = free > at ? at : at - 1;
    for (std::size_t to = free; to != taken;) {
      const std::size_t from = free > at ? to - 1 : to + 1;
      seats_[to] = seats_[from];
      moved(*seats_[to].holder, static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(to));
      to = from;
    }
    return taken;
  }

  /// The nearest seat without holder within kMovesMax of `at`, the end of the row included.
  [[nodiscard]] std::size_t nearest_free(std::size_t at) const {
    for (std::size_t away = 1; away <= kMovesMax; ++away) {
      if (at + away >= seats_.size() || !seats_[at + away].holder) return std::min(at + away, seats_.size());
      if (away <= at && !seats_[at - away].holder) return at - away;
    }
    return kNoRoom;
  }

  std::vector<Seat> seats_;
  std::size_t holders_ = 0;
};

}  // namespace muster::dispatch
