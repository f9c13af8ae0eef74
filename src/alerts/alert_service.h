#pragma once

#include <grpcpp/impl/service_type.h>

#include <functional>
#include <memory>

#include "alert_book.h"
#include "muster/api/gate.h"
#include "muster/api/stream.h"
#include "muster/store/tenant_pool.h"

namespace muster::alerts {

/// What it is given must outlive it.
std::unique_ptr<grpc::Service> make_alert_service(store::TenantPool& pool, api::Gate& gate,
                                                  api::StreamRegistry& streams, const AlertBook& book,
                                                  std::function<void()> changed);

}  // namespace muster::alerts
