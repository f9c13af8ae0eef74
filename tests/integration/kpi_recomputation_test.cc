#include "muster/node/kpi_recomputation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <pqxx/pqxx>
#include <set>

#include "floor.h"
#include "muster/kpi/facts.h"
#include "muster/node/metrics.h"
#include "past.h"

/// What is live, what is history and what the journal gives are the same.
namespace muster::node {
namespace {

using namespace dispatch;
using namespace std::chrono_literals;
using kpi::Dimension;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Where it is noon or a little later now: all that happened within the last hours, happened today.
std::string time_zone_of_noon() {
  const auto hour = std::chrono::duration_cast<std::chrono::hours>(wall_now().time_since_epoch() % 24h).count();
  return hour <= 12 ? "Etc/GMT-" + std::to_string(12 - hour) : "Etc/GMT+" + std::to_string(hour - 12);
}

class KpiRecomputationTest : public ::testing::Test {
 protected:
  /// Hours of a lively floor: contacts are declined, requeued and handed on, connections break, and the server crashes
  /// now and then. It ends now; whoever is still signed in is lost soon after.
  void live(muster::testing::Past& past) {
    const TimePoint start = wall_now() - 3h;
    muster::testing::Floor floor({.seed = 7, .agents = 12, .odd_per_mille = 150, .start = start});
    SettingsChange impatient;
    impatient.resume_grace = impatient.contact_grace = 1s;
    floor.run(UpdateSettings{impatient});
    for (int i = 0; i < 6; ++i) {
      AgentChange agent;
      agent.base = i % 2 == 0 ? "wuhan" : "chengdu";
      agent.team = "team-" + std::to_string(i);
      floor.run(UpdateAgent{"agent-" + std::to_string(i), agent});
    }
    for (int steps = 0; floor.engine().last_time() < start + 170min; ++steps) {
      floor.step();
      if (steps % 2000 == 1999) floor.run(OpenWorkspace{1, "after a crash"});
      if (steps % 500 == 499) write(past, floor);
    }
    write(past, floor);
  }
  void write(muster::testing::Past& past, muster::testing::Floor& floor) {
    const auto events = floor.take();
    for (const Event& event : events) kinds.insert(event.body.index());
    past.write(events);
  }

  static std::unique_ptr<Node> take_up(const muster::testing::Past& past) {
    NodeOptions options;
    options.snapshot_interval = 0s;
    options.snapshot_events = 1000;
    return past.take_up(options);
  }

  static KpiRecomputation::Progress recompute(Node& node, bool repair = false) {
    const auto run = node.recompute_kpis(repair);
    EXPECT_TRUE(run);
    while (run->progress().state == KpiRecomputation::State::kRunning) std::this_thread::sleep_for(5ms);
    return run->progress();
  }

  static void execute(const muster::testing::Past& past, const std::string& sql) {
    muster::testing::PostgresCluster::instance().execute(past.database, sql);
  }

  std::set<std::size_t> kinds;  ///< of events
};

template <typename Body>
std::size_t kind() {
  return EventBody(Body{}).index();
}

/// Facts by row, of one dimension.
using Rows = std::map<kpi::Key, kpi::Facts>;

Rows live_today(Node& node, Dimension dimension, const std::string& zone) {
  Rows rows;
  for (const auto& row : node.kpis(dimension, KpiWindow::kToday, zone)->rows) {
    if (!row.sample.facts.empty()) rows.emplace(row.key, row.sample.facts);
  }
  return rows;
}

Rows history_today(Node& node, Dimension dimension, const std::string& zone) {
  KpiQuery query;
  query.dimension = dimension;
  query.from = start_of(KpiWindow::kToday, zone, wall_now());
  Rows rows;
  for (const auto& row : muster::testing::ask(node, query).rows) rows.emplace(row.key, row.facts);
  return rows;
}

TEST_F(KpiRecomputationTest, LiveIsHistoryIsWhatTheJournalGives) {
  muster::testing::Past past;
  live(past);
  for (const std::size_t wanted : {kind<ContactTransferred>(), kind<ContactRequeued>(), kind<OfferEnded>(),
                                   kind<ContactOutcomeRecorded>(), kind<SessionLost>(), kind<AgentPut>()}) {
    EXPECT_TRUE(kinds.contains(wanted)) << wanted;
  }
  static_cast<void>(take_up(past));  // ends at once, wherever it is
  auto node = take_up(past);
  ASSERT_EQ(recompute(*node).state, KpiRecomputation::State::kDone);
  muster::testing::PostgresCluster::instance().kill();
  muster::testing::PostgresCluster::instance().start();
  node.reset();
  node = take_up(past);

  while (node->metrics().contacts_in_hand > 0) std::this_thread::sleep_for(50ms);  // then time stands still
  const std::string zone = time_zone_of_noon();
  for (int dimension = 1; dimension <= static_cast<int>(Dimension::kBaseQueue); ++dimension) {
    SCOPED_TRACE("dimension " + std::to_string(dimension));
    const Rows history = history_today(*node, Dimension(dimension), zone);
    EXPECT_FALSE(history.empty());
    EXPECT_EQ(live_today(*node, Dimension(dimension), zone), history);
  }
  const auto end = recompute(*node);
  ASSERT_EQ(end.state, KpiRecomputation::State::kDone) << end.trouble;
  EXPECT_TRUE(end.comparison.all_equal());
  EXPECT_THAT(end.comparison.differences, IsEmpty());
  EXPECT_GT(end.comparison.equal, 10 * 20) << "some twenty rows in each quarter of an hour";
  EXPECT_EQ(end.counted, end.target);
}

TEST_F(KpiRecomputationTest, AFactThatWasTamperedWithIsToldAndRepaired) {
  muster::testing::Past past;
  live(past);
  auto node = take_up(past);
  const auto before = recompute(*node).comparison;
  ASSERT_TRUE(before.all_equal());
  execute(past,
          "UPDATE kpi_interval SET amounts[array_position(facts, 3::smallint)]"
          " = amounts[array_position(facts, 3::smallint)] + 5 WHERE dimension = 4 AND id = 'calls'"
          " AND start_time = (SELECT min(start_time) FROM kpi_interval WHERE dimension = 4 AND id = 'calls'"
          "  AND 3 = ANY (facts))");
  const auto tampered = recompute(*node).comparison;
  EXPECT_EQ(tampered.different, 1);
  EXPECT_EQ(tampered.equal, before.equal - 1);
  EXPECT_EQ(tampered.missing + tampered.unexpected, 0);
  ASSERT_THAT(tampered.differences, SizeIs(1));
  const KpiDifference& difference = tampered.differences[0];
  EXPECT_EQ(difference.key, (kpi::Key{Dimension::kQueue, "calls", "platform"}));
  EXPECT_EQ(kpi::name_of(difference.fact), "answered");
  EXPECT_EQ(difference.stored, difference.recomputed + 5);
  EXPECT_FALSE(tampered.repaired);

  EXPECT_TRUE(recompute(*node, true).comparison.repaired);
  const auto after = recompute(*node, true).comparison;
  EXPECT_TRUE(after.all_equal());
  EXPECT_FALSE(after.repaired) << "there was nothing to repair";
  EXPECT_EQ(after.equal, before.equal);
}

TEST_F(KpiRecomputationTest, RowsThatAreGoneOrMadeUpAreToldAndRepaired) {
  muster::testing::Past past;
  live(past);
  auto node = take_up(past);
  const auto before = recompute(*node).comparison;
  execute(past, "DELETE FROM kpi_interval WHERE dimension = 7 AND id = 'agent-3'");
  execute(past, "UPDATE kpi_interval SET id = 'wonderland' WHERE dimension = 5 AND id = 'wuhan'");
  const auto tampered = recompute(*node, true).comparison;
  EXPECT_GT(tampered.missing, tampered.unexpected);
  EXPECT_GT(tampered.unexpected, 8);
  EXPECT_EQ(tampered.different, 0);
  EXPECT_TRUE(tampered.repaired);
  EXPECT_EQ(recompute(*node).comparison.equal, before.equal);
}

TEST_F(KpiRecomputationTest, AJournalWithoutItsBeginningIsRefused) {
  muster::testing::Past past;
  live(past);
  auto node = take_up(past);
  ASSERT_TRUE(recompute(*node).comparison.all_equal());
  execute(past, "DELETE FROM journal WHERE first_seq = 1");
  const auto end = recompute(*node, true);
  EXPECT_EQ(end.state, KpiRecomputation::State::kIncomplete);
  EXPECT_THAT(end.trouble, ::testing::HasSubstr("event 1 is missing"));
  EXPECT_TRUE(node->readiness().ready) << "nothing else is the worse for it";
}

TEST_F(KpiRecomputationTest, OneAtATime) {
  muster::testing::Past past;
  live(past);
  auto node = take_up(past);
  ASSERT_EQ(recompute(*node).state, KpiRecomputation::State::kDone);
  pqxx::connection connection(past.database);
  pqxx::work lock(connection);
  lock.exec("SELECT FROM projection FOR UPDATE");  // the repair waits for it
  const auto first = node->recompute_kpis(true);
  ASSERT_TRUE(first);
  EXPECT_FALSE(node->recompute_kpis(false));
  first->cancel();
  while (first->progress().state == KpiRecomputation::State::kRunning) std::this_thread::sleep_for(5ms);
  EXPECT_EQ(first->progress().state, KpiRecomputation::State::kUnavailable);
  EXPECT_TRUE(node->recompute_kpis(false));
}

}  // namespace
}  // namespace muster::node
