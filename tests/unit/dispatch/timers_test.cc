#include "timers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>
#include <vector>

#include "muster/base/random.h"

namespace muster::dispatch {
namespace {

TimePoint at(std::int64_t microseconds) { return TimePoint{Duration(microseconds)}; }

TEST(TimerOrder, IsByDeadlineThenKindThenOwner) {
  Timers timers;
  std::vector<Timer> all(4);
  timers.set(all[0], 9, Deadline{at(5), TimerKind::kStep});
  timers.set(all[1], 8, Deadline{at(5), TimerKind::kContactDue});
  timers.set(all[2], 7, Deadline{at(5), TimerKind::kStep});
  timers.set(all[3], 6, Deadline{at(4), TimerKind::kWrapUp});
  std::vector<std::uint64_t> owners;
  while (const auto due = timers.first()) {
    owners.push_back(due->owner);
    const std::size_t index = 9 - due->owner;
    timers.stop(all[index]);
  }
  EXPECT_EQ(owners, (std::vector<std::uint64_t>{6, 8, 7, 9}));
}

TEST(TimerOrder, HoldsThroughStartsMovesAndStops) {
  Random random(3);
  Timers timers;
  std::vector<Timer> all(300);
  std::vector<std::optional<Deadline>> model(all.size());
  for (int i = 0; i < 20'000; ++i) {
    const std::size_t which = random.below(all.size());
    model[which] = std::nullopt;
    if (random.below(4) != 0) {
      model[which] = Deadline{at(static_cast<std::int64_t>(random.below(500))), TimerKind(random.below(9))};
    }
    timers.set(all[which], which, model[which]);
    std::optional<std::tuple<TimePoint, TimerKind, std::uint64_t>> least;
    for (std::size_t j = 0; j < model.size(); ++j) {
      if (!model[j]) continue;
      const std::tuple entry(model[j]->at, model[j]->kind, std::uint64_t{j});
      if (!least || entry < *least) least = entry;
    }
    const auto first = timers.first();
    ASSERT_EQ(first.has_value(), least.has_value());
    if (first) {
      ASSERT_EQ(std::tuple(first->deadline.at, first->deadline.kind, first->owner), *least);
    }
  }
}

}  // namespace
}  // namespace muster::dispatch
