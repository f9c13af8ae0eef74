#include "judge.h"

#include <algorithm>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>

#include "muster/api/kpi_rows.h"

namespace muster::alerts {
namespace {

bool is_beyond(v1::AlertOperator op, double value, double limit) {
  switch (op) {
    case v1::ALERT_OPERATOR_ABOVE:
      return value > limit;
    case v1::ALERT_OPERATOR_AT_LEAST:
      return value >= limit;
    case v1::ALERT_OPERATOR_BELOW:
      return value < limit;
    case v1::ALERT_OPERATOR_AT_MOST:
      return value <= limit;
    default:
      return false;
  }
}

/// Of both limits, the worse that `passed` says are passed.
template <typename Passed>
v1::AlertLevel level_of(bool has_warning, double warning, bool has_critical, double critical, const Passed& passed) {
  if (has_critical && passed(critical)) return v1::ALERT_LEVEL_CRITICAL;
  return has_warning && passed(warning) ? v1::ALERT_LEVEL_WARNING : v1::ALERT_LEVEL_UNSPECIFIED;
}

/// The same by the limits of thresholds.
template <typename Passed>
v1::AlertLevel level_of(const v1::ThresholdCondition& condition, const Passed& passed) {
  return level_of(condition.has_warning(), condition.warning(), condition.has_critical(), condition.critical(), passed);
}

/// By how much of a hundred the metric is better than before; worse: below 0. NaN: it cannot be said.
double improvement(const kpi::Metric& metric, double before, double now) {
  const double more = before == 0 ? std::nan("") : 100 * (now - before) / std::abs(before);
  return metric.direction == kpi::Direction::kLowerIsBetter ? -more : more;
}

bool counts_enough(const kpi::Metric& metric, const kpi::Sample& sample, std::int32_t minimum) {
  return metric.denominator.empty() || kpi::figure(metric, sample).denominator >= minimum;
}

}  // namespace

Judgement judge(const v1::ThresholdCondition& condition, const kpi::Metric& metric, const kpi::Sample& sample) {
  Judgement judgement;
  judgement.value = api::value_of(metric, sample);
  if (std::isnan(judgement.value) || !counts_enough(metric, sample, condition.minimum_count())) return judgement;
  const v1::AlertOperator op = condition.operator_();
  const bool upwards = op == v1::ALERT_OPERATOR_ABOVE || op == v1::ALERT_OPERATOR_AT_LEAST;
  const double kept = upwards ? judgement.value + condition.clear_margin() : judgement.value - condition.clear_margin();
  judgement.entered = level_of(condition, [&](double limit) { return is_beyond(op, judgement.value, limit); });
  judgement.held = level_of(condition, [&](double limit) { return is_beyond(op, kept, limit); });
  judgement.limits = {condition.warning(), condition.critical()};
  return judgement;
}

double chance_of(const SpikeSample& sample) {
  if (sample.count <= 0) return 1;
  return boost::math::ibeta(static_cast<double>(sample.count), sample.past + 0.5, 1.0 / (sample.weeks + 1));
}

Judgement judge(const v1::SpikeCondition& condition, const SpikeSample& sample) {
  Judgement judgement;
  judgement.value = static_cast<double>(sample.count);
  if (sample.weeks == 0) return judgement;
  const double expected = sample.past / sample.weeks;
  judgement.limits = {expected, expected};
  if (sample.count < condition.minimum_count()) return judgement;
  judgement.held =
      level_of(condition.has_warning_ratio(), condition.warning_ratio(), condition.has_critical_ratio(),
               condition.critical_ratio(), [&](double ratio) { return judgement.value >= ratio * expected; });
  if (chance_of(sample) < condition.significance()) judgement.entered = judgement.held;
  return judgement;
}

Judgement judge(const v1::GuardRailCondition& condition, const kpi::Metric& gain, const kpi::Metric& guarded,
                const GuardRailSample& sample) {
  const kpi::Sample now{sample.now, {}, {}}, before{sample.before, {}, {}};
  Judgement judgement;
  judgement.value = api::value_of(guarded, now);
  const double was = api::value_of(guarded, before);
  judgement.limits = {was, was};
  for (const kpi::Metric* metric : {&gain, &guarded}) {
    for (const kpi::Sample* each : {&now, &before}) {
      if (!counts_enough(*metric, *each, condition.minimum_count())) return judgement;
    }
  }
  const double gained = improvement(gain, api::value_of(gain, before), api::value_of(gain, now));
  const double lost = -improvement(guarded, was, judgement.value);
  if (!(gained >= condition.gain_percent())) return judgement;
  judgement.entered =
      level_of(condition.has_warning_percent(), condition.warning_percent(), condition.has_critical_percent(),
               condition.critical_percent(), [&](double percent) { return lost >= percent; });
  judgement.held = judgement.entered;
  return judgement;
}

}  // namespace muster::alerts
