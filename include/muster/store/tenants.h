#pragma once

#include <string>

#include "muster/store/tenant_pool.h"

namespace muster::store {

/// REQUIRES: a transaction of the platform, or of that tenant. Throws pqxx::failure.
bool tenant_exists(TenantTransaction& t, const std::string& tenant_id);

}  // namespace muster::store
