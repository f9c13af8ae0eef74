#include "alert_view.h"

#include <algorithm>
#include <cmath>

#include "duration.h"
#include "i18n.h"
#include "words.h"

namespace muster::cli {
namespace {

bool is_there(const v1::Alert& alert) {
  return alert.level() != v1::ALERT_LEVEL_UNSPECIFIED || alert.state() <= v1::ALERT_STATE_ASSIGNED;
}

}  // namespace

// Never by colour alone.
std::string word(v1::AlertLevel level) {
  switch (level) {
    case v1::ALERT_LEVEL_UNSPECIFIED:
      return tr("✓ over");
    case v1::ALERT_LEVEL_WARNING:
      return tr("▲ warning");
    case v1::ALERT_LEVEL_CRITICAL:
      return tr("■ critical");
    default:
      return std::to_string(level);
  }
}

std::string word(v1::AlertState state) {
  switch (state) {
    case v1::ALERT_STATE_OPEN:
      return tr("open");
    case v1::ALERT_STATE_ACKNOWLEDGED:
      return tr("seen");
    case v1::ALERT_STATE_ASSIGNED:
      return tr("being worked on");
    case v1::ALERT_STATE_RESOLVED:
      return tr("dealt with");
    case v1::ALERT_STATE_FALSE_ALARM:
      return tr("false alarm");
    default:
      return std::to_string(state);
  }
}

std::string word(v1::AlertOperator op) {
  switch (op) {
    case v1::ALERT_OPERATOR_ABOVE:
      return ">";
    case v1::ALERT_OPERATOR_AT_LEAST:
      return "≥";
    case v1::ALERT_OPERATOR_BELOW:
      return "<";
    case v1::ALERT_OPERATOR_AT_MOST:
      return "≤";
    default:
      return std::to_string(op);
  }
}

void AlertModel::apply(const v1::WatchAlertsResponse& response, TimePoint) {
  if (response.snapshot()) alerts_.clear();
  known_ = true;
  as_of_ = response.as_of();
  for (const v1::Alert& alert : response.alerts()) alerts_[alert.alert_id()] = alert;
  std::erase_if(alerts_, [](const auto& each) { return !is_there(each.second); });
}

std::vector<v1::Alert> AlertModel::alerts() const {
  std::vector<v1::Alert> alerts;
  for (const auto& [id, alert] : alerts_) alerts.push_back(alert);
  std::stable_sort(alerts.begin(), alerts.end(), [](const v1::Alert& a, const v1::Alert& b) {
    if (a.level() != b.level()) return a.level() > b.level();
    return from_proto(a.start_time()) > from_proto(b.start_time());
  });
  return alerts;
}

std::string subject_of(const v1::Alert& alert) {
  const std::string kind = word(alert.dimension());
  if (alert.row_id().empty()) return kind;
  return kind + " " + alert.row_id() + reason_in_brackets(alert.row_name());
}

std::string value_of(const v1::Alert& alert, const Dictionary& dictionary) {
  const v1::Metric metric = metric_in(dictionary, alert.metric_id());
  const std::string value = metric_text(metric, alert.value());
  return std::isnan(alert.limit()) ? value : say("{0} (limit {1})", value, metric_text(metric, alert.limit()));
}

Table alert_table(const std::vector<v1::Alert>& alerts, const Dictionary& dictionary) {
  Table table({{tr("Alert")},
               {tr("Severity")},
               {tr("Tenant")},
               {tr("Rule")},
               {tr("Where")},
               {tr("Metric")},
               {tr("Measured")},
               {tr("Since")},
               {tr("State")},
               {tr("Assignee")}});
  for (const v1::Alert& alert : alerts) {
    table.add({alert.alert_id(), word(alert.level()), alert.tenant_id(), alert.rule_name(), subject_of(alert),
               metric_name(metric_in(dictionary, alert.metric_id())), value_of(alert, dictionary),
               when(alert.start_time()), word(alert.state()), alert.assignee()});
  }
  return table;
}

std::vector<Line> alert_lines(const AlertModel& model, const Dictionary& dictionary) {
  const std::vector<v1::Alert> alerts = model.alerts();
  std::vector<Line> lines{{say("Alerts as of {0}: {1}", when(model.as_of()), alerts.size()), Style::kTitle}};
  const std::vector<std::string> texts = alert_table(alerts, dictionary).lines();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const bool critical = i > 0 && alerts[i - 1].level() == v1::ALERT_LEVEL_CRITICAL;
    lines.push_back({texts[i], critical ? Style::kAlert : Style::kPlain});
  }
  return lines;
}

}  // namespace muster::cli
