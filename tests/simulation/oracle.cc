#include "oracle.h"

#include <utility>
#include <variant>

#include "naive/engine.h"

namespace muster::dispatch {

using naive::find;

const Agent* Oracle::somebody_for(ContactId id) const {
  const Contact& contact = facts_.contacts.at(id);
  for (const auto& [_, agent] : facts_.agents) {
    const bool free = naive::may_go_to(facts_, contact, agent, facts_.last_time);
    if (free || naive::may_go_by_interruption(facts_, contact, agent, facts_.last_time)) return &agent;
  }
  return nullptr;
}

ContactId Oracle::left_aside() const {
  for (const auto& [_, agent] : facts_.agents) {
    if (const ContactId id = naive::next_to_come_back(facts_, agent); id != ContactId::kNone) return id;
  }
  return ContactId::kNone;
}

std::string Oracle::judge_offer(const OfferMade& made, TimePoint now) const {
  const Contact* contact = find(facts_.contacts, made.contact);
  const Agent* agent = find(facts_.agents, made.agent);
  const Explanation& why = made.explanation;
  if (!contact || !agent) return "an offer of nothing or to nobody";
  const bool rings = contact->state == ContactState::kOffered;
  if (!rings && contact->state != ContactState::kQueued) return "an offer of a contact that does not wait (I3)";
  if (!naive::may_go_to(facts_, *contact, *agent, now)) return "an offer to an agent who fails a gate (I4, I13)";
  if (why.step != contact->step) return "an explanation of another step";
  if (why.idle != now - naive::idle_since(facts_, *agent)) return "an explanation of another idle time";

  if (rings && !interrupted_.empty()) return "interrupted for a further offer";
  if (!interrupted_.empty()) return judge_interruption(made, now);
  const bool comes_first = naive::interrupts_all_interrupted(facts_, *contact, *agent);
  if (!comes_first && naive::next_to_come_back(facts_, *agent) != ContactId::kNone) {
    return "something new before what was interrupted";
  }
  if (rings) return judge_further_offer(made, *contact, now);
  const bool freed = why.trigger == Trigger::kAgentFree;
  const bool nobody_was_freed = why.trigger == Trigger::kContactQueued && contact_came_in_;
  const bool beyond_reserve =
      freed && contact->preferred == AgentHandle::kNone && facts_.queue_of(*contact).spec.idle_reserve > 0;
  if (freed && !beyond_reserve) {
    return naive::choose_contact(facts_, *agent, now) == contact->id ? "" : "another contact goes first";
  }
  const bool chose = nobody_was_freed || why.trigger == Trigger::kStep || why.trigger == Trigger::kCoolDown;
  if (!chose && !beyond_reserve) return "";
  const std::string wrong = judge_choice(made, naive::choose_agent(facts_, *contact, why.trigger, now));
  if (wrong.empty() || just_answered_.empty()) return wrong;
  // Unless they have looked already, which no event tells.
  naive::Facts before_they_look = facts_;
  before_they_look.seeking_agents = just_answered_;
  return judge_choice(made, naive::choose_agent(before_they_look, *contact, why.trigger, now));
}

std::string Oracle::judge_choice(const OfferMade& made, const naive::Choice& choice) {
  if (choice.agent != made.agent) return "another agent's turn";
  return choice.why.runner_up == made.explanation.runner_up ? "" : "another runner-up";
}

// Whom another contact waits for gets that one.
std::string Oracle::judge_further_offer(const OfferMade& made, const Contact& contact, TimePoint now) const {
  const std::size_t offers = naive::open_offers(contact).size();
  if (naive::rings_at(facts_, contact, made.agent)) return "a second offer to the same agent (I3)";
  if (offers >= facts_.policy_of(contact).steps.at(contact.step).offers) return "more offers than the step says";
  if (facts_.offers.at(contact.offer).made != now) return "an agent joined those at whom a contact rings";
  if (naive::choose_contact(facts_, facts_.agents.at(made.agent), now) != ContactId::kNone) {
    return "an agent for whom another contact waits";
  }
  return judge_choice(made, naive::choose_agent(facts_, contact, made.explanation.trigger, now));
}

std::string Oracle::judge_interruption(const OfferMade& made, TimePoint now) const {
  const Contact& contact = before_->contacts.at(made.contact);
  const Channel channel = facts_.queue_of(contact).spec.channel;
  for (const ContactId id : interrupted_) {
    const Contact& other = before_->contacts.at(id);
    if (other.agent != made.agent || !naive::gives_way(*before_, other, channel))
      return "something else was interrupted";
  }
  naive::Facts with_last = facts_;
  with_last.contacts.at(interrupted_.back()).state = ContactState::kActive;
  if (naive::has_room(with_last, with_last.agents.at(made.agent), channel))
    return "more was interrupted than had to be";
  for (const auto& [_, agent] : before_->agents) {
    if (naive::may_go_to(*before_, contact, agent, now)) return "interrupted though somebody was free";
  }
  const Agent& agent = before_->agents.at(made.agent);
  if (made.explanation.trigger == Trigger::kAgentFree) {
    const ContactId first = naive::choose_contact(*before_, agent, now, naive::Room::kByInterruption);
    return first == contact.id ? "" : "another contact interrupts first";
  }
  const bool nobody_was_freed = made.explanation.trigger == Trigger::kContactQueued && contact_came_in_;
  return nobody_was_freed ? judge_choice(made, naive::choose_agent_to_interrupt(*before_, contact, now)) : "";
}

std::string Oracle::judge_interrupted(const Event& event) {
  const auto* held = std::get_if<ContactHeld>(&event.body);
  if (held && held->interrupted) {
    const Contact* contact = find(facts_.contacts, held->contact);
    if (!contact || contact->state != ContactState::kActive) return "interrupted, and not worked on";
    if (!before_) before_ = facts_;
    interrupted_.push_back(held->contact);
    return "";
  }
  const bool for_nothing = !interrupted_.empty() && !std::holds_alternative<OfferMade>(event.body);
  interrupted_.clear();
  before_.reset();
  return for_nothing ? "interrupted for nothing" : "";
}

// What comes back together is not weighed against what waits each time anew.
std::string Oracle::judge_resumed(const Event& event) {
  const AgentHandle before = std::exchange(came_back_to_, AgentHandle::kNone);
  const auto* resumed = std::get_if<ContactResumed>(&event.body);
  if (!resumed) return "";
  const Contact* contact = find(facts_.contacts, resumed->contact);
  if (!contact || contact->state != ContactState::kHeld || contact->agent != resumed->agent) {
    return "resumed, and not held by that agent";
  }
  if (!contact->interrupted) return "";
  const Agent& agent = facts_.agents.at(resumed->agent);
  came_back_to_ = agent.handle;
  if (naive::next_to_come_back(facts_, agent) != contact->id) return "came back without room, or before other work";
  const ContactId waiting = naive::choose_contact(facts_, agent, event.time);
  const bool another_first = before != agent.handle && waiting != ContactId::kNone &&
                             naive::interrupts_all_interrupted(facts_, facts_.contacts.at(waiting), agent);
  return another_first ? "came back though another contact interrupts it at once" : "";
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
  if (std::holds_alternative<OfferAccepted>(event.body)) just_answered_.merge(facts_.seeking_agents);
  facts_.end_seeking();
  if (std::holds_alternative<SettingsPut>(event.body)) return false;  // new prices count for what is in hand too
  for (const auto& [handle, agent] : facts_.agents) {
    const std::uint32_t used = naive::used_units(facts_, agent);
    if (used > before[handle] && used > agent.spec.capacity_units) return true;
  }
  return false;
}

std::string Oracle::judge(const Event& event) {
  if (event.time != facts_.last_time) just_answered_.clear();
  const bool settled = event.time != facts_.last_time || !event.request.is_nil();
  if (settled && left_aside() != ContactId::kNone) return "work is put aside though there is room (I12)";
  std::string wrong = judge_timing(event);
  const std::string wrongly_resumed = judge_resumed(event);
  if (wrong.empty()) wrong = wrongly_resumed;
  const auto* made = std::get_if<OfferMade>(&event.body);
  if (wrong.empty() && made) wrong = judge_offer(*made, event.time);
  const std::string wrongly_interrupted = judge_interrupted(event);
  if (wrong.empty()) wrong = wrongly_interrupted;
  if (std::holds_alternative<ContactCreated>(event.body) || std::holds_alternative<ContactQueued>(event.body)) {
    contact_came_in_ = true;
  } else if (!made && interrupted_.empty() && !std::holds_alternative<OfferAccepted>(event.body) &&
             !std::holds_alternative<ContactStepChanged>(event.body)) {
    contact_came_in_ = false;
  }
  if (wrong.empty() && !replayed_.apply(event)) wrong = "an event that cannot follow (I6, I8)";
  if (wrong.empty() && overloads(event)) wrong = "an agent over capacity (I4)";
  return wrong.empty() ? "" : wrong + ", event " + std::to_string(event.sequence);
}

}  // namespace muster::dispatch
