#include "desk_input.h"

#include <algorithm>

#include "i18n.h"

namespace muster::cli {
namespace {

constexpr std::size_t kAnswerBytesMax = 200;

/// The offers' and then the contacts' identifiers, as they stand on the screen.
std::vector<std::string> selectable(const DeskModel& desk) {
  std::vector<std::string> ids;
  for (const auto& item : desk.offers()) ids.push_back(item.offer.offer_id());
  for (const auto& item : desk.in_hand()) ids.push_back(item.contact.contact_id());
  return ids;
}

void append_utf8(std::string& text, Key code) {
  const auto c = static_cast<std::uint32_t>(code);
  const auto byte = [&text](std::uint32_t value) { text += static_cast<char>(static_cast<unsigned char>(value)); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xc0 | c >> 6);
    byte(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    byte(0xe0 | c >> 12);
    byte(0x80 | (c >> 6 & 0x3f));
    byte(0x80 | (c & 0x3f));
  } else {
    byte(0xf0 | c >> 18);
    byte(0x80 | (c >> 12 & 0x3f));
    byte(0x80 | (c >> 6 & 0x3f));
    byte(0x80 | (c & 0x3f));
  }
}

void drop_last_character(std::string& text) {
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) text.pop_back();
  if (!text.empty()) text.pop_back();
}

v1::SessionRequest presence(v1::AgentPresence value, const std::string& reason, bool next = false) {
  v1::SessionRequest request;
  request.mutable_set_presence()->set_presence(value);
  request.mutable_set_presence()->set_reason(reason);
  request.mutable_set_presence()->set_next(next);
  return request;
}

}  // namespace

std::vector<v1::SessionRequest> DeskInput::press(Key key, const DeskModel& desk) {
  return question_ == Question::kNone ? command(key, desk) : type(key);
}

const DeskModel::Offer* DeskInput::offer(const DeskModel& desk) const {
  for (const auto& item : desk.offers()) {
    if (item.offer.offer_id() == selected_id_) return &item;
  }
  return desk.offers().empty() ? nullptr : &desk.offers().front();
}

const DeskModel::InHand* DeskInput::contact(const DeskModel& desk) const {
  for (const auto& item : desk.in_hand()) {
    if (item.contact.contact_id() == selected_id_) return &item;
  }
  return desk.in_hand().empty() ? nullptr : &desk.in_hand().front();
}

bool DeskInput::is_selected(const std::string& id, const DeskModel& desk) const {
  const auto ids = selectable(desk);
  const bool stands = std::find(ids.begin(), ids.end(), selected_id_) != ids.end();
  return stands ? id == selected_id_ : !ids.empty() && id == ids.front();
}

std::vector<v1::SessionRequest> DeskInput::command(Key key, const DeskModel& desk) {
  switch (key) {
    case kKeyUp:
      move(-1, desk);
      return {};
    case kKeyDown:
    case '\t':
      move(1, desk);
      return {};
    case 'v':
      return {presence(v1::AGENT_PRESENCE_AVAILABLE, "")};
    case 'b':
      ask(Question::kBreakReason, "");
      return {};
    case 'n':
      ask(Question::kNextBreakReason, "");
      return {};
    case 'q':
      leaving_ = desk.in_hand().empty();
      if (!leaving_) ask(Question::kLeave, "");
      return {};
    case 'a':
    case 'd':
      if (const auto* item = offer(desk)) return offer_command(key, item->offer.offer_id());
      return {};
    default:
      if (const auto* item = contact(desk)) return contact_command(key, item->contact.contact_id());
      return {};
  }
}

std::vector<v1::SessionRequest> DeskInput::offer_command(Key key, const std::string& id) {
  if (key == 'd') {
    ask(Question::kDeclineReason, id);
    return {};
  }
  v1::SessionRequest request;
  request.mutable_accept_offer()->set_offer_id(id);
  return {request};
}

std::vector<v1::SessionRequest> DeskInput::contact_command(Key key, const std::string& id) {
  v1::SessionRequest request;
  switch (key) {
    case 'h':
      request.mutable_hold_contact()->set_contact_id(id);
      return {request};
    case 'r':
      request.mutable_resume_contact()->set_contact_id(id);
      return {request};
    case 'w':
      request.mutable_start_wrap_up()->set_contact_id(id);
      return {request};
    case 'c':
      ask(Question::kDisposition, id);
      return {};
    case 't':
      ask(Question::kQueue, id);
      return {};
    case 'f':
      ask(Question::kSetupFailure, id);
      return {};
    default:
      return {};
  }
}

std::vector<v1::SessionRequest> DeskInput::type(Key key) {
  if (key == kKeyEscape) {
    question_ = Question::kNone;
    return {};
  }
  if (question_ == Question::kLeave) {
    leaving_ = key == 'y' || key == 'q';
    question_ = Question::kNone;
    return {};
  }
  if (key == kKeyEnter) return answered();
  if (key == kKeyBackspace) drop_last_character(answer_);
  // 0xfffd, the replacement character, stands for what the terminal could not decode.
  if (key >= ' ' && key != 0xfffd && answer_.size() + 4 <= kAnswerBytesMax) append_utf8(answer_, key);
  return {};
}

std::vector<v1::SessionRequest> DeskInput::answered() {
  const Question question = question_;
  // A refusal without a reason would be refused itself: keep asking.
  if (question == Question::kDeclineReason && answer_.empty()) return {};
  question_ = Question::kNone;
  v1::SessionRequest request;
  switch (question) {
    case Question::kDeclineReason:
      request.mutable_decline_offer()->set_offer_id(target_id_);
      request.mutable_decline_offer()->set_reason(answer_);
      return {request};
    case Question::kBreakReason:
      return {presence(v1::AGENT_PRESENCE_BREAK, answer_)};
    case Question::kNextBreakReason:
      return {presence(v1::AGENT_PRESENCE_BREAK, answer_, true)};
    case Question::kDisposition:
      request.mutable_complete_contact()->set_contact_id(target_id_);
      request.mutable_complete_contact()->set_disposition(answer_);
      return {request};
    case Question::kQueue:
      request.mutable_return_contact()->set_contact_id(target_id_);
      request.mutable_return_contact()->set_queue_id(answer_);
      return {request};
    case Question::kSetupFailure:
      request.mutable_report_setup_failure()->set_contact_id(target_id_);
      request.mutable_report_setup_failure()->set_reason(answer_);
      return {request};
    default:
      return {};
  }
}

void DeskInput::ask(Question question, const std::string& id) {
  question_ = question;
  target_id_ = id;
  answer_.clear();
}

void DeskInput::move(int by, const DeskModel& desk) {
  const auto ids = selectable(desk);
  if (ids.empty()) return;
  const auto count = static_cast<int>(ids.size());
  const auto found = std::find(ids.begin(), ids.end(), selected_id_);
  const int from = found == ids.end() ? 0 : static_cast<int>(found - ids.begin());
  selected_id_ = ids[static_cast<std::size_t>((from + by + count) % count)];
}

std::string prompt(DeskInput::Question question) {
  switch (question) {
    case DeskInput::Question::kDeclineReason:
      return tr("Reason for declining: ");
    case DeskInput::Question::kBreakReason:
      return tr("Reason for the break: ");
    case DeskInput::Question::kNextBreakReason:
      return tr("Reason for the break once nothing is in hand: ");
    case DeskInput::Question::kDisposition:
      return tr("Disposition, what came of it: ");
    case DeskInput::Question::kQueue:
      return tr("Transfer to queue (empty: back to its own): ");
    case DeskInput::Question::kSetupFailure:
      return tr("Why it could not be connected: ");
    case DeskInput::Question::kLeave:
      return tr("You still have contacts in hand. Leave? y/n ");
    case DeskInput::Question::kNone:
      break;
  }
  return "";
}

}  // namespace muster::cli
