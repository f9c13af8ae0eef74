#include "muster/journal/appender.h"

#include <gmock/gmock.h>
#include <signal.h>

#include <map>
#include <mutex>
#include <pqxx/pqxx>

#include "journal_fixture.h"
#include "muster/base/random.h"
#include "muster/journal/error.h"

namespace muster::journal {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using AppenderTest = JournalTest;

TEST_F(AppenderTest, BatchIsOneRow) {
  Appender appender(writer(take_over()));
  const std::string payload("any\0bytes", 9);
  EXPECT_EQ(appender.append(1, 3, payload), AppendResult::kCommitted);
  EXPECT_EQ(appender.append(4, 4, "x"), AppendResult::kCommitted);
  EXPECT_EQ(appender.next_seq(), 5u);
  EXPECT_EQ(ask("SELECT count(*) FROM journal"), "2");
  EXPECT_EQ(ask("SELECT last_seq FROM journal WHERE first_seq = 1 AND epoch = 1 AND length(payload) = 9"), "3");
  EXPECT_EQ(ask("SELECT next_seq FROM workspace"), "5");
}

TEST_F(AppenderTest, AppendOfAStaleEpochIsFenced) {
  Appender stale(writer(take_over()));
  ASSERT_EQ(stale.append(1, 1, "x"), AppendResult::kCommitted);
  Appender owner(writer(take_over()));
  EXPECT_EQ(stale.append(2, 2, "x"), AppendResult::kFenced);
  EXPECT_EQ(owner.append(2, 2, "y"), AppendResult::kCommitted);
  EXPECT_EQ(stale.append(2, 2, "x"), AppendResult::kFenced) << "for good";
  EXPECT_EQ(ask("SELECT string_agg(epoch::text, ',' ORDER BY first_seq) FROM journal"), "1,2");
}

TEST_F(AppenderTest, AppendAtAWrongPlaceIsFenced) {
  const Ownership ownership = take_over();
  Appender first(writer(ownership));
  Appender second(writer(ownership));
  ASSERT_EQ(first.append(1, 2, "x"), AppendResult::kCommitted);
  EXPECT_EQ(second.append(1, 1, "y"), AppendResult::kFenced);
}

TEST_F(AppenderTest, TwoOwnersNeverBothAppend) {
  // Leases that expire at once, so that owners replace each other while they are writing.
  std::mutex mutex;
  std::map<dispatch::Sequence, std::string> acknowledged;
  std::atomic<int> fenced = 0;
  const auto contend = [&](int id) {
    Random random(static_cast<std::uint64_t>(id));
    Lease lease(candidate(std::to_string(id), milliseconds(1)));
    for (int turn = 0; turn < 40;) {
      const auto ownership = lease.try_acquire();
      if (!ownership) continue;
      ++turn;
      Appender appender(writer(*ownership));
      for (int i = 0; i < 20; ++i) {
        const dispatch::Sequence first = appender.next_seq();
        const dispatch::Sequence last = first + random.below(3);
        const std::string payload = std::to_string(id) + "/" + std::to_string(turn) + "/" + std::to_string(i);
        const AppendResult result = appender.append(first, last, payload);
        if (result != AppendResult::kCommitted) {
          fenced += result == AppendResult::kFenced ? 1 : 0;
          break;
        }
        std::lock_guard lock(mutex);
        EXPECT_TRUE(acknowledged.emplace(first, payload).second)
            << "two owners were both told 'committed' at " << first;
      }
    }
  };
  std::vector<std::thread> contenders;
  for (int id = 0; id < 3; ++id) contenders.emplace_back(contend, id);
  for (std::thread& each : contenders) each.join();

  std::map<dispatch::Sequence, std::string> stored;
  Reader(database, "w").read(0, Reader::kNoLimit, [&](const Batch& batch) {
    stored.emplace(batch.first_seq, std::string(batch.payload));
  });
  EXPECT_EQ(stored, acknowledged) << "in order, without a hole, nothing lost and nothing that was not acknowledged";
  EXPECT_GT(fenced, 0) << "or the test has shown nothing";
}

TEST_F(AppenderTest, LostAnswerIsUnknownNeverRetried) {
  Appender::Options options = writer(take_over());
  options.deadline = milliseconds(300);
  Appender appender(options);
  ASSERT_EQ(appender.append(1, 1, "x"), AppendResult::kCommitted);
  const pid_t backend = backend_of("WITH advanced%");
  ASSERT_EQ(kill(backend, SIGSTOP), 0);
  EXPECT_EQ(appender.append(2, 2, "y"), AppendResult::kUnknown);
  EXPECT_THAT(appender.error(), HasSubstr("no answer in time"));
  EXPECT_EQ(ask("SELECT count(*) FROM journal"), "1");
  ASSERT_EQ(kill(backend, SIGCONT), 0);
  EXPECT_TRUE(eventually([&] { return ask("SELECT count(*) FROM journal") == "2"; })) << "unknown is not failed";
  EXPECT_EQ(appender.append(2, 2, "y"), AppendResult::kUnknown);
  EXPECT_EQ(ask("SELECT count(*) FROM journal"), "2");
}

TEST_F(AppenderTest, LostConnectionIsUnknown) {
  Appender appender(writer(take_over()));
  ask("SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE application_name = 'muster'"
      " AND datname = current_database()");
  EXPECT_EQ(appender.append(1, 1, "x"), AppendResult::kUnknown);
  EXPECT_EQ(appender.append(1, 1, "x"), AppendResult::kUnknown) << "and not tried on a new connection";
  EXPECT_EQ(ask("SELECT count(*) FROM journal"), "0");
}

TEST_F(AppenderTest, AbandonedAppendIsSeenByTheNextOwner) {
  Lease lease(candidate("a"));
  const auto ownership = lease.try_acquire();
  ASSERT_TRUE(ownership);
  Appender::Options options = writer(*ownership);
  options.deadline = milliseconds(300);
  Appender appender(options);
  pqxx::connection other(database);
  pqxx::work blocker(other);
  blocker.exec("SELECT FROM workspace FOR UPDATE");
  EXPECT_EQ(appender.append(1, 5, "x"), AppendResult::kUnknown);
  EXPECT_THROW(lease.try_acquire(), Unavailable) << "nobody takes over past it: it would be lost from sight";
  blocker.abort();
  EXPECT_TRUE(eventually([&] { return ask("SELECT count(*) FROM journal") == "1"; }));
  const auto next = lease.try_acquire();
  ASSERT_TRUE(next);
  EXPECT_EQ(next->next_seq, 6u);
}

TEST_F(AppenderTest, ErrorOfTheCommitItselfIsUnknown) {
  ask("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'late'; END $$;"
      "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON journal DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
      " EXECUTE FUNCTION refuse()");
  Appender appender(writer(take_over()));
  EXPECT_EQ(appender.append(1, 1, "x"), AppendResult::kUnknown) << "the statement's own answer had said INSERT 0 1";
  EXPECT_EQ(ask("SELECT count(*) FROM journal"), "0");
}

TEST_F(AppenderTest, WarningIsUnknown) {
  // As 'canceling wait for synchronous replication': the commit is there, its replication is not.
  ask("CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'not replicated'; RETURN NEW;"
      " END $$; CREATE TRIGGER warn BEFORE INSERT ON journal FOR EACH ROW EXECUTE FUNCTION warn()");
  Appender appender(writer(take_over()));
  EXPECT_EQ(appender.append(1, 1, "x"), AppendResult::kUnknown);
  EXPECT_THAT(appender.error(), HasSubstr("not replicated"));
}

TEST_F(AppenderTest, AcknowledgedBatchesSurviveACrashOfTheServer) {
  Appender appender(writer(take_over()));
  for (dispatch::Sequence seq = 1; seq <= 50; ++seq) {
    ASSERT_EQ(appender.append(seq, seq, std::string(seq * 1000, 'x')), AppendResult::kCommitted);
  }
  cluster.kill();
  EXPECT_EQ(appender.append(51, 51, "x"), AppendResult::kUnknown);
  cluster.start();
  EXPECT_EQ(Reader(database, "w").read(0, Reader::kNoLimit, [](const Batch&) {}), 50u);
}

}  // namespace
}  // namespace muster::journal
