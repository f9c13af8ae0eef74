#include "rules.h"

#include <algorithm>
#include <limits>

#include "muster/dispatch/engine.h"

namespace muster::dispatch {
namespace {

/// More than any priority is worth, and nowhere near the range of the clock.
constexpr Duration kFrontBonus = std::chrono::hours(24 * 365 * 1000);
/// How many agents' refusals a contact remembers, but for those that still bar the agent.
constexpr std::size_t kRefusalsMax = 256;

/// Nobody can talk to two callers at once: unless told otherwise, one call each.
std::int32_t limit_of(const AgentSpec& spec, Channel channel) {
  const std::int16_t limit = spec.channel_limits[raw(channel)];
  if (limit != AgentSpec::kNoLimit) return limit;
  return channel == Channel::kVoice ? 1 : std::numeric_limits<std::int32_t>::max();
}

bool bars_for_good(const Refusal& refusal) { return refusal.count >= Engine::kDeclinesPerAgentMax; }
bool bars(const Refusal& refusal, TimePoint now) { return bars_for_good(refusal) || refusal.until > now; }

void keep_earlier(std::optional<Deadline>& best, TimePoint at, TimerKind kind) {
  if (!best || at < best->at || (at == best->at && kind < best->kind)) best = Deadline{at, kind};
}

void keep_queued_deadlines(std::optional<Deadline>& best, const Contact& contact, const PolicySpec& policy,
                           TimePoint now) {
  const std::size_t next_step = contact.step + std::size_t{1};
  if (next_step < policy.steps.size()) {
    keep_earlier(best, contact.due + policy.steps[next_step].after, TimerKind::kStep);
  }
  for (const Refusal& refusal : contact.refusals) {
    if (refusal.until > now && !bars_for_good(refusal)) keep_earlier(best, refusal.until, TimerKind::kCoolDown);
  }
}

}  // namespace

bool takes_units(ContactState state, Channel channel) {
  if (state == ContactState::kHeld) return channel == Channel::kVoice;
  return state == ContactState::kOffered || in_hand(state);
}

bool is_signed_in(const Agent& agent) {
  return agent.session != SessionId::kNone && agent.presence != Presence::kOffline &&
         agent.presence != Presence::kSuspended;
}

Load load_of(const Agent& agent) {
  const bool ready = agent.connected && agent.presence == Presence::kAvailable;
  if (!ready || agent.used_units >= agent.spec.capacity_units) return Load::kNotReady;
  return agent.used_units == 0 ? Load::kIdle : Load::kLoaded;
}

bool has_room(const Agent& agent, Channel channel, std::uint32_t units) {
  return agent.used_units + units <= agent.spec.capacity_units &&
         agent.channel_contacts[raw(channel)] < limit_of(agent.spec, channel);
}

bool could_have_room(const AgentSpec& spec, Channel channel, std::uint32_t units) {
  return units <= spec.capacity_units && limit_of(spec, channel) > 0;
}

Requirements united(const Requirements& a, const Requirements& b) {
  Requirements result;
  result.reserve(a.size() + b.size());
  // Sorted by skill, then level: the last of each skill asks for most.
  for (auto next_a = a.begin(), next_b = b.begin(); next_a != a.end() || next_b != b.end();) {
    const bool from_a = next_b == b.end() || (next_a != a.end() && *next_a < *next_b);
    const SkillRequirement& each = from_a ? *next_a++ : *next_b++;
    if (!result.empty() && result.back().skill == each.skill) {
      result.back() = each;
    } else {
      result.push_back(each);
    }
  }
  return result;
}

Gate failed_skill_gate(const std::vector<SkillLevel>& skills, const Requirements& requirements) {
  bool level_failed = false;
  auto skill = skills.begin();
  for (const SkillRequirement& required : requirements) {
    while (skill != skills.end() && skill->skill < required.skill) ++skill;
    if (skill == skills.end() || skill->skill != required.skill) return Gate::kSkill;
    if (skill->level < required.min_level) level_failed = true;
  }
  return level_failed ? Gate::kLevel : Gate{};
}

Gate failed_contact_gate(const Contact& contact, AgentHandle agent, TimePoint now) {
  if (std::binary_search(contact.excluded.begin(), contact.excluded.end(), agent)) return Gate::kExcluded;
  for (const Refusal& refusal : contact.refusals) {
    if (refusal.agent == agent) return bars(refusal, now) ? Gate::kCoolDown : Gate{};
  }
  return Gate{};
}

bool is_barred_for_good(const Contact& contact, AgentHandle agent) {
  // No cool-down lasts that long.
  return failed_contact_gate(contact, agent, TimePoint::max()) != Gate{};
}

std::uint16_t step_by_age(const PolicySpec& policy, const Contact& contact, TimePoint now) {
  std::size_t step = 0;
  for (std::size_t later = 1; later < policy.steps.size(); ++later) {
    if (contact.due + policy.steps[later].after <= now) step = later;
  }
  return static_cast<std::uint16_t>(step);
}

std::int64_t rank_of(const Contact& contact, const PolicySpec& policy) {
  Duration rank = contact.due.time_since_epoch() - contact.priority * policy.priority_weight;
  if (contact.at_front) rank -= kFrontBonus;
  return rank.count();
}

std::optional<Deadline> next_deadline(const Contact& contact, const PolicySpec& policy, TimePoint offer_expires,
                                      TimePoint now) {
  std::optional<Deadline> best;
  switch (contact.state) {
    case ContactState::kScheduled:
      keep_earlier(best, contact.due, TimerKind::kContactDue);
      break;
    case ContactState::kQueued:
      keep_earlier(best, contact.expires, TimerKind::kContactExpiry);
      keep_queued_deadlines(best, contact, policy, now);
      break;
    case ContactState::kOffered:
      keep_earlier(best, contact.expires, TimerKind::kContactExpiry);
      keep_earlier(best, offer_expires, TimerKind::kOfferExpiry);
      break;
    case ContactState::kWrapUp:
      keep_earlier(best, contact.wrap_up_until, TimerKind::kWrapUp);
      break;
    default:
      break;
  }
  return best;
}

std::optional<Deadline> next_deadline(const Agent& agent, const Settings& settings) {
  std::optional<Deadline> best;
  if (agent.presence == Presence::kNotResponding && agent.presence_until != TimePoint{}) {
    keep_earlier(best, agent.presence_until, TimerKind::kPresence);
  }
  if (!agent.connected && agent.session != SessionId::kNone) {
    keep_earlier(best, agent.lost_at + settings.resume_grace, TimerKind::kResumeGrace);
  }
  if (!agent.connected && !agent.contacts.empty()) {
    keep_earlier(best, agent.lost_at + settings.contact_grace, TimerKind::kContactGrace);
  }
  return best;
}

void note_refusal(Contact& contact, AgentHandle agent, TimePoint now, Duration cool_down, bool declined) {
  auto& refusals = contact.refusals;
  auto found = std::find_if(refusals.begin(), refusals.end(), [&](const Refusal& r) { return r.agent == agent; });
  if (found == refusals.end()) {
    if (refusals.size() >= kRefusalsMax) {
      const auto oldest =
          std::find_if(refusals.begin(), refusals.end(), [&](const Refusal& r) { return !bars(r, now); });
      if (oldest != refusals.end()) refusals.erase(oldest);
    }
    found = refusals.insert(refusals.end(), Refusal{agent, 0, {}});
  }
  found->until = now + cool_down;
  if (declined && found->count < Engine::kDeclinesPerAgentMax) ++found->count;
}

}  // namespace muster::dispatch
