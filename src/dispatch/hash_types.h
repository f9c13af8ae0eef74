#pragma once

#include "hash.h"
#include "muster/dispatch/state.h"
#include "muster/dispatch/types.h"

/// How each type enters a canonical hash: every field, in the order of declaration.
namespace muster::dispatch {

inline void hash_into(Hasher& h, const SkillLevel& v) { h.add(v.skill, v.level); }
inline void hash_into(Hasher& h, const SkillRequirement& v) { h.add(v.skill, v.min_level); }
inline void hash_into(Hasher& h, const SkillSpec& v) { h.add(v.id, v.display_name); }
inline void hash_into(Hasher& h, const PolicyStep& v) { h.add(v.after, v.requirements); }
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
}

inline void hash_into(Hasher& h, const PolicySpec& v) {
  h.add(v.id, v.display_name, v.steps, v.offer_timeout, v.priority_weight, v.refusal_cool_down, v.auto_accept);
}

inline void hash_into(Hasher& h, const QueueSpec& v) {
  h.add(v.id, v.display_name, v.channel, v.policy, v.service_level_target, v.wrap_up_limit, v.time_to_live);
}

inline void hash_into(Hasher& h, const AgentSpec& v) {
  h.add(v.id, v.display_name, v.skills, v.capacity_units, v.channel_limits);
}

inline void hash_into(Hasher& h, const Explanation& v) {
  h.add(v.trigger, v.step, v.considered);
  for (const std::uint32_t each : v.rejected) h.add(each);
  h.add(v.waited, v.idle, v.runner_up, v.runner_up_idle);
}

inline void hash_into(Hasher& h, const Skill& v) { h.add(v.handle, v.spec); }
inline void hash_into(Hasher& h, const Policy& v) { h.add(v.handle, v.spec); }
inline void hash_into(Hasher& h, const Queue& v) { h.add(v.handle, v.spec, v.live_contacts); }

inline void hash_into(Hasher& h, const Agent& v) {
  h.add(v.handle, v.spec, v.presence, v.presence_reason, v.presence_until, v.presence_since, v.session, v.connected,
        v.lost_at, v.misses, v.used_units, v.channel_contacts, v.offers, v.contacts, v.idle_since, v.idle_order);
}

inline void hash_into(Hasher& h, const Contact& v) {
  h.add(v.id, v.queue, v.state, v.priority, v.escalated, v.at_front, v.answered, v.step, v.refusal_count,
        v.requirements, v.excluded, v.refusals, *v.details, v.created, v.due, v.expires, v.answered_at, v.state_since,
        v.wrap_up_until, v.offer, v.agent, v.last_agent);
}

inline void hash_into(Hasher& h, const Offer& v) {
  h.add(v.id, v.contact, v.agent, v.made, v.expires, v.explanation, v.sequence, v.idle_since, v.idle_order);
}

}  // namespace muster::dispatch
