#pragma once

#include <string>
#include <vector>

#include "muster/base/time.h"
#include "muster/store/tenant_pool.h"

/// The audit: who changed what. It is added to, and never changed.
namespace muster::store {

/// What one call changed of one thing.
struct AuditChange {
  std::string resource;  ///< such as "user/li.na"
  std::string before;    ///< the thing as JSON, without secrets; empty: it was not there
  std::string after;     ///< likewise; empty: it is gone
};

/// The call.
struct AuditCause {
  std::string actor_tenant_id;
  std::string actor;
  std::string action;      ///< the method
  std::string request_id;  ///< empty: it had none
};

/// In the audit of the transaction's tenant, in this order.
void insert_audit(TenantTransaction& t, const AuditCause& cause, const std::vector<AuditChange>& changes,
                  TimePoint now);

}  // namespace muster::store
