#pragma once

#include <grpcpp/impl/service_type.h>

#include <functional>
#include <memory>

#include "muster/store/tenant_pool.h"

namespace muster::certification {

/// CertificateService. The pool must outlive it. `changed`: members' skills may have changed; must not block.
std::unique_ptr<grpc::Service> make_certificate_service(store::TenantPool& pool, std::function<void()> changed);

}  // namespace muster::certification
