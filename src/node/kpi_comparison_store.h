#pragma once

#include <functional>
#include <pqxx/transaction_base>
#include <string>

#include "muster/dispatch/types.h"
#include "muster/node/kpi_recomputation.h"

namespace muster::store {
class Connection;
}

namespace muster::node {

/// History counted anew, in a table of the connection's own, beside the one stored. Throws pqxx::failure.
class KpiComparisonStore {
 public:
  /// Prepares the connection, which must be used for nothing else and outlive the store.
  KpiComparisonStore(store::Connection& connection, std::string workspace);

  /// The end of the journal.
  [[nodiscard]] dispatch::Sequence committed();
  /// Up to where the tables hold the journal.
  [[nodiscard]] dispatch::Sequence projected();

  /// Adds to what was counted.
  void keep(const kpi::History& history);

  /// Gives what is still to be kept, up to the tables' position.
  using CatchUp = std::function<kpi::History(dispatch::Sequence position)>;
  /// Compares the two as of one moment, as far back as history is kept. A repair writes what differs; until it is done
  /// nobody else writes the tables.
  KpiComparison compare(bool repairs, const CatchUp& catch_up);

 private:
  dispatch::Sequence number(pqxx::transaction_base& work, const std::string& query) const;
  KpiComparison compare_in(pqxx::transaction_base& work, TimePoint closed_until);

  store::Connection& connection_;
  const std::string workspace_;
};

}  // namespace muster::node
