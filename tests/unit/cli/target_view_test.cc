#include "target_view.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>

#include "speech.h"

namespace muster::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

template <class Message>
Message parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

Dictionary dictionary() {
  Dictionary made;
  made["csat"] = parse<v1::Metric>(
      R"(metric_id: "csat" display_name: "CSAT" display_name_zh: "客户满意度" unit: METRIC_UNIT_PERCENT)");
  made["handled"] = parse<v1::Metric>(
      R"(metric_id: "handled" display_name: "Handled" display_name_zh: "处理量" unit: METRIC_UNIT_COUNT)");
  return made;
}

const auto kTracked = parse<v1::TrackTargetsResponse>(R"(
  rows {
    row { row_id: "mei" display_name: "Mei" }
    tracks {
      target { metric_id: "handled" value: 40 dimension: KPI_DIMENSION_TEAM row_id: "night"
               each_dimension: KPI_DIMENSION_AGENT }
      actual: 12 expected_by_now: 20 state: PACE_STATE_BEHIND projected: 24 share: 0.5 basis: PACE_BASIS_ROW }
    tracks {
      target { metric_id: "csat" value: 85 dimension: KPI_DIMENSION_WORKSPACE }
      actual: 91.25 expected_by_now: 85 state: PACE_STATE_AHEAD projected: nan share: 1 basis: PACE_BASIS_TARGET }
  })");

const auto kScored = parse<v1::EvaluateScorecardResponse>(R"(
  scorecard { items { metric_id: "csat" weight: 3 } items { metric_id: "handled" weight: 1 } }
  rows {
    row { row_id: "mei" } state: SCORE_STATE_SCORED score: 50 coverage: 25 contacts: 12
    items { metric_id: "csat" value: 100 points: nan missing: MISSING_ITEM_TOO_LITTLE_EVIDENCE }
    items { metric_id: "handled" value: 12 points: 50 contribution: 50 }
  }
  rows {
    row { row_id: "bob" } state: SCORE_STATE_GATE_FAILED score: 0 coverage: 100 contacts: 40
    items { metric_id: "csat" value: 70 points: 40 contribution: 30 }
    items { metric_id: "handled" value: 40 points: 120 contribution: 30 }
    gates { gate { metric_id: "csat" at_least: 75 } value: 70 state: GATE_STATE_FAILED }
  })");

class TargetViewTest : public InEnglish {};
class ChineseTargetViewTest : public InChinese {};

TEST_F(TargetViewTest, HowAFigureStandsIsToldByAWordBesideTheSign) {
  EXPECT_THAT(track_table(kTracked, dictionary()).lines(),
              ElementsAre(HasSubstr("Expected by now"),
                          testing::AllOf(HasSubstr("▼ behind"), HasSubstr("each agent of team night"),
                                         HasSubstr("same weekday")),
                          testing::AllOf(HasSubstr("91.2%"), HasSubstr("▲ ahead"), HasSubstr("workspace"))));
}

TEST_F(TargetViewTest, WhatIsMissingAndTheGateThatFailedAreNamed) {
  EXPECT_THAT(score_table(kScored, dictionary()).lines(),
              ElementsAre(HasSubstr("Brings"), HasSubstr("without CSAT: too little evidence"),
                          HasSubstr("gate failed: CSAT 70.0%, at least 75.0%")));
}

TEST_F(ChineseTargetViewTest, HowAFigureStandsIsToldInChinese) {
  EXPECT_THAT(track_table(kTracked, dictionary()).lines(),
              ElementsAre(HasSubstr("此刻应达"), HasSubstr("▼ 落后"), HasSubstr("▲ 领先")));
}

TEST_F(TargetViewTest, AMetricThatTheServerDoesNotTellOfHasItsId) {
  EXPECT_THAT(track_table(kTracked, {}).lines()[1], HasSubstr("handled"));
}

}  // namespace
}  // namespace muster::cli
