#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <ratio>
#include <string>
#include <utility>
#include <vector>

#include "formulas.h"
#include "interval.h"
#include "queue_simulation.h"
#include "replications.h"

// What the policies do to waits and to agents, against the formulas for priority queues, queues kept in proportion,
// agents of different speeds, and calls blended with tasks. As theory_test.cc says.
namespace muster::theory {
namespace {

using dispatch::QueueOrder;
using std::chrono::hours;
using std::chrono::seconds;

/// Queues that all agents serve.
Floor shared_floor(const Load& load, const std::vector<CallerClass>& classes) {
  std::vector<std::size_t> all(classes.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return {.classes = classes,
          .agents = std::vector<std::vector<std::size_t>>(static_cast<std::size_t>(load.agents), all),
          .handle_seconds = load.handle_seconds};
}

auto mean_wait_of(std::size_t of_class) {
  return [of_class](const Result& result) { return result.classes.at(of_class).mean_wait(); };
}
/// Callers whom an agent served.
double served(const Tally& tally) { return static_cast<double>(tally.callers - tally.abandoned); }

std::string class_name(std::size_t of_class) { return "class " + std::to_string(of_class); }

// ---------------------------------------------------------------------------------------------------------------
// Which contact an agent gets.

void expect_priority_waits(const Replications& runs, const Load& load, const std::vector<double>& parts) {
  const std::vector<double> theory = priority_mean_waits(load, parts);
  for (std::size_t c = 0; c < parts.size(); ++c) {
    expect_theory("mean wait, s: " + class_name(c), runs.interval(mean_wait_of(c)), theory[c], theory[c] / 4);
  }
}

TEST(Theory, HigherPriorityWaitsAsNonPreemptivePriorityTheorySays) {
  const Load load{180, 180, 10};
  const Floor floor =
      shared_floor(load, {{.per_hour = 60, .priority = 2}, {.per_hour = 60, .priority = 1}, {.per_hour = 60}});
  expect_priority_waits({floor, hours(8), hours(100)}, load, {1. / 3, 1. / 3, 1. / 3});
}

// A point of priority, were it weighed against waiting, would be worth a minute here.
TEST(Theory, StrictPriorityWaitsAsNonPreemptivePriorityTheorySays) {
  const Load load{222, 300, 20};
  Floor floor =
      shared_floor(load, {{.per_hour = 48, .priority = 2}, {.per_hour = 84, .priority = 1}, {.per_hour = 90}});
  floor.strict_priority = true;
  expect_priority_waits({floor, hours(12), hours(110)}, load, {48. / 222, 84. / 222, 90. / 222});
}

// Shares that allow no ties: theory has no say in how those are served.
constexpr std::uint16_t kFirstShare = 100, kSecondShare = 201;

Floor two_shares(const Load& load, QueueOrder order) {
  Floor floor = shared_floor(load, {{.per_hour = load.callers_per_hour * 2 / 3, .share = kFirstShare},
                                    {.per_hour = load.callers_per_hour / 3, .share = kSecondShare}});
  floor.queue_order = order;
  return floor;
}

TEST(Theory, QueuesAreKeptInTheRatioOfTheirShares) {
  const Load load{180, 180, 10};
  const Replications runs(two_shares(load, QueueOrder::kRatio), hours(8), hours(120));
  const std::array<double, 2> theory =
      ratio_mean_waits(load, 2. / 3, double{kFirstShare} / (kFirstShare + kSecondShare));
  for (std::size_t c = 0; c < 2; ++c) {
    expect_theory("mean wait, s: " + class_name(c), runs.interval(mean_wait_of(c)), theory[c], theory[c] / 4);
  }
  // By Little's law the ratio of the lengths is that of the waits times that of the calls. Busy days and quiet days
  // have the same ratio, so that this interval is narrow.
  const Interval lengths = runs.interval(
      [](const Result& result) { return 2 * result.classes[0].mean_wait() / result.classes[1].mean_wait(); });
  expect_theory("length of the first queue over the second", lengths, 2 * theory[0] / theory[1], 0.015);
}

// Whichever queue is served, an agent who works shortens the line by as much. Day by day, as the callers are the same.
TEST(Theory, OrderOfQueuesWinsAndLosesNothingInAll) {
  const Load load{180, 180, 10};
  const double theory = mean_wait(load);
  const auto play = [&](QueueOrder order) { return Replications(two_shares(load, order), hours(8), hours(60)); };
  const Replications by_rank = play(QueueOrder::kRank);
  expect_theory("mean wait of all, s: by rank", by_rank.interval(mean_wait_of_all), theory, theory / 4);
  for (const auto& [name, order] : {std::pair("share", QueueOrder::kShare), std::pair("ratio", QueueOrder::kRatio)}) {
    const Interval lost = excess(play(order), 1, by_rank, mean_wait_of_all);
    expect_theory(std::string("mean wait of all, s: by ") + name + " - by rank", lost, 0, theory / 40);
  }
}

// Three queues of which none is ever empty: who calls most often gets no more for that.
TEST(Theory, OverloadedQueuesAreServedByTheirShares) {
  const Load load{1200, 180, 10};
  Floor floor =
      shared_floor(load, {{.per_hour = 240, .share = 3}, {.per_hour = 360, .share = 2}, {.per_hour = 600, .share = 1}});
  floor.queue_order = QueueOrder::kShare;
  floor.patience_seconds = 600;
  const Replications runs(floor, hours(2), hours(10));
  for (std::size_t c = 0; c < 3; ++c) {
    const Interval part =
        runs.interval([c](const Result& result) { return served(result.classes[c]) / served(result.total()); });
    expect_theory("part of all served: " + class_name(c), part, (3. - static_cast<double>(c)) / 6, 0.005);
  }
}

// Of those who wait the same part leaves in an hour, whatever the queue. Exact in the limit of long queues: there are
// some hundreds in each.
TEST(Theory, OverloadedQueuesAreKeptInTheRatioOfTheirShares) {
  const Load load{1300, 180, 10};
  Floor floor =
      shared_floor(load, {{.per_hour = 300, .share = 1}, {.per_hour = 400, .share = 2}, {.per_hour = 600, .share = 3}});
  floor.queue_order = QueueOrder::kRatio;
  floor.patience_seconds = 3600;
  const Replications runs(floor, hours(6), hours(10));
  for (std::size_t c = 0; c < 3; ++c) {
    const Interval part = runs.interval([c](const Result& result) {
      return static_cast<double>(result.classes[c].abandoned) / static_cast<double>(result.total().abandoned);
    });
    expect_theory("part of all who wait: " + class_name(c), part, (1. + static_cast<double>(c)) / 6, 0.005);
  }
}

// Whoever waits for one agent alone, and only so: ten floors with one agent.
TEST(Theory, ContactsForTheirPreferredAgentsAloneWaitAsInQueuesOfOneAgentEach) {
  const Load load{100, 180, 10};
  Floor floor = shared_floor(load, std::vector<CallerClass>(10, {.per_hour = 10}));
  for (std::size_t c = 0; c < 10; ++c) floor.classes[c].preferred_agent = c;
  const Replications runs(floor, hours(8), hours(60));
  const Load each{10, 180, 1};
  expect_theory("has to wait", runs.interval(share_waiting_of_all), erlang_c(1, each.erlangs()), 0.02);
  expect_theory("mean wait, s", runs.interval(mean_wait_of_all), mean_wait(each), mean_wait(each) / 10);
}

// ---------------------------------------------------------------------------------------------------------------
// Which agent a contact gets: five who work at one and a half times the speed, and five at half.

constexpr double kUnitSeconds = 60;
const Speeds kSpeeds{.calls = 8.5, .first_agents = 5, .second_agents = 5, .first_speed = 1.5, .second_speed = 0.5};

Replications two_speeds_with(const dispatch::Preferences& prefer) {
  const Load load{kSpeeds.calls * 3600 / kUnitSeconds, kUnitSeconds, kSpeeds.first_agents + kSpeeds.second_agents};
  Floor floor = shared_floor(load, {{.per_hour = load.callers_per_hour}});
  // They take turns, so that seats in the order of hiring favour neither.
  for (int agent = 0; agent < load.agents; ++agent) {
    floor.speeds.push_back(agent % 2 == 0 ? kSpeeds.first_speed : kSpeeds.second_speed);
  }
  floor.prefer = prefer;
  return {floor, hours(2), hours(35)};
}

auto idle_share(std::size_t kind) {
  return [kind](const Result& result) {
    double idle = 0, agents = 0;
    for (std::size_t agent = kind; agent < result.occupancy.size(); agent += 2, ++agents) {
      idle += 1 - result.occupancy[agent];
    }
    return idle / agents;
  };
}

void expect_two_speeds(const std::string& rule, const Replications& runs, const FirstGets& fast_gets) {
  const SpeedsResult theory = two_speeds(kSpeeds, fast_gets);
  expect_theory(rule + ": has to wait", runs.interval(share_waiting_of_all), theory.share_waiting, 0.03);
  const double wait = theory.mean_wait * kUnitSeconds;
  expect_theory(rule + ": mean wait, s", runs.interval(mean_wait_of_all), wait, wait / 5);
  expect_theory(rule + ": fast agents idle", runs.interval(idle_share(0)), theory.first_idle, 0.015);
  expect_theory(rule + ": slow agents idle", runs.interval(idle_share(1)), theory.second_idle, 0.015);
}

TEST(Theory, PreferenceBetweenAgentsOfTwoSpeedsGivesTheWaitsOfTheInvertedV) {
  const dispatch::Preferences fastest{.quality = seconds(1), .ignore_idle = true};
  const dispatch::Preferences slowest{.cost = seconds(1), .ignore_idle = true};
  const Replications fastest_first = two_speeds_with(fastest);
  const Replications longest_idle = two_speeds_with({});
  const Replications slowest_first = two_speeds_with(slowest);
  expect_two_speeds("fastest first", fastest_first, [](int fast, int) { return fast > 0 ? 1.0 : 0.0; });
  // The longest idle first has the steady state of any idle one.
  expect_two_speeds("longest idle first", longest_idle,
                    [](int fast, int slow) { return static_cast<double>(fast) / (fast + slow); });
  expect_two_speeds("slowest first", slowest_first, [](int, int slow) { return slow > 0 ? 0.0 : 1.0; });
  EXPECT_GT(excess(longest_idle, 1, fastest_first, share_waiting_of_all).low(), 0);
  EXPECT_GT(excess(slowest_first, 1, longest_idle, share_waiting_of_all).low(), 0);
}

// ---------------------------------------------------------------------------------------------------------------
// Tasks that agents do between calls, but for a reserve that stays idle.

TEST(Theory, TasksLeaveTheirReserveAndNoMore) {
  const Load load{180, 240, 20};
  for (const int kept_busy : {14, 17, 19}) {
    CallerClass tasks{.unlimited = true};
    tasks.idle_reserve = static_cast<std::uint16_t>(load.agents - kept_busy);
    const Duration measured = hours(50);
    const Replications runs(shared_floor(load, {{.per_hour = load.callers_per_hour}, tasks}), hours(3), measured);
    const Blending theory = blending(load, kept_busy);
    const std::string at = " with " + std::to_string(tasks.idle_reserve) + " in reserve";
    expect_theory("has to wait" + at, runs.interval([](const Result& r) { return r.classes[0].share_waiting(); }),
                  theory.share_waiting, 0.02);
    expect_theory("mean wait, s," + at, runs.interval(mean_wait_of(0)), theory.mean_wait, theory.mean_wait / 4);
    const auto tasks_per_minute = [&](const Result& result) {
      return static_cast<double>(result.classes[1].callers) /
             std::chrono::duration<double, std::ratio<60>>(measured).count();
    };
    expect_theory("tasks a minute" + at, runs.interval(tasks_per_minute), theory.tasks_per_second * 60, 0.04);
  }
}

}  // namespace
}  // namespace muster::theory
