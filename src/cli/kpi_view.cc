#include "kpi_view.h"

#include <algorithm>
#include <cmath>

#include "duration.h"
#include "i18n.h"
#include "muster/v1/kpi_service.grpc.pb.h"
#include "words.h"

namespace muster::cli {
namespace {

std::string row_name(const v1::KpiRow& row) {
  v1::Channel channel{};
  if (v1::Channel_Parse(row.row_id(), &channel)) return word(channel);
  return row.row_id().empty() ? tr("all") : row.row_id();
}

/// What the figure of a queue was reckoned by stands beside it.
std::string service_level_text(const v1::KpiRow& row) {
  return row.service_level_method() == v1::SERVICE_LEVEL_METHOD_UNSPECIFIED ? std::string()
                                                                            : word(row.service_level_method());
}

/// "+3.1" beside the value before.
std::string change_text(const v1::Metric& metric, double now, double before) {
  if (std::isnan(now) || std::isnan(before)) return metric_text(metric, before);
  const double change = now - before;
  return fmt::format("{} ({}{})", metric_text(metric, before), change < 0 ? "-" : "+",
                     metric_text(metric, std::abs(change)));
}

}  // namespace

void KpiModel::apply(const v1::WatchKpisResponse& response, TimePoint) {
  if (response.snapshot()) *this = {};
  known_ = true;
  for (const auto& row : response.rows()) rows_[row.row_id()] = row;
  if (response.row_ids_size() > 0) order_.assign(response.row_ids().begin(), response.row_ids().end());
  head_ = response;
  head_.clear_rows();
}

std::vector<v1::KpiRow> KpiModel::rows() const {
  std::vector<v1::KpiRow> rows;
  for (const auto& id : order_) {
    const auto row = rows_.find(id);
    if (row != rows_.end()) rows.push_back(row->second);
  }
  return rows;
}

Dictionary read_dictionary(Context& context) {
  Dictionary dictionary;
  const auto response = context.call(&v1::KpiService::Stub::ListMetrics, {});
  for (const auto& metric : response.metrics()) dictionary[metric.metric_id()] = metric;
  return dictionary;
}

std::string metric_text(const v1::Metric& metric, double value) {
  if (std::isnan(value)) return "–";
  switch (metric.unit()) {
    case v1::METRIC_UNIT_PERCENT:
      return fmt::format("{:.1f}%", value);
    case v1::METRIC_UNIT_SECONDS:
      return format_duration(Duration(std::llround(value * 1e6)));
    case v1::METRIC_UNIT_COUNT:
      return fmt::format("{}", std::llround(value));
    default:
      return fmt::format("{:.2f}", value);
  }
}

std::string metric_name(const v1::Metric& metric) {
  return language() == Language::kChinese ? metric.display_name_zh() : metric.display_name();
}

Table kpi_table(const std::vector<v1::KpiRow>& rows, const std::vector<v1::Metric>& metrics, bool spans) {
  const bool compares = !rows.empty() && rows.front().previous_values_size() > 0;
  const bool has_method = std::any_of(rows.begin(), rows.end(), [](const auto& row) {
    return row.service_level_method() != v1::SERVICE_LEVEL_METHOD_UNSPECIFIED;
  });
  const auto has_method_beside = [&](const v1::Metric& metric) {
    return has_method && metric.metric_id() == "service_level";
  };
  std::vector<Table::Column> columns{{tr("Row")}, {tr("Name")}};
  if (spans) columns.push_back({tr("From")});
  for (const auto& metric : metrics) {
    columns.push_back({metric_name(metric), true});
    if (compares) columns.push_back({tr("Before"), true});
    if (has_method_beside(metric)) columns.push_back({tr("Method")});
  }
  Table table(std::move(columns));
  for (const auto& row : rows) {
    std::vector<std::string> cells{row_name(row), row.display_name()};
    if (spans) cells.push_back(when(row.start_time()) + (row.restated() ? " *" : ""));
    for (int i = 0; i < row.values_size(); ++i) {
      const v1::Metric& metric = metrics[static_cast<std::size_t>(i)];
      cells.push_back(metric_text(metric, row.values(i)));
      if (compares) cells.push_back(change_text(metric, row.values(i), row.previous_values(i)));
      if (has_method_beside(metric)) cells.push_back(service_level_text(row));
    }
    table.add(std::move(cells));
  }
  return table;
}

std::vector<Line> kpi_lines(const KpiModel& model, const std::vector<v1::Metric>& metrics) {
  const std::vector<v1::KpiRow> rows = model.rows();
  std::vector<Line> lines{{say("Metrics as of {0}, counted since {1}; {2} of {3} rows", when(model.head().as_of()),
                               when(model.head().window_start()), rows.size(), model.head().total_rows()),
                           Style::kTitle}};
  for (const std::string& text : kpi_table(rows, metrics, false).lines()) lines.push_back({text, Style::kPlain});
  return lines;
}

}  // namespace muster::cli
