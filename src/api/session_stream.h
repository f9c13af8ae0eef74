#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "muster/api/stream.h"
#include "muster/node/node.h"
#include "muster/node/render.h"
#include "requests.h"
#include "session_owners.h"

namespace muster::api {

/// The part of an agent's session that both doors share: it opens the session, carries the events from its mailbox
/// to the client, in order, and gives the session up as lost when the stream is gone.
///
/// The node puts events while it holds locks of its own, and that ends in pump(): so the node must not be called
/// with the mutex held.
template <typename Base, typename Response>
class SessionStream : public StreamReactor<Base, Response> {
 public:
  SessionStream(grpc::CallbackServerContext* context, StreamRegistry& registry, node::Node& node, SessionOwners& owners)
      : StreamReactor<Base, Response>(context, registry), node_(node), owners_(owners) {}

 protected:
  /// The session is open: its number is in session_.
  virtual void opened() {}
  /// Commands whose results are still to come. REQUIRES: mutex_ held.
  [[nodiscard]] virtual bool owes_results() const { return false; }
  /// Adds the results that are there, to follow the events that are in the mailbox. REQUIRES: mutex_ held.
  virtual void add_results(std::vector<v1::SessionEvent>&) {}
  /// Nothing is left to write for now. REQUIRES: mutex_ held.
  virtual void idle() {}

  [[nodiscard]] StreamKind kind() const override { return StreamKind::kSession; }

  void open(const v1::OpenRequest& request) {
    Checker check;
    check.request_id(request.request_id());
    check.id("agent_id", request.agent_id());
    const auto resume =
        request.session_id().empty() ? dispatch::SessionId::kNone : check.session_id(request.session_id());
    if (!check.ok()) {
      std::lock_guard lock(this->mutex_);
      this->finish(to_status(check.error()));
      return;
    }
    const Admission& admission = this->admission();
    if (admission.reach == Reach::kOwn && admission.caller->agent_id != request.agent_id()) {
      std::lock_guard lock(this->mutex_);
      this->finish(to_status(not_own_desk()));
      return;
    }
    mailbox_ = node_.make_mailbox();
    mailbox_->on_close([self = shared()] { self->guard([&] { self->pump(); }); });
    node_.open_session(request.agent_id(), resume, mailbox_, [self = shared(), request](const node::Answer& answer) {
      self->guard([&] { self->open_answered(answer, request); });
    });
  }

  /// A session that the node has ended ends by itself, after what is left to write.
  void stop() override {
    std::lock_guard lock(this->mutex_);
    if (mailbox_ && mailbox_->closed()) {
      this->cancel_if_stuck();
    } else {
      this->end_as(node::StreamEnd::kShutdown);
    }
  }

  /// Writes what there is to write, if no write is under way.
  void pump() {
    std::lock_guard lock(this->mutex_);
    if (this->finished()) return;
    if (this->writing()) {
      if (mailbox_->closed()) closed_while_writing();
      return;
    }
    if (next_ == batch_.size()) take();
    if (next_ < batch_.size()) {
      write_batch();
    } else if (!this->finished()) {
      Response().Swap(&this->response_);  // ten thousand idle sessions should not keep their last message
      idle();
    }
  }

  [[nodiscard]] dispatch::Sequence last_sequence() const override { return last_sequence_; }

  node::Node& node_;
  dispatch::SessionId session_{};  ///< constant from opened() on

 private:
  static constexpr std::size_t kEventsPerWriteMax = 64;  // each may carry a contact of 10 KiB; clients take 4 MiB

  std::shared_ptr<SessionStream> shared() { return std::static_pointer_cast<SessionStream>(this->shared_from_this()); }

  void open_answered(const node::Answer& answer, const v1::OpenRequest& request) {
    if (answer.delivery != node::Delivery::kAnswered || !answer.reply.ok()) {
      std::lock_guard lock(this->mutex_);
      this->finish(to_status(answer_error(answer, request)));
      return;
    }
    bool over = false;
    {
      std::lock_guard lock(this->mutex_);
      session_ = dispatch::SessionId{answer.reply.id};
      over = this->is_over();
      if (!over) owners_.add(session_, request.agent_id());
    }
    if (over) {  // the client left meanwhile
      node_.lose_session(session_, mailbox_);
      return;
    }
    opened();
    pump();
  }

  void written() override { pump(); }

  void ended() override {
    if (!mailbox_) return;
    mailbox_->detach();
    lose_session();
    std::lock_guard lock(this->mutex_);
    if (session_ != dispatch::SessionId::kNone) owners_.remove(session_);
  }

  void lose_session() {
    dispatch::SessionId session{};
    {
      std::lock_guard lock(this->mutex_);
      session = session_;
    }
    if (session != dispatch::SessionId::kNone) node_.lose_session(session, mailbox_);
  }

  /// The reader may be stuck: do not wait for it for ever. One that fell behind gets nothing more but the status:
  /// the session that it opens next starts with everything that the agent has. It is lost at once, for offers would
  /// ring unheard; from another thread, for this one may be the node's, with its locks.
  void closed_while_writing() {
    this->cancel_if_stuck();
    if (mailbox_->end() != node::StreamEnd::kSlowConsumer) return;
    this->end_as(node::StreamEnd::kSlowConsumer);
    call_after(std::chrono::milliseconds::zero(),
               [self = shared()](bool) { self->guard([&] { self->lose_session(); }); });
  }

  void take() {
    std::vector<v1::SessionEvent> results;
    add_results(results);  // first, for then their own events are in the mailbox already
    next_ = 0;
    const auto taken = mailbox_->take(batch_, [self = shared()] { self->guard([&] { self->pump(); }); });
    std::move(results.begin(), results.end(), std::back_inserter(batch_));
    if (taken != node::SessionMailbox::Taken::kClosed || !batch_.empty()) return;
    const node::StreamEnd end = mailbox_->end();
    if (end != node::StreamEnd::kClosed || !owes_results()) this->end_as(end);
  }

  void write_batch() {
    this->response_.clear_events();
    const std::size_t end = std::min(batch_.size(), next_ + kEventsPerWriteMax);
    for (; next_ < end; ++next_) {
      auto& event = batch_[next_];
      // Results of refused commands have no sequence of their own.
      last_sequence_ = std::max(last_sequence_, static_cast<dispatch::Sequence>(event.sequence()));
      event.set_sequence(static_cast<std::int64_t>(last_sequence_));
      this->response_.mutable_events()->Add(std::move(event));
    }
    if (next_ == batch_.size()) {
      batch_.clear();
      next_ = 0;
    }
    this->write();
  }

  SessionOwners& owners_;
  std::shared_ptr<node::SessionMailbox> mailbox_;  // constant once the session is being opened
  std::vector<v1::SessionEvent> batch_;            // guarded by mutex_, as all below
  std::size_t next_ = 0;                           ///< of the batch, to write
  dispatch::Sequence last_sequence_ = 0;           ///< written
};

}  // namespace muster::api
