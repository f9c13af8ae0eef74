#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "records.h"
#include "registry.h"
#include "rules.h"
#include "seats.h"

namespace muster::dispatch {

using AgentRegistry = Registry<AgentHandle, AgentRecord>;

/// What is known about whether anybody signed in could ever meet a set of requirements, so that it need not be
/// searched again. A cache: it never changes an answer.
struct Reach {
  AgentHandle witness{};       ///< met them when last looked at
  SkillHandle searched{};      ///< nobody in this skill's list met them...
  std::uint64_t arrivals = 0;  ///< ...when this many had joined it; 0: not searched
};

/// Agents by skill. Ready agents sit in rows, the longest idle first, fully idle and partly loaded ones apart; of each
/// skill it is known which seats its agents have. Signed-in agents, ready or not, are listed per skill as well.
class AgentIndex {
 public:
  /// Takes note of the agent's facts. Call after every change but that of skills, and then seat().
  void update(AgentRecord& record);
  /// Puts the agent in the row and the seat that the facts say. Whoever is about to choose for themselves need not be
  /// found by anybody else, and is seated once they have chosen: most go back to where they came from.
  void seat(AgentRecord& record);
  /// Takes the agent out. Call before its skills change (then update) and before it is deleted.
  void remove(AgentRecord& record);

  /// Gives the ready agents who have all skills that the requirements name, at whatever level, to `visit`, the longest
  /// idle first, until it returns true.
  template <typename Visit>
  void visit_ready(Load load, const Requirements& requirements, Visit visit) const {
    std::array<const SeatSet*, kSetsMax> sets;
    std::size_t count = 0;
    if (requirements.empty()) sets[count++] = &ready(SkillHandle::kNone, load);
    std::size_t fewest = ~std::size_t{0};
    for (const SkillRequirement& required : requirements) {
      if (count == kSetsMax) break;
      sets[count++] = &ready(required.skill, load);
      if (signed_in_count(required.skill) >= fewest) continue;
      fewest = signed_in_count(required.skill);
      std::swap(sets[0], sets[count - 1]);
    }
    const std::span asked(sets.data(), count);
    SeatSet::visit_common(asked, [&](std::uint32_t seat) { return visit(*row(load).holder(seat)); });
  }

  /// Whether the agent sits where its facts say, for tests.
  [[nodiscard]] bool seats_rightly(const AgentRecord& record) const;
  [[nodiscard]] bool rows_in_order() const { return rows_[0].in_order() && rows_[1].in_order(); }
  /// How many seats the agents with a skill have; under SkillHandle::kNone, all. For tests: counts them.
  [[nodiscard]] std::size_t ready_count(SkillHandle skill, Load load) const { return ready(skill, load).count(); }

  /// Whether an agent who is signed in meets the requirements and could ever have the contact, whatever they do now.
  bool anybody_signed_in(const Requirements& requirements, const Contact& contact, Channel channel, std::uint32_t units,
                         const AgentRegistry& agents, Reach& reach) const;

  [[nodiscard]] std::size_t signed_in_count(SkillHandle skill) const { return group(skill).signed_in.size(); }

 private:
  struct SignedIn {
    AgentRecord* record = nullptr;
    std::uint32_t slot = 0;  // the agent's entry that points back here
  };
  /// Of longer requirements the first ones are looked up; whoever visits tests them all anyway.
  static constexpr std::size_t kSetsMax = 16;
  using Row = SeatRow<AgentRecord, IdleKey>;

  /// The agents with one skill; under SkillHandle::kNone, all.
  struct Group {
    SeatSet ready[2];  // by Load
    std::vector<SignedIn> signed_in;
    std::uint64_t arrivals = 1;
  };

  static SkillHandle skill_at(const AgentRecord& record, std::size_t slot) {
    return slot == 0 ? SkillHandle::kNone : record.agent.spec.skills[slot - 1].skill;
  }
  Group& group_for(SkillHandle skill) {
    if (raw(skill) >= groups_.size()) groups_.resize(raw(skill) + std::size_t{1});
    return groups_[raw(skill)];
  }
  [[nodiscard]] const Group& group(SkillHandle skill) const {
    return raw(skill) < groups_.size() ? groups_[raw(skill)] : nobody_;
  }
  [[nodiscard]] const SeatSet& ready(SkillHandle skill, Load load) const {
    return group(skill).ready[static_cast<std::size_t>(load)];
  }
  [[nodiscard]] const Row& row(Load load) const { return rows_[static_cast<std::size_t>(load)]; }
  template <typename Do>
  void for_each_set(const AgentRecord& record, Load load, Do act);
  void sit_down(AgentRecord& record, Load load, const IdleKey& key);
  void stand_up(AgentRecord& record);
  void compact(Load load, const IdleKey& near);
  void join_lists(AgentRecord& record);
  void leave_lists(AgentRecord& record);

  std::vector<Group> groups_ = std::vector<Group>(1);  // by skill handle
  Group nobody_;                                       // of skills that no agent ever had
  Row rows_[2];                                        // by Load
};

}  // namespace muster::dispatch
