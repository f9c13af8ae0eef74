#include <map>

#include "muster/api/kpi_rows.h"
#include "muster/v1/kpi_service.grpc.pb.h"
#include "services.h"
#include "unary.h"

namespace muster::api {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

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
    const KpiSpan span = named_span(request, check);
    query.from = span.from;
    query.until = span.until;
    length = span.length;
    check.expect(v1::KpiStep_IsValid(request.step()), "step", "must name a step");
    if (request.step() != v1::KPI_STEP_UNSPECIFIED) query.step = static_cast<node::KpiStep>(request.step());
    compares = request.compare_to_previous();
    check.expect(!compares || query.step == node::KpiStep::kTotal, "compare_to_previous", "needs the step TOTAL");
    query.keys = named_rows(request.row_ids(), query.dimension, check);
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
      std::vector<node::KpiQuery> queries{question->query};
      if (question->compares) queries.push_back(question->before());
      read_history(node_, queries, reactor, [=, this](const std::vector<node::KpiHistory>& found) {
        fill(*question, found.front(), response);
        if (question->compares) fill_previous(*question, found.back(), response);
        reactor->Finish(grpc::Status::OK);
      });
    });
  }

 private:
  void fill(const Question& question, const node::KpiHistory& history, v1::QueryKpisResponse* response) {
    const auto places = places_of(node_, question.query.dimension);
    node::to_proto(history.as_of, response->mutable_as_of());
    for (const auto& row : history.rows) {
      v1::KpiRow* out = response->add_rows();
      const auto place = places.find(row.key);
      api::render(row.key, place == places.end() ? kpi::Place{} : place->second, out);
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
