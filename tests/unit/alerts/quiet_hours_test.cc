#include "quiet_hours.h"

#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>

#include "muster/node/render.h"

// When receivers are left in peace.
namespace muster::alerts {
namespace {

v1::AlertRule with_hours(const std::string& zone, int start, int end, std::initializer_list<int> weekdays = {}) {
  v1::AlertRule rule;
  auto* hours = rule.add_quiet_hours();
  hours->set_time_zone(zone);
  hours->set_start_minute(start);
  hours->set_end_minute(end);
  for (const int day : weekdays) hours->add_weekdays(day);
  return rule;
}

bool quiet(const v1::AlertRule& rule, const std::string& utc) {
  google::protobuf::Timestamp time;
  EXPECT_TRUE(google::protobuf::util::TimeUtil::FromString(utc, &time));
  return is_quiet(rule.quiet_hours(), node::from_proto(time));
}

TEST(QuietHours, AreByTheClockOfTheirZone) {
  const auto lunch = with_hours("Asia/Shanghai", 12 * 60, 13 * 60);
  EXPECT_FALSE(quiet(lunch, "2026-11-23T03:59:59Z"));
  EXPECT_TRUE(quiet(lunch, "2026-11-23T04:00:00Z"));
  EXPECT_TRUE(quiet(lunch, "2026-11-23T04:59:59Z"));
  EXPECT_FALSE(quiet(lunch, "2026-11-23T05:00:00Z"));
}

TEST(QuietHours, LastPastMidnightIfTheyEndBeforeTheyBegin) {
  const auto night = with_hours("UTC", 22 * 60, 6 * 60);
  EXPECT_TRUE(quiet(night, "2026-11-23T23:00:00Z"));
  EXPECT_TRUE(quiet(night, "2026-11-24T05:59:00Z"));
  EXPECT_FALSE(quiet(night, "2026-11-24T06:00:00Z"));
  EXPECT_FALSE(quiet(night, "2026-11-24T21:59:00Z"));
}

TEST(QuietHours, BelongToTheDayOnWhichTheyBegin) {
  const auto friday_night = with_hours("UTC", 22 * 60, 6 * 60, {5});
  EXPECT_TRUE(quiet(friday_night, "2026-11-27T22:30:00Z"));  // a Friday
  EXPECT_TRUE(quiet(friday_night, "2026-11-28T05:00:00Z"));
  EXPECT_FALSE(quiet(friday_night, "2026-11-28T22:30:00Z"));
  EXPECT_FALSE(quiet(friday_night, "2026-11-27T05:00:00Z"));
  const auto sunday = with_hours("UTC", 0, 60, {7});
  EXPECT_TRUE(quiet(sunday, "2026-11-29T00:30:00Z"));
  EXPECT_FALSE(quiet(sunday, "2026-11-30T00:30:00Z"));
}

TEST(QuietHours, FollowTheClockWhenItChanges) {
  const auto night = with_hours("Europe/Berlin", 60, 4 * 60);  // clocks go back at 03:00 on 2026-10-25
  EXPECT_TRUE(quiet(night, "2026-10-24T23:00:00Z"));           // 01:00, the first time
  EXPECT_TRUE(quiet(night, "2026-10-25T02:59:00Z"));           // 03:59
  EXPECT_FALSE(quiet(night, "2026-10-25T03:00:00Z"));
}

TEST(QuietHours, NoneAreNever) { EXPECT_FALSE(quiet(v1::AlertRule(), "2026-11-23T03:00:00Z")); }

}  // namespace
}  // namespace muster::alerts
