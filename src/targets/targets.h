#pragma once

#include "muster/api/back_office.h"
#include "muster/node/node.h"
#include "muster/v1/target_service.pb.h"
#include "target_store.h"

/// What may be done to targets. Each change is one transaction of the platform, and throws api::Refusal if it may not
/// be.
namespace muster::targets {

using api::By;

/// Says whose the target is. Throws api::Refusal if tenant_id of the request, which is empty or all that the caller may
/// speak for, has no such row.
void check(v1::SetTargetRequest& request, const node::Node& node, api::Checker& check);
void check(v1::DeleteTargetRequest& request, api::Checker& check);

// REQUIRES: the request was checked.
v1::SetTargetResponse carry_out(TenantTransaction& t, const v1::SetTargetRequest& request, const By& by);
v1::DeleteTargetResponse carry_out(TenantTransaction& t, const v1::DeleteTargetRequest& request, const By& by);

}  // namespace muster::targets
