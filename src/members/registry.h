#pragma once

#include "member_store.h"
#include "muster/api/back_office.h"
#include "muster/v1/member_service.pb.h"

/// What may be done to members, bases and teams. Each change is one transaction of the platform, and throws
/// api::Refusal if it may not be. Locks: tiers, members, teams; of each kind in the order of their identifiers.
namespace muster::members {

using api::By;

// --- what a request says by itself: what is not so becomes a violation. Defaults are filled in. ---

void check(v1::CreateMemberRequest& request, api::Checker& check);
void check(v1::UpdateMemberRequest& request, api::Checker& check);
void check(v1::ChangeMemberStateRequest& request, api::Checker& check);
void check(v1::ImportMembersRequest& request, api::Checker& check);
void check(v1::CreateBaseRequest& request, api::Checker& check);
void check(v1::UpdateBaseRequest& request, api::Checker& check);
void check(v1::DeleteBaseRequest& request, api::Checker& check);
void check(v1::CreateTeamRequest& request, api::Checker& check);
void check(v1::UpdateTeamRequest& request, api::Checker& check);
void check(v1::DeleteTeamRequest& request, api::Checker& check);

// --- changes. REQUIRES: the request was checked ---

v1::CreateMemberResponse carry_out(TenantTransaction& t, const v1::CreateMemberRequest& request, const By& by);
v1::UpdateMemberResponse carry_out(TenantTransaction& t, const v1::UpdateMemberRequest& request, const By& by);
v1::ChangeMemberStateResponse carry_out(TenantTransaction& t, const v1::ChangeMemberStateRequest& request,
                                        const By& by);
v1::ImportMembersResponse carry_out(TenantTransaction& t, const v1::ImportMembersRequest& request, const By& by);
v1::CreateBaseResponse carry_out(TenantTransaction& t, const v1::CreateBaseRequest& request, const By& by);
v1::UpdateBaseResponse carry_out(TenantTransaction& t, const v1::UpdateBaseRequest& request, const By& by);
v1::DeleteBaseResponse carry_out(TenantTransaction& t, const v1::DeleteBaseRequest& request, const By& by);
v1::CreateTeamResponse carry_out(TenantTransaction& t, const v1::CreateTeamRequest& request, const By& by);
v1::UpdateTeamResponse carry_out(TenantTransaction& t, const v1::UpdateTeamRequest& request, const By& by);
v1::DeleteTeamResponse carry_out(TenantTransaction& t, const v1::DeleteTeamRequest& request, const By& by);

/// Moves a member to a state that may follow. Whoever comes to serve without a tier gets the first one. REQUIRES: who
/// comes to serve was locked after the tiers were held.
void move_member(TenantTransaction& t, MemberRecord record, v1::MemberState to, const std::string& reason,
                 const By& by);

/// The member as callers see it.
v1::Member shown(const MemberRecord& record);

}  // namespace muster::members
