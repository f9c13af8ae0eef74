#include "muster/store/migrations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pqxx/pqxx>
#include <thread>
#include <vector>

#include "postgres_fixture.h"

namespace muster::store {
namespace {

using ::testing::HasSubstr;

class MigrationsTest : public ::testing::Test {
 protected:
  testing::PostgresCluster& cluster = testing::PostgresCluster::instance();
  const std::string database = cluster.create_database();

  std::string ask(const std::string& sql) { return cluster.execute(database, sql); }
  std::string refusal(std::span<const Migration> migrations) {
    try {
      apply_migrations(database, migrations);
    } catch (const MigrationError& error) {
      return error.what();
    }
    return "not refused";
  }
};

const std::vector<Migration> kTwo = {{1, "first", "c1", "CREATE TABLE one (x int)"},
                                     {2, "second", "c2", "CREATE TABLE two (x int); INSERT INTO two VALUES (1)"}};

TEST_F(MigrationsTest, EmbeddedMigrationsMakeTheSchema) {
  EXPECT_GE(embedded_migrations().size(), 1u);
  EXPECT_EQ(apply_migrations(database), static_cast<int>(embedded_migrations().size()));
  EXPECT_EQ(ask("SELECT count(*) FROM workspace"), "0");
  EXPECT_EQ(ask("SELECT attstorage FROM pg_attribute WHERE attrelid = 'journal'::regclass AND attname = 'payload'"),
            "e");
}

TEST_F(MigrationsTest, AppliedMigrationsAreNotRunAgain) {
  EXPECT_EQ(apply_migrations(database, std::span(kTwo).first(1)), 1);
  EXPECT_EQ(apply_migrations(database, kTwo), 1);
  EXPECT_EQ(apply_migrations(database, kTwo), 0);
  EXPECT_EQ(ask("SELECT count(*) FROM two"), "1");
}

TEST_F(MigrationsTest, MigrationsNewerThanTheBinaryAreRefused) {
  apply_migrations(database, kTwo);
  EXPECT_THAT(refusal(std::span(kTwo).first(1)), HasSubstr("migration 2 (second), but this release knows only 1"));
}

TEST_F(MigrationsTest, AppliedMigrationWithAnotherTextIsRefused) {
  apply_migrations(database, kTwo);
  std::vector<Migration> altered = kTwo;
  altered[0].checksum = "other";
  EXPECT_THAT(refusal(altered), HasSubstr("migration 1 (first) was applied with another text"));
}

TEST_F(MigrationsTest, FailedMigrationLeavesNothingBehind) {
  std::vector<Migration> broken = kTwo;
  broken[1].sql = "CREATE TABLE two (x int); SELECT 1/0";
  EXPECT_THROW(apply_migrations(database, broken), pqxx::failure);
  EXPECT_EQ(ask("SELECT to_regclass('one') IS NOT NULL AND to_regclass('two') IS NULL"), "t");
  EXPECT_EQ(apply_migrations(database, kTwo), 1) << "and the next start goes on from there";
}

TEST_F(MigrationsTest, MigrationsRunOnceUnderConcurrency) {
  std::atomic<int> applied = 0;
  std::vector<std::thread> starters;
  for (int i = 0; i < 8; ++i) starters.emplace_back([&] { applied += apply_migrations(database, kTwo); });
  for (std::thread& starter : starters) starter.join();
  EXPECT_EQ(applied, 2);
  EXPECT_EQ(ask("SELECT count(*) FROM two"), "1");
}

}  // namespace
}  // namespace muster::store
