#pragma once

#include "evidence_store.h"
#include "muster/api/back_office.h"
#include "muster/v1/skill_tag_service.pb.h"

/// Evidence from outside. The change is one transaction of the platform.
namespace muster::skill_tags {

using api::By;

/// What the request says by itself: what is not so becomes a violation.
void check(v1::RecordEvidenceRequest& request, api::Checker& check);
/// REQUIRES: the request was checked.
v1::RecordEvidenceResponse carry_out(TenantTransaction& t, const v1::RecordEvidenceRequest& request, const By& by);

}  // namespace muster::skill_tags
