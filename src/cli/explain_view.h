#pragma once

#include <string>
#include <vector>

#include "muster/base/time.h"
#include "muster/v1/contact_service.pb.h"

namespace muster::cli {

/// Why a contact is where it is, what would get it to an agent, and how the named agents stand to it.
std::vector<std::string> explanation_lines(const v1::ExplainContactResponse& response, TimePoint now);

/// What an agent could have now, and what keeps which waiting contacts from the agent.
std::vector<std::string> explanation_lines(const v1::ExplainAgentResponse& response);

/// How long a contact will wait, and what that rests on.
std::string estimate_text(const v1::WaitEstimate& estimate);

}  // namespace muster::cli
