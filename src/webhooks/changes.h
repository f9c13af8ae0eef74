#pragma once

#include <string>

#include "muster/api/back_office.h"
#include "muster/base/sealer.h"
#include "muster/v1/webhook_service.pb.h"
#include "muster/webhooks/webhook_service.h"
#include "webhook_store.h"

/// What may be done to webhooks and deliveries. Each change is one transaction of the platform, and throws api::Refusal
/// if it may not be.
namespace muster::webhooks {

using api::By;
using api::Checker;

/// What seals a webhook's secret.
std::string secret_purpose(const std::string& tenant_id, const std::string& webhook_id);

// A request that names no tenant is about the platform's.
void check(v1::CreateWebhookRequest& request, const Options& options, Checker& check);
void check(v1::UpdateWebhookRequest& request, const Options& options, Checker& check);
void check(v1::RotateWebhookSecretRequest& request, const Options& options, Checker& check);
void check(v1::DeleteWebhookRequest& request, const Options& options, Checker& check);
void check(v1::TestWebhookRequest& request, const Options& options, Checker& check);
void check(v1::RedeliverDeliveryRequest& request, const Options& options, Checker& check);

// REQUIRES: the request was checked, and its tenant is one that the caller may speak for.
v1::CreateWebhookResponse carry_out(TenantTransaction& t, const v1::CreateWebhookRequest& request, const By& by,
                                    const Sealer& root);
v1::UpdateWebhookResponse carry_out(TenantTransaction& t, const v1::UpdateWebhookRequest& request, const By& by,
                                    const Sealer& root);
v1::RotateWebhookSecretResponse carry_out(TenantTransaction& t, const v1::RotateWebhookSecretRequest& request,
                                          const By& by, const Sealer& root);
v1::DeleteWebhookResponse carry_out(TenantTransaction& t, const v1::DeleteWebhookRequest& request, const By& by,
                                    const Sealer& root);
v1::TestWebhookResponse carry_out(TenantTransaction& t, const v1::TestWebhookRequest& request, const By& by,
                                  const Sealer& root);
v1::RedeliverDeliveryResponse carry_out(TenantTransaction& t, const v1::RedeliverDeliveryRequest& request, const By& by,
                                        const Sealer& root);

}  // namespace muster::webhooks
