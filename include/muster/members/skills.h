#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "muster/base/time.h"
#include "muster/store/tenant_pool.h"
#include "muster/v1/member.pb.h"

/// Skills that follow members: what grants them says so in its own transaction, and the floor hears of it with
/// everything else about the member. REQUIRES everywhere: a transaction of the platform. All throw pqxx::failure.
namespace muster::members {

/// From now on agents have the skill as members are granted it. False if something else grants it.
bool manage_skill(store::TenantTransaction& t, const std::string& skill_id, const std::string& owner);

/// The member has the skill at this level until `expires`; empty: for good. REQUIRES: it is managed.
void grant_skill(store::TenantTransaction& t, const std::string& member_id, const std::string& skill_id,
                 std::uint8_t level, std::optional<TimePoint> expires);
void withdraw_skill(store::TenantTransaction& t, const std::string& member_id, const std::string& skill_id);
/// Those of the members who have the skill for longer have it until `end`.
void end_grants(store::TenantTransaction& t, const std::string& skill_id, const std::vector<std::string>& member_ids,
                TimePoint end);

/// What becomes of a member's skill.
struct SkillChange {
  std::string member_id;
  std::string skill_id;
  std::optional<int> level;  ///< for good; empty: is withdrawn
};
/// Many at once. REQUIRES: the skills are managed; none is named twice of a member.
void change_skills(store::TenantTransaction& t, const std::vector<SkillChange>& changes);

/// A skill that a member has for now.
struct Grant {
  std::string member_id;
  std::string owner;  ///< what grants it
  TimePoint expires;  ///< TimePoint::max(): never
};
/// What members have by owners whose names begin so.
std::vector<Grant> grants_by(store::TenantTransaction& t, const std::string& owner_prefix,
                             const std::vector<std::string>& member_ids, TimePoint now);

// --- what keeps granted skills away ---

/// Whether the skill follows members, so that it can have requirements.
bool is_managed(store::TenantTransaction& t, const std::string& skill_id);
/// From now on whoever is not cleared for `cause` does not have the skill, however it was granted. It makes no
/// difference to require it twice. REQUIRES: the skill is managed.
void require_clearance(store::TenantTransaction& t, const std::string& skill_id, const std::string& cause);
/// The member has what the cause keeps away; also if it does so only later.
void clear(store::TenantTransaction& t, const std::string& member_id, const std::string& cause);
/// The cause keeps nothing away any more, and nobody is cleared for it.
void drop_requirement(store::TenantTransaction& t, const std::string& cause);

/// What others may know of a member, who stays so until the end of the transaction; empty: there is none.
struct Known {
  std::string display_name;
  v1::MemberState state = v1::MEMBER_STATE_UNSPECIFIED;
};
std::optional<Known> find_known(store::TenantTransaction& t, const std::string& member_id);
/// The state of a member, who stays in it until the end of the transaction; empty: there is none.
std::optional<v1::MemberState> state_of(store::TenantTransaction& t, const std::string& member_id);
/// The same of many, locked in the order of their identifiers, as all lock members. Those who are not there are not in
/// it.
std::map<std::string, v1::MemberState> states_of(store::TenantTransaction& t,
                                                 const std::vector<std::string>& member_ids);

/// Of a member who is there; likewise.
int tier_of(store::TenantTransaction& t, const std::string& member_id);

/// Those of the identifiers that are members'.
std::set<std::string> members_among(store::TenantTransaction& t, const std::vector<std::string>& member_ids);

}  // namespace muster::members
