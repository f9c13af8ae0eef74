#include "postgres_process.h"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace muster::musterd {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr const char* kBinDir = "/usr/lib/postgresql/15/bin/";
constexpr auto kPollInterval = std::chrono::milliseconds(20);
constexpr auto kOrphansLeave = std::chrono::seconds(2);  // backends see their postmaster's death within milliseconds
constexpr auto kForced = std::chrono::seconds(5);

[[noreturn]] void fail(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

std::vector<std::string> command_line(const SpawnRequest& request) {
  std::vector<std::string> line = {"/usr/bin/setpriv", "--pdeathsig", request.death_signal};
  if (geteuid() == 0) {
    line.insert(line.end(), {"--reuid", std::to_string(request.account.uid), "--regid",
                             std::to_string(request.account.gid), "--init-groups"});
  }
  line.insert(line.end(), {"--", kBinDir + request.program});
  line.insert(line.end(), request.args.begin(), request.args.end());
  return line;
}

/// What the child gets: no input, our pipe as output, the folder, and none of our other files.
struct FileActions {
  posix_spawn_file_actions_t value;
  FileActions(int output, int dir_fd) {
    posix_spawn_file_actions_init(&value);
    posix_spawn_file_actions_addopen(&value, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&value, output, 1);
    posix_spawn_file_actions_adddup2(&value, output, 2);
    posix_spawn_file_actions_adddup2(&value, dir_fd, 3);
    posix_spawn_file_actions_addclosefrom_np(&value, 4);
    // PostgreSQL's programs insist on returning to the folder they were started in.
    posix_spawn_file_actions_addchdir_np(&value, "/");
  }
  ~FileActions() { posix_spawn_file_actions_destroy(&value); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
};

struct Attributes {
  posix_spawnattr_t value;
  Attributes() {
    posix_spawnattr_init(&value);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&value, &none);
    posix_spawnattr_setsigdefault(&value, &all);
    posix_spawnattr_setflags(&value, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~Attributes() { posix_spawnattr_destroy(&value); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
};

bool same_file(const struct stat& a, const struct stat& b) { return a.st_dev == b.st_dev && a.st_ino == b.st_ino; }

bool is_postgres_in(const std::string& process, const struct stat& cluster) {
  struct stat cwd {};
  if (stat((process + "/cwd").c_str(), &cwd) != 0 || !same_file(cwd, cluster)) return false;
  char exe[4096];
  const ssize_t length = readlink((process + "/exe").c_str(), exe, sizeof(exe));
  if (length <= 0) return false;
  std::string_view name(exe, static_cast<std::size_t>(length));
  constexpr std::string_view kUpgraded = " (deleted)";  // the package was upgraded while it ran
  if (name.ends_with(kUpgraded)) name.remove_suffix(kUpgraded.size());
  return name.ends_with("/postgres");  // not psql and its like, which operators may run in that folder
}

void signal_all(const std::vector<pid_t>& pids, int signal) {
  for (const pid_t pid : pids) kill(pid, signal);
}

bool wait_until_gone(const fs::path& cluster, std::chrono::milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  while (!processes_of(cluster).empty()) {
    if (Clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kPollInterval);
  }
  return true;
}

}  // namespace

Account postgres_account(const fs::path& cluster) {
  if (geteuid() != 0) return {geteuid(), getegid()};
  struct stat info {};
  if (stat(cluster.c_str(), &info) == 0 && info.st_uid != 0) return {info.st_uid, info.st_gid};
  const passwd* entry = getpwnam("postgres");
  if (entry == nullptr) {
    throw std::runtime_error(
        "PostgreSQL does not run as root and there is no user `postgres`: "
        "install postgresql-15, start musterd as another user, or give --database");
  }
  return {entry->pw_uid, entry->pw_gid};
}

Spawned spawn(const SpawnRequest& request) {
  const std::string program = kBinDir + request.program;
  if (access(program.c_str(), X_OK) != 0) {
    throw std::runtime_error(program + " is missing: install the package postgresql-15, or give --database");
  }
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) fail(errno, "pipe");
  // A duplicate above the child's own numbers, so that no file action overwrites what a later one copies.
  const int dir = fcntl(request.dir_fd, F_DUPFD_CLOEXEC, 10);
  const int output = fcntl(pipe_ends[1], F_DUPFD_CLOEXEC, 10);
  close(pipe_ends[1]);

  std::vector<std::string> line = command_line(request);
  std::vector<char*> argv;
  for (std::string& word : line) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::string locale = "LC_ALL=C.UTF-8";
  std::string path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
  char* environment[] = {locale.data(), path.data(), nullptr};

  const FileActions actions(output, dir);
  const Attributes attributes;
  pid_t pid = -1;
  const int error = posix_spawn(&pid, argv[0], &actions.value, &attributes.value, argv.data(), environment);
  close(output);
  close(dir);
  if (error != 0) {
    close(pipe_ends[0]);
    fail(error, "cannot start " + program);
  }
  return {pid, pipe_ends[0]};
}

std::vector<pid_t> processes_of(const fs::path& cluster) {
  std::vector<pid_t> found;
  struct stat info {};
  if (stat(cluster.c_str(), &info) != 0) return found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    pid_t pid = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), pid).ec != std::errc()) continue;
    if (is_postgres_in(entry.path(), info)) found.push_back(pid);
  }
  return found;
}

std::optional<pid_t> postmaster_pid(const fs::path& cluster) {
  std::ifstream file(cluster / "postmaster.pid");
  pid_t pid = 0;
  if (file >> pid && pid > 0) return pid;
  return std::nullopt;
}

bool postmaster_ready(const fs::path& cluster, pid_t pid) {
  if (postmaster_pid(cluster) != pid) return false;
  std::ifstream file(cluster / "postmaster.pid");
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (number == 8) return line.starts_with("ready");  // LOCK_FILE_LINE_PM_STATUS, what pg_ctl waits for
  }
  return false;
}

bool end_processes_of(const fs::path& cluster, std::chrono::milliseconds grace) {
  const std::vector<pid_t> pids = processes_of(cluster);
  if (pids.empty()) return true;
  const std::optional<pid_t> postmaster = postmaster_pid(cluster);
  const bool has_postmaster = postmaster && std::find(pids.begin(), pids.end(), *postmaster) != pids.end();
  if (has_postmaster) kill(*postmaster, SIGINT);
  if (wait_until_gone(cluster, has_postmaster ? grace : kOrphansLeave)) return true;
  signal_all(processes_of(cluster), SIGQUIT);
  if (wait_until_gone(cluster, kForced)) return true;
  signal_all(processes_of(cluster), SIGKILL);
  return wait_until_gone(cluster, kForced);
}

}  // namespace muster::musterd
