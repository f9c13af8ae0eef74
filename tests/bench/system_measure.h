#pragma once

#include <sys/types.h>

#include <boost/json.hpp>
#include <functional>
#include <string>
#include <vector>

#include "load_client.h"

namespace muster::bench {

/// What one measurement of one server brought. Times in microseconds.
struct Sample {
  double offered_per_second = 0;  ///< open loop: contacts that should have started
  double lives_per_second = 0;    ///< contacts that ended
  double life_p50 = 0, life_p99 = 0;
  double offer_p50 = 0, offer_p99 = 0;
  double server_cpu = 0, database_cpu = 0, client_cpu = 0;  ///< a life
  std::uint64_t refused = 0;
};

/// A load to measure: how to start it, how to end it, and whose CPU time it is.
struct Load {
  std::function<void()> start;
  std::function<LoadResult()> stop;
  pid_t server;    ///< its own time is the server's, that of its descendants the database's
  bool open_loop;  ///< lives are chosen by their start instead of their end
};

/// Waits for a quiet machine, starts the load, lets it run in for `warm_up_s`, measures for `seconds`, ends it.
Sample measure(const Load& load, double warm_up_s, double seconds);

double median(std::vector<double> values);

/// Median and range of the rounds.
boost::json::object to_json(const std::vector<Sample>& rounds);

/// Versions of everything that takes part, and the machine.
boost::json::object describe_environment(const std::string& postgres_version);

}  // namespace muster::bench
