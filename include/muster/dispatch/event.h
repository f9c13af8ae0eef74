#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "muster/dispatch/types.h"

/// What happened. Events are the truth: the state is what Engine::apply makes of them, in order, and nothing else.
/// Each event about a contact names its queue, so that a fold needs no other source.
namespace muster::dispatch {

/// A new owner serves the workspace from here on. Every session is lost from this moment.
struct WorkspaceOpened {
  std::uint64_t epoch = 0;
  std::string owner;
};
/// The hash of the state before this event.
struct StateHashed {
  std::uint64_t hash = 0;
};

struct SkillPut {
  SkillHandle skill{};
  SkillSpec spec;
};
struct SkillDeleted {
  SkillHandle skill{};
};
struct PolicyPut {
  PolicyHandle policy{};
  PolicySpec spec;
};
struct PolicyDeleted {
  PolicyHandle policy{};
};
struct QueuePut {
  QueueHandle queue{};
  QueueSpec spec;
};
struct QueueDeleted {
  QueueHandle queue{};
};
struct AgentPut {
  AgentHandle agent{};
  AgentSpec spec;
};
struct AgentDeleted {
  AgentHandle agent{};
};
struct SettingsPut {
  Settings settings;
};

struct ContactCreated {
  ContactId contact{};
  QueueHandle queue{};
  std::uint8_t priority = 0;
  std::vector<SkillRequirement> requirements;  ///< sorted by skill
  std::vector<AgentHandle> excluded;           ///< sorted
  ContactDetailsPtr details;                   ///< never null
  TimePoint due;                               ///< its age counts from here; after the event's time: scheduled
  TimePoint expires;
  AgentHandle preferred{};  ///< waits for this agent alone, at first
  TimePoint preferred_until;
  Duration estimated_wait{};  ///< 0: none was worked out, or an agent was free
};
/// A scheduled contact became due.
struct ContactQueued {
  ContactId contact{};
  QueueHandle queue{};
  Duration estimated_wait{};  ///< likewise
};
struct ContactStepChanged {
  ContactId contact{};
  QueueHandle queue{};
  std::uint16_t step = 0;
  bool skipped = false;  ///< before its time, because nobody signed in could match the step before
};
struct ContactEscalated {
  ContactId contact{};
  QueueHandle queue{};
  std::uint8_t priority = 0;
};
/// Somebody gave the contact another priority.
struct ContactPrioritySet {
  ContactId contact{};
  QueueHandle queue{};
  std::uint8_t priority = 0;
};
/// It has waited for as long as its policy bounds, and goes before all that have not.
struct ContactStarving {
  ContactId contact{};
  QueueHandle queue{};
};
/// From now on the waiting contact is for one agent alone.
struct ContactAssigned {
  ContactId contact{};
  QueueHandle queue{};
  AgentHandle preferred{};
  TimePoint until;
  std::string reason;
};
/// The contact waits for its preferred agent no more, but for any.
struct ContactReleased {
  ContactId contact{};
  QueueHandle queue{};
  AgentHandle preferred{};
  std::string reason;
};

struct OfferMade {
  OfferId offer{};
  ContactId contact{};
  QueueHandle queue{};
  AgentHandle agent{};
  TimePoint expires;
  Explanation explanation;
};
struct OfferAccepted {
  OfferId offer{};
  ContactId contact{};
  QueueHandle queue{};
  AgentHandle agent{};
  Duration waited{};  ///< since the contact was due
  bool first = true;  ///< nobody had accepted the contact before, but for failed setups
};
/// An open offer ended without acceptance; the contact is queued again with its age, unless it rings on at others.
/// kDeclined and kTimedOut count as refusals; kTimedOut as missed by the agent.
struct OfferEnded {
  OfferId offer{};
  ContactId contact{};
  QueueHandle queue{};
  AgentHandle agent{};
  OfferState state{};
  std::string reason;
  bool rings_on = false;  ///< other offers of the contact are open still
};

struct ContactHeld {
  ContactId contact{};
  QueueHandle queue{};
  AgentHandle agent{};
  bool interrupted = false;  ///< not by the agent, but for what is offered next: comes back when there is room
};
struct ContactResumed {
  ContactId contact{};
  QueueHandle queue{};
  AgentHandle agent{};
};
/// The contact waits in `queue` with its age. An agent who held it gets the cool-down.
struct ContactTransferred {
  ContactId contact{};
  QueueHandle from{};
  QueueHandle queue{};
  AgentHandle agent{};  ///< who held it, if anyone
  std::string reason;
};
/// Taken from an agent without the agent's will: to the front of the queue.
struct ContactRequeued {
  ContactId contact{};
  QueueHandle queue{};
  AgentHandle agent{};
  OfferId failed_offer{};  ///< set if the accepted offer's setup failed: that offer is kSetupFailed now
  std::string reason;
};
struct ContactWrapUpStarted {
  ContactId contact{};
  QueueHandle queue{};
  AgentHandle agent{};
  TimePoint until;
};
struct ContactCompleted {
  ContactId contact{};
  QueueHandle queue{};
  AgentHandle agent{};
  std::string disposition;
};
/// Ended as kAbandoned, kCancelled, kExpired, kDeflected or kDropped.
struct ContactEnded {
  ContactId contact{};
  QueueHandle queue{};
  AgentHandle agent{};  ///< who held it, if anyone
  ContactState state{};
  Duration waited{};  ///< since it was due; 0 if it never was
  std::string reason;
};

struct SessionOpened {
  AgentHandle agent{};
  SessionId session{};
  bool resumed = false;  ///< on another stream; the one before need not have been lost
};
struct SessionLost {
  AgentHandle agent{};
  SessionId session{};
};
/// Signed off, replaced by another session, or lost for longer than resume_grace.
struct SessionEnded {
  AgentHandle agent{};
  SessionId session{};
  std::string reason;
};
struct PresenceChanged {
  AgentHandle agent{};
  Presence presence{};
  std::string reason;
  TimePoint until;          ///< epoch: until a person acts
  std::uint8_t misses = 0;  ///< missed offers in a row after this event
  NextPresence next{};
};

/// Pools of the queue's policy opened or closed, or a supervisor took hold of them or let go.
struct PoolsChanged {
  QueueHandle queue{};
  QueuePools pools;
};

/// Something became known of a contact, which may have ended long before.
struct ContactOutcomeRecorded {
  ContactId contact{};
  QueueHandle queue{};
  AgentHandle agent{};  ///< who had it last, if anyone
  TimePoint occurred;   ///< to that time it counts
  ContactOutcomeKind kind{};
  std::int64_t value = 0;
  std::string id;  ///< unique within the contact
};

/// The order of the alternatives is not stored; the codec gives each its own number.
using EventBody =
    std::variant<WorkspaceOpened, StateHashed, SkillPut, SkillDeleted, PolicyPut, PolicyDeleted, QueuePut, QueueDeleted,
                 AgentPut, AgentDeleted, SettingsPut, ContactCreated, ContactQueued, ContactStepChanged,
                 ContactEscalated, OfferMade, OfferAccepted, OfferEnded, ContactHeld, ContactResumed,
                 ContactTransferred, ContactRequeued, ContactWrapUpStarted, ContactCompleted, ContactEnded,
                 SessionOpened, SessionLost, SessionEnded, PresenceChanged, ContactPrioritySet, ContactStarving,
                 ContactAssigned, ContactReleased, PoolsChanged, ContactOutcomeRecorded>;

struct Event {
  Sequence sequence = 0;          ///< 1, 2, 3, … without a hole
  TimePoint time;                 ///< never before the previous event's
  RequestId request;              ///< of the command whose first event this is; nil for all others
  std::uint64_t fingerprint = 0;  ///< of that command; 0 if request is nil
  EventBody body;
};

}  // namespace muster::dispatch
