#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "muster/dispatch/types.h"

namespace muster::journal {

namespace pg {
class Connection;
}

/// What a new owner starts from.
struct Ownership {
  std::uint64_t epoch = 0;          ///< fences every append
  dispatch::Sequence next_seq = 1;  ///< of the first event to append; all before it are in the journal
};

/// The right of one node to serve one workspace: a row in PostgreSQL that expires unless renewed.
///
/// The lease decides who should serve, not who may write: that is the epoch's part, which each append checks. So a
/// wrong guess about time costs a needless takeover and never an event. Expiry is judged on PostgreSQL's clock; the
/// owner's own view, valid(), is counted from before each renewal was sent, on a clock that runs during suspend too.
/// A session lock tells candidates that the owner's connection is gone: a dead owner is replaced at once, a frozen
/// one when the lease has expired.
///
/// try_acquire() and release() belong to one thread; valid() to any.
class Lease {
 public:
  struct Options {
    std::string connection;  ///< libpq connection string; no pooler in between, for the session lock
    std::string workspace;
    std::string owner;  ///< names this node to people and to the others: "host:port"
    std::chrono::milliseconds time_to_live = std::chrono::seconds(3);
    std::chrono::milliseconds renew_every = std::chrono::seconds(1);
    /// How long after a renewal the owner may read and emit. Less than time_to_live: the margin for clocks that
    /// differ in speed.
    std::chrono::milliseconds valid_for = std::chrono::seconds(2);
  };

  explicit Lease(Options options);
  /// As release().
  ~Lease();
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  /// Tries once to become the owner, making the workspace if it does not exist. On success the epoch has risen, that
  /// commit is replicated as every commit is, and the lease is renewed in the background from then on. Empty if
  /// another owner holds it: try again in some 100 ms. Also the way to start anew after a lost or unknown append.
  /// Throws Unavailable.
  std::optional<Ownership> try_acquire();

  /// Whether this owner may still read its state to callers and emit. Cheap.
  [[nodiscard]] bool valid() const noexcept;

  /// Gives the workspace up so that the next owner need not wait. Does nothing if it is not held; if PostgreSQL does
  /// not answer, the lease expires by itself.
  void release() noexcept;

 private:
  void renew_until_stopped();
  void renew();
  void stop_renewing();
  void connect();
  void mark_renewed(std::int64_t sent_ns) noexcept;

  const Options options_;
  std::unique_ptr<pg::Connection> connection_;    // used by the renewing thread while that runs, else by the caller
  std::uint64_t epoch_ = 0;                       // as connection_
  bool session_lock_held_ = false;                // as connection_
  std::atomic<std::int64_t> valid_until_ns_ = 0;  // CLOCK_BOOTTIME

  std::thread renewing_;
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;  // guarded by mutex_
};

}  // namespace muster::journal
