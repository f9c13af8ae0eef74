#include <gmock/gmock.h>

#include "board_model.h"
#include "board_view.h"
#include "duration.h"
#include "fake_server.h"
#include "speech.h"
#include "text.h"

namespace muster::cli {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

constexpr TimePoint kServerNow{hours{24 * 20000} + hours{9}};

v1::WatchBoardResponse snapshot() {
  v1::WatchBoardResponse response;
  response.set_snapshot(true);
  response.set_sequence(10);
  *response.mutable_as_of() = to_proto(kServerNow);
  auto* queue = response.add_queues();
  queue->set_queue_id("billing");
  queue->set_display_name("账单");
  queue->set_channel(v1::CHANNEL_VOICE);
  queue->set_waiting(3);
  *queue->mutable_oldest_queue_time() = to_proto(kServerNow - seconds{80});
  queue->set_answered(1000);
  queue->set_answered_in_target(860);
  queue->set_abandoned(60);
  queue->set_abandoned_in_target(20);
  *queue->mutable_total_answer_wait() = to_proto(seconds{12000});
  for (const char* id : {"ann", "bob"}) {
    auto* agent = response.add_agents();
    agent->set_agent_id(id);
    agent->set_presence(v1::AGENT_PRESENCE_AVAILABLE);
    agent->set_activity(id[0] == 'a' ? v1::AGENT_ACTIVITY_BUSY : v1::AGENT_ACTIVITY_IDLE);
    *agent->mutable_since() = to_proto(kServerNow - seconds{id[0] == 'a' ? 5 : 50});
    agent->set_connected(true);
  }
  response.mutable_totals()->set_waiting(3);
  return response;
}

std::string text_of(const BoardModel& board, TimePoint local_now, int agent_rows = 10) {
  std::string text;
  for (const Line& line : board_lines(board, local_now, agent_rows)) text += line.text + "\n";
  return text;
}

class BoardTest : public InEnglish {
 protected:
  void SetUp() override {
    InEnglish::SetUp();
    board_.apply(snapshot(), local_now_);
  }

  const TimePoint local_now_ = kServerNow + hours{5};  // this machine's clock is wrong
  BoardModel board_;
};
class ChineseBoardTest : public InChinese {};

TEST_F(BoardTest, TheServiceLevelLeavesOutThoseWhoLeftEarly) {
  // 860 of 1000 answered and 40 who left later: the metric dictionary's SL4 is 82.69 %.
  EXPECT_EQ(service_level_percent(board_.queues().at("billing")), 82);
  EXPECT_EQ(service_level_percent(v1::QueueRow{}), -1);
}

TEST_F(BoardTest, WaitsFollowTheServersClock) {
  EXPECT_THAT(text_of(board_, local_now_), HasSubstr("1m 20s"));
  EXPECT_THAT(text_of(board_, local_now_ + seconds{10}), HasSubstr("1m 30s"));
}

TEST_F(BoardTest, ADeltaChangesOnlyItsRows) {
  v1::WatchBoardResponse delta;
  delta.set_sequence(11);
  *delta.mutable_as_of() = to_proto(kServerNow);
  delta.add_removed_agent_ids("ann");
  board_.apply(delta, local_now_);
  EXPECT_TRUE(board_.queues().contains("billing"));
  EXPECT_FALSE(board_.agents().contains("ann"));
  EXPECT_EQ(board_.totals().waiting(), 3);
}

TEST_F(BoardTest, ASnapshotVoidsEverythingBefore) {
  v1::WatchBoardResponse empty;
  empty.set_snapshot(true);
  board_.apply(empty, local_now_);
  EXPECT_TRUE(board_.queues().empty());
  EXPECT_TRUE(board_.agents().empty());
}

TEST_F(BoardTest, AgentsAreCountedByState) {
  EXPECT_THAT(text_of(board_, local_now_), HasSubstr("Agents  busy 1  idle 1"));
}

TEST_F(BoardTest, TheAgentsLongestInTheirStateComeFirst) {
  const std::string text = text_of(board_, local_now_, 1);
  EXPECT_THAT(text, HasSubstr("bob"));
  EXPECT_THAT(text, Not(HasSubstr("\nann")));
  EXPECT_THAT(text, HasSubstr("… and 1 more"));
}

TEST_F(BoardTest, OncePrintsTheSnapshotAndEnds) {
  FakeServer server;
  server.board.snapshot = snapshot();
  const Ran ran = run_muster({"board", "--once", "--server", server.address()});
  EXPECT_EQ(ran.code, kDone) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("billing"));
  const Ran json = run_muster({"board", "--once", "--json", "--server", server.address()});
  EXPECT_THAT(json.out, HasSubstr(R"("queueId":"billing")"));
}

TEST_F(ChineseBoardTest, TheBoardSpeaksChinese) {
  BoardModel board;
  board.apply(snapshot(), kServerNow);
  EXPECT_THAT(text_of(board, kServerNow), HasSubstr("坐席  忙碌 1  空闲 1"));
}

}  // namespace
}  // namespace muster::cli
