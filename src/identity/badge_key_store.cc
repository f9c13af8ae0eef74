#include "badge_key_store.h"

#include <pqxx/pqxx>

#include "muster/store/sql.h"

namespace muster::identity {

using store::TenantTransaction;

std::vector<BadgeKeyRecord> list_badge_keys(TenantTransaction& t) {
  std::vector<BadgeKeyRecord> keys;
  const auto rows = t.sql().exec("SELECT kid, public_key, coalesce(seed, ''), " + store::read_time("create_time") +
                                 " FROM badge_key ORDER BY number DESC");
  for (const auto& row : rows) {
    keys.push_back({row[0].as<std::string>(), pqxx::binarystring(row[1]).str(), pqxx::binarystring(row[2]).str(),
                    store::time_in(row[3])});
  }
  return keys;
}

void insert_badge_key(TenantTransaction& t, const BadgeKeyRecord& key) {
  t.sql().exec("UPDATE badge_key SET seed = NULL WHERE seed IS NOT NULL");
  t.sql().exec_params(
      "INSERT INTO badge_key (kid, public_key, seed, create_time) VALUES ($1, $2, $3, " + store::time_param(4) + ")",
      key.kid, pqxx::binarystring(key.public_key), pqxx::binarystring(key.seed), store::micros(key.create_time));
}

std::vector<std::string> erase_seeds(TenantTransaction& t, TimePoint made_by) {
  std::vector<std::string> kids;
  for (const auto& row : t.sql().exec_params(
           "UPDATE badge_key SET seed = NULL WHERE seed IS NOT NULL AND create_time <= " + store::time_param(1) +
               " RETURNING kid",
           store::micros(made_by))) {
    kids.push_back(row[0].as<std::string>());
  }
  return kids;
}

}  // namespace muster::identity
