#include "rule_check.h"

#include <set>

#include "level.h"
#include "muster/api/back_office.h"

namespace muster::skill_tags {
namespace {

using api::Checker;
using api::indexed;

constexpr int kRulesMax = 32;
constexpr int kConditionsMax = 8;
constexpr int kDaysMax = 3'650;
constexpr int kValueMax = 100'000;
constexpr int kWeights = 100;

bool is_input(v1::SkillInput input) { return v1::SkillInput_IsValid(input) && input != v1::SKILL_INPUT_UNSPECIFIED; }

void check_input(const std::string& path, v1::InputRules& input, Checker& check) {
  check.expect(is_input(input.input()), path + ".input", "must be one of the four inputs");
  check.number(path + ".weight", input.weight(), 0, kWeights);
  if (input.last_samples() == 0) input.set_last_samples(kSamplesMax);
  if (input.minimum_samples() == 0) input.set_minimum_samples(1);
  check.number(path + ".last_samples", input.last_samples(), 1, kSamplesMax);
  check.number(path + ".minimum_samples", input.minimum_samples(), 1, kSamplesMax);
  check.expect(input.minimum_samples() <= input.last_samples(), path + ".minimum_samples",
               "must not be above last_samples: it would be missing for ever");
  check.number(path + ".last_days", input.last_days(), 0, kDaysMax);
  check.expect(v1::LevelStatistic_IsValid(input.statistic()), path + ".statistic", "must be MEAN or LOWER_BOUND");
  if (input.statistic() == v1::LEVEL_STATISTIC_UNSPECIFIED) input.set_statistic(v1::LEVEL_STATISTIC_MEAN);
  check.number(path + ".half_life_days", input.half_life_days(), 0, kDaysMax);
  check.number(path + ".floor_level", input.floor_level(), 0, 100);
  check.expect(v1::MissingInput_IsValid(input.missing()), path + ".missing",
               "must be LEAVE_OUT, COUNT_AS_ZERO or WITHHOLD");
  if (input.missing() == v1::MISSING_INPUT_UNSPECIFIED) input.set_missing(v1::MISSING_INPUT_LEAVE_OUT);
}

/// The inputs that count.
std::set<v1::SkillInput> check_inputs(const std::string& path, v1::SkillTagRules& rules, Checker& check) {
  std::set<v1::SkillInput> inputs;
  if (!check.count(path, rules.inputs_size(), 1, v1::SkillInput_MAX)) return inputs;
  std::int64_t weights = 0;
  for (int i = 0; i < rules.inputs_size(); ++i) {
    v1::InputRules& input = *rules.mutable_inputs(i);
    check_input(indexed(path, i), input, check);
    check.expect(inputs.insert(input.input()).second, indexed(path, i) + ".input", "is named twice");
    weights += input.weight();
  }
  check.expect(weights == kWeights, path,
               "weights must add up to " + std::to_string(kWeights) + ", and are " + std::to_string(weights));
  return inputs;
}

bool names_no_input(const v1::LevelCondition& condition) {
  if (condition.collector() == v1::LEVEL_COLLECTOR_CERTIFICATE_HELD) return true;
  return condition.collector() == v1::LEVEL_COLLECTOR_DAYS_SINCE_LAST &&
         condition.input() == v1::SKILL_INPUT_UNSPECIFIED;
}

void check_condition(const std::string& path, const v1::LevelCondition& condition,
                     const std::set<v1::SkillInput>& inputs, Checker& check) {
  const v1::LevelCollector collector = condition.collector();
  const bool known = v1::LevelCollector_IsValid(collector) && collector != v1::LEVEL_COLLECTOR_UNSPECIFIED;
  check.expect(known, path + ".collector", "must be one of the collectors");
  if (known && names_no_input(condition)) {
    check.expect(condition.input() == v1::SKILL_INPUT_UNSPECIFIED, path + ".input", "is not for this collector");
  } else if (known) {
    check.expect(inputs.contains(condition.input()), path + ".input", "must be one of the rules' inputs");
  }
  const bool counted = collector == v1::LEVEL_COLLECTOR_LAST_N_MEAN;
  check.number(path + ".samples", condition.samples(), counted ? 1 : 0, counted ? kSamplesMax : 0);
  const bool marked = collector == v1::LEVEL_COLLECTOR_FAILED_IN_ROW;
  check.number(path + ".pass_mark", condition.pass_mark(), marked ? 1 : 0, marked ? 100 : 0);
  if (collector == v1::LEVEL_COLLECTOR_CERTIFICATE_HELD) {
    check.id(path + ".kind_id", condition.kind_id());
  } else {
    check.expect(condition.kind_id().empty(), path + ".kind_id", "is for CERTIFICATE_HELD only");
  }
  check.expect(
      v1::LevelComparator_IsValid(condition.comparator()) && condition.comparator() != v1::LEVEL_COMPARATOR_UNSPECIFIED,
      path + ".comparator", "must be one of the comparators");
  check.number(path + ".value", condition.value(), 0, kValueMax);
}

void check_rule(const std::string& path, const v1::LevelRule& rule, const std::set<v1::SkillInput>& inputs,
                Checker& check) {
  api::check_name(path + ".name", rule.name(), check);
  if (check.count(path + ".conditions", rule.conditions_size(), 1, kConditionsMax)) {
    for (int i = 0; i < rule.conditions_size(); ++i) {
      check_condition(indexed(path + ".conditions", i), rule.conditions(i), inputs, check);
    }
  }
  const v1::LevelAction action = rule.action();
  check.expect(v1::LevelAction_IsValid(action) && action != v1::LEVEL_ACTION_UNSPECIFIED, path + ".action",
               "must be one of the actions");
  const bool sets_level = action == v1::LEVEL_ACTION_SET_LEVEL || action == v1::LEVEL_ACTION_CAP_LEVEL ||
                          action == v1::LEVEL_ACTION_FLOOR_LEVEL;
  check.number(path + ".level", rule.level(), 0, sets_level ? 100 : 0);
}

}  // namespace

void check_rules(const std::string& path, v1::SkillTagRules& rules, Checker& check) {
  const auto inputs = check_inputs(path + ".inputs", rules, check);
  if (!check.count(path + ".rules", rules.rules_size(), 0, kRulesMax)) return;
  for (int i = 0; i < rules.rules_size(); ++i) {
    check_rule(indexed(path + ".rules", i), rules.rules(i), inputs, check);
  }
}

}  // namespace muster::skill_tags
