#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "muster/base/time.h"

namespace muster::dispatch {

/// What happens at a deadline, in the order in which deadlines of the same moment are served.
enum class TimerKind : std::uint8_t {
  kSkillExpiry,
  kContactDue,
  kContactExpiry,
  kOfferExpiry,
  kStarvation,
  kPreferred,
  kStep,
  kCoolDown,
  kWrapUp,
  kPresence,
  kNextPresence,
  kResumeGrace,
  kContactGrace,
  kPools,
};

struct Deadline {
  TimePoint at;
  TimerKind kind{};
};

/// The next deadline of one contact or agent. It lies in the record of its owner and must not move while it runs.
class Timer {
 private:
  friend class Timers;
  static constexpr std::size_t kStopped = ~std::size_t{0};
  std::size_t position_ = kStopped;
};

/// All deadlines, the earliest first; ties by kind, then by the owner's number. A four-way heap whose entries know
/// their timers, so that nothing stale stays behind.
class Timers {
 public:
  struct Due {
    Deadline deadline;
    std::uint64_t owner = 0;  ///< the raw contact or agent number, by kind
  };

  /// Starts, moves or (with no deadline) stops a timer.
  void set(Timer& timer, std::uint64_t owner, std::optional<Deadline> deadline);
  void stop(Timer& timer);

  [[nodiscard]] std::optional<Due> first() const;
  [[nodiscard]] std::optional<Due> find(const Timer& timer) const;
  [[nodiscard]] std::size_t size() const { return heap_.size(); }

 private:
  struct Entry {
    Due due;
    Timer* timer = nullptr;
  };

  static bool before(const Due& a, const Due& b);
  void settle(std::size_t position, const Entry& entry);
  void put(std::size_t position, const Entry& entry);

  std::vector<Entry> heap_;
};

}  // namespace muster::dispatch
