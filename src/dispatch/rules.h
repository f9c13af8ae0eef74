#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "conditions.h"
#include "muster/dispatch/state.h"
#include "records.h"
#include "timers.h"

/// The rules of routing as pure functions of plain data: each replaceable by itself.
namespace muster::dispatch {

/// Whether a contact takes units of the agent it is offered to or in the hands of. HELD does on voice alone: the
/// line stays occupied.
bool takes_units(ContactState state, Channel channel);

bool is_signed_in(const Agent& agent);
/// Connected and AVAILABLE, busy or not, and to stay so.
bool is_available(const Agent& agent);
/// Whether anything is in hand or rings.
bool carries_anything(const Agent& agent);
/// Came back a short while ago, and gets the next offer when this one is answered.
bool answers_first(const Agent& agent);
Load load_of(const Agent& agent);

/// Room for one more contact of a channel, if others gave up `freed` units: units and the channel's own limit.
bool has_room(const Agent& agent, Channel channel, std::uint32_t units, std::uint32_t freed = 0);
/// The same, and the agent is ready to take it.
bool is_free_for(const Agent& agent, Channel channel, std::uint32_t units);
/// How many contacts of a channel the agent has room for. REQUIRES: units > 0.
std::uint32_t room_left(const Agent& agent, Channel channel, std::uint32_t units);
/// Whether a contact of the channel `by` interrupts one of the other channel that an agent works on. Calls are never
/// interrupted: put aside they take their units still.
bool interrupts(const Settings& settings, Channel by, Channel other);
/// As is_free_for(), or would be if what the channel interrupts were put aside.
bool is_free_by_interruption(const Agent& agent, Channel channel, const Settings& settings);
/// Room, if the agent carried nothing.
bool could_have_room(const AgentSpec& spec, Channel channel, std::uint32_t units);
/// How many contacts of a channel the agent could have at once, if nothing else. REQUIRES: units > 0.
std::uint32_t room_for(const AgentSpec& spec, Channel channel, std::uint32_t units);

/// The contact's open offers, oldest first.
std::vector<OfferId> open_offers(const Contact& contact);

/// What the agent refused the contact by; null if never.
const Refusal* refusal_by(const Contact& contact, AgentHandle agent);

/// The first gate among kExcluded and kCoolDown that fails; Gate{} if none.
Gate failed_contact_gate(const Contact& contact, AgentHandle agent, TimePoint now);

/// Whether nothing about the contact itself bars any agent.
bool is_open(const Contact& contact);

/// Whether the contact itself bars the agent, however long it waits.
bool is_barred_for_good(const Contact& contact, AgentHandle agent);

/// The step that a contact's age alone puts in force.
std::uint16_t step_by_age(const PolicySpec& policy, const Contact& contact, TimePoint now);

/// What an agent must be to have the contact: by the policy, in the contact's step or of a preferred agent, and by the
/// contact itself.
Conditions asked_of_agent(const Contact& contact, const std::vector<Conditions>& by_step,
                          const Conditions& of_preferred);

/// When a queued contact's next step comes into force by itself; empty if it is in the last one.
std::optional<TimePoint> next_step_at(const PolicySpec& policy, const Contact& contact);

/// Which waiting contact goes first: the lower. Its due time, or when its service level target passes, moved forward
/// by what its priority is worth; and before all others if it starves or was taken from an agent. Linear in time, so
/// the order of two contacts never changes by waiting alone.
std::int64_t rank_of(const Contact& contact, const PolicySpec& policy, const QueueSpec& queue);
/// Whether a rank is that of a contact which goes before all others.
bool is_front_rank(std::int64_t rank);

/// The parts of an agent's score that depend neither on the time nor on the contact.
Score merits_of(const Agent& agent, const Preferences& prefer);
/// All of it, at `now`. `rated`: as below.
Score score_of(const Agent& agent, const Preferences& prefer, const Requirements& rated, TimePoint now);
/// The skills that the fit is of, of a contact in a step: those that both require.
Requirements rated_by(const PolicyStep& step, const Contact& contact);
/// The part that depends on what is required. Never above skill_fit * 100.
Duration fit_of(const Agent& agent, const Requirements& required, const Preferences& prefer);
SeatKey seat_key(const Agent& agent, const Preferences& prefer);
/// The preferences but for what depends on the contact.
Preferences lasting(const Preferences& prefer);
/// Whether a step prefers agents who had fewer contacts.
bool is_fair(const PolicySpec& policy);
/// Whether the contact is one of those that newcomers get first.
bool goes_to_newcomers(const Contact& contact, const Preferences& prefer);

/// Which of the queues with a share is served first: the lower. `waiting` is how many contacts wait there.
std::int64_t turn_of(const Queue& queue, std::uint32_t waiting, QueueOrder order);
/// What one offer adds to Queue::served: the more, the smaller the share.
std::uint64_t cost_of_turn(const QueueSpec& queue);

/// Whether the queue's contacts must be kept apart from those of other queues that ask the same.
bool needs_own_lane(const QueueSpec& queue, const Settings& settings);

/// The next moment after `now` at which something happens to a contact or an agent by itself.
std::optional<Deadline> next_deadline(const Contact& contact, const PolicySpec& policy, TimePoint offer_expires,
                                      TimePoint now);
std::optional<Deadline> next_deadline(const Agent& agent, const Settings& settings);

/// When the first of the agent's skills ends.
std::optional<Deadline> next_skill_expiry(const Agent& agent);
/// The skills without those that are not valid at `now` any more.
std::vector<SkillLevel> valid_skills(const std::vector<SkillLevel>& skills, TimePoint now);

/// Notes that the agent is not to get the contact within the cool-down; `declined` counts towards never again.
void note_refusal(Contact& contact, AgentHandle agent, TimePoint now, Duration cool_down, bool declined);

}  // namespace muster::dispatch
