#include "evaluation.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>

#include "muster/api/caller.h"
#include "muster/api/kpi_rows.h"
#include "muster/node/render.h"

namespace muster::alerts {
namespace {

/// Of one rule at once: more say nothing that these do not.
constexpr std::size_t kAlertsMax = 1'000;
/// Longer between two looks, and nobody knows what was meanwhile.
constexpr Duration kGapMax = std::chrono::seconds(15);

Timing timing_of(const v1::AlertRule* rule) {
  if (!rule) return {};
  return {node::from_proto(rule->for_duration()), node::from_proto(rule->clear_duration())};
}

const std::string& metric_of(const v1::AlertRule& rule) {
  if (rule.has_threshold()) return rule.threshold().metric_id();
  return rule.has_spike() ? rule.spike().metric_id() : rule.guard_rail().guarded_metric_id();
}

template <typename Sample>
Sample sample_of(const std::map<kpi::Key, Sample>& samples, const kpi::Key& key) {
  const auto found = samples.find(key);
  return found == samples.end() ? Sample{} : found->second;
}

bool is_same(const google::protobuf::Timestamp& a, const google::protobuf::Timestamp& b) {
  return a.seconds() == b.seconds() && a.nanos() == b.nanos();
}

}  // namespace

const node::KpiTable& Evaluation::table(const v1::AlertRule& rule) {
  const View view = rule.has_threshold()
                        ? View{static_cast<kpi::Dimension>(rule.dimension()),
                               static_cast<node::KpiWindow>(rule.threshold().window()), rule.threshold().time_zone()}
                        : View{static_cast<kpi::Dimension>(rule.dimension()), node::KpiWindow::kHour, "UTC"};
  auto& table = tables_[view];
  if (!table) table = node_.kpis(std::get<0>(view), std::get<1>(view), std::get<2>(view));
  return *table;
}

std::optional<Evaluation::Rows> Evaluation::judge_rows(const Watched& watched) {
  if (!watched.rule) return Rows{};
  const v1::AlertRule& rule = *watched.rule;
  const node::KpiTable& floor = table(rule);
  const kpi::Metric* metric = kpi::find_metric(metric_of(rule));
  const kpi::Metric* gain = rule.has_guard_rail() ? kpi::find_metric(rule.guard_rail().gain_metric_id()) : metric;
  if (!metric || !gain) return Rows{};  // the rule is of a version that had it
  const std::set<std::string> ids(rule.row_ids().begin(), rule.row_ids().end());
  const auto judge_all = [&](const auto& judge_one) {
    Rows rows;
    for (const kpi::RowSample& row : floor.rows) {
      if (rule.tenant_id() != kPlatformTenant && row.place.tenant != rule.tenant_id()) continue;
      const Judgement judgement = judge_one(row);
      if (judgement.held == v1::ALERT_LEVEL_UNSPECIFIED && watched.alerts.empty()) continue;
      const std::string id = api::row_id(row.key);
      if (!ids.empty() && !ids.contains(id)) continue;
      const bool of_tenant = row.key.dimension == kpi::Dimension::kQueue;
      rows.emplace(RowKey{of_tenant ? row.key.second : "", id}, Judged{judgement, row.place.display_name});
    }
    return rows;
  };
  if (rule.has_threshold()) {
    return judge_all([&](const auto& row) { return judge(rule.threshold(), *metric, row.sample); });
  }
  if (rule.has_spike()) {
    const auto samples = baselines_.spikes(rule, floor);
    if (!samples) return std::nullopt;
    return judge_all([&](const auto& row) { return judge(rule.spike(), sample_of(*samples, row.key)); });
  }
  const auto samples = baselines_.guard_rails(rule, floor);
  if (!samples) return std::nullopt;
  return judge_all(
      [&](const auto& row) { return judge(rule.guard_rail(), *gain, *metric, sample_of(*samples, row.key)); });
}

std::map<Evaluation::RuleKey, Evaluation::Watched> Evaluation::by_rule(const std::vector<v1::AlertRule>& rules,
                                                                       const std::vector<AlertRecord>& open) {
  std::map<RuleKey, Watched> watched;
  for (const v1::AlertRule& rule : rules) {
    if (!rule.disabled()) watched[{rule.tenant_id(), rule.rule_id()}].rule = &rule;
  }
  for (const AlertRecord& record : open) {
    const v1::Alert& alert = record.alert;
    if (!is_living(alert)) continue;  // its receivers have yet to be told; of the row there may be another
    watched[{alert.tenant_id(), alert.rule_id()}].alerts[{alert.row_tenant_id(), alert.row_id()}] = alert.level();
  }
  return watched;
}

Seen Evaluation::seen(const RuleKey& key, const RowKey& row, const Judged& judged, const v1::AlertRule* rule,
                      v1::AlertLevel before, v1::AlertLevel next) {
  Seen seen{{}, before, rule && !rule->webhook_ids().empty()};
  v1::Alert& alert = seen.alert;
  alert.set_tenant_id(key.tenant);
  alert.set_rule_id(key.rule);
  alert.set_row_tenant_id(row.tenant);
  alert.set_row_id(row.row);
  alert.set_row_name(judged.row_name);
  alert.set_level(next);
  alert.set_value(judged.judgement.value);
  const bool only_critical = rule && rule->has_threshold() && !rule->threshold().has_warning();
  alert.set_limit(judged.judgement.limits[next == v1::ALERT_LEVEL_CRITICAL || only_critical ? 1 : 0]);
  if (!rule) return seen;
  alert.set_rule_name(rule->display_name());
  alert.set_dimension(rule->dimension());
  alert.set_metric_id(metric_of(*rule));
  alert.set_advice(rule->advice());
  return seen;
}

void Evaluation::look_at(const RuleKey& key, const Watched& watched, TimePoint now, std::vector<Seen>& changed) {
  auto rows = judge_rows(watched);
  if (!rows) return;
  for (const auto& [row, level] : watched.alerts) rows->try_emplace(row);  // what is not there holds no more
  Standings& known = standings_[key];
  const auto rule_time = watched.rule ? watched.rule->update_time() : google::protobuf::Timestamp();
  if (now < known.looked || now - known.looked > kGapMax || !is_same(known.rule_time, rule_time)) known.rows.clear();
  known.looked = now;
  known.rule_time = rule_time;
  std::map<RowKey, Standing> standings;
  std::size_t alerts = watched.alerts.size();
  for (const auto& [row, judged] : *rows) {
    const auto has = watched.alerts.find(row);
    const v1::AlertLevel level = has == watched.alerts.end() ? v1::ALERT_LEVEL_UNSPECIFIED : has->second;
    Standing standing;
    if (const auto stands = known.rows.find(row); stands != known.rows.end()) standing = stands->second;
    const v1::AlertLevel next = advance(standing, judged.judgement, level, timing_of(watched.rule), now);
    if (!standing.idle()) standings.emplace(row, standing);
    if (next == level || (has == watched.alerts.end() && alerts++ >= kAlertsMax)) continue;
    Seen& change = changed.emplace_back(seen(key, row, judged, watched.rule, level, next));
    node::to_proto(standing.entered_since[0].value_or(now), change.alert.mutable_start_time());
  }
  known.rows = std::move(standings);
}

std::vector<Seen> Evaluation::look(const std::vector<v1::AlertRule>& rules, const std::vector<AlertRecord>& open,
                                   TimePoint now) {
  std::vector<Seen> changed;
  tables_.clear();
  const auto watched = by_rule(rules, open);
  std::erase_if(standings_, [&](const auto& each) { return !watched.contains(each.first); });
  for (const auto& [key, of_rule] : watched) {
    try {
      look_at(key, of_rule, now, changed);
    } catch (const std::exception& error) {  // others are not to suffer from it
      spdlog::error("alerts: rule {} of {} cannot be judged: {}", key.rule, key.tenant, error.what());
    }
  }
  return changed;
}

void settle(TenantTransaction& t, const Seen& seen, TimePoint now) {
  auto record = find_living_alert(t, seen.alert);
  if ((record ? record->alert.level() : v1::ALERT_LEVEL_UNSPECIFIED) != seen.before) return;
  if (!record) {
    AlertRecord fresh{seen.alert, v1::ALERT_LEVEL_UNSPECIFIED, {}};
    fresh.alert.set_state(v1::ALERT_STATE_OPEN);
    fresh.alert.set_highest_level(seen.alert.level());
    node::to_proto(now, fresh.alert.mutable_level_time());
    if (!seen.has_receivers) fresh.told = fresh.alert.level();
    insert_alert(t, fresh);
    return add_entry(t, fresh.alert, entry_of(fresh.alert, now));
  }
  v1::Alert& alert = record->alert;
  const v1::AlertLevel level = seen.alert.level();
  if (alert.level() == v1::ALERT_LEVEL_UNSPECIFIED) alert.set_returns(alert.returns() + 1);
  if (level == v1::ALERT_LEVEL_UNSPECIFIED) {
    if (alert.state() == v1::ALERT_STATE_OPEN) alert.set_state(v1::ALERT_STATE_RESOLVED);
  } else {  // the rule may be about something else by now
    alert.set_rule_name(seen.alert.rule_name());
    alert.set_dimension(seen.alert.dimension());
    alert.set_row_name(seen.alert.row_name());
    alert.set_metric_id(seen.alert.metric_id());
    alert.set_limit(seen.alert.limit());
    alert.set_advice(seen.alert.advice());
  }
  alert.set_level(level);
  alert.set_highest_level(std::max(alert.highest_level(), level));
  alert.set_value(seen.alert.value());
  node::to_proto(now, alert.mutable_level_time());
  if (!seen.has_receivers) record->told = level;
  save_alert(t, *record);
  add_entry(t, alert, entry_of(alert, now));
}

}  // namespace muster::alerts
