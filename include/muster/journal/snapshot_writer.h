#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "muster/dispatch/types.h"
#include "muster/journal/lease.h"

namespace muster::journal {

/// Stores snapshots of one workspace, on a connection of its own, and keeps the newest three. Connects when first
/// used and after an error. Not thread-safe.
class SnapshotWriter {
 public:
  SnapshotWriter(std::string connection, std::string workspace);
  ~SnapshotWriter();
  SnapshotWriter(const SnapshotWriter&) = delete;
  SnapshotWriter& operator=(const SnapshotWriter&) = delete;

  /// Stores the state after event `last_seq`, encoded by encode_snapshot(). Refused (false) unless `epoch` is still
  /// the workspace's and the journal holds that event: a stale owner's state may rest on events that were never
  /// committed. Throws Unavailable.
  bool write(std::uint64_t epoch, dispatch::Sequence last_seq, std::uint64_t state_hash, std::string_view payload);

 private:
  const std::string connection_string_;
  const std::string workspace_;
  std::unique_ptr<pg::Connection> connection_;
};

}  // namespace muster::journal
