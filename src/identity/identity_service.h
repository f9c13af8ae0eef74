#pragma once

#include <grpcpp/impl/service_type.h>

#include <memory>

#include "directory.h"
#include "muster/api/gate.h"
#include "root_key.h"
#include "sign_in_limiter.h"

namespace muster::identity {

/// muster.v1.IdentityService. What it is given must live longer.
std::unique_ptr<grpc::Service> make_identity_service(store::TenantPool& pool, const RootKey& root, Directory& directory,
                                                     api::Gate& gate, SignInLimiter& limiter);

}  // namespace muster::identity
