#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "backend.h"
#include "desk.h"
#include "muster/v1/board_service.grpc.pb.h"

namespace muster::testing {
namespace {

using ::testing::ElementsAre;

/// A supervisor's board, kept up to date from the stream.
class BoardClient {
 public:
  explicit BoardClient(Backend& backend) : stub_(backend.channel) {
    v1::WatchBoardRequest request;
    request.mutable_interval()->set_nanos(100'000'000);
    request.set_include_agents(true);
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    reader_ = stub_.WatchBoard(&context_, request);
  }
  ~BoardClient() {
    context_.TryCancel();
    reader_->Finish();
  }

  bool read() {
    if (!reader_->Read(&last)) return false;
    for (const auto& id : last.removed_agent_ids()) agents.erase(id);
    for (const auto& row : last.queues()) queues[row.queue_id()] = row;
    for (const auto& row : last.agents()) agents[row.agent_id()] = row;
    return true;
  }
  /// Reads until the board shows something; false if the stream ends before.
  template <typename Shows>
  bool read_until(const Shows& shows) {
    while (!shows()) {
      if (!read()) return false;
    }
    return true;
  }

  v1::WatchBoardResponse last;
  std::map<std::string, v1::QueueRow> queues;
  std::map<std::string, v1::AgentRow> agents;

 private:
  v1::BoardService::Stub stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchBoardResponse>> reader_;
};

class BoardServiceTest : public ::testing::Test {
 protected:
  BoardServiceTest() { backend.set_up_floor(); }
  Backend backend;
};

TEST_F(BoardServiceTest, FirstComesASnapshotThenWhatChanged) {
  BoardClient board(backend);
  ASSERT_TRUE(board.read());
  EXPECT_TRUE(board.last.snapshot());
  EXPECT_EQ(board.queues.size(), 2u);
  EXPECT_TRUE(board.last.has_totals());
  EXPECT_TRUE(board.last.has_as_of());

  backend.create_contact("help");
  ASSERT_TRUE(board.read());
  EXPECT_FALSE(board.last.snapshot());
  ASSERT_EQ(board.last.queues_size(), 1);
  EXPECT_EQ(board.last.queues(0).queue_id(), "help");
  EXPECT_EQ(board.last.queues(0).waiting(), 1);
  EXPECT_EQ(board.last.totals().waiting(), 1);
}

TEST_F(BoardServiceTest, AgentsComeAndGo) {
  BoardClient board(backend);
  auto desk = Desk::available(Door::kOpen, backend, "mei");
  const std::string id = backend.create_contact("help");
  EXPECT_EQ(desk->accept_next().contact_id(), id);
  EXPECT_TRUE(board.read_until([&] { return board.agents["mei"].in_hand() == 1; }));
  EXPECT_EQ(board.agents["mei"].activity(), v1::AGENT_ACTIVITY_BUSY);
  v1::SessionRequest command;
  command.mutable_complete_contact()->set_contact_id(id);
  EXPECT_EQ(desk->run(command).code(), 0);
  command.mutable_close_session();
  EXPECT_EQ(desk->run(command).code(), 0);
  EXPECT_TRUE(board.read_until([&] { return !board.agents.contains("mei"); }));
  EXPECT_EQ(board.queues["help"].completed(), 1);
}

TEST_F(BoardServiceTest, AnIntervalOutOfRangeIsInvalid) {
  v1::BoardService::Stub stub(backend.channel);
  v1::WatchBoardRequest request;
  request.mutable_interval()->set_nanos(1);
  grpc::ClientContext context;
  const auto reader = stub.WatchBoard(&context, request);
  v1::WatchBoardResponse response;
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_THAT(problem(reader->Finish()).fields, ElementsAre("interval"));
}

}  // namespace
}  // namespace muster::testing
