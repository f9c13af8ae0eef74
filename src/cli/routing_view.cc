#include "routing_view.h"

#include "duration.h"
#include "i18n.h"
#include "words.h"

namespace muster::cli {
namespace {

std::string span(const google::protobuf::Duration& duration) { return format_duration(from_proto(duration)); }

std::string skills_text(const v1::Agent& agent) {
  std::vector<std::string> skills;
  for (const auto& skill : agent.skills()) skills.push_back(fmt::format("{} {}", skill.skill_id(), skill.level()));
  return join(skills);
}

/// "70/100": taken and all.
std::string capacity_text(const v1::Agent& agent) {
  return fmt::format("{}/{}", agent.used_units(), agent.capacity_units());
}

}  // namespace

std::string requirement_text(const v1::SkillRequirement& requirement) {
  if (requirement.min_level() == 0) return requirement.skill_id();
  return fmt::format("{} ≥ {}", requirement.skill_id(), requirement.min_level());
}

std::string requirements_text(const google::protobuf::RepeatedPtrField<v1::SkillRequirement>& requirements) {
  std::vector<std::string> parts;
  for (const auto& requirement : requirements) parts.push_back(requirement_text(requirement));
  return parts.empty() ? tr("any agent") : join(parts);
}

std::vector<std::string> policy_row(const v1::Policy& policy) {
  std::vector<std::string> steps;
  for (const auto& step : policy.steps()) {
    steps.push_back(span(step.after()) + ": " + requirements_text(step.requirements()));
  }
  return {policy.policy_id(), policy.display_name(), join(steps, "; "), span(policy.offer_timeout()),
          word_yes_no(policy.auto_accept())};
}

Details policy_details(const v1::Policy& policy) {
  Details details{{tr("Policy"), policy.policy_id()}, {tr("Name"), policy.display_name()}};
  for (int i = 0; i < policy.steps_size(); ++i) {
    details.emplace_back(say("Step {0}", i + 1), say("after {0}: {1}", span(policy.steps(i).after()),
                                                     requirements_text(policy.steps(i).requirements())));
  }
  details.emplace_back(tr("Offer timeout"), span(policy.offer_timeout()));
  details.emplace_back(tr("Priority weight"), span(policy.priority_weight()));
  details.emplace_back(tr("Refusal cool-down"), span(policy.refusal_cool_down()));
  details.emplace_back(tr("Auto-accept"), word_yes_no(policy.auto_accept()));
  return details;
}

std::vector<std::string> queue_row(const v1::Queue& queue) {
  return {queue.queue_id(),
          queue.display_name(),
          word(queue.channel()),
          queue.policy_id(),
          span(queue.service_level_target()),
          span(queue.wrap_up_limit()),
          span(queue.time_to_live())};
}

Details queue_details(const v1::Queue& queue) {
  return {{tr("Queue"), queue.queue_id()},
          {tr("Name"), queue.display_name()},
          {tr("Channel"), word(queue.channel())},
          {tr("Policy"), queue.policy_id()},
          {tr("Service level target"), span(queue.service_level_target())},
          {tr("Wrap-up limit"), span(queue.wrap_up_limit())},
          {tr("Time to live"), span(queue.time_to_live())}};
}

std::vector<std::string> agent_row(const v1::Agent& agent) {
  return {agent.agent_id(),       agent.display_name(),           word(agent.presence()),
          word(agent.activity()), word_yes_no(agent.connected()), capacity_text(agent),
          skills_text(agent)};
}

Details agent_details(const v1::Agent& agent, TimePoint now) {
  std::vector<std::string> limits;
  for (const auto& limit : agent.channel_limits()) {
    limits.push_back(fmt::format("{} {}", word(limit.channel()), limit.max_contacts()));
  }
  Details details{{tr("Agent"), agent.agent_id()},      {tr("Name"), agent.display_name()},
                  {tr("Skills"), skills_text(agent)},   {tr("Capacity"), capacity_text(agent)},
                  {tr("Channel limits"), join(limits)}, {tr("Presence"), word(agent.presence())}};
  if (!agent.presence_reason().empty()) details.emplace_back(tr("Reason"), word_reason(agent.presence_reason()));
  if (agent.has_presence_until()) {
    details.emplace_back(tr("Until"), format_time(from_proto(agent.presence_until()), now));
  }
  details.emplace_back(tr("Activity"), word(agent.activity()));
  details.emplace_back(tr("Connected"), word_yes_no(agent.connected()));
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
          {tr("Escalation priority"), fmt::format("+{}", settings.escalation_priority())}};
}

}  // namespace muster::cli
