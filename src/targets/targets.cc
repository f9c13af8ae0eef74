#include "targets.h"

#include <cmath>
#include <set>

#include "muster/api/kpi_rows.h"
#include "muster/api/server_number.h"
#include "muster/node/render.h"

namespace muster::targets {
namespace {

using api::Checker;
using api::Refusal;
using kpi::Dimension;

std::string name_of(const v1::Target& target) {
  const std::string each = target.each_dimension() == v1::KPI_DIMENSION_UNSPECIFIED
                               ? ""
                               : "/each-" + api::short_name(target.each_dimension());
  return "target/" + api::short_name(target.dimension()) + "/" + target.row_id() + each + "/" + target.metric_id();
}

void check_metric(const v1::Target& target, Checker& check) {
  const kpi::Metric* metric = kpi::find_metric(target.metric_id());
  if (!check.expect(metric, "target.metric_id", "is not in the dictionary: ListMetrics tells what is")) return;
  check.expect(!kpi::is_live_only(*metric), "target.metric_id", "has no history");
  check.expect(metric->direction != kpi::Direction::kNeutral, "target.metric_id",
               "is neither better when higher nor when lower");
}

void check_scope(const v1::Target& target, Checker& check) {
  const auto dimension = static_cast<Dimension>(target.dimension());
  const bool is_one = target.dimension() != v1::KPI_DIMENSION_UNSPECIFIED && may_have_targets(dimension) &&
                      v1::KpiDimension_IsValid(target.dimension());
  check.expect(is_one, "target.dimension", "must be WORKSPACE, TENANT, QUEUE, BASE, TEAM or AGENT");
  if (dimension == Dimension::kWorkspace) {
    check.expect(target.row_id().empty(), "target.row_id", "must be empty: there is one workspace");
  } else {
    check.id("target.row_id", target.row_id());
  }
  if (target.each_dimension() == v1::KPI_DIMENSION_UNSPECIFIED) return;
  check.expect(v1::KpiDimension_IsValid(target.each_dimension()) &&
                   is_below(static_cast<Dimension>(target.each_dimension()), dimension),
               "target.each_dimension", "must be below the scope's dimension");
}

void check_weekdays(const v1::Target& target, Checker& check) {
  if (!check.count("target.weekdays", target.weekdays_size(), 0, 7)) return;
  std::set<int> seen;
  for (int i = 0; i < target.weekdays_size(); ++i) {
    const int day = target.weekdays(i);
    const bool is_one = v1::Weekday_IsValid(day) && day != v1::WEEKDAY_UNSPECIFIED;
    check.expect(is_one && seen.insert(day).second, api::indexed("target.weekdays", i),
                 "must be a day of the week, named once");
  }
}

/// The live floor knows all queues, and whose they are.
std::string tenant_of_queue(const node::Node& node, const std::string& queue_id, const std::string& tenant) {
  if (!node.readiness().ready) throw Refusal(api::delivery_error(node::Delivery::kNotServing));
  for (const auto& [key, place] : api::places_of(node, Dimension::kQueue)) {
    if (key.id == queue_id && (tenant.empty() || key.second == tenant)) return key.second;
  }
  throw Refusal(api::not_found("QUEUE", "target.row_id", queue_id));
}

}  // namespace

void check(v1::SetTargetRequest& request, const node::Node& node, Checker& check) {
  const std::string tenant = check.optional_id("tenant_id", request.tenant_id());
  v1::Target& target = *request.mutable_target();
  const auto dimension = static_cast<Dimension>(target.dimension());
  check_scope(target, check);
  check_metric(target, check);
  check_weekdays(target, check);
  check.expect(target.has_value() && std::isfinite(target.value()), "target.value", "must be a number");
  check.text("target.display_name", target.display_name());
  if (!check.ok()) return;
  if (!tenant.empty() && !api::is_for_tenants(dimension)) throw Refusal(api::tenant_dimension());
  target.set_tenant_id(kPlatformTenant);
  if (dimension == Dimension::kQueue) target.set_tenant_id(tenant_of_queue(node, target.row_id(), tenant));
  if (dimension == Dimension::kTenant) target.set_tenant_id(target.row_id());
  if (tenant.empty() || target.tenant_id() == tenant) return;
  throw Refusal(api::not_found("TENANT", "target.row_id", target.row_id()));
}

void check(v1::DeleteTargetRequest& request, Checker& check) {
  check.optional_id("tenant_id", request.tenant_id());
  check.text("target_id", request.target_id());
}

v1::SetTargetResponse carry_out(TenantTransaction& t, const v1::SetTargetRequest& request, const By& by) {
  v1::SetTargetResponse response;
  v1::Target& target = *response.mutable_target() = request.target();
  if (!tenant_exists(t, target.tenant_id())) {
    throw Refusal(api::not_found("TENANT", "target.row_id", target.row_id()));
  }
  const auto before = find_target(t, target);
  node::to_proto(by.now, target.mutable_update_time());
  target.set_target_id(std::to_string(save_target(t, target)));
  by.changed(name_of(target), before ? &*before : nullptr, &target);
  return response;
}

v1::DeleteTargetResponse carry_out(TenantTransaction& t, const v1::DeleteTargetRequest& request, const By& by) {
  const std::string& id = request.target_id();
  const auto target = find_target(t, api::number_of(id));
  const bool reached = target && (request.tenant_id().empty() || request.tenant_id() == target->tenant_id());
  if (!reached) throw Refusal(api::not_found("TARGET", "target_id", id));
  delete_target(t, api::number_of(id));
  by.changed(name_of(*target), &*target, nullptr);
  return {};
}

}  // namespace muster::targets
