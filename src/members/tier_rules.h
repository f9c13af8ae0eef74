#pragma once

#include "muster/v1/tier.pb.h"

/// How a month is judged. Pure.
namespace muster::members {

inline constexpr int kTierMax = 6;

/// What makes the months' figures: too few say nothing. A bar that asks for quality is not met by fewer results.
inline constexpr int kSamplesMin = 5;
inline constexpr int kOffersMin = 20;

/// How much of the bar was reached, in percent: of all that it asks the least, 0..999; 100 if it asks nothing.
/// `unknown`: what to take for that of which there are too few figures.
int percent_of(const v1::TierBar& bar, const v1::TierResults& results, int unknown);

/// The review of a month, apart from whose and when: to_level, decision, own_percent and next_percent. `next`: null
/// for the highest tier. `began_then`: the member came to the tier in that month.
v1::TierReview judge(const v1::Tier& own, const v1::Tier* next, const v1::TierResults& results, bool began_then);

}  // namespace muster::members
