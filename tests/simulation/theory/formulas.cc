#include "formulas.h"

#include <algorithm>
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

/// How many wait in each of two queues while all agents are busy: [first][second], up to a total that is hardly ever
/// reached. The total is that of one queue. Only how it splits is iterated, from the split that the shares ask for.
class SplitQueue {
 public:
  SplitQueue(double occupancy, double first_calls, double first_share)
      : occupancy_(occupancy),
        first_calls_(first_calls),
        first_share_(first_share),
        waiting_max_(static_cast<std::size_t>(std::log(1e-7) / std::log(occupancy))),
        share_(waiting_max_ + 1, std::vector<double>(waiting_max_ + 1, 0.0)) {
    for (std::size_t waiting = 0; waiting <= waiting_max_; ++waiting) {
      const auto first = static_cast<std::size_t>(static_cast<double>(waiting) * first_share);
      share_[first][waiting - first] = (1 - occupancy) * std::pow(occupancy, static_cast<double>(waiting));
    }
    while (step() > 1e-12) {
    }
  }

  [[nodiscard]] std::array<double, 2> mean_lengths() const {
    std::array<double, 2> means{};
    for (std::size_t first = 0; first <= waiting_max_; ++first) {
      for (std::size_t second = 0; first + second <= waiting_max_; ++second) {
        means[0] += static_cast<double>(first) * share_[first][second];
        means[1] += static_cast<double>(second) * share_[first][second];
      }
    }
    return means;
  }

 private:
  [[nodiscard]] bool first_is_served(std::size_t first, std::size_t second) const {
    return static_cast<double>(first) * (1 - first_share_) >= static_cast<double>(second) * first_share_;
  }

  /// One call or one service, in the proportion of their rates. Returns how much changed.
  double step() {
    const double call = occupancy_ / (1 + occupancy_);
    const double service = 1 - call;
    std::vector<std::vector<double>> next(waiting_max_ + 1, std::vector<double>(waiting_max_ + 1, 0.0));
    for (std::size_t first = 0; first <= waiting_max_; ++first) {
      for (std::size_t second = 0; first + second <= waiting_max_; ++second) {
        const double now = share_[first][second];
        const bool full = first + second == waiting_max_;
        next[full ? first : first + 1][second] += now * call * first_calls_;
        next[first][full ? second : second + 1] += now * call * (1 - first_calls_);
        const bool serve_first = first_is_served(first, second) && first > 0;
        const bool serve_second = !serve_first && second > 0;
        next[serve_first ? first - 1 : first][serve_second ? second - 1 : second] += now * service;
      }
    }
    double change = 0;
    for (std::size_t first = 0; first <= waiting_max_; ++first) {
      for (std::size_t second = 0; first + second <= waiting_max_; ++second) {
        change = std::max(change, std::abs(next[first][second] - share_[first][second]));
      }
    }
    share_.swap(next);
    return change;
  }

  double occupancy_, first_calls_, first_share_;
  std::size_t waiting_max_;
  std::vector<std::vector<double>> share_;
};

/// How many of each kind are idle while nobody waits: [first][second], not normalised.
class IdleAgents {
 public:
  IdleAgents(const Speeds& speeds, const FirstGets& first_gets)
      : speeds_(speeds),
        first_gets_(first_gets),
        weight_(at(speeds.first_agents) + 1, std::vector<double>(at(speeds.second_agents) + 1, 1.0)) {
    while (sweep() > 1e-12) {
    }
  }

  [[nodiscard]] double weight(int first, int second) const { return weight_[at(first)][at(second)]; }

 private:
  static std::size_t at(int idle) { return static_cast<std::size_t>(idle); }
  [[nodiscard]] double services_of_first(int idle) const { return (speeds_.first_agents - idle) * speeds_.first_speed; }
  [[nodiscard]] double services_of_second(int idle) const {
    return (speeds_.second_agents - idle) * speeds_.second_speed;
  }

  /// What comes into a state over what goes out of it.
  [[nodiscard]] double balanced(int first, int second) const {
    double in = 0;
    if (first < speeds_.first_agents) {
      in += weight(first + 1, second) * speeds_.calls * first_gets_(first + 1, second);
    }
    if (second < speeds_.second_agents) {
      in += weight(first, second + 1) * speeds_.calls * (1 - first_gets_(first, second + 1));
    }
    if (first > 0) in += weight(first - 1, second) * services_of_first(first - 1);
    if (second > 0) in += weight(first, second - 1) * services_of_second(second - 1);
    const double calls = first + second > 0 ? speeds_.calls : 0;
    return in / (calls + services_of_first(first) + services_of_second(second));
  }

  /// Brings every state into balance with its neighbours. Returns the greatest relative change, when the state in which
  /// all are busy has weight 1.
  double sweep() {
    double change = 0;
    for (int first = 0; first <= speeds_.first_agents; ++first) {
      for (int second = 0; second <= speeds_.second_agents; ++second) {
        if (first + second == 0) continue;
        const double balance = balanced(first, second);
        change = std::max(change, std::abs(balance - weight(first, second)) / std::max(balance, 1e-12));
        weight_[at(first)][at(second)] = balance;
      }
    }
    return change;
  }

  const Speeds& speeds_;
  const FirstGets& first_gets_;
  std::vector<std::vector<double>> weight_;
};

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

double halfin_whitt(double beta) {
  const double density = std::exp(-beta * beta / 2) / std::sqrt(2 * std::acos(-1.0));
  const double below = std::erfc(-beta / std::sqrt(2)) / 2;
  return 1 / (1 + beta * below / density);
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

std::array<double, 2> ratio_mean_waits(const Load& load, double first_calls, double first_share) {
  const std::array<double, 2> lengths = SplitQueue(load.occupancy(), first_calls, first_share).mean_lengths();
  const double all_busy = erlang_c(load.agents, load.erlangs());
  const double calls = load.callers_per_second();
  return {all_busy * lengths[0] / (calls * first_calls), all_busy * lengths[1] / (calls * (1 - first_calls))};
}

SpeedsResult two_speeds(const Speeds& speeds, const FirstGets& first_gets) {
  const IdleAgents idle(speeds, first_gets);
  const double occupancy =
      speeds.calls / (speeds.first_agents * speeds.first_speed + speeds.second_agents * speeds.second_speed);
  const double all_busy = idle.weight(0, 0) / (1 - occupancy);  // those who wait: geometric
  double sum = all_busy - idle.weight(0, 0);
  SpeedsResult result;
  for (int first = 0; first <= speeds.first_agents; ++first) {
    for (int second = 0; second <= speeds.second_agents; ++second) {
      sum += idle.weight(first, second);
      result.first_idle += idle.weight(first, second) * first / speeds.first_agents;
      result.second_idle += idle.weight(first, second) * second / speeds.second_agents;
    }
  }
  result.share_waiting = all_busy / sum;
  result.mean_wait = result.share_waiting * occupancy / (1 - occupancy) / speeds.calls;
  result.first_idle /= sum;
  result.second_idle /= sum;
  return result;
}

Blending blending(const Load& load, int kept_busy) {
  const double calls = load.callers_per_second();
  const double occupancy = load.occupancy();
  double weight = 1;  // of the state in which `kept_busy` are busy, then of those with more
  double sum = 0;
  for (int busy = kept_busy; busy < load.agents; ++busy) {
    sum += weight;
    weight *= calls * load.handle_seconds / (busy + 1);
  }
  const double all_busy = weight / (1 - occupancy);
  sum += all_busy;
  const double share_waiting = all_busy / sum;
  return {.share_waiting = share_waiting,
          .mean_wait = share_waiting * occupancy / (1 - occupancy) / calls,
          .tasks_per_second = kept_busy / load.handle_seconds / sum};
}

}  // namespace muster::theory
