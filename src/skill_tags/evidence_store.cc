#include "evidence_store.h"

#include <pqxx/pqxx>

#include "muster/node/render.h"

namespace muster::skill_tags {
namespace {

using store::limit_of;
using store::micros;
using store::page_of;
using store::read_time;
using store::time_in;
using store::time_param;

const std::string kColumns = "number, member_id, skill_id, input, score, sample_count, reference, " +
                             read_time("evidence_time") + ", " + read_time("expire_time") + ", " +
                             read_time("record_time") + ", actor";

v1::Evidence evidence_in(const pqxx::row& row) {
  v1::Evidence evidence;
  evidence.set_evidence_id(row[0].as<std::string>());
  evidence.set_member_id(row[1].as<std::string>());
  evidence.set_skill_id(row[2].as<std::string>());
  evidence.set_input(static_cast<v1::SkillInput>(row[3].as<int>()));
  evidence.set_score(row[4].as<int>());
  evidence.set_sample_count(row[5].as<int>());
  evidence.set_reference(row[6].as<std::string>());
  node::to_proto(time_in(row[7]), evidence.mutable_evidence_time());
  if (!row[8].is_null()) node::to_proto(time_in(row[8]), evidence.mutable_expire_time());
  node::to_proto(time_in(row[9]), evidence.mutable_record_time());
  evidence.set_actor(row[10].as<std::string>());
  return evidence;
}

}  // namespace

Stored upsert_evidence(TenantTransaction& t, const Evidence& evidence, TimePoint now) {
  const auto there =
      t.sql().exec_params("SELECT " + kColumns +
                              " FROM evidence WHERE member_id = $1 AND skill_id = $2 AND input = $3 AND reference = $4"
                              " FOR UPDATE",
                          evidence.member_id, evidence.skill_id, static_cast<int>(evidence.input), evidence.reference);
  std::optional<std::int64_t> expires;
  if (evidence.expires != TimePoint{}) expires = micros(evidence.expires);
  const auto rows = t.sql().exec_params(
      "INSERT INTO evidence AS e (member_id, skill_id, input, reference, score, sample_count, evidence_time,"
      " expire_time, record_time, actor) VALUES ($1, $2, $3, $4, $5, $6, " +
          time_param(7) + ", " + time_param(8) + ", " + time_param(9) +
          ", $10) ON CONFLICT (member_id, skill_id, input, reference) DO UPDATE SET score = excluded.score,"
          " sample_count = excluded.sample_count, evidence_time = excluded.evidence_time,"
          " expire_time = excluded.expire_time, record_time = excluded.record_time, actor = excluded.actor"
          " WHERE (e.score, e.sample_count, e.evidence_time, e.expire_time) IS DISTINCT FROM"
          " (excluded.score, excluded.sample_count, excluded.evidence_time, excluded.expire_time) RETURNING " +
          kColumns + ", xmax = 0",
      evidence.member_id, evidence.skill_id, static_cast<int>(evidence.input), evidence.reference, evidence.score,
      evidence.sample_count, micros(evidence.time), expires, micros(now), evidence.actor);
  if (rows.empty()) return {};
  Stored stored{rows[0][11].as<bool>() ? Recorded::kNew : Recorded::kCorrected, {}, evidence_in(rows[0])};
  if (!there.empty()) stored.before = evidence_in(there[0]);
  return stored;
}

Page<v1::Evidence> list_evidence(TenantTransaction& t, const EvidenceFilter& filter, const PageRequest& page) {
  const auto rows = t.sql().exec_params(
      "SELECT " + kColumns +
          " FROM evidence WHERE number > $1 AND ($3 = '' OR member_id = $3) AND ($4 = '' OR skill_id = $4)"
          " AND ($5 = 0 OR input = $5) ORDER BY number LIMIT $2",
      page.after, limit_of(page), filter.member_id, filter.skill_id, static_cast<int>(filter.input));
  return page_of<v1::Evidence>(rows, page, evidence_in);
}

void mark_tags(TenantTransaction& t, const std::set<TagKey>& tags, TimePoint now) {
  std::vector<std::string> members, skills;
  for (const auto& [member, skill] : tags) {
    members.push_back(member);
    skills.push_back(skill);
  }
  // Without a kind nothing is due: its first version will be newer than 0. In order, so that two who mark do not wait
  // for each other.
  t.sql().exec_params(
      "INSERT INTO skill_tag AS s (member_id, skill_id, due_time) SELECT member_id, skill_id, CASE WHEN EXISTS"
      " (SELECT FROM skill_tag_kind k WHERE k.skill_id = n.skill_id) THEN " +
          time_param(3) +
          " END FROM unnest($1::text[], $2::text[]) AS n (member_id, skill_id) ORDER BY member_id, skill_id"
          " ON CONFLICT (member_id, skill_id) DO UPDATE SET due_time = excluded.due_time, new_evidence = true",
      store::to_array(members), store::to_array(skills), micros(now));
}

void recompute_members(TenantTransaction& t, const std::vector<std::string>& member_ids, TimePoint now) {
  // Locked in the order of mark_tags(), so that the two do not wait for each other.
  t.sql().exec_params("UPDATE skill_tag SET due_time = " + time_param(2) +
                          ", new_evidence = true WHERE (member_id, skill_id) IN (SELECT s.member_id, s.skill_id FROM"
                          " skill_tag s JOIN skill_tag_kind k ON k.skill_id = s.skill_id WHERE s.member_id ="
                          " ANY($1::text[]) ORDER BY s.member_id, s.skill_id FOR UPDATE OF s)",
                      store::to_array(member_ids), micros(now));
}

}  // namespace muster::skill_tags
