#pragma once

#include <string>
#include <vector>

#include "muster/base/time.h"
#include "tokens.h"

/// When signing keys come and go. Pure: a plan over what is stored.
namespace muster::identity {

/// How long a key signs.
inline constexpr Duration kSigningKeyLife = std::chrono::hours(24 * 30);
/// How long a key is known before it signs, so that nobody meets a token whose key they have not heard of.
inline constexpr Duration kKeyNotice = std::chrono::hours(1);
/// How long a key's tokens are accepted after its last one was signed.
inline constexpr Duration kKeyAfterlife = kAccessTokenLife + kClockSkew;

/// A stored key: it signs from `sign_time` on, until the next key's.
struct KeyTimes {
  std::string kid;
  TimePoint sign_time;
};

struct KeyPlan {
  std::string signs;                  ///< the key that signs now; empty if there is none
  std::vector<std::string> accepted;  ///< those whose tokens are accepted: those that signed lately, sign, or will
  std::vector<std::string> retired;   ///< those to delete
  bool needs_new = false;             ///< a key is missing…
  TimePoint new_sign_time;            ///< …and signs from then on
};

/// `keys` in any order.
KeyPlan plan_keys(std::vector<KeyTimes> keys, TimePoint now);

}  // namespace muster::identity
