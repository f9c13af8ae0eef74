#pragma once

#include "muster/base/time.h"
#include "muster/v1/alert.pb.h"

namespace muster::alerts {

/// Whether any of them is on. A span begins and ends by the clock on the wall, so it is shorter or longer on the days
/// when clocks change.
bool is_quiet(const google::protobuf::RepeatedPtrField<v1::QuietHours>& hours, TimePoint now);

}  // namespace muster::alerts
