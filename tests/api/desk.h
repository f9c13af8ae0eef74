#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "backend.h"
#include "muster/v1/agent_session_service.grpc.pb.h"

namespace muster::testing {

enum class Door { kSession, kOpen };

/// An agent's desk: a client of AgentSessionService, through either door. A thread reads the stream.
class Desk {
 public:
  /// Opens a session; its first event is next(kOpened).
  static std::unique_ptr<Desk> open(Door door, const Backend& backend, const std::string& agent_id,
                                    const std::string& session_id = "");
  virtual ~Desk();

  /// The next event of a kind, passing over others. Fails the test if the stream ends before.
  v1::SessionEvent next(v1::SessionEvent::EventCase kind);
  /// Carries out a command, whose request_id is set here unless it has one, and gives its result.
  google::rpc::Status run(v1::SessionRequest command);
  /// Breaks the connection.
  void vanish() { context_.TryCancel(); }
  /// Waits for the end of the stream.
  grpc::Status end();

  google::rpc::Status set_presence(v1::AgentPresence presence);
  /// Opens the session and becomes available.
  static std::unique_ptr<Desk> available(Door door, const Backend& backend, const std::string& agent_id);
  /// Accepts the next offer and gives its contact.
  v1::Contact accept_next();

  /// Sequences never fall.
  [[nodiscard]] bool in_order() const { return in_order_; }
  [[nodiscard]] const std::string& session_id() const { return session_id_; }

 protected:
  explicit Desk(const Backend& backend) : stub_(backend.channel) {}

  /// Reads the stream to its end: next_batch(events) says whether there were more, finish() what the end was.
  virtual bool read(google::protobuf::RepeatedPtrField<v1::SessionEvent>* events) = 0;
  virtual grpc::Status finish() = 0;
  virtual google::rpc::Status carry_out(const v1::SessionRequest& command) = 0;
  void start_reading();
  void stop_reading();
  google::rpc::Status result_of(const std::string& request_id);

  v1::AgentSessionService::Stub stub_;
  grpc::ClientContext context_;
  std::string session_id_;

 private:
  void take(const v1::SessionEvent& event);

  std::thread reader_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<v1::SessionEvent> events_;
  std::map<std::string, google::rpc::Status> results_;
  std::optional<grpc::Status> end_;
  std::int64_t last_sequence_ = 0;
  bool in_order_ = true;
};

}  // namespace muster::testing
