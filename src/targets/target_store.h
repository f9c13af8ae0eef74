#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cascade.h"
#include "muster/store/sql.h"
#include "muster/store/tenant_pool.h"

/// The table of targets. A transaction of a tenant sees that tenant's; only one of the platform may change them. All
/// throw pqxx::failure.
namespace muster::targets {

using store::Page;
using store::PageRequest;
using store::TenantTransaction;

/// REQUIRES: a transaction of the platform.
bool tenant_exists(TenantTransaction& t, const std::string& tenant_id);

/// The one that the scope has for the metric and each_dimension.
std::optional<v1::Target> find_target(TenantTransaction& t, const v1::Target& like);
std::optional<v1::Target> find_target(TenantTransaction& t, std::int64_t number);
/// In the place of the one that is there, whose number it keeps; gives the number.
std::int64_t save_target(TenantTransaction& t, const v1::Target& target);
void delete_target(TenantTransaction& t, std::int64_t number);

struct TargetFilter {
  std::string tenant_id;       ///< empty: any
  kpi::Dimension dimension{};  ///< 0: any
  std::string row_id;          ///< empty: any
  std::string metric_id;       ///< empty: any
};
Page<v1::Target> list_targets(TenantTransaction& t, const TargetFilter& filter, const PageRequest& page);
/// All that are set at the scopes.
std::vector<v1::Target> targets_at(TenantTransaction& t, const std::vector<Scope>& scopes);

}  // namespace muster::targets
