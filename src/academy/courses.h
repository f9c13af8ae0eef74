#pragma once

#include "course_store.h"
#include "muster/academy/record.h"
#include "muster/api/back_office.h"
#include "muster/v1/course_service.pb.h"

/// What may be done to courses, and what members do with them. Each change is one transaction of the platform, and
/// throws api::Refusal if it may not be.
namespace muster::academy {

using api::By;

/// The course, or a Refusal. Drafts are not there for members: with `own_member`, who calls is one.
v1::Course course_shown(TenantTransaction& t, const std::string& course_id, const std::string& own_member);
/// Throws Refusal unless members can learn it.
void expect_published(const v1::Course& course);

// --- what a request says by itself: what is not so becomes a violation. Defaults are filled in. ---

void check(v1::CreateCourseRequest& request, api::Checker& check);
void check(v1::UpdateCourseRequest& request, api::Checker& check);
void check(v1::SetCoursePublicationRequest& request, api::Checker& check);
void check(v1::EnrollMemberRequest& request, api::Checker& check);
void check(v1::CompleteLessonRequest& request, api::Checker& check);

// --- changes. REQUIRES: the request was checked ---

v1::CreateCourseResponse carry_out(TenantTransaction& t, const v1::CreateCourseRequest& request, const By& by);
v1::UpdateCourseResponse carry_out(TenantTransaction& t, const v1::UpdateCourseRequest& request, const By& by);
v1::SetCoursePublicationResponse carry_out(TenantTransaction& t, const v1::SetCoursePublicationRequest& request,
                                           const By& by);
v1::EnrollMemberResponse carry_out(TenantTransaction& t, const v1::EnrollMemberRequest& request, const By& by,
                                   const OnLearned& learned);
v1::CompleteLessonResponse carry_out(TenantTransaction& t, const v1::CompleteLessonRequest& request, const By& by,
                                     const OnLearned& learned);

}  // namespace muster::academy
