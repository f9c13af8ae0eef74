#include "pg_connection.h"

#include <poll.h>

#include <boost/endian/conversion.hpp>
#include <cassert>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace muster::journal::pg {
namespace {

/// Keeps the text of a warning; passes over mere information.
void receive_notice(void* warning, const PGresult* notice) {
  const char* severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
  const char* code = PQresultErrorField(notice, PG_DIAG_SQLSTATE);
  const bool class_01 = code != nullptr && std::strncmp(code, "01", 2) == 0;
  if (class_01 || (severity != nullptr && std::strcmp(severity, "WARNING") == 0)) {
    *static_cast<std::string*>(warning) = PQresultErrorMessage(notice);
  }
}

bool is_error(const PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  return status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_SINGLE_TUPLE;
}

PGconn* connect(const std::string& connection) {
  // What stands before dbname are defaults that the string may override; what stands after is ours. A peer that
  // vanished without closing is noticed within 5 s.
  const char* const keywords[] = {"connect_timeout",  "target_session_attrs", "fallback_application_name",
                                  "dbname",           "keepalives_idle",      "keepalives_interval",
                                  "keepalives_count", "tcp_user_timeout",     nullptr};
  const char* const values[] = {"3", "read-write", "muster", connection.c_str(), "2", "1", "3", "5000", nullptr};
  return PQconnectdbParams(keywords, values, 1);
}

}  // namespace

void Parameters::add(std::string_view bytes) {
  const auto index = static_cast<std::size_t>(count_++);
  values_[index] = bytes.data() == nullptr ? "" : bytes.data();  // a null pointer would be SQL's NULL
  lengths_[index] = static_cast<int>(bytes.size());
}

void Parameters::add(std::uint64_t number) {
  std::uint64_t& stored = numbers_[static_cast<std::size_t>(count_)];
  stored = boost::endian::native_to_big(number);
  add(std::string_view(reinterpret_cast<const char*>(&stored), sizeof stored));
}

const int* Parameters::formats() {
  static constexpr int kBinary[kMax] = {1, 1, 1, 1, 1, 1, 1, 1};
  return kBinary;
}

std::string_view Result::bytes(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column), static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::uint64_t Result::number(int row, int column) const {
  assert(PQgetlength(result_.get(), row, column) == sizeof(std::uint64_t));
  std::uint64_t number = 0;
  std::memcpy(&number, PQgetvalue(result_.get(), row, column), sizeof number);
  return boost::endian::big_to_native(number);
}

std::uint64_t Result::affected() const {
  const std::string_view text = PQcmdTuples(result_.get());
  std::uint64_t count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

Connection::Connection(const std::string& connection, const std::string& setup)
    : connection_(connect(connection), &PQfinish) {
  if (PQstatus(connection_.get()) != CONNECTION_OK) fail("cannot connect");
  PQsetNoticeReceiver(connection_.get(), &receive_notice, warning_.get());
  if (PQsetnonblocking(connection_.get(), 1) != 0) fail("cannot set up the session");
  const Clock::time_point deadline = Clock::now() + std::chrono::seconds(3);
  await_sent(PQsendQuery(connection_.get(), setup.c_str()) == 1, deadline);
  await_only_result(deadline);
}

void Connection::prepare(const char* name, const char* sql, Clock::time_point deadline) {
  await_sent(PQsendPrepare(connection_.get(), name, sql, 0, nullptr) == 1, deadline);
  await_only_result(deadline);
}

Result Connection::execute_prepared(const char* name, const Parameters& parameters, Clock::time_point deadline) {
  await_sent(PQsendQueryPrepared(connection_.get(), name, parameters.count(), parameters.values(), parameters.lengths(),
                                 Parameters::formats(), 1) == 1,
             deadline);
  return await_only_result(deadline);
}

Result Connection::execute(const char* sql, const Parameters& parameters, Clock::time_point deadline) {
  await_sent(PQsendQueryParams(connection_.get(), sql, parameters.count(), nullptr, parameters.values(),
                               parameters.lengths(), Parameters::formats(), 1) == 1,
             deadline);
  return await_only_result(deadline);
}

void Connection::stream(const char* sql, const Parameters& parameters, Clock::duration progress_limit,
                        const std::function<void(const Result&)>& visit) {
  const auto limit = [&] { return Clock::now() + progress_limit; };
  const bool sent = PQsendQueryParams(connection_.get(), sql, parameters.count(), nullptr, parameters.values(),
                                      parameters.lengths(), Parameters::formats(), 1) == 1;
  if (sent) PQsetSingleRowMode(connection_.get());
  await_sent(sent, limit());
  while (PGresult* row = await_result(limit())) {
    const Result result(row);
    if (is_error(row)) fail("stream failed");
    if (result.rows() > 0) visit(result);
  }
}

void Connection::await_sent(bool sent, Clock::time_point deadline) {
  warning_->clear();
  if (!sent) fail("cannot send");
  int left = 0;
  while ((left = PQflush(connection_.get())) == 1) {
    wait(POLLIN | POLLOUT, deadline);
    // The server may be unable to read before we have read.
    if (PQconsumeInput(connection_.get()) != 1) fail("connection lost");
  }
  if (left < 0) fail("cannot send");
}

PGresult* Connection::await_result(Clock::time_point deadline) {
  while (PQisBusy(connection_.get()) == 1) {
    wait(POLLIN, deadline);
    if (PQconsumeInput(connection_.get()) != 1) fail("connection lost");
  }
  return PQgetResult(connection_.get());
}

Result Connection::await_only_result(Clock::time_point deadline) {
  // To the end, because the commit comes after the statement's own answer: in the extended protocol the server commits
  // at Sync, and says so only with ReadyForQuery. An error of the commit is a second result.
  Result first(await_result(deadline));
  bool failed = is_error(first.get());
  while (PGresult* next = await_result(deadline)) failed = is_error(Result(next).get()) || failed;
  if (failed) fail("statement failed");
  if (!warning_->empty()) fail("server warned");
  return first;
}

void Connection::wait(short events, Clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) fail("no answer in time");
    pollfd descriptor{PQsocket(connection_.get()), events, 0};
    const int ready = poll(&descriptor, 1, static_cast<int>(left));
    if (ready > 0) return;
    if (ready < 0 && errno != EINTR) fail("poll failed");
  }
}

void Connection::fail(const std::string& message) const {
  std::string text = "PostgreSQL: " + message;
  for (std::string detail : {*warning_, std::string(PQerrorMessage(connection_.get()))}) {
    while (!detail.empty() && detail.back() == '\n') detail.pop_back();
    if (!detail.empty()) text += ": " + detail;
  }
  throw Unavailable(text);
}

}  // namespace muster::journal::pg
