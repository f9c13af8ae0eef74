#include "alert_store.h"

#include <algorithm>
#include <pqxx/pqxx>

#include "muster/api/server_number.h"
#include "muster/node/render.h"

namespace muster::alerts {
namespace {

using store::limit_of;
using store::micros;
using store::read_time;
using store::time_in;
using store::time_param;

template <typename Message>
pqxx::binarystring bytes_of(const Message& message) {
  return pqxx::binarystring(message.SerializeAsString());
}
template <typename Message>
Message message_in(const pqxx::field& field) {
  Message message;
  const pqxx::binarystring bytes(field);
  message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  return message;
}

v1::AlertRule rule_in(const pqxx::row& row) { return message_in<v1::AlertRule>(row[1]); }
std::optional<v1::AlertRule> only_rule(const pqxx::result& rows) {
  if (rows.empty()) return std::nullopt;
  return rule_in(rows[0]);
}

std::int64_t next_revision(TenantTransaction& t, const std::string& column) {
  return t.sql()
      .exec("UPDATE alert_revision SET " + column + " = " + column + " + 1 RETURNING " + column)[0][0]
      .as<std::int64_t>();
}

const std::string kAlerts = "SELECT number, alert, told_level, " + read_time("told_time") + " FROM alert ";

v1::Alert alert_in(const pqxx::row& row) {
  auto alert = message_in<v1::Alert>(row[1]);
  alert.set_alert_id(std::to_string(row[0].as<std::int64_t>()));
  return alert;
}
AlertRecord record_in(const pqxx::row& row) {
  AlertRecord record{alert_in(row), static_cast<v1::AlertLevel>(row[2].as<int>()), {}};
  if (!row[3].is_null()) record.told_time = time_in(row[3]);
  return record;
}
std::optional<AlertRecord> only_alert(const pqxx::result& rows) {
  if (rows.empty()) return std::nullopt;
  return record_in(rows[0]);
}

std::optional<std::int64_t> micros_of(const std::optional<TimePoint>& time) {
  if (!time) return std::nullopt;
  return micros(*time);
}

}  // namespace

void hold_changes(TenantTransaction& t) {
  t.sql().exec("SET LOCAL lock_timeout = '2s'");
  t.sql().exec("SELECT FROM alert_revision FOR UPDATE");
}

std::optional<v1::AlertRule> find_rule(TenantTransaction& t, const std::string& tenant_id, const std::string& rule_id) {
  return only_rule(t.sql().exec_params("SELECT number, rule FROM alert_rule WHERE tenant_id = $1 AND rule_id = $2",
                                       tenant_id, rule_id));
}

bool insert_rule(TenantTransaction& t, const v1::AlertRule& rule) {
  next_revision(t, "rules");
  return t.sql()
             .exec_params(
                 "INSERT INTO alert_rule (tenant_id, rule_id, rule) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                 rule.tenant_id(), rule.rule_id(), bytes_of(rule))
             .affected_rows() == 1;
}

void save_rule(TenantTransaction& t, const v1::AlertRule& rule) {
  next_revision(t, "rules");
  t.sql().exec_params("UPDATE alert_rule SET rule = $3 WHERE tenant_id = $1 AND rule_id = $2", rule.tenant_id(),
                      rule.rule_id(), bytes_of(rule));
}

void delete_rule(TenantTransaction& t, const std::string& tenant_id, const std::string& rule_id) {
  next_revision(t, "rules");
  t.sql().exec_params("DELETE FROM alert_rule WHERE tenant_id = $1 AND rule_id = $2", tenant_id, rule_id);
}

std::int64_t count_rules(TenantTransaction& t, const std::string& tenant_id) {
  return t.sql()
      .exec_params("SELECT count(*) FROM alert_rule WHERE tenant_id = $1", tenant_id)[0][0]
      .as<std::int64_t>();
}

Page<v1::AlertRule> list_rules(TenantTransaction& t, const std::string& tenant_id, const PageRequest& page) {
  const auto rows = t.sql().exec_params(
      "SELECT number, rule FROM alert_rule WHERE number > $1 AND ($3 = '' OR tenant_id = $3) ORDER BY number LIMIT $2",
      page.after, limit_of(page), tenant_id);
  return store::page_of<v1::AlertRule>(rows, page, rule_in);
}

std::vector<v1::AlertRule> all_rules(TenantTransaction& t) {
  std::vector<v1::AlertRule> rules;
  const auto rows = t.sql().exec("SELECT number, rule FROM alert_rule ORDER BY number");
  for (const auto& row : rows) rules.push_back(rule_in(row));
  return rules;
}

bool is_closed(const v1::Alert& alert) {
  return alert.state() == v1::ALERT_STATE_RESOLVED || alert.state() == v1::ALERT_STATE_FALSE_ALARM;
}

bool is_living(const v1::Alert& alert) { return alert.level() != v1::ALERT_LEVEL_UNSPECIFIED || !is_closed(alert); }

v1::AlertEntry entry_of(const v1::Alert& alert, TimePoint now) {
  v1::AlertEntry entry;
  node::to_proto(now, entry.mutable_time());
  entry.set_level(alert.level());
  entry.set_state(alert.state());
  entry.set_value(alert.value());
  entry.set_assignee(alert.assignee());
  return entry;
}

void insert_alert(TenantTransaction& t, AlertRecord& record) {
  v1::Alert& alert = record.alert;
  const auto rows = t.sql().exec_params(
      "INSERT INTO alert (tenant_id, rule_id, row_tenant, row_id, state, level, start_time, living, told_level,"
      " revision, alert) VALUES ($1, $2, $3, $4, $5, $6, " +
          time_param(7) + ", true, $8, $9, $10) RETURNING number",
      alert.tenant_id(), alert.rule_id(), alert.row_tenant_id(), alert.row_id(), static_cast<int>(alert.state()),
      static_cast<int>(alert.level()), micros(node::from_proto(alert.start_time())), static_cast<int>(record.told),
      next_revision(t, "alerts"), bytes_of(alert));
  alert.set_alert_id(std::to_string(rows[0][0].as<std::int64_t>()));
}

void save_alert(TenantTransaction& t, const AlertRecord& record) {
  const v1::Alert& alert = record.alert;
  t.sql().exec_params("UPDATE alert SET state = $3, level = $4, living = $5, told_level = $6, told_time = " +
                          time_param(7) + ", revision = $8, alert = $9 WHERE tenant_id = $1 AND number = $2",
                      alert.tenant_id(), api::number_of(alert.alert_id()), static_cast<int>(alert.state()),
                      static_cast<int>(alert.level()), is_living(alert), static_cast<int>(record.told),
                      micros_of(record.told_time), next_revision(t, "alerts"), bytes_of(alert));
}

void add_entry(TenantTransaction& t, const v1::Alert& alert, const v1::AlertEntry& entry) {
  const std::int64_t number = api::number_of(alert.alert_id());
  t.sql().exec_params("INSERT INTO alert_entry (tenant_id, alert, entry) VALUES ($1, $2, $3)", alert.tenant_id(),
                      number, bytes_of(entry));
  t.sql().exec_params(
      "DELETE FROM alert_entry WHERE tenant_id = $1 AND alert = $2 AND number <= (SELECT number FROM alert_entry"
      " WHERE tenant_id = $1 AND alert = $2 ORDER BY number DESC OFFSET 2000 LIMIT 1)",
      alert.tenant_id(), number);
}

std::vector<v1::AlertEntry> entries_of(TenantTransaction& t, const v1::Alert& alert, std::size_t limit) {
  std::vector<v1::AlertEntry> entries;
  const auto rows = t.sql().exec_params(
      "SELECT entry FROM alert_entry WHERE tenant_id = $1 AND alert = $2 ORDER BY number DESC LIMIT $3",
      alert.tenant_id(), api::number_of(alert.alert_id()), static_cast<std::int64_t>(limit));
  for (const auto& row : rows) entries.push_back(message_in<v1::AlertEntry>(row[0]));
  std::reverse(entries.begin(), entries.end());
  return entries;
}

std::optional<AlertRecord> find_alert(TenantTransaction& t, const std::string& tenant_id, std::int64_t number) {
  return only_alert(t.sql().exec_params(kAlerts + "WHERE tenant_id = $1 AND number = $2", tenant_id, number));
}

std::optional<AlertRecord> find_living_alert(TenantTransaction& t, const v1::Alert& of_row) {
  return only_alert(t.sql().exec_params(
      kAlerts + "WHERE tenant_id = $1 AND rule_id = $2 AND row_tenant = $3 AND row_id = $4 AND living",
      of_row.tenant_id(), of_row.rule_id(), of_row.row_tenant_id(), of_row.row_id()));
}

Page<v1::Alert> list_alerts(TenantTransaction& t, const AlertFilter& filter, const PageRequest& page) {
  std::vector<std::string> states;
  for (const v1::AlertState state : filter.states) states.push_back(std::to_string(static_cast<int>(state)));
  const auto rows = t.sql().exec_params(
      kAlerts +
          "WHERE ($1::bigint = 0 OR number < $1) AND ($3 = '' OR tenant_id = $3) AND ($4 = '' OR rule_id = $4) AND"
          " ($5 = '{}' OR state = ANY($5::int[])) AND (NOT $6 OR level > 0) AND ($7::bigint IS NULL OR start_time >= " +
          time_param(7) + ") ORDER BY number DESC LIMIT $2",
      page.after, limit_of(page), filter.tenant_id, filter.rule_id, store::to_array(states), filter.holding,
      micros_of(filter.from));
  return store::page_of<v1::Alert>(rows, page, alert_in);
}

bool delete_old_alerts(TenantTransaction& t, TimePoint before) {
  constexpr int kBatch = 100;
  hold_changes(t);
  const auto deleted = t.sql().exec_params(
      "DELETE FROM alert WHERE number IN (SELECT number FROM alert WHERE NOT living AND told_level = level"
      " AND start_time < " +
          time_param(1) + " LIMIT $2)",
      micros(before), kBatch);
  return deleted.affected_rows() == kBatch;
}

Revisions revisions(TenantTransaction& t) {
  const auto rows = t.sql().exec("SELECT rules, alerts FROM alert_revision");
  return {rows[0][0].as<std::int64_t>(), rows[0][1].as<std::int64_t>()};
}

std::vector<AlertRecord> changed_alerts(TenantTransaction& t, std::int64_t revision) {
  const std::string which = revision == 0 ? "living OR told_level <> level" : "revision > $1";
  std::vector<AlertRecord> records;
  const auto rows =
      t.sql().exec_params(kAlerts + "WHERE $1::bigint >= 0 AND (" + which + ") ORDER BY number", revision);
  for (const auto& row : rows) records.push_back(record_in(row));
  return records;
}

}  // namespace muster::alerts
