#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "muster/base/time.h"
#include "muster/v1/board_service.pb.h"

namespace muster::cli {

/// The floor as the server has told it: a snapshot with the later deltas laid over it.
class BoardModel {
 public:
  /// What an agent is counted under: the presence, or the activity of one who is available.
  struct AgentState {
    v1::AgentPresence presence;
    v1::AgentActivity activity;
    auto operator<=>(const AgentState&) const = default;
  };

  /// Takes in a response that arrived at `local_now`.
  void apply(const v1::WatchBoardResponse& response, TimePoint local_now);

  /// The server's time at `local_now`: the two clocks need not agree.
  TimePoint server_time(TimePoint local_now) const { return local_now + clock_difference_; }

  /// False until the first snapshot.
  bool is_known() const { return known_; }
  std::int64_t sequence() const { return sequence_; }
  const v1::Totals& totals() const { return totals_; }
  const std::map<std::string, v1::QueueRow>& queues() const { return queues_; }
  const std::map<std::string, v1::AgentRow>& agents() const { return agents_; }
  std::map<AgentState, int> agents_by_state() const;

 private:
  bool known_ = false;
  std::int64_t sequence_ = 0;
  Duration clock_difference_{};
  v1::Totals totals_;
  std::map<std::string, v1::QueueRow> queues_;
  std::map<std::string, v1::AgentRow> agents_;
};

/// Service level by formula SL4 in percent: answered in time of all but those who left within the target. -1 if there
/// was none.
int service_level_percent(const v1::QueueRow& queue);

}  // namespace muster::cli
