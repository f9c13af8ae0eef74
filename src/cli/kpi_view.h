#pragma once

#include <map>
#include <string>
#include <vector>

#include "context.h"
#include "muster/base/time.h"
#include "muster/v1/board_service.pb.h"
#include "muster/v1/kpi_service.pb.h"
#include "screen.h"
#include "text.h"

namespace muster::cli {

/// The rows that a view of metrics shows: what was told first, with the later changes laid over it.
class KpiModel {
 public:
  void apply(const v1::WatchKpisResponse& response, TimePoint local_now);
  [[nodiscard]] bool is_known() const { return known_; }
  /// In the order of the view.
  [[nodiscard]] std::vector<v1::KpiRow> rows() const;
  [[nodiscard]] const v1::WatchKpisResponse& head() const { return head_; }  ///< the last response, without its rows

 private:
  bool known_ = false;
  v1::WatchKpisResponse head_;
  std::map<std::string, v1::KpiRow> rows_;
  std::vector<std::string> order_;
};

/// The metrics of the dictionary by id.
using Dictionary = std::map<std::string, v1::Metric>;
Dictionary read_dictionary(Context& context);

/// "83.0%", "3m05s", "–" for nothing to tell.
std::string metric_text(const v1::Metric& metric, double value);
/// In the language of the program.
std::string metric_name(const v1::Metric& metric);
/// A column for each metric, beside the row's name and, if `spans`, the start of its span.
Table kpi_table(const std::vector<v1::KpiRow>& rows, const std::vector<v1::Metric>& metrics, bool spans);
std::vector<Line> kpi_lines(const KpiModel& model, const std::vector<v1::Metric>& metrics);

}  // namespace muster::cli
