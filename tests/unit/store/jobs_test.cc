#include "muster/store/jobs.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <optional>
#include <pqxx/pqxx>
#include <stdexcept>
#include <thread>

#include "muster/store/migrations.h"
#include "postgres_fixture.h"

namespace muster::store {
namespace {

using namespace std::chrono_literals;

class JobsTest : public ::testing::Test {
 protected:
  JobsTest() {
    apply_migrations(database);
    here.emplace(Pool::Options{.connection = database, .threads = 1});
    there.emplace(Pool::Options{.connection = database, .threads = 1});
  }

  static bool eventually(const std::function<bool()>& holds) {
    for (int tries = 0; tries < 6'000; ++tries) {
      if (holds()) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }
  int audit_entries() {
    return here
        ->submit("platform",
                 [](TenantTransaction& t) { return t.sql().exec("SELECT count(*) FROM audit_entry")[0][0].as<int>(); })
        .get();
  }
  static void leave_a_trace(TenantTransaction& t) {
    t.sql().exec(
        "INSERT INTO audit_entry (tenant_id, audit_time, actor_tenant_id, actor, action, resource, request_id)"
        " VALUES ('platform', now(), 'platform', 'system', 'a', 'b', '')");
  }

  const std::string database = testing::PostgresCluster::instance().create_database();
  std::optional<TenantPool> here, there;
};

TEST_F(JobsTest, OneServerDoesAJobThatManyLookAfter) {
  std::atomic<int> done = 0;
  std::atomic<int> marks = 0;
  const std::vector<Job> jobs = {{"review", 24h, [&](TenantTransaction&, TimePoint) { return ++done, false; }},
                                 {"mark", 1s, [&](TenantTransaction&, TimePoint) { return ++marks, false; }}};
  const Jobs one(*here, "platform", jobs), other(*there, "platform", jobs);
  ASSERT_TRUE(eventually([&] { return marks >= 3; }));
  EXPECT_EQ(done, 1);
}

TEST_F(JobsTest, AJobIsNotDoneAgainBeforeItsTimeByAServerThatStartsAnew) {
  std::atomic<int> done = 0, marks = 0;
  for (int start = 0; start < 2; ++start) {
    marks = 0;
    const Jobs jobs(
        *here, "platform",
        {{"review", 24h, [&](TenantTransaction&, TimePoint) { return ++done, false; }},
         {"mark " + std::to_string(start), 1h, [&](TenantTransaction&, TimePoint) { return ++marks, false; }}});
    ASSERT_TRUE(eventually([&] { return marks == 1; }));
  }
  EXPECT_EQ(done, 1);
}

TEST_F(JobsTest, AJobGoesOnUntilNothingIsLeft) {
  std::atomic<int> left = 5;
  const Jobs jobs(*here, "platform", {{"recompute", 1h, [&](TenantTransaction& t, TimePoint) {
                                         leave_a_trace(t);
                                         return --left > 0;
                                       }}});
  ASSERT_TRUE(eventually([&] { return left == 0; }));
  EXPECT_TRUE(eventually([&] { return audit_entries() == 5; }));
}

TEST_F(JobsTest, OfAJobThatFailsNothingStaysAndItIsTriedAgain) {
  std::atomic<int> tries = 0;
  const Jobs jobs(*here, "platform", {{"review", 1s, [&](TenantTransaction& t, TimePoint) {
                                         leave_a_trace(t);
                                         if (++tries < 2) throw std::runtime_error("not now");
                                         return false;
                                       }}});
  ASSERT_TRUE(eventually([&] { return tries >= 2; }));
  EXPECT_TRUE(eventually([&] { return audit_entries() >= 1; }));
  EXPECT_LT(audit_entries(), tries);
}

}  // namespace
}  // namespace muster::store
