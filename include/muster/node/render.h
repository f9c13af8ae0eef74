#pragma once

#include <string>
#include <string_view>

#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "muster/base/time.h"
#include "muster/dispatch/engine.h"
#include "muster/dispatch/explain.h"
#include "muster/v1/agent_session_service.pb.h"
#include "muster/v1/contact.pb.h"
#include "muster/v1/contact_service.pb.h"
#include "muster/v1/routing.pb.h"

/// Engine state as messages of the public API, and identifiers as text.
namespace muster::node {

void to_proto(TimePoint time, google::protobuf::Timestamp* out);
void to_proto(Duration span, google::protobuf::Duration* out);
/// To the microsecond.
TimePoint from_proto(const google::protobuf::Timestamp& time);
Duration from_proto(const google::protobuf::Duration& span);

/// Identifiers that the server chooses: a letter, a dash and the number. Parsing gives kNone for anything else.
std::string contact_id(dispatch::ContactId id);
std::string offer_id(dispatch::OfferId id);
std::string session_id(dispatch::SessionId id);
dispatch::ContactId parse_contact_id(std::string_view text);
dispatch::OfferId parse_offer_id(std::string_view text);
dispatch::SessionId parse_session_id(std::string_view text);
/// The canonical form of the UUID; empty for a nil request id.
std::string request_id(const dispatch::RequestId& id);

// The enums of the API have the engine's values.
v1::ContactState to_proto(dispatch::ContactState state);
v1::OfferState to_proto(dispatch::OfferState state);
v1::AgentPresence to_proto(dispatch::Presence presence);
v1::Channel to_proto(dispatch::Channel channel);

void render(const dispatch::Engine& engine, const dispatch::Contact& contact, v1::Contact* out);
/// What is known of a contact only while it has not ended, and is not in the reporting tables.
void render_live(const dispatch::Engine& engine, const dispatch::Contact& contact, v1::Contact* out);
void render(const dispatch::Engine& engine, const dispatch::Offer& offer, v1::Offer* out);
void render(const dispatch::Engine& engine, const dispatch::Agent& agent, v1::Agent* out);
void render(const dispatch::Engine& engine, const dispatch::Queue& queue, v1::Queue* out);
void render(const dispatch::Engine& engine, const dispatch::Policy& policy, v1::Policy* out);
void render(const dispatch::Skill& skill, v1::Skill* out);
void render(const dispatch::Settings& settings, v1::WorkspaceSettings* out);
void render(const dispatch::Explanation& explanation, std::string_view runner_up_id, v1::OfferExplanation* out);
void render(const dispatch::Engine& engine, const dispatch::Contact& contact, const dispatch::Prospects& prospects,
            v1::ExplainContactResponse* out);
void render(const dispatch::WaitEstimate& estimate, v1::WaitEstimate* out);
void render(const dispatch::Engine& engine, const dispatch::Agent& agent, const dispatch::Standing& standing,
            v1::AgentStanding* out);
void render(const dispatch::Engine& engine, const dispatch::Agent& agent, const dispatch::AgentProspects& prospects,
            v1::ExplainAgentResponse* out);

}  // namespace muster::node
