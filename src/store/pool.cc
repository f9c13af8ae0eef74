#include "muster/store/pool.h"

#include <poll.h>

#include <optional>
#include <pqxx/pqxx>

#include "muster/base/thread_name.h"

namespace muster::store {
namespace {

/// An idle connection on which something arrived has almost surely been closed by the server.
bool looks_closed(const pqxx::connection& connection) {
  pollfd readable{connection.sock(), POLLIN, 0};
  return connection.sock() < 0 || poll(&readable, 1, 0) != 0;
}

}  // namespace

Pool::Pool(Options options) : options_(std::move(options)) {
  for (std::size_t i = 0; i < options_.threads; ++i) {
    name_thread(threads_.emplace_back([this] { run(); }), "database");
  }
}

Pool::~Pool() { stop(); }

void Pool::post(Task task, Done done) {
  {
    std::lock_guard lock(mutex_);
    if (stopped_) throw PoolStopped();
    if (jobs_.size() >= options_.queue_capacity) throw PoolFull();
    jobs_.push_back({std::move(task), std::move(done)});
  }
  ready_.notify_one();
}

void Pool::run() {
  std::optional<pqxx::connection> connection;
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [&] { return stopped_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    std::exception_ptr error;
    try {
      if (connection && looks_closed(*connection)) connection.reset();
      if (!connection) connection.emplace(options_.connection);
      job.task(*connection);
    } catch (const pqxx::broken_connection&) {
      error = std::current_exception();
      // libpqxx would reconnect by itself, silently losing the session's settings.
      connection.reset();
    } catch (const pqxx::in_doubt_error&) {
      error = std::current_exception();
      connection.reset();
    } catch (...) {
      error = std::current_exception();
    }
    job.task = nullptr;  // what it holds must not outlive the answer
    job.done(error);
  }
}

void Pool::stop() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  ready_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace muster::store
