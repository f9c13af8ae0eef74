#include "requests.h"

namespace muster::api {
namespace {

/// A command that names nothing but a contact in hand.
template <typename Body, typename Request>
dispatch::Command about_contact(const Request& request, dispatch::SessionId session, Checker& check) {
  return {check.request_id(request.request_id()), Body{session, check.contact_id(request.contact_id())}};
}

}  // namespace

dispatch::Presence presence(v1::AgentPresence presence, Checker& check) {
  check.expect(presence == v1::AGENT_PRESENCE_OFFLINE || presence == v1::AGENT_PRESENCE_AVAILABLE ||
                   presence == v1::AGENT_PRESENCE_BREAK,
               "presence", "must be OFFLINE, AVAILABLE or BREAK; the others are set by the server");
  return static_cast<dispatch::Presence>(presence);
}

dispatch::Command to_command(const v1::SetPresenceRequest& request, dispatch::SessionId session, Checker& check) {
  return {check.request_id(request.request_id()),
          dispatch::SetPresence{session, presence(request.presence(), check), check.text("reason", request.reason()),
                                request.next()}};
}

dispatch::Command to_command(const v1::AcceptOfferRequest& request, dispatch::SessionId session, Checker& check) {
  return {check.request_id(request.request_id()), dispatch::AcceptOffer{session, check.offer_id(request.offer_id())}};
}

dispatch::Command to_command(const v1::DeclineOfferRequest& request, dispatch::SessionId session, Checker& check) {
  check.expect(!request.reason().empty(), "reason", "is required");
  return {check.request_id(request.request_id()),
          dispatch::DeclineOffer{session, check.offer_id(request.offer_id()), check.text("reason", request.reason())}};
}

dispatch::Command to_command(const v1::ReportSetupFailureRequest& request, dispatch::SessionId session,
                             Checker& check) {
  return {check.request_id(request.request_id()),
          dispatch::ReportSetupFailure{session, check.contact_id(request.contact_id()),
                                       check.text("reason", request.reason())}};
}

dispatch::Command to_command(const v1::HoldContactRequest& request, dispatch::SessionId session, Checker& check) {
  return about_contact<dispatch::HoldContact>(request, session, check);
}

dispatch::Command to_command(const v1::ResumeContactRequest& request, dispatch::SessionId session, Checker& check) {
  return about_contact<dispatch::ResumeContact>(request, session, check);
}

dispatch::Command to_command(const v1::StartWrapUpRequest& request, dispatch::SessionId session, Checker& check) {
  return about_contact<dispatch::StartWrapUp>(request, session, check);
}

dispatch::Command to_command(const v1::CompleteContactRequest& request, dispatch::SessionId session, Checker& check) {
  return {check.request_id(request.request_id()),
          dispatch::CompleteContact{session, check.contact_id(request.contact_id()),
                                    check.text("disposition", request.disposition())}};
}

dispatch::Command to_command(const v1::ReturnContactRequest& request, dispatch::SessionId session, Checker& check) {
  return {check.request_id(request.request_id()),
          dispatch::ReturnContact{session, check.contact_id(request.contact_id()),
                                  check.optional_id("queue_id", request.queue_id()),
                                  check.text("reason", request.reason())}};
}

dispatch::Command to_command(const v1::CloseSessionRequest& request, dispatch::SessionId session, Checker& check) {
  return {check.request_id(request.request_id()), dispatch::CloseSession{session}};
}

}  // namespace muster::api
