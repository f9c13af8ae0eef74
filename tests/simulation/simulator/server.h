#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "committer.h"
#include "engine_clock.h"
#include "publisher.h"
#include "sequencer.h"
#include "world.h"

namespace muster::simulator {

/// One process that serves the workspace when it can, on simulated time: what node::WorkspaceOwner, its threads, the
/// lease and the connections to PostgreSQL do, around the node's own sequencer, committer, publisher and public view.
/// It can crash, freeze, lose its connections, and have its wall clock set.
class Server {
 public:
  /// How this run's servers are configured.
  struct Options {
    std::size_t mailbox_max;
    std::size_t feed_events_max;
    Duration hash_interval;
    Duration latency;  ///< of PostgreSQL, at most, when nothing is wrong
  };

  Server(World& world, int number, Options options);
  ~Server();

  void start();

  // --- for clients ---

  void submit(node::Request request);
  void lose_session(dispatch::SessionId session, const std::shared_ptr<node::SessionMailbox>& mailbox);
  [[nodiscard]] std::shared_ptr<node::SessionMailbox> make_mailbox() const;
  /// Null while it is down.
  [[nodiscard]] node::EventFeed* feed() { return view_ ? &view_->events : nullptr; }
  /// Whether it has published all that is durable.
  [[nodiscard]] bool up_to_date() const;
  [[nodiscard]] bool serving() const;
  /// Whether another server has taken over and it has not noticed.
  [[nodiscard]] bool stale() const;
  /// Changes when all streams break.
  [[nodiscard]] std::uint64_t incarnation() const { return incarnation_; }

  // --- what happens to it ---

  void crash(Duration down_for);
  void freeze(Duration span) { frozen_until_ = std::max(frozen_until_, world_.schedule.now() + span); }
  void set_wall_clock(Duration ahead) { wall_ahead_ = ahead; }
  void thaw() { frozen_until_ = {}; }

  /// Compares the engine with the journal, if it serves and nothing is under way.
  void compare() const;

 private:
  struct Term;

  /// Later, unless it has crashed by then; when it is frozen, after that.
  void later(Duration span, std::function<void()> what);
  [[nodiscard]] bool lease_valid() const { return world_.schedule.now() < lease_until_; }
  [[nodiscard]] TimePoint now_on_clock();

  void try_acquire();
  void renew(std::uint64_t acquisition, std::uint64_t epoch);
  void begin_term(const journal::Ownership& ownership);
  void wake_at(Duration when);
  void pass();
  void add_housekeeping(std::vector<node::Request>& requests);
  void push(node::Batch&& batch);
  void start_commit();
  void send_append(const std::string& payload, dispatch::Sequence first, dispatch::Sequence last);
  void finish_commit(journal::AppendResult result);
  void end_term();
  void finish_term();

  World& world_;
  const int number_;
  const Options options_;
  std::uint64_t incarnation_ = 0;
  std::unique_ptr<node::PublicView> view_;
  std::unique_ptr<Term> term_;
  std::uint64_t terms_ = 0;
  std::uint64_t acquisitions_ = 0;
  Duration lease_until_{};
  Duration frozen_until_{};
  Duration wall_ahead_{};
};

}  // namespace muster::simulator
