#include "badge_check.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/time_util.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>

namespace muster::cli {
namespace {

using google::protobuf::ListValue;
using google::protobuf::Struct;
using google::protobuf::Value;

constexpr std::size_t kBytesMax = 64 * 1024;
constexpr std::size_t kEd25519Bytes = 32;
constexpr std::string_view kUrn = "urn:uuid:";

/// Base64url without padding; nothing if it is not in its one canonical form.
std::optional<std::string> from_base64url(std::string_view text) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t at = kLetters.find(c);
    if (at == std::string_view::npos) return std::nullopt;
    bits = (bits << 6) | static_cast<unsigned>(at);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>((bits >> count) & 0xFF);
    bits &= (1U << count) - 1;
  }
  if (count >= 6 || bits != 0) return std::nullopt;
  return bytes;
}

std::optional<Struct> object_in(const std::string& json) {
  Struct object;
  if (!google::protobuf::util::JsonStringToMessage(json, &object).ok()) return std::nullopt;
  return object;
}

std::optional<Struct> decoded(std::string_view part) {
  const auto json = from_base64url(part);
  return json && !json->empty() ? object_in(*json) : std::nullopt;
}

const Value& at(const Struct& object, const std::string& name) {
  static const Value kNothing;
  const auto found = object.fields().find(name);
  return found == object.fields().end() ? kNothing : found->second;
}
const std::string& text_at(const Struct& object, const std::string& name) { return at(object, name).string_value(); }

bool has_text(const ListValue& list, const std::string& text) {
  return std::any_of(list.values().begin(), list.values().end(),
                     [&](const Value& value) { return value.string_value() == text; });
}

/// The 32 bytes of the key that `kid` names: by itself, or at the end of the address where the key was when the badge
/// was made.
std::optional<std::string> key_named(const std::string& kid, const std::string& jwks) {
  const std::string name = kid.substr(kid.rfind('/') + 1);
  const auto set = object_in(jwks);
  if (!set) return std::nullopt;
  for (const Value& value : at(*set, "keys").list_value().values()) {
    const Struct& jwk = value.struct_value();
    const std::string& known_as = text_at(jwk, "kid");
    if ((known_as != name && known_as != kid) || text_at(jwk, "kty") != "OKP" || text_at(jwk, "crv") != "Ed25519")
      continue;
    const auto key = from_base64url(text_at(jwk, "x"));
    if (key && key->size() == kEd25519Bytes) return key;
  }
  return std::nullopt;
}

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

bool is_signed(std::string_view message, std::string_view signature, const std::string& key) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> public_key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(key), key.size()), EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  return public_key && context &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, public_key.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message), message.size()) == 1;
}

/// A moment of the credential, which the claim of the token must repeat.
std::optional<TimePoint> moment(const Struct& claims, const std::string& property, const std::string& claim) {
  google::protobuf::Timestamp time;
  if (!google::protobuf::util::TimeUtil::FromString(text_at(claims, property), &time)) return std::nullopt;
  if (at(claims, claim).number_value() != static_cast<double>(time.seconds())) return std::nullopt;
  return TimePoint(std::chrono::seconds(time.seconds()));
}

std::string identity_of(const Struct& subject, const std::string& type) {
  for (const Value& value : at(subject, "identifier").list_value().values()) {
    if (text_at(value.struct_value(), "identityType") == type) return text_at(value.struct_value(), "identityHash");
  }
  return {};
}

/// What the claims say, if they are a credential of the kind that we make: of the standards' rules, those on which its
/// meaning rests.
std::optional<Badge> badge_in(const Struct& claims) {
  const ListValue& types = at(claims, "type").list_value();
  const bool credential = has_text(types, "VerifiableCredential") &&
                          (has_text(types, "AchievementCredential") || has_text(types, "OpenBadgeCredential"));
  const Struct& subject = at(claims, "credentialSubject").struct_value();
  const Struct& issuer = at(claims, "issuer").struct_value();
  const std::string& id = text_at(claims, "id");
  const auto from = moment(claims, "validFrom", "nbf"), until = moment(claims, "validUntil", "exp");
  const bool consistent = text_at(claims, "iss") == text_at(issuer, "id") && text_at(claims, "jti") == id &&
                          text_at(claims, "sub") == text_at(subject, "id");
  if (!credential || !consistent || !from || !until || !id.starts_with(kUrn)) return std::nullopt;
  const Struct& achievement = at(subject, "achievement").struct_value();
  return Badge{id.substr(kUrn.size()),
               text_at(achievement, "name"),
               identity_of(subject, "name"),
               identity_of(subject, "systemId"),
               text_at(issuer, "id"),
               *from,
               *until};
}

bool is_header(const Struct& header) {
  const auto known = [](const auto& field) {
    return field.first == "alg" || field.first == "kid" ||
           (field.first == "typ" && field.second.string_value() == "JWT");
  };
  return std::all_of(header.fields().begin(), header.fields().end(), known);
}

}  // namespace

BadgeVerdict check_badge(std::string_view text, const std::string& jwks, TimePoint now) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  const std::size_t first = text.find('.'), last = text.rfind('.');
  if (text.size() > kBytesMax || first == std::string_view::npos || first == last) {
    return {BadgeTrouble::kNotABadge, {}};
  }
  const auto header = decoded(text.substr(0, first));
  if (!header) return {BadgeTrouble::kNotABadge, {}};
  if (text_at(*header, "alg") != "EdDSA") return {BadgeTrouble::kWrongAlgorithm, {}};
  if (!is_header(*header)) return {BadgeTrouble::kNotABadge, {}};
  const auto key = key_named(text_at(*header, "kid"), jwks);
  if (!key) return {BadgeTrouble::kUnknownKey, {}};
  const auto signature = from_base64url(text.substr(last + 1));
  if (!signature || !is_signed(text.substr(0, last), *signature, *key)) return {BadgeTrouble::kTampered, {}};
  const auto claims = decoded(text.substr(first + 1, last - first - 1));
  const auto badge = claims ? badge_in(*claims) : std::nullopt;
  if (!badge) return {BadgeTrouble::kNotABadge, {}};
  if (now < badge->valid_from) return {BadgeTrouble::kNotYetValid, badge};
  if (now >= badge->valid_until) return {BadgeTrouble::kExpired, badge};
  return {BadgeTrouble::kNone, badge};
}

}  // namespace muster::cli
