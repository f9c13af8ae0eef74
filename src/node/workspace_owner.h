#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine_clock.h"
#include "follower.h"
#include "muster/base/bounded_queue.h"
#include "muster/journal/lease.h"
#include "muster/node/node.h"
#include "publisher.h"
#include "sequencer.h"
#include "work.h"

namespace muster::node {

/// Owns the workspace term by term. Each term: hold the lease, replay the journal, serve until the lease is lost or an
/// append is not committed, throw everything away, start the next. Its thread is the engine's thread.
class WorkspaceOwner {
 public:
  /// `view` and `follower` must outlive it.
  WorkspaceOwner(const NodeOptions& options, PublicView& view, Follower& follower);
  /// As stop().
  ~WorkspaceOwner();

  /// Stops in good order: what is in flight finishes, streams end, the lease is released. Requests are refused from
  /// then on. Not from two threads at once.
  void stop();

  /// Hands a request in. Refuses it at once when not serving, or when the inbox is full.
  void submit(Request request);
  /// Hands in what may not be refused; dropped when not serving.
  void submit_anyway(Request request);

  [[nodiscard]] Readiness readiness() const;
  [[nodiscard]] std::uint64_t epoch() const { return epoch_; }
  [[nodiscard]] std::size_t inbox_depth() const { return inbox_.size(); }

 private:
  void run();
  bool acquire(journal::Ownership& ownership);
  void serve(const journal::Ownership& ownership);
  void serve_inbox(Sequencer& sequencer, EngineClock& clock, const std::function<void(Batch&&)>& push,
                   const std::atomic<bool>& failed);
  void compare_clocks(const EngineClock& clock);
  dispatch::Engine replay(const journal::Ownership& ownership);
  void add_housekeeping(std::vector<Request>& requests, const dispatch::Engine& engine);
  void end_term(const std::string& why);
  void refuse_waiting(Delivery delivery);
  void turn_away(Request& request, Delivery delivery);
  void not_serving(const std::string& why);
  void pause(std::chrono::milliseconds span);

  const NodeOptions options_;
  PublicView& view_;
  Follower& follower_;
  journal::Lease lease_;
  BoundedQueue<Request> inbox_;
  std::atomic<bool> serving_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> epoch_{0};

  mutable std::mutex mutex_;
  std::string reason_ = "starting";  // guarded by mutex_: why not serving

  // The engine thread's own.
  std::chrono::steady_clock::time_point next_heartbeat_{};
  std::chrono::steady_clock::time_point next_hash_{};
  dispatch::Sequence hashed_at_ = 0;
  bool clocks_differ_ = false;

  std::thread thread_;
};

}  // namespace muster::node
