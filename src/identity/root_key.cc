#include "root_key.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

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

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what) {
  throw std::runtime_error("the key file " + path.string() + " " + what);
}

/// Writes a new key beside its place and links it there, so that no one ever reads half a key, and of two processes
/// that start together one wins.
void make(const std::filesystem::path& path) {
  const std::string fresh = path.string() + "." + random_id();
  const int file = open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) fail(path, std::string("cannot be made: ") + std::strerror(errno));
  const std::string bytes = random_bytes(kKeyBytes);
  const bool written =
      write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) && fsync(file) == 0;
  const bool linked = written && (link(fresh.c_str(), path.c_str()) == 0 || errno == EEXIST);
  const std::string reason = std::strerror(errno);
  close(file);
  unlink(fresh.c_str());
  if (!linked) fail(path, "cannot be written: " + reason);
}

std::string read_key(int file, const std::filesystem::path& path) {
  struct stat status {};
  if (fstat(file, &status) != 0) fail(path, std::string("cannot be read: ") + std::strerror(errno));
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) fail(path, "may be read by others: chmod 600 it, or make a new one");
  std::string bytes(kKeyBytes + 1, '\0');
  const ssize_t length = read(file, bytes.data(), bytes.size());
  if (length != static_cast<ssize_t>(kKeyBytes)) fail(path, "does not hold exactly 32 bytes");
  bytes.resize(kKeyBytes);
  return bytes;
}

}  // namespace

RootKey::RootKey(const std::string& bytes) {
  if (bytes.size() != kKeyBytes) throw std::runtime_error("a root key has 32 bytes");
  start_sodium();
  digest_key_ = derive(1, bytes);
  seal_key_ = derive(2, bytes);
}

RootKey RootKey::from_file(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) make(path);
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) fail(path, std::string("cannot be opened: ") + std::strerror(errno));
  try {
    RootKey key(read_key(file, path));
    close(file);
    return key;
  } catch (...) {
    close(file);
    throw;
  }
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
