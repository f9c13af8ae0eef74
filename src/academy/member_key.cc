#include "member_key.h"

#include <sodium.h>

#include <stdexcept>
#include <utility>

namespace muster::academy {
namespace {

constexpr std::size_t kKeyBytes = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string random_bytes(std::size_t count) {
  if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be used");
  std::string bytes(count, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return bytes;
}

std::string purpose_for(const std::string& member_id) { return "academy/assessment-key/" + member_id; }

}  // namespace

MemberKey::MemberKey(std::string member_id, std::string key) : member_id_(std::move(member_id)), key_(std::move(key)) {}

MemberKey MemberKey::make(std::string member_id) { return {std::move(member_id), random_bytes(kKeyBytes)}; }

MemberKey MemberKey::unwrap(std::string member_id, std::string_view wrapped, const Sealer& root) {
  auto key = root.open(purpose_for(member_id), wrapped);
  if (!key || key->size() != kKeyBytes) throw std::runtime_error("a member's key cannot be opened by this root key");
  return {std::move(member_id), *std::move(key)};
}

std::string MemberKey::wrapped(const Sealer& root) const { return root.seal(purpose_for(member_id_), key_); }

std::string MemberKey::seal(std::string_view place, std::string_view secret) const {
  std::string sealed = random_bytes(kNonceBytes);
  sealed.resize(kNonceBytes + secret.size() + kTagBytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(bytes_of(sealed) + kNonceBytes, nullptr, bytes_of(secret), secret.size(),
                                             bytes_of(place), place.size(), nullptr, bytes_of(std::string_view(sealed)),
                                             bytes_of(std::string_view(key_)));
  return sealed;
}

std::string MemberKey::open(std::string_view place, std::string_view sealed) const {
  const auto failed = [] { return std::runtime_error("what a member's key has sealed cannot be opened"); };
  if (sealed.size() < kNonceBytes + kTagBytes) throw failed();
  std::string secret(sealed.size() - kNonceBytes - kTagBytes, '\0');
  const std::string_view box = sealed.substr(kNonceBytes);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(bytes_of(secret), nullptr, nullptr, bytes_of(box), box.size(),
                                                 bytes_of(place), place.size(), bytes_of(sealed),
                                                 bytes_of(std::string_view(key_))) != 0) {
    throw failed();
  }
  return secret;
}

}  // namespace muster::academy
