#include "keys.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/sha.h>

#include <boost/json.hpp>
#include <stdexcept>

#include "secrets.h"

namespace muster::identity {
namespace {

namespace json = boost::json;

constexpr std::size_t kEd25519Bytes = 32;
constexpr std::size_t kEd25519SignatureBytes = 64;
constexpr std::size_t kP256Bytes = 32;
constexpr std::size_t kRsaBytesMin = 256;
constexpr std::size_t kRsaBytesMax = 1024;

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* thing) const {
    Free(thing);
  }
};
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using ParameterBuilder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;

std::string text_at(const json::object& jwk, const char* name) {
  const json::value* value = jwk.if_contains(name);
  if (!value || !value->is_string()) throw std::runtime_error(std::string("a key lacks \"") + name + "\"");
  return std::string(value->as_string());
}

std::string bytes_at(const json::object& jwk, const char* name) {
  auto bytes = from_base64url(text_at(jwk, name));
  if (!bytes || bytes->empty()) throw std::runtime_error(std::string("a key's \"") + name + "\" is not base64url");
  return *std::move(bytes);
}

Number number_of(std::string_view bytes) {
  return Number(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

EVP_PKEY* key_from(const char* type, OSSL_PARAM_BLD* builder) {
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    throw std::runtime_error(std::string("not a valid ") + type + " key");
  }
  return key;
}

EVP_PKEY* p256_key(const json::object& jwk) {
  const std::string x = bytes_at(jwk, "x"), y = bytes_at(jwk, "y");
  if (x.size() != kP256Bytes || y.size() != kP256Bytes) throw std::runtime_error("a P-256 key has 32 bytes in x and y");
  const std::string point = "\x04" + x + y;  // uncompressed
  const ParameterBuilder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  return key_from("EC", builder.get());
}

EVP_PKEY* rsa_key(const json::object& jwk) {
  const std::string n = bytes_at(jwk, "n"), e = bytes_at(jwk, "e");
  const bool strong = n.size() >= kRsaBytesMin && n.size() <= kRsaBytesMax && n[0] != '\0';
  if (!strong) throw std::runtime_error("an RSA key has 2,048 to 8,192 bits");
  if (e != std::string("\x01\x00\x01", 3)) throw std::runtime_error("an RSA key's exponent is 65537");
  const Number modulus = number_of(n), exponent = number_of(e);
  const ParameterBuilder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
  return key_from("RSA", builder.get());
}

/// The two numbers of an ECDSA signature, side by side in a JWS, in the DER form that OpenSSL checks.
std::optional<std::string> to_der(std::string_view signature) {
  if (signature.size() != 2 * kP256Bytes) return std::nullopt;
  Number r = number_of(signature.substr(0, kP256Bytes)), s = number_of(signature.substr(kP256Bytes));
  const EcdsaSignature pair(ECDSA_SIG_new());
  if (!r || !s || !pair || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return std::nullopt;
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  const int size = i2d_ECDSA_SIG(pair.get(), nullptr);
  std::string der(static_cast<std::size_t>(size), '\0');
  unsigned char* at = bytes_of(der);
  i2d_ECDSA_SIG(pair.get(), &at);
  return der;
}

std::optional<Algorithm> algorithm_of(const json::object& jwk) {
  const std::string type = text_at(jwk, "kty");
  if (type == "RSA") return Algorithm::kRs256;
  if (type == "OKP" && text_at(jwk, "crv") == "Ed25519") return Algorithm::kEdDsa;
  if (type == "EC" && text_at(jwk, "crv") == "P-256") return Algorithm::kEs256;
  return std::nullopt;
}

/// What the optional member `name` says, if it is there, must be `value`.
bool allows(const json::object& jwk, const char* name, const std::string& value) {
  return !jwk.contains(name) || text_at(jwk, name) == value;
}

}  // namespace

std::string name_of(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kEdDsa:
      return "EdDSA";
    case Algorithm::kEs256:
      return "ES256";
    case Algorithm::kRs256:
      return "RS256";
  }
  return {};
}

PublicKey::PublicKey(Algorithm algorithm, EVP_PKEY* key) : algorithm_(algorithm), key_(key, Freed<EVP_PKEY_free>()) {
  if (!key) throw std::runtime_error("not a valid " + name_of(algorithm) + " key");
}

PublicKey PublicKey::ed25519(std::string_view bytes) {
  return {Algorithm::kEdDsa, EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(bytes), bytes.size())};
}

std::optional<PublicKey> PublicKey::parse(const json::object& jwk) {
  for (const char* secret : {"d", "p", "q", "k"}) {
    if (jwk.contains(secret)) throw std::runtime_error("a private key lies among the public ones");
  }
  const auto algorithm = algorithm_of(jwk);
  if (!algorithm || !allows(jwk, "use", "sig") || !allows(jwk, "alg", name_of(*algorithm))) return std::nullopt;
  switch (*algorithm) {
    case Algorithm::kEdDsa:
      return ed25519(bytes_at(jwk, "x"));
    case Algorithm::kEs256:
      return PublicKey(*algorithm, p256_key(jwk));
    case Algorithm::kRs256:
      return PublicKey(*algorithm, rsa_key(jwk));
  }
  return std::nullopt;
}

bool PublicKey::verify(std::string_view message, std::string_view signature) const {
  std::string der;
  if (algorithm_ == Algorithm::kEs256) {
    auto converted = to_der(signature);
    if (!converted) return false;
    der = *std::move(converted);
    signature = der;
  }
  const EVP_MD* hash = algorithm_ == Algorithm::kEdDsa ? nullptr : EVP_sha256();  // Ed25519 hashes by itself
  const DigestContext context(EVP_MD_CTX_new());
  return context && EVP_DigestVerifyInit(context.get(), nullptr, hash, nullptr, key_.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message), message.size()) == 1;
}

KeySet parse_key_set(std::string_view jwks) {
  json::error_code error;
  const json::value document = json::parse(jwks, error);
  if (error || !document.is_object()) throw std::runtime_error("not a JSON object");
  const json::value* keys = document.as_object().if_contains("keys");
  if (!keys || !keys->is_array()) throw std::runtime_error("it has no list \"keys\"");
  KeySet set;
  for (const json::value& jwk : keys->as_array()) {
    if (!jwk.is_object()) throw std::runtime_error("a key is not an object");
    const auto key = PublicKey::parse(jwk.as_object());
    if (!key) continue;
    const std::string kid = text_at(jwk.as_object(), "kid");
    if (!set.emplace(kid, *key).second) throw std::runtime_error("two keys have the kid \"" + kid + "\"");
  }
  if (set.empty()) throw std::runtime_error("it has no key for EdDSA, ES256 or RS256 signatures");
  return set;
}

SigningKey::SigningKey(EVP_PKEY* key) : key_(key, Freed<EVP_PKEY_free>()) {
  std::size_t size = kEd25519Bytes;
  public_bytes_.resize(size);
  if (!key || EVP_PKEY_get_raw_public_key(key, bytes_of(public_bytes_), &size) != 1) {
    throw std::runtime_error("not a valid Ed25519 key");
  }
  kid_ = thumbprint(public_bytes_);
}

SigningKey SigningKey::generate() { return from_seed(random_bytes(kEd25519Bytes)); }

SigningKey SigningKey::from_seed(std::string_view seed) {
  return SigningKey(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes_of(seed), seed.size()));
}

std::string SigningKey::seed() const {
  std::size_t size = kEd25519Bytes;
  std::string seed(size, '\0');
  EVP_PKEY_get_raw_private_key(key_.get(), bytes_of(seed), &size);
  return seed;
}

std::string SigningKey::sign(std::string_view message) const {
  std::size_t size = kEd25519SignatureBytes;
  std::string signature(size, '\0');
  const DigestContext context(EVP_MD_CTX_new());
  if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), bytes_of(signature), &size, bytes_of(message), message.size()) != 1) {
    throw std::runtime_error("signing failed");
  }
  return signature;
}

std::string thumbprint(std::string_view public_bytes) {
  // The members in this order and without blanks: RFC 7638 section 3.
  const std::string canonical = R"({"crv":"Ed25519","kty":"OKP","x":")" + to_base64url(public_bytes) + "\"}";
  std::string hash(SHA256_DIGEST_LENGTH, '\0');
  SHA256(bytes_of(canonical), canonical.size(), bytes_of(hash));
  return to_base64url(hash);
}

json::object to_jwk(std::string_view public_bytes) {
  return {{"kty", "OKP"},
          {"crv", "Ed25519"},
          {"x", to_base64url(public_bytes)},
          {"kid", thumbprint(public_bytes)},
          {"use", "sig"},
          {"alg", name_of(Algorithm::kEdDsa)}};
}

}  // namespace muster::identity
