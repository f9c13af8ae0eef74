#pragma once

#include <optional>
#include <string>
#include <vector>

#include "muster/base/time.h"
#include "muster/store/sql.h"
#include "muster/store/tenant_pool.h"
#include "muster/v1/sub_team.pb.h"

/// The tables of sub-teams. REQUIRES everywhere: a transaction of the platform. All throw pqxx::failure.
namespace muster::members {

using store::Page;
using store::PageRequest;
using store::TenantTransaction;

// --- sub-teams. They change while their leader is locked (find_member). ---

std::optional<v1::SubTeam> find_sub_team(TenantTransaction& t, const std::string& leader_id);
void insert_sub_team(TenantTransaction& t, const v1::SubTeam& team, TimePoint now);
/// With its invitations. REQUIRES: nobody is in it.
void delete_sub_team(TenantTransaction& t, const std::string& leader_id);
Page<v1::SubTeam> list_sub_teams(TenantTransaction& t, const PageRequest& page);

// --- who is in them ---

/// The leader of the sub-team that the member is in; empty: in none.
std::string leader_of(TenantTransaction& t, const std::string& member_id);
/// As the leader sees them, in the order in which they joined.
std::vector<v1::SubTeamMember> sub_team_members(TenantTransaction& t, const std::string& leader_id, TimePoint now);
/// REQUIRES: leader and member are locked, and the member is in none.
void insert_place(TenantTransaction& t, const std::string& leader_id, const std::string& member_id, TimePoint now);
/// Of whose sub-team it was; empty: there was none.
std::string delete_place(TenantTransaction& t, const std::string& member_id);
/// Whose they were.
std::vector<std::string> delete_places(TenantTransaction& t, const std::string& leader_id);

// --- invitations. What has ended by `now` is not there. ---

std::optional<v1::SubTeamInvitation> find_invitation(TenantTransaction& t, const std::string& leader_id,
                                                     const std::string& member_id, TimePoint now);
int count_invitations(TenantTransaction& t, const std::string& leader_id, TimePoint now);
/// Takes the place of one of the same two.
void put_invitation(TenantTransaction& t, const v1::SubTeamInvitation& invitation);
void delete_invitation(TenantTransaction& t, const v1::SubTeamInvitation& invitation);
/// Those that the member made or got; empty: anybody.
Page<v1::SubTeamInvitation> list_invitations(TenantTransaction& t, const std::string& member_id, TimePoint now,
                                             const PageRequest& page);

// --- history ---

void insert_change(TenantTransaction& t, const v1::SubTeamChange& change);
/// Those about the member, or the sub-teams that the member led; empty: all.
Page<v1::SubTeamChange> list_changes(TenantTransaction& t, const std::string& member_id, const PageRequest& page);

}  // namespace muster::members
