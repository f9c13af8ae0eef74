#pragma once

#include "muster/api/back_office.h"
#include "muster/v1/vetting_service.pb.h"
#include "vetting_store.h"

/// What may be done to vettings. Each change is one transaction of the platform, and throws api::Refusal if it may not
/// be.
namespace muster::certification {

using api::By;

/// What the vetting is worth at that moment.
v1::VettingState state_of(const v1::Vetting& vetting, TimePoint now);
/// Whether the outcome may follow.
bool may_become(v1::VettingState state, v1::VettingState outcome);
/// The vetting as callers see it.
v1::Vetting shown(v1::Vetting vetting, TimePoint now);

void check(v1::ProposeVettingRequest& request, api::Checker& check);
void check(v1::DecideVettingRequest& request, api::Checker& check);

// REQUIRES: the request was checked, and its tenant is one that the caller may speak for.
v1::ProposeVettingResponse carry_out(TenantTransaction& t, const v1::ProposeVettingRequest& request, const By& by);
v1::DecideVettingResponse carry_out(TenantTransaction& t, const v1::DecideVettingRequest& request, const By& by);

/// Takes what rests on one vetting whose time is over. True: there may be more.
bool expire_vetting(TenantTransaction& t, TimePoint now);

}  // namespace muster::certification
