#pragma once

#include <cstdint>

#include "profile.h"
#include "workload.h"

namespace muster::sim {

/// Generates the workload of a profile: the same one for the same profile, seed and length on every machine.
/// Contacts arrive from the profile's start_hour for `length_s` simulated seconds; a run longer than a day begins
/// the day again. Everyone works for the whole of it.
Workload generate(const Profile& profile, std::uint64_t seed, double length_s);

/// Splits `total` whole items by shares, by the largest remainders: the parts add up to total.
std::vector<int> apportion(int total, const std::vector<double>& shares);

}  // namespace muster::sim
