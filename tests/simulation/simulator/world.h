#pragma once

#include <cstdint>

#include "auditor.h"
#include "faults.h"
#include "muster/base/random.h"
#include "schedule.h"
#include "store.h"

namespace muster::simulator {

/// What all parts of one run share.
struct World {
  World(std::uint64_t seed, bool trace) : random(seed), auditor(trace) {}

  [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return random.below(bound); }
  [[nodiscard]] bool one_in(std::uint64_t chances) { return below(chances) == 0; }
  [[nodiscard]] Duration between(Duration least, Duration most) {
    return least + Duration(static_cast<std::int64_t>(below(static_cast<std::uint64_t>((most - least).count()) + 1)));
  }

  Random random;
  Schedule schedule;
  Faults faults{random};
  Auditor auditor;
  Store store{[this](auto first_seq, const auto& row) { auditor.appended(first_seq, row); }};
  std::uint64_t commands = 0;   ///< that an engine carried out for a client
  std::uint64_t takeovers = 0;  ///< terms that began, but for the first
  std::uint64_t fenced = 0;     ///< appends of owners who had been replaced
};

}  // namespace muster::simulator
