#include "root_key.h"

#include <sodium.h>

#include <stdexcept>

#include "muster/client/private_file.h"
#include "secrets.h"

namespace muster::identity {
namespace {

constexpr std::size_t kKeyBytes = crypto_kdf_KEYBYTES;
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

std::string derive(std::uint64_t number, const std::string& root) {
  std::string key(32, '\0');
  crypto_kdf_derive_from_key(bytes_of(key), key.size(), number, "identity", bytes_of(std::string_view(root)));
  return key;
}

}  // namespace

RootKey::RootKey(const std::string& bytes) {
  if (bytes.size() != kKeyBytes) throw std::runtime_error("a root key has 32 bytes");
  start_sodium();
  digest_key_ = derive(1, bytes);
  seal_key_ = derive(2, bytes);
}

RootKey RootKey::from_file(const std::filesystem::path& path) {
  auto bytes = client::read_private_file(path, kKeyBytes + 1);
  if (!bytes) {
    client::make_private_file(path, random_bytes(kKeyBytes));
    bytes = client::read_private_file(path, kKeyBytes + 1);
  }
  if (!bytes || bytes->size() != kKeyBytes) {
    throw std::runtime_error("the key file " + path.string() + " does not hold exactly 32 bytes");
  }
  return RootKey(*bytes);
}

std::string RootKey::digest(std::string_view credential) const {
  std::string hash(crypto_generichash_BYTES, '\0');
  crypto_generichash(bytes_of(hash), hash.size(), bytes_of(credential), credential.size(),
                     bytes_of(std::string_view(digest_key_)), digest_key_.size());
  return hash;
}

std::string RootKey::seal(std::string_view purpose, std::string_view secret) const {
  std::string sealed = random_bytes(kNonceBytes);
  sealed.resize(kNonceBytes + secret.size() + kTagBytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(bytes_of(sealed) + kNonceBytes, nullptr, bytes_of(secret), secret.size(),
                                             bytes_of(purpose), purpose.size(), nullptr,
                                             bytes_of(std::string_view(sealed)), bytes_of(std::string_view(seal_key_)));
  return sealed;
}

std::optional<std::string> RootKey::open(std::string_view purpose, std::string_view sealed) const {
  if (sealed.size() < kNonceBytes + kTagBytes) return std::nullopt;
  std::string secret(sealed.size() - kNonceBytes - kTagBytes, '\0');
  const std::string_view box = sealed.substr(kNonceBytes);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(bytes_of(secret), nullptr, nullptr, bytes_of(box), box.size(),
                                                 bytes_of(purpose), purpose.size(), bytes_of(sealed),
                                                 bytes_of(std::string_view(seal_key_))) != 0) {
    return std::nullopt;
  }
  return secret;
}

}  // namespace muster::identity
