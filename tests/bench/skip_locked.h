#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "load_client.h"
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

}  // namespace muster::bench
