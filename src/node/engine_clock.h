#pragma once

#include <algorithm>
#include <chrono>

#include "muster/base/time.h"

namespace muster::node {

/// The time that the engine is told: the wall clock's, but a wall clock that is set neither fires nor freezes timers.
/// It starts at the wall clock's time, or at the last event's if that is later, goes on as fast as time passes, and
/// leans towards the wall clock by up to a twentieth of that. Not thread-safe.
class EngineClock {
 public:
  using Steady = std::chrono::steady_clock::time_point;

  /// `last`: of the last event.
  EngineClock(TimePoint last, TimePoint wall, Steady steady) : now_(std::max(last, wall)), read_(steady) {}

  /// The moment `steady`, at which the wall clock shows `wall`. Never earlier than the last one given.
  TimePoint at(TimePoint wall, Steady steady) {
    const auto passed = std::chrono::duration_cast<Duration>(steady - read_);
    const auto lean_max = passed / 20;
    const auto lean = std::clamp(wall - (now_ + passed), -lean_max, lean_max);
    now_ += passed + lean;
    read_ += passed;  // not `steady`: what the division cut off counts next time
    ahead_ = now_ - wall;
    return now_;
  }

  /// When, at the present pace, it will be `moment`; a little too early rather than too late.
  [[nodiscard]] Steady when(TimePoint moment) const { return read_ + (moment - now_); }

  /// How far it was ahead of the wall clock when last asked.
  [[nodiscard]] Duration ahead() const { return ahead_; }

 private:
  TimePoint now_;
  Steady read_;
  Duration ahead_{};
};

}  // namespace muster::node
