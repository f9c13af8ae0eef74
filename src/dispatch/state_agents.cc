#include "rules.h"
#include "state.h"

// What events about sessions and presence make of the state, and the ledger of agents' units.
namespace muster::dispatch {

void State::take_units(Agent& agent, Channel channel) {
  agent.used_units += units_of(channel);
  ++agent.channel_contacts[raw(channel)];
}

void State::release_units(Agent& agent, Channel channel) {
  agent.used_units -= units_of(channel);
  --agent.channel_contacts[raw(channel)];
}

// The price of a channel may have changed while contacts were in hand.
void State::recount_units(Agent& agent) {
  agent.used_units = 0;
  agent.channel_contacts = {};
  const auto count = [&](ContactId id) {
    const Contact& contact = contacts_.find(id)->contact;
    const Channel channel = queue_of(contact).channel;
    if (takes_units(contact.state, channel)) take_units(agent, channel);
  };
  for (const OfferId offer : agent.offers) count(offers_.find(offer)->contact);
  for (const ContactId contact : agent.contacts) count(contact);
}

void State::touch(Agent& agent) {
  agent.idle_since = last_time_;
  agent.idle_order = last_sequence_;
}

void State::note_answer(Agent& agent) {
  if (agent.ramp_up > 0) --agent.ramp_up;
}

void State::refresh(AgentRecord& record, bool more) {
  const bool was_ready = record.load != Load::kNotReady;
  agent_index_.update(record);
  timers_.set(record.timer, raw(record.agent.handle), dispatch::next_deadline(record.agent, settings_));
  const bool ready = record.load != Load::kNotReady;
  if (ready && (!was_ready || more) && !record.about_to_choose) {
    record.about_to_choose = true;
    openings_->agents.push_back(&record);
  }
  if (!record.about_to_choose) agent_index_.seat(record);
  if (more && !ready && record.agent.interrupted > 0) openings_->returning.push_back(&record);
  const bool works = record.agent.active != PerChannel<std::uint16_t>{};
  if (works && !record.interruptible && settings_.interrupts != PerChannel<ChannelSet>{}) {
    record.interruptible = true;
    openings_->interruptible.push_back(&record);
  }
}

void State::forget(Openings& openings) {
  for (const ContactId id : openings.contacts) {
    ContactRecord* record = contacts_.find(id);
    if (record && record->contact.state == ContactState::kQueued) line_up(*record);
  }
  openings.contacts.clear();
  for (AgentRecord* agent : openings.agents) seat_chooser(*agent);
  openings.agents.clear();
  openings.returning.clear();
  for (AgentRecord* agent : openings.interruptible) agent->interruptible = false;
  openings.interruptible.clear();
}

void State::seat_chooser(AgentRecord& record) {
  record.about_to_choose = false;
  agent_index_.seat(record);
}

// Nothing says yet that they are for others too.
void State::reconsider_preferring(AgentHandle agent) {
  for (const WaitingClass* group : waiting_.for_agent(agent)) {
    for (const auto* place = group->line.first(); place; place = place->next()) {
      openings_->contacts.push_back(place->value->contact.id);
    }
  }
}

void State::lose(AgentRecord& record) {
  record.agent.connected = false;
  record.agent.lost_at = last_time_;
  refresh(record, false);
}

bool State::on(const SessionOpened& event) {
  AgentRecord* record = agents_.find(event.agent);
  if (!record) return false;
  Agent& agent = record->agent;
  if (event.resumed) {
    if (agent.session != event.session) return false;
  } else {
    if (agent.session != SessionId::kNone || raw(event.session) != last_session_ + 1) return false;
    last_session_ = raw(event.session);
    agent.session = event.session;
    agent.signed_on_at = last_time_;
    agent.accepted = 0;
    sessions_.add(raw(event.session), record);
  }
  agent.connected = true;
  agent.lost_at = {};
  refresh(*record, false);
  return true;
}

bool State::on(const SessionLost& event) {
  AgentRecord* record = agents_.find(event.agent);
  if (!record || record->agent.session != event.session || !record->agent.connected) return false;
  lose(*record);
  return true;
}

bool State::on(const SessionEnded& event) {
  AgentRecord* record = agents_.find(event.agent);
  if (!record || event.session == SessionId::kNone || record->agent.session != event.session) return false;
  sessions_.remove(raw(event.session));
  record->agent.session = SessionId::kNone;
  // A session that was lost before stays lost since then: its contacts have waited that long already.
  if (record->agent.connected) {
    lose(*record);
  } else {
    refresh(*record, false);
  }
  reconsider_preferring(event.agent);
  return true;
}

bool State::on(const PresenceChanged& event) {
  AgentRecord* record = agents_.find(event.agent);
  if (!record || event.presence < Presence::kOffline || event.presence > Presence::kSuspended) return false;
  if (event.next.presence > Presence::kBreak) return false;
  Agent& agent = record->agent;
  if (agent.presence != event.presence) {
    agent.presence_since = last_time_;
    if (agent.presence == Presence::kOffline) agent.ramp_up = settings_.ramp_up_offers;
    if (event.presence == Presence::kAvailable) touch(agent);
  }
  agent.presence = event.presence;
  agent.presence_reason = event.reason;
  agent.presence_until = event.until;
  agent.misses = event.misses;
  agent.next = event.next;
  refresh(*record, false);
  if (!is_signed_in(agent)) reconsider_preferring(event.agent);
  return true;
}

}  // namespace muster::dispatch
