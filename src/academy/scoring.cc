#include "scoring.h"

#include <algorithm>
#include <set>

#include "fold.h"
#include "paper.h"

namespace muster::academy {
namespace {

/// The options that are right, as the paper names them.
std::set<std::string> right_options(const v1::Question& question, const std::vector<int>& order) {
  const std::set<std::string> key(question.key().option_ids().begin(), question.key().option_ids().end());
  if (question.kind() == v1::QUESTION_KIND_TRUE_FALSE) return key;
  std::set<std::string> right;
  for (int i = 0; i < static_cast<int>(order.size()); ++i) {
    const v1::QuestionOption& option = question.options(order[static_cast<std::size_t>(i)]);
    if (key.contains(option.option_id())) right.insert(paper_option_id(question, i));
  }
  return right;
}

}  // namespace

bool has_keywords(const v1::AnswerKey& key, const std::string& text) {
  const std::string said = folded(text);
  const auto found = [&](const v1::KeywordGroup& group) {
    return std::any_of(group.keywords().begin(), group.keywords().end(),
                       [&](const std::string& keyword) { return said.find(folded(keyword)) != std::string::npos; });
  };
  const auto& groups = key.keyword_groups();
  return key.keyword_rule() == v1::KEYWORD_RULE_ANY ? std::any_of(groups.begin(), groups.end(), found)
                                                    : std::all_of(groups.begin(), groups.end(), found);
}

bool is_right(const v1::Question& question, const std::vector<int>& order, const v1::Answer* answer) {
  if (!answer) return false;
  if (question.kind() == v1::QUESTION_KIND_TEXT) return has_keywords(question.key(), answer->text());
  const std::set<std::string> chosen(answer->option_ids().begin(), answer->option_ids().end());
  return !chosen.empty() && chosen == right_options(question, order);
}

int score_of(const std::vector<Worth>& answers) {
  int all = 0, earned = 0;
  for (const Worth& each : answers) {
    all += each.points;
    if (each.right) earned += each.points;
  }
  return all == 0 ? 0 : 100 * earned / all;
}

}  // namespace muster::academy
