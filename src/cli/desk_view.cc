#include "desk_view.h"

#include <algorithm>
#include <map>

#include "duration.h"
#include "i18n.h"
#include "text.h"
#include "words.h"

namespace muster::cli {
namespace {

constexpr int kBarWidth = 20;

Line head_line(const DeskModel& desk, TimePoint now) {
  const v1::Agent& agent = desk.agent();
  std::string text = say("Desk of {0} {1}", agent.agent_id(), printable(agent.display_name()));
  text += "   " + word(agent.presence());
  text += printable(reason_in_brackets(desk.presence_reason()));
  if (desk.pause_end() > now) text += say(" for {0} more", format_duration(desk.pause_end() - now));
  if (agent.next_presence() != v1::AGENT_PRESENCE_UNSPECIFIED) {
    text += " → " + word(agent.next_presence()) + printable(reason_in_brackets(agent.next_presence_reason()));
  }
  if (desk.connected()) return {text, Style::kTitle};
  return {text + "   " + tr("NOT CONNECTED"), Style::kAlert};
}

/// A bar that empties while an offer runs out.
std::string countdown_bar(const DeskModel::Offer& item, TimePoint now) {
  const Duration all = from_proto(item.offer.expire_time()) - from_proto(item.offer.offer_time());
  const Duration left = std::clamp(item.deadline - now, Duration::zero(), std::max(all, Duration{1}));
  const auto filled = static_cast<int>(left.count() * kBarWidth / std::max<std::int64_t>(all.count(), 1));
  return fmt::format("[{:#>{}}{:->{}}]", "", std::min(filled, kBarWidth), "", kBarWidth - std::min(filled, kBarWidth));
}

void add_offers(const DeskModel& desk, const DeskInput& input, TimePoint now, std::vector<Line>& lines) {
  lines.push_back({tr("Offers"), Style::kTitle});
  if (desk.offers().empty()) {
    const bool waits = desk.agent().presence() == v1::AGENT_PRESENCE_AVAILABLE &&
                       desk.agent().next_presence() == v1::AGENT_PRESENCE_UNSPECIFIED;
    lines.push_back(
        {"  " + (waits ? tr("none; waiting for the next contact") : tr("none; press v to get offers")), Style::kFaint});
  }
  for (const auto& item : desk.offers()) {
    const bool selected = input.is_selected(item.offer.offer_id(), desk);
    lines.push_back(
        {fmt::format("{} {} {}  {}  {}", selected ? ">" : " ", countdown_bar(item, now),
                     say("{0} left", format_duration(item.deadline - now)), printable(title_of(item.contact)),
                     fmt::format("{} ({})", item.contact.queue_id(), word(item.contact.channel()))),
         selected ? Style::kSelected : Style::kAlert});
  }
}

void add_in_hand(const DeskModel& desk, const DeskInput& input, TimePoint now, std::vector<Line>& lines) {
  lines.push_back({tr("Contacts in hand"), Style::kTitle});
  if (desk.in_hand().empty()) lines.push_back({"  " + tr("none"), Style::kFaint});
  for (const auto& item : desk.in_hand()) {
    const bool selected = input.is_selected(item.contact.contact_id(), desk);
    lines.push_back({fmt::format("{} {} {}  {}  {}", selected ? ">" : " ", fit(state_text(item.contact), 11),
                                 fit(format_duration(now - item.since), 8), printable(title_of(item.contact)),
                                 fmt::format("{} ({})", item.contact.queue_id(), word(item.contact.channel()))),
                     selected ? Style::kSelected : Style::kPlain});
  }
}

void add_contact(const v1::Contact& contact, std::vector<Line>& lines) {
  lines.push_back({tr("About"), Style::kTitle});
  lines.push_back({"  " + printable(title_of(contact)) + "  " + contact.contact_id()});
  if (!contact.customer_ref().empty()) lines.push_back({say("  customer {0}", printable(contact.customer_ref()))});
  const std::map<std::string, std::string> attributes{contact.attributes().begin(), contact.attributes().end()};
  for (const auto& [key, value] : attributes) lines.push_back({printable("  " + key + ": " + value)});
}

/// What the selection is about and, for an offer, why this agent got it.
void add_selected(const DeskModel& desk, const DeskInput& input, std::vector<Line>& lines) {
  for (const auto& item : desk.offers()) {
    if (!input.is_selected(item.offer.offer_id(), desk)) continue;
    add_contact(item.contact, lines);
    if (!item.offer.has_explanation()) continue;
    for (const auto& sentence : explain(item.offer.explanation())) lines.push_back({"  " + sentence, Style::kFaint});
  }
  for (const auto& item : desk.in_hand()) {
    if (input.is_selected(item.contact.contact_id(), desk)) add_contact(item.contact, lines);
  }
}

void add_notices(const DeskModel& desk, TimePoint now, std::vector<Line>& lines) {
  constexpr std::ptrdiff_t kShown = 8;
  lines.push_back({tr("What happened"), Style::kTitle});
  const auto& notices = desk.notices();
  const auto count = std::min(kShown, static_cast<std::ptrdiff_t>(notices.size()));
  for (auto it = notices.end() - count; it != notices.end(); ++it) {
    lines.push_back({"  " + format_time(it->time, now) + "  " + it->text, it->alert ? Style::kAlert : Style::kPlain});
  }
}

}  // namespace

std::vector<Line> desk_lines(const DeskModel& desk, const DeskInput& input, TimePoint now, int width) {
  std::vector<Line> lines{head_line(desk, now)};
  lines.emplace_back();
  add_offers(desk, input, now, lines);
  lines.emplace_back();
  add_in_hand(desk, input, now, lines);
  lines.emplace_back();
  add_selected(desk, input, lines);
  lines.emplace_back();
  add_notices(desk, now, lines);
  for (Line& line : lines) line.text = cut(line.text, width);
  return lines;
}

std::vector<Line> desk_footer(const DeskModel& desk, const DeskInput& input) {
  if (input.question() != DeskInput::Question::kNone) {
    return {{prompt(input.question()) + input.answer() + "▏", Style::kSelected},
            {tr("Enter confirms, Esc goes back"), Style::kFaint}};
  }
  std::vector<std::string> keys;
  if (!desk.offers().empty()) keys.insert(keys.end(), {tr("a accept"), tr("d decline")});
  if (!desk.in_hand().empty()) {
    keys.insert(keys.end(), {tr("h hold"), tr("r resume"), tr("w wrap-up"), tr("c complete"), tr("t transfer"),
                             tr("f could not connect")});
  }
  if (desk.offers().size() + desk.in_hand().size() > 1) keys.push_back(tr("↑↓ select"));
  keys.insert(keys.end(), {tr("v available"), tr("b break"), tr("n break when done"), tr("q quit")});
  return {{join(keys, "  "), Style::kFaint}};
}

}  // namespace muster::cli
