#pragma once

#include <string>

namespace muster::node {

/// Whether the system's time zone database knows the name, such as Asia/Shanghai.
bool is_time_zone(const std::string& name);

}  // namespace muster::node
