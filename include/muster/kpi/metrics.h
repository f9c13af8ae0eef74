#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "muster/kpi/facts.h"

/// The metric dictionary: one definition per metric, from which the live floor, history, exports and docs/metrics.md
/// all work. Every figure shown cites the id of its metric.
namespace muster::kpi {

/// What a figure is of. The values are those of muster.v1.MetricUnit.
enum class Unit : std::uint8_t {
  kCount = 1,
  kPercent = 2,   ///< of a hundred
  kDuration = 3,  ///< microseconds; shown in seconds
  kMoney = 4,     ///< hundredths of the currency; shown in the currency
  kNumber = 5,    ///< a plain number, such as the mean of answers
};
/// Whether more of it is better. The values are those of muster.v1.MetricDirection.
enum class Direction : std::uint8_t { kHigherIsBetter = 1, kLowerIsBetter = 2, kNeutral = 3 };

/// What is so now. Like facts they add up over the floor, but not over time.
enum class Gauge : std::uint8_t { kWaiting, kRinging, kInHand, kSignedIn, kReady, kHandling, kWrapUp, kBreak };
inline constexpr std::size_t kGaugeCount = 8;
using Gauges = std::array<std::int32_t, kGaugeCount>;

/// A fact that counts `factor` times.
struct Term {
  Fact fact;
  std::int64_t factor = 1;
};

/// One metric. What it is worked out from is exactly one of: `numerator` (over `denominator`, or by itself if that is
/// empty), `percentile`, `gauge`, `waiting_since`.
struct Metric {
  std::string_view id;
  int version = 1;  ///< rises when the meaning changes
  std::string_view name_en;
  std::string_view name_zh;
  Unit unit = Unit::kCount;
  Direction direction = Direction::kNeutral;
  std::vector<Term> numerator{};
  std::vector<Term> denominator{};
  std::optional<int> percentile{};  ///< of the waits of those answered: so many of a hundred waited no longer
  std::optional<Gauge> gauge{};     ///< now, whatever the window
  bool longest_wait_now = false;    ///< of those waiting now
  std::string_view events{};        ///< that it counts
  std::string_view note_en{};       ///< what to know beside the formula, and where the definition is from
  std::string_view note_zh{};
};

/// All, in the order in which they are listed.
const std::vector<Metric>& metrics();
/// Tells what is so now, and has no history.
inline bool is_live_only(const Metric& metric) { return metric.gauge || metric.longest_wait_now; }
/// Null if there is none of that id.
const Metric* find_metric(std::string_view id);

/// An exact value: numerator / denominator, in the metric's unit. A denominator of 0: there is nothing to tell.
struct Figure {
  std::int64_t numerator = 0;
  std::int64_t denominator = 0;
  [[nodiscard]] bool known() const { return denominator != 0; }
  bool operator==(const Figure&) const = default;
};

/// What a figure is worked out from.
struct Sample {
  Facts facts;
  Gauges gauges{};
  std::optional<Duration> longest_wait_now;
};
Figure figure(const Metric& metric, const Sample& sample);

/// The formula in names of facts: "100 * answered_in_target / (answered + abandoned)".
std::string formula(const Metric& metric);
std::string_view name_of(Gauge gauge);

}  // namespace muster::kpi
