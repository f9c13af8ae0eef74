#pragma once

#include "muster/api/back_office.h"
#include "muster/v1/tier_service.pb.h"
#include "tier_store.h"

/// What may be done to tiers. Each change is one transaction of the platform, and throws api::Refusal if it may not be.
namespace muster::members {

using api::By;

// --- what a request says by itself: what is not so becomes a violation ---

void check(v1::UpdateTierRequest& request, api::Checker& check);
void check(v1::SetMemberTierRequest& request, api::Checker& check);
void check(v1::AppealTierReviewRequest& request, api::Checker& check);
void check(v1::AnswerTierAppealRequest& request, api::Checker& check);

// --- changes. REQUIRES: the request was checked ---

v1::UpdateTierResponse carry_out(TenantTransaction& t, const v1::UpdateTierRequest& request, const By& by);
v1::SetMemberTierResponse carry_out(TenantTransaction& t, const v1::SetMemberTierRequest& request, const By& by);
v1::AppealTierReviewResponse carry_out(TenantTransaction& t, const v1::AppealTierReviewRequest& request, const By& by);
v1::AnswerTierAppealResponse carry_out(TenantTransaction& t, const v1::AnswerTierAppealRequest& request, const By& by);

/// Where the member stands in the present month.
v1::GetTierStandingResponse standing_of(TenantTransaction& t, const std::string& member_id, TimePoint now);

/// Reviews some of those who have not been for the month before `now`, from the first after `after`, which becomes the
/// last of them; whether more may be left.
bool review_some(TenantTransaction& t, TimePoint now, std::string& after);

}  // namespace muster::members
