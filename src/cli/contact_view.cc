#include "contact_view.h"

#include <map>

#include "duration.h"
#include "i18n.h"
#include "routing_view.h"
#include "words.h"

namespace muster::cli {
namespace {

/// How long the customer has waited, or had when an agent accepted or the contact ended.
std::string waited(const v1::Contact& contact, TimePoint now) {
  if (!contact.has_queue_time() || contact.state() == v1::CONTACT_STATE_SCHEDULED) return "";
  TimePoint until = now;
  if (contact.has_answer_time()) {
    until = from_proto(contact.answer_time());
  } else if (contact.has_end_time()) {
    until = from_proto(contact.end_time());
  }
  return format_duration(until - from_proto(contact.queue_time()));
}

void add_time(Details& details, const std::string& label, bool is_set, const google::protobuf::Timestamp& moment,
              TimePoint now) {
  if (is_set) details.emplace_back(label, format_time(from_proto(moment), now));
}

void add_text(Details& details, const std::string& label, const std::string& text) {
  if (!text.empty()) details.emplace_back(label, text);
}

}  // namespace

std::vector<Table::Column> contact_titles() {
  return {{tr("Contact")},      {tr("Queue")},          {tr("State")}, {tr("Priority"), true},
          {tr("Waited"), true}, {tr("Refusals"), true}, {tr("Agent")}, {tr("About")}};
}

std::vector<std::string> contact_row(const v1::Contact& contact, TimePoint now) {
  return {contact.contact_id(), contact.queue_id(),
          state_text(contact),  fmt::format("{}", contact.priority()),
          waited(contact, now), fmt::format("{}", contact.refusals()),
          contact.agent_id(),   contact.display_name()};
}

Details contact_details(const v1::Contact& contact, TimePoint now) {
  Details details{{tr("Contact"), contact.contact_id()},
                  {tr("Queue"), fmt::format("{} ({})", contact.queue_id(), word(contact.channel()))},
                  {tr("Tenant"), contact.tenant_id()},
                  {tr("State"), state_text(contact)}};
  add_text(details, tr("About"), contact.display_name());
  add_text(details, tr("Customer"), contact.customer_ref());
  details.emplace_back(tr("Priority"), contact.escalated() ? say("{0} (escalated)", contact.priority())
                                                           : fmt::format("{}", contact.priority()));
  if (!contact.requirements().empty()) details.emplace_back(tr("Requires"), requirements_text(contact.requirements()));
  add_text(details, tr("Excluded agents"),
           join({contact.excluded_agent_ids().begin(), contact.excluded_agent_ids().end()}));
  const std::map<std::string, std::string> attributes{contact.attributes().begin(), contact.attributes().end()};
  for (const auto& [key, value] : attributes) details.emplace_back("  " + key, value);
  add_text(details, tr("Waited"), waited(contact, now));
  if (!is_final(contact.state())) details.emplace_back(tr("Step"), fmt::format("{}", contact.step() + 1));
  details.emplace_back(tr("Refusals"), fmt::format("{}", contact.refusals()));
  add_text(details, tr("Agent"), contact.agent_id());
  if (!contact.preferred_agent_id().empty()) {
    details.emplace_back(tr("Waits for"), say("{0} alone, until {1}", contact.preferred_agent_id(),
                                              format_time(from_proto(contact.preferred_until_time()), now)));
  }
  if (contact.starving()) details.emplace_back(tr("Starving"), word_yes_no(true));
  add_time(details, tr("Created"), contact.has_create_time(), contact.create_time(), now);
  add_time(details, tr("Due"), contact.has_queue_time(), contact.queue_time(), now);
  if (!is_final(contact.state()))
    add_time(details, tr("Expires"), contact.has_expire_time(), contact.expire_time(), now);
  add_time(details, tr("Answered"), contact.has_answer_time(), contact.answer_time(), now);
  add_time(details, tr("Ended"), contact.has_end_time(), contact.end_time(), now);
  add_text(details, tr("Disposition"), contact.disposition());
  add_text(details, tr("End reason"), word_reason(contact.end_reason()));
  return details;
}

std::vector<std::string> offer_lines(const v1::Offer& offer, TimePoint now) {
  std::string head =
      say("{0}  to {1}: {2}", format_time(from_proto(offer.offer_time()), now), offer.agent_id(), word(offer.state()));
  if (offer.has_end_time()) {
    head += say(" after {0}", format_duration(from_proto(offer.end_time()) - from_proto(offer.offer_time())));
  }
  head += reason_in_brackets(offer.reason());
  std::vector<std::string> lines{printable(head)};
  if (offer.has_explanation()) {
    for (const std::string& sentence : explain(offer.explanation())) lines.push_back("    " + printable(sentence));
  }
  return lines;
}

std::string event_line(const v1::ContactEvent& event, TimePoint now) {
  std::string line = fmt::format("{}  {:>8}  {}  ", format_time(from_proto(event.event_time()), now), event.sequence(),
                                 event.contact_id());
  const std::string state = event.state() == v1::CONTACT_STATE_UNSPECIFIED ? "" : word(event.state());
  const std::string kind = event.interrupted() ? tr("interrupted") : word(event.kind());
  line += fit(kind, 12) + "  " + fit(state, 10) + "  " + event.queue_id();
  if (!event.agent_id().empty()) line += say("  agent {0}", event.agent_id());
  return printable(line + reason_in_brackets(event.reason()));
}

}  // namespace muster::cli
