#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace muster::identity {

/// The one secret that is not in the database. What the database holds about credentials is worth nothing without it:
/// digests of keys and tokens cannot be tried out, and what is sealed cannot be read. Thread-safe.
class RootKey {
 public:
  /// REQUIRES: 32 bytes.
  explicit RootKey(const std::string& bytes);

  /// Reads the key from a file, or makes both if there is none: 0600, whole or not at all. Throws std::runtime_error
  /// if that fails, and if others than the owner may read the file.
  static RootKey from_file(const std::filesystem::path& path);

  /// A keyed hash (BLAKE2b-256) of a credential that holds enough randomness by itself.
  [[nodiscard]] std::string digest(std::string_view credential) const;

  /// Encrypts (XChaCha20-Poly1305). `purpose` says what it is, and is needed to open it again.
  [[nodiscard]] std::string seal(std::string_view purpose, std::string_view secret) const;
  /// Nothing if it was sealed by another key, for another purpose, or was altered.
  [[nodiscard]] std::optional<std::string> open(std::string_view purpose, std::string_view sealed) const;

 private:
  std::string digest_key_;
  std::string seal_key_;
};

}  // namespace muster::identity
