#include <algorithm>
#include <utility>

#include "fold_impl.h"

namespace muster::kpi {
namespace {

bool waits(ContactState state) { return state == ContactState::kQueued || state == ContactState::kOffered; }

std::optional<Fact> time_of(const AgentEntry& agent) {
  const bool signed_in = agent.session != SessionId::kNone && agent.connected && agent.presence != Presence::kOffline;
  if (agent.session != SessionId::kNone && agent.active > 0) return Fact::kHandlingTime;
  if (agent.session != SessionId::kNone && agent.wrap_up > 0) return Fact::kWrapUpTime;
  if (!signed_in) return std::nullopt;
  switch (agent.presence) {
    case Presence::kAvailable:
      return agent.ringing > 0 ? Fact::kRingingTime : Fact::kReadyTime;
    case Presence::kBreak:
      return Fact::kBreakTime;
    case Presence::kNotResponding:
      return Fact::kNotRespondingTime;
    default:
      return std::nullopt;
  }
}

Occupation occupation_of(const AgentEntry& agent) {
  const std::optional<Fact> time = time_of(agent);
  const bool serves = time && *time <= Fact::kReadyTime;
  Occupation occupation{time, 0, 0, agent.active + agent.wrap_up, agent.ringing};
  if (!serves) return occupation;
  occupation.units = agent.units;
  occupation.capacity = agent.spec.capacity_units;
  return occupation;
}

std::optional<Gauge> gauge_of(Fact time) {
  switch (time) {
    case Fact::kHandlingTime:
      return Gauge::kHandling;
    case Fact::kWrapUpTime:
      return Gauge::kWrapUp;
    case Fact::kReadyTime:
      return Gauge::kReady;
    case Fact::kBreakTime:
      return Gauge::kBreak;
    default:
      return std::nullopt;
  }
}

}  // namespace

// --- floor --------------------------------------------------------------------------------------------------------

OpenContact* Fold::Impl::contact_at(ContactId id) {
  const auto found = contacts_.find(raw(id));
  return found == contacts_.end() ? nullptr : &found->second;
}

void Fold::Impl::move(ContactId id, OpenContact& contact, ContactState state, QueueHandle queue, AgentHandle agent) {
  const auto place = [&](int by) {
    const Rows rows = rows_of(contact.queue);
    if (QueueEntry* entry = queue_at(contact.queue); entry && waits(contact.state)) {
      if (by > 0) {
        entry->waiting.emplace_hint(entry->waiting.end(), contact.due, id);  // the newest mostly comes last
      } else {
        entry->waiting.erase({contact.due, id});
      }
    }
    if (waits(contact.state)) gauge(rows, Gauge::kWaiting, by);
    if (contact.state == ContactState::kOffered) gauge(rows, Gauge::kRinging, by);
    if (!in_hand(contact.state)) return;
    gauge(rows, Gauge::kInHand, by);
    carry(contact.agent, contact, by);
  };
  const AgentHandle before = contact.agent;
  place(-1);
  contact.state = state;
  contact.queue = queue;
  contact.agent = agent;
  contact.since = now_;
  place(+1);
  settle_agent(before);
  if (agent != before) settle_agent(agent);
}

void Fold::Impl::carry(AgentHandle handle, const OpenContact& contact, int by) {
  AgentEntry* agent = agent_at(handle);
  if (!agent) return;
  (contact.state == ContactState::kWrapUp ? agent->wrap_up : agent->active) += by;
  agent->units += static_cast<std::int64_t>(by) * contact.units;
}

void Fold::Impl::settle_agent(AgentHandle handle) {
  if (AgentEntry* agent = agent_at(handle)) set_occupation(*agent, occupation_of(*agent));
}

void Fold::Impl::set_occupation(AgentEntry& agent, const Occupation& occupation) {
  const Occupation before = std::exchange(agent.counted, occupation);
  if (before == occupation) return;
  const Rows rows = rows_of(agent);
  const auto stay = [&](const std::optional<Fact>& time, int by) {
    if (!time) return;
    change_rate(rows, *time, by);
    gauge(rows, Gauge::kSignedIn, by);
    if (const auto shown = gauge_of(*time)) gauge(rows, *shown, by);
  };
  if (before.time != occupation.time) {
    stay(before.time, -1);
    stay(occupation.time, +1);
  }
  change_rate(rows, Fact::kUnitTime, occupation.units - before.units);
  change_rate(rows, Fact::kCapacityTime, occupation.capacity - before.capacity);
  Rows of_agents;  // of queues, contacts count by themselves
  for (Row* row : rows) of_agents.add(row == workspace_ ? nullptr : row);
  gauge(of_agents, Gauge::kInHand, occupation.in_hand - before.in_hand);
  gauge(of_agents, Gauge::kRinging, occupation.ringing - before.ringing);
}

void Fold::Impl::change_rate(const Rows& rows, Fact fact, std::int64_t by) {
  if (by == 0) return;
  for (Row* row : rows) {
    if (restoring_) {
      row->series.restore_rate(fact, by);
    } else {
      row->series.change_rate(now_, fact, by);
    }
  }
}

void Fold::Impl::ring(AgentHandle handle, int by) {
  AgentEntry* agent = agent_at(handle);
  if (!agent) return;
  agent->ringing += by;
  settle_agent(handle);
}

void Fold::Impl::end(ContactId id, OpenContact& contact) {
  move(id, contact, ContactState::kCompleted, contact.queue, AgentHandle::kNone);
  contacts_.erase(raw(id));
}

void Fold::Impl::to_state(ContactId id, ContactState state) {
  OpenContact* contact = contact_at(id);
  if (!contact) return;
  lapse(*contact);
  contact->answer = OfferId::kNone;
  move(id, *contact, state, contact->queue, contact->agent);
}

// --- events -------------------------------------------------------------------------------------------------------

void Fold::Impl::on(const dispatch::QueuePut& e) {
  if (raw(e.queue) >= queues_.size()) queues_.resize(raw(e.queue) + 1);
  auto& entry = queues_[raw(e.queue)];
  if (!entry) {
    entry = std::make_unique<QueueEntry>();
    entry->row = &row_of({Dimension::kQueue, e.spec.id, e.spec.tenant});
    entry->tenant = &row_of({Dimension::kTenant, e.spec.tenant});
    entry->tenant->place.tenant = e.spec.tenant;
    entry->channel = &row_of({Dimension::kChannel, std::to_string(static_cast<int>(e.spec.channel))});
  }
  entry->spec = e.spec;
  entry->row->listed = entry->tenant->listed = entry->channel->listed = true;
  entry->row->place = {e.spec.display_name, e.spec.tenant, "", "", e.spec.service_level_method};
}

void Fold::Impl::on(const dispatch::QueueDeleted& e) {
  QueueEntry* queue = queue_at(e.queue);
  if (!queue) return;
  queue->row->listed = false;
  queues_[raw(e.queue)].reset();
}

// What lasts moves along when an agent comes to another base or team.
void Fold::Impl::on(const dispatch::AgentPut& e) {
  if (raw(e.agent) >= agents_.size()) agents_.resize(raw(e.agent) + 1);
  auto& entry = agents_[raw(e.agent)];
  if (!entry) entry = std::make_unique<AgentEntry>();
  entry->handle = e.agent;
  const bool moves = entry->spec.base != e.spec.base || entry->spec.team != e.spec.team;
  if (moves) set_occupation(*entry, {});
  entry->spec = e.spec;
  if (moves) {
    entry->base = e.spec.base.empty() ? nullptr : &row_of({Dimension::kBase, e.spec.base});
    if (entry->base) entry->base->place.base = e.spec.base;
    entry->team = e.spec.team.empty() ? nullptr : &row_of({Dimension::kTeam, e.spec.team});
    if (entry->team) entry->team->place.base = e.spec.base;
    for (Row* row : {entry->base, entry->team}) {
      if (row) row->listed = true;
    }
    entry->base_number = base_numbers_.try_emplace(e.spec.base, base_numbers_.size()).first->second;
  }
  if (entry->row) entry->row->place = {e.spec.display_name, "", e.spec.base, e.spec.team, {}};
  settle_agent(e.agent);
}

void Fold::Impl::on(const dispatch::AgentDeleted& e) {
  AgentEntry* agent = agent_at(e.agent);
  if (!agent) return;
  set_occupation(*agent, {});
  agents_[raw(e.agent)].reset();
}

void Fold::Impl::on(const dispatch::ContactCreated& e) {
  OpenContact& contact = contacts_[raw(e.contact)];
  contact.due = e.due;
  contact.queue = e.queue;
  contact.estimated_wait = e.estimated_wait;
  const bool scheduled = e.due > now_;
  if (!scheduled) count(rows_of(e.queue), {{Fact::kOffered, 1}});
  move(e.contact, contact, scheduled ? ContactState::kScheduled : ContactState::kQueued, e.queue, {});
}

void Fold::Impl::on(const dispatch::ContactQueued& e) {
  OpenContact* contact = contact_at(e.contact);
  if (!contact) return;
  contact->estimated_wait = e.estimated_wait;
  count(rows_of(e.queue), {{Fact::kOffered, 1}});
  move(e.contact, *contact, ContactState::kQueued, e.queue, {});
}

void Fold::Impl::on(const dispatch::OfferMade& e) {
  count(rows_of(e.queue, e.agent), {{Fact::kOffersMade, 1}});
  ring(e.agent, +1);
  OpenContact* contact = contact_at(e.contact);
  if (contact && contact->state != ContactState::kOffered) {
    move(e.contact, *contact, ContactState::kOffered, e.queue, {});
  }
}

void Fold::Impl::on(const dispatch::OfferAccepted& e) {
  count(rows_of(e.queue, e.agent), {{Fact::kOffersAccepted, 1}});
  ring(e.agent, -1);
  OpenContact* contact = contact_at(e.contact);
  if (!contact) return;
  const QueueEntry* queue = queue_at(e.queue);
  if (queue) contact->units = settings_.channel_units[static_cast<std::size_t>(queue->spec.channel)];
  move(e.contact, *contact, ContactState::kActive, e.queue, e.agent);
  if (!e.first) return;
  contact->answered = true;
  contact->answer = e.offer;
  contact->waited = e.waited;
  contact->in_target = queue && e.waited <= queue->spec.service_level_target;
  count_answer(*contact, now_, e.agent, +1);
}

void Fold::Impl::on(const dispatch::OfferEnded& e) {
  const auto fact = [&] {
    switch (e.state) {
      case OfferState::kDeclined:
        return Fact::kOffersDeclined;
      case OfferState::kTimedOut:
        return Fact::kOffersMissed;
      case OfferState::kWithdrawn:
        return Fact::kOffersWithdrawn;
      default:
        return Fact::kOffersRevoked;
    }
  };
  count(rows_of(e.queue, e.agent), {{fact(), 1}});
  ring(e.agent, -1);
  OpenContact* contact = contact_at(e.contact);
  if (contact && !e.rings_on) move(e.contact, *contact, ContactState::kQueued, e.queue, {});
}

// What was estimated was the wait in another queue.
void Fold::Impl::on(const dispatch::ContactTransferred& e) {
  OpenContact* contact = contact_at(e.contact);
  if (!contact) return;
  count(rows_of(e.from, e.agent), {{Fact::kTransferredOut, 1}});
  count(rows_of(e.queue), {{Fact::kTransferredIn, 1}});
  if (in_hand(contact->state)) end_handling(*contact, true);
  contact->estimated_wait = {};
  move(e.contact, *contact, ContactState::kQueued, e.queue, {});
}

// Whom the agent could not reach was not answered.
void Fold::Impl::on(const dispatch::ContactRequeued& e) {
  OpenContact* contact = contact_at(e.contact);
  if (!contact) return;
  const bool failed = e.failed_offer != OfferId::kNone;
  count(rows_of(e.queue, e.agent), {{Fact::kRequeued, 1}, {Fact::kSetupsFailed, failed ? 1 : 0}});
  if (failed && contact->answer == e.failed_offer) {
    count_answer(*contact, contact->since, e.agent, -1);
    contact->answered = false;
  }
  if (in_hand(contact->state)) end_handling(*contact, !failed);
  move(e.contact, *contact, ContactState::kQueued, e.queue, {});
}

void Fold::Impl::on(const dispatch::ContactCompleted& e) {
  OpenContact* contact = contact_at(e.contact);
  if (!contact) return;
  count(rows_of(e.queue, e.agent),
        {{Fact::kCompleted, 1}, {Fact::kCompletedWithDisposition, e.disposition.empty() ? 0 : 1}});
  end_handling(*contact, true);
  end(e.contact, *contact);
}

void Fold::Impl::on(const dispatch::ContactEnded& e) {
  OpenContact* contact = contact_at(e.contact);
  if (!contact) return;
  const QueueEntry* queue = queue_at(e.queue);
  if (contact->answered) {
    count(rows_of(e.queue, e.agent), {{Fact::kLeftAnswered, 1}});
  } else if (e.state == ContactState::kAbandoned) {
    count_abandon(e.queue, e.waited);
  } else if (e.state == ContactState::kDeflected) {
    const bool in_target = queue && e.waited <= queue->spec.service_level_target;
    const bool counts = queue && queue->spec.service_level_method == dispatch::ServiceLevelMethod::kLeftInTarget;
    count(rows_of(e.queue), {{Fact::kDeflected, 1},
                             {Fact::kDeflectedInTarget, in_target ? 1 : 0},
                             {Fact::kServiceCounted, counts ? 1 : 0},
                             {Fact::kServiceMet, counts && in_target ? 1 : 0}});
  } else {
    const Fact fact = e.state == ContactState::kExpired     ? Fact::kExpired
                      : e.state == ContactState::kCancelled ? Fact::kCancelled
                                                            : Fact::kDropped;
    count(rows_of(e.queue), {{fact, 1}});
  }
  if (in_hand(contact->state)) end_handling(*contact, true);
  end(e.contact, *contact);
}

void Fold::Impl::on(const dispatch::ContactOutcomeRecorded& e) {
  using Kind = dispatch::ContactOutcomeKind;
  const Rows rows = rows_of(e.queue, e.agent);
  const std::int64_t v = e.value;
  const auto when = [](bool holds) { return holds ? 1 : 0; };
  switch (e.kind) {
    case Kind::kSurveySent:
      return count_at(e.occurred, rows, {{Fact::kSurveysSent, 1}});
    case Kind::kCsat:
      return count_at(e.occurred, rows,
                      {{Fact::kCsatAnswers, 1},
                       {Fact::kCsatSatisfied, when(v >= 4)},
                       {Fact::kCsatDissatisfied, when(v <= 2)},
                       {Fact::kCsatTopBox, when(v == 5)},
                       {Fact::kCsatPoints, v}});
    case Kind::kNps:
      return count_at(
          e.occurred, rows,
          {{Fact::kNpsAnswers, 1}, {Fact::kNpsPromoters, when(v >= 9)}, {Fact::kNpsDetractors, when(v <= 6)}});
    case Kind::kCes:
      return count_at(e.occurred, rows, {{Fact::kCesAnswers, 1}, {Fact::kCesPoints, v}});
    case Kind::kResolved:
      return count_at(e.occurred, rows, {{Fact::kResolvedAnswers, 1}, {Fact::kResolved, when(v != 0)}});
    case Kind::kOrder:
      return count_at(e.occurred, rows, {{Fact::kOrders, v < 0 ? -1 : 1}, {Fact::kRevenue, v}});
    case Kind::kReactivated:
      return count_at(e.occurred, rows, {{Fact::kReactivated, 1}});
    case Kind::kCost:
      return count_at(e.occurred, rows, {{Fact::kCost, v}});
  }
}

void Fold::Impl::on(const dispatch::SessionOpened& e) {
  AgentEntry* agent = agent_at(e.agent);
  if (!agent) return;
  agent->session = e.session;
  agent->connected = true;
  settle_agent(e.agent);
}

void Fold::Impl::on(const dispatch::SessionLost& e) {
  AgentEntry* agent = agent_at(e.agent);
  if (!agent || agent->session != e.session) return;
  agent->connected = false;
  settle_agent(e.agent);
}

void Fold::Impl::on(const dispatch::WorkspaceOpened&) {
  for (const auto& agent : agents_) {
    if (!agent || !agent->connected) continue;
    agent->connected = false;
    settle_agent(agent->handle);
  }
}

void Fold::Impl::on(const dispatch::SessionEnded& e) {
  AgentEntry* agent = agent_at(e.agent);
  if (!agent || agent->session != e.session) return;
  agent->session = SessionId::kNone;
  agent->connected = false;
  settle_agent(e.agent);
}

void Fold::Impl::on(const dispatch::PresenceChanged& e) {
  AgentEntry* agent = agent_at(e.agent);
  if (!agent) return;
  agent->presence = e.presence;
  settle_agent(e.agent);
}

}  // namespace muster::kpi
