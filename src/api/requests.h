#pragma once

#include "muster/api/checker.h"
#include "muster/dispatch/command.h"
#include "muster/v1/agent_session_service.pb.h"
#include "muster/v1/contact_service.pb.h"
#include "muster/v1/routing_service.pb.h"

/// Requests as commands. What can be judged without the engine's state, the limits in muster/v1/*.proto, is checked
/// here and nowhere else; the command means nothing unless the checker is ok() afterwards.
namespace muster::api {

// --- contact_requests.cc ---
dispatch::Command to_command(const v1::CreateContactRequest& request, Checker& check);
dispatch::Command to_command(const v1::CancelContactRequest& request, Checker& check);
dispatch::Command to_command(const v1::AbandonContactRequest& request, Checker& check);
dispatch::Command to_command(const v1::DeflectContactRequest& request, Checker& check);
dispatch::Command to_command(const v1::TransferContactRequest& request, Checker& check);
dispatch::Command to_command(const v1::PrioritizeContactRequest& request, Checker& check);
dispatch::Command to_command(const v1::AssignContactRequest& request, Checker& check);

// --- session_requests.cc: `session` is whose command it is; the session_id in the request is not looked at ---
dispatch::Command to_command(const v1::SetPresenceRequest& request, dispatch::SessionId session, Checker& check);
dispatch::Command to_command(const v1::AcceptOfferRequest& request, dispatch::SessionId session, Checker& check);
dispatch::Command to_command(const v1::DeclineOfferRequest& request, dispatch::SessionId session, Checker& check);
dispatch::Command to_command(const v1::ReportSetupFailureRequest& request, dispatch::SessionId session, Checker& check);
dispatch::Command to_command(const v1::HoldContactRequest& request, dispatch::SessionId session, Checker& check);
dispatch::Command to_command(const v1::ResumeContactRequest& request, dispatch::SessionId session, Checker& check);
dispatch::Command to_command(const v1::StartWrapUpRequest& request, dispatch::SessionId session, Checker& check);
dispatch::Command to_command(const v1::CompleteContactRequest& request, dispatch::SessionId session, Checker& check);
dispatch::Command to_command(const v1::ReturnContactRequest& request, dispatch::SessionId session, Checker& check);
dispatch::Command to_command(const v1::CloseSessionRequest& request, dispatch::SessionId session, Checker& check);

// --- routing_requests.cc ---
dispatch::Command to_command(const v1::CreateSkillRequest& request, Checker& check);
dispatch::Command to_command(const v1::UpdateSkillRequest& request, Checker& check);
dispatch::Command to_command(const v1::DeleteSkillRequest& request, Checker& check);
dispatch::Command to_command(const v1::CreatePolicyRequest& request, Checker& check);
dispatch::Command to_command(const v1::UpdatePolicyRequest& request, Checker& check);
dispatch::Command to_command(const v1::DeletePolicyRequest& request, Checker& check);
dispatch::Command to_command(const v1::CreateQueueRequest& request, Checker& check);
dispatch::Command to_command(const v1::UpdateQueueRequest& request, Checker& check);
dispatch::Command to_command(const v1::DeleteQueueRequest& request, Checker& check);
dispatch::Command to_command(const v1::CreateAgentRequest& request, Checker& check);
dispatch::Command to_command(const v1::UpdateAgentRequest& request, Checker& check);
dispatch::Command to_command(const v1::DeleteAgentRequest& request, Checker& check);
dispatch::Command to_command(const v1::UpdateWorkspaceSettingsRequest& request, Checker& check);
dispatch::Command to_command(const v1::SetPoolHoldRequest& request, Checker& check);
dispatch::Command to_command(const v1::SetAgentSuspensionRequest& request, Checker& check);
dispatch::Command to_command(const v1::SetAgentPresenceRequest& request, Checker& check);

/// One of the presences that a person may set.
dispatch::Presence presence(v1::AgentPresence presence, Checker& check);

/// The requirement at `field`.
dispatch::NamedRequirement requirement(const std::string& field, const v1::SkillRequirement& asked, Checker& check);
/// Up to 16 requirements at `field`, no skill twice.
std::vector<dispatch::NamedRequirement> requirements(
    std::string_view field, const google::protobuf::RepeatedPtrField<v1::SkillRequirement>& list, Checker& check);

}  // namespace muster::api
