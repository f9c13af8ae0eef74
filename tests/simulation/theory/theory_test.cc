#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "formulas.h"
#include "muster/base/random.h"
#include "queue_simulation.h"

// The dispatch engine against queueing theory: what theory knows exactly must lie in the confidence interval that
// independent replications give. The seeds are fixed, so a run passes or fails for good. Other days:
//   MUSTER_SEED=<seed> theory_test --gtest_filter='Theory.*'
// There about one interval in a thousand misses by chance, and now and then one is wider than a test allows: the
// runs are only as long as this seed needs.
namespace muster::theory {
namespace {

using std::chrono::hours;

constexpr double kInTimeSeconds = 20;
static_assert(std::chrono::seconds(20) == Result::kInTime);

constexpr std::size_t kReplications = 30;
/// Student's t for 99.9 % on both sides with kReplications - 1 degrees of freedom.
constexpr double kStudentT = 3.6594;

struct Interval {
  double mean = 0;
  double half_width = 0;
  [[nodiscard]] double low() const { return mean - half_width; }
  [[nodiscard]] double high() const { return mean + half_width; }
};

Interval confidence_interval(const std::vector<double>& samples) {
  const auto n = static_cast<double>(samples.size());
  const double mean = std::accumulate(samples.begin(), samples.end(), 0.0) / n;
  double squares = 0;
  for (const double sample : samples) squares += (sample - mean) * (sample - mean);
  return {mean, kStudentT * std::sqrt(squares / (n - 1) / n)};
}

std::string text(const Interval& interval) {
  char line[64];
  std::snprintf(line, sizeof line, "%.5g +- %.2g", interval.mean, interval.half_width);
  return line;
}

std::uint64_t first_seed() {
  const char* given = std::getenv("MUSTER_SEED");
  return given ? std::strtoull(given, nullptr, 10) : 1;
}

/// Independent replications of one floor. Floors with equally many agents get the same seeds, so that they can be
/// compared day by day; others get their own, so that an unlucky seed spoils one comparison and not all.
class Replications {
 public:
  Replications(const Floor& floor, Duration warm_up, Duration measured) {
    Random seeds(first_seed() + floor.agents.size());
    for (std::size_t i = 0; i < kReplications; ++i) {
      results_.push_back(simulate(floor, {.seed = seeds(), .warm_up = warm_up, .measured = measured}));
      EXPECT_EQ(results_.back().fault, "") << "replication " << i;
    }
  }

  /// What is measured in each, the first replication first.
  template <typename Measure>
  [[nodiscard]] std::vector<double> each(Measure measure) const {
    std::vector<double> samples;
    for (const Result& result : results_) samples.push_back(measure(result));
    return samples;
  }
  template <typename Measure>
  [[nodiscard]] Interval interval(Measure measure) const {
    return confidence_interval(each(measure));
  }

 private:
  std::vector<Result> results_;
};

double mean_wait_of_all(const Result& result) { return result.total().mean_wait(); }
double share_in_time_of_all(const Result& result) { return result.total().share_served_in_time(); }
double share_abandoned_of_all(const Result& result) { return result.total().share_abandoned(); }

/// The interval holds what theory says, and is narrow enough to mean something.
void expect_theory(const std::string& what, const Interval& measured, double theory, double half_width_max) {
  std::printf("  %-60s theory %-9.5g measured %s\n", what.c_str(), theory, text(measured).c_str());
  EXPECT_LE(measured.low(), theory) << what << ": measured " << text(measured);
  EXPECT_GE(measured.high(), theory) << what << ": measured " << text(measured);
  EXPECT_LE(measured.half_width, half_width_max) << what << ": an interval this wide shows nothing";
}

std::string name(const Load& load) {
  char line[96];
  std::snprintf(line, sizeof line, "%g calls/h of %g s, %d agents", load.callers_per_hour, load.handle_seconds,
                load.agents);
  return line;
}

/// One queue, and agents who are all alike.
Floor alike(const Load& load) {
  return {.classes = {{.per_hour = load.callers_per_hour}},
          .agents = std::vector<std::vector<std::size_t>>(static_cast<std::size_t>(load.agents), {0}),
          .handle_seconds = load.handle_seconds};
}

// ---------------------------------------------------------------------------------------------------------------
// The formulas themselves, against figures worked out elsewhere.

TEST(Formulas, ErlangBAndC) {
  EXPECT_NEAR(erlang_b(1, 0.5), 0.33333333, 1e-8);
  EXPECT_NEAR(erlang_b(10, 8), 0.12166106, 1e-8);
  EXPECT_NEAR(erlang_b(100, 100), 0.07570045, 1e-8);
  EXPECT_NEAR(erlang_c(1, 0.5), 0.50000000, 1e-8);
  EXPECT_NEAR(erlang_c(10, 8), 0.40918015, 1e-8);
  EXPECT_NEAR(erlang_c(50, 40), 0.08695255, 1e-8);
  EXPECT_NEAR(erlang_c(200, 180), 0.09447122, 1e-8);
}

TEST(Formulas, ErlangCWaits) {
  struct Row {
    Load load;
    double mean_wait, share_in_time;
  };
  const Row rows[] = {
      {{100, 180, 8}, 10.0360, 0.880148},  {{200, 180, 14}, 7.8359, 0.888350},  {{360, 240, 28}, 19.9883, 0.761296},
      {{600, 300, 55}, 23.0728, 0.724460}, {{504, 600, 90}, 41.1957, 0.662718}, {{2880, 60, 50}, 20.8337, 0.643455},
  };
  for (const Row& row : rows) {
    EXPECT_NEAR(mean_wait(row.load), row.mean_wait, 6e-5) << name(row.load);
    EXPECT_NEAR(share_served_within(20, row.load), row.share_in_time, 6e-7) << name(row.load);
  }
}

TEST(Formulas, ErlangA) {
  struct Row {
    Load load;
    double patience, share_waiting, share_abandoned, mean_wait, share_in_time;
  };
  const Row rows[] = {
      {{100, 180, 5}, 120, 0.517074, 0.192370, 23.0844, 0.579988},
      {{200, 180, 12}, 180, 0.303224, 0.053092, 9.5565, 0.802304},
      {{360, 240, 26}, 120, 0.313706, 0.058469, 7.0162, 0.823469},
      {{1000, 300, 84}, 240, 0.460000, 0.042197, 10.1273, 0.762863},
      {{2880, 60, 50}, 120, 0.467774, 0.030912, 3.7095, 0.943019},
      {{504, 600, 84}, 600, 0.514510, 0.043485, 26.0910, 0.603434},
  };
  for (const Row& row : rows) {
    const ErlangA computed = erlang_a(row.load, row.patience, 20);
    EXPECT_NEAR(computed.share_waiting, row.share_waiting, 6e-7) << name(row.load);
    EXPECT_NEAR(computed.share_abandoned, row.share_abandoned, 6e-7) << name(row.load);
    EXPECT_NEAR(computed.mean_wait, row.mean_wait, 6e-5) << name(row.load);
    EXPECT_NEAR(computed.share_served_in_time, row.share_in_time, 6e-7) << name(row.load);
  }
}

TEST(Formulas, PriorityWaits) {
  const std::vector<double> waits = priority_mean_waits({180, 180, 10}, {1. / 3, 1. / 3, 1. / 3});
  EXPECT_NEAR(waits.at(0) / 60, .286599, 6e-7);
  EXPECT_NEAR(waits.at(1) / 60, .716498, 6e-7);
  EXPECT_NEAR(waits.at(2) / 60, 5.015486, 6e-7);
}

// ---------------------------------------------------------------------------------------------------------------
// One queue, agents alike.

/// A load, how impatient its callers are, and how long it is watched.
struct Day {
  Load load;
  double patience_seconds = std::numeric_limits<double>::infinity();
  Duration warm_up{}, measured{};
};

Replications play(const Day& day) {
  Floor floor = alike(day.load);
  floor.patience_seconds = day.patience_seconds;
  return {floor, day.warm_up, day.measured};
}

/// Days that several tests look at are played once.
struct Played {
  Day day;
  Replications runs;
};

const std::vector<Played>& patient_days() {
  static const std::vector<Played> days = [] {
    std::vector<Played> played;
    for (const Day& day : {Day{.load = {100, 180, 8}, .warm_up = hours(3), .measured = hours(150)},
                           Day{.load = {360, 240, 28}, .warm_up = hours(4), .measured = hours(60)},
                           Day{.load = {600, 300, 55}, .warm_up = hours(5), .measured = hours(40)}}) {
      played.push_back({day, play(day)});
    }
    return played;
  }();
  return days;
}

const std::vector<Played>& impatient_days() {
  static const std::vector<Played> days = [] {
    std::vector<Played> played;
    for (const Day& day :
         {Day{.load = {100, 180, 5}, .patience_seconds = 120, .warm_up = hours(2), .measured = hours(150)},
          Day{.load = {2880, 60, 50}, .patience_seconds = 120, .warm_up = hours(1), .measured = hours(8)}}) {
      played.push_back({day, play(day)});
    }
    return played;
  }();
  return days;
}

TEST(Theory, MeanWaitIsErlangC) {
  for (const auto& [day, runs] : patient_days()) {
    const double theory = mean_wait(day.load);
    expect_theory("mean wait, s: " + name(day.load), runs.interval(mean_wait_of_all), theory, theory / 4);
  }
}

// The mean wait is the same in whatever order callers are served; this share is not.
TEST(Theory, ShareServedWithin20SecondsIsErlangC) {
  for (const auto& [day, runs] : patient_days()) {
    const double theory = share_served_within(kInTimeSeconds, day.load);
    expect_theory("served within 20 s: " + name(day.load), runs.interval(share_in_time_of_all), theory, 0.04);
  }
}

TEST(Theory, AbandonmentIsErlangA) {
  for (const auto& [day, runs] : impatient_days()) {
    const ErlangA theory = erlang_a(day.load, day.patience_seconds, kInTimeSeconds);
    expect_theory("abandoned: " + name(day.load), runs.interval(share_abandoned_of_all), theory.share_abandoned,
                  theory.share_abandoned / 10);
    expect_theory("mean wait, s: " + name(day.load), runs.interval(mean_wait_of_all), theory.mean_wait,
                  theory.mean_wait / 10);
    expect_theory("served within 20 s: " + name(day.load), runs.interval(share_in_time_of_all),
                  theory.share_served_in_time, 0.01);
  }
}

// Busy days and quiet days alike: so the interval is that of the difference, day by day.
TEST(Theory, AbandonmentIsPatienceRateTimesMeanWait) {
  for (const auto& [day, runs] : impatient_days()) {
    const Interval difference = runs.interval([&](const Result& result) {
      return result.total().share_abandoned() - result.total().mean_wait() / day.patience_seconds;
    });
    expect_theory("abandoned - wait / patience: " + name(day.load), difference, 0, 0.0035);
  }
}

TEST(Theory, HigherPriorityWaitsAsNonPreemptivePriorityTheorySays) {
  const Load load{180, 180, 10};
  Floor floor;
  for (const std::uint8_t priority : {2, 1, 0}) floor.classes.push_back({.per_hour = 60, .priority = priority});
  floor.agents.assign(10, {0, 1, 2});
  floor.handle_seconds = load.handle_seconds;
  const Replications runs(floor, hours(8), hours(120));
  const std::vector<double> theory = priority_mean_waits(load, {1. / 3, 1. / 3, 1. / 3});
  for (std::size_t c = 0; c < 3; ++c) {
    const Interval wait = runs.interval([&](const Result& result) { return result.classes[c].mean_wait(); });
    expect_theory("mean wait, s: class " + std::to_string(c), wait, theory[c], theory[c] / 5);
  }
}

// Nobody is favoured, neither by seat nor by number: all are as busy as the load makes them.
TEST(Theory, LongestIdleAgentsAreEquallyBusy) {
  const Day day{.load = {200, 180, 14}, .warm_up = hours(3), .measured = hours(100)};
  const Replications runs = play(day);
  std::vector<double> means;
  for (std::size_t a = 0; a < 14; ++a) {
    const Interval busy = runs.interval([&](const Result& result) { return result.occupancy.at(a); });
    expect_theory("occupancy: agent " + std::to_string(a), busy, day.load.occupancy(), 0.01);
    means.push_back(busy.mean);
  }
  const auto [least, most] = std::minmax_element(means.begin(), means.end());
  EXPECT_LT(*most / *least, 1.02);
}

// ---------------------------------------------------------------------------------------------------------------
// Six skills, 15 agents each (Wallace and Whitt 2005): a second skill does almost what all skills would do.

constexpr std::size_t kSkills = 6;
constexpr std::size_t kAgentsPerSkill = 15;

Floor six_skills(const std::function<std::vector<std::size_t>(std::size_t group, std::size_t agent)>& skills) {
  Floor floor;
  floor.classes.assign(kSkills, {.per_hour = 84});
  for (std::size_t group = 0; group < kSkills; ++group) {
    for (std::size_t agent = 0; agent < kAgentsPerSkill; ++agent) floor.agents.push_back(skills(group, agent));
  }
  floor.handle_seconds = 600;
  return floor;
}

/// How much longer the wait of one floor is than `factor` times that of another, day by day: the callers are the
/// same, so chance mostly cancels out.
Interval excess(const Replications& of, double factor, const Replications& over) {
  std::vector<double> difference = of.each(mean_wait_of_all);
  const std::vector<double> other = over.each(mean_wait_of_all);
  for (std::size_t i = 0; i < difference.size(); ++i) difference[i] -= factor * other[i];
  return confidence_interval(difference);
}

TEST(Theory, TwoSkillsAreNearlyAsGoodAsSix) {
  const auto play = [](const Floor& floor, Duration measured) { return Replications(floor, hours(8), measured); };
  const auto one_skill = [](auto own, auto) { return std::vector{own}; };
  const auto two_skills = [](auto own, auto agent) { return std::vector{own, (own + 1 + agent % 5) % kSkills}; };
  const auto all_skills = [](auto, auto) { return std::vector<std::size_t>{0, 1, 2, 3, 4, 5}; };
  const Replications one = play(six_skills(one_skill), hours(12));
  const Replications two = play(six_skills(two_skills), hours(40));
  const Replications six = play(six_skills(all_skills), hours(40));

  const Load pooled{504, 600, 90};
  const double theory = mean_wait(pooled);
  expect_theory("mean wait, s: six skills, " + name(pooled), six.interval(mean_wait_of_all), theory, theory / 1.5);

  const Interval over_six = excess(two, 1.4, six);
  const Interval over_two = excess(one, 5, two);
  const std::string figures = "mean wait, s: one skill " + text(one.interval(mean_wait_of_all)) + ", two " +
                              text(two.interval(mean_wait_of_all)) + ", six " + text(six.interval(mean_wait_of_all)) +
                              "; two - 1.4 six " + text(over_six) + ", one - 5 two " + text(over_two);
  std::printf("  %s\n", figures.c_str());
  EXPECT_LT(over_six.high(), 0) << "two skills wait more than 1.4 times as long as six: " << figures;
  EXPECT_GT(over_two.low(), 0) << "one skill waits less than 5 times as long as two: " << figures;
  EXPECT_GT(excess(two, 1, six).low(), 0) << "two skills were not told apart from six: " << figures;
}

}  // namespace
}  // namespace muster::theory
