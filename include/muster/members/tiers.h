#pragma once

#include <grpcpp/impl/service_type.h>

#include <functional>
#include <memory>

#include "muster/api/gate.h"
#include "muster/store/jobs.h"
#include "muster/store/tenant_pool.h"

namespace muster::members {

/// TierService. The pool and the gate must outlive it. `changed`: there is something for the roster to tell; must not
/// block.
std::unique_ptr<grpc::Service> make_tier_service(store::TenantPool& pool, api::Gate& gate,
                                                 std::function<void()> changed);

/// Reviews everyone who serves, for the month that is over.
store::Job tier_reviews();

}  // namespace muster::members
