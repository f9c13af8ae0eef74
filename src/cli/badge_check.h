#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "muster/base/time.h"

/// Certificates that travel as Open Badges 3.0, in the JWT proof format, checked without a server: what they say, who
/// signed them, and their dates. Pure.
namespace muster::cli {

enum class BadgeTrouble {
  kNone,
  kNotABadge,       ///< it cannot be read, or is some other token
  kWrongAlgorithm,  ///< it says that it is signed otherwise than by Ed25519, or not at all
  kUnknownKey,      ///< its key is not among those given
  kTampered,        ///< the signature is not of what it says
  kNotYetValid,
  kExpired,
};

struct Badge {
  std::string credential_id;  ///< a UUID
  std::string name;           ///< of what was achieved
  std::string holder;         ///< the member's name
  std::string holder_id;      ///< and identifier
  std::string issuer;         ///< an address
  TimePoint valid_from;
  TimePoint valid_until;
};

struct BadgeVerdict {
  BadgeTrouble trouble = BadgeTrouble::kNone;
  std::optional<Badge> badge;  ///< there once the signature is right
};

/// `jwks`: the keys that are trusted, a JSON Web Key Set; of those only Ed25519 keys count. The key is found among
/// them alone, never by what the badge says of it.
BadgeVerdict check_badge(std::string_view text, const std::string& jwks, TimePoint now);

}  // namespace muster::cli
