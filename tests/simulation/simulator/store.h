#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "muster/base/time.h"
#include "muster/journal/lease.h"
#include "muster/journal/source.h"

namespace muster::simulator {

/// What PostgreSQL does for one workspace, statement by statement, without a delay or fault of its own: the lease, the
/// fenced append, snapshots. The statements are those of src/journal.
class Store : public journal::Source {
 public:
  struct Row {
    dispatch::Sequence last_seq = 0;
    std::uint64_t epoch = 0;
    std::string payload;
  };

  /// `appended`: called with each row that was inserted, at once.
  explicit Store(std::function<void(dispatch::Sequence first_seq, const Row&)> appended)
      : appended_(std::move(appended)) {}

  // --- the lease ---

  /// Gives `server` the workspace unless another one's lease holds.
  std::optional<journal::Ownership> take_over(int server, Duration now);
  /// False if the epoch is over.
  bool renew(std::uint64_t epoch, Duration now);
  /// The connection of the owner's lease is gone, and its session lock with it, if `server` is the owner.
  void lose_connection(int server);

  // --- the journal ---

  /// False: fenced, nothing was written.
  bool append(std::uint64_t epoch, dispatch::Sequence first_seq, dispatch::Sequence last_seq, std::string_view payload);
  /// False: refused, as the epoch is over or the journal does not hold that event.
  bool write_snapshot(std::uint64_t epoch, dispatch::Sequence last_seq, std::uint64_t state_hash, std::string payload);

  dispatch::Sequence read(dispatch::Sequence after_seq, std::uint64_t limit,
                          const std::function<void(const journal::Batch&)>& visit) override;
  std::optional<journal::StoredSnapshot> snapshot(dispatch::Sequence at_most) override;

  [[nodiscard]] std::uint64_t epoch() const { return epoch_; }
  [[nodiscard]] dispatch::Sequence last_seq() const { return next_seq_ - 1; }
  /// Null if no row begins there.
  [[nodiscard]] const Row* row(dispatch::Sequence first_seq) const;
  void forget_snapshots() { snapshots_.clear(); }

 private:
  const std::function<void(dispatch::Sequence, const Row&)> appended_;
  std::map<dispatch::Sequence, Row> rows_;  // by first_seq, the primary key
  std::map<dispatch::Sequence, journal::StoredSnapshot> snapshots_;
  std::uint64_t epoch_ = 0;
  dispatch::Sequence next_seq_ = 1;
  int owner_ = -1;
  Duration lease_until_{};
  bool session_lock_held_ = false;
};

}  // namespace muster::simulator
