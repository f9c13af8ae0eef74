#include "handling.h"

#include <google/protobuf/util/field_mask_util.h>

#include <algorithm>
#include <limits>

#include "muster/api/caller.h"
#include "muster/api/server_number.h"
#include "muster/node/render.h"
#include "muster/store/tenants.h"
#include "muster/webhooks/webhooks.h"
#include "rule_check.h"

namespace muster::alerts {
namespace {

using api::Checker;
using api::found;
using api::precondition;
using api::Refusal;
using api::short_name;

constexpr std::int64_t kRulesMax = 200;
constexpr std::size_t kNoteBytesMax = 2'000;

std::string name_of(const v1::AlertRule& rule) { return "alert-rule/" + rule.tenant_id() + "/" + rule.rule_id(); }

/// The platform's own things go without its name.
template <typename Request>
void check_tenant(Request& request, Checker& check) {
  if (request.tenant_id().empty()) request.set_tenant_id(kPlatformTenant);
  check.id("tenant_id", request.tenant_id());
}

void expect_webhooks(TenantTransaction& t, const v1::AlertRule& rule) {
  const std::vector<std::string> ids(rule.webhook_ids().begin(), rule.webhook_ids().end());
  const auto unknown = webhooks::unknown_of(t, rule.tenant_id(), ids);
  if (unknown) throw Refusal(api::not_found("WEBHOOK", "webhook_id", *unknown));
}

bool may_become(const v1::Alert& alert, v1::AlertState state) {
  if (is_closed(alert)) return false;
  return state != v1::ALERT_STATE_ACKNOWLEDGED || alert.state() == v1::ALERT_STATE_OPEN;
}

}  // namespace

void check(v1::CreateAlertRuleRequest& request, Checker& check) {
  check_tenant(request, check);
  request.mutable_rule()->set_tenant_id(request.tenant_id());
  check_rule(*request.mutable_rule(), check);
}

void check(v1::UpdateAlertRuleRequest& request, Checker& check) {
  check_tenant(request, check);
  check.id("rule.rule_id", request.rule().rule_id());
  api::check_mask(request.update_mask(),
                  {"display_name", "disabled", "row_ids", "threshold", "spike", "guard_rail", "for_duration",
                   "clear_duration", "repeat_interval", "quiet_hours", "webhook_ids", "advice"},
                  check);
}

void check(v1::DeleteAlertRuleRequest& request, Checker& check) {
  check_tenant(request, check);
  check.id("rule_id", request.rule_id());
}

void check(v1::HandleAlertRequest& request, Checker& check) {
  check_tenant(request, check);
  const v1::AlertState state = request.state();
  check.expect(api::number_of(request.alert_id()) > 0, "alert_id", "must be the identifier of an alert");
  check.expect(v1::AlertState_IsValid(state) && state != v1::ALERT_STATE_OPEN, "state",
               "must be ACKNOWLEDGED, ASSIGNED, RESOLVED, FALSE_ALARM or none");
  const bool needs_note = state == v1::ALERT_STATE_UNSPECIFIED || state == v1::ALERT_STATE_FALSE_ALARM;
  check.expect(!needs_note || !request.note().empty(), "note", "must not be empty");
  check.text("note", request.note(), kNoteBytesMax);
  check.optional_id("assignee", request.assignee());
  check.expect(request.assignee().empty() || state == v1::ALERT_STATE_ASSIGNED, "assignee",
               "is for the state ASSIGNED only");
}

v1::CreateAlertRuleResponse carry_out(TenantTransaction& t, const v1::CreateAlertRuleRequest& request, const By& by) {
  hold_changes(t);
  v1::CreateAlertRuleResponse response;
  v1::AlertRule& rule = *response.mutable_rule();
  rule = request.rule();
  node::to_proto(by.now, rule.mutable_create_time());
  node::to_proto(by.now, rule.mutable_update_time());
  if (!store::tenant_exists(t, rule.tenant_id())) {
    throw Refusal(api::not_found("TENANT", "tenant_id", rule.tenant_id()));
  }
  expect_webhooks(t, rule);
  if (!insert_rule(t, rule)) throw Refusal(api::already_exists("ALERT_RULE", "rule_id", rule.rule_id()));
  if (count_rules(t, rule.tenant_id()) > kRulesMax) {
    throw Refusal(precondition("ALERT_RULE_LIMIT", "a tenant has at most " + std::to_string(kRulesMax) + " rules",
                               {{"limit", std::to_string(kRulesMax)}}));
  }
  by.changed(name_of(rule), nullptr, &rule);
  return response;
}

v1::UpdateAlertRuleResponse carry_out(TenantTransaction& t, const v1::UpdateAlertRuleRequest& request, const By& by) {
  hold_changes(t);
  const std::string& id = request.rule().rule_id();
  const v1::AlertRule before = found(find_rule(t, request.tenant_id(), id), "ALERT_RULE", "rule_id", id);
  v1::UpdateAlertRuleResponse response;
  v1::AlertRule& rule = *response.mutable_rule();
  rule = before;
  google::protobuf::util::FieldMaskUtil::MergeOptions replace;
  replace.set_replace_message_fields(true);
  replace.set_replace_repeated_fields(true);
  google::protobuf::util::FieldMaskUtil::MergeMessageTo(request.rule(), request.update_mask(), replace, &rule);
  const auto& fields = request.update_mask().paths();
  const auto names = [&](const char* field) { return std::find(fields.begin(), fields.end(), field) != fields.end(); };
  // A rule can be turned off even if what it rests on is gone.
  if (!(rule.disabled() && fields.size() == 1 && names("disabled"))) {
    Checker checker;
    check_rule(rule, checker);
    if (!checker.ok()) throw Refusal(checker.error());
  }
  if (names("webhook_ids")) expect_webhooks(t, rule);
  node::to_proto(by.now, rule.mutable_update_time());
  save_rule(t, rule);
  by.changed(name_of(rule), &before, &rule);
  return response;
}

v1::DeleteAlertRuleResponse carry_out(TenantTransaction& t, const v1::DeleteAlertRuleRequest& request, const By& by) {
  hold_changes(t);
  const v1::AlertRule before =
      found(find_rule(t, request.tenant_id(), request.rule_id()), "ALERT_RULE", "rule_id", request.rule_id());
  delete_rule(t, request.tenant_id(), request.rule_id());
  by.changed(name_of(before), &before, nullptr);
  return {};
}

v1::HandleAlertResponse carry_out(TenantTransaction& t, const v1::HandleAlertRequest& request, const By& by) {
  hold_changes(t);
  auto record = found(find_alert(t, request.tenant_id(), api::number_of(request.alert_id())), "ALERT", "alert_id",
                      request.alert_id());
  const v1::Alert before = record.alert;
  v1::Alert& alert = record.alert;
  // Names of users count within their tenant; to another one the caller is who sent it.
  const std::string& who = by.actor_tenant_id == request.tenant_id() ? by.actor : by.actor_tenant_id;
  if (request.state() != v1::ALERT_STATE_UNSPECIFIED) {
    if (!may_become(alert, request.state())) {
      throw Refusal(precondition("ALERT_WRONG_STATE", "the alert is " + short_name(alert.state()),
                                 {{"alert_id", alert.alert_id()}, {"state", short_name(alert.state())}}));
    }
    alert.set_state(request.state());
    if (request.state() == v1::ALERT_STATE_ASSIGNED) {
      alert.set_assignee(request.assignee().empty() ? who : request.assignee());
    }
  }
  save_alert(t, record);
  v1::AlertEntry entry = entry_of(alert, by.now);
  entry.set_value(std::numeric_limits<double>::quiet_NaN());
  entry.set_actor(who);
  entry.set_note(request.note());
  add_entry(t, alert, entry);
  by.changed("alert/" + alert.alert_id(), &before, &alert);
  v1::HandleAlertResponse response;
  *response.mutable_alert() = alert;
  return response;
}

}  // namespace muster::alerts
