#include "measures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::node {
namespace {

using ::testing::ElementsAre;

NodeMetrics read(const Measures& measures) {
  NodeMetrics metrics;
  measures.read(metrics);
  return metrics;
}

dispatch::Event event(dispatch::EventBody body) {
  dispatch::Event event;
  event.body = std::move(body);
  return event;
}

dispatch::Event ended(dispatch::OfferState state) {
  dispatch::OfferEnded ended;
  ended.state = state;
  return event(ended);
}

TEST(Histogram, ABoundBelongsToItsOwnBucket) {
  Histogram<2> histogram({1, 10});
  for (const double size : {0.5, 1.0, 1.5, 10.0, 11.0, 12.0}) histogram.observe(size);
  EXPECT_THAT(histogram.read().counts, ElementsAre(2, 2, 2));
  EXPECT_THAT(histogram.read().bounds, ElementsAre(1, 10));
  EXPECT_EQ(histogram.read().sum, 36);
}

TEST(Measures, EachOutcomeOfACommandIsCountedApart) {
  Measures measures;
  measures.told(Delivery::kAnswered);
  measures.told(Delivery::kBusy, 2);
  measures.told(Delivery::kNotServing, 3);
  measures.told(Delivery::kUnknown, 4);
  const auto commands = read(measures).commands;
  EXPECT_EQ(commands.answered, 1u);
  EXPECT_EQ(commands.busy, 2u);
  EXPECT_EQ(commands.not_serving, 3u);
  EXPECT_EQ(commands.unknown, 4u);
}

TEST(Measures, OffersAreCountedByHowTheyWent) {
  Measures measures;
  using dispatch::OfferState;
  measures.published({event(dispatch::OfferMade{}), event(dispatch::OfferMade{}), event(dispatch::OfferMade{}),
                      event(dispatch::OfferAccepted{}), ended(OfferState::kDeclined), ended(OfferState::kTimedOut),
                      ended(OfferState::kWithdrawn), event(dispatch::ContactQueued{})});
  measures.published({ended(OfferState::kTimedOut)});
  const auto offers = read(measures).offers;
  EXPECT_EQ(offers.made, 3u);
  EXPECT_EQ(offers.accepted, 1u);
  EXPECT_EQ(offers.declined, 1u);
  EXPECT_EQ(offers.missed, 2u);
}

TEST(Measures, ACommitHasATimeAndEvents) {
  Measures measures;
  measures.committed(0.003, 7);
  EXPECT_EQ(read(measures).commit_seconds.sum, 0.003);
  EXPECT_EQ(read(measures).commit_events.sum, 7);
}

}  // namespace
}  // namespace muster::node
