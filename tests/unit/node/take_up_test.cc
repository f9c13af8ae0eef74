#include "take_up.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "muster/journal/codec.h"
#include "muster/journal/error.h"

namespace muster::node {
namespace {

/// A journal in memory: one row for each event.
class Rows : public journal::Source {
 public:
  void add(const dispatch::Event& event) { journal::encode_event(event, payloads_.emplace_back()); }

  dispatch::Sequence read(dispatch::Sequence after_seq, std::uint64_t limit,
                          const std::function<void(const journal::Batch&)>& visit) override {
    dispatch::Sequence given = after_seq;
    for (; given < payloads_.size() && limit > 0; --limit, ++given) {
      visit({given + 1, given + 1, 1, payloads_[given]});
    }
    return given;
  }
  std::optional<journal::StoredSnapshot> snapshot(dispatch::Sequence) override { return std::nullopt; }

 private:
  std::vector<std::string> payloads_;
};

class TakeUpTest : public ::testing::Test {
 protected:
  TakeUpTest() {
    std::vector<dispatch::Event> events;
    const TimePoint now{std::chrono::hours(1)};
    live.handle({{}, dispatch::OpenWorkspace{1, "before"}}, now, events);
    live.handle({{}, dispatch::CreateSkill{"french", "French"}}, now, events);
    for (const auto& event : events) rows.add(event);
  }

  dispatch::Engine live;
  Rows rows;
  PublicView view{100};
};

TEST_F(TakeUpTest, EngineAndPublicViewComeToTheEndOfTheJournal) {
  const auto recovered = take_up(rows, {.epoch = 2, .next_seq = 3}, view, [] {});
  EXPECT_EQ(recovered.engine.state_hash(), live.state_hash());
  EXPECT_EQ(view.committed, 2u);
  EXPECT_EQ(view.events.last_sequence(), 2u);
}

TEST_F(TakeUpTest, AJournalThatEndsBeforeWhatWasPublicIsCorrupt) {
  view.committed = 3;
  EXPECT_THROW(take_up(rows, {.epoch = 2, .next_seq = 3}, view, [] {}), journal::Corrupt);
}

TEST_F(TakeUpTest, AReplayCanBeBrokenOff) {
  const auto stop = [] { throw std::runtime_error("stopping"); };
  EXPECT_THROW(take_up(rows, {.epoch = 2, .next_seq = 3}, view, stop), std::runtime_error);
}

}  // namespace
}  // namespace muster::node
