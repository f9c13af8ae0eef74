#pragma once

#include <cstdint>
#include <optional>
#include <pqxx/transaction_base>
#include <string>
#include <string_view>
#include <vector>

#include "muster/base/time.h"

namespace muster::store {

class Connection;

/// Rows into a table by COPY in PostgreSQL's binary format, the fastest way in: no text is made here and parsed there.
/// While it exists, nothing else may run on the connection.
class BinaryCopy {
 public:
  /// Begins. `columns` is a list such as "(id, name)"; empty: all of them. REQUIRES: `work` runs on `connection`.
  /// Throws pqxx::failure, as all here do.
  BinaryCopy(Connection& connection, pqxx::transaction_base& work, const std::string& table,
             const std::string& columns = "");
  /// Gives up what was not completed; the transaction has failed then.
  ~BinaryCopy();
  BinaryCopy(const BinaryCopy&) = delete;
  BinaryCopy& operator=(const BinaryCopy&) = delete;

  /// Adds a row: a field per column, of exactly the column's type. smallint: int16_t, integer: int32_t, bigint:
  /// int64_t, arrays of these: vector, boolean: bool, text and bytea: string_view, timestamptz: TimePoint; an empty
  /// optional is NULL.
  template <typename... Fields>
  void row(const Fields&... fields) {
    put(static_cast<std::int16_t>(sizeof...(fields)));
    (field(fields), ...);
    if (buffer_.size() >= kChunkBytes) send();
  }

  /// Ends the COPY; the rows are there once the transaction commits.
  void complete();

 private:
  static constexpr std::size_t kChunkBytes = 64 << 10;

  template <typename Number>
  void put(Number number);  // in network byte order
  template <typename Number>
  void array(std::int32_t type, const std::vector<Number>& numbers);
  void field(const char*) = delete;  // would be taken for a bool
  void field(bool value);
  void field(std::int16_t number);
  void field(std::int32_t number);
  void field(std::int64_t number);
  void field(std::string_view bytes);
  void field(const std::vector<std::int16_t>& numbers);
  void field(const std::vector<std::int64_t>& numbers);
  void field(TimePoint time);
  template <typename T>
  void field(const std::optional<T>& value) {
    value ? field(*value) : null();
  }
  void null();
  void send();
  /// The server's last word on the COPY.
  void end(const char* error);

  Connection& connection_;
  std::string buffer_;
  bool open_ = false;
};

}  // namespace muster::store
