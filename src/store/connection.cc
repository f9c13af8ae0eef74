#include "muster/store/connection.h"

#include <fcntl.h>
#include <libpq-fe.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <pqxx/pqxx>

namespace muster::store {

std::string with_limits(const std::string& connection, std::chrono::milliseconds statement_timeout) {
  std::map<std::string, std::string> settings{
      {"connect_timeout", "3"}, {"target_session_attrs", "read-write"}, {"fallback_application_name", "muster"}};
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> given(PQconninfoParse(connection.c_str(), nullptr),
                                                                           &PQconninfoFree);
  if (!given) return connection;  // connecting will tell what is wrong with it
  for (const auto* option = given.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) settings[option->keyword] = option->val;
  }
  settings["keepalives_idle"] = "2";
  settings["keepalives_interval"] = "1";
  settings["keepalives_count"] = "3";
  settings["tcp_user_timeout"] = "5000";
  if (statement_timeout > std::chrono::milliseconds::zero()) {
    const std::string limit = std::to_string(statement_timeout.count());
    settings["options"] += " -c statement_timeout=" + limit + " -c idle_in_transaction_session_timeout=" + limit;
  }
  std::string text;
  for (const auto& [keyword, value] : settings) {
    text += keyword + "='";
    for (const char c : value) {
      if (c == '\'' || c == '\\') text += '\\';
      text += c;
    }
    text += "' ";
  }
  return text;
}

Connection::Connection(const std::string& connection, std::chrono::milliseconds statement_timeout)
    : connection_(std::make_unique<pqxx::connection>(with_limits(connection, statement_timeout))),
      socket_(fcntl(connection_->sock(), F_DUPFD_CLOEXEC, 0)) {}

Connection::~Connection() {
  if (socket_ >= 0) close(socket_);
}

bool Connection::looks_closed() const {
  pollfd readable{connection_->sock(), POLLIN, 0};
  return connection_->sock() < 0 || poll(&readable, 1, 0) != 0;
}

void Connection::cut() noexcept { shutdown(socket_, SHUT_RDWR); }

}  // namespace muster::store
