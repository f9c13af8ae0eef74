#pragma once

#include <optional>
#include <string>

/// Passwords, hashed by libsodium with argon2id at 64 MiB and two passes: a guess costs an attacker the same memory
/// and time as it costs us. No other rule for them than length: NIST SP 800-63B section 5.1.1.
namespace muster::identity {

inline constexpr std::size_t kPasswordBytesMin = 10;
inline constexpr std::size_t kPasswordBytesMax = 256;

/// What is wrong with a password that someone chose; nothing if it will do.
std::optional<std::string> password_trouble(const std::string& password, const std::string& user_id);

/// The hash with its salt and parameters, as text. Takes about a tenth of a second. Throws std::bad_alloc.
std::string hash_password(const std::string& password);
/// Whether it is the password of this hash. An empty hash belongs to no password, and takes as long as any.
bool verify_password(const std::string& hash, const std::string& password);
/// Whether the hash was made with other parameters than a new one would be: then hash it anew at the next sign-in.
bool is_outdated_hash(const std::string& hash);

/// A password for someone to change: 20 letters and digits, 119 bits.
std::string random_password();

}  // namespace muster::identity
