#include "score.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "muster/api/kpi_rows.h"

namespace muster::targets {
namespace {

constexpr double kPointsMax = 120;
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

bool is_time(kpi::Fact fact) {
  switch (fact) {
    case kpi::Fact::kAnswerWait:
    case kpi::Fact::kAbandonWait:
    case kpi::Fact::kEstimateError:
    case kpi::Fact::kEstimateExcess:
    case kpi::Fact::kTalk:
    case kpi::Fact::kHold:
    case kpi::Fact::kWrapUp:
      return true;
    default:
      return fact >= kpi::Fact::kHandlingTime && fact <= kpi::Fact::kCapacityTime;
  }
}

/// NaN, too, if the scorecard is of a version that had the metric.
double value_of(const kpi::Metric* metric, const kpi::Facts& facts) {
  return metric ? api::value_of(*metric, {facts, {}, {}}) : std::nan("");
}

v1::ItemScore score_of(const v1::ScorecardItem& item, const kpi::Facts& facts) {
  const kpi::Metric* metric = kpi::find_metric(item.metric_id());
  v1::ItemScore score;
  score.set_metric_id(item.metric_id());
  score.set_value(value_of(metric, facts));
  if (metric && has_evidence(*metric)) score.set_evidence(kpi::figure(*metric, {facts, {}, {}}).denominator);
  if (std::isnan(score.value())) {
    score.set_missing(v1::MISSING_ITEM_NO_VALUE);
  } else if (score.evidence() < item.minimum_evidence()) {
    score.set_missing(v1::MISSING_ITEM_TOO_LITTLE_EVIDENCE);
  }
  const double points = 100 * (score.value() - item.floor()) / (item.target() - item.floor());
  score.set_points(score.missing() ? kUnknown : std::clamp(points, 0.0, kPointsMax));
  return score;
}

v1::GateResult judge(const v1::ScorecardGate& gate, const kpi::Facts& facts) {
  v1::GateResult result;
  *result.mutable_gate() = gate;
  result.set_value(value_of(kpi::find_metric(gate.metric_id()), facts));
  const bool within = gate.has_at_least() ? result.value() >= gate.at_least() : result.value() <= gate.at_most();
  result.set_state(std::isnan(result.value()) ? v1::GATE_STATE_UNKNOWN
                   : within                   ? v1::GATE_STATE_PASSED
                                              : v1::GATE_STATE_FAILED);
  return result;
}

}  // namespace

bool has_evidence(const kpi::Metric& metric) {
  return !metric.denominator.empty() && std::none_of(metric.denominator.begin(), metric.denominator.end(),
                                                     [](const kpi::Term& term) { return is_time(term.fact); });
}

v1::ScoredRow score_of(const v1::Scorecard& scorecard, const kpi::Facts& facts) {
  v1::ScoredRow row;
  double all = 0, counted = 0, sum = 0;
  for (const v1::ScorecardItem& item : scorecard.items()) {
    const v1::ItemScore& score = *row.add_items() = score_of(item, facts);
    all += item.weight();
    if (score.missing()) continue;
    counted += item.weight();
    sum += item.weight() * score.points();
  }
  for (int i = 0; i < row.items_size(); ++i) {
    v1::ItemScore& score = *row.mutable_items(i);
    if (!score.missing()) score.set_contribution(scorecard.items(i).weight() * score.points() / counted);
  }
  bool failed = false;
  for (const v1::ScorecardGate& gate : scorecard.gates()) {
    failed |= (*row.add_gates() = judge(gate, facts)).state() == v1::GATE_STATE_FAILED;
  }
  row.set_contacts(facts[kpi::Fact::kHandled]);
  row.set_coverage(100 * counted / all);
  if (row.contacts() < scorecard.minimum_contacts() || (!failed && counted == 0)) {
    row.set_state(v1::SCORE_STATE_UNKNOWN);
    row.set_score(kUnknown);
  } else if (failed) {
    row.set_state(v1::SCORE_STATE_GATE_FAILED);
  } else {
    row.set_state(v1::SCORE_STATE_SCORED);
    row.set_score(sum / counted);
  }
  return row;
}

}  // namespace muster::targets
