#pragma once

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_set>
#include <utility>

#include "language.h"
#include "loop.h"
#include "muster/base/random.h"
#include "outage.h"

namespace muster::sim {

/// Request ids: UUIDs that no other run has used. Not seeded by the run's seed: the same seed twice must not give the
/// server the same ids twice.
class RequestIds {
 public:
  RequestIds();
  std::string next();

 private:
  Random random_;
};

/// True if a status leaves open whether the command took effect, or says that it did not but may later: the same
/// request with the same request_id is to be sent again.
bool is_retryable(grpc::StatusCode code);

/// How long to wait before the next attempt, counted from 1: doubling from 50 ms to 1 s, at random within the upper
/// half, so that a thousand clients do not come back in one moment.
Duration backoff(int attempt, Random& random);

/// Makes unary calls and repeats each, with the same request, until it is answered. Callbacks run on the loop.
class Caller {
 public:
  Caller(Loop& loop, Outage& outage) : loop_(loop), outage_(outage), random_(std::uint64_t{0x6d7573746572}) {}

  template <class Stub, class Request, class Response>
  using Method = void (Stub::*)(grpc::ClientContext*, const Request*, Response*, std::function<void(grpc::Status)>);

  /// Calls done(status, response, attempts) when there is an answer. Unreachable servers are waited for as long as
  /// Outage allows; a server that is there but keeps giving no answer, or RESOURCE_EXHAUSTED, for as long as that gets
  /// its last status handed to done.
  template <class Stub, class Request, class Response, class Done>
  void call(Stub* stub, Method<Stub, Request, Response> method, Request request, Done done) {
    auto call = std::make_shared<Call<Response>>();
    call->done = std::move(done);
    call->send = [stub, method, request = std::move(request)](auto* context, auto* response, auto answered) {
      (stub->*method)(context, &request, response, std::move(answered));
    };
    start(call);
  }

  /// As call, and runs the loop until the answer. Throws ServerError if it is an error.
  template <class Stub, class Request, class Response>
  Response wait(Stub* stub, Method<Stub, Request, Response> method, Request request) {
    bool answered = false;
    grpc::Status result;
    Response answer;
    call(stub, method, std::move(request), [&](const grpc::Status& status, const Response& response, int) {
      answered = true;
      result = status;
      answer = response;
    });
    loop_.run_until([&] { return answered; });
    if (!result.ok()) throw ServerError(describe(result));
    return answer;
  }

  /// Ends all calls; none is repeated or answered any more. Returns when gRPC holds nothing of this any longer.
  void stop();

  std::int64_t retries() const { return retries_; }

  static std::string describe(const grpc::Status& status);

 private:
  template <class Response>
  struct Call {
    std::function<void(grpc::ClientContext*, Response*, std::function<void(grpc::Status)>)> send;
    std::function<void(const grpc::Status&, const Response&, int)> done;
    std::unique_ptr<grpc::ClientContext> context;
    Response response;
    int attempts = 0;
    Loop::Clock::time_point first = Loop::Clock::now();
  };

  template <class Response>
  void start(std::shared_ptr<Call<Response>> call) {
    if (stopping_) return;
    ++call->attempts;
    call->response.Clear();
    call->context = std::make_unique<grpc::ClientContext>();
    call->context->set_deadline(std::chrono::system_clock::now() + kAttemptMax);
    active_.insert(call->context.get());
    call->send(call->context.get(), &call->response, [this, call](grpc::Status status) {
      loop_.post([this, call, status = std::move(status)] { finished(call, status); });
    });
  }

  template <class Response>
  void finished(const std::shared_ptr<Call<Response>>& call, const grpc::Status& status) {
    active_.erase(call->context.get());
    if (stopping_) return;
    if (!again(status, call->first)) {
      call->done(status, call->response, call->attempts);
      return;
    }
    ++retries_;
    loop_.after(backoff(call->attempts, random_), [this, call] { start(call); });
  }

  /// Notes what the status says about the server; true if the call is to be repeated.
  bool again(const grpc::Status& status, Loop::Clock::time_point first);

  // A reply that takes longer is as good as lost.
  static constexpr std::chrono::seconds kAttemptMax{10};

  Loop& loop_;
  Outage& outage_;
  Random random_;
  bool stopping_ = false;
  std::unordered_set<grpc::ClientContext*> active_;
  std::int64_t retries_ = 0;
};

}  // namespace muster::sim
