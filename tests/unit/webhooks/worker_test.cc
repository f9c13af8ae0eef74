#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <set>
#include <thread>

#include "http_receiver.h"
#include "muster/node/render.h"
#include "muster/store/migrations.h"
#include "muster/webhooks/webhook_service.h"
#include "muster/webhooks/webhooks.h"
#include "postgres_fixture.h"
#include "signature.h"
#include "webhook_store.h"

/// Who works the outbox off, with none of the server about it: how workers stop, die and share.
namespace muster::webhooks {
namespace {

using testing::HttpReceiver;

bool eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 6000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

/// A root key that hides nothing.
Sealer open_sealer() {
  return {[](std::string_view, std::string_view secret) { return std::string(secret); },
          [](std::string_view, std::string_view sealed) { return std::optional<std::string>(sealed); }};
}

Options impatient() {
  Options options;
  options.private_networks = true;
  options.look = std::chrono::milliseconds(20);
  options.timeout = std::chrono::seconds(60);
  return options;
}

class WorkerTest : public ::testing::Test {
 protected:
  WorkerTest() { store::apply_migrations(database); }

  void make_webhook(const std::string& id, const std::string& url) {
    v1::Webhook webhook;
    webhook.set_tenant_id("platform");
    webhook.set_webhook_id(id);
    webhook.set_url(url);
    webhook.set_enabled(true);
    node::to_proto(wall_now(), webhook.mutable_create_time());
    transact([&](TenantTransaction& t) { EXPECT_TRUE(insert_webhook(t, webhook, new_secret())); });
  }
  void send_to(const std::string& id) {
    transact([&](TenantTransaction& t) { send(t, "platform", {id}, {"alert.raised", "{}", wall_now()}); });
  }
  void transact(const std::function<void(TenantTransaction&)>& work) { pool.submit("platform", work).get(); }
  std::vector<v1::Delivery> deliveries() {
    return pool.submit("platform", [](TenantTransaction& t) { return list_deliveries(t, {}, {}).items; }).get();
  }
  std::unique_ptr<Worker> work(const Options& options) {
    return std::make_unique<Worker>(pool, open_sealer(), options);
  }

  std::string database = testing::PostgresCluster::instance().create_database();
  store::TenantPool pool{{.connection = database, .threads = 2}};
};

TEST_F(WorkerTest, WhatAWorkerLeavesBehindIsDeliveredOnceItsLeaseIsOver) {
  std::promise<void> release;
  const auto released = release.get_future().share();
  HttpReceiver receiver([&](const auto&) { return released.wait(), 200; });
  make_webhook("slow", receiver.url());
  send_to("slow");
  Options short_lease = impatient();
  short_lease.lease = std::chrono::milliseconds(500);
  auto first = work(short_lease);
  ASSERT_TRUE(eventually([&] { return receiver.count() == 1; }));
  first.reset();  // in the middle of the request, and without an answer to wait for
  auto second = work(impatient());
  ASSERT_TRUE(eventually([&] { return receiver.count() == 2; }));
  release.set_value();
  ASSERT_TRUE(eventually([&] { return deliveries().front().state() == v1::DELIVERY_STATE_DELIVERED; }));
  EXPECT_EQ(deliveries().front().attempts(), 2);
  EXPECT_EQ(receiver.requests()[0].headers.at("webhook-id"), receiver.requests()[1].headers.at("webhook-id"));
  EXPECT_EQ(receiver.count(), 2u);
}

TEST_F(WorkerTest, WhatIsClaimedIsLeftToWhoClaimedIt) {
  HttpReceiver receiver([](const auto&) { return 200; });
  make_webhook("one", receiver.url());
  make_webhook("two", receiver.url());
  send_to("one");
  std::vector<Claim> claims;
  transact([&](TenantTransaction& t) { claims = claim_deliveries(t, wall_now(), std::chrono::hours(1), 10, 4); });
  ASSERT_EQ(claims.size(), 1u);
  send_to("two");
  auto worker = work(impatient());
  ASSERT_TRUE(eventually([&] { return deliveries()[1].state() == v1::DELIVERY_STATE_DELIVERED; }));
  EXPECT_EQ(deliveries()[0].state(), v1::DELIVERY_STATE_PENDING);
  EXPECT_EQ(receiver.count(), 1u);
  transact([&](TenantTransaction& t) { settle_delivery(t, claims[0], {.next_attempt = wall_now()}, wall_now()); });
  EXPECT_TRUE(eventually([&] { return deliveries()[0].state() == v1::DELIVERY_STATE_DELIVERED; }));
}

TEST_F(WorkerTest, WhoComesAfterTheLeaseSettlesNothing) {
  make_webhook("one", "https://muster.example");
  send_to("one");
  std::vector<Claim> late, now;
  transact([&](TenantTransaction& t) { late = claim_deliveries(t, wall_now(), Duration(0), 10, 4); });
  transact([&](TenantTransaction& t) { now = claim_deliveries(t, wall_now(), std::chrono::hours(1), 10, 4); });
  ASSERT_EQ(now.size(), 1u);
  transact([&](TenantTransaction& t) {
    settle_delivery(t, late[0], {.state = v1::DELIVERY_STATE_DEAD, .error = "late"}, wall_now());
  });
  EXPECT_EQ(deliveries()[0].state(), v1::DELIVERY_STATE_PENDING);
  transact([&](TenantTransaction& t) {
    settle_delivery(t, now[0], {.state = v1::DELIVERY_STATE_DELIVERED, .status = 200}, wall_now());
  });
  EXPECT_EQ(deliveries()[0].state(), v1::DELIVERY_STATE_DELIVERED);
}

TEST_F(WorkerTest, ManyWorkersDeliverEachOnce) {
  HttpReceiver receiver([](const auto&) { return 200; });
  make_webhook("one", receiver.url());
  make_webhook("two", receiver.url());
  for (int i = 0; i < 40; ++i) send_to(i % 2 ? "one" : "two");
  std::vector<std::unique_ptr<Worker>> workers;
  for (int i = 0; i < 3; ++i) workers.push_back(work(impatient()));
  ASSERT_TRUE(eventually([&] {
    const auto all = deliveries();
    return std::all_of(all.begin(), all.end(),
                       [](const auto& each) { return each.state() == v1::DELIVERY_STATE_DELIVERED; });
  }));
  std::set<std::string> ids;
  for (const auto& request : receiver.requests()) ids.insert(request.headers.at("webhook-id"));
  EXPECT_EQ(ids.size(), 40u);
  EXPECT_EQ(receiver.count(), 40u);
}

TEST_F(WorkerTest, AWebhookHasFourUnderWayAtMost) {
  make_webhook("one", "https://muster.example");
  make_webhook("two", "https://muster.example");
  for (int i = 0; i < 6; ++i) send_to("one");
  send_to("two");
  const auto claimed = [&] {
    return pool
        .submit("platform",
                [](TenantTransaction& t) { return claim_deliveries(t, wall_now(), std::chrono::hours(1), 100, 4); })
        .get();
  };
  const auto first = claimed();
  EXPECT_EQ(first.size(), 5u);
  EXPECT_EQ(claimed().size(), 0u);
  const auto one = std::find_if(first.begin(), first.end(), [](const Claim& c) { return c.webhook_id == "one"; });
  transact([&](TenantTransaction& t) {
    settle_delivery(t, *one, {.state = v1::DELIVERY_STATE_DELIVERED, .status = 200}, wall_now());
  });
  EXPECT_EQ(claimed().size(), 1u);
}

TEST_F(WorkerTest, ATenantHasSixtyFourUnderWayAtMost) {
  for (int webhook = 0; webhook < 20; ++webhook) {
    const std::string id = "slow-" + std::to_string(webhook);
    make_webhook(id, "https://slow.example");
    for (int i = 0; i < 4; ++i) send_to(id);
  }
  const auto claimed = [&] {
    std::size_t claims = 0;
    transact(
        [&](TenantTransaction& t) { claims = claim_deliveries(t, wall_now(), std::chrono::hours(1), 256, 4).size(); });
    return claims;
  };
  EXPECT_EQ(claimed(), 64u);
  EXPECT_EQ(claimed(), 0u) << "those under way count";
}

TEST_F(WorkerTest, WhatIsTooLateIsGivenUpUnlessItIsUnderWay) {
  make_webhook("one", "https://slow.example");
  make_webhook("two", "https://slow.example");
  send_to("one");
  std::vector<Claim> claims;
  transact([&](TenantTransaction& t) { claims = claim_deliveries(t, wall_now(), std::chrono::hours(1), 10, 4); });
  send_to("two");
  const auto give_up = [&](TimePoint before) {
    transact([&](TenantTransaction& t) { EXPECT_FALSE(give_up_deliveries(t, before, wall_now())); });
  };
  give_up(wall_now() - std::chrono::hours(1));
  EXPECT_EQ(deliveries()[1].state(), v1::DELIVERY_STATE_PENDING);
  give_up(wall_now());
  EXPECT_EQ(deliveries()[0].state(), v1::DELIVERY_STATE_PENDING);
  EXPECT_EQ(deliveries()[1].state(), v1::DELIVERY_STATE_DEAD);
}

TEST_F(WorkerTest, WhatIsDueWhileTheDatabaseIsAwayIsDeliveredLater) {
  HttpReceiver receiver([](const auto&) { return 200; });
  make_webhook("one", receiver.url());
  auto worker = work(impatient());
  transact([&](TenantTransaction&) {});
  testing::PostgresCluster::instance().execute(
      database,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
      " AND pid <> pg_backend_pid()");
  for (bool sent = false; !sent;) {
    try {
      send_to("one");
      sent = true;
    } catch (const std::exception& error) {
      ASSERT_TRUE(dynamic_cast<const std::runtime_error*>(&error)) << error.what();
    }
  }
  EXPECT_TRUE(eventually([&] { return receiver.count() == 1; }));
}

}  // namespace
}  // namespace muster::webhooks
