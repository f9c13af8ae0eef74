#include "ledger.h"

#include <algorithm>
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
                 [&](const SettingsPut& e) {
                   settings_ = e.settings;
                   for (auto& [handle, desk] : desks_) {
                     desk.one_by_one = std::min<int>(desk.one_by_one, settings_.ramp_up_offers);
                   }
                 },
                 [&](const PolicyPut& e) { policies_[e.policy] = e.spec; },
                 [&](const QueuePut& e) {
                   queues_[e.queue] = {e.spec.channel, e.spec.policy};
                 },
                 [&](const AgentPut& e) { desks_[e.agent].capacity = e.spec.capacity_units; },
                 [&](const SessionOpened& e) { desks_[e.agent].connected = true; },
                 [&](const SessionLost& e) { desks_[e.agent].connected = false; },
                 [&](const SessionEnded& e) { desks_[e.agent].connected = false; },
                 [&](const PresenceChanged& e) {
                   Desk& desk = desks_[e.agent];
                   const bool returns = desk.presence == Presence::kOffline && e.presence != Presence::kOffline;
                   if (returns) desk.one_by_one = settings_.ramp_up_offers;
                   desk.presence = e.presence;
                   desk.leaves = e.next.is_set();
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
  const bool rings = entry.state == ContactState::kOffered;
  if (!rings && entry.state != ContactState::kQueued) {
    throw Violation("I3", text(offer.contact) + " is offered while another agent has it, or before it is due");
  }
  for (const auto& [other, open] : entry.offers) {
    if (open.agent == offer.agent) throw Violation("I3", text(offer.contact) + " rings at one agent twice");
    if (open.expires != offer.expires) throw Violation("I3", text(offer.contact) + " rings on after a first offer");
  }
  const Desk& desk = desks_[offer.agent];
  if (!desk.connected || desk.presence != Presence::kAvailable || desk.leaves) {
    throw Violation("I13", text(offer.contact) + " is offered to an agent who is not there, or not for long");
  }
  const bool rings_there = std::any_of(contacts_.begin(), contacts_.end(),
                                       [&](const auto& other) { return rings_at(other.second, offer.agent); });
  if (desk.one_by_one > 0 && rings_there) {
    throw Violation("I13", text(offer.contact) + " is offered to an agent who came back and has yet to answer");
  }
  const auto refused = entry.refused.find(offer.agent);
  if (refused != entry.refused.end()) {
    const Refused& last = refused->second;
    if (last.until > event.time) throw Violation("I13", text(offer.contact) + " is offered within the cool-down");
    if (last.declines >= kDeclinesMax) throw Violation("I13", text(offer.contact) + " was declined three times");
  }
  entry.state = ContactState::kOffered;
  entry.offers[offer.offer] = {offer.agent, offer.expires};
  check_room(offer.agent);
}

void Ledger::accepted(const Event& event, const OfferAccepted& accepted) {
  Entry& entry = this->entry(accepted.contact);
  const std::string what = text(accepted.contact) + " is accepted without an open offer to that agent";
  const Open& open = open_offer(entry, accepted.offer, accepted.agent, what);
  if (event.time > open.expires) throw Violation("I9", text(accepted.contact) + " is accepted after its time");
  if (entry.offers.size() > 1) throw Violation("I3", text(accepted.contact) + " is accepted while it rings at others");
  entry.offers.clear();
  note_answer(accepted.agent);
  entry.agent = accepted.agent;
  entry.state = ContactState::kActive;
}

void Ledger::offer_ended(const Event& event, const OfferEnded& ended) {
  Entry& entry = this->entry(ended.contact);
  const std::string what = "an offer of " + text(ended.contact) + " ends that was not open";
  const Open& open = open_offer(entry, ended.offer, ended.agent, what);
  if (ended.state == OfferState::kTimedOut && event.time < open.expires) {
    throw Violation("I9", "an offer of " + text(ended.contact) + " times out early");
  }
  const bool declined = ended.state == OfferState::kDeclined;
  if (declined || ended.state == OfferState::kTimedOut) {
    refuse(entry, ended.agent, event.time, declined);
    note_answer(ended.agent);
  }
  entry.offers.erase(ended.offer);
  if (entry.offers.empty() == ended.rings_on) throw Violation("I3", text(ended.contact) + " rings on at nobody");
  if (!ended.rings_on) entry.state = ContactState::kQueued;
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

const Ledger::Open& Ledger::open_offer(const Entry& entry, OfferId offer, AgentHandle agent, const std::string& what) {
  const auto open = entry.offers.find(offer);
  if (open == entry.offers.end() || open->second.agent != agent) throw Violation("I3", what);
  return open->second;
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
    if (rings_at(entry, agent) || (entry.agent == agent && takes_units(entry)))
      used += settings_.channel_units[raw(queues_.at(entry.queue).channel)];
  }
  return used;
}

bool Ledger::rings_at(const Entry& entry, AgentHandle agent) {
  return std::any_of(entry.offers.begin(), entry.offers.end(),
                     [&](const auto& offer) { return offer.second.agent == agent; });
}

void Ledger::note_answer(AgentHandle agent) {
  Desk& desk = desks_.at(agent);
  if (desk.one_by_one > 0) --desk.one_by_one;
}

bool Ledger::takes_units(const Entry& entry) const {
  if (entry.state == ContactState::kHeld) return queues_.at(entry.queue).channel == Channel::kVoice;
  return in_hand(entry.state);
}

const PolicySpec& Ledger::policy_of(const Entry& entry) const { return policies_.at(queues_.at(entry.queue).policy); }

bool Ledger::accepts_by_itself(ContactId contact) const {
  const auto found = contacts_.find(contact);
  return found != contacts_.end() && policy_of(found->second).auto_accept;
}

}  // namespace muster::simulator
