#include "kpi_comparison_store.h"

#include <memory>
#include <pqxx/pqxx>
#include <set>
#include <utility>

#include "kpi_history_store.h"
#include "muster/store/connection.h"

namespace muster::node {
namespace {

// What counts nothing is as good as not there.
constexpr const char* kCompare =
    "CREATE TEMP TABLE different_kpi ON COMMIT DROP AS"
    " SELECT dimension, start_time, id, second, s.facts AS stored_facts, s.amounts AS stored_amounts,"
    "  r.facts, r.amounts"
    " FROM (SELECT * FROM kpi_interval WHERE workspace = $1 AND start_time >= $2::timestamptz AND facts <> '{}') AS s"
    " FULL JOIN (SELECT * FROM recomputed_kpi WHERE start_time >= $2::timestamptz AND facts <> '{}') AS r"
    " USING (dimension, start_time, id, second)"
    " WHERE (s.facts, s.amounts) IS DISTINCT FROM (r.facts, r.amounts)";
constexpr const char* kRowCounts =
    "SELECT (SELECT count(*) FROM recomputed_kpi WHERE start_time >= $1::timestamptz AND facts <> '{}'),"
    " count(*) FILTER (WHERE stored_facts IS NULL), count(*) FILTER (WHERE facts IS NULL), count(*) FROM different_kpi";
const std::string kDifferentFacts =
    "SELECT dimension, id, second, extract(epoch FROM start_time)::bigint, fact, coalesce(stored, 0),"
    " coalesce(recomputed, 0) FROM different_kpi, LATERAL ("
    "  SELECT fact, s.amount AS stored, r.amount AS recomputed"
    "  FROM unnest(stored_facts, stored_amounts) AS s(fact, amount)"
    "  FULL JOIN unnest(facts, amounts) AS r(fact, amount) USING (fact)) AS each"
    " WHERE stored IS DISTINCT FROM recomputed ORDER BY dimension, start_time, id, second, fact LIMIT " +
    std::to_string(KpiComparison::kDifferencesMax);

void repair(pqxx::transaction_base& work, const std::string& workspace, TimePoint closed_until) {
  std::set<std::chrono::year_month> months;
  for (const auto& row : work.exec("SELECT DISTINCT extract(epoch FROM date_trunc('month', start_time, 'UTC'))::bigint"
                                   " FROM different_kpi WHERE facts IS NOT NULL")) {
    months.insert(month_of(TimePoint(std::chrono::seconds(row[0].as<std::int64_t>()))));
  }
  make_kpi_months(work, months, closed_until);
  work.exec_params0(
      "DELETE FROM kpi_interval AS k USING different_kpi AS d WHERE k.workspace = $1"
      " AND (k.dimension, k.start_time, k.id, k.second) = (d.dimension, d.start_time, d.id, d.second)",
      workspace);
  work.exec0(
      "INSERT INTO kpi_interval SELECT r.workspace, dimension, id, second, start_time, r.tenant_id, r.facts, r.amounts,"
      " now() FROM recomputed_kpi AS r JOIN different_kpi USING (dimension, start_time, id, second)");
}

const std::string kPosition = "SELECT position FROM projection WHERE workspace = $1";

}  // namespace

KpiComparisonStore::KpiComparisonStore(store::Connection& connection, std::string workspace)
    : connection_(connection), workspace_(std::move(workspace)) {
  pqxx::work work(connection_.get());
  work.exec0("SET client_min_messages = warning");
  prepare_kpi_history(work);
  work.exec0("CREATE TEMP TABLE recomputed_kpi (LIKE kpi_interval INCLUDING INDEXES)");
  work.commit();
}

dispatch::Sequence KpiComparisonStore::number(pqxx::transaction_base& work, const std::string& query) const {
  const auto found = work.exec_params(query, workspace_);
  return found.empty() ? 0 : found[0][0].as<dispatch::Sequence>();
}

dispatch::Sequence KpiComparisonStore::committed() {
  pqxx::work work(connection_.get());
  return number(work, "SELECT next_seq - 1 FROM workspace WHERE id = $1");
}

dispatch::Sequence KpiComparisonStore::projected() {
  pqxx::work work(connection_.get());
  return number(work, kPosition);
}

void KpiComparisonStore::keep(const kpi::History& history) {
  pqxx::work work(connection_.get());
  add_kpi_history(connection_, work, workspace_, history, "recomputed_kpi");
  work.commit();
}

// Whoever only looks sees the tables of one moment. A repair needs those of this moment: it holds the writer off.
KpiComparison KpiComparisonStore::compare(bool repairs, const CatchUp& catch_up) {
  std::unique_ptr<pqxx::dbtransaction> work;
  if (repairs) {
    work = std::make_unique<pqxx::work>(connection_.get());
  } else {
    work = std::make_unique<pqxx::transaction<pqxx::repeatable_read>>(connection_.get());
  }
  const kpi::History rest = catch_up(number(*work, kPosition + (repairs ? " FOR UPDATE" : "")));
  add_kpi_history(connection_, *work, workspace_, rest, "recomputed_kpi");
  KpiComparison comparison = compare_in(*work, rest.closed_until);
  if (repairs && !comparison.all_equal()) {
    repair(*work, workspace_, rest.closed_until);
    comparison.repaired = true;
  }
  work->commit();
  return comparison;
}

KpiComparison KpiComparisonStore::compare_in(pqxx::transaction_base& work, TimePoint closed_until) {
  const std::string oldest = first_day_of(oldest_kpi_month(closed_until));
  work.exec_params0(kCompare, workspace_, oldest);
  const auto rows = work.exec_params1(kRowCounts, oldest);
  KpiComparison comparison;
  comparison.missing = rows[1].as<std::int64_t>();
  comparison.unexpected = rows[2].as<std::int64_t>();
  comparison.different = rows[3].as<std::int64_t>() - comparison.missing - comparison.unexpected;
  comparison.equal = rows[0].as<std::int64_t>() - comparison.missing - comparison.different;
  for (const auto& row : work.exec(kDifferentFacts)) {
    comparison.differences.push_back(
        {{kpi::Dimension(row[0].as<int>()), row[1].as<std::string>(), row[2].as<std::string>()},
         TimePoint(std::chrono::seconds(row[3].as<std::int64_t>())),
         row[4].as<std::size_t>(),
         row[5].as<std::int64_t>(),
         row[6].as<std::int64_t>()});
  }
  return comparison;
}

}  // namespace muster::node
