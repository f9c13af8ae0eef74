#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "faults.h"

namespace muster::simulator {

/// What one seed brought about.
struct Outcome {
  struct Broken {
    std::string rule;
    std::string what;
    std::uint64_t step;
  };

  std::uint64_t commands = 0;
  std::uint64_t events = 0;
  std::uint64_t takeovers = 0;
  std::uint64_t fenced = 0;  ///< appends that came too late
  FaultCounts faults{};
  std::uint64_t digest = 0;  ///< the same for the same seed
  std::optional<Broken> broken;
};

/// Plays one seed: anything goes wrong that its faults allow, then everything heals and must drain. `trace`: print the
/// journal as it is written.
Outcome run(std::uint64_t seed, bool trace);

}  // namespace muster::simulator
