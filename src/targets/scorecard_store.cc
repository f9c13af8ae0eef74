#include "scorecard_store.h"

#include <pqxx/pqxx>
#include <stdexcept>

namespace muster::targets {
namespace {

v1::Scorecard scorecard_in(const pqxx::row& row) {
  const pqxx::binarystring bytes(row[1]);
  v1::Scorecard scorecard;
  if (!scorecard.ParseFromArray(bytes.get(), static_cast<int>(bytes.size()))) {
    throw std::runtime_error("targets: a scorecard in the database cannot be read");
  }
  return scorecard;
}

}  // namespace

std::optional<v1::Scorecard> find_scorecard(TenantTransaction& t, const std::string& scorecard_id) {
  const auto rows =
      t.sql().exec_params("SELECT number, definition FROM scorecard WHERE scorecard_id = $1", scorecard_id);
  if (rows.empty()) return std::nullopt;
  return scorecard_in(rows[0]);
}

bool insert_scorecard(TenantTransaction& t, const v1::Scorecard& scorecard) {
  const auto rows = t.sql().exec_params(
      "INSERT INTO scorecard (scorecard_id, definition) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING number",
      scorecard.scorecard_id(), pqxx::binarystring(scorecard.SerializeAsString()));
  return !rows.empty();
}

void delete_scorecard(TenantTransaction& t, const std::string& scorecard_id) {
  t.sql().exec_params("DELETE FROM scorecard WHERE scorecard_id = $1", scorecard_id);
}

Page<v1::Scorecard> list_scorecards(TenantTransaction& t, const PageRequest& page) {
  const auto rows =
      t.sql().exec_params("SELECT number, definition FROM scorecard WHERE number > $1 ORDER BY number LIMIT $2",
                          page.after, limit_of(page));
  return store::page_of<v1::Scorecard>(rows, page, scorecard_in);
}

}  // namespace muster::targets
