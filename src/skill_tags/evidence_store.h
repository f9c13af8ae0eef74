#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "muster/skill_tags/evidence.h"
#include "muster/store/sql.h"

/// The table of evidence. REQUIRES everywhere: a transaction of the platform. All throw pqxx::failure.
namespace muster::skill_tags {

using store::Page;
using store::PageRequest;
using store::TenantTransaction;

struct EvidenceFilter {
  std::string member_id;
  std::string skill_id;
  v1::SkillInput input = v1::SKILL_INPUT_UNSPECIFIED;
};

struct Stored {
  Recorded recorded = Recorded::kUnchanged;
  std::optional<v1::Evidence> before;  ///< of a correction
  v1::Evidence now;                    ///< unless unchanged
};
Stored upsert_evidence(TenantTransaction& t, const Evidence& evidence, TimePoint now);
Page<v1::Evidence> list_evidence(TenantTransaction& t, const EvidenceFilter& filter, const PageRequest& page);

/// A member and a skill.
using TagKey = std::pair<std::string, std::string>;
/// The tags have new evidence: they are due now. Waits until a computation that is under way has ended.
void mark_tags(TenantTransaction& t, const std::set<TagKey>& tags, TimePoint now);

}  // namespace muster::skill_tags
