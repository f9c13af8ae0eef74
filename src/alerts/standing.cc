#include "standing.h"

namespace muster::alerts {
namespace {

/// Since when something has been so without a break.
void note(std::optional<TimePoint>& since, bool is_so, TimePoint now) {
  if (!is_so) {
    since.reset();
  } else if (!since) {
    since = now;
  }
}

}  // namespace

v1::AlertLevel advance(Standing& standing, const Judgement& judgement, v1::AlertLevel level, const Timing& timing,
                       TimePoint now) {
  for (const v1::AlertLevel each : {v1::ALERT_LEVEL_WARNING, v1::ALERT_LEVEL_CRITICAL}) {
    const std::size_t i = each - v1::ALERT_LEVEL_WARNING;
    note(standing.entered_since[i], judgement.entered >= each, now);
    note(standing.below_since[i], level >= each && judgement.held < each, now);
  }
  const auto lasted = [now](const std::optional<TimePoint>& since, Duration long_enough) {
    return since && now - *since >= long_enough;
  };
  if (lasted(standing.entered_since[1], timing.hold)) return v1::ALERT_LEVEL_CRITICAL;
  if (level == v1::ALERT_LEVEL_UNSPECIFIED) {
    return lasted(standing.entered_since[0], timing.hold) ? v1::ALERT_LEVEL_WARNING : level;
  }
  if (lasted(standing.below_since[0], timing.clear)) return v1::ALERT_LEVEL_UNSPECIFIED;
  return lasted(standing.below_since[1], timing.clear) ? v1::ALERT_LEVEL_WARNING : level;
}

}  // namespace muster::alerts
