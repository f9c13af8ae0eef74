#pragma once

#include <string>

#include "assessment_store.h"
#include "muster/api/back_office.h"
#include "muster/base/sealer.h"
#include "muster/v1/assessment_service.pb.h"

/// Assessments of members by themselves. What was answered and what came of it leaves this place for the member alone,
/// and a result for staff while it is released; the audit and the replies that are kept know neither. Each change is
/// one transaction of the platform, and throws api::Refusal if it may not be. Locks: the member before the assessment.
namespace muster::academy {

using api::By;

/// In which language an instrument is asked for.
std::string language_asked(const std::string& language, api::Checker& check);

/// The instrument as it is now, or a Refusal.
InstrumentRecord instrument_named(TenantTransaction& t, const std::string& instrument_id, const std::string& language);

/// The assessment with what the caller may know of it, or a Refusal: staff know their own, too, like every member.
v1::Assessment assessment_shown(TenantTransaction& t, const std::string& assessment_id, const api::Own& own,
                                const Sealer& root);
/// The same, with its result and without its answers.
v1::Assessment with_result(const AssessmentRecord& record, const Sealer& root);

/// Saves answers of the member, and tells how many there are.
int save_answers(TenantTransaction& t, const v1::SaveAssessmentAnswersRequest& request, const std::string& own_member,
                 const Sealer& root);

/// Deletes the answers whose time is over, a few at a time, and what was not finished by then. True: there may be more.
bool delete_old_answers(TenantTransaction& t, TimePoint now);

// --- what a request says by itself: what is not so becomes a violation. Defaults are filled in. ---

void check(v1::StartAssessmentRequest& request, api::Checker& check);
void check(const v1::SaveAssessmentAnswersRequest& request, api::Checker& check);
void check(v1::FinishAssessmentRequest& request, api::Checker& check);
void check(v1::ReleaseAssessmentRequest& request, api::Checker& check);
void check(v1::WithdrawAssessmentConsentRequest& request, api::Checker& check);

// --- changes. REQUIRES: the request was checked ---

v1::StartAssessmentResponse carry_out(TenantTransaction& t, const v1::StartAssessmentRequest& request, const By& by,
                                      const Sealer& root);
v1::FinishAssessmentResponse carry_out(TenantTransaction& t, const v1::FinishAssessmentRequest& request, const By& by,
                                       const Sealer& root);
v1::ReleaseAssessmentResponse carry_out(TenantTransaction& t, const v1::ReleaseAssessmentRequest& request, const By& by,
                                        const Sealer& root);
v1::WithdrawAssessmentConsentResponse carry_out(TenantTransaction& t,
                                                const v1::WithdrawAssessmentConsentRequest& request, const By& by,
                                                const Sealer& root);

}  // namespace muster::academy
