#pragma once

#include <string>

#include "system_population.h"

namespace muster::bench {

/// The policy of all queues.
inline constexpr const char* kPolicyId = "anyone";

/// Registers the skills, a policy without conditions, the queues and all agents of `population` with the musterd at
/// `address`, waiting up to 60 s for it to serve. Throws std::runtime_error if a call fails.
void register_population(const std::string& address, const Population& population);

}  // namespace muster::bench
