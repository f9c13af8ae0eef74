#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "muster/base/time.h"
#include "muster/dispatch/engine.h"
#include "muster/dispatch/types.h"

/// Why a contact waits and why an agent does not get it, worked out by the rules that decide (src/dispatch/rules.h).
namespace muster::dispatch {

/// What keeps an agent from being offered a contact: first what the agent is to the contact, then what the agent does
/// now, then what holds the contact back.
enum class Obstacle : std::uint8_t {
  kNone = 1,          ///< nothing; the contact itself may not be waiting
  kSkill = 2,         ///< lacks a skill
  kLevel = 3,         ///< has it below the minimum
  kExcluded = 4,      ///< is excluded from the contact
  kCoolDown = 5,      ///< refused it a short while ago, or declined it three times
  kChannel = 6,       ///< could not have a contact of the channel even if carrying nothing
  kSuspended = 7,     ///< is SUSPENDED
  kSignedOff = 8,     ///< has no session, or is OFFLINE
  kNotAvailable = 9,  ///< is on a break, not responding or about to leave, or the connection is lost
  kCapacity = 10,     ///< has too few free units, or the most contacts of the channel
  kCondition = 11,    ///< meets none of the alternatives of a condition
  kPreferred = 12,    ///< the contact waits for another agent, alone
  kPaused = 13,       ///< the queue is paused
  kReserve = 14,      ///< the queue leaves as many agents idle as there are now
};
inline constexpr std::size_t kObstacleCount = 15;  // indexes 1..14; 0 stays unused

/// How one agent stands to one contact.
struct Standing {
  Obstacle obstacle = Obstacle::kNone;
  SkillRequirement required;            ///< kSkill, kLevel: the first requirement that fails
  std::vector<SkillTest> alternatives;  ///< kCondition: the first of which none is met
  std::uint8_t level = 0;               ///< kLevel: what the agent has
  TimePoint cool_down_until;            ///< kCoolDown: its end; epoch: for good
  std::uint32_t used_units = 0;         ///< of the agent's capacity
  /// Since the last change of what the agent carries, or the return to AVAILABLE; empty if never AVAILABLE so far.
  std::optional<Duration> idle;
  /// What speaks for the agent, where the step in force prefers; empty too if never AVAILABLE so far.
  std::optional<Score> score;
};

/// What a contact's way to an agent hangs on.
struct Prospects {
  Conditions asked;  ///< by the policy (of a preferred agent by its gates, else by the step too) and by the contact
  PoolSet closed_pools = 0;                            ///< of the step's, if it names pools
  std::optional<TimePoint> next_step;                  ///< when its policy moves on, while it is queued
  std::array<std::uint32_t, kObstacleCount> agents{};  ///< all agents that there are, by Obstacle
  std::optional<TimePoint> next_cool_down;             ///< when the first of those in cool-down is free again
};

/// REQUIRES: the contact is the engine's, and the prospects are the contact's. `now` is not before the engine's last
/// event.
Standing standing_of(const Engine& engine, const Contact& contact, const Prospects& prospects, const Agent& agent,
                     TimePoint now);

/// How the agent whom the contact is offered to would stand to it, had the offer not been made. REQUIRES: as above.
Standing standing_before(const Engine& engine, const Offer& offer, const Prospects& prospects, TimePoint now);

/// Looks at every agent, some 80 ns each: 5 ms for 60,000. REQUIRES: as above.
Prospects prospects_of(const Engine& engine, const Contact& contact, TimePoint now);

/// How many waiting contacts of one queue one thing keeps from an agent.
struct WaitingCount {
  QueueHandle queue{};
  Standing standing;  ///< of the agent to each of them, without times and score
  std::uint32_t contacts = 0;
};

/// What an agent could have.
struct AgentProspects {
  /// What keeps every contact from the agent, whatever waits: kSuspended, kSignedOff, kNotAvailable, kCapacity if there
  /// is room on no channel; else kNone.
  Obstacle obstacle = Obstacle::kNone;
  PerChannel<std::uint32_t> room{};   ///< contacts of one channel that would still fit
  std::vector<WaitingCount> waiting;  ///< by queue, then by obstacle
  std::uint32_t left_out = 0;         ///< contacts that wait as well, and were too many to look at
};

/// Looks at so many waiting contacts at most, some 300 ns each, and at every queue.
inline constexpr std::uint32_t kContactsLookedAtMax = 20'000;
AgentProspects prospects_of(const Engine& engine, const Agent& agent, TimePoint now);

}  // namespace muster::dispatch
