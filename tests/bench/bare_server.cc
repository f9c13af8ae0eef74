#include "bare_server.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "command.h"
#include "muster/base/time.h"
#include "muster/v1/agent_session_service.grpc.pb.h"
#include "muster/v1/contact_service.grpc.pb.h"

namespace muster::bench {
namespace {

constexpr std::size_t kContactsMax = 8192;  // in flight at once; then the first one's place is used again
constexpr std::size_t kSessionsMax = 65536;
constexpr std::int64_t kHeartbeatSeconds = 10;

void set_time(TimePoint time, google::protobuf::Timestamp* out) {
  const auto micros = time.time_since_epoch().count();
  out->set_seconds(micros / 1'000'000);
  out->set_nanos(static_cast<std::int32_t>(micros % 1'000'000) * 1000);
}

std::size_t number_of(std::string_view id) {  // of "c-12"
  std::size_t number = 0;
  if (id.size() > 2) std::from_chars(id.data() + 2, id.data() + id.size(), number);
  return number;
}

class Session;

/// What the two services share.
struct Desk {
  std::atomic<std::int64_t> sequence{0};
  std::atomic<std::size_t> next_contact{1};
  std::atomic<std::size_t> next_session{0};  // whose turn it is
  std::atomic<std::size_t> sessions_seen{0};
  std::array<std::atomic<Session*>, kSessionsMax> sessions{};  // only ever filled; a closed one says so itself
  std::array<v1::Contact, kContactsMax> contacts;              // each touched by one call at a time

  v1::Contact& contact(std::size_t number) { return contacts[number % kContactsMax]; }
  void add(Session* session) { sessions[sessions_seen.fetch_add(1) % kSessionsMax].store(session); }
  void offer(std::size_t number);
};

/// One agent's stream. It lives as long as the process, because Desk may still look at it.
class Session final : public grpc::ServerBidiReactor<v1::SessionRequest, v1::SessionResponse> {
 public:
  explicit Session(Desk& desk) : desk_(desk) { StartRead(&request_); }

  /// Lets `fill` add events to what is sent next. False if the stream has ended.
  template <typename Fill>
  bool post(Fill fill) {
    const std::lock_guard lock(mutex_);
    if (ended_) return false;
    fill(pending_);
    if (!writing_) write_locked();
    return true;
  }

  /// Adds an event with its header to `response`.
  v1::SessionEvent* add_event(v1::SessionResponse& response) {
    v1::SessionEvent* event = response.add_events();
    event->set_sequence(desk_.sequence.fetch_add(1, std::memory_order_relaxed) + 1);
    set_time(wall_now(), event->mutable_event_time());
    return event;
  }

  [[nodiscard]] const std::string& agent_id() const { return agent_id_; }

  void OnReadDone(bool ok) override {
    if (!ok) return end();
    obey();
    StartRead(&request_);
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (ok && !ended_ && pending_.events_size() > 0) write_locked();
  }

  void OnDone() override {}

 private:
  void obey() {
    switch (request_.command_case()) {
      case v1::SessionRequest::kOpen:
        open();
        break;
      case v1::SessionRequest::kSetPresence:
        post([this](v1::SessionResponse& out) {
          auto* changed = add_event(out)->mutable_presence_changed();
          changed->set_presence(request_.set_presence().presence());
          add_result(out, *request_.mutable_set_presence()->mutable_request_id());
        });
        break;
      case v1::SessionRequest::kAcceptOffer:
        accepted(number_of(request_.accept_offer().offer_id()), *request_.mutable_accept_offer()->mutable_request_id());
        break;
      case v1::SessionRequest::kCompleteContact:
        completed(request_.complete_contact(), *request_.mutable_complete_contact()->mutable_request_id());
        break;
      default:
        break;
    }
  }

  void open() {
    agent_id_ = request_.open().agent_id();
    post([this](v1::SessionResponse& out) {
      auto* opened = add_event(out)->mutable_opened();
      opened->set_session_id("s-" + std::to_string(desk_.next_contact.load()));
      opened->mutable_agent()->set_agent_id(agent_id_);
      opened->mutable_heartbeat_interval()->set_seconds(kHeartbeatSeconds);
      opened->set_epoch(1);
    });
    desk_.add(this);
  }

  /// Answers an acceptance.
  void accepted(std::size_t number, std::string& request_id) {
    v1::Contact& contact = desk_.contact(number);
    contact.set_state(v1::CONTACT_STATE_ACTIVE);
    contact.clear_offer_id();
    contact.set_agent_id(agent_id_);
    set_time(wall_now(), contact.mutable_answer_time());
    post([&](v1::SessionResponse& out) {
      *add_event(out)->mutable_contact_changed()->mutable_contact() = contact;
      add_result(out, request_id);
    });
  }

  /// Answers a completion. As with musterd, little is told of a contact that is over.
  void completed(const v1::CompleteContactRequest& command, std::string& request_id) {
    post([&](v1::SessionResponse& out) {
      auto* contact = add_event(out)->mutable_contact_changed()->mutable_contact();
      contact->set_contact_id(command.contact_id());
      contact->set_state(v1::CONTACT_STATE_COMPLETED);
      contact->set_disposition(command.disposition());
      contact->set_agent_id(agent_id_);
      set_time(wall_now(), contact->mutable_end_time());
      add_result(out, request_id);
    });
  }

  void add_result(v1::SessionResponse& out, std::string& request_id) {
    auto* result = add_event(out)->mutable_command_result();
    result->set_request_id(std::move(request_id));
    result->mutable_status();
  }

  void write_locked() {
    std::swap(outgoing_, pending_);
    pending_.Clear();
    writing_ = true;
    StartWrite(&outgoing_);
  }

  void end() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    Finish(grpc::Status::OK);
  }

  Desk& desk_;
  std::string agent_id_;        // set by the first request
  v1::SessionRequest request_;  // of the read under way
  std::mutex mutex_;
  v1::SessionResponse pending_;   // guarded by mutex_
  v1::SessionResponse outgoing_;  // of the write under way
  bool writing_ = false;          // guarded by mutex_
  bool ended_ = false;            // guarded by mutex_
};

void fill_offer(const v1::Contact& contact, const std::string& agent_id, v1::OfferMade* made) {
  *made->mutable_contact() = contact;
  auto* offer = made->mutable_offer();
  offer->set_offer_id(contact.offer_id());
  offer->set_contact_id(contact.contact_id());
  offer->set_agent_id(agent_id);
  offer->set_state(v1::OFFER_STATE_OFFERED);
  *offer->mutable_offer_time() = contact.create_time();
  offer->mutable_expire_time()->set_seconds(contact.create_time().seconds() + 20);
  offer->mutable_expire_time()->set_nanos(contact.create_time().nanos());
  auto* explanation = offer->mutable_explanation();
  explanation->set_trigger(v1::OFFER_TRIGGER_CONTACT_QUEUED);
  explanation->set_agents_considered(2);
  explanation->mutable_waited();
  explanation->mutable_idle()->set_nanos(123'456'000);
  explanation->set_runner_up_agent_id(agent_id);
  explanation->mutable_runner_up_idle()->set_nanos(123'456'000);
}

void Desk::offer(std::size_t number) {
  v1::Contact& offered = contact(number);
  const std::size_t count = std::min(sessions_seen.load(), kSessionsMax);
  for (std::size_t attempt = 0; attempt < count; ++attempt) {
    Session* session = sessions[next_session.fetch_add(1, std::memory_order_relaxed) % count].load();
    if (session == nullptr) continue;
    const bool posted = session->post([&](v1::SessionResponse& out) {
      fill_offer(offered, session->agent_id(), session->add_event(out)->mutable_offer_made());
    });
    if (posted) return;
  }
}

class AgentSessions final : public v1::AgentSessionService::CallbackService {
 public:
  explicit AgentSessions(Desk& desk) : desk_(desk) {}

  grpc::ServerBidiReactor<v1::SessionRequest, v1::SessionResponse>* Session(grpc::CallbackServerContext*) override {
    return new bench::Session(desk_);
  }

 private:
  Desk& desk_;
};

class Contacts final : public v1::ContactService::CallbackService {
 public:
  explicit Contacts(Desk& desk) : desk_(desk) {}

  grpc::ServerUnaryReactor* CreateContact(grpc::CallbackServerContext* context, const v1::CreateContactRequest* request,
                                          v1::CreateContactResponse* response) override {
    const std::size_t number = desk_.next_contact.fetch_add(1, std::memory_order_relaxed);
    take(*request, number);
    response->set_contact_id(desk_.contact(number).contact_id());
    response->set_sequence(desk_.sequence.fetch_add(1, std::memory_order_relaxed) + 1);
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    desk_.offer(number);
    return reactor;
  }

 private:
  void take(const v1::CreateContactRequest& request, std::size_t number) {
    v1::Contact& contact = desk_.contact(number);
    contact.Clear();
    contact.set_contact_id("c-" + std::to_string(number));
    contact.set_offer_id("o-" + std::to_string(number));
    contact.set_queue_id(request.queue_id());
    contact.set_channel(v1::CHANNEL_TASK);
    contact.set_state(v1::CONTACT_STATE_OFFERED);
    contact.set_customer_ref(request.customer_ref());
    contact.set_display_name(request.display_name());
    *contact.mutable_requirements() = request.requirements();
    set_time(wall_now(), contact.mutable_create_time());
    *contact.mutable_queue_time() = contact.create_time();
    contact.mutable_expire_time()->set_seconds(contact.create_time().seconds() + 86'400);
    contact.mutable_expire_time()->set_nanos(contact.create_time().nanos());
  }

  Desk& desk_;
};

boost::json::object serve(const std::string& address) {
  const auto desk = std::make_unique<Desk>();
  AgentSessions sessions(*desk);
  Contacts contacts(*desk);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&sessions);
  builder.RegisterService(&contacts);
  const auto server = builder.BuildAndStart();
  if (server == nullptr || port == 0) throw std::runtime_error("cannot listen on " + address);
  server->Wait();
  return {};
}

}  // namespace

Command bare_server_command(CLI::App& app) {
  auto address = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(kBareServerCommand, "The server that musterd is compared with")->group("");
  command->add_option("address", *address)->required();
  return {command, [address] { return serve(*address); }};
}

}  // namespace muster::bench
