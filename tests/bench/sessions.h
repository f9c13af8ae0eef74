#pragma once

#include <boost/json.hpp>
#include <string>

namespace muster::bench {

struct SessionsOptions {
  int sessions = 10'000;  ///< open and idle, each on a connection of its own, 1,000..15,000
};

/// Measures what an idle agent session costs a server in memory: on a musterd, and on a bare gRPC server that does
/// nothing with it. Throws std::runtime_error if a server fails.
boost::json::object run_sessions(const SessionsOptions& options);

/// The hidden subcommand of the bench binary that holds the client's side of the sessions; run_session_holder's
/// arguments follow it.
inline constexpr const char* kSessionHolderCommand = "session-holder";

/// Opens sessions of agents `first`..`first + count - 1`, each on its own connection, says so on standard output and
/// keeps them open until the process is told to end. Returns 1 if it cannot.
int run_session_holder(const std::string& address, int first, int count);

}  // namespace muster::bench
