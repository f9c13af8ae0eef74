#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend.h"
#include "desk.h"

namespace muster::testing {
namespace {

using ::testing::ElementsAre;

class RoutingServiceTest : public ::testing::Test {
 protected:
  RoutingServiceTest() { backend.set_up_floor(); }

  std::vector<std::string> list_agents(v1::ListAgentsRequest request) {
    std::vector<std::string> ids;
    do {
      v1::ListAgentsResponse page;
      EXPECT_TRUE(backend.call(&Routing::ListAgents, request, &page).ok());
      for (const auto& agent : page.agents()) ids.push_back(agent.agent_id());
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return ids;
  }

  Backend backend;
};

TEST_F(RoutingServiceTest, WhatIsCreatedIsRead) {
  v1::GetQueueRequest request;
  request.set_queue_id("help");
  v1::GetQueueResponse response;
  ASSERT_TRUE(backend.call(&Routing::GetQueue, request, &response).ok());
  EXPECT_EQ(response.queue().channel(), v1::CHANNEL_CHAT);
  EXPECT_EQ(response.queue().policy_id(), "plain");
  EXPECT_EQ(response.queue().service_level_target().seconds(), 20);
}

TEST_F(RoutingServiceTest, AnUpdateChangesWhatItsMaskNames) {
  v1::UpdateQueueRequest update;
  update.set_request_id(new_request_id());
  update.mutable_queue()->set_queue_id("help");
  update.mutable_queue()->set_display_name("Help");
  update.mutable_queue()->mutable_wrap_up_limit()->set_seconds(30);
  update.mutable_update_mask()->add_paths("wrap_up_limit");
  ASSERT_TRUE(backend.call(&Routing::UpdateQueue, update).ok());
  v1::GetQueueRequest request;
  request.set_queue_id("help");
  v1::GetQueueResponse response;
  ASSERT_TRUE(backend.call(&Routing::GetQueue, request, &response).ok());
  EXPECT_EQ(response.queue().wrap_up_limit().seconds(), 30);
  EXPECT_EQ(response.queue().display_name(), "");
}

TEST_F(RoutingServiceTest, WhatExistsIsNotCreatedAgain) {
  v1::CreateSkillRequest request;
  request.set_request_id(new_request_id());
  request.mutable_skill()->set_skill_id("zh");
  const Problem answer = problem(backend.call(&Routing::CreateSkill, request));
  EXPECT_EQ(answer.code, grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(answer.reason, "SKILL_EXISTS");
  EXPECT_THAT(answer.fields, ElementsAre("skill.skill_id"));
}

TEST_F(RoutingServiceTest, WhatIsInUseIsNotDeleted) {
  v1::DeletePolicyRequest request;
  request.set_request_id(new_request_id());
  request.set_policy_id("plain");
  const Problem answer = problem(backend.call(&Routing::DeletePolicy, request));
  EXPECT_EQ(answer.code, grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(answer.reason, "POLICY_IN_USE");
  EXPECT_THAT(answer.fields, ElementsAre("policy_id"));
}

TEST_F(RoutingServiceTest, AQueueNeedsAPolicyThatExists) {
  v1::CreateQueueRequest request;
  request.set_request_id(new_request_id());
  request.mutable_queue()->set_queue_id("sales");
  request.mutable_queue()->set_channel(v1::CHANNEL_VOICE);
  request.mutable_queue()->set_policy_id("fancy");
  const Problem answer = problem(backend.call(&Routing::CreateQueue, request));
  EXPECT_EQ(answer.reason, "POLICY_NOT_FOUND");
  EXPECT_THAT(answer.fields, ElementsAre("queue.policy_id"));
}

TEST_F(RoutingServiceTest, UnknownResourcesAreNotFound) {
  v1::GetAgentRequest request;
  request.set_agent_id("nobody");
  const Problem answer = problem(backend.call(&Routing::GetAgent, request));
  EXPECT_EQ(answer.code, grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(answer.reason, "AGENT_NOT_FOUND");
  EXPECT_EQ(answer.metadata.at("agent_id"), "nobody");
}

TEST_F(RoutingServiceTest, ListsPageThroughEverythingThatPassesTheFilter) {
  std::vector<std::string> expected{"mei", "bob"};
  for (int i = 0; i < 1200; ++i) {
    v1::CreateAgentRequest request;
    request.set_request_id(new_request_id());
    request.mutable_agent()->set_agent_id("agent-" + std::to_string(i));
    if (i % 300 == 0) {
      request.mutable_agent()->add_skills()->set_skill_id("zh");
      expected.push_back(request.agent().agent_id());
    }
    ASSERT_TRUE(backend.call(&Routing::CreateAgent, request).ok());
  }
  v1::ListAgentsRequest by_skill;
  by_skill.set_skill_id("zh");
  by_skill.set_page_size(2);
  EXPECT_EQ(list_agents(by_skill), expected);
  EXPECT_EQ(list_agents({}).size(), 1202u);
}

TEST_F(RoutingServiceTest, ConnectedAgentsCanBeListedAlone) {
  const auto desk = Desk::available(Door::kOpen, backend, "bob");
  v1::ListAgentsRequest request;
  request.set_connected_only(true);
  EXPECT_THAT(list_agents(request), ElementsAre("bob"));
}

TEST_F(RoutingServiceTest, SettingsAreChangedAndRead) {
  v1::UpdateWorkspaceSettingsRequest update;
  update.set_request_id(new_request_id());
  auto* units = update.mutable_settings()->add_channel_units();
  units->set_channel(v1::CHANNEL_CHAT);
  units->set_units(50);
  update.mutable_update_mask()->add_paths("channel_units");
  ASSERT_TRUE(backend.call(&Routing::UpdateWorkspaceSettings, update).ok());
  v1::GetWorkspaceSettingsResponse response;
  ASSERT_TRUE(backend.call(&Routing::GetWorkspaceSettings, v1::GetWorkspaceSettingsRequest(), &response).ok());
  for (const auto& cost : response.settings().channel_units()) {
    EXPECT_EQ(cost.units() == 50, cost.channel() == v1::CHANNEL_CHAT);
  }
}

TEST_F(RoutingServiceTest, ASuspendedAgentCannotComeBackAlone) {
  const auto desk = Desk::available(Door::kSession, backend, "mei");
  v1::SetAgentSuspensionRequest request;
  request.set_request_id(new_request_id());
  request.set_agent_id("mei");
  request.set_suspended(true);
  ASSERT_TRUE(backend.call(&Routing::SetAgentSuspension, request).ok());
  EXPECT_EQ(problem(desk->set_presence(v1::AGENT_PRESENCE_AVAILABLE)).reason, "AGENT_SUSPENDED");
}

}  // namespace
}  // namespace muster::testing
