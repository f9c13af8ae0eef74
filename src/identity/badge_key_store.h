#pragma once

#include <optional>
#include <string>
#include <vector>

#include "muster/base/time.h"
#include "muster/store/tenant_pool.h"

/// The table of badge keys. REQUIRES everywhere: a transaction of the platform. All throw pqxx::failure.
namespace muster::identity {

struct BadgeKeyRecord {
  std::string kid;
  std::string public_key;
  std::string seed;  ///< sealed; empty: it signs no more
  TimePoint create_time;
};

/// The newest one first.
std::vector<BadgeKeyRecord> list_badge_keys(store::TenantTransaction& t);
/// From now on it signs, and no other: their seeds are erased.
void insert_badge_key(store::TenantTransaction& t, const BadgeKeyRecord& key);

/// Erases the seeds of those that were made by then, and gives their names.
std::vector<std::string> erase_seeds(store::TenantTransaction& t, TimePoint made_by);

}  // namespace muster::identity
