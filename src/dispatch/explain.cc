#include "muster/dispatch/explain.h"

#include <algorithm>

#include "rules.h"

namespace muster::dispatch {
namespace {

const PolicySpec& policy_of(const Engine& engine, const Contact& contact) {
  return engine.policy(engine.queue(contact.queue)->spec.policy)->spec;
}

/// Calls `visit` with each agent there is.
template <typename Visit>
void for_each_agent(const Engine& engine, Visit visit) {
  for (std::uint32_t handle = 1; handle <= raw(engine.last_agent()); ++handle) {
    if (const Agent* agent = engine.agent(AgentHandle{handle})) visit(*agent);
  }
}

Obstacle held_back_by(const Engine& engine, const QueueSpec& queue, bool preferring) {
  if (queue.paused) return Obstacle::kPaused;
  if (queue.idle_reserve == 0 || preferring) return Obstacle::kNone;
  std::size_t idle = 0;
  for_each_agent(engine, [&](const Agent& agent) {
    const bool counts = queue.reserve_skill == SkillHandle::kNone ||
                        failed_gate(agent.spec.skills, {{{queue.reserve_skill}}, {}}) == Gate{};
    if (counts && load_of(agent) == Load::kIdle) ++idle;
  });
  return idle > queue.idle_reserve ? Obstacle::kNone : Obstacle::kReserve;
}

Obstacle obstacle_of(Gate gate) {
  switch (gate) {
    case Gate::kSkill:
      return Obstacle::kSkill;
    case Gate::kLevel:
      return Obstacle::kLevel;
    default:
      return Obstacle::kCondition;
  }
}

/// The first part of the conditions that the skills fail at `gate`, and what they have of it.
void note_failed_skill(Standing& standing, Gate gate, const Conditions& asked, const Agent& agent) {
  const auto& skills = agent.spec.skills;
  for (const SkillRequirement& required : asked.all) {
    const Conditions alone{{required}, {}};
    if (gate == Gate::kCondition || failed_gate(skills, alone) != gate) continue;
    standing.required = required;
    for (const SkillLevel& skill : skills) {
      if (skill.skill == required.skill) standing.level = skill.level;
    }
    return;
  }
  for (const auto& alternatives : asked.any) {
    if (failed_gate(skills, {{}, {alternatives}}) == Gate{}) continue;
    standing.alternatives = alternatives;
    return;
  }
}

void note_cool_down(Standing& standing, const Contact& contact, AgentHandle agent) {
  if (is_barred_for_good(contact, agent)) return;
  if (const Refusal* refusal = refusal_by(contact, agent)) standing.cool_down_until = refusal->until;
}

/// What stands in the way whatever was between the agent and the contact.
Obstacle obstacle_of(const Engine& engine, const Contact& contact, const Agent& agent) {
  const Channel channel = engine.queue(contact.queue)->spec.channel;
  const std::uint32_t units = engine.settings().channel_units[raw(channel)];
  if (!could_have_room(agent.spec, channel, units)) return Obstacle::kChannel;
  if (agent.presence == Presence::kSuspended) return Obstacle::kSuspended;
  if (!is_signed_in(agent)) return Obstacle::kSignedOff;
  if (!agent.connected || agent.presence != Presence::kAvailable) return Obstacle::kNotAvailable;
  return is_free_for(agent, channel, units) ? Obstacle::kNone : Obstacle::kCapacity;
}

}  // namespace

Standing standing_of(const Engine& engine, const Contact& contact, const Prospects& prospects, const Agent& agent,
                     TimePoint now) {
  Standing standing;
  if (agent.idle_since != TimePoint{}) standing.idle = now - agent.idle_since;
  const bool waits = contact.state == ContactState::kQueued;
  if (const Gate gate = failed_gate(agent.spec.skills, prospects.asked); gate != Gate{}) {
    standing.obstacle = obstacle_of(gate);
    note_failed_skill(standing, gate, prospects.asked, agent);
  } else if (const Gate barred = failed_contact_gate(contact, agent.handle, now); barred == Gate::kExcluded) {
    standing.obstacle = Obstacle::kExcluded;
  } else if (barred != Gate{}) {
    standing.obstacle = Obstacle::kCoolDown;
    note_cool_down(standing, contact, agent.handle);
  } else if (waits && contact.preferred != AgentHandle::kNone && contact.preferred != agent.handle) {
    standing.obstacle = Obstacle::kPreferred;
  } else {
    standing.obstacle = obstacle_of(engine, contact, agent);
    if (standing.obstacle == Obstacle::kNone) standing.obstacle = prospects.held_back;
  }
  return standing;
}

Prospects prospects_of(const Engine& engine, const Contact& contact, TimePoint now) {
  Prospects prospects;
  const PolicySpec& policy = policy_of(engine, contact);
  const std::vector<Conditions> by_step = asked_by_steps(policy, engine.queue(contact.queue)->pools.open);
  prospects.asked = asked_of_agent(contact, by_step, asked_of_preferred(policy));
  if (contact.state == ContactState::kQueued) {
    prospects.next_step = next_step_at(policy, contact);
    const bool preferring = contact.preferred != AgentHandle::kNone;
    prospects.held_back = held_back_by(engine, engine.queue(contact.queue)->spec, preferring);
  }
  for_each_agent(engine, [&](const Agent& agent) {
    const Standing standing = standing_of(engine, contact, prospects, agent, now);
    ++prospects.agents[static_cast<std::size_t>(standing.obstacle)];
    if (standing.cool_down_until == TimePoint{}) return;
    prospects.next_cool_down = std::min(prospects.next_cool_down.value_or(TimePoint::max()), standing.cool_down_until);
  });
  return prospects;
}

}  // namespace muster::dispatch
