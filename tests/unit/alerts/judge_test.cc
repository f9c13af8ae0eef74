#include "judge.h"

#include <gtest/gtest.h>

#include <cmath>

// Whether a condition holds, from figures alone.
namespace muster::alerts {
namespace {

constexpr auto kNone = v1::ALERT_LEVEL_UNSPECIFIED;
constexpr auto kWarning = v1::ALERT_LEVEL_WARNING;
constexpr auto kCritical = v1::ALERT_LEVEL_CRITICAL;

const kpi::Metric& metric(const char* id) { return *kpi::find_metric(id); }

v1::ThresholdCondition above(const char* id, double warning, double critical, double margin = 0) {
  v1::ThresholdCondition condition;
  condition.set_metric_id(id);
  condition.set_operator_(v1::ALERT_OPERATOR_ABOVE);
  condition.set_warning(warning);
  condition.set_critical(critical);
  condition.set_clear_margin(margin);
  return condition;
}

kpi::Sample sample(std::initializer_list<std::pair<kpi::Fact, std::int64_t>> facts) {
  kpi::Sample sample;
  for (const auto& [fact, amount] : facts) sample.facts.add(fact, amount);
  return sample;
}

Judgement judge_offered(const v1::ThresholdCondition& condition, std::int64_t offered) {
  return judge(condition, metric("offered"), sample({{kpi::Fact::kOffered, offered}}));
}

TEST(Threshold, TheWorseOfTheLimitsThatArePassedCounts) {
  const auto condition = above("offered", 10, 20);
  EXPECT_EQ(judge_offered(condition, 10).entered, kNone);
  EXPECT_EQ(judge_offered(condition, 11).entered, kWarning);
  EXPECT_EQ(judge_offered(condition, 20).entered, kWarning);
  EXPECT_EQ(judge_offered(condition, 21).entered, kCritical);
  EXPECT_EQ(judge_offered(condition, 21).value, 21);
  EXPECT_EQ(judge_offered(condition, 21).limits, (std::array<double, 2>{10, 20}));
}

TEST(Threshold, EachOperatorHoldsTheLimitItself) {
  const auto at = [](v1::AlertOperator op, std::int64_t offered) {
    auto condition = above("offered", 10, 10);
    condition.set_operator_(op);
    return judge_offered(condition, offered).entered != kNone;
  };
  EXPECT_EQ((std::array{at(v1::ALERT_OPERATOR_ABOVE, 10), at(v1::ALERT_OPERATOR_AT_LEAST, 10),
                        at(v1::ALERT_OPERATOR_BELOW, 10), at(v1::ALERT_OPERATOR_AT_MOST, 10)}),
            (std::array{false, true, false, true}));
  EXPECT_TRUE(at(v1::ALERT_OPERATOR_BELOW, 9));
  EXPECT_TRUE(at(v1::ALERT_OPERATOR_ABOVE, 11));
}

TEST(Threshold, ALevelIsHeldUntilTheValueIsBackByTheMargin) {
  const auto condition = above("offered", 10, 20, 3);
  EXPECT_EQ(judge_offered(condition, 10).entered, kNone);
  EXPECT_EQ(judge_offered(condition, 10).held, kWarning);
  EXPECT_EQ(judge_offered(condition, 8).held, kWarning);
  EXPECT_EQ(judge_offered(condition, 7).held, kNone);
  EXPECT_EQ(judge_offered(condition, 18).held, kCritical);
  EXPECT_EQ(judge_offered(condition, 18).entered, kWarning);
  auto below = above("offered", 10, 5, 3);
  below.set_operator_(v1::ALERT_OPERATOR_BELOW);
  EXPECT_EQ(judge_offered(below, 12).held, kWarning);
  EXPECT_EQ(judge_offered(below, 13).held, kNone);
}

TEST(Threshold, ARateOfTooFewIsNotJudged) {
  auto condition = above("abandon_rate", 10, 50);
  condition.set_minimum_count(20);
  const auto rate = [&](std::int64_t abandoned, std::int64_t answered) {
    return judge(condition, metric("abandon_rate"),
                 sample({{kpi::Fact::kAbandoned, abandoned},
                         {kpi::Fact::kAnswered, answered},
                         {kpi::Fact::kOffered, abandoned + answered}}))
        .entered;
  };
  EXPECT_EQ(rate(9, 0), kNone);
  EXPECT_EQ(rate(12, 8), kCritical);
  EXPECT_EQ(rate(0, 0), kNone);
}

v1::SpikeCondition spike(double warning, double critical) {
  v1::SpikeCondition condition;
  condition.set_warning_ratio(warning);
  condition.set_critical_ratio(critical);
  condition.set_minimum_count(10);
  condition.set_significance(0.001);
  return condition;
}

// Jeffreys' gamma-Poisson forecast, worked out by hand as a sum: P(X >= k) = 1 - sum over i < k of
// Gamma(i + a) / (i! Gamma(a)) (n / (n + 1))^a (1 / (n + 1))^i, with a = past + 1/2.
double chance_by_sum(int count, double past, int weeks) {
  const double a = past + 0.5, p = 1.0 / (weeks + 1);
  double below = 0;
  for (int i = 0; i < count; ++i) {
    below += std::exp(std::lgamma(i + a) - std::lgamma(i + 1) - std::lgamma(a) + a * std::log1p(-p) + i * std::log(p));
  }
  return 1 - below;
}

TEST(Spike, TheChanceIsThatOfTheForecast) {
  for (const auto& [count, past, weeks] :
       {std::tuple{12, 8.0, 4}, std::tuple{30, 40.0, 4}, std::tuple{1, 0.0, 1}, std::tuple{25, 10.5, 2}}) {
    EXPECT_NEAR(chance_of({count, past, weeks}), chance_by_sum(count, past, weeks), 1e-9) << count << " " << past;
  }
  EXPECT_EQ(chance_of({0, 0, 4}), 1);
}

TEST(Spike, FarMoreThanUsualIsOne) {
  const auto condition = spike(2, 4);
  EXPECT_EQ(judge(condition, {40, 40, 4}).entered, kCritical);  // expected 10
  EXPECT_EQ(judge(condition, {30, 40, 4}).entered, kWarning);
  EXPECT_EQ(judge(condition, {19, 40, 4}).entered, kNone);
  EXPECT_EQ(judge(condition, {30, 40, 4}).limits[0], 10);
}

TEST(Spike, ALittleMoreOfLittleIsNone) {
  const auto condition = spike(2, 4);
  EXPECT_EQ(judge(condition, {9, 0, 4}).entered, kNone) << "fewer than the minimum";
  EXPECT_EQ(judge(condition, {11, 5, 1}).entered, kNone) << "one week of five says little";
  EXPECT_EQ(judge(condition, {11, 5, 1}).held, kWarning) << "yet an alert that is there goes on";
  EXPECT_EQ(judge(condition, {11, 20, 4}).entered, kNone) << "2.2 times, by chance one time in some fifty";
  EXPECT_EQ(judge(condition, {200, 0, 0}).entered, kNone) << "nothing to compare with";
}

v1::GuardRailCondition rail() {
  v1::GuardRailCondition condition;
  condition.set_gain_percent(5);
  condition.set_warning_percent(2);
  condition.set_critical_percent(10);
  condition.set_minimum_count(10);
  return condition;
}

kpi::Facts day(std::int64_t cost, std::int64_t handled, std::int64_t satisfied, std::int64_t answers) {
  kpi::Facts facts;
  facts.add(kpi::Fact::kCost, cost);
  facts.add(kpi::Fact::kHandled, handled);
  facts.add(kpi::Fact::kCsatSatisfied, satisfied);
  facts.add(kpi::Fact::kCsatAnswers, answers);
  return facts;
}
Judgement judge_days(const kpi::Facts& now, const kpi::Facts& before) {
  return judge(rail(), metric("cost_per_contact"), metric("csat"), {now, before});
}

TEST(GuardRail, AGainAtTheCostOfWhatIsGuardedIsTold) {
  const kpi::Facts before = day(30'000, 100, 80, 100);
  EXPECT_EQ(judge_days(day(27'000, 100, 76, 100), before).entered, kWarning);   // 10% cheaper, 5% less satisfied
  EXPECT_EQ(judge_days(day(27'000, 100, 70, 100), before).entered, kCritical);  // 12.5%
  EXPECT_EQ(judge_days(day(27'000, 100, 79, 100), before).entered, kNone) << "1.25% less is within bounds";
  EXPECT_EQ(judge_days(day(29'000, 100, 70, 100), before).entered, kNone) << "nothing was gained";
  EXPECT_EQ(judge_days(day(33'000, 100, 70, 100), before).entered, kNone);
  EXPECT_EQ(judge_days(day(27'000, 100, 90, 100), before).entered, kNone);
  EXPECT_DOUBLE_EQ(judge_days(day(27'000, 100, 76, 100), before).limits[0], 80);
}

TEST(GuardRail, TooFewOnOneSideSayNothing) {
  EXPECT_EQ(judge_days(day(2'700, 10, 5, 9), day(30'000, 100, 80, 100)).entered, kNone);
  EXPECT_EQ(judge_days(day(27'000, 100, 50, 100), kpi::Facts{}).entered, kNone);
  EXPECT_EQ(judge_days(day(27'000, 100, 50, 100), day(0, 100, 80, 100)).entered, kNone) << "of nothing no share";
}

}  // namespace
}  // namespace muster::alerts
