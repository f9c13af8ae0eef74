#pragma once

#include <map>
#include <string>
#include <vector>

#include "kpi_view.h"
#include "muster/v1/alert_service.pb.h"
#include "screen.h"
#include "text.h"

namespace muster::cli {

std::string word(v1::AlertLevel level);
std::string word(v1::AlertState state);
std::string word(v1::AlertOperator op);

/// The alerts that are there: what was told first, with the later changes laid over it.
class AlertModel {
 public:
  void apply(const v1::WatchAlertsResponse& response, TimePoint local_now);
  [[nodiscard]] bool is_known() const { return known_; }
  /// The worst first, of those the latest.
  [[nodiscard]] std::vector<v1::Alert> alerts() const;
  [[nodiscard]] const google::protobuf::Timestamp& as_of() const { return as_of_; }

 private:
  bool known_ = false;
  google::protobuf::Timestamp as_of_;
  std::map<std::string, v1::Alert> alerts_;
};

/// "queue billing"; "all" for the workspace.
std::string subject_of(const v1::Alert& alert);
/// "2m 5s (limit 1m)".
std::string value_of(const v1::Alert& alert, const Dictionary& dictionary);
Table alert_table(const std::vector<v1::Alert>& alerts, const Dictionary& dictionary);
std::vector<Line> alert_lines(const AlertModel& model, const Dictionary& dictionary);

}  // namespace muster::cli
