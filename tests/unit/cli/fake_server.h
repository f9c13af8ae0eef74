#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app.h"
#include "muster/v1/admin_service.grpc.pb.h"
#include "muster/v1/agent_session_service.grpc.pb.h"
#include "muster/v1/board_service.grpc.pb.h"
#include "muster/v1/contact_service.grpc.pb.h"
#include "muster/v1/routing_service.grpc.pb.h"

namespace muster::cli {

/// Answers as a test says and remembers what it was asked.
struct FakeRouting final : v1::RoutingService::Service {
  std::vector<v1::CreateQueueRequest> created;
  std::vector<v1::UpdateQueueRequest> updated;
  std::vector<v1::CreatePolicyRequest> created_policies;
  std::vector<v1::UpdatePolicyRequest> updated_policies;
  std::vector<v1::SetAgentSuspensionRequest> suspensions;
  std::vector<v1::SetAgentPresenceRequest> presences;
  std::vector<v1::SetPoolHoldRequest> holds;
  std::vector<v1::UpdateWorkspaceSettingsRequest> updated_settings;
  /// Statuses of the next calls to CreateQueue; OK when there are none left.
  std::vector<grpc::Status> failures;

  grpc::Status CreateQueue(grpc::ServerContext*, const v1::CreateQueueRequest* request,
                           v1::CreateQueueResponse* response) override {
    created.push_back(*request);
    response->set_sequence(7);
    if (failures.empty()) return grpc::Status::OK;
    const grpc::Status failure = failures.front();
    failures.erase(failures.begin());
    return failure;
  }
  grpc::Status UpdateQueue(grpc::ServerContext*, const v1::UpdateQueueRequest* request,
                           v1::UpdateQueueResponse*) override {
    updated.push_back(*request);
    return grpc::Status::OK;
  }
  grpc::Status CreatePolicy(grpc::ServerContext*, const v1::CreatePolicyRequest* request,
                            v1::CreatePolicyResponse*) override {
    created_policies.push_back(*request);
    return grpc::Status::OK;
  }
  grpc::Status UpdatePolicy(grpc::ServerContext*, const v1::UpdatePolicyRequest* request,
                            v1::UpdatePolicyResponse*) override {
    updated_policies.push_back(*request);
    return grpc::Status::OK;
  }
  /// 2,500 skills, in pages.
  grpc::Status ListSkills(grpc::ServerContext*, const v1::ListSkillsRequest* request,
                          v1::ListSkillsResponse* response) override {
    const int first = request->page_token().empty() ? 0 : std::stoi(request->page_token());
    const int end = std::min(2500, first + request->page_size());
    for (int i = first; i < end; ++i) response->add_skills()->set_skill_id("skill-" + std::to_string(i));
    if (end < 2500) response->set_next_page_token(std::to_string(end));
    return grpc::Status::OK;
  }
  grpc::Status SetAgentSuspension(grpc::ServerContext*, const v1::SetAgentSuspensionRequest* request,
                                  v1::SetAgentSuspensionResponse*) override {
    suspensions.push_back(*request);
    return grpc::Status::OK;
  }
  grpc::Status SetAgentPresence(grpc::ServerContext*, const v1::SetAgentPresenceRequest* request,
                                v1::SetAgentPresenceResponse*) override {
    presences.push_back(*request);
    return grpc::Status::OK;
  }
  grpc::Status SetPoolHold(grpc::ServerContext*, const v1::SetPoolHoldRequest* request,
                           v1::SetPoolHoldResponse*) override {
    holds.push_back(*request);
    return grpc::Status::OK;
  }
  grpc::Status UpdateWorkspaceSettings(grpc::ServerContext*, const v1::UpdateWorkspaceSettingsRequest* request,
                                       v1::UpdateWorkspaceSettingsResponse*) override {
    updated_settings.push_back(*request);
    return grpc::Status::OK;
  }
};

struct FakeContacts final : v1::ContactService::Service {
  std::vector<v1::CreateContactRequest> created;
  std::vector<v1::WatchContactsRequest> watches;
  std::vector<v1::EstimateWaitRequest> estimated;
  std::vector<v1::PrioritizeContactRequest> prioritized;
  std::vector<v1::AssignContactRequest> assigned;
  v1::GetContactResponse contact;

  grpc::Status CreateContact(grpc::ServerContext*, const v1::CreateContactRequest* request,
                             v1::CreateContactResponse* response) override {
    created.push_back(*request);
    response->set_contact_id("c-1");
    return grpc::Status::OK;
  }
  grpc::Status GetContact(grpc::ServerContext*, const v1::GetContactRequest*,
                          v1::GetContactResponse* response) override {
    *response = contact;
    return grpc::Status::OK;
  }
  grpc::Status PrioritizeContact(grpc::ServerContext*, const v1::PrioritizeContactRequest* request,
                                 v1::PrioritizeContactResponse*) override {
    prioritized.push_back(*request);
    return grpc::Status::OK;
  }
  grpc::Status AssignContact(grpc::ServerContext*, const v1::AssignContactRequest* request,
                             v1::AssignContactResponse*) override {
    assigned.push_back(*request);
    return grpc::Status::OK;
  }
  grpc::Status ExplainAgent(grpc::ServerContext*, const v1::ExplainAgentRequest* request,
                            v1::ExplainAgentResponse* response) override {
    response->mutable_agent()->set_agent_id(request->agent_id());
    response->set_obstacle(v1::OBSTACLE_SUSPENDED);
    return grpc::Status::OK;
  }
  grpc::Status EstimateWait(grpc::ServerContext*, const v1::EstimateWaitRequest* request,
                            v1::EstimateWaitResponse* response) override {
    estimated.push_back(*request);
    response->mutable_estimate()->set_servers(5);
    response->mutable_estimate()->mutable_wait()->set_seconds(150);
    return grpc::Status::OK;
  }
  /// One event, then the connection breaks; the second watch is refused.
  grpc::Status WatchContacts(grpc::ServerContext*, const v1::WatchContactsRequest* request,
                             grpc::ServerWriter<v1::WatchContactsResponse>* writer) override {
    watches.push_back(*request);
    if (watches.size() > 1) return {grpc::StatusCode::OUT_OF_RANGE, "too old"};
    v1::WatchContactsResponse response;
    response.set_sequence(41);
    auto* event = response.add_events();
    event->set_sequence(41);
    event->set_contact_id("c-1");
    event->set_kind(v1::CONTACT_EVENT_KIND_CREATED);
    event->set_state(v1::CONTACT_STATE_QUEUED);
    writer->Write(response);
    return {grpc::StatusCode::UNAVAILABLE, "restarting"};
  }
};

struct FakeBoard final : v1::BoardService::Service {
  v1::WatchBoardResponse snapshot;

  grpc::Status WatchBoard(grpc::ServerContext* context, const v1::WatchBoardRequest*,
                          grpc::ServerWriter<v1::WatchBoardResponse>* writer) override {
    writer->Write(snapshot);
    while (!context->IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds{5});
    return grpc::Status::OK;
  }
};

struct FakeAdmin final : v1::AdminService::Service {
  v1::KpiComparison comparison;

  grpc::Status RecomputeKpis(grpc::ServerContext*, const v1::RecomputeKpisRequest* request,
                             grpc::ServerWriter<v1::RecomputeKpisResponse>* writer) override {
    v1::RecomputeKpisResponse progress;
    progress.set_target_sequence(1000);
    progress.set_counted_sequence(100);
    writer->Write(progress);
    progress.set_counted_sequence(1000);
    *progress.mutable_comparison() = comparison;
    progress.mutable_comparison()->set_repaired(request->repair());
    writer->Write(progress);
    return grpc::Status::OK;
  }
  grpc::Status RebuildProjections(grpc::ServerContext*, const v1::RebuildProjectionsRequest*,
                                  grpc::ServerWriter<v1::RebuildProjectionsResponse>* writer) override {
    v1::RebuildProjectionsResponse progress;
    progress.set_target_sequence(1000);
    for (const int done : {100, 1000}) {
      progress.set_projected_sequence(done);
      writer->Write(progress);
    }
    return grpc::Status::OK;
  }
};

/// Runs `script` for each session that is opened; the number counts them from 1.
struct FakeSessions final : v1::AgentSessionService::Service {
  using Stream = grpc::ServerReaderWriter<v1::SessionResponse, v1::SessionRequest>;
  std::function<grpc::Status(int number, Stream& stream)> script;
  std::atomic<int> opened = 0;

  grpc::Status Session(grpc::ServerContext*, Stream* stream) override { return script(++opened, *stream); }
};

/// All of them behind a port of 127.0.0.1.
class FakeServer {
 public:
  FakeRouting routing;
  FakeContacts contacts;
  FakeBoard board;
  FakeAdmin admin;
  FakeSessions sessions;

  FakeServer() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&routing);
    builder.RegisterService(&contacts);
    builder.RegisterService(&board);
    builder.RegisterService(&admin);
    builder.RegisterService(&sessions);
    server_ = builder.BuildAndStart();
    address_ = "127.0.0.1:" + std::to_string(port);
  }

  ~FakeServer() { server_->Shutdown(std::chrono::system_clock::now()); }

  const std::string& address() const { return address_; }

 private:
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
};

/// What a command line printed and returned.
struct Ran {
  int code;
  std::string out;
  std::string err;
};

inline Ran run_muster(const std::vector<std::string>& arguments) {
  std::vector<const char*> argv{"muster"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  std::ostringstream out;
  std::ostringstream err;
  const int code = run(static_cast<int>(argv.size()), argv.data(), out, err);
  return {code, out.str(), err.str()};
}

}  // namespace muster::cli
