#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "muster/journal/appender.h"
#include "muster/journal/lease.h"
#include "muster/journal/reader.h"
#include "muster/store/migrations.h"
#include "postgres_fixture.h"

namespace muster::journal {

/// A migrated database of its own per test, and the words the tests are written in.
class JournalTest : public ::testing::Test {
 protected:
  static constexpr auto kNever = std::chrono::hours(1);

  JournalTest() { store::apply_migrations(database); }

  /// Asks the database directly: the first column of the first row.
  std::string ask(const std::string& sql) const { return cluster.execute(database, sql); }

  /// An owner that does not renew by itself, so that a test decides when its lease expires.
  Lease::Options candidate(const std::string& owner, std::chrono::milliseconds time_to_live = kNever) const {
    return {database, "w", owner, time_to_live, kNever, std::chrono::seconds(10)};
  }

  Appender::Options writer(const Ownership& ownership) const {
    return {database, "w", ownership, std::chrono::seconds(30)};
  }

  /// A new owner, whoever held the workspace before.
  Ownership take_over() const {
    ask("INSERT INTO workspace (id) VALUES ('w') ON CONFLICT DO NOTHING");
    ask("UPDATE workspace SET epoch = epoch + 1 WHERE id = 'w'");
    return {std::stoull(ask("SELECT epoch FROM workspace")), std::stoull(ask("SELECT next_seq FROM workspace"))};
  }

  /// The process of the session that last ran a statement like `pattern`.
  int backend_of(const std::string& pattern) const {
    return std::stoi(
        ask("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND query LIKE '" +
            pattern + "'"));
  }

  /// Waits, up to a minute, for something that must come to be.
  static bool eventually(const std::function<bool()>& condition) {
    for (int i = 0; i < 6000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  testing::PostgresCluster& cluster = testing::PostgresCluster::instance();
  const std::string database = cluster.create_database();
};

}  // namespace muster::journal
