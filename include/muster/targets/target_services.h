#pragma once

#include <grpcpp/impl/service_type.h>

#include <memory>

#include "muster/api/gate.h"
#include "muster/node/node.h"
#include "muster/store/tenant_pool.h"

namespace muster::targets {

/// TargetService. What it is given must outlive it.
std::unique_ptr<grpc::Service> make_target_service(store::TenantPool& pool, api::Gate& gate, node::Node& node);
/// ScorecardService; likewise.
std::unique_ptr<grpc::Service> make_scorecard_service(store::TenantPool& pool, api::Gate& gate, node::Node& node);

}  // namespace muster::targets
