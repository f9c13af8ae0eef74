#include "muster/store/migrations.h"

#include <pqxx/pqxx>

#include "muster/store/connection.h"

namespace muster::store {
namespace {

// Any number will do, as long as every release of Muster uses this one.
constexpr const char* kLock = "SELECT pg_advisory_lock(5208834906273411)";

constexpr const char* kCreateTable = R"sql(
CREATE TABLE IF NOT EXISTS schema_migration (
  version integer PRIMARY KEY,
  name text NOT NULL,
  checksum text NOT NULL,
  apply_time timestamptz NOT NULL DEFAULT clock_timestamp()
))sql";

/// The number of migrations in the database, each of which must be one of ours.
std::size_t check_applied(pqxx::connection& connection, std::span<const Migration> migrations) {
  pqxx::work work(connection);
  const pqxx::result rows = work.exec("SELECT version, name, checksum FROM schema_migration ORDER BY version");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto row = rows[static_cast<pqxx::result::size_type>(i)];
    const std::string label = "migration " + row[0].as<std::string>() + " (" + row[1].as<std::string>() + ")";
    if (i >= migrations.size()) {
      throw MigrationError("the database has " + label + ", but this release knows only " +
                           std::to_string(migrations.size()) + ": start a release at least as new as the database");
    }
    if (row[0].as<int>() != migrations[i].version) {
      throw MigrationError("the database lacks migration " + std::to_string(migrations[i].version) + " but has " +
                           label + ": schema_migration was altered by hand");
    }
    if (row[2].as<std::string>() != migrations[i].checksum) {
      throw MigrationError(label + " was applied with another text than this release has (checksum " +
                           row[2].as<std::string>() + ", here " + migrations[i].checksum +
                           "): a migration must not change once applied");
    }
  }
  return rows.size();
}

}  // namespace

int apply_migrations(const std::string& connection_string, std::span<const Migration> migrations) {
  // A migration may take as long as it needs.
  pqxx::connection connection(with_limits(connection_string, std::chrono::milliseconds::zero()));
  {
    pqxx::nontransaction session(connection);
    session.exec(kLock);  // until the connection closes
    session.exec("SET client_min_messages = warning");
    session.exec(kCreateTable);
  }
  const std::size_t applied = check_applied(connection, migrations);
  for (const Migration& migration : migrations.subspan(applied)) {
    pqxx::work work(connection);
    work.exec(migration.sql);
    work.exec_params("INSERT INTO schema_migration (version, name, checksum) VALUES ($1, $2, $3)", migration.version,
                     migration.name, migration.checksum);
    work.commit();
  }
  return static_cast<int>(migrations.size() - applied);
}

}  // namespace muster::store
