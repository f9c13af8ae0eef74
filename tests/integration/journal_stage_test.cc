#include "journal_stage.h"

#include <gtest/gtest.h>

#include "journal_fixture.h"
#include "muster/journal/codec.h"

namespace muster::node {
namespace {

class JournalStageTest : public journal::JournalTest {
 protected:
  /// A batch of one event with as many who wait for it.
  Batch batch(std::size_t effects) {
    dispatch::Event event;
    event.sequence = ++sequence;
    event.body = dispatch::WorkspaceOpened{1, "test"};
    Batch batch;
    journal::encode_event(event, batch.payload);
    batch.events = std::make_shared<const std::vector<dispatch::Event>>(1, event);
    for (std::size_t i = 0; i < effects; ++i) {
      batch.effects.emplace_back(AnswerEffect{[this](const Answer&) { ++answered; }, {}});
    }
    return batch;
  }
  void expect_answers(int count) {
    EXPECT_TRUE(eventually([&] { return answered == count; })) << answered << " of " << count;
  }
  std::string rows() const { return ask("SELECT count(*) FROM journal"); }

  dispatch::Sequence sequence = 0;
  std::atomic<int> answered{0};
  PublicView view{100};
  Publisher publisher{view, [] { return true; }, [] {}, [](dispatch::Sequence) {}};
  std::unique_ptr<JournalStage> stage = std::make_unique<JournalStage>(
      std::make_unique<journal::Appender>(writer(take_over())), publisher,
      [](const std::string& why) { FAIL() << why; }, kNever);
};

TEST_F(JournalStageTest, AfterABusyRowWhatArrivesGathersInTheNext) {
  stage->push(batch(JournalStage::kBusyEffects));
  expect_answers(JournalStage::kBusyEffects);
  for (int i = 0; i < 3; ++i) stage->push(batch(1));
  stage.reset();  // ends the rest at once, and finishes what was pushed
  expect_answers(JournalStage::kBusyEffects + 3);
  EXPECT_EQ(rows(), "2");
}

TEST_F(JournalStageTest, WithFewWaitingNobodyWaitsForCompany) {
  for (int i = 1; i <= 3; ++i) {
    stage->push(batch(JournalStage::kBusyEffects - 1));
    expect_answers(i * static_cast<int>(JournalStage::kBusyEffects - 1));
  }
  EXPECT_EQ(rows(), "3");
}

}  // namespace
}  // namespace muster::node
