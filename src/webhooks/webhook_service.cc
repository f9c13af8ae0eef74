#include "muster/webhooks/webhook_service.h"

#include <grpcpp/server_context.h>

#include <string>
#include <utility>

#include "changes.h"
#include "muster/api/caller.h"
#include "muster/v1/webhook_service.grpc.pb.h"

namespace muster::webhooks {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using Task = store::TenantPool::Task;

constexpr Duration kDeliveredKept = std::chrono::hours(24 * 7);
constexpr Duration kDeadKept = std::chrono::hours(24 * 30);
constexpr Duration kLateMax = std::chrono::hours(24 * 3);

/// The tenant that is looked into: who may see all and names none means the platform.
std::string one_tenant(const std::string& tenant) { return tenant.empty() ? kPlatformTenant : tenant; }

class WebhookService final : public v1::WebhookService::CallbackService {
 public:
  WebhookService(store::TenantPool& pool, api::Gate& gate, std::function<void()> changed, Sealer root, Options options)
      : root_(root), options_(std::move(options)), office_(pool, gate, std::move(changed), std::move(root)) {}

  ServerUnaryReactor* CreateWebhook(CallbackServerContext* context, const v1::CreateWebhookRequest* request,
                                    v1::CreateWebhookResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* UpdateWebhook(CallbackServerContext* context, const v1::UpdateWebhookRequest* request,
                                    v1::UpdateWebhookResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* RotateWebhookSecret(CallbackServerContext* context, const v1::RotateWebhookSecretRequest* request,
                                          v1::RotateWebhookSecretResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* DeleteWebhook(CallbackServerContext* context, const v1::DeleteWebhookRequest* request,
                                    v1::DeleteWebhookResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* TestWebhook(CallbackServerContext* context, const v1::TestWebhookRequest* request,
                                  v1::TestWebhookResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* RedeliverDelivery(CallbackServerContext* context, const v1::RedeliverDeliveryRequest* request,
                                        v1::RedeliverDeliveryResponse* response) override {
    return change(context, request, response);
  }

  ServerUnaryReactor* GetWebhook(CallbackServerContext* context, const v1::GetWebhookRequest* request,
                                 v1::GetWebhookResponse* response) override {
    return office_.read_of_tenant(context, request, [=](const std::string& asked, Checker& check) -> Task {
      const std::string tenant = check.id("tenant_id", one_tenant(asked));
      const std::string id = check.id("webhook_id", request->webhook_id());
      return [=](TenantTransaction& t) {
        *response->mutable_webhook() = api::found(find_webhook(t, tenant, id), "WEBHOOK", "webhook_id", id);
      };
    });
  }

  ServerUnaryReactor* ListWebhooks(CallbackServerContext* context, const v1::ListWebhooksRequest* request,
                                   v1::ListWebhooksResponse* response) override {
    return office_.read_of_tenant(context, request, [=](const std::string& asked, Checker& check) -> Task {
      const std::string tenant = check.optional_id("tenant_id", asked);
      const api::PageToken token({"webhooks", tenant});
      const PageRequest page = api::page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        const auto found = list_webhooks(t, tenant, page);
        for (const v1::Webhook& webhook : found.items) *response->add_webhooks() = webhook;
        api::set_next_page(found, token, response);
      };
    });
  }

  ServerUnaryReactor* GetDelivery(CallbackServerContext* context, const v1::GetDeliveryRequest* request,
                                  v1::GetDeliveryResponse* response) override {
    return office_.read_of_tenant(context, request, [=](const std::string& asked, Checker& check) -> Task {
      const std::string tenant = check.id("tenant_id", one_tenant(asked));
      const std::string id = check.id("delivery_id", request->delivery_id());
      return [=](TenantTransaction& t) {
        *response->mutable_delivery() = api::found(find_delivery(t, tenant, id), "DELIVERY", "delivery_id", id);
      };
    });
  }

  ServerUnaryReactor* ListDeliveries(CallbackServerContext* context, const v1::ListDeliveriesRequest* request,
                                     v1::ListDeliveriesResponse* response) override {
    return office_.read_of_tenant(context, request, [=](const std::string& asked, Checker& check) -> Task {
      DeliveryFilter filter{
          check.optional_id("tenant_id", asked), check.optional_id("webhook_id", request->webhook_id()), {}};
      std::string states;
      for (int i = 0; i < request->states_size(); ++i) {
        const auto state = request->states(i);
        check.expect(v1::DeliveryState_IsValid(state) && state != v1::DELIVERY_STATE_UNSPECIFIED,
                     api::indexed("states", i), "must be one of the states of a delivery");
        filter.states.push_back(state);
        states += std::to_string(state) + ",";
      }
      const api::PageToken token({"deliveries", filter.tenant_id, filter.webhook_id, states});
      const PageRequest page = api::page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        const auto found = list_deliveries(t, filter, page);
        for (const v1::Delivery& delivery : found.items) *response->add_deliveries() = delivery;
        api::set_next_page(found, token, response);
      };
    });
  }

 private:
  template <typename Request, typename Response>
  ServerUnaryReactor* change(CallbackServerContext* context, const Request* request, Response* response) {
    return office_.change(
        context, request, response,
        [this](Request& asked, Checker& checker, const api::Admission& admission) {
          if constexpr (requires { asked.mutable_webhook(); }) {
            asked.mutable_webhook()->set_tenant_id(api::tenant_asked(admission, asked.webhook().tenant_id()));
          }
          check(asked, options_, checker);
        },
        [root = root_](TenantTransaction& t, const Request& asked, const By& by) {
          return carry_out(t, asked, by, root);
        });
  }

  const Sealer root_;
  const Options options_;
  api::BackOffice office_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_webhook_service(store::TenantPool& pool, api::Gate& gate,
                                                    std::function<void()> changed, Sealer root,
                                                    const Options& options) {
  return std::make_unique<WebhookService>(pool, gate, std::move(changed), std::move(root), options);
}

store::Job cleanup_job() {
  return {"webhooks.cleanup", std::chrono::hours(1), [](TenantTransaction& t, TimePoint now) {
            const bool more_late = give_up_deliveries(t, now - kLateMax, now);
            const bool more_done = delete_deliveries(t, v1::DELIVERY_STATE_DELIVERED, now - kDeliveredKept);
            const bool more_dead = delete_deliveries(t, v1::DELIVERY_STATE_DEAD, now - kDeadKept);
            return more_late || more_done || more_dead;
          }};
}

}  // namespace muster::webhooks
