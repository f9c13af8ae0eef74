#pragma once

#include <cstddef>

#include "muster/base/time.h"
#include "muster/store/jobs.h"
#include "muster/store/tenant_pool.h"

namespace muster::skill_tags {

/// Computes tags that are due and those that newer rules wait for, at most `limit`, and grants what their levels are
/// now. Gives how many that were. Two may be at it at once. REQUIRES: a transaction of the platform. Throws
/// pqxx::failure.
std::size_t recompute_due(store::TenantTransaction& t, TimePoint now, std::size_t limit);

/// The job that does it.
store::Job recompute_job();

}  // namespace muster::skill_tags
