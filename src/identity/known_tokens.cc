#include "known_tokens.h"

#include <mutex>
#include <utility>

namespace muster::identity {
namespace {

/// Callers remembered, at most; each is a few hundred bytes.
constexpr std::size_t kTokensMax = 100'000;

}  // namespace

KnownTokens::KnownTokens(std::vector<Issuer> issuers, const RootKey& root)
    : verifier_(std::move(issuers)), root_(root) {}

KnownTokens::Answer KnownTokens::verify(std::string_view token, TimePoint now) {
  if (token.size() > kTokenBytesMax) return {Rejection::kTooLong, {}, nullptr};
  const std::string digest = root_.digest(token);
  {
    std::shared_lock lock(mutex_);
    const auto found = callers_.find(digest);
    if (found != callers_.end()) return {Rejection::kNone, {}, found->second};
  }
  Verification verification = verifier_.verify(token, now);
  if (verification.rejection != Rejection::kNone) {
    return {verification.rejection, std::move(verification.issuer), nullptr};
  }
  auto caller = std::make_shared<const api::Caller>(std::move(verification.caller));
  remember(digest, caller, now);
  return {Rejection::kNone, std::move(verification.issuer), std::move(caller)};
}

void KnownTokens::remember(const std::string& digest, const std::shared_ptr<const api::Caller>& caller, TimePoint now) {
  std::unique_lock lock(mutex_);
  if (callers_.size() >= kTokensMax) {
    std::erase_if(callers_, [&](const auto& entry) { return entry.second->expire_time <= now; });
    if (callers_.size() >= kTokensMax) callers_.clear();
  }
  callers_.emplace(digest, caller);
}

}  // namespace muster::identity
