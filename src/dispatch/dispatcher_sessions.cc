#include "dispatcher.h"
#include "rules.h"

// Commands about sessions, presence and offers, and those of the workspace's owner.
namespace muster::dispatch {

Reply Engine::Impl::on(const OpenSession& command) {
  const AgentRecord* record = state.agents().find(std::string_view(command.agent));
  if (!record) return refused(Outcome::kAgentNotFound, command.agent);
  const Agent& agent = record->agent;
  // Also while the older stream counts as open: its client may know before the server does that it broke.
  const bool resumes = command.resume != SessionId::kNone && command.resume == agent.session;
  if (agent.session != SessionId::kNone && !resumes) emit(SessionEnded{agent.handle, agent.session, "replaced"});
  const SessionId session = resumes ? agent.session : SessionId{state.last_session() + 1};
  emit(SessionOpened{agent.handle, session, resumes});
  Reply reply = done(raw(session));
  reply.resumed = resumes;
  return reply;
}

Reply Engine::Impl::on(const LoseSession& command) {
  const AgentRecord* record = state.agent_of(command.session);
  if (!record || !record->agent.connected) return refused(Outcome::kSessionNotFound);
  emit(SessionLost{record->agent.handle, command.session});
  return {};
}

Reply Engine::Impl::on(const CloseSession& command) {
  const AgentRecord* record = state.agent_of(command.session);
  if (!record) return refused(Outcome::kSessionNotFound);
  go_offline(record->agent, "signed_off");
  revoke_offers(record->agent, "signed_off");
  emit(SessionEnded{record->agent.handle, command.session, "closed"});
  return {};
}

Reply Engine::Impl::on(const SetPresence& command) {
  const AgentRecord* record = state.agent_of(command.session);
  if (!record) return refused(Outcome::kSessionNotFound);
  const Agent& agent = record->agent;
  return set_presence(agent, command.presence, command.reason, command.next);
}

Reply Engine::Impl::on(const SetAgentPresence& command) {
  const AgentRecord* record = state.agents().find(std::string_view(command.agent));
  if (!record) return refused(Outcome::kAgentNotFound, command.agent);
  const Agent& agent = record->agent;
  if (agent.session == SessionId::kNone) return refused(Outcome::kAgentSignedOff, command.agent);
  return set_presence(agent, command.presence, command.reason, command.next);
}

Reply Engine::Impl::set_presence(const Agent& agent, Presence presence, const std::string& reason, bool next) {
  if (agent.presence == Presence::kSuspended) return refused(Outcome::kAgentSuspended, agent.spec.id);
  if (next && carries_anything(agent)) {
    take_presence_next(agent, presence, reason);
  } else {
    take_presence(agent, presence, reason);
  }
  return {};
}

void Engine::Impl::take_presence(const Agent& agent, Presence presence, const std::string& reason) {
  const bool available = presence == Presence::kAvailable;
  change_presence(agent, presence, reason, {}, available ? std::uint8_t{0} : agent.misses);
  if (!available) revoke_offers(agent, "left_available");
}

void Engine::Impl::take_presence_next(const Agent& agent, Presence presence, const std::string& reason) {
  NextPresence next;
  // Who is to stay available needs no next presence: that takes back the one chosen before.
  if (presence != Presence::kAvailable || agent.presence != Presence::kAvailable) next = {presence, reason};
  change_presence(agent, agent.presence, agent.presence_reason, agent.presence_until, agent.misses, next);
}

Reply Engine::Impl::on(const SuspendAgent& command) {
  const AgentRecord* record = state.agents().find(std::string_view(command.id));
  if (!record) return refused(Outcome::kAgentNotFound, command.id);
  const Agent& agent = record->agent;
  if (command.suspended) {
    change_presence(agent, Presence::kSuspended, command.reason, {}, agent.misses);
    revoke_offers(agent, "suspended");
  } else if (agent.presence == Presence::kSuspended) {
    change_presence(agent, Presence::kOffline, command.reason, {}, agent.misses);
  } else {
    change_presence(agent, agent.presence, agent.presence_reason, agent.presence_until, agent.misses, agent.next);
  }
  return {};
}

std::pair<const Offer*, Reply> Engine::Impl::open_offer(SessionId session, OfferId id) const {
  const AgentRecord* agent = state.agent_of(session);
  if (!agent) return {nullptr, refused(Outcome::kSessionNotFound)};
  const Offer* offer = state.offers().find(id);
  if (offer && offer->agent == agent->agent.handle) return {offer, {}};
  const bool ended = !offer && id != OfferId::kNone && raw(id) <= state.last_offer();
  return {nullptr, refused(ended ? Outcome::kOfferTaken : Outcome::kOfferNotFound)};
}

Reply Engine::Impl::on(const AcceptOffer& command) {
  const auto [offer, refusal] = open_offer(command.session, command.offer);
  if (!offer) return refusal;
  const Offer accepted = *offer;
  const Contact& contact = state.contacts().find(accepted.contact)->contact;
  for (const OfferId id : open_offers(contact)) {
    if (id != accepted.id) end_offer(Offer{*state.offers().find(id)}, OfferState::kRescinded, "taken");
  }
  emit(OfferAccepted{accepted.id, contact.id, contact.queue, accepted.agent, now_ - contact.due, !contact.answered});
  return {};
}

Reply Engine::Impl::on(const DeclineOffer& command) {
  const auto [offer, refusal] = open_offer(command.session, command.offer);
  if (!offer) return refusal;
  end_offer(Offer{*offer}, OfferState::kDeclined, command.reason);
  return {};
}

Reply Engine::Impl::on(const OpenWorkspace& command) {
  emit(WorkspaceOpened{command.epoch, command.owner});
  return {};
}

Reply Engine::Impl::on(const RecordStateHash&) {
  emit(StateHashed{state.hash()});
  return {};
}

}  // namespace muster::dispatch
