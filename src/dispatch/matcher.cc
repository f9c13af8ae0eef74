#include "matcher.h"

#include <algorithm>
#include <utility>

#include "rules.h"

namespace muster::dispatch {
namespace {

/// The gates of one contact, for many agents.
class Gates {
 public:
  /// `interrupting`: what the contact interrupts leaves its room.
  Gates(const State& state, const Contact& contact, const WaitingKey& key, TimePoint now, bool interrupting = false)
      : state_(state),
        contact_(contact),
        key_(key),
        units_(state.units_of(key_.channel)),
        now_(now),
        interrupting_(interrupting) {}

  /// Those who choose for themselves, and those at whom the contact rings already.
  [[nodiscard]] bool leaves_out(const AgentRecord& record) const {
    return record.about_to_choose || (interrupting_ && record.interruptible) ||
           (contact_.state == ContactState::kOffered && state_.rings_at(contact_, record.agent));
  }

  [[nodiscard]] Gate first_failed(const Agent& agent) const {
    if (const Gate gate = failed_gate(agent.spec.skills, key_.asked); gate != Gate{}) return gate;
    if (const Gate gate = failed_contact_gate(contact_, agent.handle, now_); gate != Gate{}) return gate;
    const bool room = interrupting_ ? is_free_by_interruption(agent, key_.channel, state_.settings())
                                    : has_room(agent, key_.channel, units_);
    return room ? Gate{} : Gate::kCapacity;
  }

 private:
  const State& state_;
  const Contact& contact_;
  const WaitingKey& key_;
  std::uint32_t units_;
  TimePoint now_;
  bool interrupting_;
};

/// Whether having or not having skills, at whatever levels, may meet the alternatives.
bool may_meet(const std::vector<SkillLevel>& skills, const Alternatives& alternatives) {
  return std::any_of(alternatives.begin(), alternatives.end(), [&](const SkillTest& test) {
    const bool has = std::any_of(skills.begin(), skills.end(),
                                 [&](const SkillLevel& skill) { return skill.skill == test.requirement.skill; });
    return may_pass(test, has);
  });
}

/// Looks for the best agent and the next one, in the order that a step's preferences give.
class Search {
 public:
  /// `rated`: the skills that the fit is of.
  Search(const Gates& gates, const Preferences& prefer, const Conditions& asked, const Requirements& rated,
         const Explanation& why, TimePoint now)
      : gates_(gates),
        prefer_(prefer),
        asked_(asked),
        rated_(rated),
        fit_max_(prefer.skill_fit * kLevelMax),
        now_(now) {
    choice_.explanation = why;
  }

  /// Among those with the skill `also` only, unless it is kNone.
  void over(const SeatPlan& plan, SkillHandle also) {
    for (const Load load : {Load::kIdle, Load::kLoaded}) {
      const bool loaded = load == Load::kLoaded && prefer_.load == Duration{0};
      if (loaded && second_.agent) return;
      plan.visit_ready(load, asked_, also, [&](AgentRecord& candidate, const SeatKey& key) {
        return look_at(candidate, {loaded, key});
      });
    }
  }

  void over(AgentRecord& only) {
    if (only.load != Load::kNotReady) over_one(only);
  }

  /// In no order.
  void over_one(AgentRecord& candidate) { look_at(candidate, {false, seat_key(candidate.agent, prefer_)}); }

  [[nodiscard]] bool found() const { return first_.agent; }

  [[nodiscard]] Choice choice() {
    Explanation& why = choice_.explanation;
    choice_.agent = first_.agent;
    if (first_.agent) why.idle = now_ - first_.agent->agent.idle_since;
    if (second_.agent) {
      why.runner_up = second_.agent->agent.handle;
      why.runner_up_idle = now_ - second_.agent->agent.idle_since;
    }
    if (prefer_ == Preferences{}) return choice_;
    const TimePoint zero = prefer_.ignore_idle ? TimePoint{} : now_;
    if (first_.agent) why.score = zero - first_.turn.key.since;
    if (second_.agent) why.runner_up_score = zero - second_.turn.key.since;
    return choice_;
  }

 private:
  struct Turn {
    bool loaded = false;
    SeatKey key;
    auto operator<=>(const Turn&) const = default;
  };
  struct Candidate {
    AgentRecord* agent = nullptr;
    Turn turn;
  };

  /// `turn` is without the fit. True if nobody behind can be among the two best.
  bool look_at(AgentRecord& candidate, Turn turn) {
    if (second_.agent && second_.turn < Turn{turn.loaded, {turn.key.since - fit_max_, 0}}) return true;
    if (gates_.leaves_out(candidate)) return false;
    Explanation& why = choice_.explanation;
    ++why.considered;
    if (const Gate gate = gates_.first_failed(candidate.agent); gate != Gate{}) {
      ++why.rejected[static_cast<std::size_t>(gate)];
      return false;
    }
    turn.key.since -= fit_of(candidate.agent, rated_, prefer_);
    if (!first_.agent || turn < first_.turn) {
      second_ = std::exchange(first_, {&candidate, turn});
    } else if (!second_.agent || turn < second_.turn) {
      second_ = {&candidate, turn};
    }
    // Whoever comes first may have others behind who come before the second, of another row.
    return second_.agent && fit_max_ == Duration{0} && second_.turn <= turn;
  }

  const Gates& gates_;
  const Preferences& prefer_;
  const Conditions& asked_;
  const Requirements& rated_;
  const Duration fit_max_;
  const TimePoint now_;
  Choice choice_;
  Candidate first_;
  Candidate second_;
};

/// The first contact of a class that nothing about itself bars the agent from.
const ContactLine::Place* first_for(const WaitingClass& group, AgentHandle agent, TimePoint now) {
  const ContactLine::Place* place = group.line.first();
  while (place && failed_contact_gate(place->value->contact, agent, now) != Gate{}) place = place->next();
  return place;
}

/// The best waiting contact for one agent: of the queues with a share the one whose turn it is, against all others by
/// rank.
class ContactSearch {
 public:
  ContactSearch(const State& state, const Agent& agent, TimePoint now, bool interrupting)
      : state_(state), agent_(agent), now_(now), interrupting_(interrupting) {
    for (const SkillLevel& skill : agent.spec.skills) has_ |= bit_of(skill.skill);
  }

  /// A quick no to nearly all.
  [[nodiscard]] bool may_matter(const WaitingIndex::Listed& listed) const {
    if ((listed.skills & ~has_) != 0) return false;
    return listed.in_lane || !best_ || listed.first < best_->key();
  }

  void look_at(const WaitingClass& group) {
    const QueueRecord* lane = state_.queues().find(group.key->lane);
    if (lane && (lane->queue.spec.paused || lane->queue.spec.idle_reserve > 0)) return;
    if (interrupting_ && !state_.may_interrupt(*group.key)) return;
    if (!has_room_for(group.key->channel)) return;
    if (failed_gate(agent_.spec.skills, group.key->asked) != Gate{}) return;
    const ContactLine::Place* place = first_for(group, agent_.handle, now_);
    if (!place) return;
    if (lane && !is_front_rank(place->key().rank)) {
      keep_shared(*lane, place);
    } else {
      keep(best_, place);
    }
  }

  [[nodiscard]] ContactRecord* best() {
    if (best_shared_) keep(best_, best_shared_);
    return best_ ? best_->value : nullptr;
  }

 private:
  using Place = ContactLine::Place;

  [[nodiscard]] bool has_room_for(Channel channel) const {
    if (interrupting_) return is_free_by_interruption(agent_, channel, state_.settings());
    return has_room(agent_, channel, state_.units_of(channel));
  }

  static void keep(const Place*& best, const Place* place) {
    if (!best || place->key() < best->key()) best = place;
  }

  void keep_shared(const QueueRecord& lane, const Place* place) {
    const std::int64_t turn = turn_of(lane.queue, lane.waiting, state_.settings().queue_order);
    if (best_shared_ && turn > turn_) return;
    if (!best_shared_ || turn < turn_) {
      best_shared_ = place;
    } else {
      keep(best_shared_, place);
    }
    turn_ = turn;
  }

  const State& state_;
  const Agent& agent_;
  TimePoint now_;
  bool interrupting_;
  SkillBits has_ = 0;
  const Place* best_ = nullptr;
  const Place* best_shared_ = nullptr;
  std::int64_t turn_ = 0;  // of the queue of best_shared_
};

/// What is known before anybody has been looked at.
Explanation explain_look(const Contact& contact, Trigger trigger, TimePoint now) {
  Explanation why;
  why.trigger = trigger;
  why.step = contact.step;
  why.waited = now - contact.due;
  return why;
}

}  // namespace

Choice choose_agent(const State& state, const ContactRecord& record, Trigger trigger, TimePoint now) {
  Choice choice;
  Explanation& why = choice.explanation;
  why = explain_look(record.contact, trigger, now);
  const WaitingKey not_in_line = record.waiting_class ? WaitingKey{} : state.key_of(record.contact);
  const WaitingClass* group = record.waiting_class ? record.waiting_class : state.waiting().find(not_in_line);
  const WaitingKey& key = group ? *group->key : not_in_line;
  if (!state.may_be_offered(key.lane)) return choice;
  // Another contact that asks the same and bars nobody waits in vain: so would this one, unless it waits only because
  // too few agents were idle.
  const QueueRecord* lane = state.queues().find(key.lane);
  const bool leaves_idle = lane && lane->queue.spec.idle_reserve > 0;
  if (group && group->settled_open > 0 && !leaves_idle) return choice;

  const Gates gates(state, record.contact, key, now);
  const PolicyRecord& policy = state.policy_record_of(record.contact);
  const PolicyStep& step = policy.policy.spec.steps[record.contact.step];
  const Preferences& prefer = step.prefer;
  const SeatPlan& plan = state.agent_index().plan(policy.plans[record.contact.step]);
  const Requirements rated = rated_by(step, record.contact);
  const auto search_over = [&](auto&... where) {
    Search search(gates, prefer, key.asked, rated, why, now);
    search.over(where...);
    return search;
  };
  if (key.preferred != AgentHandle::kNone) {
    return search_over(*state.agents().find(key.preferred)).choice();
  }
  if (goes_to_newcomers(record.contact, prefer)) {
    Search newcomers = search_over(plan, prefer.newcomers);
    if (newcomers.found()) return newcomers.choice();
  }
  const SkillHandle anybody = SkillHandle::kNone;
  return search_over(plan, anybody).choice();
}

Choice choose_agent_to_interrupt(const State& state, const ContactRecord& record, Trigger trigger, TimePoint now) {
  const WaitingClass& group = *record.waiting_class;
  const WaitingKey& key = *group.key;
  if (group.settled_open > 0) return {};
  const Explanation why = explain_look(record.contact, trigger, now);
  const PolicyStep& step = state.policy_of(record.contact).steps[record.contact.step];
  const Requirements rated = rated_by(step, record.contact);
  const Gates gates(state, record.contact, key, now, true);
  Search search(gates, step.prefer, key.asked, rated, why, now);
  if (key.preferred != AgentHandle::kNone) {
    search.over_one(*state.agents().find(key.preferred));
  } else {
    state.agent_index().visit_serving(key.asked.all, state.agents(), [&](AgentRecord& candidate) {
      const auto may = [&](const Alternatives& each) { return may_meet(candidate.agent.spec.skills, each); };
      if (std::all_of(key.asked.any.begin(), key.asked.any.end(), may)) {
        search.over_one(candidate);
      }
    });
  }
  return search.choice();
}

ContactRecord* choose_contact(const State& state, const Agent& agent, TimePoint now, bool interrupting) {
  ContactSearch search(state, agent, now, interrupting);
  for (const WaitingClass* group : state.waiting().for_agent(agent.handle)) search.look_at(*group);
  const auto look_under = [&](SkillHandle skill) {
    for (const WaitingIndex::Listed& listed : state.waiting().listed(skill)) {
      if (search.may_matter(listed)) search.look_at(*listed.waiting_class);
    }
  };
  look_under(SkillHandle::kNone);
  for (const SkillLevel& skill : agent.spec.skills) look_under(skill.skill);
  return search.best();
}

Explanation explain_free_agent(const Contact& contact, const Agent& agent, Trigger trigger, TimePoint now) {
  Explanation why = explain_look(contact, trigger, now);
  why.considered = 1;
  why.idle = now - agent.idle_since;
  return why;
}

}  // namespace muster::dispatch
