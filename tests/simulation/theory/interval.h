#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <string>
#include <vector>

/// Figures from independent replications, and how far they can be trusted.
namespace muster::theory {

inline constexpr std::size_t kReplications = 30;
/// Student's t for 99.9 % on both sides with kReplications - 1 degrees of freedom.
inline constexpr double kStudentT = 3.6594;

struct Interval {
  double mean = 0;
  double half_width = 0;
  [[nodiscard]] double low() const { return mean - half_width; }
  [[nodiscard]] double high() const { return mean + half_width; }
};

/// REQUIRES: kReplications samples.
inline Interval confidence_interval(const std::vector<double>& samples) {
  const auto n = static_cast<double>(samples.size());
  const double mean = std::accumulate(samples.begin(), samples.end(), 0.0) / n;
  double squares = 0;
  for (const double sample : samples) squares += (sample - mean) * (sample - mean);
  return {mean, kStudentT * std::sqrt(squares / (n - 1) / n)};
}

inline std::string text(const Interval& interval) {
  char line[64];
  std::snprintf(line, sizeof line, "%.5g +- %.2g", interval.mean, interval.half_width);
  return line;
}

inline std::uint64_t first_seed() {
  const char* given = std::getenv("MUSTER_SEED");
  return given ? std::strtoull(given, nullptr, 10) : 1;
}

}  // namespace muster::theory
