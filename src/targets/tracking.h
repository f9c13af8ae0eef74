#pragma once

#include <grpcpp/server_context.h>

#include "muster/api/gate.h"
#include "muster/api/kpi_rows.h"
#include "muster/store/tenant_pool.h"
#include "muster/v1/target_service.pb.h"

namespace muster::targets {

/// Answers TrackTargets in the name of the tenant; empty: the platform's. The request and the response live until the
/// reactor is finished; the node and the pool must outlive that.
void track(node::Node& node, store::TenantPool& pool, const std::string& tenant, grpc::ServerUnaryReactor* reactor,
           const v1::TrackTargetsRequest& request, v1::TrackTargetsResponse* response);

}  // namespace muster::targets
