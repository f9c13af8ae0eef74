#include "muster/store/binary_copy.h"

#include <libpq-fe.h>

#include <boost/endian/conversion.hpp>
#include <concepts>
#include <memory>
#include <pqxx/pqxx>

#include "muster/store/connection.h"

// The format: https://www.postgresql.org/docs/15/sql-copy.html, "Binary Format".
namespace muster::store {
namespace {

constexpr std::string_view kHeader(
    "PGCOPY\n\377\r\n\0"
    "\0\0\0\0"
    "\0\0\0\0",
    19);
constexpr std::int16_t kTrailer = -1;
constexpr std::int32_t kNull = -1;
/// PostgreSQL counts from 2000-01-01.
constexpr std::chrono::microseconds kEpoch = std::chrono::seconds(946'684'800);

}  // namespace

BinaryCopy::BinaryCopy(Connection& connection, pqxx::transaction_base& work, const std::string& table,
                       const std::string& columns)
    : connection_(connection), buffer_(kHeader) {
  work.exec("COPY " + table + " " + columns + " FROM STDIN (FORMAT binary)");
  open_ = true;
}

BinaryCopy::~BinaryCopy() {
  if (!open_) return;
  try {
    end("given up");
  } catch (const pqxx::failure&) {
    // That it fails is what was asked for.
  }
}

void BinaryCopy::complete() {
  put(kTrailer);
  send();
  end(nullptr);
}

template <typename Number>
void BinaryCopy::put(Number number) {
  const Number big = boost::endian::native_to_big(number);
  buffer_.append(reinterpret_cast<const char*>(&big), sizeof big);
}
template void BinaryCopy::put(std::int16_t);

void BinaryCopy::null() { put(kNull); }

void BinaryCopy::field(bool value) {
  put<std::int32_t>(1);
  buffer_.push_back(value ? '\1' : '\0');
}

void BinaryCopy::field(std::int16_t number) {
  put<std::int32_t>(sizeof number);
  put(number);
}

void BinaryCopy::field(std::int32_t number) {
  put<std::int32_t>(sizeof number);
  put(number);
}

void BinaryCopy::field(std::int64_t number) {
  put<std::int32_t>(sizeof number);
  put(number);
}

/// One dimension, from 1. `type`: the number that PostgreSQL gives the elements' type.
template <typename Number>
void BinaryCopy::array(std::int32_t type, const std::vector<Number>& numbers) {
  constexpr std::int32_t kHead = 12, kDimension = 8, kLength = 4;
  const auto count = static_cast<std::int32_t>(numbers.size());
  const std::int32_t dimensions = numbers.empty() ? 0 : 1;
  put<std::int32_t>(kHead + dimensions * kDimension + count * (kLength + static_cast<std::int32_t>(sizeof(Number))));
  put(dimensions);
  put<std::int32_t>(0);  // without NULLs
  put(type);
  if (numbers.empty()) return;
  put(count);
  put<std::int32_t>(1);
  for (const Number number : numbers) field(number);
}
void BinaryCopy::field(const std::vector<std::int16_t>& numbers) { array(21, numbers); }
void BinaryCopy::field(const std::vector<std::int64_t>& numbers) { array(20, numbers); }

void BinaryCopy::field(std::string_view bytes) {
  put(static_cast<std::int32_t>(bytes.size()));
  buffer_.append(bytes);
}

void BinaryCopy::field(TimePoint time) {
  field(static_cast<std::int64_t>((time.time_since_epoch() - kEpoch) / std::chrono::microseconds(1)));
}

void BinaryCopy::send() {
  PGconn* libpq = connection_.libpq();
  if (PQputCopyData(libpq, buffer_.data(), static_cast<int>(buffer_.size())) != 1) {
    throw pqxx::broken_connection(PQerrorMessage(libpq));
  }
  buffer_.clear();
}

void BinaryCopy::end(const char* error) {
  open_ = false;
  PGconn* libpq = connection_.libpq();
  if (PQputCopyEnd(libpq, error) != 1) throw pqxx::broken_connection(PQerrorMessage(libpq));
  std::string failure;
  using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;
  while (const Result result{PQgetResult(libpq), &PQclear}) {
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) failure = PQresultErrorMessage(result.get());
  }
  if (PQstatus(libpq) != CONNECTION_OK) throw pqxx::broken_connection(PQerrorMessage(libpq));
  if (!failure.empty()) throw pqxx::sql_error(failure, "COPY");
}

}  // namespace muster::store
