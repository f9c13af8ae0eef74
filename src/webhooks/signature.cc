#include "signature.h"

#include <sodium.h>

#include <stdexcept>

namespace muster::webhooks {
namespace {

constexpr std::string_view kPrefix = "whsec_";
constexpr std::size_t kSecretBytes = 32;
constexpr int kBase64 = sodium_base64_VARIANT_ORIGINAL;

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string to_base64(std::string_view bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), kBase64), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes_of(bytes), bytes.size(), kBase64);
  text.pop_back();  // the terminating zero
  return text;
}

std::string key_in(std::string_view secret) {
  std::string key(secret.size(), '\0');
  std::size_t size = 0;
  const bool prefixed = secret.starts_with(kPrefix);
  if (prefixed) secret.remove_prefix(kPrefix.size());
  if (!prefixed || sodium_base642bin(bytes_of(key), key.size(), secret.data(), secret.size(), nullptr, &size, nullptr,
                                     kBase64) != 0) {
    throw std::runtime_error("a webhook's secret is none");
  }
  key.resize(size);
  return key;
}

}  // namespace

std::string new_secret() {
  if (sodium_init() < 0) throw std::runtime_error("libsodium finds no source of random numbers");
  std::string bytes(kSecretBytes, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return std::string(kPrefix) + to_base64(bytes);
}

std::string signature(std::string_view secret, std::string_view delivery_id, std::int64_t timestamp,
                      std::string_view body) {
  const std::string key = key_in(secret);
  std::string signed_text(delivery_id);
  signed_text.append(".").append(std::to_string(timestamp)).append(".").append(body);
  std::string mac(crypto_auth_hmacsha256_BYTES, '\0');
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, bytes_of(key), key.size());
  crypto_auth_hmacsha256_update(&state, bytes_of(std::string_view(signed_text)), signed_text.size());
  crypto_auth_hmacsha256_final(&state, bytes_of(mac));
  return "v1," + to_base64(mac);
}

}  // namespace muster::webhooks
