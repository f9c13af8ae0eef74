#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "pools.h"
#include "rules.h"
#include "state.h"

// The state against itself, for tests: every index, ledger and timer is worked out again from the facts.
namespace muster::dispatch {
namespace {

class Check {
 public:
  /// Keeps the first thing that is wrong.
  template <typename Id>
  void expect(bool right, const char* rule, Id id) {
    if (!right && wrong.empty()) wrong = std::string(rule) + " #" + std::to_string(id);
  }
  std::string wrong;
};

bool same(const std::optional<Timers::Due>& due, const std::optional<Deadline>& deadline) {
  if (due.has_value() != deadline.has_value()) return false;
  return !due || (due->deadline.at == deadline->at && due->deadline.kind == deadline->kind);
}

void check_contact(const State& state, const Contact& contact, Check& check) {
  const auto id = raw(contact.id);
  const AgentRecord* record = state.agents().find(contact.agent);
  const bool offered = contact.state == ContactState::kOffered;
  const bool held = in_hand(contact.state);
  check.expect((offered || held) == (record != nullptr), "a contact has an agent exactly while offered or held", id);
  check.expect(offered || contact.further_offers.empty(), "further offers of a contact that does not ring", id);
  std::set<AgentHandle> rung;
  for (const OfferId open : open_offers(contact)) {
    const Offer* offer = state.offers().find(open);
    check.expect(offer && offer->contact == contact.id, "offer of contact", id);
    if (!offer) continue;
    check.expect(open != contact.offer || offer->agent == contact.agent, "the agent of the oldest offer", id);
    check.expect(rung.insert(offer->agent).second, "rings at an agent once", id);
    check.expect(offer->expires == state.offers().find(contact.offer)->expires, "offers end together", id);
    const auto& list = state.agents().find(offer->agent)->agent.offers;
    check.expect(std::count(list.begin(), list.end(), open) == 1, "the agent lists the offer once", id);
  }
  if (record && held) {
    const auto& list = record->agent.contacts;
    check.expect(std::count(list.begin(), list.end(), contact.id) == 1, "the holder lists the contact once", id);
  }
  check.expect(contact.step < state.policy_of(contact).steps.size(), "the step exists", id);
}

void check_ledger(const State& state, const Agent& agent, Check& check) {
  std::uint32_t used = 0;
  PerChannel<std::uint16_t> counts{};
  const auto count = [&](ContactId id, bool as_offer) {
    const ContactRecord* record = state.contacts().find(id);
    const bool with = record && (as_offer || record->contact.agent == agent.handle);
    check.expect(with, "what an agent lists is with the agent", raw(id));
    if (!record) return;
    check.expect(in_hand(record->contact.state) != as_offer, "offers and contacts lie in their lists", raw(id));
    const Channel channel = state.queue_of(record->contact).channel;
    if (!takes_units(record->contact.state, channel)) return;
    used += state.units_of(channel);
    ++counts[raw(channel)];
  };
  for (const OfferId id : agent.offers) {
    const Offer* offer = state.offers().find(id);
    check.expect(offer && offer->agent == agent.handle, "an open offer of the agent", raw(id));
    if (offer) count(offer->contact, true);
  }
  PerChannel<std::uint16_t> active{};
  std::uint16_t interrupted = 0;
  for (const ContactId id : agent.contacts) {
    count(id, false);
    const Contact& contact = state.contacts().find(id)->contact;
    const Channel channel = state.queue_of(contact).channel;
    if (contact.state == ContactState::kActive) ++active[raw(channel)];
    if (!contact.interrupted) continue;
    ++interrupted;
    check.expect(contact.state == ContactState::kHeld, "interrupted and not held", raw(id));
    check.expect(!has_room(agent, channel, state.units_of(channel)), "interrupted while there is room", raw(id));
  }
  check.expect(active == agent.active && interrupted == agent.interrupted, "what is worked on", raw(agent.handle));
  check.expect(used == agent.used_units && counts == agent.channel_contacts, "the ledger of units", raw(agent.handle));
}

void check_agent(const State& state, const AgentRecord& record, Check& check) {
  const Agent& agent = record.agent;
  const auto id = raw(agent.handle);
  check_ledger(state, agent, check);
  check.expect(record.signed_in == is_signed_in(agent), "who is signed in", id);
  check.expect(state.agent_index().knows_rightly(record), "the sets of those who are signed in and who serve", id);
  check.expect(!record.about_to_choose, "nobody is left about to choose", id);
  check.expect(!agent.connected || agent.session != SessionId::kNone, "connected without a session", id);
  check.expect(agent.session != SessionId::kNone || agent.offers.empty(), "offers without a session", id);
  check.expect(agent.offers.empty() || agent.presence == Presence::kAvailable, "offers while not available", id);
  check.expect(!agent.next.is_set() || carries_anything(agent), "a next presence with nothing to wait for", id);
  check.expect(agent.session == SessionId::kNone || state.agent_of(agent.session) == &record, "session", id);
  check.expect(record.load == load_of(agent) && record.row == record.load, "the agent's row", id);
  for (const SeatPlan& plan : state.agent_index().plans()) {
    check.expect(plan.seats_rightly(record), "the agent's seat", id);
  }
  check.expect(same(state.timers().find(record.timer), next_deadline(agent, state.settings())), "agent's timer", id);
  const bool expiry = same(state.skill_expiries().find(record.skill_expiry), next_skill_expiry(agent));
  check.expect(expiry, "the timer of the agent's skills", id);
}

void check_waiting(const State& state, const ContactRecord& record, Check& check) {
  const Contact& contact = record.contact;
  const auto id = raw(contact.id);
  const bool queued = contact.state == ContactState::kQueued;
  check.expect(queued == (record.waiting_class != nullptr) && queued == record.place.in_line(), "waits in a class", id);
  if (!queued || !record.waiting_class) return;
  const WaitingKey& key = *record.waiting_class->key;
  check.expect(key == state.key_of(contact), "waits in the right class", id);
  const std::int64_t rank = rank_of(contact, state.policy_of(contact), state.queue_of(contact));
  check.expect(record.place.key().rank == rank, "waits at its rank", id);
  check.expect(!record.place.next() || record.place.key() < record.place.next()->key(), "order of class", id);
  if (!state.may_be_offered(key.lane)) return;
  state.agents().for_each([&](const AgentRecord& candidate) {
    const Agent& agent = candidate.agent;
    if (key.preferred != AgentHandle::kNone && agent.handle != key.preferred) return;
    const bool could = failed_gate(agent.spec.skills, key.asked) == Gate{} &&
                       failed_contact_gate(contact, agent.handle, state.last_time()) == Gate{} &&
                       (is_free_for(agent, key.channel, state.units_of(key.channel)) ||
                        (state.may_interrupt(key) && is_free_by_interruption(agent, key.channel, state.settings())));
    check.expect(!could, "no contact waits while an agent could have it", id);
  });
}

void check_contact_timer(const State& state, const ContactRecord& record, Check& check) {
  const Contact& contact = record.contact;
  const Offer* offer = contact.state == ContactState::kOffered ? state.offers().find(contact.offer) : nullptr;
  const auto due = state.timers().find(record.timer);
  const auto expected =
      next_deadline(contact, state.policy_of(contact), offer ? offer->expires : TimePoint{}, state.last_time());
  // The end of a cool-down leaves no event. So a timer may have passed one that the last event lies before, and
  // after a replay one may be due that was served before without effect.
  const bool passed = expected && expected->kind == TimerKind::kCoolDown && due && expected->at <= due->deadline.at;
  const bool served = due && due->deadline.kind == TimerKind::kCoolDown && due->deadline.at <= state.last_time();
  check.expect(passed || served || same(due, expected), "contact's timer", raw(contact.id));
}

}  // namespace

std::string State::self_check() const {
  Check check;
  std::map<QueueHandle, std::uint32_t> live;
  std::map<QueueHandle, std::uint32_t> queued;
  std::map<SkillHandle, std::uint32_t> uses;
  std::map<AgentHandle, std::uint32_t> exclusions;
  std::size_t timers = 0;
  const auto use = [&](const Requirements& requirements) {
    for (const SkillRequirement& each : requirements) ++uses[each.skill];
  };
  std::map<std::pair<SkillHandle, Load>, std::size_t> ready;
  agents_.for_each([&](const AgentRecord& record) {
    check_agent(*this, record, check);
    ++ready[{SkillHandle::kNone, record.load}];
    for (const SkillLevel& each : record.agent.spec.skills) {
      ++uses[each.skill];
      ++ready[{each.skill, record.load}];
    }
    timers += timers_.find(record.timer) ? 1 : 0;
  });
  for (const SeatPlan& plan : agent_index_.plans()) {
    check.expect(plan.rows_in_order(), "the rows of seats are in order", 0);
    for (std::uint32_t skill = 0; skill <= raw(skills_.last()); ++skill) {
      for (const Load load : {Load::kIdle, Load::kLoaded}) {
        check.expect(plan.ready_count(SkillHandle{skill}, load) == ready[{SkillHandle{skill}, load}],
                     "as many seats as ready agents with the skill", skill);
      }
    }
  }
  contacts_.for_each([&](const ContactRecord& record) {
    check_contact(*this, record.contact, check);
    check_waiting(*this, record, check);
    check_contact_timer(*this, record, check);
    use(record.contact.requirements);
    for (const AgentHandle agent : record.contact.excluded) ++exclusions[agent];
    ++live[record.contact.queue];
    if (record.contact.state == ContactState::kQueued) ++queued[record.contact.queue];
    timers += timers_.find(record.timer) ? 1 : 0;
  });
  policies_.for_each([&](const PolicyRecord& record) {
    const auto use_one = [&](SkillHandle skill) { ++uses[skill]; };
    for_each_skill(record.policy.spec.gates, use_one);
    for (const Pool& pool : record.policy.spec.pools) for_each_skill(pool.members, use_one);
    for (const PolicyStep& step : record.policy.spec.steps) {
      use(step.requirements);
      for_each_skill(step.where, use_one);
      if (step.prefer.newcomers != SkillHandle::kNone) use_one(step.prefer.newcomers);
    }
  });
  queues_.for_each([&](const QueueRecord& record) {
    const QueueHandle queue = record.queue.handle;
    check.expect(record.queue.live_contacts == live[queue], "live contacts", raw(queue));
    check.expect(record.waiting == queued[queue], "contacts that wait in", raw(queue));
    const PolicySpec& policy = policies_.find(record.queue.spec.policy)->policy.spec;
    const bool watched = timers_.find(record.timer).has_value();
    timers += watched ? 1 : 0;
    check.expect(watched == next_look(policy, record.queue, record.waiting, last_time_).has_value(), "watch of pools",
                 raw(queue));
    const SkillHandle counted = record.queue.spec.reserve_skill;
    if (counted != SkillHandle::kNone) ++uses[counted];
  });
  agents_.for_each([&](const AgentRecord& record) {
    check.expect(record.exclusions == exclusions[record.agent.handle], "exclusions of", raw(record.agent.handle));
  });
  skills_.for_each([&](const SkillRecord& record) {
    check.expect(record.uses == uses[record.skill.handle], "uses of skill", raw(record.skill.handle));
  });
  check.expect(timers == timers_.size(), "timers without an owner", timers_.size());
  const auto first = timers_.first();
  const bool overdue = first && first->deadline.at <= last_time_ && first->deadline.kind != TimerKind::kCoolDown &&
                       first->deadline.kind != TimerKind::kPools;
  check.expect(!overdue, "a deadline was passed over", first ? first->owner : 0);
  return check.wrong;
}

}  // namespace muster::dispatch
