#include "contact_watch.h"

#include "tenant_view.h"

namespace muster::api {
namespace {

constexpr std::chrono::milliseconds kHeartbeat{10'000};
constexpr std::size_t kEventsPerReadMax = 1'000;

}  // namespace

ContactWatch::ContactWatch(grpc::CallbackServerContext* context, StreamRegistry& registry, node::Node& node,
                           const v1::WatchContactsRequest& request)
    : StreamReactor(context, registry),
      node_(node),
      after_sequence_(static_cast<dispatch::Sequence>(request.after_sequence())),
      filter_{{request.queue_ids().begin(), request.queue_ids().end()}, {}} {
  check_.expect(request.after_sequence() >= 0, "after_sequence", "must not be negative");
  for (int i = 0; i < request.queue_ids_size(); ++i) check_.id(indexed("queue_ids", i), request.queue_ids(i));
}

void ContactWatch::start() {
  {
    std::lock_guard lock(mutex_);
    if (!check_.ok()) {
      finish(to_status(check_.error()));
      return;
    }
    terms_ended_ = node_.terms_ended();
    if (!node_.readiness().ready) {
      finish(to_status(delivery_error(node::Delivery::kNotServing)));
      return;
    }
    filter_.tenant_id = admission().tenant();
    cursor_ = after_sequence_ == 0 ? node_.events().last_sequence() : after_sequence_;
  }
  next(true);  // the client learns at once where it stands
}

void ContactWatch::next(bool beat) {
  for (;;) {
    dispatch::Sequence cursor = 0;
    {
      std::lock_guard lock(mutex_);
      if (finished()) return;
      cursor = cursor_;
    }
    auto page = node_.events().read(cursor, filter_, kEventsPerReadMax);
    std::lock_guard lock(mutex_);
    if (finished()) return;
    if (node_.terms_ended() != terms_ended_) return end_as(node::StreamEnd::kRecovering);
    if (page.too_old) {
      if (reading_) fell_behind();
      finish(to_status(sequence_compacted(cursor, page.oldest)));
      return;
    }
    cursor_ = page.sequence;
    reading_ = true;
    if (beat || !page.events.empty()) {
      write_page(page);
      return;
    }
    if (page.sequence == cursor) break;  // read to the end
  }
  wait();
}

void ContactWatch::write_page(node::EventFeed::Page& page) {
  response_.clear_events();
  for (auto& event : page.events) {
    if (!filter_.tenant_id.empty()) show_to_tenant(&event);
    response_.mutable_events()->Add(std::move(event));
  }
  response_.set_sequence(static_cast<std::int64_t>(page.sequence));
  response_.set_epoch(static_cast<std::int64_t>(page.epoch));
  write();
}

// An event ends the wait by cancelling the alarm: the feed calls under its lock, where there must be no call back.
void ContactWatch::wait() {
  auto self = std::static_pointer_cast<ContactWatch>(shared_from_this());
  std::unique_lock lock(mutex_);
  if (finished()) return;
  const dispatch::Sequence cursor = cursor_;
  const std::uint64_t turn = turn_;
  const std::uint64_t terms_ended = terms_ended_;
  ticket_ = 0;
  const auto alarm = call_after(kHeartbeat, [self](bool quiet) {
    std::uint64_t ticket = 0;
    {
      std::lock_guard inner(self->mutex_);
      if (self->finished()) return;  // ended() tidies up
      ticket = self->ticket_;
      ++self->turn_;
    }
    self->guard([&] {
      self->node_.events().cancel(ticket);
      self->next(quiet);
    });
  });
  waiting_ = alarm;
  lock.unlock();
  const std::uint64_t ticket = node_.events().wait(cursor, [alarm] { alarm->Cancel(); });
  if (node_.terms_ended() != terms_ended) alarm->Cancel();  // everybody may have been woken just before
  lock.lock();
  if (!finished() && turn == turn_) {
    ticket_ = ticket;
    return;
  }
  // The alarm has been faster: this wait is over, and nobody else knows of it.
  lock.unlock();
  node_.events().cancel(ticket);
}

void ContactWatch::ended() {
  std::uint64_t ticket = 0;
  {
    std::lock_guard lock(mutex_);
    ticket = ticket_;
    waiting_.reset();
  }
  node_.events().cancel(ticket);
}

}  // namespace muster::api
