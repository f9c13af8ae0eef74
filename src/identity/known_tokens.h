#pragma once

#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "root_key.h"
#include "tokens.h"

namespace muster::identity {

/// A TokenVerifier that remembers whom it let in: a signature costs more than a look. Made anew when keys change, so
/// that nothing outlives the key that it was signed with. Thread-safe.
class KnownTokens {
 public:
  struct Answer {
    Rejection rejection = Rejection::kNone;
    std::string issuer;                         ///< that the token names, if it is one of these
    std::shared_ptr<const api::Caller> caller;  ///< null if rejected
  };

  /// The root key must live longer.
  KnownTokens(std::vector<Issuer> issuers, const RootKey& root);

  /// A token that was let in is let in again; its end is the caller's to look at.
  Answer verify(std::string_view token, TimePoint now);

 private:
  void remember(const std::string& digest, const std::shared_ptr<const api::Caller>& caller, TimePoint now);

  const TokenVerifier verifier_;
  const RootKey& root_;
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<const api::Caller>> callers_;  // by digest; guarded by mutex_
};

}  // namespace muster::identity
