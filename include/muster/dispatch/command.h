#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "muster/dispatch/types.h"

/// What the engine can be asked to do. Identifiers are still the clients' strings; the engine resolves them.
/// Shape (ranges, sizes, syntax: the limits in muster/v1/*.proto) has been checked before; the engine checks what
/// depends on its state.
namespace muster::dispatch {

struct NamedSkillLevel {
  std::string skill;
  std::uint8_t level = 0;   ///< 0..100
  TimePoint valid_until{};  ///< epoch: for good
};

struct NamedRequirement {
  std::string skill;
  std::uint8_t min_level = 0;
  std::uint8_t max_level = kLevelMax;
  bool operator==(const NamedRequirement&) const = default;
};

/// As Predicate.
struct PredicateDraft {
  Predicate::Kind kind = Predicate::Kind::kAllOf;
  std::vector<PredicateDraft> parts{};
  NamedRequirement skill{};
  bool operator==(const PredicateDraft&) const = default;
};

/// As Preferences, but for the skill's name ("": none).
struct PreferencesDraft {
  Preferences weights{};
  std::string newcomers{};
  bool operator==(const PreferencesDraft&) const = default;
};

struct LendingDraft {
  Lending conditions{};  ///< but for the lender
  std::string lender{};  ///< "": none
  bool operator==(const LendingDraft&) const = default;
};
struct PoolDraft {
  std::string id;
  PredicateDraft members{};
  LendingDraft lending{};
  bool operator==(const PoolDraft&) const = default;
};

struct StepDraft {
  Duration after{};
  std::vector<NamedRequirement> requirements{};
  PredicateDraft where{};
  PreferencesDraft prefer{};
  std::vector<std::string> pools{};  ///< of the policy
  std::uint8_t offers = 1;
};

/// In the Change structs an empty optional leaves the field as it is; on creation, at its default.
struct PolicyChange {
  std::optional<std::string> display_name{};
  std::optional<std::vector<StepDraft>> steps{};
  std::optional<Duration> offer_timeout{};
  std::optional<Duration> priority_weight{};
  std::optional<Duration> refusal_cool_down{};
  std::optional<bool> auto_accept{};
  std::optional<PredicateDraft> gates{};
  std::optional<Duration> preferred_agent_wait{};
  std::optional<bool> strict_priority{};
  std::optional<bool> by_deadline{};
  std::optional<Duration> starvation_bound{};
  std::optional<std::vector<PoolDraft>> pools{};
};

struct QueueChange {
  std::optional<std::string> display_name{};
  std::optional<std::string> policy{};
  std::optional<Duration> service_level_target{};
  std::optional<Duration> wrap_up_limit{};
  std::optional<Duration> time_to_live{};
  std::optional<bool> paused{};
  std::optional<std::uint16_t> share{};
  std::optional<std::uint16_t> idle_reserve{};
  std::optional<std::string> reserve_skill{};  ///< "": all agents
  std::optional<ServiceLevelMethod> service_level_method{};
  std::optional<Duration> short_abandon{};
};

struct AgentChange {
  std::optional<std::string> display_name{};
  std::optional<std::vector<NamedSkillLevel>> skills{};
  std::optional<std::uint16_t> capacity_units{};
  std::optional<PerChannel<std::int16_t>> channel_limits{};
  std::optional<std::uint8_t> quality{};
  std::optional<std::uint8_t> cost{};
  std::optional<std::string> base{};  ///< "": none
  std::optional<std::string> team{};  ///< "": none
};

struct SettingsChange {
  PerChannel<std::uint16_t> channel_units{};  ///< 0 leaves the channel's cost as it is
  std::optional<Duration> resume_grace{};
  std::optional<Duration> contact_grace{};
  std::optional<Duration> first_miss_pause{};
  std::optional<Duration> second_miss_pause{};
  std::optional<std::uint16_t> escalate_after_refusals{};
  std::optional<std::uint16_t> escalation_priority{};
  std::optional<QueueOrder> queue_order{};
  std::optional<std::uint8_t> ramp_up_offers{};
  std::optional<PerChannel<ChannelSet>> interrupts{};
};

struct CreateSkill {
  std::string id;
  std::string display_name;
};
struct UpdateSkill {
  std::string id;
  std::optional<std::string> display_name;
};
struct DeleteSkill {
  std::string id;
};
struct CreatePolicy {
  std::string id;
  PolicyChange change;
};
struct UpdatePolicy {
  std::string id;
  PolicyChange change;
};
struct DeletePolicy {
  std::string id;
};
struct CreateQueue {
  std::string id;
  Channel channel = Channel::kVoice;
  QueueChange change;
  std::string tenant = kPlatformTenant;
};
struct UpdateQueue {
  std::string id;
  QueueChange change;
};
struct DeleteQueue {
  std::string id;
};
struct CreateAgent {
  std::string id;
  AgentChange change;
};
struct UpdateAgent {
  std::string id;
  AgentChange change;
};
struct DeleteAgent {
  std::string id;
};
struct UpdateSettings {
  SettingsChange change;
};
struct SuspendAgent {
  std::string id;
  bool suspended = true;
  std::string reason;
};

struct CreateContact {
  std::string queue{};
  std::uint8_t priority = 0;
  std::vector<NamedRequirement> requirements{};
  std::vector<std::string> excluded_agents{};
  ContactDetailsPtr details{};             ///< never null
  std::optional<TimePoint> due{};          ///< empty or past: now
  std::optional<Duration> time_to_live{};  ///< empty: the queue's
  std::string preferred_agent{};           ///< "": none
};

/// Ends a contact otherwise than by an agent's work. REQUIRES: state is kCancelled, kAbandoned or kDeflected.
struct EndContact {
  ContactId contact{};
  ContactState state = ContactState::kCancelled;
  std::string reason;
};
/// Moves a contact to a queue; an empty queue means its own.
struct TransferContact {
  ContactId contact{};
  std::string queue;
  std::string reason;
};

/// Gives a contact that nobody holds another priority.
struct PrioritizeContact {
  ContactId contact{};
  std::uint8_t priority = 0;
};
/// A waiting contact is for one agent alone, for a while.
struct AssignContact {
  ContactId contact{};
  std::string agent;
  std::optional<Duration> wait{};  ///< empty: the policy's preferred_agent_wait
  std::string reason;
};

enum class PoolHold : std::uint8_t {
  kNone = 1,    ///< opens and closes by its lending conditions
  kOpen = 2,    ///< stays open
  kClosed = 3,  ///< stays closed
};
/// A supervisor takes hold of a pool of a queue's policy, or lets go.
struct HoldPool {
  std::string queue;
  std::string pool;
  PoolHold hold = PoolHold::kNone;
};

/// Tells what became known of a contact, which has mostly ended by then: the journal keeps it, the engine nothing.
struct RecordContactOutcome {
  ContactId contact{};
  std::string queue;   ///< it was in last
  std::string agent;   ///< who had it last; "": nobody
  TimePoint occurred;  ///< when it ended: to that time it counts
  ContactOutcomeKind kind{};
  std::int64_t value = 0;
  std::string id;  ///< the caller's name for it, unique within the contact
};

/// Opens a session for an agent, or resumes the one named, on another stream. Takes over from an open one.
struct OpenSession {
  std::string agent;
  SessionId resume{};
};
/// The node says that a session's stream broke or fell silent.
struct LoseSession {
  SessionId session{};
};
/// The agent signs off in good order.
struct CloseSession {
  SessionId session{};
};
struct SetPresence {
  SessionId session{};
  Presence presence = Presence::kAvailable;
  std::string reason;
  bool next = false;  ///< when nothing is in hand any more
};
/// A supervisor does it for an agent who has a session.
struct SetAgentPresence {
  std::string agent;
  Presence presence = Presence::kAvailable;
  std::string reason;
  bool next = false;
};
struct AcceptOffer {
  SessionId session{};
  OfferId offer{};
};
struct DeclineOffer {
  SessionId session{};
  OfferId offer{};
  std::string reason;
};
struct ReportSetupFailure {
  SessionId session{};
  ContactId contact{};
  std::string reason;
};
struct HoldContact {
  SessionId session{};
  ContactId contact{};
};
struct ResumeContact {
  SessionId session{};
  ContactId contact{};
};
struct StartWrapUp {
  SessionId session{};
  ContactId contact{};
};
struct CompleteContact {
  SessionId session{};
  ContactId contact{};
  std::string disposition;
};
/// The agent hands the contact on; an empty queue means its own.
struct ReturnContact {
  SessionId session{};
  ContactId contact{};
  std::string queue;
  std::string reason;
};

/// A new owner takes over: the first command after every replay. All sessions count as lost from now on; it comes
/// before the deadlines that passed while nobody owned the workspace, so that nobody misses an offer by that.
/// REQUIRES: the epoch is not below that of the last owner.
struct OpenWorkspace {
  std::uint64_t epoch = 0;
  std::string owner;
};
/// Writes the hash of the state into the journal, for whoever replays it to compare.
struct RecordStateHash {};

using CommandBody =
    std::variant<CreateSkill, UpdateSkill, DeleteSkill, CreatePolicy, UpdatePolicy, DeletePolicy, CreateQueue,
                 UpdateQueue, DeleteQueue, CreateAgent, UpdateAgent, DeleteAgent, UpdateSettings, SuspendAgent,
                 CreateContact, EndContact, TransferContact, OpenSession, LoseSession, CloseSession, SetPresence,
                 AcceptOffer, DeclineOffer, ReportSetupFailure, HoldContact, ResumeContact, StartWrapUp,
                 CompleteContact, ReturnContact, OpenWorkspace, RecordStateHash, PrioritizeContact, AssignContact,
                 HoldPool, SetAgentPresence, RecordContactOutcome>;

struct Command {
  RequestId request;  ///< nil: not remembered
  CommandBody body;
  /// In whose name: queues and contacts of other tenants do not exist for it. Empty: the platform's, all do.
  std::string tenant{};
};

/// What came of a command. Closed list; api/ maps each to one canonical code and reason.
enum class Outcome : std::uint8_t {
  kOk,
  kRequestIdReused,
  kSkillNotFound,
  kPolicyNotFound,
  kQueueNotFound,
  kAgentNotFound,
  kContactNotFound,
  kOfferNotFound,
  kSessionNotFound,
  kSkillExists,
  kPolicyExists,
  kQueueExists,
  kAgentExists,
  kSkillInUse,
  kPolicyInUse,
  kQueueInUse,
  kAgentInUse,
  kAgentSuspended,
  kContactWrongState,  ///< Reply::contact_state says which
  kContactNotHeld,     ///< by the agent of the session
  kChannelMismatch,
  kOfferTaken,  ///< or ended otherwise
  kCapacityExceeded,
  kGraceTooShort,       ///< contact_grace below resume_grace; Reply::subject is the one to correct
  kContactLimit,        ///< Engine::kLiveContactsMax contacts have not ended
  kConditionTooLarge,   ///< a policy's condition has more than kTestsMax tests in normal form; Reply::subject: which
  kTooManyPreferences,  ///< policies prefer in more than Engine::kPreferencesMax different ways
  kPoolNotFound,        ///< in the policy
  kAgentUnfit,          ///< the agent could not have the contact whatever else; Reply::subject names the agent
  kPoolInUse,           ///< a step of the policy names the pool that was left out
  kAgentSignedOff,      ///< the agent has no session
  kTenantMismatch,      ///< the queue is another tenant's than the contact
};

struct Reply {
  Outcome outcome = Outcome::kOk;
  std::string subject;    ///< the identifier that an error is about
  Sequence sequence = 0;  ///< of the command's first event
  std::uint64_t id = 0;   ///< of the contact created or the session opened
  bool resumed = false;   ///< OpenSession: it is the session named
  ContactState contact_state{};
  [[nodiscard]] bool ok() const { return outcome == Outcome::kOk; }
};

}  // namespace muster::dispatch
