#pragma once

#include <grpcpp/impl/service_type.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "muster/api/gate.h"
#include "muster/identity/issuer.h"

namespace muster::identity {

struct IdentityOptions {
  std::string database;                       ///< libpq connection string; its migrations are applied
  std::filesystem::path root_key;             ///< the file with the root key; made if it is missing
  std::string issuer = "muster";              ///< `iss` of our tokens
  std::string audience = "muster";            ///< `aud` of tokens for us
  std::vector<ExternalIssuer> external = {};  ///< whose tokens are accepted, too
};

/// The user who may do everything, made at the very first start.
struct FirstAdmin {
  std::string user_id;
  std::string password;
};

/// What it tells of its work in figures. Counts never fall.
struct IdentityMetrics {
  std::uint64_t refused_unauthenticated = 0;  ///< calls without credentials that are good
  std::uint64_t refused_denied = 0;           ///< calls of methods that are not for the caller
  std::uint64_t refused_rate = 0;             ///< attempts to sign in, too many of which had failed
  std::size_t queued = 0;                     ///< work that waits for a connection to the database
};

/// Who calls: tenants, users, tokens and keys. It lets calls in and serves muster.v1.IdentityService.
class Identity {
 public:
  explicit Identity(IdentityOptions options);
  /// As stop().
  ~Identity();
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;

  /// Reads what calls are judged by. Throws if the root key, the database or a file with keys cannot be used.
  void start();
  /// No call may come any more.
  void stop();

  /// Makes the first user if there is none in the platform. Of several servers that start at once, one makes it.
  std::optional<FirstAdmin> make_first_admin();

  /// Has the file hold an API key that may do everything, for programs of this machine's operator: the one that it has
  /// if that is good for another month, else a new one. Its owner alone can read it (0600).
  void write_operator_key(const std::filesystem::path& path);

  [[nodiscard]] api::Gate& gate();
  /// The public keys that access tokens are signed with, as a JWKS. Thread-safe. REQUIRES: started.
  [[nodiscard]] std::string key_set() const;
  /// Seals with the root key for another part of the server; `purpose` begins with that part's name, and is needed to
  /// open it again. Thread-safe.
  [[nodiscard]] std::string seal(std::string_view purpose, std::string_view secret) const;
  /// Nothing if it was sealed by another root key, for another purpose, or was altered. Thread-safe.
  [[nodiscard]] std::optional<std::string> open(std::string_view purpose, std::string_view sealed) const;
  /// Thread-safe.
  [[nodiscard]] IdentityMetrics metrics() const;
  /// The service; what it answers lives no longer than this object.
  [[nodiscard]] std::unique_ptr<grpc::Service> make_service();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace muster::identity
