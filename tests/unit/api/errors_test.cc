#include "muster/api/errors.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "google/rpc/error_details.pb.h"
#include "muster/v1/agent_session_service.pb.h"
#include "muster/v1/contact_service.pb.h"
#include "muster/v1/routing_service.pb.h"

namespace muster::api {
namespace {

using dispatch::Outcome;
using grpc::StatusCode;

Error error_of(Outcome outcome, const google::protobuf::Message& request, const std::string& subject = "") {
  node::Answer answer;
  answer.reply.outcome = outcome;
  answer.reply.subject = subject;
  return answer_error(answer, request);
}

template <typename Detail>
std::optional<Detail> detail(const Error& error) {
  const google::rpc::Status status = to_rpc_status(error);
  for (const auto& any : status.details()) {
    Detail found;
    if (any.UnpackTo(&found)) return found;
  }
  return std::nullopt;
}

TEST(Errors, EveryOutcomeHasItsOwnReason) {
  std::set<std::string> reasons;
  for (int outcome = 1; outcome <= static_cast<int>(Outcome::kContactLimit); ++outcome) {
    const Error error = error_of(static_cast<Outcome>(outcome), v1::CreateContactRequest());
    EXPECT_NE(error.reason, "INTERNAL") << outcome;
    EXPECT_TRUE(reasons.insert(error.reason).second) << error.reason;
  }
}

TEST(Errors, CarryReasonDomainAndTheValuesInTheText) {
  v1::CreateContactRequest request;
  request.set_queue_id("billing");
  const Error error = error_of(Outcome::kQueueNotFound, request, "billing");
  EXPECT_EQ(error.code, StatusCode::NOT_FOUND);
  EXPECT_EQ(error.message, "queue_id 'billing' does not exist");
  const auto info = detail<google::rpc::ErrorInfo>(error);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->reason(), "QUEUE_NOT_FOUND");
  EXPECT_EQ(info->domain(), "muster.v1");
  EXPECT_EQ(info->metadata().at("queue_id"), "billing");
}

TEST(Errors, NameTheFieldAsItStandsInTheRequest) {
  v1::CreatePolicyRequest policy;
  policy.mutable_policy()->add_steps()->add_requirements()->set_skill_id("zh");
  policy.mutable_policy()->add_steps()->add_requirements()->set_skill_id("en");
  EXPECT_EQ(error_of(Outcome::kSkillNotFound, policy, "en").fields.at(0).field,
            "policy.steps[1].requirements[0].skill_id");
  v1::CreateContactRequest contact;
  contact.add_excluded_agent_ids("bob");
  contact.add_excluded_agent_ids("mei");
  EXPECT_EQ(error_of(Outcome::kAgentNotFound, contact, "mei").fields.at(0).field, "excluded_agent_ids[1]");
}

TEST(Errors, NumbersOfTheEngineAreTheCallersOwnIdentifiers) {
  v1::AcceptOfferRequest request;
  request.set_offer_id("o-7");
  const Error error = error_of(Outcome::kOfferNotFound, request);
  EXPECT_EQ(error.metadata.at(0), (std::pair<std::string, std::string>("offer_id", "o-7")));
  EXPECT_EQ(error.fields.at(0).field, "offer_id");
}

TEST(Errors, AWrongStateIsAFailedPreconditionThatNamesTheState) {
  v1::CancelContactRequest request;
  request.set_contact_id("c-3");
  node::Answer answer;
  answer.reply.outcome = Outcome::kContactWrongState;
  answer.reply.contact_state = dispatch::ContactState::kCompleted;
  const Error error = answer_error(answer, request);
  EXPECT_EQ(error.code, StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(detail<google::rpc::ErrorInfo>(error)->metadata().at("contact_state"), "CONTACT_STATE_COMPLETED");
  const auto failure = detail<google::rpc::PreconditionFailure>(error);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->violations(0).subject(), "c-3");
  EXPECT_EQ(failure->violations(0).type(), "CONTACT_WRONG_STATE");
}

TEST(Errors, WhatTheEngineForgotHasEnded) {
  v1::CancelContactRequest request;
  request.set_contact_id("c-3");
  const Error error = error_of(Outcome::kContactWrongState, request);
  EXPECT_EQ(detail<google::rpc::ErrorInfo>(error)->metadata().at("contact_state"), "ENDED");
}

TEST(Errors, AGraceTooShortIsAnInvalidFieldOfTheSettings) {
  const Error error = error_of(Outcome::kGraceTooShort, v1::UpdateWorkspaceSettingsRequest(), "resume_grace");
  EXPECT_EQ(error.code, StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(error.reason, "INVALID_REQUEST");
  EXPECT_EQ(error.fields.at(0).field, "settings.resume_grace");
}

TEST(Errors, AReusedRequestIdNamesItsField) {
  v1::CreateSkillRequest request;
  request.set_request_id("6f1f2c3e-8a52-4a4b-9d0e-5b3c1f6a7e21");
  const Error error = error_of(Outcome::kRequestIdReused, request);
  EXPECT_EQ(error.code, StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(error.reason, "REQUEST_ID_REUSED");
  EXPECT_EQ(error.fields.at(0).field, "request_id");
}

TEST(Errors, WhoeverMayTryAgainIsToldWhen) {
  const std::map<node::Delivery, std::pair<StatusCode, std::string>> expected{
      {node::Delivery::kBusy, {StatusCode::RESOURCE_EXHAUSTED, "SERVER_BUSY"}},
      {node::Delivery::kNotServing, {StatusCode::UNAVAILABLE, "NOT_SERVING"}},
      {node::Delivery::kUnknown, {StatusCode::UNAVAILABLE, "OUTCOME_UNKNOWN"}}};
  for (const auto& [delivery, as] : expected) {
    const Error error = delivery_error(delivery);
    EXPECT_EQ(error.code, as.first);
    EXPECT_EQ(error.reason, as.second);
    EXPECT_TRUE(detail<google::rpc::RetryInfo>(error).has_value());
  }
}

TEST(Errors, InvalidRequestsListWhatIsWrong) {
  const Error error = invalid_request({{"priority", "must be 0..100, is 101"}, {"queue_id", "is required"}});
  EXPECT_EQ(error.message, "priority: must be 0..100, is 101 (and 1 more)");
  const auto bad = detail<google::rpc::BadRequest>(error);
  ASSERT_TRUE(bad);
  EXPECT_EQ(bad->field_violations_size(), 2);
  EXPECT_EQ(bad->field_violations(1).field(), "queue_id");
}

TEST(Errors, ASessionClosedInGoodOrderIsNone) {
  EXPECT_FALSE(stream_end_error(node::StreamEnd::kClosed, 5).has_value());
  EXPECT_EQ(stream_end_error(node::StreamEnd::kReplaced, 5)->code, StatusCode::ABORTED);
}

TEST(Errors, TheStatusCarriesItsDetails) {
  const grpc::Status status = to_status(delivery_error(node::Delivery::kBusy));
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  EXPECT_EQ(details.code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(details.message(), status.error_message());
}

TEST(Errors, APoolIsNamedWhereAStepNamesIt) {
  v1::UpdatePolicyRequest request;
  request.mutable_policy()->add_steps();
  request.mutable_policy()->add_steps()->add_pool_ids("crowd");
  request.mutable_policy()->add_pools()->set_pool_id("own");
  const Error unknown = error_of(Outcome::kPoolNotFound, request, "crowd");
  EXPECT_EQ(unknown.code, StatusCode::NOT_FOUND);
  EXPECT_EQ(unknown.reason, "POOL_NOT_FOUND");
  EXPECT_EQ(unknown.fields.at(0).field, "policy.steps[1].pool_ids[0]");
  const Error left_out = error_of(Outcome::kPoolInUse, request, "partner");
  EXPECT_EQ(left_out.code, StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(left_out.message, "pool_id 'partner' is named by a step of the policy: it cannot be left out");
  EXPECT_EQ(left_out.metadata.at(0), (std::pair<std::string, std::string>("pool_id", "partner")));
  EXPECT_EQ(left_out.fields.at(0).field, "policy.pools");
}

TEST(Errors, ALenderIsNamedWhereItStands) {
  v1::CreatePolicyRequest request;
  request.mutable_policy()->add_pools()->mutable_lending()->set_lender_queue_id("sales");
  EXPECT_EQ(error_of(Outcome::kQueueNotFound, request, "sales").fields.at(0).field,
            "policy.pools[0].lending.lender_queue_id");
}

TEST(Errors, WhoIsNotSignedInIsNamed) {
  v1::SetAgentPresenceRequest request;
  request.set_agent_id("mei");
  const Error error = error_of(Outcome::kAgentSignedOff, request, "mei");
  EXPECT_EQ(error.code, StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(error.reason, "AGENT_SIGNED_OFF");
  EXPECT_EQ(error.message, "agent_id 'mei' has no session");
}

}  // namespace
}  // namespace muster::api
