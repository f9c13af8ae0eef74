#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <deque>
#include <limits>
#include <map>
#include <numeric>
#include <string>
#include <variant>
#include <vector>

#include "formulas.h"
#include "interval.h"
#include "muster/base/random.h"
#include "queue_simulation.h"

// The engine's estimated wait beside the other predictors of the literature (Ibrahim and Whitt 2009): which is nearest
// to the wait of those who have to wait. The engine learns its rates from the same events.
namespace muster::theory {
namespace {

using std::chrono::duration;
using std::chrono::seconds;

enum Predictor : std::size_t {
  kEngine,      ///< what the engine said
  kExact,       ///< the same formula with the true rates (QLm)
  kQueue,       ///< the place in line over the rate of service, as if nobody left (QL)
  kHeadOfLine,  ///< for how long the first in line has waited (HOL)
  kLastServed,  ///< how long the last one to be served had waited (LES)
  kMeanOf50,    ///< the mean wait of the last 50 served
  kPredictors,
};
constexpr std::array<const char*, kPredictors> kNames{"engine", "QLm", "QL", "HOL", "LES", "mean of 50"};

/// What the engine says of a new contact that waits. Only one in eight keeps it; that one must keep the same.
Duration estimate(const dispatch::Engine& engine, const dispatch::ContactCreated& created, TimePoint now) {
  const auto estimated = engine.estimate_wait(created.contact, now);
  const Duration wait = estimated ? estimated->wait.value_or(Duration{}) : Duration{};
  const bool kept = created.estimated_wait > Duration{};
  EXPECT_EQ(created.estimated_wait, kept ? wait : Duration{}) << "of contact " << raw(created.contact);
  return wait;
}

/// One queue with agents who are all alike.
struct System {
  const char* name;
  Load load;
  double patience_seconds = std::numeric_limits<double>::infinity();
  Duration warm_up{}, measured{};
};

/// Squared errors of one replication, in squares of the mean handle time.
struct Errors {
  double callers = 0;
  std::array<double, kPredictors> sum{};
  double waited = 0, waited_squared = 0;

  [[nodiscard]] double of(std::size_t predictor) const { return sum[predictor] / callers; }
  /// Of the mean of all waits, said to everybody: their variance.
  [[nodiscard]] double of_mean() const { return waited_squared / callers - waited / callers * (waited / callers); }
};

/// Notes what each predictor says of each caller, and what the caller's wait comes to. Of who leaves, it is the wait
/// that staying would have brought: until an agent is free and everybody before has been served or left.
class Watcher {
 public:
  Watcher(const System& system, TimePoint opens, TimePoint closes) : system_(system), opens_(opens), closes_(closes) {}

  void see(const dispatch::Event& event, const dispatch::Engine& engine) {
    now_ = event.time;
    if (const auto* created = std::get_if<dispatch::ContactCreated>(&event.body)) {
      call(created->contact, estimate(engine, *created, now_));
    }
    if (const auto* accepted = std::get_if<dispatch::OfferAccepted>(&event.body)) answer(*accepted);
    if (const auto* ended = std::get_if<dispatch::ContactEnded>(&event.body)) leave(ended->contact);
    if (std::holds_alternative<dispatch::ContactCompleted>(event.body) && waiting_.empty()) {
      served_up_to(dispatch::ContactId{std::numeric_limits<std::uint64_t>::max()});
    }
  }
  [[nodiscard]] const Errors& errors() const { return errors_; }

 private:
  struct Caller {
    TimePoint called;
    std::array<double, kPredictors> said{};  // in handle times
  };
  using Callers = std::map<dispatch::ContactId, Caller>;

  [[nodiscard]] double handle_times(Duration time) const {
    return duration<double>(time).count() / system_.load.handle_seconds;
  }

  void call(dispatch::ContactId contact, Duration estimated) {
    Caller& caller = waiting_[contact];
    const double ahead = static_cast<double>(waiting_.size()) - 1;
    const double agents = system_.load.agents;
    caller.called = now_;
    caller.said[kEngine] = handle_times(estimated);
    for (double i = 0; i <= ahead; ++i) {
      caller.said[kExact] += 1 / (agents + i * system_.load.handle_seconds / system_.patience_seconds);
    }
    caller.said[kQueue] = (ahead + 1) / agents;
    caller.said[kHeadOfLine] = handle_times(now_ - waiting_.begin()->second.called);
    caller.said[kLastServed] = served_.empty() ? 0 : served_.back();
    if (!served_.empty()) {
      caller.said[kMeanOf50] =
          std::accumulate(served_.begin(), served_.end(), 0.0) / static_cast<double>(served_.size());
    }
  }

  void answer(const dispatch::OfferAccepted& event) {
    served_up_to(event.contact);
    const auto caller = waiting_.find(event.contact);
    if (event.waited > Duration{}) note(caller->second, event.waited);
    waiting_.erase(caller);
    served_.push_back(handle_times(event.waited));
    if (served_.size() > 50) served_.pop_front();
  }

  void leave(dispatch::ContactId contact) { left_.insert(waiting_.extract(contact)); }

  /// Whoever left and had called before this one would have been served now.
  void served_up_to(dispatch::ContactId contact) {
    while (!left_.empty() && left_.begin()->first < contact) {
      note(left_.begin()->second, now_ - left_.begin()->second.called);
      left_.erase(left_.begin());
    }
  }

  void note(const Caller& caller, Duration waited) {
    if (caller.called < opens_ || caller.called >= closes_) return;
    const double wait = handle_times(waited);
    ++errors_.callers;
    errors_.waited += wait;
    errors_.waited_squared += wait * wait;
    for (std::size_t p = 0; p < kPredictors; ++p) errors_.sum[p] += (caller.said[p] - wait) * (caller.said[p] - wait);
  }

  const System& system_;
  TimePoint opens_, closes_;
  TimePoint now_;
  Callers waiting_;
  Callers left_;               // and would still wait
  std::deque<double> served_;  // waits of the last 50
  Errors errors_;
};

std::vector<Errors> play(const System& system) {
  const Floor floor{.classes = {{.per_hour = system.load.callers_per_hour}},
                    .agents = std::vector<std::vector<std::size_t>>(static_cast<std::size_t>(system.load.agents), {0}),
                    .handle_seconds = system.load.handle_seconds,
                    .patience_seconds = system.patience_seconds};
  Random seeds(first_seed() + floor.agents.size());
  std::vector<Errors> replications;
  for (std::size_t i = 0; i < kReplications; ++i) {
    Watcher watcher(system, kMorning + system.warm_up, kMorning + system.warm_up + system.measured);
    const Run run{.seed = seeds(), .warm_up = system.warm_up, .measured = system.measured};
    const Result result =
        simulate(floor, run, [&](const auto& event, const auto& engine) { watcher.see(event, engine); });
    EXPECT_EQ(result.fault, "") << system.name << ", replication " << i;
    replications.push_back(watcher.errors());
  }
  return replications;
}

/// Day by day: the callers are the same, so chance mostly cancels out.
template <typename Measure>
Interval each_day(const std::vector<Errors>& days, Measure measure) {
  std::vector<double> samples;
  for (const Errors& day : days) samples.push_back(measure(day));
  return confidence_interval(samples);
}

void print(const System& system, const std::vector<Errors>& days) {
  std::printf("  %s: mean squared error of the wait of those who wait\n", system.name);
  for (std::size_t p = 0; p < kPredictors; ++p) {
    std::printf("    %-12s %s\n", kNames[p],
                text(each_day(days, [&](const Errors& day) { return day.of(p); })).c_str());
  }
  std::printf("    %-12s %s\n", "mean of all",
              text(each_day(days, [](const Errors& d) { return d.of_mean(); })).c_str());
}

void expect_nearer(const System& system, const std::vector<Errors>& days, Predictor near, Predictor far) {
  const Interval difference = each_day(days, [&](const Errors& day) { return day.of(far) - day.of(near); });
  EXPECT_GT(difference.low(), 0) << system.name << ": " << kNames[near] << " is not nearer than " << kNames[far] << ": "
                                 << text(difference);
}

void expect_nearer_than_mean(const System& system, const std::vector<Errors>& days, Predictor near) {
  const Interval difference = each_day(days, [&](const Errors& day) { return day.of_mean() - day.of(near); });
  EXPECT_GT(difference.low(), 0) << system.name << ": " << kNames[near] << " is not nearer than the mean of all";
}

/// The engine knows its rates from some hundreds of contacts only.
void expect_near_exact(const System& system, const std::vector<Errors>& days, double factor_max) {
  const Interval excess =
      each_day(days, [&](const Errors& day) { return day.of(kEngine) - factor_max * day.of(kExact); });
  EXPECT_LT(excess.high(), 0) << system.name << ": more than " << factor_max << " times the error of true rates";
}

TEST(Theory, EstimatedWaitIsTheNearestWhereCallersArePatient) {
  const System system{.name = "M/M/10, occupancy .9",
                      .load = {324, 100, 10},
                      .warm_up = seconds(100 * 200),
                      .measured = seconds(100 * 2'000)};
  const std::vector<Errors> days = play(system);
  print(system, days);
  for (const Predictor other : {kHeadOfLine, kLastServed, kMeanOf50}) expect_nearer(system, days, kEngine, other);
  expect_nearer(system, days, kHeadOfLine, kLastServed);
  expect_nearer(system, days, kLastServed, kMeanOf50);
  expect_nearer_than_mean(system, days, kMeanOf50);
  expect_near_exact(system, days, 1.25);
}

TEST(Theory, EstimatedWaitIsTheNearestUnderOverloadWithAbandonment) {
  const System system{.name = "M/M/100+M, 140 erlangs, patience as long as service",
                      .load = {140 * 36, 100, 100},
                      .patience_seconds = 100,
                      .warm_up = seconds(100 * 20),
                      .measured = seconds(100 * 100)};
  const std::vector<Errors> days = play(system);
  print(system, days);
  for (const Predictor other : {kHeadOfLine, kLastServed, kMeanOf50, kQueue}) {
    expect_nearer(system, days, kEngine, other);
  }
  expect_nearer(system, days, kHeadOfLine, kMeanOf50);
  expect_nearer(system, days, kLastServed, kMeanOf50);
  expect_nearer(system, days, kMeanOf50, kQueue);
  expect_nearer_than_mean(system, days, kEngine);
  expect_near_exact(system, days, 1.25);
}

// ---------------------------------------------------------------------------------------------------------------
// Queues that share agents.

/// The engine's estimate beside the wait of the last one served in the same queue, of callers of all queues who wait.
struct SharedErrors {
  double callers = 0, waited = 0, over = 0, engine = 0, last_served = 0;

  [[nodiscard]] double mean_wait() const { return waited / callers; }
  /// By how much the estimates lie above the waits, as a part of the mean wait.
  [[nodiscard]] double bias() const { return over / waited; }
  /// The squared error as a part of that of the last one served.
  [[nodiscard]] double ratio() const { return engine / last_served; }
};

SharedErrors watch_shared(const Floor& floor, const Run& run) {
  struct Caller {
    bool counts = false;
    double engine = 0, last_served = 0;
  };
  SharedErrors errors;
  std::map<dispatch::ContactId, Caller> waiting;
  std::map<dispatch::QueueHandle, double> served;
  const TimePoint opens = kMorning + run.warm_up, closes = opens + run.measured;
  const Result result = simulate(floor, run, [&](const dispatch::Event& event, const dispatch::Engine& engine) {
    if (const auto* created = std::get_if<dispatch::ContactCreated>(&event.body)) {
      waiting[created->contact] = {event.time >= opens && event.time < closes,
                                   duration<double>(estimate(engine, *created, event.time)).count(),
                                   served[created->queue]};
    }
    if (const auto* accepted = std::get_if<dispatch::OfferAccepted>(&event.body)) {
      const double wait = duration<double>(accepted->waited).count();
      served[accepted->queue] = wait;
      const Caller caller = waiting.extract(accepted->contact).mapped();
      if (!caller.counts || wait == 0) return;
      ++errors.callers;
      errors.waited += wait;
      errors.over += caller.engine - wait;
      errors.engine += (caller.engine - wait) * (caller.engine - wait);
      errors.last_served += (caller.last_served - wait) * (caller.last_served - wait);
    }
  });
  EXPECT_EQ(result.fault, "");
  return errors;
}

void expect_fair(const char* name, const Floor& floor, Duration measured, double bias_max, double ratio_max) {
  Random seeds(first_seed() + floor.agents.size());
  std::vector<double> waits, biases, ratios;
  for (std::size_t i = 0; i < kReplications; ++i) {
    const SharedErrors errors =
        watch_shared(floor, {.seed = seeds(), .warm_up = std::chrono::hours(8), .measured = measured});
    waits.push_back(errors.mean_wait());
    biases.push_back(errors.bias());
    ratios.push_back(errors.ratio());
  }
  const Interval bias = confidence_interval(biases), ratio = confidence_interval(ratios);
  std::printf("  %-46s mean wait %s s, bias %s of it, squared error %s of that of LES\n", name,
              text(confidence_interval(waits)).c_str(), text(bias).c_str(), text(ratio).c_str());
  EXPECT_LT(bias.high(), bias_max) << name;
  EXPECT_GT(bias.low(), -bias_max) << name;
  EXPECT_LT(ratio.high(), ratio_max) << name;
}

TEST(Theory, EstimatedWaitHoldsWhereQueuesShareAgents) {
  Floor two_kinds{.classes = {{.per_hour = 264}, {.per_hour = 192}}, .agents = {}, .handle_seconds = 300};
  two_kinds.agents.assign(20, {0});
  two_kinds.agents.insert(two_kinds.agents.end(), 22, {0, 1});
  expect_fair("20 agents for one queue, 22 for both", two_kinds, std::chrono::hours(24), 0.2, 0.85);

  Floor chain{.classes = std::vector<CallerClass>(6, {.per_hour = 84}), .agents = {}, .handle_seconds = 600};
  for (std::size_t agent = 0; agent < 90; ++agent) {
    const std::size_t own = agent / 15;
    chain.agents.push_back({own, (own + 1 + agent % 5) % 6});
  }
  expect_fair("6 queues, 90 agents with two of them each", chain, std::chrono::hours(24), 0.2, 0.85);

  Floor nested{.classes = {{.per_hour = 300}, {.per_hour = 27}}, .agents = {}, .handle_seconds = 300};
  nested.agents.assign(27, {0});
  nested.agents.insert(nested.agents.end(), 3, {0, 1});
  expect_fair("30 agents for one queue, 3 of them for another", nested, std::chrono::hours(40), 0.2, 0.85);
}

}  // namespace
}  // namespace muster::theory
