#include "muster/base/random.h"

#include <gtest/gtest.h>

#include <array>

namespace muster {
namespace {

// The first outputs of the reference implementation (Vigna, splitmix64.c) for seed 1234567.
TEST(Random, GivesTheNumbersOfTheReferenceImplementation) {
  Random random(1234567);
  EXPECT_EQ(random(), 6457827717110365317u);
  EXPECT_EQ(random(), 3203168211198807973u);
  EXPECT_EQ(random(), 9817491932198370423u);
  EXPECT_EQ(random(), 4593380528125082431u);
  EXPECT_EQ(random(), 16408922859458223821u);
}

TEST(Random, BelowStaysBelowAndReachesEveryValue) {
  Random random(1);
  std::array<int, 6> seen{};
  for (int i = 0; i < 6'000; ++i) ++seen.at(random.below(6));
  for (const int count : seen) {
    EXPECT_GT(count, 800);  // 1,000 expected; the seed is fixed, so this either always holds or never
    EXPECT_LT(count, 1'200);
  }
}

TEST(Random, BelowOneIsZero) {
  Random random(7);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(random.below(1), 0u);
}

TEST(Random, UnitIsInTheHalfOpenInterval) {
  Random random(3);
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double value = random.unit();
    ASSERT_GE(value, 0.0);
    ASSERT_LT(value, 1.0);
    sum += value;
  }
  EXPECT_NEAR(sum / 10'000, 0.5, 0.02);
}

}  // namespace
}  // namespace muster
