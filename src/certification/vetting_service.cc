#include <grpcpp/server_context.h>

#include <string>
#include <utility>

#include "muster/api/back_office.h"
#include "muster/certification/certificate_service.h"
#include "muster/v1/vetting_service.grpc.pb.h"
#include "vettings.h"

namespace muster::certification {
namespace {

using api::Checker;
using Look = api::BackOffice::Look;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

class VettingService final : public v1::VettingService::CallbackService {
 public:
  VettingService(store::TenantPool& pool, api::Gate& gate, std::function<void()> changed)
      : office_(pool, gate, std::move(changed)) {}

  ServerUnaryReactor* ProposeVetting(CallbackServerContext* context, const v1::ProposeVettingRequest* request,
                                     v1::ProposeVettingResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* DecideVetting(CallbackServerContext* context, const v1::DecideVettingRequest* request,
                                    v1::DecideVettingResponse* response) override {
    return change(context, request, response);
  }

  ServerUnaryReactor* GetVetting(CallbackServerContext* context, const v1::GetVettingRequest* request,
                                 v1::GetVettingResponse* response) override {
    return office_.read_of_tenant(
        context, request, [=](const std::string& tenant, Checker& check) -> store::TenantPool::Task {
          check.id("tenant_id", tenant);
          const std::string member = check.id("member_id", request->member_id());
          return [=](TenantTransaction& t) {
            const auto vetting = api::found(find_vetting(t, tenant, member), "VETTING", "member_id", member);
            *response->mutable_vetting() = shown(vetting, wall_now());
          };
        });
  }

  ServerUnaryReactor* ListVettings(CallbackServerContext* context, const v1::ListVettingsRequest* request,
                                   v1::ListVettingsResponse* response) override {
    return office_.read_of_tenant(
        context, request, [=](const std::string& tenant, Checker& check) -> store::TenantPool::Task {
          VettingFilter filter;
          filter.tenant_id = check.optional_id("tenant_id", tenant);
          filter.member_id = check.optional_id("member_id", request->member_id());
          std::string states;
          for (int i = 0; i < request->states_size(); ++i) {
            const auto state = request->states(i);
            check.expect(v1::VettingState_IsValid(state) && state != v1::VETTING_STATE_UNSPECIFIED,
                         api::indexed("states", i), "must be one of the states of a vetting");
            filter.states.push_back(state);
            states += std::to_string(state) + ",";
          }
          const api::PageToken token({"vettings", filter.tenant_id, filter.member_id, states});
          const PageRequest page = api::page_of(*request, token, check);
          return [=](TenantTransaction& t) {
            const TimePoint now = wall_now();
            const auto found = list_vettings(t, filter, now, page);
            for (const v1::Vetting& vetting : found.items) *response->add_vettings() = shown(vetting, now);
            api::set_next_page(found, token, response);
          };
        });
  }

 private:
  /// In a transaction of the platform, for certificates follow in it.
  template <typename Request, typename Response>
  ServerUnaryReactor* change(CallbackServerContext* context, const Request* request, Response* response) {
    return office_.change(
        context, request, response, [](Request& asked, Checker& checker) { check(asked, checker); },
        [](TenantTransaction& t, const Request& asked, const By& by) { return carry_out(t, asked, by); });
  }

  api::BackOffice office_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_vetting_service(store::TenantPool& pool, api::Gate& gate,
                                                    std::function<void()> changed) {
  return std::make_unique<VettingService>(pool, gate, std::move(changed));
}

store::Job vetting_job() { return {"certification.vettings", std::chrono::seconds(1), expire_vetting}; }

}  // namespace muster::certification
