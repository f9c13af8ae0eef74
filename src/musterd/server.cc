#include "server.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include "muster/client/credentials.h"
#include "muster/client/private_file.h"
#include "muster/store/migrations.h"

namespace muster::musterd {
namespace {

constexpr std::size_t kHostNameBytesMax = 256;
constexpr const char* kRootKeyFile = "root.key";
constexpr const char* kOperatorKeyFile = "operator.key";

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
  start_identity(database);
  back_office_ = std::make_unique<BackOffice>(database, *node_, identity_->gate());
  auto services = back_office_->make_services();
  services.push_back(identity_->make_service());
  api_ = std::make_unique<api::Server>(*node_, identity_->gate(), std::move(services),
                                       api::ServerOptions{.listen = config_.grpc_listen.text()});
  api_->start();
  back_office_->start_jobs();
  tell_programs_of_the_key();
  serving_ = node_.get();

  const ListenAddress grpc{config_.grpc_listen.host, static_cast<std::uint16_t>(api_->port())};
  const ListenAddress http{config_.http_listen.host, http_.port()};
  spdlog::info("gRPC on {}, HTTP on http://{}: this machine only, not encrypted", grpc.text(), http.text());
}

void Server::start_identity(const std::string& database) {
  const std::filesystem::path folder = std::filesystem::absolute(config_.data);
  client::make_private_folder(folder);
  identity_ = std::make_unique<identity::Identity>(
      identity::IdentityOptions{.database = database, .root_key = folder / kRootKeyFile});
  identity_->start();
  first_admin_ = identity_->make_first_admin();
  identity_->write_operator_key(folder / kOperatorKeyFile);
}

/// A link where they look for it. That it cannot be made is no reason not to serve: who is told of the file can use it.
void Server::tell_programs_of_the_key() {
  namespace fs = std::filesystem;
  const fs::path key = fs::absolute(config_.data) / kOperatorKeyFile;
  const ListenAddress address{config_.grpc_listen.host, static_cast<std::uint16_t>(api_->port())};
  const auto link = client::local_key(address.text());
  try {
    if (!link) throw std::runtime_error("neither XDG_CONFIG_HOME nor HOME is set");
    client::make_private_folder(link->parent_path());
    fs::remove(*link);
    fs::create_symlink(key, *link);
    key_link_ = link;
    spdlog::info("the operator's key is in {}; programs of this user find it by themselves", key.string());
  } catch (const std::exception& error) {
    spdlog::warn("the operator's key is in {}; name it by MUSTER_TOKEN_FILE, for programs do not find it: {}",
                 key.string(), error.what());
  }
}

/// Where programs of this user would find the key no more.
void Server::forget_key_link() {
  std::error_code ignored;
  if (key_link_) std::filesystem::remove(*key_link_, ignored);
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
  if (back_office_) back_office_->stop();
  if (identity_) identity_->stop();
  forget_key_link();
  http_.stop();
  if (postgres_) postgres_->stop();
}

}  // namespace muster::musterd
