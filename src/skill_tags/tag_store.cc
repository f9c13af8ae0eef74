#include "tag_store.h"

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
using store::to_array;

template <typename Message>
Message message_in(const pqxx::field& field) {
  const pqxx::binarystring bytes(field);
  Message message;
  if (!message.ParseFromArray(bytes.get(), static_cast<int>(bytes.size()))) {
    throw std::runtime_error("skill tags: " + Message::descriptor()->name() + " in the database cannot be read");
  }
  return message;
}

/// Bytes as PostgreSQL reads them in an array.
std::string hex(const std::string& bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "\\x";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return text;
}

std::optional<int> level_in(const pqxx::field& field) {
  if (field.is_null()) return std::nullopt;
  return field.as<int>();
}

/// Columns of equal length as arrays.
struct Columns {
  std::vector<std::string> members, skills, levels, retraining, versions, explanations, dues, causes;
};
constexpr const char* kNull = "-1";  // of levels and moments, which are not below 0

v1::LevelChangeCause cause_of(const TagResult& result) {
  if (result.tag.new_evidence) return v1::LEVEL_CHANGE_CAUSE_EVIDENCE;
  return result.tag.version < result.version ? v1::LEVEL_CHANGE_CAUSE_RULES : v1::LEVEL_CHANGE_CAUSE_TIME;
}

Columns columns_of(const std::vector<TagResult>& results) {
  const auto text = [](const std::optional<int>& level) { return level ? std::to_string(*level) : kNull; };
  Columns columns;
  for (const TagResult& result : results) {
    columns.members.push_back(result.tag.member_id);
    columns.skills.push_back(result.tag.skill_id);
    columns.levels.push_back(text(result.verdict.level));
    columns.retraining.emplace_back(result.verdict.retraining ? "t" : "f");
    columns.versions.push_back(std::to_string(result.version));
    columns.explanations.push_back(hex(result.verdict.explanation.SerializeAsString()));
    columns.dues.push_back(result.due ? std::to_string(micros(*result.due)) : kNull);
    columns.causes.push_back(std::to_string(cause_of(result)));
  }
  return columns;
}

/// $1: now.
const std::string kKindColumns =
    "k.number, k.skill_id, k.display_name, v.rules, k.version, " + read_time("k.create_time") +
    ", (SELECT count(*) FROM skill_tag s WHERE s.skill_id = k.skill_id AND s.level IS NOT NULL)"
    ", (SELECT count(*) FROM skill_tag s WHERE s.skill_id = k.skill_id AND (s.version < k.version OR s.due_time <= " +
    time_param(1) + "))";
const std::string kKinds =
    " FROM skill_tag_kind k JOIN skill_tag_version v ON v.skill_id = k.skill_id AND v.version = k.version ";

v1::SkillTagKind kind_in(const pqxx::row& row) {
  v1::SkillTagKind kind;
  kind.set_skill_id(row[1].as<std::string>());
  kind.set_display_name(row[2].as<std::string>());
  *kind.mutable_rules() = message_in<v1::SkillTagRules>(row[3]);
  kind.set_version(row[4].as<int>());
  node::to_proto(time_in(row[5]), kind.mutable_create_time());
  kind.set_member_count(row[6].as<int>());
  kind.set_waiting_count(row[7].as<int>());
  return kind;
}

const std::string kTagColumns = "s.member_id, s.skill_id, s.level, s.version, s.new_evidence";
/// Whoever changes a member holds it first, and tags afterwards: so does this, and neither waits for the other.
const std::string kTags = " FROM skill_tag s JOIN member m ON m.member_id = s.member_id ";
const std::string kTakeThem = " FOR UPDATE OF s SKIP LOCKED FOR KEY SHARE OF m SKIP LOCKED";

std::vector<TagRecord> tags_in(const pqxx::result& rows) {
  std::vector<TagRecord> tags;
  for (const auto& row : rows) {
    tags.push_back(
        {row[0].as<std::string>(), row[1].as<std::string>(), level_in(row[2]), row[3].as<int>(), row[4].as<bool>()});
  }
  return tags;
}

/// $1: now. A tag that was never computed is not shown.
const std::string kSkillColumns =
    "s.number, s.member_id, s.skill_id, k.display_name, s.level, s.retraining, s.version,"
    " s.explanation, " +
    read_time("s.compute_time") + ", " + read_time("s.due_time") +
    ", s.version < k.version OR coalesce(s.due_time <= " + time_param(1) +
    ", false) FROM skill_tag s JOIN skill_tag_kind k ON k.skill_id = s.skill_id"
    " WHERE s.compute_time IS NOT NULL AND s.member_id = $2 ";

v1::MemberSkill skill_in(const pqxx::row& row) {
  v1::MemberSkill skill;
  skill.set_member_id(row[1].as<std::string>());
  skill.set_skill_id(row[2].as<std::string>());
  skill.set_display_name(row[3].as<std::string>());
  if (const auto level = level_in(row[4])) skill.set_level(*level);
  skill.set_retraining_requested(row[5].as<bool>());
  skill.set_version(row[6].as<int>());
  *skill.mutable_explanation() = message_in<v1::LevelExplanation>(row[7]);
  node::to_proto(time_in(row[8]), skill.mutable_compute_time());
  if (!row[9].is_null()) node::to_proto(time_in(row[9]), skill.mutable_due_time());
  skill.set_waiting(row[10].as<bool>());
  return skill;
}

v1::LevelTransition transition_in(const pqxx::row& row) {
  v1::LevelTransition transition;
  transition.set_member_id(row[1].as<std::string>());
  transition.set_skill_id(row[2].as<std::string>());
  if (const auto level = level_in(row[3])) transition.set_from_level(*level);
  if (const auto level = level_in(row[4])) transition.set_to_level(*level);
  transition.set_version(row[5].as<int>());
  transition.set_cause(static_cast<v1::LevelChangeCause>(row[6].as<int>()));
  *transition.mutable_explanation() = message_in<v1::LevelExplanation>(row[7]);
  node::to_proto(time_in(row[8]), transition.mutable_transition_time());
  return transition;
}

}  // namespace

// --- kinds ---

std::optional<v1::SkillTagKind> find_kind(TenantTransaction& t, const std::string& skill_id, TimePoint now) {
  const auto rows = t.sql().exec_params("SELECT " + kKindColumns + kKinds + "WHERE k.skill_id = $2 FOR UPDATE OF k",
                                        micros(now), skill_id);
  if (rows.empty()) return std::nullopt;
  return kind_in(rows[0]);
}

bool insert_kind(TenantTransaction& t, const v1::SkillTagKind& kind, TimePoint now) {
  const auto done = t.sql().exec_params(
      "INSERT INTO skill_tag_kind (skill_id, display_name, version, create_time) VALUES ($1, $2, $3, " + time_param(4) +
          ") ON CONFLICT (skill_id) DO NOTHING",
      kind.skill_id(), kind.display_name(), kind.version(), micros(now));
  return done.affected_rows() == 1;
}

void update_kind(TenantTransaction& t, const v1::SkillTagKind& kind) {
  t.sql().exec_params("UPDATE skill_tag_kind SET display_name = $2, version = $3 WHERE skill_id = $1", kind.skill_id(),
                      kind.display_name(), kind.version());
}

void insert_version(TenantTransaction& t, const v1::SkillTagKind& kind, const std::string& actor, TimePoint now) {
  t.sql().exec_params(
      "INSERT INTO skill_tag_version (skill_id, version, rules, actor, publish_time) VALUES ($1, $2, $3, $4, " +
          time_param(5) + ")",
      kind.skill_id(), kind.version(), pqxx::binarystring(kind.rules().SerializeAsString()), actor, micros(now));
}

std::optional<v1::SkillTagRules> find_rules(TenantTransaction& t, const std::string& skill_id, int version) {
  const auto rows = t.sql().exec_params("SELECT rules FROM skill_tag_version WHERE skill_id = $1 AND version = $2",
                                        skill_id, version);
  if (rows.empty()) return std::nullopt;
  return message_in<v1::SkillTagRules>(rows[0][0]);
}

Page<v1::SkillTagKind> list_kinds(TenantTransaction& t, TimePoint now, const PageRequest& page) {
  const auto rows =
      t.sql().exec_params("SELECT " + kKindColumns + kKinds + "WHERE k.number > $2 ORDER BY k.number LIMIT $3",
                          micros(now), page.after, limit_of(page));
  return page_of<v1::SkillTagKind>(rows, page, kind_in);
}

std::map<std::string, int> kind_versions(TenantTransaction& t) {
  std::map<std::string, int> versions;
  for (const auto& row : t.sql().exec("SELECT skill_id, version FROM skill_tag_kind")) {
    versions.emplace(row[0].as<std::string>(), row[1].as<int>());
  }
  return versions;
}

// --- tags ---

std::vector<TagRecord> take_due_tags(TenantTransaction& t, TimePoint now, std::size_t limit) {
  return tags_in(t.sql().exec_params("SELECT " + kTagColumns + kTags + "WHERE s.due_time <= " + time_param(1) +
                                         " ORDER BY s.due_time LIMIT $2" + kTakeThem,
                                     micros(now), static_cast<std::int64_t>(limit)));
}

std::vector<TagRecord> take_outdated_tags(TenantTransaction& t, const std::string& skill_id, int version,
                                          std::size_t limit) {
  return tags_in(t.sql().exec_params("SELECT " + kTagColumns + kTags +
                                         "WHERE s.skill_id = $1 AND s.version < $2 ORDER BY s.version LIMIT $3" +
                                         kTakeThem,
                                     skill_id, version, static_cast<std::int64_t>(limit)));
}

std::vector<Known> load_known(TenantTransaction& t, const std::vector<TagRecord>& tags, int items, TimePoint now) {
  std::vector<std::string> members, skills;
  for (const TagRecord& tag : tags) {
    members.push_back(tag.member_id);
    skills.push_back(tag.skill_id);
  }
  const auto rows = t.sql().exec_params(
      "SELECT p.n, e.input, e.score, e.sample_count, " + read_time("e.evidence_time") + ", coalesce(" +
          read_time("e.expire_time") +
          ", 0) FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS p (member_id, skill_id, n)"
          " CROSS JOIN generate_series(1, 4) AS i (input) CROSS JOIN LATERAL (SELECT * FROM evidence o"
          " WHERE o.member_id = p.member_id AND o.skill_id = p.skill_id AND o.input = i.input"
          " AND (o.expire_time IS NULL OR o.expire_time > " +
          time_param(4) +
          ") ORDER BY o.evidence_time DESC, o.number DESC LIMIT $3) e"
          " ORDER BY p.n, e.evidence_time DESC, e.number DESC",
      to_array(members), to_array(skills), items, micros(now));
  std::vector<Known> known(tags.size());
  for (const auto& row : rows) {
    known[row[0].as<std::size_t>() - 1].items.push_back({static_cast<v1::SkillInput>(row[1].as<int>()),
                                                         row[2].as<int>(), row[3].as<int>(), time_in(row[4]),
                                                         time_in(row[5])});
  }
  return known;
}

void save_tags(TenantTransaction& t, const std::vector<TagResult>& results, TimePoint now) {
  const Columns columns = columns_of(results);
  t.sql().exec_params(
      "UPDATE skill_tag s SET level = nullif(n.level, -1), retraining = n.retraining, version = n.version,"
      " explanation = n.explanation, compute_time = " +
          time_param(8) +
          ", due_time = CASE WHEN n.due >= 0 THEN timestamptz 'epoch' + n.due * interval '1 microsecond' END,"
          " new_evidence = false FROM unnest($1::text[], $2::text[], $3::smallint[], $4::boolean[], $5::int[],"
          " $6::bytea[], $7::bigint[]) AS n (member_id, skill_id, level, retraining, version, explanation, due)"
          " WHERE s.member_id = n.member_id AND s.skill_id = n.skill_id",
      to_array(columns.members), to_array(columns.skills), to_array(columns.levels), to_array(columns.retraining),
      to_array(columns.versions), to_array(columns.explanations), to_array(columns.dues), micros(now));
}

void insert_transitions(TenantTransaction& t, const std::vector<TagResult>& results, TimePoint now) {
  const Columns columns = columns_of(results);
  std::vector<std::string> from;
  for (const TagResult& result : results) {
    from.push_back(result.tag.level ? std::to_string(*result.tag.level) : kNull);
  }
  t.sql().exec_params(
      "INSERT INTO skill_tag_transition (member_id, skill_id, from_level, to_level, version, cause, explanation,"
      " transition_time) SELECT member_id, skill_id, nullif(was, -1), nullif(level, -1), version, cause, "
      "explanation, " +
          time_param(8) +
          " FROM unnest($1::text[], $2::text[], $3::smallint[], $4::smallint[], $5::int[], $6::smallint[], $7::bytea[])"
          " AS n (member_id, skill_id, was, level, version, cause, explanation)",
      to_array(columns.members), to_array(columns.skills), to_array(from), to_array(columns.levels),
      to_array(columns.versions), to_array(columns.causes), to_array(columns.explanations), micros(now));
}

// --- what people see ---

Page<v1::MemberSkill> list_member_skills(TenantTransaction& t, const std::string& member_id, TimePoint now,
                                         const PageRequest& page) {
  const auto rows = t.sql().exec_params("SELECT " + kSkillColumns + "AND s.number > $3 ORDER BY s.number LIMIT $4",
                                        micros(now), member_id, page.after, limit_of(page));
  return page_of<v1::MemberSkill>(rows, page, skill_in);
}

std::optional<v1::MemberSkill> find_member_skill(TenantTransaction& t, const std::string& member_id,
                                                 const std::string& skill_id, TimePoint now) {
  const auto rows =
      t.sql().exec_params("SELECT " + kSkillColumns + "AND s.skill_id = $3", micros(now), member_id, skill_id);
  if (rows.empty()) return std::nullopt;
  return skill_in(rows[0]);
}

Page<v1::LevelTransition> list_transitions(TenantTransaction& t, const std::string& member_id,
                                           const std::string& skill_id, const PageRequest& page) {
  const auto rows = t.sql().exec_params(
      "SELECT number, member_id, skill_id, from_level, to_level, version, cause, explanation, " +
          read_time("transition_time") +
          " FROM skill_tag_transition WHERE member_id = $1 AND ($2 = '' OR skill_id = $2) AND number > $3"
          " ORDER BY number LIMIT $4",
      member_id, skill_id, page.after, limit_of(page));
  return page_of<v1::LevelTransition>(rows, page, transition_in);
}

}  // namespace muster::skill_tags
