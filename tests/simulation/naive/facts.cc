#include "facts.h"

#include <algorithm>
#include <optional>
#include <variant>

#include "rules.h"

namespace muster::dispatch::naive {
namespace {

/// Takes one event.
class Fold {
 public:
  explicit Fold(Facts& facts) : facts_(facts), now_(facts.last_time) {}

  /// May be able to take, after this event, what they could not before.
  std::set<AgentHandle> with_more;
  /// Of whom anything is different after it.
  std::set<AgentHandle> changed;

  void operator()(const StateHashed&) {}

  void operator()(const WorkspaceOpened&) {
    for (auto& [_, agent] : facts_.agents) {
      if (agent.session != SessionId::kNone || !agent.contacts.empty()) lose(agent);
    }
  }

  // Configuration.
  void operator()(const SkillPut& event) {
    facts_.last_skill = std::max(facts_.last_skill, raw(event.skill));
    facts_.skills[event.skill] = {event.skill, event.spec};
  }
  void operator()(const SkillDeleted& event) { facts_.skills.erase(event.skill); }

  void operator()(const PolicyPut& event) {
    facts_.last_policy = std::max(facts_.last_policy, raw(event.policy));
    const PolicySpec before = facts_.policies[event.policy].spec;
    const PolicySpec& after = event.spec;
    facts_.policies[event.policy] = {event.policy, after};
    for (auto& [_, queue] : facts_.queues) {
      if (queue.spec.policy == event.policy && before.pools != after.pools) open_pools_anew(queue);
    }
    const bool asks_anew = before.steps != after.steps || before.gates != after.gates || before.pools != after.pools;
    const bool ranks_anew =
        before.priority_weight != after.priority_weight || before.strict_priority != after.strict_priority ||
        before.by_deadline != after.by_deadline || before.starvation_bound != after.starvation_bound;
    if (!asks_anew && !ranks_anew) return;
    for (auto& [_, contact] : facts_.contacts) {
      if (facts_.queue_of(contact).spec.policy == event.policy) reconsider(contact);
    }
  }
  void operator()(const PolicyDeleted& event) { facts_.policies.erase(event.policy); }

  void operator()(const QueuePut& event) {
    facts_.last_queue = std::max(facts_.last_queue, raw(event.queue));
    Queue& queue = facts_.queues[event.queue];
    const QueueSpec before = queue.spec;
    const QueueSpec& after = event.spec;
    queue.handle = event.queue;
    queue.spec = after;
    if (before.policy != after.policy) open_pools_anew(queue);
    if (before.policy == PolicyHandle::kNone) return;
    if (before.share == 0 || waiting_in(facts_, queue.handle) == 0) catch_up(queue);
    const bool same = before.policy == after.policy && before.paused == after.paused && before.share == after.share &&
                      before.idle_reserve == after.idle_reserve && before.reserve_skill == after.reserve_skill &&
                      before.service_level_target == after.service_level_target;
    if (same) return;
    for (auto& [_, contact] : facts_.contacts) {
      if (contact.queue == event.queue) reconsider(contact);
    }
  }
  void operator()(const QueueDeleted& event) {
    facts_.queues.erase(event.queue);
    facts_.lending_seen.erase(event.queue);
  }

  void operator()(const PoolsChanged& event) {
    Queue& queue = facts_.queues.at(event.queue);
    const bool opens_or_closes = queue.pools.open != event.pools.open;
    queue.pools = event.pools;
    facts_.lending_seen.erase(event.queue);
    if (!opens_or_closes) return;
    queue.pools_changed_at = now_;
    for (auto& [_, contact] : facts_.contacts) {
      if (contact.queue == event.queue) reconsider(contact);
    }
  }

  void operator()(const AgentPut& event) {
    facts_.last_agent = std::max(facts_.last_agent, raw(event.agent));
    Agent& agent = facts_.agents[event.agent];
    agent.handle = event.agent;
    agent.spec = event.spec;
    with_more.insert(event.agent);
    reconsider_preferring(event.agent);
  }
  void operator()(const AgentDeleted& event) { facts_.agents.erase(event.agent); }

  void operator()(const SettingsPut& event) {
    const bool reorders = facts_.settings.queue_order != event.settings.queue_order;
    facts_.settings = event.settings;
    if (reorders) {
      for (auto& [_, queue] : facts_.queues) queue.served = 0;
      for (auto& [_, contact] : facts_.contacts) reconsider(contact);
    }
    for (auto& [handle, agent] : facts_.agents) {
      agent.ramp_up = std::min(agent.ramp_up, event.settings.ramp_up_offers);
      with_more.insert(handle);
      reconsider_preferring(handle);
    }
  }

  // Contacts that wait.
  void operator()(const ContactCreated& event) {
    facts_.last_contact = raw(event.contact);
    Contact& contact = facts_.contacts[event.contact];
    contact.id = event.contact;
    contact.queue = event.queue;
    contact.priority = event.priority;
    contact.requirements = event.requirements;
    contact.excluded = event.excluded;
    contact.due = event.due;
    contact.expires = event.expires;
    contact.preferred = event.preferred;
    contact.preferred_until = event.preferred_until;
    contact.state = ContactState::kScheduled;
    if (event.due <= now_) start_waiting(contact);
  }
  void operator()(const ContactQueued& event) { start_waiting(facts_.contacts.at(event.contact)); }

  void operator()(const ContactStepChanged& event) {
    Contact& contact = facts_.contacts.at(event.contact);
    contact.step = event.step;
    line_up(contact);
  }
  void operator()(const ContactEscalated& event) {
    Contact& contact = facts_.contacts.at(event.contact);
    contact.escalated = true;
    contact.priority = event.priority;
    line_up(contact);
  }
  void operator()(const ContactPrioritySet& event) {
    Contact& contact = facts_.contacts.at(event.contact);
    contact.priority = event.priority;
    line_up(contact);
  }
  void operator()(const ContactOutcomeRecorded&) {}
  void operator()(const ContactStarving& event) {
    Contact& contact = facts_.contacts.at(event.contact);
    contact.starving = true;
    seek(contact);
  }
  void operator()(const ContactAssigned& event) {
    Contact& contact = facts_.contacts.at(event.contact);
    contact.preferred = event.preferred;
    contact.preferred_until = event.until;
    seek(contact);
  }
  void operator()(const ContactReleased& event) {
    Contact& contact = facts_.contacts.at(event.contact);
    contact.preferred = AgentHandle::kNone;
    seek(contact);
  }

  // Offers.
  void operator()(const OfferMade& event) {
    facts_.last_offer = raw(event.offer);
    Offer& offer = facts_.offers[event.offer];
    offer.id = event.offer;
    offer.contact = event.contact;
    offer.agent = event.agent;
    offer.made = now_;
    offer.expires = event.expires;
    offer.sequence = facts_.last_sequence;
    touch(event.agent);
    Contact& contact = facts_.contacts.at(event.contact);
    if (contact.state == ContactState::kOffered) {
      contact.further_offers.push_back(event.offer);
      return;
    }
    enter(contact, ContactState::kOffered);
    contact.agent = event.agent;
    contact.offer = event.offer;
    Queue& queue = facts_.queues.at(event.queue);
    if (counts_turns(queue)) queue.served += cost_of_turn(queue.spec);
  }

  void operator()(const OfferAccepted& event) {
    facts_.offers.erase(event.offer);
    Agent& agent = facts_.agents.at(event.agent);
    agent.contacts.push_back(event.contact);
    if (agent.misses > 0) --agent.misses;
    ++agent.accepted;
    note_answer(agent);
    Contact& contact = facts_.contacts.at(event.contact);
    if (!contact.answered) {
      const bool in_target = event.waited <= facts_.queue_of(contact).spec.service_level_target;
      facts_.ended_waits.push_back({contact.queue, now_, in_target});
      contact.answered_at = now_;
    }
    contact.answered = true;
    contact.at_front = false;
    contact.starving = false;
    contact.preferred = AgentHandle::kNone;
    enter(contact, ContactState::kActive);
    touch(event.agent);
  }

  void operator()(const OfferEnded& event) {
    const bool declined = event.state == OfferState::kDeclined;
    const bool refused = declined || event.state == OfferState::kTimedOut;
    Contact& contact = facts_.contacts.at(event.contact);
    if (refused) {
      touch(event.agent);
      note_answer(facts_.agents.at(event.agent));
      refuse(contact, event.agent, declined);
    } else {
      const Sequence made = facts_.offers.at(event.offer).sequence;
      std::erase_if(facts_.changes[event.agent], [&](const Facts::Change& each) { return each.sequence == made; });
    }
    facts_.offers.erase(event.offer);
    with_more.insert(event.agent);
    std::vector<OfferId> left = open_offers(contact);
    std::erase(left, event.offer);
    ring_on(contact, left);
    if (!left.empty()) return;
    Queue& queue = facts_.queues.at(event.queue);
    if (counts_turns(queue)) queue.served -= std::min(queue.served, cost_of_turn(queue.spec));
    start_waiting(contact);
  }

  // Contacts in hand.
  void operator()(const ContactHeld& event) {
    Contact& contact = facts_.contacts.at(event.contact);
    contact.offer = OfferId::kNone;  // its setup did not fail
    enter(contact, ContactState::kHeld);
    contact.interrupted = event.interrupted;
    with_more.insert(event.agent);
    if (!event.interrupted) touch(event.agent);
  }
  void operator()(const ContactResumed& event) {
    Contact& contact = facts_.contacts.at(event.contact);
    // What was interrupted comes back by itself: the agent's work changes, but the agent did nothing.
    contact.interrupted ? void(changed.insert(event.agent)) : touch(event.agent);
    enter(contact, ContactState::kActive);
  }
  void operator()(const ContactWrapUpStarted& event) {
    Contact& contact = facts_.contacts.at(event.contact);
    contact.wrap_up_until = event.until;
    enter(contact, ContactState::kWrapUp);
    touch(event.agent);
  }
  void operator()(const ContactCompleted& event) {
    leave_hand(facts_.contacts.at(event.contact));
    facts_.contacts.erase(event.contact);
  }
  void operator()(const ContactEnded& event) {
    Contact& contact = facts_.contacts.at(event.contact);
    const bool left = event.state == ContactState::kAbandoned && contact.state == ContactState::kQueued;
    if (left && !contact.answered) facts_.ended_waits.push_back({contact.queue, now_, false});
    if (in_hand(contact.state)) leave_hand(contact);
    facts_.contacts.erase(event.contact);
  }

  void operator()(const ContactTransferred& event) {
    Contact& contact = facts_.contacts.at(event.contact);
    const bool held = in_hand(contact.state);
    if (held) leave_hand(contact);
    contact.queue = event.queue;
    contact.step = 0;
    contact.preferred = AgentHandle::kNone;
    if (held) {
      bar(contact, event.agent);
      live_anew(contact);
    }
    start_waiting(contact);
  }

  void operator()(const ContactRequeued& event) {
    Contact& contact = facts_.contacts.at(event.contact);
    const bool setup_failed = event.failed_offer != OfferId::kNone;
    if (setup_failed && contact.answered_at == contact.state_since) contact.answered = false;
    leave_hand(contact);
    contact.at_front = true;
    if (setup_failed) {
      refuse(contact, event.agent, false);
    } else {
      live_anew(contact);
    }
    start_waiting(contact);
  }

  // Sessions and presence.
  void operator()(const SessionOpened& event) {
    Agent& agent = facts_.agents.at(event.agent);
    if (!event.resumed) {
      facts_.last_session = raw(event.session);
      agent.session = event.session;
      agent.signed_on_at = now_;
      agent.accepted = 0;
    }
    agent.connected = true;
    changed.insert(event.agent);
  }
  void operator()(const SessionLost& event) { lose(facts_.agents.at(event.agent)); }
  void operator()(const SessionEnded& event) {
    Agent& agent = facts_.agents.at(event.agent);
    agent.session = SessionId::kNone;
    if (agent.connected) lose(agent);  // else it stays lost since then
    changed.insert(event.agent);
    reconsider_preferring(event.agent);
  }
  void operator()(const PresenceChanged& event) {
    Agent& agent = facts_.agents.at(event.agent);
    const bool comes_back = agent.presence == Presence::kOffline && event.presence != Presence::kOffline;
    if (comes_back) agent.ramp_up = facts_.settings.ramp_up_offers;
    changed.insert(event.agent);
    if (event.presence == Presence::kAvailable && agent.presence != Presence::kAvailable) touch(event.agent);
    agent.presence = event.presence;
    agent.presence_reason = event.reason;
    agent.presence_until = event.until;
    agent.misses = event.misses;
    agent.next = event.next;
    if (!is_signed_in(agent)) reconsider_preferring(event.agent);
  }

 private:
  void enter(Contact& contact, ContactState state) {
    contact.state = state;
    contact.state_since = now_;
    contact.interrupted = false;
  }
  void touch(AgentHandle agent) {
    changed.insert(agent);
    facts_.changes[agent].push_back({facts_.last_sequence, now_});
  }
  static void note_answer(Agent& agent) {
    if (agent.ramp_up > 0) --agent.ramp_up;
  }

  /// With those offers left.
  void ring_on(Contact& contact, const std::vector<OfferId>& offers) {
    contact.offer = offers.empty() ? OfferId::kNone : offers.front();
    contact.agent = offers.empty() ? AgentHandle::kNone : facts_.offers.at(contact.offer).agent;
    contact.further_offers.assign(offers.empty() ? offers.end() : offers.begin() + 1, offers.end());
  }

  void lose(Agent& agent) {
    agent.connected = false;
    agent.lost_at = now_;
    changed.insert(agent.handle);
  }

  void line_up(const Contact& contact) {
    if (contact.state == ContactState::kQueued) facts_.cool_downs_seen[contact.id] = now_;
  }
  void seek(const Contact& contact) {
    line_up(contact);
    facts_.seeking_contacts.insert(contact.id);
  }
  void start_waiting(Contact& contact) {
    enter(contact, ContactState::kQueued);
    if (waiting_in(facts_, contact.queue) == 1) catch_up(facts_.queues.at(contact.queue));
    seek(contact);
  }

  /// After a change of what its policy or queue says.
  void reconsider(Contact& contact) {
    const std::size_t last_step = facts_.policy_of(contact).steps.size() - 1;
    contact.step = static_cast<std::uint16_t>(std::min<std::size_t>(contact.step, last_step));
    if (contact.state == ContactState::kQueued) seek(contact);
  }
  void reconsider_preferring(AgentHandle agent) {
    for (const auto& [id, contact] : facts_.contacts) {
      if (contact.state == ContactState::kQueued && contact.preferred == agent) facts_.seeking_contacts.insert(id);
    }
  }

  void leave_hand(Contact& contact) {
    std::erase(facts_.agents.at(contact.agent).contacts, contact.id);
    with_more.insert(contact.agent);
    touch(contact.agent);
    contact.agent = AgentHandle::kNone;
    contact.offer = OfferId::kNone;
    contact.interrupted = false;
  }

  Refusal& bar(Contact& contact, AgentHandle agent) {
    auto& refusals = contact.refusals;
    auto found = std::find_if(refusals.begin(), refusals.end(), [&](const Refusal& r) { return r.agent == agent; });
    if (found == refusals.end()) found = refusals.insert(found, Refusal{agent, 0, {}});
    found->until = now_ + facts_.policy_of(contact).refusal_cool_down;
    return *found;
  }
  void refuse(Contact& contact, AgentHandle agent, bool declined) {
    Refusal& refusal = bar(contact, agent);
    if (declined) ++refusal.count;
    ++contact.refusal_count;
  }
  void live_anew(Contact& contact) {
    contact.expires = std::max(contact.expires, now_ + facts_.queue_of(contact).spec.time_to_live);
  }

  [[nodiscard]] bool counts_turns(const Queue& queue) const {
    return queue.spec.share > 0 && facts_.settings.queue_order == QueueOrder::kShare;
  }
  /// A queue that comes back to waiting starts level with those that wait, or if none does with the most served.
  void catch_up(Queue& queue) {
    if (!counts_turns(queue)) return;
    std::optional<std::uint64_t> least;
    std::uint64_t most = 0;
    for (const auto& [handle, other] : facts_.queues) {
      if (handle == queue.handle || other.spec.share == 0) continue;
      most = std::max(most, other.served);
      if (waiting_in(facts_, handle) > 0) least = std::min(least.value_or(other.served), other.served);
    }
    queue.served = std::max(queue.served, least.value_or(most));
  }

  void open_pools_anew(Queue& queue) {
    queue.pools = {};
    queue.pools_changed_at = {};
    queue.pools.open = open_pools(facts_, queue, {}, now_);
  }

  Facts& facts_;
  const TimePoint now_;
};

/// Those who are ready, and whether they carry nothing.
std::map<AgentHandle, bool> ready_agents(const Facts& facts) {
  std::map<AgentHandle, bool> ready;
  for (const auto& [handle, agent] : facts.agents) {
    if (is_ready(facts, agent)) ready.emplace(handle, used_units(facts, agent) == 0);
  }
  return ready;
}

}  // namespace

void Facts::end_seeking() {
  seeking_contacts.clear();
  seeking_agents.clear();
  returning.clear();
  interruptible.clear();
}

void Facts::take(const Event& event) {
  last_sequence = event.sequence;
  last_time = event.time;
  const std::map<AgentHandle, bool> before = ready_agents(*this);
  Fold fold(*this);
  std::visit(fold, event.body);
  for (const auto& [agent, _] : ready_agents(*this)) {
    const auto was = before.find(agent);
    const bool was_idle = was != before.end() && was->second;
    if (was == before.end() || fold.with_more.contains(agent)) seeking_agents.emplace(agent, was_idle);
  }
  for (const AgentHandle handle : fold.with_more) {
    const Agent& agent = agents.at(handle);
    if (!is_ready(*this, agent) && !interrupted_contacts(*this, agent).empty()) returning.push_back(handle);
  }
  fold.changed.merge(fold.with_more);
  for (const AgentHandle handle : fold.changed) {
    const auto agent = agents.find(handle);
    if (agent != agents.end() && is_at_interruptible_work(*this, agent->second)) interruptible.insert(handle);
  }
  for (const auto& [handle, queue] : queues) {
    if (!lending_may_change(*this, queue)) {
      lending_seen.erase(handle);
    } else {
      lending_seen.try_emplace(handle, last_time);
    }
  }
  if (event.request.is_nil()) return;
  const auto* created = std::get_if<ContactCreated>(&event.body);
  requests.push_back({event.request, event.fingerprint, event.sequence, created ? raw(created->contact) : 0});
}

}  // namespace muster::dispatch::naive
