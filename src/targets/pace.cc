#include "pace.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "cascade.h"

namespace muster::targets {
namespace {

// As far from what is expected a figure is still as expected.
constexpr double kBandOfQuantities = 0.05;
constexpr double kBandOfOthers = 0.01;
/// From a smaller share no end of the day is told: it would be guesswork.
constexpr double kLeastShareToProject = 0.05;
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

double amount(const kpi::Metric& quantity, const kpi::Facts& facts) {
  return static_cast<double>(kpi::figure(quantity, {facts, {}, {}}).numerator);
}

bool is_as_expected(const kpi::Metric& metric, double actual, double expected) {
  const double difference = std::abs(actual - expected);
  if (is_quantity(metric) && metric.unit == kpi::Unit::kCount && difference < 1) return true;
  return difference <= std::abs(expected) * (is_quantity(metric) ? kBandOfQuantities : kBandOfOthers);
}

v1::PaceState state_of(const kpi::Metric& metric, double actual, double expected) {
  if (std::isnan(actual)) return v1::PACE_STATE_UNKNOWN;
  if (is_as_expected(metric, actual, expected)) return v1::PACE_STATE_ON;
  const bool above_is_better = metric.direction == kpi::Direction::kHigherIsBetter;
  return (actual > expected) == above_is_better ? v1::PACE_STATE_AHEAD : v1::PACE_STATE_BEHIND;
}

}  // namespace

std::optional<double> share_by_now(const kpi::Metric& quantity, const DayParts& days, double quarter) {
  const double before = amount(quantity, days.before), present = amount(quantity, days.present);
  const double whole = before + present + amount(quantity, days.after);
  if (whole <= 0) return std::nullopt;
  return std::clamp((before + quarter * present) / whole, 0.0, 1.0);
}

Pace pace_of(const kpi::Metric& quantity, const DayParts* row, const DayParts* all, v1::PaceBasis all_basis,
             const Clock& clock) {
  const auto share = [&](const DayParts* days) {
    return days ? share_by_now(quantity, *days, clock.quarter) : std::nullopt;
  };
  if (const auto own = share(row)) return {*own, v1::PACE_BASIS_ROW};
  if (const auto of_all = share(all)) return {*of_all, all_basis};
  return {clock.day, v1::PACE_BASIS_LINEAR};
}

v1::TargetTrack track_of(const kpi::Metric& metric, const v1::Target& target, double actual, const Pace& pace) {
  const double expected = target.value() * pace.share;
  const bool projects = is_quantity(metric) && pace.share >= kLeastShareToProject;
  v1::TargetTrack track;
  *track.mutable_target() = target;
  track.set_actual(actual);
  track.set_expected_by_now(expected);
  track.set_state(state_of(metric, actual, expected));
  track.set_projected(projects ? actual / pace.share : kUnknown);
  track.set_share(pace.share);
  track.set_basis(pace.basis);
  return track;
}

}  // namespace muster::targets
