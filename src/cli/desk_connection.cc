#include "desk_connection.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>

#include "context.h"
#include "duration.h"
#include "error.h"

namespace muster::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A server that restarts, a network that breaks, a reader that was too slow: the session can be taken up again.
bool can_resume(const grpc::Status& status) {
  if (has_expired(status)) return true;
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::UNKNOWN:
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return true;
    default:
      return false;
  }
}

/// Sets the request_id of whichever command it is.
void set_request_id(v1::SessionRequest& request, const std::string& id) {
  const auto* field = request.GetReflection()->GetOneofFieldDescriptor(request, request.GetDescriptor()->oneof_decl(0));
  google::protobuf::Message* command = request.GetReflection()->MutableMessage(&request, field);
  const auto* id_field = command->GetDescriptor()->FindFieldByName("request_id");
  command->GetReflection()->SetString(command, id_field, id);
}

}  // namespace

DeskConnection::DeskConnection(std::shared_ptr<grpc::Channel> channel, std::string agent_id)
    : stub_(v1::AgentSessionService::NewStub(channel)),
      agent_id_(std::move(agent_id)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

DeskConnection::~DeskConnection() {
  thread_.request_stop();
  const std::lock_guard lock(mutex_);
  if (call_ != nullptr) call_->TryCancel();
}

void DeskConnection::send(v1::SessionRequest command) {
  const std::string id = new_request_id();
  set_request_id(command, id);
  const std::lock_guard lock(mutex_);
  pending_.emplace_back(id, command);
  if (open_) write(command);
}

void DeskConnection::leave() {
  v1::SessionRequest request;
  request.mutable_close_session();
  {
    const std::lock_guard lock(mutex_);
    leaving_ = true;
    changed_.notify_all();
  }
  send(request);
}

std::vector<DeskConnection::Update> DeskConnection::take(Duration wait) {
  std::unique_lock lock(mutex_);
  beat();
  changed_.wait_for(lock, wait, [this] { return !updates_.empty(); });
  return std::exchange(updates_, {});
}

void DeskConnection::run(const std::stop_token& stop) {
  const Duration first_pause = milliseconds{250};
  const auto start = Clock::now();
  Duration pause = first_pause;
  while (!stop.stop_requested()) {
    const grpc::Status status = serve(stop);
    std::unique_lock lock(mutex_);
    if (was_open_) pause = first_pause;
    was_open_ = false;
    // Somebody who starts the desk wants to know at once that there is no server.
    const bool never_there = session_id_.empty() && never_connected(status) && Clock::now() - start > seconds{1};
    if (has_left(status) || never_there || !can_resume(status)) {
      push({.kind = Update::Kind::kEnded, .status = has_left(status) ? grpc::Status::OK : status});
      return;
    }
    if (!session_id_.empty()) push({.kind = Update::Kind::kLost, .status = status, .pause = pause});
    const bool was_leaving = leaving_;
    changed_.wait_for(lock, stop, pause, [&] { return leaving_ != was_leaving; });
    pause = std::min<Duration>(2 * pause, seconds{5});
  }
}

bool DeskConnection::has_left(const grpc::Status& status) const {
  if (!leaving_) return false;
  const bool confirmed =
      std::none_of(pending_.begin(), pending_.end(), [](const auto& item) { return item.second.has_close_session(); });
  return status.ok() || confirmed || session_id_.empty();
}

grpc::Status DeskConnection::serve(const std::stop_token& stop) {
  grpc::ClientContext call;
  v1::SessionRequest open;
  open.mutable_open()->set_request_id(new_request_id());
  open.mutable_open()->set_agent_id(agent_id_);
  std::shared_ptr<Stream> stream = stub_->Session(&call);
  {
    const std::lock_guard lock(mutex_);
    call_ = &call;
    stream_ = stream;
    last_heard_ = Clock::now();
    open.mutable_open()->set_session_id(session_id_);
    write(open);
  }
  v1::SessionResponse response;
  while (!stop.stop_requested() && stream->Read(&response)) {
    const std::lock_guard lock(mutex_);
    last_heard_ = Clock::now();
    for (const auto& event : response.events()) receive(event);
  }
  {
    const std::lock_guard lock(mutex_);
    call_ = nullptr;
    stream_ = nullptr;
    open_ = false;
  }
  if (stop.stop_requested()) call.TryCancel();
  return stream->Finish();
}

void DeskConnection::receive(const v1::SessionEvent& event) {
  if (event.has_command_result()) {
    std::erase_if(pending_, [&](const auto& item) { return item.first == event.command_result().request_id(); });
  }
  push({.kind = Update::Kind::kEvent, .event = event});
  if (event.has_opened()) resend_or_forget(event.opened());
}

void DeskConnection::resend_or_forget(const v1::SessionOpened& opened) {
  const bool same_session = session_id_.empty() || opened.resumed();
  session_id_ = opened.session_id();
  if (opened.has_heartbeat_interval()) heartbeat_interval_ = from_proto(opened.heartbeat_interval());
  open_ = true;
  was_open_ = true;
  if (!same_session && !pending_.empty()) {
    push({.kind = Update::Kind::kForgot, .commands = pending_.size()});
    std::erase_if(pending_, [](const auto& item) { return !item.second.has_close_session(); });
  }
  for (const auto& [id, command] : pending_) write(command);
}

void DeskConnection::write(const v1::SessionRequest& request) {
  if (stream_ == nullptr) return;
  // A stream that broke says so to the reader, which resumes.
  stream_->Write(request);
  if (request.has_close_session()) stream_->WritesDone();
  last_sent_ = Clock::now();
}

void DeskConnection::push(Update update) {
  updates_.push_back(std::move(update));
  changed_.notify_all();
}

void DeskConnection::beat() {
  if (!open_) return;
  if (Clock::now() - last_heard_ > 3 * heartbeat_interval_) {
    call_->TryCancel();  // the line is dead, though nobody has said so
  } else if (Clock::now() - last_sent_ > heartbeat_interval_ / 2) {
    v1::SessionRequest request;
    request.mutable_heartbeat();
    write(request);
  }
}

}  // namespace muster::cli
