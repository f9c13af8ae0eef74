#include <fstream>
#include <iostream>
#include <set>

#include "floor.h"
#include "muster/journal/codec.h"

namespace {

/// Until every kind of event has happened.
std::string record(muster::testing::Floor& floor) {
  std::string payload;
  std::set<std::size_t> kinds;
  while (kinds.size() < std::variant_size_v<muster::dispatch::EventBody>) {
    floor.step();
    for (const muster::dispatch::Event& event : floor.take()) {
      kinds.insert(event.body.index());
      muster::journal::encode_event(event, payload);
    }
  }
  return payload;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "record_golden DIR VERSION: writes DIR/VERSION.journal, .snapshot and .hash\n";
    return 2;
  }
  const std::string stem = std::string(argv[1]) + "/" + argv[2];
  muster::testing::Floor floor({.seed = 42, .agents = 4, .odd_per_mille = 400});
  std::ofstream(stem + ".journal", std::ios::binary) << record(floor);
  muster::journal::Snapshot snapshot;
  snapshot.state = floor.engine().image();
  std::ofstream(stem + ".snapshot", std::ios::binary) << muster::journal::encode_snapshot(snapshot);
  std::ofstream(stem + ".hash") << floor.engine().last_sequence() << " " << floor.engine().state_hash() << "\n";
}
