#include "desk_autopilot.h"

namespace muster::cli {

std::vector<v1::SessionRequest> DeskAutopilot::act(const DeskModel& desk, TimePoint now) {
  if (!desk.connected()) return {};
  if (desk.session_id() != session_id_) {
    session_id_ = desk.session_id();
    asked_.clear();
  }
  std::vector<v1::SessionRequest> commands;
  const auto wanted = finishing_ ? v1::AGENT_PRESENCE_OFFLINE : v1::AGENT_PRESENCE_AVAILABLE;
  if (desk.agent().presence() == wanted) {
    asked_.erase("presence");
  } else if (wants_presence(desk) && asked_.insert("presence").second) {
    commands.emplace_back().mutable_set_presence()->set_presence(wanted);
  }
  for (const auto& item : desk.offers()) {
    if (finishing_ || !asked_.insert(item.offer.offer_id()).second) continue;
    commands.emplace_back().mutable_accept_offer()->set_offer_id(item.offer.offer_id());
  }
  for (const auto& item : desk.in_hand()) {
    if (now - item.taken < handle_time_ || !asked_.insert(item.contact.contact_id()).second) continue;
    auto* complete = commands.emplace_back().mutable_complete_contact();
    complete->set_contact_id(item.contact.contact_id());
    complete->set_disposition(disposition_);
  }
  return commands;
}

bool DeskAutopilot::wants_presence(const DeskModel& desk) const {
  switch (desk.agent().presence()) {
    case v1::AGENT_PRESENCE_SUSPENDED:
      return false;
    case v1::AGENT_PRESENCE_BREAK:
      return finishing_;  // a supervisor's: it is not for the autopilot to end
    case v1::AGENT_PRESENCE_NOT_RESPONDING:
      // A pause ends by itself; without an end it waits for the person.
      return finishing_ || desk.pause_end() == TimePoint{};
    default:
      return true;
  }
}

}  // namespace muster::cli
