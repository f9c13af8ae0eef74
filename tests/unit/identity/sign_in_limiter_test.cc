#include "sign_in_limiter.h"

#include <gtest/gtest.h>

namespace muster::identity {
namespace {

using std::chrono::milliseconds;

const SignInLimiter::Clock::time_point kNow{std::chrono::hours(1000)};

TEST(SignInLimiter, AUserHasSomeAttemptsWhichComeBackOneByOne) {
  SignInLimiter limiter;
  for (int i = 0; i < SignInLimiter::kPerUser.attempts; ++i) {
    EXPECT_FALSE(limiter.take("li.na", std::to_string(i), kNow));
  }
  EXPECT_EQ(limiter.take("li.na", "x", kNow), SignInLimiter::kPerUser.every);
  EXPECT_FALSE(limiter.take("tom", "x", kNow));
  const auto later = kNow + SignInLimiter::kPerUser.every;
  EXPECT_EQ(limiter.take("li.na", "x", later - milliseconds(1)), milliseconds(1));
  EXPECT_FALSE(limiter.take("li.na", "x", later));
  EXPECT_TRUE(limiter.take("li.na", "x", later));
  EXPECT_EQ(limiter.refused(), 3u);
}

TEST(SignInLimiter, AnAddressHasSomeAttempts) {
  SignInLimiter limiter;
  for (int i = 0; i < SignInLimiter::kPerPeer.attempts; ++i) {
    EXPECT_FALSE(limiter.take(std::to_string(i), "192.0.2.1", kNow));
  }
  EXPECT_EQ(limiter.take("li.na", "192.0.2.1", kNow), SignInLimiter::kPerPeer.every);
  EXPECT_FALSE(limiter.take("li.na", "192.0.2.2", kNow));
}

TEST(SignInLimiter, WhoSucceedsSpendsNothing) {
  SignInLimiter limiter;
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_FALSE(limiter.take("user-" + std::to_string(i % 3), "192.0.2.1", kNow));
    limiter.give_back("user-" + std::to_string(i % 3), "192.0.2.1");
  }
}

TEST(SignInLimiter, AnAttemptThatIsRefusedCostsNothing) {
  SignInLimiter limiter;
  for (int i = 0; i < 1000; ++i) limiter.take("li.na", "x", kNow);
  EXPECT_FALSE(limiter.take("li.na", "x", kNow + SignInLimiter::kPerUser.every));
}

TEST(SignInLimiter, ItsMemoryIsBounded) {
  SignInLimiter limiter;
  for (int i = 0; i < 250'000; ++i) EXPECT_FALSE(limiter.take(std::to_string(i), std::to_string(i), kNow));
}

}  // namespace
}  // namespace muster::identity
