#include "password.h"

#include <sodium.h>

#include <new>

#include "secrets.h"

namespace muster::identity {
namespace {

constexpr unsigned long long kPasses = crypto_pwhash_OPSLIMIT_INTERACTIVE;
constexpr std::size_t kMemoryBytes = crypto_pwhash_MEMLIMIT_INTERACTIVE;

/// Shorter names turn up in passwords by chance.
constexpr std::size_t kTellingNameBytes = 4;

/// What sign-ins of users who do not exist, or have no password, are compared with.
const std::string& hash_of_nobody() {
  static const std::string hash = hash_password(random_base62(43));
  return hash;
}

bool matches(const std::string& hash, const std::string& password) {
  return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

}  // namespace

std::optional<std::string> password_trouble(const std::string& password, const std::string& user_id) {
  if (password.size() < kPasswordBytesMin) {
    return "must have at least " + std::to_string(kPasswordBytesMin) + " characters";
  }
  if (password.size() > kPasswordBytesMax) return "must be at most " + std::to_string(kPasswordBytesMax) + " bytes";
  if (password.find('\0') != std::string::npos) return "must not hold U+0000";
  if (password.find_first_not_of(password[0]) == std::string::npos) return "must not be one character repeated";
  const bool telling = user_id.size() >= kTellingNameBytes;
  if (telling && password.find(user_id) != std::string::npos) return "must not hold the user's name";
  return std::nullopt;
}

std::string hash_password(const std::string& password) {
  start_sodium();
  std::string hash(crypto_pwhash_STRBYTES, '\0');
  if (crypto_pwhash_str_alg(hash.data(), password.data(), password.size(), kPasses, kMemoryBytes,
                            crypto_pwhash_ALG_ARGON2ID13) != 0) {
    throw std::bad_alloc();
  }
  hash.resize(hash.find('\0'));
  return hash;
}

bool verify_password(const std::string& hash, const std::string& password) {
  if (password.size() > kPasswordBytesMax) return false;
  if (!hash.empty()) return matches(hash, password);
  matches(hash_of_nobody(), password);
  return false;
}

bool is_outdated_hash(const std::string& hash) {
  return crypto_pwhash_str_needs_rehash(hash.c_str(), kPasses, kMemoryBytes) != 0;
}

std::string random_password() { return random_base62(20); }

}  // namespace muster::identity
