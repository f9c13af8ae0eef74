#include "muster/musterd/data_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace muster::musterd {
namespace {

std::string holder(int fd) {
  char text[32] = {};
  const ssize_t length = pread(fd, text, sizeof(text) - 1, 0);
  return length > 0 ? std::string(text, static_cast<std::size_t>(length)) : "unknown";
}

}  // namespace

DataDir::DataDir(const std::filesystem::path& path) {
  std::error_code error;
  path_ = std::filesystem::absolute(path, error).lexically_normal();
  std::filesystem::create_directories(path_, error);
  if (error) throw std::runtime_error("cannot make the data folder " + path_.string() + ": " + error.message());

  const std::filesystem::path lock = path_ / "musterd.lock";
  lock_fd_ = open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock_fd_ < 0) throw std::runtime_error("cannot open " + lock.string() + ": " + std::strerror(errno));
  if (flock(lock_fd_, LOCK_EX | LOCK_NB) != 0) {
    const std::string pid = holder(lock_fd_);
    close(lock_fd_);
    throw std::runtime_error("another musterd (process " + pid + ") uses the data folder " + path_.string());
  }
  const std::string pid = std::to_string(getpid());
  if (ftruncate(lock_fd_, 0) != 0 || pwrite(lock_fd_, pid.data(), pid.size(), 0) < 0) {
    const std::string reason = std::strerror(errno);
    close(lock_fd_);
    throw std::runtime_error("cannot write " + lock.string() + ": " + reason);
  }
}

DataDir::~DataDir() { close(lock_fd_); }

}  // namespace muster::musterd
