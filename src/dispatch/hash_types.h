#pragma once

#include "hash.h"
#include "muster/dispatch/state.h"
#include "muster/dispatch/types.h"

/// How each type enters a canonical hash: every field, in the order of declaration.
namespace muster::dispatch {

inline void hash_into(Hasher& h, const SkillLevel& v) {
  h.add(v.skill, v.level);
  h.add_later(1, v.valid_until, {});
}
inline void hash_into(Hasher& h, const SkillRequirement& v) {
  h.add(v.skill, v.min_level);
  h.add_later(1, v.max_level, kLevelMax);
}
inline void hash_into(Hasher& h, const SkillTest& v) { h.add(v.requirement, v.negated); }
inline void hash_into(Hasher& h, const Predicate& v) { h.add(v.kind, v.parts, v.skill); }
inline void hash_into(Hasher& h, const SkillSpec& v) { h.add(v.id, v.display_name); }
inline void hash_into(Hasher& h, const Preferences& v) {
  h.add(v.load, v.quality, v.cost, v.specialist, v.fairness, v.skill_fit, v.ignore_idle, v.newcomers,
        v.newcomer_percent);
}
inline void hash_into(Hasher& h, const Lending& v) {
  h.add(v.predicted_wait, v.waiting, v.service_level, v.lender, v.lender_service_level);
}
inline void hash_into(Hasher& h, const Pool& v) { h.add(v.id, v.members, v.lending); }
inline void hash_into(Hasher& h, const QueuePools& v) { h.add(v.open, v.kept_open, v.kept_closed); }
inline void hash_into(Hasher& h, const PolicyStep& v) {
  h.add(v.after, v.requirements);
  h.add_later(1, v.where, {});
  h.add_later(2, v.prefer, {});
  h.add_later(3, v.pools, PoolSet{0});
  h.add_later(4, v.offers, std::uint8_t{1});
}
inline void hash_into(Hasher& h, const NextPresence& v) { h.add(v.presence, v.reason); }
inline void hash_into(Hasher& h, const RequestId& v) { h.add(v.high, v.low); }
inline void hash_into(Hasher& h, const Refusal& v) { h.add(v.agent, v.count, v.until); }
inline void hash_into(Hasher& h, const AnsweredRequest& v) { h.add(v.id, v.fingerprint, v.sequence, v.result); }

template <typename T>
void hash_into(Hasher& h, const PerChannel<T>& v) {
  for (const T& each : v) h.add(each);
}

inline void hash_into(Hasher& h, const ContactDetails& v) {
  h.add(v.customer_ref, v.display_name, v.attributes.size());
  for (const auto& [key, value] : v.attributes) h.add(key, value);
}

inline void hash_into(Hasher& h, const Settings& v) {
  h.add(v.channel_units, v.resume_grace, v.contact_grace, v.first_miss_pause, v.second_miss_pause,
        v.escalate_after_refusals, v.escalation_priority);
  h.add_later(1, v.queue_order, QueueOrder::kRank);
  h.add_later(2, v.ramp_up_offers, std::uint8_t{0});
  h.add_later(3, v.interrupts, {});
}

inline void hash_into(Hasher& h, const PolicySpec& v) {
  h.add(v.id, v.display_name, v.steps, v.offer_timeout, v.priority_weight, v.refusal_cool_down, v.auto_accept);
  const PolicySpec before;
  h.add_later(1, v.gates, before.gates);
  h.add_later(2, v.preferred_agent_wait, before.preferred_agent_wait);
  h.add_later(3, v.strict_priority, before.strict_priority);
  h.add_later(4, v.by_deadline, before.by_deadline);
  h.add_later(5, v.starvation_bound, before.starvation_bound);
  h.add_later(6, v.pools, before.pools);
}

inline void hash_into(Hasher& h, const QueueSpec& v) {
  h.add(v.id, v.display_name, v.channel, v.policy, v.service_level_target, v.wrap_up_limit, v.time_to_live);
  const QueueSpec before;
  h.add_later(1, v.paused, before.paused);
  h.add_later(2, v.share, before.share);
  h.add_later(3, v.idle_reserve, before.idle_reserve);
  h.add_later(4, v.reserve_skill, before.reserve_skill);
  h.add_later(5, v.tenant, before.tenant);
  h.add_later(6, v.service_level_method, before.service_level_method);
  h.add_later(7, v.short_abandon, before.short_abandon);
}

inline void hash_into(Hasher& h, const AgentSpec& v) {
  h.add(v.id, v.display_name, v.skills, v.capacity_units, v.channel_limits);
  h.add_later(1, v.quality, std::uint8_t{0});
  h.add_later(2, v.cost, std::uint8_t{0});
  h.add_later(3, v.base, std::string());
  h.add_later(4, v.team, std::string());
}

inline void hash_into(Hasher& h, const Explanation& v) {
  h.add(v.trigger, v.step, v.considered);
  const std::size_t later = raw(Gate::kCondition);
  for (std::size_t gate = 0; gate < later; ++gate) h.add(v.rejected[gate]);
  h.add(v.waited, v.idle, v.runner_up, v.runner_up_idle);
  h.add_later(1, v.score, {});
  h.add_later(2, v.runner_up_score, {});
  h.add_later(3, v.rejected[later], std::uint32_t{0});
}

inline void hash_into(Hasher& h, const Skill& v) { h.add(v.handle, v.spec); }
inline void hash_into(Hasher& h, const Policy& v) { h.add(v.handle, v.spec); }
// Without what follows from the waits of late (pace, recent): it is learned anew within minutes, and hashes from before
// it was known still hold.
inline void hash_into(Hasher& h, const Queue& v) {
  h.add(v.handle, v.spec, v.live_contacts);
  h.add_later(1, v.served, std::uint64_t{0});
  h.add_later(2, v.pools, {});
  h.add_later(3, v.pools_changed_at, {});
}

inline void hash_into(Hasher& h, const Agent& v) {
  h.add(v.handle, v.spec, v.presence, v.presence_reason, v.presence_until, v.presence_since, v.session, v.connected,
        v.lost_at, v.misses, v.used_units, v.channel_contacts, v.offers, v.contacts, v.idle_since, v.idle_order);
  h.add_later(1, v.next, {});
  h.add_later(2, v.ramp_up, std::uint8_t{0});
}

inline void hash_into(Hasher& h, const Contact& v) {
  h.add(v.id, v.queue, v.state, v.priority, v.escalated, v.at_front, v.answered, v.step, v.refusal_count,
        v.requirements, v.excluded, v.refusals, *v.details, v.created, v.due, v.expires, v.answered_at, v.state_since,
        v.wrap_up_until, v.offer, v.agent, v.last_agent);
  h.add_later(1, v.starving, false);
  h.add_later(2, v.preferred, AgentHandle::kNone);
  h.add_later(3, v.preferred_until, {});
  h.add_later(4, v.estimated_wait, {});
  h.add_later(5, v.further_offers, {});
  h.add_later(6, v.interrupted, false);
}

inline void hash_into(Hasher& h, const Offer& v) {
  h.add(v.id, v.contact, v.agent, v.made, v.expires, v.explanation, v.sequence, v.idle_since, v.idle_order);
}

}  // namespace muster::dispatch
