#pragma once

#include "alert_store.h"
#include "muster/api/back_office.h"
#include "muster/v1/alert_service.pb.h"

/// What people may do about rules and alerts. Each change is one transaction of the platform, and throws api::Refusal
/// if it may not be.
namespace muster::alerts {

using api::By;

void check(v1::CreateAlertRuleRequest& request, api::Checker& check);
void check(v1::UpdateAlertRuleRequest& request, api::Checker& check);
void check(v1::DeleteAlertRuleRequest& request, api::Checker& check);
void check(v1::HandleAlertRequest& request, api::Checker& check);

// REQUIRES: the request was checked, and its tenant is one that the caller may speak for.
v1::CreateAlertRuleResponse carry_out(TenantTransaction& t, const v1::CreateAlertRuleRequest& request, const By& by);
v1::UpdateAlertRuleResponse carry_out(TenantTransaction& t, const v1::UpdateAlertRuleRequest& request, const By& by);
v1::DeleteAlertRuleResponse carry_out(TenantTransaction& t, const v1::DeleteAlertRuleRequest& request, const By& by);
v1::HandleAlertResponse carry_out(TenantTransaction& t, const v1::HandleAlertRequest& request, const By& by);

}  // namespace muster::alerts
