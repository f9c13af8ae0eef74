#include "muster/journal/recovery.h"

#include <limits>

#include "muster/journal/codec.h"
#include "muster/journal/error.h"

namespace muster::journal {
namespace {

void load_snapshot(Reader& reader, dispatch::Sequence next_seq, Recovered& recovered) {
  dispatch::Sequence at_most = next_seq - 1;
  while (const std::optional<StoredSnapshot> stored = reader.snapshot(at_most)) {
    const std::string label = "snapshot at event " + std::to_string(stored->last_seq);
    try {
      dispatch::Engine engine(decode_snapshot(stored->payload));
      if (engine.state_hash() == stored->state_hash && engine.last_sequence() == stored->last_seq) {
        recovered.engine = std::move(engine);
        recovered.snapshot_seq = stored->last_seq;
        return;
      }
      recovered.warnings.push_back(label + " passed over: its state hash differs from the one recorded with it");
    } catch (const Corrupt& error) {
      recovered.warnings.push_back(label + " passed over: " + error.what());
    }
    if (stored->last_seq == 0) return;
    at_most = stored->last_seq - 1;
  }
}

}  // namespace

Recovered recover(Reader& reader, dispatch::Sequence next_seq) {
  Recovered recovered;
  load_snapshot(reader, next_seq, recovered);
  dispatch::Engine& engine = recovered.engine;
  const auto replay = [&](const Batch& batch) {
    decode_events(batch.payload, [&](dispatch::Event& event) {
      if (event.sequence <= recovered.snapshot_seq) return;
      if (!engine.apply(event)) {
        throw Corrupt("event " + std::to_string(event.sequence) +
                      " cannot follow the state before it, or records another state hash");
      }
      ++recovered.events_replayed;
    });
    if (engine.last_sequence() != batch.last_seq) {
      throw Corrupt("batch " + std::to_string(batch.first_seq) + " holds other events than its row says");
    }
  };
  const dispatch::Sequence last = reader.read(recovered.snapshot_seq, Reader::kNoLimit, replay);
  if (last != next_seq - 1) {
    throw Corrupt("journal ends at event " + std::to_string(last) + ", but event " + std::to_string(next_seq) +
                  " is to be appended next");
  }
  return recovered;
}

}  // namespace muster::journal
