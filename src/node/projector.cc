#include "projector.h"

#include "muster/base/overloaded.h"
#include "muster/node/render.h"

namespace muster::node {

bool Projector::take(const dispatch::Event& event) {
  before(event);
  if (!engine_.apply(event)) return false;
  after(event);
  return true;
}

const ProjectedRows& Projector::rows() {
  for (const auto id : changed_) {
    auto& row = rows_.contacts[dispatch::raw(id)];
    row.Clear();
    render(engine_, *engine_.contact(id), &row);
  }
  changed_.clear();
  return rows_;
}

void Projector::clear() {
  rows_.clear();
  changed_.clear();
}

// What an event ends is gone from the engine afterwards: its last version is taken before.
void Projector::before(const dispatch::Event& event) {
  using namespace dispatch;
  std::visit(
      Overloaded{
          [&](const OfferAccepted& e) { end_offer(event, e.contact, e.offer, OfferState::kAccepted, ""); },
          [&](const OfferEnded& e) { end_offer(event, e.contact, e.offer, e.state, e.reason); },
          [&](const ContactRequeued& e) { fail_setup(event, e); },
          [&](const ContactCompleted& e) {
            end_contact(event, e.contact, ContactState::kCompleted).set_disposition(e.disposition);
          },
          [&](const ContactEnded& e) { end_contact(event, e.contact, e.state).set_end_reason(e.reason); },
          [&](const WorkspaceOpened&) { lose_all_sessions(); },
          [&](const ContactOutcomeRecorded& e) {
            rows_.outcomes.try_emplace({raw(e.contact), e.id}, ProjectedRows::Outcome{e.kind, e.value, event.time});
          },
          [&](const SessionLost& e) { ++session(e.session).lost_count; },
          [&](const SessionEnded& e) {
            auto& row = session(e.session);
            row.ended = event.time;
            row.end_reason = e.reason;
          },
          [](const auto&) {},
      },
      event.body);
}

void Projector::after(const dispatch::Event& event) {
  using namespace dispatch;
  std::visit(Overloaded{
                 [&](const OfferMade& e) {
                   if (const auto* offer = engine_.offer(e.offer)) {
                     render(engine_, *offer, &rows_.offers[{raw(e.contact), raw(e.offer)}]);
                   }
                   changed_.insert(e.contact);
                 },
                 [&](const SessionOpened& e) {
                   if (e.resumed) return;
                   rows_.sessions[raw(e.session)] = {engine_.agent(e.agent)->spec.id, event.time, 0, {}, ""};
                 },
                 [](const ContactCompleted&) {},
                 [](const ContactEnded&) {},
                 [](const ContactOutcomeRecorded&) {},  // of a contact that has mostly ended
                 [&](const auto& e) {
                   if constexpr (requires { e.contact; }) changed_.insert(e.contact);
                 },
             },
             event.body);
}

void Projector::end_offer(const dispatch::Event& event, dispatch::ContactId contact, dispatch::OfferId id,
                          dispatch::OfferState state, const std::string& reason) {
  const auto* offer = engine_.offer(id);
  if (!offer) return;  // the engine refuses the event itself
  auto& row = rows_.offers[{dispatch::raw(contact), dispatch::raw(id)}];
  row.Clear();
  render(engine_, *offer, &row);
  row.set_state(to_proto(state));
  row.set_reason(reason);
  to_proto(event.time, row.mutable_end_time());
}

void Projector::fail_setup(const dispatch::Event& event, const dispatch::ContactRequeued& requeued) {
  if (requeued.failed_offer == dispatch::OfferId::kNone) return;
  const std::pair key{dispatch::raw(requeued.contact), dispatch::raw(requeued.failed_offer)};
  auto row = rows_.offers.find(key);
  if (row == rows_.offers.end()) {
    auto stored = store_.offer(requeued.contact, requeued.failed_offer);
    if (!stored) return;
    row = rows_.offers.emplace(key, std::move(*stored)).first;
  }
  row->second.set_state(v1::OFFER_STATE_SETUP_FAILED);
  row->second.set_reason(requeued.reason);
  to_proto(event.time, row->second.mutable_end_time());
}

v1::Contact& Projector::end_contact(const dispatch::Event& event, dispatch::ContactId id,
                                    dispatch::ContactState state) {
  auto& row = rows_.contacts[dispatch::raw(id)];
  row.Clear();
  if (const auto* contact = engine_.contact(id)) {
    render(engine_, *contact, &row);
    if (contact->agent != dispatch::AgentHandle::kNone) row.set_agent_id(engine_.agent(contact->agent)->spec.id);
  }
  changed_.erase(id);
  row.set_state(to_proto(state));
  row.clear_offer_id();
  row.clear_further_offer_ids();
  row.clear_interrupted();
  to_proto(event.time, row.mutable_end_time());
  return row;
}

ProjectedRows::Session& Projector::session(dispatch::SessionId id) {
  auto row = rows_.sessions.find(dispatch::raw(id));
  if (row == rows_.sessions.end()) {
    auto stored = store_.session(id);
    row = rows_.sessions.emplace(dispatch::raw(id), stored ? std::move(*stored) : ProjectedRows::Session{}).first;
  }
  return row->second;
}

void Projector::lose_all_sessions() {
  for (std::uint32_t n = 1; n <= dispatch::raw(engine_.last_agent()); ++n) {
    const auto* agent = engine_.agent(dispatch::AgentHandle{n});
    if (agent && agent->connected) ++session(agent->session).lost_count;
  }
}

}  // namespace muster::node
