#include <gmock/gmock.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>

#include "backend.h"
#include "http_receiver.h"
#include "muster/v1/identity_service.grpc.pb.h"
#include "muster/v1/webhook_service.grpc.pb.h"
#include "muster/webhooks/webhooks.h"
#include "signature.h"

// Events on their way from a transaction to a receiver, and what becomes of those that do not arrive.
namespace muster::testing {
namespace {

using namespace std::chrono_literals;
using store::TenantTransaction;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using Hooks = v1::WebhookService::Stub;

/// As a server has it, but in no time.
webhooks::Options quick(std::size_t retries = 3) {
  webhooks::Options options;
  options.private_networks = true;
  options.retries = std::vector<Duration>(retries, 20ms);
  options.look = 20ms;
  options.timeout = 60s;
  options.lease = 120s;
  return options;
}

/// A receiver whose answers wait until it is let go.
class Latch {
 public:
  ~Latch() { open(); }
  void open() {
    std::lock_guard lock(mutex_);
    open_ = true;
    opened_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    opened_.wait(lock, [&] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
};

class WebhookTest : public ::testing::Test {
 protected:
  explicit WebhookTest(const webhooks::Options& options = quick()) : backend({}, {}, options) {
    for (const char* tenant : {"acme", "globex"}) backend.make_tenant(tenant);
    acme = backend.tenant_user("acme", v1::ROLE_TENANT_ADMIN);
    globex = backend.tenant_user("globex", v1::ROLE_TENANT_ADMIN);
  }

  using Channel = std::shared_ptr<grpc::Channel>;
  template <typename Request, typename Response>
  static grpc::Status call(const Channel& as,
                           grpc::Status (Hooks::*method)(grpc::ClientContext*, const Request&, Response*),
                           Request request, Response* response = nullptr) {
    if constexpr (requires { request.set_request_id(""); }) {
      if (request.request_id().empty()) request.set_request_id(new_request_id());
    }
    Hooks stub(as);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + 60s);
    Response unused;
    return (stub.*method)(&context, request, response ? response : &unused);
  }

  static grpc::Status create(const Channel& as, const std::string& id, const std::string& url,
                             std::string* secret = nullptr) {
    v1::CreateWebhookRequest request;
    request.mutable_webhook()->set_webhook_id(id);
    request.mutable_webhook()->set_url(url);
    v1::CreateWebhookResponse response;
    const grpc::Status status = call(as, &Hooks::CreateWebhook, request, &response);
    if (secret) *secret = response.secret();
    return status;
  }
  static v1::Webhook get(const Channel& as, const std::string& id) {
    v1::GetWebhookRequest request;
    request.set_webhook_id(id);
    v1::GetWebhookResponse response;
    EXPECT_TRUE(call(as, &Hooks::GetWebhook, request, &response).ok());
    return response.webhook();
  }
  template <typename Request, typename Response>
  static grpc::Status about(const Channel& as, const std::string& id,
                            grpc::Status (Hooks::*method)(grpc::ClientContext*, const Request&, Response*),
                            Response* response = nullptr) {
    Request request;
    request.set_webhook_id(id);
    return call(as, method, request, response);
  }
  static grpc::Status enable(const Channel& as, const std::string& id, bool enabled) {
    v1::UpdateWebhookRequest request;
    request.mutable_webhook()->set_webhook_id(id);
    request.mutable_webhook()->set_enabled(enabled);
    request.mutable_update_mask()->add_paths("enabled");
    return call(as, &Hooks::UpdateWebhook, request);
  }
  static std::vector<v1::Delivery> deliveries(const Channel& as, const std::vector<v1::DeliveryState>& states = {}) {
    v1::ListDeliveriesRequest request;
    for (const auto state : states) request.add_states(state);
    v1::ListDeliveriesResponse response;
    EXPECT_TRUE(call(as, &Hooks::ListDeliveries, request, &response).ok());
    return {response.deliveries().begin(), response.deliveries().end()};
  }
  static grpc::Status redeliver(const Channel& as, const std::string& id) {
    v1::RedeliverDeliveryRequest request;
    request.set_delivery_id(id);
    return call(as, &Hooks::RedeliverDelivery, request);
  }
  static bool comes_to(const Channel& as, v1::DeliveryState state, std::size_t count = 1) {
    return eventually([&] { return deliveries(as, {state}).size() == count; });
  }

  template <typename Work>
  auto transact(const std::string& tenant, Work work) {
    return backend.back_office->pool().submit(tenant, std::move(work)).get();
  }
  void send(const std::vector<std::string>& ids, const std::string& data = "{}", const std::string& tenant = "acme") {
    transact(kPlatformTenant, [=](TenantTransaction& t) {
      webhooks::send(t, tenant, ids, {"alert.raised", data, TimePoint(1'614'265'330'500'000us)});
    });
  }

  static std::string signature_of(const std::string& secret, const HttpReceiver::Request& request) {
    return webhooks::signature(secret, request.headers.at("webhook-id"),
                               std::stoll(request.headers.at("webhook-timestamp")), request.body);
  }

  Backend backend;
  Channel acme;
  Channel globex;
};

// --- delivery ---

TEST_F(WebhookTest, AnEventArrivesOnceAndCanBeVerified) {
  HttpReceiver receiver([](const auto&) { return 204; });
  std::string secret;
  ASSERT_TRUE(create(acme, "crm", receiver.url(), &secret).ok());
  EXPECT_THAT(secret, StartsWith("whsec_"));
  send({"crm", "nobody"}, R"({"queue_id":"billing"})");
  ASSERT_TRUE(comes_to(acme, v1::DELIVERY_STATE_DELIVERED));
  ASSERT_EQ(receiver.count(), 1u);
  const auto request = receiver.requests().front();
  EXPECT_EQ(request.body,
            R"({"type":"alert.raised","timestamp":"2021-02-25T15:02:10.500Z","data":{"queue_id":"billing"}})");
  EXPECT_EQ(request.headers.at("content-type"), "application/json");
  EXPECT_EQ(request.headers.at("webhook-signature"), signature_of(secret, request));
  const v1::Delivery delivery = deliveries(acme).front();
  EXPECT_EQ(delivery.delivery_id(), request.headers.at("webhook-id"));
  EXPECT_EQ(delivery.attempts(), 1);
  EXPECT_EQ(delivery.last_status(), 204);
  EXPECT_TRUE(delivery.has_end_time());
  EXPECT_FALSE(delivery.has_next_attempt_time());
  EXPECT_TRUE(get(acme, "crm").has_last_success_time());
  v1::GetDeliveryRequest look;
  look.set_delivery_id(delivery.delivery_id());
  v1::GetDeliveryResponse seen;
  ASSERT_TRUE(call(acme, &Hooks::GetDelivery, look, &seen).ok());
  EXPECT_EQ(seen.delivery().body(), request.body);
  EXPECT_EQ(delivery.body(), "");
}

TEST_F(WebhookTest, WhatIsRolledBackIsNeverSent) {
  HttpReceiver receiver([](const auto&) { return 200; });
  ASSERT_TRUE(create(acme, "crm", receiver.url()).ok());
  EXPECT_THROW(transact(kPlatformTenant,
                        [](TenantTransaction& t) {
                          webhooks::send(t, "acme", {"crm"}, {"alert.raised", R"({"n":1})", wall_now()});
                          throw std::runtime_error("something else went wrong");
                        }),
               std::runtime_error);
  send({"crm"}, R"({"n":2})");
  ASSERT_TRUE(comes_to(acme, v1::DELIVERY_STATE_DELIVERED));
  ASSERT_EQ(receiver.count(), 1u);
  EXPECT_THAT(receiver.requests().front().body, HasSubstr(R"("n":2)"));
}

TEST_F(WebhookTest, ATenantsTransactionSendsToItsOwnAlone) {
  HttpReceiver receiver([](const auto&) { return 200; });
  ASSERT_TRUE(create(acme, "crm", receiver.url()).ok());
  const webhooks::Event event{"alert.raised", "{}", wall_now()};
  transact("globex", [&](TenantTransaction& t) { webhooks::send(t, "acme", {"crm"}, event); });
  transact("acme", [&](TenantTransaction& t) { webhooks::send(t, "acme", {"crm"}, event); });
  ASSERT_TRUE(comes_to(acme, v1::DELIVERY_STATE_DELIVERED));
  EXPECT_EQ(deliveries(backend.channel).size(), 1u);
}

TEST_F(WebhookTest, WhatFailsIsTriedAgainAsTheSame) {
  std::atomic<int> asked{0};
  HttpReceiver receiver([&](const auto&) { return ++asked == 1 ? 500 : 200; });
  ASSERT_TRUE(create(acme, "crm", receiver.url()).ok());
  send({"crm"});
  ASSERT_TRUE(comes_to(acme, v1::DELIVERY_STATE_DELIVERED));
  ASSERT_EQ(receiver.count(), 2u);
  EXPECT_EQ(receiver.requests()[0].headers.at("webhook-id"), receiver.requests()[1].headers.at("webhook-id"));
  EXPECT_EQ(receiver.requests()[0].body, receiver.requests()[1].body);
  EXPECT_EQ(deliveries(acme).front().attempts(), 2);
  EXPECT_EQ(deliveries(acme).front().last_error(), "");
  EXPECT_EQ(get(acme, "crm").last_error(), "");
}

TEST_F(WebhookTest, AfterTheLastAttemptItIsDeadUntilSomebodySendsItAgain) {
  std::atomic<unsigned> status{503};
  HttpReceiver receiver([&](const auto&) { return status.load(); });
  ASSERT_TRUE(create(acme, "crm", receiver.url()).ok());
  send({"crm"});
  ASSERT_TRUE(comes_to(acme, v1::DELIVERY_STATE_DEAD));
  EXPECT_EQ(receiver.count(), 4u);
  const v1::Delivery dead = deliveries(acme, {v1::DELIVERY_STATE_DEAD}).front();
  EXPECT_EQ(dead.attempts(), 4);
  EXPECT_EQ(dead.last_status(), 503);
  EXPECT_EQ(dead.last_error(), "HTTP 503");
  EXPECT_EQ(get(acme, "crm").dead_count(), 1);
  EXPECT_EQ(get(acme, "crm").last_error(), "HTTP 503");
  EXPECT_EQ(problem(redeliver(globex, dead.delivery_id())).reason, "DELIVERY_NOT_FOUND");
  status = 200;
  ASSERT_TRUE(redeliver(acme, dead.delivery_id()).ok());
  ASSERT_TRUE(comes_to(acme, v1::DELIVERY_STATE_DELIVERED));
  EXPECT_EQ(deliveries(acme).front().delivery_id(), dead.delivery_id());
  EXPECT_EQ(deliveries(acme).front().attempts(), 1);
  const Problem refused = problem(redeliver(acme, dead.delivery_id()));
  EXPECT_EQ(refused.reason, "DELIVERY_WRONG_STATE");
  EXPECT_EQ(refused.metadata.at("state"), "DELIVERED");
}

TEST_F(WebhookTest, AReceiverThatIsGoneDisablesTheWebhook) {
  HttpReceiver receiver([](const auto&) { return 410; });
  ASSERT_TRUE(create(acme, "crm", receiver.url()).ok());
  send({"crm"});
  ASSERT_TRUE(comes_to(acme, v1::DELIVERY_STATE_DEAD));
  EXPECT_FALSE(get(acme, "crm").enabled());
  EXPECT_EQ(receiver.count(), 1u);
  send({"crm"});
  EXPECT_EQ(deliveries(acme).size(), 1u) << "who is disabled gets nothing";
  EXPECT_EQ(problem(about(acme, "crm", &Hooks::TestWebhook)).reason, "WEBHOOK_DISABLED");
  EXPECT_EQ(problem(redeliver(acme, deliveries(acme).front().delivery_id())).reason, "WEBHOOK_DISABLED");
  ASSERT_TRUE(enable(acme, "crm", true).ok());
  EXPECT_TRUE(redeliver(acme, deliveries(acme).front().delivery_id()).ok());
  EXPECT_TRUE(eventually([&] { return receiver.count() == 2; }));
}

TEST_F(WebhookTest, RedirectsAreNotFollowed) {
  HttpReceiver receiver([](const auto&) { return 302; });
  ASSERT_TRUE(create(acme, "crm", receiver.url()).ok());
  send({"crm"});
  ASSERT_TRUE(comes_to(acme, v1::DELIVERY_STATE_DEAD));
  EXPECT_EQ(deliveries(acme).front().last_error(), "HTTP 302");
  EXPECT_EQ(receiver.count(), 4u) << "an attempt is one request";
}

TEST_F(WebhookTest, ASlowReceiverHoldsUpNobodyElse) {
  Latch latch;
  HttpReceiver slow([&](const auto&) { return latch.wait(), 200; });
  HttpReceiver fast([](const auto&) { return 200; });
  ASSERT_TRUE(create(acme, "slow", slow.url()).ok());
  ASSERT_TRUE(create(acme, "fast", fast.url()).ok());
  for (int i = 0; i < 10; ++i) send({"slow"});
  ASSERT_TRUE(eventually([&] { return slow.count() == 4; }));
  for (int i = 0; i < 10; ++i) send({"fast"});
  ASSERT_TRUE(comes_to(acme, v1::DELIVERY_STATE_DELIVERED, 10));
  EXPECT_EQ(slow.count(), 4u) << "of one webhook no more are under way";
  EXPECT_EQ(get(acme, "slow").pending_count(), 10);
  latch.open();
  EXPECT_TRUE(comes_to(acme, v1::DELIVERY_STATE_DELIVERED, 20));
  EXPECT_EQ(slow.count(), 10u);
}

class PatientWebhookTest : public WebhookTest {
 protected:
  PatientWebhookTest() : WebhookTest(quick(6'000)) {}
};

TEST_F(PatientWebhookTest, AReceiverThatIsAwayGetsItWhenItIsBack) {
  std::uint16_t port = 0;
  {
    HttpReceiver receiver([](const auto&) { return 200; });
    port = receiver.port();
    ASSERT_TRUE(create(acme, "crm", receiver.url()).ok());
  }
  send({"crm"});
  ASSERT_TRUE(eventually([&] { return deliveries(acme).front().attempts() > 2; }));
  EXPECT_THAT(deliveries(acme).front().last_error(), HasSubstr("refused"));
  EXPECT_EQ(deliveries(acme).front().last_status(), 0);
  EXPECT_THAT(get(acme, "crm").last_error(), HasSubstr("refused"));
  HttpReceiver receiver([](const auto&) { return 200; }, port);
  EXPECT_TRUE(comes_to(acme, v1::DELIVERY_STATE_DELIVERED));
}

TEST_F(PatientWebhookTest, WhatComesDueForADisabledWebhookIsDead) {
  HttpReceiver receiver([](const auto&) { return 500; });
  ASSERT_TRUE(create(acme, "crm", receiver.url()).ok());
  send({"crm"});
  ASSERT_TRUE(eventually([&] { return receiver.count() > 1; }));
  ASSERT_TRUE(enable(acme, "crm", false).ok());
  ASSERT_TRUE(comes_to(acme, v1::DELIVERY_STATE_DEAD));
  EXPECT_EQ(deliveries(acme).front().last_error(), "the webhook is disabled");
  EXPECT_EQ(get(acme, "crm").last_error(), "HTTP 500");
}

TEST_F(PatientWebhookTest, WhatIsDeletedIsTriedNoMore) {
  HttpReceiver receiver([](const auto&) { return 500; });
  ASSERT_TRUE(create(acme, "crm", receiver.url()).ok());
  send({"crm"});
  ASSERT_TRUE(eventually([&] { return receiver.count() > 1; }));
  ASSERT_TRUE(about(acme, "crm", &Hooks::DeleteWebhook).ok());
  EXPECT_THAT(deliveries(acme), IsEmpty());
  EXPECT_EQ(problem(about(acme, "crm", &Hooks::DeleteWebhook)).reason, "WEBHOOK_NOT_FOUND");
}

// --- where to ---

class PublicWebhookTest : public WebhookTest {
 protected:
  static webhooks::Options strict() {
    webhooks::Options options = quick(0);
    options.private_networks = false;
    return options;
  }
  PublicWebhookTest() : WebhookTest(strict()) {}
};

TEST_F(PublicWebhookTest, OnlyPublicAddressesByTlsAreTaken) {
  for (const char* url : {"", "http://muster.example/hook", "http://127.0.0.1/", "https://127.0.0.1/",
                          "https://localhost", "https://10.0.0.1", "https://169.254.169.254/latest/meta-data",
                          "https://[::1]", "https://[fd00::1]", "https://u:p@muster.example", "ftp://muster.example"}) {
    EXPECT_THAT(problem(create(acme, "crm", url)).fields, ElementsAre("webhook.url")) << url;
  }
  EXPECT_TRUE(create(acme, "crm", "https://muster.example/hook?x=1").ok());
}

TEST_F(PublicWebhookTest, ANameIsJudgedByWhatItMeansWhenItIsConnectedTo) {
  HttpReceiver receiver([](const auto&) { return 200; });
  ASSERT_TRUE(create(acme, "crm", "https://127.1:" + std::to_string(receiver.port())).ok());
  send({"crm"});
  ASSERT_TRUE(comes_to(acme, v1::DELIVERY_STATE_DEAD));
  EXPECT_EQ(deliveries(acme).front().last_error(), "its address is not public");
  EXPECT_EQ(receiver.connections(), 0);
}

TEST_F(WebhookTest, EvenAmongFriendsOthersNeedTls) {
  EXPECT_THAT(problem(create(acme, "crm", "http://10.0.0.1/hook")).fields, ElementsAre("webhook.url"));
  EXPECT_TRUE(create(acme, "crm", "https://10.0.0.1/hook").ok());
}

// --- secrets ---

TEST_F(WebhookTest, AfterARotationBothSecretsSignUntilTheOldOneEnds) {
  HttpReceiver receiver([](const auto&) { return 200; });
  std::string first;
  ASSERT_TRUE(create(acme, "crm", receiver.url(), &first).ok());
  v1::RotateWebhookSecretResponse rotated;
  ASSERT_TRUE(about(acme, "crm", &Hooks::RotateWebhookSecret, &rotated).ok());
  EXPECT_NE(rotated.secret(), first);
  send({"crm"});
  ASSERT_TRUE(comes_to(acme, v1::DELIVERY_STATE_DELIVERED));
  const auto both = receiver.requests().front();
  EXPECT_EQ(both.headers.at("webhook-signature"),
            signature_of(rotated.secret(), both) + " " + signature_of(first, both));
  transact(kPlatformTenant, [](TenantTransaction& t) { t.sql().exec("UPDATE webhook SET old_secret_end = now()"); });
  send({"crm"});
  ASSERT_TRUE(comes_to(acme, v1::DELIVERY_STATE_DELIVERED, 2));
  const auto one = receiver.requests()[1];
  EXPECT_EQ(one.headers.at("webhook-signature"), signature_of(rotated.secret(), one));
}

TEST_F(WebhookTest, ARetryGetsTheSameSecretWhichIsWrittenNowhere) {
  v1::CreateWebhookRequest request;
  request.set_request_id(new_request_id());
  request.mutable_webhook()->set_webhook_id("crm");
  request.mutable_webhook()->set_url("https://muster.example");
  v1::CreateWebhookResponse first, again;
  ASSERT_TRUE(call(acme, &Hooks::CreateWebhook, request, &first).ok());
  ASSERT_TRUE(call(acme, &Hooks::CreateWebhook, request, &again).ok());
  EXPECT_EQ(first.secret(), again.secret());
  const std::string base64 = first.secret().substr(6);
  const auto found = transact(kPlatformTenant, [&](TenantTransaction& t) {
    return t.sql()
        .exec_params1(
            "SELECT (SELECT count(*) FROM identity_request WHERE position($1::bytea IN reply) > 0"
            " OR position(decode($2, 'base64') IN reply) > 0) + (SELECT count(*) FROM webhook"
            " WHERE position($1::bytea IN secret) > 0 OR position(decode($2, 'base64') IN secret) > 0)"
            " + (SELECT count(*) FROM audit_entry WHERE position($2 IN coalesce(after::text, '')) > 0)",
            first.secret(), base64)[0]
        .as<int>();
  });
  EXPECT_EQ(found, 0);
}

TEST_F(WebhookTest, TheAuditTellsWhatWasDone) {
  ASSERT_TRUE(create(acme, "crm", "https://muster.example").ok());
  ASSERT_TRUE(enable(acme, "crm", false).ok());
  ASSERT_TRUE(about(acme, "crm", &Hooks::RotateWebhookSecret).ok());
  ASSERT_TRUE(about(acme, "crm", &Hooks::DeleteWebhook).ok());
  std::vector<std::string> actions;
  for (const char* resource : {"webhook/acme/crm", "webhook/acme/crm/secret"}) {
    v1::ListAuditEntriesRequest request;
    request.set_resource(resource);
    v1::ListAuditEntriesResponse response;
    ASSERT_TRUE(backend.call(&v1::IdentityService::Stub::ListAuditEntries, request, &response).ok());
    for (const auto& entry : response.audit_entries()) {
      actions.push_back(entry.action());
      EXPECT_EQ(entry.actor_tenant_id(), "acme");
      EXPECT_THAT(entry.DebugString(), Not(HasSubstr("whsec_")));
    }
  }
  EXPECT_THAT(actions, ElementsAre("CreateWebhook", "UpdateWebhook", "DeleteWebhook", "RotateWebhookSecret"));
}

// --- who ---

TEST_F(WebhookTest, ATenantSeesAndChangesItsOwnOnly) {
  ASSERT_TRUE(create(acme, "crm", "https://acme.example").ok());
  ASSERT_TRUE(create(globex, "crm", "https://globex.example").ok()) << "names are each tenant's own";
  ASSERT_TRUE(create(backend.channel, "ours", "https://muster.example").ok());
  const auto list = [](const Channel& as) {
    v1::ListWebhooksResponse response;
    EXPECT_TRUE(call(as, &Hooks::ListWebhooks, v1::ListWebhooksRequest(), &response).ok());
    std::vector<std::string> found;
    for (const auto& each : response.webhooks()) found.push_back(each.tenant_id() + "/" + each.webhook_id());
    return found;
  };
  EXPECT_THAT(list(acme), ElementsAre("acme/crm"));
  EXPECT_THAT(list(backend.channel), ElementsAre("acme/crm", "globex/crm", "platform/ours"));
  EXPECT_EQ(get(globex, "crm").url(), "https://globex.example");
  EXPECT_EQ(get(backend.channel, "ours").url(), "https://muster.example");
  v1::CreateWebhookRequest elsewhere;
  elsewhere.mutable_webhook()->set_tenant_id("acme");
  elsewhere.mutable_webhook()->set_webhook_id("mine");
  elsewhere.mutable_webhook()->set_url("https://globex.example");
  EXPECT_EQ(problem(call(globex, &Hooks::CreateWebhook, elsewhere)).reason, "PERMISSION_DENIED");
  v1::UpdateWebhookRequest update;
  *update.mutable_webhook() = elsewhere.webhook();
  update.mutable_webhook()->set_webhook_id("crm");
  update.mutable_update_mask()->add_paths("url");
  EXPECT_EQ(problem(call(globex, &Hooks::UpdateWebhook, update)).reason, "PERMISSION_DENIED");
  EXPECT_EQ(get(acme, "crm").url(), "https://acme.example");
  const auto viewer = backend.tenant_user("acme", v1::ROLE_TENANT_VIEWER);
  EXPECT_EQ(problem(create(viewer, "x", "https://acme.example")).reason, "PERMISSION_DENIED");
  elsewhere.mutable_webhook()->set_tenant_id("nobody");
  EXPECT_EQ(problem(call(backend.channel, &Hooks::CreateWebhook, elsewhere)).reason, "TENANT_NOT_FOUND");
}

TEST_F(WebhookTest, RowSecurityHidesWhatIsOthers) {
  ASSERT_TRUE(create(acme, "crm", "https://muster.example").ok());
  send({"crm"});
  for (const std::string table : {"webhook", "webhook_delivery"}) {
    const auto rows = [&](const std::string& tenant) {
      return transact(
          tenant, [&](TenantTransaction& t) { return t.sql().exec1("SELECT count(*) FROM " + table)[0].as<int>(); });
    };
    EXPECT_EQ(rows("acme"), 1) << table;
    EXPECT_EQ(rows("globex"), 0) << table;
    EXPECT_EQ(
        transact("globex", [&](TenantTransaction& t) { return t.sql().exec("DELETE FROM " + table).affected_rows(); }),
        0u)
        << table;
  }
}

TEST_F(WebhookTest, WhatATenantDoesNotHaveIsTold) {
  ASSERT_TRUE(create(acme, "crm", "https://muster.example").ok());
  ASSERT_TRUE(create(globex, "erp", "https://muster.example").ok());
  const auto unknown = [&](const std::vector<std::string>& ids) {
    return transact(kPlatformTenant, [&](TenantTransaction& t) { return webhooks::unknown_of(t, "acme", ids); });
  };
  EXPECT_EQ(unknown({}), std::nullopt);
  EXPECT_EQ(unknown({"crm"}), std::nullopt);
  EXPECT_EQ(unknown({"crm", "erp", "bi"}), "erp");
}

// --- what is kept ---

TEST_F(WebhookTest, FieldsChangeAsTheMaskSays) {
  ASSERT_TRUE(create(acme, "crm", "https://muster.example/1").ok());
  EXPECT_EQ(problem(create(acme, "crm", "https://muster.example/2")).reason, "WEBHOOK_EXISTS");
  v1::UpdateWebhookRequest update;
  update.mutable_webhook()->set_webhook_id("crm");
  update.mutable_webhook()->set_display_name("CRM");
  update.mutable_webhook()->set_url("ftp://no");
  update.mutable_update_mask()->add_paths("display_name");
  ASSERT_TRUE(call(acme, &Hooks::UpdateWebhook, update).ok()) << "what the mask leaves out is not looked at";
  EXPECT_EQ(get(acme, "crm").display_name(), "CRM");
  EXPECT_EQ(get(acme, "crm").url(), "https://muster.example/1");
  update.mutable_update_mask()->add_paths("url");
  EXPECT_THAT(problem(call(acme, &Hooks::UpdateWebhook, update)).fields, ElementsAre("webhook.url"));
  update.mutable_update_mask()->add_paths("webhook_id");
  EXPECT_EQ(call(acme, &Hooks::UpdateWebhook, update).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  update.mutable_webhook()->set_webhook_id("nobody");
  update.mutable_update_mask()->Clear();
  update.mutable_update_mask()->add_paths("display_name");
  EXPECT_EQ(problem(call(acme, &Hooks::UpdateWebhook, update)).reason, "WEBHOOK_NOT_FOUND");
}

TEST_F(WebhookTest, ATestIsAnEventLikeOthers) {
  HttpReceiver receiver([](const auto&) { return 200; });
  ASSERT_TRUE(create(acme, "crm", receiver.url()).ok());
  v1::TestWebhookResponse response;
  ASSERT_TRUE(about(acme, "crm", &Hooks::TestWebhook, &response).ok());
  EXPECT_EQ(response.delivery().state(), v1::DELIVERY_STATE_PENDING);
  ASSERT_TRUE(comes_to(acme, v1::DELIVERY_STATE_DELIVERED));
  EXPECT_THAT(receiver.requests().front().body, HasSubstr(R"("data":{"webhook_id":"crm"})"));
  EXPECT_EQ(deliveries(acme).front().type(), "webhook.test");
}

TEST_F(WebhookTest, ATenantHasFiftyAtMost) {
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(create(acme, "hook-" + std::to_string(i), "https://muster.example").ok());
  }
  EXPECT_EQ(problem(create(acme, "one-more", "https://muster.example")).reason, "WEBHOOK_LIMIT");
  EXPECT_TRUE(create(globex, "first", "https://muster.example").ok());
}

TEST_F(WebhookTest, DeliveriesAreListedPageByPage) {
  HttpReceiver receiver([](const auto&) { return 200; });
  for (const char* id : {"crm", "erp"}) ASSERT_TRUE(create(acme, id, receiver.url()).ok());
  for (int i = 0; i < 5; ++i) send({"crm", "erp"});
  v1::ListDeliveriesRequest request;
  request.set_webhook_id("crm");
  request.set_page_size(2);
  std::set<std::string> seen;
  int pages = 0;
  do {
    v1::ListDeliveriesResponse response;
    ASSERT_TRUE(call(acme, &Hooks::ListDeliveries, request, &response).ok());
    for (const auto& each : response.deliveries()) {
      EXPECT_EQ(each.webhook_id(), "crm");
      seen.insert(each.delivery_id());
    }
    request.set_page_token(response.next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_EQ(seen.size(), 5u);
  EXPECT_EQ(pages, 3);
  request.set_webhook_id("erp");
  request.set_page_token("x");
  request.add_states(v1::DELIVERY_STATE_UNSPECIFIED);
  EXPECT_THAT(problem(call(acme, &Hooks::ListDeliveries, request)).fields, ElementsAre("states[0]", "page_token"));
}

TEST_F(WebhookTest, WhatIsDeliveredIsKeptForAWeekAndWhatIsDeadForThirtyDays) {
  std::atomic<unsigned> status{200};
  HttpReceiver receiver([&](const auto&) { return status.load(); });
  ASSERT_TRUE(create(acme, "crm", receiver.url()).ok());
  send({"crm"});
  ASSERT_TRUE(comes_to(acme, v1::DELIVERY_STATE_DELIVERED));
  status = 500;
  send({"crm"});
  ASSERT_TRUE(comes_to(acme, v1::DELIVERY_STATE_DEAD));
  const auto left_after = [&](std::chrono::hours hours) {
    transact(kPlatformTenant, [=](TenantTransaction& t) {
      while (webhooks::cleanup_job().work(t, wall_now() + hours)) continue;
    });
    return deliveries(acme).size();
  };
  EXPECT_EQ(left_after(24h * 6), 2u);
  EXPECT_EQ(left_after(24h * 8), 1u);
  EXPECT_EQ(deliveries(acme).front().state(), v1::DELIVERY_STATE_DEAD);
  EXPECT_EQ(left_after(24h * 29), 1u);
  EXPECT_EQ(left_after(24h * 31), 0u);
}

}  // namespace
}  // namespace muster::testing
