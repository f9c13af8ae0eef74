#include "engine.h"

#include <algorithm>
#include <type_traits>

namespace muster::dispatch {

using namespace naive;

namespace {

template <typename... Kinds>
bool is_one_of(const CommandBody& body) {
  return (std::holds_alternative<Kinds>(body) || ...);
}

/// Whose low half names the agent who sent the command, if it came through a session.
constexpr std::uint64_t kSenderMask = 0xffff'ffff;

}  // namespace

Reply NaiveEngine::handle(const Command& command, TimePoint now, const Told& told, std::vector<Event>& out) {
  begin(now, told, out);
  // A new owner comes before the deadlines that passed while nobody served.
  if (!is_one_of<OpenWorkspace>(command.body)) pass_time();
  const Reply reply = answer(command);
  match();
  pass_time();
  return reply;
}

void NaiveEngine::advance(TimePoint now, const Told& told, std::vector<Event>& out) {
  begin(now, told, out);
  pass_time();
}

void NaiveEngine::begin(TimePoint now, const Told& told, std::vector<Event>& out) {
  now_ = std::max(now, facts_.last_time);
  told_ = &told;
  out_ = &out;
  by_configuration_ = false;
}

std::optional<TimePoint> NaiveEngine::next_deadline() const {
  std::optional<TimePoint> next;
  for (const Deadline& each : deadlines(facts_)) next = std::min(next.value_or(each.at), each.at);
  return next;
}

std::uint64_t NaiveEngine::print_of(const Command& command) const {
  const Agent* sender = std::visit(
      [this](const auto& body) -> const Agent* {
        if constexpr (requires { body.session; }) return agent_of(body.session);
        return nullptr;
      },
      command.body);
  return (fingerprint(command) & ~kSenderMask) | (sender ? raw(sender->handle) : 0);
}

Reply NaiveEngine::answer(const Command& command) {
  const bool remembered =
      !command.request.is_nil() && !is_one_of<OpenSession, LoseSession, OpenWorkspace, RecordStateHash>(command.body);
  if (remembered) {
    const std::uint64_t print = print_of(command);
    for (const AnsweredRequest& known : facts_.requests) {
      if (known.id != command.request) continue;
      // A session that has ended does not say any more whose it was.
      const bool same_sender = (known.fingerprint & kSenderMask) == (print & kSenderMask) || (print & kSenderMask) == 0;
      const bool same_body = (known.fingerprint & ~kSenderMask) == (print & ~kSenderMask);
      if (!same_body || !same_sender) return refused(Outcome::kRequestIdReused);
      Reply reply = done(known.result);
      reply.sequence = known.sequence;
      return reply;
    }
    request_ = command.request;
    fingerprint_ = print;
  }
  tenant_ = command.tenant;
  by_configuration_ = is_one_of<UpdatePolicy, UpdateQueue, UpdateAgent, UpdateSettings>(command.body);
  const Sequence first = facts_.last_sequence + 1;
  Reply reply = std::visit([this](const auto& body) { return on(body); }, command.body);
  if (reply.ok()) reply.sequence = first;
  request_ = {};
  fingerprint_ = 0;
  tenant_ = {};
  return reply;
}

void NaiveEngine::emit(EventBody body) {
  Event event;
  event.sequence = facts_.last_sequence + 1;
  event.time = now_;
  event.request = std::exchange(request_, {});
  event.fingerprint = std::exchange(fingerprint_, 0);
  event.body = std::move(body);
  facts_.take(event);
  out_->push_back(std::move(event));
}

// Skills end before all else: who catches up with a pause must not give anybody what took place after the end.
void NaiveEngine::pass_time() {
  for (;;) {
    std::vector<Deadline> due = deadlines(facts_);
    std::erase_if(due, [this](const Deadline& each) { return each.at > now_; });
    if (due.empty()) return;
    serve(*std::min_element(due.begin(), due.end(), [](const Deadline& a, const Deadline& b) {
      const bool skill_of_a = a.kind == DeadlineKind::kSkillExpiry;
      const bool skill_of_b = b.kind == DeadlineKind::kSkillExpiry;
      return skill_of_a != skill_of_b ? skill_of_a : a < b;
    }));
    match();
  }
}

void NaiveEngine::serve(const Deadline& deadline) {
  const auto contact = [&]() -> const Contact& { return facts_.contacts.at(ContactId{deadline.owner}); };
  const auto agent = [&]() -> const Agent& {
    return facts_.agents.at(AgentHandle{static_cast<std::uint32_t>(deadline.owner)});
  };
  switch (deadline.kind) {
    case DeadlineKind::kSkillExpiry:
      return end_skills(agent());
    case DeadlineKind::kContactDue: {
      const auto* told = told_next<ContactQueued>();
      return emit(ContactQueued{contact().id, contact().queue, told ? told->estimated_wait : Duration{}});
    }
    case DeadlineKind::kContactExpiry: {
      withdraw_offers(contact().id, "expired");
      return emit(ContactEnded{contact().id, contact().queue, AgentHandle::kNone, ContactState::kExpired,
                               now_ - contact().due, "time_to_live"});
    }
    case DeadlineKind::kOfferExpiry:
      return time_out(Offer{facts_.offers.at(contact().offer)});
    case DeadlineKind::kStarvation:
      return emit(ContactStarving{contact().id, contact().queue});
    case DeadlineKind::kPreferred:
      return emit(ContactReleased{contact().id, contact().queue, contact().preferred, "waited"});
    case DeadlineKind::kStep:
      return find_agent(contact().id, Trigger::kStep);
    case DeadlineKind::kCoolDown:
      find_agent(contact().id, Trigger::kCoolDown);
      facts_.cool_downs_seen[contact().id] = now_;
      return;
    case DeadlineKind::kWrapUp:
      return emit(ContactCompleted{contact().id, contact().queue, contact().agent, ""});
    case DeadlineKind::kPresence: {
      const bool wanted = agent().next.presence == Presence::kAvailable;
      const NextPresence next = wanted ? NextPresence{} : agent().next;
      return change_presence(agent().handle, Presence::kAvailable, "", {}, agent().misses, next);
    }
    case DeadlineKind::kNextPresence:
      return take_presence(agent(), NextPresence{agent().next});
    case DeadlineKind::kResumeGrace:
      return end_session(agent());
    case DeadlineKind::kContactGrace:
      return give_up_contacts(Agent{agent()});
    case DeadlineKind::kLending: {
      const Queue queue = facts_.queues.at(QueueHandle{static_cast<std::uint32_t>(deadline.owner)});
      const QueuePools pools = with_lending(queue, queue.pools, last_look(queue.handle, now_));
      if (pools != queue.pools) emit(PoolsChanged{queue.handle, pools});
      if (facts_.lending_seen.contains(queue.handle)) facts_.lending_seen[queue.handle] = now_;
      return;
    }
  }
}

// For what waits after all have looked others are interrupted, one at a time: that may leave room for more. At last,
// what rings at one agent and may at more gets those for whom nothing waits.
void NaiveEngine::match() {
  do {
    all_look();
  } while (interrupt());
  for (const ContactId id : std::exchange(to_ring_further_, {})) offer_to_more(id);
  facts_.end_seeking();
}

// What was interrupted comes back to those who take nothing else. Contacts look first, at the agents who were ready
// before; then each agent with new room, in turn, takes the best of all that waits.
void NaiveEngine::all_look() {
  for (;;) {
    for (const AgentHandle agent : std::exchange(facts_.returning, {})) resume_interrupted(agent);
    if (!facts_.seeking_contacts.empty()) {
      contacts_look();
    } else if (!facts_.seeking_agents.empty()) {
      agents_look();
    } else {
      return;
    }
  }
}

void NaiveEngine::contacts_look() {
  const std::set<ContactId> seeking = std::exchange(facts_.seeking_contacts, {});
  for (const ContactId id : waiting_line(facts_)) {
    if (seeking.contains(id)) find_agent(id, by_configuration_ ? Trigger::kConfiguration : Trigger::kContactQueued);
  }
}

void NaiveEngine::agents_look() {
  for (const AgentHandle agent : seeking_agents(facts_)) find_contacts(agent);
  for (const auto& [handle, queue] : facts_.queues) {
    if (queue.spec.idle_reserve > 0) look_beyond_reserve(handle);
  }
}

// The freed agents may be more than the queue leaves idle.
void NaiveEngine::look_beyond_reserve(QueueHandle queue) {
  for (bool offered = true; offered;) {
    offered = false;
    for (const ContactId id : waiting_line(facts_, queue)) {
      if (facts_.contacts.at(id).preferred != AgentHandle::kNone) continue;
      offered = offer_to_best(id, Trigger::kAgentFree);
      if (offered) break;
    }
  }
}

void NaiveEngine::find_agent(ContactId id, Trigger trigger) {
  const Contact& contact = facts_.contacts.at(id);
  if (contact.state != ContactState::kQueued) return;
  if (contact.preferred != AgentHandle::kNone && !could_be_preferred(facts_, contact, contact.preferred, now_)) {
    emit(ContactReleased{id, contact.queue, contact.preferred, "unavailable"});
  }
  settle_step(id, trigger);
  offer_to_best(id, trigger);
}

bool NaiveEngine::offer_to_best(ContactId id, Trigger trigger) {
  const Choice choice = choose_agent(facts_, facts_.contacts.at(id), trigger, now_);
  if (choice.agent == AgentHandle::kNone) {
    if (may_interrupt(facts_, facts_.contacts.at(id))) in_vain_.insert(id);
    return false;
  }
  make_offer(id, choice);
  return true;
}

// What was interrupted comes back first, unless it would be interrupted again.
void NaiveEngine::find_contacts(AgentHandle handle) {
  for (;;) {
    const ContactId id = choose_contact(facts_, facts_.agents.at(handle), now_);
    const bool found = id != ContactId::kNone;
    const bool comes_first =
        found && interrupts_all_interrupted(facts_, facts_.contacts.at(id), facts_.agents.at(handle));
    if (!comes_first && resume_interrupted(handle)) continue;
    if (!found) break;
    make_offer(id, choice_of_agent(id, handle));
  }
  facts_.seeking_agents.erase(handle);
}

// The agent is the only one looked at.
Choice NaiveEngine::choice_of_agent(ContactId id, AgentHandle agent) const {
  const Contact& contact = facts_.contacts.at(id);
  Choice choice;
  choice.agent = agent;
  choice.why.trigger = by_configuration_ ? Trigger::kConfiguration : Trigger::kAgentFree;
  choice.why.step = contact.step;
  choice.why.considered = 1;
  choice.why.waited = now_ - contact.due;
  choice.why.idle = now_ - idle_since(facts_, facts_.agents.at(agent));
  return choice;
}

// Contacts look first, at the agents whose work was so before; then those whose work changed, in turn.
bool NaiveEngine::interrupt() {
  const auto interrupt_for = [this](ContactId id, const Choice& choice) {
    make_room(choice.agent, facts_.queue_of(facts_.contacts.at(id)).spec.channel);
    make_offer(id, choice);
    return true;
  };
  for (const ContactId id : waiting_line(facts_)) {
    if (in_vain_.erase(id) == 0) continue;
    const Choice choice = choose_agent_to_interrupt(facts_, facts_.contacts.at(id), now_);
    if (choice.agent != AgentHandle::kNone) return interrupt_for(id, choice);
  }
  in_vain_.clear();
  while (!facts_.interruptible.empty()) {
    const AgentHandle agent = first_interruptible(facts_);
    facts_.interruptible.erase(agent);
    const ContactId id = choose_contact(facts_, facts_.agents.at(agent), now_, Room::kByInterruption);
    if (id != ContactId::kNone) return interrupt_for(id, choice_of_agent(id, agent));
  }
  return false;
}

// What was taken last is put aside first.
void NaiveEngine::make_room(AgentHandle handle, Channel channel) {
  const std::vector<ContactId> contacts = facts_.agents.at(handle).contacts;
  for (auto id = contacts.rbegin(); id != contacts.rend(); ++id) {
    if (has_room(facts_, facts_.agents.at(handle), channel)) return;
    const Contact& contact = facts_.contacts.at(*id);
    if (gives_way(facts_, contact, channel)) emit(ContactHeld{*id, contact.queue, handle, true});
  }
}

bool NaiveEngine::resume_interrupted(AgentHandle agent) {
  bool resumed = false;
  for (const ContactId id : interrupted_contacts(facts_, facts_.agents.at(agent))) {
    const Contact& contact = facts_.contacts.at(id);
    if (!can_take_up(contact)) continue;
    emit(ContactResumed{id, contact.queue, agent});
    resumed = true;
  }
  return resumed;
}

// The step of the contact's age, and on while nobody signed in could meet it.
void NaiveEngine::settle_step(ContactId id, Trigger trigger) {
  const Contact& contact = facts_.contacts.at(id);
  const std::size_t last = facts_.policy_of(contact).steps.size() - 1;
  const std::uint16_t by_age = step_by_age(facts_.policy_of(contact), contact, now_);
  std::uint16_t step = trigger == Trigger::kConfiguration ? by_age : std::max(contact.step, by_age);
  const bool for_any = contact.preferred == AgentHandle::kNone;
  while (for_any && step < last && !anybody_could(facts_, contact, step)) ++step;
  if (step != contact.step) emit(ContactStepChanged{id, contact.queue, step, step > by_age});
}

void NaiveEngine::make_offer(ContactId id, const Choice& choice) {
  offer(id, choice);
  const Contact& contact = facts_.contacts.at(id);
  const PolicySpec& policy = facts_.policy_of(contact);
  if (policy.auto_accept) {
    emit(OfferAccepted{contact.offer, id, contact.queue, choice.agent, now_ - contact.due, !contact.answered});
  } else if (policy.steps.at(contact.step).offers > 1 && contact.preferred == AgentHandle::kNone) {
    to_ring_further_.push_back(id);
  }
}

void NaiveEngine::offer(ContactId id, const Choice& choice) {
  const Contact& contact = facts_.contacts.at(id);
  const TimePoint expires = now_ + facts_.policy_of(contact).offer_timeout;
  emit(OfferMade{OfferId{facts_.last_offer + 1}, id, contact.queue, choice.agent, expires, choice.why});
}

void NaiveEngine::offer_to_more(ContactId id) {
  const Contact& contact = facts_.contacts.at(id);
  while (open_offers(contact).size() < facts_.policy_of(contact).steps.at(contact.step).offers) {
    const Choice choice = choose_agent(facts_, contact, Trigger::kContactQueued, now_);
    if (choice.agent == AgentHandle::kNone) return;
    offer(id, choice);
  }
}

void NaiveEngine::time_out(const Offer& offer) {
  const Agent& agent = facts_.agents.at(offer.agent);
  // An agent who was not there has not missed anything.
  if (!agent.connected) return end_offer(offer.id, OfferState::kRevoked, "session_lost");
  end_offer(offer.id, OfferState::kTimedOut, "");
  const auto misses = static_cast<std::uint8_t>(agent.misses + 1);
  TimePoint until;
  if (misses == 1) until = now_ + facts_.settings.first_miss_pause;
  if (misses == 2) until = now_ + facts_.settings.second_miss_pause;
  change_presence(agent.handle, Presence::kNotResponding, "missed_offer", until, misses, agent.next);
  revoke_offers(agent.handle, "not_responding");
}

void NaiveEngine::end_session(const Agent& agent) {
  revoke_offers(agent.handle, "session_lost");
  go_offline(agent, "session_lost");
  emit(SessionEnded{agent.handle, agent.session, "lost"});
}

void NaiveEngine::end_skills(const Agent& agent) {
  AgentSpec spec = agent.spec;
  std::erase_if(spec.skills, [this](const SkillLevel& skill) {
    return skill.valid_until != TimePoint{} && skill.valid_until <= now_;
  });
  emit(AgentPut{agent.handle, std::move(spec)});
  revoke_unfit_offers(agent.handle, "skill_expired");
}

void NaiveEngine::give_up_contacts(const Agent& agent) {
  for (const ContactId id : agent.contacts) {
    const Contact& contact = facts_.contacts.at(id);
    if (contact.state == ContactState::kWrapUp) {
      emit(ContactCompleted{id, contact.queue, agent.handle, ""});
    } else if (facts_.queue_of(contact).spec.channel == Channel::kVoice) {
      emit(ContactEnded{id, contact.queue, agent.handle, ContactState::kDropped, now_ - contact.due, "agent_lost"});
    } else {
      emit(ContactRequeued{id, contact.queue, agent.handle, OfferId::kNone, "agent_lost"});
    }
  }
}

// Where a predicted wait decides, the engine under test says what it came to.
QueuePools NaiveEngine::with_lending(const Queue& queue, QueuePools pools, TimePoint at) const {
  Queue held = queue;
  held.pools = pools;
  const auto* told = told_next<PoolsChanged>();
  const bool about_this = told && told->queue == queue.handle && told->pools.kept_open == pools.kept_open &&
                          told->pools.kept_closed == pools.kept_closed;
  const PoolSet as_told = about_this ? told->pools.open : queue.pools.open;
  const std::vector<Pool>& all = facts_.policy_of(queue).pools;
  unsigned lent = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Lent is = is_lent(facts_, queue, all[i].lending, at);
    const bool long_wait = (as_told & (1U << i)) != 0;
    if (is == Lent::kYes || (is == Lent::kIfLongWait && long_wait)) lent |= 1U << i;
  }
  pools.open = open_pools(facts_, held, static_cast<PoolSet>(lent), at);
  return pools;
}

// Refusals count for the priority once the contact is back in its line.
void NaiveEngine::end_offer(OfferId id, OfferState state, const std::string& reason) {
  const Offer offer = facts_.offers.at(id);
  const Contact& contact = facts_.contacts.at(offer.contact);
  const bool rings_on = open_offers(contact).size() > 1;
  emit(OfferEnded{id, contact.id, contact.queue, offer.agent, state, reason, rings_on});
  if (!rings_on && state != OfferState::kWithdrawn) escalate_if_due(offer.contact);
}

void NaiveEngine::escalate_if_due(ContactId id) {
  const Contact& contact = facts_.contacts.at(id);
  const Settings& settings = facts_.settings;
  if (contact.escalated || contact.refusal_count < settings.escalate_after_refusals) return;
  const int raised = std::min(100, contact.priority + settings.escalation_priority);
  emit(ContactEscalated{id, contact.queue, static_cast<std::uint8_t>(raised)});
}

void NaiveEngine::revoke_offers(AgentHandle agent, const std::string& reason) {
  const std::map<OfferId, Offer> offers = facts_.offers;
  for (const auto& [id, offer] : offers) {
    if (offer.agent == agent) end_offer(id, OfferState::kRevoked, reason);
  }
}

void NaiveEngine::revoke_unfit_offers(AgentHandle agent, const std::string& reason) {
  const std::map<OfferId, Offer> offers = facts_.offers;
  for (const auto& [id, offer] : offers) {
    if (offer.agent == agent && !still_fits(offer)) end_offer(id, OfferState::kRevoked, reason);
  }
}

// Of the queues with that policy or, if one is named, of that queue.
void NaiveEngine::rescind_unfit_offers(PolicyHandle policy, QueueHandle queue) {
  const std::map<OfferId, Offer> offers = facts_.offers;
  for (const auto& [id, offer] : offers) {
    const Queue& of = facts_.queue_of(facts_.contacts.at(offer.contact));
    if (queue == QueueHandle::kNone ? of.spec.policy != policy : of.handle != queue) continue;
    settle_step(offer.contact, Trigger::kConfiguration);
    if (!still_fits(offer)) end_offer(id, OfferState::kRescinded, "configuration_changed");
  }
}

void NaiveEngine::withdraw_offers(ContactId id, const std::string& reason) {
  for (const OfferId offer : open_offers(facts_.contacts.at(id))) end_offer(offer, OfferState::kWithdrawn, reason);
}

void NaiveEngine::change_presence(AgentHandle agent, Presence presence, const std::string& reason, TimePoint until,
                                  std::uint8_t misses, const NextPresence& next) {
  emit(PresenceChanged{agent, presence, reason, until, misses, next});
}

void NaiveEngine::take_presence(const Agent& agent, const NextPresence& wanted) {
  const bool available = wanted.presence == Presence::kAvailable;
  change_presence(agent.handle, wanted.presence, wanted.reason, {}, available ? std::uint8_t{0} : agent.misses);
  if (!available) revoke_offers(agent.handle, "left_available");
}

// A suspension outlasts the session.
void NaiveEngine::go_offline(const Agent& agent, const std::string& reason) {
  if (agent.presence == Presence::kSuspended) return;
  if (agent.presence == Presence::kOffline && !agent.next.is_set()) return;
  change_presence(agent.handle, Presence::kOffline, reason, {}, agent.misses);
}

// What was offered in a pool goes on ringing when the pool closes.
bool NaiveEngine::still_fits(const Offer& offer) const {
  const Contact& contact = facts_.contacts.at(offer.contact);
  return qualifies(facts_, contact, contact.step, facts_.agents.at(offer.agent), kAllPools);
}

}  // namespace muster::dispatch
