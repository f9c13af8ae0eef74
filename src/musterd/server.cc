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

api::ServerOptions server_options(const Config& config) {
  api::ServerOptions options{.listen = config.grpc_listen.text()};
  if (!config.tls_certificate.empty()) {
    options.tls = api::TlsOptions{config.tls_certificate, config.tls_key, config.tls_client_ca};
  }
  return options;
}

/// Who can reach the port, and whether others can read what is sent.
std::string exposure(const Config& config) {
  if (config.tls_certificate.empty()) return "this machine only, not encrypted";
  return std::string(config.grpc_listen.is_local() ? "this machine only, gRPC with TLS"
                                                   : "gRPC with TLS for other machines, too") +
         (config.tls_client_ca.empty() ? "" : ", clients need a certificate");
}

}  // namespace

Server::Server(const Config& config)
    : config_(config),
      http_({.host = config.http_listen.host, .port = config.http_listen.port}, [this] { return readiness(); },
            {{"/.well-known/jwks.json", [this] { return key_set_page(); }},
             {"/metrics", [this] { return metrics_page(); }}},
            {{"/badges/", [this](const std::string& path, const std::function<void(gateway::HttpPage)>& answer) {
                look_up_badge(path, answer);
              }}}) {}

Server::~Server() { stop(); }

void Server::start() {
  const api::ServerOptions options = server_options(config_);
  if (options.tls) api::check_tls(*options.tls);  // before anything is made that a failed start would leave behind
  http_.start();                                  // first: whoever waits for us can already ask what we are waiting for
  const std::string database = open_database();
  const int applied = store::apply_migrations(database);
  if (applied > 0) spdlog::info("database: {} migrations applied", applied);

  node_ = std::make_unique<node::Node>(
      node::NodeOptions{.database = database, .workspace = config_.workspace, .owner = owner_name()});
  node_->start();
  start_identity(database);
  back_office_ = std::make_unique<BackOffice>(database, *node_, identity_->gate(), sealer_of(*identity_),
                                              webhooks::Options{.private_networks = config_.webhooks_private_networks});
  auto services = back_office_->make_services(streams_);
  services.push_back(identity_->make_service());
  badges_ = std::make_unique<certification::Badges>(
      back_office_->pool(),
      certification::BadgeOptions{config_.public_url, std::filesystem::absolute(config_.data) / kRootKeyFile});
  services.push_back(badges_->make_service(identity_->gate()));
  api_ = std::make_unique<api::Server>(*node_, identity_->gate(), streams_, std::move(services), options);
  api_->start();
  back_office_->start_jobs();
  first_admin_ = identity_->make_first_admin();  // the password is told once, which a failed start would not do
  tell_programs_of_the_key();
  serving_ = node_.get();

  const ListenAddress grpc{config_.grpc_listen.host, static_cast<std::uint16_t>(api_->port())};
  const ListenAddress http{config_.http_listen.host, http_.port()};
  spdlog::info("gRPC on {}, HTTP on http://{}: {}", grpc.text(), http.text(), exposure(config_));
}

void Server::start_identity(const std::string& database) {
  const std::filesystem::path folder = std::filesystem::absolute(config_.data);
  client::make_private_folder(folder);
  identity_ = std::make_unique<identity::Identity>(
      identity::IdentityOptions{.database = database, .root_key = folder / kRootKeyFile, .external = config_.issuers});
  identity_->start();
  identity_->write_operator_key(folder / kOperatorKeyFile);
}

/// A link where they look for it. That it cannot be made is no reason not to serve: who is told of the file can use it.
void Server::tell_programs_of_the_key() {
  namespace fs = std::filesystem;
  const fs::path key = fs::absolute(config_.data) / kOperatorKeyFile;
  const bool anywhere = config_.grpc_listen.host == "0.0.0.0" || config_.grpc_listen.host == "::";
  const ListenAddress address{anywhere ? "127.0.0.1" : config_.grpc_listen.host,
                              static_cast<std::uint16_t>(api_->port())};
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

/// Keys are known for longer than this before they sign, so that who keeps the page misses none.
gateway::HttpPage Server::key_set_page() const {
  if (serving_ == nullptr) return {503, "{\"error\":\"starting\"}\n"};
  return {200, identity_->key_set() + "\n", "public, max-age=300"};
}

/// Whoever scrapes must learn that the server is not ready, so this answers from the first moment on.
gateway::HttpPage Server::metrics_page() const {
  metrics::Figures figures{.ready = readiness().ready, .start_time = started_, .http_connections = http_.connections()};
  if (const node::Node* node = serving_) {
    figures.serving = {node->info(), node->metrics(), api_->streams(), identity_->metrics(),
                       back_office_->pool().queued()};
  }
  return {200, metrics::exposition(figures), "no-store", metrics::kContentType};
}

void Server::look_up_badge(const std::string& path, const std::function<void(gateway::HttpPage)>& answer) {
  if (serving_ == nullptr) return answer({503, "{\"error\":\"starting\"}\n"});
  badges_->look_up(path, [answer](const certification::BadgePage& page) {
    const std::string keep = page.max_age > 0 ? "public, max-age=" + std::to_string(page.max_age) : "no-store";
    answer({page.status, page.body + "\n", keep});
  });
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
