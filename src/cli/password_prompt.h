#pragma once

#include <string>

#include "context.h"

namespace muster::cli {

/// Asks at the terminal, without showing what is typed; what is not one gives a line.
std::string ask_password(Context& context, const std::string& prompt);

}  // namespace muster::cli
