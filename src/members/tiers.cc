#include "tiers.h"

#include <chrono>

#include "lifecycle.h"
#include "muster/node/render.h"
#include "registry.h"
#include "tier_rules.h"

namespace muster::members {
namespace {

using api::Checker;
using api::found;
using api::precondition;
using api::Refusal;
using api::sets;
using api::short_name;

constexpr Duration kDay = std::chrono::hours(24);
constexpr Duration kAppealWindow = 7 * kDay;
constexpr Duration kAnswerWindow = 9 * kDay;
constexpr std::size_t kAtOnce = 200;
constexpr std::size_t kTextMax = 2'000;

std::string name_of(const v1::TierReview& review) { return "tier-review/" + review.member_id() + "/" + review.month(); }

void check_month(const std::string& month, Checker& check) {
  const auto digit = [&](std::size_t i) { return month[i] >= '0' && month[i] <= '9'; };
  const bool fits =
      month.size() == 7 && month[4] == '-' && digit(0) && digit(1) && digit(2) && digit(3) && digit(5) && digit(6);
  check.expect(fits, "month", "is not a month such as 2026-10");
}

void check_words(const std::string& path, const std::string& words, Checker& check) {
  check.expect(!words.empty(), path, "must not be empty");
  check.text(path, words, kTextMax);
}

v1::TierReview review_named(TenantTransaction& t, const std::string& member_id, const std::string& month) {
  return found(find_review(t, member_id, month), "TIER_REVIEW", "month", month);
}

Refusal cannot_appeal(const v1::TierReview& review, const char* reason, const std::string& message) {
  return Refusal(precondition(reason, message, {{"member_id", review.member_id()}, {"month", review.month()}}));
}

/// As the member stands, were the month over.
v1::TierReview judged(const MemberTier& member, const std::vector<v1::Tier>& tiers, const v1::TierResults& results,
                      const std::string& member_id, const Month& month) {
  const auto& own = tiers[static_cast<std::size_t>(member.level)];
  const v1::Tier* next = member.level < kTierMax ? &tiers[static_cast<std::size_t>(member.level) + 1] : nullptr;
  v1::TierReview review = judge(own, next, results, member.since >= month.begin);
  review.set_member_id(member_id);
  review.set_month(month.name);
  return review;
}

std::string retraining_reason(const v1::TierReview& review) {
  return "tier lost: " + std::to_string(review.own_percent()) + "% of the bar in " + review.month();
}

/// Lets the decision take effect.
void decide(TenantTransaction& t, v1::TierReview& review, const std::vector<v1::Tier>& tiers, const By& by) {
  node::to_proto(by.now, review.mutable_review_time());
  node::to_proto(by.now + kAppealWindow, review.mutable_appeal_end_time());
  insert_review(t, review);
  by.changed(name_of(review), nullptr, &review);
  if (review.to_level() == review.from_level()) return;
  set_member_tier(t, review.member_id(), tiers[static_cast<std::size_t>(review.to_level())], by.now);
  if (review.to_level() == 0) {
    move_member(t, *find_member(t, review.member_id()), v1::MEMBER_STATE_RETRAINING, retraining_reason(review), by);
  }
}

/// Gives back what the review took, unless the member has come as far since.
void restore(TenantTransaction& t, const v1::TierReview& review, const std::vector<v1::Tier>& tiers, const By& by) {
  const MemberRecord record = *find_member(t, review.member_id());
  const bool gone = record.member.state() == v1::MEMBER_STATE_CLOSED;
  if (gone || record.member.tier() >= review.from_level()) return;
  set_member_tier(t, review.member_id(), tiers[static_cast<std::size_t>(review.from_level())], by.now);
  // Whom somebody else sent to retraining stays there.
  const auto last = last_transition(t, review.member_id());
  const bool sent_away = review.to_level() == 0 && last.to() == v1::MEMBER_STATE_RETRAINING &&
                         node::from_proto(last.transition_time()) == node::from_proto(review.review_time());
  if (sent_away) move_member(t, *find_member(t, review.member_id()), last.from(), "appeal granted", by);
}

}  // namespace

// --- checks ---

void check(v1::UpdateTierRequest& request, Checker& check) {
  const v1::Tier& tier = request.tier();
  const auto& mask = request.update_mask();
  api::check_mask(mask, {"display_name", "chat_limit", "priority", "early_access", "bar"}, check);
  check.number("tier.level", tier.level(), 0, kTierMax);
  if (sets(&mask, "display_name")) api::check_name("tier.display_name", tier.display_name(), check);
  if (sets(&mask, "chat_limit")) check.number("tier.chat_limit", tier.chat_limit(), 1, 20);
  if (sets(&mask, "priority")) check.number("tier.priority", tier.priority(), 0, 100);
  if (sets(&mask, "early_access")) check.duration("tier.early_access", tier.early_access(), Duration{0}, 31 * kDay);
  if (!sets(&mask, "bar")) return;
  check.number("tier.bar.contacts", tier.bar().contacts(), 0, 100'000);
  check.number("tier.bar.quality", tier.bar().quality(), 0, 100);
  check.number("tier.bar.satisfaction", tier.bar().satisfaction(), 0, 100);
  check.number("tier.bar.missed_percent", tier.bar().missed_percent(), 0, 100);
}

void check(v1::SetMemberTierRequest& request, Checker& check) {
  check.id("member_id", request.member_id());
  check.number("level", request.level(), 1, kTierMax);
  api::check_name("reason", request.reason(), check);
}

void check(v1::AppealTierReviewRequest& request, Checker& check) {
  check.id("member_id", request.member_id());
  check_month(request.month(), check);
  check_words("text", request.text(), check);
}

void check(v1::AnswerTierAppealRequest& request, Checker& check) {
  check.id("member_id", request.member_id());
  check_month(request.month(), check);
  check_words("answer", request.answer(), check);
}

// --- tiers ---

v1::UpdateTierResponse carry_out(TenantTransaction& t, const v1::UpdateTierRequest& request, const By& by) {
  const v1::Tier& wanted = request.tier();
  const auto* mask = &request.update_mask();
  const v1::Tier before = lock_tier(t, wanted.level());
  v1::Tier tier = before;
  if (sets(mask, "display_name")) tier.set_display_name(wanted.display_name());
  if (sets(mask, "chat_limit")) tier.set_chat_limit(wanted.chat_limit());
  if (sets(mask, "priority")) tier.set_priority(wanted.priority());
  if (sets(mask, "early_access")) *tier.mutable_early_access() = wanted.early_access();
  if (sets(mask, "bar")) *tier.mutable_bar() = wanted.bar();
  update_tier(t, tier);
  if (tier.chat_limit() != before.chat_limit() || tier.priority() != before.priority()) spread_rights(t, tier);
  by.changed("tier/" + std::to_string(tier.level()), &before, &tier);
  v1::UpdateTierResponse response;
  *response.mutable_tier() = tier;
  return response;
}

v1::SetMemberTierResponse carry_out(TenantTransaction& t, const v1::SetMemberTierRequest& request, const By& by) {
  const v1::Tier tier = hold_tiers(t)[static_cast<std::size_t>(request.level())];
  const MemberRecord record = found(find_member(t, request.member_id()), "MEMBER", "member_id", request.member_id());
  const v1::Member& before = record.member;
  if (!serves(before.state())) {
    throw Refusal(precondition(
        "MEMBER_WRONG_STATE",
        "member_id '" + before.member_id() + "' is " + short_name(before.state()) + ": tiers are for those who serve",
        {{"member_id", before.member_id()}, {"state", short_name(before.state())}}));
  }
  v1::SetMemberTierResponse response;
  *response.mutable_tier() = tier;
  if (before.tier() == tier.level()) return response;
  set_member_tier(t, before.member_id(), tier, by.now);
  v1::Member after = before;
  after.set_tier(tier.level());
  by.changed("member/" + before.member_id(), &before, &after);
  by.changed("member-tier/" + before.member_id(), nullptr, &request);  // which says why
  response.set_changed(true);
  return response;
}

// --- reviews ---

v1::GetTierStandingResponse standing_of(TenantTransaction& t, const std::string& member_id, TimePoint now) {
  const std::vector<v1::Tier> tiers = list_tiers(t);
  const MemberTier member = found(find_member_tier(t, member_id), "MEMBER", "member_id", member_id);
  const Month month = month_of(t, now, 0);
  v1::GetTierStandingResponse response;
  *response.mutable_tier() = tiers[static_cast<std::size_t>(member.level)];
  if (member.level == 0) return response;
  node::to_proto(member.since, response.mutable_tier_time());
  *response.mutable_review() = judged(member, tiers, results_of(t, {member_id}, month)[member_id], member_id, month);
  return response;
}

bool review_some(TenantTransaction& t, TimePoint now, std::string& after) {
  const Month month = month_of(t, now, 1);
  // What came late in the month is in by then.
  if (now < month.end + kDay || !results_are_complete(t)) return false;
  const std::vector<v1::Tier> tiers = hold_tiers(t);
  const auto members = members_to_review(t, month, after, kAtOnce);
  after = members.empty() ? "" : members.rbegin()->first;
  if (members.empty()) return false;
  std::vector<std::string> ids;
  for (const auto& [id, member] : members) ids.push_back(id);
  auto results = results_of(t, ids, month);
  const store::AuditCause cause{kPlatformTenant, "system", "ReviewTiers", ""};
  return api::audited(t, cause, now, {}, [&](const By& by) {
    for (const auto& [id, member] : members) {
      v1::TierReview review = judged(member, tiers, results[id], id, month);
      decide(t, review, tiers, by);
    }
    return true;
  });
}

v1::AppealTierReviewResponse carry_out(TenantTransaction& t, const v1::AppealTierReviewRequest& request, const By& by) {
  const v1::TierReview before = review_named(t, request.member_id(), request.month());
  if (before.to_level() >= before.from_level()) {
    throw cannot_appeal(before, "NOTHING_TO_APPEAL", "the review did not lower the tier");
  }
  if (before.has_appeal()) throw cannot_appeal(before, "ALREADY_APPEALED", "an appeal was made already");
  if (node::from_proto(before.appeal_end_time()) < by.now) {
    throw cannot_appeal(before, "APPEAL_TOO_LATE", "an appeal is possible for 7 days after the review");
  }
  v1::TierReview review = before;
  v1::TierAppeal& appeal = *review.mutable_appeal();
  appeal.set_state(v1::TIER_APPEAL_STATE_OPEN);
  appeal.set_text(request.text());
  node::to_proto(by.now, appeal.mutable_appeal_time());
  node::to_proto(by.now + kAnswerWindow, appeal.mutable_due_time());
  update_review(t, review);
  by.changed(name_of(review), &before, &review);
  v1::AppealTierReviewResponse response;
  *response.mutable_review() = review;
  return response;
}

v1::AnswerTierAppealResponse carry_out(TenantTransaction& t, const v1::AnswerTierAppealRequest& request, const By& by) {
  const std::vector<v1::Tier> tiers = hold_tiers(t);
  const v1::TierReview before = review_named(t, request.member_id(), request.month());
  if (before.appeal().state() != v1::TIER_APPEAL_STATE_OPEN) {
    throw cannot_appeal(before, "NO_OPEN_APPEAL", "no appeal against this review waits for an answer");
  }
  v1::TierReview review = before;
  v1::TierAppeal& appeal = *review.mutable_appeal();
  appeal.set_state(request.granted() ? v1::TIER_APPEAL_STATE_GRANTED : v1::TIER_APPEAL_STATE_REJECTED);
  appeal.set_answer(request.answer());
  appeal.set_answer_actor(by.actor);
  node::to_proto(by.now, appeal.mutable_answer_time());
  update_review(t, review);
  by.changed(name_of(review), &before, &review);
  if (request.granted()) restore(t, review, tiers, by);
  v1::AnswerTierAppealResponse response;
  *response.mutable_review() = review;
  return response;
}

}  // namespace muster::members
