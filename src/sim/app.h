#pragma once

namespace muster::sim {

/// muster-sim from its arguments to its exit code: 0 the audit is clean, 1 it is not, 2 wrong usage or no server.
int run_app(int argc, const char* const* argv);

}  // namespace muster::sim
