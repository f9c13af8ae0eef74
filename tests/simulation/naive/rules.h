#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "facts.h"

/// The rules of docs/routing.md as questions to the facts. Predicates are walked as trees; there are no indexes.
namespace muster::dispatch::naive {

// Agents.
bool is_signed_in(const Agent& agent);
/// Has something in hand, or an offer.
bool carries_anything(const Facts& facts, const Agent& agent);
bool has_skill(const Agent& agent, SkillHandle skill);
/// The channels of what rings at the agent or is in hand there, and takes units.
std::vector<Channel> carried(const Facts& facts, const Agent& agent);
std::uint32_t used_units(const Facts& facts, const Agent& agent);
/// Connected, AVAILABLE and to stay so, below capacity, and not to answer an offer first.
bool is_ready(const Facts& facts, const Agent& agent);
bool has_room(const Facts& facts, const Agent& agent, Channel channel);
bool rings_at(const Facts& facts, const Contact& contact, AgentHandle agent);
/// The oldest first.
std::vector<OfferId> open_offers(const Contact& contact);
/// Whether a contact in that state takes units of the agent it is with.
bool takes_units(ContactState state, Channel channel);
TimePoint idle_since(const Facts& facts, const Agent& agent);
/// Agents who are about to look for contacts, in the order in which they do.
std::vector<AgentHandle> seeking_agents(const Facts& facts);
/// Of those whose work has changed, the one without change for longest. REQUIRES: there are any.
AgentHandle first_interruptible(const Facts& facts);

// Interruption.
/// Whether a contact of the channel interrupts the other one, which an agent has in hand.
bool gives_way(const Facts& facts, const Contact& other, Channel channel);
/// Whether the agent has anything in hand that a contact of some channel may interrupt, as far as its state says.
bool is_at_interruptible_work(const Facts& facts, const Agent& agent);
/// Those of the agent that come back by themselves.
std::vector<ContactId> interrupted_contacts(const Facts& facts, const Agent& agent);
/// Of these the one that is to come back now: the one taken first for which there is room; kNone: none.
ContactId next_to_come_back(const Facts& facts, const Agent& agent);
/// Whether the contact would interrupt at once all that could come back to the agent.
bool interrupts_all_interrupted(const Facts& facts, const Contact& contact, const Agent& agent);
/// Whether the waiting contact may interrupt anything.
bool may_interrupt(const Facts& facts, const Contact& contact);
/// Whether the waiting contact could go to the agent at this moment, if what it interrupts were put aside.
bool may_go_by_interruption(const Facts& facts, const Contact& contact, const Agent& agent, TimePoint now);

// What contacts ask.
inline constexpr PoolSet kAllPools = 0xff;
/// Whether the agent is what the contact asks for in that step or, if it prefers an agent, in any. A step of pools asks
/// for a member of one of those that are among `pools`.
bool qualifies(const Facts& facts, const Contact& contact, std::size_t step, const Agent& agent, PoolSet pools);
/// Whether room counts as it is, or as it were without what the contact interrupts.
enum class Room : std::uint8_t { kAsItIs, kByInterruption };
/// The first gate that fails; Gate{} if none. A level out of bounds counts as a condition.
Gate failed_gate(const Facts& facts, const Contact& contact, const Agent& agent, TimePoint now,
                 Room room = Room::kAsItIs);
/// Whether the queue keeps its contact from everybody: paused, or too few agents are idle.
bool is_held_back(const Facts& facts, const Contact& contact);
/// Whether the waiting contact could go to the agent at this moment.
bool may_go_to(const Facts& facts, const Contact& contact, const Agent& agent, TimePoint now);
/// Whether an agent who is signed in could ever have the contact in that step.
bool anybody_could(const Facts& facts, const Contact& contact, std::size_t step);
/// Whether it is worth waiting for the agent.
bool could_be_preferred(const Facts& facts, const Contact& contact, AgentHandle agent, TimePoint now);
std::uint16_t step_by_age(const PolicySpec& policy, const Contact& contact, TimePoint now);

// Who gets what.
/// What an offer costs a queue with a share of its turn. All usual shares divide the whole.
std::uint64_t cost_of_turn(const QueueSpec& queue);
std::size_t waiting_in(const Facts& facts, QueueHandle queue);
/// Queued contacts, of one queue or (kNone) of all, who goes first first.
std::vector<ContactId> waiting_line(const Facts& facts, QueueHandle queue = QueueHandle::kNone);

struct Choice {
  AgentHandle agent{};  ///< kNone: nobody
  Explanation why;
};
/// The agent for a waiting contact. Those who are about to choose for themselves are left out.
Choice choose_agent(const Facts& facts, const Contact& contact, Trigger trigger, TimePoint now);
/// The agent whose work a waiting contact interrupts. Those who are about to look for themselves are left out.
Choice choose_agent_to_interrupt(const Facts& facts, const Contact& contact, TimePoint now);
/// The contact for an agent; kNone: there is none.
ContactId choose_contact(const Facts& facts, const Agent& agent, TimePoint now, Room room = Room::kAsItIs);

// Pools.
/// The pools of the queue that are open if those of `lent` are lent.
PoolSet open_pools(const Facts& facts, const Queue& queue, PoolSet lent, TimePoint at);
/// Whether a lender and what is known of the queue, but for its predicted wait, lend the pool.
enum class Lent : std::uint8_t { kNo, kYes, kIfLongWait };
Lent is_lent(const Facts& facts, const Queue& queue, const Lending& lending, TimePoint at);
/// Whether lending can change anything at the queue.
bool lending_may_change(const Facts& facts, const Queue& queue);

/// Lending is looked at once a second: the last moment by `now`.
TimePoint last_look(QueueHandle queue, TimePoint now);

// Time.
/// In the order in which deadlines of one moment are served.
enum class DeadlineKind : std::uint8_t {
  kSkillExpiry,
  kContactDue,
  kContactExpiry,
  kOfferExpiry,
  kStarvation,
  kPreferred,
  kStep,
  kCoolDown,
  kWrapUp,
  kPresence,
  kNextPresence,
  kResumeGrace,
  kContactGrace,
  kLending,
};
struct Deadline {
  TimePoint at;
  DeadlineKind kind{};
  std::uint64_t owner = 0;  ///< number of the contact, agent or queue
  auto operator<=>(const Deadline&) const = default;
};
/// All that lie ahead or have not been served.
std::vector<Deadline> deadlines(const Facts& facts);

}  // namespace muster::dispatch::naive
