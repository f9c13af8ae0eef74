#pragma once

#include "records.h"
#include "state.h"

namespace muster::dispatch {

/// Who gets a contact, and why.
struct Choice {
  AgentRecord* agent = nullptr;
  Explanation explanation;
};

/// The agent for a waiting contact, or the next one for a contact that rings: of those who pass every gate, the idle
/// before the loaded, the longest without change first. Agents who are about to choose for themselves are left out, and
/// those at whom it rings. Empty if there is none.
Choice choose_agent(const State& state, const ContactRecord& contact, Trigger trigger, TimePoint now);

/// Whose work is interrupted for a waiting contact that nobody is free for: the longest without change first. Looks at
/// everybody AVAILABLE who has the skills.
Choice choose_agent_to_interrupt(const State& state, const ContactRecord& contact, Trigger trigger, TimePoint now);

/// The waiting contact for an agent with room: the lowest rank of those for which the agent passes every gate.
/// `interrupting`: if what it interrupts leaves its room. Null if there is none.
ContactRecord* choose_contact(const State& state, const Agent& agent, TimePoint now, bool interrupting = false);

/// Why an agent who looked for work got the contact.
Explanation explain_free_agent(const Contact& contact, const Agent& agent, Trigger trigger, TimePoint now);

}  // namespace muster::dispatch
