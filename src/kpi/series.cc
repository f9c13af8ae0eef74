#include "series.h"

#include <algorithm>

namespace muster::kpi {
namespace {

/// The slice of that start, made if there is none.
FactsSlice& slice_at(std::deque<FactsSlice>& slices, TimePoint start) {
  const auto at = std::lower_bound(slices.begin(), slices.end(), start,
                                   [](const FactsSlice& slice, TimePoint time) { return slice.start < time; });
  if (at != slices.end() && at->start == start) return *at;
  return *slices.insert(at, {start, {}});
}

void add_to(SparseFacts& facts, Fact fact, std::int64_t amount) {
  Facts dense;
  add_to(dense, facts);
  dense.add(fact, amount);
  facts = sparse(dense);
}

void sum_from(const std::deque<FactsSlice>& slices, TimePoint from, Facts& facts) {
  for (auto slice = slices.rbegin(); slice != slices.rend() && slice->start >= from; ++slice) {
    add_to(facts, slice->facts);
  }
}

}  // namespace

void Series::grow(Facts& facts, Duration by) const {
  for (std::size_t i = 0; i < rates_.size(); ++i) {
    if (rates_[i] != 0) facts.add(kFirstRate + i, rates_[i] * by.count());
  }
}

bool Series::lasts() const {
  return std::any_of(rates_.begin(), rates_.end(), [](std::int64_t rate) { return rate != 0; });
}

// While nothing lasts, only the ends of intervals are left to see to.
void Series::settle(TimePoint now) {
  if (now <= settled_) return;
  const bool by_minutes = lasts();
  while (minute_of(settled_) < minute_of(now)) {
    const TimePoint minute = minute_of(settled_), interval_end = interval_of(minute) + kInterval;
    const TimePoint next = by_minutes ? minute + kMinute : std::min(interval_end, minute_of(now));
    grow(current_, next - settled_);
    put_away_minute(minute);
    if (next == interval_end) put_away_interval(interval_end - kInterval);
    settled_ = next;
  }
  grow(current_, now - settled_);
  settled_ = now;
}

void Series::put_away_minute(TimePoint start) {
  if (!current_.empty()) minutes_.push_back({start, sparse(current_)});
  current_ = {};
  while (!minutes_.empty() && minutes_.front().start <= start - kMinutesKept) minutes_.pop_front();
}

void Series::put_away_interval(TimePoint start) {
  Facts facts;
  sum_from(minutes_, start, facts);
  if (!facts.empty()) intervals_.push_back({start, sparse(facts)});
  while (!intervals_.empty() && intervals_.front().start <= start - kIntervalsKept) intervals_.pop_front();
}

void Series::add(TimePoint now, Fact fact, std::int64_t amount) {
  settle(now);
  current_.add(fact, amount);
}

void Series::change_rate(TimePoint now, Fact fact, std::int64_t by) {
  settle(now);
  rates_[index_of(fact) - kFirstRate] += by;
}

void Series::add_at(TimePoint now, TimePoint at, Fact fact, std::int64_t amount) {
  settle(now);
  const TimePoint minute = minute_of(std::min(at, now)), interval = interval_of(minute);
  if (minute == minute_of(settled_)) {
    current_.add(fact, amount);
    return;
  }
  if (minute >= oldest_minute()) add_to(slice_at(minutes_, minute).facts, fact, amount);
  const bool over = interval < interval_of(settled_);
  if (over && interval > settled_ - kIntervalsKept) add_to(slice_at(intervals_, interval).facts, fact, amount);
}

TimePoint Series::oldest_minute() const { return minute_of(settled_) - kMinutesKept + kMinute; }

Facts Series::sum(TimePoint from, TimePoint until) const {
  Facts facts;
  const TimePoint present = interval_of(settled_);
  const bool by_minutes = from >= oldest_minute();
  if (!by_minutes) sum_from(intervals_, from, facts);
  sum_from(minutes_, by_minutes ? from : present, facts);
  if (minute_of(settled_) >= from) facts += current_;
  grow(facts, until - std::max(settled_, std::min(from, until)));
  return facts;
}

Facts Series::interval(TimePoint start, TimePoint until) const {
  const TimePoint end = start + kInterval;
  const TimePoint present = interval_of(settled_);
  if (start < present) {
    const auto at = std::find_if(intervals_.rbegin(), intervals_.rend(),
                                 [&](const FactsSlice& slice) { return slice.start <= start; });
    Facts facts;
    if (at != intervals_.rend() && at->start == start) add_to(facts, at->facts);
    return facts;
  }
  if (start == present) return sum(start, std::min(until, end));
  Facts facts;  // since what lasts was settled, nothing else happened
  if (until > start) grow(facts, std::min(until, end) - start);
  return facts;
}

bool Series::idle(TimePoint now) {
  settle(now);
  return !lasts() && current_.empty() && minutes_.empty() && intervals_.empty();
}

SeriesImage Series::image() const {
  SeriesImage image{settled_, {minutes_.begin(), minutes_.end()}, {intervals_.begin(), intervals_.end()}};
  if (!current_.empty()) image.minutes.push_back({minute_of(settled_), sparse(current_)});
  return image;
}

Series::Series(const SeriesImage& image)
    : settled_(image.settled),
      minutes_(image.minutes.begin(), image.minutes.end()),
      intervals_(image.intervals.begin(), image.intervals.end()) {
  if (minutes_.empty() || minutes_.back().start != minute_of(settled_)) return;
  add_to(current_, minutes_.back().facts);
  minutes_.pop_back();
}

}  // namespace muster::kpi
