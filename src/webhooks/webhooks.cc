#include "muster/webhooks/webhooks.h"

#include <google/protobuf/util/time_util.h>

#include "changes.h"
#include "muster/api/caller.h"
#include "muster/http_client/http_client.h"
#include "muster/node/render.h"
#include "muster/store/tenants.h"
#include "signature.h"

namespace muster::webhooks {
namespace {

using api::found;
using api::precondition;
using api::Refusal;
using api::sets;

constexpr int kWebhooksMax = 50;
constexpr std::size_t kUrlBytesMax = 2'048;
constexpr Duration kOldSecretLife = std::chrono::hours(24);

// --- shapes ---

void check_tenant(const std::string& path, std::string* tenant_id, Checker& check) {
  if (tenant_id->empty()) *tenant_id = kPlatformTenant;
  check.id(path, *tenant_id);
}

/// What can be told without looking the name up; the rest is judged when it is connected to.
bool may_be_called(const http_client::Url& url, const Options& options) {
  if (options.private_networks) return url.tls || url.is_local();
  boost::system::error_code no_address;
  const auto address = boost::asio::ip::make_address(url.host, no_address);
  return url.tls && !url.is_local() && (no_address || http_client::is_public(address));
}

void check_url(const std::string& text, const Options& options, Checker& check) {
  const auto url = http_client::Url::parse(text);
  check.text("webhook.url", text, kUrlBytesMax);
  check.expect(url && may_be_called(*url, options), "webhook.url",
               "must be https://HOST[:PORT][/PATH] of a public address, without user and fragment");
}

template <typename Request>
void check_names(Request& request, Checker& check) {
  check_tenant("tenant_id", request.mutable_tenant_id(), check);
  check.id("webhook_id", request.webhook_id());
}

// --- what is stored ---

std::string name_of(const v1::Webhook& webhook) {
  return "webhook/" + webhook.tenant_id() + "/" + webhook.webhook_id();
}

v1::Webhook locked(TenantTransaction& t, const std::string& tenant_id, const std::string& webhook_id) {
  return found(lock_webhook(t, tenant_id, webhook_id), "WEBHOOK", "webhook_id", webhook_id);
}

v1::Webhook locked_and_enabled(TenantTransaction& t, const std::string& tenant_id, const std::string& webhook_id) {
  const v1::Webhook webhook = locked(t, tenant_id, webhook_id);
  if (webhook.enabled()) return webhook;
  throw Refusal(precondition("WEBHOOK_DISABLED", "webhook_id '" + webhook_id + "' is disabled",
                             {{"tenant_id", tenant_id}, {"webhook_id", webhook_id}}));
}

std::string sealed(const std::string& secret, const v1::Webhook& webhook, const Sealer& root) {
  return root.seal(secret_purpose(webhook.tenant_id(), webhook.webhook_id()), secret);
}

std::vector<std::string> send_now(TenantTransaction& t, const std::string& tenant_id,
                                  const std::vector<std::string>& webhook_ids, const Event& event, TimePoint now) {
  google::protobuf::Timestamp time;
  node::to_proto(event.time, &time);
  const std::string body = "{\"type\":\"" + event.type + "\",\"timestamp\":\"" +
                           google::protobuf::util::TimeUtil::ToString(time) + "\",\"data\":" + event.data + "}";
  return insert_deliveries(t, tenant_id, webhook_ids, event.type, body, now);
}

v1::Delivery delivery_named(TenantTransaction& t, const std::string& tenant_id, const std::string& delivery_id) {
  return found(find_delivery(t, tenant_id, delivery_id), "DELIVERY", "delivery_id", delivery_id);
}

std::string name_of(const v1::Delivery& delivery) {
  return "webhook-delivery/" + delivery.tenant_id() + "/" + delivery.delivery_id();
}

}  // namespace

void send(TenantTransaction& t, const std::string& tenant_id, const std::vector<std::string>& webhook_ids,
          const Event& event) {
  send_now(t, tenant_id, webhook_ids, event, wall_now());
}

std::string secret_purpose(const std::string& tenant_id, const std::string& webhook_id) {
  return "webhooks/secret/" + tenant_id + "/" + webhook_id;
}

void check(v1::CreateWebhookRequest& request, const Options& options, Checker& check) {
  v1::Webhook& webhook = *request.mutable_webhook();
  check_tenant("webhook.tenant_id", webhook.mutable_tenant_id(), check);
  check.id("webhook.webhook_id", webhook.webhook_id());
  check.text("webhook.display_name", webhook.display_name());
  check_url(webhook.url(), options, check);
}

void check(v1::UpdateWebhookRequest& request, const Options& options, Checker& check) {
  v1::Webhook& webhook = *request.mutable_webhook();
  check_tenant("webhook.tenant_id", webhook.mutable_tenant_id(), check);
  check.id("webhook.webhook_id", webhook.webhook_id());
  api::check_mask(request.update_mask(), {"display_name", "url", "enabled"}, check);
  if (sets(&request.update_mask(), "display_name")) check.text("webhook.display_name", webhook.display_name());
  if (sets(&request.update_mask(), "url")) check_url(webhook.url(), options, check);
}

void check(v1::RotateWebhookSecretRequest& request, const Options&, Checker& check) { check_names(request, check); }
void check(v1::DeleteWebhookRequest& request, const Options&, Checker& check) { check_names(request, check); }
void check(v1::TestWebhookRequest& request, const Options&, Checker& check) { check_names(request, check); }
void check(v1::RedeliverDeliveryRequest& request, const Options&, Checker& check) {
  check_tenant("tenant_id", request.mutable_tenant_id(), check);
  check.id("delivery_id", request.delivery_id());
}

v1::CreateWebhookResponse carry_out(TenantTransaction& t, const v1::CreateWebhookRequest& request, const By& by,
                                    const Sealer& root) {
  const v1::Webhook& asked = request.webhook();
  if (!store::tenant_exists(t, asked.tenant_id())) {
    throw Refusal(api::not_found("TENANT", "tenant_id", asked.tenant_id()));
  }
  if (lock_and_count_webhooks(t, asked.tenant_id()) >= kWebhooksMax) {
    throw Refusal(precondition("WEBHOOK_LIMIT", "a tenant may have " + std::to_string(kWebhooksMax) + " webhooks",
                               {{"tenant_id", asked.tenant_id()}, {"limit", std::to_string(kWebhooksMax)}}));
  }
  v1::CreateWebhookResponse response;
  v1::Webhook& webhook = *response.mutable_webhook();
  webhook.set_tenant_id(asked.tenant_id());
  webhook.set_webhook_id(asked.webhook_id());
  webhook.set_display_name(asked.display_name());
  webhook.set_url(asked.url());
  webhook.set_enabled(true);
  node::to_proto(by.now, webhook.mutable_create_time());
  response.set_secret(new_secret());
  if (!insert_webhook(t, webhook, sealed(response.secret(), webhook, root))) {
    throw Refusal(api::already_exists("WEBHOOK", "webhook_id", webhook.webhook_id()));
  }
  by.changed(name_of(webhook), nullptr, &webhook);
  return response;
}

v1::UpdateWebhookResponse carry_out(TenantTransaction& t, const v1::UpdateWebhookRequest& request, const By& by,
                                    const Sealer&) {
  const v1::Webhook before = locked(t, request.webhook().tenant_id(), request.webhook().webhook_id());
  v1::UpdateWebhookResponse response;
  v1::Webhook& after = *response.mutable_webhook() = before;
  const auto* mask = &request.update_mask();
  if (sets(mask, "display_name")) after.set_display_name(request.webhook().display_name());
  if (sets(mask, "url")) after.set_url(request.webhook().url());
  if (sets(mask, "enabled")) after.set_enabled(request.webhook().enabled());
  update_webhook(t, after);
  by.changed(name_of(after), &before, &after);
  return response;
}

v1::RotateWebhookSecretResponse carry_out(TenantTransaction& t, const v1::RotateWebhookSecretRequest& request,
                                          const By& by, const Sealer& root) {
  const v1::Webhook webhook = locked(t, request.tenant_id(), request.webhook_id());
  v1::RotateWebhookSecretResponse response;
  const TimePoint end = by.now + kOldSecretLife;
  node::to_proto(end, response.mutable_old_secret_end_time());
  by.changed(name_of(webhook) + "/secret", nullptr, &response);
  response.set_secret(new_secret());
  replace_secret(t, webhook, sealed(response.secret(), webhook, root), end);
  return response;
}

v1::DeleteWebhookResponse carry_out(TenantTransaction& t, const v1::DeleteWebhookRequest& request, const By& by,
                                    const Sealer&) {
  const v1::Webhook webhook = locked(t, request.tenant_id(), request.webhook_id());
  delete_webhook(t, webhook);
  by.changed(name_of(webhook), &webhook, nullptr);
  return {};
}

v1::TestWebhookResponse carry_out(TenantTransaction& t, const v1::TestWebhookRequest& request, const By& by,
                                  const Sealer&) {
  const v1::Webhook webhook = locked_and_enabled(t, request.tenant_id(), request.webhook_id());
  // An identifier needs no escapes.
  const Event event{"webhook.test", "{\"webhook_id\":\"" + webhook.webhook_id() + "\"}", by.now};
  const auto sent = send_now(t, webhook.tenant_id(), {webhook.webhook_id()}, event, by.now);
  v1::TestWebhookResponse response;
  *response.mutable_delivery() = delivery_named(t, webhook.tenant_id(), sent.front());
  response.mutable_delivery()->clear_body();  // which neither the audit nor anybody but GetDelivery keeps
  by.changed(name_of(response.delivery()), nullptr, &response.delivery());
  return response;
}

v1::RedeliverDeliveryResponse carry_out(TenantTransaction& t, const v1::RedeliverDeliveryRequest& request, const By& by,
                                        const Sealer&) {
  v1::Delivery before = delivery_named(t, request.tenant_id(), request.delivery_id());
  before.clear_body();
  locked_and_enabled(t, before.tenant_id(), before.webhook_id());
  if (!revive_delivery(t, before, by.now)) {
    throw Refusal(precondition("DELIVERY_WRONG_STATE", "delivery_id '" + before.delivery_id() + "' is not dead",
                               {{"delivery_id", before.delivery_id()}, {"state", api::short_name(before.state())}}));
  }
  v1::RedeliverDeliveryResponse response;
  *response.mutable_delivery() = delivery_named(t, before.tenant_id(), before.delivery_id());
  response.mutable_delivery()->clear_body();
  by.changed(name_of(before), &before, &response.delivery());
  return response;
}

}  // namespace muster::webhooks
