#pragma once

#include <string>
#include <vector>

#include "muster/v1/member.pb.h"

/// What states a member may be in, one after the other.
namespace muster::members {

/// The states that may follow. `returns_to`: the state in which a member who is paused or suspended served before.
std::vector<v1::MemberState> next_states(v1::MemberState state, v1::MemberState returns_to);

/// What to keep as `returns_to` when a member goes from one state to another.
v1::MemberState returns_to_after(v1::MemberState from, v1::MemberState returns_to, v1::MemberState to);

/// Whether a member in that state may sign in and get offers.
bool serves(v1::MemberState state);

/// Whether one who comes to that state must be told why.
bool needs_reason(v1::MemberState state);

}  // namespace muster::members
