#include "paper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace muster::academy {
namespace {

using ::testing::ElementsAre;

const std::string kSeed(64, '0');

std::vector<Drawn> pool(int from, int count) {
  std::vector<Drawn> questions;
  for (int i = from; i < from + count; ++i) questions.push_back({i, 1});
  return questions;
}
std::vector<int> numbers(const std::vector<Drawn>& paper) {
  std::vector<int> numbers;
  for (const Drawn& each : paper) numbers.push_back(static_cast<int>(each.question_id));
  return numbers;
}

v1::Question choice(int options) {
  v1::Question question;
  question.set_question_id("7");
  question.set_kind(v1::QUESTION_KIND_SINGLE_CHOICE);
  question.set_text("Until when?");
  question.set_points(3);
  for (int i = 0; i < options; ++i) {
    question.add_options()->set_option_id("o" + std::to_string(i));
    question.mutable_options(i)->set_text("text " + std::to_string(i));
  }
  question.mutable_key()->add_option_ids("o0");
  return question;
}

TEST(Draw, TheSameSeedGivesTheSamePaper) {
  const std::vector<Section> sections = {{"a", 3, pool(1, 10)}, {"b", 2, pool(101, 5)}};
  EXPECT_EQ(numbers(*draw(kSeed, sections, false)), numbers(*draw(kSeed, sections, false)));
  EXPECT_NE(numbers(*draw(kSeed, sections, false)), numbers(*draw(std::string(64, '1'), sections, false)));
}

TEST(Draw, WhatIsDrawnDoesNotDependOnTheOrderOfThePool) {
  auto backwards = pool(1, 10);
  std::reverse(backwards.begin(), backwards.end());
  EXPECT_EQ(*draw(kSeed, {{"a", 4, pool(1, 10)}}, false), *draw(kSeed, {{"a", 4, backwards}}, false));
}

TEST(Draw, NoPaperHasAQuestionTwice) {
  for (int i = 0; i < 500; ++i) {
    // Three sections of which two share a bank.
    const auto paper =
        draw(new_seed(), {{"a", 4, pool(1, 9)}, {"b", 3, pool(101, 3)}, {"a", 5, pool(1, 9)}}, i % 2 == 0);
    ASSERT_TRUE(paper);
    const auto drawn = numbers(*paper);
    EXPECT_EQ(drawn.size(), 12U);
    EXPECT_EQ(std::set<int>(drawn.begin(), drawn.end()).size(), 12U);
  }
}

TEST(Draw, EveryQuestionComesAboutAsOftenAsAnother) {
  std::vector<int> counts(11);
  for (int i = 0; i < 4'000; ++i) {
    for (const int number : numbers(*draw(new_seed(), {{"a", 5, pool(1, 10)}}, false))) {
      ++counts[static_cast<std::size_t>(number)];
    }
  }
  // 2,000 each; six standard deviations are 190.
  for (int number = 1; number <= 10; ++number) EXPECT_NEAR(counts[static_cast<std::size_t>(number)], 2'000, 190);
}

TEST(Draw, InTheKeptOrderSectionsFollowEachOtherAndQuestionsTheirNumbers) {
  const auto drawn = numbers(*draw(kSeed, {{"b", 3, pool(101, 3)}, {"a", 4, pool(1, 9)}}, true));
  EXPECT_TRUE(std::is_sorted(drawn.begin() + 3, drawn.end()));
  EXPECT_THAT(std::vector<int>(drawn.begin(), drawn.begin() + 3), ElementsAre(101, 102, 103));
}

TEST(Draw, NothingIsDrawnFromABankWithTooFewForAllItsSections) {
  const std::vector<Section> sections = {{"a", 2, pool(1, 3)}, {"a", 2, pool(1, 3)}};
  EXPECT_FALSE(draw(kSeed, sections, false));
  const auto missing = shortage(sections);
  ASSERT_TRUE(missing);
  EXPECT_EQ(missing->bank_id, "a");
  EXPECT_EQ(missing->have, 3U);
  EXPECT_EQ(missing->want, 4U);
}

TEST(Options, AreShuffledBySeedAndNamedByTheirPlace) {
  std::set<std::vector<int>> orders;
  for (int i = 0; i < 200; ++i) {
    auto order = option_order(new_seed(), choice(4), false);
    orders.insert(order);
    std::sort(order.begin(), order.end());
    EXPECT_THAT(order, ElementsAre(0, 1, 2, 3));
  }
  EXPECT_GT(orders.size(), 20U);  // of 24
  EXPECT_THAT(option_order(kSeed, choice(4), true), ElementsAre(0, 1, 2, 3));
}

TEST(Paper, SaysNothingOfWhatIsRight) {
  const v1::PaperQuestion paper = shown(choice(3), {2, 0, 1}, 5);
  EXPECT_EQ(paper.number(), 5);
  EXPECT_EQ(paper.points(), 3);
  ASSERT_EQ(paper.options_size(), 3);
  EXPECT_EQ(paper.options(0).option_id(), "a");
  EXPECT_EQ(paper.options(0).text(), "text 2");
  EXPECT_EQ(paper.options(1).text(), "text 0");
  EXPECT_EQ(paper.ShortDebugString().find("o0"), std::string::npos);
}

TEST(Paper, TrueAndFalseStayAsTheyAre) {
  v1::Question question = choice(0);
  question.set_kind(v1::QUESTION_KIND_TRUE_FALSE);
  const v1::PaperQuestion paper = shown(question, option_order(new_seed(), question, false), 1);
  ASSERT_EQ(paper.options_size(), 2);
  EXPECT_EQ(paper.options(0).option_id(), "true");
  EXPECT_EQ(paper.options(1).option_id(), "false");
}

TEST(Seeds, AreAllDifferent) {
  EXPECT_EQ(new_seed().size(), 64U);
  EXPECT_NE(new_seed(), new_seed());
}

}  // namespace
}  // namespace muster::academy
