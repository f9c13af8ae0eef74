#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "workload.h"

namespace muster::sim {

/// What to replay.
struct TraceOptions {
  std::string path;         ///< call-by-call log or generic CSV, plain or .gz; told apart by the header
  std::string date;         ///< YYYY-MM-DD: the day of a call-by-call log; unused for the generic CSV
  std::string agents_path;  ///< who works, for the generic CSV; empty: `agents` agents with every skill
  int agents = 0;           ///< see agents_path; unused for a call-by-call log
  std::uint64_t seed = 1;   ///< of what the log does not tell: patience of the answered, service of the hung-up
};

/// Turns a recorded day into a workload (docs/simulator.md says how each column is used). Throws InputError.
Workload load_trace(const TraceOptions& options);

/// Reads skills such as "a:50|b": level 0 where none is named. Throws InputError.
std::vector<SkillLevel> parse_skills(const std::string& text);

}  // namespace muster::sim
