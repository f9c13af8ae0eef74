#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "keys.h"
#include "muster/api/caller.h"
#include "muster/base/time.h"

/// Access tokens: JWTs (RFC 7519, 8725, 9068) that say who calls and are good for minutes. Pure: time comes in.
namespace muster::identity {

inline constexpr std::size_t kTokenBytesMax = 4096;
inline constexpr Duration kAccessTokenLife = std::chrono::minutes(10);
/// How far clocks may be apart: a token may be from that far in the future. One that has expired has expired.
inline constexpr Duration kClockSkew = std::chrono::seconds(30);

/// Why a token is refused. Callers hear only whether it is expired; the log tells the rest.
enum class Rejection {
  kNone,
  kTooLong,
  kMalformed,  ///< not three parts of base64url, or not JSON objects
  kAlgorithm,  ///< `alg` is not allowed, or not the key's
  kType,       ///< `typ` is not an access token's
  kHeader,     ///< the header brings its own key, or demands what we do not know
  kUnknownIssuer,
  kUnknownKey,
  kSignature,
  kAudience,
  kExpired,
  kNotYet,    ///< `nbf` or `iat` lies in the future
  kLifetime,  ///< good for longer than its issuer may make them
  kClaims,    ///< a claim is missing or makes no sense
  kTenant,    ///< another issuer's: not of a tenant that it may speak for
  kRoles,     ///< another issuer's: none of its roles means anything here
};
const char* name_of(Rejection rejection);

/// An issuer whose tokens are accepted.
struct Issuer {
  std::string issuer;    ///< `iss`, exactly
  std::string audience;  ///< must be in `aud`
  KeySet keys;
  std::vector<Algorithm> algorithms = {Algorithm::kEdDsa};
  std::vector<std::string> types = {"at+jwt", "application/at+jwt"};  ///< of `typ`, in lower case
  Duration life_max = kAccessTokenLife;

  /// Of an issuer that is not ours. Claims are named as in ExternalIssuer.
  struct External {
    std::string tenant_id;                                    ///< of all its users; used without tenant_claim
    std::string tenant_claim;                                 ///< one text
    std::map<std::string, std::string, std::less<>> tenants;  ///< what it may say, and the tenant that it means
    std::string user_claim = "sub";                           ///< one text, the user_id
    std::string roles_claim;  ///< a list of texts, or one text with blanks between; empty: nothing is said about roles
    std::map<std::string, v1::Role, std::less<>> roles;  ///< what it may say, at least one of them; more means nothing
  };
  std::optional<External> external;
};

struct Verification {
  Rejection rejection = Rejection::kNone;
  std::string issuer;  ///< that the token names, if it is one of these
  api::Caller caller;  ///< means nothing if rejected
};

/// Checks tokens. Immutable: a new one is made when keys change. Thread-safe.
class TokenVerifier {
 public:
  explicit TokenVerifier(std::vector<Issuer> issuers);

  [[nodiscard]] Verification verify(std::string_view token, TimePoint now) const;

 private:
  std::map<std::string, Issuer, std::less<>> issuers_;
};

/// A token of ours for a user.
/// REQUIRES: tenant_id, subject, session_id. `expire_time` is set here.
struct IssuedToken {
  std::string token;
  TimePoint expire_time;
};
IssuedToken issue_token(const SigningKey& key, const std::string& issuer, const std::string& audience,
                        const api::Caller& caller, TimePoint now);

/// "ROLE_TENANT_ADMIN" is "tenant_admin" in tokens.
std::string token_name(v1::Role role);
std::optional<v1::Role> role_of(std::string_view token_name);

}  // namespace muster::identity
