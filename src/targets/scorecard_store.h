#pragma once

#include <optional>
#include <string>

#include "muster/store/sql.h"
#include "muster/store/tenant_pool.h"
#include "muster/v1/scorecard.pb.h"

/// The table of scorecards, which are the platform's. All throw pqxx::failure.
namespace muster::targets {

using store::Page;
using store::PageRequest;
using store::TenantTransaction;

std::optional<v1::Scorecard> find_scorecard(TenantTransaction& t, const std::string& scorecard_id);
/// False if there is one of that name.
bool insert_scorecard(TenantTransaction& t, const v1::Scorecard& scorecard);
void delete_scorecard(TenantTransaction& t, const std::string& scorecard_id);
Page<v1::Scorecard> list_scorecards(TenantTransaction& t, const PageRequest& page);

}  // namespace muster::targets
