#include "receivers.h"

#include <gtest/gtest.h>

#include "muster/node/render.h"

// What receivers are told, and when.
namespace muster::alerts {
namespace {

using namespace std::chrono_literals;
constexpr auto kNone = v1::ALERT_LEVEL_UNSPECIFIED;
constexpr auto kWarning = v1::ALERT_LEVEL_WARNING;
constexpr auto kCritical = v1::ALERT_LEVEL_CRITICAL;
constexpr TimePoint kNow = TimePoint(std::chrono::hours(24 * 20'000));  // midnight, UTC

v1::AlertRule rule() {
  v1::AlertRule rule;
  rule.add_webhook_ids("ops");
  return rule;
}

AlertRecord record(v1::AlertLevel level, v1::AlertLevel told, v1::AlertState state = v1::ALERT_STATE_OPEN) {
  AlertRecord record;
  record.alert.set_level(level);
  record.alert.set_state(state);
  record.told = told;
  if (told != kNone) record.told_time = kNow - 10min;
  return record;
}

std::string told(const AlertRecord& record, const v1::AlertRule& by) { return due(record, &by, kNow).value_or("-"); }

TEST(Receivers, AreToldWhatIsNew) {
  EXPECT_EQ(told(record(kWarning, kNone), rule()), "alert.raised");
  EXPECT_EQ(told(record(kCritical, kWarning), rule()), "alert.escalated");
  EXPECT_EQ(told(record(kWarning, kCritical), rule()), "alert.eased");
  EXPECT_EQ(told(record(kNone, kWarning), rule()), "alert.cleared");
  EXPECT_EQ(told(record(kWarning, kWarning), rule()), "-");
}

TEST(Receivers, AreToldAgainUntilSomebodyTakesItUp) {
  auto repeating = rule();
  node::to_proto(10min, repeating.mutable_repeat_interval());
  EXPECT_EQ(told(record(kWarning, kWarning), repeating), "alert.repeated");
  EXPECT_EQ(told(record(kWarning, kWarning, v1::ALERT_STATE_ACKNOWLEDGED), repeating), "-");
  node::to_proto(11min, repeating.mutable_repeat_interval());
  EXPECT_EQ(told(record(kWarning, kWarning), repeating), "-");
}

TEST(Receivers, AreLeftInPeaceInQuietHoursAndWhatStillIsIsToldAfterwards) {
  auto quiet = rule();
  auto* hours = quiet.add_quiet_hours();
  hours->set_time_zone("UTC");
  hours->set_end_minute(60);
  const AlertRecord raised = record(kWarning, kNone);
  EXPECT_EQ(due(raised, &quiet, kNow), std::nullopt);
  EXPECT_EQ(due(raised, &quiet, kNow + 1h), "alert.raised");
  EXPECT_EQ(due(record(kNone, kNone, v1::ALERT_STATE_RESOLVED), &quiet, kNow + 1h), std::nullopt)
      << "what came and went meanwhile is not told";
}

TEST(Receivers, AreNotToldMoreOfWhatPeopleClosedButItsEnd) {
  EXPECT_EQ(told(record(kCritical, kWarning, v1::ALERT_STATE_FALSE_ALARM), rule()), "-");
  EXPECT_EQ(told(record(kNone, kWarning, v1::ALERT_STATE_FALSE_ALARM), rule()), "alert.cleared");
}

TEST(Receivers, NobodyIsToldByARuleWithoutAnyOrThatIsGone) {
  EXPECT_EQ(told(record(kWarning, kNone), v1::AlertRule()), "");
  EXPECT_EQ(due(record(kNone, kWarning), nullptr, kNow), "");
  EXPECT_EQ(due(record(kNone, kNone), nullptr, kNow), std::nullopt);
}

}  // namespace
}  // namespace muster::alerts
