#include "kpi_history_store.h"

#include <algorithm>
#include <optional>
#include <pqxx/pqxx>

#include "muster/base/tenant.h"
#include "muster/store/binary_copy.h"
#include "muster/store/connection.h"
#include "muster/store/sql.h"
#include "projection_store.h"

namespace muster::node {
namespace {

using Months = std::chrono::year_month;

std::string name_of(Months month) {
  const unsigned number = static_cast<unsigned>(month.month());
  return "kpi_interval_" + std::to_string(static_cast<int>(month.year())) + (number < 10 ? "_0" : "_") +
         std::to_string(number);
}

void drop_months_before(pqxx::transaction_base& work, Months oldest) {
  const auto found = work.exec_params(
      "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
      " WHERE i.inhparent = 'kpi_interval'::regclass AND c.relname < $1",
      name_of(oldest));
  for (const auto& row : found) work.exec0("DROP TABLE " + work.quote_name(row[0].as<std::string>()));
}

std::set<Months> months_of(const kpi::History& history) {
  std::set<Months> months;
  for (const auto& row : history.closed) months.insert(month_of(row.start));
  for (const auto& each : history.restated) months.insert(month_of(each.start));
  return months;
}

const std::string& tenant_of(const kpi::Key& key) {
  if (key.dimension == kpi::Dimension::kTenant) return key.id;
  if (key.dimension == kpi::Dimension::kQueue) return key.second;
  static const std::string kPlatform = kPlatformTenant;
  return kPlatform;
}

void put(store::BinaryCopy& stream, const std::string& workspace, const kpi::Key& key, TimePoint start,
         const kpi::SparseFacts& facts, std::optional<TimePoint> restated) {
  std::vector<std::int16_t> numbers;
  std::vector<std::int64_t> amounts;
  for (const auto& [fact, amount] : facts) {
    numbers.push_back(fact);
    amounts.push_back(amount);
  }
  stream.row(workspace, static_cast<std::int16_t>(key.dimension), key.id, key.second, start, tenant_of(key), numbers,
             amounts, restated);
}

const std::string kLongestWait = std::to_string(kpi::index_of(kpi::Fact::kLongestWait));

/// Adds what came in to the rows of a table: the peaks of two, the sums of all others.
std::string merge_into(const std::string& table) {
  return "INSERT INTO " + table +
         " AS k SELECT * FROM incoming_kpi ON CONFLICT (workspace, dimension, start_time, id, second)"
         " DO UPDATE SET restated_at = excluded.restated_at, (facts, amounts) = ("
         "  SELECT coalesce(array_agg(fact ORDER BY fact), '{}'), coalesce(array_agg(amount ORDER BY fact), '{}')"
         "   FROM (SELECT fact, CASE WHEN fact = " +
         kLongestWait +
         "    THEN max(amount) ELSE sum(amount)::bigint END AS amount FROM ("
         "     SELECT unnest(k.facts), unnest(k.amounts) UNION ALL SELECT unnest(excluded.facts),"
         "      unnest(excluded.amounts)) AS parts(fact, amount) GROUP BY fact) AS merged WHERE amount <> 0)";
}

void write_closed(store::Connection& connection, pqxx::transaction_base& work, const std::string& workspace,
                  const std::vector<kpi::IntervalRow>& closed, const std::string& table) {
  if (closed.empty()) return;
  store::BinaryCopy stream(connection, work, table);
  for (const auto& row : closed) put(stream, workspace, row.key, row.start, row.facts, std::nullopt);
  stream.complete();
}

void restate(store::Connection& connection, pqxx::transaction_base& work, const std::string& workspace,
             const std::vector<kpi::Restatement>& restated, const std::string& table) {
  if (restated.empty()) return;
  std::map<std::pair<kpi::Key, TimePoint>, kpi::Facts> cells;
  for (const auto& each : restated) cells[{each.key, each.start}].add(each.fact, each.amount);
  store::BinaryCopy stream(connection, work, "incoming_kpi");
  for (const auto& [cell, facts] : cells) {
    put(stream, workspace, cell.first, cell.second, kpi::sparse(facts), wall_now());
  }
  stream.complete();
  work.exec0(merge_into(table));
}

/// Facts of rows that a query may give.
constexpr std::size_t kCellsMax = 2'000'000;
constexpr TimePoint kFarAhead{std::chrono::sys_days(std::chrono::year(9999) / 1 / 1)};

std::int64_t micros(TimePoint time) { return time.time_since_epoch().count(); }

}  // namespace

void prepare_kpi_history(pqxx::transaction_base& work) {
  work.exec0("CREATE TEMP TABLE incoming_kpi (LIKE kpi_interval) ON COMMIT DELETE ROWS");
}

std::chrono::year_month month_of(TimePoint time) {
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(time)};
  return {day.year(), day.month()};
}

std::string first_day_of(std::chrono::year_month month) {
  return std::to_string(static_cast<int>(month.year())) + "-" + std::to_string(static_cast<unsigned>(month.month())) +
         "-01 00:00+00";
}

std::chrono::year_month oldest_kpi_month(TimePoint until) {
  return month_of(until) - std::chrono::months(kKpiMonthsKept);
}

void make_kpi_months(pqxx::transaction_base& work, const std::set<std::chrono::year_month>& months,
                     TimePoint closed_until) {
  for (const Months month : months) {
    if (!work.exec_params1("SELECT to_regclass($1)", name_of(month))[0].is_null()) continue;
    work.exec0("CREATE TABLE " + name_of(month) + " PARTITION OF kpi_interval FOR VALUES FROM ('" +
               first_day_of(month) + "') TO ('" + first_day_of(month + std::chrono::months(1)) + "')");
    drop_months_before(work, oldest_kpi_month(closed_until));
  }
}

void add_kpi_history(store::Connection& connection, pqxx::transaction_base& work, const std::string& workspace,
                     const kpi::History& history, const std::string& table) {
  write_closed(connection, work, workspace, history.closed, table);
  restate(connection, work, workspace, history.restated, table);
}

void write_kpi_history(store::Connection& connection, pqxx::transaction_base& work, const std::string& workspace,
                       const kpi::History& history) {
  make_kpi_months(work, months_of(history), history.closed_until);
  add_kpi_history(connection, work, workspace, history, "kpi_interval");
  work.exec_params0(
      "UPDATE projection SET kpis_until = to_timestamp($2::bigint / 1000000) WHERE workspace = $1"
      " AND kpis_until IS DISTINCT FROM to_timestamp($2::bigint / 1000000)",
      workspace, micros(history.closed_until));
}

TimePoint KpiHistoryReader::read_tables(store::TenantTransaction& t, const std::string& workspace,
                                        dispatch::Sequence complete_to) {
  pqxx::transaction_base& work = t.sql();
  const auto position = work.exec_params(
      "SELECT position, CASE WHEN isfinite(kpis_until) THEN extract(epoch FROM kpis_until)::bigint ELSE 0 END"
      " FROM projection WHERE workspace = $1",
      workspace);
  if (position.empty() || position[0][0].as<dispatch::Sequence>() < complete_to) throw TablesBehind();
  const TimePoint is_over{std::chrono::seconds(position[0][1].as<std::int64_t>())};
  std::vector<std::string> ids, seconds;
  for (const auto& key : query_.keys) {
    ids.push_back(key.id);
    seconds.push_back(key.second);
  }
  const auto found = work.exec_params(
      "SELECT id, second, extract(epoch FROM span)::bigint, bool_or(restated), fact,"
      " CASE WHEN fact = $9 THEN max(amount) ELSE sum(amount)::bigint END FROM ("
      "  SELECT id, second, " +
          span_text() +
          "  AS span, restated_at IS NOT NULL AS restated, unnest(facts) AS fact, unnest(amounts) AS amount"
          "  FROM kpi_interval WHERE workspace = $1 AND dimension = $2"
          "   AND start_time >= to_timestamp($3::bigint / 1000000) AND start_time < to_timestamp($4::bigint / 1000000)"
          "   AND ($5::text[] = '{}' OR (id, second) IN (SELECT i, s FROM unnest($5::text[], $6::text[]) AS k(i, s))"
          "        OR ($7::boolean AND id = ANY ($5::text[])))) AS parts"
          " WHERE $8::text <> '' GROUP BY id, second, span, fact LIMIT " +
          std::to_string(kCellsMax),
      workspace, static_cast<int>(query_.dimension), micros(query_.from), micros(query_.until.value_or(kFarAhead)),
      store::to_array(ids), store::to_array(seconds), query_.dimension == kpi::Dimension::kQueue,
      query_.time_zone.empty() ? "UTC" : query_.time_zone, static_cast<int>(kpi::index_of(kpi::Fact::kLongestWait)));
  too_many_ = found.size() >= kCellsMax;
  for (const auto& stored : found) {
    const kpi::Key key{query_.dimension, stored[0].as<std::string>(), stored[1].as<std::string>()};
    KpiHistory::Row& kept = row(key, TimePoint(std::chrono::seconds(stored[2].as<std::int64_t>())));
    kept.restated |= stored[3].as<bool>();
    kept.facts.add(stored[4].as<std::size_t>(), stored[5].as<std::int64_t>());
  }
  return is_over;
}

void KpiHistoryReader::add_open(const std::vector<kpi::IntervalRow>& rows) {
  for (const auto& open : rows) {
    if (asks_for(open.key)) add_to(row(open.key, span_of(open.start)).facts, open.facts);
  }
}

KpiHistory KpiHistoryReader::finish(TimePoint as_of) {
  KpiHistory history;
  history.as_of = as_of;
  history.too_many = too_many_;
  for (auto& [cell, kept] : rows_) history.rows.push_back(std::move(kept));
  return history;
}

// Rows of the live fold are everybody's; those of the tables were the tenant's already.
bool KpiHistoryReader::asks_for(const kpi::Key& key) const {
  const bool own = query_.tenant_id.empty() || tenant_of(key) == query_.tenant_id;
  const bool any_second = key.dimension == kpi::Dimension::kQueue;
  return own && (query_.keys.empty() || std::any_of(query_.keys.begin(), query_.keys.end(), [&](const kpi::Key& each) {
                   return each.id == key.id && (any_second || each.second == key.second);
                 }));
}

// As span_of(), in SQL; $3 and $8 are those of read_tables().
std::string KpiHistoryReader::span_text() const {
  switch (query_.step) {
    case KpiStep::kTotal:
      return "to_timestamp($3::bigint / 1000000)";
    case KpiStep::kQuarterHour:
      return "start_time";
    case KpiStep::kHalfHour:
      return "date_bin('30 minutes', start_time, 'epoch')";
    case KpiStep::kHour:
      return "date_bin('1 hour', start_time, 'epoch')";
    case KpiStep::kDay:
      return "date_trunc('day', start_time, $8::text)";
  }
  return "start_time";
}

TimePoint KpiHistoryReader::span_of(TimePoint start) const {
  const auto floor_to = [&](Duration span) { return TimePoint(start.time_since_epoch() / span * span); };
  switch (query_.step) {
    case KpiStep::kTotal:
      return query_.from;
    case KpiStep::kQuarterHour:
      return start;
    case KpiStep::kHalfHour:
      return floor_to(std::chrono::minutes(30));
    case KpiStep::kHour:
      return floor_to(std::chrono::hours(1));
    case KpiStep::kDay:
      return start_of(KpiWindow::kToday, query_.time_zone, start);
  }
  return start;
}

KpiHistory::Row& KpiHistoryReader::row(const kpi::Key& key, TimePoint span) {
  const auto found = rows_.find({key, span});
  if (found != rows_.end()) return found->second;
  if (rows_.size() >= kKpiRowsMax) {
    too_many_ = true;
    return left_out_;
  }
  return rows_.try_emplace({key, span}, KpiHistory::Row{key, span, {}, false}).first->second;
}

}  // namespace muster::node
