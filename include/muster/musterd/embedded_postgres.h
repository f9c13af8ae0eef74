#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>

namespace muster::musterd {

/// A PostgreSQL 15 server of our own, for installations that bring none.
///
/// The cluster is <data dir>/postgres, made by initdb at the first start. It listens on a unix socket in that folder
/// and on nothing else, with fsync and synchronous_commit on. A supervisor thread starts it, starts it again when it
/// dies (after 100 ms, doubling to 5 s while it does not come up) and passes on what it logs. When musterd itself is
/// killed, the kernel tells PostgreSQL to shut down; the next start waits for that, or clears up what is left.
///
/// When musterd runs as root, which PostgreSQL refuses, the server runs as the owner of an existing cluster, else as
/// the user `postgres`. That user need not be able to reach the data dir: it is handed an open folder.
///
/// REQUIRES: a DataDir lock on the data dir for the whole life of this object. start(), stop() and
/// connection_string() are for one thread.
class EmbeddedPostgres {
 public:
  /// `data_dir` must exist and be absolute.
  explicit EmbeddedPostgres(std::filesystem::path data_dir);
  /// Stops the server.
  ~EmbeddedPostgres();
  EmbeddedPostgres(const EmbeddedPostgres&) = delete;
  EmbeddedPostgres& operator=(const EmbeddedPostgres&) = delete;

  /// Returns once the server takes connections; recovery after a crash may take its time.
  /// Throws std::runtime_error, with PostgreSQL's last words, if it cannot be made or started.
  void start();

  /// For libpq. Valid in this process only: where the path is too long for a socket's name, it goes by an open file.
  [[nodiscard]] std::string connection_string() const;

  /// Fast shutdown (running transactions are rolled back, a checkpoint is written). Harsher after 60 s. Idempotent.
  void stop();

  /// The server's process now; -1 while it is down. Any thread.
  [[nodiscard]] pid_t pid() const;

 private:
  enum class State { kDown, kStarting, kReady, kFailed, kStopped };

  void create_cluster();
  void supervise();
  void clear_leftovers();
  /// Gives the status that the server ended with.
  int run_server();
  int watch_server(pid_t pid, int pidfd, int output);
  void log_output(int output, std::string& partial);
  void note_line(const std::string& line);
  [[nodiscard]] std::string last_words() const;
  void set_state(State state, pid_t pid);
  [[nodiscard]] bool stop_requested() const;

  const std::filesystem::path cluster_;
  int cluster_fd_ = -1;  // O_PATH: how the server, and a client with a long path, reach the cluster
  int stop_event_ = -1;  // eventfd, written once by stop()
  std::thread supervisor_;
  std::deque<std::string> recent_lines_;  // of the server's output; supervisor only until kFailed

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  State state_ = State::kDown;  // guarded by mutex_
  pid_t pid_ = -1;              // guarded by mutex_
};

}  // namespace muster::musterd
