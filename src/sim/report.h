#pragma once

#include <string>

#include "summary.h"

namespace muster::sim {

/// The report for people, in the language set.
std::string report_text(const Summary& summary);

/// The report for programs: one JSON object, indented (docs/simulator.md lists its keys).
std::string report_json(const Summary& summary);

}  // namespace muster::sim
