#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "muster/base/time.h"

/// Refresh tokens: what a sign-in goes on with. Each is good once and gives the next; whoever shows one that was used
/// before makes the whole family void, for one of the two who had it stole it. Pure: time and records come in.
namespace muster::identity {

/// How long a sign-in lasts, however often it is refreshed: a shift.
inline constexpr Duration kSignInLife = std::chrono::hours(12);

/// mr_<tenant>_<session>_<secret>: the first two are to find the record by, and no secret.
struct RefreshToken {
  std::string tenant_id;
  std::string session_id;
  std::string secret;

  static RefreshToken make(std::string tenant_id, std::string session_id);
  static std::optional<RefreshToken> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
};

/// The record of a sign-in, and of the token that was shown.
struct RefreshFacts {
  TimePoint expire_time;    ///< of the sign-in
  bool revoked = false;     ///< the sign-in
  std::int64_t newest = 0;  ///< generation of the newest token
  std::int64_t shown = 0;   ///< generation of the one shown
  std::string spent_by;     ///< request_id of the call that spent the one shown; empty: not spent
};

enum class RefreshVerdict {
  kRotate,  ///< the next generation
  kRepeat,  ///< the answer to this very call was lost: another token in place of the newest, which nobody saw
  kReused,  ///< revoke the family
  kRevoked,
  kExpired,
};

/// What to do with a token that is of this sign-in.
RefreshVerdict judge_refresh(const RefreshFacts& facts, const std::string& request_id, TimePoint now);

}  // namespace muster::identity
