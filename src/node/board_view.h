#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "muster/kpi/board.h"
#include "muster/node/node.h"

namespace muster::node {

/// The board for those who watch it: the publisher folds events in, any thread asks for what changed. Thread-safe.
class BoardView {
 public:
  void apply(const std::vector<dispatch::Event>& events);
  void reset(const dispatch::StateImage& state, const kpi::BoardCounters& counters);
  [[nodiscard]] kpi::Totals totals() const;
  [[nodiscard]] Node::BoardDelta delta(std::uint64_t version, bool include_agents, const std::string& tenant_id) const;

 private:
  mutable std::mutex mutex_;
  kpi::Board board_;  // guarded by mutex_
};

}  // namespace muster::node
