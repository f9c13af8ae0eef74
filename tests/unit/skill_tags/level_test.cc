#include "level.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "muster/base/random.h"

namespace muster::skill_tags {
namespace {

using namespace std::chrono_literals;
using namespace v1;

const TimePoint kNow{1'800'000'000s};
constexpr std::chrono::hours kDay = 24h;

Item item(SkillInput input, int score, std::chrono::hours ago = 0h, int samples = 1) {
  return {input, score, samples, kNow - ago, {}};
}

InputRules& add(SkillTagRules& rules, SkillInput input, int weight) {
  InputRules& added = *rules.add_inputs();
  added.set_input(input);
  added.set_weight(weight);
  return added;
}
/// One input, which is all.
SkillTagRules quality_alone() {
  SkillTagRules rules;
  add(rules, SKILL_INPUT_QUALITY, 100);
  return rules;
}

LevelCondition& add_rule(SkillTagRules& rules, LevelAction action, int level, LevelCollector collector,
                         LevelComparator comparator, int value) {
  LevelRule& rule = *rules.add_rules();
  rule.set_name("rule");
  rule.set_action(action);
  rule.set_level(level);
  LevelCondition& condition = *rule.add_conditions();
  condition.set_collector(collector);
  condition.set_input(SKILL_INPUT_QUALITY);
  condition.set_comparator(comparator);
  condition.set_value(value);
  return condition;
}

std::optional<int> level(const SkillTagRules& rules, const Known& known, TimePoint now = kNow) {
  return judge(rules, known, now).level;
}
std::optional<TimePoint> due(const SkillTagRules& rules, const Known& known, TimePoint now = kNow) {
  return next_due(rules, known, now, judge(rules, known, now));
}

// --- inputs ---

TEST(Level, EachOfTheFourInputsMovesIt) {
  SkillTagRules rules;
  for (const SkillInput input :
       {SKILL_INPUT_TRAINING, SKILL_INPUT_CERTIFICATION, SKILL_INPUT_CUSTOMER_SATISFACTION, SKILL_INPUT_QUALITY}) {
    add(rules, input, 25);
  }
  Known known;
  for (const InputRules& input : rules.inputs()) known.items.push_back(item(input.input(), 60));
  EXPECT_EQ(level(rules, known), 60);
  for (Item& each : known.items) {
    each.score = 100;
    EXPECT_EQ(level(rules, known), 70);
    each.score = 60;
  }
}

TEST(Level, NothingIsGrantedBelowTheMinimumOfSamples) {
  SkillTagRules rules = quality_alone();
  rules.mutable_inputs(0)->set_minimum_samples(7);
  Known known{{6, item(SKILL_INPUT_QUALITY, 90)}, {}};
  EXPECT_EQ(level(rules, known), std::nullopt);
  EXPECT_TRUE(judge(rules, known, kNow).explanation.inputs(0).missing());
  known.items.push_back(item(SKILL_INPUT_QUALITY, 90));
  EXPECT_EQ(level(rules, known), 90);
}

TEST(Level, WhatStandsInForAMissingInputIsSaidByTheRules) {
  SkillTagRules rules;
  add(rules, SKILL_INPUT_QUALITY, 60);
  InputRules& training = add(rules, SKILL_INPUT_TRAINING, 40);
  const Known known{{item(SKILL_INPUT_QUALITY, 90)}, {}};
  training.set_missing(MISSING_INPUT_LEAVE_OUT);
  EXPECT_EQ(level(rules, known), 90);
  training.set_missing(MISSING_INPUT_COUNT_AS_ZERO);
  EXPECT_EQ(level(rules, known), 54);
  training.set_missing(MISSING_INPUT_WITHHOLD);
  EXPECT_EQ(level(rules, known), std::nullopt);
  EXPECT_EQ(level(rules, {}), std::nullopt);
}

TEST(Level, WeightsOfWhatIsThereGrowInProportion) {
  SkillTagRules rules;
  add(rules, SKILL_INPUT_QUALITY, 30);
  add(rules, SKILL_INPUT_TRAINING, 20);
  add(rules, SKILL_INPUT_CERTIFICATION, 50);
  const Known known{{item(SKILL_INPUT_QUALITY, 100), item(SKILL_INPUT_TRAINING, 50)}, {}};
  EXPECT_EQ(level(rules, known), 80);
  EXPECT_EQ(judge(rules, known, kNow).explanation.inputs(0).contribution(), 60'000);
}

TEST(Level, TheNewestSamplesCountAndOfTheLastOneOnlyWhatHasRoom) {
  SkillTagRules rules = quality_alone();
  rules.mutable_inputs(0)->set_last_samples(10);
  const Known known{{item(SKILL_INPUT_QUALITY, 100, 0h, 4), item(SKILL_INPUT_QUALITY, 50, 24h, 100)}, {}};
  EXPECT_EQ(level(rules, known), 70);  // (4 * 100 + 6 * 50) / 10
}

TEST(Level, WhatIsOlderThanTheWindowDoesNotCount) {
  SkillTagRules rules = quality_alone();
  rules.mutable_inputs(0)->set_last_days(30);
  Known known{{item(SKILL_INPUT_QUALITY, 100, 29 * kDay), item(SKILL_INPUT_QUALITY, 0, 30 * kDay)}, {}};
  EXPECT_EQ(level(rules, known), 100);
  EXPECT_EQ(due(rules, known), kNow + kDay);
}

TEST(Level, WhatHasExpiredDoesNotCount) {
  const SkillTagRules rules = quality_alone();
  Known known{{item(SKILL_INPUT_QUALITY, 80)}, {}};
  known.items[0].expires = kNow + 1h;
  EXPECT_EQ(level(rules, known), 80);
  EXPECT_EQ(due(rules, known), kNow + 1h);
  EXPECT_EQ(level(rules, known, kNow + 1h), std::nullopt);
}

TEST(Level, ALowerBoundKeepsFewSamplesDown) {
  SkillTagRules rules = quality_alone();
  rules.mutable_inputs(0)->set_statistic(LEVEL_STATISTIC_LOWER_BOUND);
  EXPECT_EQ(level(rules, {{item(SKILL_INPUT_QUALITY, 100, 0h, 5)}, {}}), 57);
  EXPECT_EQ(level(rules, {{item(SKILL_INPUT_QUALITY, 92, 0h, 50)}, {}}), 81);
}

// --- decay ---

TEST(Level, ItDecaysTowardsTheFloorByTheDay) {
  SkillTagRules rules = quality_alone();
  rules.mutable_inputs(0)->set_half_life_days(30);
  rules.mutable_inputs(0)->set_floor_level(40);
  const Known known{{item(SKILL_INPUT_QUALITY, 80)}, {}};
  EXPECT_EQ(level(rules, known), 80);
  EXPECT_EQ(level(rules, known, kNow + kDay - 1us), 80);
  EXPECT_EQ(level(rules, known, kNow + kDay), 79);  // 40 + 40 * 2^(-1/30) = 79.09
  EXPECT_EQ(level(rules, known, kNow + 30 * kDay), 60);
  EXPECT_EQ(level(rules, known, kNow + 5'000 * kDay), 40);
  EXPECT_EQ(due(rules, known), kNow + kDay);
  EXPECT_EQ(due(rules, known, kNow + 5'000 * kDay), std::nullopt);
}

TEST(Level, WhatIsBelowTheFloorStays) {
  SkillTagRules rules = quality_alone();
  rules.mutable_inputs(0)->set_half_life_days(30);
  rules.mutable_inputs(0)->set_floor_level(40);
  EXPECT_EQ(level(rules, {{item(SKILL_INPUT_QUALITY, 20, 900 * kDay)}, {}}), 20);
}

TEST(Level, NewEvidenceEndsTheDecayOfAllThatIsInTheWindow) {
  SkillTagRules rules = quality_alone();
  rules.mutable_inputs(0)->set_half_life_days(30);
  const Known known{{item(SKILL_INPUT_QUALITY, 80), item(SKILL_INPUT_QUALITY, 60, 60 * kDay)}, {}};
  EXPECT_EQ(level(rules, known), 70);
}

// --- rules ---

TEST(Level, RulesActOneAfterTheOther) {
  SkillTagRules rules = quality_alone();
  add_rule(rules, LEVEL_ACTION_CAP_LEVEL, 60, LEVEL_COLLECTOR_SAMPLE_COUNT, LEVEL_COMPARATOR_LESS, 10);
  add_rule(rules, LEVEL_ACTION_FLOOR_LEVEL, 70, LEVEL_COLLECTOR_SAMPLE_COUNT, LEVEL_COMPARATOR_AT_LEAST, 2);
  EXPECT_EQ(level(rules, {{item(SKILL_INPUT_QUALITY, 90)}, {}}), 60);
  const Known two{{2, item(SKILL_INPUT_QUALITY, 90)}, {}};
  EXPECT_EQ(level(rules, two), 70);
  EXPECT_EQ(judge(rules, two, kNow).explanation.rules_size(), 2);
  EXPECT_EQ(judge(rules, two, kNow).explanation.computed_level(), 90);
}

TEST(Level, ACapOrFloorGrantsNothingByItself) {
  SkillTagRules rules = quality_alone();
  rules.mutable_inputs(0)->set_minimum_samples(3);
  add_rule(rules, LEVEL_ACTION_FLOOR_LEVEL, 50, LEVEL_COLLECTOR_SAMPLE_COUNT, LEVEL_COMPARATOR_AT_LEAST, 0);
  EXPECT_EQ(level(rules, {{item(SKILL_INPUT_QUALITY, 90)}, {}}), std::nullopt);
}

TEST(Level, WhatIsWithdrawnStaysWithdrawn) {
  SkillTagRules rules = quality_alone();
  add_rule(rules, LEVEL_ACTION_WITHDRAW, 0, LEVEL_COLLECTOR_FAILED_IN_ROW, LEVEL_COMPARATOR_AT_LEAST, 3)
      .set_pass_mark(60);
  add_rule(rules, LEVEL_ACTION_SET_LEVEL, 50, LEVEL_COLLECTOR_SAMPLE_COUNT, LEVEL_COMPARATOR_AT_LEAST, 1);
  Known known{{item(SKILL_INPUT_QUALITY, 59), item(SKILL_INPUT_QUALITY, 0), item(SKILL_INPUT_QUALITY, 60),
               item(SKILL_INPUT_QUALITY, 0)},
              {}};
  EXPECT_EQ(level(rules, known), 50);
  known.items[2].score = 59;
  EXPECT_EQ(level(rules, known), std::nullopt);
}

TEST(Level, AMeanOfTheLastOnesIsNotKnownBeforeThereAreSoMany) {
  SkillTagRules rules = quality_alone();
  add_rule(rules, LEVEL_ACTION_REQUEST_RETRAINING, 0, LEVEL_COLLECTOR_LAST_N_MEAN, LEVEL_COMPARATOR_LESS, 75)
      .set_samples(3);
  Known known{{item(SKILL_INPUT_QUALITY, 74), item(SKILL_INPUT_QUALITY, 75)}, {}};
  EXPECT_FALSE(judge(rules, known, kNow).retraining);
  known.items.push_back(item(SKILL_INPUT_QUALITY, 75));
  EXPECT_TRUE(judge(rules, known, kNow).retraining);  // 74.667 is below 75
  EXPECT_EQ(level(rules, known), 75);
}

TEST(Level, ARuleMayAskForDaysOfSilence) {
  SkillTagRules rules = quality_alone();
  add_rule(rules, LEVEL_ACTION_CAP_LEVEL, 50, LEVEL_COLLECTOR_DAYS_SINCE_LAST, LEVEL_COMPARATOR_GREATER, 89);
  const Known known{{item(SKILL_INPUT_QUALITY, 90)}, {}};
  EXPECT_EQ(level(rules, known, kNow + 89 * kDay), 90);
  EXPECT_EQ(due(rules, known), kNow + 90 * kDay);
  EXPECT_EQ(level(rules, known, kNow + 90 * kDay), 50);
  EXPECT_EQ(due(rules, known, kNow + 90 * kDay), std::nullopt);
}

TEST(Level, ARuleMayAskForACertificate) {
  SkillTagRules rules = quality_alone();
  LevelCondition& held =
      add_rule(rules, LEVEL_ACTION_WITHDRAW, 0, LEVEL_COLLECTOR_CERTIFICATE_HELD, LEVEL_COMPARATOR_EQUAL, 0);
  held.clear_input();
  held.set_kind_id("refunds");
  Known known{{item(SKILL_INPUT_QUALITY, 90)}, {{"other", kNow + 1h}}};
  EXPECT_EQ(level(rules, known), std::nullopt);
  known.certificates.push_back({"refunds", kNow + 2h});
  EXPECT_EQ(level(rules, known), 90);
  EXPECT_EQ(due(rules, known), kNow + 2h);
}

TEST(Level, IsThatOfTheManualsExample) {
  SkillTagRules rules;
  add(rules, SKILL_INPUT_TRAINING, 20).set_last_samples(3);
  InputRules& certification = add(rules, SKILL_INPUT_CERTIFICATION, 20);
  certification.set_last_samples(1);
  certification.set_missing(MISSING_INPUT_COUNT_AS_ZERO);
  InputRules& customers = add(rules, SKILL_INPUT_CUSTOMER_SATISFACTION, 30);
  customers.set_minimum_samples(7);
  customers.set_last_samples(50);
  customers.set_statistic(LEVEL_STATISTIC_LOWER_BOUND);
  InputRules& quality = add(rules, SKILL_INPUT_QUALITY, 30);
  quality.set_last_samples(10);
  quality.set_half_life_days(40);
  quality.set_floor_level(50);
  Known known{{item(SKILL_INPUT_TRAINING, 90), item(SKILL_INPUT_TRAINING, 80), item(SKILL_INPUT_TRAINING, 85),
               item(SKILL_INPUT_CERTIFICATION, 80), item(SKILL_INPUT_QUALITY, 90, 40 * kDay, 10),
               item(SKILL_INPUT_CUSTOMER_SATISFACTION, 92, 0h, 50)},
              {}};
  const Verdict verdict = judge(rules, known, kNow);
  EXPECT_EQ(verdict.level, 78);
  EXPECT_EQ(verdict.explanation.inputs(2).contribution(), 24'349);
  EXPECT_EQ(verdict.explanation.inputs(3).value(), 70'000);
  known.items.back().sample_count = 6;
  EXPECT_EQ(level(rules, known), 77);
}

// --- against a naive one ---

/// The level of one input in fractions, sample by sample.
double naive(const InputRules& rules, const std::vector<Item>& items, TimePoint now, int& count) {
  std::vector<double> samples;
  TimePoint newest = TimePoint::min();
  for (const Item& each : items) {
    const bool old = rules.last_days() > 0 && each.time <= now - rules.last_days() * kDay;
    const bool expired = each.expires != TimePoint{} && each.expires <= now;
    if (each.input != rules.input() || old || expired) continue;
    for (int i = 0; i < each.sample_count && samples.size() < static_cast<std::size_t>(rules.last_samples()); ++i) {
      samples.push_back(each.score);
      newest = std::max(newest, each.time);
    }
  }
  count = static_cast<int>(samples.size());
  if (samples.empty()) return 0;
  double sum = 0;
  for (const double sample : samples) sum += sample;
  const double n = count, p = sum / n / 100, z = 1.959963984540054;
  double value = sum / n;
  if (rules.statistic() == LEVEL_STATISTIC_LOWER_BOUND) {
    value = 100 * (p + z * z / (2 * n) - z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n);
  }
  const double days = std::floor(std::chrono::duration<double>(now - newest) / std::chrono::duration<double>(kDay));
  if (rules.half_life_days() == 0 || value <= rules.floor_level()) return value;
  return rules.floor_level() + (value - rules.floor_level()) * std::exp2(-std::max(0.0, days) / rules.half_life_days());
}

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  int operator()(int below) { return static_cast<int>(random_() % static_cast<std::uint64_t>(below)); }

 private:
  Random random_;
};

InputRules random_input(Dice& dice) {
  InputRules rules;
  rules.set_input(SKILL_INPUT_QUALITY);
  rules.set_weight(100);
  rules.set_last_samples(1 + dice(40));
  rules.set_minimum_samples(1 + dice(rules.last_samples()));
  rules.set_last_days(dice(2) * (1 + dice(60)));
  rules.set_statistic(dice(2) == 0 ? LEVEL_STATISTIC_MEAN : LEVEL_STATISTIC_LOWER_BOUND);
  rules.set_half_life_days(dice(2) * (1 + dice(90)));
  rules.set_floor_level(dice(101));
  return rules;
}

std::vector<Item> random_items(Dice& dice) {
  std::vector<Item> items;
  for (int i = dice(30); i > 0; --i) {
    Item each = item(dice(4) == 0 ? SKILL_INPUT_TRAINING : SKILL_INPUT_QUALITY, dice(101), dice(24 * 90) * 1h,
                     1 + dice(3) * dice(20));
    if (dice(5) == 0) each.expires = kNow + (dice(200) - 100) * 1h;
    items.push_back(each);
  }
  std::stable_sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.time > b.time; });
  return items;
}

TEST(Level, IsThatOfANaiveComputation) {
  for (std::uint64_t seed = 1; seed <= 3'000; ++seed) {
    Dice dice(seed);
    SkillTagRules rules;
    *rules.add_inputs() = random_input(dice);
    const Known known{random_items(dice), {}};
    int count = 0;
    const double expected = naive(rules.inputs(0), known.items, kNow, count);
    const Verdict verdict = judge(rules, known, kNow);
    ASSERT_EQ(verdict.explanation.inputs(0).sample_count(), count) << "seed " << seed;
    ASSERT_EQ(verdict.level.has_value(), count >= rules.inputs(0).minimum_samples()) << "seed " << seed;
    ASSERT_NEAR(verdict.explanation.inputs(0).value(), expected * 1'000, 2) << "seed " << seed;
    if (verdict.level) {
      ASSERT_NEAR(*verdict.level, expected, 0.503) << "seed " << seed;
    }
  }
}

TEST(Level, TimeAloneDoesNotChangeItBeforeItIsDue) {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    Dice dice(seed);
    SkillTagRules rules;
    *rules.add_inputs() = random_input(dice);
    if (dice(2) == 0) {
      add_rule(rules, LEVEL_ACTION_CAP_LEVEL, dice(101), LEVEL_COLLECTOR_DAYS_SINCE_LAST, LEVEL_COMPARATOR_AT_LEAST,
               dice(40));
    }
    const Known known{random_items(dice), {}};
    const auto next = due(rules, known);
    const TimePoint end = next.value_or(kNow + 120 * kDay);
    const auto now = level(rules, known);
    for (TimePoint then = kNow; then < end && then < kNow + 120 * kDay; then += 1h) {
      ASSERT_EQ(level(rules, known, then), now) << "seed " << seed << " after " << (then - kNow) / 1h << " h";
    }
  }
}

}  // namespace
}  // namespace muster::skill_tags
