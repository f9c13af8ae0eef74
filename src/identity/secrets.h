#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// Random texts, comparison that takes the same time whatever it finds, and base64url. All by libsodium.
namespace muster::identity {

/// Starts libsodium, which must be before anything of it is used; more than once does no harm. What is declared here
/// does it by itself.
void start_sodium();

/// Bytes that nobody can guess.
std::string random_bytes(std::size_t count);
/// Digits and letters, 5.95 bits each: 43 of them are worth 256 bits.
std::string random_base62(std::size_t length);
/// An identifier of 16 of [a-z0-9], 82 bits: it names something and is no secret.
std::string random_id();

/// Compares texts without telling by its time how much of them is equal. Their length is no secret.
bool same_secret(std::string_view a, std::string_view b);

/// Base64url without padding (RFC 4648 section 5), as JWTs have it.
std::string to_base64url(std::string_view bytes);
/// Nothing unless `text` is the one canonical form.
std::optional<std::string> from_base64url(std::string_view text);

/// The bytes of a string as libsodium and OpenSSL want them.
inline const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
inline unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace muster::identity
