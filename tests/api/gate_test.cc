#include "muster/api/gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend.h"
#include "desk.h"
#include "muster/api/caller.h"
#include "muster/v1/board_service.grpc.pb.h"
#include "muster/v1/identity_service.grpc.pb.h"
#include "permissions.h"

/// Every call of every service passes the gate, whoever calls.
namespace muster::testing {
namespace {

using api::Reach;
using google::protobuf::MethodDescriptor;
using grpc::StatusCode;
using Identities = v1::IdentityService::Stub;

constexpr const char* kPassword = "correct horse battery";

class Gate : public ::testing::Test {
 protected:
  Gate() {
    v1::CreateTenantRequest tenant;
    tenant.set_request_id(new_request_id());
    tenant.mutable_tenant()->set_tenant_id("acme");
    EXPECT_TRUE(backend.call(&Identities::CreateTenant, tenant).ok());
  }

  static bool of_a_tenant(v1::Role role) { return role == v1::ROLE_TENANT_ADMIN || role == v1::ROLE_TENANT_VIEWER; }

  /// A user with the role who has signed in.
  v1::Tokens sign_in(v1::Role role, const std::string& agent_id = "") {
    v1::CreateUserRequest user;
    user.set_request_id(new_request_id());
    user.mutable_user()->set_tenant_id(of_a_tenant(role) ? "acme" : kPlatformTenant);
    user.mutable_user()->set_user_id("user-" + std::to_string(++users));
    user.mutable_user()->add_roles(role);
    user.mutable_user()->set_agent_id(agent_id);
    user.set_password(kPassword);
    EXPECT_TRUE(backend.call(&Identities::CreateUser, user).ok());
    v1::SignInRequest request;
    request.set_tenant_id(user.user().tenant_id());
    request.set_user_id(user.user().user_id());
    request.set_password(kPassword);
    v1::SignInResponse response;
    EXPECT_TRUE(backend.call(&Identities::SignIn, request, &response).ok());
    return response.tokens();
  }

  static std::vector<const MethodDescriptor*> methods() {
    std::vector<const MethodDescriptor*> all;
    for (const auto* service : services()) {
      for (int i = 0; i < service->method_count(); ++i) all.push_back(service->method(i));
    }
    return all;
  }
  static grpc::Status call(const std::shared_ptr<grpc::Channel>& channel, const MethodDescriptor& method) {
    const bool unary = !method.client_streaming() && !method.server_streaming();
    return call_raw(channel, "/" + method.service()->full_name() + "/" + method.name(), "", unary).first;
  }

  Backend backend;
  int users = 0;
};

TEST_F(Gate, WithoutCredentialsThereIsNothingButSigningIn) {
  const auto channel = backend.connect("");
  std::uint64_t refused = 0;
  for (const auto* method : methods()) {
    const bool open = identity::permission_for(*method->input_type())->access == identity::Access::kAnyone;
    const grpc::Status status = call(channel, *method);
    EXPECT_EQ(status.error_code() == StatusCode::UNAUTHENTICATED && problem(status).reason == "CREDENTIALS_MISSING",
              !open)
        << method->full_name();
    refused += open ? 0 : 1;
  }
  EXPECT_EQ(backend.identity->metrics().refused_unauthenticated, refused);
  EXPECT_EQ(backend.identity->metrics().refused_denied, 0u);
}

TEST_F(Gate, CredentialsThatAreNotGoodAreRefusedByEveryMethod) {
  const auto channel = backend.connect("mk_live_0123456789abcdef_0123456789012345678901234567890123456789012");
  for (const auto* method : methods()) {
    if (identity::permission_for(*method->input_type())->access == identity::Access::kAnyone) continue;
    EXPECT_EQ(problem(call(channel, *method)).reason, "CREDENTIALS_INVALID") << method->full_name();
  }
}

TEST_F(Gate, EveryRoleMayCallWhatTheTableSaysAndNothingElse) {
  int calls = 0;
  std::uint64_t denied = 0;
  for (int i = v1::Role_MIN + 1; i <= v1::Role_MAX; ++i) {
    const auto role = static_cast<v1::Role>(i);
    api::Caller caller;
    caller.tenant_id = of_a_tenant(role) ? "acme" : kPlatformTenant;
    caller.roles = {role};
    const auto channel = backend.connect(sign_in(role).access_token());
    for (const auto* method : methods()) {
      const auto& permission = *identity::permission_for(*method->input_type());
      if (permission.access != identity::Access::kTable) continue;
      const grpc::Status status = call(channel, *method);
      // Whoever is let in to what is its own, and is nobody, hears so.
      const bool nobody = !status.ok() && problem(status).reason == "NOT_A_MEMBER";
      const StatusCode code = nobody ? StatusCode::INVALID_ARGUMENT : status.error_code();
      const bool allowed = identity::reach_of(permission, caller) != Reach::kNone;
      EXPECT_EQ(code != StatusCode::PERMISSION_DENIED, allowed) << method->full_name() << " as " << v1::Role_Name(role);
      EXPECT_NE(code, StatusCode::UNAUTHENTICATED) << method->full_name() << " as " << v1::Role_Name(role);
      ++calls;
      denied += allowed ? 0 : 1;
    }
  }
  EXPECT_GT(calls, 500);
  EXPECT_EQ(backend.identity->metrics().refused_denied, denied);
}

TEST_F(Gate, AStreamEndsSoonAfterItsCallerIsRevoked) {
  const v1::Tokens tokens = sign_in(v1::ROLE_SUPERVISOR);
  const auto channel = backend.connect(tokens.access_token());
  v1::BoardService::Stub boards(channel);
  v1::ContactService::Stub contacts(channel);
  grpc::ClientContext board_context, contacts_context;
  const auto board = boards.WatchBoard(&board_context, v1::WatchBoardRequest());
  const auto watch = contacts.WatchContacts(&contacts_context, v1::WatchContactsRequest());
  v1::WatchBoardResponse board_response;
  v1::WatchContactsResponse contacts_response;
  ASSERT_TRUE(board->Read(&board_response));
  ASSERT_TRUE(watch->Read(&contacts_response));

  v1::SignOutRequest sign_out;
  sign_out.set_request_id(new_request_id());
  v1::SignOutResponse ignored;
  grpc::ClientContext context;
  const auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(Identities(channel).SignOut(&context, sign_out, &ignored).ok());
  while (board->Read(&board_response)) {
  }
  while (watch->Read(&contacts_response)) {
  }
  RecordProperty(
      "milliseconds",
      std::to_string(
          std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start).count()));
  for (const grpc::Status& status : {board->Finish(), watch->Finish()}) {
    EXPECT_EQ(status.error_code(), StatusCode::UNAUTHENTICATED);
    EXPECT_EQ(problem(status).reason, "CREDENTIALS_REVOKED");
  }
}

TEST_F(Gate, AnAgentHasItsOwnDeskAndNoOther) {
  backend.set_up_floor();
  const auto channel = backend.connect(sign_in(v1::ROLE_AGENT, "mei").access_token());
  v1::AgentSessionService::Stub desks(channel);
  const auto open = [&](grpc::ClientContext& context, const std::string& agent) {
    v1::OpenRequest request;
    request.set_request_id(new_request_id());
    request.set_agent_id(agent);
    return desks.Open(&context, request);
  };
  v1::OpenResponse opened;
  grpc::ClientContext other_context;
  const auto other = open(other_context, "bob");
  EXPECT_FALSE(other->Read(&opened));
  EXPECT_EQ(other->Finish().error_code(), StatusCode::PERMISSION_DENIED);

  grpc::ClientContext own_context;
  const auto own = open(own_context, "mei");
  ASSERT_TRUE(own->Read(&opened));
  const std::string own_session = opened.events(0).opened().session_id();
  const auto bob = Desk::available(Door::kOpen, backend, "bob");
  const auto take_a_break = [&](const std::string& session) {
    v1::SetPresenceRequest request;
    request.set_request_id(new_request_id());
    request.set_session_id(session);
    request.set_presence(v1::AGENT_PRESENCE_BREAK);
    v1::SetPresenceResponse response;
    grpc::ClientContext context;
    return desks.SetPresence(&context, request, &response).error_code();
  };
  EXPECT_EQ(take_a_break(own_session), StatusCode::OK);
  EXPECT_EQ(take_a_break(bob->session_id()), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(take_a_break("s-999"), StatusCode::PERMISSION_DENIED);
  v1::HeartbeatRequest heartbeat;
  heartbeat.set_session_id(bob->session_id());
  v1::HeartbeatResponse ignored;
  grpc::ClientContext context;
  EXPECT_EQ(desks.Heartbeat(&context, heartbeat, &ignored).error_code(), StatusCode::PERMISSION_DENIED);
  own_context.TryCancel();
}

TEST_F(Gate, ASupervisorMaySeeTheFloorButHasNoDesk) {
  backend.set_up_floor();
  v1::AgentSessionService::Stub desks(backend.connect(sign_in(v1::ROLE_SUPERVISOR, "mei").access_token()));
  grpc::ClientContext context;
  const auto stream = desks.Session(&context);
  v1::SessionResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), StatusCode::PERMISSION_DENIED);
}

}  // namespace
}  // namespace muster::testing
