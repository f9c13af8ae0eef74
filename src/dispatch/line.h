#pragma once

#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "hash.h"

namespace muster::dispatch {

/// Values in ascending order of their keys. Going to the end and leaving cost constant time, and that is nearly all
/// that happens: what arrives is the newest. Any other place costs logarithmic time (a skip list whose heights
/// come from the keys). Places belong to their owner and must not move while they are in a line.
///
/// REQUIRES of Key: operator<=>, unique within a line, and salt(), a number that differs between keys.
template <typename Value, typename Key>
class Line {
 public:
  class Place;

 private:
  static constexpr std::size_t kLevels = 6;
  struct Link {
    Place* previous = nullptr;
    Place* next = nullptr;
  };

 public:
  class Place {
   public:
    Value value{};

    [[nodiscard]] const Key& key() const { return key_; }
    [[nodiscard]] bool in_line() const { return height_ > 0; }
    [[nodiscard]] const Place* next() const { return ground_.next; }

   private:
    friend class Line;
    Link& link(std::size_t level) { return level == 0 ? ground_ : (*upper_)[level - 1]; }

    Key key_{};
    Link ground_;
    std::unique_ptr<std::array<Link, kLevels - 1>> upper_;  // made when the place first rises above the ground
    std::uint8_t height_ = 0;                               // levels that it is linked into; 0: in no line
  };

  [[nodiscard]] const Place* first() const { return head_[0]; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

  void join(Place& place, const Key& key) {
    assert(!place.in_line());
    place.key_ = key;
    place.height_ = height_of(key);
    if (place.height_ > 1 && !place.upper_) place.upper_ = std::make_unique<std::array<Link, kLevels - 1>>();
    const bool last = tail_[0] == nullptr || tail_[0]->key_ < key;
    const Tower before = last ? tail_ : places_before(key);
    for (std::size_t level = 0; level < place.height_; ++level) {
      Place* const previous = before[level];
      Place* const next = previous ? previous->link(level).next : head_[level];
      place.link(level) = {previous, next};
      (previous ? previous->link(level).next : head_[level]) = &place;
      (next ? next->link(level).previous : tail_[level]) = &place;
    }
    ++size_;
  }

  void leave(Place& place) {
    assert(place.in_line());
    for (std::size_t level = 0; level < place.height_; ++level) {
      const Link link = place.link(level);
      (link.previous ? link.previous->link(level).next : head_[level]) = link.next;
      (link.next ? link.next->link(level).previous : tail_[level]) = link.previous;
    }
    place.height_ = 0;
    --size_;
  }

 private:
  using Tower = std::array<Place*, kLevels>;

  /// One place in eight rises to each next level.
  static std::uint8_t height_of(const Key& key) {
    const auto rise = static_cast<std::size_t>(std::countr_zero(mix(key.salt()))) / 3;
    return static_cast<std::uint8_t>(1 + (rise < kLevels - 1 ? rise : kLevels - 1));
  }

  Tower places_before(const Key& key) {
    Tower before{};
    Place* at = nullptr;
    for (std::size_t level = kLevels; level-- > 0;) {
      Place* next = at ? at->link(level).next : head_[level];
      while (next && next->key_ < key) {
        at = next;
        next = at->link(level).next;
      }
      before[level] = at;
    }
    return before;
  }

  Tower head_{};
  Tower tail_{};
  std::size_t size_ = 0;
};

}  // namespace muster::dispatch
