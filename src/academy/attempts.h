#pragma once

#include <string>
#include <vector>

#include "attempt_store.h"
#include "muster/academy/record.h"
#include "muster/api/back_office.h"
#include "muster/v1/exam_service.pb.h"

/// Attempts at exams: a paper is drawn, answers are saved, and when it is over it is scored. An attempt is over when it
/// was submitted, and at its deadline: from then on it is shown scored with what was saved before, and the job of
/// academy_jobs() writes that down, as of the deadline. Each change is one transaction of the platform, and throws
/// api::Refusal if it may not be.
namespace muster::academy {

using api::By;

/// Scores attempts of the member whose deadline is over, a few at a time; of any member if empty. True: there may be
/// more.
bool score_overdue(TenantTransaction& t, const std::string& member_id, const OnLearned& learned, const By& by);
/// The same of anybody, in nobody's name.
bool score_overdue(TenantTransaction& t, const OnLearned& learned, TimePoint now);

/// The attempt as it is by then: scored, if its deadline is over. Writes nothing.
AttemptRecord as_of(TenantTransaction& t, AttemptRecord record, TimePoint now);

/// The attempt as callers see it.
v1::Attempt shown(const AttemptRecord& record);

/// The attempt as it is by then with its paper, answers and results, or a Refusal. Writes nothing.
v1::GetAttemptResponse look_at(TenantTransaction& t, const std::string& attempt_id, const std::string& own_member,
                               TimePoint now);

// --- what a request says by itself: what is not so becomes a violation ---

void check(v1::StartAttemptRequest& request, api::Checker& check);
void check(v1::SaveAnswersRequest& request, api::Checker& check);
void check(v1::SubmitAttemptRequest& request, api::Checker& check);
void check(v1::ResetAttemptsRequest& request, api::Checker& check);

// --- changes. REQUIRES: the request was checked ---

v1::StartAttemptResponse carry_out(TenantTransaction& t, const v1::StartAttemptRequest& request, const By& by,
                                   const OnLearned& learned);
v1::SaveAnswersResponse carry_out(TenantTransaction& t, const v1::SaveAnswersRequest& request, const By& by);
v1::SubmitAttemptResponse carry_out(TenantTransaction& t, const v1::SubmitAttemptRequest& request, const By& by,
                                    const OnLearned& learned);
v1::ResetAttemptsResponse carry_out(TenantTransaction& t, const v1::ResetAttemptsRequest& request, const By& by,
                                    const OnLearned& learned);

}  // namespace muster::academy
