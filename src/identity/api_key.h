#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "muster/base/time.h"

/// API keys: what programs call with. Pure.
namespace muster::identity {

inline constexpr Duration kApiKeyLifeDefault = std::chrono::hours(24 * 90);
inline constexpr Duration kApiKeyLifeMax = std::chrono::hours(24 * 400);
/// Keys of one program that are alive at a time: the new one, and the old one until nothing uses it any more.
inline constexpr int kLiveKeysMax = 2;

/// mk_live_<key_id>_<secret>: the prefix tells scanners of source code what they found, the identifier finds the
/// record, and the secret is worth 256 bits.
struct ApiKeyText {
  std::string key_id;
  std::string secret;

  static ApiKeyText make();
  static std::optional<ApiKeyText> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
};

/// Whether a credential is meant as an API key, and not as a JWT.
bool looks_like_api_key(std::string_view credential);

}  // namespace muster::identity
