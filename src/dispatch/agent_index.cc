#include "agent_index.h"

#include <algorithm>
#include <bit>

namespace muster::dispatch {

void AgentIndex::update(AgentRecord& record) {
  const Agent& agent = record.agent;
  record.signed_in_at.resize(agent.spec.skills.size() + 1);
  const bool signed_in = is_signed_in(agent);
  if (record.signed_in && !signed_in) leave_lists(record);
  if (!record.signed_in && signed_in) join_lists(record);
  if (const bool serving = is_available(agent); record.serving != serving) set_serving(record, serving);
  record.load = load_of(agent);
}

void AgentIndex::seat(AgentRecord& record) {
  record.row = record.load;
  for (SeatPlan& plan : plans_) plan.seat(record);
}

void AgentIndex::remove(AgentRecord& record) {
  record.row = Load::kNotReady;
  for (SeatPlan& plan : plans_) plan.stand_up(record);
  if (record.signed_in) leave_lists(record);
  if (record.serving) set_serving(record, false);
}

void AgentIndex::set_serving(AgentRecord& record, bool serving) {
  record.serving = serving;
  for (std::size_t slot = 0; slot <= record.agent.spec.skills.size(); ++slot) {
    SeatSet& set = group_for(skill_at(record, slot)).serving;
    serving ? set.add(raw(record.agent.handle)) : set.remove(raw(record.agent.handle));
  }
}

bool AgentIndex::serves_rightly(const AgentRecord& record) const {
  bool right = record.serving == is_available(record.agent);
  for (std::size_t slot = 0; slot <= record.agent.spec.skills.size(); ++slot) {
    right = right && group(skill_at(record, slot)).serving.contains(raw(record.agent.handle)) == record.serving;
  }
  return right;
}

std::uint64_t AgentIndex::servers(const Conditions& asked, Channel channel, std::uint32_t units,
                                  const AgentRegistry& agents) const {
  constexpr std::uint64_t kLooksMax = 256;
  const std::uint64_t with_skills = serving_count(asked.all);
  // Every so many words of the set, so that all parts of the floor are looked at.
  const std::uint64_t every = 1 + with_skills / kLooksMax;
  std::uint64_t words = 0, looked = 0, found = 0;
  SeatSet::visit_common_words(Asked(*this, asked.all, serving_of).sets(), [&](std::uint32_t first, std::uint64_t bits) {
    if (bits == 0 || words++ % every != 0) return false;
    for (; bits != 0; bits &= bits - 1) {
      const AgentHandle handle{first + static_cast<std::uint32_t>(std::countr_zero(bits))};
      const AgentSpec& spec = agents.find(handle)->agent.spec;
      ++looked;
      if (failed_gate(spec.skills, asked) == Gate{}) found += room_for(spec, channel, units);
    }
    return false;
  });
  if (found == 0) return 0;
  return std::max<std::uint64_t>(1, (found * with_skills + looked / 2) / looked);
}

std::vector<std::size_t> AgentIndex::keep_plans(const std::vector<Preferences>& preferences,
                                                const AgentRegistry& agents) {
  const auto number_of = [this](const Preferences& prefer) {
    std::size_t number = 0;
    while (number < plans_.size() && plans_[number].preferences() != prefer) ++number;
    return number;
  };
  const auto unused = [&](const SeatPlan& plan) {
    const bool named = std::find(preferences.begin(), preferences.end(), plan.preferences()) != preferences.end();
    return !named && plan.preferences() != Preferences{};
  };
  std::erase_if(plans_, unused);
  std::vector<std::size_t> numbers;
  for (const Preferences& prefer : preferences) {
    numbers.push_back(number_of(prefer));
    if (numbers.back() < plans_.size()) continue;
    // Whoever comes last sits down at the end, which is quick.
    std::vector<AgentRecord*> records;
    agents.for_each([&](AgentRecord& record) {
      if (record.row != Load::kNotReady) records.push_back(&record);
    });
    std::sort(records.begin(), records.end(), [&](const AgentRecord* a, const AgentRecord* b) {
      return seat_key(a->agent, prefer) < seat_key(b->agent, prefer);
    });
    SeatPlan& plan = plans_.emplace_back(prefer);
    for (AgentRecord* record : records) plan.seat(*record);
  }
  return numbers;
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

Entry AgentIndex::entry_of(const Conditions& asked) const {
  Entry best;
  std::size_t fewest = signed_in_count(SkillHandle::kNone);
  for (const SkillRequirement& required : asked.all) {
    const std::size_t count = signed_in_count(required.skill);
    if (best.skill != SkillHandle::kNone && count >= fewest) continue;
    best.skill = required.skill;
    fewest = count;
  }
  for (const Alternatives& alternatives : asked.any) {
    if (!needs_one_of(alternatives)) continue;
    std::size_t count = 0;
    for (const SkillTest& test : alternatives) count += signed_in_count(test.requirement.skill);
    const bool anybody = best.skill == SkillHandle::kNone && !best.one_of;
    if (!anybody && count >= fewest) continue;
    best = {SkillHandle::kNone, &alternatives};
    fewest = count;
  }
  return best;
}

bool AgentIndex::anybody_signed_in(const Conditions& asked, const Contact& contact, Channel channel,
                                   std::uint32_t units, const AgentRegistry& agents, Reach& reach) const {
  const auto meets = [&](const Agent& agent) { return failed_gate(agent.spec.skills, asked) == Gate{}; };
  const auto could_have_it = [&](const Agent& agent) {
    return !is_barred_for_good(contact, agent.handle) && could_have_room(agent.spec, channel, units);
  };
  const AgentRecord* witness = agents.find(reach.witness);
  if (witness && witness->signed_in && meets(witness->agent) && could_have_it(witness->agent)) return true;
  const auto arrivals = [this](const std::vector<SkillHandle>& skills) {
    std::uint64_t sum = 0;
    for (const SkillHandle skill : skills) sum += group(skill).arrivals;
    return sum;
  };
  if (reach.arrivals != 0 && arrivals(reach.searched) == reach.arrivals) return false;

  std::vector<SkillHandle> searched;
  entry_of(asked).for_each_skill([&](SkillHandle skill) { searched.push_back(skill); });
  bool anybody = false;
  for (const SkillHandle skill : searched) {
    for (const SignedIn& each : group(skill).signed_in) {
      const Agent& agent = each.record->agent;
      if (!meets(agent)) continue;
      anybody = true;  // of this contact and of today's capacities the memory says nothing
      if (!could_have_it(agent)) continue;
      reach.witness = agent.handle;
      return true;
    }
  }
  if (!anybody) reach = {AgentHandle::kNone, searched, arrivals(searched)};
  return false;
}

}  // namespace muster::dispatch
