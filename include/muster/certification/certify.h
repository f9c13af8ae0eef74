#pragma once

#include <string>

#include "muster/base/time.h"
#include "muster/store/tenant_pool.h"

namespace muster::certification {

/// The member has passed this exam or completed this course: certificates that are issued by themselves are, where
/// everything that they ask for is there now and the member has none that counts for more than 30 days. REQUIRES: a
/// transaction of the platform. Throws pqxx::failure.
void certify(store::TenantTransaction& t, const std::string& member_id, const std::string& learned_id, TimePoint now);

}  // namespace muster::certification
