#pragma once

#include <chrono>
#include <map>
#include <pqxx/transaction_base>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "muster/dispatch/types.h"
#include "muster/node/kpis.h"
#include "muster/store/tenant_pool.h"

namespace muster::store {
class Connection;
}

namespace muster::node {

/// Makes what write_kpi_history() needs, once for each connection. Throws pqxx::failure, as all here do.
void prepare_kpi_history(pqxx::transaction_base& work);
/// Writes intervals that are over, and restates those that were. Months are made and, when they have been kept for
/// kKpiMonthsKept, dropped.
void write_kpi_history(store::Connection& connection, pqxx::transaction_base& work, const std::string& workspace,
                       const kpi::History& history);
inline constexpr int kKpiMonthsKept = 25;

/// Adds rows and restatements to kpi_interval, or a table like it.
void add_kpi_history(store::Connection& connection, pqxx::transaction_base& work, const std::string& workspace,
                     const kpi::History& history, const std::string& table);
/// Makes the months that are written to, and drops those that have been kept for long enough when there is a new one:
/// both lock all of history, so they come first in the transaction, and mostly not at all.
void make_kpi_months(pqxx::transaction_base& work, const std::set<std::chrono::year_month>& months,
                     TimePoint closed_until);
/// The oldest that is kept for sure, once everything before `until` is over.
std::chrono::year_month oldest_kpi_month(TimePoint until);
std::chrono::year_month month_of(TimePoint time);
/// In SQL's words.
std::string first_day_of(std::chrono::year_month month);

/// Gathers what a query asks for.
class KpiHistoryReader {
 public:
  explicit KpiHistoryReader(const KpiQuery& query) : query_(query) {}

  /// Takes what is over; returns up to when that is. Throws TablesBehind if the tables lack an event up to
  /// `complete_to`.
  TimePoint read_tables(store::TenantTransaction& t, const std::string& workspace, dispatch::Sequence complete_to);
  /// Takes what is not.
  void add_open(const std::vector<kpi::IntervalRow>& rows);
  [[nodiscard]] KpiHistory finish(TimePoint as_of);

 private:
  [[nodiscard]] TimePoint span_of(TimePoint start) const;
  [[nodiscard]] std::string span_text() const;
  [[nodiscard]] bool asks_for(const kpi::Key& key) const;
  KpiHistory::Row& row(const kpi::Key& key, TimePoint span);

  const KpiQuery query_;
  std::map<std::pair<kpi::Key, TimePoint>, KpiHistory::Row> rows_;
  bool too_many_ = false;
  KpiHistory::Row left_out_;
};

}  // namespace muster::node
