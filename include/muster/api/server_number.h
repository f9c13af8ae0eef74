#pragma once

#include <cstdint>
#include <string>

namespace muster::api {

/// The number in an identifier that the server chose; what is no number names none: 0.
std::int64_t number_of(const std::string& id);

}  // namespace muster::api
