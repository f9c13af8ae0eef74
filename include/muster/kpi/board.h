#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "muster/dispatch/event.h"
#include "muster/dispatch/state.h"
#include "muster/dispatch/types.h"

/// The floor as it is now, folded from events.
namespace muster::kpi {

/// What an agent is doing: the first that fits. The values are those of muster.v1.AgentActivity.
enum class Activity : std::uint8_t { kBusy = 1, kWrapUp = 2, kRinging = 3, kIdle = 4 };

/// Counted since midnight UTC, by the events' times.
struct QueueCounters {
  std::int64_t created = 0;
  std::int64_t answered = 0;  ///< accepted by an agent for the first time, and not lost by a failed setup
  std::int64_t answered_in_target = 0;
  std::int64_t abandoned = 0;  ///< the customer left unanswered
  std::int64_t abandoned_in_target = 0;
  std::int64_t completed = 0;
  std::int64_t ended_otherwise = 0;  ///< cancelled, expired, deflected, dropped; or the customer left once answered
  Duration total_answer_wait{};      ///< sum over the contacts answered
  std::int64_t estimated = 0;        ///< of them, those for which a wait had been estimated when they were queued
  Duration total_estimate_error{};   ///< sum of the differences between that and their wait, without sign
  Duration total_estimate_excess{};  ///< the same with sign: by how much the estimates were too long
  bool operator==(const QueueCounters&) const = default;
};

/// Counted since midnight UTC.
struct AgentCounters {
  std::int64_t answered = 0;
  std::int64_t missed = 0;
  bool operator==(const AgentCounters&) const = default;
};

/// Counted since midnight UTC, over all queues, those deleted meanwhile included.
struct TotalCounters {
  std::int64_t created = 0;
  std::int64_t answered = 0;
  std::int64_t abandoned = 0;
  std::int64_t completed = 0;
  std::int64_t offers = 0;
  std::int64_t offers_missed = 0;
  std::int64_t offers_declined = 0;
  bool operator==(const TotalCounters&) const = default;
};

/// One queue. Meaning of the fields: muster.v1.QueueRow.
struct QueueRow {
  dispatch::Sequence version = 0;  ///< sequence of its last change
  dispatch::QueueHandle queue{};
  std::string queue_id;
  std::string display_name;
  dispatch::Channel channel{};
  std::string tenant_id;
  std::int32_t waiting = 0;
  std::int32_t ringing = 0;
  std::int32_t in_hand = 0;
  std::optional<TimePoint> oldest_queue_time;
  QueueCounters counters;
};

/// One agent with a session, connected or lost. Meaning of the fields: muster.v1.AgentRow.
struct AgentRow {
  dispatch::Sequence version = 0;  ///< sequence of its last change
  dispatch::AgentHandle agent{};
  std::string agent_id;
  std::string display_name;
  dispatch::Presence presence = dispatch::Presence::kOffline;
  dispatch::Presence next_presence{};  ///< Presence{}: none was chosen
  Activity activity = Activity::kIdle;
  TimePoint since;
  std::int32_t in_hand = 0;
  std::int32_t ringing = 0;
  bool connected = false;
  AgentCounters counters;
};

/// The workspace. Meaning of the fields: muster.v1.Totals.
struct Totals {
  std::int32_t waiting = 0;
  std::int32_t ringing = 0;
  std::int32_t in_hand = 0;
  std::int32_t scheduled = 0;
  std::int32_t agents_signed_in = 0;  ///< have a session and are not OFFLINE
  std::int32_t agents_available = 0;
  std::int32_t agents_idle = 0;
  TotalCounters counters;
  bool operator==(const Totals&) const = default;
};

/// What a snapshot of the engine's state does not hold of the board. Goes with the StateImage of the same sequence.
struct BoardCounters {
  struct Queue {
    dispatch::QueueHandle queue{};
    QueueCounters counters;
    bool operator==(const Queue&) const = default;
  };
  struct Agent {
    dispatch::AgentHandle agent{};
    TimePoint since;  ///< AgentRow::since
    AgentCounters counters;
    bool operator==(const Agent&) const = default;
  };

  std::int64_t day = 0;  ///< that the counters are of: days since the Unix epoch
  TotalCounters totals;
  std::vector<Queue> queues;  ///< all, sorted by handle
  std::vector<Agent> agents;  ///< those signed in or with counts, sorted by handle
  bool operator==(const BoardCounters&) const = default;
};

/// What changed on the board. The rows are the board's own: they hold until its next change.
struct BoardChanges {
  bool snapshot = false;           ///< everything is here; what was known before is void
  dispatch::Sequence version = 0;  ///< ask for the changes after this one next
  std::vector<const QueueRow*> queues;
  std::vector<const AgentRow*> agents;
  std::vector<std::string> removed_queue_ids;  ///< deleted
  std::vector<std::string> removed_agent_ids;  ///< no longer signed in
  Totals totals;
};

/// The board: queues, agents who are signed in, and totals, kept from events alone. Each event costs about the same,
/// whatever the size of the floor; only the first event of a day touches every row. Not thread-safe.
class Board {
 public:
  /// Removals remembered, of queues and of agents each; who is further behind gets a snapshot.
  static constexpr std::size_t kRemovalsMax = 10'000;

  Board();
  ~Board();
  Board(Board&&) noexcept;
  Board& operator=(Board&&) noexcept;

  /// Takes the next event of the journal.
  void apply(const dispatch::Event& event);

  /// The rows changed by events after `version`, in the order of their last change; everything, as a snapshot, if
  /// `version` is 0 or below oldest_delta_version(). Costs what it gives. With a tenant: its queues only, and totals
  /// over those that exist, of what their rows count; for which it looks at every queue.
  [[nodiscard]] BoardChanges changes_after(dispatch::Sequence version, bool include_agents,
                                           const std::string& tenant_id = {}) const;

  /// The sequence of the last event applied.
  [[nodiscard]] dispatch::Sequence version() const;
  /// The lowest version whose changes are still known.
  [[nodiscard]] dispatch::Sequence oldest_delta_version() const;
  [[nodiscard]] const Totals& totals() const;
  /// Null if there is no such queue.
  [[nodiscard]] const QueueRow* queue(dispatch::QueueHandle queue) const;
  /// Null if the agent is not signed in.
  [[nodiscard]] const AgentRow* agent(dispatch::AgentHandle agent) const;

  [[nodiscard]] BoardCounters image() const;
  /// Starts anew from an engine's state and the counters stored with it. Nothing before it is known as a change.
  void restore(const dispatch::StateImage& state, const BoardCounters& counters);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace muster::kpi
