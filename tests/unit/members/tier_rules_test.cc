#include "tier_rules.h"

#include <gtest/gtest.h>

namespace muster::members {
namespace {

v1::TierBar bar(int contacts, int quality, int satisfaction, int missed_percent) {
  v1::TierBar bar;
  bar.set_contacts(contacts);
  bar.set_quality(quality);
  bar.set_satisfaction(satisfaction);
  bar.set_missed_percent(missed_percent);
  return bar;
}

v1::Tier tier(int level, const v1::TierBar& asks) {
  v1::Tier tier;
  tier.set_level(level);
  *tier.mutable_bar() = asks;
  return tier;
}

/// 100 contacts of 100 offers, and enough said about them.
v1::TierResults good() {
  v1::TierResults results;
  results.set_contacts(100);
  results.set_offers(100);
  results.set_quality(80);
  results.set_quality_samples(10);
  results.set_satisfaction(90);
  results.set_satisfaction_samples(10);
  return results;
}

const v1::Tier kSecond = tier(2, bar(100, 80, 80, 10));
const v1::Tier kThird = tier(3, bar(150, 80, 80, 10));

TEST(TierRules, OfAllThatIsAskedTheLeastCounts) {
  EXPECT_EQ(percent_of(bar(50, 80, 45, 50), good(), 0), 100);
  EXPECT_EQ(percent_of(bar(200, 80, 45, 50), good(), 0), 50);
  EXPECT_EQ(percent_of(bar(50, 100, 45, 50), good(), 0), 80);
}

TEST(TierRules, WhatIsNotAskedDoesNotCount) {
  EXPECT_EQ(percent_of(v1::TierBar(), v1::TierResults(), 0), 100);
  EXPECT_EQ(percent_of(bar(0, 0, 45, 100), good(), 0), 200);
}

TEST(TierRules, MissedOffersCountByThoseThatWereTaken) {
  v1::TierResults results = good();
  results.set_missed_offers(10);
  EXPECT_EQ(percent_of(bar(0, 0, 0, 10), results, 0), 100);
  results.set_missed_offers(28);
  EXPECT_EQ(percent_of(bar(0, 0, 0, 10), results, 0), 80);
}

TEST(TierRules, WhatTooFewFiguresSayIsUnknown) {
  v1::TierResults results = good();
  results.set_quality(10);
  results.set_quality_samples(kSamplesMin - 1);
  EXPECT_EQ(percent_of(bar(0, 80, 0, 100), results, 77), 77);
  results.set_offers(kOffersMin - 1);
  EXPECT_EQ(percent_of(bar(0, 0, 0, 10), results, 77), 77);
}

TEST(TierRules, WhoMeetsTheNextBarIsPromotedByOneTier) {
  v1::TierResults results = good();
  results.set_contacts(150);
  const v1::TierReview review = judge(kSecond, &kThird, results, false);
  EXPECT_EQ(review.decision(), v1::TIER_DECISION_PROMOTED);
  EXPECT_EQ(review.from_level(), 2);
  EXPECT_EQ(review.to_level(), 3);
}

TEST(TierRules, BetweenNineTenthsOfItsBarAndTheNextOneATierIsKept) {
  v1::TierResults results = good();
  results.set_contacts(90);
  EXPECT_EQ(judge(kSecond, &kThird, results, false).decision(), v1::TIER_DECISION_KEPT);
  results.set_contacts(149);
  EXPECT_EQ(judge(kSecond, &kThird, results, false).decision(), v1::TIER_DECISION_KEPT);
}

TEST(TierRules, BelowNineTenthsOfItsBarATierIsLost) {
  v1::TierResults results = good();
  results.set_contacts(89);
  const v1::TierReview review = judge(kSecond, &kThird, results, false);
  EXPECT_EQ(review.decision(), v1::TIER_DECISION_DEMOTED);
  EXPECT_EQ(review.to_level(), 1);
  EXPECT_EQ(review.own_percent(), 89);
}

TEST(TierRules, InTheMonthInWhichItBeganATierIsNotLost) {
  v1::TierResults results = good();
  results.set_contacts(0);
  const v1::TierReview review = judge(kSecond, &kThird, results, true);
  EXPECT_EQ(review.decision(), v1::TIER_DECISION_SPARED);
  EXPECT_EQ(review.to_level(), 2);
}

TEST(TierRules, WhatNobodyMeasuredNeitherWinsATierNorCostsOne) {
  v1::TierResults results = good();
  results.set_contacts(1'000);
  results.set_quality_samples(0);
  EXPECT_EQ(judge(kSecond, &kThird, results, false).decision(), v1::TIER_DECISION_KEPT);
}

TEST(TierRules, AboveTheHighestTierThereIsNone) {
  EXPECT_EQ(judge(tier(kTierMax, bar(1, 0, 0, 100)), nullptr, good(), false).decision(), v1::TIER_DECISION_KEPT);
}

}  // namespace
}  // namespace muster::members
