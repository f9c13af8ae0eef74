#include "muster/client/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace muster::client {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, const std::string& what) {
  throw std::runtime_error(path.string() + " " + what);
}

/// A descriptor that closes itself.
struct File {
  explicit File(int opened) : fd(opened) {}
  ~File() {
    if (fd >= 0) close(fd);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  const int fd;
};

/// Writes a file beside its place, and lets `put(from, to)`, one system call, bring it there.
template <typename Put>
void write_beside(const fs::path& path, const std::string& text, const Put& put) {
  std::string fresh = path.string() + ".XXXXXX";
  const File file(mkostemp(fresh.data(), O_CLOEXEC));  // 0600
  if (file.fd < 0) fail(path, std::string("cannot be made: ") + std::strerror(errno));
  const bool done = write(file.fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                    fsync(file.fd) == 0 && put(fresh.c_str(), path.c_str());
  const std::string reason = std::strerror(errno);
  unlink(fresh.c_str());
  if (!done) fail(path, "cannot be written: " + reason);
}

}  // namespace

void write_private_file(const fs::path& path, const std::string& text) {
  write_beside(path, text, [](const char* from, const char* to) { return rename(from, to) == 0; });
}

void make_private_file(const fs::path& path, const std::string& text) {
  write_beside(path, text, [](const char* from, const char* to) { return link(from, to) == 0 || errno == EEXIST; });
}

std::optional<std::string> read_private_file(const fs::path& path, std::size_t bytes_max) {
  const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd < 0 && errno == ENOENT) return std::nullopt;
  struct stat status {};
  if (file.fd < 0 || fstat(file.fd, &status) != 0) fail(path, std::string("cannot be read: ") + std::strerror(errno));
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) fail(path, "may be read by others: chmod 600 it, or make a new one");
  std::string text(bytes_max, '\0');
  const ssize_t length = read(file.fd, text.data(), text.size());
  if (length < 0) fail(path, std::string("cannot be read: ") + std::strerror(errno));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

void make_private_folder(const fs::path& path) {
  if (fs::is_directory(path)) return;
  if (path.has_parent_path()) make_private_folder(path.parent_path());
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    fail(path, std::string("cannot be made: ") + std::strerror(errno));
  }
}

}  // namespace muster::client
