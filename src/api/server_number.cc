#include "muster/api/server_number.h"

#include <algorithm>

namespace muster::api {

std::int64_t number_of(const std::string& id) {
  const bool digits =
      !id.empty() && id.size() <= 18 && std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits ? std::stoll(id) : 0;
}

}  // namespace muster::api
