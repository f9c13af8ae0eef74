#include "desk.h"

#include "muster/node/render.h"
#include "violation.h"

namespace muster::simulator {
namespace {

template <typename Ids>
std::string text(const Ids& ids) {
  std::string all;
  for (const auto id : ids) all += " " + std::to_string(dispatch::raw(id));
  return all.empty() ? " none" : all;
}

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kOpenDeadline = seconds(5);

}  // namespace

void Desk::open(dispatch::SessionId resume) {
  break_stream();
  server_ = servers_[world_.below(servers_.size())].get();
  incarnation_ = server_->incarnation();
  opened_at_ = world_.schedule.now();
  opened_ = false;
  mailbox_ = server_->make_mailbox();
  read(mailbox_);
  if (world_.faults.strikes(Fault::kRequestLost)) return;
  const dispatch::Command command{{}, dispatch::OpenSession{agent_, resume}};
  world_.auditor.asked(command);
  world_.schedule.after(world_.between({}, milliseconds(5)), [this, command, server = server_, mailbox = mailbox_] {
    server->submit(node::SessionRequest{
        command, mailbox, [this, command, server, mailbox](const node::Answer& answer) {
          ++world_.commands;
          world_.auditor.answered(command, answer, false);
          const bool ok = answer.delivery == node::Delivery::kAnswered && answer.reply.ok();
          if (!ok) mailbox->close(node::StreamEnd::kClosed);
          // The client has gone meanwhile: its stream breaks at once.
          if (!ok || mailbox == mailbox_) return;
          const dispatch::SessionId session{answer.reply.id};
          world_.schedule.after({}, [server, session, mailbox] { server->lose_session(session, mailbox); });
        }});
  });
}

// The server notices at any time: also just when the session is resumed on the next stream.
void Desk::break_stream() {
  if (!mailbox_) return;
  if (opened_) {
    const Duration noticed = world_.one_in(2) ? Duration(milliseconds(10)) : Duration(seconds(10));
    world_.schedule.after(world_.between({}, noticed), [server = server_, session = session_, mailbox = mailbox_] {
      server->lose_session(session, mailbox);
    });
  }
  stream_gone();
}

void Desk::look_around() {
  if (!mailbox_) return;
  if (server_->incarnation() != incarnation_) return stream_gone();
  if (!opened_ && world_.schedule.now() > opened_at_ + kOpenDeadline) stream_gone();
}

void Desk::stream_gone() {
  if (mailbox_) mailbox_->detach();
  mailbox_ = nullptr;
}

// A mailbox that this client has left is left alone.
void Desk::read(const Mailbox& mailbox) {
  if (mailbox != mailbox_) return;
  std::vector<v1::SessionEvent> messages;
  switch (mailbox->take(messages, [this, mailbox] { read_later(mailbox); })) {
    case node::SessionMailbox::Taken::kNothing:
      return;
    case node::SessionMailbox::Taken::kClosed:
      if (opened_ && mailbox->end() == node::StreamEnd::kSilent) {
        throw Violation("I5", "agent " + agent_ + " loses a session whose stream is there");
      }
      return stream_gone();
    case node::SessionMailbox::Taken::kMessages:
      for (const auto& message : messages) take(message);
      if (server_->up_to_date()) compare();
      return read_later(mailbox);
  }
}

void Desk::read_later(const Mailbox& mailbox) {
  const bool slow = world_.faults.strikes(Fault::kReaderSlow);
  const Duration span = slow ? world_.between(milliseconds(100), seconds(10)) : world_.between({}, milliseconds(3));
  world_.schedule.after(span, [this, mailbox] { read(mailbox); });
}

void Desk::take(const v1::SessionEvent& message) {
  if (message.sequence() < sequence_) {
    throw Violation("I5", "agent " + agent_ + " is shown event " + std::to_string(message.sequence()) +
                              " after event " + std::to_string(sequence_));
  }
  if (static_cast<dispatch::Sequence>(message.sequence()) > world_.auditor.events()) {
    throw Violation("I1", "agent " + agent_ + " is shown an event that is not durable");
  }
  if (opened_ == message.has_opened()) throw Violation("I5", "a stream must begin with SessionOpened, once");
  sequence_ = message.sequence();
  if (message.has_opened()) show(message.opened());
  if (message.has_offer_made()) show(message.offer_made());
  if (message.has_offer_ended()) offers_.erase(node::parse_contact_id(message.offer_ended().contact_id()));
  if (message.has_contact_changed()) show(message.contact_changed().contact());
  if (message.has_presence_changed()) {
    presence_ = message.presence_changed().presence();
    next_presence_ = message.presence_changed().next_presence();
  }
}

void Desk::show(const v1::SessionOpened& opened) {
  const auto epoch = static_cast<std::uint64_t>(opened.epoch());
  if (epoch < epoch_) throw Violation("I5", "agent " + agent_ + " goes back to epoch " + std::to_string(epoch));
  epoch_ = epoch;
  opened_ = true;
  session_ = node::parse_session_id(opened.session_id());
  presence_ = opened.agent().presence();
  next_presence_ = opened.agent().next_presence();
  offers_.clear();
  contacts_.clear();
  for (const auto& offer : opened.offers()) show(offer);
  for (const auto& contact : opened.contacts()) show(contact);
}

void Desk::show(const v1::OfferMade& made) {
  offers_[node::parse_contact_id(made.contact().contact_id())] = node::parse_offer_id(made.offer().offer_id());
}

void Desk::show(const v1::Contact& contact) {
  const auto id = node::parse_contact_id(contact.contact_id());
  const bool in_hand = contact.state() == v1::CONTACT_STATE_ACTIVE || contact.state() == v1::CONTACT_STATE_HELD ||
                       contact.state() == v1::CONTACT_STATE_WRAP_UP;
  if (in_hand && contact.agent_id() == agent_) {
    contacts_.insert(id);
    offers_.erase(id);
  } else {
    contacts_.erase(id);
  }
}

void Desk::compare() const {
  const dispatch::Agent* agent = world_.auditor.truth().agent(agent_);
  if (!mailbox_ || !opened_ || mailbox_->closed() || !agent || !agent->connected || agent->session != session_) return;
  const std::set<dispatch::OfferId> offers(agent->offers.begin(), agent->offers.end());
  const std::set<dispatch::ContactId> contacts(agent->contacts.begin(), agent->contacts.end());
  std::set<dispatch::OfferId> ringing;
  for (const auto& [contact, offer] : offers_) ringing.insert(offer);
  if (offers != ringing)
    throw Violation("I5", "agent " + agent_ + " sees the offers" + text(ringing) + ", there are" + text(offers));
  if (contacts != contacts_)
    throw Violation("I5", "agent " + agent_ + " sees in hand" + text(contacts_) + ", there are" + text(contacts));
  const bool same_presence =
      presence_ == node::to_proto(agent->presence) && next_presence_ == node::to_proto(agent->next.presence);
  if (!same_presence) throw Violation("I5", "agent " + agent_ + " sees another presence");
}

}  // namespace muster::simulator
