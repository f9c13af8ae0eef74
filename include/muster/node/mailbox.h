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
template <typename T>
class Mailbox {
 public:
  explicit Mailbox(std::size_t capacity) : capacity_(capacity) {}

  /// Adds a message and wakes the reader if it waits. A full mailbox closes as kSlowConsumer.
  void put(T&& message) {
    std::lock_guard lock(mutex_);
    if (closed_) return;
    if (messages_.size() >= capacity_) {
      close_locked(StreamEnd::kSlowConsumer);
    } else {
      messages_.push_back(std::move(message));
    }
    wake_locked();
  }

  /// No more messages. Those already put can still be taken. Only the first reason counts.
  void close(StreamEnd end) {
    std::lock_guard lock(mutex_);
    if (!closed_) close_locked(end);
    wake_locked();
  }

  enum class Taken { kMessages, kNothing, kClosed };

  /// Moves all messages into `out` (cleared first). kNothing: `wake` will be called once, when there is something
  /// again; it runs on the putting thread under the mailbox's lock, so it must be short and must not call back into
  /// the mailbox. kClosed: nothing is left, end() says why.
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

  /// The reader is gone: `wake` is not running and will not be called after this returns.
  void detach() {
    std::lock_guard lock(mutex_);
    if (!closed_) close_locked(StreamEnd::kClosed);
    wake_ = nullptr;
    messages_.clear();
  }

  [[nodiscard]] StreamEnd end() const {
    std::lock_guard lock(mutex_);
    return end_;
  }

  /// When the client was last heard, for sessions: steady clock, nanoseconds.
  std::atomic<std::int64_t> last_heard{0};

 private:
  void close_locked(StreamEnd end) {
    closed_ = true;
    end_ = end;
  }

  void wake_locked() {
    if (!wake_) return;
    auto wake = std::exchange(wake_, nullptr);
    wake();
  }

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::vector<T> messages_;             // guarded by mutex_
  std::function<void()> wake_;          // guarded by mutex_; set while the reader waits
  bool closed_ = false;                 // guarded by mutex_
  StreamEnd end_ = StreamEnd::kClosed;  // guarded by mutex_
};

}  // namespace muster::node
