#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "muster/dispatch/engine.h"
#include "muster/journal/reader.h"
#include "muster/journal/snapshot_writer.h"
#include "muster/kpi/board.h"
#include "projection_store.h"

namespace muster::node {

/// Reads the journal as it grows, on a thread of its own, and does with it what must not delay dispatch: it fills the
/// reporting tables, writes the snapshots, and by replaying every event proves that replay gives the state that the
/// live engine had (each StateHashed event is compared). It survives restarts of PostgreSQL.
class Follower {
 public:
  struct Options {
    std::string database;
    std::string workspace;
    std::uint64_t snapshot_events;
    std::chrono::seconds snapshot_interval;
    /// How often the tables are written when nobody waits for them.
    std::chrono::milliseconds write_interval{500};
  };

  explicit Follower(Options options);
  /// As stop().
  ~Follower();

  /// Writes what it has and ends the thread. Not from two threads at once.
  void stop();

  /// The journal holds events up to `sequence`.
  void committed(dispatch::Sequence sequence);
  /// Calls `then` once the tables hold the journal up to `sequence`, on the follower's thread, or at once if they do.
  /// With a non-empty text when that will not be: the reason.
  void when_projected(dispatch::Sequence sequence, std::function<void(const std::string& trouble)> then);
  /// Starts again from the journal's beginning with empty tables. False if a rebuild is under way.
  bool rebuild();

  /// The last event in the tables; 0 from the moment that a rebuild is asked for.
  [[nodiscard]] dispatch::Sequence projected() const {
    std::lock_guard lock(mutex_);
    return rebuild_asked_ ? 0 : projected_.load();
  }
  [[nodiscard]] dispatch::Sequence snapshot() const { return snapshot_; }
  /// Why it stands still for good; empty while all is well.
  [[nodiscard]] std::string trouble() const;

 private:
  struct Position;  // where it is: the engine, the board and the tables, all at one sequence

  void run();
  std::unique_ptr<Position> start_over(ProjectionStore& store);
  void follow(Position& at);
  void write_tables(Position& at);
  void write_snapshot(Position& at);
  bool wait_for_more(const Position& at);
  void tell_waiting();
  void give_up(const std::string& trouble);

  const Options options_;
  std::atomic<dispatch::Sequence> projected_{0};
  std::atomic<dispatch::Sequence> snapshot_{0};

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  dispatch::Sequence committed_ = 0;  // guarded by mutex_, as all below
  std::multimap<dispatch::Sequence, std::function<void(const std::string&)>> waiting_;
  bool rebuild_asked_ = false;
  dispatch::Sequence rebuilding_to_ = 0;  ///< not 0 while a rebuild is under way
  bool stopping_ = false;
  std::string trouble_;

  std::thread thread_;
};

}  // namespace muster::node
