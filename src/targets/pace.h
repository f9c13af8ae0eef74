#pragma once

#include <optional>

#include "muster/kpi/metrics.h"
#include "muster/v1/target.pb.h"

/// What is expected by now. Values are in the unit in which the metric is told.
namespace muster::targets {

/// What was counted on earlier days, added up: until the time of day at which the present quarter of an hour began, in
/// that quarter, and after it.
struct DayParts {
  kpi::Facts before, present, after;
};

/// Where the day stands.
struct Clock {
  double quarter = 0;  ///< how much of the present quarter of an hour is over, 0..1
  double day = 0;      ///< how much of the day is over
};

/// The share of a quantity that those days had reached by this time, 0..1; the present quarter counts as far as it is
/// over. Empty: the days came to nothing.
std::optional<double> share_by_now(const kpi::Metric& quantity, const DayParts& days, double quarter);

struct Pace {
  double share = 1;
  v1::PaceBasis basis = v1::PACE_BASIS_TARGET;
};
/// By what the row itself did; else by what all did that it is a part of, which `all_basis` names; else by the time of
/// day. Null: there is none.
Pace pace_of(const kpi::Metric& quantity, const DayParts* row, const DayParts* all, v1::PaceBasis all_basis,
             const Clock& clock);

/// How a metric stands. `actual` is NaN if there is nothing to tell.
v1::TargetTrack track_of(const kpi::Metric& metric, const v1::Target& target, double actual, const Pace& pace);

}  // namespace muster::targets
