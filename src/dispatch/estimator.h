#pragma once

#include "muster/dispatch/estimate.h"
#include "state.h"

namespace muster::dispatch {

/// How long the contact, which is queued, will still wait.
WaitEstimate estimate_wait(const State& state, const ContactRecord& record, TimePoint now);
/// How long a contact that enters the queue at `now` would wait. REQUIRES: the queue exists.
WaitEstimate estimate_wait(const State& state, const Arrival& arrival, TimePoint now);
/// The same were this asked of agents, by step.
WaitEstimate estimate_wait(const State& state, const Arrival& arrival, const std::vector<Conditions>& asked,
                           TimePoint now);

/// What goes with a contact that enters its queue at `now`, so that the estimate can be compared with the wait; 0 if no
/// agent is busy enough for it to wait, or nothing is known. Only one contact in eight, by its number, and one
/// a second at most gets one: so a busy floor does not feel what estimates cost.
Duration estimate_to_keep(const State& state, ContactId contact, const Arrival& arrival, TimePoint now);

}  // namespace muster::dispatch
