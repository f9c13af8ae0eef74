#include "sub_teams.h"

#include <chrono>

#include "lifecycle.h"
#include "member_store.h"
#include "muster/node/render.h"

namespace muster::members {
namespace {

using api::Checker;
using api::found;
using api::precondition;
using api::Refusal;
using api::short_name;

constexpr int kPlaces = 15;
constexpr int kInvitationsMax = 50;
constexpr Duration kInvitationTime = std::chrono::hours(14 * 24);

std::string name_of(const v1::SubTeam& team) { return "sub-team/" + team.leader_id(); }
std::string place_of(const std::string& leader_id, const std::string& member_id) {
  return "sub-team/" + leader_id + "/member/" + member_id;
}
std::string name_of(const v1::SubTeamInvitation& invitation) {
  return "sub-team/" + invitation.leader_id() + "/invitation/" + invitation.member_id();
}

Refusal no_sub_team(const std::string& member_id) {
  return Refusal(api::not_found("SUB_TEAM", "member_id", member_id));
}

/// Keeps in the history, and tells the audit of, one who joined or left, or a sub-team that began or ended.
v1::SubTeamChange note(TenantTransaction& t, const std::string& leader_id, const std::string& member_id,
                       v1::SubTeamChangeKind kind, const std::string& reason, const By& by) {
  v1::SubTeamChange change;
  change.set_leader_id(leader_id);
  change.set_member_id(member_id);
  change.set_kind(kind);
  change.set_reason(reason);
  change.set_actor(by.actor);
  node::to_proto(by.now, change.mutable_change_time());
  insert_change(t, change);
  return change;
}

// --- who may lead, and who may join ---

void expect_leads(const v1::Member& leader) {
  if (leader.state() == v1::MEMBER_STATE_ACTIVE) return;
  throw Refusal(precondition(
      "SUB_TEAM_LEADER_NOT_ACTIVE",
      "member_id '" + leader.member_id() + "' is " + short_name(leader.state()) + ": only who is ACTIVE may lead",
      {{"member_id", leader.member_id()}, {"state", short_name(leader.state())}}));
}

bool is_free(TenantTransaction& t, const std::string& member_id) {
  return !find_sub_team(t, member_id) && leader_of(t, member_id).empty();
}

void expect_free(TenantTransaction& t, const std::string& member_id) {
  if (is_free(t, member_id)) return;
  throw Refusal(precondition("ALREADY_IN_SUB_TEAM", "member_id '" + member_id + "' leads a sub-team, or is in one",
                             {{"member_id", member_id}}));
}

void expect_same_base(const v1::Member& leader, const v1::Member& member) {
  if (leader.base_id() == member.base_id()) return;
  throw Refusal(precondition("SUB_TEAM_OF_OTHER_BASE",
                             "member_id '" + member.member_id() + "' is not of the leader's base_id '" +
                                 leader.base_id() + "', and all of a sub-team must be",
                             {{"member_id", member.member_id()}, {"base_id", leader.base_id()}}));
}

/// Refuses who has left, is taken, or of another base.
void expect_may_join(TenantTransaction& t, const v1::Member& leader, const v1::Member& member) {
  if (member.state() == v1::MEMBER_STATE_CLOSED) {
    throw Refusal(precondition("MEMBER_CLOSED", "member_id '" + member.member_id() + "' has left",
                               {{"member_id", member.member_id()}}));
  }
  expect_free(t, member.member_id());
  expect_same_base(leader, member);
}

/// The same for who is not asked yet: which of them it is concerns no leader.
void expect_may_be_invited(TenantTransaction& t, const v1::Member& leader, const v1::Member& member) {
  const bool may_join = member.state() != v1::MEMBER_STATE_CLOSED && is_free(t, member.member_id()) &&
                        leader.base_id() == member.base_id();
  if (may_join) return;
  throw Refusal(precondition("SUB_TEAM_INVITEE_UNAVAILABLE",
                             "member_id '" + member.member_id() + "' cannot be invited to this sub-team",
                             {{"member_id", member.member_id()}}));
}

void expect_place(const v1::SubTeam& team) {
  if (team.member_count() < kPlaces) return;
  throw Refusal(precondition("SUB_TEAM_FULL",
                             "the sub-team of '" + team.leader_id() + "' has " + std::to_string(kPlaces) + " members",
                             {{"leader_id", team.leader_id()}, {"member_limit", std::to_string(kPlaces)}}));
}

/// A leader and somebody else, both locked, in the order in which all lock members.
struct Pair {
  v1::Member leader;
  v1::Member other;
};
Pair lock_both(TenantTransaction& t, const std::string& leader_id, const std::string& other_id) {
  const auto members = find_members(t, {leader_id, other_id});
  const auto leader = members.find(leader_id), other = members.find(other_id);
  if (leader == members.end()) throw Refusal(api::not_found("MEMBER", "member_id", leader_id));
  if (other == members.end()) throw Refusal(api::not_found("MEMBER", "member_id", other_id));
  return {leader->second.member, other->second.member};
}

// --- how it ends ---

void leave(TenantTransaction& t, const std::string& leader_id, const std::string& member_id, const std::string& reason,
           const By& by) {
  const auto change = note(t, leader_id, member_id, v1::SUB_TEAM_CHANGE_KIND_LEFT, reason, by);
  by.changed(place_of(leader_id, member_id), nullptr, &change);
}

void dissolve(TenantTransaction& t, const v1::SubTeam& team, const std::string& reason, const By& by) {
  const std::string& leader_id = team.leader_id();
  for (const std::string& member_id : delete_places(t, leader_id)) leave(t, leader_id, member_id, reason, by);
  delete_sub_team(t, leader_id);
  static_cast<void>(note(t, leader_id, leader_id, v1::SUB_TEAM_CHANGE_KIND_DISSOLVED, reason, by));
  by.changed(name_of(team), &team, nullptr);
}

}  // namespace

// --- checks ---

void check(v1::CreateSubTeamRequest& request, Checker& check) {
  check.id("member_id", request.member_id());
  api::check_name("display_name", request.display_name(), check);
}

void check(v1::InviteToSubTeamRequest& request, Checker& check) {
  check.id("member_id", request.member_id());
  check.id("invitee_id", request.invitee_id());
}

void check(v1::AnswerSubTeamInvitationRequest& request, Checker& check) {
  check.id("member_id", request.member_id());
  check.id("leader_id", request.leader_id());
}

void check(v1::LeaveSubTeamRequest& request, Checker& check) {
  check.id("member_id", request.member_id());
  check.text("reason", request.reason());
}

void check(v1::RemoveSubTeamMemberRequest& request, Checker& check) {
  check.id("member_id", request.member_id());
  check.id("removed_id", request.removed_id());
  api::check_name("reason", request.reason(), check);
}

void check(v1::DissolveSubTeamRequest& request, Checker& check) {
  check.id("member_id", request.member_id());
  api::check_name("reason", request.reason(), check);
}

// --- changes ---

v1::CreateSubTeamResponse carry_out(TenantTransaction& t, const v1::CreateSubTeamRequest& request, const By& by) {
  const std::string& id = request.member_id();
  expect_leads(found(find_member(t, id), "MEMBER", "member_id", id).member);
  expect_free(t, id);
  v1::CreateSubTeamResponse response;
  v1::SubTeam& team = *response.mutable_sub_team();
  team.set_leader_id(id);
  team.set_display_name(request.display_name());
  node::to_proto(by.now, team.mutable_create_time());
  insert_sub_team(t, team, by.now);
  static_cast<void>(note(t, id, id, v1::SUB_TEAM_CHANGE_KIND_FOUNDED, "", by));
  by.changed(name_of(team), nullptr, &team);
  return response;
}

v1::InviteToSubTeamResponse carry_out(TenantTransaction& t, const v1::InviteToSubTeamRequest& request, const By& by) {
  const std::string& id = request.member_id();
  static_cast<void>(found(find_sub_team(t, id), "SUB_TEAM", "member_id", id));  // who leads nobody learns of nobody
  const Pair both = lock_both(t, id, request.invitee_id());
  const v1::SubTeam team = found(find_sub_team(t, id), "SUB_TEAM", "member_id", id);
  expect_leads(both.leader);
  expect_may_be_invited(t, both.leader, both.other);
  expect_place(team);
  const auto before = find_invitation(t, id, request.invitee_id(), by.now);
  if (!before && count_invitations(t, id, by.now) >= kInvitationsMax) {
    throw Refusal(precondition("SUB_TEAM_INVITATION_LIMIT",
                               std::to_string(kInvitationsMax) + " invitations of '" + id + "' wait for an answer",
                               {{"leader_id", id}, {"limit", std::to_string(kInvitationsMax)}}));
  }
  v1::InviteToSubTeamResponse response;
  v1::SubTeamInvitation& invitation = *response.mutable_invitation();
  invitation.set_leader_id(id);
  invitation.set_member_id(request.invitee_id());
  invitation.set_display_name(team.display_name());
  node::to_proto(by.now + kInvitationTime, invitation.mutable_end_time());
  put_invitation(t, invitation);
  by.changed(name_of(invitation), before ? &*before : nullptr, &invitation);
  return response;
}

v1::AnswerSubTeamInvitationResponse carry_out(TenantTransaction& t, const v1::AnswerSubTeamInvitationRequest& request,
                                              const By& by) {
  const std::string &id = request.member_id(), &leader_id = request.leader_id();
  api::expect_member(by.own_member);
  const auto invited = [&] { return find_invitation(t, leader_id, id, by.now); };
  static_cast<void>(found(invited(), "SUB_TEAM_INVITATION", "leader_id", leader_id));  // before anybody is locked
  const Pair both = lock_both(t, leader_id, id);
  const auto invitation = found(invited(), "SUB_TEAM_INVITATION", "leader_id", leader_id);
  delete_invitation(t, invitation);
  by.changed(name_of(invitation), &invitation, nullptr);
  v1::AnswerSubTeamInvitationResponse response;
  if (!request.accepted()) return response;
  expect_leads(both.leader);
  expect_may_join(t, both.leader, both.other);
  expect_place(*find_sub_team(t, leader_id));
  insert_place(t, leader_id, id, by.now);
  const auto change = note(t, leader_id, id, v1::SUB_TEAM_CHANGE_KIND_JOINED, "", by);
  by.changed(place_of(leader_id, id), nullptr, &change);
  *response.mutable_sub_team() = *find_sub_team(t, leader_id);
  return response;
}

v1::LeaveSubTeamResponse carry_out(TenantTransaction& t, const v1::LeaveSubTeamRequest& request, const By& by) {
  const std::string& id = request.member_id();
  static_cast<void>(found(find_member(t, id), "MEMBER", "member_id", id));
  const std::string leader_id = delete_place(t, id);
  if (leader_id.empty()) throw no_sub_team(id);
  leave(t, leader_id, id, request.reason(), by);
  return {};
}

v1::RemoveSubTeamMemberResponse carry_out(TenantTransaction& t, const v1::RemoveSubTeamMemberRequest& request,
                                          const By& by) {
  const std::string &id = request.member_id(), &removed_id = request.removed_id();
  const auto expect_in_it = [&] {
    if (leader_of(t, removed_id) != id) throw Refusal(api::not_found("SUB_TEAM_MEMBER", "removed_id", removed_id));
  };
  expect_in_it();  // before anybody is locked
  static_cast<void>(lock_both(t, id, removed_id));
  expect_in_it();
  static_cast<void>(delete_place(t, removed_id));
  leave(t, id, removed_id, request.reason(), by);
  return {};
}

v1::DissolveSubTeamResponse carry_out(TenantTransaction& t, const v1::DissolveSubTeamRequest& request, const By& by) {
  const std::string& id = request.member_id();
  static_cast<void>(found(find_member(t, id), "MEMBER", "member_id", id));
  dissolve(t, found(find_sub_team(t, id), "SUB_TEAM", "member_id", id), request.reason(), by);
  return {};
}

void end_sub_team_ties(TenantTransaction& t, const std::string& member_id, const std::string& reason, const By& by) {
  if (const auto led = find_sub_team(t, member_id)) dissolve(t, *led, reason, by);
  const std::string leader_id = delete_place(t, member_id);
  if (!leader_id.empty()) leave(t, leader_id, member_id, reason, by);
}

// --- reads ---

v1::GetSubTeamResponse sub_team_shown(TenantTransaction& t, const std::string& member_id, const std::string& own_member,
                                      TimePoint now) {
  auto team = find_sub_team(t, member_id);
  if (!team) team = find_sub_team(t, leader_of(t, member_id));
  if (!team) throw no_sub_team(member_id);
  const bool all = own_member.empty() || own_member == team->leader_id();
  v1::GetSubTeamResponse response;
  for (v1::SubTeamMember& member : sub_team_members(t, team->leader_id(), now)) {
    if (all || member.member_id() == own_member) *response.add_members() = std::move(member);
  }
  *response.mutable_sub_team() = *std::move(team);
  return response;
}

}  // namespace muster::members
