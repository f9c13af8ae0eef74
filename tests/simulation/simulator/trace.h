#pragma once

#include <string>

#include "muster/base/time.h"
#include "muster/dispatch/event.h"

namespace muster::simulator {

/// One line about an event, for people who look into a violation.
std::string describe(const dispatch::Event& event);

}  // namespace muster::simulator
