#pragma once

#include <grpcpp/impl/service_type.h>

#include <functional>
#include <memory>

#include "muster/store/tenant_pool.h"

namespace muster::members {

/// MemberService. The pool must outlive it. `changed`: there is something for the roster to tell; must not block.
std::unique_ptr<grpc::Service> make_member_service(store::TenantPool& pool, std::function<void()> changed);

}  // namespace muster::members
