#include "muster/journal/recovery.h"

#include <gmock/gmock.h>

#include "floor.h"
#include "journal_fixture.h"
#include "muster/journal/codec.h"
#include "muster/journal/error.h"
#include "muster/journal/snapshot_writer.h"

namespace muster::journal {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class RecoveryTest : public JournalTest {
 protected:
  /// Runs the floor until `count` more events are in the journal, some twenty to a batch.
  void live_through(std::uint64_t count) {
    const dispatch::Sequence until = last() + count;
    while (last() < until) {
      while (last() < appender.next_seq() + 20) floor.step();
      append(floor.take());
    }
  }

  void append(const std::vector<dispatch::Event>& events) {
    if (events.empty()) return;
    std::string payload;
    for (const dispatch::Event& event : events) encode_event(event, payload);
    ASSERT_EQ(appender.append(events.front().sequence, events.back().sequence, payload), AppendResult::kCommitted);
  }

  void take_snapshot(std::uint64_t hash_error = 0) {
    Snapshot snapshot;
    snapshot.state = floor.engine().image();
    ASSERT_TRUE(SnapshotWriter(database, "w")
                    .write(1, last(), floor.engine().state_hash() ^ hash_error, encode_snapshot(snapshot)));
  }

  dispatch::Sequence last() const { return floor.engine().last_sequence(); }
  Recovered recover_all() { return recover(reader, last()); }

  std::string complaint() {
    try {
      recover_all();
    } catch (const Corrupt& error) {
      return error.what();
    }
    return "none";
  }

  testing::Floor floor{{.seed = 7, .agents = 6, .odd_per_mille = 200}};
  Appender appender{writer(take_over())};
  Reader reader{database, "w"};
};

TEST_F(RecoveryTest, EmptyJournalGivesAnEmptyWorkspace) { EXPECT_EQ(recover(reader, 0).engine.last_sequence(), 0u); }

TEST_F(RecoveryTest, ReplayGivesTheLiveState) {
  live_through(2000);
  const Recovered recovered = recover_all();
  EXPECT_EQ(recovered.engine.state_hash(), floor.engine().state_hash());
  EXPECT_EQ(recovered.events_replayed, last());
  EXPECT_EQ(recovered.engine.self_check(), "");
}

TEST_F(RecoveryTest, SnapshotAndTailEqualFullReplay) {
  live_through(700);
  take_snapshot();
  const dispatch::Sequence at = last();
  live_through(700);
  const Recovered recovered = recover_all();
  EXPECT_EQ(recovered.snapshot_seq, at);
  EXPECT_EQ(recovered.events_replayed, last() - at);
  EXPECT_EQ(recovered.engine.state_hash(), floor.engine().state_hash());
  EXPECT_EQ(recovered.engine.self_check(), "");
  EXPECT_THAT(recovered.warnings, IsEmpty());
  ask("DELETE FROM snapshot");
  EXPECT_EQ(recover_all().engine.state_hash(), floor.engine().state_hash());
}

TEST_F(RecoveryTest, StateCanBeBroughtBackAsOfAnyEvent) {
  append(floor.take());
  const Recovered recovered = recover(reader, last() - 3);
  EXPECT_EQ(recovered.engine.last_sequence(), last() - 3) << "in the middle of a batch";
}

TEST_F(RecoveryTest, StateHashMismatchIsReported) {
  live_through(300);
  take_snapshot();
  live_through(300);
  take_snapshot(/*hash_error=*/1);
  const Recovered recovered = recover_all();
  ASSERT_THAT(recovered.warnings, SizeIs(1));
  EXPECT_THAT(recovered.warnings[0], HasSubstr("state hash differs"));
  EXPECT_EQ(recovered.engine.state_hash(), floor.engine().state_hash()) << "from the snapshot before";
}

TEST_F(RecoveryTest, SnapshotThatNamesWhatIsNotThereIsPassedOver) {
  live_through(300);
  Snapshot snapshot;
  snapshot.state = floor.engine().image();
  snapshot.state.agents.at(0).spec.skills = {{dispatch::SkillHandle{4'000'000'000}, 50, {}}};
  const std::string damaged = encode_snapshot(snapshot);
  ASSERT_TRUE(SnapshotWriter(database, "w").write(1, last(), floor.engine().state_hash(), damaged));
  const Recovered recovered = recover_all();
  ASSERT_THAT(recovered.warnings, SizeIs(1));
  EXPECT_THAT(recovered.warnings[0], HasSubstr("state hash differs"));
  EXPECT_EQ(recovered.engine.state_hash(), floor.engine().state_hash());
}

TEST_F(RecoveryTest, UnreadableSnapshotIsPassedOver) {
  live_through(300);
  take_snapshot();
  ask("UPDATE snapshot SET payload = '\\xff'");
  const Recovered recovered = recover_all();
  ASSERT_THAT(recovered.warnings, SizeIs(1));
  EXPECT_EQ(recovered.snapshot_seq, 0u);
  EXPECT_EQ(recovered.engine.state_hash(), floor.engine().state_hash());
}

TEST_F(RecoveryTest, AnotherHashInTheJournalStopsReplay) {
  append(floor.take());
  std::string payload;
  encode_event({last() + 1, floor.engine().last_time(), {}, 0, dispatch::StateHashed{1}}, payload);
  ASSERT_EQ(appender.append(last() + 1, last() + 1, payload), AppendResult::kCommitted);
  EXPECT_THROW(recover(reader, last() + 1), Corrupt);
}

TEST_F(RecoveryTest, HoleInTheJournalStopsReplay) {
  live_through(300);
  ask("DELETE FROM journal WHERE first_seq = (SELECT first_seq FROM journal ORDER BY first_seq OFFSET 5 LIMIT 1)");
  EXPECT_THAT(complaint(), HasSubstr("has a hole"));
}

TEST_F(RecoveryTest, MissingEndStopsReplay) {
  live_through(300);
  ask("DELETE FROM journal WHERE first_seq = (SELECT max(first_seq) FROM journal)");
  EXPECT_THAT(complaint(), HasSubstr("journal ends at event"));
}

TEST_F(RecoveryTest, BatchThatLacksAnEventStopsReplay) {
  append(floor.take());
  ask("UPDATE journal SET last_seq = last_seq + 1; UPDATE workspace SET next_seq = next_seq + 1");
  EXPECT_THROW(recover(reader, last() + 1), Corrupt);
}

}  // namespace
}  // namespace muster::journal
