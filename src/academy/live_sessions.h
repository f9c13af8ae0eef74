#pragma once

#include <string>

#include "live_session_store.h"
#include "muster/academy/record.h"
#include "muster/api/back_office.h"
#include "muster/v1/live_session_service.pb.h"

/// What may be done to live sessions, and what members do with them. Each change is one transaction of the platform,
/// and throws api::Refusal if it may not be. Locks: members, in the order of their identifiers, before the session.
namespace muster::academy {

using api::By;

/// The live session with the sign-up of the member, or a Refusal. With `own_member`, who calls is a member, for whom
/// those of drafts are not there.
v1::LiveSession live_session_shown(TenantTransaction& t, const std::string& live_session_id,
                                   const std::string& member_id, const std::string& own_member);

/// Takes out the link unless the caller is staff, the host, or has a place.
void hide_link(v1::LiveSession& session, const std::string& own_member);

/// Throws Refusal if the exam is the quiz of live sessions and the member was at none of them.
void expect_attended(TenantTransaction& t, const std::string& exam_id, const std::string& member_id);

// --- what a request says by itself: what is not so becomes a violation. Defaults are filled in. ---

void check(v1::CreateLiveSessionRequest& request, api::Checker& check);
void check(v1::UpdateLiveSessionRequest& request, api::Checker& check);
void check(v1::RescheduleLiveSessionRequest& request, api::Checker& check);
void check(v1::CancelLiveSessionRequest& request, api::Checker& check);
void check(v1::SignUpForLiveSessionRequest& request, api::Checker& check);
void check(v1::LeaveLiveSessionRequest& request, api::Checker& check);
void check(v1::RecordAttendanceRequest& request, api::Checker& check);

// --- changes. REQUIRES: the request was checked ---

v1::CreateLiveSessionResponse carry_out(TenantTransaction& t, const v1::CreateLiveSessionRequest& request,
                                        const By& by);
v1::UpdateLiveSessionResponse carry_out(TenantTransaction& t, const v1::UpdateLiveSessionRequest& request,
                                        const By& by);
v1::RescheduleLiveSessionResponse carry_out(TenantTransaction& t, const v1::RescheduleLiveSessionRequest& request,
                                            const By& by);
v1::CancelLiveSessionResponse carry_out(TenantTransaction& t, const v1::CancelLiveSessionRequest& request,
                                        const By& by);
v1::SignUpForLiveSessionResponse carry_out(TenantTransaction& t, const v1::SignUpForLiveSessionRequest& request,
                                           const By& by);
v1::LeaveLiveSessionResponse carry_out(TenantTransaction& t, const v1::LeaveLiveSessionRequest& request, const By& by);
v1::RecordAttendanceResponse carry_out(TenantTransaction& t, const v1::RecordAttendanceRequest& request, const By& by,
                                       const OnLearned& learned);

}  // namespace muster::academy
