#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "line.h"
#include "muster/dispatch/state.h"
#include "timers.h"

/// What the engine keeps of each thing: the facts (public, journaled), and beside them what is derived from the
/// facts so that nothing needs to be searched.
namespace muster::dispatch {

struct AgentRecord;
struct ContactRecord;
struct WaitingClass;

/// How far an agent is from getting another contact. Idle agents go before loaded ones.
enum class Load : std::uint8_t { kIdle = 0, kLoaded = 1, kNotReady = 2 };

/// Who comes first among those equally loaded: who has been without change for longest, were it not for merits that
/// count as idle time.
struct SeatKey {
  TimePoint since;
  std::uint64_t order = 0;
  auto operator<=>(const SeatKey&) const = default;
};

/// Which contact goes first: the lowest rank, then the oldest number.
struct WaitKey {
  std::int64_t rank = 0;
  ContactId contact{};
  auto operator<=>(const WaitKey&) const = default;
  [[nodiscard]] std::uint64_t salt() const { return raw(contact); }
};
using ContactLine = Line<ContactRecord*, WaitKey>;

struct alignas(64) AgentRecord {
  // Kept by AgentIndex.
  Load load = Load::kNotReady;  // by the facts
  Load row = Load::kNotReady;   // in which the agent sits: that of `load`, but for those about to choose
  bool signed_in = false;       // is in the sets of those signed in
  bool serving = false;         // is in the set of those who serve

  bool about_to_choose = false;  // may take more than before, and has not yet been offered what waits
  bool interruptible = false;    // may be for more than before, likewise
  std::uint32_t exclusions = 0;  // live contacts that exclude the agent
  Timer timer;
  Timer skill_expiry;

  Agent agent;
};

struct ContactRecord {
  Contact contact;

  // Kept by WaitingIndex, while the contact is queued.
  ContactLine::Place place;
  WaitingClass* waiting_class = nullptr;
  bool settled = false;  // nobody could take it, and whoever becomes able to will look for contacts

  Timer timer;
};

struct SkillRecord {
  Skill skill;
  std::uint32_t uses = 0;  // policies, agents and live contacts that name it
};
struct PolicyRecord {
  Policy policy;
  std::vector<Conditions> asked;   // by step, whatever the contact, were all pools open
  std::vector<std::size_t> plans;  // by step: the seat plan by number
  Conditions asked_of_preferred;
  std::uint32_t uses = 0;  // queues
};
struct QueueRecord {
  Queue queue;
  std::uint32_t waiting = 0;      // contacts that are queued
  std::vector<Conditions> asked;  // by step, whatever the contact, with the pools that are open
  Timer timer;
};

inline const std::string& id_of(const AgentRecord& record) { return record.agent.spec.id; }
inline const std::string& id_of(const SkillRecord& record) { return record.skill.spec.id; }
inline const std::string& id_of(const PolicyRecord& record) { return record.policy.spec.id; }
inline const std::string& id_of(const QueueRecord& record) { return record.queue.spec.id; }

}  // namespace muster::dispatch
