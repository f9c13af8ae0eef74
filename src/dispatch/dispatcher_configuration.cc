#include <algorithm>

#include "dispatcher.h"
#include "rules.h"

// Commands that change skills, policies, queues, agents' profiles and settings. In force at once, also for what waits.
namespace muster::dispatch {
namespace {

template <typename T>
void change_to(T& field, const std::optional<T>& value) {
  if (value) field = *value;
}

std::vector<SkillLevel> as_levels(const Requirements& requirements) {
  std::vector<SkillLevel> levels;
  levels.reserve(requirements.size());
  for (const SkillRequirement& each : requirements) levels.push_back({each.skill, each.min_level});
  return levels;
}

}  // namespace

bool Engine::Impl::resolve(const std::vector<NamedSkillLevel>& named, Requirements& resolved,
                           std::string& missing) const {
  Requirements found;
  found.reserve(named.size());
  for (const NamedSkillLevel& each : named) {
    const SkillRecord* skill = state.skills().find(std::string_view(each.skill));
    if (!skill) {
      missing = each.skill;
      return false;
    }
    found.push_back({skill->skill.handle, each.level});
  }
  std::sort(found.begin(), found.end());
  resolved = united(found, {});
  return true;
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

Reply Engine::Impl::put_policy(PolicyHandle handle, PolicySpec spec, const PolicyChange& change) {
  change_to(spec.display_name, change.display_name);
  change_to(spec.offer_timeout, change.offer_timeout);
  change_to(spec.priority_weight, change.priority_weight);
  change_to(spec.refusal_cool_down, change.refusal_cool_down);
  change_to(spec.auto_accept, change.auto_accept);
  if (change.steps && !change.steps->empty()) {
    spec.steps.clear();
    for (const StepDraft& draft : *change.steps) {
      PolicyStep& step = spec.steps.emplace_back();
      step.after = draft.after;
      std::string missing;
      if (!resolve(draft.requirements, step.requirements, missing)) return refused(Outcome::kSkillNotFound, missing);
    }
  }
  const bool resteps = state.policies().find(handle) && state.policies().find(handle)->policy.spec.steps != spec.steps;
  emit(PolicyPut{handle, std::move(spec)});
  if (resteps) {
    rescind_unfit_offers([&](const Contact& contact) { return state.queue_of(contact).policy == handle; });
  }
  return {};
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
  const bool reroutes = before != PolicyHandle::kNone && before != spec.policy;
  emit(QueuePut{handle, std::move(spec)});
  if (reroutes) {
    rescind_unfit_offers([&](const Contact& contact) { return contact.queue == handle; });
  }
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
  if (change.skills) {
    Requirements resolved;
    std::string missing;
    if (!resolve(*change.skills, resolved, missing)) return refused(Outcome::kSkillNotFound, missing);
    spec.skills = as_levels(resolved);
  }
  emit(AgentPut{handle, std::move(spec)});
  revoke_unfit_offers(handle);
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
  if (settings.contact_grace < settings.resume_grace) {
    return refused(Outcome::kGraceTooShort, change.contact_grace ? "contact_grace" : "resume_grace");
  }
  emit(SettingsPut{settings});
  return {};
}

bool Engine::Impl::still_fits(const Offer& offer) const {
  const Contact& contact = state.contacts().find(offer.contact)->contact;
  const PolicyStep& step = state.policy_of(contact).steps[contact.step];
  const Requirements asked = united(step.requirements, contact.requirements);
  return failed_skill_gate(state.agents().find(offer.agent)->agent.spec.skills, asked) == Gate{};
}

// What rings is under the new steps too: by the one of its age an offer stands or falls.
void Engine::Impl::rescind_unfit_offers(const std::function<bool(const Contact&)>& concerns) {
  std::vector<Offer> offers;
  state.offers().for_each([&](const Offer& offer) {
    if (concerns(state.contacts().find(offer.contact)->contact)) offers.push_back(offer);
  });
  for (const Offer& offer : offers) {
    settle_step(*state.contacts().find(offer.contact), Trigger::kConfiguration);
    if (!still_fits(offer)) end_offer(offer, OfferState::kRescinded, "configuration_changed");
  }
}

void Engine::Impl::revoke_unfit_offers(AgentHandle handle) {
  const std::vector<OfferId> offers = state.agents().find(handle)->agent.offers;
  for (const OfferId id : offers) {
    const Offer offer = *state.offers().find(id);
    if (!still_fits(offer)) end_offer(offer, OfferState::kRevoked, "skills_changed");
  }
}

}  // namespace muster::dispatch
