#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "muster/base/time.h"
#include "muster/store/sql.h"
#include "muster/store/tenant_pool.h"
#include "muster/v1/member.pb.h"

/// The tables of members. REQUIRES everywhere: a transaction of the platform. All throw pqxx::failure.
namespace muster::members {

using store::Page;
using store::PageRequest;
using store::TenantTransaction;

// --- bases ---

std::optional<v1::Base> find_base(TenantTransaction& t, const std::string& base_id);
/// False if there is one already.
bool insert_base(TenantTransaction& t, const v1::Base& base, TimePoint now);
void update_base(TenantTransaction& t, const v1::Base& base);
/// False if a member or a team names it.
bool delete_base(TenantTransaction& t, const std::string& base_id);
Page<v1::Base> list_bases(TenantTransaction& t, const PageRequest& page);

// --- teams ---

/// As it is now; nothing is locked.
std::optional<v1::Team> read_team(TenantTransaction& t, const std::string& team_id);
/// Locked until the end of the transaction: nobody joins it meanwhile.
std::optional<v1::Team> find_team(TenantTransaction& t, const std::string& team_id);
/// False if there is one already.
bool insert_team(TenantTransaction& t, const v1::Team& team, TimePoint now);
void update_team(TenantTransaction& t, const v1::Team& team);
/// False if a member names it.
bool delete_team(TenantTransaction& t, const std::string& team_id);
/// `base_id` empty: of any.
Page<v1::Team> list_teams(TenantTransaction& t, const std::string& base_id, const PageRequest& page);

// --- members ---

struct MemberRecord {
  v1::Member member;  ///< next_states is not set
  v1::MemberState returns_to = v1::MEMBER_STATE_UNSPECIFIED;
};
struct MemberFilter {
  std::vector<v1::MemberState> states;  ///< empty: any
  v1::EngagementType engagement_type = v1::ENGAGEMENT_TYPE_UNSPECIFIED;
  std::string base_id;
  std::string team_id;
  std::string language;
  std::vector<int> tiers;  ///< empty: any
  std::string skill_id;    ///< that they are granted; empty: any
  int level_min = 0;       ///< of that skill
  std::string text;        ///< in the identifier or the name, without regard to case
};

/// As the member is now; nothing is locked.
std::optional<MemberRecord> read_member(TenantTransaction& t, const std::string& member_id);
/// Locked until the end of the transaction.
std::optional<MemberRecord> find_member(TenantTransaction& t, const std::string& member_id);
/// Those that are there, locked likewise.
std::map<std::string, MemberRecord> find_members(TenantTransaction& t, const std::vector<std::string>& member_ids);
/// False if there is one already.
bool insert_member(TenantTransaction& t, const MemberRecord& record, TimePoint now);
/// Everything but the identifier and when it was created.
void update_member(TenantTransaction& t, const MemberRecord& record, TimePoint now);
Page<MemberRecord> list_members(TenantTransaction& t, const MemberFilter& filter, const PageRequest& page);

void insert_transition(TenantTransaction& t, const std::string& member_id, const v1::MemberTransition& transition,
                       TimePoint now);
/// Of a member who is there.
v1::MemberTransition last_transition(TenantTransaction& t, const std::string& member_id);
Page<v1::MemberTransition> list_transitions(TenantTransaction& t, const std::string& member_id,
                                            const PageRequest& page);

// --- what the engine is to be told ---

void insert_roster_change(TenantTransaction& t, const std::string& member_id);
struct GrantedSkill {
  std::string skill_id;
  std::uint8_t level = 0;
  TimePoint expires;  ///< epoch: for good
};
/// What members are granted, nothing keeps away, and may have ended; by skill.
std::map<std::string, std::vector<GrantedSkill>> granted_skills(TenantTransaction& t,
                                                                const std::vector<std::string>& member_ids);
struct RosterChange {
  std::vector<std::int64_t> numbers;  ///< of all changes of the member that wait
  v1::Member member;                  ///< as it is now
  std::vector<GrantedSkill> skills;   ///< likewise; those that have ended too
  int chat_limit = 0;                 ///< of the member's tier
};
/// Members of whom the oldest changes are, in their order.
std::vector<RosterChange> roster_changes(TenantTransaction& t, std::size_t limit);
/// Skills that agents have as members are granted them, and not otherwise.
std::set<std::string> managed_skills(TenantTransaction& t);
void delete_roster_changes(TenantTransaction& t, const std::vector<std::int64_t>& numbers);

}  // namespace muster::members
