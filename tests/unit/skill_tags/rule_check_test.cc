#include "rule_check.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>

namespace muster::skill_tags {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr const char* kInputs =
    R"("inputs":[{"input":"SKILL_INPUT_TRAINING","weight":40},{"input":"SKILL_INPUT_QUALITY","weight":60}])";

std::vector<std::string> wrong(const std::string& json) {
  v1::SkillTagRules rules;
  const auto status = google::protobuf::util::JsonStringToMessage("{" + json + "}", &rules);
  EXPECT_TRUE(status.ok()) << status.ToString();
  api::Checker checker;
  check_rules("rules", rules, checker);
  std::vector<std::string> fields;
  if (checker.ok()) return fields;
  for (const auto& violation : checker.error().fields) fields.push_back(violation.field);
  return fields;
}

std::vector<std::string> wrong_rule(const std::string& rule) {
  return wrong(std::string(kInputs) + R"(,"rules":[)" + rule + "]");
}

TEST(RuleCheck, RulesThatAreInOrderPass) {
  EXPECT_THAT(wrong(kInputs), IsEmpty());
  EXPECT_THAT(wrong_rule(R"({"name":"x","action":"LEVEL_ACTION_CAP_LEVEL","level":60,"conditions":[
      {"collector":"LEVEL_COLLECTOR_LAST_N_MEAN","input":"SKILL_INPUT_QUALITY","samples":5,
       "comparator":"LEVEL_COMPARATOR_LESS","value":70},
      {"collector":"LEVEL_COLLECTOR_DAYS_SINCE_LAST","comparator":"LEVEL_COMPARATOR_GREATER","value":30},
      {"collector":"LEVEL_COLLECTOR_FAILED_IN_ROW","input":"SKILL_INPUT_TRAINING","pass_mark":80,
       "comparator":"LEVEL_COMPARATOR_AT_LEAST","value":2},
      {"collector":"LEVEL_COLLECTOR_CERTIFICATE_HELD","kind_id":"refunds",
       "comparator":"LEVEL_COMPARATOR_EQUAL","value":1}]})"),
              IsEmpty());
}

TEST(RuleCheck, DefaultsAreFilledIn) {
  v1::SkillTagRules rules;
  v1::InputRules& input = *rules.add_inputs();
  input.set_input(v1::SKILL_INPUT_QUALITY);
  input.set_weight(100);
  api::Checker checker;
  check_rules("rules", rules, checker);
  EXPECT_TRUE(checker.ok());
  EXPECT_EQ(input.minimum_samples(), 1);
  EXPECT_EQ(input.last_samples(), 1'000);
  EXPECT_EQ(input.statistic(), v1::LEVEL_STATISTIC_MEAN);
  EXPECT_EQ(input.missing(), v1::MISSING_INPUT_LEAVE_OUT);
}

TEST(RuleCheck, WeightsAddUpToAHundred) {
  EXPECT_THAT(wrong(R"("inputs":[{"input":"SKILL_INPUT_TRAINING","weight":40},
                                 {"input":"SKILL_INPUT_QUALITY","weight":50}])"),
              ElementsAre("rules.inputs"));
  EXPECT_THAT(wrong(""), ElementsAre("rules.inputs"));
}

TEST(RuleCheck, AnInputIsNamedOnce) {
  EXPECT_THAT(wrong(R"("inputs":[{"input":"SKILL_INPUT_QUALITY","weight":40},
                                 {"input":"SKILL_INPUT_QUALITY","weight":60}])"),
              ElementsAre("rules.inputs[1].input"));
}

TEST(RuleCheck, EachFieldThatIsWrongIsNamed) {
  EXPECT_THAT(
      wrong(R"("inputs":[{"weight":100,"lastSamples":1001,"lastDays":-1,"halfLifeDays":3651,"floorLevel":101,
                                  "minimumSamples":1001,"statistic":7,"missing":9}])"),
      UnorderedElementsAre("rules.inputs[0].input", "rules.inputs[0].last_samples", "rules.inputs[0].last_days",
                           "rules.inputs[0].half_life_days", "rules.inputs[0].floor_level",
                           "rules.inputs[0].minimum_samples", "rules.inputs[0].statistic", "rules.inputs[0].missing"));
  EXPECT_THAT(wrong_rule("{}"),
              UnorderedElementsAre("rules.rules[0].name", "rules.rules[0].conditions", "rules.rules[0].action"));
  EXPECT_THAT(wrong_rule(R"({"name":"x","action":"LEVEL_ACTION_WITHDRAW","level":5,"conditions":[{}]})"),
              UnorderedElementsAre("rules.rules[0].conditions[0].collector", "rules.rules[0].conditions[0].comparator",
                                   "rules.rules[0].level"));
}

TEST(RuleCheck, AMinimumThatTheWindowCannotHoldIsRefused) {
  EXPECT_THAT(wrong(R"("inputs":[{"input":"SKILL_INPUT_QUALITY","weight":100,"lastSamples":5,"minimumSamples":7}])"),
              ElementsAre("rules.inputs[0].minimum_samples"));
}

TEST(RuleCheck, AConditionHasWhatItsCollectorNeedsAndNothingElse) {
  EXPECT_THAT(wrong_rule(R"({"name":"x","action":"LEVEL_ACTION_WITHDRAW","conditions":[
      {"collector":"LEVEL_COLLECTOR_SAMPLE_COUNT","input":"SKILL_INPUT_CERTIFICATION","samples":3,"pass_mark":1,
       "kindId":"refunds","comparator":"LEVEL_COMPARATOR_LESS","value":-1},
      {"collector":"LEVEL_COLLECTOR_CERTIFICATE_HELD","input":"SKILL_INPUT_QUALITY",
       "comparator":"LEVEL_COMPARATOR_EQUAL","value":1}]})"),
              UnorderedElementsAre("rules.rules[0].conditions[0].input", "rules.rules[0].conditions[0].samples",
                                   "rules.rules[0].conditions[0].pass_mark", "rules.rules[0].conditions[0].kind_id",
                                   "rules.rules[0].conditions[0].value", "rules.rules[0].conditions[1].input",
                                   "rules.rules[0].conditions[1].kind_id"));
}

}  // namespace
}  // namespace muster::skill_tags
