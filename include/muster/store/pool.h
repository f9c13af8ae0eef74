#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <unordered_set>
#include <utility>
#include <vector>

namespace pqxx {
class connection_base;
}

namespace muster::store {

class Connection;

/// The pool has no room for another task. Callers answer RESOURCE_EXHAUSTED.
class PoolFull : public std::runtime_error {
 public:
  PoolFull() : std::runtime_error("the database pool's queue is full") {}
};

/// The pool takes no more tasks. Callers answer UNAVAILABLE.
class PoolStopped : public std::runtime_error {
 public:
  PoolStopped() : std::runtime_error("the database pool has stopped") {}
};

/// Whether an error came from the database, or from the way to it.
[[nodiscard]] bool is_database_failure(const std::exception& error);

/// A few threads, each with a connection of its own, that run database work for the threads that must not block.
///
/// A task gets a connection without a transaction and opens the ones it needs. Its exceptions reach whoever
/// submitted it. A task is never run twice: when its connection breaks, it fails with pqxx::broken_connection, its
/// outcome is unknown, and the thread connects anew for the next task. Thread-safe.
class Pool {
 public:
  using Task = std::function<void(pqxx::connection_base&)>;
  /// Called on the pool's thread after the task; null if it succeeded. Must not throw.
  using Done = std::function<void(std::exception_ptr)>;

  struct Options {
    std::string connection;                               ///< libpq connection string
    std::size_t threads = 2;                              ///< connections; 2..4 are enough for one node
    std::size_t queue_capacity = 1024;                    ///< tasks that wait, at most
    std::chrono::milliseconds statement_timeout{10'000};  ///< of each statement of a task
    std::chrono::milliseconds stop_grace{2'000};          ///< that stop() gives to what runs and waits
    std::string role = {};                                ///< that the connections take on; empty: their own
  };

  /// Connects at the first task, not here.
  explicit Pool(Options options);
  /// As stop().
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// Queues a task. Throws PoolFull or PoolStopped, and then neither `task` nor `done` is ever called.
  void post(Task task, Done done);

  /// Queues a task and gives its result. Throws as post().
  template <typename F>
  auto submit(F task) -> std::future<std::invoke_result_t<F&, pqxx::connection_base&>> {
    using Result = std::invoke_result_t<F&, pqxx::connection_base&>;
    auto promise = std::make_shared<std::promise<Result>>();
    auto future = promise->get_future();
    post(
        [promise, task = std::move(task)](pqxx::connection_base& connection) mutable {
          if constexpr (std::is_void_v<Result>) {
            task(connection);
            promise->set_value();
          } else {
            promise->set_value(task(connection));
          }
        },
        [promise](std::exception_ptr error) {
          if (error) promise->set_exception(error);
        });
    return future;
  }

  /// The tasks that wait for a connection.
  [[nodiscard]] std::size_t queued() const;

  /// Refuses further tasks, runs those that are queued, and ends the threads. What is not done within
  /// Options::stop_grace fails: PostgreSQL may not answer at all. May be called again.
  void stop();

 private:
  struct Job {
    Task task;
    Done done;
  };
  void run();
  void connect(std::unique_ptr<Connection>& connection);
  void forget(std::unique_ptr<Connection>& connection);

  const Options options_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Job> jobs_;  // guarded by mutex_
  bool stopped_ = false;  // guarded by mutex_
  bool cut_ = false;      // guarded by mutex_
  std::condition_variable ended_;
  std::size_t running_;                          // guarded by mutex_: threads that have not ended
  std::unordered_set<Connection*> connections_;  // guarded by mutex_: those that are open
  std::vector<std::thread> threads_;
};

}  // namespace muster::store
