#include "questions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "learning.h"

namespace muster::academy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> wrong_fields(const v1::Question& question) {
  api::Checker checker;
  check_question(question, checker);
  std::vector<std::string> fields;
  if (checker.ok()) return fields;
  for (const auto& violation : checker.error().fields) fields.push_back(violation.field);
  return fields;
}

v1::Question question(v1::QuestionKind kind) {
  v1::Question question;
  question.set_kind(kind);
  question.set_text("Until when?");
  question.set_points(1);
  return question;
}
v1::Question choice(v1::QuestionKind kind = v1::QUESTION_KIND_SINGLE_CHOICE) {
  v1::Question made = question(kind);
  for (const char* id : {"a", "b"}) {
    v1::QuestionOption& option = *made.add_options();
    option.set_option_id(id);
    option.set_text("text");
  }
  made.mutable_key()->add_option_ids("a");
  return made;
}

TEST(CheckQuestion, PartsThatFitTogetherAreGood) {
  EXPECT_THAT(wrong_fields(choice()), IsEmpty());
  v1::Question several = choice(v1::QUESTION_KIND_MULTIPLE_CHOICE);
  several.mutable_key()->add_option_ids("b");
  EXPECT_THAT(wrong_fields(several), IsEmpty());
  v1::Question statement = question(v1::QUESTION_KIND_TRUE_FALSE);
  statement.mutable_key()->add_option_ids("true");
  EXPECT_THAT(wrong_fields(statement), IsEmpty());
  v1::Question text = question(v1::QUESTION_KIND_TEXT);
  text.mutable_key()->add_keyword_groups()->add_keywords("退款");
  EXPECT_THAT(wrong_fields(text), IsEmpty());
}

TEST(CheckQuestion, WhatIsRightMustBeAnOptionAndOneAlone) {
  v1::Question none = choice();
  none.clear_key();
  EXPECT_THAT(wrong_fields(none), ElementsAre("question.key.option_ids"));
  v1::Question two = choice();
  two.mutable_key()->add_option_ids("b");
  EXPECT_THAT(wrong_fields(two), ElementsAre("question.key.option_ids"));
  v1::Question other = choice();
  other.mutable_key()->set_option_ids(0, "c");
  EXPECT_THAT(wrong_fields(other), ElementsAre("question.key.option_ids[0]"));
}

TEST(CheckQuestion, OptionsAreForAChoiceAndKeywordsForTexts) {
  EXPECT_THAT(wrong_fields(choice(v1::QUESTION_KIND_TRUE_FALSE)),
              ElementsAre("question.options", "question.key.option_ids[0]"));
  EXPECT_THAT(wrong_fields(choice(v1::QUESTION_KIND_TEXT)),
              ElementsAre("question.options", "question.key.option_ids", "question.key.keyword_groups"));
  v1::Question keywords = choice();
  keywords.mutable_key()->add_keyword_groups()->add_keywords("退款");
  EXPECT_THAT(wrong_fields(keywords), ElementsAre("question.key.keyword_groups"));
}

TEST(CheckQuestion, AKeywordIsOneLineThatIsNotBlank) {
  for (const char* keyword : {"", " ", "a\nb"}) {
    v1::Question text = question(v1::QUESTION_KIND_TEXT);
    text.mutable_key()->add_keyword_groups()->add_keywords(keyword);
    EXPECT_THAT(wrong_fields(text), ElementsAre("question.key.keyword_groups[0].keywords[0]")) << keyword;
  }
}

TEST(NumberOf, WhatIsNoNumberNamesNothing) {
  EXPECT_EQ(number_of("17"), 17);
  for (const char* id : {"", "x", "-1", "1x", "99999999999999999999"}) EXPECT_EQ(number_of(id), 0) << id;
}

TEST(Learns, WhoIsInTrainingOrServesAndNotWhoIsSuspendedOrGone) {
  for (const auto state : {v1::MEMBER_STATE_TRAINING, v1::MEMBER_STATE_CERTIFIED, v1::MEMBER_STATE_PROBATION,
                           v1::MEMBER_STATE_ACTIVE, v1::MEMBER_STATE_PAUSED, v1::MEMBER_STATE_RETRAINING}) {
    EXPECT_TRUE(learns(state)) << state;
  }
  for (const auto state :
       {v1::MEMBER_STATE_APPLIED, v1::MEMBER_STATE_VERIFIED, v1::MEMBER_STATE_SUSPENDED, v1::MEMBER_STATE_CLOSED}) {
    EXPECT_FALSE(learns(state)) << state;
  }
}

}  // namespace
}  // namespace muster::academy
