#include "requests.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

namespace muster::api {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kRequestId[] = "6f1f2c3e-8a52-4a4b-9d0e-5b3c1f6a7e21";

template <typename Request>
Request parse(const std::string& text) {
  Request request;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request)) << text;
  request.set_request_id(kRequestId);
  return request;
}

/// The fields of a request that are wrong, in order.
template <typename Request, typename... Session>
std::vector<std::string> wrong_fields(const Request& request, Session... session) {
  Checker check;
  (void)to_command(request, session..., check);
  std::vector<std::string> fields;
  if (check.ok()) return fields;
  for (const auto& violation : check.error().fields) fields.push_back(violation.field);
  return fields;
}

template <typename Request>
std::vector<std::string> wrong_fields(const std::string& text) {
  return wrong_fields(parse<Request>(text));
}

template <typename Body, typename Request>
Body body_of(const std::string& text) {
  Checker check;
  const auto command = to_command(parse<Request>(text), check);
  EXPECT_TRUE(check.ok());
  return std::get<Body>(command.body);
}

TEST(CreateContactRequest, EveryViolationIsNamed) {
  EXPECT_THAT(wrong_fields<v1::CreateContactRequest>(R"(
      priority: 101
      requirements { skill_id: "zh" min_level: 101 }
      requirements { skill_id: "zh" }
      excluded_agent_ids: "Mei"
      time_to_live { seconds: 0 })"),
              ElementsAre("queue_id", "priority", "requirements[0].min_level", "requirements[1].skill_id",
                          "excluded_agent_ids[0]", "time_to_live"));
}

TEST(CreateContactRequest, AMinimalOneIsGood) {
  EXPECT_THAT(wrong_fields<v1::CreateContactRequest>(R"(queue_id: "billing")"), IsEmpty());
}

TEST(CreateContactRequest, TenMegabytesOfAttributesAreRefusedByName) {
  auto request = parse<v1::CreateContactRequest>(R"(queue_id: "billing")");
  (*request.mutable_attributes())["note"] = std::string(10 << 20, 'x');
  EXPECT_THAT(wrong_fields(request), ElementsAre("attributes"));
}

TEST(CreateContactRequest, AttributesHaveLimits) {
  auto request = parse<v1::CreateContactRequest>(R"(queue_id: "billing")");
  for (int i = 0; i < 64; ++i) (*request.mutable_attributes())["key" + std::to_string(i)] = "value";
  EXPECT_THAT(wrong_fields(request), IsEmpty());
  (*request.mutable_attributes())["one more"] = "";
  EXPECT_THAT(wrong_fields(request), ElementsAre("attributes"));
  request.clear_attributes();
  (*request.mutable_attributes())[std::string(65, 'k')] = "";
  EXPECT_THAT(wrong_fields(request), ElementsAre("attributes"));
}

TEST(CreateContactRequest, AttributesHoldNoNul) {
  auto request = parse<v1::CreateContactRequest>(R"(queue_id: "billing")");
  (*request.mutable_attributes())["note"] = std::string("a\0b", 3);
  EXPECT_THAT(wrong_fields(request), ElementsAre("attributes"));
  request.clear_attributes();
  (*request.mutable_attributes())[std::string("a\0b", 3)] = "";
  EXPECT_THAT(wrong_fields(request), ElementsAre("attributes"));
}

TEST(CreateContactRequest, MayBeDueAFortnightAheadAtMost) {
  auto request = parse<v1::CreateContactRequest>(R"(queue_id: "billing")");
  const auto ahead = [](Duration span) {
    return std::chrono::floor<std::chrono::seconds>(wall_now() + span).time_since_epoch().count();
  };
  request.mutable_schedule_time()->set_seconds(ahead(14 * 24h - 1h));
  EXPECT_THAT(wrong_fields(request), IsEmpty());
  request.mutable_schedule_time()->set_seconds(ahead(14 * 24h + 1h));
  EXPECT_THAT(wrong_fields(request), ElementsAre("schedule_time"));
  request.mutable_schedule_time()->set_seconds(0);
  EXPECT_THAT(wrong_fields(request), IsEmpty());
}

TEST(CreatePolicyRequest, StepsComeInOrder) {
  const std::string head = R"(policy { policy_id: "p" )";
  EXPECT_THAT(wrong_fields<v1::CreatePolicyRequest>(head + "}"), ElementsAre("policy.steps"));
  EXPECT_THAT(wrong_fields<v1::CreatePolicyRequest>(head + "steps {} steps { after { seconds: 30 } } }"), IsEmpty());
  EXPECT_THAT(wrong_fields<v1::CreatePolicyRequest>(head + "steps { after { seconds: 1 } } }"),
              ElementsAre("policy.steps[0].after"));
  EXPECT_THAT(wrong_fields<v1::CreatePolicyRequest>(
                  head + "steps {} steps { after { seconds: 30 } } steps { after { seconds: 30 } } }"),
              ElementsAre("policy.steps[2].after"));
}

TEST(CreatePolicyRequest, WhatIsNotSaidIsLeftToTheDefaults) {
  const auto created =
      body_of<dispatch::CreatePolicy, v1::CreatePolicyRequest>(R"(policy { policy_id: "p" steps {} })");
  EXPECT_FALSE(created.change.offer_timeout.has_value());
  EXPECT_FALSE(created.change.refusal_cool_down.has_value());
}

TEST(CreateQueueRequest, NeedsAChannelAndAPolicy) {
  EXPECT_THAT(wrong_fields<v1::CreateQueueRequest>(R"(queue { queue_id: "q" })"),
              ElementsAre("queue.channel", "queue.policy_id"));
}

TEST(CreateAgentRequest, NamesEachSkillAndChannelOnce) {
  EXPECT_THAT(wrong_fields<v1::CreateAgentRequest>(R"(agent { agent_id: "mei"
      skills { skill_id: "zh" level: 100 } skills { skill_id: "zh" level: 101 }
      capacity_units: 1001
      channel_limits { channel: CHANNEL_CHAT max_contacts: 3 }
      channel_limits { channel: CHANNEL_CHAT max_contacts: 101 }
      channel_limits { max_contacts: 1 } })"),
              ElementsAre("agent.skills[1].level", "agent.skills[1].skill_id", "agent.capacity_units",
                          "agent.channel_limits[1].max_contacts", "agent.channel_limits[1].channel",
                          "agent.channel_limits[2].channel"));
}

TEST(CreateAgentRequest, NoCapacityMeansTheDefaultOne) {
  const auto created = body_of<dispatch::CreateAgent, v1::CreateAgentRequest>(R"(agent { agent_id: "mei" })");
  EXPECT_FALSE(created.change.capacity_units.has_value());
}

TEST(UpdateRequests, ChangeOnlyWhatTheMaskNames) {
  const auto update = body_of<dispatch::UpdateAgent, v1::UpdateAgentRequest>(
      R"(agent { agent_id: "mei" display_name: "Mei" capacity_units: 0 } update_mask { paths: "capacity_units" })");
  EXPECT_EQ(update.change.capacity_units, 0);
  EXPECT_FALSE(update.change.display_name.has_value());
  EXPECT_FALSE(update.change.skills.has_value());
}

TEST(UpdateRequests, AFieldThatIsNamedButNotThereGoesBackToItsDefault) {
  const auto update = body_of<dispatch::UpdateQueue, v1::UpdateQueueRequest>(
      R"(queue { queue_id: "q" } update_mask { paths: "service_level_target" })");
  EXPECT_EQ(update.change.service_level_target, 20s);
}

TEST(UpdateRequests, AnEmptyMaskIsAnError) {
  EXPECT_THAT(wrong_fields<v1::UpdateSkillRequest>(R"(skill { skill_id: "zh" })"), ElementsAre("update_mask"));
}

TEST(UpdateRequests, AMaskMayNotNameWhatCannotChange) {
  for (const char* path : {"queue_id", "channel", "nonsense", "policy_id.x"}) {
    EXPECT_THAT(wrong_fields<v1::UpdateQueueRequest>(R"(queue { queue_id: "q" } update_mask { paths: ")" +
                                                     std::string(path) + "\" }"),
                ElementsAre("update_mask"))
        << path;
  }
  EXPECT_THAT(wrong_fields<v1::UpdateAgentRequest>(R"(agent { agent_id: "mei" } update_mask { paths: "presence" })"),
              ElementsAre("update_mask"));
}

TEST(SessionRequests, OnlyThePersonsPresencesMayBeSet) {
  v1::SetPresenceRequest request;
  request.set_request_id(kRequestId);
  for (const auto presence :
       {v1::AGENT_PRESENCE_UNSPECIFIED, v1::AGENT_PRESENCE_NOT_RESPONDING, v1::AGENT_PRESENCE_SUSPENDED}) {
    request.set_presence(presence);
    EXPECT_THAT(wrong_fields(request, dispatch::SessionId{1}), ElementsAre("presence"));
  }
  request.set_presence(v1::AGENT_PRESENCE_BREAK);
  EXPECT_THAT(wrong_fields(request, dispatch::SessionId{1}), IsEmpty());
}

TEST(SessionRequests, ADeclineSaysWhy) {
  const auto request = parse<v1::DeclineOfferRequest>(R"(offer_id: "o-1")");
  EXPECT_THAT(wrong_fields(request, dispatch::SessionId{1}), ElementsAre("reason"));
}

TEST(SessionRequests, AContactHandedOnMayGoToItsOwnQueue) {
  const auto request = parse<v1::ReturnContactRequest>(R"(contact_id: "c-1")");
  EXPECT_THAT(wrong_fields(request, dispatch::SessionId{1}), IsEmpty());
}

}  // namespace
}  // namespace muster::api
