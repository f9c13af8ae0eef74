#pragma once

#include <vector>

#include "board_model.h"
#include "screen.h"

namespace muster::cli {

/// The board as lines, as long as they need to be: totals, queues, agents by state, and of the agents the
/// `agent_rows_max` who have been in their state the longest.
std::vector<Line> board_lines(const BoardModel& board, TimePoint local_now, int agent_rows_max);

}  // namespace muster::cli
