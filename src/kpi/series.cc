#include "series.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace muster::kpi {
namespace {

std::int32_t number_of(TimePoint minute) {
  return static_cast<std::int32_t>(std::chrono::floor<std::chrono::minutes>(minute).time_since_epoch().count());
}
TimePoint minute_at(std::int32_t number) { return TimePoint(std::chrono::minutes(number)); }

}  // namespace

Series::Series(TimePoint start) : settled_(start), minute_end_(minute_of(start) + kMinute) {}

bool Series::lasts() const {
  return std::any_of(rates_.begin(), rates_.end(), [](std::int64_t rate) { return rate != 0; });
}

TimePoint Series::oldest_minute() const { return minute_end_ - kMinutesKept; }

void Series::grow(Facts& facts, Duration by) const {
  for (std::size_t i = 0; i < rates_.size(); ++i) {
    if (rates_[i] != 0) facts.add(kFirstRate + i, rates_[i] * by.count());
  }
}

void Series::grow_to(TimePoint time) {
  for (std::size_t i = 0; i < rates_.size(); ++i) {
    if (rates_[i] != 0) count(kFirstRate + i, rates_[i] * (time - settled_).count());
  }
  settled_ = time;
}

// While nothing lasts, only the ends of intervals are left to see to.
void Series::settle(TimePoint now) {
  if (now <= settled_) return;
  const bool by_minutes = lasts();
  while (now >= minute_end_) {
    const TimePoint interval_end = interval_of(minute_end_ - kMinute) + kInterval;
    const TimePoint next = by_minutes ? minute_end_ : std::max(minute_end_, std::min(interval_end, minute_of(now)));
    grow_to(next);
    put_away_minute();
    if (next == interval_end) put_away_interval(interval_end - kInterval);
    minute_end_ = next + kMinute;
  }
  if (by_minutes) grow_to(now);
  settled_ = now;
}

void Series::skip(TimePoint now) {
  const Rates rates = std::exchange(rates_, {});
  settle(now);
  rates_ = rates;
}

void Series::put_away(const Facts& facts, std::array<std::uint64_t, 2> touched, TimePoint start, Entries& entries) {
  for (std::size_t word = 0; word < touched.size(); ++word) {
    for (; touched[word] != 0; touched[word] &= touched[word] - 1) {
      const std::size_t fact = word * 64 + static_cast<std::size_t>(std::countr_zero(touched[word]));
      if (facts.at(fact) == 0) continue;
      entries.push_back({number_of(start), static_cast<std::uint8_t>(fact), facts.at(fact)});
    }
  }
}

void Series::put_away_minute() {
  if ((touched_[0] | touched_[1]) == 0) return;
  put_away(current_, touched_, minute_end_ - kMinute, minutes_);
  current_ = {};
  touched_ = {};
}

void Series::put_away_interval(TimePoint start) {
  const auto from = std::lower_bound(minutes_.begin(), minutes_.end(), number_of(start),
                                     [](const Entry& entry, std::int32_t number) { return entry.start < number; });
  if (from != minutes_.end()) {
    Facts facts;
    std::array<std::uint64_t, 2> touched{};
    for (auto entry = from; entry != minutes_.end(); ++entry) {
      facts.add(entry->fact, entry->amount);
      touched[entry->fact / 64] |= std::uint64_t{1} << (entry->fact % 64);
    }
    put_away(facts, touched, start, intervals_);
  }
  forget_before(minutes_, start + kInterval - kMinutesKept);
  forget_before(intervals_, start + kInterval - kIntervalsKept);
}

void Series::forget_before(Entries& entries, TimePoint start) {
  const std::int32_t number = number_of(start);
  const auto kept =
      std::find_if(entries.begin(), entries.end(), [&](const Entry& each) { return each.start >= number; });
  entries.erase(entries.begin(), kept);
}

void Series::change_rate(TimePoint now, Fact fact, std::int64_t by) {
  settle(now);
  rates_[index_of(fact) - kFirstRate] += by;
}

void Series::add_to(Entries& entries, TimePoint start, Fact fact, std::int64_t amount) {
  const Entry wanted{number_of(start), static_cast<std::uint8_t>(index_of(fact)), amount};
  const auto at = std::lower_bound(entries.begin(), entries.end(), wanted, [](const Entry& a, const Entry& b) {
    return a.start != b.start ? a.start < b.start : a.fact < b.fact;
  });
  if (at == entries.end() || at->start != wanted.start || at->fact != wanted.fact) {
    entries.insert(at, wanted);
    return;
  }
  at->amount = is_peak(wanted.fact) ? std::max(at->amount, amount) : at->amount + amount;
  if (at->amount == 0) entries.erase(at);
}

void Series::add_at(TimePoint now, TimePoint at, Fact fact, std::int64_t amount) {
  if (now >= minute_end_) settle(now);
  const TimePoint minute = minute_of(std::min(at, now)), interval = interval_of(minute);
  if (minute + kMinute == minute_end_) {
    count(index_of(fact), amount);
    return;
  }
  if (minute >= oldest_minute()) add_to(minutes_, minute, fact, amount);
  const TimePoint present = interval_of(minute_end_ - kMinute);
  if (interval < present && interval > present - kIntervalsKept) add_to(intervals_, interval, fact, amount);
}

void Series::sum_from(const Entries& entries, TimePoint from, Facts& facts) {
  const std::int32_t number = number_of(from);
  for (auto entry = entries.rbegin(); entry != entries.rend() && entry->start >= number; ++entry) {
    facts.add(entry->fact, entry->amount);
  }
}

Facts Series::sum(TimePoint from, TimePoint until) const {
  Facts facts;
  const TimePoint minute = minute_end_ - kMinute;
  if (minute >= from) facts = current_;
  const bool by_minutes = from >= oldest_minute();
  if (!by_minutes) sum_from(intervals_, from, facts);
  sum_from(minutes_, by_minutes ? from : interval_of(minute), facts);
  grow(facts, until - std::max(settled_, std::min(from, until)));
  return facts;
}

Facts Series::interval(TimePoint start, TimePoint until) const {
  const TimePoint end = start + kInterval, present = interval_of(minute_end_ - kMinute);
  if (start == present) return sum(start, std::min(until, end));
  Facts facts;
  if (start > present) {  // since what lasts was counted, nothing else happened
    if (until > start) grow(facts, std::min(until, end) - start);
    return facts;
  }
  const std::int32_t number = number_of(start);
  for (const Entry& entry : intervals_) {
    if (entry.start == number) facts.add(entry.fact, entry.amount);
  }
  return facts;
}

bool Series::idle(TimePoint now) {
  settle(now);
  return !lasts() && (touched_[0] | touched_[1]) == 0 && minutes_.empty() && intervals_.empty();
}

std::vector<FactsSlice> Series::slices_of(const Entries& entries) {
  std::vector<FactsSlice> slices;
  for (const Entry& entry : entries) {
    if (slices.empty() || slices.back().start != minute_at(entry.start)) slices.push_back({minute_at(entry.start), {}});
    slices.back().facts.emplace_back(entry.fact, entry.amount);
  }
  return slices;
}

// What lasts is as it was counted last: settled_ may lie before what was added since.
SeriesImage Series::image() const {
  Entries minutes = minutes_;
  put_away(current_, touched_, minute_end_ - kMinute, minutes);
  return {settled_, slices_of(minutes), slices_of(intervals_)};
}

Series::Series(const SeriesImage& image) : Series(image.settled) {
  const std::int32_t present = number_of(image.settled);
  for (const FactsSlice& slice : image.minutes) {
    for (const auto& [fact, amount] : slice.facts) {
      if (number_of(slice.start) == present) {
        count(fact, amount);
      } else {
        minutes_.push_back({number_of(slice.start), fact, amount});
      }
    }
  }
  for (const FactsSlice& slice : image.intervals) {
    for (const auto& [fact, amount] : slice.facts) intervals_.push_back({number_of(slice.start), fact, amount});
  }
}

}  // namespace muster::kpi
