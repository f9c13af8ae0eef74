#include "agent_index.h"

namespace muster::dispatch {

void AgentIndex::update(AgentRecord& record) {
  const Agent& agent = record.agent;
  record.signed_in_at.resize(agent.spec.skills.size() + 1);
  const bool signed_in = is_signed_in(agent);
  if (record.signed_in && !signed_in) leave_lists(record);
  if (!record.signed_in && signed_in) join_lists(record);
  record.load = load_of(agent);
}

void AgentIndex::seat(AgentRecord& record) {
  const IdleKey key{record.agent.idle_since, record.agent.idle_order};
  if (record.row == record.load && (record.row == Load::kNotReady || record.seat_key == key)) return;
  stand_up(record);
  if (record.load != Load::kNotReady) sit_down(record, record.load, key);
}

void AgentIndex::remove(AgentRecord& record) {
  stand_up(record);
  if (record.signed_in) leave_lists(record);
}

/// The sets of seats that know of the agent.
template <typename Do>
void AgentIndex::for_each_set(const AgentRecord& record, Load load, Do act) {
  for (std::size_t slot = 0; slot <= record.agent.spec.skills.size(); ++slot) {
    act(group_for(skill_at(record, slot)).ready[static_cast<std::size_t>(load)]);
  }
}

void AgentIndex::sit_down(AgentRecord& record, Load load, const IdleKey& key) {
  const auto take = [&] {
    return rows_[static_cast<std::size_t>(load)].take(
        &record, key, [&](AgentRecord& neighbour, std::uint32_t from, std::uint32_t to) {
          neighbour.seat = to;
          for_each_set(neighbour, load, [&](SeatSet& set) {
            set.remove(from);
            set.add(to);
          });
        });
  };
  auto seat = take();
  if (!seat) {
    compact(load, key);
    seat = take();
  }
  record.seat = *seat;
  record.row = load;
  record.seat_key = key;
  for_each_set(record, load, [&](SeatSet& set) { set.add(record.seat); });
}

void AgentIndex::stand_up(AgentRecord& record) {
  if (record.row == Load::kNotReady) return;
  for_each_set(record, record.row, [&](SeatSet& set) { set.remove(record.seat); });
  rows_[static_cast<std::size_t>(record.row)].vacate(record.seat);
  record.row = Load::kNotReady;
}

void AgentIndex::compact(Load load, const IdleKey& near) {
  const auto which = static_cast<std::size_t>(load);
  const auto now_at = rows_[which].compact(near, [](AgentRecord& record, std::uint32_t to) { record.seat = to; });
  for (Group& group : groups_) group.ready[which].renumber(now_at);
}

bool AgentIndex::seats_rightly(const AgentRecord& record) const {
  if (record.load != load_of(record.agent) || record.row != record.load) return false;
  if (record.load == Load::kNotReady) return true;
  bool known = true;
  for (std::size_t slot = 0; slot <= record.agent.spec.skills.size(); ++slot) {
    known = known && ready(skill_at(record, slot), record.load).contains(record.seat);
  }
  return known && row(record.load).holder(record.seat) == &record &&
         record.seat_key == IdleKey{record.agent.idle_since, record.agent.idle_order};
}

void AgentIndex::join_lists(AgentRecord& record) {
  for (std::size_t slot = 0; slot < record.signed_in_at.size(); ++slot) {
    Group& group = group_for(skill_at(record, slot));
    record.signed_in_at[slot] = static_cast<std::uint32_t>(group.signed_in.size());
    group.signed_in.push_back({&record, static_cast<std::uint32_t>(slot)});
    ++group.arrivals;
  }
  record.signed_in = true;
}

void AgentIndex::leave_lists(AgentRecord& record) {
  for (std::size_t slot = 0; slot < record.signed_in_at.size(); ++slot) {
    auto& list = group_for(skill_at(record, slot)).signed_in;
    const std::uint32_t position = record.signed_in_at[slot];
    list[position] = list.back();
    list[position].record->signed_in_at[list[position].slot] = position;
    list.pop_back();
  }
  record.signed_in = false;
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
