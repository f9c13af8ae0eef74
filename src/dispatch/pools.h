#pragma once

#include <cstdint>
#include <optional>

#include "muster/dispatch/state.h"

/// When pools of agents are lent to a queue: pure functions of plain data.
namespace muster::dispatch {

/// After any pool of a queue opened or closed, those that are open stay so for this long, lest they flutter.
inline constexpr Duration kPoolOpenMin = std::chrono::minutes(1);
/// How often lending is looked at while it can change anything.
inline constexpr Duration kPoolsEvery = std::chrono::seconds(1);

/// A contact's wait ended by an answer, or by leaving.
void note_ended(RecentService& recent, bool in_target, TimePoint now);
/// Of a hundred contacts whose wait ended in the last quarter of an hour, how many were answered in target; 100 if none
/// ended.
int service_level(const RecentService& recent, TimePoint now);

/// Pools that open and close by themselves.
PoolSet lent_pools(const PolicySpec& policy);
/// Whether a pool's lending needs a predicted wait.
bool asks_for_predicted_wait(const PolicySpec& policy);

/// What is known of a queue when its lending is looked at.
struct LendingFacts {
  std::uint32_t waiting = 0;
  int service_level = 100;
  std::optional<Duration> predicted_wait;
};
/// Whether the queue itself wants the pool. The lender's side is for the caller to look at.
bool wants(const Lending& lending, const LendingFacts& facts);

/// The pools that are open if `lent` are wanted and may be had at `now`.
PoolSet open_pools(const PolicySpec& policy, const Queue& queue, PoolSet lent, TimePoint now);

/// The last moment by `now` at which the queue's lending was to be looked at.
TimePoint last_look(const Queue& queue, TimePoint now);
/// When lending is to be looked at next, after `now`; empty if nothing can change by itself.
std::optional<TimePoint> next_look(const PolicySpec& policy, const Queue& queue, std::uint32_t waiting, TimePoint now);

}  // namespace muster::dispatch
