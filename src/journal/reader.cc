#include "muster/journal/reader.h"

#include "pg_connection.h"

namespace muster::journal {
namespace {

// From the batch that holds the last event already known, without its payload: the next one must continue it.
constexpr const char* kRead =
    "SELECT first_seq, last_seq, epoch, CASE WHEN last_seq > $2::bigint THEN payload END FROM journal"
    " WHERE workspace = $1 AND first_seq >="
    " coalesce((SELECT max(first_seq) FROM journal WHERE workspace = $1 AND first_seq <= $2::bigint), 0)"
    " ORDER BY first_seq LIMIT $3::bigint + 1";
constexpr const char* kSnapshot =
    "SELECT last_seq, epoch, state_hash, payload FROM snapshot WHERE workspace = $1 AND last_seq <= $2::bigint"
    " ORDER BY last_seq DESC LIMIT 1";
constexpr auto kProgressLimit = std::chrono::seconds(10);

/// Lets batches pass only in unbroken order.
class Continuity {
 public:
  Continuity(const std::string& workspace, dispatch::Sequence after_seq)
      : workspace_(workspace), after_seq_(after_seq) {}

  void check(const Batch& batch) {
    const bool first = last_seq_ == 0;
    if (first ? batch.first_seq > after_seq_ + 1 : batch.first_seq != last_seq_ + 1) {
      fail("has a hole: event " + std::to_string(first ? after_seq_ + 1 : last_seq_ + 1) + " is missing before " +
           std::to_string(batch.first_seq));
    }
    if (batch.epoch < epoch_) {
      fail("goes back from epoch " + std::to_string(epoch_) + " to " + std::to_string(batch.epoch) + " at event " +
           std::to_string(batch.first_seq));
    }
    last_seq_ = batch.last_seq;
    epoch_ = batch.epoch;
  }

  void check_end() const {
    if (last_seq_ < after_seq_) {
      fail("ends at event " + std::to_string(last_seq_) + ", but event " + std::to_string(after_seq_) +
           " was acknowledged before: it has been lost");
    }
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw Corrupt("journal of " + workspace_ + " " + what); }

  const std::string& workspace_;
  const dispatch::Sequence after_seq_;
  dispatch::Sequence last_seq_ = 0;
  std::uint64_t epoch_ = 0;
};

}  // namespace

Reader::Reader(std::string connection, std::string workspace)
    : connection_string_(std::move(connection)), workspace_(std::move(workspace)) {}

Reader::~Reader() = default;

pg::Connection& Reader::connection() {
  if (!connection_) {
    // The key's index is always the way to go, whatever the statistics of a table that grows fast say.
    connection_ = std::make_unique<pg::Connection>(
        connection_string_, "SET statement_timeout = 0; SET enable_seqscan = off; SET enable_bitmapscan = off");
  }
  return *connection_;
}

dispatch::Sequence Reader::read(dispatch::Sequence after_seq, std::uint64_t limit,
                                const std::function<void(const Batch&)>& visit) {
  dispatch::Sequence given = after_seq;
  std::uint64_t left = limit;
  Continuity continuity(workspace_, after_seq);
  try {
    connection().stream(kRead, pg::Parameters(workspace_, after_seq, limit), kProgressLimit,
                        [&](const pg::Result& row) {
                          const Batch batch{row.number(0, 0), row.number(0, 1), row.number(0, 2), row.bytes(0, 3)};
                          continuity.check(batch);
                          if (batch.last_seq <= after_seq || left == 0) return;
                          visit(batch);
                          given = batch.last_seq;
                          --left;
                        });
    continuity.check_end();
  } catch (...) {
    connection_.reset();  // rows may still be under way
    throw;
  }
  return given;
}

std::optional<StoredSnapshot> Reader::snapshot(dispatch::Sequence at_most) {
  std::optional<StoredSnapshot> newest;
  try {
    connection().stream(kSnapshot, pg::Parameters(workspace_, at_most), kProgressLimit, [&](const pg::Result& row) {
      newest = {row.number(0, 0), row.number(0, 1), row.number(0, 2), std::string(row.bytes(0, 3))};
    });
  } catch (const Unavailable&) {
    connection_.reset();
    throw;
  }
  return newest;
}

}  // namespace muster::journal
