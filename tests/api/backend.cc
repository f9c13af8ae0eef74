#include "backend.h"

#include <grpcpp/generic/generic_stub.h>

#include <random>
#include <set>
#include <thread>

#include "google/rpc/error_details.pb.h"
#include "muster/base/random.h"
#include "muster/base/uuid.h"
#include "muster/client/channel.h"
#include "muster/store/migrations.h"
#include "muster/v1/identity_service.grpc.pb.h"
#include "permissions.h"
#include "postgres_fixture.h"

namespace muster::testing {
namespace {

std::string new_database() {
  std::string database = PostgresCluster::instance().create_database();
  store::apply_migrations(database);
  return database;
}

node::NodeOptions on(const std::string& database, node::NodeOptions options) {
  options.database = database;
  options.owner = "api-test";
  return options;
}

api::ServerOptions on_any_port(api::ServerOptions options) {
  options.listen = "127.0.0.1:0";
  return options;
}

void expect_ok(const grpc::Status& status) { ASSERT_TRUE(status.ok()) << status.error_message(); }

}  // namespace

std::string new_request_id() {
  thread_local Random random(std::random_device{}());  // tests have several clients, each a thread
  return format_uuid(random(), random());
}

Problem problem(const google::rpc::Status& status) {
  Problem problem;
  problem.code = static_cast<grpc::StatusCode>(status.code());
  for (const auto& any : status.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::BadRequest bad;
    if (any.UnpackTo(&info)) {
      EXPECT_EQ(info.domain(), "muster.v1");
      problem.reason = info.reason();
      problem.metadata.insert(info.metadata().begin(), info.metadata().end());
    } else if (any.UnpackTo(&bad)) {
      for (const auto& violation : bad.field_violations()) problem.fields.push_back(violation.field());
    } else if (any.Is<google::rpc::RetryInfo>()) {
      problem.says_when_to_retry = true;
    }
  }
  return problem;
}

Problem problem(const grpc::Status& status) {
  google::rpc::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  details.set_code(status.error_code());
  return problem(details);
}

bool went_through(const grpc::Status& status) {
  return status.error_code() != grpc::StatusCode::UNAVAILABLE && status.error_code() != grpc::StatusCode::INTERNAL;
}

bool eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 6000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

TemporaryFolder::TemporaryFolder()
    : path([] {
        char made[] = "/tmp/muster-api-XXXXXX";
        return std::filesystem::path(mkdtemp(made));
      }()) {}

TemporaryFolder::~TemporaryFolder() { std::filesystem::remove_all(path); }

Backend::Backend(node::NodeOptions options, api::ServerOptions server_options, webhooks::Options webhooks) {
  database = new_database();
  options = on(database, std::move(options));
  node = std::make_unique<node::Node>(options);
  node->start();
  identity = std::make_unique<identity::Identity>(
      identity::IdentityOptions{.database = options.database, .root_key = folder.path / "root.key"});
  identity->start();
  identity->write_operator_key(folder.path / "operator.key");
  operator_key = client::credentials_in(folder.path / "operator.key")();
  back_office.emplace(database, *node, identity->gate(), musterd::sealer_of(*identity), std::move(webhooks));
  auto services = back_office->make_services(streams);
  services.push_back(identity->make_service());
  badges.emplace(back_office->pool(), certification::BadgeOptions{"https://muster.example", folder.path / "root.key"});
  services.push_back(badges->make_service(identity->gate()));
  server = std::make_unique<api::Server>(*node, identity->gate(), streams, std::move(services),
                                         on_any_port(std::move(server_options)));
  server->start();
  back_office->start_jobs();
  channel = connect(operator_key);
  EXPECT_TRUE(eventually([&] { return node->readiness().ready; })) << node->readiness().reason;
}

Backend::~Backend() {
  server->drain();
  node->stop();
  EXPECT_TRUE(server->stop(std::chrono::seconds(5)));
  back_office->stop();
  identity->stop();
}

std::shared_ptr<grpc::Channel> Backend::connect(const std::string& credential,
                                                const grpc::ChannelArguments& arguments) const {
  return client::make_channel("127.0.0.1:" + std::to_string(server->port()), arguments, [=] { return credential; });
}

void Backend::set_up_floor() {
  v1::CreateSkillRequest skill;
  skill.set_request_id(new_request_id());
  skill.mutable_skill()->set_skill_id("zh");
  expect_ok(call(&Routing::CreateSkill, skill));

  v1::CreatePolicyRequest policy;
  policy.set_request_id(new_request_id());
  policy.mutable_policy()->set_policy_id("plain");
  auto* requirement = policy.mutable_policy()->add_steps()->add_requirements();
  requirement->set_skill_id("zh");
  expect_ok(call(&Routing::CreatePolicy, policy));

  for (const auto& [id, channel_of] : {std::pair{"billing", v1::CHANNEL_VOICE}, std::pair{"help", v1::CHANNEL_CHAT}}) {
    v1::CreateQueueRequest queue;
    queue.set_request_id(new_request_id());
    queue.mutable_queue()->set_queue_id(id);
    queue.mutable_queue()->set_channel(channel_of);
    queue.mutable_queue()->set_policy_id("plain");
    expect_ok(call(&Routing::CreateQueue, queue));
  }
  for (const char* id : {"mei", "bob"}) {
    v1::CreateAgentRequest agent;
    agent.set_request_id(new_request_id());
    agent.mutable_agent()->set_agent_id(id);
    agent.mutable_agent()->set_capacity_units(340);
    auto* level = agent.mutable_agent()->add_skills();
    level->set_skill_id("zh");
    level->set_level(80);
    expect_ok(call(&Routing::CreateAgent, agent));
  }
}

void Backend::bring_member_to(const std::string& member_id, v1::MemberState last) {
  using Members = v1::MemberService::Stub;
  v1::CreateMemberRequest member;
  member.mutable_member()->set_member_id(member_id);
  member.mutable_member()->set_display_name(member_id);
  member.mutable_member()->set_engagement_type(v1::ENGAGEMENT_TYPE_STUDENT);
  EXPECT_TRUE(change(&Members::CreateMember, member).ok());
  for (int state = v1::MEMBER_STATE_VERIFIED; state <= last; ++state) {
    v1::ChangeMemberStateRequest step;
    step.set_member_id(member_id);
    step.set_state(static_cast<v1::MemberState>(state));
    EXPECT_TRUE(change(&Members::ChangeMemberState, step).ok());
  }
}

void Backend::make_tenant(const std::string& tenant_id) {
  v1::CreateTenantRequest request;
  request.mutable_tenant()->set_tenant_id(tenant_id);
  request.mutable_tenant()->set_display_name(tenant_id);
  EXPECT_TRUE(change(&v1::IdentityService::Stub::CreateTenant, request).ok());
}

std::shared_ptr<grpc::Channel> Backend::tenant_user(const std::string& tenant_id, v1::Role role) {
  v1::CreateUserRequest user;
  user.mutable_user()->set_tenant_id(tenant_id);
  user.mutable_user()->set_user_id("user-" + std::to_string(role));
  user.mutable_user()->add_roles(role);
  user.set_password("correct horse battery");
  EXPECT_TRUE(change(&v1::IdentityService::Stub::CreateUser, user).ok());
  v1::SignInRequest request;
  request.set_tenant_id(tenant_id);
  request.set_user_id(user.user().user_id());
  request.set_password(user.password());
  v1::SignInResponse response;
  EXPECT_TRUE(call(&v1::IdentityService::Stub::SignIn, request, &response).ok());
  return connect(response.tokens().access_token());
}

std::string Backend::create_contact(const std::string& queue_id, const std::string& attribute) {
  v1::CreateContactRequest request;
  request.set_request_id(new_request_id());
  request.set_queue_id(queue_id);
  if (!attribute.empty()) (*request.mutable_attributes())["note"] = attribute;
  v1::CreateContactResponse response;
  EXPECT_TRUE(call(&Contacts::CreateContact, request, &response).ok());
  return response.contact_id();
}

/// Calls a method of any kind with an empty message, or with `body`, and gives the status and the first answer.
std::pair<grpc::Status, std::string> call_raw(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                                              const std::string& body, bool until_the_end) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareCall(&context, method, &queue);
  const auto wait = [&] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  call->StartCall(nullptr);
  wait();
  grpc::Slice slice(body);
  call->WriteLast(grpc::ByteBuffer(&slice, 1), grpc::WriteOptions(), nullptr);
  wait();
  grpc::ByteBuffer answer;
  call->Read(&answer, nullptr);
  std::string text;
  if (wait()) {
    grpc::Slice whole;
    if (answer.DumpToSingleSlice(&whole).ok()) text.assign(whole.begin(), whole.end());
    if (!until_the_end) context.TryCancel();
  }
  grpc::Status status;
  call->Finish(&status, nullptr);
  wait();
  return {status, text};
}

std::vector<const google::protobuf::ServiceDescriptor*> services() {
  std::set<std::string> names;
  for (const auto& permission : identity::permissions()) names.insert("muster.v1." + std::string(permission.service));
  std::vector<const google::protobuf::ServiceDescriptor*> all;
  for (const std::string& name : names) {
    all.push_back(google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(name));
  }
  return all;
}

}  // namespace muster::testing
