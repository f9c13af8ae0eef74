#include <algorithm>

#include "pools.h"
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
  if (spec.steps.empty() || !known_skills(spec)) return false;
  use_skills(spec, true);
  PolicyRecord* record = policies_.find(event.policy);
  if (!record) {
    record = &policies_.add(event.policy, spec.id);
    record->policy = {event.policy, spec};
    compile(*record);
    plan_seats();
    return true;
  }
  PolicySpec& present = record->policy.spec;
  const bool reroutes = present.steps != spec.steps || present.gates != spec.gates ||
                        present.priority_weight != spec.priority_weight ||
                        present.strict_priority != spec.strict_priority || present.by_deadline != spec.by_deadline ||
                        present.starvation_bound != spec.starvation_bound || present.pools != spec.pools;
  const bool repools = present.pools != spec.pools;
  use_skills(present, false);
  present = spec;
  compile(*record);
  plan_seats();
  queues_.for_each([&](QueueRecord& queue) {
    if (queue.queue.spec.policy == event.policy) keep_pools(queue, repools);
  });
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
  plan_seats();
  return true;
}

bool State::on(const QueuePut& event) {
  const QueueSpec& spec = event.spec;
  if (!may_put(queues_, event.queue, spec.id)) return false;
  PolicyRecord* policy = policies_.find(spec.policy);
  if (!policy || !is_channel(spec.channel)) return false;
  if (spec.reserve_skill != SkillHandle::kNone && !skills_.find(spec.reserve_skill)) return false;
  QueueRecord* record = queues_.find(event.queue);
  if (record && record->queue.spec.channel != spec.channel) return false;
  if (record && record->queue.spec.tenant != spec.tenant) return false;
  ++policy->uses;
  use_skills(spec, true);
  if (!record) {
    record = &queues_.add(event.queue, spec.id);
    record->queue.handle = event.queue;
    record->queue.spec = spec;
    keep_pools(*record, true);
    find_reserving_queues();
    return true;
  }
  QueueSpec& present = record->queue.spec;
  const bool reroutes = present.policy != spec.policy || present.paused != spec.paused || present.share != spec.share ||
                        present.idle_reserve != spec.idle_reserve || present.reserve_skill != spec.reserve_skill ||
                        present.service_level_target != spec.service_level_target;
  const bool repools = present.policy != spec.policy;
  const bool was_without_share = present.share == 0;
  --policies_.find(present.policy)->uses;
  use_skills(present, false);
  present = spec;
  keep_pools(*record, repools);
  find_reserving_queues();
  if (was_without_share || record->waiting == 0) catch_up(*record);
  if (!reroutes) return true;
  contacts_.for_each([&](ContactRecord& contact) {
    if (contact.contact.queue == event.queue) reconsider(contact);
  });
  return true;
}

void State::keep_pools(QueueRecord& record, bool anew) {
  Queue& queue = record.queue;
  if (anew) {
    queue.pools = {};
    queue.pools_changed_at = {};
    queue.pools.open = open_pools(policies_.find(queue.spec.policy)->policy.spec, queue, 0, last_time_);
  }
  compile(record);
  watch_pools(record);
}

bool State::on(const PoolsChanged& event) {
  QueueRecord* record = queues_.find(event.queue);
  if (!record) return false;
  const PolicySpec& policy = policies_.find(record->queue.spec.policy)->policy.spec;
  const unsigned named = event.pools.open | event.pools.kept_open | event.pools.kept_closed;
  if (named >> policy.pools.size() != 0 || (event.pools.kept_open & event.pools.kept_closed) != 0) return false;
  Queue& queue = record->queue;
  const bool reroutes = queue.pools.open != event.pools.open;
  if (reroutes) queue.pools_changed_at = last_time_;
  queue.pools = event.pools;
  compile(*record);
  watch_pools_after(*record, last_time_);
  if (!reroutes) return true;
  contacts_.for_each([&](ContactRecord& contact) {
    if (contact.contact.queue == event.queue) reconsider(contact);
  });
  return true;
}

bool State::on(const QueueDeleted& event) {
  QueueRecord* record = queues_.find(event.queue);
  if (!record || record->queue.live_contacts > 0) return false;
  --policies_.find(record->queue.spec.policy)->uses;
  use_skills(record->queue.spec, false);
  timers_.stop(record->timer);
  queues_.remove(event.queue);
  find_reserving_queues();
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
  skill_expiries_.set(record->skill_expiry, raw(event.agent), next_skill_expiry(record->agent));
  refresh(*record, true);
  reconsider_preferring(event.agent);
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
  skill_expiries_.stop(record->skill_expiry);
  agents_.remove(event.agent);
  return true;
}

bool State::on(const SettingsPut& event) {
  const bool reorders = settings_.queue_order != event.settings.queue_order;
  settings_ = event.settings;
  if (reorders) {
    queues_.for_each([](QueueRecord& record) { record.queue.served = 0; });
    contacts_.for_each([this](ContactRecord& record) { reconsider(record); });
  }
  agents_.for_each([this](AgentRecord& record) {
    recount_units(record.agent);
    record.agent.ramp_up = std::min(record.agent.ramp_up, settings_.ramp_up_offers);
    refresh(record, true);
    reconsider_preferring(record.agent.handle);
  });
  return true;
}

}  // namespace muster::dispatch
