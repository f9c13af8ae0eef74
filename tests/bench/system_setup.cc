#include "system_setup.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

#include "load_client.h"
#include "muster/base/uuid.h"
#include "muster/client/channel.h"
#include "muster/v1/routing_service.grpc.pb.h"

namespace muster::bench {
namespace {

constexpr std::chrono::seconds kStartLimit{60};
constexpr int kCallsMax = 256;  // in flight at once
constexpr int kSkillLevel = 80;

/// Makes unary calls of RoutingService, many at a time.
class Registrar {
 public:
  explicit Registrar(const std::string& address)
      : channel_(client::make_channel(address, {}, client::credentials_for(address))),
        stub_(v1::RoutingService::NewStub(channel_)) {}

  ~Registrar() {
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) delete static_cast<Pending*>(tag);
  }

  /// A server that has just started may still be taking up its journal.
  void wait_until_served() {
    const auto limit = std::chrono::system_clock::now() + kStartLimit;
    while (true) {
      grpc::ClientContext context;
      context.set_deadline(limit);
      context.set_wait_for_ready(true);
      v1::GetWorkspaceSettingsResponse response;
      const grpc::Status status = stub_->GetWorkspaceSettings(&context, {}, &response);
      if (status.ok()) return;
      if (std::chrono::system_clock::now() > limit) throw std::runtime_error("no server: " + status.error_message());
    }
  }

  template <typename Request, typename Response>
  using Prepare = std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> (v1::RoutingService::Stub::*)(
      grpc::ClientContext*, const Request&, grpc::CompletionQueue*);

  /// Starts a call with a new request id; first waits for an older one if there are too many.
  template <typename Request, typename Response>
  void call(Prepare<Request, Response> prepare, Request& request) {
    request.set_request_id(format_uuid(0x4000, 0x8000'0000'0000'0000 | ++requests_));
    while (in_flight_ >= kCallsMax) take_one();
    auto* pending = new PendingCall<Response>;
    pending->reader = (stub_.get()->*prepare)(&pending->context, request, &queue_);
    pending->reader->StartCall();
    pending->reader->Finish(&pending->response, &pending->status, pending);
    ++in_flight_;
  }

  /// Waits until all calls are answered.
  void drain() {
    while (in_flight_ > 0) take_one();
  }

 private:
  struct Pending {
    virtual ~Pending() = default;
    grpc::ClientContext context;
    grpc::Status status;
  };

  template <typename Response>
  struct PendingCall final : Pending {
    Response response;
    std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> reader;
  };

  void take_one() {
    void* tag = nullptr;
    bool ok = false;
    queue_.Next(&tag, &ok);
    --in_flight_;
    const std::unique_ptr<Pending> pending(static_cast<Pending*>(tag));
    if (!pending->status.ok()) throw std::runtime_error("registering: " + pending->status.error_message());
  }

  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::RoutingService::Stub> stub_;
  grpc::CompletionQueue queue_;
  int in_flight_ = 0;
  std::uint64_t requests_ = 0;
};

}  // namespace

void register_population(const std::string& address, const Population& population) {
  using Stub = v1::RoutingService::Stub;
  Registrar registrar(address);
  registrar.wait_until_served();
  for (const std::string& id : Population::skill_ids()) {
    v1::CreateSkillRequest request;
    request.mutable_skill()->set_skill_id(id);
    registrar.call(&Stub::PrepareAsyncCreateSkill, request);
  }
  v1::CreatePolicyRequest policy;
  policy.mutable_policy()->set_policy_id(kPolicyId);
  policy.mutable_policy()->add_steps();
  registrar.call(&Stub::PrepareAsyncCreatePolicy, policy);
  registrar.drain();

  for (int number = 0; number < population.queues(); ++number) {
    v1::CreateQueueRequest queue;
    queue.mutable_queue()->set_queue_id(Population::queue_id(number));
    queue.mutable_queue()->set_channel(v1::CHANNEL_TASK);
    queue.mutable_queue()->set_policy_id(kPolicyId);
    registrar.call(&Stub::PrepareAsyncCreateQueue, queue);
  }
  for (int agent = 0; agent < population.agents(); ++agent) {
    v1::CreateAgentRequest request;
    request.mutable_agent()->set_agent_id(Population::agent_id(agent));
    request.mutable_agent()->set_capacity_units(kAgentUnits);
    for (const std::int16_t skill : population.skills(agent)) {
      auto* level = request.mutable_agent()->add_skills();
      level->set_skill_id(Population::skill_ids()[static_cast<std::size_t>(skill)]);
      level->set_level(kSkillLevel);
    }
    registrar.call(&Stub::PrepareAsyncCreateAgent, request);
  }
  registrar.drain();
}

}  // namespace muster::bench
