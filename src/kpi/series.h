#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "muster/kpi/fold.h"

namespace muster::kpi {

/// Facts grow by themselves while something lasts: these by so much a microsecond.
inline constexpr std::size_t kFirstRate = index_of(Fact::kHandlingTime);
inline constexpr std::size_t kLastRate = index_of(Fact::kCapacityTime);
using Rates = std::array<std::int64_t, kLastRate - kFirstRate + 1>;

inline constexpr Duration kMinute = std::chrono::minutes(1);

/// One row's facts over time: minutes for an hour, then intervals for as long as a day can be anywhere (25 hours, and
/// one to spare). What is older is history's.
class Series {
 public:
  static constexpr Duration kMinutesKept = std::chrono::minutes(60);
  static constexpr Duration kIntervalsKept = std::chrono::hours(26);

  explicit Series(TimePoint start);

  /// Counts in the present. `now` never goes back.
  void add(TimePoint now, Fact fact, std::int64_t amount) {
    if (now >= minute_end_) settle(now);
    count(index_of(fact), amount);
  }
  /// From now on the fact grows by so much more.
  void change_rate(TimePoint now, Fact fact, std::int64_t by);
  /// Counts in the past, where it belongs, as far as that is kept.
  void add_at(TimePoint now, TimePoint at, Fact fact, std::int64_t amount);

  /// What counts from `from` on, a whole minute within the last hour or else a whole interval, until `until`, which is
  /// not before anything that was added; what lasts is taken to last until then.
  [[nodiscard]] Facts sum(TimePoint from, TimePoint until) const;
  /// What counts in one interval, likewise.
  [[nodiscard]] Facts interval(TimePoint start, TimePoint until) const;
  /// Nothing is kept and nothing lasts.
  [[nodiscard]] bool idle(TimePoint now);

  /// Lets time pass: minutes and intervals that are over are put away.
  void settle(TimePoint now);
  /// The same, but nothing lasts meanwhile.
  void skip(TimePoint now);

  [[nodiscard]] SeriesImage image() const;
  /// Takes up an image; what lasts comes by restore_rate() then.
  explicit Series(const SeriesImage& image);
  /// As change_rate(), but it lasts since the image already.
  void restore_rate(Fact fact, std::int64_t by) { rates_[index_of(fact) - kFirstRate] += by; }

 private:
  /// A fact of one minute or interval that is over.
  struct Entry {
    std::int32_t start;  ///< in minutes since the epoch
    std::uint8_t fact;
    std::int64_t amount;
  };
  using Entries = std::vector<Entry>;  ///< by start, then by fact

  void count(std::size_t fact, std::int64_t amount) {
    current_.add(fact, amount);
    touched_[fact / 64] |= std::uint64_t{1} << (fact % 64);
  }
  [[nodiscard]] bool lasts() const;
  [[nodiscard]] TimePoint oldest_minute() const;
  void grow_to(TimePoint time);
  void grow(Facts& facts, Duration by) const;
  void put_away_minute();
  void put_away_interval(TimePoint start);
  static void put_away(const Facts& facts, std::array<std::uint64_t, 2> touched, TimePoint start, Entries& entries);
  static void add_to(Entries& entries, TimePoint start, Fact fact, std::int64_t amount);
  static void sum_from(const Entries& entries, TimePoint from, Facts& facts);
  static void forget_before(Entries& entries, TimePoint start);
  static std::vector<FactsSlice> slices_of(const Entries& entries);

  TimePoint settled_;                       ///< until then what lasts has been counted
  TimePoint minute_end_;                    ///< of the minute of settled_
  std::array<std::uint64_t, 2> touched_{};  ///< one bit for each fact that current_ may hold
  Facts current_;                           ///< of the present minute
  Rates rates_{};
  Entries minutes_;
  Entries intervals_;
};

constexpr TimePoint minute_of(TimePoint time) { return std::chrono::floor<std::chrono::minutes>(time); }

}  // namespace muster::kpi
