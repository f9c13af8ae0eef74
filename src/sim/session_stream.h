#pragma once

#include <grpcpp/grpcpp.h>

#include <deque>
#include <functional>
#include <mutex>

#include "loop.h"
#include "muster/v1/agent_session_service.grpc.pb.h"

namespace muster::sim {

/// One bidirectional Session stream, from the moment it is opened to its end. Belongs to the loop's thread; what
/// gRPC's threads report is posted there.
class SessionStream final : public grpc::ClientBidiReactor<v1::SessionRequest, v1::SessionResponse> {
 public:
  using OnResponse = std::function<void(const v1::SessionResponse&)>;
  using OnClosed = std::function<void(const grpc::Status&)>;

  /// Opens the stream. on_closed is called exactly once, on the loop, after the last on_response; the stream may be
  /// destroyed then and not before.
  SessionStream(Loop& loop, v1::AgentSessionService::StubInterface& stub, OnResponse on_response, OnClosed on_closed);

  /// Sends after everything sent before. Does nothing once the stream is broken.
  void send(v1::SessionRequest request);

  /// Breaks the stream off.
  void cancel() { context_.TryCancel(); }

 private:
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

  Loop& loop_;
  OnResponse on_response_;
  OnClosed on_closed_;
  grpc::ClientContext context_;
  v1::SessionResponse response_;  ///< being read

  std::mutex mutex_;
  // Protected by mutex_. The front of outgoing_ is being written while writing_ is set; gRPC reads it meanwhile.
  std::deque<v1::SessionRequest> outgoing_;
  bool writing_ = false;
  bool broken_ = false;  ///< no operation may be started any more
};

}  // namespace muster::sim
