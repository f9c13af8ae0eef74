#pragma once

#include <cstdint>

/// Figures of samples, in whole numbers, so that every machine computes the same. Scores are points of 0..100; results
/// are thousandths of a point, halves rounded up.
namespace muster::skill_tags {

/// The thousandths of a point.
inline constexpr std::int64_t kPoint = 1'000;

/// a / b, halves rounded up. REQUIRES: a >= 0, b > 0.
constexpr std::int64_t divide(std::int64_t a, std::int64_t b) { return (2 * a + b) / (2 * b); }

/// The mean of `count` samples whose scores add up to `sum`. REQUIRES: 0 < count <= 1'000'000.
std::int64_t mean(std::int64_t sum, std::int64_t count);

/// The lower end of Wilson's score interval at 95 % (E. B. Wilson, JASA 22, 1927), the scores taken as proportions of
/// 100: (p + z²/2n - z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n). For scores between 0 and 100 it is on the safe side: no
/// distribution on that range with the same mean varies more than that of noughts and hundreds. REQUIRES: as mean().
std::int64_t wilson_lower_bound(std::int64_t sum, std::int64_t count);

/// What is left of `amount` after so many days, if half of it is left after `half_life`. REQUIRES: amount, days >= 0,
/// half_life > 0.
std::int64_t decayed(std::int64_t amount, std::int64_t days, std::int64_t half_life);

}  // namespace muster::skill_tags
