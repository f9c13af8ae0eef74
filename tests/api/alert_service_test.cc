#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <pqxx/pqxx>

#include "academy.h"
#include "muster/alerts/alerting.h"
#include "muster/kpi/fold.h"
#include "muster/node/render.h"
#include "muster/v1/alert_service.grpc.pb.h"
#include "muster/v1/identity_service.grpc.pb.h"
#include "muster/v1/webhook_service.grpc.pb.h"

// What the rules notice on a real floor, and what people do about it.
namespace muster::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Alerts = v1::AlertService::Stub;
using Identities = v1::IdentityService::Stub;
using Webhooks = v1::WebhookService::Stub;

class AlertServiceTest : public Academy {
 protected:
  AlertServiceTest() { backend.set_up_floor(); }

  /// Two contacts that wait in a queue are a warning, three are critical.
  static v1::CreateAlertRuleRequest crowded(const std::string& id = "crowded") {
    v1::CreateAlertRuleRequest request;
    v1::AlertRule& rule = *request.mutable_rule();
    rule.set_rule_id(id);
    rule.set_display_name("Crowded");
    rule.set_dimension(v1::KPI_DIMENSION_QUEUE);
    rule.set_advice("Ask the base for two more.");
    rule.mutable_threshold()->set_metric_id("waiting");
    rule.mutable_threshold()->set_operator_(v1::ALERT_OPERATOR_AT_LEAST);
    rule.mutable_threshold()->set_warning(2);
    rule.mutable_threshold()->set_critical(3);
    return request;
  }
  void create(const v1::CreateAlertRuleRequest& request) {
    ASSERT_TRUE(change(&Alerts::CreateAlertRule, request).ok());
  }

  grpc::Status update(const v1::AlertRule& rule, const std::string& field) {
    v1::UpdateAlertRuleRequest request;
    *request.mutable_rule() = rule;
    request.mutable_update_mask()->add_paths(field);
    return change(&Alerts::UpdateAlertRule, request);
  }

  grpc::Status handle(const std::string& alert, v1::AlertState state, const std::string& note = "",
                      v1::Alert* result = nullptr) {
    v1::HandleAlertRequest request;
    request.set_alert_id(alert);
    request.set_state(state);
    request.set_note(note);
    v1::HandleAlertResponse response;
    const auto status = change(&Alerts::HandleAlert, request, &response);
    if (result) *result = response.alert();
    return status;
  }

  std::vector<v1::Alert> alerts(const std::shared_ptr<grpc::Channel>& who) {
    v1::ListAlertsResponse response;
    EXPECT_TRUE(read_as(who, &Alerts::ListAlerts, v1::ListAlertsRequest(), &response).ok());
    return {response.alerts().begin(), response.alerts().end()};
  }
  std::vector<v1::Alert> alerts() { return alerts(backend.channel); }

  /// The latest alert, once it has this level.
  v1::Alert latest_at(v1::AlertLevel level) {
    v1::Alert latest;
    EXPECT_TRUE(eventually([&] {
      const auto all = alerts();
      if (!all.empty()) latest = all.front();
      return !all.empty() && latest.level() == level;
    })) << latest.DebugString();
    return latest;
  }
  std::vector<v1::AlertEntry> entries(const std::string& alert) {
    v1::GetAlertRequest request;
    request.set_alert_id(alert);
    v1::GetAlertResponse response;
    EXPECT_TRUE(backend.call(&Alerts::GetAlert, request, &response).ok());
    return {response.entries().begin(), response.entries().end()};
  }

  std::vector<std::string> wait_in(const std::string& queue, int contacts) {
    std::vector<std::string> ids;
    for (int i = 0; i < contacts; ++i) ids.push_back(backend.create_contact(queue));
    return ids;
  }
  void leave(const std::vector<std::string>& contacts) {
    for (const std::string& id : contacts) {
      v1::AbandonContactRequest request;
      request.set_contact_id(id);
      EXPECT_TRUE(change(&Contacts::AbandonContact, request).ok());
    }
  }
};

TEST_F(AlertServiceTest, WhatARuleNoticesIsAnAlertUntilItIsOver) {
  create(crowded());
  const auto two = wait_in("billing", 2);
  const v1::Alert raised = latest_at(v1::ALERT_LEVEL_WARNING);
  EXPECT_EQ(raised.rule_id(), "crowded");
  EXPECT_EQ(raised.rule_name(), "Crowded");
  EXPECT_EQ(raised.row_id(), "billing");
  EXPECT_EQ(raised.row_tenant_id(), "platform");
  EXPECT_EQ(raised.metric_id(), "waiting");
  EXPECT_EQ(raised.value(), 2);
  EXPECT_EQ(raised.limit(), 2);
  EXPECT_EQ(raised.state(), v1::ALERT_STATE_OPEN);
  EXPECT_EQ(raised.advice(), "Ask the base for two more.");
  const auto third = wait_in("billing", 1);
  EXPECT_EQ(latest_at(v1::ALERT_LEVEL_CRITICAL).alert_id(), raised.alert_id());
  leave(two);
  leave(third);
  const v1::Alert over = latest_at(v1::ALERT_LEVEL_UNSPECIFIED);
  EXPECT_EQ(over.alert_id(), raised.alert_id());
  EXPECT_EQ(over.highest_level(), v1::ALERT_LEVEL_CRITICAL);
  EXPECT_EQ(over.state(), v1::ALERT_STATE_RESOLVED) << "nobody took it up";
  std::vector<v1::AlertLevel> levels;
  for (const auto& entry : entries(over.alert_id())) levels.push_back(entry.level());
  EXPECT_EQ(levels.front(), v1::ALERT_LEVEL_WARNING);
  EXPECT_EQ(levels.back(), v1::ALERT_LEVEL_UNSPECIFIED);
}

TEST_F(AlertServiceTest, EachRowHasItsOwnAlert) {
  create(crowded());
  wait_in("billing", 2);
  wait_in("help", 3);
  EXPECT_TRUE(eventually([&] { return alerts().size() == 2; }));
  v1::AlertRule only = crowded().rule();
  only.add_row_ids("help");
  EXPECT_TRUE(update(only, "row_ids").ok());
  EXPECT_TRUE(eventually([&] {
    const auto all = alerts();
    return all[0].row_id() == "billing" ? all[0].level() == 0 && all[1].level() != 0
                                        : all[1].level() == 0 && all[0].level() != 0;
  }));
}

TEST_F(AlertServiceTest, WhileSomebodyWorksOnItItIsTheSameAlertHoweverOftenItComesAndGoes) {
  create(crowded());
  const auto first = wait_in("billing", 2);
  const std::string id = latest_at(v1::ALERT_LEVEL_WARNING).alert_id();
  v1::Alert alert;
  EXPECT_TRUE(handle(id, v1::ALERT_STATE_ACKNOWLEDGED).ok());
  EXPECT_TRUE(handle(id, v1::ALERT_STATE_ASSIGNED, "li.na calls the base", &alert).ok());
  EXPECT_EQ(alert.assignee(), entries(id).back().actor()) << "nobody else was named";
  leave(first);
  EXPECT_EQ(latest_at(v1::ALERT_LEVEL_UNSPECIFIED).state(), v1::ALERT_STATE_ASSIGNED);
  const auto second = wait_in("billing", 2);
  const v1::Alert back = latest_at(v1::ALERT_LEVEL_WARNING);
  EXPECT_EQ(back.alert_id(), id);
  EXPECT_EQ(back.returns(), 1);
  leave(second);
  latest_at(v1::ALERT_LEVEL_UNSPECIFIED);
  EXPECT_TRUE(handle(id, v1::ALERT_STATE_RESOLVED).ok());
  wait_in("billing", 2);
  EXPECT_NE(latest_at(v1::ALERT_LEVEL_WARNING).alert_id(), id) << "it was closed";
}

TEST_F(AlertServiceTest, AFalseAlarmIsNotRaisedAgainWhileItLasts) {
  create(crowded());
  const auto waiting = wait_in("billing", 2);
  const std::string id = latest_at(v1::ALERT_LEVEL_WARNING).alert_id();
  EXPECT_EQ(problem(handle(id, v1::ALERT_STATE_FALSE_ALARM)).fields, std::vector<std::string>{"note"});
  EXPECT_TRUE(handle(id, v1::ALERT_STATE_FALSE_ALARM, "a test").ok());
  const auto third = wait_in("billing", 1);
  latest_at(v1::ALERT_LEVEL_CRITICAL);
  EXPECT_EQ(alerts().size(), 1);
  EXPECT_EQ(alerts()[0].state(), v1::ALERT_STATE_FALSE_ALARM);
  const auto closed = problem(handle(id, v1::ALERT_STATE_RESOLVED));
  EXPECT_EQ(closed.reason, "ALERT_WRONG_STATE");
  EXPECT_EQ(closed.metadata.at("state"), "FALSE_ALARM");
  EXPECT_TRUE(handle(id, v1::ALERT_STATE_UNSPECIFIED, "yet a note may be left").ok());
  leave(waiting);
  leave(third);
  EXPECT_EQ(latest_at(v1::ALERT_LEVEL_UNSPECIFIED).state(), v1::ALERT_STATE_FALSE_ALARM);
}

TEST_F(AlertServiceTest, WatchersSeeAlertsComeChangeAndLeave) {
  create(crowded());
  Alerts stub(backend.channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  const auto watch = stub.WatchAlerts(&context, v1::WatchAlertsRequest());
  v1::WatchAlertsResponse response;
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_TRUE(response.snapshot());
  EXPECT_THAT(response.alerts(), IsEmpty());
  const auto next = [&](const std::function<bool(const v1::Alert&)>& is) {
    while (watch->Read(&response)) {
      EXPECT_FALSE(response.snapshot());
      for (const auto& alert : response.alerts()) {
        if (is(alert)) return true;
      }
    }
    return false;
  };
  const auto waiting = wait_in("billing", 2);
  ASSERT_TRUE(next([](const v1::Alert& alert) { return alert.level() == v1::ALERT_LEVEL_WARNING; }));
  const std::string id = response.alerts(0).alert_id();
  EXPECT_TRUE(handle(id, v1::ALERT_STATE_ACKNOWLEDGED).ok());
  ASSERT_TRUE(next([](const v1::Alert& alert) { return alert.state() == v1::ALERT_STATE_ACKNOWLEDGED; }));
  EXPECT_TRUE(handle(id, v1::ALERT_STATE_RESOLVED).ok());
  leave(waiting);
  ASSERT_TRUE(next([](const v1::Alert& alert) {
    return alert.state() == v1::ALERT_STATE_RESOLVED && alert.level() == v1::ALERT_LEVEL_UNSPECIFIED;
  }));
}

TEST_F(AlertServiceTest, ARuleThatIsOffOrGoneEndsItsAlerts) {
  create(crowded("one"));
  create(crowded("two"));
  wait_in("billing", 2);
  EXPECT_TRUE(eventually([&] { return alerts().size() == 2; }));
  v1::AlertRule off = crowded("one").rule();
  off.set_disabled(true);
  EXPECT_TRUE(update(off, "disabled").ok());
  v1::DeleteAlertRuleRequest gone;
  gone.set_rule_id("two");
  EXPECT_TRUE(change(&Alerts::DeleteAlertRule, gone).ok());
  EXPECT_TRUE(eventually([&] {
    const auto all = alerts();
    return all[0].state() == v1::ALERT_STATE_RESOLVED && all[1].state() == v1::ALERT_STATE_RESOLVED;
  }));
  off.set_disabled(false);
  EXPECT_TRUE(update(off, "disabled").ok());
  EXPECT_TRUE(eventually([&] { return alerts().size() == 3; })) << "on again, it notices what still is";
}

TEST_F(AlertServiceTest, TheRulesWebhooksAreToldOnceOfEachChange) {
  auto rule = crowded();
  rule.mutable_rule()->add_webhook_ids("ops");
  EXPECT_EQ(problem(change(&Alerts::CreateAlertRule, rule)).reason, "WEBHOOK_NOT_FOUND");
  v1::CreateWebhookRequest webhook;
  webhook.mutable_webhook()->set_webhook_id("ops");
  webhook.mutable_webhook()->set_url("https://ops.example/alerts");
  ASSERT_TRUE(change(&Webhooks::CreateWebhook, webhook).ok());
  create(rule);
  const auto two = wait_in("billing", 2);
  const auto told = [&] {
    v1::ListDeliveriesResponse response;
    EXPECT_TRUE(backend.call(&Webhooks::ListDeliveries, v1::ListDeliveriesRequest(), &response).ok());
    std::vector<std::string> types;
    for (const auto& delivery : response.deliveries()) types.push_back(delivery.type());
    std::sort(types.begin(), types.end());
    return types;
  };
  EXPECT_TRUE(eventually([&] { return told() == std::vector<std::string>{"alert.raised"}; }));
  leave(two);
  EXPECT_TRUE(eventually([&] { return told().size() == 2; }));
  EXPECT_THAT(told(), ElementsAre("alert.cleared", "alert.raised"));
}

TEST_F(AlertServiceTest, ServersThatLookAtTheSameTimeRaiseOneAlert) {
  const alerts::Alerting second(backend.back_office->pool(), *backend.node),
      third(backend.back_office->pool(), *backend.node);
  create(crowded());
  const auto waiting = wait_in("billing", 2);
  latest_at(v1::ALERT_LEVEL_WARNING);
  leave(waiting);
  latest_at(v1::ALERT_LEVEL_UNSPECIFIED);
  wait_in("billing", 3);
  const std::string id = latest_at(v1::ALERT_LEVEL_CRITICAL).alert_id();
  EXPECT_EQ(alerts().size(), 2);
  std::vector<v1::AlertLevel> levels;
  for (const auto& entry : entries(id)) levels.push_back(entry.level());
  EXPECT_EQ(std::unique(levels.begin(), levels.end()), levels.end()) << "each change was entered once";
}

TEST_F(AlertServiceTest, FarMoreContactsThanInTheWeeksBeforeAreASpike) {
  pqxx::connection connection(backend.database);
  pqxx::work work(connection);
  const TimePoint now = wall_now();
  for (int week = 1; week <= 4; ++week) {
    const TimePoint middle = kpi::interval_of(now - std::chrono::days(7 * week));
    for (int quarter = -8; quarter <= 4; ++quarter) {
      const auto start = std::to_string((middle + quarter * kpi::kInterval).time_since_epoch().count() / 1'000'000);
      const auto month = work.exec1("SELECT to_char(to_timestamp(" + start + "), 'YYYY_MM')")[0].as<std::string>();
      work.exec("DO $$ BEGIN IF to_regclass('kpi_interval_" + month +
                "') IS NULL THEN EXECUTE format('CREATE TABLE kpi_interval_" + month +
                " PARTITION OF kpi_interval FOR VALUES FROM (%L) TO (%L)', date_trunc('month', to_timestamp(" + start +
                "), 'UTC'), date_trunc('month', to_timestamp(" + start +
                "), 'UTC') + interval '1 month'); END IF; END $$");
      // Fact 0: offered; dimensions 1 and 4: workspace and queue.
      work.exec("INSERT INTO kpi_interval VALUES ('main', 1, '', '', to_timestamp(" + start +
                "), 'platform', '{0}', '{1}'), ('main', 4, 'billing', 'platform', to_timestamp(" + start +
                "), 'platform', '{0}', '{1}')");
    }
  }
  work.commit();
  v1::CreateAlertRuleRequest request = crowded("rush");
  v1::SpikeCondition& spike = *request.mutable_rule()->mutable_spike();
  spike.set_metric_id("offered");
  spike.set_warning_ratio(2);
  spike.set_critical_ratio(100);
  create(request);
  wait_in("help", 20);  // had nothing a week ago: it is new
  wait_in("billing", 16);
  const v1::Alert alert = latest_at(v1::ALERT_LEVEL_WARNING);
  EXPECT_EQ(alert.row_id(), "billing");
  EXPECT_GE(alert.value(), 10);
  EXPECT_NEAR(alert.limit(), 4, 0.5) << "one in each quarter of an hour";
  EXPECT_EQ(alerts().size(), 1);
}

TEST_F(AlertServiceTest, WhatIsWrongWithARuleIsNamedAndNothingChanges) {
  auto bad = crowded();
  bad.mutable_rule()->mutable_threshold()->set_critical(1);
  EXPECT_EQ(problem(change(&Alerts::CreateAlertRule, bad)).fields, std::vector<std::string>{"rule.threshold.critical"});
  create(crowded());
  EXPECT_EQ(problem(change(&Alerts::CreateAlertRule, crowded())).reason, "ALERT_RULE_EXISTS");
  v1::AlertRule worse = crowded().rule();
  worse.mutable_spike()->set_metric_id("asa");
  EXPECT_THAT(problem(update(worse, "spike")).fields, ElementsAre("rule.spike.metric_id", "rule.spike.warning_ratio"));
  EXPECT_THAT(problem(update(worse, "dimension")).fields, ElementsAre("update_mask"));
  worse.set_rule_id("nobody");
  EXPECT_EQ(problem(update(worse, "advice")).reason, "ALERT_RULE_NOT_FOUND");
  v1::GetAlertRuleRequest get;
  get.set_rule_id("crowded");
  v1::GetAlertRuleResponse got;
  EXPECT_TRUE(backend.call(&Alerts::GetAlertRule, get, &got).ok());
  EXPECT_TRUE(got.rule().has_threshold());
  EXPECT_EQ(problem(handle("7", v1::ALERT_STATE_RESOLVED)).reason, "ALERT_NOT_FOUND");
  EXPECT_EQ(problem(handle("x", v1::ALERT_STATE_OPEN)).fields, (std::vector<std::string>{"alert_id", "state"}));
}

TEST_F(AlertServiceTest, AnotherConditionTakesThePlaceOfTheFirst) {
  create(crowded());
  v1::AlertRule rush = crowded().rule();
  rush.mutable_spike()->set_metric_id("offered");
  rush.mutable_spike()->set_warning_ratio(3);
  EXPECT_TRUE(update(rush, "spike").ok());
  v1::ListAlertRulesResponse rules;
  EXPECT_TRUE(backend.call(&Alerts::ListAlertRules, v1::ListAlertRulesRequest(), &rules).ok());
  ASSERT_EQ(rules.rules_size(), 1);
  EXPECT_FALSE(rules.rules(0).has_threshold());
  EXPECT_EQ(rules.rules(0).spike().weeks(), 4) << "defaults are filled in";
}

TEST_F(AlertServiceTest, ATenantsRulesSeeItsQueuesAloneAndItsAlertsAreItsOwn) {
  for (const char* tenant : {"acme", "globex"}) {
    v1::CreateTenantRequest request;
    request.mutable_tenant()->set_tenant_id(tenant);
    request.mutable_tenant()->set_display_name(tenant);
    ASSERT_TRUE(change(&Identities::CreateTenant, request).ok());
    v1::CreateQueueRequest queue;
    queue.mutable_queue()->set_queue_id(std::string(tenant) + "-voice");
    queue.mutable_queue()->set_channel(v1::CHANNEL_VOICE);
    queue.mutable_queue()->set_policy_id("plain");
    queue.mutable_queue()->set_tenant_id(tenant);
    ASSERT_TRUE(change(&Routing::CreateQueue, queue).ok());
  }
  const auto user_of = [&](const std::string& tenant) {
    v1::CreateUserRequest user;
    user.mutable_user()->set_tenant_id(tenant);
    user.mutable_user()->set_user_id("ada");
    user.mutable_user()->add_roles(v1::ROLE_TENANT_ADMIN);
    user.set_password("correct horse battery");
    EXPECT_TRUE(change(&Identities::CreateUser, user).ok());
    v1::SignInRequest request;
    request.set_tenant_id(tenant);
    request.set_user_id("ada");
    request.set_password(user.password());
    v1::SignInResponse response;
    EXPECT_TRUE(backend.call(&Identities::SignIn, request, &response).ok());
    return backend.connect(response.tokens().access_token());
  };
  const auto acme = user_of("acme"), globex = user_of("globex");
  EXPECT_TRUE(change_as(acme, &Alerts::CreateAlertRule, crowded()).ok());
  auto of_agents = crowded("agents");
  of_agents.mutable_rule()->set_dimension(v1::KPI_DIMENSION_AGENT);
  EXPECT_THAT(problem(change_as(acme, &Alerts::CreateAlertRule, of_agents)).fields, ElementsAre("rule.dimension"));
  for (const char* queue : {"acme-voice", "globex-voice", "billing"}) wait_in(queue, 2);
  EXPECT_TRUE(eventually([&] { return alerts(acme).size() == 1; }));
  const v1::Alert alert = alerts(acme)[0];
  EXPECT_EQ(alert.row_id(), "acme-voice");
  EXPECT_EQ(alert.tenant_id(), "acme");
  EXPECT_THAT(alerts(globex), IsEmpty());
  EXPECT_EQ(alerts().size(), 1) << "the platform sees all";
  v1::HandleAlertRequest request;
  request.set_alert_id(alert.alert_id());
  request.set_state(v1::ALERT_STATE_ACKNOWLEDGED);
  EXPECT_EQ(problem(change_as(globex, &Alerts::HandleAlert, request)).reason, "ALERT_NOT_FOUND");
  EXPECT_TRUE(change_as(acme, &Alerts::HandleAlert, request).ok());
}

}  // namespace
}  // namespace muster::testing
