#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "muster/base/tenant.h"
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

/// One bit for each channel.
using ChannelSet = std::uint8_t;
constexpr ChannelSet bit_of(Channel channel) { return static_cast<ChannelSet>(1U << static_cast<unsigned>(channel)); }

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

/// How a queue's service level is reckoned: which contacts count, and which of them as served in time. What the methods
/// are called elsewhere: docs/metrics.md. Stored in the journal: do not change the values.
enum class ServiceLevelMethod : std::uint8_t {
  kAbandonedInTargetServed = 1,   ///< (answered in target + abandoned in target) / (answered + abandoned)
  kAnsweredOnly = 2,              ///< answered in target / answered
  kStrict = 3,                    ///< answered in target / (answered + abandoned)
  kAbandonedInTargetIgnored = 4,  ///< answered in target / (answered + abandoned after the target)
  kShortAbandonServed = 5,        ///< (answered in target + abandoned short) / (answered + abandoned)
  kShortAbandonIgnored = 6,       ///< answered in target / (answered + abandoned, but for short ones)
  kLeftInTarget = 7,              ///< left the queue in the target / left the queue, however they left
};

/// What became known of a contact beside its events. Stored in the journal: do not change the values.
enum class ContactOutcomeKind : std::uint8_t {
  kSurveySent = 1,   ///< the customer was asked; no value
  kCsat = 2,         ///< satisfaction, 1..5
  kNps = 3,          ///< readiness to recommend, 0..10
  kCes = 4,          ///< how easy it was, 1..7
  kResolved = 5,     ///< whether it was settled at once: 1 or 0
  kOrder = 6,        ///< an order that it led to: its amount in hundredths of the currency, below 0 when taken back
  kReactivated = 7,  ///< the customer, who was lost, is back; no value
  kCost = 8,         ///< what the contact cost, in hundredths of the currency
};

/// What an agent's presence becomes when nothing is in hand and nothing rings any more.
struct NextPresence {
  Presence presence{};  ///< Presence{}: nothing was chosen
  std::string reason{};
  [[nodiscard]] bool is_set() const { return presence != Presence{}; }
  bool operator==(const NextPresence&) const = default;
};

/// What made the engine look for a match. Stored in the journal: do not change the values.
enum class Trigger : std::uint8_t {
  kContactQueued = 1,
  kAgentFree = 2,
  kStep = 3,
  kCoolDown = 4,
  kConfiguration = 5,
};

/// A test that an agent must pass to get a contact. Stored: do not change the values.
enum class Gate : std::uint8_t { kSkill = 1, kLevel = 2, kExcluded = 3, kCoolDown = 4, kCapacity = 5, kCondition = 6 };
inline constexpr std::size_t kGateCount = 7;  // indexes 1..6; 0 stays unused

inline constexpr std::uint8_t kLevelMax = 100;

struct SkillLevel {
  SkillHandle skill{};
  std::uint8_t level = 0;  ///< 0..100
  TimePoint valid_until;   ///< from then on the agent has the skill no more; epoch: for good
  bool operator==(const SkillLevel&) const = default;
};

/// An agent meets it who has the skill, at a level within the bounds.
struct SkillRequirement {
  SkillHandle skill{};
  std::uint8_t min_level = 0;          ///< 0..100; 0 means at any level
  std::uint8_t max_level = kLevelMax;  ///< 0..100
  auto operator<=>(const SkillRequirement&) const = default;
};

/// A condition on an agent, as a tree of AND, OR and NOT over skills.
struct Predicate {
  /// Stored in the journal: do not change the values.
  enum class Kind : std::uint8_t { kAllOf = 1, kAnyOf = 2, kNot = 3, kSkill = 4 };

  Kind kind = Kind::kAllOf;      ///< without parts: everybody meets it
  std::vector<Predicate> parts;  ///< kAllOf: any number; kAnyOf: one or more; kNot: one; kSkill: none
  SkillRequirement skill;        ///< kSkill
  bool operator==(const Predicate&) const = default;
};

/// One alternative of a condition.
struct SkillTest {
  SkillRequirement requirement;
  bool negated = false;  ///< met by who does not meet the requirement
  auto operator<=>(const SkillTest&) const = default;
};

/// What an agent must be, in normal form: meets all requirements and, of each list of alternatives, one.
struct Conditions {
  std::vector<SkillRequirement> all;        ///< sorted, no skill twice
  std::vector<std::vector<SkillTest>> any;  ///< sorted, as is each list
  bool operator==(const Conditions&) const = default;
};

struct SkillSpec {
  std::string id;
  std::string display_name;
  bool operator==(const SkillSpec&) const = default;
};

/// What is preferred in an agent, beside having been without change for longest. Each weight is the idle time that one
/// point is worth; 0: does not count. With all at their defaults an idle agent goes before a loaded one, then the
/// longest without change first.
struct Preferences {
  Duration load{};        ///< a per cent of the capacity that is free; above 0: idle does not go before loaded as such
  Duration quality{};     ///< a point of AgentSpec::quality
  Duration cost{};        ///< a point less of AgentSpec::cost
  Duration specialist{};  ///< a skill fewer, whatever is asked for
  Duration fairness{};    ///< a contact fewer accepted per hour since signing on, as of the agent's last change
  Duration skill_fit{};   ///< a point of the mean level in the skills that step and contact list
  bool ignore_idle = false;           ///< the idle time itself counts in ties only
  SkillHandle newcomers{};            ///< agents with it go before all others with...
  std::uint8_t newcomer_percent = 0;  ///< ...so many of a hundred contacts; 0: with none
  bool operator==(const Preferences&) const = default;
};

/// What speaks for an agent by some preferences, part by part, as the idle time that it is worth. Below 0: against.
struct Score {
  Duration idle{};
  Duration load{};
  Duration quality{};
  Duration cost{};
  Duration specialist{};
  Duration fairness{};
  Duration skill_fit{};
  [[nodiscard]] Duration total() const { return idle + load + quality + cost + specialist + fairness + skill_fit; }
  bool operator==(const Score&) const = default;
};

/// When a pool of agents is lent to a queue. It opens while one of the things that count is so, the lender permitting,
/// and stays open for a minute at least. If none counts, it is open always.
struct Lending {
  Duration predicted_wait{};              ///< a contact that arrived now would wait longer; 0: does not count
  std::uint16_t waiting = 0;              ///< more contacts wait; 0: does not count
  std::uint8_t service_level = 0;         ///< fewer of a hundred were answered in the target of late; 0: does not count
  QueueHandle lender{};                   ///< only while of this queue's contacts...
  std::uint8_t lender_service_level = 0;  ///< ...so many of a hundred were, of late
  bool operator==(const Lending&) const = default;
};

/// Agents who are lent together.
struct Pool {
  std::string id;  ///< within its policy
  Predicate members;
  Lending lending;
  bool operator==(const Pool&) const = default;
};
inline constexpr std::size_t kPoolsMax = 8;
/// One bit for each pool of a policy, the first lowest.
using PoolSet = std::uint8_t;
static_assert(kPoolsMax <= 8 * sizeof(PoolSet));

/// The pools of a queue's policy.
struct QueuePools {
  PoolSet open = 0;
  PoolSet kept_open = 0;    ///< by a supervisor
  PoolSet kept_closed = 0;  ///< likewise
  bool operator==(const QueuePools&) const = default;
};

struct PolicyStep {
  Duration after{};                            ///< since the contact became due
  std::vector<SkillRequirement> requirements;  ///< all must hold
  Predicate where{};                           ///< holds as well
  Preferences prefer{};                        ///< of those who may
  PoolSet pools = 0;                           ///< agents of the open ones only; none: of any
  std::uint8_t offers = 1;                     ///< to how many agents at once: 1..kOffersMax
  bool operator==(const PolicyStep&) const = default;
};
/// A contact is offered to so many agents at once, at most.
inline constexpr std::uint8_t kOffersMax = 50;

struct PolicySpec {
  std::string id;
  std::string display_name;
  std::vector<PolicyStep> steps;  ///< 1..16; the first has after = 0, each later one more
  Duration offer_timeout = std::chrono::seconds(20);
  Duration priority_weight = std::chrono::seconds(60);    ///< waiting that one point of priority is worth
  Duration refusal_cool_down = std::chrono::seconds(60);  ///< before the same agent gets the contact again
  bool auto_accept = false;
  Predicate gates{};  ///< hold in every step, and for a preferred agent
  /// How long a contact waits for its preferred agent alone.
  Duration preferred_agent_wait = std::chrono::seconds(20);
  bool strict_priority = false;  ///< no waiting is worth a point of priority
  bool by_deadline = false;      ///< the contact goes first whose service level target passes first
  /// Past it a contact goes before all that are not; 0: never.
  Duration starvation_bound = std::chrono::minutes(30);
  std::vector<Pool> pools{};  ///< kPoolsMax at most
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
  bool paused = false;             ///< its contacts wait; none is offered
  std::uint16_t share = 0;         ///< weight among the queues with a share, as Settings::queue_order says; 0: none
  std::uint16_t idle_reserve = 0;  ///< its contacts leave as many agents idle, for others
  SkillHandle reserve_skill{};     ///< of the idle agents that count; kNone: all
  std::string tenant = kPlatformTenant;  ///< whose contacts wait here; never changes
  ServiceLevelMethod service_level_method = ServiceLevelMethod::kAbandonedInTargetIgnored;
  Duration short_abandon = std::chrono::seconds(5);  ///< who left after so little waiting did not really ask
  bool operator==(const QueueSpec&) const = default;
};

struct AgentSpec {
  static constexpr std::int16_t kNoLimit = -1;

  std::vector<SkillLevel> skills;  ///< sorted by handle, no skill twice
  std::uint16_t capacity_units = 100;
  std::uint8_t quality = 0;  ///< 0..100
  std::uint8_t cost = 0;     ///< 0..100
  PerChannel<std::int16_t> channel_limits{kNoLimit, kNoLimit, kNoLimit, kNoLimit, kNoLimit, kNoLimit, kNoLimit};
  std::string id;
  std::string display_name;
  std::string base{};  ///< the site or school that the agent belongs to, for reports; "": none
  std::string team{};  ///< the team, likewise
  bool operator==(const AgentSpec&) const = default;
};

/// How a free agent chooses between queues that have a share. Stored in the journal: do not change the values.
enum class QueueOrder : std::uint8_t {
  kRank = 1,   ///< not at all: the contact that goes first, whatever its queue
  kShare = 2,  ///< the queue that has been served least for its share
  kRatio = 3,  ///< the queue in which most wait for its share
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
  QueueOrder queue_order = QueueOrder::kRank;
  std::uint8_t ramp_up_offers = 0;  ///< the first so many after an agent was OFFLINE come one at a time
  /// What a contact of each channel interrupts if nobody is free: what agents have in hand of these, but calls.
  PerChannel<ChannelSet> interrupts{};
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
  Duration score{};            ///< the idle time that the chosen agent's merits amount to, if the step prefers any
  Duration runner_up_score{};  ///< likewise
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
