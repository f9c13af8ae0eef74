#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "muster/base/time.h"

namespace muster::theory {

/// Callers of one kind: a queue of their own, and a skill that its contacts ask for.
struct CallerClass {
  double per_hour = 0;
  std::uint8_t priority = 0;
};

/// A floor as queueing theory draws it. All times but those of the run are exponential.
struct Floor {
  std::vector<CallerClass> classes;
  /// For each agent, the classes that the agent can serve, as indexes.
  std::vector<std::vector<std::size_t>> agents;
  double handle_seconds = 0;
  double patience_seconds = std::numeric_limits<double>::infinity();
};

/// One replication. Callers who call in [warm_up, warm_up + measured) count; the others keep the floor as busy as it
/// is in steady state, before them and until the last of them is answered or gone.
struct Run {
  std::uint64_t seed = 0;
  Duration warm_up{};
  Duration measured{};
};

/// What became of the callers who count.
struct Tally {
  std::uint64_t callers = 0;
  std::uint64_t abandoned = 0;
  std::uint64_t served_in_time = 0;  ///< an agent within Result::kInTime
  double waited_seconds = 0;         ///< by all of them, also those who left

  [[nodiscard]] double mean_wait() const { return waited_seconds / static_cast<double>(callers); }
  [[nodiscard]] double share_abandoned() const { return share(abandoned); }
  [[nodiscard]] double share_served_in_time() const { return share(served_in_time); }
  [[nodiscard]] double share(std::uint64_t part) const {
    return static_cast<double>(part) / static_cast<double>(callers);
  }
  Tally& operator+=(const Tally& other);
};

struct Result {
  static constexpr Duration kInTime = std::chrono::seconds(20);

  std::vector<Tally> classes;
  /// For each agent, the share of the measured time spent with callers.
  std::vector<double> occupancy;
  /// Empty if the engine did nothing but what such a floor asks of it, is consistent, and holds nothing at the end.
  std::string fault;

  [[nodiscard]] Tally total() const;
};

/// Plays one replication on a dispatch engine of its own. The same floor and run give the same result; two floors
/// with the same classes and the same run get the same callers, with the same work and patience, at the same times.
Result simulate(const Floor& floor, const Run& run);

}  // namespace muster::theory
