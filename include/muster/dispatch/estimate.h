#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "muster/base/time.h"
#include "muster/dispatch/types.h"

/// How long a contact will wait, from what is before it, who could take it and the pace of its queue. The rules are
/// told in docs/routing.md; Engine::estimate_wait works it out.
namespace muster::dispatch {

/// A contact that would enter a queue now.
struct Arrival {
  QueueHandle queue{};
  std::uint8_t priority = 0;
  std::vector<SkillRequirement> requirements;  ///< sorted by skill
};

struct WaitEstimate {
  /// Until an agent accepts it, at most 24 h. None if nobody serves it, or its queue's pace is not known yet: nothing
  /// was handled.
  std::optional<Duration> wait;
  /// Contacts that those who could take it can have in hand at once: agents who are AVAILABLE, busy or not.
  std::uint32_t servers = 0;
  /// Contacts before it, each as far as it takes the same agents.
  std::uint32_t ahead = 0;
};

}  // namespace muster::dispatch
