#pragma once

#include "muster/api/back_office.h"
#include "muster/v1/skill_tag_service.pb.h"
#include "tag_store.h"

/// What may be done to kinds of tags. Each change is one transaction of the platform, and throws api::Refusal if it may
/// not be.
namespace muster::skill_tags {

using api::By;

// --- what a request says by itself: what is not so becomes a violation. Defaults are filled in. ---

void check(v1::CreateSkillTagKindRequest& request, api::Checker& check);
void check(v1::UpdateSkillTagKindRequest& request, api::Checker& check);

// --- changes. REQUIRES: the request was checked ---

v1::CreateSkillTagKindResponse carry_out(TenantTransaction& t, const v1::CreateSkillTagKindRequest& request,
                                         const By& by);
v1::UpdateSkillTagKindResponse carry_out(TenantTransaction& t, const v1::UpdateSkillTagKindRequest& request,
                                         const By& by);

}  // namespace muster::skill_tags
