#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "muster/dispatch/event.h"
#include "muster/dispatch/types.h"

/// What the engine knows, as others may read it. Only Engine::apply changes it.
namespace muster::dispatch {

/// What keeps one agent from getting one contact again: declined, missed, failed to set up or handed on.
struct Refusal {
  AgentHandle agent{};
  std::uint8_t count = 0;  ///< declines; 3 end it for this agent
  TimePoint until;         ///< end of the cool-down
  bool operator==(const Refusal&) const = default;
};

/// A contact that has not ended.
struct Contact {
  ContactId id{};
  QueueHandle queue{};
  ContactState state = ContactState::kQueued;
  std::uint8_t priority = 0;
  bool escalated = false;
  bool at_front = false;  ///< was taken from an agent: goes before all others
  bool answered = false;  ///< somebody accepted it, and the setup did not fail
  bool starving = false;  ///< waited longer than its policy bounds: goes before all that have not
  std::uint16_t step = 0;
  std::uint16_t refusal_count = 0;
  std::vector<SkillRequirement> requirements;
  std::vector<AgentHandle> excluded;
  std::vector<Refusal> refusals;
  ContactDetailsPtr details;
  TimePoint created;
  TimePoint due;
  TimePoint expires;
  TimePoint answered_at;     ///< first acceptance
  TimePoint state_since;     ///< when it entered `state`
  TimePoint wrap_up_until;   ///< while in wrap-up
  OfferId offer{};           ///< while kOffered: the open one; then the accepted one, until first held
  AgentHandle agent{};       ///< whom it is offered to by `offer`, or who holds it; kNone while queued
  AgentHandle last_agent{};  ///< who held it last
  AgentHandle preferred{};   ///< waits for this agent alone, or rings there; kNone: for any
  TimePoint preferred_until;
  Duration estimated_wait{};  ///< as its queue estimated when it entered; 0: none, or not in the queue it entered
  /// While kOffered: those open beside `offer`, which is the oldest, to other agents; oldest first. All were made at
  /// the same moment.
  std::vector<OfferId> further_offers;
  bool interrupted = false;  ///< while kHeld: for another contact, and comes back by itself
};

/// An offer that has not been answered.
struct Offer {
  OfferId id{};
  ContactId contact{};
  AgentHandle agent{};
  TimePoint made;
  TimePoint expires;
  Explanation explanation;
  Sequence sequence = 0;         ///< of the OfferMade
  TimePoint idle_since;          ///< the agent's, if the offer had not been made
  std::uint64_t idle_order = 0;  ///< likewise
};

/// What choosing an agent looks at comes first: it shares two lines of the processor's cache.
struct Agent {
  AgentHandle handle{};
  std::uint32_t used_units = 0;
  TimePoint idle_since;                          ///< last change of what the agent carries, or return to AVAILABLE
  std::uint64_t idle_order = 0;                  ///< sequence of that change: the tie-break of idle_since
  PerChannel<std::uint16_t> channel_contacts{};  ///< that take units now
  Presence presence = Presence::kOffline;
  bool connected = false;  ///< the session's stream is there
  AgentSpec spec;
  SessionId session{};              ///< kNone: signed off
  std::vector<OfferId> offers;      ///< open, oldest first
  std::vector<ContactId> contacts;  ///< active, held or in wrap-up, oldest first
  TimePoint signed_on_at;           ///< the session's opening
  std::uint32_t accepted = 0;       ///< contacts since
  std::uint8_t misses = 0;          ///< missed offers in a row
  std::uint8_t ramp_up = 0;         ///< so many answers still, one offer comes at a time
  TimePoint lost_at;                ///< when the stream was lost or the session ended, while not connected
  TimePoint presence_until;         ///< epoch: until a person acts
  TimePoint presence_since;
  std::string presence_reason;
  NextPresence next;  ///< while something is in hand or rings: comes then, and keeps more away till then
  // Counted from the contacts, and no part of a snapshot.
  PerChannel<std::uint16_t> active{};  ///< contacts in hand that are kActive
  std::uint16_t interrupted = 0;       ///< contacts in hand that are
};

struct Skill {
  SkillHandle handle{};
  SkillSpec spec;
};
struct Policy {
  PolicyHandle handle{};
  PolicySpec spec;
};
/// How fast a queue's contacts are handled and lose patience. Counts are in parts of 1,024. When enough is known, all
/// of it is halved, so that it follows the day; rules: src/dispatch/pace.h.
struct QueuePace {
  std::uint64_t handled = 0;    ///< contacts that an agent had in hand to the end
  Duration answering{};         ///< how long they kept agents' units as offers, those that failed included
  Duration working{};           ///< the same in hand, to the end of wrap-up
  std::uint64_t waits = 0;      ///< contacts that were accepted or ended unanswered
  std::uint64_t abandoned = 0;  ///< of those, whose customer left
  Duration waiting{};           ///< how long those waited
  bool operator==(const QueuePace&) const = default;
};
/// What became of the waits that ended in each of the last minutes.
struct RecentService {
  static constexpr std::size_t kMinutes = 15;
  struct Minute {
    std::uint32_t ended = 0;      ///< answered or abandoned
    std::uint32_t in_target = 0;  ///< answered within the service level target
    bool operator==(const Minute&) const = default;
  };
  std::array<Minute, kMinutes> minutes{};  ///< by the minute since the epoch, modulo
  std::int64_t last_minute = 0;            ///< in which a wait ended
};

struct Queue {
  QueueHandle handle{};
  QueueSpec spec;
  std::uint32_t live_contacts = 0;  ///< that have not ended
  std::uint64_t served = 0;         ///< offers made for its share, in shares: the queue's virtual time
  QueuePace pace;
  QueuePools pools;
  TimePoint pools_changed_at;
  RecentService recent;
};

/// A request that was carried out, for as long as the engine remembers it.
struct AnsweredRequest {
  RequestId id;
  std::uint64_t fingerprint = 0;
  Sequence sequence = 0;
  std::uint64_t result = 0;  ///< Reply::id
};

/// Everything as plain data: what a snapshot holds. Vectors are sorted by handle or identifier; answered requests
/// are in the order in which they were carried out.
struct StateImage {
  std::uint64_t epoch = 0;
  Sequence last_sequence = 0;
  TimePoint last_time;
  TimePoint last_estimate;       ///< when an estimated wait last went with a contact
  std::uint32_t last_skill = 0;  ///< last handle given, of each kind
  std::uint32_t last_policy = 0;
  std::uint32_t last_queue = 0;
  std::uint32_t last_agent = 0;
  std::uint64_t last_contact = 0;
  std::uint64_t last_offer = 0;
  std::uint64_t last_session = 0;
  Settings settings;
  std::vector<Skill> skills;
  std::vector<Policy> policies;
  std::vector<Queue> queues;
  std::vector<Agent> agents;
  std::vector<Contact> contacts;
  std::vector<Offer> offers;
  std::vector<AnsweredRequest> requests;
};

}  // namespace muster::dispatch
