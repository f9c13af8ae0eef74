#pragma once

#include <optional>
#include <string>
#include <vector>

#include "muster/base/time.h"
#include "muster/store/tenant_pool.h"
#include "muster/v1/skill_tag.pb.h"

/// What other parts know of a member's skill. REQUIRES: a transaction of the platform. All throw pqxx::failure.
namespace muster::skill_tags {

struct Evidence {
  std::string member_id;  ///< of a member who is there
  std::string skill_id;   ///< there need not be a kind of tags for it
  v1::SkillInput input = v1::SKILL_INPUT_UNSPECIFIED;
  int score = 0;           ///< 0..100
  int sample_count = 1;    ///< of how many samples the score is the mean, 1..100000
  std::string reference;   ///< what it comes from, such as "exam/refunds-exam/attempt/17": counts once
  TimePoint time;          ///< when it was so
  TimePoint expires = {};  ///< from then on it does not count; epoch: for good
  std::string actor;       ///< who says so
};

enum class Recorded { kNew, kCorrected, kUnchanged };

/// Stores the evidence, in the place of what had the same reference, and marks the member's tag of the skill: its level
/// is computed anew within a second of the commit. It is not computed here: so that a rule cannot fail the caller's
/// transaction nor make it long, however much is recorded of a member it is computed once, and all that changes levels
/// does so on one way.
Recorded record_evidence(store::TenantTransaction& t, const Evidence& evidence, TimePoint now);

/// Marks all tags of the members: something else that rules ask for has changed, such as a certificate.
void recompute_members(store::TenantTransaction& t, const std::vector<std::string>& member_ids, TimePoint now);

}  // namespace muster::skill_tags
