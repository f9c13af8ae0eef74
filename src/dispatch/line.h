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
/// The places that rise above the ground are milestones: each knows how many places there are from itself up to the
/// next one. So places can be counted a run at a time, and only the run of whoever comes or goes needs a correction.
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
    struct Upper {
      std::array<Link, kLevels - 1> links;
      std::size_t run = 0;  // places from this one up to the next milestone
    };
    Link& link(std::size_t level) { return level == 0 ? ground_ : upper_->links[level - 1]; }
    [[nodiscard]] bool is_milestone() const { return height_ > 1; }

    Key key_{};
    Link ground_;
    std::unique_ptr<Upper> upper_;  // made when the place first rises above the ground
    std::uint8_t height_ = 0;       // levels that it is linked into; 0: in no line
  };

  [[nodiscard]] const Place* first() const { return head_[0]; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

  /// How many places come before the key: quick for keys near the end, and an eighth of the line at most.
  [[nodiscard]] std::size_t count_before(const Key& key) const {
    std::size_t from_run_on = 0;
    Place* milestone = tail_[1];
    for (; milestone && !(milestone->key_ < key); milestone = milestone->link(1).previous) {
      from_run_on += milestone->upper_->run;
    }
    const std::size_t run = milestone ? milestone->upper_->run : first_run_;
    const Place* place = milestone ? milestone : head_[0];
    std::size_t before = 0;
    for (; before < run && place->key_ < key; place = place->next()) ++before;
    return size_ - from_run_on - run + before;
  }

  void join(Place& place, const Key& key) {
    assert(!place.in_line());
    place.key_ = key;
    place.height_ = height_of(key);
    if (place.is_milestone() && !place.upper_) place.upper_ = std::make_unique<typename Place::Upper>();
    const bool last = tail_[0] == nullptr || tail_[0]->key_ < key;
    const Tower before = last ? tail_ : places_before(key);
    for (std::size_t level = 0; level < place.height_; ++level) {
      Place* const previous = before[level];
      Place* const next = previous ? previous->link(level).next : head_[level];
      place.link(level) = {previous, next};
      (previous ? previous->link(level).next : head_[level]) = &place;
      (next ? next->link(level).previous : tail_[level]) = &place;
    }
    std::size_t& run = run_of(before[1]);
    ++run;
    if (place.is_milestone()) {
      place.upper_->run = 1;
      for (const Place* next = place.next(); next && !next->is_milestone(); next = next->next()) ++place.upper_->run;
      run -= place.upper_->run;
    }
    ++size_;
  }

  void leave(Place& place) {
    assert(place.in_line());
    if (place.is_milestone()) {
      run_of(place.link(1).previous) += place.upper_->run - 1;
    } else {
      --run_of(place.next() ? milestone_before(place) : tail_[1]);
    }
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

  /// Of the run that begins with the milestone; with null, of the places before the first one.
  std::size_t& run_of(Place* milestone) { return milestone ? milestone->upper_->run : first_run_; }

  static Place* milestone_before(const Place& place) {
    Place* at = place.ground_.previous;
    while (at && !at->is_milestone()) at = at->ground_.previous;
    return at;
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
  std::size_t first_run_ = 0;  // places before the first milestone
};

}  // namespace muster::dispatch
