#include "sub_team_store.h"

#include <map>
#include <pqxx/pqxx>

#include "member_store.h"
#include "muster/node/render.h"

namespace muster::members {
namespace {

using store::limit_of;
using store::micros;
using store::page_of;
using store::read_time;
using store::time_in;
using store::time_param;

std::string text(const pqxx::field& field) { return field.as<std::string>(); }
void read(const pqxx::field& field, google::protobuf::Timestamp* out) { node::to_proto(time_in(field), out); }

const std::string kSubTeams =
    "SELECT number, leader_id, display_name, (SELECT count(*) FROM sub_team_member p WHERE p.leader_id = "
    "s.leader_id), " +
    read_time("create_time") + " FROM sub_team s ";

v1::SubTeam sub_team_in(const pqxx::row& row) {
  v1::SubTeam team;
  team.set_leader_id(text(row[1]));
  team.set_display_name(text(row[2]));
  team.set_member_count(row[3].as<int>());
  read(row[4], team.mutable_create_time());
  return team;
}

const std::string kInvitations = "SELECT i.number, leader_id, i.member_id, s.display_name, " + read_time("i.end_time") +
                                 " FROM sub_team_invitation i JOIN sub_team s USING (leader_id) WHERE i.end_time > " +
                                 time_param(1);

v1::SubTeamInvitation invitation_in(const pqxx::row& row) {
  v1::SubTeamInvitation invitation;
  invitation.set_leader_id(text(row[1]));
  invitation.set_member_id(text(row[2]));
  invitation.set_display_name(text(row[3]));
  read(row[4], invitation.mutable_end_time());
  return invitation;
}

v1::SubTeamChange change_in(const pqxx::row& row) {
  v1::SubTeamChange change;
  change.set_leader_id(text(row[1]));
  change.set_member_id(text(row[2]));
  change.set_kind(static_cast<v1::SubTeamChangeKind>(row[3].as<int>()));
  change.set_reason(text(row[4]));
  change.set_actor(text(row[5]));
  read(row[6], change.mutable_change_time());
  return change;
}

}  // namespace

// --- sub-teams ---

std::optional<v1::SubTeam> find_sub_team(TenantTransaction& t, const std::string& leader_id) {
  const auto rows = t.sql().exec_params(kSubTeams + "WHERE leader_id = $1", leader_id);
  if (rows.empty()) return std::nullopt;
  return sub_team_in(rows[0]);
}

void insert_sub_team(TenantTransaction& t, const v1::SubTeam& team, TimePoint now) {
  t.sql().exec_params(
      "INSERT INTO sub_team (leader_id, display_name, create_time) VALUES ($1, $2, " + time_param(3) + ")",
      team.leader_id(), team.display_name(), micros(now));
}

void delete_sub_team(TenantTransaction& t, const std::string& leader_id) {
  t.sql().exec_params("DELETE FROM sub_team WHERE leader_id = $1", leader_id);
}

Page<v1::SubTeam> list_sub_teams(TenantTransaction& t, const PageRequest& page) {
  const auto rows =
      t.sql().exec_params(kSubTeams + "WHERE number > $1 ORDER BY number LIMIT $2", page.after, limit_of(page));
  return page_of<v1::SubTeam>(rows, page, sub_team_in);
}

// --- who is in them ---

std::string leader_of(TenantTransaction& t, const std::string& member_id) {
  const auto rows = t.sql().exec_params("SELECT leader_id FROM sub_team_member WHERE member_id = $1", member_id);
  return rows.empty() ? "" : text(rows[0][0]);
}

std::vector<v1::SubTeamMember> sub_team_members(TenantTransaction& t, const std::string& leader_id, TimePoint now) {
  std::vector<v1::SubTeamMember> members;
  std::vector<std::string> ids;
  for (const auto& row : t.sql().exec_params("SELECT member_id, display_name, state, tier, " + read_time("join_time") +
                                                 " FROM sub_team_member JOIN member USING (member_id)"
                                                 " WHERE leader_id = $1 ORDER BY join_time, member_id",
                                             leader_id)) {
    v1::SubTeamMember& member = members.emplace_back();
    member.set_member_id(text(row[0]));
    member.set_display_name(text(row[1]));
    member.set_state(static_cast<v1::MemberState>(row[2].as<int>()));
    member.set_tier(row[3].as<int>());
    read(row[4], member.mutable_join_time());
    ids.push_back(member.member_id());
  }
  const auto granted = granted_skills(t, ids);
  for (v1::SubTeamMember& member : members) {
    const auto skills = granted.find(member.member_id());
    if (skills == granted.end()) continue;
    for (const GrantedSkill& skill : skills->second) {
      if (skill.expires != TimePoint{} && skill.expires <= now) continue;
      v1::SubTeamSkill& shown = *member.add_skills();
      shown.set_skill_id(skill.skill_id);
      shown.set_level(skill.level);
    }
  }
  return members;
}

void insert_place(TenantTransaction& t, const std::string& leader_id, const std::string& member_id, TimePoint now) {
  t.sql().exec_params(
      "INSERT INTO sub_team_member (leader_id, member_id, join_time) VALUES ($1, $2, " + time_param(3) + ")", leader_id,
      member_id, micros(now));
}

std::string delete_place(TenantTransaction& t, const std::string& member_id) {
  const auto rows =
      t.sql().exec_params("DELETE FROM sub_team_member WHERE member_id = $1 RETURNING leader_id", member_id);
  return rows.empty() ? "" : text(rows[0][0]);
}

std::vector<std::string> delete_places(TenantTransaction& t, const std::string& leader_id) {
  std::vector<std::string> members;
  for (const auto& row :
       t.sql().exec_params("DELETE FROM sub_team_member WHERE leader_id = $1 RETURNING member_id", leader_id)) {
    members.push_back(text(row[0]));
  }
  return members;
}

// --- invitations ---

std::optional<v1::SubTeamInvitation> find_invitation(TenantTransaction& t, const std::string& leader_id,
                                                     const std::string& member_id, TimePoint now) {
  const auto rows =
      t.sql().exec_params(kInvitations + " AND leader_id = $2 AND i.member_id = $3", micros(now), leader_id, member_id);
  if (rows.empty()) return std::nullopt;
  return invitation_in(rows[0]);
}

int count_invitations(TenantTransaction& t, const std::string& leader_id, TimePoint now) {
  return t.sql()
      .exec_params1("SELECT count(*) FROM sub_team_invitation WHERE leader_id = $2 AND end_time > " + time_param(1),
                    micros(now), leader_id)[0]
      .as<int>();
}

void put_invitation(TenantTransaction& t, const v1::SubTeamInvitation& invitation) {
  t.sql().exec_params("INSERT INTO sub_team_invitation (leader_id, member_id, end_time) VALUES ($1, $2, " +
                          time_param(3) +
                          ") ON CONFLICT (leader_id, member_id) DO UPDATE SET end_time = excluded.end_time",
                      invitation.leader_id(), invitation.member_id(), micros(node::from_proto(invitation.end_time())));
}

void delete_invitation(TenantTransaction& t, const v1::SubTeamInvitation& invitation) {
  t.sql().exec_params("DELETE FROM sub_team_invitation WHERE leader_id = $1 AND member_id = $2", invitation.leader_id(),
                      invitation.member_id());
}

Page<v1::SubTeamInvitation> list_invitations(TenantTransaction& t, const std::string& member_id, TimePoint now,
                                             const PageRequest& page) {
  const auto rows = t.sql().exec_params(kInvitations +
                                            " AND i.number > $2 AND ($4 = '' OR leader_id = $4 OR i.member_id = $4)"
                                            " ORDER BY i.number LIMIT $3",
                                        micros(now), page.after, limit_of(page), member_id);
  return page_of<v1::SubTeamInvitation>(rows, page, invitation_in);
}

// --- history ---

void insert_change(TenantTransaction& t, const v1::SubTeamChange& change) {
  t.sql().exec_params(
      "INSERT INTO sub_team_change (leader_id, member_id, kind, reason, actor, change_time) VALUES ($1, $2, $3, $4, "
      "$5, " +
          time_param(6) + ")",
      change.leader_id(), change.member_id(), static_cast<int>(change.kind()), change.reason(), change.actor(),
      micros(node::from_proto(change.change_time())));
}

Page<v1::SubTeamChange> list_changes(TenantTransaction& t, const std::string& member_id, const PageRequest& page) {
  const auto rows = t.sql().exec_params(
      "SELECT number, leader_id, member_id, kind, reason, actor, " + read_time("change_time") +
          " FROM sub_team_change WHERE number > $1 AND ($3 = '' OR leader_id = $3 OR member_id = $3)"
          " ORDER BY number LIMIT $2",
      page.after, limit_of(page), member_id);
  return page_of<v1::SubTeamChange>(rows, page, change_in);
}

}  // namespace muster::members
