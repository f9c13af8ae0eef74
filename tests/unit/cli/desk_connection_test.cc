#include "desk_connection.h"

#include <gmock/gmock.h>

#include "fake_server.h"
#include "speech.h"

namespace muster::cli {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using Update = DeskConnection::Update;
using Stream = FakeSessions::Stream;

class DeskConnectionTest : public InEnglish {
 protected:
  /// Reads the opening and answers it.
  static v1::OpenRequest open(Stream& stream, const std::string& session_id, bool resumed = false) {
    v1::SessionRequest request;
    EXPECT_TRUE(stream.Read(&request));
    EXPECT_TRUE(request.has_open());
    v1::SessionResponse response;
    auto* opened = response.add_events()->mutable_opened();
    opened->set_session_id(session_id);
    opened->set_resumed(resumed);
    opened->mutable_agent()->set_agent_id("li.na");
    opened->mutable_agent()->set_presence(v1::AGENT_PRESENCE_OFFLINE);
    stream.Write(response);
    return request.open();
  }

  /// The next command that is no heartbeat.
  static v1::SessionRequest next_command(Stream& stream) {
    v1::SessionRequest request;
    while (stream.Read(&request)) {
      if (!request.has_heartbeat()) return request;
    }
    return {};
  }

  static void confirm(Stream& stream, const std::string& request_id) {
    v1::SessionResponse response;
    auto* result = response.add_events()->mutable_command_result();
    result->set_request_id(request_id);
    result->mutable_status();
    stream.Write(response);
  }

  std::unique_ptr<DeskConnection> connect() {
    return std::make_unique<DeskConnection>(grpc::CreateChannel(server_.address(), grpc::InsecureChannelCredentials()),
                                            "li.na");
  }

  /// The first update of this kind.
  static Update wait_for(DeskConnection& connection, Update::Kind kind) {
    for (int i = 0; i < 1000; ++i) {
      for (const Update& update : connection.take(milliseconds{20})) {
        if (update.kind == kind) return update;
      }
    }
    ADD_FAILURE() << "no such update";
    return {.kind = kind};
  }

  static v1::SessionRequest accept() {
    v1::SessionRequest request;
    request.mutable_accept_offer()->set_offer_id("offer-1");
    return request;
  }

  FakeServer server_;
};

TEST_F(DeskConnectionTest, ALostSessionIsResumedAndItsOpenCommandsAreSentAgain) {
  std::string first_id;
  std::string second_id;
  std::string resumed_session;
  server_.sessions.script = [&](int number, Stream& stream) {
    if (number == 1) {
      open(stream, "s-1");
      first_id = next_command(stream).accept_offer().request_id();
      return grpc::Status(grpc::StatusCode::UNAVAILABLE, "restarting");
    }
    resumed_session = open(stream, "s-1", true).session_id();
    second_id = next_command(stream).accept_offer().request_id();
    confirm(stream, second_id);
    next_command(stream);
    return grpc::Status::OK;
  };
  const auto connection = connect();
  connection->send(accept());
  EXPECT_EQ(wait_for(*connection, Update::Kind::kLost).status.error_message(), "restarting");
  wait_for(*connection, Update::Kind::kEvent);
  connection->leave();
  EXPECT_TRUE(wait_for(*connection, Update::Kind::kEnded).status.ok());
  EXPECT_EQ(resumed_session, "s-1");
  EXPECT_FALSE(first_id.empty());
  EXPECT_EQ(first_id, second_id);
}

TEST_F(DeskConnectionTest, CommandsOfASessionThatIsGoneAreNotSentAgain) {
  std::atomic<bool> repeated = false;
  server_.sessions.script = [&](int number, Stream& stream) {
    open(stream, "s-" + std::to_string(number));
    const auto command = next_command(stream);
    if (number == 1) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "restarting");
    repeated = command.has_accept_offer();
    return grpc::Status::OK;
  };
  const auto connection = connect();
  connection->send(accept());
  EXPECT_EQ(wait_for(*connection, Update::Kind::kForgot).commands, 1U);
  connection->leave();
  wait_for(*connection, Update::Kind::kEnded);
  EXPECT_FALSE(repeated);
}

TEST_F(DeskConnectionTest, LeavingOutlivesALostConnection) {
  std::atomic<bool> closed = false;
  server_.sessions.script = [&](int number, Stream& stream) {
    open(stream, "s-1", number > 1);
    const bool is_close = next_command(stream).has_close_session();
    if (number == 1) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "restarting");
    closed = is_close;
    return grpc::Status::OK;
  };
  const auto connection = connect();
  wait_for(*connection, Update::Kind::kEvent);
  connection->leave();
  EXPECT_TRUE(wait_for(*connection, Update::Kind::kEnded).status.ok());
  EXPECT_TRUE(closed);
}

TEST_F(DeskConnectionTest, AReplacedSessionIsNotFoughtOver) {
  server_.sessions.script = [&](int, Stream& stream) {
    open(stream, "s-1");
    return grpc::Status(grpc::StatusCode::ABORTED, "another desk was opened");
  };
  const auto connection = connect();
  EXPECT_EQ(wait_for(*connection, Update::Kind::kEnded).status.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(server_.sessions.opened, 1);
}

TEST_F(DeskConnectionTest, ASilentServerIsLeftAndTheSessionResumed) {
  server_.sessions.script = [&](int number, Stream& stream) {
    v1::SessionRequest request;
    stream.Read(&request);
    v1::SessionResponse response;
    auto* opened = response.add_events()->mutable_opened();
    opened->set_session_id("s-1");
    opened->set_resumed(number > 1);
    opened->mutable_heartbeat_interval()->set_nanos(20'000'000);
    stream.Write(response);
    while (stream.Read(&request)) {
    }
    return grpc::Status::OK;
  };
  const auto connection = connect();
  wait_for(*connection, Update::Kind::kLost);
  wait_for(*connection, Update::Kind::kEvent);
  EXPECT_GE(server_.sessions.opened, 2);
}

TEST_F(DeskConnectionTest, TheAutomaticDeskLeavesInGoodOrder) {
  std::atomic<bool> closed = false;
  server_.sessions.script = [&](int, Stream& stream) {
    open(stream, "s-1");
    while (true) {
      const auto command = next_command(stream);
      if (command.command_case() == v1::SessionRequest::COMMAND_NOT_SET) return grpc::Status::OK;
      if (command.has_close_session()) closed = true;
    }
  };
  const Ran ran = run_muster({"agent", "work", "li.na", "--auto", "--for", "100ms", "--server", server_.address()});
  EXPECT_EQ(ran.code, kDone) << ran.err;
  EXPECT_TRUE(closed);
  EXPECT_THAT(ran.out, HasSubstr("session opened"));
}

TEST_F(DeskConnectionTest, AnUnknownAgentIsSaidAtOnce) {
  server_.sessions.script = [](int, Stream&) { return grpc::Status(grpc::StatusCode::NOT_FOUND, "no such agent"); };
  const Ran ran = run_muster({"agent", "work", "nobody", "--auto", "--server", server_.address()});
  EXPECT_EQ(ran.code, kRefused);
  EXPECT_EQ(ran.err, "error: no such agent\n");
}

}  // namespace
}  // namespace muster::cli
