#include "board_view.h"

#include <utility>

#include "muster/node/render.h"

namespace muster::node {
namespace {

void render(const kpi::QueueRow& row, v1::QueueRow* out) {
  out->set_queue_id(row.queue_id);
  out->set_tenant_id(row.tenant_id);
  out->set_display_name(row.display_name);
  out->set_channel(to_proto(row.channel));
  out->set_waiting(row.waiting);
  out->set_ringing(row.ringing);
  out->set_in_hand(row.in_hand);
  if (row.oldest_queue_time) to_proto(*row.oldest_queue_time, out->mutable_oldest_queue_time());
  out->set_created(row.counters.created);
  out->set_answered(row.counters.answered);
  out->set_answered_in_target(row.counters.answered_in_target);
  out->set_abandoned(row.counters.abandoned);
  out->set_abandoned_in_target(row.counters.abandoned_in_target);
  out->set_completed(row.counters.completed);
  out->set_ended_otherwise(row.counters.ended_otherwise);
  to_proto(row.counters.total_answer_wait, out->mutable_total_answer_wait());
  out->set_estimated(row.counters.estimated);
  to_proto(row.counters.total_estimate_error, out->mutable_total_estimate_error());
  to_proto(row.counters.total_estimate_excess, out->mutable_total_estimate_excess());
}

void render(const kpi::AgentRow& row, v1::AgentRow* out) {
  out->set_agent_id(row.agent_id);
  out->set_display_name(row.display_name);
  out->set_presence(to_proto(row.presence));
  out->set_activity(static_cast<v1::AgentActivity>(row.activity));
  to_proto(row.since, out->mutable_since());
  out->set_in_hand(row.in_hand);
  out->set_ringing(row.ringing);
  out->set_connected(row.connected);
  out->set_answered(row.counters.answered);
  out->set_missed(row.counters.missed);
  out->set_next_presence(to_proto(row.next_presence));
}

void render(const kpi::Totals& totals, v1::Totals* out) {
  out->set_waiting(totals.waiting);
  out->set_ringing(totals.ringing);
  out->set_in_hand(totals.in_hand);
  out->set_scheduled(totals.scheduled);
  out->set_agents_signed_in(totals.agents_signed_in);
  out->set_agents_available(totals.agents_available);
  out->set_agents_idle(totals.agents_idle);
  out->set_created(totals.counters.created);
  out->set_answered(totals.counters.answered);
  out->set_abandoned(totals.counters.abandoned);
  out->set_completed(totals.counters.completed);
  out->set_offers(totals.counters.offers);
  out->set_offers_missed(totals.counters.offers_missed);
  out->set_offers_declined(totals.counters.offers_declined);
}

}  // namespace

void BoardView::apply(const std::vector<dispatch::Event>& events) {
  std::lock_guard lock(mutex_);
  for (const auto& event : events) board_.apply(event);
}

void BoardView::reset(const dispatch::StateImage& state, const kpi::BoardCounters& counters) {
  std::lock_guard lock(mutex_);
  board_.restore(state, counters);
}

kpi::Totals BoardView::totals() const {
  std::lock_guard lock(mutex_);
  return board_.totals();
}

// The rows are copied under the lock, which the publisher needs too, and rendered after it.
Node::BoardDelta BoardView::delta(std::uint64_t version, bool include_agents, const std::string& tenant_id) const {
  std::unique_lock lock(mutex_);
  auto changes = board_.changes_after(version, include_agents, tenant_id);
  std::vector<kpi::QueueRow> queues;
  std::vector<kpi::AgentRow> agents;
  queues.reserve(changes.queues.size());
  agents.reserve(changes.agents.size());
  for (const auto* row : changes.queues) queues.push_back(*row);
  for (const auto* row : changes.agents) agents.push_back(*row);
  lock.unlock();

  Node::BoardDelta delta;
  delta.version = changes.version;
  auto& out = delta.response;
  out.set_snapshot(changes.snapshot);
  out.set_sequence(static_cast<std::int64_t>(changes.version));
  to_proto(wall_now(), out.mutable_as_of());
  for (const auto& row : queues) render(row, out.add_queues());
  for (const auto& row : agents) render(row, out.add_agents());
  for (auto& id : changes.removed_queue_ids) out.add_removed_queue_ids(std::move(id));
  for (auto& id : changes.removed_agent_ids) out.add_removed_agent_ids(std::move(id));
  render(changes.totals, out.mutable_totals());
  return delta;
}

}  // namespace muster::node
