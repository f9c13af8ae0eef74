#include "muster/musterd/embedded_postgres.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

#include "muster/base/thread_name.h"
#include "postgres_process.h"

namespace muster::musterd {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kFastShutdown{60'000};
constexpr milliseconds kImmediateShutdown{5'000};
constexpr milliseconds kBackoffMin{100};
constexpr milliseconds kBackoffMax{5'000};
constexpr milliseconds kReadyPoll{20};
constexpr std::size_t kRecentLinesMax = 8;
/// A server that is killed before it was ever ready is started again this often; one that gives up by itself is not.
constexpr int kFirstStartsMax = 5;

/// The settings that are ours. They are given at each start, so they are always those of this binary.
std::vector<std::string> server_args() {
  std::vector<std::string> args = {"-D", kHandedDir};
  for (const char* setting : {
           "listen_addresses=",          // the unix socket is the only way in
           "unix_socket_directories=.",  // in the cluster's own folder, which only its owner enters
           "unix_socket_permissions=0700",
           "max_connections=64",
           "fsync=on",  // acknowledged work is never lost
           "synchronous_commit=on",
           "full_page_writes=on",
           "wal_compression=off",  // a commit's latency matters more than its size
           "shared_buffers=256MB",
           "min_wal_size=512MB",  // recycle files of the log instead of making new ones
           "max_wal_size=2GB",
           "checkpoint_timeout=15min",
           "checkpoint_completion_target=0.9",
           "log_checkpoints=off",
           "log_line_prefix=",  // our own log has time and process
           "log_destination=stderr",
           "logging_collector=off",
       }) {
    args.insert(args.end(), {"-c", setting});
  }
  return args;
}

spdlog::level::level_enum level_of(std::string_view line) {
  if (line.starts_with("PANIC")) return spdlog::level::err;
  // FATAL is the end of one session only, such as of a client that came too early.
  if (line.starts_with("FATAL") || line.starts_with("ERROR") || line.starts_with("WARNING")) return spdlog::level::warn;
  return spdlog::level::debug;
}

std::string describe_end(int status) {
  if (WIFSIGNALED(status)) return "killed by signal " + std::to_string(WTERMSIG(status));
  return "exit status " + std::to_string(WEXITSTATUS(status));
}

int wait_for(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

/// One program of PostgreSQL from start to end. Throws std::runtime_error, with what it said, if it fails.
void run_to_end(const SpawnRequest& request) {
  const Spawned child = spawn(request);
  std::string said;
  char buffer[4096];
  for (ssize_t length = 0; (length = read(child.output, buffer, sizeof(buffer))) != 0;) {
    if (length > 0) said.append(buffer, static_cast<std::size_t>(length));
    if (length < 0 && errno != EINTR) break;
  }
  close(child.output);
  const int status = wait_for(child.pid);
  if (status != 0) throw std::runtime_error(request.program + " failed (" + describe_end(status) + "):\n" + said);
}

/// What an initdb left whose musterd was killed. One that is only just starting is not found among the processes at
/// first, and fills the folder while it is removed.
void remove_with_its_processes(const fs::path& folder) {
  constexpr int kTriesMax = 100;
  std::error_code failed;
  for (int tried = 0; tried < kTriesMax; ++tried) {
    if (!end_processes_of(folder, kImmediateShutdown)) {
      throw std::runtime_error("processes of an earlier initdb do not end in " + folder.string());
    }
    fs::remove_all(folder, failed);
    if (!failed) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  throw fs::filesystem_error("cannot remove what an earlier initdb left", folder, failed);
}

}  // namespace

EmbeddedPostgres::EmbeddedPostgres(fs::path data_dir) : cluster_(std::move(data_dir) / "postgres") {}

EmbeddedPostgres::~EmbeddedPostgres() {
  stop();
  if (cluster_fd_ >= 0) close(cluster_fd_);
  if (stop_event_ >= 0) close(stop_event_);
}

void EmbeddedPostgres::start() {
  if (!fs::exists(cluster_)) create_cluster();
  cluster_fd_ = open(cluster_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (cluster_fd_ < 0) throw std::runtime_error("cannot open " + cluster_.string() + ": " + std::strerror(errno));
  stop_event_ = eventfd(0, EFD_CLOEXEC);
  supervisor_ = std::thread([this] { supervise(); });
  name_thread(supervisor_, "postgres");

  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return state_ == State::kReady || state_ == State::kFailed; });
  if (state_ == State::kReady) return;
  lock.unlock();
  supervisor_.join();
  throw std::runtime_error("PostgreSQL does not start in " + cluster_.string() + ":\n" + last_words());
}

void EmbeddedPostgres::create_cluster() {
  // Made beside its final place: a cluster half made by a process that was killed is never taken for a whole one.
  const fs::path fresh = cluster_.string() + ".new";
  remove_with_its_processes(fresh);
  fs::create_directory(fresh);
  fs::permissions(fresh, fs::perms::owner_all);
  const Account account = postgres_account(cluster_);
  if (geteuid() == 0 && chown(fresh.c_str(), account.uid, account.gid) != 0) {
    throw std::runtime_error("cannot give " + fresh.string() + " to PostgreSQL's user: " + std::strerror(errno));
  }
  const int dir = open(fresh.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (dir < 0) throw std::runtime_error("cannot open " + fresh.string() + ": " + std::strerror(errno));
  spdlog::info("making a PostgreSQL cluster in {}", cluster_.string());
  try {
    run_to_end({.program = "initdb",
                .args = {"-D", kHandedDir, "--username=muster", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8",
                         "--no-instructions"},
                .account = account,
                .dir_fd = dir,
                // Not one that initdb would answer by clearing up, while the next musterd does the same.
                .death_signal = "KILL"});
  } catch (...) {
    close(dir);
    throw;
  }
  close(dir);
  fs::rename(fresh, cluster_);
}

std::string EmbeddedPostgres::connection_string() const {
  const std::string socket = cluster_.string() + "/.s.PGSQL.5432";
  const bool fits = socket.size() < sizeof(sockaddr_un::sun_path);
  const std::string host = fits ? cluster_.string() : "/proc/self/fd/" + std::to_string(cluster_fd_);
  std::string quoted;
  for (const char c : host) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return "host='" + quoted + "' port=5432 user=muster dbname=postgres";
}

void EmbeddedPostgres::stop() {
  if (!supervisor_.joinable()) return;
  const std::uint64_t one = 1;
  if (write(stop_event_, &one, sizeof(one)) != sizeof(one)) spdlog::error("cannot tell the supervisor to stop");
  supervisor_.join();
}

pid_t EmbeddedPostgres::pid() const {
  const std::lock_guard lock(mutex_);
  return pid_;
}

void EmbeddedPostgres::set_state(State state, pid_t pid) {
  {
    const std::lock_guard lock(mutex_);
    state_ = state;
    pid_ = pid;
  }
  changed_.notify_all();
}

bool EmbeddedPostgres::stop_requested() const {
  pollfd event{stop_event_, POLLIN, 0};
  return poll(&event, 1, 0) > 0;
}

void EmbeddedPostgres::supervise() {
  bool was_ready = false;
  int first_starts = 0;
  milliseconds backoff = kBackoffMin;
  while (!stop_requested()) {
    bool killed = false;
    try {
      clear_leftovers();
      killed = WIFSIGNALED(run_server());
    } catch (const std::exception& error) {
      spdlog::error("PostgreSQL: {}", error.what());
      note_line(error.what());
    }
    const bool got_ready = [this] {
      const std::lock_guard lock(mutex_);
      return state_ == State::kReady;
    }();
    was_ready = was_ready || got_ready;
    if (!was_ready && (!killed || ++first_starts == kFirstStartsMax)) return set_state(State::kFailed, -1);
    set_state(State::kDown, -1);
    if (stop_requested()) break;
    if (got_ready) backoff = kBackoffMin;
    spdlog::warn("starting PostgreSQL again in {} ms", backoff.count());
    pollfd event{stop_event_, POLLIN, 0};
    poll(&event, 1, static_cast<int>(backoff.count()));
    backoff = std::min(backoff * 2, kBackoffMax);
  }
  set_state(State::kStopped, -1);
}

void EmbeddedPostgres::clear_leftovers() {
  if (!processes_of(cluster_).empty()) {
    spdlog::warn("an earlier PostgreSQL still runs in {}: ending it", cluster_.string());
    if (!end_processes_of(cluster_, kFastShutdown)) {
      throw std::runtime_error("processes of an earlier PostgreSQL do not end in " + cluster_.string());
    }
  }
  // Nothing of this cluster runs and the data folder is locked: a pid file left now names a process that is gone, or,
  // after a reboot, a stranger for which PostgreSQL would refuse to start.
  fs::remove(cluster_ / "postmaster.pid");
}

int EmbeddedPostgres::run_server() {
  const Spawned child = spawn({.program = "postgres",
                               .args = server_args(),
                               .account = postgres_account(cluster_),
                               .dir_fd = cluster_fd_,
                               .death_signal = "INT"});
  set_state(State::kStarting, child.pid);
  // Not glibc's pidfd_open(): the header of 2.36 declares it with C++ linkage.
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, child.pid, 0));
  const int status = watch_server(child.pid, pidfd, child.output);
  close(pidfd);
  close(child.output);
  if (!stop_requested()) spdlog::error("PostgreSQL ended by itself: {}", describe_end(status));
  return status;
}

int EmbeddedPostgres::watch_server(pid_t pid, int pidfd, int output) {
  bool ready = false;
  std::string partial;
  const int harsher[] = {SIGINT, SIGQUIT, SIGKILL};  // fast shutdown, immediate shutdown, no shutdown
  const int* next = std::begin(harsher);
  auto next_at = Clock::time_point::max();
  while (true) {
    const bool stopping = next != std::begin(harsher);
    pollfd events[] = {{pidfd, POLLIN, 0}, {output, POLLIN, 0}, {stop_event_, POLLIN, 0}};
    const nfds_t count = stopping ? 2 : 3;
    poll(events, count, ready && !stopping ? -1 : static_cast<int>(kReadyPoll.count()));
    if (events[1].revents != 0) log_output(output, partial);
    if (events[0].revents != 0) return wait_for(pid);
    if (!ready && postmaster_ready(cluster_, pid)) {
      ready = true;
      spdlog::info("PostgreSQL is ready (process {})", pid);
      set_state(State::kReady, pid);
    }
    const bool stop_now = !stopping && events[2].revents != 0;
    if (stop_now || (stopping && next != std::end(harsher) && Clock::now() >= next_at)) {
      if (stopping) spdlog::warn("PostgreSQL does not stop: sending signal {}", *next);
      kill(pid, *next++);
      next_at = Clock::now() + (stop_now ? kFastShutdown : kImmediateShutdown);
    }
  }
}

void EmbeddedPostgres::log_output(int output, std::string& partial) {
  char buffer[65536];  // a pipe holds no more: what was said before the end is read in one go
  const ssize_t length = read(output, buffer, sizeof(buffer));
  if (length <= 0) return;
  partial.append(buffer, static_cast<std::size_t>(length));
  std::size_t begin = 0;
  for (std::size_t end; (end = partial.find('\n', begin)) != std::string::npos; begin = end + 1) {
    note_line(partial.substr(begin, end - begin));
  }
  partial.erase(0, begin);
}

void EmbeddedPostgres::note_line(const std::string& line) {
  spdlog::log(level_of(line), "postgres: {}", line);
  recent_lines_.push_back(line);
  if (recent_lines_.size() > kRecentLinesMax) recent_lines_.pop_front();
}

std::string EmbeddedPostgres::last_words() const {
  std::string text;
  for (const std::string& line : recent_lines_) text += "  " + line + "\n";
  return text.empty() ? "  it said nothing" : text.substr(0, text.size() - 1);
}

}  // namespace muster::musterd
