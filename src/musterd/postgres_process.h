#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

// How EmbeddedPostgres starts, finds and ends PostgreSQL's processes. Linux only.
namespace muster::musterd {

/// Who PostgreSQL runs as.
struct Account {
  uid_t uid;
  gid_t gid;
};

/// Root may not run PostgreSQL: then it is the owner of `cluster` if that exists, else the user `postgres`.
/// Throws std::runtime_error if there is no such user.
Account postgres_account(const std::filesystem::path& cluster);

/// Where the child finds the folder it was handed: the same name in each of its processes, whoever they run as and
/// whatever the folders above permit.
inline constexpr const char* kHandedDir = "/proc/self/fd/3";

struct SpawnRequest {
  std::string program;            // of PostgreSQL 15, such as "initdb"
  std::vector<std::string> args;  // without the program's name
  Account account;                // ignored unless we are root
  int dir_fd;                     // becomes kHandedDir
  std::string death_signal;       // setpriv's name of the signal the child gets when the calling *thread* ends
};

struct Spawned {
  pid_t pid;
  int output;  // read end of a pipe: the child's stdout and stderr. The caller closes it.
};

/// Starts a child in its own session (Ctrl-C on our terminal is ours alone) with no signal blocked.
/// Throws std::runtime_error if that fails or the program is not installed.
Spawned spawn(const SpawnRequest& request);

/// Live PostgreSQL processes whose working folder is `cluster`: a postmaster, its backends, orphans of a dead one.
std::vector<pid_t> processes_of(const std::filesystem::path& cluster);

/// First line of postmaster.pid.
std::optional<pid_t> postmaster_pid(const std::filesystem::path& cluster);

/// True if postmaster.pid is of process `pid` and says that it takes connections.
bool postmaster_ready(const std::filesystem::path& cluster, pid_t pid);

/// Ends every process of `cluster`: a postmaster by fast shutdown within `grace`, then by force. False if some survive.
bool end_processes_of(const std::filesystem::path& cluster, std::chrono::milliseconds grace);

}  // namespace muster::musterd
