#pragma once

#include "muster/kpi/facts.h"
#include "muster/kpi/metrics.h"
#include "muster/v1/scorecard.pb.h"

namespace muster::targets {

/// What the value of a metric is over, if that is a count: answers of a survey, contacts. Money and time have none.
bool has_evidence(const kpi::Metric& metric);

/// The score of one row, by its facts: sum of weight * clamp((value - floor) / (target - floor), 0, 1.2) over the sum
/// of the weights that count, times 100. The row is not named. REQUIRES: the scorecard was checked.
v1::ScoredRow score_of(const v1::Scorecard& scorecard, const kpi::Facts& facts);

}  // namespace muster::targets
