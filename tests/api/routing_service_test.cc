#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "backend.h"
#include "desk.h"

namespace muster::testing {
namespace {

using google::protobuf::TextFormat;
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

  template <typename Request>
  static Request parse(const std::string& text) {
    Request request;
    EXPECT_TRUE(TextFormat::ParseFromString(text, &request)) << text;
    request.set_request_id(new_request_id());
    return request;
  }
  grpc::Status create_policy(const std::string& text) {
    return backend.call(&Routing::CreatePolicy, parse<v1::CreatePolicyRequest>("policy { " + text + " }"));
  }
  v1::Policy policy(const std::string& id) {
    v1::GetPolicyRequest request;
    request.set_policy_id(id);
    v1::GetPolicyResponse response;
    EXPECT_TRUE(backend.call(&Routing::GetPolicy, request, &response).ok());
    return response.policy();
  }
  v1::Agent agent(const std::string& id) {
    v1::GetAgentRequest request;
    request.set_agent_id(id);
    v1::GetAgentResponse response;
    EXPECT_TRUE(backend.call(&Routing::GetAgent, request, &response).ok());
    return response.agent();
  }

  Backend backend;
};

constexpr char kWholePolicy[] = R"(
  policy_id: "whole"
  steps { after {} offers: 1 }
  steps {
    after { seconds: 9 }
    requirements { skill_id: "zh" min_level: 20 max_level: 50 }
    where {
      any_of {
        conditions { skill { skill_id: "zh" min_level: 60 } }
        conditions {
          none_of { conditions { skill { skill_id: "zh" } } conditions { skill { skill_id: "zh" max_level: 9 } } }
        }
      }
    }
    prefer {
      load { seconds: 1 } quality { seconds: 2 } cost { seconds: 3 } specialist { seconds: 4 } fairness { seconds: 5 }
      skill_fit { seconds: 6 } ignore_idle_time: true newcomer_skill_id: "zh" newcomer_percent: 7
    }
    pool_ids: "own"
    pool_ids: "crowd"
    offers: 50
  }
  offer_timeout { seconds: 20 } priority_weight { seconds: 60 } refusal_cool_down { seconds: 60 }
  gates { none_of { conditions { all_of { conditions { skill { skill_id: "zh" min_level: 1 max_level: 2 } } } } } }
  preferred_agent_wait { seconds: 8 } strict_priority: true by_deadline: true starvation_bound { seconds: 10 }
  pools { pool_id: "own" }
  pools {
    pool_id: "crowd"
    members { skill { skill_id: "zh" min_level: 60 } }
    lending {
      predicted_wait { seconds: 90 } waiting: 5 service_level: 80 lender_queue_id: "help" lender_service_level: 90
    }
  })";

TEST_F(RoutingServiceTest, APolicyIsReadAsItWasWritten) {
  ASSERT_TRUE(create_policy(kWholePolicy).ok());
  v1::Policy written;
  ASSERT_TRUE(TextFormat::ParseFromString(kWholePolicy, &written));
  EXPECT_EQ(policy("whole").DebugString(), written.DebugString());
}

TEST_F(RoutingServiceTest, APolicyWithoutMoreHasTheDefaults) {
  const v1::Policy plain = policy("plain");
  EXPECT_FALSE(plain.has_gates());
  EXPECT_FALSE(plain.steps(0).has_where());
  EXPECT_FALSE(plain.steps(0).has_prefer());
  EXPECT_EQ(plain.preferred_agent_wait().seconds(), 20);
  EXPECT_EQ(plain.starvation_bound().seconds(), 1800);
}

TEST_F(RoutingServiceTest, AnUpdateOfAPolicyChangesWhatItsMaskNames) {
  ASSERT_TRUE(create_policy(kWholePolicy).ok());
  const auto update = parse<v1::UpdatePolicyRequest>(
      R"(policy { policy_id: "whole" by_deadline: false } update_mask { paths: ["gates", "strict_priority"] })");
  ASSERT_TRUE(backend.call(&Routing::UpdatePolicy, update).ok());
  const v1::Policy changed = policy("whole");
  EXPECT_FALSE(changed.has_gates());
  EXPECT_FALSE(changed.strict_priority());
  EXPECT_TRUE(changed.by_deadline());
  EXPECT_TRUE(changed.steps(1).has_prefer());
}

TEST_F(RoutingServiceTest, UnknownSkillsOfAPolicyAreNamedWhereTheyStand) {
  EXPECT_THAT(problem(create_policy(R"(policy_id: "p" steps {} gates { skill { skill_id: "klingon" } })")).fields,
              ElementsAre("policy.gates.skill.skill_id"));
  EXPECT_THAT(
      problem(create_policy(R"(policy_id: "p" steps { prefer { newcomer_skill_id: "klingon" newcomer_percent: 1 } })"))
          .fields,
      ElementsAre("policy.steps[0].prefer.newcomer_skill_id"));
}

TEST_F(RoutingServiceTest, AConditionThatGrowsTooLargeIsInvalid) {
  std::string pairs;
  for (int i = 1; i <= 5; ++i) {
    const std::string level = std::to_string(i);
    pairs += "conditions { all_of { conditions { skill { skill_id: 'zh' min_level: " + level +
             " } } conditions { skill { skill_id: 'zh' max_level: 9" + level + " } } } } ";
  }
  const Problem gates = problem(create_policy("policy_id: 'p' steps {} gates { any_of { " + pairs + "} }"));
  EXPECT_EQ(gates.code, grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(gates.fields, ElementsAre("policy.gates"));
  EXPECT_THAT(
      problem(create_policy("policy_id: 'p' steps {} steps { after { seconds: 1 } where { any_of { " + pairs + "} } }"))
          .fields,
      ElementsAre("policy.steps[1].where"));
}

TEST_F(RoutingServiceTest, PoliciesPreferInEightWaysAtMost) {
  const auto create = [&](int way) {
    const std::string number = std::to_string(way);
    return create_policy("policy_id: 'p" + number + "' steps { prefer { quality { seconds: " + number + " } } }");
  };
  for (int way = 1; way <= 8; ++way) EXPECT_TRUE(create(way).ok()) << way;
  const Problem answer = problem(create(9));
  EXPECT_EQ(answer.code, grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(answer.reason, "TOO_MANY_PREFERENCES");
  EXPECT_EQ(answer.metadata.at("limit"), "8");
}

TEST_F(RoutingServiceTest, AQueueTellsItsPauseShareAndReserve) {
  const auto update = parse<v1::UpdateQueueRequest>(R"(
      queue { queue_id: "help" paused: true share: 3 idle_reserve: 4 reserve_skill_id: "zh" }
      update_mask { paths: ["paused", "share", "idle_reserve", "reserve_skill_id"] })");
  ASSERT_TRUE(backend.call(&Routing::UpdateQueue, update).ok());
  v1::GetQueueRequest request;
  request.set_queue_id("help");
  v1::GetQueueResponse response;
  ASSERT_TRUE(backend.call(&Routing::GetQueue, request, &response).ok());
  EXPECT_TRUE(response.queue().paused());
  EXPECT_EQ(response.queue().share(), 3);
  EXPECT_EQ(response.queue().idle_reserve(), 4);
  EXPECT_EQ(response.queue().reserve_skill_id(), "zh");

  const auto unknown = parse<v1::UpdateQueueRequest>(
      R"(queue { queue_id: "help" reserve_skill_id: "klingon" } update_mask { paths: "reserve_skill_id" })");
  EXPECT_THAT(problem(backend.call(&Routing::UpdateQueue, unknown)).fields, ElementsAre("queue.reserve_skill_id"));
}

TEST_F(RoutingServiceTest, AnAgentTellsQualityCostAndEndsOfSkills) {
  const auto update = parse<v1::UpdateAgentRequest>(R"(
      agent {
        agent_id: "mei" quality: 80 cost: 30
        skills { skill_id: "zh" level: 5 expire_time { seconds: 4000000000 } }
      }
      update_mask { paths: ["quality", "cost", "skills"] })");
  ASSERT_TRUE(backend.call(&Routing::UpdateAgent, update).ok());
  EXPECT_EQ(agent("mei").quality(), 80);
  EXPECT_EQ(agent("mei").cost(), 30);
  EXPECT_EQ(agent("mei").skills(0).expire_time().seconds(), 4'000'000'000);
  EXPECT_FALSE(agent("bob").skills(0).has_expire_time());

  const auto past = parse<v1::UpdateAgentRequest>(R"(
      agent { agent_id: "mei" skills { skill_id: "zh" expire_time { seconds: 1 } } } update_mask { paths: "skills" })");
  ASSERT_TRUE(backend.call(&Routing::UpdateAgent, past).ok());
  EXPECT_TRUE(agent("mei").skills().empty()) << "what has ended is not taken up";
}

TEST_F(RoutingServiceTest, TheQueueOrderIsRankUntilItIsChanged) {
  v1::GetWorkspaceSettingsResponse response;
  ASSERT_TRUE(backend.call(&Routing::GetWorkspaceSettings, v1::GetWorkspaceSettingsRequest(), &response).ok());
  EXPECT_EQ(response.settings().queue_order(), v1::QUEUE_ORDER_RANK);
  const auto update = parse<v1::UpdateWorkspaceSettingsRequest>(
      R"(settings { queue_order: QUEUE_ORDER_SHARE } update_mask { paths: "queue_order" })");
  ASSERT_TRUE(backend.call(&Routing::UpdateWorkspaceSettings, update).ok());
  ASSERT_TRUE(backend.call(&Routing::GetWorkspaceSettings, v1::GetWorkspaceSettingsRequest(), &response).ok());
  EXPECT_EQ(response.settings().queue_order(), v1::QUEUE_ORDER_SHARE);
}

TEST_F(RoutingServiceTest, NothingIsInterruptedAndNobodyRampsUpUntilTheSettingsSaySo) {
  const auto update = [&](const std::string& text) {
    return backend.call(&Routing::UpdateWorkspaceSettings, parse<v1::UpdateWorkspaceSettingsRequest>(text));
  };
  v1::GetWorkspaceSettingsResponse response;
  const auto read = [&] {
    return backend.call(&Routing::GetWorkspaceSettings, v1::GetWorkspaceSettingsRequest(), &response);
  };
  ASSERT_TRUE(read().ok());
  EXPECT_EQ(response.settings().ramp_up_offers(), 0);
  EXPECT_TRUE(response.settings().interrupts().empty());

  ASSERT_TRUE(update(R"(
      settings {
        ramp_up_offers: 3
        interrupts { channel: CHANNEL_CHAT }
        interrupts { channel: CHANNEL_VOICE interrupts: [CHANNEL_TICKET, CHANNEL_EMAIL] }
      }
      update_mask { paths: ["ramp_up_offers", "interrupts"] })")
                  .ok());
  ASSERT_TRUE(read().ok());
  EXPECT_EQ(response.settings().ramp_up_offers(), 3);
  ASSERT_EQ(response.settings().interrupts_size(), 1) << "chats interrupt nothing";
  EXPECT_EQ(response.settings().interrupts(0).channel(), v1::CHANNEL_VOICE);
  EXPECT_THAT(response.settings().interrupts(0).interrupts(), ElementsAre(v1::CHANNEL_EMAIL, v1::CHANNEL_TICKET));

  ASSERT_TRUE(update(R"(update_mask { paths: "interrupts" })").ok());
  ASSERT_TRUE(read().ok());
  EXPECT_EQ(response.settings().ramp_up_offers(), 3);
  EXPECT_TRUE(response.settings().interrupts().empty());
  EXPECT_THAT(problem(update(R"(
      settings { interrupts { channel: CHANNEL_CHAT interrupts: CHANNEL_VOICE } }
      update_mask { paths: "interrupts" })"))
                  .fields,
              ElementsAre("settings.interrupts[0].interrupts[0]"));
}

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

TEST_F(RoutingServiceTest, APoolIsHeldOpenAndClosedAndLetGo) {
  const auto lend = parse<v1::UpdatePolicyRequest>(R"(
      policy {
        policy_id: "plain"
        steps { pool_ids: ["own", "crowd"] }
        pools { pool_id: "own" }
        pools { pool_id: "crowd" lending { waiting: 100 } }
      }
      update_mask { paths: ["steps", "pools"] })");
  ASSERT_TRUE(backend.call(&Routing::UpdatePolicy, lend).ok());
  const auto hold = [&](const std::string& text) {
    return problem(backend.call(&Routing::SetPoolHold, parse<v1::SetPoolHoldRequest>("queue_id: 'help' " + text)));
  };
  const auto queue = [&](const std::string& id) {
    v1::GetQueueRequest request;
    request.set_queue_id(id);
    v1::GetQueueResponse response;
    EXPECT_TRUE(backend.call(&Routing::GetQueue, request, &response).ok());
    return response.queue();
  };
  EXPECT_THAT(queue("help").open_pool_ids(), ElementsAre("own"));
  EXPECT_EQ(hold("pool_id: 'crowd' hold: POOL_HOLD_OPEN").code, grpc::StatusCode::OK);
  EXPECT_EQ(hold("pool_id: 'own' hold: POOL_HOLD_CLOSED").code, grpc::StatusCode::OK);
  EXPECT_THAT(queue("help").open_pool_ids(), ElementsAre("crowd"));
  EXPECT_THAT(queue("help").held_pool_ids(), ElementsAre("own", "crowd"));
  EXPECT_THAT(queue("billing").open_pool_ids(), ElementsAre("own")) << "another queue of the policy";
  EXPECT_EQ(hold("pool_id: 'own' hold: POOL_HOLD_AUTOMATIC").code, grpc::StatusCode::OK);
  EXPECT_THAT(queue("help").open_pool_ids(), ElementsAre("own", "crowd"));

  const Problem unknown = hold("pool_id: 'nobody' hold: POOL_HOLD_OPEN");
  EXPECT_EQ(unknown.code, grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(unknown.reason, "POOL_NOT_FOUND");
  EXPECT_THAT(unknown.fields, ElementsAre("pool_id"));
  const auto drop = parse<v1::UpdatePolicyRequest>(
      R"(policy { policy_id: "plain" pools { pool_id: "own" } } update_mask { paths: "pools" })");
  EXPECT_EQ(problem(backend.call(&Routing::UpdatePolicy, drop)).reason, "POOL_IN_USE");
}

TEST_F(RoutingServiceTest, UnknownPoolsAndLendersAreNamedWhereTheyStand) {
  EXPECT_THAT(problem(create_policy(R"(policy_id: "p" steps { pool_ids: "crowd" })")).fields,
              ElementsAre("policy.steps[0].pool_ids[0]"));
  EXPECT_THAT(problem(create_policy(R"(policy_id: "p" steps {}
                  pools { pool_id: "own" lending { lender_queue_id: "nowhere" lender_service_level: 80 } })"))
                  .fields,
              ElementsAre("policy.pools[0].lending.lender_queue_id"));
  EXPECT_THAT(problem(create_policy(
                          R"(policy_id: "p" steps {} pools { pool_id: "own" members { skill { skill_id: "tlh" } } })"))
                  .fields,
              ElementsAre("policy.pools[0].members.skill.skill_id"));
}

TEST_F(RoutingServiceTest, ASupervisorSetsAnAgentsPresence) {
  const auto set = [&](const std::string& text) {
    return problem(
        backend.call(&Routing::SetAgentPresence, parse<v1::SetAgentPresenceRequest>("agent_id: 'mei' " + text)));
  };
  const Problem nobody = set("presence: AGENT_PRESENCE_AVAILABLE");
  EXPECT_EQ(nobody.code, grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(nobody.reason, "AGENT_SIGNED_OFF");
  EXPECT_THAT(nobody.fields, ElementsAre("agent_id"));

  const auto desk = Desk::available(Door::kSession, backend, "mei");
  desk->next(v1::SessionEvent::kPresenceChanged);
  backend.create_contact("help");
  const v1::Contact contact = desk->accept_next();
  EXPECT_EQ(set("presence: AGENT_PRESENCE_BREAK reason: 'coaching' next: true").code, grpc::StatusCode::OK);
  EXPECT_EQ(agent("mei").presence(), v1::AGENT_PRESENCE_AVAILABLE);
  EXPECT_EQ(agent("mei").next_presence(), v1::AGENT_PRESENCE_BREAK);
  EXPECT_EQ(agent("mei").next_presence_reason(), "coaching");
  const auto told = desk->next(v1::SessionEvent::kPresenceChanged).presence_changed();
  EXPECT_EQ(told.presence(), v1::AGENT_PRESENCE_AVAILABLE);
  EXPECT_EQ(told.next_presence(), v1::AGENT_PRESENCE_BREAK);
  v1::SessionRequest done;
  done.mutable_complete_contact()->set_contact_id(contact.contact_id());
  ASSERT_EQ(desk->run(done).code(), 0);
  const auto came = desk->next(v1::SessionEvent::kPresenceChanged).presence_changed();
  EXPECT_EQ(came.presence(), v1::AGENT_PRESENCE_BREAK);
  EXPECT_EQ(came.reason(), "coaching");
  EXPECT_EQ(came.next_presence(), v1::AGENT_PRESENCE_UNSPECIFIED);
  EXPECT_EQ(set("presence: AGENT_PRESENCE_AVAILABLE").code, grpc::StatusCode::OK);
  EXPECT_EQ(agent("mei").presence(), v1::AGENT_PRESENCE_AVAILABLE);
}

}  // namespace
}  // namespace muster::testing
