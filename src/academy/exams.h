#pragma once

#include <vector>

#include "exam_store.h"
#include "muster/api/back_office.h"
#include "muster/v1/exam_service.pb.h"
#include "paper.h"

/// What may be done to exams. Each change is one transaction of the platform, and throws api::Refusal if it may not be.
namespace muster::academy {

using api::By;

/// The exam, or a Refusal. Drafts are not there for members: with `own_member`, who calls is one.
v1::Exam exam_shown(TenantTransaction& t, const std::string& exam_id, const std::string& own_member);
/// What it draws from, now. Throws Refusal if a bank has too few questions.
std::vector<Section> sections_of(TenantTransaction& t, const v1::Exam& exam);

// --- what a request says by itself: what is not so becomes a violation. Defaults are filled in. ---

void check(v1::CreateExamRequest& request, api::Checker& check);
void check(v1::UpdateExamRequest& request, api::Checker& check);
void check(v1::SetExamPublicationRequest& request, api::Checker& check);

// --- changes. REQUIRES: the request was checked ---

v1::CreateExamResponse carry_out(TenantTransaction& t, const v1::CreateExamRequest& request, const By& by);
v1::UpdateExamResponse carry_out(TenantTransaction& t, const v1::UpdateExamRequest& request, const By& by);
v1::SetExamPublicationResponse carry_out(TenantTransaction& t, const v1::SetExamPublicationRequest& request,
                                         const By& by);

}  // namespace muster::academy
