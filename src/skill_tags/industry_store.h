#pragma once

#include <optional>
#include <string>
#include <vector>

#include "muster/store/sql.h"
#include "muster/store/tenant_pool.h"
#include "muster/v1/skill_tag.pb.h"

/// The tables of industries. REQUIRES everywhere: a transaction of the platform. All throw pqxx::failure.
namespace muster::skill_tags {

using store::Page;
using store::PageRequest;
using store::TenantTransaction;

std::optional<v1::Industry> find_industry(TenantTransaction& t, const std::string& industry_id);
/// False if there is one already. Its skills come with set_industry_skills().
bool insert_industry(TenantTransaction& t, const v1::Industry& industry, TimePoint now);
void rename_industry(TenantTransaction& t, const v1::Industry& industry);
/// In the place of those that it had. Gives the first that nothing grants; then roll back.
std::optional<std::string> set_industry_skills(TenantTransaction& t, const v1::Industry& industry);
void delete_industry(TenantTransaction& t, const std::string& industry_id);
Page<v1::Industry> list_industries(TenantTransaction& t, const PageRequest& page);

// Pages begin after the last one's rank: how far its fit is from 100, and then its number.

/// Of the member, by industry.
Page<v1::IndustryFit> list_fit_of_member(TenantTransaction& t, const std::string& member_id, TimePoint now,
                                         const PageRequest& page);
/// Of the industry, by member.
Page<v1::IndustryFit> list_fit_of_industry(TenantTransaction& t, const std::string& industry_id, TimePoint now,
                                           const PageRequest& page);

}  // namespace muster::skill_tags
