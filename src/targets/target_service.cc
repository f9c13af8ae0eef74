#include <grpcpp/server_context.h>

#include "muster/api/back_office.h"
#include "muster/targets/target_services.h"
#include "muster/v1/target_service.grpc.pb.h"
#include "targets.h"
#include "tracking.h"

namespace muster::targets {
namespace {

using api::Admission;
using api::Checker;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

class TargetService final : public v1::TargetService::CallbackService {
 public:
  TargetService(store::TenantPool& pool, api::Gate& gate, node::Node& node)
      : pool_(pool), gate_(gate), node_(node), office_(pool, gate, [] {}) {}

  ServerUnaryReactor* SetTarget(CallbackServerContext* context, const v1::SetTargetRequest* request,
                                v1::SetTargetResponse* response) override {
    return office_.change(
        context, request, response,
        [this](v1::SetTargetRequest& asked, Checker& checker) { check(asked, node_, checker); },
        [](TenantTransaction& t, const v1::SetTargetRequest& asked, const By& by) { return carry_out(t, asked, by); });
  }

  ServerUnaryReactor* DeleteTarget(CallbackServerContext* context, const v1::DeleteTargetRequest* request,
                                   v1::DeleteTargetResponse* response) override {
    return office_.change(
        context, request, response, [](v1::DeleteTargetRequest& asked, Checker& checker) { check(asked, checker); },
        [](TenantTransaction& t, const v1::DeleteTargetRequest& asked, const By& by) {
          return carry_out(t, asked, by);
        });
  }

  ServerUnaryReactor* ListTargets(CallbackServerContext* context, const v1::ListTargetsRequest* request,
                                  v1::ListTargetsResponse* response) override {
    return api::admitted(gate_, context, request, [=, this](ServerUnaryReactor* reactor, const Admission& admission) {
      Checker check;
      TargetFilter filter;
      filter.tenant_id = check.optional_id("tenant_id", api::tenant_asked(admission, request->tenant_id()));
      check.expect(v1::KpiDimension_IsValid(request->dimension()), "dimension", "must name a dimension");
      filter.dimension = static_cast<kpi::Dimension>(request->dimension());
      filter.row_id = check.optional_id("row_id", request->row_id());
      filter.metric_id = check.text("metric_id", request->metric_id());
      const api::PageToken token(
          {"targets", filter.tenant_id, std::to_string(request->dimension()), filter.row_id, filter.metric_id});
      const PageRequest page = api::page_of(*request, token, check);
      if (!check.ok()) return reactor->Finish(api::to_status(check.error()));
      // In the name of the caller's tenant, so that row security judges it, too.
      const std::string own = admission.tenant();
      api::transact(
          pool_, own.empty() ? kPlatformTenant : own, reactor,
          [=](TenantTransaction& t) {
            const auto found = list_targets(t, filter, page);
            for (const v1::Target& target : found.items) *response->add_targets() = target;
            api::set_next_page(found, token, response);
          },
          [] { return grpc::Status::OK; });
    });
  }

  ServerUnaryReactor* TrackTargets(CallbackServerContext* context, const v1::TrackTargetsRequest* request,
                                   v1::TrackTargetsResponse* response) override {
    return api::admitted(gate_, context, request, [=, this](ServerUnaryReactor* reactor, const Admission& admission) {
      static_cast<void>(api::tenant_asked(admission, request->tenant_id()));
      track(node_, pool_, admission.tenant(), reactor, *request, response);
    });
  }

 private:
  store::TenantPool& pool_;
  api::Gate& gate_;
  node::Node& node_;
  api::BackOffice office_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_target_service(store::TenantPool& pool, api::Gate& gate, node::Node& node) {
  return std::make_unique<TargetService>(pool, gate, node);
}

}  // namespace muster::targets
