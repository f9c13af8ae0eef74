#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "muster/dispatch/engine.h"
#include "muster/journal/reader.h"
#include "muster/journal/snapshot_writer.h"
#include "muster/kpi/board.h"
#include "muster/kpi/fold.h"
#include "muster/node/node.h"
#include "muster/store/connection.h"
#include "projection_store.h"

namespace muster::node {

/// Reads the journal as it grows, on a thread of its own, and does with it what must not delay dispatch: it fills the
/// reporting tables, writes the snapshots, and by replaying every event proves that replay gives the state that the
/// live engine had (each StateHashed event is compared). It survives restarts of PostgreSQL. Outside the terms of
/// ownership it stands still: the tables have one writer, the owner's node.
class Follower {
 public:
  struct Options {
    std::string database;
    std::string workspace;
    std::uint64_t snapshot_events;
    std::chrono::seconds snapshot_interval;
    /// How often the tables are written when nobody waits for them.
    std::chrono::milliseconds write_interval{500};
    std::size_t waiting_max = 1024;                ///< reads that wait for the tables
    std::chrono::milliseconds waiting_for{5'000};  ///< how long each may
  };

  explicit Follower(Options options);
  /// As stop().
  ~Follower();

  /// Writes what is new and ends the thread, within seconds: what is far behind, such as a rebuild, goes on from the
  /// tables' position after the next start. Not from two threads at once.
  void stop();

  // --- for the owner ---

  /// A term begins; the journal holds events up to `committed`.
  void begin_term(dispatch::Sequence committed);
  /// The term is over: those who wait hear kNotServing.
  void end_term();
  /// The journal holds events up to `sequence`.
  void committed(dispatch::Sequence sequence);
  /// Tells those who have waited too long. To be called every few seconds.
  void expire_waiting();
  /// Whether replay does not give what happened, or cannot be gone on with: nothing more may be acknowledged, and
  /// trouble() says why. For good.
  [[nodiscard]] bool corrupt() const { return corrupt_; }

  // --- for readers ---

  using Then = std::function<void(StoreStatus, const std::string& trouble)>;
  /// Calls `then` with kRead once the tables hold the journal up to `sequence`, on the follower's thread, or at once if
  /// they do. With another status when that will not be, or not soon.
  void when_projected(dispatch::Sequence sequence, Then then);
  /// Starts again from the journal's beginning with empty tables.
  RebuildStart rebuild();

  /// The last event in the tables; 0 from the moment that a rebuild is asked for.
  [[nodiscard]] dispatch::Sequence projected() const;
  [[nodiscard]] dispatch::Sequence snapshot() const { return snapshot_; }
  /// Why it stands still; empty while all is well.
  [[nodiscard]] std::string trouble() const;

 private:
  struct Position;  // where it is: the engine, the board and the tables, all at one sequence
  struct Waiting {
    Then then;
    std::chrono::steady_clock::time_point until;
  };

  void run();
  [[nodiscard]] bool wait_for_term();
  void write_for_one_term();
  void clear_if_asked(ProjectionStore& store);
  std::unique_ptr<Position> start_over(ProjectionStore& store);
  void follow(Position& at);
  void check_wanted(bool also_at_stop) const;
  void write_tables(Position& at);
  void write_snapshot(Position& at);
  bool wait_for_more(const Position& at);
  void failed(const std::string& why);
  void tell_waiting();
  void refuse_waiting(StoreStatus status, const std::string& trouble);

  const Options options_;
  std::atomic<dispatch::Sequence> snapshot_{0};
  std::atomic<bool> corrupt_{false};

  // The follower's thread's own.
  std::chrono::steady_clock::time_point last_snapshot_ = std::chrono::steady_clock::now();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool leading_ = false;  // guarded by mutex_, as all below
  dispatch::Sequence committed_ = 0;
  dispatch::Sequence projected_ = 0;
  std::multimap<dispatch::Sequence, Waiting> waiting_;
  bool rebuild_asked_ = false;
  dispatch::Sequence rebuilding_to_ = 0;  ///< not 0 while a rebuild is under way
  bool stopping_ = false;
  bool ended_ = false;                           ///< the thread
  std::optional<dispatch::Sequence> failed_at_;  ///< the tables' position, if the last try of this term failed
  std::string trouble_;
  std::shared_ptr<store::Connection> connection_;  ///< in use; to be cut when it hangs

  std::thread thread_;
};

}  // namespace muster::node
