#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "muster/dispatch/types.h"

namespace muster::node {

/// Why the node ended a stream.
enum class StreamEnd {
  kReplaced,      ///< another session of the same agent took over
  kSlowConsumer,  ///< the reader left more unread than its mailbox holds
  kSilent,        ///< nothing was heard from the client for three heartbeat intervals
  kClosed,        ///< the session ended in good order
  kShutdown,      ///< the server stops
  kRecovering,    ///< the workspace is being taken up again from the journal
};

/// A bounded queue of messages from the publisher to one stream. Shared by both, the only thing that is.
/// put() never blocks: a reader that falls behind is cut off, it never holds anyone else up.
/// The reader's callbacks run on the putting thread, outside the mailbox's lock, so they may take(); they may still
/// be running when detach() returns, so what they capture must keep the reader alive.
template <typename T>
class Mailbox {
 public:
  explicit Mailbox(std::size_t capacity) : capacity_(capacity) {}

  /// Adds a message and wakes the reader if it waits. A full mailbox closes as kSlowConsumer.
  void put(T&& message) {
    if (const auto wake = put_quietly(std::move(message))) wake();
  }

  /// As put(), but leaves it to the caller to wake the reader: by calling what it gives, unless that is empty. Until
  /// then further messages pile up and reach the reader together.
  [[nodiscard]] std::function<void()> put_quietly(T&& message) {
    std::lock_guard lock(mutex_);
    if (closed_) return nullptr;
    if (messages_.size() >= capacity_) return close_locked(StreamEnd::kSlowConsumer);
    messages_.push_back(std::move(message));
    return std::exchange(wake_, nullptr);
  }

  /// No more messages. Those already put can still be taken. Only the first reason counts.
  void close(StreamEnd end) {
    std::function<void()> call;
    {
      std::lock_guard lock(mutex_);
      if (closed_) return;
      call = close_locked(end);
    }
    if (call) call();
  }

  // --- for the one reader ---

  /// `closed` is called once if the mailbox closes while the reader is busy, that is, does not wait for a wake: it
  /// may be stuck in a write that never ends.
  void on_close(std::function<void()> closed) {
    std::lock_guard lock(mutex_);
    on_close_ = std::move(closed);
  }

  enum class Taken { kMessages, kNothing, kClosed };

  /// Moves all messages into `out` (cleared first). kNothing: `wake` will be called once, when there is something
  /// again. kClosed: nothing is left, end() says why.
  Taken take(std::vector<T>& out, std::function<void()> wake) {
    out.clear();
    std::lock_guard lock(mutex_);
    if (!messages_.empty()) {
      std::swap(out, messages_);
      return Taken::kMessages;
    }
    if (closed_) return Taken::kClosed;
    wake_ = std::move(wake);
    return Taken::kNothing;
  }

  /// The reader is gone: from here on no callback begins.
  void detach() {
    std::function<void()> dropped, dropped_too;  // what they hold is let go outside the lock
    std::lock_guard lock(mutex_);
    closed_ = true;
    dropped = std::exchange(wake_, nullptr);
    dropped_too = std::exchange(on_close_, nullptr);
    messages_.clear();
  }

  [[nodiscard]] bool closed() const {
    std::lock_guard lock(mutex_);
    return closed_;
  }

  [[nodiscard]] StreamEnd end() const {
    std::lock_guard lock(mutex_);
    return end_;
  }

  /// When the client was last heard, for sessions: steady clock, nanoseconds.
  std::atomic<std::int64_t> last_heard{0};

 private:
  /// Gives the callback that tells the reader.
  std::function<void()> close_locked(StreamEnd end) {
    closed_ = true;
    end_ = end;
    auto wake = std::exchange(wake_, nullptr);
    auto closed = std::exchange(on_close_, nullptr);
    return wake ? std::move(wake) : std::move(closed);
  }

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::vector<T> messages_;             // guarded by mutex_
  std::function<void()> wake_;          // guarded by mutex_; set while the reader waits
  std::function<void()> on_close_;      // guarded by mutex_
  bool closed_ = false;                 // guarded by mutex_
  StreamEnd end_ = StreamEnd::kClosed;  // guarded by mutex_
};

}  // namespace muster::node
