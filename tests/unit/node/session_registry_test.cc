#include "session_registry.h"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <memory>
#include <vector>

namespace muster::node {
namespace {

using namespace std::chrono_literals;
using dispatch::AgentHandle;
using dispatch::SessionId;

class SessionRegistryTest : public testing::Test {
 protected:
  static std::shared_ptr<SessionMailbox> mailbox() { return std::make_shared<SessionMailbox>(16); }
  static std::vector<v1::SessionEvent> taken(SessionMailbox& from) {
    std::vector<v1::SessionEvent> events;
    from.take(events, [] {});
    return events;
  }
  SessionRegistry registry;
};

TEST_F(SessionRegistryTest, AnAgentsMessageReachesItsOwnStreamOnly) {
  auto mei = mailbox();
  auto li = mailbox();
  registry.start(AgentHandle{1}, SessionId{1}, mei);
  registry.start(AgentHandle{2}, SessionId{2}, li);
  EXPECT_FALSE(registry.send(AgentHandle{1}, {})) << "nobody waits for a wake";
  EXPECT_EQ(taken(*mei).size(), 1u);
  EXPECT_EQ(taken(*li).size(), 0u);
}

TEST_F(SessionRegistryTest, AnotherSessionOfTheAgentTakesOver) {
  auto older = mailbox();
  auto newer = mailbox();
  registry.start(AgentHandle{1}, SessionId{1}, older);
  registry.start(AgentHandle{1}, SessionId{2}, newer);
  std::vector<v1::SessionEvent> none;
  EXPECT_EQ(older->take(none, [] {}), SessionMailbox::Taken::kClosed);
  EXPECT_EQ(older->end(), StreamEnd::kReplaced);
  EXPECT_FALSE(registry.touch(SessionId{1}));
  EXPECT_TRUE(registry.touch(SessionId{2}));
  EXPECT_EQ(registry.size(), 1);
}

TEST_F(SessionRegistryTest, ABrokenStreamThatWasReplacedEndsNothing) {
  auto older = mailbox();
  auto newer = mailbox();
  registry.start(AgentHandle{1}, SessionId{1}, older);
  registry.start(AgentHandle{1}, SessionId{1}, newer);  // resumed: the same session on another stream
  EXPECT_FALSE(registry.forget(SessionId{1}, older));
  EXPECT_TRUE(registry.forget(SessionId{1}, newer));
  EXPECT_EQ(registry.size(), 0);
}

TEST_F(SessionRegistryTest, ASilentClientIsCutOffAndNamed) {
  auto silent = mailbox();
  registry.start(AgentHandle{1}, SessionId{7}, silent);
  silent->last_heard = 0;  // the steady clock's beginning: long ago
  const auto lost = registry.tick(1ms, 1);
  ASSERT_EQ(lost.size(), 1u);
  EXPECT_EQ(lost[0].session, SessionId{7});
  EXPECT_EQ(lost[0].mailbox, silent);
  EXPECT_EQ(silent->end(), StreamEnd::kSilent);
  EXPECT_EQ(registry.size(), 0);
}

TEST_F(SessionRegistryTest, AStreamGetsAHeartbeatOnlyAfterAQuietInterval) {
  auto stream = mailbox();
  registry.start(AgentHandle{1}, SessionId{1}, stream);
  EXPECT_TRUE(registry.tick(1h, 5).empty());
  EXPECT_TRUE(taken(*stream).empty());
  stream->last_heard = std::numeric_limits<std::int64_t>::max();  // heard of all the time
  EXPECT_TRUE(registry.tick(0ms, 5).empty());
  const auto beats = taken(*stream);
  ASSERT_EQ(beats.size(), 1u);
  EXPECT_TRUE(beats[0].has_heartbeat());
  EXPECT_EQ(beats[0].sequence(), 5);
}

TEST_F(SessionRegistryTest, EndingAllTellsEachStreamWhy) {
  auto mei = mailbox();
  registry.start(AgentHandle{1}, SessionId{1}, mei);
  registry.end_all(StreamEnd::kShutdown);
  EXPECT_EQ(mei->end(), StreamEnd::kShutdown);
  EXPECT_EQ(registry.size(), 0);
}

}  // namespace
}  // namespace muster::node
