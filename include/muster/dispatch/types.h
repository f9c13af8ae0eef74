#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "muster/base/time.h"

/// The vocabulary of the engine. Everything here is plain data without behaviour.
///
/// Identifiers that clients choose are strings; inside the engine each resource has a handle, a small number given
/// in the order of creation, never used again after deletion. Zero is no handle.
namespace muster::dispatch {

using Sequence = std::uint64_t;
enum class SkillHandle : std::uint32_t { kNone = 0 };
enum class PolicyHandle : std::uint32_t { kNone = 0 };
enum class QueueHandle : std::uint32_t { kNone = 0 };
enum class AgentHandle : std::uint32_t { kNone = 0 };
enum class ContactId : std::uint64_t { kNone = 0 };
enum class OfferId : std::uint64_t { kNone = 0 };
enum class SessionId : std::uint64_t { kNone = 0 };

/// The number inside a handle or identifier.
template <typename Handle>
constexpr auto raw(Handle handle) {
  return static_cast<std::underlying_type_t<Handle>>(handle);
}

/// Stored in the journal: do not change the values.
enum class Channel : std::uint8_t { kVoice = 1, kChat = 2, kEmail = 3, kSocial = 4, kTicket = 5, kTask = 6 };
inline constexpr std::size_t kChannelCount = 7;  // indexes 1..6; 0 stays unused

/// One number per channel, indexed by the channel.
template <typename T>
using PerChannel = std::array<T, kChannelCount>;

/// Stored in the journal: do not change the values. The life of a contact is drawn in docs/routing.md.
enum class ContactState : std::uint8_t {
  kScheduled = 1,
  kQueued = 2,
  kOffered = 3,
  kActive = 4,
  kHeld = 5,
  kWrapUp = 6,
  kCompleted = 7,
  kAbandoned = 8,
  kCancelled = 9,
  kExpired = 10,
  kDeflected = 11,
  kDropped = 12,
};
constexpr bool in_hand(ContactState state) {
  return state == ContactState::kActive || state == ContactState::kHeld || state == ContactState::kWrapUp;
}

/// Stored in the journal: do not change the values.
enum class OfferState : std::uint8_t {
  kOffered = 1,
  kAccepted = 2,
  kDeclined = 3,
  kTimedOut = 4,
  kWithdrawn = 5,
  kRescinded = 6,
  kRevoked = 7,
  kSetupFailed = 8,
};

/// Stored in the journal: do not change the values.
enum class Presence : std::uint8_t { kOffline = 1, kAvailable = 2, kBreak = 3, kNotResponding = 4, kSuspended = 5 };

/// What made the engine look for a match. Stored in the journal: do not change the values.
enum class Trigger : std::uint8_t {
  kContactQueued = 1,
  kAgentFree = 2,
  kStep = 3,
  kCoolDown = 4,
  kConfiguration = 5,
};

/// A test that an agent must pass to get a contact, in the order of testing. Stored: do not change the values.
enum class Gate : std::uint8_t { kSkill = 1, kLevel = 2, kExcluded = 3, kCoolDown = 4, kCapacity = 5 };
inline constexpr std::size_t kGateCount = 6;  // indexes 1..5; 0 stays unused

struct SkillLevel {
  SkillHandle skill{};
  std::uint8_t level = 0;  ///< 0..100
  bool operator==(const SkillLevel&) const = default;
};

struct SkillRequirement {
  SkillHandle skill{};
  std::uint8_t min_level = 0;  ///< 0..100; 0 means at any level
  auto operator<=>(const SkillRequirement&) const = default;
};

struct SkillSpec {
  std::string id;
  std::string display_name;
  bool operator==(const SkillSpec&) const = default;
};

struct PolicyStep {
  Duration after{};                            ///< since the contact became due
  std::vector<SkillRequirement> requirements;  ///< all must hold
  bool operator==(const PolicyStep&) const = default;
};

struct PolicySpec {
  std::string id;
  std::string display_name;
  std::vector<PolicyStep> steps;  ///< 1..16; the first has after = 0, each later one more
  Duration offer_timeout = std::chrono::seconds(20);
  Duration priority_weight = std::chrono::seconds(60);    ///< waiting that one point of priority is worth
  Duration refusal_cool_down = std::chrono::seconds(60);  ///< before the same agent gets the contact again
  bool auto_accept = false;
  bool operator==(const PolicySpec&) const = default;
};

struct QueueSpec {
  std::string id;
  std::string display_name;
  Channel channel = Channel::kVoice;
  PolicyHandle policy{};
  Duration service_level_target = std::chrono::seconds(20);
  Duration wrap_up_limit{};  ///< 0: no wrap-up
  Duration time_to_live = std::chrono::hours(24);
  bool operator==(const QueueSpec&) const = default;
};

struct AgentSpec {
  static constexpr std::int16_t kNoLimit = -1;

  std::string id;
  std::string display_name;
  std::vector<SkillLevel> skills;  ///< sorted by handle, no skill twice
  std::uint16_t capacity_units = 100;
  PerChannel<std::int16_t> channel_limits{kNoLimit, kNoLimit, kNoLimit, kNoLimit, kNoLimit, kNoLimit, kNoLimit};
  bool operator==(const AgentSpec&) const = default;
};

/// The defaults of a workspace. Meaning and limits: muster.v1.WorkspaceSettings.
struct Settings {
  PerChannel<std::uint16_t> channel_units{0, 100, 34, 20, 20, 20, 25};
  Duration resume_grace = std::chrono::seconds(15);
  Duration contact_grace = std::chrono::seconds(60);
  Duration first_miss_pause = std::chrono::seconds(30);
  Duration second_miss_pause = std::chrono::minutes(5);
  std::uint16_t escalate_after_refusals = 5;
  std::uint16_t escalation_priority = 10;
  bool operator==(const Settings&) const = default;
};

/// What the engine carries for the tenant without interpreting it. Immutable once made, hence shared.
struct ContactDetails {
  std::string customer_ref;
  std::string display_name;
  std::vector<std::pair<std::string, std::string>> attributes;  ///< sorted by key
  bool operator==(const ContactDetails&) const = default;
};
using ContactDetailsPtr = std::shared_ptr<const ContactDetails>;

/// Why an agent got an offer. Meaning of the fields: muster.v1.OfferExplanation.
struct Explanation {
  Trigger trigger = Trigger::kContactQueued;
  std::uint16_t step = 0;
  std::uint32_t considered = 0;
  std::array<std::uint32_t, kGateCount> rejected{};  ///< indexed by Gate
  Duration waited{};
  Duration idle{};
  AgentHandle runner_up{};
  Duration runner_up_idle{};
  bool operator==(const Explanation&) const = default;
};

/// The caller's request id, a UUID. Nil for what nobody asked for (timers, consequences).
struct RequestId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  [[nodiscard]] bool is_nil() const { return high == 0 && low == 0; }
  bool operator==(const RequestId&) const = default;
};

}  // namespace muster::dispatch
