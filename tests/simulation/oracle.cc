#include "oracle.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <variant>

namespace muster::dispatch {
namespace {

bool has(const Agent& agent, const SkillRequirement& required, TimePoint now) {
  for (const SkillLevel& skill : agent.spec.skills) {
    if (skill.skill != required.skill) continue;
    if (skill.valid_until != TimePoint{} && skill.valid_until <= now) return false;
    return skill.level >= required.min_level && skill.level <= required.max_level;
  }
  return false;
}

bool holds(const Predicate& predicate, const Agent& agent, TimePoint now) {
  const auto part_holds = [&](const Predicate& part) { return holds(part, agent, now); };
  const auto& parts = predicate.parts;
  switch (predicate.kind) {
    case Predicate::Kind::kAllOf:
      return std::all_of(parts.begin(), parts.end(), part_holds);
    case Predicate::Kind::kAnyOf:
      return std::any_of(parts.begin(), parts.end(), part_holds);
    case Predicate::Kind::kNot:
      return !holds(parts.at(0), agent, now);
    case Predicate::Kind::kSkill:
      return has(agent, predicate.skill, now);
  }
  return false;
}

std::size_t idle_agents(const Engine& engine, SkillHandle skill, TimePoint now) {
  std::size_t count = 0;
  for (std::uint32_t handle = 1; handle <= raw(engine.last_agent()); ++handle) {
    const Agent* agent = engine.agent(AgentHandle{handle});
    if (!agent || !agent->connected || agent->presence != Presence::kAvailable || agent->used_units > 0) continue;
    if (agent->spec.capacity_units == 0) continue;
    if (skill == SkillHandle::kNone || has(*agent, {skill}, now)) ++count;
  }
  return count;
}

const PolicySpec& policy_of(const Engine& engine, const Contact& contact) {
  return engine.policy(engine.queue(contact.queue)->spec.policy)->spec;
}

/// Those that the step and the contact list, not those of conditions.
std::set<SkillHandle> required_skills(const PolicySpec& policy, const Contact& contact) {
  std::set<SkillHandle> skills;
  const PolicyStep& step = policy.steps.at(contact.step);
  for (const SkillRequirement& each : step.requirements) skills.insert(each.skill);
  for (const SkillRequirement& each : contact.requirements) skills.insert(each.skill);
  return skills;
}

std::int64_t mean_level(const std::set<SkillHandle>& required, const Agent& agent) {
  if (required.empty()) return 0;
  std::int64_t sum = 0;
  for (const SkillLevel& skill : agent.spec.skills) sum += required.contains(skill.skill) ? skill.level : 0;
  return sum / static_cast<std::int64_t>(required.size());
}

/// An idle agent before a loaded one unless the load counts as such, then the one who has been without change for
/// longest, with what the step's preferences add and take off.
auto turn_of(const Engine& engine, const Agent& agent, const Contact& contact) {
  const PolicySpec& policy = policy_of(engine, contact);
  const Preferences& prefer = policy.steps.at(contact.step).prefer;
  TimePoint since = prefer.ignore_idle ? TimePoint{} : agent.idle_since;
  since -= agent.spec.quality * prefer.quality;
  since += agent.spec.cost * prefer.cost;
  since += static_cast<int>(agent.spec.skills.size()) * prefer.specialist;
  if (prefer.load.count() > 0) since += int(agent.used_units * 100 / agent.spec.capacity_units) * prefer.load;
  if (prefer.fairness.count() > 0) {
    const auto signed_on = std::max<Duration>(agent.idle_since - agent.signed_on_at, std::chrono::minutes(15));
    since += agent.accepted * 3600LL / std::chrono::floor<std::chrono::seconds>(signed_on).count() * prefer.fairness;
  }
  if (prefer.skill_fit.count() > 0) since -= mean_level(required_skills(policy, contact), agent) * prefer.skill_fit;
  return std::tuple(prefer.load.count() == 0 && agent.used_units > 0, since, agent.idle_order);
}

/// Front before others; then strict priorities; then age, by what the policy adds and takes off.
auto turn_of(const Engine& engine, const Contact& contact) {
  const PolicySpec& policy = policy_of(engine, contact);
  auto age = contact.due;
  if (policy.by_deadline) age += engine.queue(contact.queue)->spec.service_level_target;
  age -= contact.priority * (policy.strict_priority ? std::chrono::hours(2'400) : policy.priority_weight);
  return std::tuple(!(contact.at_front || contact.starving), age, contact.id);
}

/// Whether the queue takes part in the workspace's order of queues.
bool shares(const Engine& engine, const Contact& contact) {
  return engine.settings().queue_order != QueueOrder::kRank && engine.queue(contact.queue)->spec.share > 0 &&
         contact.preferred == AgentHandle::kNone && !contact.at_front && !contact.starving;
}

}  // namespace

bool could_take(const Engine& engine, const Agent& agent, const Contact& contact, TimePoint now) {
  if (!agent.connected || agent.presence != Presence::kAvailable) return false;
  const QueueSpec& queue = engine.queue(contact.queue)->spec;
  const auto channel = static_cast<std::size_t>(queue.channel);
  if (agent.used_units + engine.settings().channel_units[channel] > agent.spec.capacity_units) return false;
  int limit = agent.spec.channel_limits[channel];
  if (limit < 0 && queue.channel == Channel::kVoice) limit = 1;
  if (limit >= 0 && agent.channel_contacts[channel] >= limit) return false;
  for (const AgentHandle excluded : contact.excluded) {
    if (excluded == agent.handle) return false;
  }
  for (const Refusal& refusal : contact.refusals) {
    if (refusal.agent == agent.handle && (refusal.count >= 3 || refusal.until > now)) return false;
  }
  if (queue.paused) return false;
  const PolicySpec& policy = engine.policy(queue.policy)->spec;
  const auto meets = [&](const SkillRequirement& required) { return has(agent, required, now); };
  const auto meets_all = [&](const std::vector<SkillRequirement>& all) {
    return std::all_of(all.begin(), all.end(), meets);
  };
  if (!holds(policy.gates, agent, now) || !meets_all(contact.requirements)) return false;
  if (contact.preferred != AgentHandle::kNone) return contact.preferred == agent.handle;
  if (queue.idle_reserve > 0 && idle_agents(engine, queue.reserve_skill, now) <= queue.idle_reserve) return false;
  const PolicyStep& step = policy.steps.at(contact.step);
  bool lent = step.pools == 0;
  for (std::size_t i = 0; i < policy.pools.size(); ++i) {
    const bool open = (step.pools & engine.queue(contact.queue)->pools.open & (1U << i)) != 0;
    lent = lent || (open && holds(policy.pools[i].members, agent, now));
  }
  if (!lent) return false;
  return meets_all(step.requirements) && holds(step.where, agent, now);
}

const Agent* Oracle::best_agent(const Contact& contact, AgentHandle besides, TimePoint now, SkillHandle only) const {
  const Agent* best = nullptr;
  for (std::uint32_t handle = 1; handle <= raw(replayed_.last_agent()); ++handle) {
    const Agent* agent = replayed_.agent(AgentHandle{handle});
    if (!agent || agent->handle == besides || !could_take(replayed_, *agent, contact, now)) continue;
    if (only != SkillHandle::kNone && !has(*agent, {only}, now)) continue;
    if (!best || turn_of(replayed_, *agent, contact) < turn_of(replayed_, *best, contact)) best = agent;
  }
  return best;
}

std::string Oracle::judge_offer(const OfferMade& made, TimePoint now) const {
  const Contact* contact = replayed_.contact(made.contact);
  const Agent* agent = replayed_.agent(made.agent);
  if (!contact || !agent) return "an offer of nothing or to nobody";
  if (contact->state != ContactState::kQueued) return "an offer of a contact that does not wait (I3)";
  if (!could_take(replayed_, *agent, *contact, now)) return "an offer to an agent who fails a gate (I4, I13)";
  if (made.explanation.step != contact->step) return "an explanation of another step";
  if (made.explanation.idle != now - agent->idle_since) return "an explanation of another idle time";
  const Trigger trigger = made.explanation.trigger;
  const bool nobody_was_freed = trigger == Trigger::kContactQueued && contact_came_in_;
  if (nobody_was_freed || trigger == Trigger::kStep || trigger == Trigger::kCoolDown) {
    // A contact looked for an agent: the longest idle of all that could have it, and the next one named.
    const Preferences& prefer = policy_of(replayed_, *contact).steps.at(contact->step).prefer;
    if (prefer.newcomer_percent > 0 && contact->preferred == AgentHandle::kNone) {
      // Which contacts newcomers get first is for the engine to draw.
      const Agent* newcomer = best_agent(*contact, AgentHandle::kNone, now, prefer.newcomers);
      if (newcomer == agent) return "";
      if (newcomer && prefer.newcomer_percent >= 100) return "a newcomer's turn";
    }
    if (best_agent(*contact, AgentHandle::kNone, now) != agent) return "another agent's turn";
    const Agent* next = best_agent(*contact, made.agent, now);
    if (made.explanation.runner_up != (next ? next->handle : AgentHandle::kNone)) return "another runner-up";
  }
  if (trigger != Trigger::kAgentFree) return "";
  if (replayed_.queue(contact->queue)->spec.idle_reserve > 0 && contact->preferred == AgentHandle::kNone) {
    // More agents than the queue leaves idle were there, and the contact looked for one.
    const Preferences& prefer = policy_of(replayed_, *contact).steps.at(contact->step).prefer;
    const bool newcomer =
        prefer.newcomer_percent > 0 && best_agent(*contact, AgentHandle::kNone, now, prefer.newcomers) == agent;
    const bool best = best_agent(*contact, AgentHandle::kNone, now) == agent;
    return newcomer || best ? "" : "another agent's turn, beyond the reserve";
  }
  return best_contact(*agent, now) == contact->id ? "" : "another contact goes first";
}

ContactId Oracle::best_contact(const Agent& agent, TimePoint now) const {
  const StateImage image = replayed_.image();
  const QueueOrder order = replayed_.settings().queue_order;
  std::map<QueueHandle, std::uint64_t> waiting;
  for (const Contact& contact : image.contacts) {
    if (contact.state == ContactState::kQueued) ++waiting[contact.queue];
  }
  const auto queues_turn = [&](const Contact& contact) {
    const Queue& queue = *replayed_.queue(contact.queue);
    const std::uint64_t cost = 720'720 / queue.spec.share;
    return order == QueueOrder::kShare ? static_cast<std::int64_t>(queue.served)
                                       : -static_cast<std::int64_t>(waiting[contact.queue] * cost);
  };
  const Contact* best = nullptr;
  const Contact* best_shared = nullptr;
  const auto goes_before = [&](const Contact& a, const Contact* b) {
    return !b || turn_of(replayed_, a) < turn_of(replayed_, *b);
  };
  for (const Contact& contact : image.contacts) {
    if (contact.state != ContactState::kQueued || !could_take(replayed_, agent, contact, now)) continue;
    if (replayed_.queue(contact.queue)->spec.idle_reserve > 0 && contact.preferred == AgentHandle::kNone) continue;
    if (!shares(replayed_, contact)) {
      if (goes_before(contact, best)) best = &contact;
    } else if (!best_shared || queues_turn(contact) < queues_turn(*best_shared) ||
               (queues_turn(contact) == queues_turn(*best_shared) && goes_before(contact, best_shared))) {
      best_shared = &contact;
    }
  }
  if (best_shared && goes_before(*best_shared, best)) best = best_shared;
  return best ? best->id : ContactId::kNone;
}

std::string Oracle::judge_timing(const Event& event) const {
  if (const auto* ended = std::get_if<OfferEnded>(&event.body); ended && ended->state == OfferState::kTimedOut) {
    const Offer* offer = replayed_.offer(ended->offer);
    if (!offer || event.time < offer->expires) return "an offer timed out early (I9)";
  }
  if (const auto* queued = std::get_if<ContactQueued>(&event.body)) {
    const Contact* contact = replayed_.contact(queued->contact);
    if (!contact || event.time < contact->due) return "a contact became due early (I9)";
  }
  if (const auto* ended = std::get_if<ContactEnded>(&event.body); ended && ended->state == ContactState::kExpired) {
    const Contact* contact = replayed_.contact(ended->contact);
    if (!contact || event.time < contact->expires) return "a contact expired early (I9)";
  }
  if (const auto* accepted = std::get_if<OfferAccepted>(&event.body)) {
    const Offer* offer = replayed_.offer(accepted->offer);
    if (!offer || event.time > offer->expires) return "an offer was accepted after its time";
  }
  return "";
}

std::vector<std::uint32_t> Oracle::used_units() const {
  std::vector<std::uint32_t> used(raw(replayed_.last_agent()) + std::size_t{1});
  for (std::uint32_t handle = 1; handle < used.size(); ++handle) {
    if (const Agent* agent = replayed_.agent(AgentHandle{handle})) used[handle] = agent->used_units;
  }
  return used;
}

bool Oracle::overloads(const std::vector<std::uint32_t>& before) const {
  const std::vector<std::uint32_t> after = used_units();
  for (std::uint32_t handle = 1; handle < before.size(); ++handle) {
    if (after[handle] > before[handle] && after[handle] > replayed_.agent(AgentHandle{handle})->spec.capacity_units) {
      return true;
    }
  }
  return false;
}

std::string Oracle::judge(const Event& event) {
  std::string wrong = judge_timing(event);
  const auto* made = std::get_if<OfferMade>(&event.body);
  if (wrong.empty() && made) wrong = judge_offer(*made, event.time);
  if (std::holds_alternative<ContactCreated>(event.body) || std::holds_alternative<ContactQueued>(event.body)) {
    contact_came_in_ = true;
  } else if (!made && !std::holds_alternative<OfferAccepted>(event.body) &&
             !std::holds_alternative<ContactStepChanged>(event.body)) {
    contact_came_in_ = false;
  }
  const std::vector<std::uint32_t> used = used_units();
  if (wrong.empty() && !replayed_.apply(event)) wrong = "an event that cannot follow (I6, I8)";
  const bool prices_anew = std::holds_alternative<SettingsPut>(event.body);  // also what is in hand
  if (wrong.empty() && !prices_anew && overloads(used)) wrong = "an agent over capacity (I4)";
  return wrong.empty() ? "" : wrong + ", event " + std::to_string(event.sequence);
}

}  // namespace muster::dispatch
