#include "score.h"

#include <gtest/gtest.h>

#include <cmath>

#include "scorecards.h"

namespace muster::targets {
namespace {

using kpi::Fact;

v1::ScorecardItem& add_item(v1::Scorecard& card, const std::string& metric, int weight, double floor, double target) {
  v1::ScorecardItem& item = *card.add_items();
  item.set_metric_id(metric);
  item.set_weight(weight);
  item.set_floor(floor);
  item.set_target(target);
  return item;
}
v1::ScorecardGate& add_gate(v1::Scorecard& card, const std::string& metric) {
  v1::ScorecardGate& gate = *card.add_gates();
  gate.set_metric_id(metric);
  return gate;
}

/// csat 60 to 85 weighs 3, asa 60 to 20 seconds weighs 1.
v1::Scorecard card() {
  v1::Scorecard made;
  add_item(made, "csat", 3, 60, 85);
  add_item(made, "asa", 1, 60, 20);
  return made;
}

/// So many of a hundred customers satisfied, so many seconds to answer each of fifty, whom agents handled.
kpi::Facts facts(int csat, int asa) {
  kpi::Facts made;
  made.add(Fact::kCsatAnswers, 100);
  made.add(Fact::kCsatSatisfied, csat);
  made.add(Fact::kAnswered, 50);
  made.add(Fact::kAnswerWait, 50LL * asa * 1'000'000);
  made.add(Fact::kHandled, 50);
  return made;
}

TEST(Score, IsTheWeightedSumOfPointsBetweenFloorAndTarget) {
  const auto row = score_of(card(), facts(80, 40));
  EXPECT_EQ(row.state(), v1::SCORE_STATE_SCORED);
  EXPECT_DOUBLE_EQ(row.items(0).points(), 80) << "(80 - 60) / (85 - 60)";
  EXPECT_DOUBLE_EQ(row.items(1).points(), 50) << "(40 - 60) / (20 - 60): less is better";
  EXPECT_DOUBLE_EQ(row.items(0).contribution(), 60);
  EXPECT_DOUBLE_EQ(row.items(1).contribution(), 12.5);
  EXPECT_DOUBLE_EQ(row.score(), 72.5);
  EXPECT_DOUBLE_EQ(row.coverage(), 100);
  EXPECT_EQ(row.contacts(), 50);
}

TEST(Score, IsCappedAtTwentyPercentAboveTarget) {
  const auto row = score_of(card(), facts(100, 0));
  EXPECT_DOUBLE_EQ(row.items(0).points(), 120) << "160 uncapped";
  EXPECT_DOUBLE_EQ(row.items(1).points(), 120) << "150 uncapped";
  EXPECT_DOUBLE_EQ(row.score(), 120);
}

TEST(Score, BelowTheFloorThereAreNoPointsAndNoneAreTaken) {
  const auto row = score_of(card(), facts(10, 20));
  EXPECT_DOUBLE_EQ(row.items(0).points(), 0);
  EXPECT_DOUBLE_EQ(row.score(), 25);
}

TEST(Score, WeightsOfMissingItemsAreLeftOutAndSaidSo) {
  kpi::Facts without_answers = facts(0, 30);
  without_answers.add(Fact::kCsatAnswers, -100);
  const auto row = score_of(card(), without_answers);
  EXPECT_EQ(row.items(0).missing(), v1::MISSING_ITEM_NO_VALUE);
  EXPECT_TRUE(std::isnan(row.items(0).points()));
  EXPECT_DOUBLE_EQ(row.items(0).contribution(), 0);
  EXPECT_DOUBLE_EQ(row.score(), 75) << "(30 - 60) / (20 - 60), the only one there";
  EXPECT_DOUBLE_EQ(row.coverage(), 25);
}

TEST(Score, TooLittleEvidenceIsNone) {
  v1::Scorecard few = card();
  few.mutable_items(0)->set_minimum_evidence(101);
  auto row = score_of(few, facts(80, 40));
  EXPECT_EQ(row.items(0).missing(), v1::MISSING_ITEM_TOO_LITTLE_EVIDENCE);
  EXPECT_EQ(row.items(0).evidence(), 100);
  EXPECT_DOUBLE_EQ(row.items(0).value(), 80) << "it is told all the same";
  EXPECT_DOUBLE_EQ(row.score(), 50);
  few.mutable_items(0)->set_minimum_evidence(100);
  EXPECT_DOUBLE_EQ(score_of(few, facts(80, 40)).score(), 72.5);
}

TEST(Score, FailedGateZeroesTheScoreAndIsNamed) {
  v1::Scorecard gated = card();
  add_gate(gated, "csat").set_at_least(80);
  add_gate(gated, "asa").set_at_most(39);
  const auto row = score_of(gated, facts(80, 40));
  EXPECT_EQ(row.state(), v1::SCORE_STATE_GATE_FAILED);
  EXPECT_DOUBLE_EQ(row.score(), 0);
  EXPECT_EQ(row.gates(0).state(), v1::GATE_STATE_PASSED);
  EXPECT_EQ(row.gates(1).state(), v1::GATE_STATE_FAILED);
  EXPECT_EQ(row.gates(1).gate().metric_id(), "asa");
  EXPECT_DOUBLE_EQ(row.gates(1).value(), 40);
  EXPECT_DOUBLE_EQ(row.items(0).points(), 80) << "what it would have been is told";
}

TEST(Score, AGateOfWhichNothingIsKnownChangesNothing) {
  v1::Scorecard gated = card();
  add_gate(gated, "nps").set_at_least(30);
  const auto row = score_of(gated, facts(80, 40));
  EXPECT_EQ(row.gates(0).state(), v1::GATE_STATE_UNKNOWN);
  EXPECT_DOUBLE_EQ(row.score(), 72.5);
}

TEST(Score, WithFewerContactsThanTheMinimumItIsUnknownWhateverTheGates) {
  v1::Scorecard busy = card();
  busy.set_minimum_contacts(51);
  add_gate(busy, "csat").set_at_least(90);
  const auto row = score_of(busy, facts(80, 40));
  EXPECT_EQ(row.state(), v1::SCORE_STATE_UNKNOWN);
  EXPECT_TRUE(std::isnan(row.score()));
  busy.set_minimum_contacts(50);
  EXPECT_EQ(score_of(busy, facts(80, 40)).state(), v1::SCORE_STATE_GATE_FAILED);
}

TEST(Score, OfNothingItIsUnknown) {
  const auto row = score_of(card(), {});
  EXPECT_EQ(row.state(), v1::SCORE_STATE_UNKNOWN);
  EXPECT_DOUBLE_EQ(row.coverage(), 0);
}

TEST(Score, TheBestIsFirstEqualOnesByIdAndTheUnknownLast) {
  std::vector<v1::ScoredRow> rows;
  const auto add = [&](const std::string& id, double score) {
    v1::ScoredRow& row = rows.emplace_back();
    row.mutable_row()->set_row_id(id);
    row.set_score(score);
  };
  add("unknown-b", std::nan(""));
  add("wei", 70);
  add("gate", 0);
  add("mei", 70);
  add("unknown-a", std::nan(""));
  add("bob", 110);
  rank(rows);
  std::string order;
  for (const auto& row : rows) order += row.row().row_id() + " ";
  EXPECT_EQ(order, "bob mei wei gate unknown-a unknown-b ");
}

TEST(Score, EvidenceIsACountOfWhatTheValueIsOver) {
  EXPECT_TRUE(has_evidence(*kpi::find_metric("csat")));
  EXPECT_TRUE(has_evidence(*kpi::find_metric("aht")));
  EXPECT_FALSE(has_evidence(*kpi::find_metric("occupancy"))) << "over time";
  EXPECT_FALSE(has_evidence(*kpi::find_metric("handled"))) << "over nothing";
  EXPECT_FALSE(has_evidence(*kpi::find_metric("wait_p90")));
}

}  // namespace
}  // namespace muster::targets
