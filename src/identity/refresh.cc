#include "refresh.h"

#include "secrets.h"

namespace muster::identity {
namespace {

constexpr std::string_view kPrefix = "mr_";
constexpr std::size_t kSecretLength = 43;
constexpr std::size_t kTokenLengthMax = 160;

}  // namespace

RefreshToken RefreshToken::make(std::string tenant_id, std::string session_id) {
  return {std::move(tenant_id), std::move(session_id), random_base62(kSecretLength)};
}

std::optional<RefreshToken> RefreshToken::parse(std::string_view text) {
  if (!text.starts_with(kPrefix) || text.size() > kTokenLengthMax) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  // A tenant's identifier may hold underscores, the others hold none.
  const std::size_t before_secret = text.rfind('_');
  if (before_secret == std::string_view::npos || before_secret == 0) return std::nullopt;
  const std::size_t before_session = text.rfind('_', before_secret - 1);
  if (before_session == std::string_view::npos) return std::nullopt;
  RefreshToken token{std::string(text.substr(0, before_session)),
                     std::string(text.substr(before_session + 1, before_secret - before_session - 1)),
                     std::string(text.substr(before_secret + 1))};
  if (token.tenant_id.empty() || token.session_id.empty() || token.secret.size() != kSecretLength) return std::nullopt;
  return token;
}

std::string RefreshToken::text() const { return std::string(kPrefix) + tenant_id + "_" + session_id + "_" + secret; }

RefreshVerdict judge_refresh(const RefreshFacts& facts, const std::string& request_id, TimePoint now) {
  if (facts.revoked) return RefreshVerdict::kRevoked;
  if (now >= facts.expire_time) return RefreshVerdict::kExpired;
  if (facts.shown == facts.newest) return RefreshVerdict::kRotate;
  const bool repeated = facts.shown + 1 == facts.newest && facts.spent_by == request_id && !request_id.empty();
  return repeated ? RefreshVerdict::kRepeat : RefreshVerdict::kReused;
}

}  // namespace muster::identity
