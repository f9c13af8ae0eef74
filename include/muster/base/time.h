#pragma once

#include <chrono>

namespace muster {

/// Microseconds. All spans of time inside Muster have this resolution.
using Duration = std::chrono::microseconds;

/// A moment on the wall clock (UTC, Unix epoch). The engine never reads a clock: moments come in with commands.
using TimePoint = std::chrono::sys_time<Duration>;

/// The wall clock now. Only the sequencer and the edges may call it.
inline TimePoint wall_now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

}  // namespace muster
