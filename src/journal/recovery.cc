#include "muster/journal/recovery.h"

#include <algorithm>
#include <utility>

#include "muster/journal/codec.h"
#include "muster/journal/error.h"

namespace muster::journal {
namespace {

/// How many batches to read past the last event wanted, at worst.
constexpr std::uint64_t kBatchesPerRead = 1024;

Folded load_snapshot(Source& source, dispatch::Sequence at_most, Recovered& recovered) {
  while (std::optional<StoredSnapshot> stored = source.snapshot(at_most)) {
    const std::string label = "snapshot at event " + std::to_string(stored->last_seq);
    try {
      Snapshot snapshot = decode_snapshot(stored->payload);
      // Checked first: what was damaged may name what is not there, and no engine can be made from that.
      const bool whole = is_intact(stored->payload) && dispatch::state_hash(snapshot.state) == stored->state_hash;
      if (whole && snapshot.state.last_sequence == stored->last_seq) {
        recovered.engine = dispatch::Engine(std::move(snapshot.state));
        recovered.snapshot_seq = stored->last_seq;
        return std::move(snapshot.folded);
      }
      recovered.warnings.push_back(label + " passed over: its checksum or state hash differs from the one recorded");
    } catch (const Corrupt& error) {
      recovered.warnings.push_back(label + " passed over: " + error.what());
    }
    if (stored->last_seq == 0) break;
    at_most = stored->last_seq - 1;
  }
  return {};
}

}  // namespace

Recovered recover(Source& source, dispatch::Sequence last_seq, const RecoveryObserver& observer) {
  Recovered recovered;
  dispatch::Engine& engine = recovered.engine;
  const Folded folded = load_snapshot(source, last_seq, recovered);
  if (observer.started) observer.started(engine, folded);
  const auto replay = [&](const Batch& batch) {
    std::vector<dispatch::Event> replayed;
    decode_events(batch.payload, [&](dispatch::Event& event) {
      if (event.sequence <= engine.last_sequence() || event.sequence > last_seq) return;
      if (!engine.apply(event)) {
        throw Corrupt("event " + std::to_string(event.sequence) +
                      " cannot follow the state before it, or records another state hash");
      }
      ++recovered.events_replayed;
      if (observer.replayed) replayed.push_back(std::move(event));
    });
    if (engine.last_sequence() != std::min(batch.last_seq, last_seq)) {
      throw Corrupt("batch " + std::to_string(batch.first_seq) + " holds other events than its row says");
    }
    if (observer.replayed) observer.replayed(std::move(replayed));
  };
  while (engine.last_sequence() < last_seq) {
    const dispatch::Sequence before = engine.last_sequence();
    if (source.read(before, kBatchesPerRead, replay) == before) {
      throw Corrupt("journal ends at event " + std::to_string(before) + ", but event " + std::to_string(last_seq) +
                    " was written");
    }
  }
  return recovered;
}

}  // namespace muster::journal
