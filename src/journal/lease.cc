#include "muster/journal/lease.h"

#include <time.h>

#include "muster/base/thread_name.h"
#include "pg_connection.h"

namespace muster::journal {
namespace {

constexpr const char* kInsert = "INSERT INTO workspace (id) VALUES ($1) ON CONFLICT DO NOTHING";
constexpr const char* kRead = "SELECT epoch FROM workspace WHERE id = $1";
// The session lock of one epoch of one workspace. Its owner holds it from before the epoch begins.
constexpr const char* kTryLock = "SELECT pg_try_advisory_lock(hashtextextended($1::text || ':' || $2::bigint, 0))";
constexpr const char* kUnlock = "SELECT pg_advisory_unlock(hashtextextended($1::text || ':' || $2::bigint, 0))";
constexpr const char* kUnlockAll = "SELECT pg_advisory_unlock_all()";
constexpr const char* kTakeOver =
    "UPDATE workspace SET epoch = epoch + 1, owner = $3,"
    " lease_until = clock_timestamp() + $4::bigint * interval '1 millisecond'"
    " WHERE id = $1 AND epoch = $2 AND (lease_until < clock_timestamp() OR $5::bigint = 1) RETURNING epoch, next_seq";
constexpr const char* kRenew =
    "UPDATE workspace SET lease_until = clock_timestamp() + $3::bigint * interval '1 millisecond'"
    " WHERE id = $1 AND epoch = $2";
constexpr const char* kRelease = "UPDATE workspace SET lease_until = '-infinity' WHERE id = $1 AND epoch = $2";

constexpr auto kTakeoverDeadline = std::chrono::seconds(3);

/// Nanoseconds on a clock that nobody sets and that does not stop while the machine sleeps.
std::int64_t boot_ns() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

std::uint64_t milliseconds(std::chrono::milliseconds span) { return static_cast<std::uint64_t>(span.count()); }

}  // namespace

Lease::Lease(Options options) : options_(std::move(options)) {}

Lease::~Lease() { release(); }

bool Lease::valid() const noexcept { return boot_ns() < valid_until_ns_.load(std::memory_order_relaxed); }

void Lease::mark_renewed(std::int64_t sent_ns) noexcept {
  const std::chrono::nanoseconds span = options_.valid_for;
  valid_until_ns_.store(sent_ns + span.count(), std::memory_order_relaxed);
}

void Lease::connect() {
  if (connection_) return;
  connection_ =
      std::make_unique<pg::Connection>(options_.connection, "SET statement_timeout = 0; SET synchronous_commit = on");
  session_lock_held_ = false;
}

std::optional<Ownership> Lease::try_acquire() {
  stop_renewing();
  valid_until_ns_ = 0;
  try {
    connect();
    const auto deadline = pg::Clock::now() + kTakeoverDeadline;
    const auto ask = [&](const char* sql, const auto&... parameters) {
      return connection_->execute(sql, pg::Parameters(parameters...), deadline);
    };
    const std::string& id = options_.workspace;
    ask(kUnlockAll);
    ask(kInsert, id);
    const std::uint64_t epoch = ask(kRead, id).number(0, 0);

    const bool no_rival = ask(kTryLock, id, epoch + 1).truth(0, 0);
    if (!no_rival) return std::nullopt;
    const std::uint64_t owner_gone = ask(kTryLock, id, epoch).truth(0, 0) ? 1 : 0;
    if (owner_gone == 1) ask(kUnlock, id, epoch);
    // A takeover behind a frozen append waits for its row lock: give up and let the caller try again. The wait for the
    // commit's replication is never cut short. A renewal waits: to give up would be to give the workspace away, for the
    // session lock goes with the connection.
    ask(("SET lock_timeout = " + std::to_string(milliseconds(options_.valid_for) / 2)).c_str());
    const std::int64_t sent_ns = boot_ns();
    const pg::Result taken = ask(kTakeOver, id, epoch, options_.owner, milliseconds(options_.time_to_live), owner_gone);
    if (taken.rows() == 0) {
      ask(kUnlockAll);
      return std::nullopt;
    }
    ask("SET lock_timeout = 0");
    mark_renewed(sent_ns);
    session_lock_held_ = true;
    epoch_ = taken.number(0, 0);
    renewing_ = std::thread([this] { renew_until_stopped(); });
    name_thread(renewing_, "lease");
    return Ownership{epoch_, taken.number(0, 1)};
  } catch (const Unavailable&) {
    connection_.reset();
    throw;
  }
}

void Lease::renew_until_stopped() {
  std::unique_lock lock(mutex_);
  auto pause = options_.renew_every;
  while (!stop_.wait_for(lock, pause, [&] { return stopping_; })) {
    lock.unlock();
    pause = options_.renew_every;
    try {
      renew();
    } catch (const Unavailable&) {
      connection_.reset();
      pause = options_.renew_every / 10;
    }
    lock.lock();
  }
}

void Lease::renew() {
  connect();
  const std::int64_t sent_ns = boot_ns();
  const auto deadline = pg::Clock::now() + options_.valid_for;
  const std::string& id = options_.workspace;
  if (!session_lock_held_) {
    session_lock_held_ = connection_->execute(kTryLock, pg::Parameters(id, epoch_), deadline).truth(0, 0);
  }
  const pg::Parameters renewal(id, epoch_, milliseconds(options_.time_to_live));
  const bool ours = connection_->execute(kRenew, renewal, deadline).affected() == 1;
  if (ours) {
    mark_renewed(sent_ns);
  } else {
    valid_until_ns_ = 0;
  }
}

void Lease::stop_renewing() {
  if (!renewing_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  renewing_.join();
  stopping_ = false;
}

void Lease::release() noexcept {
  const bool held = renewing_.joinable();
  stop_renewing();
  valid_until_ns_ = 0;
  if (held && connection_) {
    try {
      connection_->execute(kRelease, pg::Parameters(options_.workspace, epoch_),
                           pg::Clock::now() + options_.renew_every);
    } catch (const Unavailable&) {
      // It expires by itself.
    }
  }
  connection_.reset();
}

}  // namespace muster::journal
