#pragma once

#include <memory>
#include <string>

#include "system_process.h"

namespace muster::bench {

/// A gRPC server in a process of its own, on a free port of 127.0.0.1, with a folder of its own.
class Server {
 public:
  /// `arguments`: the program and what it is told, where {folder} and {port} are replaced.
  explicit Server(std::vector<std::string> arguments);

  [[nodiscard]] const std::string& address() const { return address_; }
  [[nodiscard]] pid_t pid() const { return process_->pid(); }

 private:
  TemporaryFolder folder_;
  std::string address_;
  std::unique_ptr<ChildProcess> process_;
};

/// musterd with a new PostgreSQL of its own. Both return once the server takes connections; it is up to the caller to
/// wait until musterd serves. Throw std::runtime_error if it does not come up within 60 s.
std::unique_ptr<Server> start_musterd();
/// The bare server, in another process of the bench binary.
std::unique_ptr<Server> start_bare_server();

}  // namespace muster::bench
