#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "muster/dispatch/types.h"
#include "muster/journal/lease.h"

namespace muster::journal {

/// One batch as it lies in the journal.
struct Batch {
  dispatch::Sequence first_seq = 0;
  dispatch::Sequence last_seq = 0;
  std::uint64_t epoch = 0;   ///< of the owner who appended it
  std::string_view payload;  ///< for decode_events(); lives as long as the call that gives it
};

/// A snapshot as it lies in the database.
struct StoredSnapshot {
  dispatch::Sequence last_seq = 0;
  std::uint64_t epoch = 0;  ///< of the owner who wrote it
  std::uint64_t state_hash = 0;
  std::string payload;  ///< for decode_snapshot()
};

/// Reads one workspace's journal: to replay it, and to follow it. Connects when first used and after an error.
/// Not thread-safe.
class Reader {
 public:
  Reader(std::string connection, std::string workspace);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  static constexpr std::uint64_t kNoLimit = std::numeric_limits<std::int64_t>::max() - 1;

  /// Gives, in order, at most `limit` batches that hold events after `after_seq`, and returns the last sequence given
  /// (after_seq if there is nothing new: ask again later). The first batch may begin with events up to after_seq; skip
  /// them. Batches arrive one by one: memory does not grow with the journal.
  ///
  /// Throws Corrupt if the sequence has a hole, an epoch falls, or the journal ends before after_seq, which means that
  /// acknowledged events were lost. Throws Unavailable if the server is silent for 10 s or fails. What `visit` throws
  /// passes through.
  dispatch::Sequence read(dispatch::Sequence after_seq, std::uint64_t limit,
                          const std::function<void(const Batch&)>& visit);

  /// The newest snapshot taken at or before event `at_most`, if any is stored. Throws Unavailable.
  std::optional<StoredSnapshot> snapshot(dispatch::Sequence at_most = kNewest);
  static constexpr dispatch::Sequence kNewest = std::numeric_limits<std::int64_t>::max();

 private:
  pg::Connection& connection();

  const std::string connection_string_;
  const std::string workspace_;
  std::unique_ptr<pg::Connection> connection_;
};

}  // namespace muster::journal
