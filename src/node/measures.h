#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "muster/dispatch/event.h"
#include "muster/node/metrics.h"
#include "muster/node/node.h"

namespace muster::node {

/// Sorts sizes into buckets. Any thread may observe or read; a reader may miss what is being observed.
template <std::size_t N>
class Histogram {
 public:
  /// `bounds`: ascending.
  explicit Histogram(const std::array<double, N>& bounds) : bounds_(bounds) {}

  void observe(double size) {
    const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), size) - bounds_.begin();
    counts_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(size, std::memory_order_relaxed);
  }

  [[nodiscard]] Distribution read() const {
    return {{bounds_.begin(), bounds_.end()}, {counts_.begin(), counts_.end()}, sum_.load(std::memory_order_relaxed)};
  }

 private:
  const std::array<double, N> bounds_;
  std::array<std::atomic<std::uint64_t>, N + 1> counts_{};
  std::atomic<double> sum_{0};
};

/// What the stages count, for NodeMetrics. Thread-safe: relaxed atomics, a few per command or batch and none per event.
class Measures {
 public:
  void told(Delivery delivery, std::size_t commands = 1) {
    if (commands != 0) commands_[static_cast<std::size_t>(delivery)].fetch_add(commands, std::memory_order_relaxed);
  }
  void committed(double seconds, std::uint64_t events) {
    commit_seconds_.observe(seconds);
    commit_events_.observe(static_cast<double>(events));
  }
  void published(const std::vector<dispatch::Event>& events);

  /// Fills in what is counted here.
  void read(NodeMetrics& out) const;

 private:
  using Count = std::atomic<std::uint64_t>;

  std::array<Count, 4> commands_{};  ///< by Delivery
  Histogram<12> commit_seconds_{{0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5}};
  Histogram<11> commit_events_{{1, 2, 5, 10, 20, 50, 100, 200, 500, 1'000, 5'000}};
  Count offers_made_{0};
  Count offers_accepted_{0};
  Count offers_declined_{0};
  Count offers_missed_{0};
};

}  // namespace muster::node
