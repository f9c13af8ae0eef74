#include "sequencer.h"

#include <utility>

#include "muster/base/overloaded.h"
#include "muster/journal/codec.h"
#include "muster/node/render.h"

namespace muster::node {
namespace {

/// A contact that has left the engine, as far as it is known afterwards.
template <typename EventT>
v1::Contact ended_contact(const EventT& event, dispatch::ContactState state) {
  v1::Contact contact;
  contact.set_contact_id(contact_id(event.contact));
  contact.set_state(to_proto(state));
  return contact;
}

/// What rings at several agents shows each of them the offer of their own.
void render_made(const dispatch::Engine& engine, const dispatch::Offer& offer, v1::OfferMade* made) {
  render(engine, offer, made->mutable_offer());
  render(engine, *engine.contact(offer.contact), made->mutable_contact());
  made->mutable_contact()->set_offer_id(offer_id(offer.id));
  made->mutable_contact()->clear_further_offer_ids();
}

StreamEnd stream_end(const dispatch::SessionEnded& ended) {
  if (ended.reason == "replaced") return StreamEnd::kReplaced;
  return ended.reason == "closed" ? StreamEnd::kClosed : StreamEnd::kSilent;
}

}  // namespace

Batch Sequencer::process(std::span<Request> requests, TimePoint now) {
  events_.clear();
  effects_.clear();
  engine_.advance(now, events_);
  tell_agents(0);
  for (auto& request : requests) {
    std::visit([&](auto& each) { carry_out(each, now); }, request);
  }
  Batch batch;
  for (const auto& event : events_) journal::encode_event(event, batch.payload);
  batch.events = std::make_shared<const std::vector<dispatch::Event>>(std::move(events_));
  batch.effects = std::move(effects_);
  return batch;
}

void Sequencer::carry_out(CommandRequest& request, TimePoint now) {
  const std::size_t first = events_.size();
  auto reply = engine_.handle(request.command, now, events_);
  tell_agents(first);
  if (request.done) effects_.push_back(AnswerEffect{std::move(request.done), std::move(reply)});
}

void Sequencer::carry_out(ReadRequest& request, TimePoint now) {
  effects_.push_back(ReadEffect{request.look(engine_, now), std::move(request.refused)});
}

void Sequencer::carry_out(SessionRequest& request, TimePoint now) {
  const std::size_t first = events_.size();
  auto reply = engine_.handle(request.command, now, events_);
  tell_agents(first);
  const auto* agent = reply.ok() ? engine_.agent_of(dispatch::SessionId{reply.id}) : nullptr;
  if (!agent) {
    effects_.push_back(AnswerEffect{std::move(request.done), std::move(reply)});
    return;
  }
  streams_[reply.id] = request.mailbox;
  auto opened = session_opened(*agent, reply);
  effects_.push_back(SessionStartEffect{agent->handle, std::move(request.mailbox), std::move(opened),
                                        std::move(request.done), std::move(reply)});
}

// The outside learns of another stream only once that is durable: here it counts from the decision on.
void Sequencer::carry_out(LostStream& lost, TimePoint now) {
  const auto stream = streams_.find(dispatch::raw(lost.session));
  if (stream == streams_.end() || stream->second != lost.mailbox) return;
  const std::size_t first = events_.size();
  engine_.handle({{}, dispatch::LoseSession{lost.session}}, now, events_);
  tell_agents(first);
}

v1::SessionEvent Sequencer::session_opened(const dispatch::Agent& agent, const dispatch::Reply& reply) const {
  v1::SessionEvent event;
  event.set_sequence(static_cast<std::int64_t>(engine_.last_sequence()));
  to_proto(engine_.last_time(), event.mutable_event_time());
  auto* opened = event.mutable_opened();
  opened->set_session_id(session_id(agent.session));
  opened->set_resumed(reply.resumed);
  opened->set_epoch(static_cast<std::int64_t>(engine_.epoch()));
  to_proto(heartbeat_interval_, opened->mutable_heartbeat_interval());
  render(engine_, agent, opened->mutable_agent());
  for (const auto id : agent.offers) {
    render_made(engine_, *engine_.offer(id), opened->add_offers());
  }
  for (const auto id : agent.contacts) render(engine_, *engine_.contact(id), opened->add_contacts());
  return event;
}

void Sequencer::tell_agents(std::size_t first_event) {
  for (std::size_t i = first_event; i < events_.size(); ++i) tell_agents(events_[i]);
}

// Messages show the state after the whole command: a client never sees a state that was over before it was durable.
void Sequencer::tell_agents(const dispatch::Event& event) {
  using namespace dispatch;
  std::visit(Overloaded{
                 [&](const OfferMade& e) {
                   const auto* offer = engine_.offer(e.offer);
                   if (!offer) return;
                   if (auto* message = message_to(e.agent, event)) {
                     render_made(engine_, *offer, message->mutable_offer_made());
                   }
                 },
                 [&](const OfferEnded& e) {
                   if (auto* message = message_to(e.agent, event)) {
                     message->mutable_offer_ended()->set_offer_id(offer_id(e.offer));
                     message->mutable_offer_ended()->set_contact_id(contact_id(e.contact));
                     message->mutable_offer_ended()->set_state(to_proto(e.state));
                     message->mutable_offer_ended()->set_reason(e.reason);
                   }
                 },
                 [&](const PresenceChanged& e) {
                   if (auto* message = message_to(e.agent, event)) {
                     message->mutable_presence_changed()->set_presence(to_proto(e.presence));
                     message->mutable_presence_changed()->set_reason(e.reason);
                     if (e.until != TimePoint{})
                       to_proto(e.until, message->mutable_presence_changed()->mutable_until());
                     message->mutable_presence_changed()->set_next_presence(to_proto(e.next.presence));
                     message->mutable_presence_changed()->set_next_reason(e.next.reason);
                   }
                 },
                 [&](const OfferAccepted& e) { tell_contact(event, e.agent, e.contact, {}); },
                 [&](const ContactHeld& e) { tell_contact(event, e.agent, e.contact, {}); },
                 [&](const ContactResumed& e) { tell_contact(event, e.agent, e.contact, {}); },
                 [&](const ContactWrapUpStarted& e) { tell_contact(event, e.agent, e.contact, {}); },
                 [&](const ContactTransferred& e) { tell_given_back(event, e.agent, e.contact); },
                 [&](const ContactRequeued& e) { tell_given_back(event, e.agent, e.contact); },
                 [&](const ContactCompleted& e) {
                   auto ended = ended_contact(e, ContactState::kCompleted);
                   ended.set_disposition(e.disposition);
                   tell_contact(event, e.agent, e.contact, ended);
                 },
                 [&](const ContactEnded& e) {
                   auto ended = ended_contact(e, e.state);
                   ended.set_end_reason(e.reason);
                   tell_contact(event, e.agent, e.contact, ended);
                 },
                 [&](const SessionEnded& e) {
                   streams_.erase(raw(e.session));
                   effects_.push_back(SessionEndEffect{e.session, stream_end(e)});
                 },
                 [](const auto&) {},
             },
             event.body);
}

void Sequencer::tell_contact(const dispatch::Event& event, dispatch::AgentHandle agent, dispatch::ContactId contact,
                             const v1::Contact& ended) {
  const auto* live = engine_.contact(contact);
  if (!live && ended.contact_id().empty()) return;  // it ended within the same command: that event tells
  auto* message = message_to(agent, event);
  if (!message) return;
  auto* changed = message->mutable_contact_changed()->mutable_contact();
  if (live) {
    render(engine_, *live, changed);
  } else {
    *changed = ended;
    changed->set_agent_id(engine_.agent(agent)->spec.id);
    to_proto(event.time, changed->mutable_end_time());
  }
}

// If it ended within the same command, in nobody's hands, whoever had it is told so here.
void Sequencer::tell_given_back(const dispatch::Event& event, dispatch::AgentHandle agent,
                                dispatch::ContactId contact) {
  v1::Contact ended;
  for (const auto& later : events_) {
    const auto* end = std::get_if<dispatch::ContactEnded>(&later.body);
    if (!end || end->contact != contact) continue;
    ended = ended_contact(*end, end->state);
    ended.set_end_reason(end->reason);
  }
  tell_contact(event, agent, contact, ended);
}

v1::SessionEvent* Sequencer::message_to(dispatch::AgentHandle handle, const dispatch::Event& event) {
  const auto* agent = engine_.agent(handle);
  if (!agent || !agent->connected) return nullptr;
  auto& message = std::get<MessageEffect>(effects_.emplace_back(MessageEffect{handle, {}})).message;
  message.set_sequence(static_cast<std::int64_t>(event.sequence));
  to_proto(event.time, message.mutable_event_time());
  return &message;
}

}  // namespace muster::node
