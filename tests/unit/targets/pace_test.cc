#include "pace.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace muster::targets {
namespace {

using kpi::Fact;

const kpi::Metric& kHandled = *kpi::find_metric("handled");
const kpi::Metric& kAbandoned = *kpi::find_metric("abandoned");
const kpi::Metric& kCsat = *kpi::find_metric("csat");
const kpi::Metric& kAsa = *kpi::find_metric("asa");
constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

DayParts days(std::int64_t before, std::int64_t present, std::int64_t after) {
  DayParts parts;
  parts.before.add(Fact::kHandled, before);
  parts.present.add(Fact::kHandled, present);
  parts.after.add(Fact::kHandled, after);
  return parts;
}

v1::TargetTrack tracked(const kpi::Metric& metric, double target, double actual, const Pace& pace = {}) {
  v1::Target set;
  set.set_value(target);
  return track_of(metric, set, actual, pace);
}
v1::PaceState state(const kpi::Metric& metric, double target, double actual, const Pace& pace = {}) {
  return tracked(metric, target, actual, pace).state();
}

TEST(Pace, TheShareIsThatOfTheDaysTogether) {
  // Four Mondays: 300 of 800 until 10:00, 80 from 10:00 to 10:15; now it is 10:03.
  EXPECT_DOUBLE_EQ(*share_by_now(kHandled, days(300, 80, 420), 0.2), (300 + 0.2 * 80) / 800);
  EXPECT_DOUBLE_EQ(*share_by_now(kHandled, days(300, 80, 420), 0), 0.375);
  EXPECT_DOUBLE_EQ(*share_by_now(kHandled, days(300, 80, 420), 1), 0.475);
}

TEST(Pace, DaysThatCameToNothingTellNothing) {
  EXPECT_FALSE(share_by_now(kHandled, {}, 0.5));
  DayParts taken_back;
  taken_back.before.add(Fact::kRevenue, -500);
  EXPECT_FALSE(share_by_now(*kpi::find_metric("revenue"), taken_back, 0.5));
}

TEST(Pace, TheShareStaysWithinTheDay) {
  DayParts parts;  // most of it was taken back in the evening
  parts.before.add(Fact::kRevenue, 900);
  parts.after.add(Fact::kRevenue, -800);
  EXPECT_DOUBLE_EQ(*share_by_now(*kpi::find_metric("revenue"), parts, 0), 1);
}

TEST(Pace, WithoutHistoryOfItsOwnItIsThatOfTheWholeThenLinear) {
  const DayParts own = days(1, 0, 3), all = days(30, 0, 10), nothing;
  const Clock clock{0.5, 0.4};
  const auto of = [&](const DayParts* row, const DayParts* whole) {
    return pace_of(kHandled, row, whole, v1::PACE_BASIS_WORKSPACE, clock);
  };
  EXPECT_EQ(of(&own, &all).basis, v1::PACE_BASIS_ROW);
  EXPECT_DOUBLE_EQ(of(&own, &all).share, 0.25);
  EXPECT_EQ(of(&nothing, &all).basis, v1::PACE_BASIS_WORKSPACE);
  EXPECT_DOUBLE_EQ(of(nullptr, &all).share, 0.75);
  EXPECT_EQ(of(nullptr, &nothing).basis, v1::PACE_BASIS_LINEAR);
  EXPECT_DOUBLE_EQ(of(nullptr, nullptr).share, 0.4);
}

TEST(Pace, OfAQuantityTheShareOfTheDayIsExpected) {
  const Pace half{0.5, v1::PACE_BASIS_ROW};
  const auto track = tracked(kHandled, 400, 230, half);
  EXPECT_DOUBLE_EQ(track.expected_by_now(), 200);
  EXPECT_DOUBLE_EQ(track.projected(), 460);
  EXPECT_EQ(track.state(), v1::PACE_STATE_AHEAD);
  EXPECT_EQ(track.basis(), v1::PACE_BASIS_ROW);
}

TEST(Pace, OfARateTheTargetIsExpectedAtAnyTime) {
  const auto track = tracked(kCsat, 85, 90);
  EXPECT_DOUBLE_EQ(track.expected_by_now(), 85);
  EXPECT_DOUBLE_EQ(track.share(), 1);
  EXPECT_TRUE(std::isnan(track.projected()));
  EXPECT_EQ(track.basis(), v1::PACE_BASIS_TARGET);
}

TEST(Pace, WhereLessIsBetterLessIsAhead) {
  const Pace half{0.5, v1::PACE_BASIS_ROW};
  EXPECT_EQ(state(kAsa, 20, 15), v1::PACE_STATE_AHEAD);
  EXPECT_EQ(state(kAsa, 20, 25), v1::PACE_STATE_BEHIND);
  EXPECT_EQ(state(kAbandoned, 40, 10, half), v1::PACE_STATE_AHEAD);
  EXPECT_EQ(state(kAbandoned, 40, 30, half), v1::PACE_STATE_BEHIND);
}

TEST(Pace, CloseToWhatIsExpectedIsOn) {
  const Pace half{0.5, v1::PACE_BASIS_ROW};
  EXPECT_EQ(state(kHandled, 400, 190, half), v1::PACE_STATE_ON) << "5 per cent";
  EXPECT_EQ(state(kHandled, 400, 189, half), v1::PACE_STATE_BEHIND);
  EXPECT_EQ(state(kHandled, 400, 210, half), v1::PACE_STATE_ON);
  EXPECT_EQ(state(kHandled, 400, 211, half), v1::PACE_STATE_AHEAD);
  EXPECT_EQ(state(kCsat, 80, 79.2), v1::PACE_STATE_ON) << "1 per cent";
  EXPECT_EQ(state(kCsat, 80, 79.1), v1::PACE_STATE_BEHIND);
}

TEST(Pace, LessThanOneContactAwayIsOn) {
  const Pace early{0.03, v1::PACE_BASIS_ROW};
  EXPECT_EQ(state(kHandled, 40, 1, early), v1::PACE_STATE_ON) << "1.2 are expected";
  EXPECT_EQ(state(kHandled, 40, 0, early), v1::PACE_STATE_BEHIND);
  EXPECT_EQ(state(kHandled, 40, 0, {0, v1::PACE_BASIS_ROW}), v1::PACE_STATE_ON) << "the day has just begun";
}

TEST(Pace, OfNothingNoStateIsTold) { EXPECT_EQ(state(kCsat, 80, kNothing), v1::PACE_STATE_UNKNOWN); }

TEST(Pace, TheEndOfTheDayIsNotGuessedFromItsFirstMinutes) {
  EXPECT_TRUE(std::isnan(tracked(kHandled, 400, 3, {0.049, v1::PACE_BASIS_ROW}).projected()));
  EXPECT_DOUBLE_EQ(tracked(kHandled, 400, 25, {0.05, v1::PACE_BASIS_ROW}).projected(), 500);
}

}  // namespace
}  // namespace muster::targets
