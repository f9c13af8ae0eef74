#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "muster/dispatch/engine.h"
#include "muster/journal/codec.h"
#include "muster/journal/source.h"

namespace muster::journal {

/// A workspace's state, brought back from its journal.
struct Recovered {
  dispatch::Engine engine;
  dispatch::Sequence snapshot_seq = 0;  ///< the snapshot it started from; 0: from the beginning
  std::uint64_t events_replayed = 0;
  std::vector<std::string> warnings;  ///< snapshots that were passed over, and why: a person should look
};

/// Others that are brought back along with the engine. Either may be empty.
struct RecoveryObserver {
  /// Called once, before any event: where the replay starts from. The snapshot's state has moved into the engine.
  std::function<void(const dispatch::Engine&, const Folded&)> started;
  /// Called for each batch of the journal, after the engine took its events.
  std::function<void(std::vector<dispatch::Event>&&)> replayed;
};

/// Loads the newest snapshot up to event `last_seq` that proves to be whole, by its hash, and replays what follows, up
/// to and with that event. Throws Corrupt if the journal has a hole, ends before, holds an event that cannot follow or
/// that this release does not know, or if a recorded state hash differs; Unavailable if the store fails.
Recovered recover(Source& source, dispatch::Sequence last_seq, const RecoveryObserver& observer = {});

}  // namespace muster::journal
