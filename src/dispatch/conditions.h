#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "muster/dispatch/types.h"

/// What an agent must be to get a contact: from the trees that people write to a normal form that is quick to test,
/// to compare and to look up.
namespace muster::dispatch {

using Requirements = std::vector<SkillRequirement>;
using Alternatives = std::vector<SkillTest>;

/// Tests in the normal form of one predicate, at most. A tree can be far smaller than its normal form.
inline constexpr std::size_t kTestsMax = 64;

/// All that either asks for; of a skill that both name, the levels that suit both.
Requirements united(const Requirements& a, const Requirements& b);
Conditions united(const Conditions& a, const Conditions& b);

/// Empty if it has more than kTestsMax tests.
std::optional<Conditions> normal_form(const Predicate& predicate);

/// The first requirement or else the first alternatives that the skills fail; Gate{} if none.
Gate failed_gate(const std::vector<SkillLevel>& skills, const Conditions& conditions);

/// Whether somebody may pass the test, as far as having its skill or not says, whatever the level.
inline bool may_pass(const SkillTest& test, bool has_skill) {
  const bool at_any_level = test.requirement.min_level == 0 && test.requirement.max_level == kLevelMax;
  return test.negated ? !has_skill || !at_any_level : has_skill;
}

/// Whether nobody without one of the named skills meets the alternatives.
bool needs_one_of(const Alternatives& alternatives);

/// What a step of a policy asks of an agent while those pools are open, whatever the contact. Empty if a predicate, or
/// that of all pools, is too large.
std::optional<Conditions> asked_by(const PolicySpec& policy, const PolicyStep& step, PoolSet open);
/// Whether that is so for no set of pools. Fewer pools may need more tests: one that all are members of makes the
/// others count for nothing.
bool has_bearable_size(const PolicySpec& policy, const PolicyStep& step);
/// The same for each step. REQUIRES: each has a bearable size.
std::vector<Conditions> asked_by_steps(const PolicySpec& policy, PoolSet open);
inline constexpr PoolSet kAllPools = ~PoolSet{0};
/// What a policy asks of a preferred agent.
Conditions asked_of_preferred(const PolicySpec& policy);

inline PoolSet pool_bit(std::size_t pool) { return static_cast<PoolSet>(1U << pool); }

/// Calls `visit` with each skill that the predicate names, as often as it does.
template <typename Visit>
void for_each_skill(const Predicate& predicate, Visit visit) {
  if (predicate.kind == Predicate::Kind::kSkill) visit(predicate.skill.skill);
  for (const Predicate& part : predicate.parts) for_each_skill(part, visit);
}

}  // namespace muster::dispatch
