#include "desk.h"

#include <utility>

namespace muster::testing {
namespace {

/// Calls `visit(message)` with the command inside, which is not open.
template <typename Command, typename Visit>
auto visit_command(Command& command, const Visit& visit) {
  switch (command.command_case()) {
    case v1::SessionRequest::kAcceptOffer:
      return visit(*command.mutable_accept_offer());
    case v1::SessionRequest::kDeclineOffer:
      return visit(*command.mutable_decline_offer());
    case v1::SessionRequest::kReportSetupFailure:
      return visit(*command.mutable_report_setup_failure());
    case v1::SessionRequest::kHoldContact:
      return visit(*command.mutable_hold_contact());
    case v1::SessionRequest::kResumeContact:
      return visit(*command.mutable_resume_contact());
    case v1::SessionRequest::kStartWrapUp:
      return visit(*command.mutable_start_wrap_up());
    case v1::SessionRequest::kCompleteContact:
      return visit(*command.mutable_complete_contact());
    case v1::SessionRequest::kReturnContact:
      return visit(*command.mutable_return_contact());
    case v1::SessionRequest::kCloseSession:
      return visit(*command.mutable_close_session());
    default:
      return visit(*command.mutable_set_presence());
  }
}

class SessionDesk : public Desk {
 public:
  SessionDesk(const Backend& backend, const v1::OpenRequest& open) : Desk(backend), stream_(stub_.Session(&context_)) {
    v1::SessionRequest first;
    *first.mutable_open() = open;
    stream_->Write(first);
    start_reading();
  }
  ~SessionDesk() override { stop_reading(); }

 private:
  bool read(google::protobuf::RepeatedPtrField<v1::SessionEvent>* events) override {
    v1::SessionResponse response;
    const bool more = stream_->Read(&response);
    events->Swap(response.mutable_events());
    return more;
  }
  grpc::Status finish() override { return stream_->Finish(); }
  google::rpc::Status carry_out(const v1::SessionRequest& command) override {
    stream_->Write(command);
    auto copy = command;
    return result_of(visit_command(copy, [](auto& message) { return message.request_id(); }));
  }

  std::unique_ptr<grpc::ClientReaderWriter<v1::SessionRequest, v1::SessionResponse>> stream_;
};

class OpenDesk : public Desk {
 public:
  OpenDesk(const Backend& backend, const v1::OpenRequest& open) : Desk(backend), stream_(stub_.Open(&context_, open)) {
    start_reading();
  }
  ~OpenDesk() override { stop_reading(); }

 private:
  bool read(google::protobuf::RepeatedPtrField<v1::SessionEvent>* events) override {
    v1::OpenResponse response;
    const bool more = stream_->Read(&response);
    events->Swap(response.mutable_events());
    return more;
  }
  grpc::Status finish() override { return stream_->Finish(); }

  google::rpc::Status carry_out(const v1::SessionRequest& given) override {
    auto command = given;
    grpc::ClientContext context;
    const grpc::Status status = visit_command(command, [&](auto& message) {
      message.set_session_id(session_id_);
      return call(&context, message);
    });
    google::rpc::Status result;
    result.ParseFromString(status.error_details());
    result.set_code(status.error_code());
    result.set_message(status.error_message());
    return result;
  }

  template <typename Response, typename Request>
  grpc::Status call(grpc::Status (v1::AgentSessionService::Stub::*method)(grpc::ClientContext*, const Request&,
                                                                          Response*),
                    grpc::ClientContext* context, const Request& request) {
    Response response;
    return (stub_.*method)(context, request, &response);
  }
  using Stub = v1::AgentSessionService::Stub;
  grpc::Status call(grpc::ClientContext* context, const v1::SetPresenceRequest& request) {
    return call(&Stub::SetPresence, context, request);
  }
  grpc::Status call(grpc::ClientContext* context, const v1::AcceptOfferRequest& request) {
    return call(&Stub::AcceptOffer, context, request);
  }
  grpc::Status call(grpc::ClientContext* context, const v1::DeclineOfferRequest& request) {
    return call(&Stub::DeclineOffer, context, request);
  }
  grpc::Status call(grpc::ClientContext* context, const v1::ReportSetupFailureRequest& request) {
    return call(&Stub::ReportSetupFailure, context, request);
  }
  grpc::Status call(grpc::ClientContext* context, const v1::HoldContactRequest& request) {
    return call(&Stub::HoldContact, context, request);
  }
  grpc::Status call(grpc::ClientContext* context, const v1::ResumeContactRequest& request) {
    return call(&Stub::ResumeContact, context, request);
  }
  grpc::Status call(grpc::ClientContext* context, const v1::StartWrapUpRequest& request) {
    return call(&Stub::StartWrapUp, context, request);
  }
  grpc::Status call(grpc::ClientContext* context, const v1::CompleteContactRequest& request) {
    return call(&Stub::CompleteContact, context, request);
  }
  grpc::Status call(grpc::ClientContext* context, const v1::ReturnContactRequest& request) {
    return call(&Stub::ReturnContact, context, request);
  }
  grpc::Status call(grpc::ClientContext* context, const v1::CloseSessionRequest& request) {
    return call(&Stub::CloseSession, context, request);
  }

  std::unique_ptr<grpc::ClientReader<v1::OpenResponse>> stream_;
};

}  // namespace

std::unique_ptr<Desk> Desk::open(Door door, const Backend& backend, const std::string& agent_id,
                                 const std::string& session_id) {
  v1::OpenRequest request;
  request.set_request_id(new_request_id());
  request.set_agent_id(agent_id);
  request.set_session_id(session_id);
  if (door == Door::kSession) return std::make_unique<SessionDesk>(backend, request);
  return std::make_unique<OpenDesk>(backend, request);
}

Desk::~Desk() = default;

void Desk::start_reading() {
  reader_ = std::thread([this] {
    google::protobuf::RepeatedPtrField<v1::SessionEvent> events;
    while (read(&events)) {
      for (const auto& event : events) take(event);
    }
    const grpc::Status status = finish();
    std::lock_guard lock(mutex_);
    end_ = status;
    changed_.notify_all();
  });
}

void Desk::stop_reading() {
  context_.TryCancel();
  reader_.join();
}

void Desk::take(const v1::SessionEvent& event) {
  std::lock_guard lock(mutex_);
  in_order_ = in_order_ && event.sequence() >= last_sequence_;
  last_sequence_ = event.sequence();
  if (event.has_command_result()) {
    results_[event.command_result().request_id()] = event.command_result().status();
  } else {
    events_.push_back(event);
  }
  changed_.notify_all();
}

v1::SessionEvent Desk::next(v1::SessionEvent::EventCase kind) {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait_for(lock, std::chrono::seconds(60), [&] { return !events_.empty() || end_.has_value(); });
    if (events_.empty()) {
      ADD_FAILURE() << "no event " << kind << " came; the stream ended: " << end_.has_value()
                    << (end_ ? " " + end_->error_message() : "");
      return {};
    }
    const v1::SessionEvent event = std::move(events_.front());
    events_.pop_front();
    if (event.has_opened()) session_id_ = event.opened().session_id();
    if (event.event_case() == kind) return event;
  }
}

google::rpc::Status Desk::run(v1::SessionRequest command) {
  visit_command(command, [](auto& message) {
    if (message.request_id().empty()) message.set_request_id(new_request_id());
    return 0;
  });
  return carry_out(command);
}

google::rpc::Status Desk::result_of(const std::string& request_id) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::seconds(60), [&] { return results_.contains(request_id) || end_.has_value(); });
  if (results_.contains(request_id)) return results_[request_id];
  ADD_FAILURE() << "no result of " << request_id << " came";
  return {};
}

grpc::Status Desk::end() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::seconds(60), [&] { return end_.has_value(); });
  return end_.value_or(grpc::Status(grpc::StatusCode::UNKNOWN, "the stream goes on"));
}

google::rpc::Status Desk::set_presence(v1::AgentPresence presence) {
  v1::SessionRequest command;
  command.mutable_set_presence()->set_presence(presence);
  return run(command);
}

std::unique_ptr<Desk> Desk::available(Door door, const Backend& backend, const std::string& agent_id) {
  auto desk = open(door, backend, agent_id);
  desk->next(v1::SessionEvent::kOpened);
  EXPECT_EQ(desk->set_presence(v1::AGENT_PRESENCE_AVAILABLE).code(), 0);
  return desk;
}

v1::Contact Desk::accept_next() {
  const auto made = next(v1::SessionEvent::kOfferMade).offer_made();
  v1::SessionRequest command;
  command.mutable_accept_offer()->set_offer_id(made.offer().offer_id());
  EXPECT_EQ(run(command).code(), 0);
  return made.contact();
}

}  // namespace muster::testing
