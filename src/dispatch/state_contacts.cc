#include <algorithm>
#include <optional>

#include "pace.h"
#include "pools.h"
#include "rules.h"
#include "state.h"

// What events about contacts and offers make of the state.
namespace muster::dispatch {

ContactRecord* State::find(ContactId contact, QueueHandle queue, AgentHandle agent) {
  ContactRecord* record = contacts_.find(contact);
  if (!record || record->contact.queue != queue || record->contact.agent != agent) return nullptr;
  return record;
}

ContactRecord* State::find_in_hand(ContactId contact, QueueHandle queue, AgentHandle agent) {
  ContactRecord* record = find(contact, queue, agent);
  return record && in_hand(record->contact.state) ? record : nullptr;
}

ContactRecord* State::find_offered(ContactId contact, QueueHandle queue, OfferId offer, AgentHandle agent) {
  ContactRecord* record = contacts_.find(contact);
  const Offer* open = offers_.find(offer);
  if (!record || record->contact.queue != queue) return nullptr;
  return open && open->contact == contact && open->agent == agent ? record : nullptr;
}

void State::count_busy(Contact& contact) {
  QueueRecord& queue = *queues_.find(contact.queue);
  if (takes_units(contact.state, queue.queue.spec.channel)) {
    note_busy(queue.queue.pace, contact.state, last_time_ - contact.state_since);
  }
  contact.state_since = last_time_;
}

void State::count_in_hand(Agent& agent, const Contact& contact, int sign) const {
  std::uint16_t& active = agent.active[raw(queue_of(contact).channel)];
  if (contact.state == ContactState::kActive) active = static_cast<std::uint16_t>(active + sign);
  if (contact.interrupted) agent.interrupted = static_cast<std::uint16_t>(agent.interrupted + sign);
}

void State::enter(ContactRecord& record, ContactState state) {
  Contact& contact = record.contact;
  count_busy(contact);
  AgentRecord* holder = agents_.find(contact.agent);
  if (holder) count_in_hand(holder->agent, contact, -1);
  contact.state = state;
  contact.interrupted = false;
  if (holder) count_in_hand(holder->agent, contact, +1);
}

void State::line_up(ContactRecord& record) {
  if (record.waiting_class) return;
  const Contact& contact = record.contact;
  WaitingClass& group = waiting_.class_for(key_of(contact));
  waiting_.join(record, group, rank_of(contact, policy_of(contact), queue_of(contact)), agent_index_);
}

void State::catch_up(QueueRecord& queue) {
  if (queue.queue.spec.share == 0 || settings_.queue_order != QueueOrder::kShare) return;
  std::optional<std::uint64_t> least;
  std::uint64_t most = 0;
  queues_.for_each([&](const QueueRecord& other) {
    if (&other == &queue || other.queue.spec.share == 0) return;
    most = std::max(most, other.queue.served);
    if (other.waiting > 0) least = std::min(least.value_or(other.queue.served), other.queue.served);
  });
  // If nobody waits elsewhere, nobody has been passed over either.
  queue.queue.served = std::max(queue.queue.served, least.value_or(most));
}

void State::count_waiting(QueueRecord& queue) {
  if (++queue.waiting == 1) watch_pools(queue);
}

void State::start_waiting(ContactRecord& record) {
  enter(record, ContactState::kQueued);
  QueueRecord& queue = *queues_.find(record.contact.queue);
  count_waiting(queue);
  if (queue.waiting == 1) catch_up(queue);
  schedule(record);
  openings_->contacts.push_back(record.contact.id);
}

void State::stop_waiting(ContactRecord& record) {
  if (record.contact.state != ContactState::kQueued) return;
  if (record.waiting_class) waiting_.leave(record);
  QueueRecord& queue = *queues_.find(record.contact.queue);
  if (--queue.waiting == 0) watch_pools(queue);
}

void State::reindex(ContactRecord& record) {
  if (record.waiting_class) {
    waiting_.leave(record);
    line_up(record);
  }
  schedule(record);
}

void State::reconsider(ContactRecord& record) {
  Contact& contact = record.contact;
  const auto last_step = static_cast<std::uint16_t>(policy_of(contact).steps.size() - 1);
  contact.step = std::min(contact.step, last_step);
  if (contact.state != ContactState::kQueued) return;
  reindex(record);
  openings_->contacts.push_back(contact.id);
}

void State::end(ContactRecord& record) {
  const Contact& contact = record.contact;
  stop_waiting(record);
  timers_.stop(record.timer);
  use_skills(contact.requirements, false);
  for (const AgentHandle agent : contact.excluded) --agents_.find(agent)->exclusions;
  --queues_.find(contact.queue)->queue.live_contacts;
  contacts_.remove(contact.id);
}

void State::leave_hand(ContactRecord& record, bool handled) {
  Contact& contact = record.contact;
  count_busy(contact);
  if (handled) note_handled(queues_.find(contact.queue)->queue.pace);
  AgentRecord& holder = *agents_.find(contact.agent);
  const Channel channel = queue_of(contact).channel;
  if (takes_units(contact.state, channel)) release_units(holder.agent, channel);
  count_in_hand(holder.agent, contact, -1);
  contact.interrupted = false;
  std::erase(holder.agent.contacts, contact.id);
  contact.agent = AgentHandle::kNone;
  contact.offer = OfferId::kNone;
  touch(holder.agent);
  refresh(holder, true);
}

// What the agent did since, and what else rings since, stay as they are.
void State::unmake(Agent& agent, const Offer& offer) {
  const auto take_back = [&](TimePoint& idle_since, std::uint64_t& idle_order) {
    if (idle_order != offer.sequence) return;
    idle_since = offer.idle_since;
    idle_order = offer.idle_order;
  };
  take_back(agent.idle_since, agent.idle_order);
  for (const OfferId id : agent.offers) {
    Offer& other = *offers_.find(id);
    take_back(other.idle_since, other.idle_order);
  }
}

void State::strike_offer(Contact& contact, OfferId offer) {
  offers_.remove(offer);
  std::vector<OfferId>& further = contact.further_offers;
  if (contact.offer != offer) {
    std::erase(further, offer);
    return;
  }
  contact.offer = further.empty() ? OfferId::kNone : further.front();
  contact.agent = further.empty() ? AgentHandle::kNone : offers_.find(contact.offer)->agent;
  if (!further.empty()) further.erase(further.begin());
}

void State::refuse(Contact& contact, AgentHandle agent, bool declined) {
  note_refusal(contact, agent, last_time_, policy_of(contact).refusal_cool_down, declined);
  if (contact.refusal_count < UINT16_MAX) ++contact.refusal_count;
}

// What was in an agent's hands gets its queue's time to live anew: it may be older than that.
void State::stay_anew(ContactRecord& record) {
  Contact& contact = record.contact;
  contact.expires = std::max(contact.expires, last_time_ + queue_of(contact).time_to_live);
}

void State::note_ended_wait(QueueRecord& record, Duration waited, ContactState into) {
  Queue& queue = record.queue;
  const bool answered = into == ContactState::kActive;
  const bool abandoned = into == ContactState::kAbandoned;
  note_waited(queue.pace, waited, abandoned);
  if (answered || abandoned)
    note_ended(queue.recent, answered && waited <= queue.spec.service_level_target, last_time_);
}

void State::keep_estimate(Contact& contact, Duration wait) {
  contact.estimated_wait = wait;
  if (wait > Duration{0}) last_estimate_ = last_time_;
}

bool State::on(const ContactCreated& event) {
  QueueRecord* queue = queues_.find(event.queue);
  if (raw(event.contact) != last_contact_ + 1 || !queue || !event.details) return false;
  if (!known_skills(event.requirements) || !known_agents(event.excluded)) return false;
  if (event.preferred != AgentHandle::kNone && !agents_.find(event.preferred)) return false;
  last_contact_ = raw(event.contact);
  ++queue->queue.live_contacts;
  use_skills(event.requirements, true);
  for (const AgentHandle agent : event.excluded) ++agents_.find(agent)->exclusions;
  ContactRecord& record = contacts_.add(event.contact);
  Contact& contact = record.contact;
  contact.id = event.contact;
  contact.queue = event.queue;
  contact.priority = event.priority;
  contact.requirements = event.requirements;
  contact.excluded = event.excluded;
  contact.details = event.details;
  contact.created = last_time_;
  contact.due = event.due;
  contact.expires = event.expires;
  contact.preferred = event.preferred;
  contact.preferred_until = event.preferred_until;
  keep_estimate(contact, event.estimated_wait);
  if (event.due > last_time_) {
    enter(record, ContactState::kScheduled);
    schedule(record);
  } else {
    start_waiting(record);
  }
  return true;
}

bool State::on(const ContactQueued& event) {
  ContactRecord* record = find(event.contact, event.queue, AgentHandle::kNone);
  if (!record || record->contact.state != ContactState::kScheduled) return false;
  keep_estimate(record->contact, event.estimated_wait);
  start_waiting(*record);
  return true;
}

bool State::on(const ContactStepChanged& event) {
  ContactRecord* record = contacts_.find(event.contact);
  if (!record || record->contact.queue != event.queue) return false;
  Contact& contact = record->contact;
  if (contact.state != ContactState::kQueued && contact.state != ContactState::kOffered) return false;
  if (event.step >= policy_of(contact).steps.size()) return false;
  contact.step = event.step;
  if (contact.state == ContactState::kQueued) reindex(*record);
  return true;
}

bool State::on(const ContactEscalated& event) {
  ContactRecord* record = find(event.contact, event.queue, AgentHandle::kNone);
  if (!record || record->contact.state != ContactState::kQueued) return false;
  record->contact.escalated = true;
  record->contact.priority = event.priority;
  reindex(*record);
  return true;
}

bool State::on(const ContactPrioritySet& event) {
  ContactRecord* record = contacts_.find(event.contact);
  if (!record || record->contact.queue != event.queue || in_hand(record->contact.state)) return false;
  record->contact.priority = event.priority;
  if (record->contact.state == ContactState::kQueued) reindex(*record);
  return true;
}

bool State::on(const ContactStarving& event) {
  ContactRecord* record = find(event.contact, event.queue, AgentHandle::kNone);
  if (!record || record->contact.state != ContactState::kQueued || record->contact.starving) return false;
  record->contact.starving = true;
  reindex(*record);
  // A cool-down may have ended since the moment it was about: that is looked at with it.
  openings_->contacts.push_back(event.contact);
  return true;
}

bool State::on(const ContactAssigned& event) {
  ContactRecord* record = find(event.contact, event.queue, AgentHandle::kNone);
  if (!record || record->contact.state != ContactState::kQueued || !agents_.find(event.preferred)) return false;
  record->contact.preferred = event.preferred;
  record->contact.preferred_until = event.until;
  reindex(*record);
  openings_->contacts.push_back(event.contact);
  return true;
}

bool State::on(const ContactOutcomeRecorded& event) {
  return queues_.find(event.queue) && raw(event.contact) <= last_contact_;
}

bool State::on(const ContactReleased& event) {
  ContactRecord* record = find(event.contact, event.queue, AgentHandle::kNone);
  if (!record || record->contact.state != ContactState::kQueued) return false;
  if (event.preferred == AgentHandle::kNone || record->contact.preferred != event.preferred) return false;
  record->contact.preferred = AgentHandle::kNone;
  record->contact.preferred_until = {};
  reindex(*record);
  openings_->contacts.push_back(event.contact);
  return true;
}

bool State::on(const OfferMade& event) {
  ContactRecord* record = contacts_.find(event.contact);
  AgentRecord* to = agents_.find(event.agent);
  if (!record || record->contact.queue != event.queue || !to) return false;
  Contact& contact = record->contact;
  const bool rings = contact.state == ContactState::kOffered;
  if (rings ? rings_at(contact, to->agent) : contact.state != ContactState::kQueued) return false;
  if (raw(event.offer) != last_offer_ + 1) return false;
  last_offer_ = raw(event.offer);
  offers_.add(event.offer) = {event.offer,    event.contact,        event.agent,
                              last_time_,     event.expires,        event.explanation,
                              last_sequence_, to->agent.idle_since, to->agent.idle_order};
  to->agent.offers.push_back(event.offer);
  take_units(to->agent, queue_of(contact).channel);
  if (rings) {
    contact.further_offers.push_back(event.offer);
  } else {
    stop_waiting(*record);
    contact.agent = event.agent;
    contact.offer = event.offer;
    enter(*record, ContactState::kOffered);
    schedule(*record);
    Queue& queue = queues_.find(event.queue)->queue;
    if (counts_turns(queue)) queue.served += cost_of_turn(queue.spec);
  }
  touch(to->agent);
  refresh(*to, false);
  return true;
}

bool State::on(const OfferAccepted& event) {
  ContactRecord* record = find_offered(event.contact, event.queue, event.offer, event.agent);
  if (!record || !record->contact.further_offers.empty()) return false;
  Contact& contact = record->contact;
  AgentRecord& holder = *agents_.find(event.agent);
  offers_.remove(event.offer);
  std::erase(holder.agent.offers, event.offer);
  holder.agent.contacts.push_back(contact.id);
  if (holder.agent.misses > 0) --holder.agent.misses;
  ++holder.agent.accepted;
  note_answer(holder.agent);
  if (!contact.answered) {
    contact.answered_at = last_time_;
    note_ended_wait(*queues_.find(contact.queue), event.waited, ContactState::kActive);
  }
  contact.answered = true;
  contact.at_front = false;
  contact.starving = false;
  contact.last_agent = event.agent;
  contact.preferred = AgentHandle::kNone;
  contact.preferred_until = {};
  enter(*record, ContactState::kActive);
  schedule(*record);
  touch(holder.agent);
  refresh(holder, false);
  return true;
}

bool State::on(const OfferEnded& event) {
  ContactRecord* record = find_offered(event.contact, event.queue, event.offer, event.agent);
  if (!record || event.rings_on == record->contact.further_offers.empty()) return false;
  const bool refused = event.state == OfferState::kDeclined || event.state == OfferState::kTimedOut;
  const bool taken_back = event.state == OfferState::kWithdrawn || event.state == OfferState::kRescinded ||
                          event.state == OfferState::kRevoked;
  if (!refused && !taken_back) return false;
  Contact& contact = record->contact;
  Agent& agent = agents_.find(event.agent)->agent;
  if (taken_back) {
    unmake(agent, *offers_.find(event.offer));
  } else {
    note_answer(agent);
    touch(agent);
  }
  strike_offer(contact, event.offer);
  std::erase(agent.offers, event.offer);
  release_units(agent, queue_of(contact).channel);
  refresh(*agents_.find(event.agent), true);
  if (refused) refuse(contact, event.agent, event.state == OfferState::kDeclined);
  if (event.rings_on) return true;

  Queue& queue = queues_.find(event.queue)->queue;
  if (counts_turns(queue)) queue.served -= std::min(queue.served, cost_of_turn(queue.spec));
  start_waiting(*record);
  return true;
}

bool State::on(const ContactHeld& event) {
  ContactRecord* record = find(event.contact, event.queue, event.agent);
  if (!record || record->contact.state != ContactState::kActive) return false;
  const Channel channel = queue_of(record->contact).channel;
  AgentRecord& holder = *agents_.find(event.agent);
  record->contact.offer = OfferId::kNone;  // its setup did not fail
  enter(*record, ContactState::kHeld);
  if (!takes_units(ContactState::kHeld, channel)) release_units(holder.agent, channel);
  if (event.interrupted) {
    record->contact.interrupted = true;
    ++holder.agent.interrupted;
  } else {
    touch(holder.agent);
  }
  refresh(holder, true);
  return true;
}

bool State::on(const ContactResumed& event) {
  ContactRecord* record = find(event.contact, event.queue, event.agent);
  if (!record || record->contact.state != ContactState::kHeld) return false;
  const Channel channel = queue_of(record->contact).channel;
  AgentRecord& holder = *agents_.find(event.agent);
  if (!takes_units(ContactState::kHeld, channel)) take_units(holder.agent, channel);
  // What was interrupted comes back by itself: the agent did nothing, as when it was put aside.
  const bool by_itself = record->contact.interrupted;
  enter(*record, ContactState::kActive);
  if (!by_itself) touch(holder.agent);
  refresh(holder, false);
  return true;
}

bool State::on(const ContactTransferred& event) {
  ContactRecord* record = find(event.contact, event.from, event.agent);
  QueueRecord* to = queues_.find(event.queue);
  if (!record || !to) return false;
  Contact& contact = record->contact;
  const bool held = contact.state == ContactState::kActive || contact.state == ContactState::kHeld;
  if (!held && contact.state != ContactState::kQueued) return false;
  if (queue_of(contact).channel != to->queue.spec.channel) return false;
  if (queue_of(contact).tenant != to->queue.spec.tenant) return false;
  if (held) {
    leave_hand(*record, true);
  } else {
    stop_waiting(*record);
  }
  --queues_.find(event.from)->queue.live_contacts;
  ++to->queue.live_contacts;
  contact.queue = event.queue;
  contact.estimated_wait = {};
  contact.step = 0;
  contact.preferred = AgentHandle::kNone;
  contact.preferred_until = {};
  if (held) {
    note_refusal(contact, event.agent, last_time_, policy_of(contact).refusal_cool_down, false);
    stay_anew(*record);
  }
  start_waiting(*record);
  return true;
}

bool State::on(const ContactRequeued& event) {
  ContactRecord* record = find_in_hand(event.contact, event.queue, event.agent);
  if (!record) return false;
  Contact& contact = record->contact;
  const bool setup_failed = event.failed_offer != OfferId::kNone;
  if (setup_failed && event.failed_offer != contact.offer) return false;
  if (setup_failed && contact.answered_at == contact.state_since) {  // that was the first acceptance, and no answer
    contact.answered = false;
    contact.answered_at = {};
  }
  leave_hand(*record, !setup_failed);
  contact.at_front = true;
  if (setup_failed) {
    refuse(contact, event.agent, false);
  } else {
    stay_anew(*record);
  }
  start_waiting(*record);
  return true;
}

bool State::on(const ContactWrapUpStarted& event) {
  ContactRecord* record = find_in_hand(event.contact, event.queue, event.agent);
  if (!record || record->contact.state == ContactState::kWrapUp) return false;
  const Channel channel = queue_of(record->contact).channel;
  AgentRecord& holder = *agents_.find(event.agent);
  if (!takes_units(record->contact.state, channel)) take_units(holder.agent, channel);
  record->contact.wrap_up_until = event.until;
  enter(*record, ContactState::kWrapUp);
  schedule(*record);
  touch(holder.agent);
  refresh(holder, false);
  return true;
}

bool State::on(const ContactCompleted& event) {
  ContactRecord* record = find_in_hand(event.contact, event.queue, event.agent);
  if (!record) return false;
  leave_hand(*record, true);
  end(*record);
  return true;
}

bool State::on(const ContactEnded& event) {
  ContactRecord* record = find(event.contact, event.queue, event.agent);
  if (!record || record->contact.state == ContactState::kOffered) return false;
  const Contact& contact = record->contact;
  if (in_hand(contact.state)) {
    leave_hand(*record, true);
  } else if (contact.state == ContactState::kQueued && !contact.answered) {
    note_ended_wait(*queues_.find(contact.queue), event.waited, event.state);
  }
  end(*record);
  return true;
}

}  // namespace muster::dispatch
