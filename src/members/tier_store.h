#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "muster/base/time.h"
#include "muster/store/sql.h"
#include "muster/store/tenant_pool.h"
#include "muster/v1/tier.pb.h"

/// The tables of tiers. REQUIRES everywhere: a transaction of the platform. All throw pqxx::failure.
namespace muster::members {

using store::Page;
using store::PageRequest;
using store::TenantTransaction;

/// The skill by which policies see the tier.
inline constexpr const char* kTierSkill = "member-tier";

// Who judges a member, or sets the tier of one, holds the tiers before any member is locked; who changes a tier holds
// that one before members: no two wait for each other, and nobody is granted what a tier gave before.

/// All seven, by level, without member_count.
std::vector<v1::Tier> list_tiers(TenantTransaction& t);
/// The same, which nobody changes until the end of the transaction.
std::vector<v1::Tier> hold_tiers(TenantTransaction& t);
/// One to be changed, without member_count: until the end of the transaction nobody else holds it.
v1::Tier lock_tier(TenantTransaction& t, int level);
/// Sets member_count of each.
void count_members(TenantTransaction& t, std::vector<v1::Tier>& tiers);
void update_tier(TenantTransaction& t, const v1::Tier& tier);
/// Everyone who has the tier has its rights: the engine is to be told.
void spread_rights(TenantTransaction& t, const v1::Tier& tier);

struct MemberTier {
  int level = 0;
  TimePoint since;  ///< when the member came to the tier, or to the present state, whichever is later
};
/// Nothing is locked; empty: there is no such member.
std::optional<MemberTier> find_member_tier(TenantTransaction& t, const std::string& member_id);
/// The member has the tier and its rights from now on. REQUIRES: the tiers are held.
void set_member_tier(TenantTransaction& t, const std::string& member_id, const v1::Tier& tier, TimePoint now);

/// A month by the clock of Asia/Shanghai.
struct Month {
  std::string name;  ///< "2026-10"
  TimePoint begin;
  TimePoint end;
};
/// `back` months before the one that `now` is in.
Month month_of(TenantTransaction& t, TimePoint now, int back);

/// What members did in the month.
std::map<std::string, v1::TierResults> results_of(TenantTransaction& t, const std::vector<std::string>& member_ids,
                                                  const Month& month);

/// Whether the reporting tables, which results come from, have what the journal has, but for a moment's events.
bool results_are_complete(TenantTransaction& t);

/// Members who serve, had a tier before the month's end, and are not reviewed for it: the first after `after`, locked
/// until the end of the transaction.
std::map<std::string, MemberTier> members_to_review(TenantTransaction& t, const Month& month, const std::string& after,
                                                    std::size_t limit);

void insert_review(TenantTransaction& t, const v1::TierReview& review);
/// Its appeal.
void update_review(TenantTransaction& t, const v1::TierReview& review);
/// Locked until the end of the transaction.
std::optional<v1::TierReview> find_review(TenantTransaction& t, const std::string& member_id, const std::string& month);

struct ReviewFilter {
  std::string member_id;  ///< empty: anybody's
  std::string month;      ///< empty: any
  v1::TierDecision decision = v1::TIER_DECISION_UNSPECIFIED;
  v1::TierAppealState appeal_state = v1::TIER_APPEAL_STATE_UNSPECIFIED;
};
Page<v1::TierReview> list_reviews(TenantTransaction& t, const ReviewFilter& filter, const PageRequest& page);

}  // namespace muster::members
