#include "muster/journal/reader.h"

#include <gmock/gmock.h>

#include "journal_fixture.h"
#include "muster/journal/error.h"
#include "muster/journal/snapshot_writer.h"

namespace muster::journal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ReaderTest : public JournalTest {
 protected:
  /// Batches of events 1-2, 3-4, 5-6, … by one owner.
  void append_pairs(int count) {
    Appender appender(writer(take_over()));
    for (int i = 0; i < count; ++i) {
      const dispatch::Sequence first = appender.next_seq();
      ASSERT_EQ(appender.append(first, first + 1, "batch " + std::to_string(first)), AppendResult::kCommitted);
    }
  }

  std::vector<std::string> read(dispatch::Sequence after, std::uint64_t limit = Reader::kNoLimit) {
    std::vector<std::string> payloads;
    reader.read(after, limit, [&](const Batch& batch) { payloads.emplace_back(batch.payload); });
    return payloads;
  }

  std::string complaint(dispatch::Sequence after = 0) {
    try {
      read(after);
    } catch (const Corrupt& error) {
      return error.what();
    }
    return "none";
  }

  Reader reader{database, "w"};
};

TEST_F(ReaderTest, BatchesComeInOrder) {
  append_pairs(3);
  EXPECT_THAT(read(0), ElementsAre("batch 1", "batch 3", "batch 5"));
  EXPECT_EQ(reader.read(0, Reader::kNoLimit, [](const Batch&) {}), 6u);
}

TEST_F(ReaderTest, ReadingStartsWithTheBatchThatHoldsTheNextEvent) {
  append_pairs(3);
  EXPECT_THAT(read(2), ElementsAre("batch 3", "batch 5"));
  EXPECT_THAT(read(3), ElementsAre("batch 3", "batch 5"));
}

TEST_F(ReaderTest, NothingNewIsNoError) {
  EXPECT_THAT(read(0), ElementsAre());
  append_pairs(1);
  EXPECT_THAT(read(2), ElementsAre());
  EXPECT_EQ(reader.read(2, 10, [](const Batch&) {}), 2u);
}

TEST_F(ReaderTest, FollowerReadsInSteps) {
  append_pairs(3);
  EXPECT_THAT(read(0, 2), ElementsAre("batch 1", "batch 3"));
  EXPECT_THAT(read(4, 2), ElementsAre("batch 5"));
  append_pairs(1);
  EXPECT_THAT(read(6, 2), ElementsAre("batch 7"));
}

TEST_F(ReaderTest, LargePayloadIsGivenWhole) {
  std::string payload(3'000'000, '\0');
  for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<char>(i * 31 >> 3);
  Appender appender(writer(take_over()));
  ASSERT_EQ(appender.append(1, 1, payload), AppendResult::kCommitted);
  EXPECT_TRUE(read(0).at(0) == payload);
}

TEST_F(ReaderTest, HoleInTheJournalStopsReplay) {
  append_pairs(3);
  ask("DELETE FROM journal WHERE first_seq = 3");
  EXPECT_THAT(complaint(), HasSubstr("event 3 is missing before 5"));
}

TEST_F(ReaderTest, MissingBeginningStopsReplay) {
  append_pairs(3);
  ask("DELETE FROM journal WHERE first_seq <= 3");
  EXPECT_THAT(complaint(), HasSubstr("event 1 is missing before 5"));
  EXPECT_THAT(complaint(2), HasSubstr("event 3 is missing before 5"));
}

TEST_F(ReaderTest, FallingEpochStopsReplay) {
  append_pairs(3);
  ask("UPDATE journal SET epoch = 0 WHERE first_seq = 5");
  EXPECT_THAT(complaint(), HasSubstr("from epoch 1 to 0 at event 5"));
  EXPECT_THAT(complaint(4), HasSubstr("from epoch 1 to 0 at event 5"))
      << "also where one read ended and the next began";
}

TEST_F(ReaderTest, JournalThatEndsBeforeAKnownEventHasLostIt) {
  append_pairs(3);
  EXPECT_THAT(complaint(7), HasSubstr("ends at event 6, but event 7 was acknowledged"));
}

TEST_F(ReaderTest, ExceptionOfTheVisitorLeavesTheReaderUsable) {
  append_pairs(3);
  EXPECT_THROW(reader.read(0, Reader::kNoLimit, [](const Batch&) { throw std::logic_error("enough"); }),
               std::logic_error);
  EXPECT_EQ(read(0).size(), 3u);
}

TEST_F(ReaderTest, NewestSnapshotComesFirst) {
  append_pairs(3);
  EXPECT_FALSE(reader.snapshot());
  SnapshotWriter snapshots(database, "w");
  EXPECT_TRUE(snapshots.write(1, 2, 22, "two"));
  EXPECT_TRUE(snapshots.write(1, 6, 0xfedcba9876543210, "six"));
  const auto newest = reader.snapshot();
  ASSERT_TRUE(newest);
  EXPECT_EQ(newest->last_seq, 6u);
  EXPECT_EQ(newest->epoch, 1u);
  EXPECT_EQ(newest->state_hash, 0xfedcba9876543210u);
  EXPECT_EQ(newest->payload, "six");
  EXPECT_EQ(reader.snapshot(5)->payload, "two");
}

TEST_F(ReaderTest, ThreeSnapshotsAreKept) {
  append_pairs(3);
  SnapshotWriter snapshots(database, "w");
  for (dispatch::Sequence last = 2; last <= 6; ++last) ASSERT_TRUE(snapshots.write(1, last, last, "s"));
  EXPECT_EQ(ask("SELECT string_agg(last_seq::text, ',' ORDER BY last_seq) FROM snapshot"), "4,5,6");
  EXPECT_EQ(ask("SELECT count(*) FROM journal"), "3") << "the journal itself is never pruned";
}

TEST_F(ReaderTest, SnapshotOfAStaleOwnerIsRefused) {
  append_pairs(1);
  take_over();
  EXPECT_FALSE(SnapshotWriter(database, "w").write(1, 2, 0, "s"));
  EXPECT_FALSE(reader.snapshot());
}

TEST_F(ReaderTest, SnapshotOfEventsNotInTheJournalIsRefused) {
  append_pairs(1);
  EXPECT_FALSE(SnapshotWriter(database, "w").write(1, 3, 0, "s"));
}

}  // namespace
}  // namespace muster::journal
