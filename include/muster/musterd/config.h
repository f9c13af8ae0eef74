#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "muster/identity/issuer.h"

namespace muster::musterd {

/// Where a server listens.
struct ListenAddress {
  std::string host;    // "127.0.0.1", "::1", "localhost", …
  std::uint16_t port;  // 0: any free port

  /// As configured and as gRPC takes it, such as "[::1]:7070".
  [[nodiscard]] std::string text() const;
  /// Reached from this machine only.
  [[nodiscard]] bool is_local() const;
};

enum class LogFormat { kText, kJson };

/// Everything that can be configured.
struct Config {
  std::string data = "muster-data";  // musterd's folder: its keys, and its own PostgreSQL without `database`
  std::string database;              // libpq connection string; empty: our own PostgreSQL under `data`
  std::string workspace = "main";    // the workspace served: [a-z0-9][a-z0-9-]{0,62}
  ListenAddress grpc_listen{"127.0.0.1", 7070};  // of other machines, too, with TLS only
  ListenAddress http_listen{"127.0.0.1", 7080};
  std::string public_url;       // where others reach the HTTP port, for badges; empty: nowhere
  std::string tls_certificate;  // PEM files for the gRPC port; empty: not encrypted
  std::string tls_key;
  std::string tls_client_ca;                      // who signs clients' certificates; empty: they need none
  std::vector<identity::ExternalIssuer> issuers;  // whose tokens are accepted, too; in the file only
  std::string log_level = "info";                 // trace, debug, info, warn, error
  LogFormat log_format = LogFormat::kText;
  bool webhooks_private_networks = false;            // whether webhooks may reach addresses that are not public
  std::chrono::milliseconds shutdown_grace{10'000};  // how long open calls may go on at shutdown, 0 s..10 min
};

/// A wrong configuration. The text names the place, the key, the value and what is allowed.
struct ConfigError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Reads an environment variable; nullopt if it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// What the command line asks for.
struct CommandLine {
  Config config;
  bool print_config = false;             // --print-config: print to_toml(config) and end
  std::optional<std::string> exit_text;  // --help, --version: print this and end
};

/// Works out the configuration. Each key is taken from the first of: a flag (--log-level), the environment
/// (MUSTER_LOG_LEVEL), the TOML file named by --config or MUSTER_CONFIG ([log] level), the default.
/// Throws ConfigError.
CommandLine parse_command_line(const std::vector<std::string>& args, const Environment& environment);

/// The configuration as a TOML file that parse_command_line reads back to the same one.
std::string to_toml(const Config& config);

}  // namespace muster::musterd
