#pragma once

#include <string>

#include "muster/musterd/config.h"

namespace muster::musterd {

/// Makes spdlog's default logger write to stderr from now on: one line a message, as text for people or as a JSON
/// object {"time", "level", "thread", "message"}. gRPC's messages go there too. `level` is one of Config::log_level.
/// Call it once, before threads.
void start_logging(const std::string& level, LogFormat format);

}  // namespace muster::musterd
