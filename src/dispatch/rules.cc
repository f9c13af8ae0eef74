#include "rules.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "hash.h"
#include "muster/dispatch/engine.h"

namespace muster::dispatch {
namespace {

/// More than any priority is worth, and nowhere near the range of the clock.
constexpr Duration kFrontBonus = std::chrono::hours(24 * 365 * 1000);
/// What a point of priority is worth where no waiting is: more than a contact may live.
constexpr Duration kStrictWeight = std::chrono::hours(24 * 100);
/// A rate per hour is taken over so long at least.
constexpr Duration kShortestSigningOn = std::chrono::minutes(15);
/// Divisible by what shares usually are.
constexpr std::uint64_t kTurnUnits = 720'720;
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
  if (const auto next = next_step_at(policy, contact)) keep_earlier(best, *next, TimerKind::kStep);
  if (contact.preferred != AgentHandle::kNone) keep_earlier(best, contact.preferred_until, TimerKind::kPreferred);
  if (!contact.starving && policy.starvation_bound > Duration{0}) {
    keep_earlier(best, contact.due + policy.starvation_bound, TimerKind::kStarvation);
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

bool is_available(const Agent& agent) {
  return agent.connected && agent.presence == Presence::kAvailable && !agent.next.is_set();
}

bool carries_anything(const Agent& agent) { return !agent.contacts.empty() || !agent.offers.empty(); }

bool answers_first(const Agent& agent) { return agent.ramp_up > 0 && !agent.offers.empty(); }

Load load_of(const Agent& agent) {
  if (!is_available(agent) || answers_first(agent)) return Load::kNotReady;
  if (agent.used_units >= agent.spec.capacity_units) return Load::kNotReady;
  return agent.used_units == 0 ? Load::kIdle : Load::kLoaded;
}

bool has_room(const Agent& agent, Channel channel, std::uint32_t units, std::uint32_t freed) {
  return agent.used_units + units <= agent.spec.capacity_units + freed &&
         agent.channel_contacts[raw(channel)] < limit_of(agent.spec, channel);
}

bool is_free_for(const Agent& agent, Channel channel, std::uint32_t units) {
  return load_of(agent) != Load::kNotReady && has_room(agent, channel, units);
}

std::uint32_t room_left(const Agent& agent, Channel channel, std::uint32_t units) {
  if (!has_room(agent, channel, units)) return 0;
  const auto by_limit =
      static_cast<std::uint32_t>(limit_of(agent.spec, channel)) - agent.channel_contacts[raw(channel)];
  return std::min((agent.spec.capacity_units - agent.used_units) / units, by_limit);
}

bool interrupts(const Settings& settings, Channel by, Channel other) {
  return other != Channel::kVoice && other != by && (settings.interrupts[raw(by)] & bit_of(other)) != 0;
}

bool is_free_by_interruption(const Agent& agent, Channel channel, const Settings& settings) {
  if (!is_available(agent) || answers_first(agent)) return false;
  std::uint32_t freed = 0;
  for (std::size_t other = 1; other < kChannelCount; ++other) {
    if (interrupts(settings, channel, Channel(other))) freed += agent.active[other] * settings.channel_units[other];
  }
  return has_room(agent, channel, settings.channel_units[raw(channel)], freed);
}

bool could_have_room(const AgentSpec& spec, Channel channel, std::uint32_t units) {
  return units <= spec.capacity_units && limit_of(spec, channel) > 0;
}

std::uint32_t room_for(const AgentSpec& spec, Channel channel, std::uint32_t units) {
  return std::min(spec.capacity_units / units, static_cast<std::uint32_t>(limit_of(spec, channel)));
}

std::vector<OfferId> open_offers(const Contact& contact) {
  if (contact.state != ContactState::kOffered) return {};
  std::vector<OfferId> offers{contact.offer};
  offers.insert(offers.end(), contact.further_offers.begin(), contact.further_offers.end());
  return offers;
}

const Refusal* refusal_by(const Contact& contact, AgentHandle agent) {
  const auto found = std::find_if(contact.refusals.begin(), contact.refusals.end(),
                                  [&](const Refusal& refusal) { return refusal.agent == agent; });
  return found == contact.refusals.end() ? nullptr : &*found;
}

Gate failed_contact_gate(const Contact& contact, AgentHandle agent, TimePoint now) {
  if (std::binary_search(contact.excluded.begin(), contact.excluded.end(), agent)) return Gate::kExcluded;
  const Refusal* refusal = refusal_by(contact, agent);
  return refusal && bars(*refusal, now) ? Gate::kCoolDown : Gate{};
}

bool is_open(const Contact& contact) { return contact.excluded.empty() && contact.refusals.empty(); }

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

Conditions asked_of_agent(const Contact& contact, const std::vector<Conditions>& by_step,
                          const Conditions& of_preferred) {
  const bool preferring = contact.preferred != AgentHandle::kNone;
  return united(preferring ? of_preferred : by_step[contact.step], {contact.requirements, {}});
}

std::optional<TimePoint> next_step_at(const PolicySpec& policy, const Contact& contact) {
  const std::size_t next = contact.step + std::size_t{1};
  if (next >= policy.steps.size()) return std::nullopt;
  return contact.due + policy.steps[next].after;
}

std::int64_t rank_of(const Contact& contact, const PolicySpec& policy, const QueueSpec& queue) {
  Duration rank = contact.due.time_since_epoch();
  if (policy.by_deadline) rank += queue.service_level_target;
  rank -= contact.priority * (policy.strict_priority ? kStrictWeight : policy.priority_weight);
  if (contact.at_front || contact.starving) rank -= kFrontBonus;
  return rank.count();
}

bool is_front_rank(std::int64_t rank) { return rank < -kFrontBonus.count() / 2; }

Score merits_of(const Agent& agent, const Preferences& prefer) {
  Score merits;
  merits.quality = agent.spec.quality * prefer.quality;
  merits.cost = -(agent.spec.cost * prefer.cost);
  merits.specialist = -(static_cast<std::int64_t>(agent.spec.skills.size()) * prefer.specialist);
  if (prefer.load > Duration{0} && agent.spec.capacity_units > 0) {
    merits.load = -(std::int64_t{agent.used_units * 100 / agent.spec.capacity_units} * prefer.load);
  }
  if (prefer.fairness > Duration{0}) {
    const auto signed_on = std::max(agent.idle_since - agent.signed_on_at, kShortestSigningOn);
    merits.fairness = -(std::int64_t{agent.accepted} * (std::chrono::hours(1) / std::chrono::seconds(1)) /
                        std::chrono::floor<std::chrono::seconds>(signed_on).count() * prefer.fairness);
  }
  return merits;
}

Score score_of(const Agent& agent, const Preferences& prefer, const Requirements& rated, TimePoint now) {
  Score score = merits_of(agent, prefer);
  if (!prefer.ignore_idle) score.idle = now - agent.idle_since;
  score.skill_fit = fit_of(agent, rated, prefer);
  return score;
}

Requirements rated_by(const PolicyStep& step, const Contact& contact) {
  if (step.prefer.skill_fit == Duration{0}) return {};
  return united(step.requirements, contact.requirements);
}

Duration fit_of(const Agent& agent, const Requirements& required, const Preferences& prefer) {
  if (prefer.skill_fit == Duration{0} || required.empty()) return {};
  std::int64_t levels = 0;
  auto skill = agent.spec.skills.begin();
  for (const SkillRequirement& each : required) {
    while (skill != agent.spec.skills.end() && skill->skill < each.skill) ++skill;
    if (skill != agent.spec.skills.end() && skill->skill == each.skill) levels += skill->level;
  }
  return levels / static_cast<std::int64_t>(required.size()) * prefer.skill_fit;
}

SeatKey seat_key(const Agent& agent, const Preferences& prefer) {
  const TimePoint since = prefer.ignore_idle ? TimePoint{} : agent.idle_since;
  return {since - merits_of(agent, prefer).total(), agent.idle_order};
}

Preferences lasting(const Preferences& prefer) {
  Preferences lasting = prefer;
  lasting.skill_fit = {};
  lasting.newcomers = {};
  lasting.newcomer_percent = 0;
  return lasting;
}

bool is_fair(const PolicySpec& policy) {
  return std::any_of(policy.steps.begin(), policy.steps.end(),
                     [](const PolicyStep& step) { return step.prefer.fairness > Duration{0}; });
}

bool goes_to_newcomers(const Contact& contact, const Preferences& prefer) {
  return mix(raw(contact.id)) % 100 < prefer.newcomer_percent;
}

std::int64_t turn_of(const Queue& queue, std::uint32_t waiting, QueueOrder order) {
  const std::int64_t turn = order == QueueOrder::kShare
                                ? static_cast<std::int64_t>(queue.served)
                                : -static_cast<std::int64_t>(waiting * cost_of_turn(queue.spec));
  return turn;
}

std::uint64_t cost_of_turn(const QueueSpec& queue) { return kTurnUnits / queue.share; }

bool needs_own_lane(const QueueSpec& queue, const Settings& settings) {
  const bool shares = queue.share > 0 && settings.queue_order != QueueOrder::kRank;
  return queue.paused || queue.idle_reserve > 0 || shares;
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
  if (agent.next.is_set() && !carries_anything(agent)) keep_earlier(best, agent.idle_since, TimerKind::kNextPresence);
  if (!agent.connected && agent.session != SessionId::kNone) {
    keep_earlier(best, agent.lost_at + settings.resume_grace, TimerKind::kResumeGrace);
  }
  if (!agent.connected && !agent.contacts.empty()) {
    keep_earlier(best, agent.lost_at + settings.contact_grace, TimerKind::kContactGrace);
  }
  return best;
}

std::optional<Deadline> next_skill_expiry(const Agent& agent) {
  std::optional<Deadline> best;
  for (const SkillLevel& skill : agent.spec.skills) {
    if (skill.valid_until != TimePoint{}) keep_earlier(best, skill.valid_until, TimerKind::kSkillExpiry);
  }
  return best;
}

std::vector<SkillLevel> valid_skills(const std::vector<SkillLevel>& skills, TimePoint now) {
  std::vector<SkillLevel> valid;
  std::copy_if(skills.begin(), skills.end(), std::back_inserter(valid),
               [&](const SkillLevel& skill) { return skill.valid_until == TimePoint{} || skill.valid_until > now; });
  return valid;
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
