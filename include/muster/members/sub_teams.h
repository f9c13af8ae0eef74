#pragma once

#include <grpcpp/impl/service_type.h>

#include <functional>
#include <memory>

#include "muster/api/gate.h"
#include "muster/store/tenant_pool.h"

namespace muster::members {

/// SubTeamService. The pool and the gate must outlive it. `changed`: as for the other services of members.
std::unique_ptr<grpc::Service> make_sub_team_service(store::TenantPool& pool, api::Gate& gate,
                                                     std::function<void()> changed);

}  // namespace muster::members
