#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "muster/dispatch/state.h"
#include "records.h"
#include "timers.h"

/// The rules of routing as pure functions of plain data: each replaceable by itself.
namespace muster::dispatch {

/// Whether a contact takes units of the agent it is offered to or in the hands of. HELD does on voice alone: the
/// line stays occupied.
bool takes_units(ContactState state, Channel channel);

bool is_signed_in(const Agent& agent);
Load load_of(const Agent& agent);

/// Room for one more contact of a channel: units and the channel's own limit.
bool has_room(const Agent& agent, Channel channel, std::uint32_t units);
/// The same, if the agent carried nothing.
bool could_have_room(const AgentSpec& spec, Channel channel, std::uint32_t units);

using Requirements = std::vector<SkillRequirement>;

/// All that either asks for, the higher minimum where both do.
Requirements united(const Requirements& a, const Requirements& b);

/// The first gate among kSkill and kLevel that the skills fail; Gate{} if none.
Gate failed_skill_gate(const std::vector<SkillLevel>& skills, const Requirements& requirements);

/// The first gate among kExcluded and kCoolDown that fails; Gate{} if none.
Gate failed_contact_gate(const Contact& contact, AgentHandle agent, TimePoint now);

/// Whether the contact itself bars the agent, however long it waits.
bool is_barred_for_good(const Contact& contact, AgentHandle agent);

/// The step that a contact's age alone puts in force.
std::uint16_t step_by_age(const PolicySpec& policy, const Contact& contact, TimePoint now);

/// Which waiting contact goes first: the lower. Its due time, moved forward by what its priority is worth; and
/// before all others if it was taken from an agent. Linear in time, so the order of two contacts never changes by
/// waiting alone.
std::int64_t rank_of(const Contact& contact, const PolicySpec& policy);

/// The next moment after `now` at which something happens to a contact or an agent by itself.
std::optional<Deadline> next_deadline(const Contact& contact, const PolicySpec& policy, TimePoint offer_expires,
                                      TimePoint now);
std::optional<Deadline> next_deadline(const Agent& agent, const Settings& settings);

/// Notes that the agent is not to get the contact within the cool-down; `declined` counts towards never again.
void note_refusal(Contact& contact, AgentHandle agent, TimePoint now, Duration cool_down, bool declined);

}  // namespace muster::dispatch
