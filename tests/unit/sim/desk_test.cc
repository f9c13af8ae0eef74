#include "desk.h"

#include <gmock/gmock.h>

#include <functional>
#include <future>
#include <mutex>

namespace muster::sim {
namespace {

using Stream = grpc::ServerReaderWriter<v1::SessionResponse, v1::SessionRequest>;

/// A server whose sessions go by the test's script: the n-th stream is served by the n-th function.
class ScriptedSessions final : public v1::AgentSessionService::Service {
 public:
  grpc::Status Session(grpc::ServerContext*, Stream* stream) override {
    std::function<grpc::Status(Stream&)> scene;
    {
      const std::lock_guard lock(mutex_);
      if (next_ == scenes.size()) return {grpc::StatusCode::UNAVAILABLE, "the script is over"};
      scene = scenes[next_++];
    }
    return scene(*stream);
  }

  std::vector<std::function<grpc::Status(Stream&)>> scenes;  ///< set before the first stream

 private:
  std::mutex mutex_;
  std::size_t next_ = 0;
};

v1::SessionRequest read(Stream& stream) {
  v1::SessionRequest request;
  if (!stream.Read(&request)) return {};
  return request.has_heartbeat() ? read(stream) : request;
}

void write(Stream& stream, v1::SessionEvent event, std::int64_t sequence) {
  v1::SessionResponse response;
  event.set_sequence(sequence);
  *response.add_events() = std::move(event);
  stream.Write(response);
}

void write_opened(Stream& stream, const std::string& session_id, v1::AgentPresence presence, std::int64_t sequence) {
  v1::SessionEvent event;
  event.mutable_opened()->set_session_id(session_id);
  event.mutable_opened()->mutable_agent()->set_presence(presence);
  event.mutable_opened()->mutable_heartbeat_interval()->set_seconds(5);
  write(stream, std::move(event), sequence);
}

void write_done(Stream& stream, const std::string& request_id, std::int64_t sequence, int code = 0) {
  v1::SessionEvent event;
  event.mutable_command_result()->set_request_id(request_id);
  event.mutable_command_result()->mutable_status()->set_code(code);
  write(stream, std::move(event), sequence);
}

void write_presence(Stream& stream, v1::AgentPresence presence, std::int64_t sequence) {
  v1::SessionEvent event;
  event.mutable_presence_changed()->set_presence(presence);
  write(stream, std::move(event), sequence);
}

v1::Contact contact(v1::ContactState state) {
  v1::Contact contact;
  contact.set_contact_id("c-1");
  contact.set_customer_ref("run-0");
  contact.set_channel(v1::CHANNEL_VOICE);
  contact.set_agent_id("run-ann");
  contact.set_state(state);
  return contact;
}

void write_contact(Stream& stream, v1::ContactState state, std::int64_t sequence) {
  v1::SessionEvent event;
  *event.mutable_contact_changed()->mutable_contact() = contact(state);
  write(stream, std::move(event), sequence);
}

void write_offer(Stream& stream, std::int64_t sequence) {
  v1::SessionEvent event;
  event.mutable_offer_made()->mutable_offer()->set_offer_id("o-1");
  *event.mutable_offer_made()->mutable_contact() = contact(v1::CONTACT_STATE_OFFERED);
  write(stream, std::move(event), sequence);
}

/// Plays the server's side of a shift that ends: OFFLINE, then close.
grpc::Status let_leave(Stream& stream, std::int64_t sequence) {
  v1::SessionRequest request = read(stream);
  EXPECT_EQ(request.set_presence().presence(), v1::AGENT_PRESENCE_OFFLINE);
  write_done(stream, request.set_presence().request_id(), sequence);
  EXPECT_TRUE(read(stream).has_close_session());
  return grpc::Status::OK;
}

class DeskTest : public testing::Test {
 protected:
  DeskTest() {
    workload_.arrivals.emplace_back();
    workload_.agents.push_back({.id = "ann"});
    floor_.contacts.resize(1);
    floor_.audit.agent("run-ann", 100);
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = v1::AgentSessionService::NewStub(
        grpc::CreateChannel("127.0.0.1:" + std::to_string(port_), grpc::InsecureChannelCredentials()));
  }
  ~DeskTest() override {
    if (desk_) {
      desk_->abort();
      loop_.run_until([this] { return desk_->gone(); });
    }
    server_->Shutdown();
  }

  void sign_in() {
    desk_ = std::make_unique<Desk>(floor_, workload_.agents[0], *stub_, 1);
    desk_->sign_in();
  }
  void sign_out() {
    desk_->sign_out();
    loop_.run_until([this] { return desk_->gone(); });
  }

  Workload workload_;
  Loop loop_;
  Outage outage_{std::chrono::seconds(30)};
  Caller caller_{loop_, outage_};
  Floor floor_{.loop = loop_,
               .outage = outage_,
               .caller = caller_,
               .workload = workload_,
               .clock = SimClock(1000),
               .prefix = "run-",
               .channel_units = {{v1::CHANNEL_VOICE, 100}},
               .offer_timeout = std::chrono::seconds(1),
               .ids = {},
               .audit = {},
               .totals = {},
               .contacts = {}};
  ScriptedSessions service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::AgentSessionService::StubInterface> stub_;
  std::unique_ptr<Desk> desk_;
};

TEST_F(DeskTest, AnUnansweredCommandIsSentAgainWithItsRequestIdInTheResumedSession) {
  std::string first_id;
  service_.scenes = {[&](Stream& stream) {
                       EXPECT_EQ(read(stream).open().agent_id(), "run-ann");
                       write_opened(stream, "s-1", v1::AGENT_PRESENCE_OFFLINE, 1);
                       first_id = read(stream).set_presence().request_id();
                       return grpc::Status(grpc::StatusCode::UNAVAILABLE, "killed");
                     },
                     [&](Stream& stream) {
                       EXPECT_EQ(read(stream).open().session_id(), "s-1");
                       write_opened(stream, "s-1", v1::AGENT_PRESENCE_OFFLINE, 2);
                       const v1::SessionRequest again = read(stream);
                       EXPECT_EQ(again.set_presence().presence(), v1::AGENT_PRESENCE_AVAILABLE);
                       EXPECT_EQ(again.set_presence().request_id(), first_id);
                       write_presence(stream, v1::AGENT_PRESENCE_AVAILABLE, 3);
                       write_done(stream, first_id, 3);
                       return let_leave(stream, 4);
                     }};
  sign_in();
  loop_.run_until([this] { return desk_->was_available(); });
  sign_out();
  EXPECT_EQ(floor_.totals.reconnects, 1);
  EXPECT_EQ(floor_.totals.command_retries, 1);
}

TEST_F(DeskTest, AnOfferIsAcceptedTalkedAndCompleted) {
  workload_.arrivals[0].service_s = 1;
  workload_.arrivals[0].wrap_up_s = 1;
  service_.scenes = {[&](Stream& stream) {
    read(stream);
    write_opened(stream, "s-1", v1::AGENT_PRESENCE_AVAILABLE, 1);
    write_offer(stream, 2);
    const v1::SessionRequest accept = read(stream);
    EXPECT_EQ(accept.accept_offer().offer_id(), "o-1");
    write_contact(stream, v1::CONTACT_STATE_ACTIVE, 3);
    write_done(stream, accept.accept_offer().request_id(), 3);
    const v1::SessionRequest wrap_up = read(stream);
    EXPECT_EQ(wrap_up.start_wrap_up().contact_id(), "c-1");
    write_contact(stream, v1::CONTACT_STATE_WRAP_UP, 4);
    write_done(stream, wrap_up.start_wrap_up().request_id(), 4);
    const v1::SessionRequest complete = read(stream);
    EXPECT_EQ(complete.complete_contact().contact_id(), "c-1");
    write_contact(stream, v1::CONTACT_STATE_COMPLETED, 5);
    write_done(stream, complete.complete_contact().request_id(), 5);
    return let_leave(stream, 6);
  }};
  sign_in();
  loop_.run_until([this] { return floor_.contacts[0].ended; });
  sign_out();
  EXPECT_EQ(floor_.totals.accepted, 1);
  floor_.audit.created("run-0", "c-1");
  floor_.audit.listed("c-1", "run-0", v1::CONTACT_STATE_COMPLETED);
  EXPECT_TRUE(floor_.audit.finish().clean());
}

TEST_F(DeskTest, AContactFoundInTheResumedSessionIsFinished) {
  service_.scenes = {[&](Stream& stream) {
                       read(stream);
                       write_opened(stream, "s-1", v1::AGENT_PRESENCE_AVAILABLE, 1);
                       write_offer(stream, 2);
                       read(stream);  // the accept took effect, but its answer was lost
                       return grpc::Status(grpc::StatusCode::UNAVAILABLE, "killed");
                     },
                     [&](Stream& stream) {
                       read(stream);
                       v1::SessionEvent event;
                       event.mutable_opened()->set_session_id("s-1");
                       event.mutable_opened()->mutable_agent()->set_presence(v1::AGENT_PRESENCE_AVAILABLE);
                       *event.mutable_opened()->add_contacts() = contact(v1::CONTACT_STATE_ACTIVE);
                       write(stream, std::move(event), 3);
                       const v1::SessionRequest again = read(stream);
                       EXPECT_EQ(again.accept_offer().offer_id(), "o-1");
                       write_done(stream, again.accept_offer().request_id(), 3);
                       const v1::SessionRequest complete = read(stream);
                       EXPECT_EQ(complete.complete_contact().contact_id(), "c-1");
                       write_contact(stream, v1::CONTACT_STATE_COMPLETED, 4);
                       write_done(stream, complete.complete_contact().request_id(), 4);
                       return let_leave(stream, 5);
                     }};
  sign_in();
  loop_.run_until([this] { return floor_.contacts[0].ended; });
  sign_out();
  EXPECT_EQ(floor_.totals.accepted, 1);
}

TEST_F(DeskTest, AnOfferThatWasTakenAwayIsForgotten) {
  service_.scenes = {[&](Stream& stream) {
    read(stream);
    write_opened(stream, "s-1", v1::AGENT_PRESENCE_AVAILABLE, 1);
    write_offer(stream, 2);
    const v1::SessionRequest accept = read(stream);
    v1::SessionEvent event;
    event.mutable_offer_ended()->set_offer_id("o-1");
    event.mutable_offer_ended()->set_contact_id("c-1");
    event.mutable_offer_ended()->set_state(v1::OFFER_STATE_WITHDRAWN);
    write(stream, std::move(event), 3);
    write_done(stream, accept.accept_offer().request_id(), 3, grpc::StatusCode::ABORTED);
    return let_leave(stream, 4);
  }};
  sign_in();
  loop_.run_until([this] { return floor_.totals.withdrawn == 1; });
  sign_out();
  EXPECT_EQ(floor_.totals.accepted, 0);
  EXPECT_EQ(floor_.totals.missed, 0);
}

TEST_F(DeskTest, ASessionForAnUnknownAgentEndsTheRun) {
  service_.scenes = {[](Stream&) { return grpc::Status(grpc::StatusCode::NOT_FOUND, "no such agent"); }};
  sign_in();
  EXPECT_THROW(loop_.run_until([] { return false; }), ServerError);
}

}  // namespace
}  // namespace muster::sim
