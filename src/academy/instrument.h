#pragma once

#include <map>
#include <string>
#include <vector>

#include "muster/v1/assessment.pb.h"

/// Questionnaires, and what answers to them sum up to.
namespace muster::academy {

/// How an instrument is scored.
struct Scoring {
  int value_min = 0;
  int value_max = 0;
  std::vector<std::string> scale_ids;
  std::vector<std::string> item_scales;  ///< for each item the scale that it counts for
  std::vector<bool> item_reversed;       ///< for each item: the most counts as the least
};

/// The sum of each scale, in the scales' order. REQUIRES: each item, by its number from 1, has a value in bounds.
std::vector<v1::AssessmentScore> scores_of(const Scoring& scoring, const std::map<int, int>& answers);

/// The least and the most that the scale can sum up to.
struct ScaleBounds {
  int minimum = 0;
  int maximum = 0;
};
ScaleBounds bounds_of(const Scoring& scoring, const std::string& scale_id);

}  // namespace muster::academy
