#include "desk_model.h"

#include <algorithm>

#include "duration.h"
#include "error.h"
#include "i18n.h"
#include "text.h"
#include "words.h"

namespace muster::cli {
namespace {

bool is_in_hand(v1::ContactState state) {
  return state == v1::CONTACT_STATE_ACTIVE || state == v1::CONTACT_STATE_HELD || state == v1::CONTACT_STATE_WRAP_UP;
}

}  // namespace

std::string title_of(const v1::Contact& contact) {
  return contact.display_name().empty() ? contact.contact_id() : contact.display_name();
}

void DeskModel::apply(const v1::SessionEvent& event, TimePoint now) {
  const TimePoint server_now = event.has_event_time() ? from_proto(event.event_time()) : now;
  switch (event.event_case()) {
    case v1::SessionEvent::kOpened:
      opened(event.opened(), server_now, now);
      break;
    case v1::SessionEvent::kOfferMade:
      add_offer(event.offer_made(), server_now, now);
      break;
    case v1::SessionEvent::kOfferEnded:
      end_offer(event.offer_ended(), now);
      break;
    case v1::SessionEvent::kContactChanged:
      change_contact(event.contact_changed().contact(), now);
      break;
    case v1::SessionEvent::kPresenceChanged:
      change_presence(event.presence_changed(), server_now, now);
      break;
    case v1::SessionEvent::kCommandResult:
      take_result(event.command_result().status(), now);
      break;
    default:  // a heartbeat, or a kind of a newer server
      break;
  }
}

void DeskModel::lost(const std::string& why, TimePoint now) {
  connected_ = false;
  note(why, true, now);
}

void DeskModel::note(const std::string& text, bool alert, TimePoint now) {
  notices_.push_back({now, printable(text), alert});
  if (notices_.size() > kNoticesMax) notices_.pop_front();
  ++notices_ever_;
}

void DeskModel::opened(const v1::SessionOpened& opened, TimePoint server_now, TimePoint now) {
  const bool again = !session_id_.empty();
  connected_ = true;
  session_id_ = opened.session_id();
  agent_ = opened.agent();
  presence_reason_ = agent_.presence_reason();
  pause_end_ = agent_.has_presence_until() ? now + (from_proto(agent_.presence_until()) - server_now) : TimePoint{};
  if (opened.resumed()) {
    note(tr("session resumed: nothing was lost"), false, now);
  } else {
    note(again ? tr("a new session was opened: the old one could not be resumed") : tr("session opened"), again, now);
  }
  offers_.clear();
  for (const auto& made : opened.offers()) add_offer(made, server_now, now);
  const std::vector<InHand> before = std::exchange(in_hand_, {});
  for (const auto& contact : opened.contacts()) {
    const auto known = std::find_if(before.begin(), before.end(), [&](const InHand& item) {
      return item.contact.contact_id() == contact.contact_id();
    });
    in_hand_.push_back(known == before.end() ? InHand{contact, now, now} : InHand{contact, known->since, known->taken});
  }
}

void DeskModel::add_offer(const v1::OfferMade& made, TimePoint server_now, TimePoint now) {
  const TimePoint deadline = now + (from_proto(made.offer().expire_time()) - server_now);
  offers_.push_back({made.offer(), made.contact(), deadline});
  note(say("offer: {0} ({1})", title_of(made.contact()), made.contact().queue_id()), false, now);
}

void DeskModel::end_offer(const v1::OfferEnded& ended, TimePoint now) {
  const auto it = std::find_if(offers_.begin(), offers_.end(),
                               [&](const Offer& item) { return item.offer.offer_id() == ended.offer_id(); });
  const std::string title = it == offers_.end() ? ended.contact_id() : title_of(it->contact);
  if (it != offers_.end()) offers_.erase(it);
  note(say("offer {0}: {1}{2}", word(ended.state()), title, reason_in_brackets(ended.reason())),
       ended.state() == v1::OFFER_STATE_TIMED_OUT, now);
}

void DeskModel::change_contact(const v1::Contact& contact, TimePoint now) {
  const auto it = std::find_if(in_hand_.begin(), in_hand_.end(),
                               [&](const InHand& item) { return item.contact.contact_id() == contact.contact_id(); });
  const bool mine = is_in_hand(contact.state()) && contact.agent_id() == agent_.agent_id();
  const bool changed = it == in_hand_.end() || it->contact.state() != contact.state() || !mine;
  // Of a contact that has ended the server may know no more than its state.
  const std::string title = title_of(it == in_hand_.end() ? contact : it->contact);
  if (changed) note(say("{0} is {1}", title, state_text(contact)), false, now);
  if (!mine) {
    if (it != in_hand_.end()) in_hand_.erase(it);
    return;
  }
  // What is in hand is no longer offered: an acceptance is told by the contact alone.
  std::erase_if(offers_, [&](const Offer& item) { return item.contact.contact_id() == contact.contact_id(); });
  if (it == in_hand_.end()) {
    in_hand_.push_back({contact, now, now});
  } else {
    it->contact = contact;
    if (changed) it->since = now;
  }
}

void DeskModel::change_presence(const v1::PresenceChanged& change, TimePoint server_now, TimePoint now) {
  const bool next_alone = change.presence() == agent_.presence() && change.reason() == presence_reason_ &&
                          change.next_presence() != agent_.next_presence();
  agent_.set_presence(change.presence());
  presence_reason_ = change.reason();
  pause_end_ = change.has_until() ? now + (from_proto(change.until()) - server_now) : TimePoint{};
  agent_.set_next_presence(change.next_presence());
  agent_.set_next_presence_reason(change.next_reason());
  if (next_alone && change.next_presence() != v1::AGENT_PRESENCE_UNSPECIFIED) {
    note(say("once nothing is in hand you are {0}{1}", word(change.next_presence()),
             reason_in_brackets(change.next_reason())),
         false, now);
    return;
  }
  note(say("you are {0}{1}", word(change.presence()), reason_in_brackets(change.reason())),
       change.presence() > v1::AGENT_PRESENCE_BREAK, now);
}

void DeskModel::take_result(const google::rpc::Status& status, TimePoint now) {
  if (status.code() == 0) return;
  const std::string text = describe(status);
  note(say("refused: {0}", text.substr(0, text.find('\n'))), true, now);
}

}  // namespace muster::cli
