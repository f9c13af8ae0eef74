#include "publisher.h"

#include <utility>

#include "muster/base/overloaded.h"
#include "muster/base/thread_name.h"

namespace muster::node {

Publisher::Publisher(PublicView& view, std::function<bool()> may_emit, std::function<void()> silenced,
                     std::function<void(dispatch::Sequence)> committed)
    : view_(view),
      may_emit_(std::move(may_emit)),
      silenced_(std::move(silenced)),
      committed_(std::move(committed)),
      thread_([this] { run(); }) {
  name_thread(thread_, "publisher");
}

Publisher::~Publisher() {
  queue_.close();
  thread_.join();
}

void Publisher::publish_later(std::vector<Batch>&& batches) {
  handed_over_.fetch_add(1, std::memory_order_relaxed);
  queue_.push(std::move(batches));
}

void Publisher::run() {
  std::vector<std::vector<Batch>> taken;
  while (queue_.take_all(taken, std::chrono::steady_clock::time_point::max())) {
    for (auto& batches : taken) {
      publish(batches);
      handed_over_.fetch_sub(1, std::memory_order_release);
    }
  }
}

// Agents' streams are woken last: what a batch has for an agent, and the answer to the command that caused it, go out
// in one message.
void Publisher::publish(std::vector<Batch>& batches) {
  if (!silent_ && !may_emit_()) {
    silent_ = true;
    silenced_();
  }
  if (silent_) return view_.measures.told(Delivery::kUnknown, abandon_all(batches));
  std::vector<std::function<void()>> wakes;
  for (auto& batch : batches) {
    if (!batch.events->empty()) {
      view_.measures.published(*batch.events);
      view_.events.add(batch.events);
      view_.board.apply(*batch.events);
      view_.committed.store(batch.events->back().sequence, std::memory_order_release);
    }
    for (auto& effect : batch.effects) let_out(effect, wakes);
    if (batch.events->empty()) continue;
    view_.kpis.apply(*batch.events);  // replies do not wait for it: who reads figures says what they must hold
    committed_(batch.events->back().sequence);
  }
  for (const auto& wake : wakes) wake();
}

void Publisher::let_out(Effect& effect, std::vector<std::function<void()>>& wakes) {
  std::visit(Overloaded{
                 [&](AnswerEffect& answer) {
                   view_.measures.told(Delivery::kAnswered);
                   answer.done(Answer{Delivery::kAnswered, std::move(answer.reply)});
                 },
                 [](ReadEffect& read) { read.publish(); },
                 [&](MessageEffect& message) {
                   auto wake = view_.sessions.send(message.agent, std::move(message.message));
                   if (wake) wakes.push_back(std::move(wake));
                 },
                 [&](SessionStartEffect& start) {
                   auto mailbox = start.mailbox;
                   view_.sessions.start(start.agent, dispatch::SessionId{start.reply.id}, std::move(start.mailbox));
                   mailbox->put(std::move(start.opened));
                   view_.measures.told(Delivery::kAnswered);
                   start.done(Answer{Delivery::kAnswered, std::move(start.reply)});
                 },
                 [&](SessionEndEffect& end) { view_.sessions.end(end.session, end.end); },
             },
             effect);
}

}  // namespace muster::node
