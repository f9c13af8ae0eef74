#include "board_model.h"

#include "duration.h"

namespace muster::cli {

void BoardModel::apply(const v1::WatchBoardResponse& response, TimePoint local_now) {
  if (response.snapshot()) {
    queues_.clear();
    agents_.clear();
    known_ = true;
  }
  sequence_ = response.sequence();
  clock_difference_ = from_proto(response.as_of()) - local_now;
  for (const auto& queue : response.queues()) queues_[queue.queue_id()] = queue;
  for (const auto& id : response.removed_queue_ids()) queues_.erase(id);
  for (const auto& agent : response.agents()) agents_[agent.agent_id()] = agent;
  for (const auto& id : response.removed_agent_ids()) agents_.erase(id);
  if (response.has_totals()) totals_ = response.totals();
}

std::map<BoardModel::AgentState, int> BoardModel::agents_by_state() const {
  std::map<AgentState, int> counts;
  for (const auto& [id, agent] : agents_) {
    const bool available = agent.presence() == v1::AGENT_PRESENCE_AVAILABLE;
    ++counts[{agent.presence(), available ? agent.activity() : v1::AGENT_ACTIVITY_UNSPECIFIED}];
  }
  return counts;
}

int service_level_percent(const v1::QueueRow& queue) {
  const std::int64_t all = queue.answered() + queue.abandoned() - queue.abandoned_in_target();
  return all <= 0 ? -1 : static_cast<int>(queue.answered_in_target() * 100 / all);
}

}  // namespace muster::cli
