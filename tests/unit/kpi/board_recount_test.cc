#include <gtest/gtest.h>

#include <map>

#include "floor.h"
#include "muster/kpi/board.h"

namespace muster::kpi {
namespace {

using dispatch::AgentHandle;
using dispatch::ContactState;
using dispatch::QueueHandle;

bool waits(ContactState state) { return state == ContactState::kQueued || state == ContactState::kOffered; }

/// Counts the board's gauges anew from the engine's state: slow and plain.
void expect_gauges_of(const dispatch::StateImage& state, const Board& board) {
  Totals totals;
  std::map<QueueHandle, QueueRow> queues;
  std::map<AgentHandle, AgentRow> agents;
  for (const auto& contact : state.contacts) {
    auto& queue = queues[contact.queue];
    if (contact.state == ContactState::kScheduled) {
      ++totals.scheduled;
    } else if (waits(contact.state)) {
      ++totals.waiting;
      ++queue.waiting;
      queue.oldest_queue_time = std::min(queue.oldest_queue_time.value_or(contact.due), contact.due);
      if (contact.state == ContactState::kOffered) {
        ++totals.ringing;
        ++queue.ringing;
      }
    } else {
      ++totals.in_hand;
      ++queue.in_hand;
      ++agents[contact.agent].in_hand;
    }
  }
  for (const auto& offer : state.offers) ++agents[offer.agent].ringing;
  for (const auto& queue : state.queues) {
    const QueueRow* row = board.queue(queue.handle);
    ASSERT_NE(row, nullptr);
    EXPECT_EQ(row->waiting, queues[queue.handle].waiting);
    EXPECT_EQ(row->ringing, queues[queue.handle].ringing);
    EXPECT_EQ(row->in_hand, queues[queue.handle].in_hand);
    EXPECT_EQ(row->oldest_queue_time, queues[queue.handle].oldest_queue_time);
  }
  for (const auto& agent : state.agents) {
    const AgentRow* row = board.agent(agent.handle);
    ASSERT_EQ(row != nullptr, agent.session != dispatch::SessionId::kNone);
    if (!row) continue;
    EXPECT_EQ(row->presence, agent.presence);
    EXPECT_EQ(row->connected, agent.connected);
    EXPECT_EQ(row->ringing, agents[agent.handle].ringing);
    EXPECT_EQ(row->in_hand, agents[agent.handle].in_hand);
    const bool available = agent.presence == dispatch::Presence::kAvailable;
    totals.agents_signed_in += agent.presence != dispatch::Presence::kOffline;
    totals.agents_available += available;
    totals.agents_idle += available && agent.offers.empty() && agent.contacts.empty();
  }
  totals.counters = board.totals().counters;
  EXPECT_EQ(board.totals(), totals);
}

/// Everything that a watcher sees, by name.
struct Seen {
  std::map<std::string, QueueRow> queues;
  std::map<std::string, AgentRow> agents;

  void take(const BoardChanges& changes) {
    if (changes.snapshot) *this = {};
    for (const auto& id : changes.removed_queue_ids) queues.erase(id);
    for (const auto& id : changes.removed_agent_ids) agents.erase(id);
    for (const auto* row : changes.queues) queues[row->queue_id] = *row;
    for (const auto* row : changes.agents) agents[row->agent_id] = *row;
  }
};

void expect_same(const Seen& one, const Seen& other) {
  ASSERT_EQ(one.queues.size(), other.queues.size());
  for (const auto& [id, row] : one.queues) {
    ASSERT_TRUE(other.queues.contains(id)) << id;
    const QueueRow& twin = other.queues.at(id);
    EXPECT_EQ(row.waiting, twin.waiting);
    EXPECT_EQ(row.ringing, twin.ringing);
    EXPECT_EQ(row.in_hand, twin.in_hand);
    EXPECT_EQ(row.oldest_queue_time, twin.oldest_queue_time);
    EXPECT_EQ(row.counters, twin.counters);
  }
  ASSERT_EQ(one.agents.size(), other.agents.size());
  for (const auto& [id, row] : one.agents) {
    ASSERT_TRUE(other.agents.contains(id)) << id;
    const AgentRow& twin = other.agents.at(id);
    EXPECT_EQ(row.presence, twin.presence);
    EXPECT_EQ(row.next_presence, twin.next_presence);
    EXPECT_EQ(row.activity, twin.activity);
    EXPECT_EQ(row.since, twin.since) << id;
    EXPECT_EQ(row.in_hand, twin.in_hand);
    EXPECT_EQ(row.ringing, twin.ringing);
    EXPECT_EQ(row.connected, twin.connected);
    EXPECT_EQ(row.counters, twin.counters);
  }
}

class BoardRecount : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  BoardRecount() : floor_({.seed = GetParam(), .agents = 15, .odd_per_mille = 150}) {}

  /// Lets some time pass on the floor; the board hears of it.
  void go_on(int steps) {
    for (int i = 0; i < steps; ++i) floor_.step();
    for (const auto& event : floor_.take()) board_.apply(event);
  }

  muster::testing::Floor floor_;
  Board board_;
};

TEST_P(BoardRecount, GaugesFoldedAreGaugesCounted) {
  for (int round = 0; round < 60; ++round) {
    go_on(50);
    expect_gauges_of(floor_.engine().image(), board_);
  }
}

TEST_P(BoardRecount, ASnapshotAndItsDeltasGiveTheBoard) {
  Seen watcher;
  dispatch::Sequence version = 0;
  for (int round = 0; round < 60; ++round) {
    go_on(20 + round);
    const BoardChanges changes = board_.changes_after(version, true);
    version = changes.version;
    watcher.take(changes);
    Seen fresh;
    fresh.take(board_.changes_after(0, true));
    expect_same(watcher, fresh);
  }
}

TEST_P(BoardRecount, ARestoredBoardGoesOnLikeTheFirst) {
  go_on(1500);
  Board restored;
  restored.restore(floor_.engine().image(), board_.image());
  EXPECT_EQ(restored.image(), board_.image());
  for (int i = 0; i < 1500; ++i) floor_.step();
  for (const auto& event : floor_.take()) {
    board_.apply(event);
    restored.apply(event);
  }
  Seen first, second;
  first.take(board_.changes_after(0, true));
  second.take(restored.changes_after(0, true));
  expect_same(first, second);
  EXPECT_EQ(board_.totals(), restored.totals());
  EXPECT_EQ(board_.image(), restored.image());
}

INSTANTIATE_TEST_SUITE_P(Seeds, BoardRecount, ::testing::Range<std::uint64_t>(1, 9));

}  // namespace
}  // namespace muster::kpi
