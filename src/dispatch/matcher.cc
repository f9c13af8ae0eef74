#include "matcher.h"

#include "rules.h"

namespace muster::dispatch {
namespace {

/// The gates of one contact, for many agents.
class Gates {
 public:
  Gates(const State& state, const ContactRecord& record, TimePoint now)
      : contact_(record.contact),
        requirements_(record.waiting_class->requirements),
        channel_(record.waiting_class->channel),
        units_(state.units_of(channel_)),
        now_(now) {}

  [[nodiscard]] Gate first_failed(const Agent& agent) const {
    if (const Gate gate = failed_skill_gate(agent.spec.skills, requirements_); gate != Gate{}) return gate;
    if (const Gate gate = failed_contact_gate(contact_, agent.handle, now_); gate != Gate{}) return gate;
    return has_room(agent, channel_, units_) ? Gate{} : Gate::kCapacity;
  }

 private:
  const Contact& contact_;
  const Requirements& requirements_;
  Channel channel_;
  std::uint32_t units_;
  TimePoint now_;
};

/// The first contact of a class that nothing about itself bars the agent from.
const ContactLine::Place* first_for(const WaitingClass& group, AgentHandle agent, TimePoint now) {
  const ContactLine::Place* place = group.line.first();
  while (place && failed_contact_gate(place->value->contact, agent, now) != Gate{}) place = place->next();
  return place;
}

}  // namespace

Choice choose_agent(const State& state, const ContactRecord& record, Trigger trigger, TimePoint now) {
  Choice choice;
  Explanation& why = choice.explanation;
  why.trigger = trigger;
  why.step = record.contact.step;
  why.waited = now - record.contact.due;
  // Another contact that asks the same and bars nobody waits in vain: so would this one.
  if (record.waiting_class->settled_open > 0) return choice;

  const Gates gates(state, record, now);
  const Requirements& requirements = record.waiting_class->requirements;
  bool decided = false;
  const auto look_at = [&](AgentRecord& candidate) {
    if (candidate.about_to_choose) return false;
    ++why.considered;
    if (const Gate gate = gates.first_failed(candidate.agent); gate != Gate{}) {
      ++why.rejected[static_cast<std::size_t>(gate)];
      return false;
    }
    const Duration idle = now - candidate.agent.idle_since;
    if (choice.agent) {
      why.runner_up = candidate.agent.handle;
      why.runner_up_idle = idle;
      decided = true;
    } else {
      choice.agent = &candidate;
      why.idle = idle;
    }
    return decided;
  };
  for (const Load load : {Load::kIdle, Load::kLoaded}) {
    if (!decided) state.agent_index().visit_ready(load, requirements, look_at);
  }
  return choice;
}

ContactRecord* choose_contact(const State& state, const Agent& agent, TimePoint now) {
  const ContactLine::Place* best = nullptr;
  SkillBits has = 0;
  for (const SkillLevel& skill : agent.spec.skills) has |= bit_of(skill.skill);
  const auto look_under = [&](SkillHandle skill) {
    for (const WaitingIndex::Listed& each : state.waiting().listed(skill)) {
      if ((each.skills & ~has) != 0) continue;
      if (best && best->key() < each.first) continue;
      const WaitingClass* group = each.waiting_class;
      if (!has_room(agent, group->channel, state.units_of(group->channel))) continue;
      if (failed_skill_gate(agent.spec.skills, group->requirements) != Gate{}) continue;
      const ContactLine::Place* place = first_for(*group, agent.handle, now);
      if (place && (!best || place->key() < best->key())) best = place;
    }
  };
  look_under(SkillHandle::kNone);
  for (const SkillLevel& skill : agent.spec.skills) look_under(skill.skill);
  return best ? best->value : nullptr;
}

Explanation explain_free_agent(const Contact& contact, const Agent& agent, Trigger trigger, TimePoint now) {
  Explanation why;
  why.trigger = trigger;
  why.step = contact.step;
  why.considered = 1;
  why.waited = now - contact.due;
  why.idle = now - agent.idle_since;
  return why;
}

}  // namespace muster::dispatch
