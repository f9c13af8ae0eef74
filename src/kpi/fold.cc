#include "muster/kpi/fold.h"

#include <algorithm>
#include <utility>

#include "fold_impl.h"

namespace muster::kpi {
namespace {

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

}  // namespace

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
