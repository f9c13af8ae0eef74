#include <map>

#include "muster/api/guard.h"
#include "muster/api/kpi_rows.h"
#include "muster/v1/kpi_service.grpc.pb.h"
#include "services.h"
#include "unary.h"

namespace muster::api {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

constexpr auto kLongest = std::chrono::days(93);

void render(const kpi::Metric& metric, v1::Metric* out) {
  out->set_metric_id(std::string(metric.id));
  out->set_version(metric.version);
  out->set_display_name(std::string(metric.name_en));
  out->set_display_name_zh(std::string(metric.name_zh));
  out->set_formula(kpi::formula(metric));
  out->set_unit(static_cast<v1::MetricUnit>(metric.unit));
  out->set_direction(static_cast<v1::MetricDirection>(metric.direction));
  out->set_events(std::string(metric.events));
  out->set_note(std::string(metric.note_en));
  out->set_note_zh(std::string(metric.note_zh));
  out->set_live_only(kpi::is_live_only(metric));
}

TimePoint whole_interval(std::string_view field, const google::protobuf::Timestamp& time, Checker& check) {
  const TimePoint named = check.time(field, time);
  check.expect(kpi::interval_of(named) == named, field, "must be a whole quarter of an hour");
  return named;
}

/// What is asked for, checked.
struct Question {
  Question(const v1::QueryKpisRequest& request, const std::string& tenant, Checker& check)
      : metrics(named_metrics(request.metric_ids(), check)) {
    query.dimension = named_dimension(request.dimension(), check);
    query.time_zone = named_time_zone(request.time_zone(), check);
    query.tenant_id = tenant;
    for (const auto* metric : metrics) {
      check.expect(!kpi::is_live_only(*metric), "metric_ids", std::string(metric->id) + " has no history");
    }
    check.expect(request.has_start_time(), "start_time", "is required");
    query.from = whole_interval("start_time", request.start_time(), check);
    if (request.has_end_time()) query.until = whole_interval("end_time", request.end_time(), check);
    const TimePoint until = query.until.value_or(std::max(query.from, kpi::interval_of(wall_now())) + kpi::kInterval);
    length = until - query.from;
    check.expect(length > Duration::zero(), "end_time", "must be after start_time");
    check.expect(length <= kLongest, "end_time", "must be at most 93 days after start_time");
    check.expect(v1::KpiStep_IsValid(request.step()), "step", "must name a step");
    if (request.step() != v1::KPI_STEP_UNSPECIFIED) query.step = static_cast<node::KpiStep>(request.step());
    compares = request.compare_to_previous();
    check.expect(!compares || query.step == node::KpiStep::kTotal, "compare_to_previous", "needs the step TOTAL");
    if (check.count("row_ids", request.row_ids_size(), 0, 100)) {
      for (int i = 0; i < request.row_ids_size(); ++i) {
        const auto key = key_of(query.dimension, request.row_ids(i));
        check.expect(key.has_value(), "row_ids[" + std::to_string(i) + "]", "names no row of the dimension");
        if (key) query.keys.push_back(*key);
      }
    }
  }

  [[nodiscard]] node::KpiQuery before() const {
    node::KpiQuery previous = query;
    previous.from = query.from - length;
    previous.until = query.from;
    return previous;
  }

  std::vector<const kpi::Metric*> metrics;
  node::KpiQuery query;
  bool compares = false;
  Duration length{};
};

Error too_many_rows() {
  return {grpc::StatusCode::RESOURCE_EXHAUSTED,
          "KPI_ROW_LIMIT",
          "more than 100000 rows: ask for less time, longer steps or fewer rows",
          {},
          {},
          {}};
}

class KpiService final : public v1::KpiService::CallbackService {
 public:
  KpiService(node::Node& node, Gate& gate) : node_(node), gate_(gate) {}

  ServerUnaryReactor* ListMetrics(CallbackServerContext* context, const v1::ListMetricsRequest* request,
                                  v1::ListMetricsResponse* response) override {
    return admitted(gate_, context, request, [response](ServerUnaryReactor* reactor, const Admission&) {
      for (const kpi::Metric& metric : kpi::metrics()) render(metric, response->add_metrics());
      reactor->Finish(grpc::Status::OK);
    });
  }

  ServerUnaryReactor* QueryKpis(CallbackServerContext* context, const v1::QueryKpisRequest* request,
                                v1::QueryKpisResponse* response) override {
    return admitted(gate_, context, request, [=, this](ServerUnaryReactor* reactor, const Admission& admission) {
      Checker check;
      const auto question = std::make_shared<const Question>(*request, admission.tenant(), check);
      if (!check.ok()) return reactor->Finish(to_status(check.error()));
      if (!admission.tenant().empty() && !is_for_tenants(question->query.dimension)) {
        return reactor->Finish(to_status(tenant_dimension()));
      }
      ask(question->query, reactor, [=, this](const node::KpiHistory& history) {
        fill(*question, history, response);
        if (!question->compares) return reactor->Finish(grpc::Status::OK);
        ask(question->before(), reactor, [=](const node::KpiHistory& previous) {
          fill_previous(*question, previous, response);
          reactor->Finish(grpc::Status::OK);
        });
      });
    });
  }

 private:
  void ask(const node::KpiQuery& query, ServerUnaryReactor* reactor,
           const std::function<void(const node::KpiHistory&)>& then) {
    node_.query_kpis(query, [=](node::StoreStatus status, const std::optional<node::KpiHistory>& history,
                                const std::string& trouble) {
      if (status != node::StoreStatus::kRead) return reactor->Finish(not_read(status, trouble));
      if (history->too_many) return reactor->Finish(to_status(too_many_rows()));
      guarded([&] { then(*history); }, [&](const grpc::Status& failed) { reactor->Finish(failed); });
    });
  }

  /// The tables know rows by their keys alone; what they are called now, the floor does.
  void fill(const Question& question, const node::KpiHistory& history, v1::QueryKpisResponse* response) {
    const auto now = node_.kpis(question.query.dimension, node::KpiWindow::kMinute, "");
    std::map<kpi::Key, const kpi::Place*> places;
    for (const auto& row : now->rows) places.emplace(row.key, &row.place);
    node::to_proto(history.as_of, response->mutable_as_of());
    for (const auto& row : history.rows) {
      v1::KpiRow* out = response->add_rows();
      const auto place = places.find(row.key);
      api::render(row.key, place == places.end() ? kpi::Place{} : *place->second, out);
      node::to_proto(row.start, out->mutable_start_time());
      out->set_restated(row.restated);
      for (const auto* metric : question.metrics) out->add_values(value_of(*metric, {row.facts, {}, {}}));
    }
  }

  static void fill_previous(const Question& question, const node::KpiHistory& previous,
                            v1::QueryKpisResponse* response) {
    const bool of_tenants = question.query.dimension == kpi::Dimension::kQueue;
    std::map<std::pair<std::string, std::string>, const kpi::Facts*> facts;
    for (const auto& row : previous.rows) {
      facts.emplace(std::pair(row_id(row.key), of_tenants ? row.key.second : ""), &row.facts);
    }
    for (v1::KpiRow& row : *response->mutable_rows()) {
      const auto before = facts.find({row.row_id(), of_tenants ? row.tenant_id() : ""});
      const kpi::Sample sample{before == facts.end() ? kpi::Facts{} : *before->second, {}, {}};
      for (const auto* metric : question.metrics) row.add_previous_values(value_of(*metric, sample));
    }
  }

  node::Node& node_;
  Gate& gate_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_kpi_service(node::Node& node, Gate& gate) {
  return std::make_unique<KpiService>(node, gate);
}

}  // namespace muster::api
