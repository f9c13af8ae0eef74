#include "muster/node/render.h"

#include <charconv>
#include <limits>

#include "muster/base/uuid.h"

namespace muster::node {
namespace {

template <typename Id>
std::string number_id(char letter, Id id) {
  if (id == Id::kNone) return {};
  return std::string{letter, '-'} + std::to_string(dispatch::raw(id));
}

template <typename Id>
Id parse_number_id(char letter, std::string_view text) {
  if (text.size() < 3 || text[0] != letter || text[1] != '-' || text[2] == '0') return Id::kNone;
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + 2, end, number);
  const bool fits = number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());  // as in PostgreSQL
  return parsed.ec == std::errc{} && parsed.ptr == end && fits ? Id{number} : Id::kNone;
}

std::string skill_name(const dispatch::Engine& engine, dispatch::SkillHandle handle) {
  const auto* skill = engine.skill(handle);
  return skill ? skill->spec.id : std::string{};
}

void render(const dispatch::Engine& engine, const dispatch::SkillRequirement& requirement, v1::SkillRequirement* out) {
  out->set_skill_id(skill_name(engine, requirement.skill));
  out->set_min_level(requirement.min_level);
  if (requirement.max_level != dispatch::kLevelMax) out->set_max_level(requirement.max_level);
}

void render_requirements(const dispatch::Engine& engine, const std::vector<dispatch::SkillRequirement>& requirements,
                         google::protobuf::RepeatedPtrField<v1::SkillRequirement>* out) {
  for (const auto& requirement : requirements) render(engine, requirement, out->Add());
}

void render(const dispatch::Engine& engine, const dispatch::Predicate& predicate, v1::AgentCondition* out) {
  using Kind = dispatch::Predicate::Kind;
  const auto render_parts = [&](const std::vector<dispatch::Predicate>& parts, v1::AgentConditions* list) {
    for (const auto& part : parts) render(engine, part, list->add_conditions());
  };
  switch (predicate.kind) {
    case Kind::kSkill:
      return render(engine, predicate.skill, out->mutable_skill());
    case Kind::kAllOf:
      return render_parts(predicate.parts, out->mutable_all_of());
    case Kind::kAnyOf:
      return render_parts(predicate.parts, out->mutable_any_of());
    case Kind::kNot: {
      const auto& negated = predicate.parts.front();
      return render_parts(negated.kind == Kind::kAnyOf ? negated.parts : predicate.parts, out->mutable_none_of());
    }
  }
}

void render_weight(Duration weight, google::protobuf::Duration* (v1::AgentPreferences::*field)(),
                   v1::AgentPreferences* out) {
  if (weight != Duration::zero()) to_proto(weight, (out->*field)());
}

void render(const dispatch::Engine& engine, const dispatch::Preferences& prefer, v1::AgentPreferences* out) {
  render_weight(prefer.load, &v1::AgentPreferences::mutable_load, out);
  render_weight(prefer.quality, &v1::AgentPreferences::mutable_quality, out);
  render_weight(prefer.cost, &v1::AgentPreferences::mutable_cost, out);
  render_weight(prefer.specialist, &v1::AgentPreferences::mutable_specialist, out);
  render_weight(prefer.fairness, &v1::AgentPreferences::mutable_fairness, out);
  render_weight(prefer.skill_fit, &v1::AgentPreferences::mutable_skill_fit, out);
  out->set_ignore_idle_time(prefer.ignore_idle);
  out->set_newcomer_skill_id(skill_name(engine, prefer.newcomers));
  out->set_newcomer_percent(prefer.newcomer_percent);
}

void render(const dispatch::Engine& engine, const std::vector<dispatch::SkillTest>& alternatives,
            v1::SkillAlternatives* out) {
  for (const auto& test : alternatives) {
    auto* item = out->add_alternatives();
    render(engine, test.requirement, item->mutable_requirement());
    item->set_negated(test.negated);
  }
}

void render(const dispatch::Engine& engine, const dispatch::Pool& pool, v1::AgentPool* out) {
  out->set_pool_id(pool.id);
  if (pool.members != dispatch::Predicate{}) render(engine, pool.members, out->mutable_members());
  const dispatch::Lending& lending = pool.lending;
  if (lending == dispatch::Lending{}) return;
  auto* when = out->mutable_lending();
  if (lending.predicted_wait != Duration::zero()) to_proto(lending.predicted_wait, when->mutable_predicted_wait());
  when->set_waiting(lending.waiting);
  when->set_service_level(lending.service_level);
  if (const auto* lender = engine.queue(lending.lender)) when->set_lender_queue_id(lender->spec.id);
  when->set_lender_service_level(lending.lender_service_level);
}

void render_pool_ids(const dispatch::PolicySpec& policy, dispatch::PoolSet pools,
                     google::protobuf::RepeatedPtrField<std::string>* out) {
  for (std::size_t i = 0; i < policy.pools.size(); ++i) {
    if ((pools & (1U << i)) != 0) out->Add(std::string(policy.pools[i].id));
  }
}

std::string agent_name(const dispatch::Engine& engine, dispatch::AgentHandle handle) {
  const auto* agent = engine.agent(handle);
  return agent ? agent->spec.id : std::string{};
}

v1::AgentActivity activity(const dispatch::Engine& engine, const dispatch::Agent& agent) {
  bool wrap_up = false;
  for (const auto id : agent.contacts) {
    const auto* contact = engine.contact(id);
    if (contact && contact->state != dispatch::ContactState::kWrapUp) return v1::AGENT_ACTIVITY_BUSY;
    wrap_up = true;
  }
  if (wrap_up) return v1::AGENT_ACTIVITY_WRAP_UP;
  return agent.offers.empty() ? v1::AGENT_ACTIVITY_IDLE : v1::AGENT_ACTIVITY_RINGING;
}

}  // namespace

void to_proto(TimePoint time, google::protobuf::Timestamp* out) {
  const auto since = time.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  out->set_seconds(seconds.count());
  out->set_nanos(static_cast<std::int32_t>((since - seconds).count() * 1000));
}

TimePoint from_proto(const google::protobuf::Timestamp& time) {
  return TimePoint(std::chrono::seconds(time.seconds()) + Duration(time.nanos() / 1'000));
}

Duration from_proto(const google::protobuf::Duration& span) {
  return std::chrono::seconds(span.seconds()) + Duration(span.nanos() / 1'000);
}

void to_proto(Duration span, google::protobuf::Duration* out) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(span);
  out->set_seconds(seconds.count());
  out->set_nanos(static_cast<std::int32_t>((span - seconds).count() * 1000));
}

std::string contact_id(dispatch::ContactId id) { return number_id('c', id); }
std::string offer_id(dispatch::OfferId id) { return number_id('o', id); }
std::string session_id(dispatch::SessionId id) { return number_id('s', id); }
dispatch::ContactId parse_contact_id(std::string_view text) { return parse_number_id<dispatch::ContactId>('c', text); }
dispatch::OfferId parse_offer_id(std::string_view text) { return parse_number_id<dispatch::OfferId>('o', text); }
dispatch::SessionId parse_session_id(std::string_view text) { return parse_number_id<dispatch::SessionId>('s', text); }
std::string request_id(const dispatch::RequestId& id) { return id.is_nil() ? "" : format_uuid(id.high, id.low); }

v1::ContactState to_proto(dispatch::ContactState state) { return static_cast<v1::ContactState>(state); }
v1::OfferState to_proto(dispatch::OfferState state) { return static_cast<v1::OfferState>(state); }
v1::AgentPresence to_proto(dispatch::Presence presence) { return static_cast<v1::AgentPresence>(presence); }
v1::Channel to_proto(dispatch::Channel channel) { return static_cast<v1::Channel>(channel); }

void render(const dispatch::Engine& engine, const dispatch::Contact& contact, v1::Contact* out) {
  out->set_contact_id(contact_id(contact.id));
  if (const auto* queue = engine.queue(contact.queue)) {
    out->set_queue_id(queue->spec.id);
    out->set_tenant_id(queue->spec.tenant);
    out->set_channel(to_proto(queue->spec.channel));
  }
  out->set_state(to_proto(contact.state));
  out->set_priority(contact.priority);
  render_requirements(engine, contact.requirements, out->mutable_requirements());
  for (const auto excluded : contact.excluded) out->add_excluded_agent_ids(agent_name(engine, excluded));
  out->set_customer_ref(contact.details->customer_ref);
  out->set_display_name(contact.details->display_name);
  for (const auto& [key, value] : contact.details->attributes) (*out->mutable_attributes())[key] = value;
  to_proto(contact.created, out->mutable_create_time());
  to_proto(contact.due, out->mutable_queue_time());
  to_proto(contact.expires, out->mutable_expire_time());
  out->set_step(contact.step);
  out->set_refusals(contact.refusal_count);
  out->set_escalated(contact.escalated);
  const bool offered = contact.state == dispatch::ContactState::kOffered;
  const auto holder = offered || contact.agent == dispatch::AgentHandle::kNone ? contact.last_agent : contact.agent;
  out->set_agent_id(agent_name(engine, holder));
  if (offered) out->set_offer_id(offer_id(contact.offer));
  for (const auto further : contact.further_offers) out->add_further_offer_ids(offer_id(further));
  out->set_interrupted(contact.interrupted);
  if (contact.answered) to_proto(contact.answered_at, out->mutable_answer_time());
  render_live(engine, contact, out);
}

void render_live(const dispatch::Engine& engine, const dispatch::Contact& contact, v1::Contact* out) {
  if (contact.preferred != dispatch::AgentHandle::kNone) {
    out->set_preferred_agent_id(agent_name(engine, contact.preferred));
    to_proto(contact.preferred_until, out->mutable_preferred_until_time());
  }
  out->set_starving(contact.starving);
}

void render(const dispatch::Engine& engine, const dispatch::Offer& offer, v1::Offer* out) {
  out->set_offer_id(offer_id(offer.id));
  out->set_contact_id(contact_id(offer.contact));
  out->set_agent_id(agent_name(engine, offer.agent));
  out->set_state(v1::OFFER_STATE_OFFERED);
  to_proto(offer.made, out->mutable_offer_time());
  to_proto(offer.expires, out->mutable_expire_time());
  render(offer.explanation, agent_name(engine, offer.explanation.runner_up), out->mutable_explanation());
}

void render(const dispatch::Engine& engine, const dispatch::Agent& agent, v1::Agent* out) {
  out->set_agent_id(agent.spec.id);
  out->set_display_name(agent.spec.display_name);
  for (const auto& has : agent.spec.skills) {
    auto* skill = out->add_skills();
    skill->set_skill_id(skill_name(engine, has.skill));
    skill->set_level(has.level);
    if (has.valid_until != TimePoint{}) to_proto(has.valid_until, skill->mutable_expire_time());
  }
  out->set_capacity_units(agent.spec.capacity_units);
  for (std::size_t channel = 1; channel < dispatch::kChannelCount; ++channel) {
    if (agent.spec.channel_limits[channel] == dispatch::AgentSpec::kNoLimit) continue;
    auto* limit = out->add_channel_limits();
    limit->set_channel(static_cast<v1::Channel>(channel));
    limit->set_max_contacts(agent.spec.channel_limits[channel]);
  }
  out->set_presence(to_proto(agent.presence));
  out->set_presence_reason(agent.presence_reason);
  if (agent.presence_until != TimePoint{}) to_proto(agent.presence_until, out->mutable_presence_until());
  out->set_connected(agent.connected);
  out->set_used_units(static_cast<std::int32_t>(agent.used_units));
  out->set_activity(activity(engine, agent));
  out->set_quality(agent.spec.quality);
  out->set_cost(agent.spec.cost);
  out->set_base_id(agent.spec.base);
  out->set_team_id(agent.spec.team);
  out->set_next_presence(to_proto(agent.next.presence));
  out->set_next_presence_reason(agent.next.reason);
  out->set_ramp_up_offers_left(agent.ramp_up);
}

void render(const dispatch::Engine& engine, const dispatch::Queue& queue, v1::Queue* out) {
  out->set_queue_id(queue.spec.id);
  out->set_display_name(queue.spec.display_name);
  out->set_channel(to_proto(queue.spec.channel));
  if (const auto* policy = engine.policy(queue.spec.policy)) out->set_policy_id(policy->spec.id);
  to_proto(queue.spec.service_level_target, out->mutable_service_level_target());
  to_proto(queue.spec.wrap_up_limit, out->mutable_wrap_up_limit());
  to_proto(queue.spec.time_to_live, out->mutable_time_to_live());
  out->set_paused(queue.spec.paused);
  out->set_share(queue.spec.share);
  out->set_idle_reserve(queue.spec.idle_reserve);
  out->set_reserve_skill_id(skill_name(engine, queue.spec.reserve_skill));
  out->set_tenant_id(queue.spec.tenant);
  out->set_service_level_method(static_cast<v1::ServiceLevelMethod>(queue.spec.service_level_method));
  to_proto(queue.spec.short_abandon, out->mutable_short_abandon());
  const auto* policy = engine.policy(queue.spec.policy);
  if (!policy) return;
  const unsigned held = queue.pools.kept_open | queue.pools.kept_closed;
  render_pool_ids(policy->spec, queue.pools.open, out->mutable_open_pool_ids());
  render_pool_ids(policy->spec, static_cast<dispatch::PoolSet>(held), out->mutable_held_pool_ids());
}

void render(const dispatch::Engine& engine, const dispatch::Policy& policy, v1::Policy* out) {
  out->set_policy_id(policy.spec.id);
  out->set_display_name(policy.spec.display_name);
  for (const auto& step : policy.spec.steps) {
    auto* item = out->add_steps();
    to_proto(step.after, item->mutable_after());
    render_requirements(engine, step.requirements, item->mutable_requirements());
    if (step.where != dispatch::Predicate{}) render(engine, step.where, item->mutable_where());
    if (step.prefer != dispatch::Preferences{}) render(engine, step.prefer, item->mutable_prefer());
    render_pool_ids(policy.spec, step.pools, item->mutable_pool_ids());
    item->set_offers(step.offers);
  }
  to_proto(policy.spec.offer_timeout, out->mutable_offer_timeout());
  to_proto(policy.spec.priority_weight, out->mutable_priority_weight());
  to_proto(policy.spec.refusal_cool_down, out->mutable_refusal_cool_down());
  out->set_auto_accept(policy.spec.auto_accept);
  if (policy.spec.gates != dispatch::Predicate{}) render(engine, policy.spec.gates, out->mutable_gates());
  to_proto(policy.spec.preferred_agent_wait, out->mutable_preferred_agent_wait());
  out->set_strict_priority(policy.spec.strict_priority);
  out->set_by_deadline(policy.spec.by_deadline);
  to_proto(policy.spec.starvation_bound, out->mutable_starvation_bound());
  for (const auto& pool : policy.spec.pools) render(engine, pool, out->add_pools());
}

void render(const dispatch::Skill& skill, v1::Skill* out) {
  out->set_skill_id(skill.spec.id);
  out->set_display_name(skill.spec.display_name);
}

void render(const dispatch::Settings& settings, v1::WorkspaceSettings* out) {
  for (std::size_t channel = 1; channel < dispatch::kChannelCount; ++channel) {
    auto* units = out->add_channel_units();
    units->set_channel(static_cast<v1::Channel>(channel));
    units->set_units(settings.channel_units[channel]);
  }
  to_proto(settings.resume_grace, out->mutable_resume_grace());
  to_proto(settings.contact_grace, out->mutable_contact_grace());
  to_proto(settings.first_miss_pause, out->mutable_first_miss_pause());
  to_proto(settings.second_miss_pause, out->mutable_second_miss_pause());
  out->set_escalate_after_refusals(settings.escalate_after_refusals);
  out->set_escalation_priority(settings.escalation_priority);
  out->set_queue_order(static_cast<v1::QueueOrder>(settings.queue_order));
  out->set_ramp_up_offers(settings.ramp_up_offers);
  for (std::size_t channel = 1; channel < dispatch::kChannelCount; ++channel) {
    if (settings.interrupts[channel] == 0) continue;
    auto* rule = out->add_interrupts();
    rule->set_channel(static_cast<v1::Channel>(channel));
    for (std::size_t other = 1; other < dispatch::kChannelCount; ++other) {
      const auto bit = dispatch::bit_of(static_cast<dispatch::Channel>(other));
      if ((settings.interrupts[channel] & bit) != 0) rule->add_interrupts(static_cast<v1::Channel>(other));
    }
  }
}

void render(const dispatch::Explanation& explanation, std::string_view runner_up_id, v1::OfferExplanation* out) {
  out->set_trigger(static_cast<v1::OfferTrigger>(explanation.trigger));
  out->set_step(explanation.step);
  out->set_agents_considered(static_cast<std::int32_t>(explanation.considered));
  for (std::size_t gate = 1; gate < dispatch::kGateCount; ++gate) {
    if (explanation.rejected[gate] == 0) continue;
    auto* rejected = out->add_rejected();
    rejected->set_gate(static_cast<v1::Gate>(gate));
    rejected->set_agents(static_cast<std::int32_t>(explanation.rejected[gate]));
  }
  to_proto(explanation.waited, out->mutable_waited());
  to_proto(explanation.idle, out->mutable_idle());
  const bool scored = explanation.score != Duration::zero() || explanation.runner_up_score != Duration::zero();
  if (scored) to_proto(explanation.score, out->mutable_score());
  if (runner_up_id.empty()) return;
  out->set_runner_up_agent_id(std::string(runner_up_id));
  to_proto(explanation.runner_up_idle, out->mutable_runner_up_idle());
  if (scored) to_proto(explanation.runner_up_score, out->mutable_runner_up_score());
}

void render(const dispatch::Engine& engine, const dispatch::Contact& contact, const dispatch::Prospects& prospects,
            v1::ExplainContactResponse* out) {
  render_requirements(engine, prospects.asked.all, out->mutable_requirements());
  for (const auto& alternatives : prospects.asked.any) render(engine, alternatives, out->add_alternatives());
  if (contact.preferred != dispatch::AgentHandle::kNone) {
    out->set_preferred_agent_id(agent_name(engine, contact.preferred));
    to_proto(contact.preferred_until, out->mutable_preferred_until_time());
  }
  if (prospects.next_step) to_proto(*prospects.next_step, out->mutable_next_step_time());
  for (std::size_t obstacle = 1; obstacle < dispatch::kObstacleCount; ++obstacle) {
    if (prospects.agents[obstacle] == 0) continue;
    auto* count = out->add_obstacles();
    count->set_obstacle(static_cast<v1::Obstacle>(obstacle));
    count->set_agents(static_cast<std::int32_t>(prospects.agents[obstacle]));
  }
  if (prospects.next_cool_down) to_proto(*prospects.next_cool_down, out->mutable_next_cool_down_end_time());
  const auto* queue = engine.queue(contact.queue);
  const auto* policy = engine.policy(queue->spec.policy);
  render_pool_ids(policy->spec, prospects.closed_pools, out->mutable_closed_pool_ids());
}

void render(const dispatch::WaitEstimate& estimate, v1::WaitEstimate* out) {
  if (estimate.wait) to_proto(*estimate.wait, out->mutable_wait());
  out->set_servers(static_cast<std::int32_t>(estimate.servers));
  out->set_contacts_ahead(static_cast<std::int32_t>(estimate.ahead));
}

namespace {

/// What AgentStanding and WaitingCount have in common.
template <typename Message>
void render_obstacle(const dispatch::Engine& engine, const dispatch::Standing& standing, Message* out) {
  out->set_obstacle(static_cast<v1::Obstacle>(standing.obstacle));
  if (standing.required.skill != dispatch::SkillHandle::kNone) {
    render(engine, standing.required, out->mutable_required());
    out->set_level(standing.level);
  }
  if (!standing.alternatives.empty()) render(engine, standing.alternatives, out->mutable_alternatives());
}

void render(const dispatch::Score& score, v1::AgentScore* out) {
  const auto render_part = [out](Duration part, google::protobuf::Duration* (v1::AgentScore::*field)()) {
    if (part != Duration::zero()) to_proto(part, (out->*field)());
  };
  to_proto(score.total(), out->mutable_total());
  to_proto(score.idle, out->mutable_idle());
  render_part(score.load, &v1::AgentScore::mutable_load);
  render_part(score.quality, &v1::AgentScore::mutable_quality);
  render_part(score.cost, &v1::AgentScore::mutable_cost);
  render_part(score.specialist, &v1::AgentScore::mutable_specialist);
  render_part(score.fairness, &v1::AgentScore::mutable_fairness);
  render_part(score.skill_fit, &v1::AgentScore::mutable_skill_fit);
}

}  // namespace

void render(const dispatch::Engine& engine, const dispatch::Agent& agent, const dispatch::Standing& standing,
            v1::AgentStanding* out) {
  out->set_agent_id(agent.spec.id);
  render_obstacle(engine, standing, out);
  if (standing.cool_down_until != TimePoint{}) {
    to_proto(standing.cool_down_until, out->mutable_cool_down_end_time());
  }
  if (standing.idle) to_proto(*standing.idle, out->mutable_idle());
  out->set_used_units(static_cast<std::int32_t>(standing.used_units));
  if (standing.score) render(*standing.score, out->mutable_score());
}

void render(const dispatch::Engine& engine, const dispatch::Agent& agent, const dispatch::AgentProspects& prospects,
            v1::ExplainAgentResponse* out) {
  render(engine, agent, out->mutable_agent());
  out->set_obstacle(static_cast<v1::Obstacle>(prospects.obstacle));
  for (std::size_t channel = 1; channel < dispatch::kChannelCount; ++channel) {
    auto* room = out->add_rooms();
    room->set_channel(static_cast<v1::Channel>(channel));
    room->set_contacts(static_cast<std::int32_t>(prospects.room[channel]));
  }
  out->set_ringing(static_cast<std::int32_t>(agent.offers.size()));
  out->set_in_hand(static_cast<std::int32_t>(agent.contacts.size()));
  for (const auto& counted : prospects.waiting) {
    auto* count = out->add_waiting();
    if (const auto* queue = engine.queue(counted.queue)) count->set_queue_id(queue->spec.id);
    render_obstacle(engine, counted.standing, count);
    count->set_contacts(static_cast<std::int32_t>(counted.contacts));
  }
  out->set_contacts_left_out(static_cast<std::int32_t>(prospects.left_out));
}

}  // namespace muster::node
