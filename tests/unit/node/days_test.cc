#include "muster/node/days.h"

#include <gtest/gtest.h>

#include <chrono>

namespace muster::node {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;

TimePoint utc(int year, unsigned month, unsigned day, Duration time) {
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  return TimePoint(sys_days(date).time_since_epoch()) + time;
}

TEST(Days, AWeekBeforeTheClocksShowedTheSameTime) {
  const TimePoint noon = utc(2026, 11, 23, 12h + 7min + 3s + 5us);
  EXPECT_EQ(days_before(7, "Asia/Shanghai", noon), noon - 7 * 24h);
  // Clocks in Berlin went back on 25 October: 10:00 is 09:00 UTC after it, and 08:00 UTC before.
  EXPECT_EQ(days_before(7, "Europe/Berlin", utc(2026, 10, 28, 9h)), utc(2026, 10, 21, 8h));
  EXPECT_EQ(days_before(-7, "Europe/Berlin", utc(2026, 10, 21, 8h)), utc(2026, 10, 28, 9h));
  EXPECT_EQ(days_before(28, "UTC", utc(2026, 3, 15, 1h)), utc(2026, 2, 15, 1h));
}

TEST(Days, TheDayOfTheWeekIsThatOfTheTimeZone) {
  const TimePoint sunday_evening = utc(2026, 11, 22, 20h);
  EXPECT_EQ(weekday_of("UTC", sunday_evening), 7);
  EXPECT_EQ(weekday_of("Asia/Shanghai", sunday_evening), 1);
  EXPECT_EQ(weekday_of("America/New_York", utc(2026, 11, 23, 2h)), 7);
}

}  // namespace
}  // namespace muster::node
