#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_pkey_st;

/// Keys for signatures, by OpenSSL, and as JSON Web Keys (RFC 7517, 7518, 8037). docs/decisions/0008-tokens.md
namespace muster::identity {

/// The algorithms that are accepted; each key has exactly one.
enum class Algorithm { kEdDsa, kEs256, kRs256 };
/// "EdDSA", "ES256", "RS256".
std::string name_of(Algorithm algorithm);

/// A key to check signatures with. Immutable, cheap to copy, thread-safe.
class PublicKey {
 public:
  /// Ed25519, from its 32 bytes.
  static PublicKey ed25519(std::string_view bytes);
  /// From a JWK: Ed25519, P-256, or RSA of at least 2,048 bits. Nothing if it is of another kind or for another use.
  /// Throws std::runtime_error if it is not well formed, or a private key, which has no business there.
  static std::optional<PublicKey> parse(const boost::json::object& jwk);

  [[nodiscard]] Algorithm algorithm() const { return algorithm_; }
  [[nodiscard]] bool verify(std::string_view message, std::string_view signature) const;

 private:
  PublicKey(Algorithm algorithm, evp_pkey_st* key);

  Algorithm algorithm_;
  std::shared_ptr<evp_pkey_st> key_;
};

/// Public keys by their `kid`.
using KeySet = std::map<std::string, PublicKey, std::less<>>;

/// Reads a JWKS. Keys of unknown kinds are left out. Throws std::runtime_error, saying what is wrong, if it is not
/// well formed, has a key without `kid`, a `kid` twice, or no key that can be used.
KeySet parse_key_set(std::string_view jwks);

/// A key to sign with: Ed25519. Immutable, cheap to copy, thread-safe.
class SigningKey {
 public:
  static SigningKey generate();
  /// From the 32 bytes of seed(). Throws std::runtime_error.
  static SigningKey from_seed(std::string_view seed);

  /// The key's RFC 7638 thumbprint.
  [[nodiscard]] const std::string& kid() const { return kid_; }
  /// The secret.
  [[nodiscard]] std::string seed() const;
  /// The 32 bytes of the public key.
  [[nodiscard]] const std::string& public_bytes() const { return public_bytes_; }
  [[nodiscard]] std::string sign(std::string_view message) const;

 private:
  explicit SigningKey(evp_pkey_st* key);

  std::shared_ptr<evp_pkey_st> key_;
  std::string public_bytes_;
  std::string kid_;
};

/// The `kid` of an Ed25519 key, and the key as a JWK.
std::string thumbprint(std::string_view public_bytes);
boost::json::object to_jwk(std::string_view public_bytes);

}  // namespace muster::identity
