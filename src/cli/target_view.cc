#include "target_view.h"

#include <cmath>

#include "duration.h"
#include "i18n.h"
#include "words.h"

namespace muster::cli {
namespace {

/// Why a score is as it is: gates that failed, items that do not count.
std::string remarks(const v1::ScoredRow& row, const Dictionary& dictionary) {
  std::vector<std::string> all;
  for (const auto& result : row.gates()) {
    if (result.state() != v1::GATE_STATE_FAILED) continue;
    const v1::Metric metric = metric_in(dictionary, result.gate().metric_id());
    all.push_back(say("gate failed: {0} {1}, {2}", metric_name(metric), metric_text(metric, result.value()),
                      limit_text(result.gate(), dictionary)));
  }
  for (const auto& item : row.items()) {
    if (item.missing() == v1::MISSING_ITEM_UNSPECIFIED) continue;
    all.push_back(say("without {0}: {1}", metric_name(metric_in(dictionary, item.metric_id())), word(item.missing())));
  }
  if (row.state() == v1::SCORE_STATE_UNKNOWN) all.push_back(tr("too little to tell a score"));
  return join(all, "; ");
}

std::string points_text(double points) { return std::isnan(points) ? "–" : fmt::format("{:.1f}", points); }

}  // namespace

std::string scope_text(const v1::Target& target) {
  std::string scope =
      target.row_id().empty() ? word(target.dimension()) : word(target.dimension()) + " " + target.row_id();
  if (target.each_dimension() == v1::KPI_DIMENSION_UNSPECIFIED) return scope;
  return say("each {0} of {1}", word(target.each_dimension()), scope);
}

Table track_table(const v1::TrackTargetsResponse& response, const Dictionary& dictionary) {
  Table table({{tr("Row")},
               {tr("Name")},
               {tr("Metric")},
               {tr("Actual"), true},
               {tr("Expected by now"), true},
               {tr("State")},
               {tr("Target"), true},
               {tr("Projected"), true},
               {tr("Target of")},
               {tr("Pace by")}});
  for (const auto& row : response.rows()) {
    for (const auto& track : row.tracks()) {
      const v1::Metric metric = metric_in(dictionary, track.target().metric_id());
      table.add({row_name(row.row()), row.row().display_name(), metric_name(metric),
                 metric_text(metric, track.actual()), metric_text(metric, track.expected_by_now()), word(track.state()),
                 metric_text(metric, track.target().value()), metric_text(metric, track.projected()),
                 scope_text(track.target()), word(track.basis())});
    }
  }
  return table;
}

std::vector<Line> track_lines(const v1::TrackTargetsResponse& response, const Dictionary& dictionary) {
  std::vector<Line> lines{{say("Targets as of {0}, of the day since {1}; {2} of {3} rows", when(response.as_of()),
                               when(response.day_start()), response.rows_size(), response.total_rows()),
                           Style::kTitle}};
  for (const std::string& text : track_table(response, dictionary).lines()) lines.push_back({text, Style::kPlain});
  return lines;
}

std::string limit_text(const v1::ScorecardGate& gate, const Dictionary& dictionary) {
  const v1::Metric metric = metric_in(dictionary, gate.metric_id());
  return gate.has_at_least() ? say("at least {0}", metric_text(metric, gate.at_least()))
                             : say("at most {0}", metric_text(metric, gate.at_most()));
}

Table score_table(const v1::EvaluateScorecardResponse& response, const Dictionary& dictionary) {
  std::vector<Table::Column> columns{{tr("Row")}, {tr("Name")}, {tr("Score"), true}};
  for (const auto& item : response.scorecard().items()) {
    columns.push_back({metric_name(metric_in(dictionary, item.metric_id())), true});
    columns.push_back({tr("Brings"), true});
  }
  columns.insert(columns.end(), {{tr("Coverage"), true}, {tr("Contacts handled"), true}, {tr("Remarks")}});
  Table table(std::move(columns));
  for (const auto& row : response.rows()) {
    std::vector<std::string> cells{row_name(row.row()), row.row().display_name(), points_text(row.score())};
    for (const auto& item : row.items()) {
      cells.push_back(metric_text(metric_in(dictionary, item.metric_id()), item.value()));
      cells.push_back(points_text(item.missing() == v1::MISSING_ITEM_UNSPECIFIED ? item.contribution() : NAN));
    }
    cells.push_back(fmt::format("{:.0f}%", row.coverage()));
    cells.push_back(std::to_string(row.contacts()));
    cells.push_back(remarks(row, dictionary));
    table.add(std::move(cells));
  }
  return table;
}

}  // namespace muster::cli
