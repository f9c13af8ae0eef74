#pragma once

#include <string>
#include <string_view>

namespace muster::gateway {

/// The text as a JSON string, quotes included. Valid whatever the bytes are: those that are not UTF-8 become U+FFFD.
std::string json_string(std::string_view text);

}  // namespace muster::gateway
