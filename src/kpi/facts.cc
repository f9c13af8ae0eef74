#include "muster/kpi/facts.h"

#include <algorithm>
#include <string>

namespace muster::kpi {
namespace {

constexpr std::array<std::string_view, kNamedFacts> kNames = {"offered",
                                                              "transferred_in",
                                                              "transferred_out",
                                                              "answered",
                                                              "answered_in_target",
                                                              "answer_wait",
                                                              "abandoned",
                                                              "abandoned_in_target",
                                                              "abandoned_short",
                                                              "abandon_wait",
                                                              "deflected",
                                                              "deflected_in_target",
                                                              "cancelled",
                                                              "expired",
                                                              "dropped",
                                                              "service_counted",
                                                              "service_met",
                                                              "estimated",
                                                              "estimate_error",
                                                              "estimate_excess",
                                                              "starved",
                                                              "escalated",
                                                              "requeued",
                                                              "handled",
                                                              "talk",
                                                              "hold",
                                                              "wrap_up",
                                                              "completed",
                                                              "completed_with_disposition",
                                                              "left_answered",
                                                              "offers_made",
                                                              "offers_accepted",
                                                              "offers_declined",
                                                              "offers_missed",
                                                              "offers_withdrawn",
                                                              "offers_revoked",
                                                              "setups_failed",
                                                              "handling_time",
                                                              "wrap_up_time",
                                                              "ringing_time",
                                                              "ready_time",
                                                              "break_time",
                                                              "not_responding_time",
                                                              "unit_time",
                                                              "capacity_time",
                                                              "surveys_sent",
                                                              "csat_answers",
                                                              "csat_satisfied",
                                                              "csat_dissatisfied",
                                                              "csat_top_box",
                                                              "csat_points",
                                                              "nps_answers",
                                                              "nps_promoters",
                                                              "nps_detractors",
                                                              "ces_answers",
                                                              "ces_points",
                                                              "resolved_answers",
                                                              "resolved",
                                                              "orders",
                                                              "revenue",
                                                              "reactivated",
                                                              "cost",
                                                              "longest_wait"};

std::array<std::string, kFactCount> all_names() {
  std::array<std::string, kFactCount> names;
  std::copy(kNames.begin(), kNames.end(), names.begin());
  for (std::size_t i = 0; i < kWaitBounds.size(); ++i) {
    names[kNamedFacts + i] = "wait_up_to_" + std::to_string(kWaitBounds[i]);
  }
  names[kFactCount - 1] = "wait_beyond";
  return names;
}

}  // namespace

Fact wait_bucket(Duration wait) {
  const auto bound =
      std::lower_bound(kWaitBounds.begin(), kWaitBounds.end(), wait,
                       [](std::int32_t seconds, Duration each) { return std::chrono::seconds(seconds) < each; });
  return static_cast<Fact>(kNamedFacts + static_cast<std::size_t>(bound - kWaitBounds.begin()));
}

std::string_view name_of(std::size_t fact) {
  static const auto names = all_names();
  return names.at(fact);
}

Facts& Facts::operator+=(const Facts& other) {
  for (std::size_t fact = 0; fact < kFactCount; ++fact) add(fact, other.values_[fact]);
  return *this;
}

bool Facts::empty() const {
  return std::all_of(values_.begin(), values_.end(), [](std::int64_t value) { return value == 0; });
}

SparseFacts sparse(const Facts& facts) {
  SparseFacts kept;
  for (std::size_t fact = 0; fact < kFactCount; ++fact) {
    if (facts.at(fact) != 0) kept.emplace_back(static_cast<std::uint8_t>(fact), facts.at(fact));
  }
  return kept;
}

void add_to(Facts& facts, const SparseFacts& more) {
  for (const auto& [fact, value] : more) facts.add(fact, value);
}

}  // namespace muster::kpi
