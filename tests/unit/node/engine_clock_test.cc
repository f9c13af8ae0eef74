#include "engine_clock.h"

#include <gtest/gtest.h>

namespace muster::node {
namespace {

using namespace std::chrono_literals;

/// Both clocks, moved by hand.
struct Clocks {
  TimePoint wall{1'000'000s};
  EngineClock::Steady steady{77s};

  void pass(Duration span) {
    wall += span;
    steady += span;
  }
};

TEST(EngineClock, IsTheWallClockWhileThatGoesOn) {
  Clocks clocks;
  EngineClock clock(TimePoint{}, clocks.wall, clocks.steady);
  for (int i = 0; i < 100; ++i) {
    clocks.pass(137ms);
    EXPECT_EQ(clock.at(clocks.wall, clocks.steady), clocks.wall);
  }
}

TEST(EngineClock, StartsNoEarlierThanTheLastEvent) {
  Clocks clocks;
  const TimePoint last = clocks.wall + 1h;
  EngineClock clock(last, clocks.wall, clocks.steady);
  EXPECT_EQ(clock.at(clocks.wall, clocks.steady), last);
  clocks.pass(1s);
  EXPECT_EQ(clock.at(clocks.wall, clocks.steady), last + 950ms)
      << "it waits for the wall clock, but does not stand still";
}

TEST(EngineClock, AWallClockSetForwardFiresNoTimers) {
  Clocks clocks;
  EngineClock clock(TimePoint{}, clocks.wall, clocks.steady);
  const TimePoint before = clock.at(clocks.wall, clocks.steady);
  clocks.wall += 1h;
  clocks.pass(1s);
  EXPECT_EQ(clock.at(clocks.wall, clocks.steady), before + 1050ms);
  EXPECT_LT(clock.ahead(), -59min);
}

TEST(EngineClock, AWallClockSetBackFreezesNoTimers) {
  Clocks clocks;
  EngineClock clock(TimePoint{}, clocks.wall, clocks.steady);
  const TimePoint before = clock.at(clocks.wall, clocks.steady);
  clocks.wall -= 1h;
  clocks.pass(1s);
  EXPECT_EQ(clock.at(clocks.wall, clocks.steady), before + 950ms);
}

TEST(EngineClock, MeetsTheWallClockAgain) {
  Clocks clocks;
  EngineClock clock(TimePoint{}, clocks.wall, clocks.steady);
  clocks.wall += 1s;
  for (int i = 0; i < 25; ++i) {
    clocks.pass(1s);
    clock.at(clocks.wall, clocks.steady);
  }
  EXPECT_EQ(clock.ahead(), Duration::zero());
}

TEST(EngineClock, TellsWhenAMomentWillCome) {
  Clocks clocks;
  EngineClock clock(TimePoint{}, clocks.wall, clocks.steady);
  const TimePoint now = clock.at(clocks.wall, clocks.steady);
  EXPECT_EQ(clock.when(now + 20s), clocks.steady + 20s);
}

}  // namespace
}  // namespace muster::node
