#include "statistics.h"

#include <gtest/gtest.h>

#include <cmath>

namespace muster::skill_tags {
namespace {

/// As the books have it, in fractions.
double wilson(double sum, double count) {
  const double z = 1.959963984540054, p = sum / count / 100;
  return (p + z * z / (2 * count) - z * std::sqrt(p * (1 - p) / count + z * z / (4 * count * count))) /
         (1 + z * z / count) * 100'000;
}

TEST(Statistics, TheMeanOfScoresRoundsHalvesUp) {
  EXPECT_EQ(mean(500, 5), 100'000);
  EXPECT_EQ(mean(1, 3), 333);
  EXPECT_EQ(mean(2, 3), 667);
  EXPECT_EQ(mean(1, 2'000), 1);
}

TEST(Statistics, WilsonsLowerBoundIsThatOfTheTables) {
  EXPECT_EQ(wilson_lower_bound(500, 5), 56'552);     // 5 of 5: 56.6 %
  EXPECT_EQ(wilson_lower_bound(400, 5), 37'553);     // 4 of 5: 37.6 %
  EXPECT_EQ(wilson_lower_bound(4'600, 50), 81'162);  // 46 of 50: 81.2 %
}

TEST(Statistics, WilsonsLowerBoundIsThatOfTheFormula) {
  for (const int count : {1, 2, 7, 20, 50, 999, 1'000, 100'000}) {
    for (int sum = 0; sum <= 100 * count; sum += 1 + count / 7) {
      EXPECT_NEAR(static_cast<double>(wilson_lower_bound(sum, count)), wilson(sum, count), 0.51) << sum << "/" << count;
    }
  }
}

TEST(Statistics, MoreSamplesOfTheSameMeanNeverLowerTheBound) {
  for (int count = 1; count < 200; ++count) {
    EXPECT_LE(wilson_lower_bound(80 * count, count), wilson_lower_bound(80 * (count + 1), count + 1));
  }
}

TEST(Statistics, HalfIsLeftAfterEachHalfLife) {
  EXPECT_EQ(decayed(80'000, 0, 30), 80'000);
  EXPECT_EQ(decayed(80'000, 30, 30), 40'000);
  EXPECT_EQ(decayed(80'000, 60, 30), 20'000);
  EXPECT_EQ(decayed(80'000, 30'000, 30), 0);
}

TEST(Statistics, DecayIsThatOfTheFormula) {
  for (const int half_life : {1, 7, 30, 90, 3'650}) {
    std::int64_t last = 100'000;
    for (int days = 0; days < 4'000; days += 13) {
      const std::int64_t left = decayed(100'000, days, half_life);
      EXPECT_NEAR(static_cast<double>(left), 100'000 * std::exp2(-1.0 * days / half_life), 0.51) << days;
      EXPECT_LE(left, last);
      last = left;
    }
  }
}

}  // namespace
}  // namespace muster::skill_tags
