#include "muster/v1/agent_session_service.grpc.pb.h"
#include "services.h"
#include "session_stream.h"
#include "unary.h"

namespace muster::api {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

/// The door for clients without bidirectional streams: events only, commands come as unary calls.
class OpenDoor : public SessionStream<grpc::ServerWriteReactor<v1::OpenResponse>, v1::OpenResponse> {
 public:
  OpenDoor(CallbackServerContext* context, StreamRegistry& registry, node::Node& node, SessionOwners& owners,
           const v1::OpenRequest* request)
      : SessionStream(context, registry, node, owners), request_(*request) {}

 private:
  void start() override { open(request_); }

  const v1::OpenRequest request_;
};

using SessionReactor = grpc::ServerBidiReactor<v1::SessionRequest, v1::SessionResponse>;

/// The door for native clients: commands come on the stream, their results go among the events.
class SessionDoor : public SessionStream<SessionReactor, v1::SessionResponse> {
 public:
  using SessionStream::SessionStream;

 private:
  /// Commands of one session that are under way; more wait unread.
  static constexpr int kCommandsMax = 64;

  void start() override { StartRead(&request_); }

  void OnReadDone(bool ok) override {
    guard([&] {
      if (!opening_) {
        open_first(ok);
      } else if (ok) {
        run_command();
        read_next();
      } else {
        {
          std::lock_guard lock(mutex_);
          client_is_done_ = true;
        }
        pump();
      }
    });
  }

  void open_first(bool ok) {
    opening_ = true;
    if (ok && request_.has_open()) {
      open(std::exchange(request_, {}).open());  // reads on when it is opened
      return;
    }
    std::lock_guard lock(mutex_);
    finish(to_status(invalid_request({{"open", "must come first"}})));
  }

  void opened() override { read_next(); }

  void read_next() {
    std::lock_guard lock(mutex_);
    if (finished()) return;
    paused_ = commands_ >= kCommandsMax;
    if (!paused_) StartRead(&request_);
  }

  void run_command() {
    node_.touch_session(session_);
    if (request_.has_heartbeat()) return;
    {
      std::lock_guard lock(mutex_);
      ++commands_;
    }
    const auto sent = std::make_shared<const v1::SessionRequest>(std::exchange(request_, {}));
    switch (sent->command_case()) {
      case v1::SessionRequest::kSetPresence:
        return submit_command(sent, sent->set_presence());
      case v1::SessionRequest::kAcceptOffer:
        return submit_command(sent, sent->accept_offer());
      case v1::SessionRequest::kDeclineOffer:
        return submit_command(sent, sent->decline_offer());
      case v1::SessionRequest::kReportSetupFailure:
        return submit_command(sent, sent->report_setup_failure());
      case v1::SessionRequest::kHoldContact:
        return submit_command(sent, sent->hold_contact());
      case v1::SessionRequest::kResumeContact:
        return submit_command(sent, sent->resume_contact());
      case v1::SessionRequest::kStartWrapUp:
        return submit_command(sent, sent->start_wrap_up());
      case v1::SessionRequest::kCompleteContact:
        return submit_command(sent, sent->complete_contact());
      case v1::SessionRequest::kReturnContact:
        return submit_command(sent, sent->return_contact());
      case v1::SessionRequest::kCloseSession:
        return submit_command(sent, sent->close_session());
      case v1::SessionRequest::kOpen:
        return answered(sent->open().request_id(), 0, invalid_request({{"open", "must come once"}}));
      case v1::SessionRequest::kHeartbeat:
      case v1::SessionRequest::COMMAND_NOT_SET:
        return answered("", 0, invalid_request({{"command", "is missing, or newer than this server"}}));
    }
  }

  /// `command` is part of `sent`.
  template <typename Request>
  void submit_command(const std::shared_ptr<const v1::SessionRequest>& sent, const Request& command) {
    Checker check;
    dispatch::Command converted = to_command(command, session_, check);
    if (!check.ok()) {
      answered(command.request_id(), 0, check.error());
      return;
    }
    auto self = std::static_pointer_cast<SessionDoor>(shared_from_this());
    node_.submit(std::move(converted), [self = std::move(self), sent, &command](const node::Answer& answer) {
      self->guard([&] {
        const bool good = answer.delivery == node::Delivery::kAnswered && answer.reply.ok();
        self->answered(command.request_id(), answer.reply.sequence,
                       good ? std::nullopt : std::optional(answer_error(answer, command)));
      });
    });
  }

  void answered(const std::string& request_id, dispatch::Sequence sequence, const std::optional<Error>& error) {
    v1::SessionEvent event;
    event.set_sequence(static_cast<std::int64_t>(sequence));
    node::to_proto(wall_now(), event.mutable_event_time());
    auto* result = event.mutable_command_result();
    result->set_request_id(request_id);
    *result->mutable_status() = error ? to_rpc_status(*error) : google::rpc::Status();
    {
      std::lock_guard lock(mutex_);
      results_.push_back(std::move(event));
    }
    pump();
  }

  [[nodiscard]] bool owes_results() const override { return commands_ > 0; }

  void add_results(std::vector<v1::SessionEvent>& out) override {
    commands_ -= static_cast<int>(results_.size());
    std::swap(out, results_);
    if (!paused_ || commands_ >= kCommandsMax) return;
    paused_ = false;
    StartRead(&request_);
  }

  void idle() override {
    if (client_is_done_ && commands_ == 0) finish(grpc::Status::OK);
  }

  v1::SessionRequest request_;   // gRPC's while a read is under way
  bool opening_ = false;         // touched by reads only
  int commands_ = 0;             // guarded by mutex_, as all below; read and their results not written yet
  bool paused_ = false;          // no read is under way because of kCommandsMax
  bool client_is_done_ = false;  // it sends no more
  std::vector<v1::SessionEvent> results_;
};

class AgentSessionService final : public v1::AgentSessionService::CallbackService {
 public:
  AgentSessionService(node::Node& node, Gate& gate, StreamRegistry& streams)
      : node_(node), gate_(gate), streams_(streams) {}

  SessionReactor* Session(CallbackServerContext* context) override {
    return launch<SessionDoor, v1::SessionRequest>(gate_, context, streams_, node_, owners_);
  }
  grpc::ServerWriteReactor<v1::OpenResponse>* Open(CallbackServerContext* context,
                                                   const v1::OpenRequest* request) override {
    return launch<OpenDoor, v1::OpenRequest>(gate_, context, streams_, node_, owners_, request);
  }

  ServerUnaryReactor* Heartbeat(CallbackServerContext* context, const v1::HeartbeatRequest* request,
                                v1::HeartbeatResponse*) override {
    return admitted(gate_, context, request, [&](ServerUnaryReactor* reactor, const Admission& admission) {
      Checker check;
      const auto session = check.session_id(request->session_id());
      if (!check.ok()) {
        reactor->Finish(to_status(check.error()));
      } else if (!may_use(admission, session)) {
        reactor->Finish(to_status(not_own_desk()));
      } else if (!node_.touch_session(session)) {
        reactor->Finish(to_status(not_found("SESSION", "session_id", request->session_id())));
      } else {
        reactor->Finish(grpc::Status::OK);
      }
    });
  }

  ServerUnaryReactor* SetPresence(CallbackServerContext* context, const v1::SetPresenceRequest* request,
                                  v1::SetPresenceResponse* response) override {
    return call(context, request, response);
  }
  ServerUnaryReactor* AcceptOffer(CallbackServerContext* context, const v1::AcceptOfferRequest* request,
                                  v1::AcceptOfferResponse* response) override {
    return call(context, request, response);
  }
  ServerUnaryReactor* DeclineOffer(CallbackServerContext* context, const v1::DeclineOfferRequest* request,
                                   v1::DeclineOfferResponse* response) override {
    return call(context, request, response);
  }
  ServerUnaryReactor* ReportSetupFailure(CallbackServerContext* context, const v1::ReportSetupFailureRequest* request,
                                         v1::ReportSetupFailureResponse* response) override {
    return call(context, request, response);
  }
  ServerUnaryReactor* HoldContact(CallbackServerContext* context, const v1::HoldContactRequest* request,
                                  v1::HoldContactResponse* response) override {
    return call(context, request, response);
  }
  ServerUnaryReactor* ResumeContact(CallbackServerContext* context, const v1::ResumeContactRequest* request,
                                    v1::ResumeContactResponse* response) override {
    return call(context, request, response);
  }
  ServerUnaryReactor* StartWrapUp(CallbackServerContext* context, const v1::StartWrapUpRequest* request,
                                  v1::StartWrapUpResponse* response) override {
    return call(context, request, response);
  }
  ServerUnaryReactor* CompleteContact(CallbackServerContext* context, const v1::CompleteContactRequest* request,
                                      v1::CompleteContactResponse* response) override {
    return call(context, request, response);
  }
  ServerUnaryReactor* ReturnContact(CallbackServerContext* context, const v1::ReturnContactRequest* request,
                                    v1::ReturnContactResponse* response) override {
    return call(context, request, response);
  }
  ServerUnaryReactor* CloseSession(CallbackServerContext* context, const v1::CloseSessionRequest* request,
                                   v1::CloseSessionResponse* response) override {
    return call(context, request, response);
  }

 private:
  /// A command of a session opened by the other door.
  template <typename Request, typename Response>
  ServerUnaryReactor* call(CallbackServerContext* context, const Request* request, Response* response) {
    return admitted(gate_, context, request, [&](ServerUnaryReactor* reactor, const Admission& admission) {
      Checker well_formed;
      const auto session = well_formed.session_id(request->session_id());
      if (well_formed.ok() && !may_use(admission, session)) {
        reactor->Finish(to_status(not_own_desk()));
        return;
      }
      command_call(node_, reactor, request, response, [this](const Request& r, Checker& check) {
        const auto named = check.session_id(r.session_id());
        node_.touch_session(named);
        return to_command(r, named, check);
      });
    });
  }

  [[nodiscard]] bool may_use(const Admission& admission, dispatch::SessionId session) const {
    return admission.reach != Reach::kOwn || owners_.owns(admission.caller->agent_id, session);
  }

  node::Node& node_;
  Gate& gate_;
  StreamRegistry& streams_;
  SessionOwners owners_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_agent_session_service(node::Node& node, Gate& gate, StreamRegistry& streams) {
  return std::make_unique<AgentSessionService>(node, gate, streams);
}

}  // namespace muster::api
