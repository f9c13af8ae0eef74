#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "muster/node/kpis.h"

namespace muster::node {

/// The facts for those who watch them: the publisher folds events in, any thread asks how things are. Thread-safe.
class KpiView {
 public:
  void apply(const std::vector<dispatch::Event>& events);
  void reset(const dispatch::StateImage& state, const kpi::FoldImage& facts);

  /// How one dimension is now. All who ask for the same within kShared get the same table.
  [[nodiscard]] std::shared_ptr<const KpiTable> read(kpi::Dimension dimension, KpiWindow window,
                                                     const std::string& time_zone) const;
  /// Intervals of one dimension from `from` on, until `until` or now, and up to when events have been counted. Empty if
  /// the events up to `complete_to` have not been, yet or any more.
  struct Open {
    std::vector<kpi::IntervalRow> rows;
    TimePoint as_of;
  };
  [[nodiscard]] std::optional<Open> intervals(kpi::Dimension dimension, TimePoint from, std::optional<TimePoint> until,
                                              dispatch::Sequence complete_to) const;
  [[nodiscard]] kpi::FoldImage image() const;

 private:
  static constexpr std::chrono::milliseconds kShared{150};
  using View = std::tuple<kpi::Dimension, KpiWindow, std::string>;
  struct Shared {
    std::chrono::steady_clock::time_point made;
    std::shared_ptr<const KpiTable> table;
  };

  /// By the events' clock, which need not be the wall's: that of the last event, and what has passed since it came.
  [[nodiscard]] TimePoint now() const;

  mutable std::mutex mutex_;
  kpi::Fold fold_;  // guarded by mutex_, as is heard_
  std::chrono::steady_clock::time_point heard_;
  mutable std::mutex shared_mutex_;
  mutable std::map<View, Shared> shared_;  // guarded by shared_mutex_
};

}  // namespace muster::node
