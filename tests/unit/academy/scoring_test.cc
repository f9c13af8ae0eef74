#include "scoring.h"

#include <gtest/gtest.h>

#include "paper.h"

namespace muster::academy {
namespace {

v1::Question choice(v1::QuestionKind kind, std::initializer_list<const char*> right) {
  v1::Question question;
  question.set_question_id("1");
  question.set_kind(kind);
  for (const char* id : {"p", "q", "r", "s"}) question.add_options()->set_option_id(id);
  for (const char* id : right) question.mutable_key()->add_option_ids(id);
  return question;
}

v1::Answer chosen(std::initializer_list<const char*> ids) {
  v1::Answer answer;
  for (const char* id : ids) answer.add_option_ids(id);
  return answer;
}

v1::AnswerKey keywords(v1::KeywordRule rule, std::initializer_list<std::initializer_list<const char*>> groups) {
  v1::AnswerKey key;
  key.set_keyword_rule(rule);
  for (const auto& group : groups) {
    auto* added = key.add_keyword_groups();
    for (const char* keyword : group) added->add_keywords(keyword);
  }
  return key;
}

// The paper shows s, p, r, q as a, b, c, d.
const std::vector<int> kOrder = {3, 0, 2, 1};

TEST(IsRight, OfOneChoiceTheRightOptionAsThePaperNamesIt) {
  const auto question = choice(v1::QUESTION_KIND_SINGLE_CHOICE, {"p"});
  const v1::Answer right = chosen({"b"}), wrong = chosen({"a"}), own_name = chosen({"p"});
  EXPECT_TRUE(is_right(question, kOrder, &right));
  EXPECT_FALSE(is_right(question, kOrder, &wrong));
  EXPECT_FALSE(is_right(question, kOrder, &own_name));
}

TEST(IsRight, NoAnswerIsWrong) {
  const auto question = choice(v1::QUESTION_KIND_SINGLE_CHOICE, {"p"});
  const v1::Answer empty;
  EXPECT_FALSE(is_right(question, kOrder, nullptr));
  EXPECT_FALSE(is_right(question, kOrder, &empty));
}

TEST(IsRight, OfAllWaysToTickSeveralChoicesOneIsRight) {
  for (unsigned key = 1; key < 16; ++key) {
    v1::Question question = choice(v1::QUESTION_KIND_MULTIPLE_CHOICE, {});
    for (int i = 0; i < 4; ++i) {
      if (key >> i & 1) question.mutable_key()->add_option_ids(question.options(i).option_id());
    }
    int right = 0;
    for (unsigned ticked = 0; ticked < 16; ++ticked) {
      v1::Answer answer;
      for (int i = 0; i < 4; ++i) {
        if (ticked >> i & 1) answer.add_option_ids(std::string(1, static_cast<char>('a' + i)));
      }
      right += is_right(question, kOrder, &answer) ? 1 : 0;
    }
    EXPECT_EQ(right, 1);
  }
}

TEST(IsRight, PartOfSeveralChoicesAndEverythingAreWorthNothing) {
  const auto question = choice(v1::QUESTION_KIND_MULTIPLE_CHOICE, {"p", "r"});
  const v1::Answer right = chosen({"c", "b"}), part = chosen({"b"}), everything = chosen({"a", "b", "c", "d"});
  EXPECT_TRUE(is_right(question, kOrder, &right));
  EXPECT_FALSE(is_right(question, kOrder, &part));
  EXPECT_FALSE(is_right(question, kOrder, &everything));
}

TEST(IsRight, TrueAndFalseAreTheirOwnNames) {
  v1::Question question;
  question.set_kind(v1::QUESTION_KIND_TRUE_FALSE);
  question.mutable_key()->add_option_ids("false");
  const v1::Answer right = chosen({"false"}), wrong = chosen({"true"});
  EXPECT_TRUE(is_right(question, {0, 1}, &right));
  EXPECT_FALSE(is_right(question, {0, 1}, &wrong));
}

TEST(Keywords, OfEachGroupOneIsEnough) {
  const auto key = keywords(v1::KEYWORD_RULE_ALL, {{"退款", "refund"}, {"7 days", "七天", "7天"}});
  EXPECT_TRUE(has_keywords(key, "A REFUND within ７　Days."));
  EXPECT_TRUE(has_keywords(key, "七天内可以退款"));
  EXPECT_TRUE(has_keywords(key, "７天内退款"));
  EXPECT_FALSE(has_keywords(key, "A refund, some day"));
  EXPECT_FALSE(has_keywords(key, ""));
}

TEST(Keywords, OfAnyGroupOneIsEnoughIfTheRuleSaysSo) {
  const auto key = keywords(v1::KEYWORD_RULE_ANY, {{"退款"}, {"换货"}});
  EXPECT_TRUE(has_keywords(key, "可以换货"));
  EXPECT_FALSE(has_keywords(key, "不行"));
}

TEST(Score, IsRoundedDownSoThatNobodyPassesByRounding) {
  EXPECT_EQ(score_of({{1, true}, {1, true}, {1, false}}), 66);
  EXPECT_EQ(score_of({{100, true}, {100, true}, {51, false}}), 79);  // 79.68
  EXPECT_EQ(score_of({{4, true}, {1, false}}), 80);
}

TEST(Score, IsWeightedByPointsFromNothingToHundred) {
  EXPECT_EQ(score_of({{3, true}, {1, false}}), 75);
  EXPECT_EQ(score_of({{3, true}, {1, true}}), 100);
  EXPECT_EQ(score_of({{3, false}}), 0);
  EXPECT_EQ(score_of({}), 0);
}

}  // namespace
}  // namespace muster::academy
