#include "instrument.h"

#include <gtest/gtest.h>

namespace muster::academy {
namespace {

TEST(Instrument, AScaleIsTheSumOfItsItemsAndAReversedItemCountsTheOtherWayRound) {
  const Scoring scoring{1, 5, {"calm", "open"}, {"calm", "open", "calm"}, {false, false, true}};
  const auto scores = scores_of(scoring, {{1, 4}, {2, 2}, {3, 5}});
  ASSERT_EQ(scores.size(), 2U);
  EXPECT_EQ(scores[0].scale_id(), "calm");
  EXPECT_EQ(scores[0].score(), 4 + 1);
  EXPECT_EQ(scores[1].score(), 2);
}

TEST(Instrument, TheBoundsOfAScaleAreThoseOfItsItemsTogether) {
  const Scoring scoring{1, 5, {"calm", "open"}, {"calm", "open", "calm"}, {false, false, true}};
  EXPECT_EQ(bounds_of(scoring, "calm").minimum, 2);
  EXPECT_EQ(bounds_of(scoring, "calm").maximum, 10);
  EXPECT_EQ(bounds_of(scoring, "open").maximum, 5);
}

}  // namespace
}  // namespace muster::academy
