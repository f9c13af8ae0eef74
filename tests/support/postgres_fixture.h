#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace muster::testing {

/// A private PostgreSQL 15: its own data in a temporary directory, its own Unix socket, fsync on. As root it runs as
/// user postgres. It ends with the object, or with the process, however that ends.
class PostgresCluster {
 public:
  /// Starts a server with `settings` ("name=value") on top of the defaults. Throws std::runtime_error, with the
  /// server's log, if it does not come up within two minutes.
  explicit PostgresCluster(std::vector<std::string> settings = {});
  ~PostgresCluster();
  PostgresCluster(const PostgresCluster&) = delete;
  PostgresCluster& operator=(const PostgresCluster&) = delete;

  /// The cluster of this process, started on first use.
  static PostgresCluster& instance();

  /// A libpq connection string for superuser postgres.
  [[nodiscard]] std::string connection(const std::string& database = "postgres") const;
  /// Makes an empty database and gives its connection string.
  std::string create_database();

  /// Runs one statement as superuser; gives the first column of the first row, if any. Throws on errors.
  std::string execute(const std::string& connection, const std::string& sql) const;

  /// As kill -9 of every process of the server; then start() recovers from the write-ahead log.
  void kill();
  /// As systemctl stop: fast shutdown.
  void stop();
  void start();

 private:
  void remove();

  const std::vector<std::string> settings_;
  std::string directory_;  ///< holds data/, log and the socket
  pid_t postmaster_ = -1;
  int databases_ = 0;
};

}  // namespace muster::testing
