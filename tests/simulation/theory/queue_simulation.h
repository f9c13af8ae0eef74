#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "muster/base/time.h"
#include "muster/dispatch/engine.h"

namespace muster::theory {

/// Callers of one kind: a queue of their own, and a skill that its contacts ask for.
struct CallerClass {
  double per_hour = 0;
  std::uint8_t priority = 0;
  std::uint16_t share = 0;         ///< of the queue
  std::uint16_t idle_reserve = 0;  ///< likewise
  /// Nobody calls: these are tasks, of which some wait at any time. They lose no patience.
  bool unlimited = false;
  /// Waits for this agent alone, however long.
  std::optional<std::size_t> preferred_agent{};
};

/// A floor as queueing theory draws it. All times but those of the run are exponential.
struct Floor {
  std::vector<CallerClass> classes;
  /// For each agent, the classes that the agent can serve, as indexes.
  std::vector<std::vector<std::size_t>> agents;
  double handle_seconds = 0;
  double patience_seconds = std::numeric_limits<double>::infinity();
  /// For each agent, how much of the work of `handle_seconds` is done in that time; empty: all of it by everybody. Ten
  /// times as much is the agent's quality, and the agent's cost.
  std::vector<double> speeds{};
  dispatch::Preferences prefer{};
  dispatch::QueueOrder queue_order = dispatch::QueueOrder::kRank;
  /// By PolicySpec::strict_priority. Else by a point of priority that is worth more than anybody waits.
  bool strict_priority = false;
};

/// When every replication begins.
inline constexpr TimePoint kMorning{std::chrono::hours(24 * 365 * 50)};

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
  std::uint64_t had_to_wait = 0;     ///< no agent at once
  std::uint64_t served_in_time = 0;  ///< an agent within Result::kInTime
  double waited_seconds = 0;         ///< by all of them, also those who left

  [[nodiscard]] double mean_wait() const { return waited_seconds / static_cast<double>(callers); }
  [[nodiscard]] double share_waiting() const { return share(had_to_wait); }
  [[nodiscard]] double share_abandoned() const { return share(abandoned); }
  [[nodiscard]] double share_served_in_time() const { return share(served_in_time); }
  [[nodiscard]] double share(std::uint64_t part) const {
    return static_cast<double>(part) / static_cast<double>(callers);
  }
  Tally& operator+=(const Tally& other);
};

struct Result {
  static constexpr Duration kInTime = std::chrono::seconds(20);

  /// Of unlimited tasks: `callers` are those that an agent began in the measured time, and nothing else is told.
  std::vector<Tally> classes;
  /// For each agent, the share of the measured time spent with callers.
  std::vector<double> occupancy;
  /// Empty if the engine did nothing but what such a floor asks of it, is consistent, and holds nothing at the end.
  std::string fault;

  [[nodiscard]] Tally total() const;
};

/// Plays one replication on a dispatch engine of its own. The same floor and run give the same result; two floors
/// with the same classes, none of them unlimited, and the same run get the same callers, with the same work and
/// patience, at the same times.
/// `watch`, if given, sees every event from the start, and the engine as the event's command left it.
using Watch = std::function<void(const dispatch::Event&, const dispatch::Engine&)>;
Result simulate(const Floor& floor, const Run& run, const Watch& watch = {});

}  // namespace muster::theory
