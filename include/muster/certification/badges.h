#pragma once

#include <grpcpp/impl/service_type.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "muster/api/gate.h"
#include "muster/identity/badge_keys.h"
#include "muster/store/tenant_pool.h"

namespace muster::certification {

struct BadgeOptions {
  std::string public_url;          ///< where others reach the server's HTTP, without a slash at the end; empty: nowhere
  std::filesystem::path root_key;  ///< the file with the key that seals the badges' keys
};

/// What a path answers to anyone who asks: JSON.
struct BadgePage {
  unsigned status = 200;
  std::string body;
  int max_age = 0;  ///< seconds that others may keep it
};

/// Certificates as Open Badges 3.0: docs/members.md. Thread-safe.
class Badges {
 public:
  /// The pool must outlive it.
  Badges(store::TenantPool& pool, BadgeOptions options);

  /// BadgeService; it must not outlive this, nor the gate.
  std::unique_ptr<grpc::Service> make_service(api::Gate& gate);

  /// Answers what stands behind "/badges/": issuer, keys, keys/NAME, status/CREDENTIAL. It does not block; `answer` is
  /// called once, perhaps on one of the pool's threads. Whoever asks has no token: few are looked up at once, the
  /// others are told to come back.
  void look_up(const std::string& path, std::function<void(BadgePage)> answer);

 private:
  store::TenantPool& pool_;
  const std::string public_url_;
  const identity::BadgeKeys keys_;
  std::atomic<int> looking_up_{0};
};

}  // namespace muster::certification
