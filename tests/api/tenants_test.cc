#include <gmock/gmock.h>
#include <google/protobuf/dynamic_message.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "backend.h"
#include "desk.h"
#include "muster/api/caller.h"
#include "muster/v1/board_service.grpc.pb.h"
#include "muster/v1/identity_service.grpc.pb.h"
#include "muster/v1/target_service.grpc.pb.h"
#include "muster/v1/vetting_service.grpc.pb.h"
#include "muster/v1/webhook_service.grpc.pb.h"
#include "muster/webhooks/webhooks.h"
#include "permissions.h"

/// Two enterprise clients on one floor: neither sees or changes anything of the other's, whatever it asks for.
namespace muster::testing {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using grpc::StatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Boards = v1::BoardService::Stub;
using Identities = v1::IdentityService::Stub;
using Webhooks = v1::WebhookService::Stub;

constexpr const char* kPassword = "correct horse battery";
/// In all that is Acme's, and in no request of others.
constexpr const char* kSecret = "hush-hush";

/// Nobody's deliveries change while a test looks at them: what failed once waits.
webhooks::Options patient() {
  webhooks::Options options;
  options.retries = {std::chrono::hours(1'000)};
  return options;
}

std::string marked(const std::string& tenant) { return tenant == "acme" ? kSecret : tenant; }

/// Who calls, and how.
struct Client {
  std::string name;
  api::Caller caller;
  std::shared_ptr<grpc::Channel> channel;
};

class TenantsTest : public ::testing::Test {
 protected:
  TenantsTest() {
    backend.set_up_floor();
    for (const char* tenant : {"acme", "globex"}) {
      v1::CreateTenantRequest request;
      request.mutable_tenant()->set_tenant_id(tenant);
      request.mutable_tenant()->set_display_name(marked(tenant));
      EXPECT_TRUE(backend.change(&Identities::CreateTenant, request).ok());
      for (const char* kind : {"-calls", "-orders"}) {
        EXPECT_TRUE(create_queue(tenant + std::string(kind), tenant).ok());
      }
    }
    for (const char* tenant : {"acme", "globex"}) {
      for (const auto role : {v1::ROLE_TENANT_ADMIN, v1::ROLE_TENANT_VIEWER}) clients.push_back(sign_in(tenant, role));
      clients.push_back(make_key(tenant));
    }
  }

  grpc::Status create_queue(const std::string& id, const std::string& tenant) {
    v1::CreateQueueRequest request;
    request.mutable_queue()->set_queue_id(id);
    request.mutable_queue()->set_display_name(marked(tenant));
    request.mutable_queue()->set_channel(v1::CHANNEL_VOICE);
    request.mutable_queue()->set_policy_id("plain");
    request.mutable_queue()->set_tenant_id(tenant);
    return backend.change(&Routing::CreateQueue, request);
  }

  Client sign_in(const std::string& tenant, v1::Role role, std::string suffix = "") {
    if (suffix.empty()) suffix = role == v1::ROLE_TENANT_ADMIN ? "-admin" : "-viewer";
    v1::CreateUserRequest user;
    user.mutable_user()->set_tenant_id(tenant);
    user.mutable_user()->set_user_id(tenant + suffix);
    user.mutable_user()->set_display_name(marked(tenant));
    user.mutable_user()->add_roles(role);
    user.set_password(kPassword);
    EXPECT_TRUE(backend.change(&Identities::CreateUser, user).ok());
    v1::SignInRequest request;
    request.set_tenant_id(tenant);
    request.set_user_id(user.user().user_id());
    request.set_password(kPassword);
    v1::SignInResponse response;
    EXPECT_TRUE(backend.call(&Identities::SignIn, request, &response).ok());
    Client client{user.user().user_id(), {}, backend.connect(response.tokens().access_token())};
    client.caller.tenant_id = tenant;
    client.caller.roles = {role};
    return client;
  }

  /// With all scopes.
  Client make_key(const std::string& tenant) {
    v1::CreateApiKeyRequest request;
    request.mutable_api_key()->set_tenant_id(tenant);
    request.mutable_api_key()->set_client_id(marked(tenant));
    Client client{"program of " + tenant, {}, nullptr};
    client.caller.tenant_id = tenant;
    client.caller.key_id = "k";
    for (int scope = v1::ApiScope_MIN + 1; scope <= v1::ApiScope_MAX; ++scope) {
      request.mutable_api_key()->add_scopes(static_cast<v1::ApiScope>(scope));
      client.caller.scopes.push_back(static_cast<v1::ApiScope>(scope));
    }
    v1::CreateApiKeyResponse response;
    EXPECT_TRUE(backend.change(&Identities::CreateApiKey, request, &response).ok());
    client.channel = backend.connect(response.key());
    v1::ListQueuesRequest first;
    EXPECT_TRUE(eventually([&] { return call(client, &Routing::ListQueues, first).ok(); }));
    return client;
  }

  template <typename Stub, typename Request, typename Response>
  static grpc::Status call(const Client& as,
                           grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                           const Request& request, Response* response = nullptr) {
    Stub stub(as.channel);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    Response unused;
    return (stub.*method)(&context, request, response ? response : &unused);
  }

  const Client& admin_of(const std::string& tenant) const {
    return *std::find_if(clients.begin(), clients.end(), [&](const Client& client) {
      return client.caller.tenant_id == tenant && !client.caller.roles.empty() &&
             client.caller.roles.front() == v1::ROLE_TENANT_ADMIN;
    });
  }

  std::string create_contact(const Client& as, const std::string& queue) {
    v1::CreateContactRequest request;
    request.set_request_id(new_request_id());
    request.set_queue_id(queue);
    request.set_customer_ref(marked(as.caller.tenant_id));
    v1::CreateContactResponse response;
    EXPECT_TRUE(call(as, &Contacts::CreateContact, request, &response).ok());
    return response.contact_id();
  }
  static Problem cancel(const Client& as, const std::string& contact) {
    v1::CancelContactRequest request;
    request.set_request_id(new_request_id());
    request.set_contact_id(contact);
    return problem(call(as, &Contacts::CancelContact, request));
  }
  static Problem get(const Client& as, const std::string& contact, v1::Contact* found = nullptr) {
    v1::GetContactRequest request;
    request.set_contact_id(contact);
    v1::GetContactResponse response;
    const Problem trouble = problem(call(as, &Contacts::GetContact, request, &response));
    if (found) *found = response.contact();
    return trouble;
  }

  /// A webhook of Acme's with a delivery that has failed, whose identifier it gives.
  std::string make_webhook() {
    v1::CreateWebhookRequest request;
    request.mutable_webhook()->set_tenant_id("acme");
    request.mutable_webhook()->set_webhook_id("acme-hook");
    request.mutable_webhook()->set_display_name(kSecret);
    request.mutable_webhook()->set_url("https://127.1/");
    EXPECT_TRUE(backend.change(&Webhooks::CreateWebhook, request).ok());
    const webhooks::Event event{"test", std::string("{\"secret\":\"") + kSecret + "\"}", wall_now()};
    backend.back_office->pool()
        .submit("acme", [&](store::TenantTransaction& t) { webhooks::send(t, "acme", {"acme-hook"}, event); })
        .get();
    v1::ListDeliveriesResponse sent;
    const auto failed = [&] {
      EXPECT_TRUE(call(admin_of("acme"), &Webhooks::ListDeliveries, v1::ListDeliveriesRequest(), &sent).ok());
      return !sent.deliveries(0).last_error().empty();
    };
    EXPECT_TRUE(eventually(failed));
    return sent.deliveries(0).delivery_id();
  }

  /// All that Acme has, in one text.
  std::string state_of_acme() {
    v1::ListContactsResponse contacts;
    v1::ListQueuesResponse queues;
    v1::ListUsersRequest users_request;
    users_request.set_tenant_id("acme");
    v1::ListUsersResponse users;
    v1::ListApiKeysRequest keys_request;
    keys_request.set_tenant_id("acme");
    v1::ListApiKeysResponse keys;
    v1::ListVettingsResponse vettings;
    v1::ListTargetsResponse targets;
    const Client& acme = admin_of("acme");
    EXPECT_TRUE(call(acme, &v1::VettingService::Stub::ListVettings, v1::ListVettingsRequest(), &vettings).ok());
    EXPECT_TRUE(call(acme, &v1::TargetService::Stub::ListTargets, v1::ListTargetsRequest(), &targets).ok());
    EXPECT_TRUE(call(acme, &Contacts::ListContacts, v1::ListContactsRequest(), &contacts).ok());
    EXPECT_TRUE(call(acme, &Routing::ListQueues, v1::ListQueuesRequest(), &queues).ok());
    EXPECT_TRUE(call(acme, &Identities::ListUsers, users_request, &users).ok());
    EXPECT_TRUE(call(acme, &Identities::ListApiKeys, keys_request, &keys).ok());
    v1::ListWebhooksResponse webhooks;
    v1::ListDeliveriesResponse deliveries;
    EXPECT_TRUE(call(acme, &Webhooks::ListWebhooks, v1::ListWebhooksRequest(), &webhooks).ok());
    EXPECT_TRUE(call(acme, &Webhooks::ListDeliveries, v1::ListDeliveriesRequest(), &deliveries).ok());
    contacts.clear_sequence();
    return contacts.DebugString() + queues.DebugString() + users.DebugString() + keys.DebugString() +
           vettings.DebugString() + webhooks.DebugString() + deliveries.DebugString() + targets.DebugString();
  }

  Backend backend{{}, {}, patient()};
  std::vector<Client> clients;
};

// --- what a client does with its own ---

TEST_F(TenantsTest, ClientSendsContactsToItsOwnQueues) {
  v1::Contact contact;
  const std::string id = create_contact(admin_of("acme"), "acme-calls");
  EXPECT_EQ(get(admin_of("acme"), id, &contact).code, StatusCode::OK);
  EXPECT_EQ(contact.tenant_id(), "acme");
  EXPECT_EQ(contact.customer_ref(), kSecret);

  v1::CreateContactRequest elsewhere;
  elsewhere.set_request_id(new_request_id());
  elsewhere.set_queue_id("globex-calls");
  EXPECT_EQ(problem(call(admin_of("acme"), &Contacts::CreateContact, elsewhere)).reason, "QUEUE_NOT_FOUND");
  elsewhere.set_queue_id("billing");
  EXPECT_EQ(problem(call(admin_of("acme"), &Contacts::CreateContact, elsewhere)).reason, "QUEUE_NOT_FOUND");
}

TEST_F(TenantsTest, BatchIsHeldToOnesOwnQueuesItemByItem) {
  v1::BatchCreateContactsRequest batch;
  for (const char* queue : {"acme-calls", "globex-calls", "billing"}) {
    auto& item = *batch.add_requests();
    item.set_request_id(new_request_id());
    item.set_queue_id(queue);
  }
  v1::BatchCreateContactsResponse response;
  ASSERT_TRUE(call(admin_of("acme"), &Contacts::BatchCreateContacts, batch, &response).ok());
  EXPECT_TRUE(response.results(0).has_response());
  EXPECT_EQ(problem(response.results(1).error()).reason, "QUEUE_NOT_FOUND");
  EXPECT_EQ(problem(response.results(2).error()).reason, "QUEUE_NOT_FOUND");
}

TEST_F(TenantsTest, ClientIsToldWhoServedItAndNotWhoDidNot) {
  auto bob = Desk::available(Door::kOpen, backend, "bob");
  v1::CreateContactRequest request;
  request.set_request_id(new_request_id());
  request.set_queue_id("acme-calls");
  v1::CreateContactResponse created;
  ASSERT_TRUE(call(admin_of("acme"), &Contacts::CreateContact, request, &created).ok());
  v1::GetContactRequest look;
  look.set_contact_id(created.contact_id());
  v1::GetContactResponse seen;
  ASSERT_TRUE(call(admin_of("acme"), &Contacts::GetContact, look, &seen).ok());
  EXPECT_TRUE(seen.offers().empty()) << "it rings at somebody: not yet anybody's";
  EXPECT_EQ(bob->accept_next().contact_id(), created.contact_id());
  ASSERT_TRUE(call(admin_of("acme"), &Contacts::GetContact, look, &seen).ok());
  ASSERT_EQ(seen.offers_size(), 1);
  EXPECT_EQ(seen.offers(0).agent_id(), "bob");
  EXPECT_FALSE(seen.offers(0).has_explanation());
}

TEST_F(TenantsTest, EstimateTellsTheWaitAndNotTheFloor) {
  v1::EstimateWaitRequest request;
  request.set_queue_id("acme-calls");
  v1::EstimateWaitResponse response;
  auto mei = Desk::available(Door::kOpen, backend, "mei");
  ASSERT_TRUE(call(admin_of("acme"), &Contacts::EstimateWait, request, &response).ok());
  EXPECT_EQ(response.estimate().servers(), 0);
  v1::GetQueueRequest look;
  look.set_queue_id("acme-calls");
  v1::GetQueueResponse queue;
  ASSERT_TRUE(call(admin_of("acme"), &Routing::GetQueue, look, &queue).ok());
  EXPECT_EQ(queue.queue().policy_id(), "");
  request.set_queue_id("globex-calls");
  EXPECT_EQ(problem(call(admin_of("acme"), &Contacts::EstimateWait, request)).reason, "QUEUE_NOT_FOUND");
}

TEST_F(TenantsTest, ContactOfAnotherIsNotFound) {
  const std::string id = create_contact(admin_of("acme"), "acme-calls");
  EXPECT_EQ(get(admin_of("globex"), id).reason, "CONTACT_NOT_FOUND");
  EXPECT_EQ(cancel(admin_of("globex"), id).reason, "CONTACT_NOT_FOUND");
  EXPECT_EQ(cancel(admin_of("acme"), id).code, StatusCode::OK);
}

TEST_F(TenantsTest, OnlyItsOwnClientHearsHowAContactEnded) {
  const std::string id = create_contact(admin_of("acme"), "acme-calls");
  EXPECT_EQ(cancel(admin_of("acme"), id).code, StatusCode::OK);
  const Problem own = cancel(admin_of("acme"), id);
  EXPECT_EQ(own.reason, "CONTACT_WRONG_STATE");
  EXPECT_EQ(own.metadata.at("contact_state"), "CONTACT_STATE_CANCELLED");
  EXPECT_EQ(cancel(admin_of("globex"), id).reason, "CONTACT_NOT_FOUND");
  EXPECT_EQ(cancel(admin_of("acme"), "c-999").reason, "CONTACT_NOT_FOUND");
}

TEST_F(TenantsTest, TransferStaysWithTheClient) {
  const std::string id = create_contact(admin_of("acme"), "acme-calls");
  v1::TransferContactRequest request;
  request.set_contact_id(id);
  request.set_queue_id("globex-calls");
  EXPECT_EQ(problem(backend.change(&Contacts::TransferContact, request)).reason, "TENANT_MISMATCH");
  request.set_request_id(new_request_id());
  EXPECT_EQ(problem(call(admin_of("acme"), &Contacts::TransferContact, request)).reason, "QUEUE_NOT_FOUND");
  request.set_queue_id("acme-orders");
  EXPECT_TRUE(call(admin_of("acme"), &Contacts::TransferContact, request).ok());
}

TEST_F(TenantsTest, ViewerLooksAndChangesNothing) {
  const Client viewer = sign_in("acme", v1::ROLE_TENANT_VIEWER, "-second-viewer");
  const std::string id = create_contact(admin_of("acme"), "acme-calls");
  EXPECT_EQ(get(viewer, id).code, StatusCode::OK);
  EXPECT_EQ(cancel(viewer, id).code, StatusCode::PERMISSION_DENIED);
}

TEST_F(TenantsTest, WatchShowsOnesOwnContactsOnly) {
  Contacts stub(admin_of("globex").channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  const auto watch = stub.WatchContacts(&context, v1::WatchContactsRequest());
  v1::WatchContactsResponse page;
  ASSERT_TRUE(watch->Read(&page));
  create_contact(admin_of("acme"), "acme-calls");
  const std::string own = create_contact(admin_of("globex"), "globex-calls");
  do {
    ASSERT_TRUE(watch->Read(&page));
  } while (page.events().empty());
  EXPECT_EQ(page.events(0).contact_id(), own);
  context.TryCancel();
  watch->Finish();
}

TEST_F(TenantsTest, BoardShowsOnesOwnQueuesAndTheirTotals) {
  create_contact(admin_of("acme"), "acme-calls");
  create_contact(admin_of("acme"), "acme-calls");
  create_contact(admin_of("globex"), "globex-calls");
  Boards stub(admin_of("globex").channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  v1::WatchBoardRequest request;
  request.set_include_agents(true);
  const auto board = stub.WatchBoard(&context, request);
  v1::WatchBoardResponse snapshot;
  ASSERT_TRUE(board->Read(&snapshot));
  std::set<std::string> queues;
  for (const auto& row : snapshot.queues()) queues.insert(row.queue_id());
  EXPECT_THAT(queues, ElementsAre("globex-calls", "globex-orders"));
  EXPECT_EQ(snapshot.totals().waiting(), 1);
  EXPECT_EQ(snapshot.totals().created(), 1);
  EXPECT_EQ(snapshot.totals().agents_signed_in(), 0) << "agents are the platform's";
  EXPECT_TRUE(snapshot.agents().empty());
  context.TryCancel();
  board->Finish();
}

TEST_F(TenantsTest, QueueOfATenantThatDoesNotExistIsRefused) {
  const Problem trouble = problem(create_queue("q", "acmee"));
  EXPECT_EQ(trouble.reason, "TENANT_NOT_FOUND");
  EXPECT_THAT(trouble.fields, ElementsAre("queue.tenant_id"));
}

TEST_F(TenantsTest, QueueDoesNotChangeHands) {
  v1::UpdateQueueRequest request;
  request.mutable_queue()->set_queue_id("acme-calls");
  request.mutable_queue()->set_tenant_id("globex");
  request.mutable_update_mask()->add_paths("tenant_id");
  EXPECT_EQ(backend.change(&Routing::UpdateQueue, request).error_code(), StatusCode::INVALID_ARGUMENT);
}

// --- every method, with everything of another tenant's ---

/// Puts into every field that names something what it is called at Acme, and plausible values into the others.
void ask_for(const std::map<std::string, std::string>& names, Message* message, int depth = 0) {
  const auto& reflection = *message->GetReflection();
  for (int i = 0; i < message->GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message->GetDescriptor()->field(i);
    if (field.is_map()) continue;
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      std::string name = field.name();
      if (field.is_repeated() && name.ends_with('s')) name.pop_back();
      const auto known = names.find(name);
      const std::string value = name == "request_id" ? new_request_id() : known == names.end() ? "" : known->second;
      if (value.empty()) continue;
      if (field.is_repeated()) {
        reflection.AddString(message, &field, value);
      } else {
        reflection.SetString(message, &field, value);
      }
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM && !field.is_repeated()) {
      reflection.SetEnumValue(message, &field, field.enum_type()->value(1)->number());
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && depth < 2 &&
               field.message_type()->file()->package() == "muster.v1") {
      ask_for(names,
              field.is_repeated() ? reflection.AddMessage(message, &field) : reflection.MutableMessage(message, &field),
              depth + 1);
    }
  }
}

TEST_F(TenantsTest, NoMethodGivesOrChangesAnythingOfAnotherTenant) {
  const std::string contact = create_contact(admin_of("acme"), "acme-calls");
  backend.bring_member_to("li.na", v1::MEMBER_STATE_CERTIFIED);
  v1::ProposeVettingRequest proposal;
  proposal.set_tenant_id("acme");
  proposal.set_member_id("li.na");
  ASSERT_TRUE(backend.change(&v1::VettingService::Stub::ProposeVetting, proposal).ok());
  v1::DecideVettingRequest decision;
  decision.set_request_id(new_request_id());
  decision.set_member_id("li.na");
  decision.set_outcome(v1::VETTING_STATE_APPROVED);
  decision.set_reason(kSecret);
  ASSERT_TRUE(call(admin_of("acme"), &v1::VettingService::Stub::DecideVetting, decision).ok());
  v1::SetTargetRequest aim;
  aim.set_request_id(new_request_id());
  aim.mutable_target()->set_dimension(v1::KPI_DIMENSION_TENANT);
  aim.mutable_target()->set_row_id("acme");
  aim.mutable_target()->set_metric_id("asa");
  aim.mutable_target()->set_value(20);
  aim.mutable_target()->set_display_name(kSecret);
  v1::SetTargetResponse aimed;
  ASSERT_TRUE(call(admin_of("acme"), &v1::TargetService::Stub::SetTarget, aim, &aimed).ok());
  v1::ListApiKeysRequest keys_request;
  v1::ListApiKeysResponse keys;
  ASSERT_TRUE(call(admin_of("acme"), &Identities::ListApiKeys, keys_request, &keys).ok());
  const std::string delivery = make_webhook();
  const std::map<std::string, std::string> names{
      {"tenant_id", "acme"},
      {"queue_id", "acme-calls"},
      {"contact_id", contact},
      {"user_id", "acme-viewer"},
      {"key_id", keys.api_keys(0).key_id()},
      {"webhook_id", "acme-hook"},
      {"delivery_id", delivery},
      {"url", "https://127.1/"},
      {"password", kPassword},
      {"agent_id", "mei"},
      {"member_id", "li.na"},
      {"policy_id", "plain"},
      {"skill_id", "zh"},
      {"target_id", aimed.target().target_id()},
      {"row_id", "acme"},
      {"metric_id", "asa"},
      {"current_password", "no"},
      {"new_password", "a new and longer one"},
  };
  // In the caller's own tenant, too: what is called so is another's.
  std::map<std::string, std::string> names_alone = names;
  names_alone.erase("tenant_id");
  const std::string before = state_of_acme();

  google::protobuf::DynamicMessageFactory factory;
  int calls = 0, answers = 0, answers_to_acme = 0;
  for (const auto* service : services()) {
    for (int i = 0; i < service->method_count(); ++i) {
      const MethodDescriptor& method = *service->method(i);
      const auto& permission = *identity::permission_for(*method.input_type());
      if (permission.access != identity::Access::kTable) continue;
      const std::string path = "/" + service->full_name() + "/" + method.name();
      const bool unary = !method.client_streaming() && !method.server_streaming();
      for (const Client& client : clients) {
        const bool own = client.caller.tenant_id == "acme";
        // Acme's own callers show that there is something to be seen; what they change is no leak.
        const bool reads =
            method.name().starts_with("Get") || method.name().starts_with("List") || method.name().starts_with("Watch");
        if (own && !reads) continue;
        const bool allowed = identity::reach_of(permission, client.caller) != api::Reach::kNone;
        for (const auto& asked : {names, names_alone, std::map<std::string, std::string>()}) {
          const std::unique_ptr<Message> request(factory.GetPrototype(method.input_type())->New());
          if (!asked.empty()) ask_for(asked, request.get());
          const auto [status, answer] = call_raw(client.channel, path, request->SerializeAsString(), unary);
          ++calls;
          const std::string where = path + " as " + client.name + ": " + request->ShortDebugString();
          if (!allowed) {
            EXPECT_EQ(status.error_code(), StatusCode::PERMISSION_DENIED) << where;
            continue;
          }
          if (own) {
            answers_to_acme += answer.find(kSecret) != std::string::npos ? 1 : 0;
            continue;
          }
          answers += answer.empty() ? 0 : 1;
          EXPECT_THAT(answer, Not(HasSubstr(kSecret))) << where;
          EXPECT_THAT(status.error_message() + status.error_details(), Not(HasSubstr(kSecret))) << where;
        }
      }
    }
  }
  EXPECT_EQ(state_of_acme(), before);
  EXPECT_GT(calls, 1'000);
  EXPECT_GT(answers, 20) << "somebody must have been told something, or this shows nothing";
  EXPECT_GT(answers_to_acme, 10) << "likewise";
}

}  // namespace
}  // namespace muster::testing
