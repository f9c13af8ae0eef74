#pragma once

#include <optional>
#include <string>

#include "simulation.h"
#include "trace.h"

namespace muster::sim {

/// What the command line asks for.
struct Options {
  RunOptions run;
  TraceOptions trace;   ///< path empty: no trace
  std::string profile;  ///< empty: no generated day
  std::optional<int> agents;
  std::string json_path;  ///< empty: none; "-": stdout
  std::string print_profile;
  bool list_profiles = false;
};

/// Either options or, when there is nothing to run, the code to exit with after its text was printed.
struct Parsed {
  Options options;
  std::optional<int> exit_code;
};

/// Reads the command line, in the language it asks for or else of LC_ALL, LC_MESSAGES or LANG, and sets that language.
Parsed parse_options(int argc, const char* const* argv);

}  // namespace muster::sim
