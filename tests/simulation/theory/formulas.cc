#include "formulas.h"

#include <cmath>
#include <cstddef>
#include <numeric>

namespace muster::theory {
namespace {

/// How fast the queue of an Erlang A system moves when everybody is busy and `waiting` callers may still leave it.
double leave_rate(const Load& load, double patience_seconds, std::size_t waiting) {
  return load.agents / load.handle_seconds + static_cast<double>(waiting) / patience_seconds;
}

/// The distribution of the number of callers in an Erlang A system: a birth-death chain. Worked out outwards from
/// the state with all agents busy and nobody waiting, which lies near the mode, so that nothing overflows.
std::vector<double> callers_in_system(const Load& load, double patience_seconds) {
  constexpr double kNegligible = 1e-18;
  const auto agents = static_cast<std::size_t>(load.agents);
  std::vector<double> weight(agents + 1, 1.0);
  for (std::size_t k = agents; k > 0; --k) {
    weight[k - 1] = weight[k] * (static_cast<double>(k) / load.handle_seconds) / load.callers_per_second();
  }
  for (std::size_t waiting = 1; weight.back() > kNegligible; ++waiting) {
    weight.push_back(weight.back() * load.callers_per_second() / leave_rate(load, patience_seconds, waiting));
  }
  const double sum = std::accumulate(weight.begin(), weight.end(), 0.0);
  for (double& w : weight) w /= sum;
  return weight;
}

/// For each number of callers ahead, 0 to `ahead_max`: the probability that one who waits is served within the time
/// and does not leave before. The chain is uniformised: it takes a Poisson number of steps in that time, and each
/// step moves the caller up, moves the caller out, or does nothing.
std::vector<double> served_in_time(const Load& load, double patience_seconds, double seconds, std::size_t ahead_max) {
  const double step_rate = leave_rate(load, patience_seconds, ahead_max + 1);
  const double steps_mean = step_rate * seconds;
  const auto steps_max = static_cast<std::size_t>(steps_mean + 12 * std::sqrt(steps_mean) + 50);
  std::vector<double> after_steps(ahead_max + 1, 0.0);
  std::vector<double> served(ahead_max + 1, 0.0);
  for (std::size_t step = 0; step <= steps_max; ++step) {
    const auto n = static_cast<double>(step);
    const double probability = std::exp(n * std::log(steps_mean) - steps_mean - std::lgamma(n + 1));
    for (std::size_t i = 0; i <= ahead_max; ++i) served[i] += probability * after_steps[i];
    for (std::size_t i = ahead_max + 1; i-- > 0;) {  // downwards: i - 1 must still be of the step before
      const double up = leave_rate(load, patience_seconds, i) / step_rate;
      const double out = 1 / patience_seconds / step_rate;
      after_steps[i] = up * (i == 0 ? 1.0 : after_steps[i - 1]) + (1 - up - out) * after_steps[i];
    }
  }
  return served;
}

}  // namespace

double erlang_b(int agents, double erlangs) {
  double blocked = 1;
  for (int k = 1; k <= agents; ++k) blocked = erlangs * blocked / (k + erlangs * blocked);
  return blocked;
}

double erlang_c(int agents, double erlangs) {
  const double blocked = erlang_b(agents, erlangs);
  return blocked / (1 - erlangs / agents * (1 - blocked));
}

double mean_wait(const Load& load) {
  const double spare_rate = load.agents / load.handle_seconds - load.callers_per_second();
  return erlang_c(load.agents, load.erlangs()) / spare_rate;
}

double share_served_within(double seconds, const Load& load) {
  const double spare_rate = load.agents / load.handle_seconds - load.callers_per_second();
  return 1 - erlang_c(load.agents, load.erlangs()) * std::exp(-spare_rate * seconds);
}

ErlangA erlang_a(const Load& load, double patience_seconds, double in_time_seconds) {
  const std::vector<double> share = callers_in_system(load, patience_seconds);
  const auto agents = static_cast<std::size_t>(load.agents);
  const std::size_t waiting_max = share.size() - 1 - agents;
  const std::vector<double> in_time = served_in_time(load, patience_seconds, in_time_seconds, waiting_max);
  ErlangA result;
  double queue_length = 0;
  for (std::size_t k = 0; k < agents; ++k) result.share_served_in_time += share[k];
  for (std::size_t waiting = 0; waiting <= waiting_max; ++waiting) {
    const double found = share[agents + waiting];  // a new caller finds what time sees: Poisson arrivals
    result.share_waiting += found;
    result.share_served_in_time += found * in_time[waiting];
    queue_length += found * static_cast<double>(waiting);
  }
  result.mean_wait = queue_length / load.callers_per_second();  // Little's law
  result.share_abandoned = result.mean_wait / patience_seconds;
  return result;
}

std::vector<double> priority_mean_waits(const Load& load, const std::vector<double>& shares) {
  const double until_an_agent_is_free = erlang_c(load.agents, load.erlangs()) * load.handle_seconds / load.agents;
  std::vector<double> waits;
  double before = 0;
  for (const double share : shares) {
    const double with_own = before + share * load.occupancy();
    waits.push_back(until_an_agent_is_free / ((1 - before) * (1 - with_own)));
    before = with_own;
  }
  return waits;
}

}  // namespace muster::theory
