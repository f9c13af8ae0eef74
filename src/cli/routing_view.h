#pragma once

#include <string>
#include <vector>

#include "command.h"
#include "muster/base/time.h"
#include "muster/v1/contact_service.pb.h"
#include "muster/v1/routing.pb.h"

namespace muster::cli {

// How people see the routing configuration: rows of lists and details.
std::vector<std::string> policy_row(const v1::Policy& policy);
Details policy_details(const v1::Policy& policy);
std::vector<std::string> queue_row(const v1::Queue& queue);
Details queue_details(const v1::Queue& queue);
std::vector<std::string> agent_row(const v1::Agent& agent, TimePoint now);
Details agent_details(const v1::Agent& agent, TimePoint now);
Details settings_details(const v1::WorkspaceSettings& settings);

/// "english ≥ 60", "english ≤ 50", "english 20..50"; "english" for any level.
std::string requirement_text(const v1::SkillRequirement& requirement);
/// "english ≥ 60 and (vip or not trainee)".
std::string condition_text(const v1::AgentCondition& condition);
/// "vip or not trainee".
std::string alternatives_text(const v1::SkillAlternatives& alternatives);
/// "english ≥ 60, billing": what is asked of an agent; "any agent" for nothing.
std::string requirements_text(const google::protobuf::RepeatedPtrField<v1::SkillRequirement>& requirements);

}  // namespace muster::cli
