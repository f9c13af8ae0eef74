#include "muster/store/binary_copy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pqxx/pqxx>

#include "muster/store/connection.h"
#include "postgres_fixture.h"

namespace muster::store {
namespace {

using ::testing::HasSubstr;
using namespace std::string_literals;

class BinaryCopyTest : public ::testing::Test {
 protected:
  BinaryCopyTest() {
    testing::PostgresCluster::instance().execute(
        database,
        "CREATE TABLE t (id bigint PRIMARY KEY, small smallint, middle int, flag boolean, name text,"
        " bytes bytea, at timestamptz)");
  }
  std::string ask(const std::string& sql) { return testing::PostgresCluster::instance().execute(database, sql); }

  const std::string database = testing::PostgresCluster::instance().create_database();
  Connection connection{database, std::chrono::seconds(60)};
};

TEST_F(BinaryCopyTest, EveryTypeArrivesAsItWas) {
  pqxx::work work(connection.get());
  BinaryCopy copy(connection, work, "t");
  const TimePoint at{std::chrono::microseconds(915'192'001'000'007)};  // before PostgreSQL's own epoch
  copy.row(std::int64_t{-5}, std::int16_t{-2}, std::int32_t{70'000}, true, "客服"s, "\0\xff\n"s, at);
  copy.complete();
  work.commit();
  EXPECT_EQ(ask("SELECT t::text FROM (SELECT id, small, middle, flag, name, bytes,"
                " (extract(epoch FROM at) * 1000000)::bigint FROM t) t"),
            R"((-5,-2,70000,t,客服,"\\x00ff0a",915192001000007))");
}

TEST_F(BinaryCopyTest, AnEmptyOptionalIsNullAndAnEmptyTextIsNot) {
  pqxx::work work(connection.get());
  BinaryCopy copy(connection, work, "t", "(id, name, at)");
  copy.row(std::int64_t{1}, ""s, std::optional<TimePoint>());
  copy.complete();
  work.commit();
  EXPECT_EQ(ask("SELECT name = '' AND at IS NULL AND bytes IS NULL FROM t"), "t");
}

TEST_F(BinaryCopyTest, ManyRowsGoInOneCopy) {
  pqxx::work work(connection.get());
  BinaryCopy copy(connection, work, "t", "(id, name)");
  for (std::int64_t id = 0; id < 10'000; ++id) copy.row(id, std::string(100, 'x'));
  copy.complete();
  work.commit();
  EXPECT_EQ(ask("SELECT count(*) || ' ' || sum(length(name)) FROM t"), "10000 1000000");
}

TEST_F(BinaryCopyTest, ARefusedRowSaysWhyAndTheConnectionGoesOn) {
  {
    pqxx::work work(connection.get());
    BinaryCopy copy(connection, work, "t", "(id)");
    copy.row(std::int64_t{1});
    copy.row(std::int64_t{1});
    try {
      copy.complete();
      FAIL() << "twice the same key";
    } catch (const pqxx::failure& error) {
      EXPECT_THAT(error.what(), HasSubstr("t_pkey"));
    }
  }
  pqxx::work work(connection.get());
  EXPECT_EQ(work.exec1("SELECT count(*) FROM t")[0].as<int>(), 0);
}

TEST_F(BinaryCopyTest, WhatIsGivenUpLeavesNothing) {
  {
    pqxx::work work(connection.get());
    BinaryCopy copy(connection, work, "t", "(id)");
    copy.row(std::int64_t{1});
  }
  pqxx::work work(connection.get());
  EXPECT_EQ(work.exec1("SELECT count(*) FROM t")[0].as<int>(), 0);
}

}  // namespace
}  // namespace muster::store
