#include "generator.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "distributions.h"

namespace muster::sim {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::SizeIs;

constexpr double kDay = 86400;

TEST(Generator, TheSameSeedGivesTheSameDay) {
  const Profile profile = load_profile("demo");
  const Workload one = generate(profile, 5, kDay);
  const Workload same = generate(profile, 5, kDay);
  const Workload other = generate(profile, 6, kDay);
  ASSERT_EQ(one.arrivals.size(), same.arrivals.size());
  for (std::size_t i = 0; i < one.arrivals.size(); ++i) {
    ASSERT_EQ(one.arrivals[i].at_s, same.arrivals[i].at_s);
    ASSERT_EQ(one.arrivals[i].service_s, same.arrivals[i].service_s);
  }
  EXPECT_NE(one.arrivals[0].at_s, other.arrivals[0].at_s);
}

TEST(Generator, EachHourGetsItsArrivals) {
  Profile profile = load_profile("demo");
  profile.start_hour = 0;
  const Workload workload = generate(profile, 1, kDay);
  std::array<double, 24> counted{};
  for (const Arrival& arrival : workload.arrivals) ++counted[static_cast<std::size_t>(arrival.at_s / 3600)];
  for (std::size_t hour = 0; hour < 24; ++hour) {
    const double expected = profile.arrivals_per_hour[hour];
    EXPECT_THAT(counted[hour], DoubleNear(expected, 5 * std::sqrt(expected))) << hour;
  }
}

TEST(Generator, ARunPastMidnightBeginsTheDayAgain) {
  Profile profile = load_profile("demo");
  profile.start_hour = 23;
  profile.arrivals_per_hour.fill(0);
  profile.arrivals_per_hour[0] = 1000;
  const Workload workload = generate(profile, 1, 2 * 3600);
  ASSERT_FALSE(workload.arrivals.empty());
  EXPECT_GE(workload.arrivals.front().at_s, kDay);
}

TEST(Generator, TypesComeByTheirShares) {
  const Profile profile = load_profile("demo");
  const Workload workload = generate(profile, 1, 10 * kDay);
  std::vector<double> counted(profile.types.size());
  for (const Arrival& arrival : workload.arrivals) ++counted[arrival.queue];
  const auto all = static_cast<double>(workload.arrivals.size());
  for (std::size_t i = 0; i < counted.size(); ++i) {
    EXPECT_THAT(counted[i] / all, DoubleNear(profile.types[i].share / 100, 0.01)) << profile.types[i].id;
  }
}

TEST(Generator, ATypeWithoutPatienceWaitsAsLongAsItTakes) {
  const Workload workload = generate(load_profile("demo"), 1, kDay);
  for (const Arrival& arrival : workload.arrivals) {
    EXPECT_EQ(arrival.patience_s.has_value(), workload.queues[arrival.queue].id != "email");
  }
}

TEST(Generator, TeamsShareTheAgentsWithoutRemainder) {
  EXPECT_THAT(apportion(10, {1, 1, 1}), ElementsAre(4, 3, 3));
  EXPECT_THAT(apportion(7, {50, 25, 25}), ElementsAre(3, 2, 2));
  EXPECT_THAT(apportion(0, {1, 2}), ElementsAre(0, 0));
  Profile profile = load_profile("crash");
  profile.agents = 201;
  EXPECT_THAT(generate(profile, 1, 10).agents, SizeIs(201));
}

TEST(Distributions, HaveTheirMeans) {
  Random random(3);
  double exponentials = 0;
  double lognormals = 0;
  double squares = 0;
  constexpr int kDraws = 200000;
  for (int i = 0; i < kDraws; ++i) {
    exponentials += exponential(random, 30);
    const double draw = lognormal(random, 200, 0.8);
    lognormals += draw;
    squares += draw * draw;
  }
  const double mean = lognormals / kDraws;
  EXPECT_THAT(exponentials / kDraws, DoubleNear(30, 0.5));
  EXPECT_THAT(mean, DoubleNear(200, 2));
  EXPECT_THAT(std::sqrt(squares / kDraws - mean * mean) / mean, DoubleNear(0.8, 0.03));
}

}  // namespace
}  // namespace muster::sim
