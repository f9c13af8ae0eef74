#include "alert_service.h"

#include <grpcpp/server_context.h>

#include <string>
#include <utility>

#include "alert_watch.h"
#include "handling.h"
#include "muster/api/caller.h"
#include "muster/api/server_number.h"
#include "muster/node/render.h"
#include "muster/v1/alert_service.grpc.pb.h"

namespace muster::alerts {
namespace {

using api::Checker;
using Look = api::BackOffice::Look;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

constexpr std::size_t kEntriesMax = 1'000;

/// One thing is asked for: the platform's goes without its name.
std::string tenant_of_one(const std::string& asked, Checker& check) {
  return check.id("tenant_id", asked.empty() ? kPlatformTenant : asked);
}

AlertFilter filter_of(const v1::ListAlertsRequest& request, const std::string& tenant, Checker& check) {
  AlertFilter filter;
  filter.tenant_id = check.optional_id("tenant_id", tenant);
  filter.rule_id = check.optional_id("rule_id", request.rule_id());
  for (int i = 0; i < request.states_size(); ++i) {
    const v1::AlertState state = request.states(i);
    check.expect(v1::AlertState_IsValid(state) && state != v1::ALERT_STATE_UNSPECIFIED, api::indexed("states", i),
                 "must be one of the states of an alert");
    filter.states.push_back(state);
  }
  filter.holding = request.holding();
  if (request.has_start_time()) filter.from = check.time("start_time", request.start_time());
  return filter;
}

class AlertService final : public v1::AlertService::CallbackService {
 public:
  AlertService(store::TenantPool& pool, api::Gate& gate, api::StreamRegistry& streams, const AlertBook& book,
               std::function<void()> changed)
      : gate_(gate), streams_(streams), book_(book), office_(pool, gate, std::move(changed)) {}

  ServerUnaryReactor* CreateAlertRule(CallbackServerContext* context, const v1::CreateAlertRuleRequest* request,
                                      v1::CreateAlertRuleResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* UpdateAlertRule(CallbackServerContext* context, const v1::UpdateAlertRuleRequest* request,
                                      v1::UpdateAlertRuleResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* DeleteAlertRule(CallbackServerContext* context, const v1::DeleteAlertRuleRequest* request,
                                      v1::DeleteAlertRuleResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* HandleAlert(CallbackServerContext* context, const v1::HandleAlertRequest* request,
                                  v1::HandleAlertResponse* response) override {
    return change(context, request, response);
  }

  ServerUnaryReactor* GetAlertRule(CallbackServerContext* context, const v1::GetAlertRuleRequest* request,
                                   v1::GetAlertRuleResponse* response) override {
    return office_.read_of_tenant(context, request, [=](const std::string& asked, Checker& check) -> Look {
      const std::string tenant = tenant_of_one(asked, check), id = check.id("rule_id", request->rule_id());
      return [=](TenantTransaction& t) {
        *response->mutable_rule() = api::found(find_rule(t, tenant, id), "ALERT_RULE", "rule_id", id);
      };
    });
  }

  ServerUnaryReactor* ListAlertRules(CallbackServerContext* context, const v1::ListAlertRulesRequest* request,
                                     v1::ListAlertRulesResponse* response) override {
    return office_.read_of_tenant(context, request, [=](const std::string& asked, Checker& check) -> Look {
      const std::string tenant = check.optional_id("tenant_id", asked);
      const api::PageToken token({"alert-rules", tenant});
      const PageRequest page = api::page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        auto rules = list_rules(t, tenant, page);
        for (v1::AlertRule& rule : rules.items) response->add_rules()->Swap(&rule);
        api::set_next_page(rules, token, response);
      };
    });
  }

  ServerUnaryReactor* GetAlert(CallbackServerContext* context, const v1::GetAlertRequest* request,
                               v1::GetAlertResponse* response) override {
    return office_.read_of_tenant(context, request, [=](const std::string& asked, Checker& check) -> Look {
      const std::string tenant = tenant_of_one(asked, check), id = request->alert_id();
      return [=](TenantTransaction& t) {
        const v1::Alert alert = api::found(find_alert(t, tenant, api::number_of(id)), "ALERT", "alert_id", id).alert;
        *response->mutable_alert() = alert;
        for (v1::AlertEntry& entry : entries_of(t, alert, kEntriesMax)) response->add_entries()->Swap(&entry);
      };
    });
  }

  ServerUnaryReactor* ListAlerts(CallbackServerContext* context, const v1::ListAlertsRequest* request,
                                 v1::ListAlertsResponse* response) override {
    return office_.read_of_tenant(context, request, [=](const std::string& asked, Checker& check) -> Look {
      const AlertFilter filter = filter_of(*request, asked, check);
      v1::ListAlertsRequest filters = *request;
      filters.clear_page_size();
      filters.clear_page_token();
      const api::PageToken token({"alerts", asked, filters.SerializeAsString()});
      const PageRequest page = api::page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        auto alerts = list_alerts(t, filter, page);
        for (v1::Alert& alert : alerts.items) response->add_alerts()->Swap(&alert);
        api::set_next_page(alerts, token, response);
      };
    });
  }

  grpc::ServerWriteReactor<v1::WatchAlertsResponse>* WatchAlerts(CallbackServerContext* context,
                                                                 const v1::WatchAlertsRequest* request) override {
    return api::launch<AlertWatch, v1::WatchAlertsRequest>(gate_, context, streams_, book_, *request);
  }

 private:
  /// In a transaction of the platform: only the platform writes.
  template <typename Request, typename Response>
  ServerUnaryReactor* change(CallbackServerContext* context, const Request* request, Response* response) {
    return office_.change(
        context, request, response, [](Request& asked, Checker& checker) { check(asked, checker); },
        [](TenantTransaction& t, const Request& asked, const By& by) { return carry_out(t, asked, by); });
  }

  api::Gate& gate_;
  api::StreamRegistry& streams_;
  const AlertBook& book_;
  api::BackOffice office_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_alert_service(store::TenantPool& pool, api::Gate& gate,
                                                  api::StreamRegistry& streams, const AlertBook& book,
                                                  std::function<void()> changed) {
  return std::make_unique<AlertService>(pool, gate, streams, book, std::move(changed));
}

}  // namespace muster::alerts
