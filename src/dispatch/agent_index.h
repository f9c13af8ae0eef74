#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "records.h"
#include "registry.h"
#include "rules.h"
#include "seat_plan.h"

namespace muster::dispatch {

using AgentRegistry = Registry<AgentHandle, AgentRecord>;

/// What is known about whether anybody signed in could ever meet a set of requirements, so that it need not be
/// searched again. A cache: it never changes an answer.
struct Reach {
  AgentHandle witness{};              ///< met them when last looked at
  std::vector<SkillHandle> searched;  ///< nobody in these skills' lists met them...
  std::uint64_t arrivals = 0;         ///< ...when so many had joined these; 0: not searched
};

/// Where to look for those who meet conditions: each of them has a skill of the entry.
struct Entry {
  SkillHandle skill{};                   ///< kNone: anybody may
  const Alternatives* one_of = nullptr;  ///< if set, has one of these instead

  template <typename Visit>
  void for_each_skill(Visit visit) const {
    if (!one_of) return visit(skill);
    for (const SkillTest& test : *one_of) visit(test.requirement.skill);
  }
};

/// Agents by skill. Ready agents sit in rows, the longest idle first, fully idle and partly loaded ones apart; of each
/// skill it is known which seats its agents have. Of those signed in, ready or not, it is known by number which have a
/// skill, and which of them serve, busy or not.
class AgentIndex {
 public:
  AgentIndex() { plans_.emplace_back(Preferences{}); }

  /// Takes note of the agent's facts. Call after every change but that of skills, and then seat().
  void update(AgentRecord& record);
  /// Puts the agent in the row and the seat that the facts say. Whoever is about to choose for themselves need not be
  /// found by anybody else, and is seated once they have chosen: most go back to where they came from.
  void seat(AgentRecord& record);
  /// Takes the agent out. Call before its skills change (then update) and before it is deleted.
  void remove(AgentRecord& record);

  /// Keeps the ready agents in the order of each of these preferences; of the default ones, if there are none. Gives
  /// the numbers of their plans.
  std::vector<std::size_t> keep_plans(const std::vector<Preferences>& preferences, const AgentRegistry& agents);
  /// By number; there is always one numbered 0.
  [[nodiscard]] const SeatPlan& plan(std::size_t number) const { return plans_[number]; }
  [[nodiscard]] const std::vector<SeatPlan>& plans() const { return plans_; }

  /// Whether an agent who is signed in meets the conditions and could ever have the contact, whatever they do now.
  bool anybody_signed_in(const Conditions& asked, const Contact& contact, Channel channel, std::uint32_t units,
                         const AgentRegistry& agents, Reach& reach) const;

  /// The entry with the fewest signed-in agents. It holds as long as the conditions.
  [[nodiscard]] Entry entry_of(const Conditions& asked) const;

  /// Agents with the skill who are ready and carry nothing; under SkillHandle::kNone, all.
  [[nodiscard]] std::size_t idle_count(SkillHandle skill) const { return plans_[0].ready_count(skill, Load::kIdle); }
  /// Of each skill whether anybody ready has it.
  [[nodiscard]] bool somebody_ready(const Requirements& requirements) const {
    return std::all_of(requirements.begin(), requirements.end(), [this](const SkillRequirement& required) {
      return plans_[0].ready_count(required.skill, Load::kIdle) + plans_[0].ready_count(required.skill, Load::kLoaded) >
             0;
    });
  }

  [[nodiscard]] std::size_t signed_in_count(SkillHandle skill) const { return group(skill).signed_in.count(); }

  /// How many agents who serve have all skills that the requirements name, at whatever level.
  [[nodiscard]] std::size_t serving_count(const Requirements& requirements) const {
    return SeatSet::count_common(Having(*this, requirements).and_in(serving_).sets());
  }
  /// Gives those who serve and have all skills that the requirements name, at whatever level, to `visit`.
  template <typename Visit>
  void visit_serving(const Requirements& requirements, const AgentRegistry& agents, Visit visit) const {
    SeatSet::visit_common(Having(*this, requirements).and_in(serving_).sets(), [&](std::uint32_t handle) {
      visit(*agents.find(AgentHandle{handle}));
      return false;
    });
  }
  /// How many contacts of the channel those who serve and meet the requirements can have in hand at once, if nothing
  /// else. Looks at some 256 agents; if there are more with the skills, the others count as those do.
  [[nodiscard]] std::uint64_t servers(const Conditions& asked, Channel channel, std::uint32_t units,
                                      const AgentRegistry& agents) const;
  /// Whether the sets have the agent exactly as its record says, for tests.
  [[nodiscard]] bool knows_rightly(const AgentRecord& record) const;

 private:
  /// The agents with one skill; under SkillHandle::kNone, all.
  struct Group {
    SeatSet signed_in;           // by AgentHandle
    std::uint64_t arrivals = 1;  // in it
  };

  /// Whoever is signed in and has all skills that requirements name, as sets that all have them. Of longer requirements
  /// the first ones count; whoever needs to be sure tests them all.
  class Having {
   public:
    Having(const AgentIndex& index, const Requirements& requirements) {
      for (const SkillRequirement& required : requirements) {
        if (count_ < kRequirementsMax) and_in(index.group(required.skill).signed_in);
      }
      if (requirements.empty()) and_in(index.group(SkillHandle::kNone).signed_in);
    }
    Having& and_in(const SeatSet& set) {
      sets_[count_++] = &set;
      return *this;
    }
    [[nodiscard]] std::span<const SeatSet* const> sets() {
      SeatSet::sort_by_count({sets_.data(), count_});
      return {sets_.data(), count_};
    }

   private:
    static constexpr std::size_t kRequirementsMax = SeatSet::kSetsMax - 2;  // and two sets more
    std::array<const SeatSet*, SeatSet::kSetsMax> sets_;
    std::size_t count_ = 0;
  };

  Group& group_for(SkillHandle skill) {
    if (raw(skill) >= groups_.size()) groups_.resize(raw(skill) + std::size_t{1});
    return groups_[raw(skill)];
  }
  [[nodiscard]] const Group& group(SkillHandle skill) const {
    return raw(skill) < groups_.size() ? groups_[raw(skill)] : nobody_;
  }
  template <typename Do>
  void for_each_group(const AgentRecord& record, Do act);
  void sign_in(AgentRecord& record);
  void sign_off(AgentRecord& record);
  void set_serving(AgentRecord& record, bool serving);

  std::vector<Group> groups_ = std::vector<Group>(1);  // by skill handle
  Group nobody_;                                       // of skills that no agent ever had
  SeatSet serving_;                                    // by AgentHandle
  std::vector<SeatPlan> plans_;                        // one at least
};

}  // namespace muster::dispatch
