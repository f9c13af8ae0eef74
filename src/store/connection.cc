#include "muster/store/connection.h"

#include <fcntl.h>
#include <libpq-fe.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <pqxx/pqxx>

namespace muster::store {

std::string with_limits(const std::string& connection, std::chrono::milliseconds statement_timeout,
                        const std::string& role) {
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
  if (!role.empty()) settings["options"] += " -c role=" + role;
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

/// As pqxx::connection, which keeps libpq's connection to itself: only a connection policy gets to see it.
class Connection::Open final : public pqxx::connection_base {
 public:
  explicit Open(const std::string& options) : connection_base(policy_), policy_(options) { init(); }
  ~Open() { close(); }

  [[nodiscard]] pg_conn* libpq() const { return policy_.open; }

 private:
  struct Policy : pqxx::connect_direct {
    using connect_direct::connect_direct;
    handle do_startconnect(handle before) override { return open = connect_direct::do_startconnect(before); }
    handle open = nullptr;
  };
  Policy policy_;
};

Connection::Connection(const std::string& connection, std::chrono::milliseconds statement_timeout,
                       const std::string& role)
    : connection_(std::make_unique<Open>(with_limits(connection, statement_timeout, role))),
      socket_(fcntl(connection_->sock(), F_DUPFD_CLOEXEC, 0)) {}

Connection::~Connection() {
  if (socket_ >= 0) close(socket_);
}

pqxx::connection_base& Connection::get() const { return *connection_; }

pg_conn* Connection::libpq() const { return connection_->libpq(); }

bool Connection::looks_closed() const {
  pollfd readable{connection_->sock(), POLLIN, 0};
  return connection_->sock() < 0 || poll(&readable, 1, 0) != 0;
}

void Connection::cut() noexcept { shutdown(socket_, SHUT_RDWR); }

}  // namespace muster::store
