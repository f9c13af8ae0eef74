#pragma once

#include <string>
#include <vector>

#include "command.h"
#include "muster/base/time.h"
#include "muster/v1/contact_service.pb.h"
#include "text.h"

namespace muster::cli {

// How people see contacts.
std::vector<Table::Column> contact_titles();
std::vector<std::string> contact_row(const v1::Contact& contact, TimePoint now);
Details contact_details(const v1::Contact& contact, TimePoint now);

/// What became of one offer and why the agent got it, one sentence a line.
std::vector<std::string> offer_lines(const v1::Offer& offer, TimePoint now);

/// One line for one event of a contact.
std::string event_line(const v1::ContactEvent& event, TimePoint now);

}  // namespace muster::cli
