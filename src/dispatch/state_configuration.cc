#include "state.h"

// What events about skills, policies, queues, agents' profiles and settings make of the state.
namespace muster::dispatch {
namespace {

/// A put either replaces a resource, whose identifier stays, or creates the next one.
template <typename Handle, typename Record>
bool may_put(const Registry<Handle, Record>& registry, Handle handle, const std::string& id) {
  if (const Record* present = registry.find(handle)) return id_of(*present) == id;
  return handle == registry.next() && !registry.find(std::string_view(id));
}

bool is_channel(Channel channel) { return raw(channel) >= 1 && raw(channel) < kChannelCount; }

}  // namespace

bool State::on(const SkillPut& event) {
  if (!may_put(skills_, event.skill, event.spec.id)) return false;
  SkillRecord* record = skills_.find(event.skill);
  if (!record) record = &skills_.add(event.skill, event.spec.id);
  record->skill = {event.skill, event.spec};
  return true;
}

bool State::on(const SkillDeleted& event) {
  const SkillRecord* record = skills_.find(event.skill);
  if (!record || record->uses > 0) return false;
  skills_.remove(event.skill);
  return true;
}

bool State::on(const PolicyPut& event) {
  const PolicySpec& spec = event.spec;
  if (!may_put(policies_, event.policy, spec.id)) return false;
  if (spec.steps.empty()) return false;
  for (const PolicyStep& step : spec.steps) {
    if (!known_skills(step.requirements)) return false;
  }
  use_skills(spec, true);
  PolicyRecord* record = policies_.find(event.policy);
  if (!record) {
    policies_.add(event.policy, spec.id).policy = {event.policy, spec};
    return true;
  }
  PolicySpec& present = record->policy.spec;
  const bool reroutes = present.steps != spec.steps || present.priority_weight != spec.priority_weight;
  use_skills(present, false);
  present = spec;
  if (!reroutes) return true;
  contacts_.for_each([&](ContactRecord& contact) {
    if (queue_of(contact.contact).policy == event.policy) reconsider(contact);
  });
  return true;
}

bool State::on(const PolicyDeleted& event) {
  const PolicyRecord* record = policies_.find(event.policy);
  if (!record || record->uses > 0) return false;
  use_skills(record->policy.spec, false);
  policies_.remove(event.policy);
  return true;
}

bool State::on(const QueuePut& event) {
  const QueueSpec& spec = event.spec;
  if (!may_put(queues_, event.queue, spec.id)) return false;
  PolicyRecord* policy = policies_.find(spec.policy);
  if (!policy || !is_channel(spec.channel)) return false;
  ++policy->uses;
  QueueRecord* record = queues_.find(event.queue);
  if (!record) {
    queues_.add(event.queue, spec.id).queue = {event.queue, spec, 0};
    return true;
  }
  QueueSpec& present = record->queue.spec;
  if (present.channel != spec.channel) return false;
  const bool reroutes = present.policy != spec.policy;
  --policies_.find(present.policy)->uses;
  present = spec;
  if (!reroutes) return true;
  contacts_.for_each([&](ContactRecord& contact) {
    if (contact.contact.queue == event.queue) reconsider(contact);
  });
  return true;
}

bool State::on(const QueueDeleted& event) {
  const QueueRecord* record = queues_.find(event.queue);
  if (!record || record->queue.live_contacts > 0) return false;
  --policies_.find(record->queue.spec.policy)->uses;
  queues_.remove(event.queue);
  return true;
}

bool State::on(const AgentPut& event) {
  const AgentSpec& spec = event.spec;
  if (!may_put(agents_, event.agent, spec.id)) return false;
  if (!known_skills(spec.skills)) return false;
  use_skills(spec, true);
  AgentRecord* record = agents_.find(event.agent);
  if (!record) {
    record = &agents_.add(event.agent, spec.id);
    record->agent.handle = event.agent;
    record->agent.presence_since = last_time_;
  } else {
    use_skills(record->agent.spec, false);
    if (record->agent.spec.skills != spec.skills) agent_index_.remove(*record);
  }
  record->agent.spec = spec;
  refresh(*record, true);
  return true;
}

bool State::on(const AgentDeleted& event) {
  AgentRecord* record = agents_.find(event.agent);
  if (!record) return false;
  const Agent& agent = record->agent;
  if (agent.session != SessionId::kNone || !agent.contacts.empty() || !agent.offers.empty()) return false;
  if (record->exclusions > 0 || agent.presence == Presence::kSuspended) return false;
  use_skills(agent.spec, false);
  agent_index_.remove(*record);
  timers_.stop(record->timer);
  agents_.remove(event.agent);
  return true;
}

bool State::on(const SettingsPut& event) {
  settings_ = event.settings;
  agents_.for_each([this](AgentRecord& record) {
    recount_units(record.agent);
    refresh(record, true);
  });
  return true;
}

}  // namespace muster::dispatch
