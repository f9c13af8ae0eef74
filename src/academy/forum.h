#pragma once

#include "forum_store.h"
#include "muster/api/back_office.h"
#include "muster/v1/forum_service.pb.h"

/// What may be done in the forum. Each change is one transaction of the platform, and throws api::Refusal if it may not
/// be. Staff who are members, too, see it as staff, and write as members.
namespace muster::academy {

using api::By;

/// As whom a caller looks.
Viewer viewer_of(const api::Own& own);
/// The question as the viewer sees it, or a Refusal.
v1::ForumQuestion forum_question_shown(TenantTransaction& t, const std::string& forum_question_id,
                                       const Viewer& viewer);

// --- what a request says by itself: what is not so becomes a violation ---

void check(v1::CreateForumQuestionRequest& request, api::Checker& check);
void check(v1::CreateForumAnswerRequest& request, api::Checker& check);
void check(v1::AcceptForumAnswerRequest& request, api::Checker& check);
void check(v1::VerifyForumAnswerRequest& request, api::Checker& check);
void check(v1::VoteForumAnswerRequest& request, api::Checker& check);
void check(v1::HideForumQuestionRequest& request, api::Checker& check);
void check(v1::HideForumAnswerRequest& request, api::Checker& check);

// --- changes. REQUIRES: the request was checked ---

v1::CreateForumQuestionResponse carry_out(TenantTransaction& t, const v1::CreateForumQuestionRequest& request,
                                          const By& by);
v1::CreateForumAnswerResponse carry_out(TenantTransaction& t, const v1::CreateForumAnswerRequest& request,
                                        const By& by);
v1::AcceptForumAnswerResponse carry_out(TenantTransaction& t, const v1::AcceptForumAnswerRequest& request,
                                        const By& by);
v1::VerifyForumAnswerResponse carry_out(TenantTransaction& t, const v1::VerifyForumAnswerRequest& request,
                                        const By& by);
v1::VoteForumAnswerResponse carry_out(TenantTransaction& t, const v1::VoteForumAnswerRequest& request, const By& by);
v1::HideForumQuestionResponse carry_out(TenantTransaction& t, const v1::HideForumQuestionRequest& request,
                                        const By& by);
v1::HideForumAnswerResponse carry_out(TenantTransaction& t, const v1::HideForumAnswerRequest& request, const By& by);

}  // namespace muster::academy
