#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "muster/base/random.h"

namespace muster::bench {

/// The workforce of the system bench: the same agents and needs for every server that is compared.
class Population {
 public:
  static constexpr int kSkills = 200;
  static constexpr int kSkillsOfAnAgent = 8;
  using Skills = std::array<std::int16_t, kSkillsOfAnAgent>;  ///< different skills, 0..kSkills-1
  using Need = std::array<std::int16_t, 2>;                   ///< two different skills

  /// `agents` agents, of whom the first `connected` are signed in. REQUIRES: 0 < connected <= agents, 0 < queues.
  Population(int agents, int connected, int queues = 1);

  [[nodiscard]] int agents() const { return static_cast<int>(skills_.size()); }
  [[nodiscard]] int connected() const { return connected_; }
  [[nodiscard]] const Skills& skills(int agent) const { return skills_[static_cast<std::size_t>(agent)]; }

  /// Two skills that at least one signed-in agent has together.
  Need draw_need(Random& random) const;

  /// One of the queues that contacts go to.
  std::string draw_queue(Random& random) const;
  [[nodiscard]] int queues() const { return queues_; }

  static std::string queue_id(int queue) { return "orders-" + std::to_string(queue); }
  static std::string agent_id(int agent) { return "agent-" + std::to_string(agent); }
  /// Names of all skills, by number.
  static const std::vector<std::string>& skill_ids();

 private:
  int connected_;
  int queues_;
  std::vector<Skills> skills_;
};

/// Units of an agent, and of a contact: an agent carries up to four contacts at once.
inline constexpr int kAgentUnits = 100;
inline constexpr int kContactUnits = 25;

}  // namespace muster::bench
