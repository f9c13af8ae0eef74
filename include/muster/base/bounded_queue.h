#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

namespace muster {

/// A bounded queue from many producers to one consumer that takes everything at once. Thread-safe.
/// The consumer that finds it empty sleeps; producers wake it only when it sleeps.
template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

  /// Adds an item. False, and the item is untouched, if the queue is full or closed.
  bool try_push(T&& item) {
    std::unique_lock lock(mutex_);
    if (closed_ || items_.size() >= capacity_) return false;
    items_.push_back(std::move(item));
    wake_consumer(lock);
    return true;
  }

  /// Adds an item, waiting for room. False if the queue is or gets closed.
  bool push(T&& item) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return closed_ || items_.size() < capacity_; });
    if (closed_) return false;
    items_.push_back(std::move(item));
    wake_consumer(lock);
    return true;
  }

  /// Adds an item beyond the capacity: for the few that may not be refused. False if the queue is closed.
  bool push_anyway(T&& item) {
    std::unique_lock lock(mutex_);
    if (closed_) return false;
    items_.push_back(std::move(item));
    wake_consumer(lock);
    return true;
  }

  /// Moves everything queued into `out` (cleared first), waiting until there is something, the queue is closed,
  /// or `deadline` passes. False once the queue is closed and empty.
  template <typename Deadline>
  bool take_all(std::vector<T>& out, const Deadline& deadline) {
    out.clear();
    std::unique_lock lock(mutex_);
    if (items_.empty() && !closed_) {
      waiting_ = true;
      ready_.wait_until(lock, deadline, [&] { return closed_ || !items_.empty(); });
      waiting_ = false;
    }
    std::swap(out, items_);
    const bool alive = !closed_ || !out.empty();
    lock.unlock();
    room_.notify_all();
    return alive;
  }

  /// Refuses further items; what is queued can still be taken.
  void close() {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
    }
    ready_.notify_all();
    room_.notify_all();
  }

  [[nodiscard]] std::size_t size() const {
    std::lock_guard lock(mutex_);
    return items_.size();
  }

  [[nodiscard]] std::size_t capacity() const { return capacity_; }

 private:
  void wake_consumer(std::unique_lock<std::mutex>& lock) {
    const bool wake = waiting_;
    waiting_ = false;
    lock.unlock();
    if (wake) ready_.notify_one();
  }

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::condition_variable room_;
  std::vector<T> items_;  // guarded by mutex_
  bool waiting_ = false;  // guarded by mutex_: the consumer sleeps and has not been woken
  bool closed_ = false;   // guarded by mutex_
};

}  // namespace muster
