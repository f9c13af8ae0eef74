#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <pqxx/pqxx>
#include <string>

#include "kpi_history_store.h"
#include "muster/base/tenant.h"
#include "muster/store/connection.h"
#include "muster/store/migrations.h"
#include "muster/store/tenant_pool.h"
#include "postgres_fixture.h"

/// History on a real PostgreSQL.
namespace muster::node {
namespace {

using kpi::Dimension;
using kpi::Fact;
using kpi::Key;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

constexpr TimePoint kNine{std::chrono::sys_days(std::chrono::year(2026) / 11 / 30) + 9h};

kpi::SparseFacts facts(std::initializer_list<std::pair<Fact, std::int64_t>> counts) {
  kpi::Facts facts;
  for (const auto& [fact, amount] : counts) facts.add(fact, amount);
  return kpi::sparse(facts);
}

class KpiHistoryTest : public ::testing::Test {
 protected:
  KpiHistoryTest()
      : database_(muster::testing::PostgresCluster::instance().create_database()),
        migrated_(store::apply_migrations(database_)),
        connection_(database_, 60s),
        tenants_({.connection = database_, .threads = 1}) {
    pqxx::work work(connection_.get());
    work.exec0("INSERT INTO projection (workspace, position) VALUES ('main', 7)");
    prepare_kpi_history(work);
    work.commit();
  }

  void write(const kpi::History& history) {
    pqxx::work work(connection_.get());
    write_kpi_history(connection_, work, "main", history);
    work.commit();
  }
  /// One fact by row and start of span, in minutes since nine.
  std::map<std::pair<std::string, int>, std::int64_t> read(KpiQuery query, Fact fact = Fact::kAnswered) {
    const KpiHistory history = answer(query);
    std::map<std::pair<std::string, int>, std::int64_t> found;
    for (const auto& row : history.rows) {
      found[{row.key.id, static_cast<int>((row.start - kNine) / 1min)}] = row.facts[fact];
    }
    return found;
  }
  KpiHistory answer(const KpiQuery& query, dispatch::Sequence complete_to = 7) {
    return tenants_
        .submit(query.tenant_id.empty() ? kPlatformTenant : query.tenant_id,
                [&](store::TenantTransaction& t) {
                  KpiHistoryReader reader(query);
                  is_over_ = reader.read_tables(t, "main", complete_to);
                  return reader.finish(kNine);
                })
        .get();
  }
  static KpiQuery query(Dimension dimension, KpiStep step = KpiStep::kTotal) {
    KpiQuery query;
    query.dimension = dimension;
    query.from = kNine - 24h;
    query.until = kNine + 24h;
    query.step = step;
    query.time_zone = "UTC";
    return query;
  }

  std::string database_;
  int migrated_;
  store::Connection connection_;
  store::TenantPool tenants_;
  TimePoint is_over_;
};

TEST_F(KpiHistoryTest, WhatIsWrittenIsRead) {
  write({{{{Dimension::kQueue, "sales", "acme"}, kNine, facts({{Fact::kAnswered, 3}, {Fact::kEstimateExcess, -4}})},
          {{Dimension::kQueue, "sales", "acme"}, kNine + 15min, facts({{Fact::kAnswered, 2}})},
          {{Dimension::kQueue, "sales", "acme"}, kNine + 30min, facts({{Fact::kAnswered, 1}})}},
         {},
         kNine + 45min});
  using Found = std::map<std::pair<std::string, int>, std::int64_t>;
  EXPECT_EQ(read(query(Dimension::kQueue)), (Found{{{"sales", -1440}, 6}}));
  EXPECT_EQ(is_over_, kNine + 45min);
  EXPECT_EQ(read(query(Dimension::kQueue, KpiStep::kQuarterHour)),
            (Found{{{"sales", 0}, 3}, {{"sales", 15}, 2}, {{"sales", 30}, 1}}));
  EXPECT_EQ(read(query(Dimension::kQueue, KpiStep::kHalfHour)), (Found{{{"sales", 0}, 5}, {{"sales", 30}, 1}}));
  EXPECT_EQ(read(query(Dimension::kQueue, KpiStep::kHour)), (Found{{{"sales", 0}, 6}}));
  EXPECT_EQ(read(query(Dimension::kQueue), Fact::kEstimateExcess), (Found{{{"sales", -1440}, -4}}));
  EXPECT_THAT(read(query(Dimension::kTenant)), IsEmpty());
}

TEST_F(KpiHistoryTest, DaysAreThoseOfTheTimeZone) {
  write({{{{Dimension::kWorkspace}, kNine, facts({{Fact::kAnswered, 1}})},
          {{Dimension::kWorkspace}, kNine + 7h, facts({{Fact::kAnswered, 2}})}},
         {},
         kNine + 8h});
  auto asked = query(Dimension::kWorkspace, KpiStep::kDay);
  asked.time_zone = "Asia/Shanghai";  // its midnight is at 16:00
  const KpiHistory history = answer(asked);
  ASSERT_EQ(history.rows.size(), 2U);
  EXPECT_EQ(history.rows[0].start, kNine - 17h);
  EXPECT_EQ(history.rows[1].start, kNine + 7h);
  EXPECT_EQ(history.rows[1].facts[Fact::kAnswered], 2);
}

TEST_F(KpiHistoryTest, WhatBecomesKnownLaterIsAddedAndSaysSo) {
  const Key ann{Dimension::kAgent, "ann"};
  write({{{ann, kNine, facts({{Fact::kAnswered, 3}, {Fact::kLongestWait, 50}})}}, {}, kNine + 15min});
  EXPECT_FALSE(answer(query(Dimension::kAgent)).rows.at(0).restated);
  write({{},
         {{ann, kNine, Fact::kAnswered, -1},
          {ann, kNine, Fact::kCsatAnswers, 1},
          {ann, kNine, Fact::kLongestWait, 40},
          {{Dimension::kAgent, "bob"}, kNine, Fact::kCsatAnswers, 1}},
         kNine + 15min});
  const KpiHistory history = answer(query(Dimension::kAgent));
  ASSERT_EQ(history.rows.size(), 2U);
  EXPECT_TRUE(history.rows[0].restated);
  EXPECT_EQ(history.rows[0].facts[Fact::kAnswered], 2);
  EXPECT_EQ(history.rows[0].facts[Fact::kCsatAnswers], 1);
  EXPECT_EQ(history.rows[0].facts[Fact::kLongestWait], 50) << "of two the greater counts";
  EXPECT_EQ(history.rows[1].facts[Fact::kCsatAnswers], 1) << "there was no row";
}

TEST_F(KpiHistoryTest, ARestatementInTheSameWriteAsItsIntervalCounts) {
  const Key ann{Dimension::kAgent, "ann"};
  write({{{ann, kNine, facts({{Fact::kAnswered, 1}})}}, {{ann, kNine, Fact::kAnswered, -1}}, kNine + 15min});
  EXPECT_EQ(answer(query(Dimension::kAgent)).rows.size(), 0U) << "nothing is left of it";
}

TEST_F(KpiHistoryTest, ATenantReadsItsOwnRowsOnly) {
  write({{{{Dimension::kTenant, "acme"}, kNine, facts({{Fact::kAnswered, 1}})},
          {{Dimension::kTenant, "beta"}, kNine, facts({{Fact::kAnswered, 2}})},
          {{Dimension::kQueue, "sales", "acme"}, kNine, facts({{Fact::kAnswered, 3}})},
          {{Dimension::kQueue, "sales", "beta"}, kNine, facts({{Fact::kAnswered, 4}})},
          {{Dimension::kAgent, "ann"}, kNine, facts({{Fact::kAnswered, 5}})}},
         {},
         kNine + 15min});
  const auto as = [&](const std::string& tenant, Dimension dimension) {
    KpiQuery asked = query(dimension);
    asked.tenant_id = tenant;
    std::vector<std::int64_t> answered;
    for (const auto& row : answer(asked).rows) answered.push_back(row.facts[Fact::kAnswered]);
    return answered;
  };
  EXPECT_THAT(as("acme", Dimension::kTenant), ElementsAre(1));
  EXPECT_THAT(as("acme", Dimension::kQueue), ElementsAre(3));
  EXPECT_THAT(as("beta", Dimension::kQueue), ElementsAre(4));
  EXPECT_THAT(as("acme", Dimension::kAgent), IsEmpty());
  EXPECT_THAT(as("", Dimension::kQueue), ElementsAre(3, 4));
}

TEST_F(KpiHistoryTest, RowsAreKeptByName) {
  write({{{{Dimension::kBaseQueue, "wuhan", "sales"}, kNine, facts({{Fact::kAnswered, 1}})},
          {{Dimension::kBaseQueue, "wuhan", "help"}, kNine, facts({{Fact::kAnswered, 2}})},
          {{Dimension::kQueue, "help", "acme"}, kNine, facts({{Fact::kAnswered, 3}})}},
         {},
         kNine + 15min});
  KpiQuery asked = query(Dimension::kBaseQueue);
  asked.keys = {{Dimension::kBaseQueue, "wuhan", "help"}};
  const KpiHistory history = answer(asked);
  ASSERT_EQ(history.rows.size(), 1U);
  EXPECT_EQ(history.rows[0].facts[Fact::kAnswered], 2);
  asked = query(Dimension::kQueue);
  asked.keys = {{Dimension::kQueue, "help"}};
  EXPECT_EQ(answer(asked).rows.size(), 1U) << "whatever its tenant";
}

TEST_F(KpiHistoryTest, AMonthThatWasKeptForLongEnoughIsDropped) {
  const Key workspace{Dimension::kWorkspace};
  write({{{workspace, kNine, facts({{Fact::kAnswered, 1}})}}, {}, kNine + 15min});
  const auto months_later = [](int months) {
    return TimePoint{std::chrono::sys_days(std::chrono::year(2026) / 11 / 1 + std::chrono::months(months))};
  };
  const TimePoint later = months_later(kKpiMonthsKept);
  write({{{workspace, later, facts({{Fact::kAnswered, 2}})}}, {}, later + 15min});
  pqxx::work work(connection_.get());
  EXPECT_EQ(work.exec1("SELECT count(*) FROM kpi_interval")[0].as<int>(), 2) << "not yet";
  work.commit();
  const TimePoint last = months_later(kKpiMonthsKept + 1);
  write({{{workspace, last, facts({{Fact::kAnswered, 3}})}}, {}, last + 15min});
  pqxx::work after(connection_.get());
  EXPECT_EQ(after.exec1("SELECT count(*) FROM kpi_interval")[0].as<int>(), 2);
}

TEST_F(KpiHistoryTest, TablesThatLackAnEventAreNotRead) {
  EXPECT_THROW(answer(query(Dimension::kWorkspace), 8), std::exception);
}

}  // namespace
}  // namespace muster::node
