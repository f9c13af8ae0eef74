#pragma once

#include <libpq-fe.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "muster/journal/error.h"

/// The little of libpq that the journal needs: statements with binary parameters and a deadline.
namespace muster::journal::pg {

using Clock = std::chrono::steady_clock;

/// Binary parameters of one statement. Holds views: what is added must outlive the call.
class Parameters {
 public:
  static constexpr std::size_t kMax = 8;

  /// Each is a string_view, for text and bytea, or an unsigned number, for bigint.
  template <typename... Values>
  explicit Parameters(const Values&... values) {
    static_assert(sizeof...(values) <= kMax);
    (add(values), ...);
  }
  Parameters(const Parameters&) = delete;
  Parameters& operator=(const Parameters&) = delete;

  [[nodiscard]] int count() const { return count_; }
  [[nodiscard]] const char* const* values() const { return values_.data(); }
  [[nodiscard]] const int* lengths() const { return lengths_.data(); }
  [[nodiscard]] static const int* formats();

 private:
  void add(std::string_view bytes);
  void add(std::uint64_t number);

  int count_ = 0;
  std::array<const char*, kMax> values_{};
  std::array<int, kMax> lengths_{};
  std::array<std::uint64_t, kMax> numbers_{};  // in network byte order
};

/// Rows, in binary.
class Result {
 public:
  explicit Result(PGresult* result) : result_(result, &PQclear) {}

  [[nodiscard]] const PGresult* get() const { return result_.get(); }
  [[nodiscard]] int rows() const { return PQntuples(result_.get()); }
  [[nodiscard]] std::string_view bytes(int row, int column) const;
  [[nodiscard]] std::uint64_t number(int row, int column) const;  ///< a bigint
  [[nodiscard]] bool truth(int row, int column) const { return bytes(row, column) == std::string_view("\1", 1); }
  /// How many rows the statement inserted, updated or deleted.
  [[nodiscard]] std::uint64_t affected() const;

 private:
  std::unique_ptr<PGresult, decltype(&PQclear)> result_;
};

/// One session. Not thread-safe. Every call throws Unavailable on an error, on a warning (a commit that warns was
/// not replicated), and when the answer is not complete at the deadline; the object must then be destroyed, which
/// closes the socket and cancels nothing on the server.
class Connection {
 public:
  /// `connection` is a libpq connection string, `setup` are statements to run first, e.g. "SET lock_timeout = 0".
  /// Gives up after 3 s, unless the string has a connect_timeout.
  Connection(const std::string& connection, const std::string& setup);

  void prepare(const char* name, const char* sql, Clock::time_point deadline);
  Result execute_prepared(const char* name, const Parameters& parameters, Clock::time_point deadline);
  Result execute(const char* sql, const Parameters& parameters, Clock::time_point deadline);

  /// Gives the rows one by one, as they arrive. `progress_limit` bounds the wait for each.
  void stream(const char* sql, const Parameters& parameters, Clock::duration progress_limit,
              const std::function<void(const Result&)>& visit);

 private:
  void await_sent(bool sent, Clock::time_point deadline);
  PGresult* await_result(Clock::time_point deadline);
  Result await_only_result(Clock::time_point deadline);
  void wait(short events, Clock::time_point deadline);
  [[noreturn]] void fail(const std::string& message) const;

  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
  std::unique_ptr<std::string> warning_ = std::make_unique<std::string>();  // written by libpq's callback
};

}  // namespace muster::journal::pg
