#include <algorithm>

#include "engine.h"

// Commands that change skills, policies, queues, agents' profiles and settings. What they name is looked up in the
// order in which it stands there; what is missing first is what the reply names.
namespace muster::dispatch {

using namespace naive;

namespace naive {
namespace {

Reply resolve(const Facts& facts, const std::string& name, SkillHandle& skill) {
  const Skill* found = named(facts.skills, name);
  if (!found) return refused(Outcome::kSkillNotFound, name);
  skill = found->handle;
  return {};
}

/// Of a skill named twice the higher level, unless its end has passed.
Reply resolve(const Facts& facts, const std::vector<NamedSkillLevel>& drafts, TimePoint now,
              std::vector<SkillLevel>& skills) {
  std::map<SkillHandle, SkillLevel> by_skill;
  for (const NamedSkillLevel& draft : drafts) {
    SkillLevel skill{SkillHandle::kNone, draft.level, draft.valid_until};
    if (Reply reply = resolve(facts, draft.skill, skill.skill); !reply.ok()) return reply;
    const auto [same, fresh] = by_skill.emplace(skill.skill, skill);
    if (!fresh && skill.level > same->second.level) same->second = skill;
  }
  skills.clear();
  for (const auto& [_, skill] : by_skill) {
    if (skill.valid_until == TimePoint{} || skill.valid_until > now) skills.push_back(skill);
  }
  return {};
}

Reply resolve(const Facts& facts, const PredicateDraft& draft, Predicate& predicate) {
  predicate = {draft.kind, {}, {}};
  if (draft.kind == Predicate::Kind::kSkill) {
    predicate.skill = {SkillHandle::kNone, draft.skill.min_level, draft.skill.max_level};
    if (Reply reply = resolve(facts, draft.skill.skill, predicate.skill.skill); !reply.ok()) return reply;
  }
  for (const PredicateDraft& part : draft.parts) {
    if (Reply reply = resolve(facts, part, predicate.parts.emplace_back()); !reply.ok()) return reply;
  }
  return {};
}

Reply resolve(const Facts& facts, const PoolDraft& draft, Pool& pool) {
  pool.id = draft.id;
  if (Reply reply = resolve(facts, draft.members, pool.members); !reply.ok()) return reply;
  pool.lending = draft.lending.conditions;
  if (draft.lending.lender.empty()) return {};
  const Queue* lender = named(facts.queues, draft.lending.lender);
  if (!lender) return refused(Outcome::kQueueNotFound, draft.lending.lender);
  pool.lending.lender = lender->handle;
  return {};
}

Reply name_pool(const std::string& id, const std::vector<Pool>& pools, PolicyStep& step) {
  for (std::size_t i = 0; i < pools.size(); ++i) {
    if (pools[i].id != id) continue;
    step.pools = static_cast<PoolSet>(step.pools | 1U << i);
    return {};
  }
  return refused(Outcome::kPoolNotFound, id);
}

Reply resolve(const Facts& facts, const StepDraft& draft, const std::vector<Pool>& pools, PolicyStep& step) {
  step.after = draft.after;
  if (Reply reply = resolve(facts, draft.requirements, step.requirements); !reply.ok()) return reply;
  if (Reply reply = resolve(facts, draft.where, step.where); !reply.ok()) return reply;
  step.prefer = draft.prefer.weights;
  step.offers = draft.offers;
  if (!draft.prefer.newcomers.empty()) {
    if (Reply reply = resolve(facts, draft.prefer.newcomers, step.prefer.newcomers); !reply.ok()) return reply;
  }
  for (const std::string& pool : draft.pools) {
    if (Reply reply = name_pool(pool, pools, step); !reply.ok()) return reply;
  }
  return {};
}

/// Steps that stay find their pools among the new ones by their names.
Reply put_pools(const Facts& facts, const std::vector<PoolDraft>& drafts, PolicySpec& spec) {
  const std::vector<Pool> before = std::exchange(spec.pools, {});
  for (const PoolDraft& draft : drafts) {
    if (Reply reply = resolve(facts, draft, spec.pools.emplace_back()); !reply.ok()) return reply;
  }
  for (PolicyStep& step : spec.steps) {
    const unsigned of_step = std::exchange(step.pools, PoolSet{0});
    for (std::size_t i = 0; i < before.size(); ++i) {
      if ((of_step & 1U << i) == 0) continue;
      if (!name_pool(before[i].id, spec.pools, step).ok()) return refused(Outcome::kPoolInUse, before[i].id);
    }
  }
  return {};
}

template <typename T>
void change_to(T& field, const std::optional<T>& value) {
  if (value) field = *value;
}

/// But for what depends on the contact.
Preferences lasting(Preferences prefer) {
  prefer.skill_fit = {};
  prefer.newcomers = {};
  prefer.newcomer_percent = 0;
  return prefer;
}

bool prefers_in_too_many_ways(std::map<PolicyHandle, Policy> policies, PolicyHandle changed, const PolicySpec& spec) {
  policies[changed].spec = spec;
  std::vector<Preferences> ways{Preferences{}};
  for (const auto& [_, policy] : policies) {
    for (const PolicyStep& step : policy.spec.steps) {
      const Preferences way = lasting(step.prefer);
      if (std::find(ways.begin(), ways.end(), way) == ways.end()) ways.push_back(way);
    }
  }
  return ways.size() > Engine::kPreferencesMax + 1;
}

bool names(const Predicate& predicate, SkillHandle skill) {
  const auto part_names = [&](const Predicate& part) { return names(part, skill); };
  return (predicate.kind == Predicate::Kind::kSkill && predicate.skill.skill == skill) ||
         std::any_of(predicate.parts.begin(), predicate.parts.end(), part_names);
}

bool names(const std::vector<SkillRequirement>& requirements, SkillHandle skill) {
  return std::any_of(requirements.begin(), requirements.end(), [&](const auto& each) { return each.skill == skill; });
}

bool names(const PolicySpec& policy, SkillHandle skill) {
  const auto pool_names = [&](const Pool& pool) { return names(pool.members, skill); };
  const auto step_names = [&](const PolicyStep& step) {
    return names(step.requirements, skill) || names(step.where, skill) || step.prefer.newcomers == skill;
  };
  return names(policy.gates, skill) || std::any_of(policy.pools.begin(), policy.pools.end(), pool_names) ||
         std::any_of(policy.steps.begin(), policy.steps.end(), step_names);
}

template <typename Map, typename Test>
bool any(const Map& map, Test test) {
  return std::any_of(map.begin(), map.end(), [&](const auto& entry) { return test(entry.second); });
}

bool is_in_use(const Facts& facts, SkillHandle skill) {
  return any(facts.policies, [&](const Policy& policy) { return names(policy.spec, skill); }) ||
         any(facts.queues, [&](const Queue& queue) { return queue.spec.reserve_skill == skill; }) ||
         any(facts.agents, [&](const Agent& agent) { return has_skill(agent, skill); }) ||
         any(facts.contacts, [&](const Contact& contact) { return names(contact.requirements, skill); });
}

/// Created anew under the same identifier, an agent would be rid of exclusions and suspension.
bool is_in_use(const Facts& facts, const Agent& agent) {
  const bool excluded = any(facts.contacts, [&](const Contact& contact) {
    return std::find(contact.excluded.begin(), contact.excluded.end(), agent.handle) != contact.excluded.end();
  });
  return agent.session != SessionId::kNone || !agent.contacts.empty() || excluded ||
         agent.presence == Presence::kSuspended;
}

}  // namespace

// Of a skill named twice, the levels that suit both.
Reply resolve(const Facts& facts, const std::vector<NamedRequirement>& drafts,
              std::vector<SkillRequirement>& requirements) {
  std::map<SkillHandle, SkillRequirement> by_skill;
  for (const NamedRequirement& draft : drafts) {
    SkillHandle skill{};
    if (Reply reply = resolve(facts, draft.skill, skill); !reply.ok()) return reply;
    SkillRequirement& required = by_skill.try_emplace(skill, SkillRequirement{skill, 0, kLevelMax}).first->second;
    required.min_level = std::max(required.min_level, draft.min_level);
    required.max_level = std::min(required.max_level, draft.max_level);
  }
  requirements.clear();
  for (const auto& [_, required] : by_skill) requirements.push_back(required);
  return {};
}

}  // namespace naive

Reply NaiveEngine::on(const CreateSkill& command) {
  if (named(facts_.skills, command.id)) return refused(Outcome::kSkillExists, command.id);
  emit(SkillPut{SkillHandle{facts_.last_skill + 1}, {command.id, command.display_name}});
  return {};
}

Reply NaiveEngine::on(const UpdateSkill& command) {
  const Skill* skill = named(facts_.skills, command.id);
  if (!skill) return refused(Outcome::kSkillNotFound, command.id);
  SkillSpec spec = skill->spec;
  change_to(spec.display_name, command.display_name);
  emit(SkillPut{skill->handle, spec});
  return {};
}

Reply NaiveEngine::on(const DeleteSkill& command) {
  const Skill* skill = named(facts_.skills, command.id);
  if (!skill) return refused(Outcome::kSkillNotFound, command.id);
  if (is_in_use(facts_, skill->handle)) return refused(Outcome::kSkillInUse, command.id);
  emit(SkillDeleted{skill->handle});
  return {};
}

Reply NaiveEngine::on(const CreatePolicy& command) {
  if (named(facts_.policies, command.id)) return refused(Outcome::kPolicyExists, command.id);
  PolicySpec spec;
  spec.id = command.id;
  spec.steps.resize(1);
  return put_policy(PolicyHandle{facts_.last_policy + 1}, spec, command.change);
}

Reply NaiveEngine::on(const UpdatePolicy& command) {
  const Policy* policy = named(facts_.policies, command.id);
  return policy ? put_policy(policy->handle, policy->spec, command.change)
                : refused(Outcome::kPolicyNotFound, command.id);
}

Reply NaiveEngine::put_policy(PolicyHandle handle, PolicySpec spec, const PolicyChange& change) {
  if (told_->reply.outcome == Outcome::kConditionTooLarge) return told_->reply;
  const bool new_steps = change.steps && !change.steps->empty();
  if (new_steps) spec.steps.clear();
  if (change.pools) {
    if (Reply reply = put_pools(facts_, *change.pools, spec); !reply.ok()) return reply;
  }
  for (std::size_t i = 0; new_steps && i < change.steps->size(); ++i) {
    Reply reply = resolve(facts_, (*change.steps)[i], spec.pools, spec.steps.emplace_back());
    if (!reply.ok()) return reply;
  }
  if (change.gates) {
    if (Reply reply = resolve(facts_, *change.gates, spec.gates); !reply.ok()) return reply;
  }
  change_to(spec.display_name, change.display_name);
  change_to(spec.offer_timeout, change.offer_timeout);
  change_to(spec.priority_weight, change.priority_weight);
  change_to(spec.refusal_cool_down, change.refusal_cool_down);
  change_to(spec.auto_accept, change.auto_accept);
  change_to(spec.preferred_agent_wait, change.preferred_agent_wait);
  change_to(spec.strict_priority, change.strict_priority);
  change_to(spec.by_deadline, change.by_deadline);
  change_to(spec.starvation_bound, change.starvation_bound);
  if (prefers_in_too_many_ways(facts_.policies, handle, spec)) return refused(Outcome::kTooManyPreferences);
  const Policy* before = find(facts_.policies, handle);
  const bool asks_anew = before && (before->spec.steps != spec.steps || before->spec.gates != spec.gates ||
                                    before->spec.pools != spec.pools);
  emit(PolicyPut{handle, spec});
  if (asks_anew) rescind_unfit_offers(handle, QueueHandle::kNone);
  return {};
}

Reply NaiveEngine::on(const DeletePolicy& command) {
  const Policy* policy = named(facts_.policies, command.id);
  if (!policy) return refused(Outcome::kPolicyNotFound, command.id);
  const bool in_use = any(facts_.queues, [&](const Queue& queue) { return queue.spec.policy == policy->handle; });
  if (in_use) return refused(Outcome::kPolicyInUse, command.id);
  emit(PolicyDeleted{policy->handle});
  return {};
}

Reply NaiveEngine::on(const CreateQueue& command) {
  if (named(facts_.queues, command.id)) return refused(Outcome::kQueueExists, command.id);
  QueueSpec spec;
  spec.id = command.id;
  spec.channel = command.channel;
  spec.tenant = command.tenant;
  return put_queue(QueueHandle{facts_.last_queue + 1}, spec, command.change);
}

Reply NaiveEngine::on(const UpdateQueue& command) {
  const Queue* queue = named(facts_.queues, command.id);
  return queue ? put_queue(queue->handle, queue->spec, command.change) : refused(Outcome::kQueueNotFound, command.id);
}

Reply NaiveEngine::put_queue(QueueHandle handle, QueueSpec spec, const QueueChange& change) {
  const PolicyHandle before = spec.policy;
  if (change.policy) {
    const Policy* policy = named(facts_.policies, *change.policy);
    if (!policy) return refused(Outcome::kPolicyNotFound, *change.policy);
    spec.policy = policy->handle;
  }
  if (spec.policy == PolicyHandle::kNone) return refused(Outcome::kPolicyNotFound);
  if (change.reserve_skill) {
    spec.reserve_skill = SkillHandle::kNone;
    Reply reply = change.reserve_skill->empty() ? Reply{} : resolve(facts_, *change.reserve_skill, spec.reserve_skill);
    if (!reply.ok()) return reply;
  }
  change_to(spec.display_name, change.display_name);
  change_to(spec.service_level_target, change.service_level_target);
  change_to(spec.wrap_up_limit, change.wrap_up_limit);
  change_to(spec.time_to_live, change.time_to_live);
  change_to(spec.paused, change.paused);
  change_to(spec.share, change.share);
  change_to(spec.idle_reserve, change.idle_reserve);
  change_to(spec.service_level_method, change.service_level_method);
  change_to(spec.short_abandon, change.short_abandon);
  emit(QueuePut{handle, spec});
  if (before != PolicyHandle::kNone && before != spec.policy) rescind_unfit_offers(PolicyHandle::kNone, handle);
  return {};
}

Reply NaiveEngine::on(const DeleteQueue& command) {
  const Queue* queue = named(facts_.queues, command.id);
  if (!queue) return refused(Outcome::kQueueNotFound, command.id);
  const bool in_use = any(facts_.contacts, [&](const Contact& contact) { return contact.queue == queue->handle; });
  if (in_use) return refused(Outcome::kQueueInUse, command.id);
  emit(QueueDeleted{queue->handle});
  return {};
}

Reply NaiveEngine::on(const HoldPool& command) {
  const Queue* queue = named(facts_.queues, command.queue);
  if (!queue) return refused(Outcome::kQueueNotFound, command.queue);
  PolicyStep held;
  if (Reply reply = name_pool(command.pool, facts_.policy_of(*queue).pools, held); !reply.ok()) return reply;
  QueuePools pools = queue->pools;
  pools.kept_open = static_cast<PoolSet>(pools.kept_open & ~held.pools);
  pools.kept_closed = static_cast<PoolSet>(pools.kept_closed & ~held.pools);
  if (command.hold == PoolHold::kOpen) pools.kept_open = static_cast<PoolSet>(pools.kept_open | held.pools);
  if (command.hold == PoolHold::kClosed) pools.kept_closed = static_cast<PoolSet>(pools.kept_closed | held.pools);
  emit(PoolsChanged{queue->handle, with_lending(*queue, pools, now_)});
  return {};
}

Reply NaiveEngine::on(const CreateAgent& command) {
  if (named(facts_.agents, command.id)) return refused(Outcome::kAgentExists, command.id);
  AgentSpec spec;
  spec.id = command.id;
  return put_agent(AgentHandle{facts_.last_agent + 1}, spec, command.change);
}

Reply NaiveEngine::on(const UpdateAgent& command) {
  const Agent* agent = named(facts_.agents, command.id);
  return agent ? put_agent(agent->handle, agent->spec, command.change) : refused(Outcome::kAgentNotFound, command.id);
}

Reply NaiveEngine::put_agent(AgentHandle handle, AgentSpec spec, const AgentChange& change) {
  if (change.skills) {
    if (Reply reply = resolve(facts_, *change.skills, now_, spec.skills); !reply.ok()) return reply;
  }
  change_to(spec.display_name, change.display_name);
  change_to(spec.capacity_units, change.capacity_units);
  change_to(spec.channel_limits, change.channel_limits);
  change_to(spec.quality, change.quality);
  change_to(spec.cost, change.cost);
  change_to(spec.base, change.base);
  change_to(spec.team, change.team);
  emit(AgentPut{handle, spec});
  if (change.skills) revoke_unfit_offers(handle, "skills_changed");
  return {};
}

Reply NaiveEngine::on(const DeleteAgent& command) {
  const Agent* agent = named(facts_.agents, command.id);
  if (!agent) return refused(Outcome::kAgentNotFound, command.id);
  if (is_in_use(facts_, *agent)) return refused(Outcome::kAgentInUse, command.id);
  emit(AgentDeleted{agent->handle});
  return {};
}

Reply NaiveEngine::on(const UpdateSettings& command) {
  Settings settings = facts_.settings;
  const SettingsChange& change = command.change;
  for (std::size_t channel = 1; channel < kChannelCount; ++channel) {
    if (change.channel_units[channel] > 0) settings.channel_units[channel] = change.channel_units[channel];
  }
  change_to(settings.resume_grace, change.resume_grace);
  change_to(settings.contact_grace, change.contact_grace);
  change_to(settings.first_miss_pause, change.first_miss_pause);
  change_to(settings.second_miss_pause, change.second_miss_pause);
  change_to(settings.escalate_after_refusals, change.escalate_after_refusals);
  change_to(settings.escalation_priority, change.escalation_priority);
  change_to(settings.queue_order, change.queue_order);
  change_to(settings.ramp_up_offers, change.ramp_up_offers);
  change_to(settings.interrupts, change.interrupts);
  if (settings.contact_grace < settings.resume_grace) {
    return refused(Outcome::kGraceTooShort, change.contact_grace ? "contact_grace" : "resume_grace");
  }
  emit(SettingsPut{settings});
  return {};
}

}  // namespace muster::dispatch
