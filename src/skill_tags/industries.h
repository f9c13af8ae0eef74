#pragma once

#include "industry_store.h"
#include "muster/api/back_office.h"
#include "muster/v1/skill_tag_service.pb.h"

/// What may be done to industries. Each change is one transaction of the platform, and throws api::Refusal if it may
/// not be.
namespace muster::skill_tags {

using api::By;

// --- what a request says by itself: what is not so becomes a violation ---

void check(v1::CreateIndustryRequest& request, api::Checker& check);
void check(v1::UpdateIndustryRequest& request, api::Checker& check);
void check(v1::DeleteIndustryRequest& request, api::Checker& check);

// --- changes. REQUIRES: the request was checked ---

v1::CreateIndustryResponse carry_out(TenantTransaction& t, const v1::CreateIndustryRequest& request, const By& by);
v1::UpdateIndustryResponse carry_out(TenantTransaction& t, const v1::UpdateIndustryRequest& request, const By& by);
v1::DeleteIndustryResponse carry_out(TenantTransaction& t, const v1::DeleteIndustryRequest& request, const By& by);

}  // namespace muster::skill_tags
