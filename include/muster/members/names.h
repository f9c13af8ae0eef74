#pragma once

#include <string>

#include "muster/store/tenant_pool.h"

namespace muster::members {

/// The name that a member is shown by; nothing is locked. REQUIRES: there is one of that identifier, and a transaction
/// of the platform. Throws pqxx::failure.
std::string name_of(store::TenantTransaction& t, const std::string& member_id);

}  // namespace muster::members
