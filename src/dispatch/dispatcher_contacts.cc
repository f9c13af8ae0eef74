#include <algorithm>

#include "dispatcher.h"
#include "estimator.h"
#include "rules.h"

// Commands about contacts: of those who create them, and of the agents who have them in hand.
namespace muster::dispatch {
namespace {

constexpr Duration kTimeToLiveMax = std::chrono::hours(14 * 24);
/// From the acceptance on, an agent may report for so long that the customer could not be reached.
constexpr Duration kSetupTimeMax = std::chrono::seconds(60);

bool is_before_acceptance(ContactState state) {
  return state == ContactState::kScheduled || state == ContactState::kQueued || state == ContactState::kOffered;
}

Reply wrong_state(ContactState state) {
  Reply reply = refused(Outcome::kContactWrongState);
  reply.contact_state = state;
  return reply;
}

}  // namespace

bool Engine::Impl::exists_for_tenant(const QueueSpec& queue) const {
  return tenant_.empty() || queue.tenant == tenant_;
}

const QueueRecord* Engine::Impl::queue_named(const std::string& id) const {
  const QueueRecord* record = state.queues().find(std::string_view(id));
  return record && exists_for_tenant(record->queue.spec) ? record : nullptr;
}

const ContactRecord* Engine::Impl::contact_named(ContactId id) const {
  const ContactRecord* record = state.contacts().find(id);
  return record && exists_for_tenant(state.queue_of(record->contact)) ? record : nullptr;
}

// Whose a contact was that has ended is not known here any more.
Reply Engine::Impl::no_contact(ContactId contact) const {
  const bool ended = tenant_.empty() && contact != ContactId::kNone && raw(contact) <= state.last_contact();
  return ended ? wrong_state({}) : refused(Outcome::kContactNotFound);
}

Reply Engine::Impl::on(const CreateContact& command) {
  const QueueRecord* queue = queue_named(command.queue);
  if (!queue) return refused(Outcome::kQueueNotFound, command.queue);
  if (state.contacts().size() >= kLiveContactsMax) return refused(Outcome::kContactLimit);
  ContactCreated event;
  std::string missing;
  if (!resolve(command.requirements, event.requirements, missing)) return refused(Outcome::kSkillNotFound, missing);
  for (const std::string& id : command.excluded_agents) {
    const AgentRecord* agent = state.agents().find(std::string_view(id));
    if (!agent) return refused(Outcome::kAgentNotFound, id);
    event.excluded.push_back(agent->agent.handle);
  }
  std::sort(event.excluded.begin(), event.excluded.end());
  event.excluded.erase(std::unique(event.excluded.begin(), event.excluded.end()), event.excluded.end());
  event.contact = ContactId{state.last_contact() + 1};
  event.queue = queue->queue.handle;
  event.priority = command.priority;
  event.details = command.details;
  event.due = std::max(now_, command.due.value_or(now_));
  event.expires = event.due + std::min(command.time_to_live.value_or(queue->queue.spec.time_to_live), kTimeToLiveMax);
  if (!command.preferred_agent.empty()) {
    const AgentRecord* preferred = state.agents().find(std::string_view(command.preferred_agent));
    if (!preferred) return refused(Outcome::kAgentNotFound, command.preferred_agent);
    event.preferred = preferred->agent.handle;
    event.preferred_until =
        event.due + state.policies().find(queue->queue.spec.policy)->policy.spec.preferred_agent_wait;
  }
  if (event.due == now_) {
    const Arrival arrival{event.queue, event.priority, event.requirements};
    event.estimated_wait = estimate_to_keep(state, event.contact, arrival, now_);
  }
  const ContactId id = event.contact;
  emit(std::move(event));
  return done(raw(id));
}

Reply Engine::Impl::on(const EndContact& command) {
  const ContactRecord* record = contact_named(command.contact);
  if (!record) return no_contact(command.contact);
  const Contact& contact = record->contact;
  if (command.state != ContactState::kCancelled && !is_before_acceptance(contact.state)) {
    return wrong_state(contact.state);
  }
  withdraw_offers(contact, command.reason);
  const Duration waited = std::max(Duration{0}, now_ - contact.due);
  emit(ContactEnded{contact.id, contact.queue, contact.agent, command.state, waited, command.reason});
  return {};
}

Reply Engine::Impl::on(const TransferContact& command) {
  const ContactRecord* record = contact_named(command.contact);
  if (!record) return no_contact(command.contact);
  return transfer(record->contact, command.queue, command.reason);
}

Reply Engine::Impl::on(const PrioritizeContact& command) {
  const ContactRecord* record = contact_named(command.contact);
  if (!record) return no_contact(command.contact);
  const Contact& contact = record->contact;
  if (!is_before_acceptance(contact.state)) return wrong_state(contact.state);
  emit(ContactPrioritySet{contact.id, contact.queue, command.priority});
  return {};
}

// Taken from whom it rings at, unless that is the agent named alone. One who is busy gets it when free.
Reply Engine::Impl::on(const AssignContact& command) {
  const ContactRecord* record = contact_named(command.contact);
  if (!record) return no_contact(command.contact);
  const AgentRecord* agent = state.agents().find(std::string_view(command.agent));
  if (!agent) return refused(Outcome::kAgentNotFound, command.agent);
  const Contact& contact = record->contact;
  const bool waits = contact.state == ContactState::kQueued || contact.state == ContactState::kOffered;
  const bool rings_there_alone = contact.agent == agent->agent.handle && contact.further_offers.empty();
  if (!waits || rings_there_alone) return wrong_state(contact.state);
  if (!state.could_be_preferred(contact, agent->agent.handle, now_))
    return refused(Outcome::kAgentUnfit, command.agent);
  withdraw_offers(contact, "assigned");
  const TimePoint until = now_ + command.wait.value_or(state.policy_of(contact).preferred_agent_wait);
  emit(ContactAssigned{contact.id, contact.queue, agent->agent.handle, until, command.reason});
  escalate_if_due(contact);  // it may have been refused by some while it rang on elsewhere
  return {};
}

// The contact is mostly gone by now: what is said of it is taken as it is.
Reply Engine::Impl::on(const RecordContactOutcome& command) {
  const QueueRecord* queue = queue_named(command.queue);
  if (!queue) return refused(Outcome::kQueueNotFound, command.queue);
  if (command.contact == ContactId::kNone || raw(command.contact) > state.last_contact()) {
    return refused(Outcome::kContactNotFound);
  }
  const AgentRecord* agent = state.agents().find(std::string_view(command.agent));
  emit(ContactOutcomeRecorded{command.contact, queue->queue.handle, agent ? agent->agent.handle : AgentHandle::kNone,
                              command.occurred, command.kind, command.value, command.id});
  return {};
}

Reply Engine::Impl::on(const ReturnContact& command) {
  const auto [contact, refusal] =
      contact_in_hand(command.session, command.contact, {ContactState::kActive, ContactState::kHeld});
  return contact ? transfer(*contact, command.queue, command.reason) : refusal;
}

Reply Engine::Impl::transfer(const Contact& contact, const std::string& queue, const std::string& reason) {
  const QueueHandle from = contact.queue;
  const QueueRecord* to = queue.empty() ? state.queues().find(from) : queue_named(queue);
  if (!to) return refused(Outcome::kQueueNotFound, queue);
  if (contact.state == ContactState::kScheduled || contact.state == ContactState::kWrapUp) {
    return wrong_state(contact.state);
  }
  if (to->queue.spec.tenant != state.queue_of(contact).tenant) return refused(Outcome::kTenantMismatch, queue);
  if (to->queue.spec.channel != state.queue_of(contact).channel) return refused(Outcome::kChannelMismatch, queue);
  withdraw_offers(contact, "transferred");
  emit(ContactTransferred{contact.id, from, to->queue.handle, contact.agent, reason});
  escalate_if_due(contact);
  return {};
}

std::pair<const Contact*, Reply> Engine::Impl::contact_in_hand(SessionId session, ContactId id,
                                                               ContactStates states) const {
  const AgentRecord* agent = state.agent_of(session);
  if (!agent) return {nullptr, refused(Outcome::kSessionNotFound)};
  const ContactRecord* record = state.contacts().find(id);
  if (!record) return {nullptr, no_contact(id)};
  const Contact& contact = record->contact;
  if (contact.agent != agent->agent.handle) return {nullptr, refused(Outcome::kContactNotHeld)};
  const bool fits = std::find(states.begin(), states.end(), contact.state) != states.end();
  if (!fits) return {nullptr, wrong_state(contact.state)};
  return {&contact, {}};
}

bool Engine::Impl::can_take_up(const Contact& contact) const {
  const Channel channel = state.queue_of(contact).channel;
  if (takes_units(contact.state, channel)) return true;
  return has_room(state.agents().find(contact.agent)->agent, channel, state.units_of(channel));
}

Reply Engine::Impl::on(const HoldContact& command) {
  const auto [contact, refusal] = contact_in_hand(command.session, command.contact, {ContactState::kActive});
  if (!contact) return refusal;
  emit(ContactHeld{contact->id, contact->queue, contact->agent});
  return {};
}

Reply Engine::Impl::on(const ResumeContact& command) {
  const auto [contact, refusal] = contact_in_hand(command.session, command.contact, {ContactState::kHeld});
  if (!contact) return refusal;
  if (!can_take_up(*contact)) return refused(Outcome::kCapacityExceeded);
  emit(ContactResumed{contact->id, contact->queue, contact->agent});
  return {};
}

Reply Engine::Impl::on(const StartWrapUp& command) {
  const auto [contact, refusal] =
      contact_in_hand(command.session, command.contact, {ContactState::kActive, ContactState::kHeld});
  if (!contact) return refusal;
  const Duration limit = state.queue_of(*contact).wrap_up_limit;
  if (limit > Duration{0}) {
    if (!can_take_up(*contact)) return refused(Outcome::kCapacityExceeded);
    emit(ContactWrapUpStarted{contact->id, contact->queue, contact->agent, now_ + limit});
  } else {
    emit(ContactCompleted{contact->id, contact->queue, contact->agent, ""});
  }
  return {};
}

Reply Engine::Impl::on(const CompleteContact& command) {
  const auto [contact, refusal] = contact_in_hand(command.session, command.contact,
                                                  {ContactState::kActive, ContactState::kHeld, ContactState::kWrapUp});
  if (!contact) return refusal;
  emit(ContactCompleted{contact->id, contact->queue, contact->agent, command.disposition});
  return {};
}

Reply Engine::Impl::on(const ReportSetupFailure& command) {
  const auto [contact, refusal] = contact_in_hand(command.session, command.contact, {ContactState::kActive});
  if (!contact) return refusal;
  // A conversation that began is no failed setup, and would lose its agent by this.
  const bool began = contact->offer == OfferId::kNone || now_ > contact->state_since + kSetupTimeMax;
  if (began) return wrong_state(contact->state);
  emit(ContactRequeued{contact->id, contact->queue, contact->agent, contact->offer, command.reason});
  escalate_if_due(*contact);
  return {};
}

}  // namespace muster::dispatch
