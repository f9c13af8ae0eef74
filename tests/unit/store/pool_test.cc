#include "muster/store/pool.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <pqxx/pqxx>
#include <vector>

#include "postgres_fixture.h"

namespace muster::store {
namespace {

int one(pqxx::connection_base& connection) {
  pqxx::nontransaction work(connection);
  return work.exec1("SELECT 1")[0].as<int>();
}

class PoolTest : public ::testing::Test {
 protected:
  testing::PostgresCluster& cluster = testing::PostgresCluster::instance();

  Pool::Options options(std::size_t threads = 2) const { return {cluster.connection(), threads, 4}; }
};

TEST_F(PoolTest, TaskGivesItsResult) {
  Pool pool(options());
  EXPECT_EQ(pool.submit(one).get(), 1);
}

TEST_F(PoolTest, ExceptionOfATaskReachesTheCaller) {
  Pool pool(options());
  auto failed = pool.submit([](pqxx::connection_base& connection) { pqxx::work(connection).exec("SELECT nonsense"); });
  EXPECT_THROW(failed.get(), pqxx::undefined_column);
  EXPECT_EQ(pool.submit(one).get(), 1);
}

TEST_F(PoolTest, BrokenConnectionFailsItsTaskAndIsReplaced) {
  Pool pool(options(1));
  auto broken = pool.submit([](pqxx::connection_base& connection) {
    pqxx::work(connection).exec("SELECT pg_terminate_backend(pg_backend_pid())");
  });
  EXPECT_THROW(broken.get(), pqxx::failure);
  EXPECT_EQ(pool.submit(one).get(), 1);
}

TEST_F(PoolTest, ConnectionClosedWhileIdleCostsNoTask) {
  Pool pool(options(1));
  const int backend = pool.submit([](pqxx::connection_base& connection) { return connection.backendpid(); }).get();
  cluster.execute(cluster.connection(), "SELECT pg_terminate_backend(" + std::to_string(backend) + ", 5000)");
  EXPECT_EQ(pool.submit(one).get(), 1);
}

TEST_F(PoolTest, UnreachableServerFailsTheTaskNotThePool) {
  Pool pool({"host=/nowhere", 1, 4});
  EXPECT_THROW(pool.submit(one).get(), pqxx::broken_connection);
}

TEST_F(PoolTest, FullQueueRefusesAtOnce) {
  Pool pool(options(1));
  std::promise<void> gate;
  std::promise<void> entered;
  auto blocker = pool.submit([&](pqxx::connection_base&) {
    entered.set_value();
    gate.get_future().wait();
  });
  entered.get_future().wait();
  std::vector<std::future<int>> queued;
  for (int i = 0; i < 4; ++i) queued.push_back(pool.submit(one));
  EXPECT_THROW(pool.submit(one), PoolFull);
  gate.set_value();
  for (auto& task : queued) EXPECT_EQ(task.get(), 1);
}

TEST_F(PoolTest, StopRunsWhatIsQueuedAndRefusesMore) {
  Pool pool(options(1));
  std::vector<std::future<int>> queued;
  for (int i = 0; i < 4; ++i) queued.push_back(pool.submit(one));
  pool.stop();
  for (auto& task : queued) EXPECT_EQ(task.get(), 1);
  EXPECT_THROW(pool.submit(one), PoolStopped);
}

TEST_F(PoolTest, StopDoesNotWaitForADatabaseThatHangs) {
  auto given = options(1);
  given.stop_grace = std::chrono::milliseconds(100);
  Pool pool(given);
  const int backend = pool.submit([](pqxx::connection_base& connection) { return connection.backendpid(); }).get();
  kill(backend, SIGSTOP);
  auto stuck = pool.submit(one);
  auto queued = pool.submit(one);
  pool.stop();
  EXPECT_THROW(stuck.get(), pqxx::broken_connection);
  EXPECT_ANY_THROW(queued.get());
  kill(backend, SIGCONT);
}

TEST_F(PoolTest, TellsHowManyTasksWait) {
  Pool pool(options(1));
  std::promise<void> go;
  std::promise<void> began;
  auto first = pool.submit([&, may_go = go.get_future().share()](pqxx::connection_base&) {
    began.set_value();
    may_go.wait();
  });
  began.get_future().wait();
  EXPECT_EQ(pool.queued(), 0u) << "it runs";
  auto second = pool.submit(one);
  auto third = pool.submit(one);
  EXPECT_EQ(pool.queued(), 2u);
  go.set_value();
  first.get();
  second.get();
  third.get();
  EXPECT_EQ(pool.queued(), 0u);
}

TEST_F(PoolTest, AStatementHasATimeLimit) {
  auto given = options(1);
  given.statement_timeout = std::chrono::milliseconds(50);
  Pool pool(given);
  auto slow =
      pool.submit([](pqxx::connection_base& connection) { pqxx::work(connection).exec("SELECT pg_sleep(60)"); });
  EXPECT_THROW(slow.get(), pqxx::sql_error);
  EXPECT_EQ(pool.submit(one).get(), 1);
}

}  // namespace
}  // namespace muster::store
