#include "tokens.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <sstream>

#include "secrets.h"

namespace muster::identity {
namespace {

namespace json = boost::json;

constexpr std::size_t kTextBytesMax = 255;
constexpr std::int64_t kSecondsMax = 253'402'300'799;  // the year 9999

/// A token taken apart, with nothing checked.
struct Parts {
  std::string_view signed_text;
  json::object header;
  json::value claims;  ///< an object
  std::string signature;
};

std::optional<json::object> object_in(std::string_view part) {
  const auto text = from_base64url(part);
  if (!text) return std::nullopt;
  json::error_code error;
  json::value value = json::parse(*text, error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.as_object());
}

std::optional<Parts> take_apart(std::string_view token) {
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  auto header = object_in(token.substr(0, first));
  auto claims = object_in(token.substr(first + 1, second - first - 1));
  auto signature = from_base64url(token.substr(second + 1));
  if (!header || !claims || !signature || signature->empty()) return std::nullopt;
  return Parts{token.substr(0, second), *std::move(header), *std::move(claims), *std::move(signature)};
}

/// A text of sensible length; empty if there is none.
std::string text_at(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (!value || !value->is_string() || value->as_string().size() > kTextBytesMax) return {};
  return std::string(value->as_string());
}

std::optional<std::int64_t> number_at(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (!value || !value->is_int64()) return std::nullopt;
  return value->as_int64();
}

std::optional<TimePoint> time_at(const json::object& claims, std::string_view name) {
  const auto seconds = number_at(claims, name);
  if (!seconds || *seconds < 0 || *seconds > kSecondsMax) return std::nullopt;
  return TimePoint(std::chrono::seconds(*seconds));
}

std::vector<std::string> texts_in(const json::value* value) {
  std::vector<std::string> texts;
  if (value && value->is_array()) {
    for (const json::value& each : value->as_array()) {
      if (each.is_string()) texts.emplace_back(each.as_string());
    }
  } else if (value && value->is_string()) {
    std::istringstream words{std::string(value->as_string())};
    for (std::string word; words >> word;) texts.push_back(word);
  }
  return texts;
}

template <typename Range, typename Value>
bool contains(const Range& range, const Value& value) {
  return std::find(std::begin(range), std::end(range), value) != std::end(range);
}

Rejection check_header(const json::object& header, const Issuer& issuer) {
  // What says where to find the key, or brings it, must not be followed; what is critical must be known.
  for (const char* name : {"jku", "jwk", "x5u", "x5c", "crit", "b64"}) {
    if (header.contains(name)) return Rejection::kHeader;
  }
  const std::string algorithm = text_at(header, "alg");
  const bool allowed = std::any_of(issuer.algorithms.begin(), issuer.algorithms.end(),
                                   [&](Algorithm each) { return name_of(each) == algorithm; });
  if (!allowed) return Rejection::kAlgorithm;
  std::string type = text_at(header, "typ");
  std::transform(type.begin(), type.end(), type.begin(), [](unsigned char c) { return std::tolower(c); });
  return contains(issuer.types, type) ? Rejection::kNone : Rejection::kType;
}

/// The algorithm is the key's own, whatever the header says; that both agree is checked all the same.
Rejection check_signature(const Parts& parts, const Issuer& issuer) {
  const auto key = issuer.keys.find(text_at(parts.header, "kid"));
  if (key == issuer.keys.end()) return Rejection::kUnknownKey;
  if (name_of(key->second.algorithm()) != text_at(parts.header, "alg")) return Rejection::kAlgorithm;
  return key->second.verify(parts.signed_text, parts.signature) ? Rejection::kNone : Rejection::kSignature;
}

Rejection check_times(const json::object& claims, const Issuer& issuer, TimePoint now) {
  const auto expires = time_at(claims, "exp"), issued = time_at(claims, "iat"), not_before = time_at(claims, "nbf");
  if (!expires || !issued || (!not_before && claims.contains("nbf"))) return Rejection::kClaims;
  if (!not_before && !issuer.external) return Rejection::kClaims;
  if (now >= *expires) return Rejection::kExpired;
  if (*issued > now + kClockSkew || (not_before && *not_before > now + kClockSkew)) return Rejection::kNotYet;
  return *expires - *issued > issuer.life_max ? Rejection::kLifetime : Rejection::kNone;
}

bool for_us(const json::object& claims, const std::string& audience) {
  const json::value* value = claims.if_contains("aud");
  if (!value) return false;
  if (value->is_string()) return value->as_string() == audience;
  return value->is_array() && contains(texts_in(value), audience);
}

/// Who calls, by a token of ours.
std::optional<api::Caller> own_caller(const json::object& claims) {
  api::Caller caller;
  caller.tenant_id = text_at(claims, "tenant");
  caller.subject = text_at(claims, "sub");
  caller.session_id = text_at(claims, "sid");
  caller.agent_id = text_at(claims, "agent");
  const auto version = number_at(claims, "ver");
  if (caller.tenant_id.empty() || caller.subject.empty() || caller.session_id.empty() || !version) return std::nullopt;
  if (text_at(claims, "jti").empty() || !claims.contains("roles")) return std::nullopt;
  caller.version = *version;
  for (const std::string& name : texts_in(claims.if_contains("roles"))) {
    const auto role = role_of(name);
    if (!role) return std::nullopt;
    caller.roles.push_back(*role);
  }
  return caller;
}

/// A claim by its name, or by a JSON pointer; null if there is none.
const json::value* claim_at(const json::value& claims, const std::string& name) {
  if (!name.starts_with('/')) return claims.as_object().if_contains(name);
  json::error_code error;
  return claims.find_pointer(name, error);
}

std::string text_in(const json::value* value) {
  const bool fits = value && value->is_string() && value->as_string().size() <= kTextBytesMax;
  return fits ? std::string(value->as_string()) : std::string();
}

/// Who calls, by a token of someone else.
Rejection read_external(const json::value& claims, const Issuer::External& external, api::Caller* caller) {
  caller->subject = text_in(claim_at(claims, external.user_claim));
  if (caller->subject.empty()) return Rejection::kClaims;
  caller->tenant_id = external.tenant_id;
  if (!external.tenant_claim.empty()) {
    const auto tenant = external.tenants.find(text_in(claim_at(claims, external.tenant_claim)));
    if (tenant == external.tenants.end()) return Rejection::kTenant;
    caller->tenant_id = tenant->second;
  }
  if (external.roles_claim.empty()) return Rejection::kNone;
  for (const std::string& name : texts_in(claim_at(claims, external.roles_claim))) {
    const auto role = external.roles.find(name);
    if (role != external.roles.end() && !contains(caller->roles, role->second)) caller->roles.push_back(role->second);
  }
  return caller->roles.empty() ? Rejection::kRoles : Rejection::kNone;
}

/// REQUIRES: `claims` is an object.
Rejection read_caller(const json::value& claims, const Issuer& issuer, api::Caller* caller) {
  if (issuer.external) return read_external(claims, *issuer.external, caller);
  auto own = own_caller(claims.as_object());
  if (!own) return Rejection::kClaims;
  *caller = *std::move(own);
  return Rejection::kNone;
}

Rejection judge(const Parts& parts, const Issuer& issuer, TimePoint now, api::Caller* caller) {
  for (const Rejection rejection : {check_header(parts.header, issuer), check_signature(parts, issuer)}) {
    if (rejection != Rejection::kNone) return rejection;
  }
  // From here on the claims are the issuer's.
  const json::object& claims = parts.claims.as_object();
  if (!for_us(claims, issuer.audience)) return Rejection::kAudience;
  if (const auto rejection = check_times(claims, issuer, now); rejection != Rejection::kNone) return rejection;
  if (const auto rejection = read_caller(parts.claims, issuer, caller); rejection != Rejection::kNone) return rejection;
  caller->expire_time = *time_at(claims, "exp");
  return Rejection::kNone;
}

}  // namespace

const char* name_of(Rejection rejection) {
  constexpr std::array kNames = {"none",
                                 "too long",
                                 "malformed",
                                 "algorithm not allowed",
                                 "wrong type",
                                 "header",
                                 "unknown issuer",
                                 "unknown key",
                                 "signature",
                                 "audience",
                                 "expired",
                                 "not yet valid",
                                 "lifetime",
                                 "claims",
                                 "tenant not allowed",
                                 "no role that is allowed"};
  return kNames[static_cast<std::size_t>(rejection)];
}

std::string token_name(v1::Role role) {
  std::string name = v1::Role_Name(role).substr(sizeof("ROLE_") - 1);
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name;
}

std::optional<v1::Role> role_of(std::string_view token_name) {
  std::string name = "ROLE_" + std::string(token_name);
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
  v1::Role role{};
  if (!v1::Role_Parse(name, &role) || role == v1::ROLE_UNSPECIFIED || identity::token_name(role) != token_name) {
    return std::nullopt;
  }
  return role;
}

TokenVerifier::TokenVerifier(std::vector<Issuer> issuers) {
  for (Issuer& issuer : issuers) {
    const std::string name = issuer.issuer;
    issuers_.emplace(name, std::move(issuer));
  }
}

Verification TokenVerifier::verify(std::string_view token, TimePoint now) const {
  if (token.size() > kTokenBytesMax) return {Rejection::kTooLong, {}, {}};
  const auto parts = take_apart(token);
  if (!parts) return {Rejection::kMalformed, {}, {}};
  const auto found = issuers_.find(text_at(parts->claims.as_object(), "iss"));
  if (found == issuers_.end()) return {Rejection::kUnknownIssuer, {}, {}};
  Verification verification{Rejection::kNone, found->first, {}};
  verification.rejection = judge(*parts, found->second, now, &verification.caller);
  return verification;
}

IssuedToken issue_token(const SigningKey& key, const std::string& issuer, const std::string& audience,
                        const api::Caller& caller, TimePoint now) {
  const auto issued = std::chrono::floor<std::chrono::seconds>(now);
  const auto expires = std::chrono::floor<std::chrono::seconds>(issued + kAccessTokenLife);
  json::array roles;
  for (const v1::Role role : caller.roles) roles.emplace_back(token_name(role));
  const json::object header{{"alg", name_of(Algorithm::kEdDsa)}, {"typ", "at+jwt"}, {"kid", key.kid()}};
  json::object claims{{"iss", issuer},
                      {"aud", audience},
                      {"sub", caller.subject},
                      {"tenant", caller.tenant_id},
                      {"roles", std::move(roles)},
                      {"sid", caller.session_id},
                      {"ver", caller.version},
                      {"jti", random_id()},
                      {"iat", issued.time_since_epoch().count()},
                      {"nbf", issued.time_since_epoch().count()},
                      {"exp", expires.time_since_epoch().count()}};
  if (!caller.agent_id.empty()) claims["agent"] = caller.agent_id;
  const std::string text = to_base64url(json::serialize(header)) + "." + to_base64url(json::serialize(claims));
  return {text + "." + to_base64url(key.sign(text)), TimePoint(expires)};
}

}  // namespace muster::identity
