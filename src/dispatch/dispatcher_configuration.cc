#include <algorithm>
#include <utility>

#include "dispatcher.h"
#include "pools.h"
#include "rules.h"

// Commands that change skills, policies, queues, agents' profiles and settings. In force at once, also for what waits.
namespace muster::dispatch {
namespace {

template <typename T>
void change_to(T& field, const std::optional<T>& value) {
  if (value) field = *value;
}

}  // namespace

bool Engine::Impl::resolve(const std::string& named, SkillHandle& resolved, std::string& missing) const {
  const SkillRecord* skill = state.skills().find(std::string_view(named));
  if (skill) {
    resolved = skill->skill.handle;
  } else {
    missing = named;
  }
  return skill;
}

bool Engine::Impl::resolve(const std::vector<NamedRequirement>& named, Requirements& resolved,
                           std::string& missing) const {
  Requirements found;
  found.reserve(named.size());
  for (const NamedRequirement& each : named) {
    SkillHandle skill{};
    if (!resolve(each.skill, skill, missing)) return false;
    found.push_back({skill, each.min_level, each.max_level});
  }
  std::sort(found.begin(), found.end());
  resolved = united(found, {});
  return true;
}

bool Engine::Impl::resolve(const std::vector<NamedSkillLevel>& named, std::vector<SkillLevel>& resolved,
                           std::string& missing) const {
  std::vector<SkillLevel> found;
  found.reserve(named.size());
  for (const NamedSkillLevel& each : named) {
    SkillHandle skill{};
    if (!resolve(each.skill, skill, missing)) return false;
    found.push_back({skill, each.level, each.valid_until});
  }
  // Of a skill named twice the higher level stays.
  std::stable_sort(found.begin(), found.end(), [](const SkillLevel& a, const SkillLevel& b) {
    return a.skill != b.skill ? a.skill < b.skill : a.level > b.level;
  });
  const auto same = [](const SkillLevel& a, const SkillLevel& b) { return a.skill == b.skill; };
  found.erase(std::unique(found.begin(), found.end(), same), found.end());
  resolved = valid_skills(found, now_);
  return true;
}

bool Engine::Impl::resolve(const PredicateDraft& draft, Predicate& resolved, std::string& missing) const {
  resolved.kind = draft.kind;
  if (draft.kind == Predicate::Kind::kSkill) {
    Requirements skill;
    if (!resolve(std::vector<NamedRequirement>{draft.skill}, skill, missing)) return false;
    resolved.skill = skill.front();
  }
  for (const PredicateDraft& part : draft.parts) {
    if (!resolve(part, resolved.parts.emplace_back(), missing)) return false;
  }
  return true;
}

Reply Engine::Impl::resolve_condition(const PredicateDraft& draft, const std::string& field,
                                      Predicate& resolved) const {
  resolved = {};
  std::string missing;
  if (!resolve(draft, resolved, missing)) return refused(Outcome::kSkillNotFound, missing);
  return normal_form(resolved) ? Reply{} : refused(Outcome::kConditionTooLarge, field);
}

Reply Engine::Impl::on(const CreateSkill& command) {
  if (state.skills().find(std::string_view(command.id))) return refused(Outcome::kSkillExists, command.id);
  emit(SkillPut{state.skills().next(), {command.id, command.display_name}});
  return {};
}

Reply Engine::Impl::on(const UpdateSkill& command) {
  const SkillRecord* record = state.skills().find(std::string_view(command.id));
  if (!record) return refused(Outcome::kSkillNotFound, command.id);
  SkillSpec spec = record->skill.spec;
  change_to(spec.display_name, command.display_name);
  emit(SkillPut{record->skill.handle, std::move(spec)});
  return {};
}

Reply Engine::Impl::on(const DeleteSkill& command) {
  const SkillRecord* record = state.skills().find(std::string_view(command.id));
  if (!record) return refused(Outcome::kSkillNotFound, command.id);
  if (record->uses > 0) return refused(Outcome::kSkillInUse, command.id);
  emit(SkillDeleted{record->skill.handle});
  return {};
}

Reply Engine::Impl::on(const CreatePolicy& command) {
  if (state.policies().find(std::string_view(command.id))) return refused(Outcome::kPolicyExists, command.id);
  PolicySpec spec;
  spec.id = command.id;
  spec.steps.resize(1);  // unless told otherwise, anybody at once
  return put_policy(state.policies().next(), std::move(spec), command.change);
}

Reply Engine::Impl::on(const UpdatePolicy& command) {
  const PolicyRecord* record = state.policies().find(std::string_view(command.id));
  if (!record) return refused(Outcome::kPolicyNotFound, command.id);
  return put_policy(record->policy.handle, record->policy.spec, command.change);
}

// The pools that the steps name are found again among the new ones by their identifiers.
Reply Engine::Impl::resolve_pools(const std::vector<PoolDraft>& drafts, PolicySpec& policy) const {
  const std::vector<Pool> before = std::exchange(policy.pools, {});
  for (const PoolDraft& draft : drafts) {
    const std::string field = "pools[" + std::to_string(policy.pools.size()) + "].members";
    Pool& pool = policy.pools.emplace_back();
    pool.id = draft.id;
    if (Reply reply = resolve_condition(draft.members, field, pool.members); !reply.ok()) return reply;
    pool.lending = draft.lending.conditions;
    if (draft.lending.lender.empty()) continue;
    const QueueRecord* lender = state.queues().find(std::string_view(draft.lending.lender));
    if (!lender) return refused(Outcome::kQueueNotFound, draft.lending.lender);
    pool.lending.lender = lender->queue.handle;
  }
  for (PolicyStep& step : policy.steps) {
    const PoolSet named = std::exchange(step.pools, PoolSet{0});
    for (std::size_t i = 0; i < before.size(); ++i) {
      if ((named & pool_bit(i)) == 0) continue;
      if (!name_pool(before[i].id, policy, step).ok()) return refused(Outcome::kPoolInUse, before[i].id);
    }
  }
  return {};
}

Reply Engine::Impl::name_pool(const std::string& id, const PolicySpec& policy, PolicyStep& step) {
  for (std::size_t i = 0; i < policy.pools.size(); ++i) {
    if (policy.pools[i].id != id) continue;
    step.pools = static_cast<PoolSet>(step.pools | pool_bit(i));
    return {};
  }
  return refused(Outcome::kPoolNotFound, id);
}

Reply Engine::Impl::resolve_step(const StepDraft& draft, const std::string& field, const PolicySpec& policy,
                                 PolicyStep& step) const {
  step.after = draft.after;
  std::string missing;
  if (!resolve(draft.requirements, step.requirements, missing)) return refused(Outcome::kSkillNotFound, missing);
  if (Reply reply = resolve_condition(draft.where, field + ".where", step.where); !reply.ok()) return reply;
  step.prefer = draft.prefer.weights;
  const std::string& newcomers = draft.prefer.newcomers;
  if (!newcomers.empty() && !resolve(newcomers, step.prefer.newcomers, missing)) {
    return refused(Outcome::kSkillNotFound, missing);
  }
  step.offers = draft.offers;
  for (const std::string& pool : draft.pools) {
    if (Reply reply = name_pool(pool, policy, step); !reply.ok()) return reply;
  }
  return {};
}

// Everything a step asks for, whatever pools are open, must have a normal form of bearable size.
Reply Engine::Impl::check_size(const PolicySpec& policy) {
  for (std::size_t i = 0; i < policy.steps.size(); ++i) {
    if (has_bearable_size(policy, policy.steps[i])) continue;
    return refused(Outcome::kConditionTooLarge, "steps[" + std::to_string(i) + "]");
  }
  return {};
}

Reply Engine::Impl::put_policy(PolicyHandle handle, PolicySpec spec, const PolicyChange& change) {
  change_to(spec.display_name, change.display_name);
  change_to(spec.offer_timeout, change.offer_timeout);
  change_to(spec.priority_weight, change.priority_weight);
  change_to(spec.refusal_cool_down, change.refusal_cool_down);
  change_to(spec.auto_accept, change.auto_accept);
  change_to(spec.preferred_agent_wait, change.preferred_agent_wait);
  change_to(spec.strict_priority, change.strict_priority);
  change_to(spec.by_deadline, change.by_deadline);
  change_to(spec.starvation_bound, change.starvation_bound);
  const bool new_steps = change.steps && !change.steps->empty();
  if (new_steps) spec.steps.clear();
  if (change.pools) {
    if (Reply reply = resolve_pools(*change.pools, spec); !reply.ok()) return reply;
  }
  for (std::size_t i = 0; new_steps && i < change.steps->size(); ++i) {
    const std::string field = "steps[" + std::to_string(i) + "]";
    if (Reply reply = resolve_step((*change.steps)[i], field, spec, spec.steps.emplace_back()); !reply.ok()) {
      return reply;
    }
  }
  if (change.gates) {
    if (Reply reply = resolve_condition(*change.gates, "gates", spec.gates); !reply.ok()) return reply;
  }
  if (Reply reply = check_size(spec); !reply.ok()) return reply;
  if (prefers_in_too_many_ways(handle, spec)) return refused(Outcome::kTooManyPreferences);
  const PolicyRecord* present = state.policies().find(handle);
  const bool asks_anew =
      present && (present->policy.spec.steps != spec.steps || present->policy.spec.gates != spec.gates ||
                  present->policy.spec.pools != spec.pools);
  emit(PolicyPut{handle, std::move(spec)});
  if (asks_anew) {
    rescind_unfit_offers([&](const Contact& contact) { return state.queue_of(contact).policy == handle; });
  }
  return {};
}

// Were the policy of that handle so.
bool Engine::Impl::prefers_in_too_many_ways(PolicyHandle handle, const PolicySpec& spec) const {
  std::vector<Preferences> ways{Preferences{}};
  const auto count = [&](const PolicySpec& each) {
    for (const PolicyStep& step : each.steps) {
      const Preferences way = lasting(step.prefer);
      if (std::find(ways.begin(), ways.end(), way) == ways.end()) ways.push_back(way);
    }
  };
  state.policies().for_each([&](const PolicyRecord& record) {
    if (record.policy.handle != handle) count(record.policy.spec);
  });
  count(spec);
  return ways.size() > kPreferencesMax + 1;
}

Reply Engine::Impl::on(const DeletePolicy& command) {
  const PolicyRecord* record = state.policies().find(std::string_view(command.id));
  if (!record) return refused(Outcome::kPolicyNotFound, command.id);
  if (record->uses > 0) return refused(Outcome::kPolicyInUse, command.id);
  emit(PolicyDeleted{record->policy.handle});
  return {};
}

Reply Engine::Impl::on(const CreateQueue& command) {
  if (state.queues().find(std::string_view(command.id))) return refused(Outcome::kQueueExists, command.id);
  QueueSpec spec;
  spec.id = command.id;
  spec.channel = command.channel;
  spec.tenant = command.tenant;
  return put_queue(state.queues().next(), std::move(spec), command.change);
}

Reply Engine::Impl::on(const UpdateQueue& command) {
  const QueueRecord* record = state.queues().find(std::string_view(command.id));
  if (!record) return refused(Outcome::kQueueNotFound, command.id);
  return put_queue(record->queue.handle, record->queue.spec, command.change);
}

Reply Engine::Impl::put_queue(QueueHandle handle, QueueSpec spec, const QueueChange& change) {
  const PolicyHandle before = spec.policy;
  if (change.policy) {
    const PolicyRecord* policy = state.policies().find(std::string_view(*change.policy));
    if (!policy) return refused(Outcome::kPolicyNotFound, *change.policy);
    spec.policy = policy->policy.handle;
  }
  if (spec.policy == PolicyHandle::kNone) return refused(Outcome::kPolicyNotFound);
  change_to(spec.display_name, change.display_name);
  change_to(spec.service_level_target, change.service_level_target);
  change_to(spec.wrap_up_limit, change.wrap_up_limit);
  change_to(spec.time_to_live, change.time_to_live);
  change_to(spec.paused, change.paused);
  change_to(spec.share, change.share);
  change_to(spec.idle_reserve, change.idle_reserve);
  change_to(spec.service_level_method, change.service_level_method);
  change_to(spec.short_abandon, change.short_abandon);
  if (change.reserve_skill) {
    spec.reserve_skill = SkillHandle::kNone;
    std::string missing;
    if (!change.reserve_skill->empty() && !resolve(*change.reserve_skill, spec.reserve_skill, missing)) {
      return refused(Outcome::kSkillNotFound, missing);
    }
  }
  const bool reroutes = before != PolicyHandle::kNone && before != spec.policy;
  emit(QueuePut{handle, std::move(spec)});
  if (reroutes) {
    rescind_unfit_offers([&](const Contact& contact) { return contact.queue == handle; });
  }
  return {};
}

Reply Engine::Impl::on(const HoldPool& command) {
  QueueRecord* record = state.queues().find(std::string_view(command.queue));
  if (!record) return refused(Outcome::kQueueNotFound, command.queue);
  const PolicySpec& policy = state.policies().find(record->queue.spec.policy)->policy.spec;
  PolicyStep named;
  if (Reply reply = name_pool(command.pool, policy, named); !reply.ok()) return reply;
  Queue held = record->queue;
  const auto keep = [&](PoolSet& set, PoolHold hold) {
    set = static_cast<PoolSet>(command.hold == hold ? set | named.pools : set & ~named.pools);
  };
  keep(held.pools.kept_open, PoolHold::kOpen);
  keep(held.pools.kept_closed, PoolHold::kClosed);
  held.pools.open = open_pools(policy, held, state.lent_to(*record, now_), now_);
  emit(PoolsChanged{held.handle, held.pools});
  return {};
}

Reply Engine::Impl::on(const DeleteQueue& command) {
  const QueueRecord* record = state.queues().find(std::string_view(command.id));
  if (!record) return refused(Outcome::kQueueNotFound, command.id);
  if (record->queue.live_contacts > 0) return refused(Outcome::kQueueInUse, command.id);
  emit(QueueDeleted{record->queue.handle});
  return {};
}

Reply Engine::Impl::on(const CreateAgent& command) {
  if (state.agents().find(std::string_view(command.id))) return refused(Outcome::kAgentExists, command.id);
  AgentSpec spec;
  spec.id = command.id;
  return put_agent(state.agents().next(), std::move(spec), command.change);
}

Reply Engine::Impl::on(const UpdateAgent& command) {
  const AgentRecord* record = state.agents().find(std::string_view(command.id));
  if (!record) return refused(Outcome::kAgentNotFound, command.id);
  return put_agent(record->agent.handle, record->agent.spec, command.change);
}

Reply Engine::Impl::put_agent(AgentHandle handle, AgentSpec spec, const AgentChange& change) {
  change_to(spec.display_name, change.display_name);
  change_to(spec.capacity_units, change.capacity_units);
  change_to(spec.channel_limits, change.channel_limits);
  change_to(spec.quality, change.quality);
  change_to(spec.cost, change.cost);
  change_to(spec.base, change.base);
  change_to(spec.team, change.team);
  if (change.skills) {
    std::string missing;
    if (!resolve(*change.skills, spec.skills, missing)) return refused(Outcome::kSkillNotFound, missing);
  }
  emit(AgentPut{handle, std::move(spec)});
  if (change.skills) revoke_unfit_offers(handle, "skills_changed");
  return {};
}

Reply Engine::Impl::on(const DeleteAgent& command) {
  const AgentRecord* record = state.agents().find(std::string_view(command.id));
  if (!record) return refused(Outcome::kAgentNotFound, command.id);
  const Agent& agent = record->agent;
  const bool at_work = agent.session != SessionId::kNone || !agent.contacts.empty();
  // Created anew under the same identifier, an agent would be rid of both.
  const bool barred = record->exclusions > 0 || agent.presence == Presence::kSuspended;
  if (at_work || barred) return refused(Outcome::kAgentInUse, command.id);
  emit(AgentDeleted{agent.handle});
  return {};
}

Reply Engine::Impl::on(const UpdateSettings& command) {
  Settings settings = state.settings();
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

// What was offered in a pool goes on ringing when the pool closes.
bool Engine::Impl::still_fits(const Offer& offer) const {
  const Contact& contact = state.contacts().find(offer.contact)->contact;
  const PolicyRecord& policy = state.policy_record_of(contact);
  const auto& skills = state.agents().find(offer.agent)->agent.spec.skills;
  return failed_gate(skills, asked_of_agent(contact, policy.asked, policy.asked_of_preferred)) == Gate{};
}

// What rings is under the new steps too: by the one of its age an offer stands or falls.
void Engine::Impl::rescind_unfit_offers(const std::function<bool(const Contact&)>& concerns) {
  std::vector<Offer> offers;
  state.offers().for_each([&](const Offer& offer) {
    if (concerns(state.contacts().find(offer.contact)->contact)) offers.push_back(offer);
  });
  for (const Offer& offer : offers) {
    const Contact& contact = state.contacts().find(offer.contact)->contact;
    const std::uint16_t by_age = step_by_age(state.policy_of(contact), contact, now_);
    settle_step(contact, by_age, by_age);
    if (!still_fits(offer)) end_offer(offer, OfferState::kRescinded, "configuration_changed");
  }
}

void Engine::Impl::revoke_unfit_offers(AgentHandle handle, const std::string& reason) {
  const std::vector<OfferId> offers = state.agents().find(handle)->agent.offers;
  for (const OfferId id : offers) {
    const Offer offer = *state.offers().find(id);
    if (!still_fits(offer)) end_offer(offer, OfferState::kRevoked, reason);
  }
}

}  // namespace muster::dispatch
