#pragma once

#include <string>
#include <vector>

#include "muster/v1/exam.pb.h"

/// What answers are worth.
namespace muster::academy {

/// Whether the answer, given in a paper with the options in this order, is right: all or nothing. `answer` null: none
/// was given.
bool is_right(const v1::Question& question, const std::vector<int>& order, const v1::Answer* answer);

/// Whether a text has the keywords that the key asks for.
bool has_keywords(const v1::AnswerKey& key, const std::string& text);

struct Worth {
  int points = 1;
  bool right = false;
};
/// 0..100: the points of what is right in a hundred of all points, rounded down, so that nobody passes by rounding.
int score_of(const std::vector<Worth>& answers);

}  // namespace muster::academy
