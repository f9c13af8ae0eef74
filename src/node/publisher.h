#pragma once

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "board_view.h"
#include "kpi_view.h"
#include "measures.h"
#include "muster/base/bounded_queue.h"
#include "muster/node/event_feed.h"
#include "session_registry.h"
#include "work.h"

namespace muster::node {

/// What is visible of the workspace outside the node; outlives the terms of ownership.
struct PublicView {
  explicit PublicView(std::size_t feed_events_max) : events(feed_events_max) {}

  SessionRegistry sessions;
  EventFeed events;
  BoardView board;
  KpiView kpis;
  Measures measures;
  std::atomic<dispatch::Sequence> committed{0};
  std::atomic<std::uint64_t> terms_ended{0};
};

/// Stage 4 of the pipeline: lets the effects of durable batches out, in their order. The journal stage publishes
/// through it while it has nothing else to do, which saves a hop between threads at low load; otherwise the
/// publisher's own thread does, which lets the next commit run meanwhile.
class Publisher {
 public:
  /// `may_emit`: whether the lease still holds. The first time that it does not, nothing more is shown for good, lest
  /// there be a gap, callers are told that the outcome is unknown, and `silenced` is called.
  /// `committed`: called after each batch with the last durable sequence.
  Publisher(PublicView& view, std::function<bool()> may_emit, std::function<void()> silenced,
            std::function<void(dispatch::Sequence)> committed);
  /// Publishes what was handed over and ends the thread.
  ~Publisher();

  // --- for the journal stage, in commit order ---

  /// Publishes here and now. REQUIRES: idle().
  void publish_inline(std::vector<Batch>& batches) { publish(batches); }
  /// Hands over to the publisher's thread.
  void publish_later(std::vector<Batch>&& batches);
  /// Whether everything handed over has been published.
  [[nodiscard]] bool idle() const { return handed_over_.load(std::memory_order_acquire) == 0; }

 private:
  void run();
  void publish(std::vector<Batch>& batches);
  void let_out(Effect& effect, std::vector<std::function<void()>>& wakes);

  PublicView& view_;
  const std::function<bool()> may_emit_;
  const std::function<void()> silenced_;
  const std::function<void(dispatch::Sequence)> committed_;
  BoundedQueue<std::vector<Batch>> queue_{16};
  std::atomic<int> handed_over_{0};
  bool silent_ = false;  // of whoever publishes, one at a time
  std::thread thread_;
};

}  // namespace muster::node
