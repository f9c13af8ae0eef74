#pragma once

#include <filesystem>
#include <string>

namespace muster::musterd {

/// The folder where one musterd keeps what it owns, held by one process at a time.
/// Not thread-safe. The lock goes with the process, however that ends.
class DataDir {
 public:
  /// Makes the folder if it is missing and locks it.
  /// Throws std::runtime_error if it cannot be made or entered, or if another musterd holds it (the text says which).
  explicit DataDir(const std::filesystem::path& path);
  ~DataDir();
  DataDir(const DataDir&) = delete;
  DataDir& operator=(const DataDir&) = delete;

  /// Absolute.
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  int lock_fd_ = -1;
};

}  // namespace muster::musterd
