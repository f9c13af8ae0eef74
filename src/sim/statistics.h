#pragma once

#include <cstdint>
#include <vector>

namespace muster::sim {

/// Mean of the values; 0 for none.
double mean(const std::vector<double>& values);

/// The smallest value that at least the fraction q of all are not above (nearest rank); 0 for none.
/// REQUIRES: 0 < q <= 1. Sorts the values.
double quantile(std::vector<double>& values, double q);

/// The five service levels in use, which differ in how they treat the customers who left. Each is a fraction; 0 if
/// nobody counts. T is the target, S the time within which a customer who leaves counts as a short call.
struct ServiceLevels {
  double sl1 = 0;  ///< positive: (answered within T + abandoned within T) / (answered + abandoned)
  double sl2 = 0;  ///< answered only: answered within T / answered
  double sl3 = 0;  ///< strict: answered within T / (answered + abandoned)
  double sl4 = 0;  ///< ignore short: answered within T / (answered + abandoned after T). The one shown
  double sl5 = 0;  ///< short-call credit: (answered within T + abandoned within S) / (answered + abandoned)
};

inline constexpr double kServiceTarget = 20;
inline constexpr double kShortCall = 5;

/// Service levels of these waits, in the unit of target and short_call.
ServiceLevels service_levels(const std::vector<double>& answered, const std::vector<double>& abandoned,
                             double target = kServiceTarget, double short_call = kShortCall);

}  // namespace muster::sim
