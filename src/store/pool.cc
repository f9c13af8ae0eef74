#include "muster/store/pool.h"

#include <pqxx/pqxx>

#include "muster/base/thread_name.h"
#include "muster/store/connection.h"

namespace muster::store {

bool is_database_failure(const std::exception& error) { return dynamic_cast<const pqxx::failure*>(&error) != nullptr; }

Pool::Pool(Options options) : options_(std::move(options)), running_(options_.threads) {
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

std::size_t Pool::queued() const {
  std::lock_guard lock(mutex_);
  return jobs_.size();
}

void Pool::run() {
  std::unique_ptr<Connection> connection;
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [&] { return stopped_ || !jobs_.empty(); });
      if (jobs_.empty()) break;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    std::exception_ptr error;
    try {
      if (connection && connection->looks_closed()) forget(connection);
      if (!connection) connect(connection);
      job.task(connection->get());
    } catch (const pqxx::broken_connection&) {
      error = std::current_exception();
      // libpqxx would reconnect by itself, silently losing the session's settings.
      forget(connection);
    } catch (const pqxx::in_doubt_error&) {
      error = std::current_exception();
      forget(connection);
    } catch (...) {
      error = std::current_exception();
    }
    job.task = nullptr;  // what it holds must not outlive the answer
    job.done(error);
  }
  forget(connection);
  std::lock_guard lock(mutex_);
  if (--running_ == 0) ended_.notify_all();
}

void Pool::connect(std::unique_ptr<Connection>& connection) {
  auto made = std::make_unique<Connection>(options_.connection, options_.statement_timeout, options_.role);
  std::lock_guard lock(mutex_);
  if (cut_) throw PoolStopped();
  connection = std::move(made);
  connections_.insert(connection.get());
}

void Pool::forget(std::unique_ptr<Connection>& connection) {
  {
    std::lock_guard lock(mutex_);
    connections_.erase(connection.get());
  }
  connection.reset();
}

void Pool::stop() {
  {
    std::unique_lock lock(mutex_);
    stopped_ = true;
    ready_.notify_all();
    if (!ended_.wait_for(lock, options_.stop_grace, [&] { return running_ == 0; })) {
      cut_ = true;
      for (Connection* connection : connections_) connection->cut();
    }
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace muster::store
