#pragma once

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "muster/base/time.h"
#include "muster/v1/agent_session_service.grpc.pb.h"

namespace muster::cli {

/// An agent's session with the server. It opens the session in a thread of its own, keeps it alive, and resumes it
/// after a lost connection. A command that was not confirmed before the loss is sent again with its request id once the
/// same session is resumed, so that it is done once. Its methods are for one thread.
class DeskConnection {
 public:
  /// What came from the connection.
  struct Update {
    enum class Kind {
      kEvent,   ///< `event` happened
      kLost,    ///< the connection broke with `status` and is tried again in `pause`
      kForgot,  ///< the lost session is gone, and what became of `commands` commands is unknown
      kEnded,   ///< the session is over: in good order if `status` is OK
    };
    Kind kind;
    v1::SessionEvent event{};
    grpc::Status status{};
    Duration pause{};
    std::size_t commands = 0;
  };

  DeskConnection(std::shared_ptr<grpc::Channel> channel, std::string agent_id);

  /// Breaks the connection. Without leave() before, that is a lost session to the server.
  ~DeskConnection();

  /// Sends a command under a fresh request id. Its result comes as an event, possibly after a resumption.
  void send(v1::SessionRequest command);

  /// Closes the session in good order, after a resumption if need be; kEnded follows.
  void leave();

  /// What has come since the last time, in order; waits for something at most `wait`. Heartbeats are sent from here, so
  /// call it several times a second.
  std::vector<Update> take(Duration wait);

 private:
  using Stream = grpc::ClientReaderWriter<v1::SessionRequest, v1::SessionResponse>;
  using Clock = std::chrono::steady_clock;

  void run(const std::stop_token& stop);
  /// One connection from its opening to its end.
  grpc::Status serve(const std::stop_token& stop);
  /// The session is closed in good order, now that its connection has ended with `status`.
  bool has_left(const grpc::Status& status) const;
  void receive(const v1::SessionEvent& event);
  void resend_or_forget(const v1::SessionOpened& opened);
  void write(const v1::SessionRequest& request);
  void push(Update update);
  void beat();

  const std::unique_ptr<v1::AgentSessionService::Stub> stub_;
  const std::string agent_id_;

  std::mutex mutex_;
  std::condition_variable_any changed_;
  // Everything below is guarded by mutex_, but for thread_.
  std::shared_ptr<Stream> stream_;
  grpc::ClientContext* call_ = nullptr;
  bool open_ = false;
  bool was_open_ = false;
  bool leaving_ = false;
  std::string session_id_;
  Duration heartbeat_interval_ = std::chrono::seconds{5};
  Clock::time_point last_sent_;
  Clock::time_point last_heard_;
  /// Commands without a result, in the order in which they were given.
  std::vector<std::pair<std::string, v1::SessionRequest>> pending_;
  std::vector<Update> updates_;

  std::jthread thread_;
};

}  // namespace muster::cli
