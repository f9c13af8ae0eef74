#include "muster/dispatch/explain.h"

#include <algorithm>

#include "rules.h"

namespace muster::dispatch {
namespace {

/// The first requirement that the skills fail at `gate`, and what they have of it.
void note_failed_skill(Standing& standing, Gate gate, const Requirements& asked, const Agent& agent) {
  for (const SkillRequirement& required : asked) {
    const auto& skills = agent.spec.skills;
    const auto has = std::find_if(skills.begin(), skills.end(),
                                  [&](const SkillLevel& skill) { return skill.skill == required.skill; });
    const bool fails = gate == Gate::kSkill ? has == skills.end() : has->level < required.min_level;
    if (!fails) continue;
    standing.required = required;
    if (has != skills.end()) standing.level = has->level;
    return;
  }
}

void note_cool_down(Standing& standing, const Contact& contact, AgentHandle agent) {
  if (is_barred_for_good(contact, agent)) return;
  for (const Refusal& refusal : contact.refusals) {
    if (refusal.agent == agent) standing.cool_down_until = refusal.until;
  }
}

/// What stands in the way whatever was between the agent and the contact.
Obstacle obstacle_of(const Engine& engine, const Contact& contact, const Agent& agent) {
  const Channel channel = engine.queue(contact.queue)->spec.channel;
  const std::uint32_t units = engine.settings().channel_units[raw(channel)];
  if (!could_have_room(agent.spec, channel, units)) return Obstacle::kChannel;
  if (agent.presence == Presence::kSuspended) return Obstacle::kSuspended;
  if (!is_signed_in(agent)) return Obstacle::kSignedOff;
  if (!agent.connected || agent.presence != Presence::kAvailable) return Obstacle::kNotAvailable;
  const bool room = load_of(agent) != Load::kNotReady && has_room(agent, channel, units);
  return room ? Obstacle::kNone : Obstacle::kCapacity;
}

}  // namespace

std::vector<SkillRequirement> asked_by(const Engine& engine, const Contact& contact) {
  const PolicySpec& policy = engine.policy(engine.queue(contact.queue)->spec.policy)->spec;
  return united(policy.steps[contact.step].requirements, contact.requirements);
}

Standing standing_of(const Engine& engine, const Contact& contact, const std::vector<SkillRequirement>& asked,
                     const Agent& agent, TimePoint now) {
  Standing standing;
  if (agent.idle_since != TimePoint{}) standing.idle = now - agent.idle_since;
  if (const Gate gate = failed_skill_gate(agent.spec.skills, asked); gate != Gate{}) {
    standing.obstacle = gate == Gate::kSkill ? Obstacle::kSkill : Obstacle::kLevel;
    note_failed_skill(standing, gate, asked, agent);
  } else if (const Gate barred = failed_contact_gate(contact, agent.handle, now); barred == Gate::kExcluded) {
    standing.obstacle = Obstacle::kExcluded;
  } else if (barred != Gate{}) {
    standing.obstacle = Obstacle::kCoolDown;
    note_cool_down(standing, contact, agent.handle);
  } else {
    standing.obstacle = obstacle_of(engine, contact, agent);
  }
  return standing;
}

Prospects prospects_of(const Engine& engine, const Contact& contact, TimePoint now) {
  Prospects prospects;
  prospects.asked = asked_by(engine, contact);
  const PolicySpec& policy = engine.policy(engine.queue(contact.queue)->spec.policy)->spec;
  const std::size_t next = contact.step + std::size_t{1};
  if (contact.state == ContactState::kQueued && next < policy.steps.size()) {
    prospects.next_step = contact.due + policy.steps[next].after;
  }
  for (std::uint32_t handle = 1; handle <= raw(engine.last_agent()); ++handle) {
    const Agent* agent = engine.agent(AgentHandle{handle});
    if (!agent) continue;
    const Standing standing = standing_of(engine, contact, prospects.asked, *agent, now);
    ++prospects.agents[static_cast<std::size_t>(standing.obstacle)];
    if (standing.cool_down_until == TimePoint{}) continue;
    prospects.next_cool_down = std::min(prospects.next_cool_down.value_or(TimePoint::max()), standing.cool_down_until);
  }
  return prospects;
}

}  // namespace muster::dispatch
