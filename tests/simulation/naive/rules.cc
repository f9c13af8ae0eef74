#include "rules.h"

#include <algorithm>
#include <tuple>

namespace muster::dispatch::naive {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

bool meets(const Agent& agent, const SkillRequirement& required) {
  return std::any_of(agent.spec.skills.begin(), agent.spec.skills.end(), [&](const SkillLevel& skill) {
    return skill.skill == required.skill && skill.level >= required.min_level && skill.level <= required.max_level;
  });
}

bool meets(const Agent& agent, const Predicate& predicate) {
  const auto part_met = [&](const Predicate& part) { return meets(agent, part); };
  const auto& parts = predicate.parts;
  switch (predicate.kind) {
    case Predicate::Kind::kAllOf:
      return std::all_of(parts.begin(), parts.end(), part_met);
    case Predicate::Kind::kAnyOf:
      return std::any_of(parts.begin(), parts.end(), part_met);
    case Predicate::Kind::kNot:
      return !meets(agent, parts.at(0));
    case Predicate::Kind::kSkill:
      return meets(agent, predicate.skill);
  }
  return false;
}

/// Whether the agent's levels could make the predicate true (or, `wanted` being false, false), as far as having or not
/// having the skills at all says.
bool might_be(const Agent& agent, const Predicate& predicate, bool wanted) {
  const auto part_might_be = [&](const Predicate& part) { return might_be(agent, part, wanted); };
  const auto& parts = predicate.parts;
  if (predicate.kind == Predicate::Kind::kNot) return might_be(agent, parts.at(0), !wanted);
  if (predicate.kind == Predicate::Kind::kSkill) {
    const bool at_any_level = predicate.skill.min_level == 0 && predicate.skill.max_level == kLevelMax;
    const bool has = has_skill(agent, predicate.skill.skill);
    return wanted ? has : !has || !at_any_level;
  }
  const bool all = (predicate.kind == Predicate::Kind::kAllOf) == wanted;
  return all ? std::all_of(parts.begin(), parts.end(), part_might_be)
             : std::any_of(parts.begin(), parts.end(), part_might_be);
}

Predicate all_of(const std::vector<SkillRequirement>& requirements) {
  Predicate all;
  for (const SkillRequirement& each : requirements) all.parts.push_back({Predicate::Kind::kSkill, {}, each});
  return all;
}

/// All that the contact asks of an agent, as one tree.
Predicate asked_by(const Facts& facts, const Contact& contact, std::size_t step, PoolSet open) {
  const PolicySpec& policy = facts.policy_of(contact);
  Predicate asked{Predicate::Kind::kAllOf, {policy.gates, all_of(contact.requirements)}, {}};
  if (contact.preferred != AgentHandle::kNone) return asked;
  const PolicyStep& asking = policy.steps.at(step);
  asked.parts.push_back(all_of(asking.requirements));
  asked.parts.push_back(asking.where);
  if (asking.pools == 0) return asked;
  Predicate& members = asked.parts.emplace_back(Predicate{Predicate::Kind::kAnyOf, {}, {}});
  for (std::size_t i = 0; i < policy.pools.size(); ++i) {
    if ((asking.pools & open & (1U << i)) != 0) members.parts.push_back(policy.pools[i].members);
  }
  return asked;
}

int limit_of(const Agent& agent, Channel channel) {
  const int limit = agent.spec.channel_limits[raw(channel)];
  if (limit != AgentSpec::kNoLimit) return limit;
  return channel == Channel::kVoice ? 1 : UINT16_MAX;
}

bool is_excluded(const Contact& contact, AgentHandle agent) {
  return std::find(contact.excluded.begin(), contact.excluded.end(), agent) != contact.excluded.end();
}

bool declined_for_good(const Refusal& refusal) { return refusal.count >= Engine::kDeclinesPerAgentMax; }

bool is_cooling_down(const Contact& contact, AgentHandle agent, TimePoint now) {
  return std::any_of(contact.refusals.begin(), contact.refusals.end(), [&](const Refusal& refusal) {
    return refusal.agent == agent && (declined_for_good(refusal) || refusal.until > now);
  });
}

/// Whether the agent could have it if carrying nothing, all cool-downs being over.
bool could_ever_have(const Facts& facts, const Contact& contact, const Agent& agent) {
  const Channel channel = facts.queue_of(contact).spec.channel;
  const bool room =
      facts.settings.channel_units[raw(channel)] <= agent.spec.capacity_units && limit_of(agent, channel) > 0;
  return room && !is_excluded(contact, agent.handle) && !is_cooling_down(contact, agent.handle, TimePoint::max());
}

/// Whoever has only just become idle counts after looking for a contact.
std::size_t idle_agents(const Facts& facts, SkillHandle with_skill) {
  std::size_t count = 0;
  for (const auto& [handle, agent] : facts.agents) {
    const bool idle = is_ready(facts, agent) && used_units(facts, agent) == 0;
    const auto seeking = facts.seeking_agents.find(handle);
    const bool just_now = seeking != facts.seeking_agents.end() && !seeking->second;
    if (idle && has_skill(agent, with_skill) && !just_now) ++count;
  }
  return count;
}

std::uint64_t idle_order(const Facts& facts, AgentHandle agent) {
  const auto changes = facts.changes.find(agent);
  return changes == facts.changes.end() || changes->second.empty() ? 0 : changes->second.back().sequence;
}

/// What speaks for an agent whatever the contact, in idle time.
Duration merits(const Facts& facts, const Agent& agent, const Preferences& prefer) {
  Duration merits = agent.spec.quality * prefer.quality - agent.spec.cost * prefer.cost;
  merits -= static_cast<int>(agent.spec.skills.size()) * prefer.specialist;
  if (prefer.load > Duration{0} && agent.spec.capacity_units > 0) {
    merits -= static_cast<int>(used_units(facts, agent) * 100 / agent.spec.capacity_units) * prefer.load;
  }
  if (prefer.fairness > Duration{0}) {
    const auto signed_on = std::max<Duration>(idle_since(facts, agent) - agent.signed_on_at, minutes(15));
    merits -= agent.accepted * std::int64_t{3'600} / std::chrono::floor<seconds>(signed_on).count() * prefer.fairness;
  }
  return merits;
}

/// The agent's mean level in the skills that step and contact list.
std::int64_t mean_level(const Facts& facts, const Contact& contact, const Agent& agent) {
  std::set<SkillHandle> listed;
  for (const auto& each : facts.policy_of(contact).steps.at(contact.step).requirements) listed.insert(each.skill);
  for (const auto& each : contact.requirements) listed.insert(each.skill);
  std::int64_t sum = 0;
  for (const SkillLevel& skill : agent.spec.skills) sum += listed.contains(skill.skill) ? skill.level : 0;
  return listed.empty() ? 0 : sum / static_cast<std::int64_t>(listed.size());
}

/// Who gets a contact first: the lower.
struct AgentTurn {
  bool loaded = false;  // unless the load counts by itself
  TimePoint since;      // idle, and what merits count as
  std::uint64_t order = 0;
  auto operator<=>(const AgentTurn&) const = default;
};

struct Candidate {
  const Agent* agent = nullptr;
  bool loaded = false;
  AgentTurn turn;  // without the fit
};

Candidate candidate(const Facts& facts, const Preferences& prefer, const Agent& agent) {
  const bool loaded = used_units(facts, agent) > 0;
  const TimePoint since = prefer.ignore_idle ? TimePoint{} : idle_since(facts, agent);
  return {
      &agent,
      loaded,
      {loaded && prefer.load == Duration{0}, since - merits(facts, agent, prefer), idle_order(facts, agent.handle)}};
}

/// Whether it cannot be said by the names of the agent's skills that the agent does not qualify. The preferred agent is
/// looked at in any case.
bool is_looked_at(const Facts& facts, const Contact& contact, const Agent& agent) {
  if (contact.preferred != AgentHandle::kNone) return agent.handle == contact.preferred;
  return might_be(agent, asked_by(facts, contact, contact.step, facts.queue_of(contact).pools.open), true);
}

/// The ready agents who are looked at: idle ones, then loaded ones, each by turn.
std::vector<Candidate> candidates(const Facts& facts, const Contact& contact, SkillHandle with_skill) {
  const Preferences& prefer = facts.policy_of(contact).steps.at(contact.step).prefer;
  std::vector<Candidate> candidates;
  for (const auto& [handle, agent] : facts.agents) {
    if (!is_ready(facts, agent) || facts.seeking_agents.contains(handle) || rings_at(facts, contact, handle)) continue;
    const bool looked_at = is_looked_at(facts, contact, agent) && has_skill(agent, with_skill);
    if (looked_at) candidates.push_back(candidate(facts, prefer, agent));
  }
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return std::tie(a.loaded, a.turn) < std::tie(b.loaded, b.turn);
  });
  return candidates;
}

/// Looks for the best and the next one, and in each row no further than somebody could come before the next one.
class Search {
 public:
  Search(const Facts& facts, const Contact& contact, const Choice& start, TimePoint now, Room room = Room::kAsItIs)
      : facts_(facts),
        contact_(contact),
        prefer_(facts.policy_of(contact).steps.at(contact.step).prefer),
        now_(now),
        room_(room),
        choice_(start) {}

  Choice among(const std::vector<Candidate>& candidates) {
    bool enough[2] = {false, false};  // of idle agents, of loaded ones
    for (const Candidate& each : candidates) {
      bool& enough_of_these = enough[each.loaded ? 1 : 0];
      if (!enough_of_these) enough_of_these = cannot_matter(each) || look_at(each);
    }
    return explained();
  }

  /// Whatever their order.
  Choice among_all(const std::vector<Candidate>& candidates) {
    for (const Candidate& each : candidates) {
      if (!cannot_matter(each)) look_at(each);
    }
    return explained();
  }

 private:
  [[nodiscard]] bool cannot_matter(const Candidate& each) const {
    return second_.agent &&
           second_.turn < AgentTurn{each.turn.loaded, each.turn.since - kLevelMax * prefer_.skill_fit, 0};
  }

  /// Whether nobody behind can matter.
  bool look_at(Candidate each) {
    ++choice_.why.considered;
    if (const Gate gate = failed_gate(facts_, contact_, *each.agent, now_, room_); gate != Gate{}) {
      ++choice_.why.rejected[static_cast<std::size_t>(gate)];
      return false;
    }
    each.turn.since -= mean_level(facts_, contact_, *each.agent) * prefer_.skill_fit;
    if (!first_.agent || each.turn < first_.turn) {
      second_ = first_;
      first_ = each;
    } else if (!second_.agent || each.turn < second_.turn) {
      second_ = each;
    }
    return second_.agent && prefer_.skill_fit == Duration{0} && second_.turn <= each.turn;
  }

  Choice explained() {
    Explanation& why = choice_.why;
    if (!first_.agent) return choice_;
    const bool prefers = prefer_ != Preferences{};
    const TimePoint zero = prefer_.ignore_idle ? TimePoint{} : now_;
    choice_.agent = first_.agent->handle;
    why.idle = now_ - idle_since(facts_, *first_.agent);
    if (prefers) why.score = zero - first_.turn.since;
    if (!second_.agent) return choice_;
    why.runner_up = second_.agent->handle;
    why.runner_up_idle = now_ - idle_since(facts_, *second_.agent);
    if (prefers) why.runner_up_score = zero - second_.turn.since;
    return choice_;
  }

  const Facts& facts_;
  const Contact& contact_;
  const Preferences& prefer_;
  const TimePoint now_;
  const Room room_;
  Choice choice_;
  Candidate first_;
  Candidate second_;
};

/// Which contacts are drawn is a matter of their numbers alone.
bool goes_to_newcomers(ContactId contact, const Preferences& prefer) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = Wide{raw(contact) ^ 0x9e3779b97f4a7c15ULL} * 0xd6e8feb86659fd93ULL;
  const std::uint64_t drawn = static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  return drawn % 100 < prefer.newcomer_percent;
}

bool is_at_front(const Contact& contact) { return contact.at_front || contact.starving; }

/// Front before others, then rank, then number.
auto turn_of(const Facts& facts, const Contact& contact) {
  const PolicySpec& policy = facts.policy_of(contact);
  TimePoint rank = contact.due;
  if (policy.by_deadline) rank += facts.queue_of(contact).spec.service_level_target;
  rank -= contact.priority * (policy.strict_priority ? Duration(hours(2'400)) : policy.priority_weight);
  return std::tuple(!is_at_front(contact), rank, contact.id);
}

/// Whether the queue's turn decides, not the contact's.
bool shares(const Facts& facts, const Contact& contact) {
  return facts.settings.queue_order != QueueOrder::kRank && facts.queue_of(contact).spec.share > 0 &&
         contact.preferred == AgentHandle::kNone && !is_at_front(contact);
}

/// Served least for its share, or most waiting for its share: the lower goes first.
std::int64_t turn_of(const Facts& facts, const Queue& queue) {
  if (facts.settings.queue_order == QueueOrder::kShare) return static_cast<std::int64_t>(queue.served);
  return -static_cast<std::int64_t>(waiting_in(facts, queue.handle) * cost_of_turn(queue.spec));
}

bool is_conditional(const Pool& pool) { return pool.lending != Lending{}; }

/// Of a hundred whose wait ended in the 15 minutes up to `at`, or to the last of them, how many were answered in time.
int service_level(const Facts& facts, QueueHandle queue, TimePoint at) {
  const auto minute_of = [](TimePoint time) { return std::chrono::floor<minutes>(time.time_since_epoch()).count(); };
  std::int64_t last = minute_of(at);
  for (const auto& each : facts.ended_waits) {
    if (each.queue == queue) last = std::max<std::int64_t>(last, minute_of(each.time));
  }
  int ended = 0, in_target = 0;
  for (const auto& each : facts.ended_waits) {
    if (each.queue != queue || minute_of(each.time) <= last - 15) continue;
    ++ended;
    if (each.in_target) ++in_target;
  }
  return ended == 0 ? 100 : in_target * 100 / ended;
}

Choice start_of_choice(const Contact& contact, Trigger trigger, TimePoint now) {
  Choice start;
  start.why.trigger = trigger;
  start.why.step = contact.step;
  start.why.waited = now - contact.due;
  return start;
}

bool is_available(const Agent& agent) {
  return agent.connected && agent.presence == Presence::kAvailable && !agent.next.is_set();
}

/// Available, and not to answer an offer first.
bool takes_offers(const Facts& facts, const Agent& agent) {
  const bool rings = std::any_of(facts.offers.begin(), facts.offers.end(),
                                 [&](const auto& entry) { return entry.second.agent == agent.handle; });
  return is_available(agent) && !(agent.ramp_up > 0 && rings);
}

std::uint32_t units_of(const Facts& facts, const std::vector<Channel>& channels) {
  std::uint32_t units = 0;
  for (const Channel channel : channels) units += facts.settings.channel_units[raw(channel)];
  return units;
}

/// Whether an agent who carries that has room for one of the channel more.
bool has_room_beside(const Facts& facts, const Agent& agent, const std::vector<Channel>& carried, Channel channel) {
  return units_of(facts, carried) + facts.settings.channel_units[raw(channel)] <= agent.spec.capacity_units &&
         std::count(carried.begin(), carried.end(), channel) < limit_of(agent, channel);
}

bool is_free_by_interruption(const Facts& facts, const Agent& agent, Channel channel) {
  std::vector<Channel> left = carried(facts, agent);
  for (const ContactId id : agent.contacts) {
    const Contact& contact = facts.contacts.at(id);
    if (gives_way(facts, contact, channel))
      left.erase(std::find(left.begin(), left.end(), facts.queue_of(contact).spec.channel));
  }
  return takes_offers(facts, agent) && has_room_beside(facts, agent, left, channel);
}

}  // namespace

bool is_signed_in(const Agent& agent) {
  return agent.session != SessionId::kNone && agent.presence != Presence::kOffline &&
         agent.presence != Presence::kSuspended;
}

bool carries_anything(const Facts& facts, const Agent& agent) {
  const auto rings = [&](const auto& entry) { return entry.second.agent == agent.handle; };
  return !agent.contacts.empty() || std::any_of(facts.offers.begin(), facts.offers.end(), rings);
}

bool has_skill(const Agent& agent, SkillHandle skill) {
  return skill == SkillHandle::kNone || meets(agent, SkillRequirement{skill, 0, kLevelMax});
}

bool takes_units(ContactState state, Channel channel) {
  if (state == ContactState::kHeld) return channel == Channel::kVoice;
  return state == ContactState::kOffered || in_hand(state);
}

/// The contacts that ring at the agent or are in hand there, and take units.
std::vector<Channel> carried(const Facts& facts, const Agent& agent) {
  std::vector<Channel> carried;
  for (const auto& [_, offer] : facts.offers) {
    if (offer.agent == agent.handle) carried.push_back(facts.queue_of(facts.contacts.at(offer.contact)).spec.channel);
  }
  for (const ContactId id : agent.contacts) {
    const Contact& contact = facts.contacts.at(id);
    const Channel channel = facts.queue_of(contact).spec.channel;
    if (takes_units(contact.state, channel)) carried.push_back(channel);
  }
  return carried;
}

std::uint32_t used_units(const Facts& facts, const Agent& agent) { return units_of(facts, carried(facts, agent)); }

bool is_ready(const Facts& facts, const Agent& agent) {
  return takes_offers(facts, agent) && used_units(facts, agent) < agent.spec.capacity_units;
}

bool has_room(const Facts& facts, const Agent& agent, Channel channel) {
  return has_room_beside(facts, agent, carried(facts, agent), channel);
}

bool rings_at(const Facts& facts, const Contact& contact, AgentHandle agent) {
  return std::any_of(facts.offers.begin(), facts.offers.end(), [&](const auto& entry) {
    return entry.second.contact == contact.id && entry.second.agent == agent;
  });
}

std::vector<OfferId> open_offers(const Contact& contact) {
  if (contact.state != ContactState::kOffered) return {};
  std::vector<OfferId> offers{contact.offer};
  offers.insert(offers.end(), contact.further_offers.begin(), contact.further_offers.end());
  return offers;
}

bool gives_way(const Facts& facts, const Contact& other, Channel channel) {
  const Channel of_other = facts.queue_of(other).spec.channel;
  const bool by_rule = (facts.settings.interrupts[raw(channel)] & bit_of(of_other)) != 0;
  return other.state == ContactState::kActive && by_rule && of_other != Channel::kVoice && of_other != channel;
}

bool is_at_interruptible_work(const Facts& facts, const Agent& agent) {
  return facts.settings.interrupts != Settings{}.interrupts &&
         std::any_of(agent.contacts.begin(), agent.contacts.end(),
                     [&](ContactId id) { return facts.contacts.at(id).state == ContactState::kActive; });
}

std::vector<ContactId> interrupted_contacts(const Facts& facts, const Agent& agent) {
  std::vector<ContactId> interrupted;
  for (const ContactId id : agent.contacts) {
    if (facts.contacts.at(id).interrupted) interrupted.push_back(id);
  }
  return interrupted;
}

ContactId next_to_come_back(const Facts& facts, const Agent& agent) {
  for (const ContactId id : interrupted_contacts(facts, agent)) {
    if (has_room(facts, agent, facts.queue_of(facts.contacts.at(id)).spec.channel)) return id;
  }
  return ContactId::kNone;
}

bool interrupts_all_interrupted(const Facts& facts, const Contact& contact, const Agent& agent) {
  const Channel channel = facts.queue_of(contact).spec.channel;
  const std::vector<ContactId> interrupted = interrupted_contacts(facts, agent);
  return std::all_of(interrupted.begin(), interrupted.end(), [&](ContactId other) {
    Contact back = facts.contacts.at(other);
    back.state = ContactState::kActive;
    return gives_way(facts, back, channel);
  });
}

bool may_interrupt(const Facts& facts, const Contact& contact) {
  const QueueSpec& queue = facts.queue_of(contact).spec;
  const bool reserves = queue.idle_reserve > 0 && contact.preferred == AgentHandle::kNone;
  return facts.settings.interrupts[raw(queue.channel)] != 0 && !queue.paused && !reserves;
}

bool may_go_by_interruption(const Facts& facts, const Contact& contact, const Agent& agent, TimePoint now) {
  if (contact.preferred != AgentHandle::kNone && contact.preferred != agent.handle) return false;
  return may_interrupt(facts, contact) && failed_gate(facts, contact, agent, now, Room::kByInterruption) == Gate{};
}

TimePoint idle_since(const Facts& facts, const Agent& agent) {
  const auto changes = facts.changes.find(agent.handle);
  return changes == facts.changes.end() || changes->second.empty() ? TimePoint{} : changes->second.back().time;
}

std::vector<AgentHandle> seeking_agents(const Facts& facts) {
  std::vector<Candidate> candidates;
  for (const auto& [agent, _] : facts.seeking_agents) {
    candidates.push_back(candidate(facts, Preferences{}, facts.agents.at(agent)));
  }
  std::sort(candidates.begin(), candidates.end(),
            [](const Candidate& a, const Candidate& b) { return a.turn < b.turn; });
  std::vector<AgentHandle> in_order;
  for (const Candidate& each : candidates) in_order.push_back(each.agent->handle);
  return in_order;
}

AgentHandle first_interruptible(const Facts& facts) {
  return *std::min_element(facts.interruptible.begin(), facts.interruptible.end(),
                           [&](AgentHandle a, AgentHandle b) { return idle_order(facts, a) < idle_order(facts, b); });
}

bool qualifies(const Facts& facts, const Contact& contact, std::size_t step, const Agent& agent, PoolSet pools) {
  return meets(agent, asked_by(facts, contact, step, pools));
}

Gate failed_gate(const Facts& facts, const Contact& contact, const Agent& agent, TimePoint now, Room room) {
  const Queue& queue = facts.queue_of(contact);
  if (!qualifies(facts, contact, contact.step, agent, queue.pools.open)) return Gate::kCondition;
  if (is_excluded(contact, agent.handle)) return Gate::kExcluded;
  if (is_cooling_down(contact, agent.handle, now)) return Gate::kCoolDown;
  const Channel channel = queue.spec.channel;
  const bool has =
      room == Room::kAsItIs ? has_room(facts, agent, channel) : is_free_by_interruption(facts, agent, channel);
  return has ? Gate{} : Gate::kCapacity;
}

bool is_held_back(const Facts& facts, const Contact& contact) {
  const QueueSpec& queue = facts.queue_of(contact).spec;
  if (queue.paused) return true;
  const bool reserves = queue.idle_reserve > 0 && contact.preferred == AgentHandle::kNone;
  return reserves && idle_agents(facts, queue.reserve_skill) <= queue.idle_reserve;
}

bool may_go_to(const Facts& facts, const Contact& contact, const Agent& agent, TimePoint now) {
  if (contact.preferred != AgentHandle::kNone && contact.preferred != agent.handle) return false;
  return !is_held_back(facts, contact) && is_ready(facts, agent) && failed_gate(facts, contact, agent, now) == Gate{};
}

bool anybody_could(const Facts& facts, const Contact& contact, std::size_t step) {
  return std::any_of(facts.agents.begin(), facts.agents.end(), [&](const auto& entry) {
    const Agent& agent = entry.second;
    return is_signed_in(agent) && qualifies(facts, contact, step, agent, kAllPools) &&
           could_ever_have(facts, contact, agent);
  });
}

bool could_be_preferred(const Facts& facts, const Contact& contact, AgentHandle handle, TimePoint now) {
  const auto found = facts.agents.find(handle);
  if (found == facts.agents.end() || !is_signed_in(found->second)) return false;
  Contact preferring = contact;
  preferring.preferred = handle;
  return qualifies(facts, preferring, 0, found->second, 0) && could_ever_have(facts, contact, found->second) &&
         !is_cooling_down(contact, handle, now);
}

std::uint64_t cost_of_turn(const QueueSpec& queue) { return 720'720 / queue.share; }

std::uint16_t step_by_age(const PolicySpec& policy, const Contact& contact, TimePoint now) {
  std::uint16_t step = 0;
  while (step + 1U < policy.steps.size() && contact.due + policy.steps[step + 1U].after <= now) ++step;
  return step;
}

std::size_t waiting_in(const Facts& facts, QueueHandle queue) {
  const auto count = std::count_if(facts.contacts.begin(), facts.contacts.end(), [&](const auto& entry) {
    return entry.second.state == ContactState::kQueued && entry.second.queue == queue;
  });
  return static_cast<std::size_t>(count);
}

std::vector<ContactId> waiting_line(const Facts& facts, QueueHandle queue) {
  std::vector<ContactId> line;
  for (const auto& [id, contact] : facts.contacts) {
    const bool there = queue == QueueHandle::kNone || contact.queue == queue;
    if (there && contact.state == ContactState::kQueued) line.push_back(id);
  }
  std::sort(line.begin(), line.end(), [&](ContactId a, ContactId b) {
    return turn_of(facts, facts.contacts.at(a)) < turn_of(facts, facts.contacts.at(b));
  });
  return line;
}

Choice choose_agent(const Facts& facts, const Contact& contact, Trigger trigger, TimePoint now) {
  const Choice start = start_of_choice(contact, trigger, now);
  if (is_held_back(facts, contact)) return start;
  const Preferences& prefer = facts.policy_of(contact).steps.at(contact.step).prefer;
  if (contact.preferred == AgentHandle::kNone && goes_to_newcomers(contact.id, prefer)) {
    const Choice newcomer = Search(facts, contact, start, now).among(candidates(facts, contact, prefer.newcomers));
    if (newcomer.agent != AgentHandle::kNone) return newcomer;
  }
  return Search(facts, contact, start, now).among(candidates(facts, contact, SkillHandle::kNone));
}

// In the order of their numbers, and only those who could come before the two best of the ones before.
Choice choose_agent_to_interrupt(const Facts& facts, const Contact& contact, TimePoint now) {
  const Preferences& prefer = facts.policy_of(contact).steps.at(contact.step).prefer;
  std::vector<Candidate> candidates;
  for (const auto& [handle, agent] : facts.agents) {
    if (!is_available(agent) || facts.interruptible.contains(handle) || !is_looked_at(facts, contact, agent)) continue;
    candidates.push_back(candidate(facts, prefer, agent));
    candidates.back().turn.loaded = false;
  }
  const Choice start = start_of_choice(contact, Trigger::kContactQueued, now);
  return Search(facts, contact, start, now, Room::kByInterruption).among_all(candidates);
}

ContactId choose_contact(const Facts& facts, const Agent& agent, TimePoint now, Room room) {
  const Contact* best = nullptr;         // by rank
  const Contact* best_shared = nullptr;  // by the queue's turn, then by rank
  for (const ContactId id : waiting_line(facts)) {
    const Contact& contact = facts.contacts.at(id);
    const Queue& queue = facts.queue_of(contact);
    // Beyond a reserve contacts choose, not agents.
    if (queue.spec.idle_reserve > 0 && contact.preferred == AgentHandle::kNone) continue;
    const bool may = room == Room::kAsItIs ? may_go_to(facts, contact, agent, now)
                                           : may_go_by_interruption(facts, contact, agent, now);
    if (!may) continue;
    if (!shares(facts, contact)) {
      if (!best) best = &contact;
    } else if (!best_shared || turn_of(facts, queue) < turn_of(facts, facts.queue_of(*best_shared))) {
      best_shared = &contact;
    }
  }
  const bool shared = best_shared && (!best || turn_of(facts, *best_shared) < turn_of(facts, *best));
  const Contact* first = shared ? best_shared : best;
  return first ? first->id : ContactId::kNone;
}

PoolSet open_pools(const Facts& facts, const Queue& queue, PoolSet lent, TimePoint at) {
  const std::vector<Pool>& pools = facts.policy_of(queue).pools;
  const bool opened_lately = at < queue.pools_changed_at + minutes(1);
  PoolSet open = 0;
  for (std::size_t i = 0; i < pools.size(); ++i) {
    const unsigned bit = 1U << i;
    const bool stays = opened_lately && (queue.pools.open & bit) != 0;
    const bool by_itself = !is_conditional(pools[i]) || (lent & bit) != 0 || stays;
    const bool kept_open = (queue.pools.kept_open & bit) != 0;
    const bool kept_closed = (queue.pools.kept_closed & bit) != 0;
    if ((by_itself || kept_open) && !kept_closed) open = static_cast<PoolSet>(open | bit);
  }
  return open;
}

Lent is_lent(const Facts& facts, const Queue& queue, const Lending& lending, TimePoint at) {
  if (lending.lender != QueueHandle::kNone) {
    if (!facts.queues.contains(lending.lender)) return Lent::kNo;
    if (service_level(facts, lending.lender, at) < lending.lender_service_level) return Lent::kNo;
  }
  const std::size_t waiting = waiting_in(facts, queue.handle);
  if (waiting == 0) return Lent::kNo;
  const bool by_count = lending.waiting > 0 && waiting > lending.waiting;
  const bool by_level = lending.service_level > 0 && service_level(facts, queue.handle, at) < lending.service_level;
  const bool by_wait = lending.predicted_wait > Duration{0};
  if (by_count || by_level) return Lent::kYes;
  if (by_wait) return Lent::kIfLongWait;
  const bool whenever = lending.waiting == 0 && lending.service_level == 0;
  return whenever ? Lent::kYes : Lent::kNo;
}

bool lending_may_change(const Facts& facts, const Queue& queue) {
  const std::vector<Pool>& pools = facts.policy_of(queue).pools;
  for (std::size_t i = 0; i < pools.size(); ++i) {
    const bool held = ((queue.pools.kept_open | queue.pools.kept_closed) & (1U << i)) != 0;
    const bool open = (queue.pools.open & (1U << i)) != 0;
    if (is_conditional(pools[i]) && !held && (open || waiting_in(facts, queue.handle) > 0)) return true;
  }
  return false;
}

namespace {

void add_deadlines(std::vector<Deadline>& all, const Facts& facts, const Contact& contact) {
  const PolicySpec& policy = facts.policy_of(contact);
  const auto add = [&](TimePoint at, DeadlineKind kind) { all.push_back({at, kind, raw(contact.id)}); };
  const bool queued = contact.state == ContactState::kQueued;
  const bool offered = contact.state == ContactState::kOffered;
  if (contact.state == ContactState::kScheduled) add(contact.due, DeadlineKind::kContactDue);
  if (contact.state == ContactState::kWrapUp) add(contact.wrap_up_until, DeadlineKind::kWrapUp);
  if (queued || offered) add(contact.expires, DeadlineKind::kContactExpiry);
  if (offered) add(facts.offers.at(contact.offer).expires, DeadlineKind::kOfferExpiry);
  if (!queued) return;
  if (contact.preferred != AgentHandle::kNone) add(contact.preferred_until, DeadlineKind::kPreferred);
  if (policy.starvation_bound > Duration{0} && !contact.starving) {
    add(contact.due + policy.starvation_bound, DeadlineKind::kStarvation);
  }
  if (contact.step + 1U < policy.steps.size()) {
    add(contact.due + policy.steps[contact.step + 1U].after, DeadlineKind::kStep);
  }
  for (const Refusal& refusal : contact.refusals) {
    const bool seen = refusal.until <= facts.cool_downs_seen.at(contact.id);
    if (!seen && !declined_for_good(refusal)) add(refusal.until, DeadlineKind::kCoolDown);
  }
}

void add_deadlines(std::vector<Deadline>& all, const Facts& facts, const Agent& agent) {
  const Settings& settings = facts.settings;
  const auto add = [&](TimePoint at, DeadlineKind kind) { all.push_back({at, kind, raw(agent.handle)}); };
  for (const SkillLevel& skill : agent.spec.skills) {
    if (skill.valid_until != TimePoint{}) add(skill.valid_until, DeadlineKind::kSkillExpiry);
  }
  const bool pauses = agent.presence == Presence::kNotResponding && agent.presence_until != TimePoint{};
  if (pauses) add(agent.presence_until, DeadlineKind::kPresence);
  if (agent.next.is_set() && !carries_anything(facts, agent))
    add(idle_since(facts, agent), DeadlineKind::kNextPresence);
  if (agent.connected) return;
  if (agent.session != SessionId::kNone) add(agent.lost_at + settings.resume_grace, DeadlineKind::kResumeGrace);
  if (!agent.contacts.empty()) add(agent.lost_at + settings.contact_grace, DeadlineKind::kContactGrace);
}

}  // namespace

// At each queue's own moment of the second.
TimePoint last_look(QueueHandle queue, TimePoint now) {
  const Duration offset = milliseconds(raw(queue) * 37 % 1'000);
  return std::chrono::floor<seconds>(now - offset) + offset;
}

std::vector<Deadline> deadlines(const Facts& facts) {
  std::vector<Deadline> all;
  for (const auto& [_, contact] : facts.contacts) add_deadlines(all, facts, contact);
  for (const auto& [_, agent] : facts.agents) add_deadlines(all, facts, agent);
  for (const auto& [queue, seen] : facts.lending_seen) {
    all.push_back({last_look(queue, seen) + seconds(1), DeadlineKind::kLending, raw(queue)});
  }
  return all;
}

}  // namespace muster::dispatch::naive
