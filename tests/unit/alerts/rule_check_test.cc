#include "rule_check.h"

#include <gmock/gmock.h>

#include <functional>
#include <limits>

// What a rule must be like. Each case is a good rule with one thing wrong.
namespace muster::alerts {
namespace {

using ::testing::ElementsAre;

v1::AlertRule threshold_rule() {
  v1::AlertRule rule;
  rule.set_rule_id("long-wait");
  rule.set_tenant_id("platform");
  rule.set_display_name("Long wait");
  rule.set_dimension(v1::KPI_DIMENSION_QUEUE);
  rule.mutable_threshold()->set_metric_id("longest_wait_now");
  rule.mutable_threshold()->set_operator_(v1::ALERT_OPERATOR_ABOVE);
  rule.mutable_threshold()->set_warning(60);
  return rule;
}
v1::AlertRule spike_rule() {
  v1::AlertRule rule = threshold_rule();
  rule.mutable_spike()->set_metric_id("offered");
  rule.mutable_spike()->set_warning_ratio(2);
  return rule;
}
v1::AlertRule rail_rule() {
  v1::AlertRule rule = threshold_rule();
  auto& rail = *rule.mutable_guard_rail();
  rail.set_gain_metric_id("cost_per_contact");
  rail.set_gain_percent(5);
  rail.set_guarded_metric_id("csat");
  rail.set_warning_percent(3);
  return rule;
}

std::vector<std::string> wrong(v1::AlertRule rule, const std::function<void(v1::AlertRule&)>& spoil) {
  spoil(rule);
  api::Checker check;
  check_rule(rule, check);
  std::vector<std::string> fields;
  if (!check.ok()) {
    for (const auto& each : check.error().fields) fields.push_back(each.field);
  }
  return fields;
}

TEST(RuleCheck, WhatIsLeftOutGetsItsDefault) {
  api::Checker check;
  auto threshold = threshold_rule(), spike = spike_rule(), rail = rail_rule();
  for (auto* rule : {&threshold, &spike, &rail}) check_rule(*rule, check);
  EXPECT_TRUE(check.ok());
  EXPECT_EQ(threshold.threshold().window(), v1::KPI_WINDOW_TODAY);
  EXPECT_EQ(threshold.threshold().time_zone(), "UTC");
  EXPECT_EQ(spike.spike().weeks(), 4);
  EXPECT_EQ(spike.spike().minimum_count(), 10);
  EXPECT_EQ(spike.spike().significance(), 0.001);
  EXPECT_EQ(rail.guard_rail().days(), 1);
}

TEST(RuleCheck, TheFieldThatIsWrongIsNamed) {
  using Rule = v1::AlertRule;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Rule threshold = threshold_rule(), spike = spike_rule(), rail = rail_rule();
  const std::vector<std::tuple<const Rule*, std::function<void(Rule&)>, std::string>> cases = {
      {&threshold, [](Rule& r) { r.set_rule_id("Long wait"); }, "rule.rule_id"},
      {&threshold, [](Rule& r) { r.clear_display_name(); }, "rule.display_name"},
      {&threshold, [](Rule& r) { r.clear_condition(); }, "rule.threshold"},
      {&threshold, [](Rule& r) { r.clear_dimension(); }, "rule.dimension"},
      {&threshold, [](Rule& r) { r.mutable_threshold()->set_metric_id("waits"); }, "rule.threshold.metric_id"},
      {&threshold, [](Rule& r) { r.mutable_threshold()->set_time_zone("Mars"); }, "rule.threshold.time_zone"},
      {&threshold, [](Rule& r) { r.mutable_threshold()->clear_operator_(); }, "rule.threshold.operator"},
      {&threshold, [](Rule& r) { r.mutable_threshold()->clear_warning(); }, "rule.threshold.warning"},
      {&threshold, [=](Rule& r) { r.mutable_threshold()->set_warning(nan); }, "rule.threshold.warning"},
      {&threshold, [](Rule& r) { r.mutable_threshold()->set_critical(59); }, "rule.threshold.critical"},
      {&threshold, [=](Rule& r) { r.mutable_threshold()->set_clear_margin(nan); }, "rule.threshold.clear_margin"},
      {&threshold, [](Rule& r) { r.mutable_threshold()->set_minimum_count(-1); }, "rule.threshold.minimum_count"},
      {&spike, [](Rule& r) { r.mutable_spike()->set_metric_id("asa"); }, "rule.spike.metric_id"},
      {&spike, [](Rule& r) { r.mutable_spike()->set_metric_id("waiting"); }, "rule.spike.metric_id"},
      {&spike, [](Rule& r) { r.mutable_spike()->set_weeks(13); }, "rule.spike.weeks"},
      {&spike, [](Rule& r) { r.mutable_spike()->set_warning_ratio(1); }, "rule.spike.warning_ratio"},
      {&spike, [](Rule& r) { r.mutable_spike()->set_significance(0.2); }, "rule.spike.significance"},
      {&rail, [](Rule& r) { r.mutable_guard_rail()->set_gain_percent(0); }, "rule.guard_rail.gain_percent"},
      {&rail, [](Rule& r) { r.mutable_guard_rail()->set_guarded_metric_id("cost_per_contact"); },
       "rule.guard_rail.guarded_metric_id"},
      {&rail, [](Rule& r) { r.mutable_guard_rail()->set_days(29); }, "rule.guard_rail.days"},
      {&threshold, [](Rule& r) { r.mutable_for_duration()->set_seconds(86'401); }, "rule.for_duration"},
      {&threshold, [](Rule& r) { r.mutable_repeat_interval()->set_seconds(1); }, "rule.repeat_interval"},
      {&threshold, [](Rule& r) { r.add_quiet_hours()->set_end_minute(60); }, "rule.quiet_hours[0].time_zone"},
      {&threshold, [](Rule& r) { r.add_quiet_hours()->set_time_zone("UTC"); }, "rule.quiet_hours[0].end_minute"},
      {&threshold, [](Rule& r) { r.add_webhook_ids("!"); }, "rule.webhook_ids[0]"},
      {&threshold, [](Rule& r) { r.add_row_ids("billing"), r.add_row_ids("billing"); }, "rule.row_ids[1]"},
      {&threshold, [](Rule& r) { r.set_tenant_id("acme"), r.set_dimension(v1::KPI_DIMENSION_AGENT); },
       "rule.dimension"},
  };
  for (const auto& [rule, spoil, expected] : cases) EXPECT_THAT(wrong(*rule, spoil), ElementsAre(expected)) << expected;
}

TEST(RuleCheck, ACriticalLimitBelowIsNoMilderThanItsWarning) {
  const auto below = [](double warning, double critical) {
    return wrong(threshold_rule(), [&](v1::AlertRule& rule) {
      auto& threshold = *rule.mutable_threshold();
      threshold.set_metric_id("service_level");
      threshold.set_operator_(v1::ALERT_OPERATOR_BELOW);
      threshold.set_warning(warning);
      threshold.set_critical(critical);
    });
  };
  EXPECT_TRUE(below(80, 60).empty());
  EXPECT_THAT(below(60, 80), ElementsAre("rule.threshold.critical"));
}

}  // namespace
}  // namespace muster::alerts
