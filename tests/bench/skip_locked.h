#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "load_client.h"
#include "muster/base/random.h"
#include "postgres_fixture.h"
#include "system_population.h"

namespace muster::bench {

/// The same contacts and agents dispatched by PostgreSQL alone, tuned by hand: skills in a table of their own with a
/// GIN index, the agents' changing state in another that no index sees change (HOT updates), one statement that takes
/// the oldest waiting contact and the longest-idle agent with both skills (SKIP LOCKED). A life is three commits:
/// enqueue, match and assign, complete. fsync and synchronous_commit are on.
class SkipLocked {
 public:
  static constexpr int kConnections = 8;

  /// Starts a private PostgreSQL with two databases of the population: all of its agents signed in, and only those who
  /// are signed in on the other servers.
  explicit SkipLocked(const Population& population);
  ~SkipLocked();
  SkipLocked(const SkipLocked&) = delete;
  SkipLocked& operator=(const SkipLocked&) = delete;

  enum class SignedIn { kAll, kConnected };

  /// Starts kConnections loops, each with one contact in flight.
  void start(SignedIn signed_in);
  /// Ends them and tells the lives; `offered` is when the assignment was committed. Throws std::runtime_error if one
  /// failed.
  std::vector<LifeRecord> stop();

  [[nodiscard]] const std::string& version() const { return version_; }
  /// PostgreSQL's main process.
  [[nodiscard]] pid_t server() const { return server_; }

 private:
  void run(const std::string& connection, int number, std::vector<LifeRecord>& records);

  const Population& population_;
  testing::PostgresCluster cluster_;
  std::string all_;        ///< connection string
  std::string connected_;  ///< connection string
  std::string version_;
  pid_t server_;
  std::atomic<bool> running_{false};
  std::vector<std::thread> threads_;
  std::vector<std::vector<LifeRecord>> records_;
  std::vector<std::string> failures_;
};

/// Arrivals alone, dispatched by PostgreSQL in the tables above, to agents who take one contact at a time. The longest
/// idle are in an index, in which a contact that many can take soon meets one; one that few can take needs the GIN
/// index. So each gets a plan of its own, from the statistics of its skills. A decision is one statement and one
/// commit, which stores the contact with the agent, or as waiting.
class SkipLockedArrivals {
 public:
  using Needs = std::function<std::vector<int>(Random& random)>;

  SkipLockedArrivals(const std::vector<std::vector<int>>& skills, Needs draw_need);

  /// Takes `decisions`, over SkipLocked::kConnections connections at once, and gives the time of each in ns. Agents are
  /// set free again before one in twenty of them is busy, outside the times. Throws std::runtime_error.
  std::vector<double> measure(int decisions);

 private:
  void free_all();
  std::vector<double> round(int decisions);

  const std::size_t agents_;
  const Needs draw_need_;
  testing::PostgresCluster cluster_;
  std::string database_;  ///< connection string
  std::uint64_t rounds_ = 0;
};

}  // namespace muster::bench
