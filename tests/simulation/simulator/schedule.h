#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "muster/base/time.h"

namespace muster::simulator {

/// Simulated time and what is to happen in it. What is planned for one moment happens in the order of planning.
class Schedule {
 public:
  /// Since the run began.
  [[nodiscard]] Duration now() const { return now_; }
  [[nodiscard]] std::uint64_t steps() const { return steps_; }

  void after(Duration span, std::function<void()> what) {
    planned_.emplace(Key{now_ + span, ++last_}, std::move(what));
  }

  /// Goes on to the next thing and does it. False if nothing is planned.
  bool step() {
    if (planned_.empty()) return false;
    auto next = planned_.extract(planned_.begin());
    now_ = next.key().first;
    ++steps_;
    next.mapped()();
    return true;
  }

 private:
  using Key = std::pair<Duration, std::uint64_t>;

  Duration now_{};
  std::uint64_t last_ = 0;
  std::uint64_t steps_ = 0;
  std::map<Key, std::function<void()>> planned_;
};

}  // namespace muster::simulator
