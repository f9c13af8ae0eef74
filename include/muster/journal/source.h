#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "muster/dispatch/types.h"

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

/// Where the journal of one workspace is read from.
class Source {
 public:
  virtual ~Source() = default;

  /// Gives, in order, at most `limit` batches that hold events after `after_seq`, and returns the last sequence given
  /// (after_seq if there is nothing new: ask again later). The first batch may begin with events up to after_seq; skip
  /// them.
  ///
  /// Throws Corrupt if the sequence has a hole, an epoch falls, or the journal ends before after_seq, which means that
  /// acknowledged events were lost. Throws Unavailable if the store fails. What `visit` throws passes through.
  virtual dispatch::Sequence read(dispatch::Sequence after_seq, std::uint64_t limit,
                                  const std::function<void(const Batch&)>& visit) = 0;

  /// The newest snapshot taken at or before event `at_most`, if any is stored. Throws Unavailable.
  virtual std::optional<StoredSnapshot> snapshot(dispatch::Sequence at_most) = 0;
};

}  // namespace muster::journal
