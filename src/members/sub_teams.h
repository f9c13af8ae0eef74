#pragma once

#include "muster/api/back_office.h"
#include "muster/v1/sub_team_service.pb.h"
#include "sub_team_store.h"

/// What may be done to sub-teams. Each change is one transaction of the platform, and throws api::Refusal if it may not
/// be.
namespace muster::members {

using api::By;

// --- what a request says by itself: what is not so becomes a violation ---

void check(v1::CreateSubTeamRequest& request, api::Checker& check);
void check(v1::InviteToSubTeamRequest& request, api::Checker& check);
void check(v1::AnswerSubTeamInvitationRequest& request, api::Checker& check);
void check(v1::LeaveSubTeamRequest& request, api::Checker& check);
void check(v1::RemoveSubTeamMemberRequest& request, api::Checker& check);
void check(v1::DissolveSubTeamRequest& request, api::Checker& check);

// --- changes. REQUIRES: the request was checked ---

v1::CreateSubTeamResponse carry_out(TenantTransaction& t, const v1::CreateSubTeamRequest& request, const By& by);
v1::InviteToSubTeamResponse carry_out(TenantTransaction& t, const v1::InviteToSubTeamRequest& request, const By& by);
v1::AnswerSubTeamInvitationResponse carry_out(TenantTransaction& t, const v1::AnswerSubTeamInvitationRequest& request,
                                              const By& by);
v1::LeaveSubTeamResponse carry_out(TenantTransaction& t, const v1::LeaveSubTeamRequest& request, const By& by);
v1::RemoveSubTeamMemberResponse carry_out(TenantTransaction& t, const v1::RemoveSubTeamMemberRequest& request,
                                          const By& by);
v1::DissolveSubTeamResponse carry_out(TenantTransaction& t, const v1::DissolveSubTeamRequest& request, const By& by);

/// The sub-team that the member leads or is in, with those in it; where `own_member` is not empty and does not lead it,
/// with that one alone.
v1::GetSubTeamResponse sub_team_shown(TenantTransaction& t, const std::string& member_id, const std::string& own_member,
                                      TimePoint now);

/// The member leads none from now on, and is in none. REQUIRES: the member is locked.
void end_sub_team_ties(TenantTransaction& t, const std::string& member_id, const std::string& reason, const By& by);

}  // namespace muster::members
