#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "muster/base/time.h"
#include "muster/store/jobs.h"
#include "muster/store/tenant_pool.h"

/// Keys that certificates are signed with when they travel as badges: Ed25519, their own, and not those of tokens. One
/// signs for a year; then its private half is erased, and the public one stays for good. docs/decisions/0009
/// REQUIRES everywhere: a transaction of the platform. All throw pqxx::failure.
namespace muster::identity {

class RootKey;

class BadgeKeys {
 public:
  /// `root_key`: the file with the key that seals them; made if it is missing.
  explicit BadgeKeys(const std::filesystem::path& root_key);
  ~BadgeKeys();
  BadgeKeys(const BadgeKeys&) = delete;
  BadgeKeys& operator=(const BadgeKeys&) = delete;

  /// The payload as a signed JWT. Its `kid` is where the key is found: `address`, a slash, and the key's name. A key is
  /// made if none signs now, and that goes into the audit.
  [[nodiscard]] std::string sign(store::TenantTransaction& t, const std::string& payload, const std::string& address,
                                 TimePoint now) const;

 private:
  const std::unique_ptr<const RootKey> root_;
};

/// All keys that there ever were, as a JWKS. The `kid` of each is its name, the thumbprint of RFC 7638, wherever the
/// server is reached.
std::string badge_key_set(store::TenantTransaction& t);
/// One of them, as a JWK; empty: there is none of that name.
std::optional<std::string> badge_key(store::TenantTransaction& t, const std::string& name);
/// Erases the private half of a key whose year is over, also if no badge is asked for any more.
store::Job badge_key_job();

}  // namespace muster::identity
