#include "conditions.h"

#include <algorithm>
#include <iterator>

namespace muster::dispatch {
namespace {

using Clauses = std::vector<Alternatives>;

const SkillLevel* find_skill(const std::vector<SkillLevel>& skills, SkillHandle skill) {
  const auto found = std::lower_bound(skills.begin(), skills.end(), skill,
                                      [](const SkillLevel& each, SkillHandle wanted) { return each.skill < wanted; });
  return found != skills.end() && found->skill == skill ? &*found : nullptr;
}

bool within(std::uint8_t level, const SkillRequirement& required) {
  return level >= required.min_level && level <= required.max_level;
}

bool passes(const std::vector<SkillLevel>& skills, const SkillTest& test) {
  const SkillLevel* has = find_skill(skills, test.requirement.skill);
  return (has && within(has->level, test.requirement)) != test.negated;
}

std::size_t size_of(const Clauses& clauses) {
  std::size_t tests = 0;
  for (const Alternatives& each : clauses) tests += each.size();
  return tests;
}

void drop_copies(Clauses& clauses) {
  std::sort(clauses.begin(), clauses.end());
  clauses.erase(std::unique(clauses.begin(), clauses.end()), clauses.end());
}

/// Every clause of one with every clause of the other.
Clauses either(const Clauses& a, const Clauses& b) {
  Clauses all;
  for (const Alternatives& left : a) {
    for (const Alternatives& right : b) {
      Alternatives& both = all.emplace_back();
      std::set_union(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(both));
    }
  }
  drop_copies(all);
  return all;
}

/// AND of OR; `negated` turns each into the other on the way down. Empty if it grows too large.
std::optional<Clauses> clauses_of(const Predicate& predicate, bool negated) {
  using Kind = Predicate::Kind;
  if (predicate.kind == Kind::kSkill) return Clauses{{SkillTest{predicate.skill, negated}}};
  if (predicate.kind == Kind::kNot) return clauses_of(predicate.parts.front(), !negated);
  const bool conjunction = (predicate.kind == Kind::kAllOf) != negated;
  Clauses all = conjunction ? Clauses{} : Clauses{{}};
  for (const Predicate& part : predicate.parts) {
    const auto clauses = clauses_of(part, negated);
    if (!clauses) return std::nullopt;
    if (conjunction) {
      all.insert(all.end(), clauses->begin(), clauses->end());
    } else {
      all = either(all, *clauses);
    }
    if (size_of(all) > kTestsMax) return std::nullopt;
  }
  return all;
}

}  // namespace

Requirements united(const Requirements& a, const Requirements& b) {
  Requirements result;
  result.reserve(a.size() + b.size());
  for (auto next_a = a.begin(), next_b = b.begin(); next_a != a.end() || next_b != b.end();) {
    const bool from_a = next_b == b.end() || (next_a != a.end() && *next_a < *next_b);
    const SkillRequirement& each = from_a ? *next_a++ : *next_b++;
    if (!result.empty() && result.back().skill == each.skill) {
      result.back().min_level = std::max(result.back().min_level, each.min_level);
      result.back().max_level = std::min(result.back().max_level, each.max_level);
    } else {
      result.push_back(each);
    }
  }
  return result;
}

Conditions united(const Conditions& a, const Conditions& b) {
  Conditions both{united(a.all, b.all), {}};
  std::set_union(a.any.begin(), a.any.end(), b.any.begin(), b.any.end(), std::back_inserter(both.any));
  return both;
}

std::optional<Conditions> normal_form(const Predicate& predicate) {
  auto clauses = clauses_of(predicate, false);
  if (!clauses) return std::nullopt;
  Conditions conditions;
  for (Alternatives& each : *clauses) {
    if (each.size() == 1 && !each.front().negated) {
      conditions.all = united(conditions.all, {each.front().requirement});
    } else {
      conditions.any.push_back(std::move(each));
    }
  }
  drop_copies(conditions.any);
  return conditions;
}

Gate failed_gate(const std::vector<SkillLevel>& skills, const Conditions& conditions) {
  bool level_failed = false;
  auto skill = skills.begin();
  for (const SkillRequirement& required : conditions.all) {
    while (skill != skills.end() && skill->skill < required.skill) ++skill;
    if (skill == skills.end() || skill->skill != required.skill) return Gate::kSkill;
    if (!within(skill->level, required)) level_failed = true;
  }
  if (level_failed) return Gate::kLevel;
  for (const Alternatives& alternatives : conditions.any) {
    const auto met = [&](const SkillTest& test) { return passes(skills, test); };
    if (std::none_of(alternatives.begin(), alternatives.end(), met)) return Gate::kCondition;
  }
  return Gate{};
}

bool needs_one_of(const Alternatives& alternatives) {
  return std::none_of(alternatives.begin(), alternatives.end(), [](const SkillTest& test) { return test.negated; });
}

std::optional<Conditions> asked_by(const PolicySpec& policy, const PolicyStep& step, PoolSet open) {
  Predicate all{Predicate::Kind::kAllOf, {policy.gates, step.where}, {}};
  if (step.pools != 0) {
    Predicate& pools = all.parts.emplace_back(Predicate{Predicate::Kind::kAnyOf, {}, {}});
    for (std::size_t i = 0; i < policy.pools.size(); ++i) {
      if ((step.pools & open & pool_bit(i)) != 0) pools.parts.push_back(policy.pools[i].members);
    }
  }
  auto conditions = normal_form(all);
  if (conditions) conditions->all = united(conditions->all, step.requirements);
  return conditions;
}

bool has_bearable_size(const PolicySpec& policy, const PolicyStep& step) {
  for (unsigned open = step.pools;; open = (open - 1) & step.pools) {
    if (!asked_by(policy, step, static_cast<PoolSet>(open))) return false;
    if (open == 0) return true;
  }
}

std::vector<Conditions> asked_by_steps(const PolicySpec& policy, PoolSet open) {
  std::vector<Conditions> asked;
  for (const PolicyStep& step : policy.steps) asked.push_back(*asked_by(policy, step, open));
  return asked;
}

Conditions asked_of_preferred(const PolicySpec& policy) { return *normal_form(policy.gates); }

}  // namespace muster::dispatch
