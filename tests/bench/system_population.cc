#include "system_population.h"

#include <algorithm>

namespace muster::bench {

Population::Population(int agents, int connected, int queues)
    : connected_(connected), queues_(queues), skills_(static_cast<std::size_t>(agents)) {
  Random random(20260801);
  for (Skills& skills : skills_) {
    for (auto next = skills.begin(); next != skills.end();) {
      *next = static_cast<std::int16_t>(random.below(kSkills));
      if (std::find(skills.begin(), next, *next) == next) ++next;
    }
  }
}

Population::Need Population::draw_need(Random& random) const {
  const Skills& skills = skills_[random.below(static_cast<std::uint64_t>(connected_))];
  const std::uint64_t first = random.below(kSkillsOfAnAgent);
  const std::uint64_t other = (first + 1 + random.below(kSkillsOfAnAgent - 1)) % kSkillsOfAnAgent;
  return {skills[first], skills[other]};
}

std::string Population::draw_queue(Random& random) const {
  return queue_id(static_cast<int>(random.below(static_cast<std::uint64_t>(queues_))));
}

const std::vector<std::string>& Population::skill_ids() {
  static const std::vector<std::string> ids = [] {
    std::vector<std::string> made;
    for (int skill = 0; skill < kSkills; ++skill) made.push_back("skill-" + std::to_string(skill));
    return made;
  }();
  return ids;
}

}  // namespace muster::bench
