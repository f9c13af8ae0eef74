#pragma once

#include <optional>
#include <string>
#include <vector>

#include "muster/base/time.h"
#include "muster/store/tenant_pool.h"

/// Events that tenants are told by HTTP. REQUIRES everywhere: a transaction of the platform, or of that tenant. All
/// throw pqxx::failure.
namespace muster::webhooks {

struct Event {
  std::string type;  ///< such as "alert.raised": [a-z0-9_.]+
  std::string data;  ///< a JSON object
  TimePoint time;
};

/// Puts the event into the outbox of each of these webhooks, in the caller's transaction: delivered at least once after
/// it commits, never if it does not. Webhooks that are gone or disabled get nothing.
void send(store::TenantTransaction& t, const std::string& tenant_id, const std::vector<std::string>& webhook_ids,
          const Event& event);

/// The first of them that the tenant does not have; empty: all exist.
std::optional<std::string> unknown_of(store::TenantTransaction& t, const std::string& tenant_id,
                                      const std::vector<std::string>& webhook_ids);

}  // namespace muster::webhooks
