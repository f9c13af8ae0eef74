#pragma once

#include <vector>

/// What queueing theory says about one queue with Poisson arrivals, exponential service times and agents who are all
/// alike: M/M/n, and M/M/n+M where callers lose patience. Exact formulas, in steady state; times in seconds.
namespace muster::theory {

struct Load {
  double callers_per_hour = 0;
  double handle_seconds = 0;
  int agents = 0;

  [[nodiscard]] double callers_per_second() const { return callers_per_hour / 3600; }
  /// The agents who would be busy on average, were there enough of them.
  [[nodiscard]] double erlangs() const { return callers_per_second() * handle_seconds; }
  [[nodiscard]] double occupancy() const { return erlangs() / agents; }
};

/// The share of callers who find all agents busy, where those are turned away.
double erlang_b(int agents, double erlangs);
/// The share of callers who find all agents busy, where those wait. REQUIRES: erlangs < agents.
double erlang_c(int agents, double erlangs);

/// Erlang C. REQUIRES: load.occupancy() < 1.
double mean_wait(const Load& load);
double share_served_within(double seconds, const Load& load);

/// Erlang A: callers leave the queue after an exponential time. Shares are of all callers.
struct ErlangA {
  double share_waiting = 0;
  double share_abandoned = 0;
  double mean_wait = 0;  ///< of all callers, also those who left
  double share_served_in_time = 0;
};
ErlangA erlang_a(const Load& load, double patience_seconds, double in_time_seconds);

/// Erlang C with classes of callers who go before each other, the first class first, but interrupt no service. One
/// mean wait per class. `load` is that of all classes; shares add up to 1.
std::vector<double> priority_mean_waits(const Load& load, const std::vector<double>& shares);

}  // namespace muster::theory
