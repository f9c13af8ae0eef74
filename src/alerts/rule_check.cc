#include "rule_check.h"

#include <cmath>
#include <set>

#include "muster/api/back_office.h"
#include "muster/api/caller.h"
#include "muster/api/kpi_rows.h"
#include "muster/node/time_zones.h"

namespace muster::alerts {
namespace {

using api::Checker;

constexpr double kAmountMax = 1e15;
constexpr std::int32_t kCountMax = 1'000'000;
constexpr Duration kDay = std::chrono::hours(24);
constexpr std::size_t kAdviceBytesMax = 2'000;

const kpi::Metric* check_metric(const std::string& path, const std::string& id, bool with_history, Checker& check) {
  const kpi::Metric* metric = kpi::find_metric(id);
  if (!check.expect(metric, path, "is not in the dictionary: ListMetrics tells what is")) return nullptr;
  check.expect(!with_history || !kpi::is_live_only(*metric), path, "has no history");
  return metric;
}

void check_zone(const std::string& path, std::string& zone, Checker& check) {
  if (zone.empty()) zone = "UTC";
  check.expect(node::is_time_zone(zone), path, "must name a time zone, such as Asia/Shanghai");
}

/// The two limits of a condition: at least one, each from `min` on, and the critical one no milder.
struct Limits {
  bool has_warning;
  double warning;
  bool has_critical;
  double critical;
};
void check_limits(const std::string& path, const std::string& suffix, const Limits& limits, double min, bool falling,
                  Checker& check) {
  const std::string warning = path + "warning" + suffix, critical = path + "critical" + suffix;
  check.expect(limits.has_warning || limits.has_critical, warning, "or the critical one is required");
  const auto fits = [min](double limit) { return limit >= min && std::abs(limit) <= kAmountMax; };
  check.expect(!limits.has_warning || fits(limits.warning), warning, "must be a number in the range told");
  check.expect(!limits.has_critical || fits(limits.critical), critical, "must be a number in the range told");
  if (!limits.has_warning || !limits.has_critical) return;
  check.expect(falling ? limits.critical <= limits.warning : limits.critical >= limits.warning, critical,
               "must not be milder than the warning");
}

void check_condition(v1::ThresholdCondition& condition, Checker& check) {
  const std::string path = "rule.threshold.";
  check_metric(path + "metric_id", condition.metric_id(), false, check);
  if (condition.window() == v1::KPI_WINDOW_UNSPECIFIED) condition.set_window(v1::KPI_WINDOW_TODAY);
  check.expect(v1::KpiWindow_IsValid(condition.window()), path + "window", "must name a window");
  check_zone(path + "time_zone", *condition.mutable_time_zone(), check);
  const v1::AlertOperator op = condition.operator_();
  check.expect(op != v1::ALERT_OPERATOR_UNSPECIFIED && v1::AlertOperator_IsValid(op), path + "operator",
               "must be ABOVE, AT_LEAST, BELOW or AT_MOST");
  check_limits(path, "", {condition.has_warning(), condition.warning(), condition.has_critical(), condition.critical()},
               -kAmountMax, op == v1::ALERT_OPERATOR_BELOW || op == v1::ALERT_OPERATOR_AT_MOST, check);
  check.expect(condition.clear_margin() >= 0 && condition.clear_margin() <= kAmountMax, path + "clear_margin",
               "must be at least 0");
  check.number(path + "minimum_count", condition.minimum_count(), 0, kCountMax);
}

void check_condition(v1::SpikeCondition& condition, Checker& check) {
  const std::string path = "rule.spike.";
  constexpr int kWeeks = 4, kMinimum = 10;
  constexpr double kSignificance = 0.001, kSignificanceMax = 0.1;
  const kpi::Metric* metric = check_metric(path + "metric_id", condition.metric_id(), true, check);
  check.expect(!metric || (metric->unit == kpi::Unit::kCount && metric->denominator.empty() && !metric->percentile),
               path + "metric_id", "must be a count");
  if (condition.weeks() == 0) condition.set_weeks(kWeeks);
  check.number(path + "weeks", condition.weeks(), 1, 12);
  check_zone(path + "time_zone", *condition.mutable_time_zone(), check);
  check_limits(path, "_ratio",
               {condition.has_warning_ratio(), condition.warning_ratio(), condition.has_critical_ratio(),
                condition.critical_ratio()},
               std::nextafter(1.0, 2.0), false, check);
  if (condition.minimum_count() == 0) condition.set_minimum_count(kMinimum);
  check.number(path + "minimum_count", condition.minimum_count(), 1, kCountMax);
  if (condition.significance() == 0) condition.set_significance(kSignificance);
  check.expect(condition.significance() > 0 && condition.significance() <= kSignificanceMax, path + "significance",
               "must be above 0 and at most 0.1");
}

void check_condition(v1::GuardRailCondition& condition, Checker& check) {
  const std::string path = "rule.guard_rail.";
  const auto* gain = check_metric(path + "gain_metric_id", condition.gain_metric_id(), true, check);
  const auto* guarded = check_metric(path + "guarded_metric_id", condition.guarded_metric_id(), true, check);
  for (const auto& [metric, name] : {std::pair{gain, "gain_metric_id"}, std::pair{guarded, "guarded_metric_id"}}) {
    check.expect(!metric || metric->direction != kpi::Direction::kNeutral, path + name,
                 "must be a metric of which more is better, or less");
  }
  check.expect(!gain || gain != guarded, path + "guarded_metric_id", "must be another than the gain's");
  check.expect(condition.gain_percent() > 0 && condition.gain_percent() <= 1000, path + "gain_percent",
               "must be above 0 and at most 1000");
  check_limits(path, "_percent",
               {condition.has_warning_percent(), condition.warning_percent(), condition.has_critical_percent(),
                condition.critical_percent()},
               std::nextafter(0.0, 1.0), false, check);
  if (condition.days() == 0) condition.set_days(1);
  check.number(path + "days", condition.days(), 1, 28);
  check.number(path + "minimum_count", condition.minimum_count(), 0, kCountMax);
}

void check_rows(const v1::AlertRule& rule, Checker& check) {
  const bool named = v1::KpiDimension_IsValid(rule.dimension()) && rule.dimension() != v1::KPI_DIMENSION_UNSPECIFIED;
  if (!check.expect(named, "rule.dimension", "must name a dimension")) return;
  const auto dimension = static_cast<kpi::Dimension>(rule.dimension());
  check.expect(rule.tenant_id() == kPlatformTenant || api::is_for_tenants(dimension), "rule.dimension",
               "must be TENANT or QUEUE in a tenant's name");
  if (!check.count("rule.row_ids", rule.row_ids_size(), 0, 100)) return;
  std::set<std::string> seen;
  for (int i = 0; i < rule.row_ids_size(); ++i) {
    const std::string path = api::indexed("rule.row_ids", i);
    check.expect(api::key_of(dimension, rule.row_ids(i)).has_value(), path, "names no row of the dimension");
    check.expect(seen.insert(rule.row_ids(i)).second, path, "is named twice");
    check.text(path, rule.row_ids(i));
  }
}

void check_quiet_hours(const v1::AlertRule& rule, Checker& check) {
  constexpr int kLastMinute = 24 * 60 - 1;
  if (!check.count("rule.quiet_hours", rule.quiet_hours_size(), 0, 10)) return;
  for (int i = 0; i < rule.quiet_hours_size(); ++i) {
    const v1::QuietHours& hours = rule.quiet_hours(i);
    const std::string path = api::indexed("rule.quiet_hours", i) + ".";
    check.expect(node::is_time_zone(hours.time_zone()), path + "time_zone",
                 "must name a time zone, such as Asia/Shanghai");
    check.number(path + "start_minute", hours.start_minute(), 0, kLastMinute);
    check.number(path + "end_minute", hours.end_minute(), 0, kLastMinute);
    check.expect(hours.start_minute() != hours.end_minute(), path + "end_minute", "must not be the start");
    if (!check.count(path + "weekdays", hours.weekdays_size(), 0, 7)) continue;
    for (const int day : hours.weekdays()) check.number(path + "weekdays", day, 1, 7);
  }
}

}  // namespace

void check_rule(v1::AlertRule& rule, Checker& check) {
  rule.DiscardUnknownFields();  // which no limit below would see
  check.id("rule.rule_id", rule.rule_id());
  api::check_name("rule.display_name", rule.display_name(), check);
  check_rows(rule, check);
  switch (rule.condition_case()) {
    case v1::AlertRule::kThreshold:
      check_condition(*rule.mutable_threshold(), check);
      break;
    case v1::AlertRule::kSpike:
      check_condition(*rule.mutable_spike(), check);
      break;
    case v1::AlertRule::kGuardRail:
      check_condition(*rule.mutable_guard_rail(), check);
      break;
    default:
      check.violate("rule.threshold", "or spike or guard_rail is required");
  }
  check.duration("rule.for_duration", rule.for_duration(), Duration::zero(), kDay);
  check.duration("rule.clear_duration", rule.clear_duration(), Duration::zero(), kDay);
  if (rule.has_repeat_interval()) {
    check.duration("rule.repeat_interval", rule.repeat_interval(), std::chrono::minutes(1), kDay);
  }
  check_quiet_hours(rule, check);
  if (check.count("rule.webhook_ids", rule.webhook_ids_size(), 0, 10)) {
    std::set<std::string> seen;
    for (int i = 0; i < rule.webhook_ids_size(); ++i) {
      const std::string path = api::indexed("rule.webhook_ids", i);
      check.expect(seen.insert(check.id(path, rule.webhook_ids(i))).second, path, "is named twice");
    }
  }
  check.text("rule.advice", rule.advice(), kAdviceBytesMax);
}

}  // namespace muster::alerts
