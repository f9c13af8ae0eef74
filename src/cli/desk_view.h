#pragma once

#include <string>
#include <vector>

#include "desk_input.h"
#include "desk_model.h"
#include "screen.h"

namespace muster::cli {

/// The desk as lines: the agent, offers with their countdown, contacts in hand, the selected one in detail, notices.
std::vector<Line> desk_lines(const DeskModel& desk, const DeskInput& input, TimePoint now, int width);

/// The bottom of the screen: the question that waits for an answer, or the keys that make sense now.
std::vector<Line> desk_footer(const DeskModel& desk, const DeskInput& input);

}  // namespace muster::cli
