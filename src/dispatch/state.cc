#include "state.h"

#include <utility>
#include <variant>

namespace muster::dispatch {
namespace {

std::uint64_t result_of(const EventBody& body) {
  const auto* created = std::get_if<ContactCreated>(&body);
  return created ? raw(created->contact) : 0;
}

}  // namespace

bool State::apply(const Event& event, Openings& openings) {
  if (event.sequence != last_sequence_ + 1 || event.time < last_time_) return false;
  if (const auto* hashed = std::get_if<StateHashed>(&event.body); hashed && hashed->hash != hash()) return false;
  last_sequence_ = event.sequence;
  last_time_ = event.time;
  openings_ = &openings;
  const bool applied = std::visit([this](const auto& body) { return on(body); }, event.body);
  openings_ = nullptr;
  if (!applied || event.request.is_nil()) return applied;
  return requests_.add({event.request, event.fingerprint, event.sequence, result_of(event.body)});
}

bool State::on(const WorkspaceOpened& event) {
  if (event.epoch < epoch_) return false;
  epoch_ = event.epoch;
  // Nobody could come back while no owner served, so every grace starts now.
  agents_.for_each([this](AgentRecord& record) {
    if (record.agent.session != SessionId::kNone || !record.agent.contacts.empty()) lose(record);
  });
  return true;
}

// Compared by apply(), before the sequence moved on.
bool State::on(const StateHashed&) { return true; }

const QueueSpec& State::queue_of(const Contact& contact) const { return queues_.find(contact.queue)->queue.spec; }

const PolicySpec& State::policy_of(const Contact& contact) const {
  return policies_.find(queue_of(contact).policy)->policy.spec;
}

WaitingClass& State::class_of(const Contact& contact, const PolicyStep& step) {
  const Channel channel = queue_of(contact).channel;
  if (step.requirements.empty()) return waiting_.class_for(channel, contact.requirements);
  return waiting_.class_for(channel, united(step.requirements, contact.requirements));
}

bool State::anybody_could(const Contact& contact, const PolicyStep& step) {
  WaitingClass& group = class_of(contact, step);
  const Channel channel = group.channel;
  return agent_index_.anybody_signed_in(group.requirements, contact, channel, units_of(channel), agents_, group.reach);
}

void State::reschedule(ContactRecord& record, TimePoint now) {
  const Contact& contact = record.contact;
  TimePoint offer_expires;
  if (contact.state == ContactState::kOffered) offer_expires = offers_.find(contact.offer)->expires;
  timers_.set(record.timer, raw(contact.id), next_deadline(contact, policy_of(contact), offer_expires, now));
}

bool State::known_skills(const Requirements& requirements) const {
  for (std::size_t i = 0; i < requirements.size(); ++i) {
    if (!skills_.find(requirements[i].skill)) return false;
    if (i > 0 && requirements[i].skill <= requirements[i - 1].skill) return false;
  }
  return true;
}

bool State::known_skills(const std::vector<SkillLevel>& skills) const {
  for (std::size_t i = 0; i < skills.size(); ++i) {
    if (!skills_.find(skills[i].skill)) return false;
    if (i > 0 && skills[i].skill <= skills[i - 1].skill) return false;
  }
  return true;
}

bool State::known_agents(const std::vector<AgentHandle>& agents) const {
  for (std::size_t i = 0; i < agents.size(); ++i) {
    if (!agents_.find(agents[i])) return false;
    if (i > 0 && agents[i] <= agents[i - 1]) return false;
  }
  return true;
}

void State::use_skill(SkillHandle skill, bool use) {
  std::uint32_t& uses = skills_.find(skill)->uses;
  use ? ++uses : --uses;
}

void State::use_skills(const Requirements& requirements, bool use) {
  for (const SkillRequirement& each : requirements) use_skill(each.skill, use);
}

void State::use_skills(const PolicySpec& policy, bool use) {
  for (const PolicyStep& step : policy.steps) use_skills(step.requirements, use);
}

void State::use_skills(const AgentSpec& agent, bool use) {
  for (const SkillLevel& each : agent.skills) use_skill(each.skill, use);
}

}  // namespace muster::dispatch
