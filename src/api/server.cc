#include "muster/api/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <spdlog/spdlog.h>

#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "services.h"
#include "tls.h"

namespace muster::api {
namespace {

constexpr std::chrono::milliseconds kLastCallbacks{10'000};
/// How often streams are looked at whose callers' credentials have come to their end.
constexpr std::chrono::seconds kExpiryInterval{5};

/// Limits of a connection. Reasons: docs/api.md.
void limit(grpc::ServerBuilder& builder, const ServerOptions& options) {
  builder.SetMaxReceiveMessageSize(options.receive_bytes_max);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, 8 * 1024);
  // A client that vanished without a word is noticed after 20 + 10 s.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  // Without probing, an idle stream keeps the small window it needs.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  // A second server on the same port must fail, not share it.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  grpc::ResourceQuota quota("muster");
  quota.Resize(options.memory_bytes_max);
  builder.SetResourceQuota(quota);
}

}  // namespace

class Server::Impl {
 public:
  Impl(node::Node& node, Gate& gate, StreamRegistry& streams, std::vector<std::unique_ptr<grpc::Service>> more,
       ServerOptions options)
      : node_(node), gate_(gate), options_(std::move(options)), streams_(streams), services_(std::move(more)) {
    services_.push_back(make_contact_service(node_, gate_, streams_));
    services_.push_back(make_agent_session_service(node_, gate_, streams_));
    services_.push_back(make_routing_service(node_, gate_));
    services_.push_back(make_board_service(node_, gate_, streams_));
    services_.push_back(make_kpi_service(node_, gate_));
    services_.push_back(make_admin_service(node_, gate_, streams_, wall_now()));
  }

  void start() {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::ServerBuilder builder;
    limit(builder, options_);
    const auto credentials = options_.tls ? tls_credentials(*options_.tls) : grpc::InsecureServerCredentials();
    builder.AddListeningPort(options_.listen, credentials, &port_);
    for (const auto& service : services_) builder.RegisterService(service.get());
    server_ = builder.BuildAndStart();
    if (!server_ || port_ == 0) {
      throw std::runtime_error("cannot listen on " + options_.listen +
                               ": is the address one of this machine, and its port free?");
    }
    server_->GetHealthCheckService()->SetServingStatus(false);
    health_ = std::jthread([this](const std::stop_token& stop) { keep_watch(stop); });
  }

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::vector<StreamMetrics> streams() const { return streams_.metrics(); }

  void drain() {
    if (!server_) return;
    if (health_.joinable()) {
      health_.request_stop();
      health_.join();
    }
    server_->GetHealthCheckService()->Shutdown();
    streams_.refuse();
  }

  bool stop(std::chrono::milliseconds grace) {
    if (!server_) return true;
    drain();
    streams_.stop();
    server_->Shutdown(std::chrono::system_clock::now() + grace);
    const bool gone = streams_.wait_until_gone(kLastCallbacks);
    if (!gone) spdlog::error("api: streams are left that did not end");
    server_.reset();
    return gone;
  }

 private:
  /// Health follows the node's readiness; streams end whose callers are not let in any more.
  void keep_watch(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any woken;
    std::unique_lock lock(mutex);
    bool serving = false;
    std::uint64_t seen = 0;
    auto expiry_look = std::chrono::steady_clock::now();
    do {
      const bool ready = node_.readiness().ready;
      if (ready != serving) server_->GetHealthCheckService()->SetServingStatus(ready);
      serving = ready;
      const auto now = std::chrono::steady_clock::now();
      const std::uint64_t changes = gate_.changes();
      if (changes == seen && now < expiry_look) continue;
      streams_.recheck(gate_);
      seen = changes;
      expiry_look = now + kExpiryInterval;
    } while (!woken.wait_for(lock, stop, options_.health_interval, [&] { return stop.stop_requested(); }));
  }

  node::Node& node_;
  Gate& gate_;
  const ServerOptions options_;
  StreamRegistry& streams_;
  std::vector<std::unique_ptr<grpc::Service>> services_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
  std::jthread health_;
};

Server::Server(node::Node& node, Gate& gate, StreamRegistry& streams, std::vector<std::unique_ptr<grpc::Service>> more,
               ServerOptions options)
    : impl_(std::make_unique<Impl>(node, gate, streams, std::move(more), std::move(options))) {}
Server::~Server() { stop(std::chrono::milliseconds::zero()); }
void Server::start() { impl_->start(); }
int Server::port() const { return impl_->port(); }
std::vector<StreamMetrics> Server::streams() const { return impl_->streams(); }
void Server::drain() { impl_->drain(); }
bool Server::stop(std::chrono::milliseconds grace) { return impl_->stop(grace); }

}  // namespace muster::api
