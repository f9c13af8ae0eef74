#include "muster/certification/certificate_service.h"

#include <grpcpp/server_context.h>

#include <chrono>
#include <string>
#include <utility>

#include "certificates.h"
#include "muster/v1/certificate_service.grpc.pb.h"

namespace muster::certification {
namespace {

using api::Checker;
using api::Refusal;
using Look = api::BackOffice::Look;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

class CertificateService final : public v1::CertificateService::CallbackService {
 public:
  CertificateService(store::TenantPool& pool, api::Gate& gate, std::function<void()> changed)
      : office_(pool, gate, std::move(changed)) {}

  ServerUnaryReactor* CreateCertificateKind(CallbackServerContext* context,
                                            const v1::CreateCertificateKindRequest* request,
                                            v1::CreateCertificateKindResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* UpdateCertificateKind(CallbackServerContext* context,
                                            const v1::UpdateCertificateKindRequest* request,
                                            v1::UpdateCertificateKindResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* PublishCertificateKindVersion(CallbackServerContext* context,
                                                    const v1::PublishCertificateKindVersionRequest* request,
                                                    v1::PublishCertificateKindVersionResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* IssueCertificate(CallbackServerContext* context, const v1::IssueCertificateRequest* request,
                                       v1::IssueCertificateResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* SuspendCertificate(CallbackServerContext* context, const v1::SuspendCertificateRequest* request,
                                         v1::SuspendCertificateResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* ReinstateCertificate(CallbackServerContext* context,
                                           const v1::ReinstateCertificateRequest* request,
                                           v1::ReinstateCertificateResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* RevokeCertificate(CallbackServerContext* context, const v1::RevokeCertificateRequest* request,
                                        v1::RevokeCertificateResponse* response) override {
    return change(context, request, response);
  }

  ServerUnaryReactor* GetCertificateKind(CallbackServerContext* context, const v1::GetCertificateKindRequest* request,
                                         v1::GetCertificateKindResponse* response) override {
    return office_.read(context, request, [=](Checker& check) -> Look {
      const std::string id = check.id("kind_id", request->kind_id());
      return [=](TenantTransaction& t) {
        *response->mutable_kind() = api::found(find_kind(t, id, Lock::kNone), "CERTIFICATE_KIND", "kind_id", id);
      };
    });
  }

  ServerUnaryReactor* ListCertificateKinds(CallbackServerContext* context,
                                           const v1::ListCertificateKindsRequest* request,
                                           v1::ListCertificateKindsResponse* response) override {
    return office_.read(context, request, [=](Checker& check) -> Look {
      const api::PageToken token({"certificate_kinds"});
      const PageRequest page = api::page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        const auto found = list_kinds(t, page);
        for (const v1::CertificateKind& kind : found.items) *response->add_kinds() = kind;
        api::set_next_page(found, token, response);
      };
    });
  }

  ServerUnaryReactor* GetCertificate(CallbackServerContext* context, const v1::GetCertificateRequest* request,
                                     v1::GetCertificateResponse* response) override {
    return office_.read(context, request, [=](Checker&) -> Look {
      const std::string id = request->certificate_id();
      return [=](TenantTransaction& t) {
        const auto record =
            api::found(find_certificate(t, number_of(id), Lock::kNone), "CERTIFICATE", "certificate_id", id);
        *response->mutable_certificate() = shown(record, wall_now());
      };
    });
  }

  ServerUnaryReactor* ListCertificates(CallbackServerContext* context, const v1::ListCertificatesRequest* request,
                                       v1::ListCertificatesResponse* response) override {
    return office_.read(context, request, [=](Checker& check, const std::string& own_member) -> Look {
      CertificateFilter filter;
      filter.member_id = check.optional_id("member_id", api::member_asked(*request, own_member));
      filter.kind_id = check.optional_id("kind_id", request->kind_id());
      std::string states;
      for (int i = 0; i < request->states_size(); ++i) {
        const auto state = request->states(i);
        check.expect(v1::CertificateState_IsValid(state) && state != v1::CERTIFICATE_STATE_UNSPECIFIED,
                     api::indexed("states", i), "must be one of the states of a certificate");
        filter.states.push_back(state);
        states += std::to_string(state) + ",";
      }
      const api::PageToken token({"certificates", filter.member_id, filter.kind_id, states});
      const PageRequest page = api::page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        const TimePoint now = wall_now();
        const auto found = list_certificates(t, filter, kNotice, now, page);
        for (const CertificateRecord& record : found.items) *response->add_certificates() = shown(record, now);
        api::set_next_page(found, token, response);
      };
    });
  }

 private:
  template <typename Request, typename Response>
  ServerUnaryReactor* change(CallbackServerContext* context, const Request* request, Response* response) {
    return office_.change(
        context, request, response, [](Request& asked, Checker& checker) { check(asked, checker); },
        [](TenantTransaction& t, const Request& asked, const By& by) { return carry_out(t, asked, by); });
  }

  api::BackOffice office_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_certificate_service(store::TenantPool& pool, api::Gate& gate,
                                                        std::function<void()> changed) {
  return std::make_unique<CertificateService>(pool, gate, std::move(changed));
}

store::Job version_job() { return {"certification.versions", std::chrono::seconds(1), end_older_certificates}; }

}  // namespace muster::certification
