#include "vettings.h"

#include "certificates.h"
#include "muster/api/caller.h"
#include "muster/members/skills.h"
#include "muster/node/render.h"
#include "muster/store/tenants.h"

namespace muster::certification {
namespace {

using api::Checker;
using api::found;
using api::precondition;
using api::Refusal;
using api::short_name;

std::string name_of(const v1::Vetting& vetting) { return "vetting/" + vetting.tenant_id() + "/" + vetting.member_id(); }

void expect_may_become(const v1::Vetting& vetting, v1::VettingState outcome, TimePoint now) {
  const v1::VettingState state = state_of(vetting, now);
  if (may_become(state, outcome)) return;
  throw Refusal(precondition(
      "VETTING_WRONG_STATE", "the vetting of member_id '" + vetting.member_id() + "' is " + short_name(state),
      {{"tenant_id", vetting.tenant_id()}, {"member_id", vetting.member_id()}, {"state", short_name(state)}}));
}

/// Tells the audit what became of the vetting, and lets certificates follow. REQUIRES: it is stored.
void settle(TenantTransaction& t, const std::optional<v1::Vetting>& before, const v1::Vetting& after, const By& by) {
  by.changed(name_of(after), before ? &*before : nullptr, &after);
  if (after.state() == v1::VETTING_STATE_APPROVED) {
    vetting_given(t, after.tenant_id(), after.member_id(), by);
  } else {
    vetting_ended(t, after.tenant_id(), after.member_id(), short_name(after.state()), by);
  }
}

}  // namespace

v1::VettingState state_of(const v1::Vetting& vetting, TimePoint now) {
  const bool over = vetting.state() == v1::VETTING_STATE_APPROVED && vetting.has_expire_time() &&
                    node::from_proto(vetting.expire_time()) <= now;
  return over ? v1::VETTING_STATE_EXPIRED : vetting.state();
}

bool may_become(v1::VettingState state, v1::VettingState outcome) {
  switch (outcome) {
    case v1::VETTING_STATE_PENDING:
      return state != v1::VETTING_STATE_PENDING && state != v1::VETTING_STATE_APPROVED;
    case v1::VETTING_STATE_APPROVED:
      return true;
    case v1::VETTING_STATE_REJECTED:
      return state == v1::VETTING_STATE_PENDING;
    case v1::VETTING_STATE_WITHDRAWN:
    case v1::VETTING_STATE_EXPIRED:
      return state == v1::VETTING_STATE_APPROVED;
    default:
      return false;
  }
}

v1::Vetting shown(v1::Vetting vetting, TimePoint now) {
  vetting.set_state(state_of(vetting, now));
  return vetting;
}

void check(v1::ProposeVettingRequest& request, Checker& check) {
  check.id("tenant_id", request.tenant_id());
  check.expect(request.tenant_id() != kPlatformTenant, "tenant_id", "must not be the platform");
  check.id("member_id", request.member_id());
  check.text("reason", request.reason());
}

void check(v1::DecideVettingRequest& request, Checker& check) {
  const bool approved = request.outcome() == v1::VETTING_STATE_APPROVED;
  check.id("tenant_id", request.tenant_id());
  check.id("member_id", request.member_id());
  check.expect(
      approved || request.outcome() == v1::VETTING_STATE_REJECTED || request.outcome() == v1::VETTING_STATE_WITHDRAWN,
      "outcome", "must be APPROVED, REJECTED or WITHDRAWN");
  check.expect(approved || !request.reason().empty(), "reason", "must not be empty");
  check.text("reason", request.reason());
  if (!request.has_expire_time()) return;
  check.expect(approved, "expire_time", "is for approvals only");
  check.expect(check.time("expire_time", request.expire_time()) > wall_now(), "expire_time", "must be in the future");
}

v1::ProposeVettingResponse carry_out(TenantTransaction& t, const v1::ProposeVettingRequest& request, const By& by) {
  const members::Known member =
      found(members::find_known(t, request.member_id()), "MEMBER", "member_id", request.member_id());
  if (member.state == v1::MEMBER_STATE_CLOSED) {
    throw Refusal(precondition("MEMBER_WRONG_STATE", "member_id '" + request.member_id() + "' has left",
                               {{"member_id", request.member_id()}, {"state", "CLOSED"}}));
  }
  if (!tenant_exists(t, request.tenant_id())) {
    throw Refusal(api::not_found("TENANT", "tenant_id", request.tenant_id()));
  }
  const auto before = find_vetting(t, request.tenant_id(), request.member_id());
  if (before) expect_may_become(*before, v1::VETTING_STATE_PENDING, by.now);
  v1::ProposeVettingResponse response;
  v1::Vetting& vetting = *response.mutable_vetting();
  vetting.set_tenant_id(request.tenant_id());
  vetting.set_member_id(request.member_id());
  vetting.set_display_name(member.display_name);
  vetting.set_state(v1::VETTING_STATE_PENDING);
  vetting.set_reason(request.reason());
  vetting.set_actor(by.actor);
  node::to_proto(by.now, vetting.mutable_propose_time());
  save_vetting(t, vetting, by.actor_tenant_id);
  settle(t, before, vetting, by);
  return response;
}

v1::DecideVettingResponse carry_out(TenantTransaction& t, const v1::DecideVettingRequest& request, const By& by) {
  const std::string& member_id = request.member_id();
  const auto member = members::find_known(t, member_id);
  // To a tenant, a member who was not proposed to it is as one who does not exist.
  const v1::Vetting before = found(find_vetting(t, request.tenant_id(), member_id), "VETTING", "member_id", member_id);
  expect_may_become(before, request.outcome(), by.now);
  v1::Vetting after = before;
  after.set_display_name(member->display_name);
  after.set_state(request.outcome());
  after.set_reason(request.reason());
  after.set_actor(by.actor);
  node::to_proto(by.now, after.mutable_decide_time());
  after.clear_expire_time();
  if (request.has_expire_time()) *after.mutable_expire_time() = request.expire_time();
  save_vetting(t, after, by.actor_tenant_id);
  settle(t, before, after, by);
  v1::DecideVettingResponse response;
  *response.mutable_vetting() = after;
  return response;
}

bool expire_vetting(TenantTransaction& t, TimePoint now) {
  const auto seen = find_overdue_vetting(t, now);
  if (!seen) return false;
  static_cast<void>(members::state_of(t, seen->member_id()));
  const auto before = find_vetting(t, seen->tenant_id(), seen->member_id());
  // It may have been decided on before the member was locked.
  if (state_of(*before, now) != v1::VETTING_STATE_EXPIRED || before->state() == v1::VETTING_STATE_EXPIRED) return true;
  v1::Vetting after = *before;
  after.set_state(v1::VETTING_STATE_EXPIRED);
  mark_vetting_expired(t, after);
  const store::AuditCause cause{kPlatformTenant, "certification", "ExpireVetting", ""};
  api::audited(t, cause, now, {}, [&](const By& by) {
    settle(t, before, after, by);
    return true;
  });
  return true;
}

}  // namespace muster::certification
