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

void render_requirements(const dispatch::Engine& engine, const std::vector<dispatch::SkillRequirement>& requirements,
                         google::protobuf::RepeatedPtrField<v1::SkillRequirement>* out) {
  for (const auto& requirement : requirements) {
    auto* item = out->Add();
    if (const auto* skill = engine.skill(requirement.skill)) item->set_skill_id(skill->spec.id);
    item->set_min_level(requirement.min_level);
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
  if (contact.answered) to_proto(contact.answered_at, out->mutable_answer_time());
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
  for (const auto& [handle, level] : agent.spec.skills) {
    auto* skill = out->add_skills();
    if (const auto* known = engine.skill(handle)) skill->set_skill_id(known->spec.id);
    skill->set_level(level);
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
}

void render(const dispatch::Engine& engine, const dispatch::Queue& queue, v1::Queue* out) {
  out->set_queue_id(queue.spec.id);
  out->set_display_name(queue.spec.display_name);
  out->set_channel(to_proto(queue.spec.channel));
  if (const auto* policy = engine.policy(queue.spec.policy)) out->set_policy_id(policy->spec.id);
  to_proto(queue.spec.service_level_target, out->mutable_service_level_target());
  to_proto(queue.spec.wrap_up_limit, out->mutable_wrap_up_limit());
  to_proto(queue.spec.time_to_live, out->mutable_time_to_live());
}

void render(const dispatch::Engine& engine, const dispatch::Policy& policy, v1::Policy* out) {
  out->set_policy_id(policy.spec.id);
  out->set_display_name(policy.spec.display_name);
  for (const auto& step : policy.spec.steps) {
    auto* item = out->add_steps();
    to_proto(step.after, item->mutable_after());
    render_requirements(engine, step.requirements, item->mutable_requirements());
  }
  to_proto(policy.spec.offer_timeout, out->mutable_offer_timeout());
  to_proto(policy.spec.priority_weight, out->mutable_priority_weight());
  to_proto(policy.spec.refusal_cool_down, out->mutable_refusal_cool_down());
  out->set_auto_accept(policy.spec.auto_accept);
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
  if (runner_up_id.empty()) return;
  out->set_runner_up_agent_id(std::string(runner_up_id));
  to_proto(explanation.runner_up_idle, out->mutable_runner_up_idle());
}

void render(const dispatch::Engine& engine, const dispatch::Prospects& prospects, v1::ExplainContactResponse* out) {
  render_requirements(engine, prospects.asked, out->mutable_requirements());
  if (prospects.next_step) to_proto(*prospects.next_step, out->mutable_next_step_time());
  for (std::size_t obstacle = 1; obstacle < dispatch::kObstacleCount; ++obstacle) {
    if (prospects.agents[obstacle] == 0) continue;
    auto* count = out->add_obstacles();
    count->set_obstacle(static_cast<v1::Obstacle>(obstacle));
    count->set_agents(static_cast<std::int32_t>(prospects.agents[obstacle]));
  }
  if (prospects.next_cool_down) to_proto(*prospects.next_cool_down, out->mutable_next_cool_down_end_time());
}

void render(const dispatch::Engine& engine, const dispatch::Agent& agent, const dispatch::Standing& standing,
            v1::AgentStanding* out) {
  out->set_agent_id(agent.spec.id);
  out->set_obstacle(static_cast<v1::Obstacle>(standing.obstacle));
  if (const auto* skill = engine.skill(standing.required.skill)) {
    out->mutable_required()->set_skill_id(skill->spec.id);
    out->mutable_required()->set_min_level(standing.required.min_level);
    out->set_level(standing.level);
  }
  if (standing.cool_down_until != TimePoint{}) {
    to_proto(standing.cool_down_until, out->mutable_cool_down_end_time());
  }
  if (standing.idle) to_proto(*standing.idle, out->mutable_idle());
  out->set_used_units(static_cast<std::int32_t>(agent.used_units));
}

}  // namespace muster::node
