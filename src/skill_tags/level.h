#pragma once

#include <optional>
#include <string>
#include <vector>

#include "muster/base/time.h"
#include "muster/v1/skill_tag.pb.h"

/// How evidence becomes a level. Pure: no clock, no tables, no fractions.
namespace muster::skill_tags {

/// One piece of evidence.
struct Item {
  v1::SkillInput input = v1::SKILL_INPUT_UNSPECIFIED;
  int score = 0;
  int sample_count = 1;
  TimePoint time;
  TimePoint expires;  ///< epoch: never
};
/// A certificate that counts until then.
struct Held {
  std::string kind_id;
  TimePoint until;
};
/// What is known of a member's skill.
struct Known {
  std::vector<Item> items;  ///< of each input the newest first
  std::vector<Held> certificates;
};

struct Verdict {
  std::optional<int> level;  ///< empty: the member does not have the skill
  bool retraining = false;
  v1::LevelExplanation explanation;
};

/// So many samples of an input count at most.
inline constexpr int kSamplesMax = 1'000;

/// The level at that moment. REQUIRES: the rules were checked.
Verdict judge(const v1::SkillTagRules& rules, const Known& known, TimePoint now);

/// When to judge again though nothing new comes: when time alone changes the verdict, or might because evidence
/// expires. Empty: never. REQUIRES: `verdict` is that of `now`.
std::optional<TimePoint> next_due(const v1::SkillTagRules& rules, const Known& known, TimePoint now,
                                  const Verdict& verdict);

/// How much of the newest evidence of each input is needed to judge.
int items_needed(const v1::SkillTagRules& rules);
/// Whether certificates are.
bool needs_certificates(const v1::SkillTagRules& rules);

}  // namespace muster::skill_tags
