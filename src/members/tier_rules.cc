#include "tier_rules.h"

#include <algorithm>
#include <cstdint>

namespace muster::members {
namespace {

constexpr int kPercentMax = 999;
/// A tier is lost below this much of its bar, and the next one won at all of its own: whoever is near a bar does not
/// go up and down.
constexpr int kKeeps = 90;
constexpr int kWins = 100;

int ratio(std::int64_t value, std::int64_t bar) {
  return static_cast<int>(std::min<std::int64_t>(kPercentMax, value * 100 / bar));
}

}  // namespace

int percent_of(const v1::TierBar& bar, const v1::TierResults& results, int unknown) {
  int least = kPercentMax;
  const auto asked = [&](bool known, std::int64_t value, std::int64_t wanted) {
    least = std::min(least, known ? ratio(value, wanted) : unknown);
  };
  bool any = false;
  if (bar.contacts() > 0) {
    any = true;
    asked(true, results.contacts(), bar.contacts());
  }
  if (bar.quality() > 0) {
    any = true;
    asked(results.quality_samples() >= kSamplesMin, results.quality(), bar.quality());
  }
  if (bar.satisfaction() > 0) {
    any = true;
    asked(results.satisfaction_samples() >= kSamplesMin, results.satisfaction(), bar.satisfaction());
  }
  if (bar.has_missed_percent() && bar.missed_percent() < 100) {
    any = true;
    // Of the offers so many were taken, and so many should have been.
    asked(results.offers() >= kOffersMin, std::int64_t{results.offers() - results.missed_offers()} * 100,
          std::int64_t{std::max(results.offers(), 1)} * (100 - bar.missed_percent()));
  }
  return any ? least : kWins;
}

v1::TierReview judge(const v1::Tier& own, const v1::Tier* next, const v1::TierResults& results, bool began_then) {
  v1::TierReview review;
  review.set_from_level(own.level());
  review.set_to_level(own.level());
  review.set_decision(v1::TIER_DECISION_KEPT);
  *review.mutable_results() = results;
  // What nobody measured costs nobody a tier, and wins nobody one.
  review.set_own_percent(percent_of(own.bar(), results, kWins));
  if (next) review.set_next_percent(percent_of(next->bar(), results, 0));
  if (next && review.next_percent() >= kWins) {
    review.set_decision(v1::TIER_DECISION_PROMOTED);
    review.set_to_level(next->level());
  } else if (review.own_percent() < kKeeps) {
    review.set_decision(began_then ? v1::TIER_DECISION_SPARED : v1::TIER_DECISION_DEMOTED);
    if (!began_then) review.set_to_level(own.level() - 1);
  }
  return review;
}

}  // namespace muster::members
