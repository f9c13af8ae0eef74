#include "member_store.h"

#include <algorithm>
#include <pqxx/pqxx>

#include "muster/members/names.h"
#include "muster/members/skills.h"
#include "muster/node/render.h"

namespace muster::members {
namespace {

using store::containing;
using store::limit_of;
using store::micros;
using store::page_of;
using store::read_time;
using store::time_param;

void read(const pqxx::field& field, google::protobuf::Timestamp* out) { node::to_proto(store::time_in(field), out); }
std::string text(const pqxx::field& field) { return field.is_null() ? std::string() : field.as<std::string>(); }
/// An empty reference is NULL.
const char* reference(const std::string& id) { return id.empty() ? nullptr : id.c_str(); }

/// How many members who have not left name the base or team of the row.
std::string member_count(const std::string& column) {
  return "(SELECT count(*) FROM member m WHERE m." + column + " = r." + column + " AND m.state <> " +
         std::to_string(v1::MEMBER_STATE_CLOSED) + ")";
}

template <typename T>
std::optional<T> only(const pqxx::result& rows, T (*read_row)(const pqxx::row&)) {
  if (rows.empty()) return std::nullopt;
  return read_row(rows[0]);
}

// --- bases ---

const std::string kBases = "SELECT number, base_id, display_name, time_zone, " + member_count("base_id") + ", " +
                           read_time("create_time") + " FROM base r ";

v1::Base base_in(const pqxx::row& row) {
  v1::Base base;
  base.set_base_id(text(row[1]));
  base.set_display_name(text(row[2]));
  base.set_time_zone(text(row[3]));
  base.set_member_count(row[4].as<int>());
  read(row[5], base.mutable_create_time());
  return base;
}

// --- teams ---

const std::string kTeams = "SELECT number, team_id, display_name, base_id, coach_id, member_limit, " +
                           member_count("team_id") + ", " + read_time("create_time") + " FROM team r ";

v1::Team team_in(const pqxx::row& row) {
  v1::Team team;
  team.set_team_id(text(row[1]));
  team.set_display_name(text(row[2]));
  team.set_base_id(text(row[3]));
  team.set_coach_id(text(row[4]));
  team.set_member_limit(row[5].as<int>());
  team.set_member_count(row[6].as<int>());
  read(row[7], team.mutable_create_time());
  return team;
}

// --- members ---

const std::string kMemberColumns =
    "member.number, member_id, display_name, engagement_type, base_id, team_id, languages, time_zone, state, " +
    read_time("state_time") + ", state_reason, returns_to, " + read_time("create_time") + ", " +
    read_time("update_time") + ", tier";
const std::string kMembers = "SELECT " + kMemberColumns + " FROM member ";

MemberRecord member_in(const pqxx::row& row) {
  MemberRecord record;
  v1::Member& member = record.member;
  member.set_member_id(text(row[1]));
  member.set_display_name(text(row[2]));
  member.set_engagement_type(static_cast<v1::EngagementType>(row[3].as<int>()));
  member.set_base_id(text(row[4]));
  member.set_team_id(text(row[5]));
  for (std::string& language : store::texts_in(row[6])) member.add_languages(std::move(language));
  member.set_time_zone(text(row[7]));
  member.set_state(static_cast<v1::MemberState>(row[8].as<int>()));
  read(row[9], member.mutable_state_time());
  member.set_state_reason(text(row[10]));
  record.returns_to = static_cast<v1::MemberState>(row[11].as<int>());
  read(row[12], member.mutable_create_time());
  read(row[13], member.mutable_update_time());
  member.set_tier(row[14].as<int>());
  return record;
}

const std::string kTransitions =
    "SELECT number, from_state, to_state, reason, actor, " + read_time("transition_time") + " FROM member_transition ";

v1::MemberTransition transition_in(const pqxx::row& row) {
  v1::MemberTransition transition;
  transition.set_from(static_cast<v1::MemberState>(row[1].as<int>()));
  transition.set_to(static_cast<v1::MemberState>(row[2].as<int>()));
  transition.set_reason(text(row[3]));
  transition.set_actor(text(row[4]));
  read(row[5], transition.mutable_transition_time());
  return transition;
}

// --- skills ---

/// The member of the row `g` of granted_skill is cleared for all that its skill requires.
const std::string kCleared =
    "NOT EXISTS (SELECT FROM skill_requirement r WHERE r.skill_id = g.skill_id AND NOT EXISTS"
    " (SELECT FROM skill_clearance c WHERE c.cause = r.cause AND c.member_id = g.member_id))";

/// The engine is to be told of all whom the cause keeps from its skill: one statement, however many they are.
void insert_roster_changes(TenantTransaction& t, const std::string& cause) {
  t.sql().exec_params(
      "INSERT INTO roster_change (member_id) SELECT g.member_id FROM skill_requirement r JOIN granted_skill g"
      " USING (skill_id) WHERE r.cause = $1 AND NOT EXISTS (SELECT FROM skill_clearance c WHERE c.cause = r.cause"
      " AND c.member_id = g.member_id)",
      cause);
}

std::string languages_of(const v1::Member& member) {
  return store::to_array({member.languages().begin(), member.languages().end()});
}

}  // namespace

std::optional<v1::Base> find_base(TenantTransaction& t, const std::string& base_id) {
  return only(t.sql().exec_params(kBases + "WHERE base_id = $1", base_id), base_in);
}

bool insert_base(TenantTransaction& t, const v1::Base& base, TimePoint now) {
  const auto done =
      t.sql().exec_params("INSERT INTO base (base_id, display_name, time_zone, create_time) VALUES ($1, $2, $3, " +
                              time_param(4) + ") ON CONFLICT DO NOTHING",
                          base.base_id(), base.display_name(), base.time_zone(), micros(now));
  return done.affected_rows() == 1;
}

void update_base(TenantTransaction& t, const v1::Base& base) {
  t.sql().exec_params("UPDATE base SET display_name = $2, time_zone = $3 WHERE base_id = $1", base.base_id(),
                      base.display_name(), base.time_zone());
}

bool delete_base(TenantTransaction& t, const std::string& base_id) {
  const auto done = t.sql().exec_params(
      "DELETE FROM base WHERE base_id = $1 AND NOT EXISTS (SELECT FROM member WHERE base_id = $1)"
      " AND NOT EXISTS (SELECT FROM team WHERE base_id = $1)",
      base_id);
  return done.affected_rows() == 1;
}

Page<v1::Base> list_bases(TenantTransaction& t, const PageRequest& page) {
  const auto rows =
      t.sql().exec_params(kBases + "WHERE number > $1 ORDER BY number LIMIT $2", page.after, limit_of(page));
  return page_of<v1::Base>(rows, page, base_in);
}

std::optional<v1::Team> read_team(TenantTransaction& t, const std::string& team_id) {
  return only(t.sql().exec_params(kTeams + "WHERE team_id = $1", team_id), team_in);
}

std::optional<v1::Team> find_team(TenantTransaction& t, const std::string& team_id) {
  // A statement of its own: the count must be of after the lock.
  t.sql().exec_params("SELECT FROM team WHERE team_id = $1 FOR UPDATE", team_id);
  return read_team(t, team_id);
}

bool insert_team(TenantTransaction& t, const v1::Team& team, TimePoint now) {
  const auto done = t.sql().exec_params(
      "INSERT INTO team (team_id, display_name, base_id, coach_id, member_limit, create_time)"
      " VALUES ($1, $2, $3, $4, $5, " +
          time_param(6) + ") ON CONFLICT DO NOTHING",
      team.team_id(), team.display_name(), team.base_id(), reference(team.coach_id()), team.member_limit(),
      micros(now));
  return done.affected_rows() == 1;
}

void update_team(TenantTransaction& t, const v1::Team& team) {
  t.sql().exec_params("UPDATE team SET display_name = $2, coach_id = $3, member_limit = $4 WHERE team_id = $1",
                      team.team_id(), team.display_name(), reference(team.coach_id()), team.member_limit());
}

bool delete_team(TenantTransaction& t, const std::string& team_id) {
  const auto done = t.sql().exec_params(
      "DELETE FROM team WHERE team_id = $1 AND NOT EXISTS (SELECT FROM member WHERE team_id = $1)", team_id);
  return done.affected_rows() == 1;
}

Page<v1::Team> list_teams(TenantTransaction& t, const std::string& base_id, const PageRequest& page) {
  const auto rows =
      t.sql().exec_params(kTeams + "WHERE number > $1 AND ($3 = '' OR base_id = $3) ORDER BY number LIMIT $2",
                          page.after, limit_of(page), base_id);
  return page_of<v1::Team>(rows, page, team_in);
}

std::optional<MemberRecord> read_member(TenantTransaction& t, const std::string& member_id) {
  return only(t.sql().exec_params(kMembers + "WHERE member_id = $1", member_id), member_in);
}

std::optional<MemberRecord> find_member(TenantTransaction& t, const std::string& member_id) {
  return only(t.sql().exec_params(kMembers + "WHERE member_id = $1 FOR UPDATE", member_id), member_in);
}

std::map<std::string, MemberRecord> find_members(TenantTransaction& t, const std::vector<std::string>& member_ids) {
  // Always in one order, so that two imports of the same people do not wait for each other for ever.
  const auto rows = t.sql().exec_params(kMembers + "WHERE member_id = ANY($1::text[]) ORDER BY member_id FOR UPDATE",
                                        store::to_array(member_ids));
  std::map<std::string, MemberRecord> found;
  for (const auto& row : rows) {
    MemberRecord record = member_in(row);
    found.emplace(record.member.member_id(), std::move(record));
  }
  return found;
}

bool insert_member(TenantTransaction& t, const MemberRecord& record, TimePoint now) {
  const v1::Member& member = record.member;
  const auto done = t.sql().exec_params(
      "INSERT INTO member (member_id, display_name, engagement_type, base_id, team_id, languages, time_zone, state,"
      " state_reason, returns_to, state_time, create_time, update_time)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, " +
          time_param(11) + ", " + time_param(11) + ", " + time_param(11) + ") ON CONFLICT DO NOTHING",
      member.member_id(), member.display_name(), static_cast<int>(member.engagement_type()),
      reference(member.base_id()), reference(member.team_id()), languages_of(member), member.time_zone(),
      static_cast<int>(member.state()), member.state_reason(), static_cast<int>(record.returns_to), micros(now));
  return done.affected_rows() == 1;
}

void update_member(TenantTransaction& t, const MemberRecord& record, TimePoint now) {
  const v1::Member& member = record.member;
  t.sql().exec_params(
      "UPDATE member SET display_name = $2, engagement_type = $3, base_id = $4, team_id = $5, languages = $6,"
      " time_zone = $7, state = $8, state_reason = $9, returns_to = $10, state_time = CASE WHEN state = $8::smallint"
      " THEN state_time ELSE " +
          time_param(11) + " END, update_time = " + time_param(11) + " WHERE member_id = $1",
      member.member_id(), member.display_name(), static_cast<int>(member.engagement_type()),
      reference(member.base_id()), reference(member.team_id()), languages_of(member), member.time_zone(),
      static_cast<int>(member.state()), member.state_reason(), static_cast<int>(record.returns_to), micros(now));
}

Page<MemberRecord> list_members(TenantTransaction& t, const MemberFilter& filter, const PageRequest& page) {
  // Only what is asked for stands in the statement, so that it is planned for that.
  std::vector<std::string> values;
  const auto param = [&](const std::string& value) {
    values.push_back(value);
    return "$" + std::to_string(values.size());
  };
  std::string where = "number > " + param(std::to_string(page.after)) + "::bigint";
  if (!filter.states.empty()) {
    std::vector<std::string> states;
    for (const v1::MemberState state : filter.states) states.push_back(std::to_string(static_cast<int>(state)));
    where += " AND state = ANY(" + param(store::to_array(states)) + "::smallint[])";
  }
  if (!filter.tiers.empty()) {
    std::vector<std::string> tiers;
    for (const int tier : filter.tiers) tiers.push_back(std::to_string(tier));
    where += " AND tier = ANY(" + param(store::to_array(tiers)) + "::smallint[])";
  }
  if (!filter.skill_id.empty()) {
    where += " AND member_id IN (SELECT g.member_id FROM granted_skill g WHERE g.skill_id = " + param(filter.skill_id) +
             " AND g.level >= " + param(std::to_string(filter.level_min)) +
             "::smallint AND (g.expire_time IS NULL OR g.expire_time > now()))";
  }
  if (filter.engagement_type != v1::ENGAGEMENT_TYPE_UNSPECIFIED) {
    where += " AND engagement_type = " + param(std::to_string(filter.engagement_type)) + "::smallint";
  }
  if (!filter.base_id.empty()) where += " AND base_id = " + param(filter.base_id);
  if (!filter.team_id.empty()) where += " AND team_id = " + param(filter.team_id);
  if (!filter.language.empty()) where += " AND " + param(filter.language) + " = ANY(languages)";
  if (!filter.text.empty()) where += " AND search_text LIKE lower(" + param(containing(filter.text)) + ")";
  const std::string limit = param(std::to_string(limit_of(page)));
  const auto rows = t.sql().exec_params(kMembers + "WHERE " + where + " ORDER BY number LIMIT " + limit + "::bigint",
                                        pqxx::prepare::make_dynamic_params(values));
  return page_of<MemberRecord>(rows, page, member_in);
}

void insert_transition(TenantTransaction& t, const std::string& member_id, const v1::MemberTransition& transition,
                       TimePoint now) {
  t.sql().exec_params(
      "INSERT INTO member_transition (member_id, from_state, to_state, reason, actor, transition_time)"
      " VALUES ($1, $2, $3, $4, $5, " +
          time_param(6) + ")",
      member_id, static_cast<int>(transition.from()), static_cast<int>(transition.to()), transition.reason(),
      transition.actor(), micros(now));
}

v1::MemberTransition last_transition(TenantTransaction& t, const std::string& member_id) {
  return transition_in(
      t.sql().exec_params1(kTransitions + "WHERE member_id = $1 ORDER BY number DESC LIMIT 1", member_id));
}

Page<v1::MemberTransition> list_transitions(TenantTransaction& t, const std::string& member_id,
                                            const PageRequest& page) {
  const auto rows = t.sql().exec_params(kTransitions + "WHERE member_id = $3 AND number > $1 ORDER BY number LIMIT $2",
                                        page.after, limit_of(page), member_id);
  return page_of<v1::MemberTransition>(rows, page, transition_in);
}

void insert_roster_change(TenantTransaction& t, const std::string& member_id) {
  t.sql().exec_params("INSERT INTO roster_change (member_id) VALUES ($1)", member_id);
}

std::map<std::string, std::vector<GrantedSkill>> granted_skills(TenantTransaction& t,
                                                                const std::vector<std::string>& member_ids) {
  const auto rows = t.sql().exec_params("SELECT member_id, skill_id, level, coalesce(" + read_time("expire_time") +
                                            ", 0) FROM granted_skill g WHERE member_id = ANY($1::text[]) AND " +
                                            kCleared + " ORDER BY skill_id",
                                        store::to_array(member_ids));
  std::map<std::string, std::vector<GrantedSkill>> skills;
  for (const auto& row : rows) {
    skills[text(row[0])].push_back({text(row[1]), static_cast<std::uint8_t>(row[2].as<int>()), store::time_in(row[3])});
  }
  return skills;
}

std::vector<RosterChange> roster_changes(TenantTransaction& t, std::size_t limit) {
  const auto rows = t.sql().exec_params(
      "SELECT " + kMemberColumns +
          ", c.numbers, chat_limit FROM (SELECT member_id, array_agg(o.number) AS numbers, min(o.number) AS oldest FROM"
          " (SELECT number, member_id FROM roster_change ORDER BY number LIMIT $1) o GROUP BY member_id) c"
          " JOIN member USING (member_id) JOIN (SELECT level, chat_limit FROM tier) r ON r.level = tier"
          " ORDER BY c.oldest",
      static_cast<std::int64_t>(limit));
  std::vector<RosterChange> changes;
  std::vector<std::string> ids;
  for (const auto& row : rows) {
    changes.push_back({{}, member_in(row).member, {}, row[16].as<int>()});
    for (const std::string& number : store::texts_in(row[15])) changes.back().numbers.push_back(std::stoll(number));
    ids.push_back(changes.back().member.member_id());
  }
  auto skills = granted_skills(t, ids);
  for (RosterChange& change : changes) change.skills = skills[change.member.member_id()];
  return changes;
}

std::set<std::string> managed_skills(TenantTransaction& t) {
  std::set<std::string> skills;
  for (const auto& row : t.sql().exec("SELECT skill_id FROM managed_skill")) skills.insert(text(row[0]));
  return skills;
}

void delete_roster_changes(TenantTransaction& t, const std::vector<std::int64_t>& numbers) {
  std::vector<std::string> texts;
  for (const std::int64_t number : numbers) texts.push_back(std::to_string(number));
  t.sql().exec_params("DELETE FROM roster_change WHERE number = ANY($1::bigint[])", store::to_array(texts));
}

// --- skills.h ---

bool manage_skill(TenantTransaction& t, const std::string& skill_id, const std::string& owner) {
  const auto done = t.sql().exec_params(
      "INSERT INTO managed_skill (skill_id, owner) VALUES ($1, $2) ON CONFLICT DO NOTHING", skill_id, owner);
  return done.affected_rows() == 1;
}

void grant_skill(TenantTransaction& t, const std::string& member_id, const std::string& skill_id, std::uint8_t level,
                 std::optional<TimePoint> expires) {
  std::optional<std::int64_t> until;
  if (expires) until = micros(*expires);
  t.sql().exec_params("INSERT INTO granted_skill (member_id, skill_id, level, expire_time) VALUES ($1, $2, $3, " +
                          time_param(4) +
                          ") ON CONFLICT (member_id, skill_id) DO UPDATE SET level = excluded.level, expire_time = "
                          "excluded.expire_time",
                      member_id, skill_id, static_cast<int>(level), until);
  insert_roster_change(t, member_id);
}

void withdraw_skill(TenantTransaction& t, const std::string& member_id, const std::string& skill_id) {
  t.sql().exec_params("DELETE FROM granted_skill WHERE member_id = $1 AND skill_id = $2", member_id, skill_id);
  insert_roster_change(t, member_id);
}

void end_grants(TenantTransaction& t, const std::string& skill_id, const std::vector<std::string>& member_ids,
                TimePoint end) {
  t.sql().exec_params("WITH ended AS (UPDATE granted_skill SET expire_time = least(expire_time, " + time_param(3) +
                          ") WHERE skill_id = $1 AND member_id = ANY($2::text[]) RETURNING member_id)"
                          " INSERT INTO roster_change (member_id) SELECT member_id FROM ended",
                      skill_id, store::to_array(member_ids), micros(end));
}

void change_skills(TenantTransaction& t, const std::vector<SkillChange>& changes) {
  std::vector<std::string> members, skills, levels;
  for (const SkillChange& change : changes) {
    members.push_back(change.member_id);
    skills.push_back(change.skill_id);
    levels.push_back(std::to_string(change.level.value_or(-1)));
  }
  const std::string rows = " FROM unnest($1::text[], $2::text[], $3::smallint[]) AS n (member_id, skill_id, level)";
  const auto run = [&](const std::string& statement) {
    t.sql().exec_params(statement, store::to_array(members), store::to_array(skills), store::to_array(levels));
  };
  run("INSERT INTO granted_skill (member_id, skill_id, level) SELECT member_id, skill_id, level" + rows +
      " WHERE level >= 0 ON CONFLICT (member_id, skill_id) DO UPDATE SET level = excluded.level, expire_time = NULL");
  run("DELETE FROM granted_skill g USING (SELECT *" + rows +
      ") n WHERE n.level < 0 AND g.member_id = n.member_id AND g.skill_id = n.skill_id");
  t.sql().exec_params("INSERT INTO roster_change (member_id) SELECT unnest($1::text[])", store::to_array(members));
}

std::vector<Grant> grants_by(TenantTransaction& t, const std::string& owner_prefix,
                             const std::vector<std::string>& member_ids, TimePoint now) {
  const auto rows = t.sql().exec_params(
      "SELECT member_id, owner, coalesce(" + read_time("expire_time") +
          ", -1) FROM granted_skill JOIN managed_skill USING (skill_id) WHERE starts_with(owner, $1)"
          " AND member_id = ANY($2::text[]) AND (expire_time IS NULL OR expire_time > " +
          time_param(3) + ")",
      owner_prefix, store::to_array(member_ids), micros(now));
  std::vector<Grant> grants;
  for (const auto& row : rows) {
    const bool ends = row[2].as<std::int64_t>() >= 0;
    grants.push_back({text(row[0]), text(row[1]), ends ? store::time_in(row[2]) : TimePoint::max()});
  }
  return grants;
}

std::set<std::string> members_among(TenantTransaction& t, const std::vector<std::string>& member_ids) {
  std::set<std::string> members;
  const auto rows = t.sql().exec_params("SELECT member_id FROM member WHERE member_id = ANY($1::text[])",
                                        store::to_array(member_ids));
  for (const auto& row : rows) members.insert(text(row[0]));
  return members;
}

bool is_managed(TenantTransaction& t, const std::string& skill_id) {
  return !t.sql().exec_params("SELECT FROM managed_skill WHERE skill_id = $1", skill_id).empty();
}

void require_clearance(TenantTransaction& t, const std::string& skill_id, const std::string& cause) {
  const auto done = t.sql().exec_params(
      "INSERT INTO skill_requirement (cause, skill_id) VALUES ($1, $2) ON CONFLICT DO NOTHING", cause, skill_id);
  if (done.affected_rows() == 1) insert_roster_changes(t, cause);
}

void clear(TenantTransaction& t, const std::string& member_id, const std::string& cause) {
  t.sql().exec_params("INSERT INTO skill_clearance (cause, member_id) VALUES ($1, $2) ON CONFLICT DO NOTHING", cause,
                      member_id);
  insert_roster_change(t, member_id);
}

void drop_requirement(TenantTransaction& t, const std::string& cause) {
  insert_roster_changes(t, cause);
  t.sql().exec_params("DELETE FROM skill_requirement WHERE cause = $1", cause);
  t.sql().exec_params("DELETE FROM skill_clearance WHERE cause = $1", cause);
}

std::optional<Known> find_known(TenantTransaction& t, const std::string& member_id) {
  const auto record = find_member(t, member_id);
  if (!record) return std::nullopt;
  return Known{record->member.display_name(), record->member.state()};
}

std::string name_of(TenantTransaction& t, const std::string& member_id) {
  return t.sql().exec_params1("SELECT display_name FROM member WHERE member_id = $1", member_id)[0].as<std::string>();
}

std::optional<v1::MemberState> state_of(TenantTransaction& t, const std::string& member_id) {
  const auto record = find_member(t, member_id);
  if (!record) return std::nullopt;
  return record->member.state();
}

std::map<std::string, v1::MemberState> states_of(TenantTransaction& t, const std::vector<std::string>& member_ids) {
  std::map<std::string, v1::MemberState> states;
  for (const auto& [id, record] : find_members(t, member_ids)) states.emplace(id, record.member.state());
  return states;
}

int tier_of(TenantTransaction& t, const std::string& member_id) { return find_member(t, member_id)->member.tier(); }

}  // namespace muster::members
