#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>

#include "error.h"
#include "muster/base/time.h"
#include "muster/client/channel.h"

namespace muster::cli {

/// The flags that every command has.
struct Options {
  std::string server = "127.0.0.1:7070";
  /// A file with an API key or access token; empty: that of `muster login`, else that of a server of this machine.
  std::string token_file;
  /// TLS to the server.
  client::Tls tls;
  std::string language;
  bool json = false;
  /// How long one call may take, repetitions included.
  Duration timeout = std::chrono::seconds{10};
  /// Given to repeat a change whose outcome is unknown; empty means a fresh one.
  std::string request_id;
};

/// A new random UUID.
std::string new_request_id();

/// Calls `attempt` until it ends with something other than UNAVAILABLE, with growing pauses, at most `timeout` long. A
/// server that was never there is tried for a second only: people want to know. Once a call may have arrived, its
/// outcome is worth the whole time.
grpc::Status call_with_retry(
    Duration timeout, const std::function<grpc::Status(std::chrono::system_clock::time_point deadline)>& attempt);

/// What a method of a generated stub asks and answers.
template <class Method>
struct MethodTraits;
template <class StubType, class RequestType, class ResponseType>
struct MethodTraits<grpc::Status (StubType::*)(grpc::ClientContext*, const RequestType&, ResponseType*)> {
  using Stub = StubType;
  using Request = RequestType;
  using Response = ResponseType;
};

/// What a command works with: the common flags, where to write, and the server.
class Context {
 public:
  Context(std::ostream& out_stream, std::ostream& err_stream) : out(out_stream), err(err_stream) {}

  Options options;
  std::ostream& out;
  std::ostream& err;
  /// What the command line asks for; set by the command that was named.
  std::function<int()> action;

  /// The connection, made on first use.
  std::shared_ptr<grpc::Channel> channel();

  /// Calls a unary method, with a request id if it takes one. Throws CallFailed.
  template <class Method>
  typename MethodTraits<Method>::Response call(Method method, typename MethodTraits<Method>::Request request) {
    typename MethodTraits<Method>::Stub stub(channel());
    typename MethodTraits<Method>::Response response;
    std::string request_id;
    if constexpr (requires { request.set_request_id(std::string{}); }) {
      request_id = options.request_id.empty() ? new_request_id() : options.request_id;
      request.set_request_id(request_id);
    }
    const grpc::Status status = call_with_retry(options.timeout, [&](auto deadline) {
      grpc::ClientContext context;
      context.set_deadline(deadline);
      return (stub.*method)(&context, request, &response);
    });
    if (!status.ok()) throw failed(status, request_id);
    return response;
  }

  /// Writes a message as one line of JSON (proto3 JSON, with the fields at their defaults).
  void print_json(const google::protobuf::Message& message);

 private:
  [[nodiscard]] client::Credentials credentials() const;
  static CallFailed failed(const grpc::Status& status, const std::string& request_id);

  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace muster::cli
