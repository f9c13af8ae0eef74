#pragma once

#include <span>
#include <stdexcept>
#include <string>

namespace muster::store {

/// One step of the schema: deploy/migrations/NNNN_name.sql, built into the binary.
struct Migration {
  int version = 0;       ///< NNNN: 1, 2, 3, … without a hole
  std::string name;      ///< what follows NNNN_ in the file's name
  std::string checksum;  ///< SHA-256 of the file, in hex
  std::string sql;       ///< runs in one transaction of its own
};

/// The database cannot be brought to this binary's schema. what() says why and what to do.
class MigrationError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The migrations that this binary was built with, by version.
std::span<const Migration> embedded_migrations();

/// Applies the migrations that the database lacks, each in a transaction, and returns how many those were. Safe to
/// run from many processes at once: a lock lets one work while the others wait.
///
/// `connection` is a libpq connection string. Throws MigrationError if the database has a migration that is newer
/// than `migrations` or was applied with another text, and pqxx::failure if it cannot be reached or a statement fails.
int apply_migrations(const std::string& connection, std::span<const Migration> migrations = embedded_migrations());

}  // namespace muster::store
