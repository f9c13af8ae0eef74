#pragma once

#include <array>
#include <functional>
#include <vector>

/// What queueing theory says about one queue with Poisson arrivals, exponential service times and agents who are all
/// alike: M/M/n, and M/M/n+M where callers lose patience; and about some floors with two queues or two kinds of agents.
/// Exact, in steady state; times in seconds.
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

/// The limit of Erlang C as floors grow that are staffed by the square-root rule: `beta` times the root of the load
/// more agents than the load (Halfin and Whitt 1981). REQUIRES: beta > 0.
double halfin_whitt(double beta);

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

/// Erlang C with two queues, of which a free agent serves the one in which most wait for its share. One mean wait per
/// queue. `first_calls` is the first queue's part of all calls, `first_share` its part of both shares; ties are served
/// as the first queue's, so the figures are exact where the shares allow none.
std::array<double, 2> ratio_mean_waits(const Load& load, double first_calls, double first_share);

/// Two kinds of agents who work at different speeds, in time units of the mean work.
struct Speeds {
  double calls = 0;  ///< per time unit
  int first_agents = 0, second_agents = 0;
  double first_speed = 0, second_speed = 0;
};
/// With how many idle of each kind, the probability that the first kind gets the call. Not asked if nobody is idle.
using FirstGets = std::function<double(int first_idle, int second_idle)>;
struct SpeedsResult {
  double share_waiting = 0;
  double mean_wait = 0;    ///< in time units
  double first_idle = 0;   ///< part of the time that an agent of the kind is idle
  double second_idle = 0;  ///< likewise
};
SpeedsResult two_speeds(const Speeds& speeds, const FirstGets& first_gets);

/// Erlang C where agents begin tasks, of which there is no end and which take as long as calls, while fewer than
/// `kept_busy` are busy (Bhulai and Koole 2003).
struct Blending {
  double share_waiting = 0;
  double mean_wait = 0;
  double tasks_per_second = 0;
};
Blending blending(const Load& load, int kept_busy);

}  // namespace muster::theory
