#include "ledger.h"

#include <variant>

#include "muster/base/overloaded.h"
#include "violation.h"

namespace muster::simulator {

using namespace dispatch;

namespace {

constexpr int kDeclinesMax = 3;

std::string text(ContactId contact) { return "contact " + std::to_string(raw(contact)); }

}  // namespace

void Ledger::take(const Event& event) {
  std::visit(Overloaded{
                 [&](const WorkspaceOpened&) {
                   for (auto& [handle, desk] : desks_) desk.connected = false;
                 },
                 [&](const SettingsPut& e) { settings_ = e.settings; },
                 [&](const PolicyPut& e) { policies_[e.policy] = e.spec; },
                 [&](const QueuePut& e) {
                   queues_[e.queue] = {e.spec.channel, e.spec.policy};
                 },
                 [&](const AgentPut& e) { desks_[e.agent].capacity = e.spec.capacity_units; },
                 [&](const SessionOpened& e) { desks_[e.agent].connected = true; },
                 [&](const SessionLost& e) { desks_[e.agent].connected = false; },
                 [&](const SessionEnded& e) { desks_[e.agent].connected = false; },
                 [&](const PresenceChanged& e) {
                   desks_[e.agent].presence = e.presence;
                   desks_[e.agent].leaves = e.next.is_set();
                 },
                 [&](const ContactCreated& e) {
                   if (raw(e.contact) != ++last_contact_) throw Violation("I2", text(e.contact) + " out of turn");
                   Entry& entry = contacts_[e.contact];
                   entry.state = e.due > event.time ? ContactState::kScheduled : ContactState::kQueued;
                   entry.queue = e.queue;
                   entry.due = e.due;
                   entry.expires = e.expires;
                 },
                 [&](const ContactQueued& e) {
                   Entry& entry = this->entry(e.contact);
                   if (entry.state != ContactState::kScheduled)
                     throw Violation("I2", text(e.contact) + " queued twice");
                   if (event.time < entry.due) throw Violation("I9", text(e.contact) + " became due early");
                   entry.state = ContactState::kQueued;
                 },
                 [&](const OfferMade& e) { made(event, e); },
                 [&](const OfferAccepted& e) { accepted(event, e); },
                 [&](const OfferEnded& e) { offer_ended(event, e); },
                 [&](const ContactHeld& e) { held(e.contact, e.agent).state = ContactState::kHeld; },
                 [&](const ContactResumed& e) { take_up(held(e.contact, e.agent), ContactState::kActive); },
                 [&](const ContactWrapUpStarted& e) { take_up(held(e.contact, e.agent), ContactState::kWrapUp); },
                 [&](const ContactTransferred& e) { transferred(event, e); },
                 [&](const ContactRequeued& e) { requeued(event, e); },
                 [&](const ContactCompleted& e) {
                   held(e.contact, e.agent);
                   contacts_.erase(e.contact);
                 },
                 [&](const ContactEnded& e) { ended(event, e); },
                 [](const auto&) {},
             },
             event.body);
}

void Ledger::made(const Event& event, const OfferMade& offer) {
  Entry& entry = this->entry(offer.contact);
  if (entry.state != ContactState::kQueued) {
    throw Violation("I3", text(offer.contact) + " is offered while another agent has it, or before it is due");
  }
  const Desk& desk = desks_[offer.agent];
  if (!desk.connected || desk.presence != Presence::kAvailable || desk.leaves) {
    throw Violation("I13", text(offer.contact) + " is offered to an agent who is not there, or not for long");
  }
  const auto refused = entry.refused.find(offer.agent);
  if (refused != entry.refused.end()) {
    const Refused& last = refused->second;
    if (last.until > event.time) throw Violation("I13", text(offer.contact) + " is offered within the cool-down");
    if (last.declines >= kDeclinesMax) throw Violation("I13", text(offer.contact) + " was declined three times");
  }
  entry.state = ContactState::kOffered;
  entry.agent = offer.agent;
  entry.offer = offer.offer;
  entry.offer_expires = offer.expires;
  check_room(offer.agent);
}

void Ledger::accepted(const Event& event, const OfferAccepted& accepted) {
  Entry& entry = this->entry(accepted.contact);
  const bool open = entry.state == ContactState::kOffered && entry.offer == accepted.offer;
  if (!open || entry.agent != accepted.agent) {
    throw Violation("I3", text(accepted.contact) + " is accepted without an open offer to that agent");
  }
  if (event.time > entry.offer_expires) throw Violation("I9", text(accepted.contact) + " is accepted after its time");
  entry.state = ContactState::kActive;
}

void Ledger::offer_ended(const Event& event, const OfferEnded& ended) {
  Entry& entry = this->entry(ended.contact);
  if (entry.state != ContactState::kOffered || entry.offer != ended.offer || entry.agent != ended.agent) {
    throw Violation("I3", "an offer of " + text(ended.contact) + " ends that was not open");
  }
  if (ended.state == OfferState::kTimedOut && event.time < entry.offer_expires) {
    throw Violation("I9", "an offer of " + text(ended.contact) + " times out early");
  }
  const bool declined = ended.state == OfferState::kDeclined;
  if (declined || ended.state == OfferState::kTimedOut) refuse(entry, ended.agent, event.time, declined);
  entry.state = ContactState::kQueued;
  entry.agent = AgentHandle::kNone;
  entry.offer = OfferId::kNone;
}

void Ledger::transferred(const Event& event, const ContactTransferred& moved) {
  Entry& entry = this->entry(moved.contact);
  if (entry.agent != moved.agent) throw Violation("I3", text(moved.contact) + " is handed on by who has it not");
  entry.queue = moved.queue;
  if (moved.agent != AgentHandle::kNone) refuse(entry, moved.agent, event.time, false);
  entry.state = ContactState::kQueued;
  entry.agent = AgentHandle::kNone;
}

void Ledger::requeued(const Event& event, const ContactRequeued& requeued) {
  Entry& entry = held(requeued.contact, requeued.agent);
  if (requeued.failed_offer != OfferId::kNone) refuse(entry, requeued.agent, event.time, false);
  entry.state = ContactState::kQueued;
  entry.agent = AgentHandle::kNone;
}

void Ledger::ended(const Event& event, const ContactEnded& ended) {
  const Entry& entry = this->entry(ended.contact);
  if (entry.agent != ended.agent) throw Violation("I3", text(ended.contact) + " ends in other hands");
  if (ended.state == ContactState::kExpired && event.time < entry.expires) {
    throw Violation("I9", text(ended.contact) + " expires early");
  }
  contacts_.erase(ended.contact);
}

Ledger::Entry& Ledger::entry(ContactId contact) {
  const auto found = contacts_.find(contact);
  if (found == contacts_.end()) throw Violation("I2", text(contact) + " is not there, or has ended");
  return found->second;
}

Ledger::Entry& Ledger::held(ContactId contact, AgentHandle agent) {
  Entry& entry = this->entry(contact);
  if (!in_hand(entry.state) || entry.agent != agent) {
    throw Violation("I3", text(contact) + " is not in the hands of the agent named");
  }
  return entry;
}

void Ledger::refuse(Entry& entry, AgentHandle agent, TimePoint now, bool declined) {
  Refused& refused = entry.refused[agent];
  refused.until = now + policy_of(entry).refusal_cool_down;
  if (declined) ++refused.declines;
}

// Who carries too much since capacity shrank may go on with what takes units already.
void Ledger::take_up(Entry& entry, ContactState state) {
  const bool took_units = takes_units(entry);
  entry.state = state;
  if (!took_units) check_room(entry.agent);
}

void Ledger::check_room(AgentHandle agent) const {
  const std::uint32_t used = used_units(agent);
  const std::uint32_t capacity = desks_.at(agent).capacity;
  if (used > capacity) {
    throw Violation("I4", "agent " + std::to_string(raw(agent)) + " carries " + std::to_string(used) + " of " +
                              std::to_string(capacity) + " units");
  }
}

std::uint32_t Ledger::used_units(AgentHandle agent) const {
  std::uint32_t used = 0;
  for (const auto& [id, entry] : contacts_) {
    if (entry.agent == agent && takes_units(entry))
      used += settings_.channel_units[raw(queues_.at(entry.queue).channel)];
  }
  return used;
}

bool Ledger::takes_units(const Entry& entry) const {
  if (entry.state == ContactState::kHeld) return queues_.at(entry.queue).channel == Channel::kVoice;
  return entry.state == ContactState::kOffered || in_hand(entry.state);
}

const PolicySpec& Ledger::policy_of(const Entry& entry) const { return policies_.at(queues_.at(entry.queue).policy); }

bool Ledger::accepts_by_itself(ContactId contact) const {
  const auto found = contacts_.find(contact);
  return found != contacts_.end() && policy_of(found->second).auto_accept;
}

}  // namespace muster::simulator
