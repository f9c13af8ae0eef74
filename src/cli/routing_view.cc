#include "routing_view.h"

#include <algorithm>

#include "duration.h"
#include "i18n.h"
#include "words.h"

namespace muster::cli {
namespace {

std::string span(const google::protobuf::Duration& duration) { return format_duration(from_proto(duration)); }

std::string skills_text(const v1::Agent& agent, TimePoint now) {
  std::vector<std::string> skills;
  for (const auto& skill : agent.skills()) {
    skills.push_back(fmt::format("{} {}", skill.skill_id(), skill.level()));
    if (skill.has_expire_time())
      skills.back() += say(" (until {0})", format_time(from_proto(skill.expire_time()), now));
  }
  return join(skills);
}

/// Whether it must stand in brackets within another.
bool is_compound(const v1::AgentCondition& condition) {
  return condition.all_of().conditions_size() > 1 || condition.any_of().conditions_size() > 1;
}

std::string in_brackets(const std::string& text, bool needed) { return needed ? "(" + text + ")" : text; }

std::string joined(const v1::AgentConditions& list, const std::string& separator) {
  std::vector<std::string> parts;
  const bool alone = list.conditions_size() == 1;
  for (const auto& part : list.conditions()) {
    parts.push_back(in_brackets(condition_text(part), !alone && is_compound(part)));
  }
  return join(parts, separator);
}

std::string asked_text(const v1::PolicyStep& step) {
  if (!step.has_where()) return requirements_text(step.requirements());
  const std::string where = condition_text(step.where());
  if (step.requirements().empty()) return where;
  return requirements_text(step.requirements()) + tr(" and ") + in_brackets(where, is_compound(step.where()));
}

/// What a step asks, all of it, and how many it asks at once.
std::string step_text(const v1::PolicyStep& step) {
  std::string text = asked_text(step);
  if (!step.pool_ids().empty()) {
    text = say("{0} of {1}", text, join({step.pool_ids().begin(), step.pool_ids().end()}, tr(" or ")));
  }
  return step.offers() > 1 ? say("{0}, {1} agents at once", text, step.offers()) : text;
}

/// When a pool is open.
std::string lending_text(const v1::PoolLending& lending) {
  std::vector<std::string> whens;
  if (from_proto(lending.predicted_wait()) > Duration::zero()) {
    whens.push_back(say("the predicted wait is over {0}", span(lending.predicted_wait())));
  }
  if (lending.waiting() > 0) whens.push_back(say("more than {0} wait", lending.waiting()));
  if (lending.service_level() > 0) {
    whens.push_back(say("fewer than {0}% were answered in time", lending.service_level()));
  }
  const std::string when = whens.empty() ? tr("contacts wait") : join(whens, tr(" or "));
  if (lending.lender_queue_id().empty()) return say("open while {0}", when);
  return say("open while {0}, if {1}% were answered in time in {2}", when, lending.lender_service_level(),
             lending.lender_queue_id());
}

std::string pool_text(const v1::AgentPool& pool) {
  const std::string members = pool.has_members() ? condition_text(pool.members()) : tr("any agent");
  return members + "; " + (pool.has_lending() ? lending_text(pool.lending()) : tr("always open"));
}

/// The open pools, and those that a supervisor keeps closed.
std::string pools_text(const v1::Queue& queue) {
  std::vector<std::string> pools;
  const auto& open = queue.open_pool_ids();
  const auto& held = queue.held_pool_ids();
  const auto is_in = [](const std::string& id, const auto& list) {
    return std::find(list.begin(), list.end(), id) != list.end();
  };
  for (const std::string& id : open) pools.push_back(is_in(id, held) ? say("{0} (kept open)", id) : id);
  for (const std::string& id : held) {
    if (!is_in(id, open)) pools.push_back(say("{0} (kept closed)", id));
  }
  return join(pools);
}

std::string preferences_text(const v1::AgentPreferences& prefer) {
  std::vector<std::string> parts;
  const auto add = [&](bool set, const google::protobuf::Duration& weight, const char* pattern) {
    if (set) parts.push_back(say(pattern, span(weight)));
  };
  add(prefer.has_load(), prefer.load(), noop("{0} a per cent of free capacity"));
  add(prefer.has_quality(), prefer.quality(), noop("{0} a point of quality"));
  add(prefer.has_cost(), prefer.cost(), noop("{0} a point less of cost"));
  add(prefer.has_specialist(), prefer.specialist(), noop("{0} a skill fewer"));
  add(prefer.has_fairness(), prefer.fairness(), noop("{0} a contact an hour fewer"));
  add(prefer.has_skill_fit(), prefer.skill_fit(), noop("{0} a point of level in what is required"));
  if (prefer.ignore_idle_time()) parts.push_back(tr("idle time in ties only"));
  if (prefer.newcomer_percent() > 0) {
    parts.push_back(say("{0} per cent first to {1}", prefer.newcomer_percent(), prefer.newcomer_skill_id()));
  }
  return join(parts);
}

/// "voice: email, ticket; chat: task".
std::string interrupts_text(const v1::WorkspaceSettings& settings) {
  std::vector<std::string> rules;
  for (const auto& rule : settings.interrupts()) {
    std::vector<std::string> others;
    for (const int other : rule.interrupts()) others.push_back(word(static_cast<v1::Channel>(other)));
    rules.push_back(word(rule.channel()) + ": " + join(others));
  }
  return rules.empty() ? tr("nothing") : join(rules, "; ");
}

std::string reserve_text(const v1::Queue& queue) {
  if (queue.reserve_skill_id().empty()) return fmt::format("{}", queue.idle_reserve());
  return fmt::format("{} ({})", queue.idle_reserve(), queue.reserve_skill_id());
}

/// "70/100": taken and all.
std::string capacity_text(const v1::Agent& agent) {
  return fmt::format("{}/{}", agent.used_units(), agent.capacity_units());
}

}  // namespace

std::string requirement_text(const v1::SkillRequirement& requirement) {
  const std::string& skill = requirement.skill_id();
  const int min = requirement.min_level();
  if (!requirement.has_max_level()) return min == 0 ? skill : fmt::format("{} ≥ {}", skill, min);
  if (min == 0) return fmt::format("{} ≤ {}", skill, requirement.max_level());
  return fmt::format("{} {}..{}", skill, min, requirement.max_level());
}

std::string condition_text(const v1::AgentCondition& condition) {
  switch (condition.condition_case()) {
    case v1::AgentCondition::kSkill:
      return requirement_text(condition.skill());
    case v1::AgentCondition::kAllOf:
      return condition.all_of().conditions().empty() ? tr("any agent") : joined(condition.all_of(), tr(" and "));
    case v1::AgentCondition::kAnyOf:
      return joined(condition.any_of(), tr(" or "));
    case v1::AgentCondition::kNoneOf: {
      const auto& parts = condition.none_of().conditions();
      const bool several = parts.size() > 1 || (parts.size() == 1 && is_compound(parts[0]));
      return say("not {0}", in_brackets(joined(condition.none_of(), tr(" or ")), several));
    }
    case v1::AgentCondition::CONDITION_NOT_SET:
      break;
  }
  return tr("any agent");
}

std::string alternatives_text(const v1::SkillAlternatives& alternatives) {
  if (alternatives.alternatives().empty()) return tr("a pool that is open");
  std::vector<std::string> parts;
  for (const auto& each : alternatives.alternatives()) {
    const std::string asked = requirement_text(each.requirement());
    parts.push_back(each.negated() ? say("not {0}", asked) : asked);
  }
  return join(parts, tr(" or "));
}

std::string requirements_text(const google::protobuf::RepeatedPtrField<v1::SkillRequirement>& requirements) {
  std::vector<std::string> parts;
  for (const auto& requirement : requirements) parts.push_back(requirement_text(requirement));
  return parts.empty() ? tr("any agent") : join(parts);
}

std::vector<std::string> policy_row(const v1::Policy& policy) {
  std::vector<std::string> steps;
  for (const auto& step : policy.steps()) {
    steps.push_back(span(step.after()) + ": " + step_text(step));
  }
  return {policy.policy_id(), policy.display_name(), join(steps, "; "), span(policy.offer_timeout()),
          word_yes_no(policy.auto_accept())};
}

Details policy_details(const v1::Policy& policy) {
  Details details{{tr("Policy"), policy.policy_id()}, {tr("Name"), policy.display_name()}};
  for (int i = 0; i < policy.steps_size(); ++i) {
    details.emplace_back(say("Step {0}", i + 1),
                         say("after {0}: {1}", span(policy.steps(i).after()), step_text(policy.steps(i))));
    if (!policy.steps(i).has_prefer()) continue;
    details.emplace_back(say("Step {0} prefers", i + 1), preferences_text(policy.steps(i).prefer()));
  }
  if (policy.has_gates()) details.emplace_back(tr("Gates"), condition_text(policy.gates()));
  for (const auto& pool : policy.pools()) details.emplace_back(say("Pool {0}", pool.pool_id()), pool_text(pool));
  details.emplace_back(tr("Offer timeout"), span(policy.offer_timeout()));
  details.emplace_back(tr("Priority weight"), span(policy.priority_weight()));
  details.emplace_back(tr("Refusal cool-down"), span(policy.refusal_cool_down()));
  details.emplace_back(tr("Auto-accept"), word_yes_no(policy.auto_accept()));
  details.emplace_back(tr("Preferred agent wait"), span(policy.preferred_agent_wait()));
  details.emplace_back(tr("Strict priority"), word_yes_no(policy.strict_priority()));
  details.emplace_back(tr("By deadline"), word_yes_no(policy.by_deadline()));
  const bool bounded = from_proto(policy.starvation_bound()) > Duration::zero();
  details.emplace_back(tr("Starvation bound"), bounded ? span(policy.starvation_bound()) : tr("never"));
  return details;
}

std::vector<std::string> queue_row(const v1::Queue& queue) {
  return {queue.queue_id(),
          queue.tenant_id(),
          queue.display_name(),
          word(queue.channel()),
          queue.policy_id(),
          span(queue.service_level_target()),
          span(queue.wrap_up_limit()),
          span(queue.time_to_live()),
          word_yes_no(queue.paused())};
}

Details queue_details(const v1::Queue& queue) {
  return {{tr("Queue"), queue.queue_id()},
          {tr("Tenant"), queue.tenant_id()},
          {tr("Name"), queue.display_name()},
          {tr("Channel"), word(queue.channel())},
          {tr("Policy"), queue.policy_id()},
          {tr("Service level target"), span(queue.service_level_target())},
          {tr("Service level method"), word(queue.service_level_method())},
          {tr("Short abandon"), span(queue.short_abandon())},
          {tr("Wrap-up limit"), span(queue.wrap_up_limit())},
          {tr("Time to live"), span(queue.time_to_live())},
          {tr("Paused"), word_yes_no(queue.paused())},
          {tr("Share"), fmt::format("{}", queue.share())},
          {tr("Idle reserve"), reserve_text(queue)},
          {tr("Open pools"), pools_text(queue)}};
}

std::vector<std::string> agent_row(const v1::Agent& agent, TimePoint now) {
  return {
      agent.agent_id(),       agent.display_name(),           presence_text(agent.presence(), agent.next_presence()),
      word(agent.activity()), word_yes_no(agent.connected()), capacity_text(agent),
      skills_text(agent, now)};
}

Details agent_details(const v1::Agent& agent, TimePoint now) {
  std::vector<std::string> limits;
  for (const auto& limit : agent.channel_limits()) {
    limits.push_back(fmt::format("{} {}", word(limit.channel()), limit.max_contacts()));
  }
  Details details{{tr("Agent"), agent.agent_id()},         {tr("Name"), agent.display_name()},
                  {tr("Skills"), skills_text(agent, now)}, {tr("Capacity"), capacity_text(agent)},
                  {tr("Channel limits"), join(limits)},    {tr("Presence"), word(agent.presence())}};
  if (!agent.presence_reason().empty()) details.emplace_back(tr("Reason"), word_reason(agent.presence_reason()));
  if (agent.has_presence_until()) {
    details.emplace_back(tr("Until"), format_time(from_proto(agent.presence_until()), now));
  }
  if (agent.next_presence() != v1::AGENT_PRESENCE_UNSPECIFIED) {
    details.emplace_back(tr("Next presence"),
                         word(agent.next_presence()) + reason_in_brackets(agent.next_presence_reason()));
  }
  if (agent.ramp_up_offers_left() > 0) {
    const int left = agent.ramp_up_offers_left();
    const std::string pattern =
        trn("{0} more offer comes alone", "{0} more offers come one at a time", static_cast<unsigned long>(left));
    details.emplace_back(tr("Ramp-up"), fmt::format(fmt::runtime(pattern), left));
  }
  details.emplace_back(tr("Activity"), word(agent.activity()));
  details.emplace_back(tr("Connected"), word_yes_no(agent.connected()));
  details.emplace_back(tr("Quality"), fmt::format("{}", agent.quality()));
  details.emplace_back(tr("Cost"), fmt::format("{}", agent.cost()));
  if (!agent.base_id().empty()) details.emplace_back(tr("Base"), agent.base_id());
  if (!agent.team_id().empty()) details.emplace_back(tr("Team"), agent.team_id());
  return details;
}

Details settings_details(const v1::WorkspaceSettings& settings) {
  std::vector<std::string> units;
  for (const auto& channel : settings.channel_units()) {
    units.push_back(fmt::format("{} {}", word(channel.channel()), channel.units()));
  }
  return {{tr("Channel units"), join(units)},
          {tr("Resume grace"), span(settings.resume_grace())},
          {tr("Contact grace"), span(settings.contact_grace())},
          {tr("First miss pause"), span(settings.first_miss_pause())},
          {tr("Second miss pause"), span(settings.second_miss_pause())},
          {tr("Escalate after refusals"), fmt::format("{}", settings.escalate_after_refusals())},
          {tr("Escalation priority"), fmt::format("+{}", settings.escalation_priority())},
          {tr("Queue order"), word(settings.queue_order())},
          {tr("Ramp-up offers"), fmt::format("{}", settings.ramp_up_offers())},
          {tr("Interrupts"), interrupts_text(settings)}};
}

}  // namespace muster::cli
