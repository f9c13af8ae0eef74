#pragma once

#include <string>

#include "muster/base/time.h"

namespace muster::node {

/// The moment so many days before (after, if below 0) at which the clocks there showed, or will show, the same time.
/// REQUIRES: is_time_zone(time_zone).
TimePoint days_before(int days, const std::string& time_zone, TimePoint moment);

/// The day of the week of the moment there: 1, Monday, to 7, Sunday. REQUIRES: likewise.
int weekday_of(const std::string& time_zone, TimePoint moment);

}  // namespace muster::node
