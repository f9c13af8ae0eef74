#include "statistics.h"

#include <array>

namespace muster::skill_tags {
namespace {

__extension__ using Wide = unsigned __int128;

/// The largest root whose square is not above `value`.
constexpr std::uint64_t square_root(Wide value) {
  std::uint64_t root = 0;
  for (int bit = 63; bit >= 0; --bit) {
    const std::uint64_t more = root | std::uint64_t{1} << bit;
    if (static_cast<Wide>(more) * more <= value) root = more;
  }
  return root;
}

// Wilson's interval, in billionths.
constexpr std::uint64_t kOne = 1'000'000'000;
constexpr std::uint64_t kZ = 1'959'963'985;  // of 95 %
constexpr std::uint64_t kZSquared = 3'841'458'821;

// Powers of two are of 2^30ths: 2^(-1/2), 2^(-1/4), …
constexpr int kBits = 30;
constexpr auto kRoots = [] {
  std::array<std::uint64_t, kBits> roots{};
  std::uint64_t root = std::uint64_t{1} << (kBits - 1);
  for (auto& each : roots) each = root = square_root(static_cast<Wide>(root) << kBits);
  return roots;
}();

/// 2^(-part/whole). REQUIRES: part < whole.
std::uint64_t power(std::uint64_t part, std::uint64_t whole) {
  std::uint64_t power = std::uint64_t{1} << kBits;
  for (const std::uint64_t root : kRoots) {
    part *= 2;
    if (part < whole) continue;
    part -= whole;
    power = power * root >> kBits;
  }
  return power;
}

}  // namespace

std::int64_t mean(std::int64_t sum, std::int64_t count) { return divide(sum * kPoint, count); }

std::int64_t wilson_lower_bound(std::int64_t sum, std::int64_t count) {
  const Wide n = static_cast<Wide>(count) * kOne;
  const Wide hits = static_cast<Wide>(sum) * (kOne / 100);
  const Wide variance = hits * (n - hits) / n + kZSquared / 4;
  const Wide margin = static_cast<Wide>(kZ) * square_root(variance * kOne) / kOne;
  const Wide centre = hits + kZSquared / 2;
  const Wide scaled = centre > margin ? (centre - margin) * (100 * kPoint) : 0;
  const Wide divisor = n + kZSquared;
  return static_cast<std::int64_t>((2 * scaled + divisor) / (2 * divisor));
}

std::int64_t decayed(std::int64_t amount, std::int64_t days, std::int64_t half_life) {
  const std::int64_t halvings = days / half_life;
  if (halvings >= kBits) return 0;
  const auto left = static_cast<std::int64_t>(
      power(static_cast<std::uint64_t>(days % half_life), static_cast<std::uint64_t>(half_life)));
  const std::int64_t whole = std::int64_t{1} << (kBits + halvings);
  return (amount * left + whole / 2) / whole;
}

}  // namespace muster::skill_tags
