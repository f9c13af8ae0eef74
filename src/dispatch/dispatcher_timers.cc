#include <cassert>

#include "dispatcher.h"
#include "estimator.h"
#include "pools.h"
#include "rules.h"

// What happens by itself when a deadline passes.
namespace muster::dispatch {

void Engine::Impl::fire_due() {
  for (auto due = state.first_due(now_); due; due = state.first_due(now_)) {
    fire(*due);
    settle();
  }
}

void Engine::Impl::fire(const Timers::Due& due) {
  const auto contact = [&]() -> ContactRecord& { return *state.contacts().find(ContactId{due.owner}); };
  const auto agent = [&]() -> const Agent& {
    return state.agents().find(AgentHandle{static_cast<std::uint32_t>(due.owner)})->agent;
  };
  switch (due.deadline.kind) {
    case TimerKind::kContactDue:
      return queue_contact(contact().contact);
    case TimerKind::kContactExpiry:
      return expire_contact(contact());
    case TimerKind::kOfferExpiry:
      return time_out_offer(contact());
    case TimerKind::kStarvation:
      return emit(ContactStarving{contact().contact.id, contact().contact.queue});
    case TimerKind::kPreferred: {
      const Contact& waited = contact().contact;
      return emit(ContactReleased{waited.id, waited.queue, waited.preferred, "waited"});
    }
    case TimerKind::kStep:
      return find_agent(contact(), Trigger::kStep);
    case TimerKind::kCoolDown:
      find_agent(contact(), Trigger::kCoolDown);
      // Nothing may have come of it: then only the time says that this cool-down is over.
      return state.reschedule(contact(), now_);
    case TimerKind::kWrapUp: {
      const Contact& done = contact().contact;
      return emit(ContactCompleted{done.id, done.queue, done.agent, ""});
    }
    case TimerKind::kSkillExpiry:
      return drop_expired_skills(agent());
    case TimerKind::kPresence:
      return end_pause(agent());
    case TimerKind::kNextPresence: {
      const NextPresence next = agent().next;
      return take_presence(agent(), next.presence, next.reason);
    }
    case TimerKind::kResumeGrace:
      return end_lost_session(agent());
    case TimerKind::kContactGrace:
      return give_up_contacts(agent());
    case TimerKind::kPools:
      return look_at_lending(*state.queues().find(QueueHandle{static_cast<std::uint32_t>(due.owner)}));
  }
}

// As of the last moment at which it was due, whenever that is noticed: so whoever has looked in vain, and leaves no
// event, and whoever takes over and looks again, come to the same. Those that were missed are made up for by the last.
void Engine::Impl::look_at_lending(QueueRecord& record) {
  const TimePoint at = last_look(record.queue, now_);
  const PolicySpec& policy = state.policies().find(record.queue.spec.policy)->policy.spec;
  QueuePools pools = record.queue.pools;
  pools.open = open_pools(policy, record.queue, state.lent_to(record, at), at);
  if (pools != record.queue.pools) emit(PoolsChanged{record.queue.handle, pools});
  state.watch_pools_after(record, at);
}

void Engine::Impl::queue_contact(const Contact& contact) {
  const Arrival arrival{contact.queue, contact.priority, contact.requirements};
  emit(ContactQueued{contact.id, contact.queue, estimate_to_keep(state, contact.id, arrival, now_)});
}

void Engine::Impl::expire_contact(ContactRecord& record) {
  const Contact& contact = record.contact;
  withdraw_offers(contact, "expired");
  emit(ContactEnded{contact.id, contact.queue, AgentHandle::kNone, ContactState::kExpired, now_ - contact.due,
                    "time_to_live"});
}

void Engine::Impl::time_out_offer(ContactRecord& record) {
  const Offer offer = *state.offers().find(record.contact.offer);
  const Agent& agent = state.agents().find(offer.agent)->agent;
  // An agent who was not there has not missed anything.
  if (!agent.connected) return end_offer(offer, OfferState::kRevoked, "session_lost");
  end_offer(offer, OfferState::kTimedOut, "");
  miss(agent);
}

void Engine::Impl::miss(const Agent& agent) {
  const auto misses = static_cast<std::uint8_t>(agent.misses < UINT8_MAX ? agent.misses + 1 : UINT8_MAX);
  const Settings& settings = state.settings();
  TimePoint until;
  if (misses == 1) until = now_ + settings.first_miss_pause;
  if (misses == 2) until = now_ + settings.second_miss_pause;
  change_presence(agent, Presence::kNotResponding, "missed_offer", until, misses, agent.next);
  revoke_offers(agent, "not_responding");
}

// Who chose to be AVAILABLE next is so already.
void Engine::Impl::end_pause(const Agent& agent) {
  const bool wanted = agent.next.presence == Presence::kAvailable;
  change_presence(agent, Presence::kAvailable, "", {}, agent.misses, wanted ? NextPresence{} : agent.next);
}

void Engine::Impl::end_lost_session(const Agent& agent) {
  revoke_offers(agent, "session_lost");
  go_offline(agent, "session_lost");
  emit(SessionEnded{agent.handle, agent.session, "lost"});
}

void Engine::Impl::drop_expired_skills(const Agent& agent) {
  AgentSpec spec = agent.spec;
  spec.skills = valid_skills(spec.skills, now_);
  emit(AgentPut{agent.handle, std::move(spec)});
  revoke_unfit_offers(agent.handle, "skill_expired");
}

void Engine::Impl::give_up_contacts(const Agent& agent) {
  const std::vector<ContactId> contacts = agent.contacts;
  for (const ContactId id : contacts) {
    const Contact& contact = state.contacts().find(id)->contact;
    if (contact.state == ContactState::kWrapUp) {
      emit(ContactCompleted{id, contact.queue, agent.handle, ""});
    } else if (state.queue_of(contact).channel == Channel::kVoice) {
      emit(ContactEnded{id, contact.queue, agent.handle, ContactState::kDropped, now_ - contact.due, "agent_lost"});
    } else {
      emit(ContactRequeued{id, contact.queue, agent.handle, OfferId::kNone, "agent_lost"});
    }
  }
}

// Refusals count for the priority once the contact is back in its line.
void Engine::Impl::end_offer(const Offer& offer, OfferState ended, const std::string& reason) {
  const Contact& contact = state.contacts().find(offer.contact)->contact;
  const bool rings_on = !contact.further_offers.empty();
  emit(OfferEnded{offer.id, contact.id, contact.queue, offer.agent, ended, reason, rings_on});
  if (!rings_on && ended != OfferState::kWithdrawn) escalate_if_due(contact);
}

void Engine::Impl::escalate_if_due(const Contact& contact) {
  const Settings& settings = state.settings();
  if (contact.escalated || contact.refusal_count < settings.escalate_after_refusals) return;
  const int raised = std::min(100, contact.priority + settings.escalation_priority);
  emit(ContactEscalated{contact.id, contact.queue, static_cast<std::uint8_t>(raised)});
}

void Engine::Impl::revoke_offers(const Agent& agent, const std::string& reason) {
  const std::vector<OfferId> offers = agent.offers;
  for (const OfferId offer : offers) end_offer(Offer{*state.offers().find(offer)}, OfferState::kRevoked, reason);
}

void Engine::Impl::withdraw_offers(const Contact& contact, const std::string& reason) {
  for (const OfferId id : open_offers(contact)) {
    end_offer(Offer{*state.offers().find(id)}, OfferState::kWithdrawn, reason);
  }
}

void Engine::Impl::change_presence(const Agent& agent, Presence presence, const std::string& reason, TimePoint until,
                                   std::uint8_t misses, const NextPresence& next) {
  emit(PresenceChanged{agent.handle, presence, reason, until, misses, next});
}

// A suspension outlasts the session.
void Engine::Impl::go_offline(const Agent& agent, const std::string& reason) {
  if (agent.presence == Presence::kSuspended) return;
  if (agent.presence == Presence::kOffline && !agent.next.is_set()) return;
  change_presence(agent, Presence::kOffline, reason, {}, agent.misses);
}

}  // namespace muster::dispatch
