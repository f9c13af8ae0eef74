#include "system_servers.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <stdexcept>

#include "bare_server.h"

namespace muster::bench {
namespace {

constexpr std::chrono::seconds kStartLimit{60};

void replace(std::string& text, const std::string& what, const std::string& with) {
  if (const std::size_t at = text.find(what); at != text.npos) text.replace(at, what.size(), with);
}

}  // namespace

Server::Server(std::vector<std::string> arguments) {
  const std::string port = std::to_string(free_port());
  address_ = "127.0.0.1:" + port;
  for (std::string& argument : arguments) {
    replace(argument, "{folder}", folder_.path().string());
    replace(argument, "{port}", port);
  }
  process_ = std::make_unique<ChildProcess>(arguments, folder_.path() / "log");
  const auto channel = grpc::CreateChannel(address_, grpc::InsecureChannelCredentials());
  const auto limit = std::chrono::system_clock::now() + kStartLimit;
  while (!channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::milliseconds(200))) {
    process_->check_alive();
    if (std::chrono::system_clock::now() > limit) throw std::runtime_error("no server on " + address_);
  }
}

std::unique_ptr<Server> start_musterd() {
  return std::make_unique<Server>(std::vector<std::string>{musterd_binary().string(), "--data", "{folder}/data",
                                                           "--grpc-listen", "127.0.0.1:{port}", "--http-listen",
                                                           "127.0.0.1:0"});
}

std::unique_ptr<Server> start_bare_server() {
  return std::make_unique<Server>(
      std::vector<std::string>{own_binary().string(), kBareServerCommand, "127.0.0.1:{port}"});
}

}  // namespace muster::bench
