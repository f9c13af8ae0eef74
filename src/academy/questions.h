#pragma once

#include "muster/api/back_office.h"
#include "muster/api/server_number.h"
#include "muster/v1/exam_service.pb.h"
#include "question_store.h"

/// What may be done to banks and their questions. Each change is one transaction of the platform, and throws
/// api::Refusal if it may not be.
namespace muster::academy {

using api::By;
using api::number_of;

/// Whether the parts of a question fit together: violations are of "question.…".
void check_question(const v1::Question& question, api::Checker& check);

// --- what a request says by itself: what is not so becomes a violation. Defaults are filled in. ---

void check(v1::CreateQuestionBankRequest& request, api::Checker& check);
void check(v1::UpdateQuestionBankRequest& request, api::Checker& check);
void check(v1::CreateQuestionRequest& request, api::Checker& check);
void check(v1::UpdateQuestionRequest& request, api::Checker& check);
void check(v1::RetireQuestionRequest& request, api::Checker& check);

// --- changes. REQUIRES: the request was checked ---

v1::CreateQuestionBankResponse carry_out(TenantTransaction& t, const v1::CreateQuestionBankRequest& request,
                                         const By& by);
v1::UpdateQuestionBankResponse carry_out(TenantTransaction& t, const v1::UpdateQuestionBankRequest& request,
                                         const By& by);
v1::CreateQuestionResponse carry_out(TenantTransaction& t, const v1::CreateQuestionRequest& request, const By& by);
v1::UpdateQuestionResponse carry_out(TenantTransaction& t, const v1::UpdateQuestionRequest& request, const By& by);
v1::RetireQuestionResponse carry_out(TenantTransaction& t, const v1::RetireQuestionRequest& request, const By& by);

}  // namespace muster::academy
