#pragma once

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "context.h"
#include "muster/base/time.h"
#include "screen.h"

namespace muster::cli {

/// The first response of a stream, which is a snapshot. `open` starts the call.
template <class Response>
using OpenStream = std::function<std::unique_ptr<grpc::ClientReader<Response>>(grpc::ClientContext&)>;

template <class Response>
Response read_snapshot(Context& context, const OpenStream<Response>& open) {
  Response snapshot;
  const grpc::Status status = call_with_retry(context.options.timeout, [&](auto deadline) {
    grpc::ClientContext call;
    call.set_deadline(deadline);
    const auto reader = open(call);
    if (reader->Read(&snapshot)) {
      call.TryCancel();
      reader->Finish();
      return grpc::Status::OK;
    }
    const grpc::Status ended = reader->Finish();
    return ended.ok() ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "the stream ended without a snapshot") : ended;
  });
  if (!status.ok()) throw CallFailed(status);
  return snapshot;
}

/// Reads a stream into a model in a thread of its own, again and again when the connection breaks. The model has
/// apply(response, local_now).
template <class Response, class Model>
class Feed {
 public:
  explicit Feed(OpenStream<Response> open)
      : open_(std::move(open)), thread_([this](std::stop_token stop) { run(std::move(stop)); }) {}

  ~Feed() {
    thread_.request_stop();
    const std::lock_guard lock(mutex_);
    if (call_ != nullptr) call_->TryCancel();
  }

  /// What is known now, and whether the connection stands.
  std::pair<Model, bool> look() const {
    const std::lock_guard lock(mutex_);
    return {model_, connected_};
  }

 private:
  void run(std::stop_token stop) {
    while (!stop.stop_requested()) {
      grpc::ClientContext call;
      {
        const std::lock_guard lock(mutex_);
        call_ = &call;
      }
      const auto reader = open_(call);
      Response response;
      while (!stop.stop_requested() && reader->Read(&response)) {
        const std::lock_guard lock(mutex_);
        model_.apply(response, wall_now());
        connected_ = true;
      }
      {
        const std::lock_guard lock(mutex_);
        call_ = nullptr;
        connected_ = false;
      }
      call.TryCancel();
      reader->Finish();
      for (int i = 0; i < 10 && !stop.stop_requested(); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
      }
    }
  }

  const OpenStream<Response> open_;
  mutable std::mutex mutex_;
  Model model_;                          // guarded by mutex_
  bool connected_ = false;               // guarded by mutex_
  grpc::ClientContext* call_ = nullptr;  // guarded by mutex_
  std::jthread thread_;
};

/// Asks a unary method again and again, with a pause after each answer, in a thread of its own.
template <class Method>
class Poll {
 public:
  using Request = typename MethodTraits<Method>::Request;
  using Response = typename MethodTraits<Method>::Response;

  /// `first` is the answer that is known already.
  Poll(std::shared_ptr<grpc::Channel> channel, Method method, Request request, Response first, Duration pause)
      : stub_(std::move(channel)),
        method_(method),
        request_(std::move(request)),
        pause_(pause),
        response_(std::move(first)),
        thread_([this](std::stop_token stop) { run(std::move(stop)); }) {}

  /// The last answer, and whether the server gave one the last time.
  std::pair<Response, bool> look() const {
    const std::lock_guard lock(mutex_);
    return {response_, connected_};
  }

 private:
  void run(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, stop, pause_, [] { return false; }) && !stop.stop_requested()) {
      lock.unlock();
      grpc::ClientContext call;
      const std::stop_callback cancel(stop, [&call] { call.TryCancel(); });
      call.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds{10});
      Response response;
      const grpc::Status status = (stub_.*method_)(&call, request_, &response);
      lock.lock();
      connected_ = status.ok();
      if (connected_) response_ = std::move(response);
    }
  }

  typename MethodTraits<Method>::Stub stub_;
  const Method method_;
  const Request request_;
  const Duration pause_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  Response response_;      // guarded by mutex_
  bool connected_ = true;  // guarded by mutex_
  std::jthread thread_;
};

/// Shows lines on the whole terminal until q or Ctrl-C: `look` gives them, and whether the connection stands.
void show_live(const std::string& server, const std::function<std::pair<std::vector<Line>, bool>()>& look);

}  // namespace muster::cli
