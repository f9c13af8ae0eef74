#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "system_population.h"

namespace muster::bench {

/// Steady clock, nanoseconds.
inline std::int64_t now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

/// One contact's whole life as its customer and its agent saw it. Times of now_ns().
struct LifeRecord {
  std::int64_t start;    ///< when CreateContact was called; with independent arrivals, when it should have been
  std::int64_t offered;  ///< when the agent's client had the offer
  std::int64_t end;      ///< when the agent's client had the result of CompleteContact
};

/// What a run brought.
struct LoadResult {
  std::vector<LifeRecord> lives;  ///< of all that ended, also while warming up; no order
  std::uint64_t refused = 0;      ///< CreateContact calls that the server answered with RESOURCE_EXHAUSTED
  std::size_t offer_bytes = 0;    ///< size of an offer's event as received
};

class Life;
class AgentStream;
class Worker;

/// Customers and agents of one server: agents accept an offer at once and complete the contact at once. The same code
/// drives every server that is compared. All methods are for one thread. Failures of the server or of a stream throw
/// std::runtime_error.
class LoadClient {
 public:
  static constexpr std::size_t kLivesMax = 4096;  ///< contacts between creation and completion

  struct Options {
    int first_agent;  ///< agents from this one on are signed in
    int sessions;     ///< that many
    int connections;  ///< that the sessions and the calls share
    int threads;      ///< that serve the connections
  };

  /// Connects and signs the agents in, AVAILABLE.
  LoadClient(const std::string& address, const Population& population, const Options& options);
  /// Cuts the connections.
  ~LoadClient();
  LoadClient(const LoadClient&) = delete;
  LoadClient& operator=(const LoadClient&) = delete;

  /// Keeps `lives` contacts in flight: the end of one starts the next. REQUIRES: lives <= kLivesMax.
  void start_closed_loop(int lives);
  /// Contacts arrive independently (Poisson). At most kLivesMax are in flight; the others wait their turn.
  void start_open_loop(double lives_per_second);
  /// Starts no more contacts, waits until all have ended, at most 30 s.
  LoadResult stop();

 private:
  friend class Life;
  friend class AgentStream;
  friend class Worker;

  void wait_for_streams();
  void life_ended(Life& life, Worker& worker);
  Life* take_idle_life();
  void fail(const std::string& what);
  void throw_if_failed();

  const Population& population_;
  const Options options_;
  std::vector<std::unique_ptr<Life>> lives_;

  std::atomic<std::uint64_t> next_request_;
  std::atomic<int> streams_ready_{0};
  std::atomic<int> lives_in_flight_{0};
  std::atomic<bool> again_{false};  ///< closed loop: the end of a life starts the next
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<std::size_t> offer_bytes_{0};

  std::mutex mutex_;
  std::vector<Life*> idle_lives_;  ///< guarded by mutex_
  std::string failure_;            ///< guarded by mutex_; the first one
  std::atomic<bool> failed_{false};

  std::vector<std::unique_ptr<Worker>> workers_;  ///< last, so first to go: their threads use all of the above
};

}  // namespace muster::bench
