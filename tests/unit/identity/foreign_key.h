#pragma once

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include <boost/json.hpp>
#include <functional>
#include <memory>
#include <string>

#include "secrets.h"

namespace muster::identity {

namespace json = boost::json;

/// A private key of OpenSSL's, for issuers that are not ours: P-256 or RSA.
struct ForeignKey {
  explicit ForeignKey(EVP_PKEY* made) : key(made, EVP_PKEY_free) {}

  [[nodiscard]] std::string number(const char* name) const {
    BIGNUM* value = nullptr;
    EVP_PKEY_get_bn_param(key.get(), name, &value);
    std::string bytes(static_cast<std::size_t>(BN_num_bytes(value)), '\0');
    BN_bn2bin(value, bytes_of(bytes));
    BN_free(value);
    return bytes;
  }

  [[nodiscard]] json::object jwk(const std::string& kid) const {
    if (EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_RSA) {
      return {{"kty", "RSA"}, {"kid", kid}, {"n", to_base64url(number("n"))}, {"e", to_base64url(number("e"))}};
    }
    const auto padded = [](const std::string& bytes) { return std::string(32 - bytes.size(), '\0') + bytes; };
    return {{"kty", "EC"},
            {"crv", "P-256"},
            {"kid", kid},
            {"x", to_base64url(padded(number(OSSL_PKEY_PARAM_EC_PUB_X)))},
            {"y", to_base64url(padded(number(OSSL_PKEY_PARAM_EC_PUB_Y)))}};
  }

  [[nodiscard]] std::string sign(const std::string& text) const {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    std::size_t size = 1024;
    std::string signature(size, '\0');
    EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key.get());
    EVP_DigestSign(context, bytes_of(signature), &size, bytes_of(text), text.size());
    EVP_MD_CTX_free(context);
    signature.resize(size);
    return EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_RSA ? signature : from_der(signature);
  }

  static std::string from_der(const std::string& der) {
    const unsigned char* at = bytes_of(der);
    ECDSA_SIG* pair = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
    std::string raw(64, '\0');
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), bytes_of(raw), 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), bytes_of(raw) + 32, 32);
    ECDSA_SIG_free(pair);
    return raw;
  }

  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key;
};

/// A token of these parts, signed.
using Sign = std::function<std::string(const std::string& text)>;
inline std::string token_of(const std::string& header, const std::string& claims, const Sign& sign) {
  const std::string text = to_base64url(header) + "." + to_base64url(claims);
  return text + "." + to_base64url(sign(text));
}
inline std::string token_of(const json::object& header, const json::object& claims, const Sign& sign) {
  return token_of(json::serialize(header), json::serialize(claims), sign);
}

}  // namespace muster::identity
