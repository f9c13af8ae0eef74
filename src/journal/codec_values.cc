#include "codec_values.h"

#include <algorithm>

namespace muster::journal {

void fill(StoredRequirements& stored, const std::vector<dispatch::SkillRequirement>& requirements) {
  for (const dispatch::SkillRequirement& requirement : requirements) {
    v1::SkillRequirement& added = *stored.Add();
    added.set_skill(raw(requirement.skill));
    added.set_min_level(requirement.min_level);
  }
}

std::vector<dispatch::SkillRequirement> read(const StoredRequirements& stored) {
  std::vector<dispatch::SkillRequirement> requirements;
  requirements.reserve(static_cast<std::size_t>(stored.size()));
  for (const v1::SkillRequirement& each : stored) {
    check_known(each);
    requirements.push_back({handle_of<dispatch::SkillHandle>(each.skill()), narrow<std::uint8_t>(each.min_level())});
  }
  return requirements;
}

void fill(v1::SkillSpec& stored, const dispatch::SkillSpec& spec) {
  stored.set_id(spec.id);
  stored.set_display_name(spec.display_name);
}

dispatch::SkillSpec read(const v1::SkillSpec& stored) {
  check_known(stored);
  return {stored.id(), stored.display_name()};
}

void fill(v1::PolicySpec& stored, const dispatch::PolicySpec& spec) {
  stored.set_id(spec.id);
  stored.set_display_name(spec.display_name);
  for (const dispatch::PolicyStep& step : spec.steps) {
    v1::PolicyStep& added = *stored.add_steps();
    added.set_after(store(step.after));
    fill(*added.mutable_requirements(), step.requirements);
  }
  stored.set_offer_timeout(store(spec.offer_timeout));
  stored.set_priority_weight(store(spec.priority_weight));
  stored.set_refusal_cool_down(store(spec.refusal_cool_down));
  stored.set_auto_accept(spec.auto_accept);
}

dispatch::PolicySpec read(const v1::PolicySpec& stored) {
  check_known(stored);
  dispatch::PolicySpec spec;
  spec.id = stored.id();
  spec.display_name = stored.display_name();
  for (const v1::PolicyStep& step : stored.steps()) {
    check_known(step);
    dispatch::PolicyStep& added = spec.steps.emplace_back();
    added.after = span_of(step.after());
    added.requirements = read(step.requirements());
  }
  spec.offer_timeout = span_of(stored.offer_timeout());
  spec.priority_weight = span_of(stored.priority_weight());
  spec.refusal_cool_down = span_of(stored.refusal_cool_down());
  spec.auto_accept = stored.auto_accept();
  return spec;
}

void fill(v1::QueueSpec& stored, const dispatch::QueueSpec& spec) {
  stored.set_id(spec.id);
  stored.set_display_name(spec.display_name);
  stored.set_channel(static_cast<v1::Channel>(spec.channel));
  stored.set_policy(raw(spec.policy));
  stored.set_service_level_target(store(spec.service_level_target));
  stored.set_wrap_up_limit(store(spec.wrap_up_limit));
  stored.set_time_to_live(store(spec.time_to_live));
}

dispatch::QueueSpec read(const v1::QueueSpec& stored) {
  check_known(stored);
  dispatch::QueueSpec spec;
  spec.id = stored.id();
  spec.display_name = stored.display_name();
  spec.channel = channel_of(stored.channel());
  spec.policy = handle_of<dispatch::PolicyHandle>(stored.policy());
  spec.service_level_target = span_of(stored.service_level_target());
  spec.wrap_up_limit = span_of(stored.wrap_up_limit());
  spec.time_to_live = span_of(stored.time_to_live());
  return spec;
}

void fill(v1::AgentSpec& stored, const dispatch::AgentSpec& spec) {
  stored.set_id(spec.id);
  stored.set_display_name(spec.display_name);
  for (const dispatch::SkillLevel& skill : spec.skills) {
    v1::SkillLevel& added = *stored.add_skills();
    added.set_skill(raw(skill.skill));
    added.set_level(skill.level);
  }
  stored.set_capacity_units(spec.capacity_units);
  fill_indexed(stored.mutable_channel_limits(), spec.channel_limits);
}

dispatch::AgentSpec read(const v1::AgentSpec& stored) {
  check_known(stored);
  dispatch::AgentSpec spec;
  spec.id = stored.id();
  spec.display_name = stored.display_name();
  for (const v1::SkillLevel& skill : stored.skills()) {
    check_known(skill);
    spec.skills.push_back({handle_of<dispatch::SkillHandle>(skill.skill()), narrow<std::uint8_t>(skill.level())});
  }
  spec.capacity_units = narrow<std::uint16_t>(stored.capacity_units());
  read_indexed(stored.channel_limits(), spec.channel_limits);
  return spec;
}

void fill(v1::Settings& stored, const dispatch::Settings& settings) {
  fill_indexed(stored.mutable_channel_units(), settings.channel_units);
  stored.set_resume_grace(store(settings.resume_grace));
  stored.set_contact_grace(store(settings.contact_grace));
  stored.set_first_miss_pause(store(settings.first_miss_pause));
  stored.set_second_miss_pause(store(settings.second_miss_pause));
  stored.set_escalate_after_refusals(settings.escalate_after_refusals);
  stored.set_escalation_priority(settings.escalation_priority);
}

dispatch::Settings read(const v1::Settings& stored) {
  check_known(stored);
  dispatch::Settings settings;
  read_indexed(stored.channel_units(), settings.channel_units);
  settings.resume_grace = span_of(stored.resume_grace());
  settings.contact_grace = span_of(stored.contact_grace());
  settings.first_miss_pause = span_of(stored.first_miss_pause());
  settings.second_miss_pause = span_of(stored.second_miss_pause());
  settings.escalate_after_refusals = narrow<std::uint16_t>(stored.escalate_after_refusals());
  settings.escalation_priority = narrow<std::uint16_t>(stored.escalation_priority());
  return settings;
}

void fill(v1::ContactDetails& stored, const dispatch::ContactDetails& details) {
  stored.set_customer_ref(details.customer_ref);
  stored.set_display_name(details.display_name);
  for (const auto& [key, value] : details.attributes) {
    v1::Attribute& added = *stored.add_attributes();
    added.set_key(key);
    added.set_value(value);
  }
}

dispatch::ContactDetailsPtr read(const v1::ContactDetails& stored) {
  check_known(stored);
  auto details = std::make_shared<dispatch::ContactDetails>();
  details->customer_ref = stored.customer_ref();
  details->display_name = stored.display_name();
  details->attributes.reserve(static_cast<std::size_t>(stored.attributes_size()));
  for (const v1::Attribute& attribute : stored.attributes()) {
    check_known(attribute);
    details->attributes.emplace_back(attribute.key(), attribute.value());
  }
  return details;
}

void fill(v1::Explanation& stored, const dispatch::Explanation& explanation) {
  stored.set_trigger(static_cast<v1::Trigger>(explanation.trigger));
  stored.set_step(explanation.step);
  stored.set_considered(explanation.considered);
  const auto& rejected = explanation.rejected;
  if (std::any_of(rejected.begin(), rejected.end(), [](std::uint32_t count) { return count != 0; })) {
    fill_indexed(stored.mutable_rejected(), rejected);
  }
  stored.set_waited(store(explanation.waited));
  stored.set_idle(store(explanation.idle));
  stored.set_runner_up(raw(explanation.runner_up));
  stored.set_runner_up_idle(store(explanation.runner_up_idle));
}

dispatch::Explanation read(const v1::Explanation& stored) {
  check_known(stored);
  dispatch::Explanation explanation;
  explanation.trigger = known(stored.trigger(), dispatch::Trigger::kConfiguration);
  explanation.step = narrow<std::uint16_t>(stored.step());
  explanation.considered = stored.considered();
  if (stored.rejected_size() != 0) read_indexed(stored.rejected(), explanation.rejected);
  explanation.waited = span_of(stored.waited());
  explanation.idle = span_of(stored.idle());
  explanation.runner_up = handle_of<dispatch::AgentHandle>(stored.runner_up());
  explanation.runner_up_idle = span_of(stored.runner_up_idle());
  return explanation;
}

}  // namespace muster::journal
