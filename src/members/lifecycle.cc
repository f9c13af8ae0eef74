#include "lifecycle.h"

#include <string_view>

namespace muster::members {

std::vector<v1::MemberState> next_states(v1::MemberState state, v1::MemberState returns_to) {
  using namespace v1;
  switch (state) {
    case MEMBER_STATE_APPLIED:
      return {MEMBER_STATE_VERIFIED, MEMBER_STATE_CLOSED};
    case MEMBER_STATE_VERIFIED:
      return {MEMBER_STATE_TRAINING, MEMBER_STATE_CLOSED};
    case MEMBER_STATE_TRAINING:
      return {MEMBER_STATE_CERTIFIED, MEMBER_STATE_CLOSED};
    case MEMBER_STATE_CERTIFIED:
      return {MEMBER_STATE_PROBATION, MEMBER_STATE_CLOSED};
    case MEMBER_STATE_PROBATION:
      return {MEMBER_STATE_ACTIVE, MEMBER_STATE_PAUSED, MEMBER_STATE_SUSPENDED, MEMBER_STATE_RETRAINING,
              MEMBER_STATE_CLOSED};
    case MEMBER_STATE_ACTIVE:
      return {MEMBER_STATE_PAUSED, MEMBER_STATE_SUSPENDED, MEMBER_STATE_RETRAINING, MEMBER_STATE_CLOSED};
    case MEMBER_STATE_PAUSED:
      return {returns_to, MEMBER_STATE_SUSPENDED, MEMBER_STATE_CLOSED};
    case MEMBER_STATE_SUSPENDED:
      if (returns_to == MEMBER_STATE_RETRAINING) return {MEMBER_STATE_RETRAINING, MEMBER_STATE_CLOSED};
      return {returns_to, MEMBER_STATE_PAUSED, MEMBER_STATE_RETRAINING, MEMBER_STATE_CLOSED};
    case MEMBER_STATE_RETRAINING:
      return {MEMBER_STATE_ACTIVE, MEMBER_STATE_SUSPENDED, MEMBER_STATE_CLOSED};
    default:
      return {};
  }
}

v1::MemberState returns_to_after(v1::MemberState from, v1::MemberState returns_to, v1::MemberState to) {
  const bool away = to == v1::MEMBER_STATE_PAUSED || to == v1::MEMBER_STATE_SUSPENDED;
  if (!away) return v1::MEMBER_STATE_UNSPECIFIED;
  if (serves(from)) return from;
  // A suspension that is lifted must not spare anybody the training.
  return from == v1::MEMBER_STATE_RETRAINING ? from : returns_to;
}

bool serves(v1::MemberState state) { return state == v1::MEMBER_STATE_PROBATION || state == v1::MEMBER_STATE_ACTIVE; }

bool needs_reason(v1::MemberState state) {
  return state == v1::MEMBER_STATE_PAUSED || state == v1::MEMBER_STATE_SUSPENDED ||
         state == v1::MEMBER_STATE_RETRAINING || state == v1::MEMBER_STATE_CLOSED;
}

}  // namespace muster::members
