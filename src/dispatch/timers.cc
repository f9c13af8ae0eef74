#include "timers.h"

#include <algorithm>
#include <tuple>

namespace muster::dispatch {
namespace {
constexpr std::size_t kArity = 4;
}

bool Timers::before(const Due& a, const Due& b) {
  return std::tie(a.deadline.at, a.deadline.kind, a.owner) < std::tie(b.deadline.at, b.deadline.kind, b.owner);
}

void Timers::set(Timer& timer, std::uint64_t owner, std::optional<Deadline> deadline) {
  if (!deadline) {
    stop(timer);
    return;
  }
  if (timer.position_ == Timer::kStopped) {
    heap_.emplace_back();
    timer.position_ = heap_.size() - 1;
  }
  settle(timer.position_, {{*deadline, owner}, &timer});
}

void Timers::stop(Timer& timer) {
  if (timer.position_ == Timer::kStopped) return;
  const std::size_t hole = timer.position_;
  timer.position_ = Timer::kStopped;
  const Entry last = heap_.back();
  heap_.pop_back();
  if (hole < heap_.size()) settle(hole, last);
}

std::optional<Timers::Due> Timers::first() const {
  if (heap_.empty()) return std::nullopt;
  return heap_.front().due;
}

std::optional<Timers::Due> Timers::find(const Timer& timer) const {
  if (timer.position_ == Timer::kStopped) return std::nullopt;
  return heap_[timer.position_].due;
}

void Timers::put(std::size_t position, const Entry& entry) {
  heap_[position] = entry;
  entry.timer->position_ = position;
}

// Moves an entry from a free position up or down to where it belongs.
void Timers::settle(std::size_t position, const Entry& entry) {
  while (position > 0) {
    const std::size_t parent = (position - 1) / kArity;
    if (!before(entry.due, heap_[parent].due)) break;
    put(position, heap_[parent]);
    position = parent;
  }
  for (;;) {
    const std::size_t first_child = position * kArity + 1;
    if (first_child >= heap_.size()) break;
    const std::size_t end = std::min(first_child + kArity, heap_.size());
    std::size_t least = first_child;
    for (std::size_t child = first_child + 1; child < end; ++child) {
      if (before(heap_[child].due, heap_[least].due)) least = child;
    }
    if (!before(heap_[least].due, entry.due)) break;
    put(position, heap_[least]);
    position = least;
  }
  put(position, entry);
}

}  // namespace muster::dispatch
