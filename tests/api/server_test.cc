#include "muster/api/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "backend.h"
#include "desk.h"
#include "muster/v1/admin_service.grpc.pb.h"
#include "muster/v1/board_service.grpc.pb.h"

namespace muster::testing {
namespace {

/// The status of a service according to grpc.health.v1: 1 is serving.
int health(const std::shared_ptr<grpc::Channel>& channel) {
  const auto [status, answer] = call_raw(channel, "/grpc.health.v1.Health/Check", "", true);
  return status.ok() && answer.size() == 2 ? answer[1] : 0;
}

TEST(Server, ImplementsEveryMethodOfEveryService) {
  Backend backend;
  for (const auto* service : services()) {
    ASSERT_NE(service, nullptr);
    for (int i = 0; i < service->method_count(); ++i) {
      const auto* method = service->method(i);
      const std::string path = "/" + service->full_name() + "/" + method->name();
      const bool unary = !method->client_streaming() && !method->server_streaming();
      EXPECT_NE(call_raw(backend.channel, path, "", unary).first.error_code(), grpc::StatusCode::UNIMPLEMENTED) << path;
    }
  }
}

TEST(Server, AnswersReflection) {
  Backend backend;
  // ServerReflectionRequest { list_services: "" }
  const auto [status, answer] =
      call_raw(backend.channel, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
               std::string("\x3a\x00", 2), true);
  EXPECT_TRUE(status.ok());
  for (const auto* service : services()) EXPECT_THAT(answer, ::testing::HasSubstr(service->full_name()));
}

TEST(Server, HealthIsTheNodesReadiness) {
  Backend backend;
  EXPECT_TRUE(eventually([&] { return health(backend.channel) == 1; }));
  backend.node->stop();
  EXPECT_TRUE(eventually([&] { return health(backend.channel) == 2; }));
}

TEST(Server, TellsWhenThePortIsTaken) {
  Backend backend;
  api::ServerOptions options;
  options.listen = "127.0.0.1:" + std::to_string(backend.server->port());
  api::StreamRegistry streams;
  api::Server second(*backend.node, backend.identity->gate(), streams, {}, options);
  EXPECT_THROW(second.start(), std::runtime_error);
}

TEST(Server, StopsWithStreamsOpenAndTellsThemWhy) {
  Backend backend;
  backend.set_up_floor();
  const auto session = Desk::available(Door::kSession, backend, "mei");
  const auto open = Desk::available(Door::kOpen, backend, "bob");
  v1::ContactService::Stub contacts(backend.channel);
  grpc::ClientContext contacts_context;
  const auto watch = contacts.WatchContacts(&contacts_context, v1::WatchContactsRequest());
  v1::WatchContactsResponse contacts_response;
  ASSERT_TRUE(watch->Read(&contacts_response));
  v1::BoardService::Stub boards(backend.channel);
  grpc::ClientContext board_context;
  const auto board = boards.WatchBoard(&board_context, v1::WatchBoardRequest());
  v1::WatchBoardResponse board_response;
  ASSERT_TRUE(board->Read(&board_response));

  backend.server->drain();
  backend.node->stop();
  EXPECT_TRUE(backend.server->stop(std::chrono::seconds(5)));

  while (watch->Read(&contacts_response)) {
  }
  while (board->Read(&board_response)) {
  }
  for (const grpc::Status& status : {session->end(), open->end(), watch->Finish(), board->Finish()}) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(problem(status).reason, "SERVER_STOPPING");
    EXPECT_TRUE(problem(status).metadata.contains("last_sequence"));
  }
}

TEST(Server, ASessionThatIsOpenStillGetsItsResultsWhileItDrains) {
  Backend backend;
  backend.set_up_floor();
  const auto session = Desk::available(Door::kSession, backend, "mei");
  backend.server->drain();
  EXPECT_EQ(session->set_presence(v1::AGENT_PRESENCE_BREAK).code(), 0);
}

TEST(Server, StopsEvenIfAReaderIsStuck) {
  Backend backend;
  backend.set_up_floor();
  for (int i = 0; i < 500; ++i) backend.create_contact("billing", std::string(8'000, 'x'));
  v1::ContactService::Stub contacts(backend.channel);
  grpc::ClientContext context;
  v1::WatchContactsRequest request;
  request.set_after_sequence(1);
  const auto watch = contacts.WatchContacts(&context, request);  // and reads nothing
  backend.server->drain();
  backend.node->stop();
  EXPECT_TRUE(backend.server->stop(std::chrono::milliseconds(200)));
  context.TryCancel();
  v1::WatchContactsResponse response;
  while (watch->Read(&response)) {
  }
  EXPECT_FALSE(watch->Finish().ok());
}

TEST(Server, RefusesStreamsWhileItStops) {
  Backend backend;
  backend.server->drain();
  v1::BoardService::Stub boards(backend.channel);
  grpc::ClientContext context;
  const auto board = boards.WatchBoard(&context, v1::WatchBoardRequest());
  v1::WatchBoardResponse response;
  EXPECT_FALSE(board->Read(&response));
  EXPECT_EQ(board->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST(Server, TellsHowFarItIs) {
  Backend backend;
  backend.set_up_floor();
  v1::GetServerInfoResponse info;
  ASSERT_TRUE(backend.call(&v1::AdminService::Stub::GetServerInfo, v1::GetServerInfoRequest(), &info).ok());
  EXPECT_EQ(info.workspace(), "main");
  EXPECT_GT(info.epoch(), 0);
  EXPECT_GT(info.committed_sequence(), 0);
  EXPECT_FALSE(info.version().empty());
}

TEST(Server, RebuildsTheReportingTablesAndTellsOfProgress) {
  Backend backend;
  backend.set_up_floor();
  const std::string id = backend.create_contact("billing");
  v1::AdminService::Stub admin(backend.channel);
  grpc::ClientContext context;
  v1::RebuildProjectionsRequest request;
  request.set_request_id(new_request_id());
  const auto reader = admin.RebuildProjections(&context, request);
  v1::RebuildProjectionsResponse progress;
  int responses = 0;
  while (reader->Read(&progress)) ++responses;
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_GT(responses, 0);
  EXPECT_GE(progress.projected_sequence(), progress.target_sequence());
  v1::GetContactRequest get;
  get.set_contact_id(id);
  EXPECT_TRUE(backend.call(&Contacts::GetContact, get).ok());
}

TEST(Server, AnswersUnavailableOnceTheNodeIsStopped) {
  Backend backend;
  backend.node->stop();
  v1::CreateSkillRequest request;
  request.set_request_id(new_request_id());
  request.mutable_skill()->set_skill_id("zh");
  const Problem answer = problem(backend.call(&Routing::CreateSkill, request));
  EXPECT_EQ(answer.code, grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(answer.reason, "NOT_SERVING");
  EXPECT_TRUE(answer.says_when_to_retry);
}

}  // namespace
}  // namespace muster::testing
