#include "muster/journal/lease.h"

#include <atomic>
#include <vector>

#include "journal_fixture.h"
#include "muster/journal/error.h"

namespace muster::journal {
namespace {

using std::chrono::milliseconds;
using LeaseTest = JournalTest;

TEST_F(LeaseTest, FirstOwnerStartsAtTheFirstEvent) {
  Lease lease(candidate("a"));
  const auto ownership = lease.try_acquire();
  ASSERT_TRUE(ownership);
  EXPECT_EQ(ownership->epoch, 1u);
  EXPECT_EQ(ownership->next_seq, 1u);
  EXPECT_TRUE(lease.valid());
  EXPECT_EQ(ask("SELECT owner FROM workspace WHERE id = 'w'"), "a");
}

TEST_F(LeaseTest, HeldLeaseIsNotGivenToAnother) {
  Lease owner(candidate("a"));
  ASSERT_TRUE(owner.try_acquire());
  Lease other(candidate("b"));
  EXPECT_FALSE(other.try_acquire());
  EXPECT_FALSE(other.valid());
  EXPECT_EQ(ask("SELECT epoch FROM workspace"), "1");
}

TEST_F(LeaseTest, TakeoverRaisesTheEpoch) {
  Lease first(candidate("a"));
  ASSERT_TRUE(first.try_acquire());
  first.release();
  EXPECT_FALSE(first.valid());
  Lease second(candidate("b"));
  const auto ownership = second.try_acquire();
  ASSERT_TRUE(ownership) << "released: no need to wait for the expiry";
  EXPECT_EQ(ownership->epoch, 2u);
}

TEST_F(LeaseTest, OwnerOfOneWorkspaceDoesNotHoldAnother) {
  Lease::Options other = candidate("b");
  other.workspace = "v";
  Lease first(candidate("a"));
  Lease second(other);
  EXPECT_TRUE(first.try_acquire());
  EXPECT_TRUE(second.try_acquire());
}

TEST_F(LeaseTest, DeadOwnerIsReplacedAtOnce) {
  Lease dead(candidate("a"));
  ASSERT_TRUE(dead.try_acquire());
  ask("SELECT pg_terminate_backend(" + std::to_string(backend_of("SET lock_timeout = 0%")) + ", 60000)");
  Lease next(candidate("b"));
  const auto ownership = next.try_acquire();
  ASSERT_TRUE(ownership) << "its session lock is gone, though its lease has an hour to run";
  EXPECT_EQ(ownership->epoch, 2u);
}

TEST_F(LeaseTest, FrozenOwnerIsReplacedWhenItsLeaseExpires) {
  Lease::Options options = candidate("a", milliseconds(300));
  options.valid_for = milliseconds(200);
  Lease frozen(options);
  ASSERT_TRUE(frozen.try_acquire());
  Lease next(candidate("b"));
  EXPECT_TRUE(eventually([&] { return next.try_acquire().has_value(); }));
  EXPECT_FALSE(frozen.valid()) << "it must have stopped to read before anyone else could write";
}

TEST_F(LeaseTest, FrozenOwnersSessionLockDoesNotProtectItsSuccessor) {
  Lease frozen(candidate("a", milliseconds(1)));
  ASSERT_TRUE(frozen.try_acquire());
  Lease next(candidate("b"));
  ASSERT_TRUE(eventually([&] { return next.try_acquire().has_value(); }));
  frozen.release();
  Lease third(candidate("c"));
  EXPECT_FALSE(third.try_acquire()) << "the lock that came free was that of an epoch gone by";
}

TEST_F(LeaseTest, RenewalExtendsTheLease) {
  Lease::Options options = candidate("a");
  options.renew_every = milliseconds(20);
  Lease lease(options);
  ASSERT_TRUE(lease.try_acquire());
  const std::string before = ask("SELECT lease_until FROM workspace");
  EXPECT_TRUE(eventually([&] { return ask("SELECT lease_until FROM workspace") != before; }));
}

TEST_F(LeaseTest, RenewalOutlivesALostConnection) {
  Lease::Options options = candidate("a");
  options.renew_every = milliseconds(20);
  Lease lease(options);
  ASSERT_TRUE(lease.try_acquire());
  ask("SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE application_name = 'muster'"
      " AND datname = current_database()");
  const std::string before = ask("SELECT lease_until FROM workspace");
  EXPECT_TRUE(eventually([&] { return ask("SELECT lease_until FROM workspace") != before; }));
  EXPECT_TRUE(eventually([&] {
    Lease other(candidate("b"));
    return !other.try_acquire();
  })) << "and it has its session lock again";
  EXPECT_EQ(ask("SELECT epoch FROM workspace"), "1");
}

TEST_F(LeaseTest, RenewalThatWaitsForALockKeepsTheSessionLock) {
  Lease::Options options = candidate("a");
  options.valid_for = milliseconds(2'000);
  options.renew_every = milliseconds(20);
  Lease lease(options);
  ASSERT_TRUE(lease.try_acquire());
  const std::string holder =
      "SELECT string_agg(pid::text, ',') FROM pg_locks WHERE locktype = 'advisory'"
      " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
  const std::string before = ask(holder);
  ask("BEGIN; SELECT 1 FROM workspace FOR UPDATE; SELECT pg_sleep(1.3); COMMIT");  // as a slow append does
  EXPECT_EQ(ask(holder), before);
}

TEST_F(LeaseTest, ReplacedOwnerLearnsThatItsLeaseIsLost) {
  Lease::Options options = candidate("a");
  options.valid_for = kNever;
  options.renew_every = milliseconds(20);
  Lease lease(options);
  ASSERT_TRUE(lease.try_acquire());
  take_over();
  EXPECT_TRUE(eventually([&] { return !lease.valid(); }));
}

TEST_F(LeaseTest, OwnerCanStartAnew) {
  Lease lease(candidate("a"));
  ASSERT_TRUE(lease.try_acquire());
  const auto again = lease.try_acquire();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->epoch, 2u);
}

TEST_F(LeaseTest, OneOfManyCandidatesWins) {
  std::atomic<int> winners = 0;
  std::atomic<int> asked = 0;
  std::vector<std::thread> candidates;
  for (int i = 0; i < 8; ++i) {
    candidates.emplace_back([&, i] {
      Lease lease(candidate(std::to_string(i)));
      if (lease.try_acquire()) ++winners;
      ++asked;
      while (asked < 8) std::this_thread::yield();
    });
  }
  for (std::thread& each : candidates) each.join();
  EXPECT_EQ(winners, 1);
}

TEST_F(LeaseTest, UnreachableDatabaseIsReported) {
  Lease::Options options = candidate("a");
  options.connection = "host=/nowhere";
  Lease lease(options);
  EXPECT_THROW(lease.try_acquire(), Unavailable);
}

}  // namespace
}  // namespace muster::journal
