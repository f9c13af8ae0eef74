#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/server_context.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_set>
#include <utility>
#include <vector>

#include "muster/api/errors.h"
#include "muster/api/gate.h"
#include "muster/api/guard.h"
#include "muster/api/server.h"

/// What all streams share.
namespace muster::api {

enum class StreamKind { kSession, kContacts, kBoard, kKpis, kAlerts, kRebuild, kRecomputation };
constexpr std::array<const char*, 7> kStreamKinds{"session", "contacts", "board",        "kpis",
                                                  "alerts",  "rebuild",  "recomputation"};

class Stream {
 public:
  virtual ~Stream() = default;
  [[nodiscard]] virtual StreamKind kind() const = 0;
  /// Ends the stream because the server stops. Any thread.
  virtual void stop() = 0;
  /// Ends the stream if its caller is not let in any more. Any thread.
  virtual void recheck(Gate& gate) = 0;
};

/// The streams that are open, so that a stopping server can end them. Thread-safe.
class StreamRegistry {
 public:
  /// False after refuse(): the stream must end itself.
  bool add(std::shared_ptr<Stream> stream);
  void remove(const std::shared_ptr<Stream>& stream);
  /// Takes no more streams.
  void refuse();
  /// Ends all streams and takes no more.
  void stop();
  /// Ends the streams whose callers are not let in any more.
  void recheck(Gate& gate);
  /// Waits until no stream is left that might still use the node. False if some are after `timeout`.
  bool wait_until_gone(std::chrono::milliseconds timeout);
  [[nodiscard]] std::vector<StreamMetrics> metrics() const;

  // --- for StreamReactor ---
  void born();
  void gone();
  void fell_behind(StreamKind kind);

 private:
  std::vector<std::shared_ptr<Stream>> all();

  struct Count {
    int open = 0;
    std::uint64_t fell_behind = 0;
  };
  Count& count(StreamKind kind) { return counts_[static_cast<std::size_t>(kind)]; }

  mutable std::mutex mutex_;
  std::condition_variable gone_;
  int living_ = 0;                                       // guarded by mutex_: objects, open or not
  std::unordered_set<std::shared_ptr<Stream>> streams_;  // guarded by mutex_
  bool refusing_ = false;                                // guarded by mutex_
  std::array<Count, kStreamKinds.size()> counts_;        // guarded by mutex_; by StreamKind
};

/// Calls back once, on one of gRPC's threads: after `delay`, or at once when cancelled or let go, from wherever. The
/// alarm keeps what `call` holds for as long as it lives: a stream that keeps it must let it go in ended().
std::shared_ptr<grpc::Alarm> call_after(std::chrono::milliseconds delay, std::function<void(bool on_time)> call);

/// The writing side of a stream, over gRPC's reactor `Base`: one write in flight, finished exactly once, and gone at
/// last even if its reader reads no more. It owns itself until gRPC is done with it; whoever calls it from elsewhere
/// holds a shared_ptr.
///
/// gRPC runs no reaction inside StartWrite or Finish, so both may be called under the mutex.
template <typename Base, typename Response>
class StreamReactor : public Base, public Stream, public std::enable_shared_from_this<StreamReactor<Base, Response>> {
 public:
  StreamReactor(grpc::CallbackServerContext* context, StreamRegistry& registry)
      : context_(context), registry_(registry) {
    registry_.born();
  }
  ~StreamReactor() override { registry_.gone(); }

  using Reactor = Base;

  /// Begins the stream's life, for a caller who was let in.
  void launch(const Admission& admission) {
    admission_ = admission;
    self_ = this->shared_from_this();
    if (!registry_.add(self_)) {
      stop();
      return;
    }
    guard([this] { start(); });
  }

  void stop() override {
    std::lock_guard lock(mutex_);
    end_as(node::StreamEnd::kShutdown);
  }

  void recheck(Gate& gate) override {
    const auto error = gate.recheck(*admission_.caller);
    if (!error) return;
    std::lock_guard lock(mutex_);
    finish(to_status(*error));
  }

 protected:
  /// The first thing to do.
  virtual void start() = 0;
  /// A write is done: go on.
  virtual void written() = 0;
  /// gRPC is done with the stream; runs once, last, without the mutex.
  virtual void ended() {}
  /// The last sequence that the client may have seen. REQUIRES: mutex_ held.
  [[nodiscard]] virtual dispatch::Sequence last_sequence() const = 0;

  /// Runs a reaction; an exception ends the stream as INTERNAL.
  template <typename Body>
  void guard(const Body& body) noexcept {
    guarded(body, [this](const grpc::Status& status) {
      std::lock_guard lock(mutex_);
      finish(status);
    });
  }

  /// Who opened it, and how far that reaches.
  [[nodiscard]] const Admission& admission() const { return admission_; }

  // REQUIRES for all below: mutex_ held.

  [[nodiscard]] bool can_write() const { return !writing_ && !finished_; }
  [[nodiscard]] bool writing() const { return writing_; }
  [[nodiscard]] bool finished() const { return finished_; }
  /// gRPC is done with the stream: it must not be touched.
  [[nodiscard]] bool is_over() const { return over_; }

  /// Writes `response_`. REQUIRES: can_write().
  void write() {
    writing_ = true;
    this->StartWrite(&response_);
  }

  /// Ends the stream once; later calls do nothing.
  void finish(const grpc::Status& status) {
    if (finished_) return;
    finished_ = true;
    this->Finish(status);
    cancel_if_stuck();
  }

  void end_as(node::StreamEnd end) {
    if (end == node::StreamEnd::kSlowConsumer) fell_behind();
    const auto error = stream_end_error(end, last_sequence());
    finish(error ? to_status(*error) : grpc::Status::OK);
  }

  /// The reader is too slow: to be said before the stream is finished for that.
  void fell_behind() {
    if (!finished_) registry_.fell_behind(this->kind());
  }

  /// Cuts the connection to a reader who does not even read the end within kGrace.
  void cancel_if_stuck() {
    if (grace_ || over_) return;
    grace_ = call_after(kGrace, [self = this->shared_from_this()](bool on_time) {
      if (!on_time) return;
      std::lock_guard lock(self->mutex_);
      if (!self->over_) self->context_->TryCancel();
    });
  }

  std::mutex mutex_;
  Response response_;  // guarded by mutex_; gRPC's while writing()

 private:
  static constexpr std::chrono::milliseconds kGrace{5'000};

  void OnWriteDone(bool ok) final {
    {
      std::lock_guard lock(mutex_);
      writing_ = false;
      if (!ok) finish(grpc::Status::CANCELLED);
    }
    if (ok) guard([this] { written(); });
  }

  void OnCancel() final {
    std::lock_guard lock(mutex_);
    finish(grpc::Status::CANCELLED);
  }

  void OnDone() final {
    {
      std::lock_guard lock(mutex_);
      over_ = true;
      grace_.reset();
    }
    guarded([this] { ended(); }, [](const grpc::Status&) {});
    registry_.remove(self_);
    const auto last = std::move(self_);  // may be the end of this object
  }

  grpc::CallbackServerContext* const context_;
  StreamRegistry& registry_;
  Admission admission_;  ///< constant from launch() on
  std::shared_ptr<StreamReactor> self_;
  std::shared_ptr<grpc::Alarm> grace_;  // guarded by mutex_, as all below
  bool writing_ = false;
  bool finished_ = false;
  bool over_ = false;
};

/// A stream that does not come to be.
template <typename Base>
class RefusedStream final : public Base {
 public:
  explicit RefusedStream(const Error& error) { this->Finish(to_status(error)); }

 private:
  void OnDone() override { delete this; }
};

/// Every stream begins here: once it is through the gate as the method of `Request`, makes one of class `S` and gives
/// its reactor to gRPC.
template <typename S, typename Request, typename... Arguments>
typename S::Reactor* launch(Gate& gate, grpc::CallbackServerContext* context, StreamRegistry& registry,
                            Arguments&&... arguments) {
  const Admission admission = gate.admit(*context, *Request::descriptor());
  if (admission.refusal) return new RefusedStream<typename S::Reactor>(*admission.refusal);
  const auto stream = std::make_shared<S>(context, registry, std::forward<Arguments>(arguments)...);
  stream->launch(admission);
  return stream.get();
}

}  // namespace muster::api
