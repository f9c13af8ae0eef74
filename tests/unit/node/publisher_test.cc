#include "publisher.h"

#include <gtest/gtest.h>

namespace muster::node {
namespace {

class PublisherTest : public ::testing::Test {
 protected:
  /// A batch of one event and one answer.
  std::vector<Batch> batch(dispatch::Sequence sequence) {
    dispatch::Event event;
    event.sequence = sequence;
    event.body = dispatch::WorkspaceOpened{1, "test"};
    Batch batch;
    batch.events = std::make_shared<const std::vector<dispatch::Event>>(1, event);
    batch.effects.emplace_back(AnswerEffect{[this](const Answer& answer) { answers.push_back(answer.delivery); }, {}});
    std::vector<Batch> batches;
    batches.push_back(std::move(batch));
    return batches;
  }
  void publish(dispatch::Sequence sequence) {
    auto batches = batch(sequence);
    publisher.publish_inline(batches);
  }

  NodeMetrics::Commands counted() const {
    NodeMetrics metrics;
    view.measures.read(metrics);
    return metrics.commands;
  }

  PublicView view{100};
  bool lease_holds = true;
  int silenced = 0;
  std::vector<Delivery> answers;
  Publisher publisher{view, [this] { return lease_holds; }, [this] { ++silenced; }, [](dispatch::Sequence) {}};
};

TEST_F(PublisherTest, LetsEffectsOutWhileTheLeaseHolds) {
  publish(1);
  EXPECT_EQ(answers, std::vector{Delivery::kAnswered});
  EXPECT_EQ(view.committed, 1u);
  EXPECT_EQ(silenced, 0);
  EXPECT_EQ(counted().answered, 1u);
}

TEST_F(PublisherTest, AnAnswerIsCountedBeforeItIsGiven) {
  auto batches = batch(1);
  std::uint64_t at_the_answer = 0;
  batches[0].effects = std::vector<Effect>{};
  batches[0].effects.emplace_back(AnswerEffect{[&](const Answer&) { at_the_answer = counted().answered; }, {}});
  publisher.publish_inline(batches);
  EXPECT_EQ(at_the_answer, 1u);
}

TEST_F(PublisherTest, ALapseOfTheLeaseSilencesItForGood) {
  lease_holds = false;
  publish(1);
  lease_holds = true;
  publish(2);
  EXPECT_EQ(answers, (std::vector{Delivery::kUnknown, Delivery::kUnknown}));
  EXPECT_EQ(view.events.last_sequence(), 0u) << "watchers would see a gap";
  EXPECT_EQ(silenced, 1) << "the term must end";
  EXPECT_EQ(counted().answered, 0u);
  EXPECT_EQ(counted().unknown, 2u);
}

}  // namespace
}  // namespace muster::node
