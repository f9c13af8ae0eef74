#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "records.h"
#include "registry.h"
#include "rules.h"

namespace muster::dispatch {

using AgentRegistry = Registry<AgentHandle, AgentRecord>;

/// What is known about whether anybody signed in could ever meet a set of requirements, so that it need not be
/// searched again. A cache: it never changes an answer.
struct Reach {
  AgentHandle witness{};       ///< met them when last looked at
  SkillHandle searched{};      ///< nobody in this skill's list met them...
  std::uint64_t arrivals = 0;  ///< ...when this many had joined it; 0: not searched
};

/// Agents by skill. Ready agents stand in lines, the longest idle first: one line of all and one per skill, each
/// apart for fully idle and partly loaded agents. Signed-in agents, ready or not, are listed per skill as well.
class AgentIndex {
 public:
  /// Puts the agent where its facts say. Call after every change but that of skills.
  void update(AgentRecord& record);
  /// Takes the agent out. Call before its skills change (then update) and before it is deleted.
  void remove(AgentRecord& record);

  /// The shortest line in which everyone who meets the requirements stands.
  [[nodiscard]] const AgentLine& line(Load load, const Requirements& requirements) const;

  /// Whether an agent who is signed in meets the requirements and could ever have the contact, whatever they do now.
  bool anybody_signed_in(const Requirements& requirements, const Contact& contact, Channel channel, std::uint32_t units,
                         const AgentRegistry& agents, Reach& reach) const;

  [[nodiscard]] std::size_t signed_in_count(SkillHandle skill) const { return group(skill).signed_in.size(); }

 private:
  struct SignedIn {
    AgentRecord* record = nullptr;
    std::uint32_t slot = 0;  // the agent's entry that points back here
  };
  /// The agents with one skill; under SkillHandle::kNone, all.
  struct Group {
    AgentLine ready[2];  // by Load
    std::vector<SignedIn> signed_in;
    std::uint64_t arrivals = 1;
  };

  static SkillHandle skill_at(const AgentRecord& record, std::size_t slot);
  Group& group_for(SkillHandle skill);
  [[nodiscard]] const Group& group(SkillHandle skill) const;
  void leave_lines(AgentRecord& record);
  void join_lists(AgentRecord& record);
  void leave_lists(AgentRecord& record);

  std::deque<Group> groups_ = std::deque<Group>(1);  // by skill handle
};

}  // namespace muster::dispatch
