#include "registry.h"

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <optional>
#include <set>
#include <string_view>

#include "lifecycle.h"
#include "muster/node/time_zones.h"
#include "sub_teams.h"
#include "tier_store.h"

namespace muster::members {
namespace {

using api::already_exists;
using api::check_mask;
using api::check_name;
using api::Checker;
using api::Error;
using api::found;
using api::precondition;
using api::Refusal;
using api::sets;
using api::short_name;

constexpr int kImportMax = 1'000;
constexpr int kLanguagesMax = 16;
constexpr int kTeamLimitMax = 100;
constexpr int kTeamLimit = 15;
constexpr const char* kTimeZone = "Asia/Shanghai";

// --- refusals ---

Error team_full(const v1::Team& team, int limit) {
  return precondition("TEAM_FULL",
                      "team_id '" + team.team_id() + "' has " + std::to_string(team.member_count()) +
                          " members, and may have " + std::to_string(limit),
                      {{"team_id", team.team_id()},
                       {"member_count", std::to_string(team.member_count())},
                       {"member_limit", std::to_string(limit)}});
}

// --- shapes ---

/// Letters, digits and hyphens, as BCP 47 tags are written.
bool looks_like_a_language(const std::string& tag) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  };
  return tag.size() >= 2 && tag.size() <= 35 && std::all_of(tag.begin(), tag.end(), fits) && tag.front() != '-' &&
         tag.back() != '-';
}

void check_time_zone(const std::string& path, std::string& name, Checker& check) {
  if (name.empty()) name = kTimeZone;
  check.expect(node::is_time_zone(name), path, "is not an IANA time zone such as Asia/Shanghai");
}

void check_languages(const std::string& path, v1::Member& member, Checker& check) {
  auto& languages = *member.mutable_languages();
  if (!check.count(path, languages.size(), 0, kLanguagesMax)) return;
  for (int i = 0; i < languages.size(); ++i) {
    check.expect(looks_like_a_language(languages[i]), api::indexed(path, i), "is not a language tag such as zh-CN");
  }
  std::sort(languages.begin(), languages.end());
  languages.erase(std::unique(languages.begin(), languages.end()), languages.end());
}

void check_member(const std::string& prefix, v1::Member& member, const google::protobuf::FieldMask* mask,
                  Checker& check) {
  check.id(prefix + "member_id", member.member_id());
  if (sets(mask, "display_name")) check_name(prefix + "display_name", member.display_name(), check);
  if (sets(mask, "engagement_type")) {
    const bool known = member.engagement_type() != v1::ENGAGEMENT_TYPE_UNSPECIFIED &&
                       v1::EngagementType_IsValid(member.engagement_type());
    check.expect(known, prefix + "engagement_type", "must be one of the types of engagement");
  }
  if (sets(mask, "base_id")) check.optional_id(prefix + "base_id", member.base_id());
  if (sets(mask, "team_id")) check.optional_id(prefix + "team_id", member.team_id());
  if (sets(mask, "languages")) check_languages(prefix + "languages", member, check);
  if (sets(mask, "time_zone")) check_time_zone(prefix + "time_zone", *member.mutable_time_zone(), check);
}

void check_base(v1::Base& base, const google::protobuf::FieldMask* mask, Checker& check) {
  check.id("base.base_id", base.base_id());
  if (sets(mask, "display_name")) check_name("base.display_name", base.display_name(), check);
  if (sets(mask, "time_zone")) check_time_zone("base.time_zone", *base.mutable_time_zone(), check);
}

void check_team(v1::Team& team, const google::protobuf::FieldMask* mask, Checker& check) {
  check.id("team.team_id", team.team_id());
  if (!mask) check.id("team.base_id", team.base_id());
  if (sets(mask, "display_name")) check_name("team.display_name", team.display_name(), check);
  if (sets(mask, "coach_id")) check.optional_id("team.coach_id", team.coach_id());
  if (!sets(mask, "member_limit")) return;
  if (team.member_limit() == 0) team.set_member_limit(kTeamLimit);
  check.number("team.member_limit", team.member_limit(), 1, kTeamLimitMax);
}

// --- places of members ---

/// The bases and teams that members of one transaction belong to, each looked up once.
class Places {
 public:
  explicit Places(TenantTransaction& t) : t_(t) {}

  /// Looks the teams up now, in the order in which all lock teams.
  void hold_teams(const std::set<std::string>& team_ids) {
    for (const std::string& id : team_ids) static_cast<void>(team(id));
  }

  /// Why the member cannot be there; `before`: as it is so far, if it is.
  std::optional<Error> refuse(const v1::Member& member, const v1::Member* before) {
    if (!member.base_id().empty() && !base(member.base_id())) {
      return api::not_found("BASE", "base_id", member.base_id());
    }
    if (member.team_id().empty()) return std::nullopt;
    const v1::Team* team = this->team(member.team_id());
    if (!team) return api::not_found("TEAM", "team_id", member.team_id());
    if (team->base_id() != member.base_id()) {
      return precondition(
          "TEAM_OF_OTHER_BASE",
          "team_id '" + team->team_id() + "' is of base_id '" + team->base_id() + "', and so must its members be",
          {{"team_id", team->team_id()}, {"base_id", team->base_id()}});
    }
    const bool joins = !before || before->team_id() != member.team_id();
    if (joins && team->member_count() >= team->member_limit()) return team_full(*team, team->member_limit());
    return std::nullopt;
  }

  /// Counts a member who was not refused.
  void take(const v1::Member& member, const v1::Member* before) {
    if (before && before->team_id() == member.team_id()) return;
    if (before) count(before->team_id(), -1);
    count(member.team_id(), +1);
  }

 private:
  void count(const std::string& team_id, int sign) {
    const auto team = teams_.find(team_id);
    if (team != teams_.end() && team->second) team->second->set_member_count(team->second->member_count() + sign);
  }
  bool base(const std::string& id) {
    const auto known = bases_.find(id);
    if (known != bases_.end()) return known->second;
    return bases_[id] = find_base(t_, id).has_value();
  }
  const v1::Team* team(const std::string& id) {
    auto known = teams_.find(id);
    if (known == teams_.end()) known = teams_.emplace(id, find_team(t_, id)).first;
    return known->second ? &*known->second : nullptr;
  }

  TenantTransaction& t_;
  std::map<std::string, bool> bases_;
  std::map<std::string, std::optional<v1::Team>> teams_;
};

/// The fields that people set.
void copy_facts(const v1::Member& from, v1::Member& to, const google::protobuf::FieldMask* mask) {
  if (sets(mask, "display_name")) to.set_display_name(from.display_name());
  if (sets(mask, "engagement_type")) to.set_engagement_type(from.engagement_type());
  if (sets(mask, "base_id")) to.set_base_id(from.base_id());
  if (sets(mask, "team_id")) to.set_team_id(from.team_id());
  if (sets(mask, "languages")) *to.mutable_languages() = from.languages();
  if (sets(mask, "time_zone")) to.set_time_zone(from.time_zone());
}

bool same_facts(const v1::Member& a, const v1::Member& b) {
  v1::Member facts_of_a, facts_of_b;
  copy_facts(a, facts_of_a, nullptr);
  copy_facts(b, facts_of_b, nullptr);
  return facts_of_a.SerializeAsString() == facts_of_b.SerializeAsString();
}

std::optional<Error> refuse_closed(const v1::Member& member) {
  if (member.state() != v1::MEMBER_STATE_CLOSED) return std::nullopt;
  return precondition("MEMBER_CLOSED", "member_id '" + member.member_id() + "' has left",
                      {{"member_id", member.member_id()}});
}

MemberRecord applied(const v1::Member& facts) {
  MemberRecord record;
  record.member.set_member_id(facts.member_id());
  copy_facts(facts, record.member, nullptr);
  record.member.set_state(v1::MEMBER_STATE_APPLIED);
  return record;
}

void note_transition(TenantTransaction& t, const std::string& member_id, v1::MemberState from, v1::MemberState to,
                     const std::string& reason, const By& by) {
  v1::MemberTransition transition;
  transition.set_from(from);
  transition.set_to(to);
  transition.set_reason(reason);
  transition.set_actor(by.actor);
  insert_transition(t, member_id, transition, by.now);
}

/// False if there is one already.
bool add(TenantTransaction& t, const MemberRecord& record, const By& by) {
  if (!insert_member(t, record, by.now)) return false;
  const std::string& id = record.member.member_id();
  note_transition(t, id, v1::MEMBER_STATE_UNSPECIFIED, record.member.state(), "", by);
  by.changed("member/" + id, nullptr, &record.member);
  return true;
}

void change(TenantTransaction& t, const v1::Member& before, const MemberRecord& record, const By& by) {
  const std::string& id = record.member.member_id();
  update_member(t, record, by.now);
  insert_roster_change(t, id);
  by.changed("member/" + id, &before, &record.member);
  const bool left = record.member.state() == v1::MEMBER_STATE_CLOSED;
  if (left) end_sub_team_ties(t, id, id + " has left for good", by);
  if (record.member.base_id() != before.base_id()) end_sub_team_ties(t, id, id + " has another base", by);
}

v1::Member member_now(TenantTransaction& t, const std::string& member_id) { return shown(*find_member(t, member_id)); }

}  // namespace

v1::Member shown(const MemberRecord& record) {
  v1::Member member = record.member;
  for (const v1::MemberState next : next_states(member.state(), record.returns_to)) member.add_next_states(next);
  return member;
}

void move_member(TenantTransaction& t, MemberRecord record, v1::MemberState to, const std::string& reason,
                 const By& by) {
  const v1::Member before = record.member;
  const bool first_tier = serves(to) && before.tier() == 0;
  record.returns_to = returns_to_after(before.state(), record.returns_to, to);
  record.member.set_state(to);
  record.member.set_state_reason(reason);
  if (first_tier) record.member.set_tier(1);
  change(t, before, record, by);
  if (first_tier) set_member_tier(t, before.member_id(), list_tiers(t)[1], by.now);
  note_transition(t, before.member_id(), before.state(), to, reason, by);
}

// --- checks ---

void check(v1::CreateMemberRequest& request, Checker& check) {
  check_member("member.", *request.mutable_member(), nullptr, check);
}

void check(v1::UpdateMemberRequest& request, Checker& check) {
  check_mask(request.update_mask(), {"display_name", "engagement_type", "base_id", "team_id", "languages", "time_zone"},
             check);
  check_member("member.", *request.mutable_member(), &request.update_mask(), check);
}

void check(v1::ChangeMemberStateRequest& request, Checker& check) {
  check.id("member_id", request.member_id());
  check.text("reason", request.reason());
  const bool known =
      request.state() != v1::MEMBER_STATE_UNSPECIFIED && v1::MemberState_IsValid(static_cast<int>(request.state()));
  if (!check.expect(known, "state", "must be one of the states of a member")) return;
  check.expect(!needs_reason(request.state()) || !request.reason().empty(), "reason",
               "must say why: the member is told");
}

void check(v1::ImportMembersRequest& request, Checker& check) {
  check.count("members", request.members_size(), 1, kImportMax);
}

void check(v1::CreateBaseRequest& request, Checker& check) { check_base(*request.mutable_base(), nullptr, check); }

void check(v1::UpdateBaseRequest& request, Checker& check) {
  check_mask(request.update_mask(), {"display_name", "time_zone"}, check);
  check_base(*request.mutable_base(), &request.update_mask(), check);
}

void check(v1::DeleteBaseRequest& request, Checker& check) { check.id("base_id", request.base_id()); }

void check(v1::CreateTeamRequest& request, Checker& check) { check_team(*request.mutable_team(), nullptr, check); }

void check(v1::UpdateTeamRequest& request, Checker& check) {
  check_mask(request.update_mask(), {"display_name", "coach_id", "member_limit"}, check);
  check_team(*request.mutable_team(), &request.update_mask(), check);
}

void check(v1::DeleteTeamRequest& request, Checker& check) { check.id("team_id", request.team_id()); }

// --- members ---

v1::CreateMemberResponse carry_out(TenantTransaction& t, const v1::CreateMemberRequest& request, const By& by) {
  const v1::Member& facts = request.member();
  if (auto error = Places(t).refuse(facts, nullptr)) throw Refusal(*error);
  if (!add(t, applied(facts), by)) throw Refusal(already_exists("MEMBER", "member_id", facts.member_id()));
  v1::CreateMemberResponse response;
  *response.mutable_member() = member_now(t, facts.member_id());
  return response;
}

v1::UpdateMemberResponse carry_out(TenantTransaction& t, const v1::UpdateMemberRequest& request, const By& by) {
  const std::string& id = request.member().member_id();
  MemberRecord record = found(find_member(t, id), "MEMBER", "member_id", id);
  if (auto error = refuse_closed(record.member)) throw Refusal(*error);
  const v1::Member before = record.member;
  copy_facts(request.member(), record.member, &request.update_mask());
  if (auto error = Places(t).refuse(record.member, &before)) throw Refusal(*error);
  change(t, before, record, by);
  v1::UpdateMemberResponse response;
  *response.mutable_member() = member_now(t, id);
  return response;
}

v1::ChangeMemberStateResponse carry_out(TenantTransaction& t, const v1::ChangeMemberStateRequest& request,
                                        const By& by) {
  if (serves(request.state())) static_cast<void>(hold_tiers(t));
  MemberRecord record = found(find_member(t, request.member_id()), "MEMBER", "member_id", request.member_id());
  const v1::MemberState from = record.member.state();
  const auto next = next_states(from, record.returns_to);
  if (std::find(next.begin(), next.end(), request.state()) == next.end()) {
    std::string allowed;
    for (const v1::MemberState state : next) allowed += (allowed.empty() ? "" : ", ") + short_name(state);
    throw Refusal(
        precondition("MEMBER_WRONG_STATE",
                     "member_id '" + request.member_id() + "' is " + short_name(from) + ": " +
                         (next.empty() ? "no other state may follow" : "only " + allowed + " may follow"),
                     {{"member_id", request.member_id()}, {"state", short_name(from)}, {"next_states", allowed}}));
  }
  move_member(t, std::move(record), request.state(), request.reason(), by);
  v1::ChangeMemberStateResponse response;
  *response.mutable_member() = member_now(t, request.member_id());
  return response;
}

v1::ImportMembersResponse carry_out(TenantTransaction& t, const v1::ImportMembersRequest& request, const By& by) {
  using Result = v1::ImportMembersResponse::Result;
  std::vector<std::string> ids;
  std::set<std::string> team_ids;
  for (const v1::Member& member : request.members()) {
    ids.push_back(member.member_id());
    if (!member.team_id().empty()) team_ids.insert(member.team_id());
  }
  std::map<std::string, MemberRecord> known = find_members(t, ids);
  Places places(t);
  places.hold_teams(team_ids);
  v1::ImportMembersResponse response;
  for (v1::Member facts : request.members()) {
    Result& result = *response.add_results();
    Checker checker;
    check_member("", facts, nullptr, checker);
    if (!checker.ok()) {
      *result.mutable_error() = api::to_rpc_status(checker.error());
      continue;
    }
    const auto there = known.find(facts.member_id());
    const v1::Member* before = there == known.end() ? nullptr : &there->second.member;
    if (before && same_facts(facts, *before)) {
      result.set_outcome(Result::OUTCOME_UNCHANGED);
      continue;
    }
    auto error = before ? refuse_closed(*before) : std::nullopt;
    if (!error) error = places.refuse(facts, before);
    if (error) {
      *result.mutable_error() = api::to_rpc_status(*error);
      continue;
    }
    places.take(facts, before);
    MemberRecord record = before ? there->second : applied(facts);
    copy_facts(facts, record.member, nullptr);
    result.set_outcome(before ? Result::OUTCOME_UPDATED : Result::OUTCOME_CREATED);
    if (!request.validate_only()) before ? change(t, *before, record, by) : static_cast<void>(add(t, record, by));
    known[facts.member_id()] = std::move(record);
  }
  return response;
}

// --- bases ---

v1::CreateBaseResponse carry_out(TenantTransaction& t, const v1::CreateBaseRequest& request, const By& by) {
  const std::string& id = request.base().base_id();
  if (!insert_base(t, request.base(), by.now)) throw Refusal(already_exists("BASE", "base_id", id));
  by.changed("base/" + id, nullptr, &request.base());
  v1::CreateBaseResponse response;
  *response.mutable_base() = *find_base(t, id);
  return response;
}

v1::UpdateBaseResponse carry_out(TenantTransaction& t, const v1::UpdateBaseRequest& request, const By& by) {
  const std::string& id = request.base().base_id();
  const v1::Base before = found(find_base(t, id), "BASE", "base_id", id);
  v1::Base base = before;
  if (sets(&request.update_mask(), "display_name")) base.set_display_name(request.base().display_name());
  if (sets(&request.update_mask(), "time_zone")) base.set_time_zone(request.base().time_zone());
  update_base(t, base);
  by.changed("base/" + id, &before, &base);
  v1::UpdateBaseResponse response;
  *response.mutable_base() = base;
  return response;
}

v1::DeleteBaseResponse carry_out(TenantTransaction& t, const v1::DeleteBaseRequest& request, const By& by) {
  const std::string& id = request.base_id();
  const v1::Base base = found(find_base(t, id), "BASE", "base_id", id);
  if (delete_base(t, id)) {
    by.changed("base/" + id, &base, nullptr);
    return {};
  }
  throw Refusal(precondition("BASE_IN_USE", "base_id '" + id + "' is named by a member or a team", {{"base_id", id}}));
}

// --- teams ---

v1::CreateTeamResponse carry_out(TenantTransaction& t, const v1::CreateTeamRequest& request, const By& by) {
  const v1::Team& team = request.team();
  found(find_base(t, team.base_id()), "BASE", "base_id", team.base_id());
  if (!team.coach_id().empty()) found(find_member(t, team.coach_id()), "MEMBER", "coach_id", team.coach_id());
  if (!insert_team(t, team, by.now)) throw Refusal(already_exists("TEAM", "team_id", team.team_id()));
  by.changed("team/" + team.team_id(), nullptr, &team);
  v1::CreateTeamResponse response;
  *response.mutable_team() = *find_team(t, team.team_id());
  return response;
}

v1::UpdateTeamResponse carry_out(TenantTransaction& t, const v1::UpdateTeamRequest& request, const By& by) {
  const v1::Team& wanted = request.team();
  const bool has_coach = sets(&request.update_mask(), "coach_id") && !wanted.coach_id().empty();
  const bool coach_is_there = has_coach && find_member(t, wanted.coach_id());  // locked before the team
  const v1::Team before = found(find_team(t, wanted.team_id()), "TEAM", "team_id", wanted.team_id());
  v1::Team team = before;
  if (sets(&request.update_mask(), "display_name")) team.set_display_name(wanted.display_name());
  if (sets(&request.update_mask(), "coach_id")) {
    if (has_coach && !coach_is_there) throw Refusal(api::not_found("MEMBER", "coach_id", wanted.coach_id()));
    team.set_coach_id(wanted.coach_id());
  }
  if (sets(&request.update_mask(), "member_limit")) {
    if (team.member_count() > wanted.member_limit()) throw Refusal(team_full(team, wanted.member_limit()));
    team.set_member_limit(wanted.member_limit());
  }
  update_team(t, team);
  by.changed("team/" + team.team_id(), &before, &team);
  v1::UpdateTeamResponse response;
  *response.mutable_team() = team;
  return response;
}

v1::DeleteTeamResponse carry_out(TenantTransaction& t, const v1::DeleteTeamRequest& request, const By& by) {
  const std::string& id = request.team_id();
  const v1::Team team = found(find_team(t, id), "TEAM", "team_id", id);
  if (delete_team(t, id)) {
    by.changed("team/" + id, &team, nullptr);
    return {};
  }
  throw Refusal(precondition("TEAM_IN_USE", "team_id '" + id + "' is named by a member", {{"team_id", id}}));
}

}  // namespace muster::members
