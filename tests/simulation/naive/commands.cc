#include <algorithm>

#include "engine.h"

// Commands about contacts, offers, sessions and presence.
namespace muster::dispatch {

using namespace naive;

namespace {

constexpr Duration kTimeToLiveMax = std::chrono::hours(14 * 24);
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

const Agent* NaiveEngine::agent_of(SessionId session) const {
  for (const auto& [_, agent] : facts_.agents) {
    if (session != SessionId::kNone && agent.session == session) return &agent;
  }
  return nullptr;
}

const Queue* NaiveEngine::queue_of_tenant(const std::string& id) const {
  const Queue* queue = named(facts_.queues, id);
  return queue && !tenant_.empty() && queue->spec.tenant != tenant_ ? nullptr : queue;
}

const Contact* NaiveEngine::contact_of_tenant(ContactId id) const {
  const Contact* contact = find(facts_.contacts, id);
  if (!contact || tenant_.empty() || facts_.queue_of(*contact).spec.tenant == tenant_) return contact;
  return nullptr;
}

Reply NaiveEngine::no_contact(ContactId id) const {
  const bool ended = tenant_.empty() && id != ContactId::kNone && raw(id) <= facts_.last_contact;
  return ended ? wrong_state({}) : refused(Outcome::kContactNotFound);
}

Reply NaiveEngine::on(const CreateContact& command) {
  const Queue* queue = queue_of_tenant(command.queue);
  if (!queue) return refused(Outcome::kQueueNotFound, command.queue);
  if (facts_.contacts.size() >= Engine::kLiveContactsMax) return refused(Outcome::kContactLimit);
  ContactCreated event;
  Reply reply = resolve(facts_, command.requirements, event.requirements);
  if (!reply.ok()) return reply;
  std::set<AgentHandle> excluded;
  for (const std::string& id : command.excluded_agents) {
    const Agent* agent = named(facts_.agents, id);
    if (!agent) return refused(Outcome::kAgentNotFound, id);
    excluded.insert(agent->handle);
  }
  event.excluded.assign(excluded.begin(), excluded.end());
  event.contact = ContactId{facts_.last_contact + 1};
  event.queue = queue->handle;
  event.priority = command.priority;
  event.details = command.details;
  event.due = std::max(now_, command.due.value_or(now_));
  event.expires = event.due + std::min(command.time_to_live.value_or(queue->spec.time_to_live), kTimeToLiveMax);
  if (!command.preferred_agent.empty()) {
    const Agent* preferred = named(facts_.agents, command.preferred_agent);
    if (!preferred) return refused(Outcome::kAgentNotFound, command.preferred_agent);
    event.preferred = preferred->handle;
    event.preferred_until = event.due + facts_.policy_of(*queue).preferred_agent_wait;
  }
  const auto* told = told_next<ContactCreated>();
  if (told && event.due == now_) event.estimated_wait = told->estimated_wait;
  const ContactId id = event.contact;
  emit(std::move(event));
  return done(raw(id));
}

Reply NaiveEngine::on(const EndContact& command) {
  const Contact* contact = contact_of_tenant(command.contact);
  if (!contact) return no_contact(command.contact);
  if (command.state != ContactState::kCancelled && !is_before_acceptance(contact->state)) {
    return wrong_state(contact->state);
  }
  withdraw_offers(contact->id, command.reason);
  const Duration waited = std::max(Duration{0}, now_ - contact->due);
  emit(ContactEnded{contact->id, contact->queue, contact->agent, command.state, waited, command.reason});
  return {};
}

Reply NaiveEngine::on(const TransferContact& command) {
  const Contact* contact = contact_of_tenant(command.contact);
  return contact ? transfer(*contact, command.queue, command.reason) : no_contact(command.contact);
}

Reply NaiveEngine::transfer(const Contact& contact, const std::string& queue, const std::string& reason) {
  const Queue* from = find(facts_.queues, contact.queue);
  const Queue* to = queue.empty() ? from : queue_of_tenant(queue);
  if (!to) return refused(Outcome::kQueueNotFound, queue);
  if (contact.state == ContactState::kScheduled || contact.state == ContactState::kWrapUp) {
    return wrong_state(contact.state);
  }
  if (to->spec.tenant != from->spec.tenant) return refused(Outcome::kTenantMismatch, queue);
  if (to->spec.channel != from->spec.channel) return refused(Outcome::kChannelMismatch, queue);
  withdraw_offers(contact.id, "transferred");
  emit(ContactTransferred{contact.id, from->handle, to->handle, contact.agent, reason});
  escalate_if_due(contact.id);
  return {};
}

Reply NaiveEngine::on(const PrioritizeContact& command) {
  const Contact* contact = contact_of_tenant(command.contact);
  if (!contact) return no_contact(command.contact);
  if (!is_before_acceptance(contact->state)) return wrong_state(contact->state);
  emit(ContactPrioritySet{contact->id, contact->queue, command.priority});
  return {};
}

Reply NaiveEngine::on(const AssignContact& command) {
  const Contact* contact = contact_of_tenant(command.contact);
  if (!contact) return no_contact(command.contact);
  const Agent* agent = named(facts_.agents, command.agent);
  if (!agent) return refused(Outcome::kAgentNotFound, command.agent);
  const bool waits = contact->state == ContactState::kQueued || contact->state == ContactState::kOffered;
  const bool rings_there_alone = contact->agent == agent->handle && contact->further_offers.empty();
  if (!waits || rings_there_alone) return wrong_state(contact->state);
  if (!could_be_preferred(facts_, *contact, agent->handle, now_)) return refused(Outcome::kAgentUnfit, command.agent);
  withdraw_offers(contact->id, "assigned");
  const TimePoint until = now_ + command.wait.value_or(facts_.policy_of(*contact).preferred_agent_wait);
  emit(ContactAssigned{contact->id, contact->queue, agent->handle, until, command.reason});
  escalate_if_due(contact->id);
  return {};
}

Reply NaiveEngine::on(const RecordContactOutcome& command) {
  const Queue* queue = queue_of_tenant(command.queue);
  if (!queue) return refused(Outcome::kQueueNotFound, command.queue);
  if (raw(command.contact) == 0 || raw(command.contact) > facts_.last_contact) {
    return refused(Outcome::kContactNotFound);
  }
  const Agent* agent = named(facts_.agents, command.agent);
  emit(ContactOutcomeRecorded{command.contact, queue->handle, agent ? agent->handle : AgentHandle::kNone,
                              command.occurred, command.kind, command.value, command.id});
  return {};
}

// Contacts in hand.
std::pair<const Contact*, Reply> NaiveEngine::contact_in_hand(SessionId session, ContactId id,
                                                              ContactStates states) const {
  const Agent* agent = agent_of(session);
  if (!agent) return {nullptr, refused(Outcome::kSessionNotFound)};
  const Contact* contact = find(facts_.contacts, id);
  if (!contact) return {nullptr, no_contact(id)};
  if (contact->agent != agent->handle) return {nullptr, refused(Outcome::kContactNotHeld)};
  const bool fits = std::find(states.begin(), states.end(), contact->state) != states.end();
  if (!fits) return {nullptr, wrong_state(contact->state)};
  return {contact, {}};
}

bool NaiveEngine::can_take_up(const Contact& contact) const {
  const Channel channel = facts_.queue_of(contact).spec.channel;
  return takes_units(contact.state, channel) || has_room(facts_, facts_.agents.at(contact.agent), channel);
}

Reply NaiveEngine::on(const HoldContact& command) {
  const auto [contact, refusal] = contact_in_hand(command.session, command.contact, {ContactState::kActive});
  if (!contact) return refusal;
  emit(ContactHeld{contact->id, contact->queue, contact->agent});
  return {};
}

Reply NaiveEngine::on(const ResumeContact& command) {
  const auto [contact, refusal] = contact_in_hand(command.session, command.contact, {ContactState::kHeld});
  if (!contact) return refusal;
  if (!can_take_up(*contact)) return refused(Outcome::kCapacityExceeded);
  emit(ContactResumed{contact->id, contact->queue, contact->agent});
  return {};
}

Reply NaiveEngine::on(const StartWrapUp& command) {
  const auto [contact, refusal] =
      contact_in_hand(command.session, command.contact, {ContactState::kActive, ContactState::kHeld});
  if (!contact) return refusal;
  const Duration limit = facts_.queue_of(*contact).spec.wrap_up_limit;
  if (limit == Duration{0}) {
    emit(ContactCompleted{contact->id, contact->queue, contact->agent, ""});
    return {};
  }
  if (!can_take_up(*contact)) return refused(Outcome::kCapacityExceeded);
  emit(ContactWrapUpStarted{contact->id, contact->queue, contact->agent, now_ + limit});
  return {};
}

Reply NaiveEngine::on(const CompleteContact& command) {
  const auto [contact, refusal] = contact_in_hand(command.session, command.contact,
                                                  {ContactState::kActive, ContactState::kHeld, ContactState::kWrapUp});
  if (!contact) return refusal;
  emit(ContactCompleted{contact->id, contact->queue, contact->agent, command.disposition});
  return {};
}

Reply NaiveEngine::on(const ReturnContact& command) {
  const auto [contact, refusal] =
      contact_in_hand(command.session, command.contact, {ContactState::kActive, ContactState::kHeld});
  return contact ? transfer(*contact, command.queue, command.reason) : refusal;
}

// Only before the conversation began: within a minute, and before any hold.
Reply NaiveEngine::on(const ReportSetupFailure& command) {
  const auto [contact, refusal] = contact_in_hand(command.session, command.contact, {ContactState::kActive});
  if (!contact) return refusal;
  const bool began = contact->offer == OfferId::kNone || now_ > contact->state_since + kSetupTimeMax;
  if (began) return wrong_state(contact->state);
  emit(ContactRequeued{contact->id, contact->queue, contact->agent, contact->offer, command.reason});
  escalate_if_due(command.contact);
  return {};
}

// Offers.
std::pair<const Offer*, Reply> NaiveEngine::open_offer(SessionId session, OfferId id) const {
  const Agent* agent = agent_of(session);
  if (!agent) return {nullptr, refused(Outcome::kSessionNotFound)};
  const Offer* offer = find(facts_.offers, id);
  if (offer && offer->agent == agent->handle) return {offer, {}};
  const bool ended = !offer && id != OfferId::kNone && raw(id) <= facts_.last_offer;
  return {nullptr, refused(ended ? Outcome::kOfferTaken : Outcome::kOfferNotFound)};
}

Reply NaiveEngine::on(const AcceptOffer& command) {
  const auto [offer, refusal] = open_offer(command.session, command.offer);
  if (!offer) return refusal;
  const Offer accepted = *offer;
  const Contact& contact = facts_.contacts.at(accepted.contact);
  for (const OfferId id : open_offers(contact)) {
    if (id != accepted.id) end_offer(id, OfferState::kRescinded, "taken");
  }
  emit(OfferAccepted{accepted.id, contact.id, contact.queue, accepted.agent, now_ - contact.due, !contact.answered});
  return {};
}

Reply NaiveEngine::on(const DeclineOffer& command) {
  const auto [offer, refusal] = open_offer(command.session, command.offer);
  if (!offer) return refusal;
  end_offer(offer->id, OfferState::kDeclined, command.reason);
  return {};
}

// Sessions and presence.
Reply NaiveEngine::on(const OpenSession& command) {
  const Agent* agent = named(facts_.agents, command.agent);
  if (!agent) return refused(Outcome::kAgentNotFound, command.agent);
  const bool resumes = command.resume != SessionId::kNone && command.resume == agent->session;
  if (agent->session != SessionId::kNone && !resumes) {
    emit(SessionEnded{agent->handle, agent->session, "replaced"});
  }
  const SessionId session = resumes ? agent->session : SessionId{facts_.last_session + 1};
  emit(SessionOpened{agent->handle, session, resumes});
  Reply reply = done(raw(session));
  reply.resumed = resumes;
  return reply;
}

Reply NaiveEngine::on(const LoseSession& command) {
  const Agent* agent = agent_of(command.session);
  if (!agent || !agent->connected) return refused(Outcome::kSessionNotFound);
  emit(SessionLost{agent->handle, command.session});
  return {};
}

Reply NaiveEngine::on(const CloseSession& command) {
  const Agent* agent = agent_of(command.session);
  if (!agent) return refused(Outcome::kSessionNotFound);
  go_offline(*agent, "signed_off");
  revoke_offers(agent->handle, "signed_off");
  emit(SessionEnded{agent->handle, command.session, "closed"});
  return {};
}

Reply NaiveEngine::on(const SetPresence& command) {
  const Agent* agent = agent_of(command.session);
  if (!agent) return refused(Outcome::kSessionNotFound);
  return set_presence(*agent, {command.presence, command.reason}, command.next);
}

Reply NaiveEngine::on(const SetAgentPresence& command) {
  const Agent* agent = named(facts_.agents, command.agent);
  if (!agent) return refused(Outcome::kAgentNotFound, command.agent);
  if (agent->session == SessionId::kNone) return refused(Outcome::kAgentSignedOff, command.agent);
  return set_presence(*agent, {command.presence, command.reason}, command.next);
}

Reply NaiveEngine::set_presence(const Agent& agent, const NextPresence& wanted, bool next) {
  if (agent.presence == Presence::kSuspended) return refused(Outcome::kAgentSuspended, agent.spec.id);
  if (!next || !carries_anything(facts_, agent)) {
    take_presence(agent, wanted);
    return {};
  }
  const bool stays = wanted.presence == Presence::kAvailable && agent.presence == Presence::kAvailable;
  change_presence(agent.handle, agent.presence, agent.presence_reason, agent.presence_until, agent.misses,
                  stays ? NextPresence{} : wanted);
  return {};
}

Reply NaiveEngine::on(const SuspendAgent& command) {
  const Agent* found = named(facts_.agents, command.id);
  if (!found) return refused(Outcome::kAgentNotFound, command.id);
  const Agent agent = *found;
  if (command.suspended) {
    change_presence(agent.handle, Presence::kSuspended, command.reason, {}, agent.misses);
    revoke_offers(agent.handle, "suspended");
  } else if (agent.presence == Presence::kSuspended) {
    change_presence(agent.handle, Presence::kOffline, command.reason, {}, agent.misses);
  } else {
    change_presence(agent.handle, agent.presence, agent.presence_reason, agent.presence_until, agent.misses,
                    agent.next);
  }
  return {};
}

// The owner.
Reply NaiveEngine::on(const OpenWorkspace& command) {
  emit(WorkspaceOpened{command.epoch, command.owner});
  return {};
}

Reply NaiveEngine::on(const RecordStateHash&) {
  const auto* told = told_next<StateHashed>();
  emit(StateHashed{told ? told->hash : 0});
  return {};
}

}  // namespace muster::dispatch
