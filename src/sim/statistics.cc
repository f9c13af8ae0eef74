#include "statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace muster::sim {
namespace {

double within(const std::vector<double>& values, double limit) {
  return static_cast<double>(std::count_if(values.begin(), values.end(), [&](double v) { return v <= limit; }));
}

double ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }

}  // namespace

double mean(const std::vector<double>& values) {
  return ratio(std::accumulate(values.begin(), values.end(), 0.0), static_cast<double>(values.size()));
}

double quantile(std::vector<double>& values, double q) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size())));
  return values[std::max<std::size_t>(rank, 1) - 1];
}

ServiceLevels service_levels(const std::vector<double>& answered, const std::vector<double>& abandoned, double target,
                             double short_call) {
  const auto answers = static_cast<double>(answered.size());
  const auto abandons = static_cast<double>(abandoned.size());
  const double in_time = within(answered, target);
  const double left_in_time = within(abandoned, target);
  return {.sl1 = ratio(in_time + left_in_time, answers + abandons),
          .sl2 = ratio(in_time, answers),
          .sl3 = ratio(in_time, answers + abandons),
          .sl4 = ratio(in_time, answers + abandons - left_in_time),
          .sl5 = ratio(in_time + within(abandoned, short_call), answers + abandons)};
}

}  // namespace muster::sim
