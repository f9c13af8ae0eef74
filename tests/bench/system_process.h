#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace muster::bench {

/// A folder that goes with its object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A program that runs beside the bench. It ends with its object, or with the bench however that ends.
/// Make it on a thread that lives as long: the kernel tells it when that thread ends.
class ChildProcess {
 public:
  /// Starts `arguments` (the program first). What it prints goes to the file `log`.
  ChildProcess(const std::vector<std::string>& arguments, std::filesystem::path log);
  /// SIGTERM, and SIGKILL if it takes more than 15 s.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Throws std::runtime_error, with what it printed last, if it has ended.
  void check_alive();

 private:
  const std::filesystem::path log_;
  pid_t pid_;
};

/// CPU time of a process so far, in microseconds (resolution 10 ms).
std::int64_t cpu_time_us(pid_t pid);
/// The same of all its children, grandchildren and so on that live now.
std::int64_t descendants_cpu_time_us(pid_t pid);
/// Memory of a process that is in RAM, in KiB.
std::int64_t resident_kib(pid_t pid);

/// The bench binary itself.
std::filesystem::path own_binary();
/// musterd beside the bench binary. Throws std::runtime_error if it is not there.
std::filesystem::path musterd_binary();
/// A port of 127.0.0.1 that was free a moment ago.
int free_port();
/// Raises the limit of open files to the most that this process may have, for itself and its children.
void raise_file_limit();

/// Waits until the machine is idle (under 15 % of both cores busy), at most 3 s.
void wait_for_quiet();

}  // namespace muster::bench
