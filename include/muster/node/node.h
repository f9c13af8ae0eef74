#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "muster/dispatch/command.h"
#include "muster/dispatch/engine.h"
#include "muster/node/contact_store.h"
#include "muster/node/event_feed.h"
#include "muster/node/kpis.h"
#include "muster/node/mailbox.h"
#include "muster/v1/agent_session_service.pb.h"
#include "muster/v1/board_service.pb.h"

namespace muster::node {

struct NodeOptions {
  std::string database;                   ///< libpq connection string of the cluster's PostgreSQL
  std::string workspace = "main";         ///< the workspace to own and serve
  std::string owner;                      ///< this process, unique in the cluster: shown to operators and in the lease
  std::size_t inbox_max = 16'384;         ///< commands and reads waiting for the engine; more are refused as kBusy
  std::size_t mailbox_max = 1'024;        ///< events waiting for one agent's stream
  std::size_t feed_events_max = 262'144;  ///< events kept for those who watch contacts
  std::chrono::milliseconds heartbeat_interval{10'000};  ///< sessions are lost after three without a sign of life
  std::uint64_t snapshot_events = 200'000;               ///< a snapshot at the latest after this many events …
  std::chrono::seconds snapshot_interval{60};            ///< … and no more often than this
};

/// Whether, and why, a command reached the engine.
enum class Delivery {
  kAnswered,    ///< the engine answered; what it says is durable
  kBusy,        ///< the inbox is full. Nothing happened; try again after a moment
  kNotServing,  ///< starting, stopping, or another node owns the workspace. Nothing happened
  kUnknown,     ///< the journal failed before it answered: it may or may not have happened. Retry with the same id.
                ///< Not for reads
};

struct Answer {
  Delivery delivery = Delivery::kAnswered;
  dispatch::Reply reply;
};

struct Readiness {
  bool ready = false;
  std::string reason;  ///< why not; empty when ready
};

struct NodeMetrics;
class KpiRecomputation;

struct NodeInfo {
  std::string workspace;
  std::uint64_t epoch = 0;
  dispatch::Sequence committed = 0;
  dispatch::Sequence snapshot = 0;
  dispatch::Sequence projected = 0;
  int open_sessions = 0;
};

/// What came of asking for a rebuild of the reporting tables.
enum class RebuildStart {
  kStarted,
  kRunning,      ///< one is under way already
  kNotServing,   ///< the workspace is not served here now
  kUnavailable,  ///< the tables cannot be written now
};

using SessionMailbox = Mailbox<v1::SessionEvent>;

/// One process's part in the cluster: owns a workspace through its lease, runs inbox → engine → journal → publisher
/// on its own threads (docs/architecture.md), follows the journal with the reporting tables, and recovers by itself
/// from every failure of PostgreSQL. All methods are thread-safe and none blocks but start() and stop().
/// Callbacks run on the node's threads, in commit order: they must not block.
class Node {
 public:
  explicit Node(NodeOptions options);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// Starts the threads. Serving begins when the lease is held and the journal replayed: see readiness().
  void start();
  /// Refuses further commands, lets those in flight finish, ends all streams as kShutdown, releases the lease.
  void stop();

  [[nodiscard]] Readiness readiness() const;
  [[nodiscard]] NodeInfo info() const;
  /// For who includes muster/node/metrics.h.
  [[nodiscard]] NodeMetrics metrics() const;

  /// Hands a command to the engine. `done` is called exactly once: at once when refused, else after the commit.
  void submit(dispatch::Command command, std::function<void(const Answer&)> done);

  /// Reads the engine's state: `look` runs on the engine's thread and must be short; the function that it returns
  /// runs once everything that `look` can have seen is durable. On refusal `refused` is called instead.
  void read(std::function<std::function<void()>(const dispatch::Engine&, TimePoint now)> look,
            std::function<void(Delivery)> refused);

  /// Opens or resumes a session whose events go to `mailbox`, SessionOpened first. `done` tells the session's
  /// number (Reply::id) or why not.
  void open_session(const std::string& agent_id, dispatch::SessionId resume, std::shared_ptr<SessionMailbox> mailbox,
                    std::function<void(const Answer&)> done);
  /// A sign of life from the client of a session. False if no such session is open here.
  bool touch_session(dispatch::SessionId session);
  /// The stream of a session broke. Ignored if the session has another mailbox by now, or is about to have one.
  void lose_session(dispatch::SessionId session, const std::shared_ptr<SessionMailbox>& mailbox);
  [[nodiscard]] std::chrono::milliseconds heartbeat_interval() const;
  /// A mailbox of the configured size.
  [[nodiscard]] std::shared_ptr<SessionMailbox> make_mailbox() const;

  /// The terms of serving that have ended here. What a watcher was shown before it changed does not go on after it.
  [[nodiscard]] std::uint64_t terms_ended() const;
  /// Its waiters are woken when a term ends.
  [[nodiscard]] EventFeed& events();

  /// The board's rows that changed after `version` (0: everything, as a snapshot), and the version to ask with next.
  /// With a tenant only its queues, and totals of them.
  struct BoardDelta {
    v1::WatchBoardResponse response;
    std::uint64_t version = 0;
  };
  [[nodiscard]] BoardDelta board(std::uint64_t version, bool include_agents, const std::string& tenant_id) const;

  /// How one dimension is now. All who ask for the same at about the same moment get the same table.
  [[nodiscard]] std::shared_ptr<const KpiTable> kpis(kpi::Dimension dimension, KpiWindow window,
                                                     const std::string& time_zone) const;

  /// Reads from the reporting tables once they hold everything committed before the call, within seconds. kRead and an
  /// empty optional: no such contact, or, with a tenant, none of its own. `trouble` is for the log.
  template <typename T>
  using StoreResult = std::function<void(StoreStatus, std::optional<T>, const std::string& trouble)>;
  void get_contact(dispatch::ContactId contact, const std::string& tenant_id, StoreResult<ContactHistory> done);
  void list_contacts(ContactFilter filter, StoreResult<ContactPage> done);
  /// What is over from the tables, the rest as it is now. At most kKpiRowsMax rows.
  void query_kpis(KpiQuery query, StoreResult<KpiHistory> done);

  /// Empties the reporting tables and follows the journal from its beginning.
  RebuildStart rebuild_projections();
  /// Begins to count the history of metrics anew and to compare it with the tables. Null: one is under way already.
  std::shared_ptr<KpiRecomputation> recompute_kpis(bool repair);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace muster::node
