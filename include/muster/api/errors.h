#pragma once

#include <grpcpp/support/status.h>

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "google/protobuf/message.h"
#include "google/rpc/status.pb.h"
#include "muster/node/node.h"

/// The one place where it is decided which code and reason a caller gets (docs/api.md lists them).
namespace muster::api {

struct FieldViolation {
  std::string field;  ///< path in the request, such as "policy.steps[1].after"
  std::string description;
};

/// An error as clients see it: google.rpc.Status with ErrorInfo (domain "muster.v1") and, where they apply,
/// BadRequest, PreconditionFailure and RetryInfo.
struct Error {
  grpc::StatusCode code = grpc::StatusCode::INTERNAL;
  std::string reason;  ///< UPPER_SNAKE
  std::string message;
  std::vector<std::pair<std::string, std::string>> metadata;  ///< every value that appears in the message
  std::vector<FieldViolation> fields;
  std::optional<std::chrono::milliseconds> retry_after;
};

[[nodiscard]] google::rpc::Status to_rpc_status(const Error& error);
[[nodiscard]] grpc::Status to_status(const Error& error);

/// Thrown by the work of a call that may not be done: nothing of it stays, and the caller gets the error.
class Refusal : public std::exception {
 public:
  explicit Refusal(Error error) : error_(std::move(error)) {}
  [[nodiscard]] const Error& error() const { return error_; }
  [[nodiscard]] const char* what() const noexcept override { return error_.message.c_str(); }

 private:
  Error error_;
};

/// INVALID_ARGUMENT with what is wrong. REQUIRES: `fields` is not empty.
[[nodiscard]] Error invalid_request(std::vector<FieldViolation> fields);
/// NOT_FOUND for a resource, such as ("CONTACT", "contact_id", "c-12").
[[nodiscard]] Error not_found(const std::string& kind, const std::string& field, const std::string& id);
/// Why a request did not reach the engine. REQUIRES: `delivery` is not kAnswered.
[[nodiscard]] Error delivery_error(node::Delivery delivery);
/// What an answer that is not good means to the caller. Fields are named as they are in `request`.
[[nodiscard]] Error answer_error(const node::Answer& answer, const google::protobuf::Message& request);
/// How a session's stream ends; empty if in good order.
[[nodiscard]] std::optional<Error> stream_end_error(node::StreamEnd end, dispatch::Sequence last_sequence);
/// A watch asked for events that are no longer kept.
[[nodiscard]] Error sequence_compacted(dispatch::Sequence asked, dispatch::Sequence oldest);
/// Why a rebuild of the reporting tables did not start. REQUIRES: `start` is not kStarted.
[[nodiscard]] Error rebuild_error(node::RebuildStart start);
/// Why the reporting tables were not read. REQUIRES: `status` is not kRead.
[[nodiscard]] Error store_error(node::StoreStatus status);
/// PERMISSION_DENIED: an agent has one desk, its own.
[[nodiscard]] Error not_own_desk();
/// A bug. Nothing about it leaves the server but the log.
[[nodiscard]] Error internal_error();

}  // namespace muster::api
