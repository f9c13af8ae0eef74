#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include "backend.h"
#include "desk.h"
#include "muster/v1/admin_service.grpc.pb.h"

namespace muster::testing {
namespace {

using ::testing::ElementsAre;
using Event = v1::SessionEvent;

v1::SessionRequest accept(const std::string& offer_id) {
  v1::SessionRequest command;
  command.mutable_accept_offer()->set_offer_id(offer_id);
  return command;
}
v1::SessionRequest complete(const std::string& contact_id) {
  v1::SessionRequest command;
  command.mutable_complete_contact()->set_contact_id(contact_id);
  command.mutable_complete_contact()->set_disposition("solved");
  return command;
}

/// Everything holds for both doors.
class AgentSession : public ::testing::TestWithParam<Door> {
 protected:
  AgentSession() { backend.set_up_floor(); }
  std::unique_ptr<Desk> open(const std::string& agent, const std::string& session = "") {
    return Desk::open(GetParam(), backend, agent, session);
  }
  std::unique_ptr<Desk> available(const std::string& agent) { return Desk::available(GetParam(), backend, agent); }
  v1::Contact get(const std::string& contact_id) {
    v1::GetContactRequest request;
    request.set_contact_id(contact_id);
    v1::GetContactResponse response;
    EXPECT_TRUE(backend.call(&Contacts::GetContact, request, &response).ok());
    return response.contact();
  }
  template <typename Request, typename Response>
  void configure(grpc::Status (Routing::*method)(grpc::ClientContext*, const Request&, Response*),
                 const std::string& text) {
    Request request;
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request)) << text;
    request.set_request_id(new_request_id());
    ASSERT_TRUE(backend.call(method, request).ok());
  }
  /// Of a chat and a call "mei" then has room for one.
  void let_calls_interrupt_meis_chats() {
    configure(&Routing::UpdateWorkspaceSettings, R"(
        settings { interrupts { channel: CHANNEL_VOICE interrupts: CHANNEL_CHAT } }
        update_mask { paths: "interrupts" })");
    configure(&Routing::UpdateAgent,
              R"(agent { agent_id: "mei" capacity_units: 100 } update_mask { paths: "capacity_units" })");
  }

  Backend backend;
};

TEST_P(AgentSession, TellsFirstWhatTheAgentHas) {
  const auto desk = open("mei");
  const auto opened = desk->next(Event::kOpened).opened();
  EXPECT_EQ(opened.agent().agent_id(), "mei");
  EXPECT_TRUE(opened.agent().connected());
  EXPECT_FALSE(opened.resumed());
  EXPECT_EQ(opened.heartbeat_interval().seconds(), 10);
  EXPECT_GT(opened.epoch(), 0);
}

TEST_P(AgentSession, CarriesAContactThroughItsLife) {
  const auto desk = available("mei");
  const std::string id = backend.create_contact("help", "hello");
  const auto made = desk->next(Event::kOfferMade).offer_made();
  EXPECT_EQ(made.contact().contact_id(), id);
  EXPECT_EQ(made.contact().attributes().at("note"), "hello");
  EXPECT_EQ(desk->run(accept(made.offer().offer_id())).code(), 0);
  EXPECT_EQ(desk->next(Event::kContactChanged).contact_changed().contact().state(), v1::CONTACT_STATE_ACTIVE);
  v1::SessionRequest command;
  command.mutable_hold_contact()->set_contact_id(id);
  EXPECT_EQ(desk->run(command).code(), 0);
  EXPECT_EQ(desk->next(Event::kContactChanged).contact_changed().contact().state(), v1::CONTACT_STATE_HELD);
  command.mutable_resume_contact()->set_contact_id(id);
  EXPECT_EQ(desk->run(command).code(), 0);
  EXPECT_EQ(desk->run(complete(id)).code(), 0);
  EXPECT_EQ(get(id).state(), v1::CONTACT_STATE_COMPLETED);
  EXPECT_EQ(get(id).disposition(), "solved");
  EXPECT_TRUE(desk->in_order());
}

TEST_P(AgentSession, ADeclinedContactGoesOnToTheNextAgent) {
  const auto mei = available("mei");
  backend.create_contact("help");
  const auto made = mei->next(Event::kOfferMade).offer_made();
  const auto bob = available("bob");
  v1::SessionRequest command;
  command.mutable_decline_offer()->set_offer_id(made.offer().offer_id());
  command.mutable_decline_offer()->set_reason("lunch");
  EXPECT_EQ(mei->run(command).code(), 0);
  EXPECT_EQ(mei->next(Event::kOfferEnded).offer_ended().state(), v1::OFFER_STATE_DECLINED);
  EXPECT_EQ(bob->accept_next().contact_id(), made.contact().contact_id());
}

TEST_P(AgentSession, OfSeveralWhomAContactIsOfferedToTheFirstWhoAcceptsHasIt) {
  configure(&Routing::UpdatePolicy,
            R"(policy { policy_id: "plain" steps { offers: 2 } } update_mask { paths: "steps" })");
  const auto mei = available("mei");
  const auto bob = available("bob");
  const std::string id = backend.create_contact("help");
  const auto meis = mei->next(Event::kOfferMade).offer_made();
  const auto bobs = bob->next(Event::kOfferMade).offer_made();
  EXPECT_EQ(get(id).offer_id(), meis.offer().offer_id()) << "the longest without change is asked first";
  EXPECT_THAT(get(id).further_offer_ids(), ElementsAre(bobs.offer().offer_id()));
  EXPECT_EQ(bobs.contact().offer_id(), bobs.offer().offer_id());

  EXPECT_EQ(bob->run(accept(bobs.offer().offer_id())).code(), 0);
  const auto ended = mei->next(Event::kOfferEnded).offer_ended();
  EXPECT_EQ(ended.offer_id(), meis.offer().offer_id());
  EXPECT_EQ(ended.state(), v1::OFFER_STATE_RESCINDED);
  EXPECT_EQ(ended.reason(), "taken");
  EXPECT_EQ(problem(mei->run(accept(meis.offer().offer_id()))).reason, "OFFER_TAKEN");
  EXPECT_EQ(get(id).agent_id(), "bob");
  EXPECT_TRUE(get(id).further_offer_ids().empty());
}

TEST_P(AgentSession, WhatIsInterruptedIsShownSoAndComesBack) {
  let_calls_interrupt_meis_chats();
  const auto desk = available("mei");
  const std::string chat = backend.create_contact("help");
  desk->accept_next();
  EXPECT_EQ(desk->next(Event::kContactChanged).contact_changed().contact().state(), v1::CONTACT_STATE_ACTIVE);

  const std::string call = backend.create_contact("billing");
  const auto held = desk->next(Event::kContactChanged).contact_changed().contact();
  EXPECT_EQ(held.contact_id(), chat);
  EXPECT_EQ(held.state(), v1::CONTACT_STATE_HELD);
  EXPECT_TRUE(held.interrupted());
  EXPECT_TRUE(get(chat).interrupted());

  EXPECT_EQ(desk->accept_next().contact_id(), call);
  EXPECT_EQ(desk->run(complete(call)).code(), 0);
  EXPECT_EQ(get(chat).state(), v1::CONTACT_STATE_ACTIVE);
  EXPECT_FALSE(get(chat).interrupted());
}

TEST_P(AgentSession, AContactThatEndsWhileInterruptedIsInterruptedNoMore) {
  let_calls_interrupt_meis_chats();
  const auto desk = available("mei");
  const std::string chat = backend.create_contact("help");
  desk->accept_next();
  backend.create_contact("billing");
  ASSERT_TRUE(get(chat).interrupted());
  EXPECT_EQ(desk->run(complete(chat)).code(), 0);
  EXPECT_EQ(get(chat).state(), v1::CONTACT_STATE_COMPLETED);
  EXPECT_FALSE(get(chat).interrupted());
}

TEST_P(AgentSession, AfterOfflineTheFirstOffersComeOneAtATime) {
  configure(&Routing::UpdateWorkspaceSettings,
            R"(settings { ramp_up_offers: 2 } update_mask { paths: "ramp_up_offers" })");
  const auto left = [&] {
    v1::GetAgentRequest request;
    request.set_agent_id("mei");
    v1::GetAgentResponse response;
    EXPECT_TRUE(backend.call(&Routing::GetAgent, request, &response).ok());
    return response.agent().ramp_up_offers_left();
  };
  const auto desk = available("mei");
  EXPECT_EQ(left(), 2);
  for (int i = 0; i < 3; ++i) backend.create_contact("help");
  const auto first = desk->next(Event::kOfferMade).offer_made();
  EXPECT_EQ(left(), 2) << "not answered yet";
  EXPECT_EQ(desk->run(accept(first.offer().offer_id())).code(), 0);
  EXPECT_EQ(left(), 1);
  desk->accept_next();
  EXPECT_EQ(left(), 0);
}

TEST_P(AgentSession, AWithdrawnOfferIsTakenAway) {
  const auto desk = available("mei");
  v1::AbandonContactRequest abandon;
  abandon.set_request_id(new_request_id());
  abandon.set_contact_id(backend.create_contact("help"));
  const auto made = desk->next(Event::kOfferMade).offer_made();
  EXPECT_TRUE(backend.call(&Contacts::AbandonContact, abandon).ok());
  EXPECT_EQ(desk->next(Event::kOfferEnded).offer_ended().state(), v1::OFFER_STATE_WITHDRAWN);
  const Problem answer = problem(desk->run(accept(made.offer().offer_id())));
  EXPECT_EQ(answer.code, grpc::StatusCode::ABORTED);
  EXPECT_EQ(answer.reason, "OFFER_TAKEN");
  EXPECT_EQ(answer.metadata.at("offer_id"), made.offer().offer_id());
}

TEST_P(AgentSession, BadCommandsGetCodeReasonAndField) {
  const auto desk = available("mei");
  Problem answer = problem(desk->run(accept("o-999")));
  EXPECT_EQ(answer.code, grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(answer.reason, "OFFER_NOT_FOUND");
  EXPECT_EQ(answer.metadata.at("offer_id"), "o-999");
  EXPECT_THAT(answer.fields, ElementsAre("offer_id"));

  answer = problem(desk->run(accept("")));
  EXPECT_EQ(answer.code, grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(answer.fields, ElementsAre("offer_id"));

  const std::string id = backend.create_contact("help");
  answer = problem(desk->run(complete(id)));
  EXPECT_EQ(answer.code, grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(answer.fields, ElementsAre("contact_id"));

  answer = problem(desk->set_presence(v1::AGENT_PRESENCE_SUSPENDED));
  EXPECT_EQ(answer.code, grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(answer.fields, ElementsAre("presence"));
}

TEST_P(AgentSession, ACommandSentTwiceIsDoneOnce) {
  const auto desk = available("mei");
  backend.create_contact("help");
  const auto made = desk->next(Event::kOfferMade).offer_made();
  auto command = accept(made.offer().offer_id());
  command.mutable_accept_offer()->set_request_id(new_request_id());
  EXPECT_EQ(desk->run(command).code(), 0);
  EXPECT_EQ(desk->run(command).code(), 0);
}

TEST_P(AgentSession, AnUnknownAgentHasNone) {
  const Problem answer = problem(open("nobody")->end());
  EXPECT_EQ(answer.code, grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(answer.reason, "AGENT_NOT_FOUND");
  EXPECT_THAT(answer.fields, ElementsAre("agent_id"));
  EXPECT_THAT(problem(open("")->end()).fields, ElementsAre("agent_id"));
}

TEST_P(AgentSession, ASecondOneTakesOver) {
  const auto first = available("mei");
  const auto second = open("mei");
  second->next(Event::kOpened);
  const Problem answer = problem(first->end());
  EXPECT_EQ(answer.code, grpc::StatusCode::ABORTED);
  EXPECT_EQ(answer.reason, "SESSION_REPLACED");
  EXPECT_EQ(second->set_presence(v1::AGENT_PRESENCE_AVAILABLE).code(), 0);
}

TEST_P(AgentSession, ALostOneIsResumedWithWhatTheAgentHeld) {
  std::string session, contact;
  {
    const auto desk = available("mei");
    backend.create_contact("help");
    contact = desk->accept_next().contact_id();
    session = desk->session_id();
    desk->vanish();
    desk->end();
  }
  // The server notices in its own time; until then the session is not lost, and a new one would take over.
  EXPECT_TRUE(eventually([&] { return backend.node->info().open_sessions == 0; }));
  const auto desk = open("mei", session);
  const auto opened = desk->next(Event::kOpened).opened();
  EXPECT_TRUE(opened.resumed());
  EXPECT_EQ(opened.session_id(), session);
  ASSERT_EQ(opened.contacts_size(), 1);
  EXPECT_EQ(opened.contacts(0).contact_id(), contact);
  EXPECT_EQ(opened.agent().presence(), v1::AGENT_PRESENCE_AVAILABLE);
}

TEST_P(AgentSession, ClosedInGoodOrderEndsOk) {
  const auto desk = available("mei");
  v1::SessionRequest command;
  command.mutable_close_session();
  EXPECT_EQ(desk->run(command).code(), 0);
  const grpc::Status end = desk->end();
  EXPECT_TRUE(end.ok()) << end.error_message();
}

TEST_P(AgentSession, TheNextPresenceComesOnceNothingIsInHand) {
  const auto desk = available("mei");
  desk->next(Event::kPresenceChanged);
  backend.create_contact("help");
  const std::string id = desk->accept_next().contact_id();
  v1::SessionRequest next;
  next.mutable_set_presence()->set_presence(v1::AGENT_PRESENCE_BREAK);
  next.mutable_set_presence()->set_reason("lunch");
  next.mutable_set_presence()->set_next(true);
  ASSERT_EQ(desk->run(next).code(), 0);
  EXPECT_EQ(desk->next(Event::kPresenceChanged).presence_changed().next_presence(), v1::AGENT_PRESENCE_BREAK);
  desk->vanish();
  desk->end();
  EXPECT_TRUE(eventually([&] { return backend.node->info().open_sessions == 0; }));
  const auto again = open("mei", desk->session_id());
  const auto opened = again->next(Event::kOpened).opened();
  EXPECT_TRUE(opened.resumed());
  EXPECT_EQ(opened.agent().next_presence(), v1::AGENT_PRESENCE_BREAK);
  EXPECT_EQ(opened.agent().next_presence_reason(), "lunch");
  ASSERT_EQ(again->run(complete(id)).code(), 0);
  const auto came = again->next(Event::kPresenceChanged).presence_changed();
  EXPECT_EQ(came.presence(), v1::AGENT_PRESENCE_BREAK);
  EXPECT_EQ(came.reason(), "lunch");
}

INSTANTIATE_TEST_SUITE_P(BothDoors, AgentSession, ::testing::Values(Door::kSession, Door::kOpen),
                         [](const auto& tested) { return tested.param == Door::kSession ? "Session" : "Open"; });

/// A client of the bidirectional door that keeps no rules.
class SessionDoor : public ::testing::Test {
 protected:
  SessionDoor() {
    backend.set_up_floor();
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    stream = stub.Session(&context);
  }
  void open() {
    v1::SessionRequest request;
    request.mutable_open()->set_request_id(new_request_id());
    request.mutable_open()->set_agent_id("mei");
    stream->Write(request);
    v1::SessionResponse response;
    ASSERT_TRUE(stream->Read(&response));
    ASSERT_TRUE(response.events(0).has_opened());
  }
  std::vector<v1::SessionEvent> read_all() {
    std::vector<v1::SessionEvent> events;
    v1::SessionResponse response;
    while (stream->Read(&response)) events.insert(events.end(), response.events().begin(), response.events().end());
    return events;
  }

  Backend backend;
  v1::AgentSessionService::Stub stub{backend.channel};
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReaderWriter<v1::SessionRequest, v1::SessionResponse>> stream;
};

TEST_F(SessionDoor, OpenMustComeFirst) {
  v1::SessionRequest request;
  request.mutable_heartbeat();
  stream->Write(request);
  read_all();
  EXPECT_THAT(problem(stream->Finish()).fields, ElementsAre("open"));
}

TEST_F(SessionDoor, OpenMustComeOnce) {
  open();
  v1::SessionRequest request;
  request.mutable_open()->set_request_id(new_request_id());
  stream->Write(request);
  v1::SessionResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.events(0).command_result().request_id(), request.open().request_id());
  EXPECT_THAT(problem(response.events(0).command_result().status()).fields, ElementsAre("open"));
}

TEST_F(SessionDoor, AnEmptyRequestIsAnswered) {
  open();
  stream->Write(v1::SessionRequest());
  v1::SessionResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_THAT(problem(response.events(0).command_result().status()).fields, ElementsAre("command"));
}

TEST_F(SessionDoor, CommandsInAHurryAreAllAnsweredInOrder) {
  open();
  std::vector<std::string> sent, answered;
  for (int i = 0; i < 300; ++i) {
    v1::SessionRequest request;
    sent.push_back(new_request_id());
    request.mutable_set_presence()->set_request_id(sent.back());
    request.mutable_set_presence()->set_presence(i % 2 ? v1::AGENT_PRESENCE_AVAILABLE : v1::AGENT_PRESENCE_BREAK);
    stream->Write(request);
  }
  stream->WritesDone();
  for (const auto& event : read_all()) {
    if (!event.has_command_result()) continue;
    EXPECT_EQ(event.command_result().status().code(), 0);
    answered.push_back(event.command_result().request_id());
  }
  EXPECT_EQ(answered, sent);
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(SessionDoor, ClosingTheSendingSideLosesTheSession) {
  open();
  stream->WritesDone();
  read_all();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_TRUE(eventually([&] { return backend.node->info().open_sessions == 0; }));
}

TEST(UnaryCommands, NeedASessionThatIsOpen) {
  Backend backend;
  backend.set_up_floor();
  v1::HeartbeatRequest heartbeat;
  heartbeat.set_session_id("s-999");
  Problem answer = problem(backend.call(&v1::AgentSessionService::Stub::Heartbeat, heartbeat));
  EXPECT_EQ(answer.code, grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(answer.reason, "SESSION_NOT_FOUND");
  v1::SetPresenceRequest presence;
  presence.set_request_id(new_request_id());
  presence.set_session_id("s-999");
  presence.set_presence(v1::AGENT_PRESENCE_AVAILABLE);
  answer = problem(backend.call(&v1::AgentSessionService::Stub::SetPresence, presence));
  EXPECT_EQ(answer.reason, "SESSION_NOT_FOUND");
  EXPECT_THAT(answer.fields, ElementsAre("session_id"));
  answer = problem(backend.call(&v1::AgentSessionService::Stub::Heartbeat, v1::HeartbeatRequest()));
  EXPECT_EQ(answer.code, grpc::StatusCode::INVALID_ARGUMENT);
}

/// An agent whose client opens the stream and reads nothing.
class SlowConsumer : public ::testing::Test {
 protected:
  SlowConsumer() : backend(small_mailboxes()), stub(small_windows()) {
    backend.set_up_floor();
    v1::OpenRequest request;
    request.set_request_id(new_request_id());
    request.set_agent_id("mei");
    reader = stub.Open(&context, request);
    EXPECT_TRUE(eventually([&] { return backend.node->info().open_sessions == 1; }));
  }
  static node::NodeOptions small_mailboxes() {
    node::NodeOptions options;
    options.mailbox_max = 16;
    return options;
  }
  /// A channel that takes little ahead of what is read.
  [[nodiscard]] std::shared_ptr<grpc::Channel> small_windows() const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return backend.connect(backend.operator_key, arguments);
  }
  /// Sends the agent contacts of 8 KiB, and takes them back, until the stream is cut.
  void flood() {
    v1::SetPresenceRequest presence;
    presence.set_request_id(new_request_id());
    presence.set_session_id("s-1");
    presence.set_presence(v1::AGENT_PRESENCE_AVAILABLE);
    ASSERT_TRUE(backend.call(&v1::AgentSessionService::Stub::SetPresence, presence).ok());
    for (int i = 0; i < 2000 && backend.node->touch_session(dispatch::SessionId{1}); ++i) {
      v1::CancelContactRequest cancel;
      cancel.set_request_id(new_request_id());
      cancel.set_contact_id(backend.create_contact("help", std::string(8'000, 'x')));
      ASSERT_TRUE(backend.call(&Contacts::CancelContact, cancel).ok());
    }
  }

  Backend backend;
  v1::AgentSessionService::Stub stub;
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReader<v1::OpenResponse>> reader;
};

TEST_F(SlowConsumer, IsCutAndItsSessionLost) {
  const auto streams = [&] { return backend.server->streams().at(0); };
  EXPECT_STREQ(streams().kind, "session");
  EXPECT_EQ(streams().open, 1);
  EXPECT_EQ(streams().fell_behind, 0u);
  flood();
  EXPECT_TRUE(eventually([&] { return backend.node->info().open_sessions == 0; }));
  v1::OpenResponse response;
  while (reader->Read(&response)) {
  }
  const grpc::Status status = reader->Finish();
  // A client that reads nothing for too long is not even told.
  if (status.error_code() != grpc::StatusCode::CANCELLED) {
    EXPECT_EQ(problem(status).reason, "SLOW_CONSUMER");
    EXPECT_TRUE(problem(status).says_when_to_retry);
  }
  EXPECT_EQ(streams().fell_behind, 1u);
  EXPECT_TRUE(eventually([&] { return streams().open == 0; }));
}

TEST_F(SlowConsumer, HoldsNobodyElseUp) {
  const auto bob = Desk::available(Door::kSession, backend, "bob");
  EXPECT_EQ(bob->set_presence(v1::AGENT_PRESENCE_BREAK).code(), 0);
  flood();
  EXPECT_FALSE(backend.node->touch_session(dispatch::SessionId{1})) << "somebody must have been cut";
  EXPECT_EQ(bob->set_presence(v1::AGENT_PRESENCE_AVAILABLE).code(), 0);
  const std::string id = backend.create_contact("help");
  EXPECT_EQ(bob->accept_next().contact_id(), id);
}

}  // namespace
}  // namespace muster::testing
