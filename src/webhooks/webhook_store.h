#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "muster/base/time.h"
#include "muster/store/sql.h"
#include "muster/store/tenant_pool.h"
#include "muster/v1/webhook.pb.h"

/// The tables of webhooks and deliveries. A transaction of a tenant sees that tenant's, and may put deliveries in; only
/// one of the platform may change the rest. All throw pqxx::failure.
namespace muster::webhooks {

using store::Page;
using store::PageRequest;
using store::TenantTransaction;

// --- webhooks ---

/// Secrets as they are stored: sealed.
struct Secrets {
  std::string current;
  std::string old;                        ///< empty: none
  std::optional<TimePoint> old_end = {};  ///< from then on `old` signs no more
};

/// False if there is one of that name.
bool insert_webhook(TenantTransaction& t, const v1::Webhook& webhook, const std::string& sealed_secret);
std::optional<v1::Webhook> find_webhook(TenantTransaction& t, const std::string& tenant_id,
                                        const std::string& webhook_id);
/// Likewise, and nobody else changes it until the transaction ends.
std::optional<v1::Webhook> lock_webhook(TenantTransaction& t, const std::string& tenant_id,
                                        const std::string& webhook_id);
/// Its display_name, url and enabled.
void update_webhook(TenantTransaction& t, const v1::Webhook& webhook);
/// The secret of before becomes the old one.
void replace_secret(TenantTransaction& t, const v1::Webhook& webhook, const std::string& sealed_secret,
                    TimePoint old_end);
void delete_webhook(TenantTransaction& t, const v1::Webhook& webhook);
/// `tenant_id` empty: all that the transaction may see.
Page<v1::Webhook> list_webhooks(TenantTransaction& t, const std::string& tenant_id, const PageRequest& page);
/// Holds the tenant, so that the number stays what it is until the transaction ends.
int lock_and_count_webhooks(TenantTransaction& t, const std::string& tenant_id);

// --- deliveries ---

/// For those of the webhooks that are enabled; gives the deliveries' identifiers.
std::vector<std::string> insert_deliveries(TenantTransaction& t, const std::string& tenant_id,
                                           const std::vector<std::string>& webhook_ids, const std::string& type,
                                           const std::string& body, TimePoint now);
/// With its body.
std::optional<v1::Delivery> find_delivery(TenantTransaction& t, const std::string& tenant_id,
                                          const std::string& delivery_id);
struct DeliveryFilter {
  std::string tenant_id;                  ///< empty: any
  std::string webhook_id;                 ///< likewise
  std::vector<v1::DeliveryState> states;  ///< likewise
};
Page<v1::Delivery> list_deliveries(TenantTransaction& t, const DeliveryFilter& filter, const PageRequest& page);
/// Makes a dead one pending, as if it had never been tried. False if it is dead no more.
bool revive_delivery(TenantTransaction& t, const v1::Delivery& delivery, TimePoint now);
/// Those that ended in that state before `before`, a thousand at once. True: there may be more.
bool delete_deliveries(TenantTransaction& t, v1::DeliveryState state, TimePoint before);

/// Gives up, a thousand at once, those whose next attempt was due before `before`: their webhooks cannot keep up. True:
/// there may be more.
bool give_up_deliveries(TenantTransaction& t, TimePoint before, TimePoint now);

// --- attempts: transactions of the platform ---

/// A delivery that is one server's until its lease is over.
struct Claim {
  std::string tenant_id;
  std::string delivery_id;
  std::string webhook_id;
  std::string body;
  int attempts = 0;  ///< with the one to come
  TimePoint until;   ///< the end of the lease, by which claims of one delivery are told apart
  std::string url;
  bool enabled = false;  ///< the webhook
  Secrets secrets;
};
/// Claims what is due, up to `limit`, of each webhook's as much as leaves it with no more than `each_max` under way.
std::vector<Claim> claim_deliveries(TenantTransaction& t, TimePoint now, Duration lease, std::size_t limit,
                                    std::size_t each_max);

/// How an attempt ended.
struct Outcome {
  v1::DeliveryState state = v1::DELIVERY_STATE_PENDING;
  unsigned status = 0;                         ///< 0: there was no answer
  std::string error = {};                      ///< empty: none
  std::optional<TimePoint> next_attempt = {};  ///< of a pending one
  bool attempted = true;                       ///< the webhook tells of it
  bool gone = false;                           ///< disables the webhook
};
/// Nothing if the claim is over and another server has begun, or the webhook is gone.
void settle_delivery(TenantTransaction& t, const Claim& claim, const Outcome& outcome, TimePoint now);

}  // namespace muster::webhooks
