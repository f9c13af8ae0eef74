#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

#include "formulas.h"
#include "interval.h"
#include "muster/base/random.h"
#include "queue_simulation.h"

/// Floors played again and again, and what they show beside theory.
namespace muster::theory {

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

inline double mean_wait_of_all(const Result& result) { return result.total().mean_wait(); }
inline double share_in_time_of_all(const Result& result) { return result.total().share_served_in_time(); }
inline double share_waiting_of_all(const Result& result) { return result.total().share_waiting(); }
inline double share_abandoned_of_all(const Result& result) { return result.total().share_abandoned(); }

/// How much more one floor shows than `factor` times what another does, day by day: the callers are the same, so chance
/// mostly cancels out.
template <typename Measure>
Interval excess(const Replications& of, double factor, const Replications& over, Measure measure) {
  std::vector<double> difference = of.each(measure);
  const std::vector<double> other = over.each(measure);
  for (std::size_t i = 0; i < difference.size(); ++i) difference[i] -= factor * other[i];
  return confidence_interval(difference);
}

/// The interval holds what theory says, and is narrow enough to mean something.
inline void expect_theory(const std::string& what, const Interval& measured, double theory, double half_width_max) {
  std::printf("  %-60s theory %-9.5g measured %s\n", what.c_str(), theory, text(measured).c_str());
  EXPECT_LE(measured.low(), theory) << what << ": measured " << text(measured);
  EXPECT_GE(measured.high(), theory) << what << ": measured " << text(measured);
  EXPECT_LE(measured.half_width, half_width_max) << what << ": an interval this wide shows nothing";
}

inline std::string name(const Load& load) {
  char line[96];
  std::snprintf(line, sizeof line, "%g calls/h of %g s, %d agents", load.callers_per_hour, load.handle_seconds,
                load.agents);
  return line;
}

}  // namespace muster::theory
