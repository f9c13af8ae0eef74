#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <pqxx/pqxx>

#include "academy.h"
#include "desk.h"
#include "muster/kpi/fold.h"
#include "muster/node/days.h"
#include "muster/node/render.h"
#include "muster/v1/identity_service.grpc.pb.h"
#include "muster/v1/scorecard_service.grpc.pb.h"
#include "muster/v1/target_service.grpc.pb.h"

// Targets, what is expected by now, and composite scores, on the floor as it is.
namespace muster::testing {
namespace {

using kpi::Fact;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using Identities = v1::IdentityService::Stub;
using Scorecards = v1::ScorecardService::Stub;
using Targets = v1::TargetService::Stub;
using namespace std::chrono_literals;

v1::Target target(const std::string& metric, double value, v1::KpiDimension dimension, const std::string& row = "",
                  v1::KpiDimension each = v1::KPI_DIMENSION_UNSPECIFIED) {
  v1::Target made;
  made.set_metric_id(metric);
  made.set_value(value);
  made.set_dimension(dimension);
  made.set_row_id(row);
  made.set_each_dimension(each);
  return made;
}

/// Where it is about noon, so that the present is neither the beginning of the day nor its end.
std::string zone_at_noon() {
  const TimePoint now = wall_now();
  const auto hour = std::chrono::floor<std::chrono::hours>(now - std::chrono::floor<std::chrono::days>(now)).count();
  if (hour == 12) return "UTC";
  return hour > 12 ? "Etc/GMT+" + std::to_string(hour - 12) : "Etc/GMT-" + std::to_string(12 - hour);
}
const std::string kZone = zone_at_noon();

/// The floor, with mei in a team of a base, and a tenant with a queue of its own.
class TargetTest : public Academy {
 protected:
  TargetTest() {
    backend.set_up_floor();
    v1::UpdateAgentRequest update;
    update.mutable_agent()->set_agent_id("mei");
    update.mutable_agent()->set_base_id("wuhan");
    update.mutable_agent()->set_team_id("night");
    for (const char* path : {"base_id", "team_id"}) update.mutable_update_mask()->add_paths(path);
    EXPECT_TRUE(change(&Routing::UpdateAgent, update).ok());
  }

  /// With a queue of its own, and the channel of its administrator.
  std::shared_ptr<grpc::Channel> make_tenant(const std::string& id) {
    v1::CreateTenantRequest tenant;
    tenant.mutable_tenant()->set_tenant_id(id);
    tenant.mutable_tenant()->set_display_name(id);
    EXPECT_TRUE(change(&Identities::CreateTenant, tenant).ok());
    v1::CreateQueueRequest queue;
    queue.mutable_queue()->set_queue_id(id + "-calls");
    queue.mutable_queue()->set_channel(v1::CHANNEL_VOICE);
    queue.mutable_queue()->set_policy_id("plain");
    queue.mutable_queue()->set_tenant_id(id);
    EXPECT_TRUE(change(&Routing::CreateQueue, queue).ok());
    v1::CreateApiKeyRequest key;
    key.mutable_api_key()->set_tenant_id(id);
    key.mutable_api_key()->set_client_id("program");
    for (const auto scope : {v1::API_SCOPE_ROUTING_READ, v1::API_SCOPE_ROUTING_WRITE, v1::API_SCOPE_BOARD_READ}) {
      key.mutable_api_key()->add_scopes(scope);
    }
    v1::CreateApiKeyResponse made;
    EXPECT_TRUE(change(&Identities::CreateApiKey, key, &made).ok());
    auto channel = backend.connect(made.key());
    EXPECT_TRUE(eventually([&] { return read_as(channel, &Routing::ListQueues, v1::ListQueuesRequest()).ok(); }));
    return channel;
  }

  grpc::Status set(const v1::Target& target, v1::Target* is = nullptr) { return set_as(backend.channel, target, is); }
  grpc::Status set_as(const std::shared_ptr<grpc::Channel>& who, const v1::Target& target, v1::Target* is = nullptr) {
    v1::SetTargetRequest request;
    *request.mutable_target() = target;
    v1::SetTargetResponse response;
    // The floor may show a new queue a moment after it was acknowledged.
    grpc::Status status = change_as(who, &Targets::SetTarget, request, &response);
    if (is) *is = response.target();
    return status;
  }

  v1::TrackTargetsResponse track(v1::KpiDimension dimension) { return track_as(backend.channel, dimension); }
  static v1::TrackTargetsResponse track_as(const std::shared_ptr<grpc::Channel>& who, v1::KpiDimension dimension) {
    v1::TrackTargetsRequest request;
    request.set_dimension(dimension);
    request.set_time_zone(kZone);
    v1::TrackTargetsResponse response;
    const grpc::Status status = read_as(who, &Targets::TrackTargets, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  static v1::TargetTrack track_of(const v1::TrackTargetsResponse& response, const std::string& row,
                                  const std::string& metric) {
    for (const auto& each : response.rows()) {
      for (const auto& track : each.tracks()) {
        if (each.row().row_id() == row && track.target().metric_id() == metric) return track;
      }
    }
    ADD_FAILURE() << row << " has no target of " << metric;
    return {};
  }
  static std::vector<std::string> rows_of(const v1::TrackTargetsResponse& response) {
    std::vector<std::string> rows;
    for (const auto& row : response.rows()) rows.push_back(row.row().row_id());
    return rows;
  }

  std::vector<std::string> list_as(const std::shared_ptr<grpc::Channel>& who) {
    v1::ListTargetsResponse response;
    EXPECT_TRUE(read_as(who, &Targets::ListTargets, v1::ListTargetsRequest(), &response).ok());
    std::vector<std::string> found;
    for (const auto& each : response.targets()) found.push_back(each.row_id() + " " + each.metric_id());
    return found;
  }

  /// A contact that the agent takes and completes.
  void serve(Desk& desk) {
    const std::string id = backend.create_contact("help");
    EXPECT_EQ(desk.accept_next().contact_id(), id);
    v1::SessionRequest command;
    command.mutable_complete_contact()->set_contact_id(id);
    command.mutable_complete_contact()->set_disposition("solved");
    EXPECT_EQ(desk.run(command).code(), 0);
  }

  /// Puts handled contacts into history: so many in the quarter of an hour that holds the moment.
  void was_handled(const kpi::Key& key, TimePoint moment, int count) {
    const TimePoint start = kpi::interval_of(moment);
    pqxx::connection connection(backend.database);
    pqxx::work work(connection);
    const std::string seconds =
        std::to_string(std::chrono::floor<std::chrono::seconds>(start).time_since_epoch().count());
    const auto month = work.exec1(
        "SELECT to_char(m, 'YYYY_MM'), m, m + interval '1 month' FROM date_trunc('month', "
        "to_timestamp(" +
        seconds + "), 'UTC') m");
    work.exec("CREATE TABLE IF NOT EXISTS kpi_interval_" + month[0].as<std::string>() +
              " PARTITION OF kpi_interval FOR VALUES FROM ('" + month[1].as<std::string>() + "') TO ('" +
              month[2].as<std::string>() + "')");
    work.exec_params("INSERT INTO kpi_interval VALUES ('main', $1, $2, $3, to_timestamp($4), 'platform', $5, $6, NULL)",
                     static_cast<int>(key.dimension), key.id, key.second, seconds,
                     "{" + std::to_string(kpi::index_of(Fact::kHandled)) + "}", "{" + std::to_string(count) + "}");
    work.commit();
  }
  static TimePoint midnight(int days_ago) {
    return node::start_of(node::KpiWindow::kToday, kZone, node::days_before(days_ago, kZone, wall_now()));
  }

  /// Of agents, by handled contacts, of which ten are worth 100 points.
  v1::Scorecard scorecard(const std::string& id = "agents") {
    v1::Scorecard made;
    made.set_scorecard_id(id);
    made.set_display_name("Agents");
    made.set_dimension(v1::KPI_DIMENSION_AGENT);
    v1::ScorecardItem& item = *made.add_items();
    item.set_metric_id("completed");
    item.set_weight(1);
    item.set_floor(0);
    item.set_target(10);
    return made;
  }
  grpc::Status create(const v1::Scorecard& scorecard) {
    v1::CreateScorecardRequest request;
    *request.mutable_scorecard() = scorecard;
    return change(&Scorecards::CreateScorecard, request);
  }
  v1::EvaluateScorecardResponse evaluate(const std::string& id = "agents") {
    v1::EvaluateScorecardRequest request;
    request.set_scorecard_id(id);
    v1::EvaluateScorecardResponse response;
    const grpc::Status status = backend.call(&Scorecards::EvaluateScorecard, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
};

// --- targets ---

TEST_F(TargetTest, AgentsInheritWhatTheirTeamHasUnlessTheyHaveTheirOwn) {
  const auto mei = Desk::available(Door::kOpen, backend, "mei"), bob = Desk::available(Door::kOpen, backend, "bob");
  ASSERT_TRUE(set(target("accept_rate", 80, v1::KPI_DIMENSION_WORKSPACE)).ok());
  ASSERT_TRUE(set(target("accept_rate", 90, v1::KPI_DIMENSION_TEAM, "night")).ok());
  auto tracked = track(v1::KPI_DIMENSION_AGENT);
  EXPECT_EQ(track_of(tracked, "mei", "accept_rate").target().value(), 90);
  EXPECT_EQ(track_of(tracked, "mei", "accept_rate").target().row_id(), "night");
  EXPECT_TRUE(track_of(tracked, "mei", "accept_rate").inherited());
  EXPECT_EQ(track_of(tracked, "bob", "accept_rate").target().value(), 80);
  ASSERT_TRUE(set(target("accept_rate", 95, v1::KPI_DIMENSION_AGENT, "mei")).ok());
  tracked = track(v1::KPI_DIMENSION_AGENT);
  EXPECT_EQ(track_of(tracked, "mei", "accept_rate").target().value(), 95);
  EXPECT_FALSE(track_of(tracked, "mei", "accept_rate").inherited());
}

TEST_F(TargetTest, SettingATargetReplacesTheOneOfTheScopeAndDeletingItLetsInheritAgain) {
  v1::Target first, second;
  ASSERT_TRUE(set(target("csat", 80, v1::KPI_DIMENSION_WORKSPACE)).ok());
  ASSERT_TRUE(set(target("csat", 84, v1::KPI_DIMENSION_TEAM, "night"), &first).ok());
  ASSERT_TRUE(set(target("csat", 86, v1::KPI_DIMENSION_TEAM, "night"), &second).ok());
  EXPECT_EQ(first.target_id(), second.target_id());
  EXPECT_THAT(list_as(backend.channel), ElementsAre(" csat", "night csat"));
  EXPECT_EQ(track_of(track(v1::KPI_DIMENSION_TEAM), "night", "csat").target().value(), 86);
  v1::DeleteTargetRequest request;
  request.set_target_id(first.target_id());
  ASSERT_TRUE(change(&Targets::DeleteTarget, request).ok());
  EXPECT_EQ(track_of(track(v1::KPI_DIMENSION_TEAM), "night", "csat").target().value(), 80);
  EXPECT_EQ(problem(change(&Targets::DeleteTarget, request)).reason, "TARGET_NOT_FOUND");
}

TEST_F(TargetTest, ARepeatedRequestHasOneEffect) {
  v1::SetTargetRequest request;
  request.set_request_id(new_request_id());
  *request.mutable_target() = target("csat", 80, v1::KPI_DIMENSION_WORKSPACE);
  v1::SetTargetResponse first, again;
  ASSERT_TRUE(change(&Targets::SetTarget, request, &first).ok());
  ASSERT_TRUE(change(&Targets::SetTarget, request, &again).ok());
  EXPECT_EQ(first.SerializeAsString(), again.SerializeAsString());
  request.mutable_target()->set_value(81);
  EXPECT_EQ(problem(change(&Targets::SetTarget, request)).reason, "REQUEST_ID_REUSED");
  v1::ListAuditEntriesRequest audit;
  audit.set_resource("target/WORKSPACE//csat");
  v1::ListAuditEntriesResponse entries;
  ASSERT_TRUE(backend.call(&Identities::ListAuditEntries, audit, &entries).ok());
  EXPECT_EQ(entries.audit_entries_size(), 1);
}

TEST_F(TargetTest, TargetsAreListedPageByPage) {
  for (const char* metric : {"csat", "asa", "handled"}) {
    ASSERT_TRUE(set(target(metric, 10, v1::KPI_DIMENSION_WORKSPACE)).ok());
  }
  v1::ListTargetsRequest request;
  request.set_page_size(2);
  v1::ListTargetsResponse page;
  ASSERT_TRUE(backend.call(&Targets::ListTargets, request, &page).ok());
  ASSERT_EQ(page.targets_size(), 2);
  request.set_page_token(page.next_page_token());
  ASSERT_TRUE(backend.call(&Targets::ListTargets, request, &page).ok());
  ASSERT_EQ(page.targets_size(), 1);
  EXPECT_EQ(page.targets(0).metric_id(), "handled");
  EXPECT_EQ(page.next_page_token(), "");
}

TEST_F(TargetTest, WhatCannotBeATargetIsSaidFieldByField) {
  v1::Target wrong = target("waiting", 3, v1::KPI_DIMENSION_CHANNEL, "CHANNEL_CHAT", v1::KPI_DIMENSION_BASE);
  wrong.clear_value();
  wrong.add_weekdays(v1::WEEKDAY_MONDAY);
  wrong.add_weekdays(v1::WEEKDAY_MONDAY);
  EXPECT_THAT(problem(set(wrong)).fields,
              UnorderedElementsAre("target.metric_id", "target.dimension", "target.row_id", "target.each_dimension",
                                   "target.value", "target.weekdays[1]"));
  EXPECT_THAT(problem(set(target("aht", 300, v1::KPI_DIMENSION_WORKSPACE))).fields, ElementsAre("target.metric_id"))
      << "a band, in no direction better";
  EXPECT_THAT(problem(set(target("csat", 300, v1::KPI_DIMENSION_WORKSPACE, "all"))).fields,
              ElementsAre("target.row_id"));
  EXPECT_EQ(problem(set(target("asa", 20, v1::KPI_DIMENSION_QUEUE, "none"))).reason, "QUEUE_NOT_FOUND");
  EXPECT_EQ(problem(set(target("asa", 20, v1::KPI_DIMENSION_TENANT, "none"))).reason, "TENANT_NOT_FOUND");
  v1::TrackTargetsRequest request;
  request.set_dimension(v1::KPI_DIMENSION_BASE_QUEUE);
  request.set_time_zone("Mars/Olympus");
  request.set_page_size(501);
  EXPECT_THAT(problem(backend.call(&Targets::TrackTargets, request)).fields,
              UnorderedElementsAre("dimension", "time_zone", "page_size"));
}

// --- pace ---

TEST_F(TargetTest, WhatWasDoneTodayStandsBesideTheTarget) {
  ASSERT_TRUE(set(target("completed", 2, v1::KPI_DIMENSION_TEAM, "night")).ok());
  ASSERT_TRUE(set(target("completed", 1, v1::KPI_DIMENSION_TEAM, "night", v1::KPI_DIMENSION_AGENT)).ok());
  ASSERT_TRUE(set(target("csat", 80, v1::KPI_DIMENSION_TEAM, "night")).ok());
  auto desk = Desk::available(Door::kOpen, backend, "mei");
  for (int i = 0; i < 4; ++i) serve(*desk);
  ASSERT_TRUE(eventually([&] { return track_of(track(v1::KPI_DIMENSION_TEAM), "night", "completed").actual() == 4; }));
  const auto team = track(v1::KPI_DIMENSION_TEAM);
  EXPECT_EQ(track_of(team, "night", "completed").state(), v1::PACE_STATE_AHEAD);
  EXPECT_EQ(track_of(team, "night", "csat").state(), v1::PACE_STATE_UNKNOWN);
  EXPECT_EQ(track_of(team, "night", "csat").basis(), v1::PACE_BASIS_TARGET);
  EXPECT_TRUE(std::isnan(track_of(team, "night", "csat").actual()));
  const auto agents = track(v1::KPI_DIMENSION_AGENT);
  EXPECT_THAT(rows_of(agents), ElementsAre("mei")) << "bob has no target";
  EXPECT_EQ(track_of(agents, "mei", "completed").target().value(), 1);
  EXPECT_EQ(track_of(agents, "mei", "completed").actual(), 4);
}

TEST_F(TargetTest, WithoutHistoryThePaceIsThatOfTheClock) {
  ASSERT_TRUE(set(target("handled", 2400, v1::KPI_DIMENSION_WORKSPACE)).ok());
  const auto tracked = track(v1::KPI_DIMENSION_WORKSPACE);
  const auto found = track_of(tracked, "", "handled");
  EXPECT_EQ(found.basis(), v1::PACE_BASIS_LINEAR);
  const auto seconds = [](const google::protobuf::Timestamp& time) {
    return node::from_proto(time).time_since_epoch().count() / 1e6;
  };
  EXPECT_EQ(seconds(tracked.day_end()) - seconds(tracked.day_start()), 86'400);
  EXPECT_NEAR(found.share(), (seconds(tracked.as_of()) - seconds(tracked.day_start())) / 86'400, 1e-9);
  EXPECT_DOUBLE_EQ(found.expected_by_now(), 2400 * found.share());
}

TEST_F(TargetTest, PaceFollowsTheSameWeekday) {
  ASSERT_TRUE(set(target("handled", 100, v1::KPI_DIMENSION_AGENT, "mei")).ok());
  const auto desk = Desk::available(Door::kOpen, backend, "mei");
  const kpi::Key mei{kpi::Dimension::kAgent, "mei"};
  was_handled(mei, midnight(14), 30);
  was_handled(mei, midnight(13) - 1min, 10);
  was_handled(mei, midnight(28), 30);
  // What was on another weekday, and longer ago, does not count.
  was_handled(mei, midnight(1) + 23h, 1000);
  was_handled(mei, midnight(35) + 23h, 1000);
  const auto tracked = track_of(track(v1::KPI_DIMENSION_AGENT), "mei", "handled");
  EXPECT_EQ(tracked.basis(), v1::PACE_BASIS_ROW);
  EXPECT_DOUBLE_EQ(tracked.share(), 60.0 / 70);
  EXPECT_DOUBLE_EQ(tracked.expected_by_now(), 100 * (60.0 / 70));
  EXPECT_EQ(tracked.state(), v1::PACE_STATE_BEHIND);
  EXPECT_DOUBLE_EQ(tracked.projected(), 0);
}

TEST_F(TargetTest, WhoHasNoHistoryTakesThePaceOfTheWorkspaceAndAQueueThatOfItsTenant) {
  ASSERT_TRUE(set(target("handled", 100, v1::KPI_DIMENSION_WORKSPACE, "", v1::KPI_DIMENSION_AGENT)).ok());
  ASSERT_TRUE(set(target("handled", 100, v1::KPI_DIMENSION_WORKSPACE, "", v1::KPI_DIMENSION_QUEUE)).ok());
  const auto desk = Desk::available(Door::kOpen, backend, "bob");
  was_handled({}, midnight(7), 10);
  was_handled({kpi::Dimension::kTenant, "platform"}, midnight(7), 10);
  EXPECT_EQ(track_of(track(v1::KPI_DIMENSION_AGENT), "bob", "handled").basis(), v1::PACE_BASIS_WORKSPACE);
  EXPECT_EQ(track_of(track(v1::KPI_DIMENSION_QUEUE), "help", "handled").basis(), v1::PACE_BASIS_TENANT);
}

// --- tenants ---

TEST_F(TargetTest, ATenantSeesAndSetsTheTargetsOfItsOwnRowsOnly) {
  const auto acme = make_tenant("acme"), globex = make_tenant("globex");
  const auto queue = target("asa", 20, v1::KPI_DIMENSION_QUEUE, "acme-calls");
  ASSERT_TRUE(eventually([&] { return set_as(acme, queue).ok(); }));
  ASSERT_TRUE(set_as(acme, target("asa", 30, v1::KPI_DIMENSION_TENANT, "acme")).ok());
  ASSERT_TRUE(set(target("asa", 40, v1::KPI_DIMENSION_WORKSPACE)).ok());
  EXPECT_THAT(list_as(acme), ElementsAre("acme-calls asa", "acme asa"));
  EXPECT_THAT(list_as(globex), IsEmpty());
  EXPECT_THAT(list_as(backend.channel), ElementsAre("acme-calls asa", "acme asa", " asa"));

  EXPECT_EQ(problem(set_as(globex, queue)).reason, "QUEUE_NOT_FOUND");
  EXPECT_EQ(problem(set_as(globex, target("asa", 1, v1::KPI_DIMENSION_TENANT, "acme"))).reason, "TENANT_NOT_FOUND");
  EXPECT_EQ(problem(set_as(globex, target("asa", 1, v1::KPI_DIMENSION_WORKSPACE))).reason, "TENANT_DIMENSION");
  v1::DeleteTargetRequest request;
  request.set_target_id("1");
  EXPECT_EQ(problem(change_as(globex, &Targets::DeleteTarget, request)).reason, "TARGET_NOT_FOUND");
}

TEST_F(TargetTest, WhatThePlatformSetsForAllIsNotTheTenantsToSee) {
  const auto acme = make_tenant("acme"), globex = make_tenant("globex");
  ASSERT_TRUE(set(target("asa", 40, v1::KPI_DIMENSION_WORKSPACE)).ok());
  ASSERT_TRUE(set(target("asa", 30, v1::KPI_DIMENSION_TENANT, "acme")).ok());
  ASSERT_TRUE(eventually([&] { return rows_of(track(v1::KPI_DIMENSION_QUEUE)).size() == 4; }));
  EXPECT_EQ(track_of(track(v1::KPI_DIMENSION_QUEUE), "acme-calls", "asa").target().value(), 30);
  EXPECT_EQ(track_of(track(v1::KPI_DIMENSION_QUEUE), "globex-calls", "asa").target().value(), 40);
  EXPECT_THAT(rows_of(track_as(acme, v1::KPI_DIMENSION_QUEUE)), ElementsAre("acme-calls"));
  EXPECT_THAT(rows_of(track_as(globex, v1::KPI_DIMENSION_QUEUE)), IsEmpty());
  v1::TrackTargetsRequest request;
  request.set_dimension(v1::KPI_DIMENSION_AGENT);
  EXPECT_EQ(problem(read_as(acme, &Targets::TrackTargets, request)).reason, "TENANT_DIMENSION");
}

TEST_F(TargetTest, RowSecurityHidesWhatOthersAimAt) {
  make_tenant("acme");
  ASSERT_TRUE(set(target("asa", 30, v1::KPI_DIMENSION_TENANT, "acme")).ok());
  const auto rows = [&](const std::string& tenant) {
    return backend.back_office->pool()
        .submit(tenant,
                [](store::TenantTransaction& t) { return t.sql().exec1("SELECT count(*) FROM target")[0].as<int>(); })
        .get();
  };
  EXPECT_EQ(rows("acme"), 1);
  EXPECT_EQ(rows("globex"), 0);
}

// --- scorecards ---

TEST_F(TargetTest, AScoreIsOfWhatWasDoneToday) {
  v1::Scorecard card = scorecard();
  v1::ScorecardItem& csat = *card.add_items();
  csat.set_metric_id("csat");
  csat.set_weight(3);
  csat.set_floor(60);
  csat.set_target(90);
  ASSERT_TRUE(create(card).ok());
  auto desk = Desk::available(Door::kOpen, backend, "mei");
  for (int i = 0; i < 4; ++i) serve(*desk);
  const auto response = evaluate();
  ASSERT_GE(response.rows_size(), 1);
  const v1::ScoredRow& mei = response.rows(0);
  EXPECT_EQ(mei.row().row_id(), "mei");
  EXPECT_EQ(mei.row().team_id(), "night");
  EXPECT_EQ(mei.contacts(), 4);
  EXPECT_DOUBLE_EQ(mei.score(), 40) << "4 of 10; of satisfaction nothing is known";
  EXPECT_DOUBLE_EQ(mei.coverage(), 25);
  EXPECT_EQ(mei.items(1).missing(), v1::MISSING_ITEM_NO_VALUE);
  EXPECT_EQ(response.scorecard().scorecard_id(), "agents");
}

TEST_F(TargetTest, FailedGateZeroesTheScoreAndIsNamed) {
  v1::Scorecard card = scorecard();
  v1::ScorecardGate& gate = *card.add_gates();
  gate.set_metric_id("offers_declined");
  gate.set_at_most(-1);
  ASSERT_TRUE(create(card).ok());
  auto desk = Desk::available(Door::kOpen, backend, "mei");
  serve(*desk);
  const v1::ScoredRow mei = evaluate().rows(0);
  EXPECT_EQ(mei.state(), v1::SCORE_STATE_GATE_FAILED);
  EXPECT_EQ(mei.score(), 0);
  EXPECT_EQ(mei.gates(0).gate().metric_id(), "offers_declined");
  EXPECT_EQ(mei.gates(0).state(), v1::GATE_STATE_FAILED);
}

TEST_F(TargetTest, AScorecardIsCreatedOnceShownAndDeleted) {
  ASSERT_TRUE(create(scorecard()).ok());
  EXPECT_EQ(problem(create(scorecard())).reason, "SCORECARD_EXISTS");
  v1::ListScorecardsResponse list;
  ASSERT_TRUE(backend.call(&Scorecards::ListScorecards, v1::ListScorecardsRequest(), &list).ok());
  ASSERT_EQ(list.scorecards_size(), 1);
  EXPECT_TRUE(list.scorecards(0).has_create_time());
  v1::GetScorecardRequest get;
  get.set_scorecard_id("agents");
  v1::GetScorecardResponse got;
  ASSERT_TRUE(backend.call(&Scorecards::GetScorecard, get, &got).ok());
  EXPECT_EQ(got.scorecard().SerializeAsString(), list.scorecards(0).SerializeAsString());
  v1::DeleteScorecardRequest request;
  request.set_scorecard_id("agents");
  ASSERT_TRUE(change(&Scorecards::DeleteScorecard, request).ok());
  EXPECT_EQ(problem(backend.call(&Scorecards::GetScorecard, get)).reason, "SCORECARD_NOT_FOUND");
  v1::EvaluateScorecardRequest evaluation;
  evaluation.set_scorecard_id("agents");
  EXPECT_EQ(problem(backend.call(&Scorecards::EvaluateScorecard, evaluation)).reason, "SCORECARD_NOT_FOUND");
}

TEST_F(TargetTest, WhatIsNoScorecardIsSaidFieldByField) {
  v1::Scorecard wrong = scorecard();
  wrong.clear_display_name();
  wrong.mutable_items(0)->set_weight(0);
  wrong.mutable_items(0)->set_target(-1);
  wrong.mutable_items(0)->set_minimum_evidence(3);
  *wrong.add_items() = wrong.items(0);
  wrong.mutable_items(1)->set_metric_id("waiting");
  wrong.add_gates()->set_metric_id("none");
  EXPECT_THAT(problem(create(wrong)).fields,
              UnorderedElementsAre("scorecard.display_name", "scorecard.items[0].weight", "scorecard.items[0].target",
                                   "scorecard.items[0].minimum_evidence", "scorecard.items[1].metric_id",
                                   "scorecard.items[1].weight", "scorecard.items[1].minimum_evidence",
                                   "scorecard.gates[0].metric_id", "scorecard.gates[0].limit"));
  v1::Scorecard lower = scorecard();
  lower.mutable_items(0)->set_metric_id("abandon_rate");
  EXPECT_THAT(problem(create(lower)).fields, ElementsAre("scorecard.items[0].target")) << "less is better";
  lower.mutable_items(0)->set_metric_id("aht");
  EXPECT_TRUE(create(lower).ok()) << "whoever makes the scorecard says which way";
}

}  // namespace
}  // namespace muster::testing
