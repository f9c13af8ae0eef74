#include "secrets.h"

#include <sodium.h>

#include <stdexcept>

namespace muster::identity {
namespace {

std::string random_text(std::string_view letters, std::size_t length) {
  start_sodium();
  std::string text(length, '\0');
  for (char& c : text) c = letters[randombytes_uniform(static_cast<std::uint32_t>(letters.size()))];
  return text;
}

}  // namespace

void start_sodium() {
  static const int started = sodium_init();
  if (started < 0) throw std::runtime_error("libsodium finds no source of random numbers");
}

std::string random_bytes(std::size_t count) {
  start_sodium();
  std::string bytes(count, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return bytes;
}

std::string random_base62(std::size_t length) {
  return random_text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", length);
}

std::string random_id() { return random_text("0123456789abcdefghijklmnopqrstuvwxyz", 16); }

bool same_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string to_base64url(std::string_view bytes) {
  constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  std::string text(sodium_base64_encoded_len(bytes.size(), kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes_of(bytes), bytes.size(), kVariant);
  text.pop_back();  // the terminating zero
  return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string bytes(text.size() / 4 * 3 + 3, '\0');
  std::size_t size = 0;
  if (sodium_base642bin(bytes_of(bytes), bytes.size(), text.data(), text.size(), nullptr, &size, nullptr,
                        sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0) {
    return std::nullopt;
  }
  bytes.resize(size);
  // libsodium 1.0.18 also takes some bytes beyond ASCII for letters.
  return to_base64url(bytes) == text ? std::optional(bytes) : std::nullopt;
}

}  // namespace muster::identity
