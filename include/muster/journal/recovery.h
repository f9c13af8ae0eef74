#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "muster/dispatch/engine.h"
#include "muster/journal/reader.h"

namespace muster::journal {

/// A workspace's state, brought back from its journal.
struct Recovered {
  dispatch::Engine engine;
  dispatch::Sequence snapshot_seq = 0;  ///< the snapshot it started from; 0: from the beginning
  std::uint64_t events_replayed = 0;
  std::vector<std::string> warnings;  ///< snapshots that were passed over, and why: a person should look
};

/// Loads the newest snapshot that proves to be whole, by its hash, and replays what follows, up to and with event
/// next_seq - 1. Throws Corrupt if the journal has a hole, ends elsewhere, holds an event that cannot follow or that
/// this release does not know, or if a recorded state hash differs; Unavailable if PostgreSQL fails.
Recovered recover(Reader& reader, dispatch::Sequence next_seq);

}  // namespace muster::journal
