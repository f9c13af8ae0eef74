#include "api_key.h"

#include <algorithm>

#include "secrets.h"

namespace muster::identity {
namespace {

constexpr std::string_view kPrefix = "mk_live_";
constexpr std::size_t kIdLength = 16;
constexpr std::size_t kSecretLength = 43;

bool is_base62(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

}  // namespace

ApiKeyText ApiKeyText::make() { return {random_id(), random_base62(kSecretLength)}; }

std::optional<ApiKeyText> ApiKeyText::parse(std::string_view text) {
  constexpr std::size_t kLength = kPrefix.size() + kIdLength + 1 + kSecretLength;
  if (text.size() != kLength || !looks_like_api_key(text) || text[kPrefix.size() + kIdLength] != '_') {
    return std::nullopt;
  }
  const std::string_view id = text.substr(kPrefix.size(), kIdLength), secret = text.substr(kLength - kSecretLength);
  if (!std::all_of(id.begin(), id.end(), is_base62) || !std::all_of(secret.begin(), secret.end(), is_base62)) {
    return std::nullopt;
  }
  return ApiKeyText{std::string(id), std::string(secret)};
}

std::string ApiKeyText::text() const { return std::string(kPrefix) + key_id + "_" + secret; }

bool looks_like_api_key(std::string_view credential) { return credential.starts_with(kPrefix); }

}  // namespace muster::identity
