#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <pqxx/pqxx>

#include "backend.h"
#include "desk.h"
#include "muster/kpi/fold.h"
#include "muster/node/render.h"
#include "muster/v1/admin_service.grpc.pb.h"
#include "muster/v1/board_service.grpc.pb.h"
#include "muster/v1/kpi_service.grpc.pb.h"

namespace muster::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

using Kpis = v1::KpiService::Stub;

/// A view of metrics, kept up to date from the stream.
class KpiClient {
 public:
  KpiClient(Backend& backend, v1::WatchKpisRequest request) : stub_(backend.channel) {
    if (!request.has_interval()) request.mutable_interval()->set_nanos(250'000'000);
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    reader_ = stub_.WatchKpis(&context_, request);
  }
  ~KpiClient() { finish(); }

  grpc::Status finish() {
    if (!reader_) return grpc::Status::OK;
    if (!ended_) context_.TryCancel();
    const grpc::Status status = reader_->Finish();
    reader_.reset();
    return status;
  }
  bool read() {
    ended_ = !reader_->Read(&last);
    if (ended_) return false;
    for (const auto& row : last.rows()) rows[row.row_id()] = row;
    if (last.row_ids_size() > 0) order.assign(last.row_ids().begin(), last.row_ids().end());
    return true;
  }
  template <typename Shows>
  bool read_until(const Shows& shows) {
    while (!shows()) {
      if (!read()) return false;
    }
    return true;
  }
  double value(const std::string& row, int metric = 0) {
    return rows.contains(row) ? rows[row].values(metric) : std::nan("");
  }

  v1::WatchKpisResponse last;
  std::map<std::string, v1::KpiRow> rows;
  std::vector<std::string> order;

 private:
  v1::BoardService::Stub stub_;
  grpc::ClientContext context_;
  bool ended_ = false;
  std::unique_ptr<grpc::ClientReader<v1::WatchKpisResponse>> reader_;
};

v1::WatchKpisRequest view(v1::KpiDimension dimension, std::initializer_list<const char*> metrics) {
  v1::WatchKpisRequest request;
  request.set_dimension(dimension);
  for (const char* metric : metrics) request.add_metric_ids(metric);
  return request;
}

class KpiServiceTest : public ::testing::Test {
 protected:
  KpiServiceTest() { backend.set_up_floor(); }

  /// Of the last hours, or of `start` alone.
  v1::QueryKpisRequest question(v1::KpiDimension dimension, std::initializer_list<const char*> metrics) {
    v1::QueryKpisRequest request;
    request.set_dimension(dimension);
    for (const char* metric : metrics) request.add_metric_ids(metric);
    node::to_proto(kpi::interval_of(wall_now()) - std::chrono::hours(2), request.mutable_start_time());
    return request;
  }
  v1::QueryKpisResponse answer(const v1::QueryKpisRequest& request) {
    v1::QueryKpisResponse response;
    const grpc::Status status = backend.call(&Kpis::QueryKpis, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  double value(v1::KpiDimension dimension, const char* metric, const std::string& row = "") {
    const auto response = answer(question(dimension, {metric}));
    for (const auto& each : response.rows()) {
      if (each.row_id() == row) return each.values(0);
    }
    return std::nan("");
  }

  /// A contact that mei takes and completes.
  std::string serve(Desk& desk, const std::string& queue = "help") {
    const std::string id = backend.create_contact(queue);
    EXPECT_EQ(desk.accept_next().contact_id(), id);
    v1::SessionRequest command;
    command.mutable_complete_contact()->set_contact_id(id);
    command.mutable_complete_contact()->set_disposition("solved");
    EXPECT_EQ(desk.run(command).code(), 0);
    return id;
  }
  grpc::Status tell(const std::string& contact, const std::string& id, v1::ContactOutcomeKind kind,
                    std::int64_t value) {
    v1::RecordContactOutcomeRequest request;
    request.set_contact_id(contact);
    request.mutable_outcome()->set_outcome_id(id);
    request.mutable_outcome()->set_kind(kind);
    request.mutable_outcome()->set_value(value);
    return backend.call(&Contacts::RecordContactOutcome, request);
  }

  Backend backend;
};

TEST_F(KpiServiceTest, TheDictionaryIsListedInBothLanguages) {
  v1::ListMetricsResponse response;
  ASSERT_TRUE(backend.call(&Kpis::ListMetrics, v1::ListMetricsRequest(), &response).ok());
  ASSERT_EQ(response.metrics_size(), static_cast<int>(kpi::metrics().size()));
  for (const auto& metric : response.metrics()) {
    EXPECT_FALSE(metric.display_name().empty() || metric.display_name_zh().empty() || metric.formula().empty());
    EXPECT_NE(metric.unit(), v1::METRIC_UNIT_UNSPECIFIED);
    EXPECT_NE(metric.direction(), v1::METRIC_DIRECTION_UNSPECIFIED);
  }
}

TEST_F(KpiServiceTest, WhatIsAcknowledgedShowsInTheNextQuery) {
  auto desk = Desk::available(Door::kOpen, backend, "mei");
  serve(*desk);
  serve(*desk);
  EXPECT_EQ(value(v1::KPI_DIMENSION_WORKSPACE, "completed"), 2);
  EXPECT_EQ(value(v1::KPI_DIMENSION_QUEUE, "completed", "help"), 2);
  EXPECT_EQ(value(v1::KPI_DIMENSION_AGENT, "completed", "mei"), 2);
  EXPECT_EQ(value(v1::KPI_DIMENSION_CHANNEL, "completed", "CHANNEL_CHAT"), 2);
  EXPECT_EQ(value(v1::KPI_DIMENSION_TENANT, "completed", "platform"), 2);
}

TEST_F(KpiServiceTest, LiveIsHistoryIsTheTablesOfContacts) {
  auto desk = Desk::available(Door::kOpen, backend, "mei");
  for (int i = 0; i < 5; ++i) serve(*desk);
  v1::AbandonContactRequest abandon;
  ASSERT_EQ(desk->set_presence(v1::AGENT_PRESENCE_BREAK).code(), 0);
  abandon.set_contact_id(backend.create_contact("help"));
  ASSERT_TRUE(backend.change(&Contacts::AbandonContact, abandon).ok());

  const std::initializer_list<const char*> metrics = {"offered", "answered", "abandoned", "asa", "completed"};
  const auto history = answer(question(v1::KPI_DIMENSION_WORKSPACE, metrics));
  ASSERT_EQ(history.rows_size(), 1);
  KpiClient live(backend, view(v1::KPI_DIMENSION_WORKSPACE, metrics));
  ASSERT_TRUE(live.read());
  for (int i = 0; i < 5; ++i) EXPECT_DOUBLE_EQ(live.value("", i), history.rows(0).values(i)) << i;

  pqxx::connection connection(backend.database);
  pqxx::read_transaction work(connection);
  const auto row = work.exec1(
      "SELECT count(*), count(answer_time), count(*) FILTER (WHERE state = 8 AND answer_time IS NULL),"
      " avg(extract(epoch FROM answer_time - queue_time)), count(*) FILTER (WHERE state = 7) FROM contact");
  for (int i = 0; i < 5; ++i) EXPECT_NEAR(history.rows(0).values(i), row[i].as<double>(), 1e-9) << i;
}

TEST_F(KpiServiceTest, ARebuildGivesTheSameFigures) {
  auto desk = Desk::available(Door::kOpen, backend, "mei");
  const std::string contact = serve(*desk);
  ASSERT_TRUE(tell(contact, "survey", v1::CONTACT_OUTCOME_KIND_CSAT, 4).ok());
  auto request = question(v1::KPI_DIMENSION_AGENT, {"handled", "aht", "csat", "offers_accepted"});
  const auto before = answer(request);
  v1::AdminService::Stub admin(backend.channel);
  grpc::ClientContext context;
  v1::RebuildProjectionsRequest again;
  again.set_request_id(new_request_id());
  const auto rebuild = admin.RebuildProjections(&context, again);
  for (v1::RebuildProjectionsResponse progress; rebuild->Read(&progress);) {
  }
  ASSERT_TRUE(rebuild->Finish().ok());
  v1::QueryKpisResponse after;
  ASSERT_TRUE(eventually([&] { return backend.call(&Kpis::QueryKpis, request, &after).ok(); }));
  ASSERT_EQ(after.rows_size(), before.rows_size());
  for (int i = 0; i < before.rows_size(); ++i) {
    EXPECT_EQ(after.rows(i).row_id(), before.rows(i).row_id());
    EXPECT_THAT(after.rows(i).values(), ::testing::ElementsAreArray(before.rows(i).values()));
  }
}

TEST_F(KpiServiceTest, RecomputedMetricsAreComparedWithTheStoredOnes) {
  const auto recompute = [&](bool repair) {
    v1::AdminService::Stub admin(backend.channel);
    grpc::ClientContext context;
    v1::RecomputeKpisRequest request;
    request.set_request_id(new_request_id());
    request.set_repair(repair);
    const auto reader = admin.RecomputeKpis(&context, request);
    v1::RecomputeKpisResponse response;
    while (reader->Read(&response)) {
    }
    EXPECT_TRUE(reader->Finish().ok());
    EXPECT_GE(response.counted_sequence(), response.target_sequence());
    EXPECT_TRUE(response.has_comparison());
    return response.comparison();
  };
  auto desk = Desk::available(Door::kOpen, backend, "mei");
  serve(*desk);
  const auto before = recompute(false);
  EXPECT_EQ(before.missing_rows() + before.unexpected_rows() + before.different_rows(), 0);
  pqxx::connection connection(backend.database);
  pqxx::work work(connection);
  const std::string month = "date_trunc('month', now() - interval '2 months', 'UTC')";
  work.exec0("CREATE TABLE kpi_interval_made_up PARTITION OF kpi_interval FOR VALUES FROM (" + month + ") TO (" +
             month + " + interval '20 days')");
  const auto start = work.exec1("INSERT INTO kpi_interval VALUES ('main', 4, 'help', 'acme', " + month +
                                " + interval '75 minutes', 'acme', '{3}', '{12}', NULL)"
                                " RETURNING extract(epoch FROM start_time)::bigint")[0]
                         .as<std::int64_t>();
  work.commit();
  const auto tampered = recompute(true);
  EXPECT_EQ(tampered.unexpected_rows(), 1);
  ASSERT_EQ(tampered.differences_size(), 1);
  const auto& difference = tampered.differences(0);
  EXPECT_EQ(difference.dimension(), v1::KPI_DIMENSION_QUEUE);
  EXPECT_EQ(difference.row_id() + " " + difference.tenant_id() + " " + difference.fact(), "help acme answered");
  EXPECT_EQ(difference.start_time().seconds(), start);
  EXPECT_EQ(difference.stored(), 12);
  EXPECT_EQ(difference.recomputed(), 0);
  EXPECT_TRUE(tampered.repaired());
  EXPECT_EQ(recompute(false).unexpected_rows(), 0);
}

TEST_F(KpiServiceTest, AnOutcomeToldTwiceCountsOnce) {
  auto desk = Desk::available(Door::kOpen, backend, "mei");
  const std::string contact = serve(*desk);
  ASSERT_TRUE(tell(contact, "survey", v1::CONTACT_OUTCOME_KIND_CSAT, 5).ok());
  ASSERT_TRUE(tell(contact, "survey", v1::CONTACT_OUTCOME_KIND_CSAT, 5).ok());
  EXPECT_EQ(problem(tell(contact, "survey", v1::CONTACT_OUTCOME_KIND_CSAT, 1)).reason, "OUTCOME_EXISTS");
  ASSERT_TRUE(tell(contact, "order", v1::CONTACT_OUTCOME_KIND_ORDER, 12'990).ok());
  EXPECT_EQ(value(v1::KPI_DIMENSION_AGENT, "csat", "mei"), 100);
  EXPECT_EQ(value(v1::KPI_DIMENSION_QUEUE, "orders", "help"), 1);
  EXPECT_EQ(value(v1::KPI_DIMENSION_QUEUE, "revenue", "help"), 129.9);

  v1::GetContactRequest get;
  get.set_contact_id(contact);
  v1::GetContactResponse shown;
  ASSERT_TRUE(backend.call(&Contacts::GetContact, get, &shown).ok());
  ASSERT_EQ(shown.outcomes_size(), 2);
  EXPECT_EQ(shown.outcomes(0).outcome_id(), "survey");
  EXPECT_EQ(shown.outcomes(1).value(), 12'990);
}

TEST_F(KpiServiceTest, AnOutcomeOutOfItsRangeIsRefused) {
  const std::string contact = backend.create_contact("help");
  EXPECT_THAT(problem(tell(contact, "survey", v1::CONTACT_OUTCOME_KIND_CSAT, 6)).fields, ElementsAre("outcome.value"));
  EXPECT_THAT(problem(tell(contact, "A b", v1::CONTACT_OUTCOME_KIND_NPS, 0)).fields, ElementsAre("outcome.outcome_id"));
  EXPECT_THAT(problem(tell(contact, "x", v1::CONTACT_OUTCOME_KIND_UNSPECIFIED, 0)).fields, ElementsAre("outcome.kind"));
  EXPECT_EQ(problem(tell("c-999999", "x", v1::CONTACT_OUTCOME_KIND_NPS, 0)).reason, "CONTACT_NOT_FOUND");
  EXPECT_TRUE(std::isnan(value(v1::KPI_DIMENSION_QUEUE, "nps", "help"))) << "nothing changed";
}

TEST_F(KpiServiceTest, OfWhatDidNotHappenThereIsNothingToTell) {
  KpiClient live(backend, view(v1::KPI_DIMENSION_QUEUE, {"asa", "offered"}));
  ASSERT_TRUE(live.read());
  EXPECT_THAT(live.order, ElementsAre("billing", "help"));
  EXPECT_TRUE(std::isnan(live.value("help", 0)));
  EXPECT_EQ(live.value("help", 1), 0);
  EXPECT_EQ(live.rows["help"].service_level_method(), v1::SERVICE_LEVEL_METHOD_ABANDONED_IN_TARGET_IGNORED);
}

TEST_F(KpiServiceTest, OnlyRowsThatChangedAreToldAgain) {
  KpiClient live(backend, view(v1::KPI_DIMENSION_QUEUE, {"offered", "waiting"}));
  ASSERT_TRUE(live.read());
  EXPECT_TRUE(live.last.snapshot());
  EXPECT_EQ(live.last.rows_size(), 2);
  backend.create_contact("help");
  ASSERT_TRUE(live.read());
  EXPECT_FALSE(live.last.snapshot());
  ASSERT_EQ(live.last.rows_size(), 1);
  EXPECT_EQ(live.last.rows(0).row_id(), "help");
  EXPECT_THAT(live.last.rows(0).values(), ElementsAre(1, 1));
  EXPECT_THAT(live.last.row_ids(), IsEmpty()) << "the order is as before";
}

TEST_F(KpiServiceTest, AViewIsSortedAndPaged) {
  backend.create_contact("help");
  auto request = view(v1::KPI_DIMENSION_QUEUE, {"offered"});
  request.set_sort_metric_id("offered");
  request.set_descending(true);
  request.set_page_size(1);
  KpiClient first(backend, request);
  EXPECT_TRUE(first.read_until([&] { return first.order == std::vector<std::string>{"help"}; }));
  EXPECT_EQ(first.last.total_rows(), 2);
  request.set_skip(1);
  KpiClient second(backend, request);
  EXPECT_TRUE(second.read_until([&] { return second.order == std::vector<std::string>{"billing"}; }));
  request.set_skip(2);
  KpiClient third(backend, request);
  ASSERT_TRUE(third.read());
  EXPECT_THAT(third.order, IsEmpty());
}

TEST_F(KpiServiceTest, WhatAnAgentDoesCountsForBaseAndTeam) {
  v1::UpdateAgentRequest update;
  update.mutable_agent()->set_agent_id("mei");
  update.mutable_agent()->set_base_id("wuhan");
  update.mutable_agent()->set_team_id("night");
  for (const char* path : {"base_id", "team_id"}) update.mutable_update_mask()->add_paths(path);
  ASSERT_TRUE(backend.change(&Routing::UpdateAgent, update).ok());
  auto desk = Desk::available(Door::kOpen, backend, "mei");
  serve(*desk);
  EXPECT_EQ(value(v1::KPI_DIMENSION_BASE, "handled", "wuhan"), 1);
  EXPECT_EQ(value(v1::KPI_DIMENSION_TEAM, "handled", "night"), 1);
  EXPECT_EQ(value(v1::KPI_DIMENSION_BASE_QUEUE, "handled", "wuhan/help"), 1);
  auto request = view(v1::KPI_DIMENSION_AGENT, {"handled"});
  request.set_base_id("wuhan");
  KpiClient live(backend, request);
  ASSERT_TRUE(live.read());
  EXPECT_THAT(live.order, ElementsAre("mei"));
  EXPECT_EQ(live.rows["mei"].team_id(), "night");
}

TEST_F(KpiServiceTest, AViewThatEmptiesSaysSo) {
  auto desk = Desk::available(Door::kOpen, backend, "mei");
  auto request = view(v1::KPI_DIMENSION_AGENT, {"agents_signed_in"});
  request.set_base_id("wuhan");
  v1::UpdateAgentRequest update;
  update.mutable_agent()->set_agent_id("mei");
  update.mutable_agent()->set_base_id("wuhan");
  update.mutable_update_mask()->add_paths("base_id");
  ASSERT_TRUE(backend.change(&Routing::UpdateAgent, update).ok());
  KpiClient live(backend, request);
  ASSERT_TRUE(live.read());
  ASSERT_THAT(live.order, ElementsAre("mei"));
  update.mutable_agent()->set_base_id("xian");
  ASSERT_TRUE(backend.change(&Routing::UpdateAgent, update).ok());
  ASSERT_TRUE(live.read());
  EXPECT_TRUE(live.last.snapshot());
  EXPECT_EQ(live.last.rows_size(), 0);
}

TEST_F(KpiServiceTest, RowsAreAskedForByTheNamesThatTheyHave) {
  auto desk = Desk::available(Door::kOpen, backend, "mei");
  serve(*desk);
  auto request = question(v1::KPI_DIMENSION_CHANNEL, {"completed"});
  request.add_row_ids("CHANNEL_CHAT");
  ASSERT_EQ(answer(request).rows_size(), 1);
  EXPECT_EQ(answer(request).rows(0).row_id(), "CHANNEL_CHAT");
  request.set_row_ids(0, "chat");
  EXPECT_THAT(problem(backend.call(&Kpis::QueryKpis, request)).fields, ElementsAre("row_ids[0]"));
  request = question(v1::KPI_DIMENSION_QUEUE, {"completed"});
  request.add_row_ids("help");
  EXPECT_EQ(answer(request).rows_size(), 1);
}

TEST_F(KpiServiceTest, ADayIsThatOfItsTimeZone) {
  auto request = question(v1::KPI_DIMENSION_WORKSPACE, {"offered"});
  backend.create_contact("help");
  request.set_step(v1::KPI_STEP_DAY);
  request.set_time_zone("Asia/Kathmandu");  // five hours and three quarters ahead
  const auto response = answer(request);
  ASSERT_GE(response.rows_size(), 1);
  const std::int64_t start = response.rows(response.rows_size() - 1).start_time().seconds();
  EXPECT_EQ((start + 20'700) % 86'400, 0) << "midnight there";
}

TEST_F(KpiServiceTest, TheSpanBeforeIsToldBesideIt) {
  backend.create_contact("help");
  auto request = question(v1::KPI_DIMENSION_QUEUE, {"offered"});
  request.set_compare_to_previous(true);
  const auto response = answer(request);
  ASSERT_GE(response.rows_size(), 1);
  EXPECT_EQ(response.rows(0).values(0), 1);
  EXPECT_EQ(response.rows(0).previous_values(0), 0);
}

TEST_F(KpiServiceTest, WhatCannotBeAskedIsSaidFieldByField) {
  v1::QueryKpisRequest request;
  request.add_metric_ids("no_such");
  request.add_metric_ids("waiting");
  request.mutable_start_time()->set_seconds(17);
  request.mutable_end_time()->set_seconds(900);
  request.set_time_zone("Mars/Olympus");
  request.set_step(v1::KPI_STEP_HOUR);
  request.set_compare_to_previous(true);
  EXPECT_THAT(problem(backend.call(&Kpis::QueryKpis, request)).fields,
              UnorderedElementsAre("dimension", "metric_ids[0]", "metric_ids", "start_time", "time_zone",
                                   "compare_to_previous"));
  auto watch = view(v1::KPI_DIMENSION_QUEUE, {"offered", "offered"});
  watch.set_sort_metric_id("asa");
  watch.set_page_size(5001);
  watch.mutable_interval()->set_nanos(1);
  KpiClient live(backend, watch);
  EXPECT_FALSE(live.read());
  EXPECT_THAT(problem(live.finish()).fields,
              UnorderedElementsAre("metric_ids[1]", "sort_metric_id", "page_size", "interval"));
}

}  // namespace
}  // namespace muster::testing
