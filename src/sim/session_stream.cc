#include "session_stream.h"

namespace muster::sim {

SessionStream::SessionStream(Loop& loop, v1::AgentSessionService::StubInterface& stub, OnResponse on_response,
                             OnClosed on_closed)
    : loop_(loop), on_response_(std::move(on_response)), on_closed_(std::move(on_closed)) {
  stub.async()->Session(&context_, this);
  // send() starts writes from outside a reaction: the hold keeps OnDone away until reading has ended.
  AddHold();
  StartRead(&response_);
  StartCall();
}

void SessionStream::send(v1::SessionRequest request) {
  const std::lock_guard lock(mutex_);
  if (broken_) return;
  outgoing_.push_back(std::move(request));
  if (writing_) return;
  writing_ = true;
  StartWrite(&outgoing_.front());
}

void SessionStream::OnReadDone(bool ok) {
  if (ok) {
    loop_.post([this, response = std::move(response_)] { on_response_(response); });
    response_.Clear();
    StartRead(&response_);
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    broken_ = true;
  }
  RemoveHold();
}

void SessionStream::OnWriteDone(bool ok) {
  const std::lock_guard lock(mutex_);
  outgoing_.pop_front();
  writing_ = false;
  if (!ok) broken_ = true;
  if (broken_ || outgoing_.empty()) return;
  writing_ = true;
  StartWrite(&outgoing_.front());
}

void SessionStream::OnDone(const grpc::Status& status) {
  loop_.post([this, status] { on_closed_(status); });
}

}  // namespace muster::sim
