#pragma once

#include <array>
#include <optional>

#include "judge.h"
#include "muster/base/time.h"

/// For how long a condition has held, and what that makes of an alert.
namespace muster::alerts {

struct Timing {
  Duration hold{};   ///< so long without a break a level is entered before the alert has it
  Duration clear{};  ///< so long without a break it is not held before the alert has it no more
};

/// What is known of one rule and row between two looks.
struct Standing {
  std::array<std::optional<TimePoint>, 2> entered_since;  ///< the warning level or a worse one; the critical one
  std::array<std::optional<TimePoint>, 2>
      below_since;  ///< likewise, of a level that the alert has and that is not held

  [[nodiscard]] bool idle() const { return !entered_since[0] && !below_since[1] && !below_since[0]; }
};

/// The level that the alert has from now on; it had `level`. Call it at each look.
v1::AlertLevel advance(Standing& standing, const Judgement& judgement, v1::AlertLevel level, const Timing& timing,
                       TimePoint now);

}  // namespace muster::alerts
