#pragma once

#include <optional>
#include <string>
#include <vector>

#include "muster/base/time.h"
#include "muster/store/sql.h"
#include "muster/store/tenant_pool.h"
#include "muster/v1/vetting.pb.h"

/// The table of vettings. A transaction of a tenant sees that tenant's; only one of the platform may change them, which
/// holds the member first. All throw pqxx::failure.
namespace muster::certification {

using store::Page;
using store::PageRequest;
using store::TenantTransaction;

/// As stored: what time alone makes of it is for state_of() in vettings.h.
std::optional<v1::Vetting> find_vetting(TenantTransaction& t, const std::string& tenant_id,
                                        const std::string& member_id);
/// In the place of the one that is there. `actor_tenant`: whose user or key the actor is; it and the platform are told
/// the actor and the reason.
void save_vetting(TenantTransaction& t, const v1::Vetting& vetting, const std::string& actor_tenant);
/// Its time is over; who had decided stays the actor.
void mark_vetting_expired(TenantTransaction& t, const v1::Vetting& vetting);

struct VettingFilter {
  std::string tenant_id;                 ///< empty: any
  std::string member_id;                 ///< likewise
  std::vector<v1::VettingState> states;  ///< likewise
};
Page<v1::Vetting> list_vettings(TenantTransaction& t, const VettingFilter& filter, TimePoint now,
                                const PageRequest& page);
/// One that is stored as approved, and whose time is over; empty: there is none.
std::optional<v1::Vetting> find_overdue_vetting(TenantTransaction& t, TimePoint now);

}  // namespace muster::certification
