#include "agent_index.h"

#include <algorithm>
#include <bit>

namespace muster::dispatch {

void AgentIndex::update(AgentRecord& record) {
  const Agent& agent = record.agent;
  const bool signed_in = is_signed_in(agent);
  if (record.signed_in && !signed_in) sign_off(record);
  if (!record.signed_in && signed_in) sign_in(record);
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
  if (record.signed_in) sign_off(record);
  if (record.serving) set_serving(record, false);
}

/// The group of all, and those of the agent's skills.
template <typename Do>
void AgentIndex::for_each_group(const AgentRecord& record, Do act) {
  act(groups_[raw(SkillHandle::kNone)]);
  for (const SkillLevel& skill : record.agent.spec.skills) act(group_for(skill.skill));
}

void AgentIndex::sign_in(AgentRecord& record) {
  for_each_group(record, [&](Group& group) {
    group.signed_in.add(raw(record.agent.handle));
    ++group.arrivals;
  });
  record.signed_in = true;
}

void AgentIndex::sign_off(AgentRecord& record) {
  for_each_group(record, [&](Group& group) { group.signed_in.remove(raw(record.agent.handle)); });
  record.signed_in = false;
}

void AgentIndex::set_serving(AgentRecord& record, bool serving) {
  record.serving = serving;
  serving ? serving_.add(raw(record.agent.handle)) : serving_.remove(raw(record.agent.handle));
}

bool AgentIndex::knows_rightly(const AgentRecord& record) const {
  const std::uint32_t number = raw(record.agent.handle);
  bool right = record.serving == is_available(record.agent) && serving_.contains(number) == record.serving &&
               group(SkillHandle::kNone).signed_in.contains(number) == record.signed_in;
  for (const SkillLevel& skill : record.agent.spec.skills) {
    right = right && group(skill.skill).signed_in.contains(number) == record.signed_in;
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
  const auto look_at = [&](std::uint32_t first, std::uint64_t bits) {
    if (bits == 0 || words++ % every != 0) return false;
    for (; bits != 0; bits &= bits - 1) {
      const AgentHandle handle{first + static_cast<std::uint32_t>(std::countr_zero(bits))};
      const AgentSpec& spec = agents.find(handle)->agent.spec;
      ++looked;
      if (failed_gate(spec.skills, asked) == Gate{}) found += room_for(spec, channel, units);
    }
    return false;
  };
  SeatSet::visit_common_words(Having(*this, asked.all).and_in(serving_).sets(), look_at);
  if (found == 0) return 0;
  return std::max<std::uint64_t>(1, (found * with_skills + looked / 2) / looked);
}

std::vector<std::size_t> AgentIndex::keep_plans(const std::vector<Preferences>& preferences,
                                                const AgentRegistry& agents) {
  if (preferences.empty()) return keep_plans({Preferences{}}, agents);
  const auto number_of = [this](const Preferences& prefer) {
    std::size_t number = 0;
    while (number < plans_.size() && plans_[number].preferences() != prefer) ++number;
    return number;
  };
  const auto unused = [&](const SeatPlan& plan) {
    return std::find(preferences.begin(), preferences.end(), plan.preferences()) == preferences.end();
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
    if (alternatives.empty()) return {SkillHandle::kNone, &alternatives};  // nobody meets them, whoever is signed in
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

  const Entry entry = entry_of(asked);
  std::vector<SkillHandle> searched;
  bool anybody = false;
  bool found = false;
  entry.for_each_skill([&](SkillHandle skill) {
    searched.push_back(skill);
    if (found) return;
    Having having(*this, asked.all);
    if (entry.one_of) having.and_in(group(skill).signed_in);
    SeatSet::visit_common(having.sets(), [&](std::uint32_t number) {
      const Agent& agent = agents.find(AgentHandle{number})->agent;
      if (!meets(agent)) return false;
      anybody = true;  // of this contact and of today's capacities the memory says nothing
      found = could_have_it(agent);
      if (found) reach.witness = agent.handle;
      return found;
    });
  });
  if (!anybody) reach = {AgentHandle::kNone, searched, arrivals(searched)};
  return found;
}

}  // namespace muster::dispatch
