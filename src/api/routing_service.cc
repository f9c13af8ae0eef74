#include <algorithm>
#include <string>
#include <utility>

#include "muster/api/page_token.h"
#include "muster/v1/routing_service.grpc.pb.h"
#include "services.h"
#include "tenant_view.h"
#include "unary.h"

namespace muster::api {
namespace {

using dispatch::Engine;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

/// One list call under way: walks the handles of one kind in their order and fills a page. Each look at the engine is
/// short, whatever the filters leave out.
///
/// `Kind` says how: Handle, last(engine), and add(engine, handle, request, response, tenant), which adds the resource
/// if it exists, for the tenant too, and passes the filters.
template <typename Kind, typename Request, typename Response>
class Listing : public std::enable_shared_from_this<Listing<Kind, Request, Response>> {
 public:
  Listing(node::Node& node, const Request* request, Response* response, ServerUnaryReactor* reactor, PageToken token,
          std::string tenant, std::uint64_t after, std::size_t page_size)
      : node_(node),
        request_(request),
        response_(response),
        reactor_(reactor),
        token_(token),
        tenant_(std::move(tenant)),
        handle_(after),
        room_(page_size) {}

  void next() {
    node_.read([self = this->shared_from_this()](const Engine& engine,
                                                 TimePoint) -> std::function<void()> { return self->look(engine); },
               [self = this->shared_from_this()](node::Delivery delivery) {
                 self->reactor_->Finish(to_status(delivery_error(delivery)));
               });
  }

 private:
  static constexpr int kHandlesPerLook = 500;

  std::function<void()> look(const Engine& engine) {
    using Handle = typename Kind::Handle;
    const std::uint64_t last = dispatch::raw(Kind::last(engine));
    for (int looked = 0; handle_ < last && room_ > 0 && looked < kHandlesPerLook; ++looked) {
      const Handle handle{static_cast<std::underlying_type_t<Handle>>(++handle_)};
      if (Kind::add(engine, handle, *request_, response_, tenant_)) --room_;
    }
    if (handle_ < last && room_ > 0) return [self = this->shared_from_this()] { self->next(); };
    if (handle_ < last) response_->set_next_page_token(token_.after(handle_));
    return [self = this->shared_from_this()] { self->reactor_->Finish(grpc::Status::OK); };
  }

  node::Node& node_;
  const Request* const request_;
  Response* const response_;
  ServerUnaryReactor* const reactor_;
  const PageToken token_;
  const std::string tenant_;  ///< of the caller; empty: everything exists for it
  std::uint64_t handle_;      ///< looked at last
  std::size_t room_;          ///< on the page
};

struct Skills {
  using Handle = dispatch::SkillHandle;
  static Handle last(const Engine& engine) { return engine.last_skill(); }
  static bool add(const Engine& engine, Handle handle, const v1::ListSkillsRequest&, v1::ListSkillsResponse* out,
                  const std::string&) {
    const auto* skill = engine.skill(handle);
    if (skill) node::render(*skill, out->add_skills());
    return skill != nullptr;
  }
};

struct Policies {
  using Handle = dispatch::PolicyHandle;
  static Handle last(const Engine& engine) { return engine.last_policy(); }
  static bool add(const Engine& engine, Handle handle, const v1::ListPoliciesRequest&, v1::ListPoliciesResponse* out,
                  const std::string&) {
    const auto* policy = engine.policy(handle);
    if (policy) node::render(engine, *policy, out->add_policies());
    return policy != nullptr;
  }
};

struct Queues {
  using Handle = dispatch::QueueHandle;
  static Handle last(const Engine& engine) { return engine.last_queue(); }
  static bool add(const Engine& engine, Handle handle, const v1::ListQueuesRequest&, v1::ListQueuesResponse* out,
                  const std::string& tenant) {
    const auto* queue = engine.queue(handle);
    if (!queue || !exists_for(tenant, *queue)) return false;
    auto* shown = out->add_queues();
    node::render(engine, *queue, shown);
    if (!tenant.empty()) show_to_tenant(shown);
    return true;
  }
};

struct Agents {
  using Handle = dispatch::AgentHandle;
  static Handle last(const Engine& engine) { return engine.last_agent(); }
  static bool add(const Engine& engine, Handle handle, const v1::ListAgentsRequest& request,
                  v1::ListAgentsResponse* out, const std::string&) {
    const auto* agent = engine.agent(handle);
    if (!agent || (request.connected_only() && !agent->connected)) return false;
    if (!request.skill_id().empty()) {
      const auto* skill = engine.skill(request.skill_id());
      if (!skill) return false;
      const auto is_it = [&](const dispatch::SkillLevel& level) { return level.skill == skill->handle; };
      if (std::none_of(agent->spec.skills.begin(), agent->spec.skills.end(), is_it)) return false;
    }
    node::render(engine, *agent, out->add_agents());
    return true;
  }
};

class RoutingService final : public v1::RoutingService::CallbackService {
 public:
  RoutingService(node::Node& node, Gate& gate) : node_(node), gate_(gate) {}

  // --- commands ---

  ServerUnaryReactor* CreateSkill(CallbackServerContext* context, const v1::CreateSkillRequest* request,
                                  v1::CreateSkillResponse* response) override {
    return command_call(gate_, node_, context, request, response);
  }
  ServerUnaryReactor* UpdateSkill(CallbackServerContext* context, const v1::UpdateSkillRequest* request,
                                  v1::UpdateSkillResponse* response) override {
    return command_call(gate_, node_, context, request, response);
  }
  ServerUnaryReactor* DeleteSkill(CallbackServerContext* context, const v1::DeleteSkillRequest* request,
                                  v1::DeleteSkillResponse* response) override {
    return command_call(gate_, node_, context, request, response);
  }
  ServerUnaryReactor* CreatePolicy(CallbackServerContext* context, const v1::CreatePolicyRequest* request,
                                   v1::CreatePolicyResponse* response) override {
    return command_call(gate_, node_, context, request, response);
  }
  ServerUnaryReactor* UpdatePolicy(CallbackServerContext* context, const v1::UpdatePolicyRequest* request,
                                   v1::UpdatePolicyResponse* response) override {
    return command_call(gate_, node_, context, request, response);
  }
  ServerUnaryReactor* DeletePolicy(CallbackServerContext* context, const v1::DeletePolicyRequest* request,
                                   v1::DeletePolicyResponse* response) override {
    return command_call(gate_, node_, context, request, response);
  }
  ServerUnaryReactor* CreateQueue(CallbackServerContext* context, const v1::CreateQueueRequest* request,
                                  v1::CreateQueueResponse* response) override {
    return admitted(gate_, context, request,
                    [&](ServerUnaryReactor* reactor, const Admission&) { create_queue(reactor, request, response); });
  }
  ServerUnaryReactor* UpdateQueue(CallbackServerContext* context, const v1::UpdateQueueRequest* request,
                                  v1::UpdateQueueResponse* response) override {
    return command_call(gate_, node_, context, request, response);
  }
  ServerUnaryReactor* DeleteQueue(CallbackServerContext* context, const v1::DeleteQueueRequest* request,
                                  v1::DeleteQueueResponse* response) override {
    return command_call(gate_, node_, context, request, response);
  }
  ServerUnaryReactor* CreateAgent(CallbackServerContext* context, const v1::CreateAgentRequest* request,
                                  v1::CreateAgentResponse* response) override {
    return command_call(gate_, node_, context, request, response);
  }
  ServerUnaryReactor* UpdateAgent(CallbackServerContext* context, const v1::UpdateAgentRequest* request,
                                  v1::UpdateAgentResponse* response) override {
    return command_call(gate_, node_, context, request, response);
  }
  ServerUnaryReactor* DeleteAgent(CallbackServerContext* context, const v1::DeleteAgentRequest* request,
                                  v1::DeleteAgentResponse* response) override {
    return command_call(gate_, node_, context, request, response);
  }
  ServerUnaryReactor* UpdateWorkspaceSettings(CallbackServerContext* context,
                                              const v1::UpdateWorkspaceSettingsRequest* request,
                                              v1::UpdateWorkspaceSettingsResponse* response) override {
    return command_call(gate_, node_, context, request, response);
  }
  ServerUnaryReactor* SetAgentSuspension(CallbackServerContext* context, const v1::SetAgentSuspensionRequest* request,
                                         v1::SetAgentSuspensionResponse* response) override {
    return command_call(gate_, node_, context, request, response);
  }
  ServerUnaryReactor* SetAgentPresence(CallbackServerContext* context, const v1::SetAgentPresenceRequest* request,
                                       v1::SetAgentPresenceResponse* response) override {
    return command_call(gate_, node_, context, request, response);
  }
  ServerUnaryReactor* SetPoolHold(CallbackServerContext* context, const v1::SetPoolHoldRequest* request,
                                  v1::SetPoolHoldResponse* response) override {
    return command_call(gate_, node_, context, request, response);
  }

  // --- reads ---

  ServerUnaryReactor* GetSkill(CallbackServerContext* context, const v1::GetSkillRequest* request,
                               v1::GetSkillResponse* response) override {
    return get(context, request, "SKILL", "skill_id", &request->skill_id(),
               [=](const Engine& engine, const std::string&) {
                 const auto* skill = engine.skill(request->skill_id());
                 if (skill) node::render(*skill, response->mutable_skill());
                 return skill != nullptr;
               });
  }
  ServerUnaryReactor* GetPolicy(CallbackServerContext* context, const v1::GetPolicyRequest* request,
                                v1::GetPolicyResponse* response) override {
    return get(context, request, "POLICY", "policy_id", &request->policy_id(),
               [=](const Engine& engine, const std::string&) {
                 const auto* policy = engine.policy(request->policy_id());
                 if (policy) node::render(engine, *policy, response->mutable_policy());
                 return policy != nullptr;
               });
  }
  ServerUnaryReactor* GetQueue(CallbackServerContext* context, const v1::GetQueueRequest* request,
                               v1::GetQueueResponse* response) override {
    return get(context, request, "QUEUE", "queue_id", &request->queue_id(),
               [=](const Engine& engine, const std::string& tenant) {
                 const auto* queue = engine.queue(request->queue_id());
                 if (!queue || !exists_for(tenant, *queue)) return false;
                 node::render(engine, *queue, response->mutable_queue());
                 if (!tenant.empty()) show_to_tenant(response->mutable_queue());
                 return true;
               });
  }
  ServerUnaryReactor* GetAgent(CallbackServerContext* context, const v1::GetAgentRequest* request,
                               v1::GetAgentResponse* response) override {
    return get(context, request, "AGENT", "agent_id", &request->agent_id(),
               [=](const Engine& engine, const std::string&) {
                 const auto* agent = engine.agent(request->agent_id());
                 if (agent) node::render(engine, *agent, response->mutable_agent());
                 return agent != nullptr;
               });
  }
  ServerUnaryReactor* GetWorkspaceSettings(CallbackServerContext* context,
                                           const v1::GetWorkspaceSettingsRequest* request,
                                           v1::GetWorkspaceSettingsResponse* response) override {
    return admitted(gate_, context, request, [&](ServerUnaryReactor* reactor, const Admission&) {
      read(node_, reactor, [=](const Engine& engine, TimePoint) {
        node::render(engine.settings(), response->mutable_settings());
        return grpc::Status::OK;
      });
    });
  }

  ServerUnaryReactor* ListSkills(CallbackServerContext* context, const v1::ListSkillsRequest* request,
                                 v1::ListSkillsResponse* response) override {
    return list<Skills>(context, request, response, PageToken{"skills"});
  }
  ServerUnaryReactor* ListPolicies(CallbackServerContext* context, const v1::ListPoliciesRequest* request,
                                   v1::ListPoliciesResponse* response) override {
    return list<Policies>(context, request, response, PageToken{"policies"});
  }
  ServerUnaryReactor* ListQueues(CallbackServerContext* context, const v1::ListQueuesRequest* request,
                                 v1::ListQueuesResponse* response) override {
    return list<Queues>(context, request, response, PageToken{"queues"});
  }
  ServerUnaryReactor* ListAgents(CallbackServerContext* context, const v1::ListAgentsRequest* request,
                                 v1::ListAgentsResponse* response) override {
    return list<Agents>(context, request, response,
                        PageToken{"agents", request->skill_id(), request->connected_only() ? "connected" : "all"},
                        [&](Checker& check) { check.optional_id("skill_id", request->skill_id()); });
  }

 private:
  void create_queue(ServerUnaryReactor* reactor, const v1::CreateQueueRequest* request,
                    v1::CreateQueueResponse* response) {
    Checker check;
    dispatch::Command command = to_command(*request, check);
    if (!check.ok()) return reactor->Finish(to_status(check.error()));
    const std::string tenant = std::get<dispatch::CreateQueue>(command.body).tenant;
    gate_.find_tenant(tenant, [=, this, command = std::move(command)](std::optional<bool> found) mutable {
      if (!found) return reactor->Finish(to_status(store_error(node::StoreStatus::kUnavailable)));
      if (!*found) return reactor->Finish(to_status(not_found("TENANT", "queue.tenant_id", tenant)));
      submit(node_, std::move(command), reactor, request, response);
    });
  }

  /// `find(engine, tenant)` fills the response; false if there is no such resource, for the caller's tenant.
  template <typename Request, typename Find>
  ServerUnaryReactor* get(CallbackServerContext* context, const Request* request, const char* kind, const char* field,
                          const std::string* id, const Find& find) {
    return admitted(gate_, context, request, [&](ServerUnaryReactor* reactor, const Admission& admission) {
      Checker check;
      check.id(field, *id);
      if (!check.ok()) {
        reactor->Finish(to_status(check.error()));
        return;
      }
      read(node_, reactor, [=, tenant = admission.tenant()](const Engine& engine, TimePoint) {
        return find(engine, tenant) ? grpc::Status::OK : to_status(not_found(kind, field, *id));
      });
    });
  }

  template <typename Kind, typename Request, typename Response>
  ServerUnaryReactor* list(
      CallbackServerContext* context, const Request* request, Response* response, const PageToken& token,
      const std::function<void(Checker&)>& check_filters = [](Checker&) {}) {
    return admitted(gate_, context, request, [&](ServerUnaryReactor* reactor, const Admission& admission) {
      Checker check;
      check_filters(check);
      const std::size_t size = page_size(request->page_size(), check);
      const auto after = token.parse(request->page_token());
      check.expect(after.has_value(), "page_token", "is not one of this list with these filters");
      if (!check.ok()) {
        reactor->Finish(to_status(check.error()));
        return;
      }
      std::make_shared<Listing<Kind, Request, Response>>(node_, request, response, reactor, token, admission.tenant(),
                                                         *after, size)
          ->next();
    });
  }

  node::Node& node_;
  Gate& gate_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_routing_service(node::Node& node, Gate& gate) {
  return std::make_unique<RoutingService>(node, gate);
}

}  // namespace muster::api
