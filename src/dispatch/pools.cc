#include "pools.h"

#include <algorithm>

#include "conditions.h"

namespace muster::dispatch {
namespace {

constexpr auto kMinutes = static_cast<std::int64_t>(RecentService::kMinutes);

std::int64_t minute_of(TimePoint time) {
  return std::chrono::floor<std::chrono::minutes>(time.time_since_epoch()).count();
}

template <typename Holds>
PoolSet pools_that(const PolicySpec& policy, Holds holds) {
  PoolSet pools = 0;
  for (std::size_t i = 0; i < policy.pools.size(); ++i) {
    if (holds(policy.pools[i].lending)) pools = static_cast<PoolSet>(pools | pool_bit(i));
  }
  return pools;
}

}  // namespace

void note_ended(RecentService& recent, bool in_target, TimePoint now) {
  const std::int64_t minute = minute_of(now);
  for (std::int64_t stale = std::max(recent.last_minute + 1, minute - kMinutes + 1); stale <= minute; ++stale) {
    recent.minutes[static_cast<std::size_t>(stale % kMinutes)] = {};
  }
  recent.last_minute = minute;
  RecentService::Minute& current = recent.minutes[static_cast<std::size_t>(minute % kMinutes)];
  ++current.ended;
  if (in_target) ++current.in_target;
}

int service_level(const RecentService& recent, TimePoint now) {
  std::uint64_t ended = 0;
  std::uint64_t in_target = 0;
  const std::int64_t first = std::max<std::int64_t>(0, std::max(minute_of(now), recent.last_minute) - kMinutes + 1);
  for (std::int64_t minute = first; minute <= recent.last_minute; ++minute) {
    const RecentService::Minute& each = recent.minutes[static_cast<std::size_t>(minute % kMinutes)];
    ended += each.ended;
    in_target += each.in_target;
  }
  return ended == 0 ? 100 : static_cast<int>(in_target * 100 / ended);
}

PoolSet lent_pools(const PolicySpec& policy) {
  return pools_that(policy, [](const Lending& lending) { return lending != Lending{}; });
}

bool asks_for_predicted_wait(const PolicySpec& policy) {
  return pools_that(policy, [](const Lending& lending) { return lending.predicted_wait > Duration{0}; }) != 0;
}

bool wants(const Lending& lending, const LendingFacts& facts) {
  if (facts.waiting == 0) return false;
  const bool by_wait = lending.predicted_wait > Duration{0} && facts.predicted_wait > lending.predicted_wait;
  const bool by_count = lending.waiting > 0 && facts.waiting > lending.waiting;
  const bool by_level = lending.service_level > 0 && facts.service_level < lending.service_level;
  const bool whenever = lending.predicted_wait == Duration{0} && lending.waiting == 0 && lending.service_level == 0;
  return by_wait || by_count || by_level || whenever;
}

PoolSet open_pools(const PolicySpec& policy, const Queue& queue, PoolSet lent, TimePoint now) {
  const PoolSet conditional = lent_pools(policy);
  const PoolSet all = pools_that(policy, [](const Lending&) { return true; });
  const bool opened_lately = now < queue.pools_changed_at + kPoolOpenMin;
  const unsigned by_itself = lent | (opened_lately ? queue.pools.open : 0U);
  const unsigned open = (all & ~conditional) | (by_itself & conditional) | queue.pools.kept_open;
  return static_cast<PoolSet>(open & all & ~queue.pools.kept_closed);
}

TimePoint last_look(const Queue& queue, TimePoint now) {
  // Each queue at its own moment, lest all come at once.
  const Duration offset = std::chrono::milliseconds(raw(queue.handle) * 37 % 1'000);
  return std::chrono::floor<std::chrono::seconds>(now - offset) + offset;
}

std::optional<TimePoint> next_look(const PolicySpec& policy, const Queue& queue, std::uint32_t waiting, TimePoint now) {
  const unsigned by_itself = lent_pools(policy) & ~(queue.pools.kept_open | queue.pools.kept_closed);
  if (by_itself == 0 || (waiting == 0 && (queue.pools.open & by_itself) == 0)) return std::nullopt;
  return last_look(queue, now) + kPoolsEvery;
}

}  // namespace muster::dispatch
