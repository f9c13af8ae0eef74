#include "muster/dispatch/explain.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

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

/// What keeps the queue's contacts from all agents.
Obstacle held_back_by(const Engine& engine, const Queue& queue, bool preferring) {
  if (queue.spec.paused) return Obstacle::kPaused;
  return preferring || engine.lets_offer(queue.handle) ? Obstacle::kNone : Obstacle::kReserve;
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

/// What keeps everything from the agent.
Obstacle obstacle_of(const Agent& agent) {
  if (agent.presence == Presence::kSuspended) return Obstacle::kSuspended;
  if (!is_signed_in(agent)) return Obstacle::kSignedOff;
  return is_available(agent) ? Obstacle::kNone : Obstacle::kNotAvailable;
}

/// What stands in the way whatever was between the agent and the contact.
Obstacle obstacle_of(const Engine& engine, const Contact& contact, const Agent& agent) {
  const Queue& queue = *engine.queue(contact.queue);
  const Channel channel = queue.spec.channel;
  const std::uint32_t units = engine.settings().channel_units[raw(channel)];
  if (!could_have_room(agent.spec, channel, units)) return Obstacle::kChannel;
  if (const Obstacle obstacle = obstacle_of(agent); obstacle != Obstacle::kNone) return obstacle;
  const bool preferring = contact.preferred != AgentHandle::kNone;
  const bool may_interrupt = preferring || queue.spec.idle_reserve == 0;
  const bool room = is_free_for(agent, channel, units) ||
                    (may_interrupt && is_free_by_interruption(agent, channel, engine.settings()));
  if (!room) return Obstacle::kCapacity;
  if (contact.state != ContactState::kQueued) return Obstacle::kNone;
  return held_back_by(engine, queue, preferring);
}

/// As far as skills say.
Standing standing_by_skills(const Conditions& asked, const Agent& agent) {
  Standing standing;
  standing.used_units = agent.used_units;
  if (const Gate gate = failed_gate(agent.spec.skills, asked); gate != Gate{}) {
    standing.obstacle = obstacle_of(gate);
    note_failed_skill(standing, gate, asked, agent);
  }
  return standing;
}

/// What else stands between an agent who has the skills and the contact.
Obstacle obstacle_besides_skills(const Engine& engine, const Contact& contact, const Agent& agent, TimePoint now) {
  const Gate barred = failed_contact_gate(contact, agent.handle, now);
  if (barred != Gate{}) return barred == Gate::kExcluded ? Obstacle::kExcluded : Obstacle::kCoolDown;
  const bool for_another = contact.preferred != AgentHandle::kNone && contact.preferred != agent.handle;
  if (for_another && contact.state == ContactState::kQueued) return Obstacle::kPreferred;
  return obstacle_of(engine, contact, agent);
}

/// Without times and score.
Standing standing_to(const Engine& engine, const Contact& contact, const Conditions& asked, const Agent& agent,
                     TimePoint now) {
  Standing standing = standing_by_skills(asked, agent);
  if (standing.obstacle == Obstacle::kNone) standing.obstacle = obstacle_besides_skills(engine, contact, agent, now);
  return standing;
}

/// By the preferences of the step in force; empty where nobody is preferred by them.
std::optional<Score> score_of(const Engine& engine, const Contact& contact, const Agent& agent, TimePoint now) {
  const PolicyStep& step = policy_of(engine, contact).steps[contact.step];
  const bool waits = contact.state == ContactState::kQueued || contact.state == ContactState::kOffered;
  const bool chooses = waits && contact.preferred == AgentHandle::kNone && step.prefer != Preferences{};
  if (!chooses || agent.idle_since == TimePoint{}) return std::nullopt;
  return score_of(agent, step.prefer, rated_by(step, contact), now);
}

/// Counts waiting contacts by what keeps them from one agent. Contacts that ask the same come one after another: skills
/// are looked at once for all of them.
class WaitingTally {
 public:
  WaitingTally(const Engine& engine, const Agent& agent, TimePoint now) : engine_(engine), agent_(agent), now_(now) {}

  /// False once it has looked at as many as it may.
  bool add(const Contact& contact, const Conditions& asked) {
    if (looked_at_ == kContactsLookedAtMax) {
      full_ = true;
      return false;
    }
    ++looked_at_;
    if (asked_ != &asked) {
      asked_ = &asked;
      by_skills_ = standing_by_skills(asked, agent_);
      last_ = nullptr;
    }
    Obstacle obstacle = by_skills_.obstacle;
    if (obstacle == Obstacle::kNone) obstacle = obstacle_besides_skills(engine_, contact, agent_, now_);
    if (!last_ || last_->queue != contact.queue || last_->standing.obstacle != obstacle) {
      last_ = &counted(contact.queue, obstacle, by_skills_);
    }
    ++last_->contacts;
    return true;
  }

  /// What is left waits for other agents alone, if everything else has been looked at.
  void finish(AgentProspects& prospects) {
    std::map<QueueHandle, std::uint32_t> seen;
    for (const auto& [key, entry] : counts_) seen[entry.queue] += entry.contacts;
    for (std::uint32_t handle = 1; handle <= raw(engine_.last_queue()); ++handle) {
      const QueueHandle queue{handle};
      const std::uint32_t left = engine_.waiting_in(queue) - seen[queue];
      if (full_) {
        prospects.left_out += left;
      } else if (left > 0) {
        counted(queue, Obstacle::kPreferred, {}).contacts += left;
      }
    }
    for (const auto& [key, entry] : counts_) prospects.waiting.push_back(entry);
  }

 private:
  using Key = std::tuple<QueueHandle, Obstacle, SkillRequirement, Alternatives>;

  WaitingCount& counted(QueueHandle queue, Obstacle obstacle, const Standing& by_skills) {
    WaitingCount& entry = counts_[Key(queue, obstacle, by_skills.required, by_skills.alternatives)];
    entry.queue = queue;
    entry.standing = by_skills;
    entry.standing.obstacle = obstacle;
    return entry;
  }

  const Engine& engine_;
  const Agent& agent_;
  const TimePoint now_;
  std::uint32_t looked_at_ = 0;
  bool full_ = false;
  std::map<Key, WaitingCount> counts_;
  // Of the contacts that ask the same as the last one.
  const Conditions* asked_ = nullptr;
  Standing by_skills_;
  WaitingCount* last_ = nullptr;
};

}  // namespace

Standing standing_of(const Engine& engine, const Contact& contact, const Prospects& prospects, const Agent& agent,
                     TimePoint now) {
  Standing standing = standing_to(engine, contact, prospects.asked, agent, now);
  if (standing.obstacle == Obstacle::kCoolDown) note_cool_down(standing, contact, agent.handle);
  if (agent.idle_since != TimePoint{}) standing.idle = now - agent.idle_since;
  standing.score = score_of(engine, contact, agent, now);
  return standing;
}

Standing standing_before(const Engine& engine, const Offer& offer, const Prospects& prospects, TimePoint now) {
  const Contact& contact = *engine.contact(offer.contact);
  const Channel channel = engine.queue(contact.queue)->spec.channel;
  Agent agent = *engine.agent(offer.agent);
  agent.idle_since = offer.idle_since;
  agent.idle_order = offer.idle_order;
  agent.used_units -= engine.settings().channel_units[raw(channel)];
  --agent.channel_contacts[raw(channel)];
  std::erase(agent.offers, offer.id);
  return standing_of(engine, contact, prospects, agent, now);
}

Prospects prospects_of(const Engine& engine, const Contact& contact, TimePoint now) {
  Prospects prospects;
  const PolicySpec& policy = policy_of(engine, contact);
  const PoolSet open = engine.queue(contact.queue)->pools.open;
  const std::vector<Conditions> by_step = asked_by_steps(policy, open);
  prospects.asked = asked_of_agent(contact, by_step, asked_of_preferred(policy));
  const bool preferring = contact.preferred != AgentHandle::kNone;
  if (!preferring) prospects.closed_pools = static_cast<PoolSet>(policy.steps[contact.step].pools & ~open);
  if (contact.state == ContactState::kQueued) prospects.next_step = next_step_at(policy, contact);
  for_each_agent(engine, [&](const Agent& agent) {
    Standing standing = standing_to(engine, contact, prospects.asked, agent, now);
    ++prospects.agents[static_cast<std::size_t>(standing.obstacle)];
    if (standing.obstacle != Obstacle::kCoolDown) return;
    note_cool_down(standing, contact, agent.handle);
    if (standing.cool_down_until == TimePoint{}) return;
    prospects.next_cool_down = std::min(prospects.next_cool_down.value_or(TimePoint::max()), standing.cool_down_until);
  });
  return prospects;
}

AgentProspects prospects_of(const Engine& engine, const Agent& agent, TimePoint now) {
  AgentProspects prospects;
  const Settings& settings = engine.settings();
  bool could_get_more = false;
  for (std::size_t number = 1; number < kChannelCount; ++number) {
    const auto channel = static_cast<Channel>(number);
    prospects.room[number] = room_left(agent, channel, settings.channel_units[number]);
    could_get_more |= prospects.room[number] > 0 || is_free_by_interruption(agent, channel, settings);
  }
  could_get_more = could_get_more && !answers_first(agent);
  prospects.obstacle = obstacle_of(agent);
  if (prospects.obstacle == Obstacle::kNone && !could_get_more) prospects.obstacle = Obstacle::kCapacity;
  WaitingTally tally(engine, agent, now);
  engine.visit_waiting(agent.handle,
                       [&](const Contact& contact, const Conditions& asked) { return tally.add(contact, asked); });
  tally.finish(prospects);
  return prospects;
}

}  // namespace muster::dispatch
