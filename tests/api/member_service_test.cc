#include <gmock/gmock.h>

#include <chrono>
#include <future>
#include <thread>

#include "backend.h"
#include "muster/members/roster.h"
#include "muster/v1/identity_service.grpc.pb.h"
#include "muster/v1/member_service.grpc.pb.h"

// What people who look after members can do, and what the floor sees of it.
namespace muster::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using Members = v1::MemberService::Stub;
using Outcome = v1::ImportMembersResponse::Result;

class MemberServiceTest : public ::testing::Test {
 protected:
  static v1::Member person(const std::string& id) {
    v1::Member member;
    member.set_member_id(id);
    member.set_display_name("李娜");
    member.set_engagement_type(v1::ENGAGEMENT_TYPE_STUDENT);
    return member;
  }

  template <typename Request, typename Response>
  grpc::Status change(grpc::Status (Members::*method)(grpc::ClientContext*, const Request&, Response*), Request request,
                      Response* response = nullptr) {
    return backend.change(method, std::move(request), response);
  }

  grpc::Status create(const v1::Member& member) {
    v1::CreateMemberRequest request;
    *request.mutable_member() = member;
    return change(&Members::CreateMember, request);
  }
  grpc::Status create_base(const std::string& id) {
    v1::CreateBaseRequest request;
    request.mutable_base()->set_base_id(id);
    request.mutable_base()->set_display_name(id);
    return change(&Members::CreateBase, request);
  }
  grpc::Status create_team(const std::string& id, const std::string& base, int limit = 0) {
    v1::CreateTeamRequest request;
    request.mutable_team()->set_team_id(id);
    request.mutable_team()->set_base_id(base);
    request.mutable_team()->set_display_name(id);
    request.mutable_team()->set_member_limit(limit);
    return change(&Members::CreateTeam, request);
  }
  grpc::Status move(const std::string& id, v1::MemberState state, const std::string& reason = "because") {
    v1::ChangeMemberStateRequest request;
    request.set_member_id(id);
    request.set_state(state);
    request.set_reason(reason);
    return change(&Members::ChangeMemberState, request);
  }
  void bring_to_serve(const std::string& id) {
    ASSERT_TRUE(create(person(id)).ok());
    for (const auto state : {v1::MEMBER_STATE_VERIFIED, v1::MEMBER_STATE_TRAINING, v1::MEMBER_STATE_CERTIFIED,
                             v1::MEMBER_STATE_PROBATION}) {
      ASSERT_TRUE(move(id, state).ok());
    }
    ASSERT_TRUE(eventually([&] { return agent(id).has_value(); }));
  }
  v1::Member get(const std::string& id) {
    v1::GetMemberRequest request;
    request.set_member_id(id);
    v1::GetMemberResponse response;
    EXPECT_TRUE(backend.call(&Members::GetMember, request, &response).ok());
    return response.member();
  }
  std::vector<std::string> list(const v1::ListMembersRequest& request) {
    v1::ListMembersResponse response;
    EXPECT_TRUE(backend.call(&Members::ListMembers, request, &response).ok());
    std::vector<std::string> ids;
    for (const v1::Member& member : response.members()) ids.push_back(member.member_id());
    return ids;
  }
  std::optional<v1::Agent> agent(const std::string& id) {
    v1::GetAgentRequest request;
    request.set_agent_id(id);
    v1::GetAgentResponse response;
    if (!backend.call(&Routing::GetAgent, request, &response).ok()) return std::nullopt;
    return response.agent();
  }
  bool presence_becomes(const std::string& id, v1::AgentPresence presence) {
    return eventually([&] {
      const auto found = agent(id);
      return found && found->presence() == presence;
    });
  }

  Backend backend;
};

TEST_F(MemberServiceTest, WhoComesToServeHasAnAgent) {
  bring_to_serve("li.na");
  EXPECT_EQ(agent("li.na")->display_name(), "李娜");
  EXPECT_EQ(agent("li.na")->presence(), v1::AGENT_PRESENCE_OFFLINE);
}

TEST_F(MemberServiceTest, WhoDoesNotServeYetHasNone) {
  ASSERT_TRUE(create(person("li.na")).ok());
  ASSERT_TRUE(move("li.na", v1::MEMBER_STATE_VERIFIED).ok());
  // One who comes later and serves shows that the roster has passed by.
  bring_to_serve("wang.fang");
  EXPECT_FALSE(agent("li.na").has_value());
}

TEST_F(MemberServiceTest, WhoIsSuspendedMayNotServeUntilItIsLifted) {
  bring_to_serve("li.na");
  ASSERT_TRUE(move("li.na", v1::MEMBER_STATE_SUSPENDED, "under review").ok());
  EXPECT_TRUE(presence_becomes("li.na", v1::AGENT_PRESENCE_SUSPENDED));
  EXPECT_EQ(get("li.na").state_reason(), "under review");
  ASSERT_TRUE(move("li.na", v1::MEMBER_STATE_PROBATION).ok());
  EXPECT_TRUE(presence_becomes("li.na", v1::AGENT_PRESENCE_OFFLINE));
}

TEST_F(MemberServiceTest, ASuspensionByASupervisorStaysWhateverBecomesOfTheMember) {
  bring_to_serve("li.na");
  v1::SetAgentSuspensionRequest suspension;
  suspension.set_request_id(new_request_id());
  suspension.set_agent_id("li.na");
  suspension.set_suspended(true);
  suspension.set_reason("audit");
  ASSERT_TRUE(backend.call(&Routing::SetAgentSuspension, suspension).ok());
  ASSERT_TRUE(move("li.na", v1::MEMBER_STATE_ACTIVE).ok());
  bring_to_serve("wang.fang");  // the roster has passed by
  EXPECT_EQ(agent("li.na")->presence(), v1::AGENT_PRESENCE_SUSPENDED);
}

TEST_F(MemberServiceTest, ANewNameReachesTheFloor) {
  bring_to_serve("li.na");
  v1::UpdateMemberRequest request;
  request.mutable_member()->set_member_id("li.na");
  request.mutable_member()->set_display_name("李娜娜");
  request.mutable_update_mask()->add_paths("display_name");
  ASSERT_TRUE(change(&Members::UpdateMember, request).ok());
  EXPECT_TRUE(eventually([&] { return agent("li.na")->display_name() == "李娜娜"; }));
}

TEST_F(MemberServiceTest, AStateThatMayNotFollowIsRefusedAndSaysWhichMay) {
  ASSERT_TRUE(create(person("li.na")).ok());
  const Problem refused = problem(move("li.na", v1::MEMBER_STATE_ACTIVE));
  EXPECT_EQ(refused.code, grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(refused.reason, "MEMBER_WRONG_STATE");
  EXPECT_EQ(refused.metadata.at("state"), "APPLIED");
  EXPECT_EQ(refused.metadata.at("next_states"), "VERIFIED, CLOSED");
  EXPECT_EQ(get("li.na").state(), v1::MEMBER_STATE_APPLIED);
  EXPECT_THAT(get("li.na").next_states(), ElementsAre(v1::MEMBER_STATE_VERIFIED, v1::MEMBER_STATE_CLOSED));
}

TEST_F(MemberServiceTest, NobodyIsSuspendedWithoutAReason) {
  bring_to_serve("li.na");
  EXPECT_THAT(problem(move("li.na", v1::MEMBER_STATE_SUSPENDED, "")).fields, ElementsAre("reason"));
  EXPECT_TRUE(move("li.na", v1::MEMBER_STATE_ACTIVE, "").ok());
}

TEST_F(MemberServiceTest, EveryStateIsOnRecord) {
  bring_to_serve("li.na");
  v1::ListMemberTransitionsRequest request;
  request.set_member_id("li.na");
  request.set_page_size(3);
  v1::ListMemberTransitionsResponse page;
  ASSERT_TRUE(backend.call(&Members::ListMemberTransitions, request, &page).ok());
  ASSERT_EQ(page.transitions_size(), 3);
  EXPECT_EQ(page.transitions(0).from(), v1::MEMBER_STATE_UNSPECIFIED);
  EXPECT_EQ(page.transitions(0).to(), v1::MEMBER_STATE_APPLIED);
  EXPECT_EQ(page.transitions(2).to(), v1::MEMBER_STATE_TRAINING);
  EXPECT_EQ(page.transitions(2).reason(), "because");
  request.set_page_token(page.next_page_token());
  ASSERT_TRUE(backend.call(&Members::ListMemberTransitions, request, &page).ok());
  EXPECT_EQ(page.transitions_size(), 2);
  EXPECT_EQ(page.next_page_token(), "");
}

TEST_F(MemberServiceTest, EveryChangeIsInTheAudit) {
  ASSERT_TRUE(create_base("chengdu").ok());
  ASSERT_TRUE(create(person("li.na")).ok());
  ASSERT_TRUE(move("li.na", v1::MEMBER_STATE_VERIFIED).ok());
  EXPECT_FALSE(move("li.na", v1::MEMBER_STATE_ACTIVE).ok());
  v1::ImportMembersRequest import;
  *import.add_members() = person("li.na");
  *import.add_members() = person("wang.fang");
  ASSERT_TRUE(change(&Members::ImportMembers, import).ok());
  v1::DeleteBaseRequest remove;
  remove.set_base_id("chengdu");
  ASSERT_TRUE(change(&Members::DeleteBase, remove).ok());

  v1::ListAuditEntriesRequest request;
  v1::WhoAmIResponse oneself;
  ASSERT_TRUE(backend.call(&v1::IdentityService::Stub::WhoAmI, v1::WhoAmIRequest(), &oneself).ok());
  request.set_actor(oneself.subject());
  v1::ListAuditEntriesResponse audit;
  ASSERT_TRUE(backend.call(&v1::IdentityService::Stub::ListAuditEntries, request, &audit).ok());
  std::vector<std::string> told;
  for (const v1::AuditEntry& entry : audit.audit_entries()) {
    EXPECT_FALSE(entry.request_id().empty());
    told.push_back(entry.action() + " " + entry.resource() + (entry.before().empty() ? "" : " before") +
                   (entry.after().empty() ? "" : " after"));
  }
  EXPECT_THAT(told, ElementsAre("CreateBase base/chengdu after", "CreateMember member/li.na after",
                                "ChangeMemberState member/li.na before after", "ImportMembers member/wang.fang after",
                                "DeleteBase base/chengdu before"));
  EXPECT_THAT(audit.audit_entries(2).before(), HasSubstr("APPLIED"));
  EXPECT_THAT(audit.audit_entries(2).after(), HasSubstr("VERIFIED"));
}

TEST_F(MemberServiceTest, ATeamTakesAsManyAsItsCoachCanLookAfter) {
  ASSERT_TRUE(create_base("chengdu").ok());
  ASSERT_TRUE(create_team("one", "chengdu", 2).ok());
  v1::Member member = person("a");
  member.set_base_id("chengdu");
  member.set_team_id("one");
  ASSERT_TRUE(create(member).ok());
  member.set_member_id("b");
  ASSERT_TRUE(create(member).ok());
  member.set_member_id("c");
  const Problem full = problem(create(member));
  EXPECT_EQ(full.reason, "TEAM_FULL");
  EXPECT_EQ(full.metadata.at("member_limit"), "2");
  // Whoever has left makes room.
  ASSERT_TRUE(move("a", v1::MEMBER_STATE_CLOSED).ok());
  EXPECT_TRUE(create(member).ok());
}

TEST_F(MemberServiceTest, TwoWhoJoinAtOnceDoNotOverfillATeam) {
  ASSERT_TRUE(create_base("chengdu").ok());
  ASSERT_TRUE(create_team("one", "chengdu", 3).ok());
  std::vector<std::future<bool>> joining;
  for (int i = 0; i < 12; ++i) {
    joining.push_back(std::async(std::launch::async, [this, i] {
      v1::Member member = person("m" + std::to_string(i));
      member.set_base_id("chengdu");
      member.set_team_id("one");
      return create(member).ok();
    }));
  }
  int joined = 0;
  for (auto& each : joining) joined += each.get() ? 1 : 0;
  EXPECT_EQ(joined, 3);
}

TEST_F(MemberServiceTest, ATeamsMembersAreOfItsBase) {
  ASSERT_TRUE(create_base("chengdu").ok());
  ASSERT_TRUE(create_base("xian").ok());
  ASSERT_TRUE(create_team("one", "chengdu").ok());
  v1::Member member = person("a");
  member.set_base_id("xian");
  member.set_team_id("one");
  EXPECT_EQ(problem(create(member)).reason, "TEAM_OF_OTHER_BASE");
  member.set_base_id("nowhere");
  EXPECT_EQ(problem(create(member)).reason, "BASE_NOT_FOUND");
}

TEST_F(MemberServiceTest, WhatIsNamedIsNotDeleted) {
  ASSERT_TRUE(create_base("chengdu").ok());
  ASSERT_TRUE(create_team("one", "chengdu").ok());
  v1::DeleteBaseRequest base;
  base.set_base_id("chengdu");
  EXPECT_EQ(problem(change(&Members::DeleteBase, base)).reason, "BASE_IN_USE");
  v1::DeleteTeamRequest team;
  team.set_team_id("one");
  EXPECT_TRUE(change(&Members::DeleteTeam, team).ok());
  EXPECT_TRUE(change(&Members::DeleteBase, base).ok());
  EXPECT_EQ(problem(change(&Members::DeleteBase, base)).reason, "BASE_NOT_FOUND");
}

TEST_F(MemberServiceTest, ARepeatedRequestHasOneEffect) {
  v1::CreateMemberRequest request;
  request.set_request_id(new_request_id());
  *request.mutable_member() = person("li.na");
  v1::CreateMemberResponse first, second;
  ASSERT_TRUE(change(&Members::CreateMember, request, &first).ok());
  ASSERT_TRUE(move("li.na", v1::MEMBER_STATE_VERIFIED).ok());
  ASSERT_TRUE(change(&Members::CreateMember, request, &second).ok());
  EXPECT_EQ(first.SerializeAsString(), second.SerializeAsString());
  request.mutable_member()->set_member_id("other");
  EXPECT_EQ(problem(change(&Members::CreateMember, request)).reason, "REQUEST_ID_REUSED");
}

TEST_F(MemberServiceTest, WhatIsWrongIsSaidFieldByField) {
  v1::CreateMemberRequest request;
  request.set_request_id("x");
  v1::Member& member = *request.mutable_member();
  member.set_member_id("Li Na");
  member.add_languages("中文");
  member.set_time_zone("Mars/Olympus");
  member.set_team_id("ONE");
  EXPECT_THAT(problem(change(&Members::CreateMember, request)).fields,
              UnorderedElementsAre("request_id", "member.member_id", "member.display_name", "member.engagement_type",
                                   "member.languages[0]", "member.time_zone", "member.team_id"));
  v1::UpdateMemberRequest update;
  *update.mutable_member() = person("li.na");
  update.mutable_update_mask()->add_paths("state");
  EXPECT_THAT(problem(change(&Members::UpdateMember, update)).fields, ElementsAre("update_mask"));
}

TEST_F(MemberServiceTest, AListShowsThoseWhoAreAskedFor) {
  ASSERT_TRUE(create_base("chengdu").ok());
  v1::Member member = person("a");
  member.set_base_id("chengdu");
  member.add_languages("zh-CN");
  ASSERT_TRUE(create(member).ok());
  member = person("b");
  member.set_display_name("50%_Zhang");
  member.set_engagement_type(v1::ENGAGEMENT_TYPE_FREELANCE);
  ASSERT_TRUE(create(member).ok());
  ASSERT_TRUE(move("b", v1::MEMBER_STATE_VERIFIED).ok());

  v1::ListMembersRequest request;
  EXPECT_THAT(list(request), ElementsAre("a", "b"));
  request.add_states(v1::MEMBER_STATE_VERIFIED);
  EXPECT_THAT(list(request), ElementsAre("b"));
  request.Clear();
  request.set_base_id("chengdu");
  EXPECT_THAT(list(request), ElementsAre("a"));
  request.Clear();
  request.set_engagement_type(v1::ENGAGEMENT_TYPE_FREELANCE);
  EXPECT_THAT(list(request), ElementsAre("b"));
  request.Clear();
  request.set_language("zh-CN");
  EXPECT_THAT(list(request), ElementsAre("a"));
  request.Clear();
  request.set_text("%_zh");
  EXPECT_THAT(list(request), ElementsAre("b"));
  request.set_text("李");
  EXPECT_THAT(list(request), ElementsAre("a"));
  request.set_text("%");
  EXPECT_THAT(list(request), ElementsAre("b"));
}

TEST_F(MemberServiceTest, APageTokenIsOfOneList) {
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(create(person(id)).ok());
  v1::ListMembersRequest request;
  request.set_page_size(2);
  v1::ListMembersResponse page;
  ASSERT_TRUE(backend.call(&Members::ListMembers, request, &page).ok());
  request.set_page_token(page.next_page_token());
  EXPECT_THAT(list(request), ElementsAre("c"));
  request.set_text("a");
  EXPECT_THAT(problem(backend.call(&Members::ListMembers, request)).fields, ElementsAre("page_token"));
}

TEST_F(MemberServiceTest, AnImportSaysWhatCameOfEach) {
  ASSERT_TRUE(create(person("same")).ok());
  ASSERT_TRUE(create(person("renamed")).ok());
  ASSERT_TRUE(create(person("gone")).ok());
  ASSERT_TRUE(move("gone", v1::MEMBER_STATE_CLOSED).ok());
  v1::ImportMembersRequest request;
  for (const char* id : {"fresh", "same", "renamed", "gone", "NOT AN ID", "fresh", "lost"}) {
    *request.add_members() = person(id);
  }
  request.mutable_members(2)->set_display_name("王芳");
  request.mutable_members(3)->set_display_name("王芳");
  request.mutable_members(6)->set_base_id("nowhere");
  for (const bool only_check : {true, false}) {
    request.set_validate_only(only_check);
    v1::ImportMembersResponse response;
    ASSERT_TRUE(change(&Members::ImportMembers, request, &response).ok());
    std::vector<int> outcomes;
    for (const auto& result : response.results()) outcomes.push_back(result.outcome());
    EXPECT_THAT(outcomes, ElementsAre(Outcome::OUTCOME_CREATED, Outcome::OUTCOME_UNCHANGED, Outcome::OUTCOME_UPDATED, 0,
                                      0, Outcome::OUTCOME_UNCHANGED, 0));
    EXPECT_EQ(problem(response.results(3).error()).reason, "MEMBER_CLOSED");
    EXPECT_THAT(problem(response.results(4).error()).fields, ElementsAre("member_id"));
    EXPECT_EQ(problem(response.results(6).error()).reason, "BASE_NOT_FOUND");
    EXPECT_EQ(list({}).size(), only_check ? 3U : 4U);
  }
  EXPECT_EQ(get("renamed").display_name(), "王芳");
}

TEST_F(MemberServiceTest, TeamsAndWhoIsInThemAreChangedAtOnceWithoutADeadlock) {
  constexpr int kSteps = 40;
  ASSERT_TRUE(create_base("chengdu").ok());
  for (const char* team : {"t1", "t2"}) ASSERT_TRUE(create_team(team, "chengdu").ok());
  for (const char* id : {"coach", "other"}) {
    v1::Member member = person(id);
    member.set_base_id("chengdu");
    ASSERT_TRUE(create(member).ok());
  }
  const auto import = [&](const std::string& first, const std::string& second, const std::string& name, int step) {
    v1::ImportMembersRequest request;
    for (const auto& [id, team] : {std::pair{name + "-1", first}, std::pair{name + "-2", second}}) {
      v1::Member& member = *request.add_members();
      member = person(id);
      member.set_base_id("chengdu");
      member.set_team_id(team);
      member.set_display_name("step " + std::to_string(step));
    }
    return change(&Members::ImportMembers, request);
  };
  const auto coach = [&](int step) {
    v1::UpdateTeamRequest request;
    request.mutable_team()->set_team_id("t1");
    request.mutable_team()->set_coach_id(step % 2 == 0 ? "coach" : "other");
    request.mutable_update_mask()->add_paths("coach_id");
    return change(&Members::UpdateTeam, request);
  };
  const auto join = [&](int step) {
    v1::UpdateMemberRequest request;
    request.mutable_member()->set_member_id("coach");
    request.mutable_member()->set_base_id("chengdu");
    request.mutable_member()->set_team_id(step % 2 == 0 ? "t1" : "t2");
    request.mutable_update_mask()->add_paths("team_id");
    return change(&Members::UpdateMember, request);
  };
  const std::vector<std::function<grpc::Status(int)>> doings{coach, join,
                                                             [&](int step) { return import("t1", "t2", "a", step); },
                                                             [&](int step) { return import("t2", "t1", "b", step); }};
  std::vector<std::jthread> threads;
  for (const auto& each : doings) {
    threads.emplace_back([&each] {
      for (int step = 0; step < kSteps; ++step) {
        const grpc::Status status = each(step);
        EXPECT_TRUE(status.ok()) << "step " << step << ": " << status.error_message();
      }
    });
  }
}

TEST_F(MemberServiceTest, TheFloorHearsOfWhatHappenedWhileNobodyServedTheWorkspace) {
  // Another workspace of the same cluster, served later.
  node::Node node({.database = backend.database, .workspace = "later", .owner = "api-test"});
  ASSERT_TRUE(create(person("li.na")).ok());
  backend.node->stop();
  for (const auto state :
       {v1::MEMBER_STATE_VERIFIED, v1::MEMBER_STATE_TRAINING, v1::MEMBER_STATE_CERTIFIED, v1::MEMBER_STATE_PROBATION}) {
    ASSERT_TRUE(move("li.na", state).ok());
  }
  node.start();
  members::Roster roster(backend.back_office->pool(), node);
  EXPECT_TRUE(eventually([&] {
    std::promise<bool> known;
    node.read(
        [&](const dispatch::Engine& engine, TimePoint) -> std::function<void()> {
          const bool there = engine.agent("li.na") != nullptr;
          return [&known, there] { known.set_value(there); };
        },
        [&](node::Delivery) { known.set_value(false); });
    return known.get_future().get();
  }));
  node.stop();
}

}  // namespace
}  // namespace muster::testing
