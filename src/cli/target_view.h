#pragma once

#include <string>
#include <vector>

#include "kpi_view.h"
#include "muster/v1/scorecard_service.pb.h"
#include "muster/v1/target_service.pb.h"

namespace muster::cli {

/// "team night", "each agent of team night".
std::string scope_text(const v1::Target& target);
/// A line for each row and metric with a target: how it stands.
Table track_table(const v1::TrackTargetsResponse& response, const Dictionary& dictionary);
std::vector<Line> track_lines(const v1::TrackTargetsResponse& response, const Dictionary& dictionary);

/// "at least 80.0%".
std::string limit_text(const v1::ScorecardGate& gate, const Dictionary& dictionary);
/// Who stands where, with what each item brings, and why a score is as it is.
Table score_table(const v1::EvaluateScorecardResponse& response, const Dictionary& dictionary);

}  // namespace muster::cli
