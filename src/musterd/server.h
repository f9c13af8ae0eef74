#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "muster/api/server.h"
#include "muster/api/stream.h"
#include "muster/certification/badges.h"
#include "muster/gateway/http_server.h"
#include "muster/identity/identity.h"
#include "muster/metrics/exposition.h"
#include "muster/musterd/back_office.h"
#include "muster/musterd/config.h"
#include "muster/musterd/data_dir.h"
#include "muster/musterd/embedded_postgres.h"
#include "muster/node/node.h"

namespace muster::musterd {

/// All of musterd. Its members stand in the order in which they start, and stop in the reverse one.
/// For one thread.
class Server {
 public:
  explicit Server(const Config& config);
  /// As stop().
  ~Server();

  /// Returns once gRPC and HTTP are served; the workspace is ready when its lease is held and its journal replayed.
  /// Throws std::exception if a part cannot start.
  void start();

  /// The user that was made because there was none; to be told once.
  [[nodiscard]] const std::optional<identity::FirstAdmin>& first_admin() const { return first_admin_; }

  /// Says that it is not serving, refuses commands, lets the engine and the journal finish, ends the streams, gives
  /// open calls Config::shutdown_grace, then closes HTTP and the database. Idempotent.
  void stop();

 private:
  [[nodiscard]] gateway::Readiness readiness() const;
  [[nodiscard]] gateway::HttpPage key_set_page() const;
  [[nodiscard]] gateway::HttpPage metrics_page() const;
  void look_up_badge(const std::string& path, const std::function<void(gateway::HttpPage)>& answer);
  std::string open_database();
  void start_identity(const std::string& database);
  void tell_programs_of_the_key();
  void forget_key_link();

  const Config config_;
  const TimePoint started_ = wall_now();
  gateway::HttpServer http_;
  std::unique_ptr<DataDir> data_dir_;           // null with a database of the operator's
  std::unique_ptr<EmbeddedPostgres> postgres_;  // null likewise
  std::unique_ptr<node::Node> node_;
  std::unique_ptr<identity::Identity> identity_;
  std::unique_ptr<certification::Badges> badges_;
  std::unique_ptr<BackOffice> back_office_;  // before what its pool's threads may still call
  std::optional<identity::FirstAdmin> first_admin_;
  api::StreamRegistry streams_;
  std::unique_ptr<api::Server> api_;
  std::optional<std::filesystem::path> key_link_;    // where this user's programs find the operator's key
  std::atomic<const node::Node*> serving_{nullptr};  // for the HTTP thread; null while starting and stopping
  std::atomic<bool> stopping_{false};
};

}  // namespace muster::musterd
