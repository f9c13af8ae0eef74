#pragma once

#include <array>
#include <cstdint>
#include <limits>

#include "muster/kpi/metrics.h"
#include "muster/v1/alert.pb.h"

/// Whether a rule's condition holds for one row. Nothing here knows of time: for how long it must hold is for
/// standing.h.
namespace muster::alerts {

struct Judgement {
  v1::AlertLevel entered = v1::ALERT_LEVEL_UNSPECIFIED;  ///< by the limits
  v1::AlertLevel held = v1::ALERT_LEVEL_UNSPECIFIED;     ///< by which an alert goes on that has it: never below entered
  double value = std::numeric_limits<double>::quiet_NaN();
  std::array<double, 2> limits{};  ///< as v1::Alert.limit, of a warning and of a critical alert
};

Judgement judge(const v1::ThresholdCondition& condition, const kpi::Metric& metric, const kpi::Sample& sample);

/// What the last 60 minutes count, and what the same 60 minutes of some weeks before did together.
struct SpikeSample {
  std::int64_t count = 0;
  double past = 0;
  int weeks = 0;
};
Judgement judge(const v1::SpikeCondition& condition, const SpikeSample& sample);
/// The chance of such a count or a greater one if nothing changed: the counts are Poisson's, of a rate of which nothing
/// is known but `past` in so many weeks (gamma-Poisson model with Jeffreys prior, whose forecast is a negative
/// binomial). REQUIRES: sample.weeks > 0.
double chance_of(const SpikeSample& sample);

/// The span, and that of equal length before.
struct GuardRailSample {
  kpi::Facts now;
  kpi::Facts before;
};
Judgement judge(const v1::GuardRailCondition& condition, const kpi::Metric& gain, const kpi::Metric& guarded,
                const GuardRailSample& sample);

}  // namespace muster::alerts
