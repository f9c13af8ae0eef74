#include "muster/node/mailbox.h"

#include <gtest/gtest.h>

#include <vector>

namespace muster::node {
namespace {

using Letters = Mailbox<char>;

TEST(Mailbox, GivesMessagesInTheirOrder) {
  Letters mailbox(10);
  mailbox.put('a');
  mailbox.put('b');
  std::vector<char> taken;
  EXPECT_EQ(mailbox.take(taken, [] {}), Letters::Taken::kMessages);
  EXPECT_EQ(taken, (std::vector<char>{'a', 'b'}));
}

TEST(Mailbox, WakesAWaitingReaderOnce) {
  Letters mailbox(10);
  std::vector<char> taken;
  int wakes = 0;
  EXPECT_EQ(mailbox.take(taken, [&] { ++wakes; }), Letters::Taken::kNothing);
  mailbox.put('a');
  mailbox.put('b');
  EXPECT_EQ(wakes, 1);
}

TEST(Mailbox, AReaderThatFallsBehindIsCutOffAfterWhatItHas) {
  Letters mailbox(2);
  for (const char letter : {'a', 'b', 'c'}) mailbox.put(char{letter});
  std::vector<char> taken;
  EXPECT_EQ(mailbox.take(taken, [] {}), Letters::Taken::kMessages);
  EXPECT_EQ(taken.size(), 2u);
  EXPECT_EQ(mailbox.take(taken, [] {}), Letters::Taken::kClosed);
  EXPECT_EQ(mailbox.end(), StreamEnd::kSlowConsumer);
}

TEST(Mailbox, TheFirstReasonToCloseCounts) {
  Letters mailbox(2);
  mailbox.close(StreamEnd::kReplaced);
  mailbox.close(StreamEnd::kShutdown);
  EXPECT_EQ(mailbox.end(), StreamEnd::kReplaced);
}

TEST(Mailbox, QuietMessagesReachTheReaderTogetherWhenItIsWoken) {
  Letters mailbox(10);
  std::vector<char> taken;
  int wakes = 0;
  EXPECT_EQ(mailbox.take(taken, [&] { ++wakes; }), Letters::Taken::kNothing);
  const auto wake = mailbox.put_quietly('a');
  mailbox.put('b');
  EXPECT_EQ(wakes, 0);
  ASSERT_TRUE(wake);
  wake();
  EXPECT_EQ(wakes, 1);
  EXPECT_EQ(mailbox.take(taken, [] {}), Letters::Taken::kMessages);
  EXPECT_EQ(taken, (std::vector<char>{'a', 'b'}));
}

TEST(Mailbox, ClosingWakesAWaitingReader) {
  Letters mailbox(2);
  std::vector<char> taken;
  bool woken = false;
  EXPECT_EQ(mailbox.take(taken, [&] { woken = true; }), Letters::Taken::kNothing);
  mailbox.close(StreamEnd::kShutdown);
  EXPECT_TRUE(woken);
}

TEST(Mailbox, ADetachedReaderIsNeverWoken) {
  Letters mailbox(2);
  std::vector<char> taken;
  bool woken = false;
  EXPECT_EQ(mailbox.take(taken, [&] { woken = true; }), Letters::Taken::kNothing);
  mailbox.detach();
  mailbox.put('a');
  mailbox.close(StreamEnd::kShutdown);
  EXPECT_FALSE(woken);
}

}  // namespace
}  // namespace muster::node
