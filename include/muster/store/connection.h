#pragma once

#include <chrono>
#include <memory>
#include <pqxx/connection>
#include <string>

struct pg_conn;

namespace muster::store {

/// A libpq connection string with the limits that every connection has that is made through libpqxx: it goes to a
/// server that can be written to, connects within 3 s, and notices a peer that vanished within 5 s (as the journal's
/// connections do, see journal/pg_connection.cc). A statement, or a pause inside a transaction, ends after
/// `statement_timeout`; zero: never. What the string itself says about the first two, and of `options`, stays.
/// It takes on `role` from the start, if that is not empty.
std::string with_limits(const std::string& connection, std::chrono::milliseconds statement_timeout,
                        const std::string& role = "");

/// A connection with these limits that another thread can cut: PostgreSQL may hang in ways that no limit of its own
/// ends, and libpqxx waits for ever. Not thread-safe but for cut().
class Connection {
 public:
  /// Connects. Throws pqxx::failure.
  Connection(const std::string& connection, std::chrono::milliseconds statement_timeout, const std::string& role = "");
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] pqxx::connection_base& get() const;
  /// The same connection, for what libpqxx does not do.
  [[nodiscard]] pg_conn* libpq() const;

  /// Whether the server has almost surely closed it. REQUIRES: it is idle.
  [[nodiscard]] bool looks_closed() const;

  /// Fails what runs on it, and what will, with pqxx::broken_connection. Any thread.
  void cut() noexcept;

 private:
  class Open;
  std::unique_ptr<Open> connection_;
  int socket_ = -1;  // a descriptor of our own: its number stays ours whatever libpq closes
};

}  // namespace muster::store
