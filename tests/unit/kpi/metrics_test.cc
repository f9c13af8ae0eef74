#include "muster/kpi/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

namespace muster::kpi {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

/// To so many hundredths, rounded half up: 83.02 is 8302.
std::int64_t hundredths(std::string_view id, const Sample& sample) {
  const Figure value = figure(*find_metric(id), sample);
  return (value.numerator * 100 * 2 + value.denominator) / (2 * value.denominator);
}

/// What most textbooks reckon with: 1,000 answered, 860 in 20 s; 60 left, 20 of them in 20 s and 10 in 5 s.
Sample textbook() {
  Sample sample;
  sample.facts.add(Fact::kAnswered, 1000);
  sample.facts.add(Fact::kAnsweredInTarget, 860);
  sample.facts.add(Fact::kAbandoned, 60);
  sample.facts.add(Fact::kAbandonedInTarget, 20);
  sample.facts.add(Fact::kAbandonedShort, 10);
  return sample;
}

TEST(ServiceLevel, EachMethodGivesWhatThePublishedFormulaGives) {
  EXPECT_EQ(hundredths("service_level_sl1", textbook()), 8302);
  EXPECT_EQ(hundredths("service_level_sl2", textbook()), 8600);
  EXPECT_EQ(hundredths("service_level_sl3", textbook()), 8113);
  EXPECT_EQ(hundredths("service_level_sl4", textbook()), 8269);
  EXPECT_EQ(hundredths("service_level_sl5", textbook()), 8208);
  EXPECT_EQ(hundredths("service_level_sl6", textbook()), 8190);
  EXPECT_EQ(hundredths("service_level_sl7", textbook()), 8302);
}

TEST(ServiceLevel, CiscosThreeSwitchesGiveItsOwnExample) {
  Sample cisco;  // 70 answered in time, 10 left in time, 20 later
  cisco.facts.add(Fact::kAnswered, 70);
  cisco.facts.add(Fact::kAnsweredInTarget, 70);
  cisco.facts.add(Fact::kAbandoned, 30);
  cisco.facts.add(Fact::kAbandonedInTarget, 10);
  EXPECT_EQ(hundredths("service_level_sl4", cisco), 7778);
  EXPECT_EQ(hundredths("service_level_sl3", cisco), 7000);
  EXPECT_EQ(hundredths("service_level_sl1", cisco), 8000);
}

TEST(Metrics, OfNothingThereIsNothingToTell) {
  for (const Metric& metric : metrics()) {
    const Figure value = figure(metric, {});
    EXPECT_EQ(value.numerator, 0) << metric.id;
    EXPECT_TRUE(metric.denominator.empty() || !value.known()) << metric.id;
  }
}

TEST(Metrics, AverageOfTwoIntervalsIsWeightedByTheirVolume) {
  Sample quiet, busy;
  quiet.facts.add(Fact::kAnswered, 1);
  quiet.facts.add(Fact::kAnswerWait, Duration(100s).count());
  busy.facts.add(Fact::kAnswered, 9);
  Sample both = quiet;
  both.facts += busy.facts;
  EXPECT_EQ(figure(*find_metric("asa"), both), (Figure{Duration(100s).count(), 10}));
}

TEST(Metrics, OccupancyIsWorkOverTimeOnTheQueue) {
  Sample shift;
  shift.facts.add(Fact::kHandlingTime, Duration(48min).count());
  shift.facts.add(Fact::kWrapUpTime, Duration(4min).count());
  shift.facts.add(Fact::kReadyTime, Duration(8min).count());
  shift.facts.add(Fact::kBreakTime, Duration(30min).count());
  EXPECT_EQ(hundredths("occupancy", shift), 8667);
}

TEST(Metrics, NetPromoterScoreIsPromotersLessDetractors) {
  Sample answers;
  answers.facts.add(Fact::kNpsAnswers, 10);
  answers.facts.add(Fact::kNpsPromoters, 3);
  answers.facts.add(Fact::kNpsDetractors, 5);
  EXPECT_EQ(figure(*find_metric("nps"), answers), (Figure{-200, 10}));
}

TEST(Percentiles, AreTheUpperEndOfTheBucketThatHoldsThem) {
  Sample sample;
  for (int second = 1; second <= 100; ++second) {
    sample.facts.add(Fact::kAnswered, 1);
    sample.facts.add(wait_bucket(std::chrono::seconds(second)), 1);
    sample.facts.add(Fact::kLongestWait, Duration(std::chrono::seconds(second)).count());
  }
  EXPECT_EQ(figure(*find_metric("wait_p50"), sample).numerator, Duration(50s).count());
  EXPECT_EQ(figure(*find_metric("wait_p90"), sample).numerator, Duration(90s).count());
  EXPECT_EQ(figure(*find_metric("wait_p99"), sample).numerator, Duration(120s).count());
}

TEST(Percentiles, BeyondTheLastBucketTheLongestWaitIsTold) {
  Sample sample;
  sample.facts.add(Fact::kAnswered, 1);
  sample.facts.add(wait_bucket(25h), 1);
  sample.facts.add(Fact::kLongestWait, Duration(25h).count());
  EXPECT_EQ(figure(*find_metric("wait_p50"), sample).numerator, Duration(25h).count());
}

TEST(Buckets, HoldWaitsUpToTheirBound) {
  EXPECT_EQ(name_of(index_of(wait_bucket(0s))), "wait_up_to_1");
  EXPECT_EQ(name_of(index_of(wait_bucket(20s))), "wait_up_to_20");
  EXPECT_EQ(name_of(index_of(wait_bucket(20s + Duration(1)))), "wait_up_to_25");
  EXPECT_EQ(name_of(index_of(wait_bucket(24h + Duration(1)))), "wait_beyond");
}

TEST(Dictionary, EveryMetricHasOneIdAndNamesInBothLanguages) {
  std::set<std::string_view> ids;
  for (const Metric& metric : metrics()) {
    EXPECT_TRUE(ids.insert(metric.id).second) << metric.id;
    EXPECT_FALSE(metric.name_en.empty()) << metric.id;
    EXPECT_FALSE(metric.name_zh.empty()) << metric.id;
    EXPECT_EQ(metric.note_en.empty(), metric.note_zh.empty()) << metric.id;
    EXPECT_FALSE(metric.events.empty()) << metric.id;
    EXPECT_EQ(find_metric(metric.id), &metric);
  }
  EXPECT_EQ(find_metric("of nothing"), nullptr);
}

TEST(Dictionary, EveryFactServesAMetric) {
  std::set<std::size_t> used;
  for (const Metric& metric : metrics()) {
    for (const Term& term : metric.numerator) used.insert(index_of(term.fact));
    for (const Term& term : metric.denominator) used.insert(index_of(term.fact));
  }
  for (const Fact kept : {Fact::kTransferredIn, Fact::kCancelled, Fact::kExpired, Fact::kDropped, Fact::kEscalated,
                          Fact::kLeftAnswered, Fact::kOffersRevoked, Fact::kSetupsFailed}) {
    EXPECT_TRUE(used.insert(index_of(kept)).second) << name_of(index_of(kept)) << " has a metric";
  }
  for (std::size_t fact = 0; fact < kNamedFacts; ++fact) EXPECT_TRUE(used.contains(fact)) << name_of(fact);
}

TEST(Dictionary, FormulasAreTextOfTheirOwnTerms) {
  EXPECT_EQ(formula(*find_metric("service_level_sl4")),
            "100 * answered_in_target / (answered + abandoned - abandoned_in_target)");
  EXPECT_EQ(formula(*find_metric("aht")), "(talk + hold + wrap_up) / handled");
  EXPECT_EQ(formula(*find_metric("offered")), "offered");
  EXPECT_EQ(formula(*find_metric("wait_p95")), "P95 of the waits of answered");
}

std::string_view unit_text(Unit unit) {
  static constexpr std::array<std::string_view, 6> kTexts = {"", "count", "per cent", "seconds", "money", "number"};
  return kTexts[static_cast<std::size_t>(unit)];
}
std::string_view direction_text(Direction direction) {
  static constexpr std::array<std::string_view, 4> kTexts = {"", "up", "down", ""};
  return kTexts[static_cast<std::size_t>(direction)];
}

std::string table() {
  std::ostringstream out;
  out << "| id | name | 名称 | formula | unit | better | note |\n|---|---|---|---|---|---|---|\n";
  for (const Metric& metric : metrics()) {
    out << "| `" << metric.id << "` | " << metric.name_en << " | " << metric.name_zh << " | " << formula(metric)
        << " | " << unit_text(metric.unit) << " | " << direction_text(metric.direction) << " | " << metric.note_en
        << " |\n";
  }
  return out.str();
}

// With MUSTER_WRITE_DOCS set, the table there is written anew.
TEST(Dictionary, TheTableInTheDocsIsThisOne) {
  const std::string begin = "<!-- metrics: begin -->\n", end = "<!-- metrics: end -->";
  std::stringstream read;
  read << std::ifstream(MUSTER_METRICS_DOC).rdbuf();
  std::string text = read.str();
  const std::size_t from = text.find(begin), to = text.find(end);
  ASSERT_NE(from, std::string::npos);
  ASSERT_NE(to, std::string::npos);
  if (std::getenv("MUSTER_WRITE_DOCS")) {
    text.replace(from + begin.size(), to - from - begin.size(), table());
    std::ofstream(MUSTER_METRICS_DOC) << text;
    return;
  }
  EXPECT_EQ(text.substr(from + begin.size(), to - from - begin.size()), table());
}

}  // namespace
}  // namespace muster::kpi
