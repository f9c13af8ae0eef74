#include "agent_index.h"

namespace muster::dispatch {
namespace {

std::uint64_t mask_of(const std::vector<SkillLevel>& skills) {
  std::uint64_t mask = 0;
  for (const SkillLevel& skill : skills) mask |= std::uint64_t{1} << (raw(skill.skill) % 64);
  return mask;
}

}  // namespace

SkillHandle AgentIndex::skill_at(const AgentRecord& record, std::size_t slot) {
  return slot == 0 ? SkillHandle::kNone : record.agent.spec.skills[slot - 1].skill;
}

AgentIndex::Group& AgentIndex::group_for(SkillHandle skill) {
  if (raw(skill) >= groups_.size()) groups_.resize(raw(skill) + std::size_t{1});
  return groups_[raw(skill)];
}

const AgentIndex::Group& AgentIndex::group(SkillHandle skill) const {
  static const Group kNobody;
  return raw(skill) < groups_.size() ? groups_[raw(skill)] : kNobody;
}

void AgentIndex::update(AgentRecord& record) {
  const Agent& agent = record.agent;
  const std::size_t slots = agent.spec.skills.size() + 1;
  if (record.places.size() != slots) {
    record.places = std::vector<AgentLine::Place>(slots);
    record.signed_in_at.resize(slots);
    const ReadyAgent self{&record, mask_of(agent.spec.skills)};
    for (auto& place : record.places) place.value = self;
  }

  const bool signed_in = is_signed_in(agent);
  if (record.signed_in && !signed_in) leave_lists(record);
  if (!record.signed_in && signed_in) join_lists(record);

  const Load load = load_of(agent);
  const IdleKey key{agent.idle_since, agent.idle_order};
  if (record.load == load && (load == Load::kNotReady || record.places[0].key() == key)) return;
  leave_lines(record);
  record.load = load;
  if (load == Load::kNotReady) return;
  for (std::size_t slot = 0; slot < slots; ++slot) {
    group_for(skill_at(record, slot)).ready[static_cast<std::size_t>(load)].join(record.places[slot], key);
  }
}

void AgentIndex::remove(AgentRecord& record) {
  leave_lines(record);
  if (record.signed_in) leave_lists(record);
  record.places.clear();
}

void AgentIndex::leave_lines(AgentRecord& record) {
  if (record.load == Load::kNotReady) return;
  for (std::size_t slot = 0; slot < record.places.size(); ++slot) {
    group_for(skill_at(record, slot)).ready[static_cast<std::size_t>(record.load)].leave(record.places[slot]);
  }
  record.load = Load::kNotReady;
}

void AgentIndex::join_lists(AgentRecord& record) {
  for (std::size_t slot = 0; slot < record.places.size(); ++slot) {
    Group& group = group_for(skill_at(record, slot));
    record.signed_in_at[slot] = static_cast<std::uint32_t>(group.signed_in.size());
    group.signed_in.push_back({&record, static_cast<std::uint32_t>(slot)});
    ++group.arrivals;
  }
  record.signed_in = true;
}

void AgentIndex::leave_lists(AgentRecord& record) {
  for (std::size_t slot = 0; slot < record.places.size(); ++slot) {
    auto& list = group_for(skill_at(record, slot)).signed_in;
    const std::uint32_t position = record.signed_in_at[slot];
    list[position] = list.back();
    list[position].record->signed_in_at[list[position].slot] = position;
    list.pop_back();
  }
  record.signed_in = false;
}

const AgentLine& AgentIndex::line(Load load, const Requirements& requirements) const {
  const auto which = static_cast<std::size_t>(load);
  if (requirements.empty()) return group(SkillHandle::kNone).ready[which];
  const AgentLine* shortest = &group(requirements.front().skill).ready[which];
  for (const SkillRequirement& required : requirements) {
    const AgentLine& line = group(required.skill).ready[which];
    if (line.size() < shortest->size()) shortest = &line;
  }
  return *shortest;
}

bool AgentIndex::anybody_signed_in(const Requirements& requirements, const Contact& contact, Channel channel,
                                   std::uint32_t units, const AgentRegistry& agents, Reach& reach) const {
  const auto has_skills = [&](const Agent& agent) {
    return failed_skill_gate(agent.spec.skills, requirements) == Gate{};
  };
  const auto could_have_it = [&](const Agent& agent) {
    return !is_barred_for_good(contact, agent.handle) && could_have_room(agent.spec, channel, units);
  };
  const AgentRecord* witness = agents.find(reach.witness);
  if (witness && witness->signed_in && has_skills(witness->agent) && could_have_it(witness->agent)) return true;
  if (reach.arrivals != 0 && group(reach.searched).arrivals == reach.arrivals) return false;

  SkillHandle rarest = requirements.empty() ? SkillHandle::kNone : requirements.front().skill;
  for (const SkillRequirement& required : requirements) {
    if (signed_in_count(required.skill) < signed_in_count(rarest)) rarest = required.skill;
  }
  bool anybody = false;
  for (const SignedIn& each : group(rarest).signed_in) {
    const Agent& agent = each.record->agent;
    if (!has_skills(agent)) continue;
    anybody = true;  // of this contact and of today's capacities the memory says nothing
    if (!could_have_it(agent)) continue;
    reach.witness = agent.handle;
    return true;
  }
  if (!anybody) reach = {AgentHandle::kNone, rarest, group(rarest).arrivals};
  return false;
}

}  // namespace muster::dispatch
