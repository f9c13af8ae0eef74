#include "instrument.h"

#include <algorithm>

namespace muster::academy {

std::vector<v1::AssessmentScore> scores_of(const Scoring& scoring, const std::map<int, int>& answers) {
  std::map<std::string, int> sums;
  for (std::size_t i = 0; i < scoring.item_scales.size(); ++i) {
    const int value = answers.at(static_cast<int>(i) + 1);
    sums[scoring.item_scales[i]] += scoring.item_reversed[i] ? scoring.value_min + scoring.value_max - value : value;
  }
  std::vector<v1::AssessmentScore> scores;
  for (const std::string& scale_id : scoring.scale_ids) {
    scores.emplace_back().set_scale_id(scale_id);
    scores.back().set_score(sums[scale_id]);
  }
  return scores;
}

ScaleBounds bounds_of(const Scoring& scoring, const std::string& scale_id) {
  const auto items = static_cast<int>(std::count(scoring.item_scales.begin(), scoring.item_scales.end(), scale_id));
  return {items * scoring.value_min, items * scoring.value_max};
}

}  // namespace muster::academy
