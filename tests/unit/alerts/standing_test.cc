#include "standing.h"

#include <gtest/gtest.h>

// How long a condition must hold, and be over, before an alert follows it.
namespace muster::alerts {
namespace {

using namespace std::chrono_literals;
constexpr auto kNone = v1::ALERT_LEVEL_UNSPECIFIED;
constexpr auto kWarning = v1::ALERT_LEVEL_WARNING;
constexpr auto kCritical = v1::ALERT_LEVEL_CRITICAL;

/// One rule and row, looked at again and again.
struct Watch {
  explicit Watch(Timing given) : timing(given) {}
  /// `entered`: by the limits; `held`: by the limits and the margin.
  v1::AlertLevel look(Duration at, v1::AlertLevel entered, v1::AlertLevel held) {
    level = advance(standing, {entered, held}, level, timing, TimePoint(at));
    return level;
  }
  v1::AlertLevel look(Duration at, v1::AlertLevel entered) { return look(at, entered, entered); }

  Timing timing;
  Standing standing;
  v1::AlertLevel level = kNone;
};

TEST(Standing, WithoutDurationsTheAlertFollowsAtOnce) {
  Watch watch({});
  EXPECT_EQ(watch.look(0s, kWarning), kWarning);
  EXPECT_EQ(watch.look(1s, kCritical), kCritical);
  EXPECT_EQ(watch.look(2s, kWarning), kWarning);
  EXPECT_EQ(watch.look(3s, kNone), kNone);
}

TEST(Standing, WhatDoesNotLastIsNoAlert) {
  Watch watch({.hold = 30s});
  EXPECT_EQ(watch.look(0s, kWarning), kNone);
  EXPECT_EQ(watch.look(29s, kWarning), kNone);
  EXPECT_EQ(watch.look(29500ms, kNone), kNone);
  EXPECT_EQ(watch.look(31s, kWarning), kNone) << "the break began it anew";
  EXPECT_EQ(watch.look(60s, kWarning), kNone);
  EXPECT_EQ(watch.look(61s, kWarning), kWarning);
}

TEST(Standing, TimeBeyondTheCriticalLimitCountsForTheWarningToo) {
  Watch watch({.hold = 30s});
  watch.look(0s, kWarning);
  watch.look(20s, kCritical);
  EXPECT_EQ(watch.look(30s, kCritical), kWarning);
  EXPECT_EQ(watch.look(49s, kCritical), kWarning);
  EXPECT_EQ(watch.look(50s, kCritical), kCritical);
}

TEST(Standing, AnAlertEndsOnceItsConditionHasBeenOverForLongEnough) {
  Watch watch({.hold = 0s, .clear = 60s});
  watch.look(0s, kWarning);
  EXPECT_EQ(watch.look(10s, kNone), kWarning);
  EXPECT_EQ(watch.look(50s, kWarning), kWarning);
  EXPECT_EQ(watch.look(55s, kNone), kWarning);
  EXPECT_EQ(watch.look(114s, kNone), kWarning);
  EXPECT_EQ(watch.look(115s, kNone), kNone);
}

TEST(Standing, WithinTheMarginAnAlertGoesOnAndNoneBegins) {
  Watch watch({});
  EXPECT_EQ(watch.look(0s, kNone, kWarning), kNone);
  EXPECT_EQ(watch.look(1s, kWarning), kWarning);
  EXPECT_EQ(watch.look(2s, kNone, kWarning), kWarning);
  EXPECT_EQ(watch.look(3s, kNone), kNone);
}

TEST(Standing, ACriticalOneEasesToAWarning) {
  Watch watch({.hold = 0s, .clear = 10s});
  watch.look(0s, kCritical);
  EXPECT_EQ(watch.look(1s, kWarning), kCritical);
  EXPECT_EQ(watch.look(11s, kWarning), kWarning);
  EXPECT_EQ(watch.look(12s, kWarning), kWarning);
}

TEST(Standing, EachLevelIsLeftByItsOwnTime) {
  Watch watch({.hold = 0s, .clear = 10s});
  watch.look(0s, kCritical);
  watch.look(1s, kWarning);
  EXPECT_EQ(watch.look(11s, kNone), kWarning) << "it was below the warning limit for no time yet";
  EXPECT_EQ(watch.look(20s, kNone), kWarning);
  EXPECT_EQ(watch.look(21s, kNone), kNone);
}

TEST(Standing, WhatIsQuietIsNotKept) {
  Watch watch({.hold = 30s, .clear = 30s});
  watch.look(0s, kWarning);
  EXPECT_FALSE(watch.standing.idle());
  watch.look(1s, kNone);
  EXPECT_TRUE(watch.standing.idle());
}

}  // namespace
}  // namespace muster::alerts
