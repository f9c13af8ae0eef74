#include "codec_values.h"

#include <algorithm>

namespace muster::journal {

void fill(StoredRequirements& stored, const std::vector<dispatch::SkillRequirement>& requirements) {
  for (const dispatch::SkillRequirement& requirement : requirements) {
    fill(*stored.Add(), requirement);
  }
}

void fill(v1::SkillRequirement& stored, const dispatch::SkillRequirement& requirement) {
  stored.set_skill(raw(requirement.skill));
  stored.set_min_level(requirement.min_level);
  if (requirement.max_level != dispatch::kLevelMax) stored.set_max_level(requirement.max_level);
}

dispatch::SkillRequirement read(const v1::SkillRequirement& stored) {
  check_known(stored);
  return {handle_of<dispatch::SkillHandle>(stored.skill()), narrow<std::uint8_t>(stored.min_level()),
          stored.has_max_level() ? narrow<std::uint8_t>(stored.max_level()) : dispatch::kLevelMax};
}

void fill(v1::Predicate& stored, const dispatch::Predicate& predicate) {
  stored.set_kind(static_cast<v1::Predicate::Kind>(predicate.kind));
  for (const dispatch::Predicate& part : predicate.parts) fill(*stored.add_parts(), part);
  if (predicate.kind == dispatch::Predicate::Kind::kSkill) fill(*stored.mutable_skill(), predicate.skill);
}

dispatch::Predicate read(const v1::Predicate& stored) {
  check_known(stored);
  dispatch::Predicate predicate;
  predicate.kind = known(stored.kind(), dispatch::Predicate::Kind::kSkill);
  for (const v1::Predicate& part : stored.parts()) predicate.parts.push_back(read(part));
  if (stored.has_skill()) predicate.skill = read(stored.skill());
  return predicate;
}

void fill(v1::Preferences& stored, const dispatch::Preferences& preferences) {
  stored.set_load(store(preferences.load));
  stored.set_quality(store(preferences.quality));
  stored.set_cost(store(preferences.cost));
  stored.set_specialist(store(preferences.specialist));
  stored.set_fairness(store(preferences.fairness));
  stored.set_skill_fit(store(preferences.skill_fit));
  stored.set_ignore_idle(preferences.ignore_idle);
  stored.set_newcomers(raw(preferences.newcomers));
  stored.set_newcomer_percent(preferences.newcomer_percent);
}

dispatch::Preferences read(const v1::Preferences& stored) {
  check_known(stored);
  dispatch::Preferences preferences;
  preferences.load = span_of(stored.load());
  preferences.quality = span_of(stored.quality());
  preferences.cost = span_of(stored.cost());
  preferences.specialist = span_of(stored.specialist());
  preferences.fairness = span_of(stored.fairness());
  preferences.skill_fit = span_of(stored.skill_fit());
  preferences.ignore_idle = stored.ignore_idle();
  preferences.newcomers = handle_of<dispatch::SkillHandle>(stored.newcomers());
  preferences.newcomer_percent = narrow<std::uint8_t>(stored.newcomer_percent());
  return preferences;
}

std::vector<dispatch::SkillRequirement> read(const StoredRequirements& stored) {
  std::vector<dispatch::SkillRequirement> requirements;
  requirements.reserve(static_cast<std::size_t>(stored.size()));
  for (const v1::SkillRequirement& each : stored) requirements.push_back(read(each));
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

void fill(v1::Pool& stored, const dispatch::Pool& pool) {
  stored.set_id(pool.id);
  fill(*stored.mutable_members(), pool.members);
  stored.set_predicted_wait(store(pool.lending.predicted_wait));
  stored.set_waiting(pool.lending.waiting);
  stored.set_service_level(pool.lending.service_level);
  stored.set_lender(raw(pool.lending.lender));
  stored.set_lender_service_level(pool.lending.lender_service_level);
}

dispatch::Pool read(const v1::Pool& stored) {
  check_known(stored);
  return {stored.id(),
          read(stored.members()),
          {span_of(stored.predicted_wait()), narrow<std::uint16_t>(stored.waiting()),
           narrow<std::uint8_t>(stored.service_level()), handle_of<dispatch::QueueHandle>(stored.lender()),
           narrow<std::uint8_t>(stored.lender_service_level())}};
}

void fill(v1::QueuePools& stored, const dispatch::QueuePools& pools) {
  stored.set_open(pools.open);
  stored.set_kept_open(pools.kept_open);
  stored.set_kept_closed(pools.kept_closed);
}

dispatch::QueuePools read(const v1::QueuePools& stored) {
  check_known(stored);
  return {narrow<dispatch::PoolSet>(stored.open()), narrow<dispatch::PoolSet>(stored.kept_open()),
          narrow<dispatch::PoolSet>(stored.kept_closed())};
}

void fill(v1::PolicySpec& stored, const dispatch::PolicySpec& spec) {
  stored.set_id(spec.id);
  stored.set_display_name(spec.display_name);
  for (const dispatch::PolicyStep& step : spec.steps) {
    v1::PolicyStep& added = *stored.add_steps();
    added.set_after(store(step.after));
    fill(*added.mutable_requirements(), step.requirements);
    if (step.where != dispatch::Predicate{}) fill(*added.mutable_where(), step.where);
    added.set_pools(step.pools);
    if (step.offers > 1) added.set_offers(step.offers);
    if (step.prefer != dispatch::Preferences{}) fill(*added.mutable_prefer(), step.prefer);
  }
  stored.set_offer_timeout(store(spec.offer_timeout));
  stored.set_priority_weight(store(spec.priority_weight));
  stored.set_refusal_cool_down(store(spec.refusal_cool_down));
  stored.set_auto_accept(spec.auto_accept);
  if (spec.gates != dispatch::Predicate{}) fill(*stored.mutable_gates(), spec.gates);
  stored.set_preferred_agent_wait(store(spec.preferred_agent_wait));
  stored.set_strict_priority(spec.strict_priority);
  stored.set_by_deadline(spec.by_deadline);
  stored.set_starvation_bound(store(spec.starvation_bound));
  for (const dispatch::Pool& pool : spec.pools) fill(*stored.add_pools(), pool);
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
    if (step.has_where()) added.where = read(step.where());
    added.pools = narrow<dispatch::PoolSet>(step.pools());
    if (step.offers() != 0) added.offers = narrow<std::uint8_t>(step.offers());
    if (step.has_prefer()) added.prefer = read(step.prefer());
  }
  spec.offer_timeout = span_of(stored.offer_timeout());
  spec.priority_weight = span_of(stored.priority_weight());
  spec.refusal_cool_down = span_of(stored.refusal_cool_down());
  spec.auto_accept = stored.auto_accept();
  if (stored.has_gates()) spec.gates = read(stored.gates());
  if (stored.has_preferred_agent_wait()) spec.preferred_agent_wait = span_of(stored.preferred_agent_wait());
  spec.strict_priority = stored.strict_priority();
  spec.by_deadline = stored.by_deadline();
  if (stored.has_starvation_bound()) spec.starvation_bound = span_of(stored.starvation_bound());
  for (const v1::Pool& pool : stored.pools()) spec.pools.push_back(read(pool));
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
  stored.set_paused(spec.paused);
  stored.set_share(spec.share);
  stored.set_idle_reserve(spec.idle_reserve);
  stored.set_reserve_skill(raw(spec.reserve_skill));
  if (spec.tenant != kPlatformTenant) stored.set_tenant(spec.tenant);
  const dispatch::QueueSpec before;
  if (spec.service_level_method != before.service_level_method) {
    stored.set_service_level_method(static_cast<std::uint32_t>(spec.service_level_method));
  }
  if (spec.short_abandon != before.short_abandon) stored.set_short_abandon(store(spec.short_abandon));
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
  spec.paused = stored.paused();
  spec.share = narrow<std::uint16_t>(stored.share());
  spec.idle_reserve = narrow<std::uint16_t>(stored.idle_reserve());
  spec.reserve_skill = handle_of<dispatch::SkillHandle>(stored.reserve_skill());
  if (!stored.tenant().empty()) spec.tenant = stored.tenant();
  if (stored.service_level_method() != 0) {
    spec.service_level_method =
        known(narrow<int>(stored.service_level_method()), dispatch::ServiceLevelMethod::kLeftInTarget);
  }
  if (stored.has_short_abandon()) spec.short_abandon = span_of(stored.short_abandon());
  return spec;
}

void fill(v1::AgentSpec& stored, const dispatch::AgentSpec& spec) {
  stored.set_id(spec.id);
  stored.set_display_name(spec.display_name);
  for (const dispatch::SkillLevel& skill : spec.skills) {
    v1::SkillLevel& added = *stored.add_skills();
    added.set_skill(raw(skill.skill));
    added.set_level(skill.level);
    added.set_valid_until(store(skill.valid_until));
  }
  stored.set_capacity_units(spec.capacity_units);
  fill_indexed(stored.mutable_channel_limits(), spec.channel_limits);
  stored.set_quality(spec.quality);
  stored.set_cost(spec.cost);
  stored.set_base(spec.base);
  stored.set_team(spec.team);
}

dispatch::AgentSpec read(const v1::AgentSpec& stored) {
  check_known(stored);
  dispatch::AgentSpec spec;
  spec.id = stored.id();
  spec.display_name = stored.display_name();
  for (const v1::SkillLevel& skill : stored.skills()) {
    check_known(skill);
    spec.skills.push_back({handle_of<dispatch::SkillHandle>(skill.skill()), narrow<std::uint8_t>(skill.level()),
                           time_of(skill.valid_until())});
  }
  spec.capacity_units = narrow<std::uint16_t>(stored.capacity_units());
  read_indexed(stored.channel_limits(), spec.channel_limits);
  spec.quality = narrow<std::uint8_t>(stored.quality());
  spec.cost = narrow<std::uint8_t>(stored.cost());
  spec.base = stored.base();
  spec.team = stored.team();
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
  stored.set_queue_order(static_cast<std::uint32_t>(settings.queue_order));
  stored.set_ramp_up_offers(settings.ramp_up_offers);
  if (settings.interrupts != dispatch::Settings{}.interrupts) {
    fill_indexed(stored.mutable_interrupts(), settings.interrupts);
  }
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
  settings.ramp_up_offers = narrow<std::uint8_t>(stored.ramp_up_offers());
  read_indexed(stored.interrupts(), settings.interrupts);
  if (stored.queue_order() != 0) {
    settings.queue_order = known(narrow<int>(stored.queue_order()), dispatch::QueueOrder::kRatio);
  }
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
  stored.set_score(store(explanation.score));
  stored.set_runner_up_score(store(explanation.runner_up_score));
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
  explanation.score = span_of(stored.score());
  explanation.runner_up_score = span_of(stored.runner_up_score());
  return explanation;
}

}  // namespace muster::journal
