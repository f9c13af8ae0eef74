#pragma once

#include <grpcpp/support/status.h>

#include <stdexcept>
#include <string>

#include "google/rpc/status.pb.h"

namespace muster::cli {

/// What the process tells its caller. Documented in --help and docs/cli.md.
enum ExitCode : int { kDone = 0, kRefused = 1, kUsage = 2, kUnreachable = 3 };

/// A call that was refused or did not get through.
class CallFailed : public std::runtime_error {
 public:
  /// `request_id` is that of a change whose outcome is unknown, else empty.
  explicit CallFailed(grpc::Status status, std::string request_id = "")
      : std::runtime_error(status.error_message()), status_(std::move(status)), request_id_(std::move(request_id)) {}

  const grpc::Status& status() const { return status_; }
  const std::string& request_id() const { return request_id_; }

 private:
  grpc::Status status_;
  std::string request_id_;
};

/// A command line that was well-formed and still makes no sense.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The rich form of an error: code, message and details.
google::rpc::Status rich_status(const grpc::Status& status);

/// The error for people: the server's message, its reason, each field at fault, when to come back. Lines without
/// leading "error:", each ended by a line break.
std::string describe(const google::rpc::Status& status);

/// True if there was no connection to the server, so that nothing was asked of it.
bool never_connected(const grpc::Status& status);

/// A stream outlived its token: open it again, with the next one.
bool has_expired(const grpc::Status& status);

/// True if the server did not answer, so that the outcome of a change is unknown.
bool is_unreachable(const grpc::Status& status);

/// Everything there is to say about a failed call to `server`, with hints. As one JSON object with `json`.
std::string report(const CallFailed& failure, const std::string& server, bool json);

}  // namespace muster::cli
