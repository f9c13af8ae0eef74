#include "muster/kpi/board.h"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>
#include <variant>

#include "ledger.h"

namespace muster::kpi {
namespace {

using dispatch::AgentHandle;
using dispatch::ContactId;
using dispatch::ContactState;
using dispatch::OfferId;
using dispatch::QueueHandle;
using dispatch::SessionId;

struct OpenContact {
  QueueHandle queue{};
  AgentHandle agent{};  ///< who holds it
  ContactState state{};
  TimePoint due;
  TimePoint answered_at{};    ///< epoch: nobody has accepted it yet
  OfferId answer{};           ///< that acceptance, while its setup may still fail
  Duration estimated_wait{};  ///< 0: none

  [[nodiscard]] bool answered() const { return answered_at != TimePoint{}; }
};

bool waits(ContactState state) { return state == ContactState::kQueued || state == ContactState::kOffered; }

struct QueueEntry : Entry<QueueRow> {
  Duration target{};                                  ///< QueueSpec::service_level_target
  std::set<std::pair<TimePoint, ContactId>> waiting;  ///< by when they became due
};

struct AgentEntry : Entry<AgentRow> {
  SessionId session{};
  std::int32_t active = 0;  ///< contacts active or held
  std::int32_t wrap_up = 0;
  // What of it is in the totals now.
  bool counted_signed_in = false;
  bool counted_available = false;
  bool counted_idle = false;
};

Activity activity_of(const AgentEntry& agent) {
  if (agent.active > 0) return Activity::kBusy;
  if (agent.wrap_up > 0) return Activity::kWrapUp;
  return agent.row.ringing > 0 ? Activity::kRinging : Activity::kIdle;
}

std::int64_t day_of(TimePoint time) { return std::chrono::floor<std::chrono::days>(time).time_since_epoch().count(); }

}  // namespace

class Board::Impl {
 public:
  void apply(const dispatch::Event& event) {
    version_ = event.sequence;
    now_ = event.time;
    if (const std::int64_t day = day_of(event.time); day != day_) start_day(day);
    std::visit([this](const auto& body) { on(body); }, event.body);
  }

  BoardChanges changes_after(dispatch::Sequence version, bool include_agents, const std::string& tenant_id) const {
    const auto shown = [&](const QueueRow& row) { return tenant_id.empty() || row.tenant_id == tenant_id; };
    BoardChanges changes;
    changes.snapshot = version == 0 || version < oldest_delta_version();
    if (changes.snapshot) version = 0;
    changes.version = version_;
    changes.totals = tenant_id.empty() ? totals_ : totals_of(tenant_id);
    changes.queues = queues_.changed_after(version);
    std::erase_if(changes.queues, [&](const QueueRow* row) { return !shown(*row); });
    if (include_agents) changes.agents = agents_.changed_after(version);
    if (changes.snapshot) return changes;
    changes.removed_queue_ids = queues_.removed_after(version, changes.queues, &QueueRow::queue_id, shown);
    if (include_agents) {
      changes.removed_agent_ids =
          agents_.removed_after(version, changes.agents, &AgentRow::agent_id, [](const AgentRow&) { return true; });
    }
    return changes;
  }

  dispatch::Sequence version() const { return version_; }
  dispatch::Sequence oldest_delta_version() const {
    return std::max(queues_.oldest_delta_version(), agents_.oldest_delta_version());
  }
  const Totals& totals() const { return totals_; }
  const QueueRow* queue(QueueHandle handle) const {
    const QueueEntry* entry = queues_.find(handle);
    return entry ? &entry->row : nullptr;
  }
  const AgentRow* agent(AgentHandle handle) const {
    const AgentEntry* entry = agents_.find(handle);
    return entry && entry->listed ? &entry->row : nullptr;
  }

  BoardCounters image() const;
  void restore(const dispatch::StateImage& state, const BoardCounters& counters);

 private:
  Totals totals_of(const std::string& tenant_id) const;
  void start_day(std::int64_t day);

  // --- contacts ---

  void add(ContactId id, const OpenContact& contact);
  /// Puts a contact into another state; null if it is not known.
  OpenContact* move(ContactId id, ContactState state, QueueHandle queue, AgentHandle agent);
  void end(ContactId id);
  void count(const OpenContact& contact, int sign);
  void update_waiting(ContactId id, const OpenContact& before, const OpenContact& after);
  /// Counts the first acceptance of a contact of today, or takes it back.
  void count_answer(const OpenContact& contact, int sign);

  // --- rows ---

  /// Notes that a queue's row changed.
  void refresh(QueueEntry& queue);
  /// Works out what follows from the changes of an agent's entry, and puts it on the board if it belongs there.
  void refresh(AgentEntry& agent);
  void refresh(QueueHandle handle) {
    if (QueueEntry* queue = queues_.find(handle)) refresh(*queue);
  }
  void refresh(AgentHandle handle) {
    if (AgentEntry* agent = agents_.find(handle)) refresh(*agent);
  }
  void sign_off(AgentEntry& agent);
  /// Counts one more contact that rings at the agent, or one less.
  void ring(AgentHandle handle, int sign);

  // --- events ---

  template <typename Body>
  void on(const Body&) {}  // says nothing about the floor
  void on(const dispatch::WorkspaceOpened&);
  void on(const dispatch::QueuePut&);
  void on(const dispatch::QueueDeleted&);
  void on(const dispatch::AgentPut&);
  void on(const dispatch::AgentDeleted&);
  void on(const dispatch::ContactCreated&);
  void on(const dispatch::ContactQueued&);
  void on(const dispatch::ContactTransferred&);
  void on(const dispatch::OfferMade&);
  void on(const dispatch::OfferAccepted&);
  void on(const dispatch::OfferEnded&);
  void on(const dispatch::ContactRequeued&);
  void on(const dispatch::ContactCompleted&);
  void on(const dispatch::ContactEnded&);
  void on(const dispatch::SessionOpened&);
  void on(const dispatch::SessionLost&);
  void on(const dispatch::SessionEnded&);
  void on(const dispatch::PresenceChanged&);
  void on(const dispatch::ContactHeld& e) { move(e.contact, ContactState::kHeld, e.queue, e.agent); }
  void on(const dispatch::ContactResumed& e) { move(e.contact, ContactState::kActive, e.queue, e.agent); }
  void on(const dispatch::ContactWrapUpStarted& e) { move(e.contact, ContactState::kWrapUp, e.queue, e.agent); }

  dispatch::Sequence version_ = 0;
  TimePoint now_;
  std::int64_t day_ = 0;
  Totals totals_;
  Ledger<QueueEntry, QueueRow, QueueHandle> queues_{kRemovalsMax};
  Ledger<AgentEntry, AgentRow, AgentHandle> agents_{kRemovalsMax};
  std::unordered_map<std::uint64_t, OpenContact> contacts_;  // by ContactId; never iterated
};

Totals Board::Impl::totals_of(const std::string& tenant_id) const {
  Totals totals;
  queues_.each([&](QueueHandle, const QueueEntry& queue) {
    const QueueRow& row = queue.row;
    if (row.tenant_id != tenant_id) return;
    totals.waiting += row.waiting;
    totals.ringing += row.ringing;
    totals.in_hand += row.in_hand;
    totals.counters.created += row.counters.created;
    totals.counters.answered += row.counters.answered;
    totals.counters.abandoned += row.counters.abandoned;
    totals.counters.completed += row.counters.completed;
  });
  return totals;
}

void Board::Impl::start_day(std::int64_t day) {
  day_ = day;
  totals_.counters = {};
  queues_.each([&](QueueHandle, QueueEntry& queue) {
    queue.row.counters = {};
    queues_.list(queue, version_);
  });
  agents_.each([&](AgentHandle, AgentEntry& agent) {
    agent.row.counters = {};
    if (agent.listed) agents_.list(agent, version_);
  });
}

// --- contacts ---------------------------------------------------------------------------------------------------

void Board::Impl::add(ContactId id, const OpenContact& contact) {
  contacts_.emplace(dispatch::raw(id), contact);
  count(contact, +1);
  update_waiting(id, {}, contact);
  refresh(contact.queue);
  refresh(contact.agent);
}

OpenContact* Board::Impl::move(ContactId id, ContactState state, QueueHandle queue, AgentHandle agent) {
  const auto found = contacts_.find(dispatch::raw(id));
  if (found == contacts_.end()) return nullptr;
  OpenContact& contact = found->second;
  const OpenContact before = contact;
  contact.state = state;
  contact.queue = queue;
  contact.agent = agent;
  count(before, -1);
  count(contact, +1);
  update_waiting(id, before, contact);
  refresh(queue);
  if (before.queue != queue) refresh(before.queue);
  refresh(agent);
  if (before.agent != agent) refresh(before.agent);
  return &contact;
}

void Board::Impl::end(ContactId id) {
  const auto found = contacts_.find(dispatch::raw(id));
  if (found == contacts_.end()) return;
  const OpenContact before = found->second;
  contacts_.erase(found);
  count(before, -1);
  update_waiting(id, before, {});
  refresh(before.queue);
  refresh(before.agent);
}

void Board::Impl::count(const OpenContact& contact, int sign) {
  const std::int32_t waiting = waits(contact.state) ? sign : 0;
  const std::int32_t ringing = contact.state == ContactState::kOffered ? sign : 0;
  const std::int32_t held = in_hand(contact.state) ? sign : 0;
  totals_.waiting += waiting;
  totals_.ringing += ringing;
  totals_.in_hand += held;
  if (contact.state == ContactState::kScheduled) totals_.scheduled += sign;
  if (QueueEntry* queue = queues_.find(contact.queue)) {
    queue->row.waiting += waiting;
    queue->row.ringing += ringing;
    queue->row.in_hand += held;
  }
  if (AgentEntry* agent = agents_.find(contact.agent)) {
    agent->row.in_hand += held;
    (contact.state == ContactState::kWrapUp ? agent->wrap_up : agent->active) += held;
  }
}

void Board::Impl::update_waiting(ContactId id, const OpenContact& before, const OpenContact& after) {
  const bool was = waits(before.state), is = waits(after.state);
  if (was && is && before.queue == after.queue) return;
  if (QueueEntry* queue = queues_.find(before.queue); queue && was) queue->waiting.erase({before.due, id});
  // The newest mostly comes last.
  if (QueueEntry* queue = queues_.find(after.queue); queue && is) {
    queue->waiting.emplace_hint(queue->waiting.end(), after.due, id);
  }
}

void Board::Impl::count_answer(const OpenContact& contact, int sign) {
  totals_.counters.answered += sign;
  QueueEntry* queue = queues_.find(contact.queue);
  if (!queue) return;
  const Duration waited = contact.answered_at - contact.due;
  QueueCounters& counters = queue->row.counters;
  counters.answered += sign;
  if (waited <= queue->target) counters.answered_in_target += sign;
  counters.total_answer_wait += sign * waited;
  if (contact.estimated_wait == Duration{}) return;
  const Duration excess = contact.estimated_wait - waited;
  counters.estimated += sign;
  counters.total_estimate_error += sign * std::chrono::abs(excess);
  counters.total_estimate_excess += sign * excess;
}

// --- rows -------------------------------------------------------------------------------------------------------

void Board::Impl::refresh(QueueEntry& queue) {
  queue.row.oldest_queue_time.reset();
  if (!queue.waiting.empty()) queue.row.oldest_queue_time = queue.waiting.begin()->first;
  queues_.list(queue, version_);
}

void Board::Impl::refresh(AgentEntry& agent) {
  if (const Activity activity = activity_of(agent); activity != agent.row.activity) {
    agent.row.activity = activity;
    agent.row.since = now_;
  }
  const auto recount = [](bool& counted, bool counts, std::int32_t& total) {
    total += static_cast<int>(counts) - static_cast<int>(counted);
    counted = counts;
  };
  const bool signed_in = agent.session != SessionId::kNone;
  const bool available = signed_in && agent.row.presence == dispatch::Presence::kAvailable;
  recount(agent.counted_signed_in, signed_in && agent.row.presence != dispatch::Presence::kOffline,
          totals_.agents_signed_in);
  recount(agent.counted_available, available, totals_.agents_available);
  recount(agent.counted_idle, available && agent.row.activity == Activity::kIdle, totals_.agents_idle);
  if (signed_in) agents_.list(agent, version_);
}

void Board::Impl::ring(AgentHandle handle, int sign) {
  AgentEntry* agent = agents_.find(handle);
  if (!agent) return;
  agent->row.ringing += sign;
  refresh(*agent);
}

void Board::Impl::sign_off(AgentEntry& agent) {
  agent.session = SessionId::kNone;
  agent.row.connected = false;
  refresh(agent);
  agents_.unlist(agent, version_);
}

// --- events -----------------------------------------------------------------------------------------------------

void Board::Impl::on(const dispatch::WorkspaceOpened&) {
  agents_.each([&](AgentHandle, AgentEntry& agent) {
    if (!agent.row.connected) return;
    agent.row.connected = false;
    refresh(agent);
  });
}

void Board::Impl::on(const dispatch::QueuePut& e) {
  QueueEntry& queue = queues_.at(e.queue);
  queue.row.queue = e.queue;
  queue.row.queue_id = e.spec.id;
  queue.row.display_name = e.spec.display_name;
  queue.row.channel = e.spec.channel;
  queue.row.tenant_id = e.spec.tenant;
  queue.target = e.spec.service_level_target;
  refresh(queue);
}

void Board::Impl::on(const dispatch::QueueDeleted& e) {
  QueueEntry* queue = queues_.find(e.queue);
  if (!queue) return;
  queues_.unlist(*queue, version_);
  queues_.erase(e.queue);
}

void Board::Impl::on(const dispatch::AgentPut& e) {
  if (!agents_.find(e.agent)) agents_.at(e.agent).row.since = now_;
  AgentEntry& agent = agents_.at(e.agent);
  agent.row.agent = e.agent;
  agent.row.agent_id = e.spec.id;
  agent.row.display_name = e.spec.display_name;
  refresh(agent);
}

void Board::Impl::on(const dispatch::AgentDeleted& e) {
  AgentEntry* agent = agents_.find(e.agent);
  if (!agent) return;
  sign_off(*agent);
  agents_.erase(e.agent);
}

void Board::Impl::on(const dispatch::ContactCreated& e) {
  ++totals_.counters.created;
  if (QueueEntry* queue = queues_.find(e.queue)) ++queue->row.counters.created;
  add(e.contact,
      {e.queue, {}, e.due > now_ ? ContactState::kScheduled : ContactState::kQueued, e.due, {}, {}, e.estimated_wait});
}

void Board::Impl::on(const dispatch::ContactQueued& e) {
  OpenContact* contact = move(e.contact, ContactState::kQueued, e.queue, {});
  if (contact) contact->estimated_wait = e.estimated_wait;
}

// What was estimated was the wait in another queue.
void Board::Impl::on(const dispatch::ContactTransferred& e) {
  OpenContact* contact = move(e.contact, ContactState::kQueued, e.queue, {});
  if (contact) contact->estimated_wait = {};
}

void Board::Impl::on(const dispatch::OfferMade& e) {
  ++totals_.counters.offers;
  ring(e.agent, +1);
  move(e.contact, ContactState::kOffered, e.queue, {});
}

void Board::Impl::on(const dispatch::OfferAccepted& e) {
  if (AgentEntry* agent = agents_.find(e.agent)) ++agent->row.counters.answered;
  ring(e.agent, -1);
  OpenContact* contact = move(e.contact, ContactState::kActive, e.queue, e.agent);
  if (!contact || !e.first) return;
  contact->answered_at = contact->due + e.waited;
  contact->answer = e.offer;
  count_answer(*contact, +1);
}

// Whom the agent could not reach was not answered.
void Board::Impl::on(const dispatch::ContactRequeued& e) {
  OpenContact* contact = move(e.contact, ContactState::kQueued, e.queue, {});
  if (!contact || e.failed_offer == OfferId::kNone || contact->answer != e.failed_offer) return;
  if (day_of(contact->answered_at) == day_) count_answer(*contact, -1);
  contact->answered_at = {};
}

void Board::Impl::on(const dispatch::OfferEnded& e) {
  if (e.state == dispatch::OfferState::kDeclined) ++totals_.counters.offers_declined;
  if (e.state == dispatch::OfferState::kTimedOut) {
    ++totals_.counters.offers_missed;
    if (AgentEntry* agent = agents_.find(e.agent)) ++agent->row.counters.missed;
  }
  ring(e.agent, -1);
  if (!e.rings_on) move(e.contact, ContactState::kQueued, e.queue, {});
}

void Board::Impl::on(const dispatch::ContactCompleted& e) {
  ++totals_.counters.completed;
  if (QueueEntry* queue = queues_.find(e.queue)) ++queue->row.counters.completed;
  end(e.contact);
}

void Board::Impl::on(const dispatch::ContactEnded& e) {
  QueueEntry* queue = queues_.find(e.queue);
  const auto found = contacts_.find(dispatch::raw(e.contact));
  const bool answered = found != contacts_.end() && found->second.answered();
  if (e.state == ContactState::kAbandoned && !answered) {
    ++totals_.counters.abandoned;
    if (queue) {
      ++queue->row.counters.abandoned;
      if (e.waited <= queue->target) ++queue->row.counters.abandoned_in_target;
    }
  } else if (queue) {
    ++queue->row.counters.ended_otherwise;
  }
  end(e.contact);
}

void Board::Impl::on(const dispatch::SessionOpened& e) {
  AgentEntry* agent = agents_.find(e.agent);
  if (!agent) return;
  agent->session = e.session;
  agent->row.connected = true;
  refresh(*agent);
}

void Board::Impl::on(const dispatch::SessionLost& e) {
  AgentEntry* agent = agents_.find(e.agent);
  if (!agent || agent->session != e.session) return;
  agent->row.connected = false;
  refresh(*agent);
}

void Board::Impl::on(const dispatch::SessionEnded& e) {
  AgentEntry* agent = agents_.find(e.agent);
  if (agent && agent->session == e.session) sign_off(*agent);
}

void Board::Impl::on(const dispatch::PresenceChanged& e) {
  AgentEntry* agent = agents_.find(e.agent);
  if (!agent) return;
  if (agent->row.presence != e.presence) agent->row.since = now_;
  agent->row.presence = e.presence;
  agent->row.next_presence = e.next.presence;
  refresh(*agent);
}

// --- snapshots --------------------------------------------------------------------------------------------------

BoardCounters Board::Impl::image() const {
  BoardCounters image;
  image.day = day_;
  image.totals = totals_.counters;
  queues_.each([&](QueueHandle handle, const QueueEntry& queue) {
    image.queues.push_back({handle, queue.row.counters});
  });
  agents_.each([&](AgentHandle handle, const AgentEntry& agent) {
    if (!agent.listed && agent.row.counters == AgentCounters{}) return;
    image.agents.push_back({handle, agent.row.since, agent.row.counters});
  });
  return image;
}

void Board::Impl::restore(const dispatch::StateImage& state, const BoardCounters& counters) {
  queues_.reset(state.last_sequence);
  agents_.reset(state.last_sequence);
  contacts_.clear();
  version_ = state.last_sequence;
  now_ = state.last_time;
  day_ = counters.day;
  totals_ = Totals{};
  totals_.counters = counters.totals;

  for (const auto& queue : state.queues) on(dispatch::QueuePut{queue.handle, queue.spec});
  for (const auto& agent : state.agents) {
    on(dispatch::AgentPut{agent.handle, agent.spec});
    AgentEntry& entry = agents_.at(agent.handle);
    entry.session = agent.session;
    entry.row.connected = agent.connected;
    entry.row.presence = agent.presence;
    entry.row.next_presence = agent.next.presence;
    refresh(entry);
  }
  for (const auto& contact : state.contacts) {
    // Since the first acceptance nothing has changed: its setup may still fail.
    const bool just_answered = contact.answered && contact.answered_at == contact.state_since;
    const AgentHandle holder = in_hand(contact.state) ? contact.agent : AgentHandle::kNone;
    add(contact.id, {contact.queue, holder, contact.state, contact.due, contact.answered_at,
                     just_answered ? contact.offer : OfferId::kNone, contact.estimated_wait});
  }
  for (const auto& offer : state.offers) ring(offer.agent, +1);
  for (const auto& agent : state.agents) {
    agents_.at(agent.handle).row.since = std::max(agent.presence_since, agent.idle_since);
  }
  for (const auto& queue : counters.queues) {
    if (QueueEntry* entry = queues_.find(queue.queue)) entry->row.counters = queue.counters;
  }
  for (const auto& agent : counters.agents) {
    AgentEntry* entry = agents_.find(agent.agent);
    if (!entry) continue;
    entry->row.since = agent.since;
    entry->row.counters = agent.counters;
  }
}

Board::Board() : impl_(std::make_unique<Impl>()) {}
Board::~Board() = default;
Board::Board(Board&&) noexcept = default;
Board& Board::operator=(Board&&) noexcept = default;

void Board::apply(const dispatch::Event& event) { impl_->apply(event); }
BoardChanges Board::changes_after(dispatch::Sequence version, bool include_agents, const std::string& tenant_id) const {
  return impl_->changes_after(version, include_agents, tenant_id);
}
dispatch::Sequence Board::version() const { return impl_->version(); }
dispatch::Sequence Board::oldest_delta_version() const { return impl_->oldest_delta_version(); }
const Totals& Board::totals() const { return impl_->totals(); }
const QueueRow* Board::queue(dispatch::QueueHandle queue) const { return impl_->queue(queue); }
const AgentRow* Board::agent(dispatch::AgentHandle agent) const { return impl_->agent(agent); }
BoardCounters Board::image() const { return impl_->image(); }
void Board::restore(const dispatch::StateImage& state, const BoardCounters& counters) {
  impl_->restore(state, counters);
}

}  // namespace muster::kpi
