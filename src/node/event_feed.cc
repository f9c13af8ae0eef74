#include "muster/node/event_feed.h"

#include <algorithm>
#include <string_view>

#include "muster/base/overloaded.h"
#include "muster/node/render.h"

namespace muster::node {
namespace {

/// What a watcher is told about one event: the kind, the state after it, and whom it concerns.
struct Summary {
  v1::ContactEventKind kind{};
  dispatch::ContactState state{};
  dispatch::ContactId contact{};
  dispatch::QueueHandle queue{};
  dispatch::AgentHandle agent{};
  dispatch::OfferId offer{};
  std::string_view reason;
};

/// Kind kUnspecified: not about a contact.
Summary summarize(const dispatch::Event& event) {
  using namespace dispatch;
  using State = ContactState;
  return std::visit(
      Overloaded{
          [&](const ContactCreated& e) -> Summary {
            return {v1::CONTACT_EVENT_KIND_CREATED,
                    e.due > event.time ? State::kScheduled : State::kQueued,
                    e.contact,
                    e.queue,
                    {},
                    {},
                    {}};
          },
          [](const ContactQueued& e) -> Summary {
            return {v1::CONTACT_EVENT_KIND_QUEUED, State::kQueued, e.contact, e.queue, {}, {}, {}};
          },
          [](const ContactStepChanged& e) -> Summary {
            return {v1::CONTACT_EVENT_KIND_STEP_CHANGED,
                    State::kQueued,
                    e.contact,
                    e.queue,
                    {},
                    {},
                    e.skipped ? "nobody signed in could match the step before" : ""};
          },
          [](const ContactEscalated& e) -> Summary {
            return {v1::CONTACT_EVENT_KIND_ESCALATED, State::kQueued, e.contact, e.queue, {}, {}, {}};
          },
          [](const ContactPrioritySet& e) -> Summary {
            return {v1::CONTACT_EVENT_KIND_PRIORITY_SET, {}, e.contact, e.queue, {}, {}, {}};
          },
          [](const ContactStarving& e) -> Summary {
            return {v1::CONTACT_EVENT_KIND_STARVING, State::kQueued, e.contact, e.queue, {}, {}, {}};
          },
          [](const ContactAssigned& e) -> Summary {
            return {v1::CONTACT_EVENT_KIND_ASSIGNED, State::kQueued, e.contact, e.queue, e.preferred, {}, e.reason};
          },
          [](const ContactReleased& e) -> Summary {
            return {v1::CONTACT_EVENT_KIND_RELEASED, State::kQueued, e.contact, e.queue, e.preferred, {}, e.reason};
          },
          [](const OfferMade& e) -> Summary {
            return {v1::CONTACT_EVENT_KIND_OFFER_MADE, State::kOffered, e.contact, e.queue, e.agent, e.offer, {}};
          },
          [](const OfferAccepted& e) -> Summary {
            return {v1::CONTACT_EVENT_KIND_OFFER_ACCEPTED, State::kActive, e.contact, e.queue, e.agent, e.offer, {}};
          },
          [](const OfferEnded& e) -> Summary {
            const State state = e.rings_on ? State::kOffered : State::kQueued;
            return {v1::CONTACT_EVENT_KIND_OFFER_ENDED, state, e.contact, e.queue, e.agent, e.offer, e.reason};
          },
          [](const ContactHeld& e) -> Summary {
            return {v1::CONTACT_EVENT_KIND_HELD, State::kHeld, e.contact, e.queue, e.agent, {}, {}};
          },
          [](const ContactResumed& e) -> Summary {
            return {v1::CONTACT_EVENT_KIND_RESUMED, State::kActive, e.contact, e.queue, e.agent, {}, {}};
          },
          [](const ContactTransferred& e) -> Summary {
            return {v1::CONTACT_EVENT_KIND_TRANSFERRED, State::kQueued, e.contact, e.queue, e.agent, {}, e.reason};
          },
          [](const ContactRequeued& e) -> Summary {
            return {
                v1::CONTACT_EVENT_KIND_REQUEUED, State::kQueued, e.contact, e.queue, e.agent, e.failed_offer, e.reason};
          },
          [](const ContactWrapUpStarted& e) -> Summary {
            return {v1::CONTACT_EVENT_KIND_WRAP_UP_STARTED, State::kWrapUp, e.contact, e.queue, e.agent, {}, {}};
          },
          [](const ContactCompleted& e) -> Summary {
            return {v1::CONTACT_EVENT_KIND_ENDED, State::kCompleted, e.contact, e.queue, e.agent, {}, e.disposition};
          },
          [](const ContactEnded& e) -> Summary {
            return {v1::CONTACT_EVENT_KIND_ENDED, e.state, e.contact, e.queue, e.agent, {}, e.reason};
          },
          [](const auto&) -> Summary { return {}; },
      },
      event.body);
}

template <typename Name>
const Name& name_of(const std::unordered_map<std::uint32_t, Name>& names, std::uint32_t handle) {
  static const Name none;
  const auto found = names.find(handle);
  return found == names.end() ? none : found->second;
}

}  // namespace

void EventFeed::reset(const dispatch::Engine& engine) {
  std::lock_guard lock(mutex_);
  batches_.clear();
  events_ = 0;
  last_ = engine.last_sequence();
  epoch_ = engine.epoch();
  std::lock_guard names(names_mutex_);
  queues_.clear();
  agent_ids_.clear();
  for (std::uint32_t n = 1; n <= dispatch::raw(engine.last_queue()); ++n) {
    if (const auto* queue = engine.queue(dispatch::QueueHandle{n})) queues_[n] = {queue->spec.id, queue->spec.tenant};
  }
  for (std::uint32_t n = 1; n <= dispatch::raw(engine.last_agent()); ++n) {
    if (const auto* agent = engine.agent(dispatch::AgentHandle{n})) agent_ids_[n] = agent->spec.id;
  }
  for (auto& [ticket, wake] : std::exchange(waiting_, {})) wake();
}

void EventFeed::add(std::shared_ptr<const std::vector<dispatch::Event>> events) {
  if (events->empty()) return;
  std::lock_guard lock(mutex_);
  for (const auto& event : *events) learn(event);
  last_ = events->back().sequence;
  events_ += events->size();
  batches_.push_back(std::move(events));
  while (batches_.size() > 1 && events_ - batches_.front()->size() >= events_max_) {
    events_ -= batches_.front()->size();
    batches_.pop_front();
  }
  for (auto& [ticket, wake] : std::exchange(waiting_, {})) wake();
}

// Names are never forgotten: handles are never used again, and old events may still be asked for.
void EventFeed::learn(const dispatch::Event& event) {
  if (const auto* queue = std::get_if<dispatch::QueuePut>(&event.body)) {
    std::lock_guard names(names_mutex_);
    queues_[dispatch::raw(queue->queue)] = {queue->spec.id, queue->spec.tenant};
  } else if (const auto* agent = std::get_if<dispatch::AgentPut>(&event.body)) {
    std::lock_guard names(names_mutex_);
    agent_ids_[dispatch::raw(agent->agent)] = agent->spec.id;
  } else if (const auto* opened = std::get_if<dispatch::WorkspaceOpened>(&event.body)) {
    epoch_ = opened->epoch;
  }
}

// The batches are looked up under the lock, which the publisher needs too, and rendered after it.
EventFeed::Page EventFeed::read(dispatch::Sequence cursor, const Filter& filter, std::size_t look_max) const {
  Page page;
  page.sequence = cursor;
  std::vector<std::shared_ptr<const std::vector<dispatch::Event>>> batches;
  {
    std::lock_guard lock(mutex_);
    page.epoch = epoch_;
    page.oldest = batches_.empty() ? last_ : batches_.front()->front().sequence - 1;
    page.too_old = cursor < page.oldest || cursor > last_;
    if (page.too_old) return page;
    auto batch = std::partition_point(batches_.begin(), batches_.end(),
                                      [&](const auto& events) { return events->back().sequence <= cursor; });
    for (; batch != batches_.end(); ++batch) {
      if ((*batch)->front().sequence > cursor + look_max) break;
      batches.push_back(*batch);
    }
  }
  std::shared_lock names(names_mutex_);
  for (const auto& batch : batches) {
    for (const auto& event : *batch) {
      if (event.sequence <= cursor) continue;
      if (event.sequence > cursor + look_max) break;
      page.sequence = event.sequence;
      v1::ContactEvent rendered;
      if (render(event, filter, rendered)) page.events.push_back(std::move(rendered));
    }
  }
  return page;
}

// A contact stays with its tenant wherever it is transferred.
bool EventFeed::render(const dispatch::Event& event, const Filter& filter, v1::ContactEvent& out) const {
  const Summary summary = summarize(event);
  if (summary.kind == v1::CONTACT_EVENT_KIND_UNSPECIFIED) return false;
  const QueueName& queue = name_of(queues_, dispatch::raw(summary.queue));
  if (!filter.tenant_id.empty() && queue.tenant_id != filter.tenant_id) return false;
  if (!filter.queue_ids.empty() && !filter.queue_ids.contains(queue.id)) {
    const auto* moved = std::get_if<dispatch::ContactTransferred>(&event.body);
    if (!moved || !filter.queue_ids.contains(name_of(queues_, dispatch::raw(moved->from)).id)) return false;
  }
  out.set_sequence(static_cast<std::int64_t>(event.sequence));
  to_proto(event.time, out.mutable_event_time());
  out.set_cause_request_id(request_id(event.request));
  out.set_kind(summary.kind);
  out.set_contact_id(contact_id(summary.contact));
  out.set_queue_id(queue.id);
  out.set_state(to_proto(summary.state));
  if (summary.agent != dispatch::AgentHandle::kNone) {
    out.set_agent_id(name_of(agent_ids_, dispatch::raw(summary.agent)));
  }
  out.set_offer_id(offer_id(summary.offer));
  out.set_reason(std::string(summary.reason));
  if (const auto* made = std::get_if<dispatch::OfferMade>(&event.body)) {
    const auto& explanation = made->explanation;
    node::render(explanation, name_of(agent_ids_, dispatch::raw(explanation.runner_up)), out.mutable_explanation());
  } else if (const auto* held = std::get_if<dispatch::ContactHeld>(&event.body)) {
    out.set_interrupted(held->interrupted);
  }
  return true;
}

std::uint64_t EventFeed::wait(dispatch::Sequence cursor, std::function<void()> wake) {
  std::lock_guard lock(mutex_);
  const std::uint64_t ticket = ++last_ticket_;
  if (last_ != cursor) {
    wake();
  } else {
    waiting_[ticket] = std::move(wake);
  }
  return ticket;
}

void EventFeed::wake_all() {
  std::lock_guard lock(mutex_);
  for (auto& [ticket, wake] : std::exchange(waiting_, {})) wake();
}

void EventFeed::cancel(std::uint64_t ticket) {
  std::lock_guard lock(mutex_);
  waiting_.erase(ticket);
}

dispatch::Sequence EventFeed::last_sequence() const {
  std::lock_guard lock(mutex_);
  return last_;
}

}  // namespace muster::node
