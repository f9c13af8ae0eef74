#include "oracle.h"

#include <algorithm>
#include <tuple>
#include <variant>

namespace muster::dispatch {
namespace {

/// An idle agent before a loaded one, then the one who has been without change for longest.
auto turn_of(const Agent& agent) { return std::tuple(agent.used_units > 0, agent.idle_since, agent.idle_order); }

bool has(const Agent& agent, const SkillRequirement& required) {
  for (const SkillLevel& skill : agent.spec.skills) {
    if (skill.skill == required.skill) return skill.level >= required.min_level;
  }
  return false;
}

std::int64_t rank(const Engine& engine, const Contact& contact) {
  const PolicySpec& policy = engine.policy(engine.queue(contact.queue)->spec.policy)->spec;
  return (contact.due.time_since_epoch() - contact.priority * policy.priority_weight).count();
}

bool goes_before(const Engine& engine, const Contact& a, const Contact& b) {
  return std::tuple(!a.at_front, rank(engine, a), a.id) < std::tuple(!b.at_front, rank(engine, b), b.id);
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
  const PolicyStep& step = engine.policy(queue.policy)->spec.steps.at(contact.step);
  const auto meets = [&](const SkillRequirement& required) { return has(agent, required); };
  return std::all_of(step.requirements.begin(), step.requirements.end(), meets) &&
         std::all_of(contact.requirements.begin(), contact.requirements.end(), meets);
}

const Agent* Oracle::best_agent(const Contact& contact, AgentHandle besides, TimePoint now) const {
  const Agent* best = nullptr;
  for (std::uint32_t handle = 1; handle <= raw(replayed_.last_agent()); ++handle) {
    const Agent* agent = replayed_.agent(AgentHandle{handle});
    if (!agent || agent->handle == besides || !could_take(replayed_, *agent, contact, now)) continue;
    if (!best || turn_of(*agent) < turn_of(*best)) best = agent;
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
    if (best_agent(*contact, AgentHandle::kNone, now) != agent) return "another agent's turn";
    const Agent* next = best_agent(*contact, made.agent, now);
    if (made.explanation.runner_up != (next ? next->handle : AgentHandle::kNone)) return "another runner-up";
  }
  if (made.explanation.trigger == Trigger::kAgentFree) {
    // An agent looked for a contact: none that the agent could have goes before it.
    const StateImage image = replayed_.image();
    for (const Contact& other : image.contacts) {
      if (other.state != ContactState::kQueued || !could_take(replayed_, *agent, other, now)) continue;
      if (goes_before(replayed_, other, *contact)) return "another contact goes first";
    }
  }
  return "";
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
