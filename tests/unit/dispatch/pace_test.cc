#include "pace.h"

#include <gtest/gtest.h>

namespace muster::dispatch {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// `contacts` that took the agent so long each.
QueuePace handled(int contacts, Duration each) {
  QueuePace pace;
  for (int i = 0; i < contacts; ++i) {
    note_busy(pace, ContactState::kActive, each);
    note_handled(pace);
  }
  return pace;
}

Duration wait(Duration busy, std::optional<Duration> patience, std::uint64_t servers, std::uint64_t ahead) {
  return mean_wait(busy, patience, servers, ahead * kPaceUnit);
}

TEST(Pace, IsUnknownUntilAContactWasHandled) {
  QueuePace pace;
  EXPECT_EQ(mean_busy_time(pace), std::nullopt);
  note_busy(pace, ContactState::kActive, minutes(3));
  EXPECT_EQ(mean_busy_time(pace), std::nullopt);
  note_handled(pace);
  EXPECT_EQ(mean_busy_time(pace), minutes(3));
}

TEST(Pace, ContactsKeepAnAgentBusyFromTheOfferOn) {
  QueuePace pace;
  note_busy(pace, ContactState::kOffered, seconds(20));  // declined
  note_busy(pace, ContactState::kOffered, seconds(10));
  note_busy(pace, ContactState::kActive, seconds(60));
  note_busy(pace, ContactState::kWrapUp, seconds(30));
  note_handled(pace);
  EXPECT_EQ(mean_busy_time(pace), seconds(120));
  EXPECT_EQ(mean_answer_time(pace), seconds(30));
}

TEST(Pace, PatienceIsAllTheTimeWaitedForEachOneWhoLeft) {
  QueuePace pace;
  note_waited(pace, seconds(50), false);
  EXPECT_EQ(mean_patience(pace), std::nullopt);
  note_waited(pace, seconds(10), true);
  EXPECT_EQ(mean_patience(pace), seconds(60));
  note_waited(pace, seconds(20), true);
  EXPECT_EQ(mean_patience(pace), seconds(40));
}

TEST(Pace, FollowsTheDay) {
  QueuePace pace = handled(2'000, minutes(2));
  EXPECT_EQ(mean_busy_time(pace), minutes(2));
  for (std::uint64_t i = 0; i < 3 * kPaceHandledMax; ++i) {
    note_busy(pace, ContactState::kActive, minutes(4));
    note_handled(pace);
  }
  EXPECT_GT(*mean_busy_time(pace), seconds(235));
}

TEST(Pace, HalvingChangesNoMean) {
  QueuePace pace;
  for (int i = 0; i < 100'000; ++i) {
    note_waited(pace, seconds(10), i % 10 == 0);
    ASSERT_LT(pace.waits, kPaceWaitsMax * kPaceUnit);
    if (i % 10 != 9) continue;
    ASSERT_NEAR(std::chrono::duration<double>(*mean_patience(pace)).count(), 100, 3) << i;
  }
}

TEST(MeanWait, WithoutAbandonmentIsThePlaceInLineOverTheRate) {
  EXPECT_EQ(wait(minutes(5), {}, 10, 0), seconds(30));
  EXPECT_EQ(wait(minutes(5), {}, 10, 9), minutes(5));
  EXPECT_EQ(wait(minutes(5), {}, 1, 2), minutes(15));
}

TEST(MeanWait, OfHalfAContactAheadIsHalfway) { EXPECT_EQ(mean_wait(minutes(5), {}, 10, kPaceUnit / 2), seconds(45)); }

// The sum of 1 / (s/B + i/P): 10 agents of 300 s, patience 100 s, 2 ahead: 1/(1/30) + 1/(1/30 + 1/100) + ...
TEST(MeanWait, WhoLosesPatienceMakesRoom) {
  EXPECT_NEAR(std::chrono::duration<double>(wait(seconds(300), seconds(100), 10, 2)).count(), 30 + 23.0769 + 18.75,
              0.05);
}

TEST(MeanWait, OfAMillionAheadIsThatOfTheSumTermByTerm) {
  double sum = 0;
  for (int i = 0; i <= 1'000'000; ++i) sum += 1 / (100 / 300.0 + i / 1'000.0);
  const double estimated = std::chrono::duration<double>(wait(seconds(300), seconds(1'000), 100, 1'000'000)).count();
  EXPECT_NEAR(estimated, sum, sum / 10'000);
}

TEST(MeanWait, IsADayAtMost) {
  EXPECT_EQ(wait(hours(1), {}, 1, 1'000'000), kEstimateMax);
  EXPECT_EQ(wait(hours(24 * 14), {}, 1, 1'000'000), kEstimateMax);
}

TEST(MeanWait, OfContactsThatTakeNoTimeIsNothing) {
  EXPECT_EQ(wait(Duration{}, {}, 1, 1'000), Duration{});
  EXPECT_EQ(wait(Duration{}, Duration{}, 1, 1'000), Duration{});
}

}  // namespace
}  // namespace muster::dispatch
