#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

namespace muster::bench {

struct SystemOptions {
  int agents = 60'000;                        ///< registered, 1..60,000
  int sessions = 1'000;                       ///< of them signed in, 1..agents
  std::vector<int> in_flight = {1, 64, 256};  ///< closed loop, each 1..LoadClient::kLivesMax
  std::vector<int> open_loop = {25, 50, 75};  ///< Poisson arrivals, in percent of musterd's closed-loop maximum
  int rounds = 5;
  double warm_up_s = 1;
  double seconds = 3;  ///< of each measurement
  std::string only;    ///< "muster", "bare" or "skip_locked"; empty: all, interleaved
};

/// Measures contacts' whole lives (create, offer pushed, accept, complete): on a real musterd with durable commits, on
/// a bare gRPC server that answers the same messages, and in PostgreSQL alone with SKIP LOCKED. Every round measures
/// every cell once. Progress goes to stderr. Throws std::runtime_error if a server fails.
boost::json::object run_system(const SystemOptions& options);

}  // namespace muster::bench
