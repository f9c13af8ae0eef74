#include <algorithm>
#include <array>
#include <initializer_list>
#include <set>
#include <unordered_set>
#include <utility>

#include "google/protobuf/field_mask.pb.h"
#include "requests.h"

namespace muster::api {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// Which fields of a resource a request sets: on creation those that are there, on update those the mask names.
/// A field that the mask names but that is not there goes back to its default.
class FieldsSet {
 public:
  /// All that are there.
  FieldsSet() = default;

  FieldsSet(const google::protobuf::FieldMask& mask, std::initializer_list<std::string_view> changeable, Checker& check)
      : update_(true), paths_(mask.paths().begin(), mask.paths().end()) {
    check_mask(mask, changeable, check);
  }

  [[nodiscard]] bool has(std::string_view field, bool present = true) const {
    return update_ ? paths_.contains(field) : present;
  }

 private:
  bool update_ = false;
  std::set<std::string, std::less<>> paths_;
};

struct Range {
  Duration min;
  Duration max;
};

/// Sets a span of the change if the request does.
void set_duration(const FieldsSet& set, std::string_view prefix, std::string_view field, bool present,
                  const google::protobuf::Duration& value, Range range, Duration initial, Checker& check,
                  std::optional<Duration>& out) {
  if (!set.has(field, present)) return;
  const std::string path = std::string(prefix) + std::string(field);
  out = present ? check.duration(path, value, range.min, range.max) : initial;
}

bool known_channel(v1::Channel channel) { return channel != v1::CHANNEL_UNSPECIFIED && v1::Channel_IsValid(channel); }

constexpr auto kDay = hours(24);
constexpr int kPoolsMax = dispatch::kPoolsMax;

/// Reads one condition; what it is made of is counted across the whole of it.
class ConditionReader {
 public:
  explicit ConditionReader(Checker& check) : check_(check) {}

  dispatch::PredicateDraft read(const std::string& path, const v1::AgentCondition& condition, int depth = 1) {
    using Kind = dispatch::Predicate::Kind;
    if (!check_.expect(depth <= kDepthMax, path, "stands deeper than 8 conditions in one another")) return {};
    ++nodes_;
    if (nodes_ == kNodesMax + 1) check_.violate(path, "is one more than the 64 conditions that one may hold");
    if (nodes_ > kNodesMax) return {};
    switch (condition.condition_case()) {
      case v1::AgentCondition::kSkill:
        return {Kind::kSkill, {}, requirement(path + ".skill", condition.skill(), check_)};
      case v1::AgentCondition::kAllOf:
        return {Kind::kAllOf, parts(path + ".all_of", condition.all_of(), 0, depth), {}};
      case v1::AgentCondition::kAnyOf:
        return {Kind::kAnyOf, parts(path + ".any_of", condition.any_of(), 1, depth), {}};
      case v1::AgentCondition::kNoneOf:
        return {Kind::kNot, {{Kind::kAnyOf, parts(path + ".none_of", condition.none_of(), 1, depth), {}}}, {}};
      case v1::AgentCondition::CONDITION_NOT_SET:
        check_.violate(path, "must have a skill, all_of, any_of or none_of");
    }
    return {};
  }

 private:
  static constexpr int kDepthMax = 8;
  static constexpr int kNodesMax = 64;

  std::vector<dispatch::PredicateDraft> parts(const std::string& path, const v1::AgentConditions& list, int min,
                                              int depth) {
    std::vector<dispatch::PredicateDraft> drafts;
    const std::string field = path + ".conditions";
    if (!check_.count(field, list.conditions_size(), min, kNodesMax)) return drafts;
    for (int i = 0; i < list.conditions_size(); ++i) {
      drafts.push_back(read(indexed(field, i), list.conditions(i), depth + 1));
    }
    return drafts;
  }

  Checker& check_;
  int nodes_ = 0;
};

dispatch::PredicateDraft condition(const std::string& path, bool present, const v1::AgentCondition& condition,
                                   Checker& check) {
  return present ? ConditionReader(check).read(path, condition) : dispatch::PredicateDraft{};
}

dispatch::PreferencesDraft preferences(const std::string& path, const v1::AgentPreferences& prefer, Checker& check) {
  const auto weight = [&](const char* field, const google::protobuf::Duration& value) {
    return check.duration(path + "." + field, value, Duration::zero(), kDay);
  };
  dispatch::PreferencesDraft draft;
  draft.weights.load = weight("load", prefer.load());
  draft.weights.quality = weight("quality", prefer.quality());
  draft.weights.cost = weight("cost", prefer.cost());
  draft.weights.specialist = weight("specialist", prefer.specialist());
  draft.weights.fairness = weight("fairness", prefer.fairness());
  draft.weights.skill_fit = weight("skill_fit", prefer.skill_fit());
  draft.weights.ignore_idle = prefer.ignore_idle_time();
  draft.newcomers = check.optional_id(path + ".newcomer_skill_id", prefer.newcomer_skill_id());
  draft.weights.newcomer_percent =
      static_cast<std::uint8_t>(check.number(path + ".newcomer_percent", prefer.newcomer_percent(), 0, 100));
  check.expect(prefer.newcomer_percent() == 0 || !draft.newcomers.empty(), path + ".newcomer_skill_id",
               "is required with newcomer_percent");
  return draft;
}

std::vector<std::string> pool_ids(const std::string& path, const v1::PolicyStep& step, Checker& check) {
  std::vector<std::string> ids;
  const std::string field = path + ".pool_ids";
  if (!check.count(field, step.pool_ids_size(), 0, kPoolsMax)) return ids;
  std::unordered_set<std::string_view> seen;
  for (int i = 0; i < step.pool_ids_size(); ++i) {
    ids.push_back(check.id(indexed(field, i), step.pool_ids(i)));
    check.expect(seen.insert(step.pool_ids(i)).second, indexed(field, i), "is named twice");
  }
  return ids;
}

std::uint8_t offers(const std::string& path, const v1::PolicyStep& step, Checker& check) {
  if (step.offers() == 0) return dispatch::PolicyStep{}.offers;
  return static_cast<std::uint8_t>(check.number(path + ".offers", step.offers(), 1, dispatch::kOffersMax));
}

dispatch::LendingDraft lending(const std::string& path, const v1::PoolLending& lending, Checker& check) {
  const auto per_cent = [&](const char* field, std::int32_t value) {
    return static_cast<std::uint8_t>(check.number(path + field, value, 0, 100));
  };
  dispatch::LendingDraft draft;
  draft.conditions.predicted_wait =
      check.duration(path + ".predicted_wait", lending.predicted_wait(), Duration::zero(), kDay);
  draft.conditions.waiting = static_cast<std::uint16_t>(check.number(path + ".waiting", lending.waiting(), 0, 10'000));
  draft.conditions.service_level = per_cent(".service_level", lending.service_level());
  draft.lender = check.optional_id(path + ".lender_queue_id", lending.lender_queue_id());
  draft.conditions.lender_service_level = per_cent(".lender_service_level", lending.lender_service_level());
  check.expect(lending.lender_service_level() == 0 || !draft.lender.empty(), path + ".lender_queue_id",
               "is required with lender_service_level");
  check.expect(lending.lender_service_level() != 0 || draft.lender.empty(), path + ".lender_service_level",
               "must be above 0 with lender_queue_id");
  return draft;
}

std::vector<dispatch::PoolDraft> pools(const v1::Policy& policy, Checker& check) {
  std::vector<dispatch::PoolDraft> drafts;
  if (!check.count("policy.pools", policy.pools_size(), 0, kPoolsMax)) return drafts;
  std::unordered_set<std::string_view> seen;
  for (int i = 0; i < policy.pools_size(); ++i) {
    const std::string path = indexed("policy.pools", i);
    const auto& pool = policy.pools(i);
    dispatch::PoolDraft& draft = drafts.emplace_back();
    draft.id = check.id(path + ".pool_id", pool.pool_id());
    check.expect(seen.insert(pool.pool_id()).second, path + ".pool_id", "is named twice");
    draft.members = condition(path + ".members", pool.has_members(), pool.members(), check);
    draft.lending = lending(path + ".lending", pool.lending(), check);
  }
  return drafts;
}

std::vector<dispatch::StepDraft> steps(const v1::Policy& policy, Checker& check) {
  std::vector<dispatch::StepDraft> drafts;
  if (!check.count("policy.steps", policy.steps_size(), 1, 16)) return drafts;
  for (int i = 0; i < policy.steps_size(); ++i) {
    const std::string path = indexed("policy.steps", i);
    const auto& step = policy.steps(i);
    const Duration after = check.duration(path + ".after", step.after(), Duration::zero(), std::chrono::days(14));
    if (i == 0) {
      check.expect(after == Duration::zero(), path + ".after", "must be 0 in the first step");
    } else {
      check.expect(after > drafts.back().after, path + ".after", "must be more than in the step before");
    }
    drafts.push_back({after, requirements(path + ".requirements", step.requirements(), check),
                      condition(path + ".where", step.has_where(), step.where(), check),
                      preferences(path + ".prefer", step.prefer(), check), pool_ids(path, step, check),
                      offers(path, step, check)});
  }
  return drafts;
}

dispatch::PolicyChange policy_change(const v1::Policy& policy, const FieldsSet& set, Checker& check) {
  const dispatch::PolicySpec initial;
  const auto duration = [&](std::string_view field, bool present, const google::protobuf::Duration& value, Range range,
                            Duration standard, std::optional<Duration>& out) {
    set_duration(set, "policy.", field, present, value, range, standard, check, out);
  };
  dispatch::PolicyChange change;
  if (set.has("display_name")) change.display_name = check.text("policy.display_name", policy.display_name());
  if (set.has("steps")) change.steps = steps(policy, check);
  duration("offer_timeout", policy.has_offer_timeout(), policy.offer_timeout(), {milliseconds(50), hours(24)},
           initial.offer_timeout, change.offer_timeout);
  duration("priority_weight", policy.has_priority_weight(), policy.priority_weight(), {Duration::zero(), hours(24)},
           initial.priority_weight, change.priority_weight);
  duration("refusal_cool_down", policy.has_refusal_cool_down(), policy.refusal_cool_down(),
           {Duration::zero(), hours(24)}, initial.refusal_cool_down, change.refusal_cool_down);
  if (set.has("auto_accept")) change.auto_accept = policy.auto_accept();
  if (set.has("gates")) change.gates = condition("policy.gates", policy.has_gates(), policy.gates(), check);
  duration("preferred_agent_wait", policy.has_preferred_agent_wait(), policy.preferred_agent_wait(),
           {Duration::zero(), kDay}, initial.preferred_agent_wait, change.preferred_agent_wait);
  if (set.has("strict_priority")) change.strict_priority = policy.strict_priority();
  if (set.has("by_deadline")) change.by_deadline = policy.by_deadline();
  duration("starvation_bound", policy.has_starvation_bound(), policy.starvation_bound(),
           {Duration::zero(), std::chrono::days(14)}, initial.starvation_bound, change.starvation_bound);
  if (set.has("pools", policy.pools_size() > 0)) change.pools = pools(policy, check);
  return change;
}

dispatch::QueueChange queue_change(const v1::Queue& queue, const FieldsSet& set, Checker& check) {
  const dispatch::QueueSpec initial;
  const auto duration = [&](std::string_view field, bool present, const google::protobuf::Duration& value, Range range,
                            Duration standard, std::optional<Duration>& out) {
    set_duration(set, "queue.", field, present, value, range, standard, check, out);
  };
  dispatch::QueueChange change;
  if (set.has("display_name")) change.display_name = check.text("queue.display_name", queue.display_name());
  if (set.has("policy_id")) change.policy = check.id("queue.policy_id", queue.policy_id());
  duration("service_level_target", queue.has_service_level_target(), queue.service_level_target(),
           {Duration::zero(), hours(24)}, initial.service_level_target, change.service_level_target);
  duration("wrap_up_limit", queue.has_wrap_up_limit(), queue.wrap_up_limit(), {Duration::zero(), hours(1)},
           initial.wrap_up_limit, change.wrap_up_limit);
  duration("time_to_live", queue.has_time_to_live(), queue.time_to_live(), {seconds(1), std::chrono::days(14)},
           initial.time_to_live, change.time_to_live);
  if (set.has("paused")) change.paused = queue.paused();
  if (set.has("share")) change.share = static_cast<std::uint16_t>(check.number("queue.share", queue.share(), 0, 1000));
  if (set.has("idle_reserve")) {
    change.idle_reserve =
        static_cast<std::uint16_t>(check.number("queue.idle_reserve", queue.idle_reserve(), 0, 10'000));
  }
  if (set.has("reserve_skill_id")) {
    change.reserve_skill = check.optional_id("queue.reserve_skill_id", queue.reserve_skill_id());
  }
  if (set.has("service_level_method", queue.service_level_method() != v1::SERVICE_LEVEL_METHOD_UNSPECIFIED)) {
    check.expect(v1::ServiceLevelMethod_IsValid(queue.service_level_method()), "queue.service_level_method",
                 "must be a method of service level");
    change.service_level_method = queue.service_level_method() == v1::SERVICE_LEVEL_METHOD_UNSPECIFIED
                                      ? initial.service_level_method
                                      : static_cast<dispatch::ServiceLevelMethod>(queue.service_level_method());
  }
  duration("short_abandon", queue.has_short_abandon(), queue.short_abandon(),
           {Duration::zero(), std::chrono::minutes(1)}, initial.short_abandon, change.short_abandon);
  return change;
}

/// Epoch, which stands for no end, is as past as the moment before.
TimePoint skill_end(const std::string& path, const v1::SkillLevel& skill, Checker& check) {
  if (!skill.has_expire_time()) return {};
  const TimePoint end = check.time(path + ".expire_time", skill.expire_time());
  return end == TimePoint{} ? end - Duration(1) : end;
}

std::vector<dispatch::NamedSkillLevel> skills(const v1::Agent& agent, Checker& check) {
  std::vector<dispatch::NamedSkillLevel> named;
  if (!check.count("agent.skills", agent.skills_size(), 0, 64)) return named;
  std::unordered_set<std::string_view> seen;
  for (int i = 0; i < agent.skills_size(); ++i) {
    const std::string path = indexed("agent.skills", i);
    const auto& skill = agent.skills(i);
    const auto level = check.number(path + ".level", skill.level(), 0, 100);
    named.push_back({check.id(path + ".skill_id", skill.skill_id()), static_cast<std::uint8_t>(level),
                     skill_end(path, skill, check)});
    check.expect(seen.insert(skill.skill_id()).second, path + ".skill_id", "is named twice");
  }
  return named;
}

dispatch::PerChannel<std::int16_t> channel_limits(const v1::Agent& agent, Checker& check) {
  auto limits = dispatch::AgentSpec{}.channel_limits;
  if (!check.count("agent.channel_limits", agent.channel_limits_size(), 0, dispatch::kChannelCount - 1)) return limits;
  for (int i = 0; i < agent.channel_limits_size(); ++i) {
    const std::string path = indexed("agent.channel_limits", i);
    const auto& limit = agent.channel_limits(i);
    const auto contacts = check.number(path + ".max_contacts", limit.max_contacts(), 0, 100);
    if (!check.expect(known_channel(limit.channel()), path + ".channel", "must name a channel")) continue;
    auto& held = limits[static_cast<std::size_t>(limit.channel())];
    check.expect(held == dispatch::AgentSpec::kNoLimit, path + ".channel", "is named twice");
    held = static_cast<std::int16_t>(contacts);
  }
  return limits;
}

dispatch::AgentChange agent_change(const v1::Agent& agent, const FieldsSet& set, Checker& check) {
  dispatch::AgentChange change;
  if (set.has("display_name")) change.display_name = check.text("agent.display_name", agent.display_name());
  if (set.has("skills")) change.skills = skills(agent, check);
  if (set.has("capacity_units", agent.capacity_units() != 0)) {
    const auto units = check.number("agent.capacity_units", agent.capacity_units(), 0, 1000);
    change.capacity_units = static_cast<std::uint16_t>(units);
  }
  if (set.has("channel_limits")) change.channel_limits = channel_limits(agent, check);
  if (set.has("quality")) {
    change.quality = static_cast<std::uint8_t>(check.number("agent.quality", agent.quality(), 0, 100));
  }
  if (set.has("cost")) change.cost = static_cast<std::uint8_t>(check.number("agent.cost", agent.cost(), 0, 100));
  if (set.has("base_id")) change.base = check.optional_id("agent.base_id", agent.base_id());
  if (set.has("team_id")) change.team = check.optional_id("agent.team_id", agent.team_id());
  return change;
}

dispatch::PerChannel<std::uint16_t> channel_units(const v1::WorkspaceSettings& settings, Checker& check) {
  dispatch::PerChannel<std::uint16_t> costs{};
  const int listed = settings.channel_units_size();
  if (!check.count("settings.channel_units", listed, 0, dispatch::kChannelCount - 1)) return costs;
  for (int i = 0; i < listed; ++i) {
    const std::string path = indexed("settings.channel_units", i);
    const auto& cost = settings.channel_units(i);
    const auto units = check.number(path + ".units", cost.units(), 1, 1000);
    if (!check.expect(known_channel(cost.channel()), path + ".channel", "must name a channel")) continue;
    auto& held = costs[static_cast<std::size_t>(cost.channel())];
    check.expect(held == 0, path + ".channel", "is named twice");
    held = static_cast<std::uint16_t>(units);
  }
  return costs;
}

/// What the contacts of one channel interrupt.
dispatch::ChannelSet interrupted_channels(const std::string& path, const v1::ChannelInterruption& rule,
                                          Checker& check) {
  dispatch::ChannelSet others = 0;
  const std::string field = path + ".interrupts";
  if (!check.count(field, rule.interrupts_size(), 0, dispatch::kChannelCount - 1)) return others;
  for (int i = 0; i < rule.interrupts_size(); ++i) {
    const v1::Channel other = rule.interrupts(i);
    const std::string place = indexed(field, i);
    if (!check.expect(known_channel(other), place, "must name a channel")) continue;
    if (!check.expect(other != v1::CHANNEL_VOICE, place, "must not be VOICE: a call keeps its line")) continue;
    if (!check.expect(other != rule.channel(), place, "must be another channel than the one that interrupts")) continue;
    const auto bit = dispatch::bit_of(static_cast<dispatch::Channel>(other));
    check.expect((others & bit) == 0, place, "is named twice");
    others = static_cast<dispatch::ChannelSet>(others | bit);
  }
  return others;
}

dispatch::PerChannel<dispatch::ChannelSet> interrupts(const v1::WorkspaceSettings& settings, Checker& check) {
  dispatch::PerChannel<dispatch::ChannelSet> rules{};
  if (!check.count("settings.interrupts", settings.interrupts_size(), 0, dispatch::kChannelCount - 1)) return rules;
  std::set<v1::Channel> seen;
  for (int i = 0; i < settings.interrupts_size(); ++i) {
    const std::string path = indexed("settings.interrupts", i);
    const auto& rule = settings.interrupts(i);
    const auto others = interrupted_channels(path, rule, check);
    if (!check.expect(known_channel(rule.channel()), path + ".channel", "must name a channel")) continue;
    check.expect(seen.insert(rule.channel()).second, path + ".channel", "is named twice");
    rules[static_cast<std::size_t>(rule.channel())] = others;
  }
  return rules;
}

dispatch::SettingsChange settings_change(const v1::WorkspaceSettings& settings, const FieldsSet& set, Checker& check) {
  const dispatch::Settings initial;
  const auto duration = [&](std::string_view field, bool present, const google::protobuf::Duration& value, Range range,
                            Duration standard, std::optional<Duration>& out) {
    set_duration(set, "settings.", field, present, value, range, standard, check, out);
  };
  dispatch::SettingsChange change;
  if (set.has("channel_units")) change.channel_units = channel_units(settings, check);
  duration("resume_grace", settings.has_resume_grace(), settings.resume_grace(), {Duration::zero(), minutes(10)},
           initial.resume_grace, change.resume_grace);
  duration("contact_grace", settings.has_contact_grace(), settings.contact_grace(), {Duration::zero(), hours(24)},
           initial.contact_grace, change.contact_grace);
  duration("first_miss_pause", settings.has_first_miss_pause(), settings.first_miss_pause(),
           {Duration::zero(), hours(1)}, initial.first_miss_pause, change.first_miss_pause);
  duration("second_miss_pause", settings.has_second_miss_pause(), settings.second_miss_pause(),
           {Duration::zero(), hours(24)}, initial.second_miss_pause, change.second_miss_pause);
  if (set.has("escalate_after_refusals")) {
    change.escalate_after_refusals = static_cast<std::uint16_t>(
        check.number("settings.escalate_after_refusals", settings.escalate_after_refusals(), 1, 100));
  }
  if (set.has("escalation_priority")) {
    change.escalation_priority = static_cast<std::uint16_t>(
        check.number("settings.escalation_priority", settings.escalation_priority(), 0, 100));
  }
  if (set.has("queue_order")) {
    check.expect(v1::QueueOrder_IsValid(settings.queue_order()), "settings.queue_order",
                 "must be RANK, SHARE or RATIO");
    change.queue_order = settings.queue_order() == v1::QUEUE_ORDER_UNSPECIFIED
                             ? initial.queue_order
                             : static_cast<dispatch::QueueOrder>(settings.queue_order());
  }
  if (set.has("ramp_up_offers")) {
    change.ramp_up_offers =
        static_cast<std::uint8_t>(check.number("settings.ramp_up_offers", settings.ramp_up_offers(), 0, 100));
  }
  if (set.has("interrupts")) change.interrupts = interrupts(settings, check);
  return change;
}

}  // namespace

dispatch::Command to_command(const v1::CreateSkillRequest& request, Checker& check) {
  return {check.request_id(request.request_id()),
          dispatch::CreateSkill{check.id("skill.skill_id", request.skill().skill_id()),
                                check.text("skill.display_name", request.skill().display_name())}};
}

dispatch::Command to_command(const v1::UpdateSkillRequest& request, Checker& check) {
  const FieldsSet set(request.update_mask(), {"display_name"}, check);
  dispatch::UpdateSkill update{check.id("skill.skill_id", request.skill().skill_id()), {}};
  if (set.has("display_name")) update.display_name = check.text("skill.display_name", request.skill().display_name());
  return {check.request_id(request.request_id()), std::move(update)};
}

dispatch::Command to_command(const v1::DeleteSkillRequest& request, Checker& check) {
  return {check.request_id(request.request_id()), dispatch::DeleteSkill{check.id("skill_id", request.skill_id())}};
}

dispatch::Command to_command(const v1::CreatePolicyRequest& request, Checker& check) {
  return {check.request_id(request.request_id()),
          dispatch::CreatePolicy{check.id("policy.policy_id", request.policy().policy_id()),
                                 policy_change(request.policy(), {}, check)}};
}

dispatch::Command to_command(const v1::UpdatePolicyRequest& request, Checker& check) {
  const FieldsSet set(request.update_mask(),
                      {"display_name", "steps", "offer_timeout", "priority_weight", "refusal_cool_down", "auto_accept",
                       "gates", "preferred_agent_wait", "strict_priority", "by_deadline", "starvation_bound", "pools"},
                      check);
  return {check.request_id(request.request_id()),
          dispatch::UpdatePolicy{check.id("policy.policy_id", request.policy().policy_id()),
                                 policy_change(request.policy(), set, check)}};
}

dispatch::Command to_command(const v1::DeletePolicyRequest& request, Checker& check) {
  return {check.request_id(request.request_id()), dispatch::DeletePolicy{check.id("policy_id", request.policy_id())}};
}

dispatch::Command to_command(const v1::CreateQueueRequest& request, Checker& check) {
  const auto& queue = request.queue();
  check.expect(known_channel(queue.channel()), "queue.channel", "must name a channel");
  return {check.request_id(request.request_id()),
          dispatch::CreateQueue{
              check.id("queue.queue_id", queue.queue_id()), static_cast<dispatch::Channel>(queue.channel()),
              queue_change(queue, {}, check),
              queue.tenant_id().empty() ? kPlatformTenant : check.id("queue.tenant_id", queue.tenant_id())}};
}

dispatch::Command to_command(const v1::UpdateQueueRequest& request, Checker& check) {
  const FieldsSet set(request.update_mask(),
                      {"display_name", "policy_id", "service_level_target", "wrap_up_limit", "time_to_live", "paused",
                       "share", "idle_reserve", "reserve_skill_id", "service_level_method", "short_abandon"},
                      check);
  return {check.request_id(request.request_id()),
          dispatch::UpdateQueue{check.id("queue.queue_id", request.queue().queue_id()),
                                queue_change(request.queue(), set, check)}};
}

dispatch::Command to_command(const v1::DeleteQueueRequest& request, Checker& check) {
  return {check.request_id(request.request_id()), dispatch::DeleteQueue{check.id("queue_id", request.queue_id())}};
}

dispatch::Command to_command(const v1::SetPoolHoldRequest& request, Checker& check) {
  const bool known = request.hold() != v1::POOL_HOLD_UNSPECIFIED && v1::PoolHold_IsValid(request.hold());
  dispatch::HoldPool hold;
  hold.queue = check.id("queue_id", request.queue_id());
  hold.pool = check.id("pool_id", request.pool_id());
  check.expect(known, "hold", "must be AUTOMATIC, OPEN or CLOSED");
  hold.hold = static_cast<dispatch::PoolHold>(request.hold());
  return {check.request_id(request.request_id()), std::move(hold)};
}

dispatch::Command to_command(const v1::CreateAgentRequest& request, Checker& check) {
  return {check.request_id(request.request_id()),
          dispatch::CreateAgent{check.id("agent.agent_id", request.agent().agent_id()),
                                agent_change(request.agent(), {}, check)}};
}

dispatch::Command to_command(const v1::UpdateAgentRequest& request, Checker& check) {
  const FieldsSet set(
      request.update_mask(),
      {"display_name", "skills", "capacity_units", "channel_limits", "quality", "cost", "base_id", "team_id"}, check);
  return {check.request_id(request.request_id()),
          dispatch::UpdateAgent{check.id("agent.agent_id", request.agent().agent_id()),
                                agent_change(request.agent(), set, check)}};
}

dispatch::Command to_command(const v1::DeleteAgentRequest& request, Checker& check) {
  return {check.request_id(request.request_id()), dispatch::DeleteAgent{check.id("agent_id", request.agent_id())}};
}

dispatch::Command to_command(const v1::UpdateWorkspaceSettingsRequest& request, Checker& check) {
  const FieldsSet set(request.update_mask(),
                      {"channel_units", "resume_grace", "contact_grace", "first_miss_pause", "second_miss_pause",
                       "escalate_after_refusals", "escalation_priority", "queue_order", "ramp_up_offers", "interrupts"},
                      check);
  return {check.request_id(request.request_id()),
          dispatch::UpdateSettings{settings_change(request.settings(), set, check)}};
}

dispatch::Command to_command(const v1::SetAgentSuspensionRequest& request, Checker& check) {
  return {check.request_id(request.request_id()),
          dispatch::SuspendAgent{check.id("agent_id", request.agent_id()), request.suspended(),
                                 check.text("reason", request.reason())}};
}

dispatch::Command to_command(const v1::SetAgentPresenceRequest& request, Checker& check) {
  return {check.request_id(request.request_id()),
          dispatch::SetAgentPresence{check.id("agent_id", request.agent_id()), presence(request.presence(), check),
                                     check.text("reason", request.reason()), request.next()}};
}

}  // namespace muster::api
