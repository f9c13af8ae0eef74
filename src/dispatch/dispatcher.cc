#include "dispatcher.h"

#include <algorithm>
#include <cassert>
#include <queue>
#include <tuple>
#include <type_traits>
#include <variant>

#include "rules.h"

namespace muster::dispatch {
namespace {

template <typename Body, typename... Kinds>
constexpr bool is_one_of = (std::is_same_v<Body, Kinds> || ...);

/// Commands whose effect belongs to a live connection or owner: a retry must not be answered from memory.
bool is_remembered(const CommandBody& body) {
  return std::visit(
      [](const auto& command) {
        using Body = std::decay_t<decltype(command)>;
        return !is_one_of<Body, OpenSession, LoseSession, OpenWorkspace, RecordStateHash>;
      },
      body);
}

/// Commands after which agents and contacts are looked at because the rules changed.
bool is_configuration(const CommandBody& body) {
  return std::visit(
      [](const auto& command) {
        using Body = std::decay_t<decltype(command)>;
        return is_one_of<Body, UpdatePolicy, UpdateQueue, UpdateAgent, UpdateSettings>;
      },
      body);
}

/// The part of a remembered fingerprint that names the agent whose command it was; 0 for all others.
constexpr std::uint64_t kSenderMask = 0xffff'ffff;

/// Whether a request is the one remembered. A session that has ended does not say any more whose it was.
bool repeats(std::uint64_t known, std::uint64_t print) {
  const std::uint64_t difference = known ^ print;
  return difference == 0 || (difference <= kSenderMask && (print & kSenderMask) == 0);
}

}  // namespace

std::uint64_t Engine::Impl::print_of(const Command& command) const {
  const AgentRecord* sender = std::visit(
      [this](const auto& body) -> const AgentRecord* {
        if constexpr (requires { body.session; }) return state.agent_of(body.session);
        return nullptr;
      },
      command.body);
  return (fingerprint(command) & ~kSenderMask) | (sender ? raw(sender->agent.handle) : 0);
}

void Engine::Impl::begin(TimePoint now, std::vector<Event>& out) {
  out_ = &out;
  now_ = std::max(now, state.last_time());
  request_ = {};
  fingerprint_ = 0;
  trigger_ = Trigger::kAgentFree;
}

Reply Engine::Impl::handle(const Command& command, TimePoint now, std::vector<Event>& out) {
  begin(now, out);
  state.requests().prepare(command.request);
  // A new owner comes before the deadlines that passed while nobody served: nobody missed those.
  if (!std::holds_alternative<OpenWorkspace>(command.body)) fire_due();
  Reply reply = answer(command);
  settle();
  fire_due();
  return reply;
}

Reply Engine::Impl::answer(const Command& command) {
  if (!command.request.is_nil() && is_remembered(command.body)) {
    const std::uint64_t print = print_of(command);
    if (const AnsweredRequest* known = state.requests().find(command.request)) {
      if (!repeats(known->fingerprint, print)) return refused(Outcome::kRequestIdReused);
      Reply reply = done(known->result);
      reply.sequence = known->sequence;
      return reply;
    }
    request_ = command.request;
    fingerprint_ = print;
  }
  if (is_configuration(command.body)) trigger_ = Trigger::kConfiguration;
  tenant_ = command.tenant;
  const Sequence first = state.last_sequence() + 1;
  Reply reply = std::visit([this](const auto& body) { return on(body); }, command.body);
  request_ = {};
  fingerprint_ = 0;
  tenant_ = {};
  assert(reply.ok() == (state.last_sequence() >= first));
  if (reply.ok()) reply.sequence = first;
  return reply;
}

void Engine::Impl::advance(TimePoint now, std::vector<Event>& out) {
  begin(now, out);
  fire_due();
}

bool Engine::Impl::apply(const Event& event) {
  const bool applied = state.apply(event, openings_);
  state.forget(openings_);
  return applied;
}

Event& Engine::Impl::append() {
  Event& event = out_->emplace_back();
  event.sequence = state.last_sequence() + 1;
  event.time = now_;
  event.request = std::exchange(request_, {});
  event.fingerprint = std::exchange(fingerprint_, 0);
  return event;
}

void Engine::Impl::apply_last() {
  const bool applied = state.apply(out_->back(), openings_);
  assert(applied && "the engine emitted an event that cannot follow its own state");
  static_cast<void>(applied);
}

// Contacts look first, at the agents who were ready before; then each agent with new room, in turn, takes the best of
// all that waits. So a contact goes to whom has been idle longest, and a freed agent never passes over the one due
// first. For what waits then others are interrupted, one at a time: that may leave room for more. At last, what rings
// at one agent and may at more gets those for whom nothing waits.
void Engine::Impl::settle() {
  do {
    settle_openings();
  } while (interrupt());
  for (const ContactId id : to_ring_further_) offer_to_more(*state.contacts().find(id));
  to_ring_further_.clear();
  state.forget(openings_);  // further offers leave nobody more room
}

void Engine::Impl::settle_openings() {
  const auto by_rank = [this](ContactId a, ContactId b) {
    return state.contacts().find(a)->place.key() < state.contacts().find(b)->place.key();
  };
  const auto by_turn = [](const AgentRecord* a, const AgentRecord* b) {
    const auto turn = [](const AgentRecord* r) {
      return std::tuple(r->load, r->agent.idle_since, r->agent.idle_order);
    };
    return turn(a) < turn(b);
  };
  while (!openings_.empty()) {
    seized_.returning.clear();
    seized_.returning.swap(openings_.returning);
    for (const AgentRecord* agent : seized_.returning) resume_interrupted(agent->agent);
    std::vector<ContactId>& contacts = seized_.contacts;
    contacts.clear();
    contacts.swap(openings_.contacts);
    std::erase_if(contacts, [this](ContactId id) {
      const ContactRecord* record = state.contacts().find(id);
      return !record || record->contact.state != ContactState::kQueued;
    });
    if (contacts.size() > 1) {
      for (const ContactId id : contacts) state.line_up(*state.contacts().find(id));
      std::sort(contacts.begin(), contacts.end(), by_rank);
    }
    const Trigger trigger = trigger_ == Trigger::kConfiguration ? trigger_ : Trigger::kContactQueued;
    for (const ContactId id : contacts) find_agent(*state.contacts().find(id), trigger);
    if (!openings_.contacts.empty()) continue;
    std::vector<AgentRecord*>& agents = seized_.agents;
    agents.clear();
    agents.swap(openings_.agents);
    std::sort(agents.begin(), agents.end(), by_turn);
    for (AgentRecord* agent : agents) find_contacts(*agent);
    if (!openings_.empty() || agents.empty()) continue;
    for (const QueueHandle queue : state.reserving_queues()) find_agents_beyond_reserve(queue);
  }
}

// Contacts look first, then the agents whose work has changed, in turn. Whoever changes meanwhile comes behind them.
bool Engine::Impl::interrupt() {
  const auto gone = [this](ContactId id) {
    const ContactRecord* record = state.contacts().find(id);
    return !record || record->contact.state != ContactState::kQueued;
  };
  std::erase_if(in_vain_, gone);
  // The first last.
  std::sort(in_vain_.begin(), in_vain_.end(), [this](ContactId a, ContactId b) {
    return state.contacts().find(b)->place.key() < state.contacts().find(a)->place.key();
  });
  // Who came to another step has looked twice.
  in_vain_.erase(std::unique(in_vain_.begin(), in_vain_.end()), in_vain_.end());
  while (!in_vain_.empty()) {
    ContactRecord& record = *state.contacts().find(in_vain_.back());
    in_vain_.pop_back();
    if (interrupt_for(record)) return true;
  }
  while (AgentRecord* next = next_interruptible()) {
    AgentRecord& agent = *next;
    ContactRecord* contact = choose_contact(state, agent.agent, now_, true);
    if (!contact) continue;
    const Explanation why = explain_free_agent(contact->contact, agent.agent, trigger_, now_);
    make_room(agent.agent, state.queue_of(contact->contact).channel);
    make_offer(*contact, agent, why);
    return true;
  }
  return false;
}

AgentRecord* Engine::Impl::next_interruptible() {
  std::vector<AgentRecord*>& agents = seized_.interruptible;
  for (;;) {
    if (agents.empty()) {
      agents.swap(openings_.interruptible);
      // The first last.
      std::sort(agents.begin(), agents.end(),
                [](const AgentRecord* a, const AgentRecord* b) { return b->agent.idle_order < a->agent.idle_order; });
      for (AgentRecord* agent : agents) agent->interruptible = false;
    }
    if (agents.empty()) return nullptr;
    AgentRecord* next = agents.back();
    agents.pop_back();
    if (!next->interruptible) return next;  // who has changed since comes with those
  }
}

bool Engine::Impl::interrupt_for(ContactRecord& record) {
  const Choice choice = choose_agent_to_interrupt(state, record, Trigger::kContactQueued, now_);
  if (!choice.agent) {
    state.settle(record);
    return false;
  }
  make_room(choice.agent->agent, state.queue_of(record.contact).channel);
  make_offer(record, *choice.agent, choice.explanation);
  return true;
}

// What was taken last is put aside first.
void Engine::Impl::make_room(const Agent& agent, Channel channel) {
  const std::vector<ContactId> contacts(agent.contacts.rbegin(), agent.contacts.rend());
  for (const ContactId id : contacts) {
    if (has_room(agent, channel, state.units_of(channel))) return;
    const Contact& contact = state.contacts().find(id)->contact;
    if (contact.state != ContactState::kActive) continue;
    if (!interrupts(state.settings(), channel, state.queue_of(contact).channel)) continue;
    emit(ContactHeld{id, contact.queue, agent.handle, true});
  }
}

bool Engine::Impl::resume_interrupted(const Agent& agent) {
  bool resumed = false;
  for (std::size_t i = 0; agent.interrupted > 0 && i < agent.contacts.size(); ++i) {
    const Contact& contact = state.contacts().find(agent.contacts[i])->contact;
    if (!contact.interrupted || !can_take_up(contact)) continue;
    emit(ContactResumed{contact.id, contact.queue, agent.handle});
    resumed = true;
  }
  return resumed;
}

bool Engine::Impl::passes_over_interrupted(const Contact& contact, const Agent& agent) const {
  if (agent.interrupted == 0) return true;
  const Channel channel = state.queue_of(contact).channel;
  return std::all_of(agent.contacts.begin(), agent.contacts.end(), [&](ContactId id) {
    const Contact& other = state.contacts().find(id)->contact;
    return !other.interrupted || interrupts(state.settings(), channel, state.queue_of(other).channel);
  });
}

// The first of each class, then who comes after it if that one was offered, or is barred from somebody.
void Engine::Impl::find_agents_beyond_reserve(QueueHandle queue) {
  using Place = ContactLine::Place;
  const auto later = [](const Place* a, const Place* b) { return b->key() < a->key(); };
  std::priority_queue<const Place*, std::vector<const Place*>, decltype(later)> heads(later);
  for (const WaitingClass* group : state.waiting().in_lane(queue)) heads.push(group->line.first());
  while (!heads.empty() && state.may_be_offered(queue)) {
    const Place* head = heads.top();
    heads.pop();
    const Place* next = head->next();
    const bool barred = !is_open(head->value->contact);
    const bool offered = offer_to_best(*head->value, Trigger::kAgentFree);
    if (next && (offered || barred)) heads.push(next);
  }
}

void Engine::Impl::find_agent(ContactRecord& record, Trigger trigger) {
  const Contact& contact = record.contact;
  if (contact.state != ContactState::kQueued) return;
  if (contact.preferred != AgentHandle::kNone) settle_preferred(contact);
  const std::uint16_t by_age = step_by_age(state.policy_of(contact), contact, now_);
  const std::uint16_t step = trigger == Trigger::kConfiguration ? by_age : std::max(contact.step, by_age);
  // Who takes it could take it: only if nobody does, it matters whether anybody signed in could.
  const bool tried = step == contact.step;
  if (tried && offer_to_best(record, trigger)) return;
  if (settle_step(contact, step, by_age) || !tried) offer_to_best(record, trigger);
}

bool Engine::Impl::offer_to_best(ContactRecord& record, Trigger trigger) {
  // Who is likely to find nobody needs what is known of its class.
  if (!state.agent_index().somebody_ready(record.contact.requirements)) state.line_up(record);
  const Choice choice = choose_agent(state, record, trigger, now_);
  if (choice.agent) {
    make_offer(record, *choice.agent, choice.explanation);
    return true;
  }
  state.line_up(record);
  if (state.may_interrupt(*record.waiting_class->key)) {
    in_vain_.push_back(record.contact.id);
  } else {
    state.settle(record);
  }
  return false;
}

void Engine::Impl::find_contacts(AgentRecord& record) {
  while (record.load != Load::kNotReady) {
    ContactRecord* contact = choose_contact(state, record.agent, now_);
    // What was interrupted comes back first, unless it would be interrupted again.
    const bool comes_first = contact && passes_over_interrupted(contact->contact, record.agent);
    if (!comes_first && resume_interrupted(record.agent)) continue;
    if (!contact) break;
    make_offer(*contact, record, explain_free_agent(contact->contact, record.agent, trigger_, now_));
  }
  resume_interrupted(record.agent);
  state.seat_chooser(record);
}

// Nobody waits for an agent who could not have the contact, whatever happens. Whoever has waited for long enough is
// released by the timer: an agent who is free at that moment gets the contact still.
void Engine::Impl::settle_preferred(const Contact& contact) {
  if (state.could_be_preferred(contact, contact.preferred, now_)) return;
  emit(ContactReleased{contact.id, contact.queue, contact.preferred, "unavailable"});
}

// Puts the step in force, or the next one that somebody signed in could meet.
bool Engine::Impl::settle_step(const Contact& contact, std::uint16_t step, std::uint16_t by_age) {
  const std::size_t last = state.policy_of(contact).steps.size() - 1;
  const bool for_any = contact.preferred == AgentHandle::kNone;
  while (for_any && step < last && !state.anybody_could(contact, step)) ++step;
  if (step == contact.step) return false;
  emit(ContactStepChanged{contact.id, contact.queue, step, step > by_age});
  return true;
}

void Engine::Impl::make_offer(ContactRecord& record, AgentRecord& agent, const Explanation& explanation) {
  const Contact& contact = record.contact;
  const PolicySpec& policy = state.policy_of(contact);
  emit_offer(contact, agent, explanation);
  if (policy.auto_accept) {
    emit(OfferAccepted{contact.offer, contact.id, contact.queue, contact.agent, now_ - contact.due, !contact.answered});
  } else if (policy.steps[contact.step].offers > 1 && contact.preferred == AgentHandle::kNone) {
    to_ring_further_.push_back(contact.id);
  }
}

void Engine::Impl::emit_offer(const Contact& contact, const AgentRecord& agent, const Explanation& explanation) {
  const TimePoint expires = now_ + state.policy_of(contact).offer_timeout;
  const OfferId offer{state.last_offer() + 1};
  emit(OfferMade{offer, contact.id, contact.queue, agent.agent.handle, expires, explanation});
}

void Engine::Impl::offer_to_more(ContactRecord& record) {
  const Contact& contact = record.contact;
  const std::size_t further = state.policy_of(contact).steps[contact.step].offers - std::size_t{1};
  while (contact.further_offers.size() < further) {
    const Choice choice = choose_agent(state, record, Trigger::kContactQueued, now_);
    if (!choice.agent) return;
    emit_offer(contact, *choice.agent, choice.explanation);
  }
}

}  // namespace muster::dispatch
