#include "tier_store.h"

#include <pqxx/pqxx>

#include "member_store.h"
#include "muster/members/skills.h"
#include "muster/node/render.h"
#include "muster/v1/contact.pb.h"
#include "muster/v1/skill_tag.pb.h"

namespace muster::members {
namespace {

using store::limit_of;
using store::micros;
using store::read_time;
using store::time_in;
using store::time_param;

v1::Tier tier_in(const pqxx::row& row) {
  v1::Tier tier;
  tier.set_level(row[0].as<int>());
  tier.set_display_name(row[1].as<std::string>());
  tier.set_chat_limit(row[2].as<int>());
  tier.set_priority(row[3].as<int>());
  node::to_proto(Duration(row[4].as<std::int64_t>()), tier.mutable_early_access());
  v1::TierBar& bar = *tier.mutable_bar();
  bar.set_contacts(row[5].as<int>());
  bar.set_quality(row[6].as<int>());
  bar.set_satisfaction(row[7].as<int>());
  if (!row[8].is_null()) bar.set_missed_percent(row[8].as<int>());
  return tier;
}
const std::string kTiers =
    "SELECT level, display_name, chat_limit, priority, (extract(epoch FROM early_access) * 1000000)::bigint, contacts,"
    " quality, satisfaction, missed_percent FROM tier ";

std::vector<v1::Tier> tiers_in(const pqxx::result& rows) {
  std::vector<v1::Tier> tiers;
  for (const auto& row : rows) tiers.push_back(tier_in(row));
  return tiers;
}

MemberTier member_tier_in(const pqxx::row& row) { return {row[1].as<int>(), time_in(row[2])}; }
/// Whoever came back from leave in a month has not had all of it, either.
const std::string kMemberTier =
    "SELECT member_id, tier, coalesce(" + read_time("greatest(tier_time, state_time)") + ", 0) FROM member ";

v1::TierReview review_in(const pqxx::field& field) {
  const pqxx::binarystring bytes(field);
  v1::TierReview review;
  review.ParseFromArray(bytes.get(), static_cast<int>(bytes.size()));
  return review;
}

/// So far the reporting tables may be behind the journal; they are further while they are filled anew.
constexpr std::int64_t kEventsBehindMax = 100'000;

std::string state_number(int state) { return std::to_string(state); }

}  // namespace

std::vector<v1::Tier> list_tiers(TenantTransaction& t) { return tiers_in(t.sql().exec(kTiers + "ORDER BY level")); }

std::vector<v1::Tier> hold_tiers(TenantTransaction& t) {
  return tiers_in(t.sql().exec(kTiers + "ORDER BY level FOR SHARE"));
}

v1::Tier lock_tier(TenantTransaction& t, int level) {
  return tier_in(t.sql().exec_params1(kTiers + "WHERE level = $1 FOR NO KEY UPDATE", level));
}

void count_members(TenantTransaction& t, std::vector<v1::Tier>& tiers) {
  for (const auto& row : t.sql().exec("SELECT tier, count(*) FROM member WHERE state <> " +
                                      state_number(v1::MEMBER_STATE_CLOSED) + " GROUP BY tier")) {
    tiers[row[0].as<std::size_t>()].set_member_count(row[1].as<int>());
  }
}

void update_tier(TenantTransaction& t, const v1::Tier& tier) {
  const v1::TierBar& bar = tier.bar();
  std::optional<int> missed;
  if (bar.has_missed_percent()) missed = bar.missed_percent();
  t.sql().exec_params(
      "UPDATE tier SET display_name = $2, chat_limit = $3, priority = $4, early_access = $5 * interval '1 second',"
      " contacts = $6, quality = $7, satisfaction = $8, missed_percent = $9 WHERE level = $1",
      tier.level(), tier.display_name(), tier.chat_limit(), tier.priority(),
      static_cast<std::int64_t>(tier.early_access().seconds()), bar.contacts(), bar.quality(), bar.satisfaction(),
      missed);
}

void spread_rights(TenantTransaction& t, const v1::Tier& tier) {
  if (tier.priority() > 0) {
    t.sql().exec_params(
        "INSERT INTO granted_skill (member_id, skill_id, level) SELECT member_id, $2, $3 FROM member WHERE tier = $1"
        " ORDER BY member_id ON CONFLICT (member_id, skill_id) DO UPDATE SET level = excluded.level",
        tier.level(), kTierSkill, tier.priority());
  } else {
    t.sql().exec_params(
        "DELETE FROM granted_skill g USING member m WHERE m.member_id = g.member_id AND m.tier = $1 AND g.skill_id = "
        "$2",
        tier.level(), kTierSkill);
  }
  t.sql().exec_params(
      "INSERT INTO roster_change (member_id) SELECT member_id FROM member WHERE tier = $1 AND state <> " +
          state_number(v1::MEMBER_STATE_CLOSED) + " ORDER BY number",
      tier.level());
}

std::optional<MemberTier> find_member_tier(TenantTransaction& t, const std::string& member_id) {
  const auto rows = t.sql().exec_params(kMemberTier + "WHERE member_id = $1", member_id);
  if (rows.empty()) return std::nullopt;
  return member_tier_in(rows[0]);
}

void set_member_tier(TenantTransaction& t, const std::string& member_id, const v1::Tier& tier, TimePoint now) {
  t.sql().exec_params("UPDATE member SET tier = $2, tier_time = " + time_param(3) + " WHERE member_id = $1", member_id,
                      tier.level(), micros(now));
  if (tier.priority() > 0) {
    grant_skill(t, member_id, kTierSkill, static_cast<std::uint8_t>(tier.priority()), std::nullopt);
  } else {
    withdraw_skill(t, member_id, kTierSkill);
  }
}

Month month_of(TenantTransaction& t, TimePoint now, int back) {
  const auto row = t.sql().exec_params1("SELECT to_char(m, 'YYYY-MM'), " + read_time("m AT TIME ZONE 'Asia/Shanghai'") +
                                            ", " + read_time("(m + interval '1 month') AT TIME ZONE 'Asia/Shanghai'") +
                                            " FROM (SELECT date_trunc('month', " + time_param(1) +
                                            " AT TIME ZONE 'Asia/Shanghai') - $2 * interval '1 month' AS m) months",
                                        micros(now), back);
  return {row[0].as<std::string>(), time_in(row[1]), time_in(row[2])};
}

std::map<std::string, v1::TierResults> results_of(TenantTransaction& t, const std::vector<std::string>& member_ids,
                                                  const Month& month) {
  const std::string ids = store::to_array(member_ids);
  std::map<std::string, v1::TierResults> results;
  for (const std::string& id : member_ids) results[id];
  for (const auto& row : t.sql().exec_params("SELECT agent_id, count(*) FROM contact WHERE agent_id = ANY($1::text[]) "
                                             "AND agent_id <> '' AND end_time >= " +
                                                 time_param(2) + " AND end_time < " + time_param(3) + " AND state = " +
                                                 state_number(v1::CONTACT_STATE_COMPLETED) + " GROUP BY agent_id",
                                             ids, micros(month.begin), micros(month.end))) {
    results[row[0].as<std::string>()].set_contacts(row[1].as<int>());
  }
  for (const auto& row : t.sql().exec_params(
           "SELECT agent_id, count(*), count(*) FILTER (WHERE state = " + state_number(v1::OFFER_STATE_TIMED_OUT) +
               ") FROM offer WHERE agent_id = ANY($1::text[]) AND offer_time >= " + time_param(2) +
               " AND offer_time < " + time_param(3) + " GROUP BY agent_id",
           ids, micros(month.begin), micros(month.end))) {
    v1::TierResults& of = results[row[0].as<std::string>()];
    of.set_offers(row[1].as<int>());
    of.set_missed_offers(row[2].as<int>());
  }
  for (const auto& row : t.sql().exec_params(
           "SELECT member_id, input, sum(sample_count), round(sum(score::numeric * sample_count) / sum(sample_count))"
           " FROM evidence WHERE member_id = ANY($1::text[]) AND input IN ($4, $5) AND evidence_time >= " +
               time_param(2) + " AND evidence_time < " + time_param(3) + " GROUP BY member_id, input",
           ids, micros(month.begin), micros(month.end), static_cast<int>(v1::SKILL_INPUT_QUALITY),
           static_cast<int>(v1::SKILL_INPUT_CUSTOMER_SATISFACTION))) {
    v1::TierResults& of = results[row[0].as<std::string>()];
    const int samples = row[2].as<int>(), mean = row[3].as<int>();
    if (row[1].as<int>() == v1::SKILL_INPUT_QUALITY) {
      of.set_quality_samples(samples);
      of.set_quality(mean);
    } else {
      of.set_satisfaction_samples(samples);
      of.set_satisfaction(mean);
    }
  }
  return results;
}

bool results_are_complete(TenantTransaction& t) {
  const auto behind = t.sql().exec_params(
      "SELECT FROM workspace w LEFT JOIN projection p ON p.workspace = w.id WHERE coalesce(p.position, 0) + $1 <"
      " w.next_seq - 1 LIMIT 1",
      kEventsBehindMax);
  return behind.empty();
}

std::map<std::string, MemberTier> members_to_review(TenantTransaction& t, const Month& month, const std::string& after,
                                                    std::size_t limit) {
  const auto rows = t.sql().exec_params(
      kMemberTier + "WHERE state IN (" + state_number(v1::MEMBER_STATE_PROBATION) + ", " +
          state_number(v1::MEMBER_STATE_ACTIVE) + ") AND tier > 0 AND tier_time < " + time_param(1) +
          " AND NOT EXISTS (SELECT FROM tier_review r WHERE r.member_id = member.member_id AND r.month = $2)"
          " AND member_id > $4 ORDER BY member_id LIMIT $3 FOR UPDATE",
      micros(month.end), month.name, static_cast<std::int64_t>(limit), after);
  std::map<std::string, MemberTier> members;
  for (const auto& row : rows) members.emplace(row[0].as<std::string>(), member_tier_in(row));
  return members;
}

void insert_review(TenantTransaction& t, const v1::TierReview& review) {
  t.sql().exec_params(
      "INSERT INTO tier_review (member_id, month, decision, appeal_state, review) VALUES ($1, $2, $3, 0, $4)",
      review.member_id(), review.month(), static_cast<int>(review.decision()),
      pqxx::binarystring(review.SerializeAsString()));
}

void update_review(TenantTransaction& t, const v1::TierReview& review) {
  t.sql().exec_params("UPDATE tier_review SET appeal_state = $3, review = $4 WHERE member_id = $1 AND month = $2",
                      review.member_id(), review.month(), static_cast<int>(review.appeal().state()),
                      pqxx::binarystring(review.SerializeAsString()));
}

std::optional<v1::TierReview> find_review(TenantTransaction& t, const std::string& member_id,
                                          const std::string& month) {
  const auto rows = t.sql().exec_params("SELECT review FROM tier_review WHERE member_id = $1 AND month = $2 FOR UPDATE",
                                        member_id, month);
  if (rows.empty()) return std::nullopt;
  return review_in(rows[0][0]);
}

Page<v1::TierReview> list_reviews(TenantTransaction& t, const ReviewFilter& filter, const PageRequest& page) {
  const auto rows = t.sql().exec_params(
      "SELECT number, review FROM tier_review WHERE number > $1 AND ($3 = '' OR member_id = $3) AND"
      " ($4 = '' OR month = $4) AND ($5 = 0 OR decision = $5) AND ($6 = 0 OR appeal_state = $6)"
      " ORDER BY number LIMIT $2",
      page.after, limit_of(page), filter.member_id, filter.month, static_cast<int>(filter.decision),
      static_cast<int>(filter.appeal_state));
  return store::page_of<v1::TierReview>(rows, page, [](const pqxx::row& row) { return review_in(row[1]); });
}

}  // namespace muster::members
