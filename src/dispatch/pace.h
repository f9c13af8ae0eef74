#pragma once

#include <cstdint>
#include <optional>

#include "muster/dispatch/state.h"

/// How fast a queue moves, learned from its own contacts, and how long one waits in it: pure functions, in integers.
namespace muster::dispatch {

/// What one contact adds to a count of QueuePace, so that halving a count loses nothing to speak of.
inline constexpr std::uint64_t kPaceUnit = 1024;
/// Once so many contacts were handled, or have ended their waiting, all that is known of that counts half.
inline constexpr std::uint64_t kPaceHandledMax = 512;
inline constexpr std::uint64_t kPaceWaitsMax = 1024;
/// No wait is estimated to be longer.
inline constexpr Duration kEstimateMax = std::chrono::hours(24);

/// A contact took an agent's units in `state` for so long.
void note_busy(QueuePace& pace, ContactState state, Duration time);
/// A contact left an agent who had served it.
void note_handled(QueuePace& pace);
/// A contact had waited for so long when it was accepted, left, or ended otherwise.
void note_waited(QueuePace& pace, Duration waited, bool abandoned);

/// What a contact keeps an agent busy for, from the first offer to the end; none if nothing was handled yet.
std::optional<Duration> mean_busy_time(const QueuePace& pace);
/// What of it its offers take.
Duration mean_answer_time(const QueuePace& pace);
/// What callers have of patience: the time waited by all, over those who left. None if nobody did.
std::optional<Duration> mean_patience(const QueuePace& pace);

/// Contacts, in parts of kPaceUnit.
using Share = std::uint64_t;

/// The mean wait until an agent is free for a contact that has `ahead` others before it, who may lose patience, and all
/// of `servers` busy: the sum of 1 / (servers / busy + i / patience) for i = 0 to ahead. With equal and exponential
/// times it is exact for M/M/s and M/M/s+M. REQUIRES: servers > 0.
Duration mean_wait(Duration busy, std::optional<Duration> patience, std::uint64_t servers, Share ahead);

}  // namespace muster::dispatch
