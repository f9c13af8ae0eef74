#include "level.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "statistics.h"

namespace muster::skill_tags {
namespace {

constexpr Duration kDay = std::chrono::hours(24);
/// After so many half-lives nothing is left.
constexpr int kHalvingsMax = 30;
/// So many moments ahead are tried; the last one is due whatever it brings.
constexpr int kMomentsMax = 100;
constexpr TimePoint kNever = TimePoint::max();

bool counts(const Item& item, TimePoint now) { return item.expires == TimePoint{} || item.expires > now; }

std::int64_t whole_days(TimePoint since, TimePoint now) { return std::max<std::int64_t>(0, (now - since) / kDay); }

/// The newest samples of an input.
struct Samples {
  std::int64_t count = 0;
  std::int64_t sum = 0;  ///< of their scores
  TimePoint newest;
};

/// `limit`: so many; `since`: none that is not later.
Samples samples_of(v1::SkillInput input, const Known& known, TimePoint now, std::int64_t limit, TimePoint since) {
  Samples samples;
  for (const Item& item : known.items) {
    if (item.input != input || !counts(item, now) || item.time <= since) continue;
    const std::int64_t taken = std::min<std::int64_t>(item.sample_count, limit - samples.count);
    if (taken == 0) break;
    if (samples.count == 0) samples.newest = item.time;
    samples.count += taken;
    samples.sum += taken * item.score;
  }
  return samples;
}

Samples samples_of(const v1::InputRules& rules, const Known& known, TimePoint now) {
  const TimePoint since = rules.last_days() == 0 ? TimePoint::min() : now - rules.last_days() * kDay;
  const int limit = rules.last_samples() == 0 ? kSamplesMax : rules.last_samples();
  return samples_of(rules.input(), known, now, limit, since);
}

/// REQUIRES: the input is one of those that count.
const v1::InputRules& rules_of(const v1::SkillTagRules& rules, v1::SkillInput input) {
  return *std::find_if(rules.inputs().begin(), rules.inputs().end(),
                       [&](const v1::InputRules& each) { return each.input() == input; });
}

// --- inputs ---

v1::InputExplanation look_at(const v1::InputRules& rules, const Known& known, TimePoint now) {
  const Samples samples = samples_of(rules, known, now);
  v1::InputExplanation input;
  input.set_input(rules.input());
  input.set_weight(rules.weight());
  input.set_sample_count(static_cast<int>(samples.count));
  input.set_missing(samples.count < std::max(1, rules.minimum_samples()));
  if (samples.count == 0) return input;
  const bool bound = rules.statistic() == v1::LEVEL_STATISTIC_LOWER_BOUND;
  const std::int64_t statistic =
      bound ? wilson_lower_bound(samples.sum, samples.count) : mean(samples.sum, samples.count);
  const std::int64_t floor = rules.floor_level() * kPoint;
  const std::int64_t days = whole_days(samples.newest, now);
  const bool decays = rules.half_life_days() > 0 && statistic > floor;
  input.set_statistic(static_cast<int>(statistic));
  input.set_days(static_cast<int>(days));
  input.set_value(
      static_cast<int>(decays ? floor + decayed(statistic - floor, days, rules.half_life_days()) : statistic));
  return input;
}

/// The weighted mean of the inputs, in `verdict`.
void compute(const v1::SkillTagRules& rules, const Known& known, TimePoint now, Verdict& verdict) {
  std::int64_t weights = 0, sum = 0;
  bool present = false, withheld = false;
  auto& inputs = *verdict.explanation.mutable_inputs();
  for (const v1::InputRules& each : rules.inputs()) {
    v1::InputExplanation& input = *inputs.Add() = look_at(each, known, now);
    withheld = withheld || (input.missing() && each.missing() == v1::MISSING_INPUT_WITHHOLD);
    present = present || (!input.missing() && each.weight() > 0);
    if (input.missing() && each.missing() != v1::MISSING_INPUT_COUNT_AS_ZERO) continue;
    weights += each.weight();
    if (!input.missing()) sum += std::int64_t{each.weight()} * input.value();
  }
  if (!present || withheld) return;
  for (v1::InputExplanation& input : inputs) {
    if (!input.missing()) {
      input.set_contribution(static_cast<int>(divide(std::int64_t{input.weight()} * input.value(), weights)));
    }
  }
  verdict.level = static_cast<int>(divide(sum, weights * kPoint));
  verdict.explanation.set_computed_level(*verdict.level);
}

// --- rules ---

int failed_in_row(const v1::LevelCondition& condition, const Known& known, TimePoint now) {
  int failed = 0;
  for (const Item& item : known.items) {
    if (item.input != condition.input() || !counts(item, now)) continue;
    if (item.score >= condition.pass_mark()) break;
    ++failed;
  }
  return failed;
}

/// The newest evidence of an input, or of any.
std::optional<TimePoint> newest(v1::SkillInput input, const Known& known, TimePoint now) {
  std::optional<TimePoint> newest;
  for (const Item& item : known.items) {
    const bool asked = input == v1::SKILL_INPUT_UNSPECIFIED || item.input == input;
    if (asked && counts(item, now) && (!newest || item.time > *newest)) newest = item.time;
  }
  return newest;
}

bool holds_certificate(const std::string& kind_id, const Known& known, TimePoint now) {
  return std::any_of(known.certificates.begin(), known.certificates.end(),
                     [&](const Held& held) { return held.kind_id == kind_id && held.until > now; });
}

/// What the collector gives, in thousandths; empty: it is not known.
std::optional<std::int64_t> collect(const v1::LevelCondition& condition, const v1::SkillTagRules& rules,
                                    const Known& known, TimePoint now) {
  switch (condition.collector()) {
    case v1::LEVEL_COLLECTOR_LAST_N_MEAN: {
      const Samples last = samples_of(condition.input(), known, now, condition.samples(), TimePoint::min());
      if (last.count < condition.samples()) return std::nullopt;
      return mean(last.sum, last.count);
    }
    case v1::LEVEL_COLLECTOR_SAMPLE_COUNT:
      return samples_of(rules_of(rules, condition.input()), known, now).count * kPoint;
    case v1::LEVEL_COLLECTOR_LOWER_BOUND: {
      const Samples samples = samples_of(rules_of(rules, condition.input()), known, now);
      if (samples.count == 0) return std::nullopt;
      return wilson_lower_bound(samples.sum, samples.count);
    }
    case v1::LEVEL_COLLECTOR_DAYS_SINCE_LAST: {
      const auto last = newest(condition.input(), known, now);
      if (!last) return std::nullopt;
      return whole_days(*last, now) * kPoint;
    }
    case v1::LEVEL_COLLECTOR_FAILED_IN_ROW:
      return failed_in_row(condition, known, now) * kPoint;
    case v1::LEVEL_COLLECTOR_CERTIFICATE_HELD:
      return holds_certificate(condition.kind_id(), known, now) ? kPoint : 0;
    default:
      return std::nullopt;
  }
}

bool compares(std::int64_t value, v1::LevelComparator comparator, std::int64_t with) {
  switch (comparator) {
    case v1::LEVEL_COMPARATOR_LESS:
      return value < with;
    case v1::LEVEL_COMPARATOR_AT_MOST:
      return value <= with;
    case v1::LEVEL_COMPARATOR_EQUAL:
      return value == with;
    case v1::LEVEL_COMPARATOR_NOT_EQUAL:
      return value != with;
    case v1::LEVEL_COMPARATOR_AT_LEAST:
      return value >= with;
    case v1::LEVEL_COMPARATOR_GREATER:
      return value > with;
    default:
      return false;
  }
}

bool fires(const v1::LevelRule& rule, const v1::SkillTagRules& rules, const Known& known, TimePoint now) {
  return std::all_of(rule.conditions().begin(), rule.conditions().end(), [&](const v1::LevelCondition& condition) {
    const auto value = collect(condition, rules, known, now);
    return value && compares(*value, condition.comparator(), condition.value() * kPoint);
  });
}

void act(const v1::LevelRule& rule, Verdict& verdict, bool& withdrawn) {
  switch (rule.action()) {
    case v1::LEVEL_ACTION_SET_LEVEL:
      verdict.level = rule.level();
      break;
    case v1::LEVEL_ACTION_CAP_LEVEL:
      if (verdict.level) verdict.level = std::min(*verdict.level, rule.level());
      break;
    case v1::LEVEL_ACTION_FLOOR_LEVEL:
      if (verdict.level) verdict.level = std::max(*verdict.level, rule.level());
      break;
    case v1::LEVEL_ACTION_WITHDRAW:
      withdrawn = true;
      break;
    case v1::LEVEL_ACTION_REQUEST_RETRAINING:
      verdict.retraining = true;
      break;
    default:
      break;
  }
  if (withdrawn) verdict.level.reset();
}

// --- what time alone brings ---

/// The earliest of the moments that are told to it and lie after one.
class Next {
 public:
  explicit Next(TimePoint after) : after_(after) {}
  void tell(TimePoint moment) {
    if (moment > after_) earliest_ = std::min(earliest_, moment);
  }
  [[nodiscard]] TimePoint earliest() const { return earliest_; }

 private:
  const TimePoint after_;
  TimePoint earliest_ = kNever;
};

void tell_decay(const v1::InputRules& rules, const Known& known, TimePoint now, Next& next) {
  const Samples samples = samples_of(rules, known, now);
  if (rules.half_life_days() == 0 || samples.count == 0) return;
  const std::int64_t days = whole_days(samples.newest, now) + 1;
  if (days <= std::int64_t{kHalvingsMax} * rules.half_life_days()) next.tell(samples.newest + days * kDay);
}

/// The next moment that may bring another level, were nothing new to come.
TimePoint next_moment(const v1::SkillTagRules& rules, const Known& known, TimePoint now) {
  Next next(now);
  for (const v1::InputRules& input : rules.inputs()) {
    tell_decay(input, known, now, next);
    if (input.last_days() == 0) continue;
    for (const Item& item : known.items) {
      if (item.input == input.input()) next.tell(item.time + input.last_days() * kDay);
    }
  }
  for (const v1::LevelRule& rule : rules.rules()) {
    for (const v1::LevelCondition& condition : rule.conditions()) {
      if (condition.collector() != v1::LEVEL_COLLECTOR_DAYS_SINCE_LAST) continue;
      const auto last = newest(condition.input(), known, now);
      if (!last) continue;
      next.tell(*last + condition.value() * kDay);
      next.tell(*last + (condition.value() + 1) * kDay);
    }
  }
  for (const Held& held : known.certificates) next.tell(held.until);
  return next.earliest();
}

TimePoint next_expiry(const Known& known, TimePoint now) {
  Next next(now);
  for (const Item& item : known.items) {
    if (item.expires != TimePoint{}) next.tell(item.expires);
  }
  return next.earliest();
}

}  // namespace

Verdict judge(const v1::SkillTagRules& rules, const Known& known, TimePoint now) {
  Verdict verdict;
  compute(rules, known, now, verdict);
  bool withdrawn = false;
  for (const v1::LevelRule& rule : rules.rules()) {
    if (!fires(rule, rules, known, now)) continue;
    act(rule, verdict, withdrawn);
    v1::RuleExplanation& fired = *verdict.explanation.add_rules();
    fired.set_name(rule.name());
    fired.set_action(rule.action());
    if (verdict.level) fired.set_level(*verdict.level);
  }
  return verdict;
}

std::optional<TimePoint> next_due(const v1::SkillTagRules& rules, const Known& known, TimePoint now,
                                  const Verdict& verdict) {
  // Older evidence than is known here may come in where some expires: what that brings is not foreseen.
  const TimePoint expiry = next_expiry(known, now);
  TimePoint moment = now;
  for (int i = 0; i < kMomentsMax; ++i) {
    moment = std::min(next_moment(rules, known, moment), expiry);
    if (moment == kNever) return std::nullopt;
    if (moment == expiry) return moment;
    const Verdict then = judge(rules, known, moment);
    if (then.level != verdict.level || then.retraining != verdict.retraining) return moment;
  }
  return moment;
}

int items_needed(const v1::SkillTagRules& rules) {
  int needed = 1;
  for (const v1::InputRules& input : rules.inputs()) {
    needed = std::max(needed, input.last_samples() == 0 ? kSamplesMax : input.last_samples());
  }
  for (const v1::LevelRule& rule : rules.rules()) {
    for (const v1::LevelCondition& condition : rule.conditions()) {
      needed = std::max(needed, condition.samples());
      if (condition.collector() == v1::LEVEL_COLLECTOR_FAILED_IN_ROW) needed = std::max(needed, condition.value() + 1);
    }
  }
  return std::min(needed, kSamplesMax);
}

bool needs_certificates(const v1::SkillTagRules& rules) {
  return std::any_of(rules.rules().begin(), rules.rules().end(), [](const v1::LevelRule& rule) {
    return std::any_of(rule.conditions().begin(), rule.conditions().end(), [](const v1::LevelCondition& condition) {
      return condition.collector() == v1::LEVEL_COLLECTOR_CERTIFICATE_HELD;
    });
  });
}

}  // namespace muster::skill_tags
