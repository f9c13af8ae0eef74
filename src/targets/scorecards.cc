#include "scorecards.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <memory>
#include <set>
#include <tuple>

#include "muster/api/kpi_rows.h"
#include "muster/node/render.h"
#include "score.h"

namespace muster::targets {
namespace {

using api::Checker;
using api::Refusal;

std::string name_of(const v1::Scorecard& scorecard) { return "scorecard/" + scorecard.scorecard_id(); }

const kpi::Metric* check_metric(const std::string& path, const std::string& id, Checker& check) {
  const kpi::Metric* metric = kpi::find_metric(id);
  check.expect(metric, path + ".metric_id", "is not in the dictionary: ListMetrics tells what is");
  if (metric) check.expect(!kpi::is_live_only(*metric), path + ".metric_id", "has no history");
  return metric;
}

bool is_better(const kpi::Metric& metric, double target, double floor) {
  if (metric.direction == kpi::Direction::kHigherIsBetter) return target > floor;
  return metric.direction == kpi::Direction::kLowerIsBetter ? target < floor : target != floor;
}

void check_item(const std::string& path, const v1::ScorecardItem& item, Checker& check) {
  const kpi::Metric* metric = check_metric(path, item.metric_id(), check);
  check.number(path + ".weight", item.weight(), 1, 1000);
  const bool floor = check.expect(item.has_floor() && std::isfinite(item.floor()), path + ".floor", "must be a number");
  const bool target =
      check.expect(item.has_target() && std::isfinite(item.target()), path + ".target", "must be a number");
  check.expect(item.minimum_evidence() >= 0, path + ".minimum_evidence", "must not be below 0");
  if (!metric) return;
  if (floor && target) {
    check.expect(is_better(*metric, item.target(), item.floor()), path + ".target", "must be better than the floor");
  }
  check.expect(item.minimum_evidence() <= 0 || has_evidence(*metric), path + ".minimum_evidence",
               "is for metrics over a count only");
}

void check_gate(const std::string& path, const v1::ScorecardGate& gate, Checker& check) {
  check_metric(path, gate.metric_id(), check);
  const bool named = gate.limit_case() != v1::ScorecardGate::LIMIT_NOT_SET;
  check.expect(named && std::isfinite(gate.has_at_least() ? gate.at_least() : gate.at_most()), path + ".limit",
               "must be a number that the value is at least, or at most");
}

/// What is asked for, checked.
struct Question {
  Question(const v1::EvaluateScorecardRequest& request, Checker& check)
      : scorecard_id(check.id("scorecard_id", request.scorecard_id())),
        time_zone(api::named_time_zone(request.time_zone(), check)),
        row_ids(request.row_ids()),
        filter(request, check) {
    check.expect(request.has_start_time() || !request.has_end_time(), "end_time", "needs start_time");
    if (request.has_start_time()) span = api::named_span(request, check);
    if (request.page_size() != 0) {
      page_size = static_cast<std::size_t>(check.number("page_size", request.page_size(), 1, 5000));
    }
    skip = static_cast<std::size_t>(check.number("skip", request.skip(), 0, 1'000'000));
  }

  /// Throws Refusal if the rows that are named cannot be of the scorecard.
  [[nodiscard]] node::KpiQuery query(const node::Node& node, kpi::Dimension dimension) const {
    Checker check;
    node::KpiQuery query;
    query.dimension = dimension;
    query.keys = api::named_rows(row_ids, dimension, check);
    if (!check.ok()) throw Refusal(check.error());
    query.from = span ? span->from : node.kpis(dimension, node::KpiWindow::kToday, time_zone)->from;
    if (span) query.until = span->until;
    return query;
  }

  std::string scorecard_id;
  std::string time_zone;
  std::optional<api::KpiSpan> span;  ///< empty: today
  google::protobuf::RepeatedPtrField<std::string> row_ids;
  api::RowFilter filter;
  std::size_t page_size = 100;
  std::size_t skip = 0;
};

void fill(const Question& question, const v1::Scorecard& scorecard, const node::Node& node,
          const node::KpiHistory& history, v1::EvaluateScorecardResponse* response) {
  const auto places = api::places_of(node, static_cast<kpi::Dimension>(scorecard.dimension()));
  std::vector<v1::ScoredRow> rows;
  for (const auto& row : history.rows) {
    const auto found = places.find(row.key);
    const kpi::Place place = found == places.end() ? kpi::Place{} : found->second;
    if (!question.filter.passes(row.key, place)) continue;
    rows.push_back(score_of(scorecard, row.facts));
    api::render(row.key, place, rows.back().mutable_row());
  }
  rank(rows);
  response->set_total_rows(static_cast<std::int32_t>(rows.size()));
  const std::size_t from = std::min(question.skip, rows.size()), to = std::min(from + question.page_size, rows.size());
  for (std::size_t i = from; i < to; ++i) *response->add_rows() = std::move(rows[i]);
  *response->mutable_scorecard() = scorecard;
  node::to_proto(history.as_of, response->mutable_as_of());
}

}  // namespace

void check(v1::CreateScorecardRequest& request, Checker& check) {
  const v1::Scorecard& scorecard = request.scorecard();
  check.id("scorecard.scorecard_id", scorecard.scorecard_id());
  api::check_name("scorecard.display_name", scorecard.display_name(), check);
  check.text("scorecard.display_name_zh", scorecard.display_name_zh());
  check.expect(
      scorecard.dimension() != v1::KPI_DIMENSION_UNSPECIFIED && v1::KpiDimension_IsValid(scorecard.dimension()),
      "scorecard.dimension", "must name a dimension");
  check.number("scorecard.minimum_contacts", scorecard.minimum_contacts(), 0, 1'000'000);
  if (check.count("scorecard.items", scorecard.items_size(), 1, 20)) {
    std::set<std::string> seen;
    for (int i = 0; i < scorecard.items_size(); ++i) {
      const std::string path = api::indexed("scorecard.items", i);
      check_item(path, scorecard.items(i), check);
      check.expect(seen.insert(scorecard.items(i).metric_id()).second, path + ".metric_id", "is named twice");
    }
  }
  if (!check.count("scorecard.gates", scorecard.gates_size(), 0, 20)) return;
  for (int i = 0; i < scorecard.gates_size(); ++i) {
    check_gate(api::indexed("scorecard.gates", i), scorecard.gates(i), check);
  }
}

void check(v1::DeleteScorecardRequest& request, Checker& check) { check.id("scorecard_id", request.scorecard_id()); }

v1::CreateScorecardResponse carry_out(TenantTransaction& t, const v1::CreateScorecardRequest& request, const By& by) {
  v1::CreateScorecardResponse response;
  v1::Scorecard& scorecard = *response.mutable_scorecard() = request.scorecard();
  node::to_proto(by.now, scorecard.mutable_create_time());
  if (!insert_scorecard(t, scorecard)) {
    throw Refusal(api::already_exists("SCORECARD", "scorecard.scorecard_id", scorecard.scorecard_id()));
  }
  by.changed(name_of(scorecard), nullptr, &scorecard);
  return response;
}

v1::DeleteScorecardResponse carry_out(TenantTransaction& t, const v1::DeleteScorecardRequest& request, const By& by) {
  const std::string& id = request.scorecard_id();
  const auto scorecard = api::found(find_scorecard(t, id), "SCORECARD", "scorecard_id", id);
  delete_scorecard(t, id);
  by.changed(name_of(scorecard), &scorecard, nullptr);
  return {};
}

void rank(std::vector<v1::ScoredRow>& rows) {
  using Place = std::tuple<bool, double, const std::string&, const std::string&>;
  const auto place = [](const v1::ScoredRow& row) {
    const bool known = !std::isnan(row.score());
    return Place(!known, known ? -row.score() : 0, row.row().row_id(), row.row().tenant_id());
  };
  std::sort(rows.begin(), rows.end(), [&](const auto& a, const auto& b) { return place(a) < place(b); });
}

void evaluate(node::Node& node, store::TenantPool& pool, grpc::ServerUnaryReactor* reactor,
              const v1::EvaluateScorecardRequest& request, v1::EvaluateScorecardResponse* response) {
  Checker check;
  const auto question = std::make_shared<const Question>(request, check);
  if (!check.ok()) return reactor->Finish(api::to_status(check.error()));
  const auto scorecard = std::make_shared<v1::Scorecard>();
  api::look_up(
      pool, kPlatformTenant, reactor,
      [=](TenantTransaction& t) {
        const std::string& id = question->scorecard_id;
        *scorecard = api::found(find_scorecard(t, id), "SCORECARD", "scorecard_id", id);
      },
      [=, &node] {
        const node::KpiQuery query = question->query(node, static_cast<kpi::Dimension>(scorecard->dimension()));
        node::to_proto(query.from, response->mutable_start_time());
        api::read_history(node, {query}, reactor, [=, &node](const std::vector<node::KpiHistory>& found) {
          fill(*question, *scorecard, node, found.front(), response);
          reactor->Finish(grpc::Status::OK);
        });
      });
}

}  // namespace muster::targets
