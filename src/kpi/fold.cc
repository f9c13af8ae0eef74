#include "muster/kpi/fold.h"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>
#include <variant>

#include "series.h"

namespace muster::kpi {
namespace {

using dispatch::AgentHandle;
using dispatch::ContactId;
using dispatch::ContactState;
using dispatch::OfferId;
using dispatch::OfferState;
using dispatch::Presence;
using dispatch::QueueHandle;
using dispatch::raw;
using dispatch::SessionId;

struct Row {
  Row(Key key_, Series series_) : key(std::move(key_)), series(std::move(series_)) {}

  const Key key;
  Place place;
  Series series;
  Gauges gauges{};
  AgentHandle agent{};  ///< whose it is, of Dimension::kAgent
  bool listed = false;  ///< shown even if there is nothing to tell: what exists
};

/// The rows that something counts in.
class Rows {
 public:
  void add(Row* row) {
    if (row) rows_[count_++] = row;
  }
  [[nodiscard]] Row* const* begin() const { return rows_.data(); }
  [[nodiscard]] Row* const* end() const { return rows_.data() + count_; }

 private:
  std::array<Row*, 8> rows_{};
  std::size_t count_ = 0;
};

struct QueueEntry {
  dispatch::QueueSpec spec;
  Row* row = nullptr;
  Row* tenant = nullptr;
  Row* channel = nullptr;
  std::vector<Row*> by_base;                          ///< by number of the base; null: nothing yet
  std::set<std::pair<TimePoint, ContactId>> waiting;  ///< by when they became due
};

/// What of an agent's time counts, and how much of the capacity; and what shows of it at base and team.
struct Occupation {
  std::optional<Fact> time;  ///< none: not signed in
  std::int64_t units = 0;
  std::int64_t capacity = 0;
  std::int32_t in_hand = 0;
  std::int32_t ringing = 0;
  bool operator==(const Occupation&) const = default;
};

struct AgentEntry {
  AgentHandle handle{};
  dispatch::AgentSpec spec;
  Row* row = nullptr;  ///< null: nothing yet
  Row* base = nullptr;
  Row* team = nullptr;
  std::size_t base_number = 0;
  SessionId session{};
  bool connected = false;
  Presence presence = Presence::kOffline;
  std::int32_t active = 0;  ///< contacts active or held
  std::int32_t wrap_up = 0;
  std::int32_t ringing = 0;
  std::int64_t units = 0;
  Occupation counted;  ///< as it counts now
};

struct OpenContact {
  QueueHandle queue{};
  AgentHandle agent{};  ///< who holds it
  ContactState state{};
  TimePoint due;
  Duration estimated_wait{};  ///< 0: none
  bool answered = false;
  OfferId answer{};  ///< the acceptance that may still be taken back
  Duration waited{};
  bool in_target = false;
  // While in hand.
  TimePoint since;  ///< of its state
  Duration talk{}, hold{};
  std::uint16_t units = 0;
};

bool waits(ContactState state) { return state == ContactState::kQueued || state == ContactState::kOffered; }

/// Whether who left unanswered counts by the method, and as served.
std::pair<bool, bool> service_of_abandoned(dispatch::ServiceLevelMethod method, bool in_target, bool is_short) {
  using Method = dispatch::ServiceLevelMethod;
  switch (method) {
    case Method::kAbandonedInTargetServed:
    case Method::kLeftInTarget:
      return {true, in_target};
    case Method::kAnsweredOnly:
      return {false, false};
    case Method::kStrict:
      return {true, false};
    case Method::kAbandonedInTargetIgnored:
      return {!in_target, false};
    case Method::kShortAbandonServed:
      return {true, is_short};
    case Method::kShortAbandonIgnored:
      return {!is_short, false};
  }
  return {false, false};
}

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

using Counts = std::initializer_list<std::pair<Fact, std::int64_t>>;

}  // namespace

class Fold::Impl {
 public:
  explicit Impl(Keep keep) : keep_(keep) {}

  void apply(const dispatch::Event& event) {
    // Nobody served meanwhile, so what agents did is not known.
    if (std::holds_alternative<dispatch::WorkspaceOpened>(event.body)) skip(event.time);
    pass(event.time);
    version_ = event.sequence;
    std::visit([this](const auto& body) { on(body); }, event.body);
  }

  dispatch::Sequence version() const { return version_; }
  TimePoint now() const { return now_; }

  std::vector<RowSample> read(Dimension dimension, TimePoint from, TimePoint until) const;
  std::vector<IntervalRow> interval(Dimension dimension, TimePoint start, TimePoint until) const;
  History take_history();
  FoldImage image() const;
  void name_base_queues(const dispatch::StateImage& state);
  void restore(const dispatch::StateImage& state, const FoldImage& image);

 private:
  // --- time and rows ---

  /// Lets time pass until the next event.
  void pass(TimePoint time);
  void skip(TimePoint time);
  void close_interval(TimePoint start);
  Row& row_of(const Key& key);
  void forget_idle_agents();
  [[nodiscard]] std::map<Key, TimePoint> oldest_waiting(Dimension dimension) const;

  QueueEntry* queue_at(QueueHandle handle) {
    const std::size_t index = raw(handle);
    return index < queues_.size() ? queues_[index].get() : nullptr;
  }
  AgentEntry* agent_at(AgentHandle handle) {
    const std::size_t index = raw(handle);
    return index < agents_.size() ? agents_[index].get() : nullptr;
  }
  /// The rows of a queue and, if any, of an agent.
  Rows rows_of(QueueHandle queue, AgentHandle agent = {});
  /// The rows of an agent's time.
  Rows rows_of(AgentEntry& agent);
  void place_agent(AgentEntry& agent);

  // --- counting ---

  void count(const Rows& rows, Counts counts);
  /// The same at a time that may be over.
  void count_at(TimePoint at, const Rows& rows, Counts counts);
  static void gauge(const Rows& rows, Gauge gauge, int by);
  /// Counts the answer of a contact at its moment, or takes it back.
  void count_answer(const OpenContact& contact, TimePoint at, AgentHandle agent, int sign);
  void count_abandon(QueueHandle queue, Duration waited);
  /// Its present state is over: what talk or hold it was is added up.
  void lapse(OpenContact& contact) const;
  /// The hold of an agent on a contact is over.
  void end_handling(OpenContact& contact, bool counts);

  // --- floor ---

  OpenContact* contact_at(ContactId id);
  /// Puts a contact into another state.
  void move(ContactId id, OpenContact& contact, ContactState state, QueueHandle queue, AgentHandle agent);
  void settle_agent(AgentHandle handle);
  void set_occupation(AgentEntry& agent, const Occupation& occupation);
  void change_rate(const Rows& rows, Fact fact, std::int64_t by);
  void ring(AgentHandle handle, int by);
  void carry(AgentHandle handle, const OpenContact& contact, int by);
  void end(ContactId id, OpenContact& contact);

  // --- events ---

  template <typename Body>
  void on(const Body&) {}  // counts nothing
  void on(const dispatch::QueuePut&);
  void on(const dispatch::QueueDeleted&);
  void on(const dispatch::AgentPut&);
  void on(const dispatch::AgentDeleted&);
  void on(const dispatch::SettingsPut& e) { settings_ = e.settings; }
  void on(const dispatch::ContactCreated&);
  void on(const dispatch::ContactQueued&);
  void on(const dispatch::ContactEscalated& e) { count(rows_of(e.queue), {{Fact::kEscalated, 1}}); }
  void on(const dispatch::ContactStarving& e) { count(rows_of(e.queue), {{Fact::kStarved, 1}}); }
  void on(const dispatch::OfferMade&);
  void on(const dispatch::OfferAccepted&);
  void on(const dispatch::OfferEnded&);
  void on(const dispatch::ContactHeld& e) { to_state(e.contact, ContactState::kHeld); }
  void on(const dispatch::ContactResumed& e) { to_state(e.contact, ContactState::kActive); }
  void on(const dispatch::ContactWrapUpStarted& e) { to_state(e.contact, ContactState::kWrapUp); }
  void on(const dispatch::ContactTransferred&);
  void on(const dispatch::ContactRequeued&);
  void on(const dispatch::ContactCompleted&);
  void on(const dispatch::ContactEnded&);
  void on(const dispatch::ContactOutcomeRecorded&);
  void on(const dispatch::WorkspaceOpened&);
  void on(const dispatch::SessionOpened&);
  void on(const dispatch::SessionLost&);
  void on(const dispatch::SessionEnded&);
  void on(const dispatch::PresenceChanged&);
  void to_state(ContactId id, ContactState state);

  const Keep keep_;
  dispatch::Sequence version_ = 0;
  TimePoint now_;
  bool restoring_ = false;
  dispatch::Settings settings_;
  std::map<Key, Row> rows_;
  Row* workspace_ = nullptr;
  std::map<std::string, std::size_t, std::less<>> base_numbers_;
  std::vector<std::unique_ptr<QueueEntry>> queues_;          // by handle
  std::vector<std::unique_ptr<AgentEntry>> agents_;          // by handle
  std::unordered_map<std::uint64_t, OpenContact> contacts_;  // by ContactId; never iterated but sorted
  History history_;
};

// --- time and rows ------------------------------------------------------------------------------------------------

void Fold::Impl::pass(TimePoint time) {
  if (!workspace_) {
    now_ = time;
    workspace_ = &row_of({Dimension::kWorkspace});
    workspace_->listed = true;
  }
  for (TimePoint start = interval_of(now_); start < interval_of(time); start += kInterval) {
    now_ = start + kInterval;
    if (keep_ == Keep::kHistory) close_interval(start);
    if (interval_of(time) == now_) forget_idle_agents();
  }
  now_ = time;
}

void Fold::Impl::skip(TimePoint time) {
  for (auto& [key, row] : rows_) {
    row.series.settle(now_);
    row.series.skip(time);
  }
}

void Fold::Impl::close_interval(TimePoint start) {
  for (auto& [key, row] : rows_) {
    row.series.settle(now_);
    SparseFacts facts = sparse(row.series.interval(start, now_));
    if (!facts.empty()) history_.closed.push_back({key, start, std::move(facts)});
  }
  history_.closed_until = now_;
}

Row& Fold::Impl::row_of(const Key& key) {
  const auto found = rows_.find(key);
  if (found != rows_.end()) return found->second;
  return rows_.try_emplace(key, key, Series(now_)).first->second;
}

void Fold::Impl::forget_idle_agents() {
  for (auto it = rows_.lower_bound({Dimension::kAgent});
       it != rows_.end() && it->first.dimension == Dimension::kAgent;) {
    Row& row = it->second;
    AgentEntry* agent = agent_at(row.agent);
    const bool quiet = (!agent || agent->counted == Occupation{}) && row.gauges == Gauges{};
    if (!quiet || !row.series.idle(now_)) {
      ++it;
      continue;
    }
    if (agent && agent->row == &row) agent->row = nullptr;
    it = rows_.erase(it);
  }
}

Rows Fold::Impl::rows_of(QueueHandle handle, AgentHandle agent_handle) {
  Rows rows;
  rows.add(workspace_);
  QueueEntry* queue = queue_at(handle);
  if (queue) {
    rows.add(queue->tenant);
    rows.add(queue->channel);
    rows.add(queue->row);
  }
  AgentEntry* agent = agent_at(agent_handle);
  if (!agent) return rows;
  place_agent(*agent);
  rows.add(agent->base);
  rows.add(agent->team);
  rows.add(agent->row);
  if (!queue || !agent->base) return rows;
  if (agent->base_number >= queue->by_base.size()) queue->by_base.resize(agent->base_number + 1);
  Row*& both = queue->by_base[agent->base_number];
  if (!both) {
    both = &row_of({Dimension::kBaseQueue, agent->spec.base, queue->spec.id});
    both->place = {queue->spec.display_name, queue->spec.tenant, agent->spec.base, "", {}};
  }
  rows.add(both);
  return rows;
}

Rows Fold::Impl::rows_of(AgentEntry& agent) {
  place_agent(agent);
  Rows rows;
  rows.add(workspace_);
  rows.add(agent.base);
  rows.add(agent.team);
  rows.add(agent.row);
  return rows;
}

void Fold::Impl::place_agent(AgentEntry& agent) {
  if (agent.row) return;
  agent.row = &row_of({Dimension::kAgent, agent.spec.id});
  agent.row->agent = agent.handle;
  agent.row->place = {agent.spec.display_name, "", agent.spec.base, agent.spec.team, {}};
}

// Of each row of a dimension, since when the oldest of those waiting does.
std::map<Key, TimePoint> Fold::Impl::oldest_waiting(Dimension dimension) const {
  std::map<Key, TimePoint> oldest;
  for (const auto& queue : queues_) {
    if (!queue || queue->waiting.empty()) continue;
    for (const Row* row : {static_cast<const Row*>(workspace_), static_cast<const Row*>(queue->tenant),
                           static_cast<const Row*>(queue->channel), static_cast<const Row*>(queue->row)}) {
      if (row->key.dimension != dimension) continue;
      const TimePoint since = queue->waiting.begin()->first;
      const auto added = oldest.try_emplace(row->key, since);
      added.first->second = std::min(added.first->second, since);
    }
  }
  return oldest;
}

std::vector<RowSample> Fold::Impl::read(Dimension dimension, TimePoint from, TimePoint until) const {
  std::vector<RowSample> samples;
  const auto oldest = oldest_waiting(dimension);
  for (auto it = rows_.lower_bound({dimension}); it != rows_.end() && it->first.dimension == dimension; ++it) {
    const Row& row = it->second;
    RowSample sample{row.key, row.place, {row.series.sum(from, until), row.gauges, std::nullopt}};
    const auto since = oldest.find(row.key);
    if (since != oldest.end()) sample.sample.longest_wait_now = std::max(until - since->second, Duration::zero());
    if (row.listed || row.gauges != Gauges{} || !sample.sample.facts.empty()) samples.push_back(std::move(sample));
  }
  return samples;
}

std::vector<IntervalRow> Fold::Impl::interval(Dimension dimension, TimePoint start, TimePoint until) const {
  std::vector<IntervalRow> rows;
  for (auto it = rows_.lower_bound({dimension}); it != rows_.end() && it->first.dimension == dimension; ++it) {
    SparseFacts facts = sparse(it->second.series.interval(start, until));
    if (!facts.empty()) rows.push_back({it->first, start, std::move(facts)});
  }
  return rows;
}

History Fold::Impl::take_history() {
  History taken = std::exchange(history_, {});
  taken.closed_until = interval_of(now_);
  return taken;
}

// --- counting -----------------------------------------------------------------------------------------------------

void Fold::Impl::count(const Rows& rows, Counts counts) {
  for (Row* row : rows) {
    for (const auto& [fact, amount] : counts) {
      if (amount != 0) row->series.add(now_, fact, amount);
    }
  }
}

void Fold::Impl::count_at(TimePoint at, const Rows& rows, Counts counts) {
  if (at == now_) return count(rows, counts);
  const TimePoint start = interval_of(std::min(at, now_));
  for (Row* row : rows) {
    for (const auto& [fact, amount] : counts) {
      if (amount == 0) continue;
      row->series.add_at(now_, at, fact, amount);
      const bool is_over = keep_ == Keep::kHistory && start < interval_of(now_);
      if (is_over) history_.restated.push_back({row->key, start, fact, amount});
    }
  }
}

void Fold::Impl::gauge(const Rows& rows, Gauge gauge, int by) {
  for (Row* row : rows) row->gauges[static_cast<std::size_t>(gauge)] += by;
}

void Fold::Impl::count_answer(const OpenContact& contact, TimePoint at, AgentHandle agent, int sign) {
  const bool estimated = contact.estimated_wait != Duration{};
  const Duration excess = estimated ? contact.estimated_wait - contact.waited : Duration{};
  const std::int64_t in_target = contact.in_target ? sign : 0;
  count_at(at, rows_of(contact.queue, agent),
           {{Fact::kAnswered, sign},
            {Fact::kAnsweredInTarget, in_target},
            {Fact::kServiceCounted, sign},
            {Fact::kServiceMet, in_target},
            {Fact::kAnswerWait, sign * contact.waited.count()},
            {wait_bucket(contact.waited), sign},
            {Fact::kLongestWait, sign > 0 ? contact.waited.count() : 0},
            {Fact::kEstimated, estimated ? sign : 0},
            {Fact::kEstimateError, sign * std::chrono::abs(excess).count()},
            {Fact::kEstimateExcess, sign * excess.count()}});
}

void Fold::Impl::count_abandon(QueueHandle handle, Duration waited) {
  const QueueEntry* queue = queue_at(handle);
  const bool in_target = queue && waited <= queue->spec.service_level_target;
  const bool is_short = queue && waited <= queue->spec.short_abandon;
  const auto [counted, met] =
      queue ? service_of_abandoned(queue->spec.service_level_method, in_target, is_short) : std::pair(false, false);
  count(rows_of(handle), {{Fact::kAbandoned, 1},
                          {Fact::kAbandonedInTarget, in_target ? 1 : 0},
                          {Fact::kAbandonedShort, is_short ? 1 : 0},
                          {Fact::kAbandonWait, waited.count()},
                          {Fact::kLongestWait, waited.count()},
                          {Fact::kServiceCounted, counted ? 1 : 0},
                          {Fact::kServiceMet, met ? 1 : 0}});
}

void Fold::Impl::lapse(OpenContact& contact) const {
  if (contact.state == ContactState::kActive) contact.talk += now_ - contact.since;
  if (contact.state == ContactState::kHeld) contact.hold += now_ - contact.since;
}

void Fold::Impl::end_handling(OpenContact& contact, bool counts) {
  lapse(contact);
  const Duration wrap_up = contact.state == ContactState::kWrapUp ? now_ - contact.since : Duration::zero();
  if (counts) {
    count(rows_of(contact.queue, contact.agent), {{Fact::kHandled, 1},
                                                  {Fact::kTalk, contact.talk.count()},
                                                  {Fact::kHold, contact.hold.count()},
                                                  {Fact::kWrapUp, wrap_up.count()}});
  }
  contact.talk = contact.hold = contact.waited = {};
  contact.answer = OfferId::kNone;
  contact.in_target = false;
}

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

// --- snapshots ----------------------------------------------------------------------------------------------------

FoldImage Fold::Impl::image() const {
  FoldImage image;
  for (const auto& [key, row] : rows_) image.rows.push_back({key, row.series.image()});
  for (const auto& [id, contact] : contacts_) {  // tidy: sorted below
    if (!in_hand(contact.state)) continue;
    image.handling.push_back({ContactId{id}, contact.since, contact.talk, contact.hold, contact.units, contact.answer,
                              contact.waited, contact.in_target});
  }
  std::sort(image.handling.begin(), image.handling.end(),
            [](const auto& a, const auto& b) { return a.contact < b.contact; });
  return image;
}

void Fold::Impl::name_base_queues(const dispatch::StateImage& state) {
  std::map<std::string_view, const dispatch::QueueSpec*> by_id;
  for (const auto& queue : state.queues) by_id.emplace(queue.spec.id, &queue.spec);
  for (auto it = rows_.lower_bound({Dimension::kBaseQueue}); it != rows_.end(); ++it) {
    const auto queue = by_id.find(it->first.second);
    if (queue == by_id.end()) continue;
    it->second.place.display_name = queue->second->display_name;
    it->second.place.tenant = queue->second->tenant;
  }
}

void Fold::Impl::restore(const dispatch::StateImage& state, const FoldImage& image) {
  rows_.clear();
  base_numbers_.clear();
  queues_.clear();
  agents_.clear();
  contacts_.clear();
  history_ = {};
  version_ = state.last_sequence;
  now_ = state.last_time;
  settings_ = state.settings;
  workspace_ = nullptr;
  if (version_ == 0) return;  // time begins with the first event
  for (const auto& row : image.rows) {
    Row& added = rows_.try_emplace(row.key, row.key, Series(row.series)).first->second;
    if (row.key.dimension == Dimension::kBaseQueue) added.place.base = row.key.id;
    if (row.key.dimension == Dimension::kTenant) added.place.tenant = row.key.id;
    if (row.key.dimension == Dimension::kQueue) added.place.tenant = row.key.second;
  }
  workspace_ = &row_of({Dimension::kWorkspace});
  workspace_->listed = true;

  restoring_ = true;
  for (const auto& queue : state.queues) on(dispatch::QueuePut{queue.handle, queue.spec});
  name_base_queues(state);
  for (const auto& agent : state.agents) {
    on(dispatch::AgentPut{agent.handle, agent.spec});
    AgentEntry& entry = *agent_at(agent.handle);
    entry.session = agent.session;
    entry.connected = agent.connected;
    entry.presence = agent.presence;
    if (rows_.contains({Dimension::kAgent, agent.spec.id})) place_agent(entry);
  }
  std::unordered_map<std::uint64_t, const FoldImage::Handling*> in_image;
  for (const auto& each : image.handling) in_image.emplace(raw(each.contact), &each);
  for (const auto& held : state.contacts) {
    OpenContact& contact = contacts_[raw(held.id)];
    contact.due = held.due;
    contact.queue = held.queue;
    contact.estimated_wait = held.estimated_wait;
    contact.answered = held.answered;
    const auto known = in_image.find(raw(held.id));
    if (known != in_image.end()) {
      const FoldImage::Handling& h = *known->second;
      std::tie(contact.talk, contact.hold, contact.units, contact.answer, contact.waited, contact.in_target) =
          std::tie(h.talk, h.hold, h.units, h.answer, h.waited, h.in_target);
    }
    move(held.id, contact, held.state, held.queue, in_hand(held.state) ? held.agent : AgentHandle::kNone);
    contact.since = known != in_image.end() ? known->second->since : held.state_since;
  }
  for (const auto& offer : state.offers) ring(offer.agent, +1);
  for (const auto& agent : state.agents) settle_agent(agent.handle);
  restoring_ = false;
}

Fold::Fold(Keep keep) : impl_(std::make_unique<Impl>(keep)) {}
Fold::~Fold() = default;
Fold::Fold(Fold&&) noexcept = default;
Fold& Fold::operator=(Fold&&) noexcept = default;

void Fold::apply(const dispatch::Event& event) { impl_->apply(event); }
dispatch::Sequence Fold::version() const { return impl_->version(); }
TimePoint Fold::now() const { return impl_->now(); }
std::vector<RowSample> Fold::read(Dimension dimension, TimePoint from, TimePoint until) const {
  return impl_->read(dimension, from, until);
}
std::vector<IntervalRow> Fold::interval(Dimension dimension, TimePoint start, TimePoint until) const {
  return impl_->interval(dimension, start, until);
}
History Fold::take_history() { return impl_->take_history(); }
FoldImage Fold::image() const { return impl_->image(); }
void Fold::restore(const dispatch::StateImage& state, const FoldImage& image) { impl_->restore(state, image); }

}  // namespace muster::kpi
