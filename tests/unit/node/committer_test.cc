#include "committer.h"

#include <gtest/gtest.h>

namespace muster::node {
namespace {

using journal::AppendResult;

class CommitterTest : public ::testing::Test {
 protected:
  Batch batch(std::vector<dispatch::Sequence> sequences, const std::string& payload) {
    std::vector<dispatch::Event> events;
    for (const auto sequence : sequences) events.push_back({sequence, {}, {}, 0, dispatch::WorkspaceOpened{}});
    Batch batch;
    batch.events = std::make_shared<const std::vector<dispatch::Event>>(std::move(events));
    batch.payload = payload;
    batch.effects.emplace_back(AnswerEffect{[this](const Answer& answer) { answers.push_back(answer.delivery); }, {}});
    return batch;
  }
  void commit(std::vector<Batch> batches) { abandoned += committer.commit(batches); }

  AppendResult result = AppendResult::kCommitted;
  std::vector<std::string> rows;
  std::size_t abandoned = 0;
  std::size_t let_out = 0;
  std::size_t rows_when_let_out = 0;
  std::vector<AppendResult> failures;
  std::vector<Delivery> answers;
  Committer committer{[this](dispatch::Sequence first, dispatch::Sequence last, std::string_view payload) {
                        rows.push_back(std::to_string(first) + "-" + std::to_string(last) + " " + std::string(payload));
                        return result;
                      },
                      [this](std::vector<Batch>& batches) {
                        let_out += batches.size();
                        rows_when_let_out = rows.size();
                      },
                      [this](AppendResult failure) { failures.push_back(failure); }};
};

TEST_F(CommitterTest, BatchesBecomeOneRowAndAreLetOutAfterIt) {
  std::vector<Batch> batches;
  batches.push_back(batch({4, 5}, "ab"));
  batches.push_back(batch({}, ""));
  batches.push_back(batch({6}, "c"));
  commit(std::move(batches));
  EXPECT_EQ(rows, std::vector<std::string>{"4-6 abc"});
  EXPECT_EQ(let_out, 3u);
  EXPECT_EQ(rows_when_let_out, 1u);
  EXPECT_EQ(abandoned, 0u);
}

TEST_F(CommitterTest, WhatHoldsNoEventNeedsNoRow) {
  std::vector<Batch> batches;
  batches.push_back(batch({}, ""));
  commit(std::move(batches));
  EXPECT_TRUE(rows.empty());
  EXPECT_EQ(let_out, 1u);
}

TEST_F(CommitterTest, AfterAnAppendThatWasNotCommittedNothingIsLetOut) {
  result = AppendResult::kUnknown;
  std::vector<Batch> first;
  first.push_back(batch({1}, "a"));
  commit(std::move(first));
  result = AppendResult::kCommitted;
  std::vector<Batch> second;
  second.push_back(batch({2}, "b"));
  commit(std::move(second));
  EXPECT_EQ(rows.size(), 1u) << "an append is never followed by another";
  EXPECT_EQ(let_out, 0u);
  EXPECT_EQ(failures, std::vector{AppendResult::kUnknown});
  EXPECT_EQ(answers, (std::vector{Delivery::kUnknown, Delivery::kUnknown}));
  EXPECT_EQ(abandoned, 2u);
}

}  // namespace
}  // namespace muster::node
