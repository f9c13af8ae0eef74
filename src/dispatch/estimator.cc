#include "estimator.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "hash.h"
#include "pace.h"
#include "rules.h"

namespace muster::dispatch {
namespace {

/// An estimate takes up to some milliseconds on a large floor: so many seldom ones hold up nobody.
constexpr Duration kEstimateEvery = std::chrono::seconds(1);
/// Whether one is due at all takes some looking as well.
constexpr std::uint64_t kLooksOneIn = 8;

__extension__ using Wide = unsigned __int128;

/// A contact that waits, or would.
struct Subject {
  const Queue& queue;
  const PolicySpec& policy;
  const std::vector<Conditions>& asked;  ///< by step
  const Requirements& own;               ///< what it asks beyond its policy
  TimePoint due;
  WaitKey key;
};

/// Contacts of one class that come before the subject.
struct Rivals {
  Wide work = 0;     ///< those that the subject's agents will get, as contacts of its channel, in kPaceUnit
  Wide servers = 0;  ///< of the subject's, who could take them, in kPaceUnit
};

/// How much goes before the subject at the agents who could take it. Each class ahead brings its contacts by the part
/// of its agents who could also take the subject. But those get no more of them than they can do in the time that the
/// subject waits: whoever waits only for a few of many agents does not hold up what the others can do. REQUIRES:
/// servers > 0.
Share work_ahead(Wide own, std::vector<Rivals> rivals, std::uint64_t servers) {
  const auto later = [](const Rivals& a, const Rivals& b) { return a.work * b.servers > b.work * a.servers; };
  std::sort(rivals.begin(), rivals.end(), later);
  Wide work = own + kPaceUnit;  // with the subject itself
  Wide free_servers = Wide{servers} * kPaceUnit;
  for (const Rivals& each : rivals) work += each.work;
  for (const Rivals& each : rivals) {
    // Their agents are still at them when the others come to the subject.
    if (each.work * free_servers <= work * each.servers) break;
    work -= each.work;
    free_servers -= each.servers;
  }
  return static_cast<Share>(work * servers * kPaceUnit / free_servers) - kPaceUnit;
}

class Estimator {
 public:
  Estimator(const State& state, const Subject& subject, TimePoint now)
      : state_(state),
        subject_(subject),
        now_(now),
        channel_(subject.queue.spec.channel),
        units_(std::max<std::uint32_t>(1, state.units_of(channel_))) {}

  /// The soonest of what the step in force and the later ones promise, none of them before it begins.
  [[nodiscard]] WaitEstimate soonest(std::size_t step) const {
    WaitEstimate best = under(step);
    for (++step; step < subject_.policy.steps.size(); ++step) {
      const Duration until = std::max(Duration{}, subject_.due + subject_.policy.steps[step].after - now_);
      if (best.wait && *best.wait <= until) break;
      WaitEstimate next = under(step);
      if (!next.wait) continue;
      next.wait = std::max(*next.wait, until);
      if (!best.wait || *next.wait < *best.wait) best = next;
    }
    return best;
  }

  /// Whether a ready agent could take it at once.
  [[nodiscard]] bool somebody_is_free(std::size_t step) const {
    const Conditions asked = asked_in(step);
    bool found = false;
    const auto look_at = [&](const AgentRecord& candidate, const SeatKey&) {
      found = failed_gate(candidate.agent.spec.skills, asked) == Gate{} &&
              has_room(candidate.agent, channel_, state_.units_of(channel_));
      return found;
    };
    for (const Load load : {Load::kIdle, Load::kLoaded}) {
      if (!found) state_.agent_index().plan(0).visit_ready(load, asked, SkillHandle::kNone, look_at);
    }
    return found;
  }

  /// The step that a contact entering the queue comes to: it passes those that nobody signed in could ever meet, were
  /// all pools open.
  [[nodiscard]] std::size_t first_step() const {
    static const Contact kAny;
    const std::vector<Conditions>& asked = state_.policies().find(subject_.queue.spec.policy)->asked;
    std::size_t step = 0;
    for (; step + 1 < subject_.policy.steps.size(); ++step) {
      Reach reach;
      if (state_.agent_index().anybody_signed_in(united(asked[step], {subject_.own, {}}), kAny, channel_,
                                                 state_.units_of(channel_), state_.agents(), reach)) {
        break;
      }
    }
    return step;
  }

  [[nodiscard]] WaitEstimate at_once(std::size_t step) const {
    WaitEstimate estimate;
    estimate.servers = static_cast<std::uint32_t>(servers_for(asked_in(step)));
    estimate.wait = mean_answer_time(subject_.queue.pace);
    return estimate;
  }

 private:
  [[nodiscard]] Conditions asked_in(std::size_t step) const { return united(subject_.asked[step], {subject_.own, {}}); }

  [[nodiscard]] std::uint64_t servers_for(const Conditions& asked) const {
    return state_.agent_index().servers(asked, channel_, units_, state_.agents());
  }

  [[nodiscard]] WaitEstimate under(std::size_t step) const {
    WaitEstimate estimate;
    const Conditions asked = asked_in(step);
    const std::uint64_t servers = servers_for(asked);
    if (servers == 0) return estimate;
    const Share ahead = ahead_of(asked, servers);
    estimate.servers = static_cast<std::uint32_t>(servers);
    estimate.ahead = static_cast<std::uint32_t>((ahead + kPaceUnit / 2) / kPaceUnit);
    const QueuePace& pace = subject_.queue.pace;
    if (const auto busy = mean_busy_time(pace)) {
      const Duration until_free = mean_wait(*busy, mean_patience(pace), servers, ahead);
      estimate.wait = std::min(kEstimateMax, until_free + mean_answer_time(pace));
    }
    return estimate;
  }

  [[nodiscard]] Share ahead_of(const Conditions& asked, std::uint64_t servers) const {
    const AgentIndex& agents = state_.agent_index();
    const std::uint64_t mine = std::max<std::uint64_t>(1, agents.serving_count(asked.all));
    // Of more classes than that every so many are looked at, and stand for the others.
    constexpr std::size_t kClassesMax = 256;
    const std::uint64_t every = 1 + state_.waiting().classes_in_use() / kClassesMax;
    Wide own = 0;
    std::vector<Rivals> rivals;
    state_.waiting().for_each_class([&](const WaitingClass& group) {
      const bool same = group.key->asked == asked;
      if (!same && group.salt % every != 0) return;
      const std::uint64_t before = group.line.count_before(subject_.key);
      if (before == 0) return;
      const Wide contacts = Wide{before} * kPaceUnit * state_.units_of(group.key->channel) / units_;
      if (same) {
        own += contacts;
        return;
      }
      const std::uint64_t shared = agents.serving_count(united(group.key->asked.all, asked.all));
      if (shared == 0) return;
      const std::uint64_t theirs = agents.serving_count(group.key->asked.all);
      rivals.push_back({contacts * every * shared / theirs, Wide{servers} * kPaceUnit * shared / mine});
    });
    return work_ahead(own, std::move(rivals), servers);
  }

  const State& state_;
  const Subject& subject_;
  TimePoint now_;
  Channel channel_;
  std::uint32_t units_;
};

/// The contact that the arrival would be, after all that there are.
Subject subject_of(const State& state, const Arrival& arrival, const std::vector<Conditions>& asked, TimePoint now) {
  const Queue& queue = state.queues().find(arrival.queue)->queue;
  const PolicySpec& policy = state.policies().find(queue.spec.policy)->policy.spec;
  Contact contact;
  contact.priority = arrival.priority;
  contact.due = now;
  const std::int64_t rank = rank_of(contact, policy, queue.spec);
  return {queue, policy, asked, arrival.requirements, now, {rank, ContactId{state.last_contact() + 1}}};
}

}  // namespace

WaitEstimate estimate_wait(const State& state, const ContactRecord& record, TimePoint now) {
  const Contact& contact = record.contact;
  const QueueRecord& queue = *state.queues().find(contact.queue);
  const Subject subject{queue.queue, state.policy_of(contact), queue.asked, contact.requirements,
                        contact.due, record.place.key()};
  return Estimator(state, subject, now).soonest(contact.step);
}

WaitEstimate estimate_wait(const State& state, const Arrival& arrival, TimePoint now) {
  return estimate_wait(state, arrival, state.queues().find(arrival.queue)->asked, now);
}

WaitEstimate estimate_wait(const State& state, const Arrival& arrival, const std::vector<Conditions>& asked,
                           TimePoint now) {
  const Subject subject = subject_of(state, arrival, asked, now);
  const Estimator estimator(state, subject, now);
  const QueueRecord& queue = *state.queues().find(arrival.queue);
  if (queue.queue.spec.paused) return {};
  const std::size_t step = estimator.first_step();
  return state.may_be_offered(arrival.queue) && estimator.somebody_is_free(step) ? estimator.at_once(step)
                                                                                 : estimator.soonest(step);
}

Duration estimate_to_keep(const State& state, ContactId contact, const Arrival& arrival, TimePoint now) {
  const bool too_soon = now < state.last_estimate() + kEstimateEvery;
  if (too_soon || mix(raw(contact)) % kLooksOneIn != 0) return {};
  if (state.queues().find(arrival.queue)->queue.pace.handled == 0) return {};
  const Subject subject = subject_of(state, arrival, state.queues().find(arrival.queue)->asked, now);
  const Estimator estimator(state, subject, now);
  const std::size_t step = estimator.first_step();
  if (estimator.somebody_is_free(step)) return {};
  return estimator.soonest(step).wait.value_or(Duration{});
}

}  // namespace muster::dispatch
