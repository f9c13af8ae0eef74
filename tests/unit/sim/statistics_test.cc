#include "statistics.h"

#include <gmock/gmock.h>

namespace muster::sim {
namespace {

using testing::DoubleNear;

TEST(Statistics, QuantilesAreNearestRanks) {
  std::vector<double> values = {5, 1, 4, 2, 3};
  EXPECT_EQ(quantile(values, 0.5), 3);
  EXPECT_EQ(quantile(values, 0.95), 5);
  EXPECT_EQ(quantile(values, 0.2), 1);
  EXPECT_EQ(mean(values), 3);
}

TEST(Statistics, NothingHasNoQuantileAndNoMean) {
  std::vector<double> values;
  EXPECT_EQ(quantile(values, 0.5), 0);
  EXPECT_EQ(mean(values), 0);
}

// 1,000 answered, 860 of them within 20 s; 60 abandoned: 10 within 5 s, 20 within 20 s, 40 later.
TEST(Statistics, ServiceLevelsFollowTheirFormulas) {
  std::vector<double> answered(860, 10);
  answered.insert(answered.end(), 140, 30);
  std::vector<double> abandoned(10, 3);
  abandoned.insert(abandoned.end(), 10, 15);
  abandoned.insert(abandoned.end(), 40, 60);
  const ServiceLevels levels = service_levels(answered, abandoned);
  EXPECT_THAT(levels.sl1, DoubleNear(0.8302, 0.00005));
  EXPECT_THAT(levels.sl2, DoubleNear(0.8600, 0.00005));
  EXPECT_THAT(levels.sl3, DoubleNear(0.8113, 0.00005));
  EXPECT_THAT(levels.sl4, DoubleNear(0.8269, 0.00005));
  EXPECT_THAT(levels.sl5, DoubleNear(0.8208, 0.00005));
}

TEST(Statistics, ADayWithoutCustomersHasNoServiceLevel) { EXPECT_EQ(service_levels({}, {}).sl4, 0); }

}  // namespace
}  // namespace muster::sim
