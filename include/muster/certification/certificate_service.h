#pragma once

#include <grpcpp/impl/service_type.h>

#include <functional>
#include <memory>

#include "muster/api/gate.h"
#include "muster/store/jobs.h"
#include "muster/store/tenant_pool.h"

namespace muster::certification {

/// CertificateService. The pool and the gate must outlive it. `changed`: members' skills may have changed; must not
/// block.
std::unique_ptr<grpc::Service> make_certificate_service(store::TenantPool& pool, api::Gate& gate,
                                                        std::function<void()> changed);
/// VettingService; likewise.
std::unique_ptr<grpc::Service> make_vetting_service(store::TenantPool& pool, api::Gate& gate,
                                                    std::function<void()> changed);
/// Suspends the certificates of vettings whose time is over. The floor knows that moment beforehand.
store::Job vetting_job();

/// Ends the certificates of versions that newer ones came after, a few holders at a time.
store::Job version_job();

}  // namespace muster::certification
