#include "server.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include "muster/certification/certificate_service.h"
#include "muster/members/member_service.h"
#include "muster/store/migrations.h"

namespace muster::musterd {
namespace {

constexpr std::size_t kHostNameBytesMax = 256;

/// This process, unique in a cluster, as operators see it in the lease.
std::string owner_name() {
  char host[kHostNameBytesMax] = {};
  gethostname(host, sizeof(host) - 1);
  return std::string(host) + ":" + std::to_string(getpid());
}

}  // namespace

Server::Server(const Config& config)
    : config_(config),
      http_({.host = config.http_listen.host, .port = config.http_listen.port}, [this] { return readiness(); }) {}

Server::~Server() { stop(); }

void Server::start() {
  http_.start();  // first: whoever waits for us can already ask what we are waiting for
  const std::string database = open_database();
  const int applied = store::apply_migrations(database);
  if (applied > 0) spdlog::info("database: {} migrations applied", applied);

  node_ = std::make_unique<node::Node>(
      node::NodeOptions{.database = database, .workspace = config_.workspace, .owner = owner_name()});
  node_->start();
  serving_ = node_.get();
  back_office_ = std::make_unique<store::TenantPool>(store::Pool::Options{.connection = database});
  roster_ = std::make_unique<members::Roster>(*back_office_, *node_);
  api_ = std::make_unique<api::Server>(*node_, api::ServerOptions{.listen = config_.grpc_listen.text()});
  const auto changed = [this] { roster_->wake(); };
  api_->add(members::make_member_service(*back_office_, changed));
  api_->add(certification::make_certificate_service(*back_office_, changed));
  api_->start();

  const ListenAddress grpc{config_.grpc_listen.host, static_cast<std::uint16_t>(api_->port())};
  const ListenAddress http{config_.http_listen.host, http_.port()};
  spdlog::info("gRPC on {}, HTTP on http://{}: this machine only, callers have no identities yet", grpc.text(),
               http.text());
}

std::string Server::open_database() {
  if (!config_.database.empty()) return config_.database;
  data_dir_ = std::make_unique<DataDir>(config_.data);
  postgres_ = std::make_unique<EmbeddedPostgres>(data_dir_->path());
  postgres_->start();
  return postgres_->connection_string();
}

gateway::Readiness Server::readiness() const {
  if (stopping_) return {false, "stopping"};
  const node::Node* node = serving_;
  if (node == nullptr) return {false, "starting"};
  const node::Readiness readiness = node->readiness();
  return {readiness.ready, readiness.reason};
}

void Server::stop() {
  if (stopping_.exchange(true)) return;
  if (api_) api_->drain();
  if (node_) node_->stop();
  if (api_) api_->stop(config_.shutdown_grace);
  roster_.reset();
  if (back_office_) back_office_->stop();
  http_.stop();
  if (postgres_) postgres_->stop();
}

}  // namespace muster::musterd
