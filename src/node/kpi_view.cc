#include "kpi_view.h"

#include <absl/time/time.h>

#include <algorithm>
#include <utility>

namespace muster::node {
namespace {

using Clock = std::chrono::steady_clock;

TimePoint midnight(const std::string& time_zone, TimePoint as_of) {
  absl::TimeZone zone;
  absl::LoadTimeZone(time_zone, &zone);
  const absl::Time time = absl::FromUnixMicros(as_of.time_since_epoch().count());
  const absl::Time midnight = absl::FromCivil(absl::ToCivilDay(time, zone), zone);
  return TimePoint(Duration(absl::ToUnixMicros(midnight)));
}

TimePoint floor_to(TimePoint time, Duration span) {
  const Duration since = time.time_since_epoch();
  return TimePoint(since - (since % span + span) % span);
}

}  // namespace

TimePoint start_of(KpiWindow window, const std::string& time_zone, TimePoint as_of) {
  const TimePoint minute = floor_to(as_of, std::chrono::minutes(1));
  switch (window) {
    case KpiWindow::kMinute:
      return minute;
    case KpiWindow::k5Minutes:
      return minute - std::chrono::minutes(4);
    case KpiWindow::k15Minutes:
      return minute - std::chrono::minutes(14);
    case KpiWindow::kHour:
      return minute - std::chrono::minutes(59);
    case KpiWindow::kQuarterHour:
      return floor_to(as_of, std::chrono::minutes(15));
    case KpiWindow::kHalfHour:
      return floor_to(as_of, std::chrono::minutes(30));
    case KpiWindow::kToday:
      return midnight(time_zone, as_of);
  }
  return minute;
}

void KpiView::apply(const std::vector<dispatch::Event>& events) {
  const std::lock_guard lock(mutex_);
  for (const auto& event : events) fold_.apply(event);
  heard_ = Clock::now();
}

void KpiView::reset(const dispatch::StateImage& state, const kpi::FoldImage& facts) {
  const std::lock_guard lock(mutex_);
  fold_.restore(state, facts);
  heard_ = Clock::now();
}

TimePoint KpiView::now() const {
  return fold_.version() == 0 ? wall_now() : fold_.now() + std::chrono::floor<Duration>(Clock::now() - heard_);
}

std::shared_ptr<const KpiTable> KpiView::read(kpi::Dimension dimension, KpiWindow window,
                                              const std::string& time_zone) const {
  const std::lock_guard shared_lock(shared_mutex_);
  std::erase_if(shared_, [&](const auto& each) { return Clock::now() - each.second.made > kShared; });
  Shared& shared = shared_[{dimension, window, window == KpiWindow::kToday ? time_zone : ""}];
  if (shared.table) return shared.table;
  auto table = std::make_shared<KpiTable>();
  {
    const std::lock_guard lock(mutex_);
    table->as_of = now();
    table->from = start_of(window, time_zone, table->as_of);
    table->rows = fold_.read(dimension, table->from, table->as_of);
  }
  shared = {Clock::now(), std::move(table)};
  return shared.table;
}

std::optional<KpiView::Open> KpiView::intervals(kpi::Dimension dimension, TimePoint from,
                                                std::optional<TimePoint> until, dispatch::Sequence complete_to) const {
  const std::lock_guard lock(mutex_);
  if (fold_.version() < complete_to) return std::nullopt;
  Open open{{}, now()};
  const TimePoint end = std::min(until.value_or(TimePoint::max()), open.as_of);
  // What is older than that the fold has forgotten, and the tables have.
  from = std::max(from, kpi::interval_of(open.as_of) - std::chrono::hours(26));
  for (TimePoint start = from; start < end; start += kpi::kInterval) {
    for (auto& row : fold_.interval(dimension, start, open.as_of)) open.rows.push_back(std::move(row));
  }
  return open;
}

kpi::FoldImage KpiView::image() const {
  const std::lock_guard lock(mutex_);
  return fold_.image();
}

}  // namespace muster::node
