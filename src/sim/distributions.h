#pragma once

#include <cmath>
#include <numbers>

#include "muster/base/random.h"

namespace muster::sim {

// The standard library's distributions give other numbers on another platform; a run must be repeatable by its seed.

/// Exponential with this mean; 0 for a mean of 0.
inline double exponential(Random& random, double mean) { return -mean * std::log1p(-random.unit()); }

/// Normal with mean 0 and deviation 1 (Box and Muller).
inline double standard_normal(Random& random) {
  const double radius = std::sqrt(-2 * std::log1p(-random.unit()));
  return radius * std::cos(2 * std::numbers::pi * random.unit());
}

/// Lognormal with this mean and coefficient of variation (deviation / mean). REQUIRES: mean > 0.
inline double lognormal(Random& random, double mean, double cv) {
  const double variance = std::log1p(cv * cv);
  return std::exp(std::log(mean) - variance / 2 + std::sqrt(variance) * standard_normal(random));
}

}  // namespace muster::sim
