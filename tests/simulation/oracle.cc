#include "oracle.h"

#include <variant>

#include "naive/engine.h"

namespace muster::dispatch {

using naive::find;

const Agent* Oracle::somebody_for(ContactId id) const {
  const Contact& contact = facts_.contacts.at(id);
  for (const auto& [_, agent] : facts_.agents) {
    if (naive::may_go_to(facts_, contact, agent, facts_.last_time)) return &agent;
  }
  return nullptr;
}

std::string Oracle::judge_offer(const OfferMade& made, TimePoint now) const {
  const Contact* contact = find(facts_.contacts, made.contact);
  const Agent* agent = find(facts_.agents, made.agent);
  const Explanation& why = made.explanation;
  if (!contact || !agent) return "an offer of nothing or to nobody";
  if (contact->state != ContactState::kQueued) return "an offer of a contact that does not wait (I3)";
  if (!naive::may_go_to(facts_, *contact, *agent, now)) return "an offer to an agent who fails a gate (I4, I13)";
  if (why.step != contact->step) return "an explanation of another step";
  if (why.idle != now - naive::idle_since(facts_, *agent)) return "an explanation of another idle time";

  const bool freed = why.trigger == Trigger::kAgentFree;
  const bool nobody_was_freed = why.trigger == Trigger::kContactQueued && contact_came_in_;
  const bool beyond_reserve =
      freed && contact->preferred == AgentHandle::kNone && facts_.queue_of(*contact).spec.idle_reserve > 0;
  if (freed && !beyond_reserve) {
    return naive::choose_contact(facts_, *agent, now) == contact->id ? "" : "another contact goes first";
  }
  const bool chose = nobody_was_freed || why.trigger == Trigger::kStep || why.trigger == Trigger::kCoolDown;
  if (!chose && !beyond_reserve) return "";
  const naive::Choice choice = naive::choose_agent(facts_, *contact, why.trigger, now);
  if (choice.agent != made.agent) return "another agent's turn";
  return choice.why.runner_up == why.runner_up ? "" : "another runner-up";
}

std::string Oracle::judge_timing(const Event& event) const {
  if (const auto* ended = std::get_if<OfferEnded>(&event.body); ended && ended->state == OfferState::kTimedOut) {
    const Offer* offer = find(facts_.offers, ended->offer);
    if (!offer || event.time < offer->expires) return "an offer timed out early (I9)";
  }
  if (const auto* queued = std::get_if<ContactQueued>(&event.body)) {
    const Contact* contact = find(facts_.contacts, queued->contact);
    if (!contact || event.time < contact->due) return "a contact became due early (I9)";
  }
  if (const auto* ended = std::get_if<ContactEnded>(&event.body); ended && ended->state == ContactState::kExpired) {
    const Contact* contact = find(facts_.contacts, ended->contact);
    if (!contact || event.time < contact->expires) return "a contact expired early (I9)";
  }
  if (const auto* accepted = std::get_if<OfferAccepted>(&event.body)) {
    const Offer* offer = find(facts_.offers, accepted->offer);
    if (!offer || event.time > offer->expires) return "an offer was accepted after its time";
  }
  return "";
}

bool Oracle::overloads(const Event& event) {
  std::map<AgentHandle, std::uint32_t> before;
  for (const auto& [handle, agent] : facts_.agents) before[handle] = naive::used_units(facts_, agent);
  facts_.take(event);
  facts_.seeking_contacts.clear();
  facts_.seeking_agents.clear();
  if (std::holds_alternative<SettingsPut>(event.body)) return false;  // new prices count for what is in hand too
  for (const auto& [handle, agent] : facts_.agents) {
    const std::uint32_t used = naive::used_units(facts_, agent);
    if (used > before[handle] && used > agent.spec.capacity_units) return true;
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
  if (wrong.empty() && !replayed_.apply(event)) wrong = "an event that cannot follow (I6, I8)";
  if (wrong.empty() && overloads(event)) wrong = "an agent over capacity (I4)";
  return wrong.empty() ? "" : wrong + ", event " + std::to_string(event.sequence);
}

}  // namespace muster::dispatch
