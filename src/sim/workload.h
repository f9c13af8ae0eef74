#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "muster/csv/csv_reader.h"
#include "muster/v1/common.pb.h"

namespace muster::sim {

/// A file, profile or flag that cannot be used. what() names file, line and column where there are any.
using csv::InputError;

/// A skill with the level that an agent has, or the lowest level that a contact asks for (0: any).
struct SkillLevel {
  std::string skill;
  int level = 0;

  bool operator==(const SkillLevel&) const = default;
};

/// A queue to create, with a policy of its own. All times are simulated seconds.
struct QueuePlan {
  std::string id;  ///< without the run's prefix
  std::string display_name = {};
  v1::Channel channel = v1::CHANNEL_VOICE;
  std::vector<SkillLevel> requirements = {};  ///< of the policy's first step
  double widen_after_s = 0;                   ///< when the second step comes into force; 0: there is none
  std::vector<SkillLevel> widened = {};       ///< requirements of the second step
  double priority_weight_s = 60;              ///< head start that one point of priority gives
  double service_level_target_s = 20;
  double wrap_up_limit_s = 0;  ///< 0: no wrap-up
};

/// How an agent answers offers.
struct Behaviour {
  double decline_probability = 0;
  double miss_probability = 0;     ///< lets the offer time out
  double answer_delay_mean_s = 0;  ///< exponential; never more than half the time to answer
};

/// An agent to create. Times are simulated seconds after midnight.
struct AgentPlan {
  std::string id;  ///< without the run's prefix
  std::string display_name = {};
  std::vector<SkillLevel> skills = {};
  int capacity_units = 100;
  std::map<v1::Channel, int> channel_limits = {};
  double shift_start_s = 0;
  std::optional<double> shift_end_s = {};  ///< none: until everything has ended
};

/// One customer. Times are simulated seconds.
struct Arrival {
  double at_s = 0;        ///< after midnight of the first day
  std::size_t queue = 0;  ///< index in Workload::queues
  std::vector<SkillLevel> requirements = {};
  double service_s = 0;                   ///< how long the conversation takes
  double wrap_up_s = 0;                   ///< how long the agent needs afterwards
  std::optional<double> patience_s = {};  ///< how long the customer waits; none: as long as it takes
  int priority = 0;
};

/// Everything that a run plays: who works, who comes and when.
struct Workload {
  std::string name;
  std::vector<std::string> skills = {};
  std::vector<QueuePlan> queues = {};
  std::vector<AgentPlan> agents = {};
  Behaviour behaviour = {};
  std::vector<Arrival> arrivals = {};  ///< in the order of at_s
  double start_s = 0;                  ///< simulated time at which the run begins
};

}  // namespace muster::sim
