#include <gmock/gmock.h>

#include <future>
#include <map>
#include <mutex>
#include <pqxx/pqxx>

#include "backend.h"
#include "muster/api/caller.h"
#include "muster/v1/identity_service.grpc.pb.h"
#include "muster/v1/sub_team_service.grpc.pb.h"

// The people whom a member brought, and leads.
namespace muster::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using SubTeams = v1::SubTeamService::Stub;
using Members = v1::MemberService::Stub;

class SubTeamServiceTest : public ::testing::Test {
 protected:
  SubTeamServiceTest() {
    add_members("li.na", 1);
    add_members("m", 16);
  }

  /// "m1" to "m16"; one alone has the plain name. All are ACTIVE.
  void add_members(const std::string& name, int count) {
    in_database([&](store::TenantTransaction& t) {
      for (int i = 1; i <= count; ++i) {
        t.sql().exec_params(
            "INSERT INTO member (member_id, display_name, engagement_type, languages, time_zone, state, state_time,"
            " state_reason, returns_to, create_time, update_time, tier, tier_time) VALUES ($1, '王芳', 4, '{}',"
            " 'Asia/Shanghai', $2, now(), '', 0, now(), now(), 2, now())",
            count == 1 ? name : name + std::to_string(i), static_cast<int>(v1::MEMBER_STATE_ACTIVE));
      }
    });
  }
  template <typename Work>
  void in_database(const Work& work) {
    backend.back_office->pool().submit(kPlatformTenant, work).get();
  }
  /// A channel of the member with this identifier; signed in once.
  std::shared_ptr<grpc::Channel> signed_in(const std::string& member_id) {
    const std::scoped_lock lock(mutex);
    std::shared_ptr<grpc::Channel>& channel = channels[member_id];
    if (!channel) channel = sign_in(member_id);
    return channel;
  }
  std::shared_ptr<grpc::Channel> sign_in(const std::string& member_id) {
    v1::CreateUserRequest user;
    user.mutable_user()->set_user_id(member_id);
    user.mutable_user()->set_display_name(member_id);
    user.mutable_user()->add_roles(v1::ROLE_AGENT);
    user.mutable_user()->set_agent_id(member_id);
    user.set_password("correct horse battery staple");
    EXPECT_TRUE(backend.change(&v1::IdentityService::Stub::CreateUser, user).ok());
    v1::SignInRequest sign_in;
    sign_in.set_user_id(member_id);
    sign_in.set_password(user.password());
    v1::SignInResponse response;
    EXPECT_TRUE(backend.call(&v1::IdentityService::Stub::SignIn, sign_in, &response).ok());
    return backend.connect(response.tokens().access_token());
  }

  grpc::Status create(const std::string& leader) {
    v1::CreateSubTeamRequest request;
    request.set_member_id(leader);
    request.set_display_name("夜猫队");
    return backend.change(&SubTeams::CreateSubTeam, request);
  }
  grpc::Status invite(const std::string& leader, const std::string& member) {
    v1::InviteToSubTeamRequest request;
    request.set_member_id(leader);
    request.set_invitee_id(member);
    return backend.change(&SubTeams::InviteToSubTeam, request);
  }
  grpc::Status answer(const std::string& leader, const std::string& member, bool accepted = true) {
    v1::AnswerSubTeamInvitationRequest request;
    request.set_leader_id(leader);
    request.set_member_id(member);
    request.set_accepted(accepted);
    request.set_request_id(new_request_id());
    SubTeams own(signed_in(member));
    grpc::ClientContext context;
    v1::AnswerSubTeamInvitationResponse response;
    return own.AnswerSubTeamInvitation(&context, request, &response);
  }
  void join(const std::string& leader, const std::string& member) {
    ASSERT_TRUE(invite(leader, member).ok());
    ASSERT_TRUE(answer(leader, member).ok());
  }
  grpc::Status leave(const std::string& member) {
    v1::LeaveSubTeamRequest request;
    request.set_member_id(member);
    request.set_reason("I am moving");
    return backend.change(&SubTeams::LeaveSubTeam, request);
  }
  grpc::Status remove(const std::string& leader, const std::string& member) {
    v1::RemoveSubTeamMemberRequest request;
    request.set_member_id(leader);
    request.set_removed_id(member);
    request.set_reason("never answers");
    return backend.change(&SubTeams::RemoveSubTeamMember, request);
  }
  grpc::Status dissolve(const std::string& leader) {
    v1::DissolveSubTeamRequest request;
    request.set_member_id(leader);
    request.set_reason("it breaks the rules");
    return backend.change(&SubTeams::DissolveSubTeam, request);
  }
  grpc::Status move(const std::string& member, v1::MemberState state) {
    v1::ChangeMemberStateRequest request;
    request.set_member_id(member);
    request.set_state(state);
    request.set_reason("so it is");
    return backend.change(&Members::ChangeMemberState, request);
  }
  /// Who is in the sub-team of the member; empty if there is none.
  std::vector<std::string> members_of(const std::string& member) {
    v1::GetSubTeamRequest request;
    request.set_member_id(member);
    v1::GetSubTeamResponse response;
    static_cast<void>(backend.call(&SubTeams::GetSubTeam, request, &response));
    std::vector<std::string> ids;
    for (const auto& each : response.members()) ids.push_back(each.member_id());
    return ids;
  }
  /// Such as "LEFT m1: I am moving".
  std::vector<std::string> history(const std::string& member) {
    v1::ListSubTeamChangesRequest request;
    request.set_member_id(member);
    v1::ListSubTeamChangesResponse response;
    EXPECT_TRUE(backend.call(&SubTeams::ListSubTeamChanges, request, &response).ok());
    std::vector<std::string> lines;
    for (const auto& each : response.changes()) {
      lines.push_back(v1::SubTeamChangeKind_Name(each.kind()).substr(21) + " " + each.member_id() +
                      (each.reason().empty() ? "" : ": " + each.reason()));
      EXPECT_FALSE(each.actor().empty());
    }
    return lines;
  }

  Backend backend;
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<grpc::Channel>> channels;  // guarded by mutex
};

TEST_F(SubTeamServiceTest, NobodyIsInOneWithoutHavingAccepted) {
  ASSERT_TRUE(create("li.na").ok());
  EXPECT_EQ(problem(answer("li.na", "m1")).reason, "SUB_TEAM_INVITATION_NOT_FOUND");
  ASSERT_TRUE(invite("li.na", "m1").ok());
  EXPECT_THAT(members_of("li.na"), IsEmpty());
  ASSERT_TRUE(answer("li.na", "m1", false).ok());
  EXPECT_THAT(members_of("li.na"), IsEmpty());
  EXPECT_EQ(problem(answer("li.na", "m1")).reason, "SUB_TEAM_INVITATION_NOT_FOUND") << "it was declined";
  join("li.na", "m1");
  EXPECT_THAT(members_of("li.na"), ElementsAre("m1"));
  EXPECT_THAT(members_of("m1"), ElementsAre("m1"));
}

TEST_F(SubTeamServiceTest, AnInvitationEnds) {
  ASSERT_TRUE(create("li.na").ok());
  ASSERT_TRUE(invite("li.na", "m1").ok());
  in_database([](store::TenantTransaction& t) { t.sql().exec("UPDATE sub_team_invitation SET end_time = now()"); });
  EXPECT_EQ(problem(answer("li.na", "m1")).reason, "SUB_TEAM_INVITATION_NOT_FOUND");
  v1::ListSubTeamInvitationsResponse response;
  ASSERT_TRUE(backend.call(&SubTeams::ListSubTeamInvitations, v1::ListSubTeamInvitationsRequest(), &response).ok());
  EXPECT_EQ(response.invitations_size(), 0);
  join("li.na", "m1");
}

TEST_F(SubTeamServiceTest, OneLeavesAtOnceAndSoDoesEveryoneWhenItIsDissolved) {
  ASSERT_TRUE(create("li.na").ok());
  join("li.na", "m1");
  join("li.na", "m2");
  ASSERT_TRUE(leave("m1").ok());
  EXPECT_THAT(members_of("li.na"), ElementsAre("m2"));
  EXPECT_EQ(problem(leave("m1")).reason, "SUB_TEAM_NOT_FOUND");
  ASSERT_TRUE(dissolve("li.na").ok());
  EXPECT_EQ(problem(dissolve("li.na")).reason, "SUB_TEAM_NOT_FOUND");
  EXPECT_THAT(history("li.na"), ElementsAre("FOUNDED li.na", "JOINED m1", "JOINED m2", "LEFT m1: I am moving",
                                            "LEFT m2: it breaks the rules", "DISSOLVED li.na: it breaks the rules"));
  EXPECT_THAT(history("m1"), ElementsAre("JOINED m1", "LEFT m1: I am moving"));
  ASSERT_TRUE(create("m2").ok()) << "who is free may lead";
}

TEST_F(SubTeamServiceTest, TheLeaderRemovesOneWhoIsInIt) {
  ASSERT_TRUE(create("li.na").ok());
  ASSERT_TRUE(create("m3").ok());
  join("li.na", "m1");
  join("li.na", "m2");
  EXPECT_EQ(problem(remove("m3", "m1")).reason, "SUB_TEAM_MEMBER_NOT_FOUND");
  EXPECT_EQ(problem(remove("li.na", "nobody")).reason, "SUB_TEAM_MEMBER_NOT_FOUND");
  ASSERT_TRUE(remove("li.na", "m1").ok());
  EXPECT_THAT(members_of("li.na"), ElementsAre("m2"));
  EXPECT_EQ(problem(remove("li.na", "m1")).reason, "SUB_TEAM_MEMBER_NOT_FOUND");
  EXPECT_THAT(history("m1"), ElementsAre("JOINED m1", "LEFT m1: never answers"));
  SubTeams other(signed_in("m2"));
  v1::RemoveSubTeamMemberRequest request;
  request.set_request_id(new_request_id());
  request.set_member_id("li.na");
  request.set_removed_id("m2");
  request.set_reason("mine now");
  grpc::ClientContext context;
  v1::RemoveSubTeamMemberResponse response;
  EXPECT_EQ(other.RemoveSubTeamMember(&context, request, &response).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  join("li.na", "m1");
}

TEST_F(SubTeamServiceTest, NoKeyAcceptsForAMember) {
  ASSERT_TRUE(create("li.na").ok());
  ASSERT_TRUE(invite("li.na", "m1").ok());
  v1::AnswerSubTeamInvitationRequest request;
  request.set_leader_id("li.na");
  request.set_member_id("m1");
  request.set_accepted(true);
  EXPECT_EQ(problem(backend.change(&SubTeams::AnswerSubTeamInvitation, request)).reason, "NOT_A_MEMBER");
  EXPECT_THAT(members_of("li.na"), IsEmpty());
}

TEST_F(SubTeamServiceTest, OneIsInOneAtMostAndNobodyLeadsWhoLeads) {
  ASSERT_TRUE(create("li.na").ok());
  EXPECT_EQ(problem(create("li.na")).reason, "ALREADY_IN_SUB_TEAM");
  ASSERT_TRUE(create("m1").ok());
  EXPECT_EQ(problem(invite("li.na", "m1")).reason, "SUB_TEAM_INVITEE_UNAVAILABLE");
  EXPECT_EQ(problem(invite("li.na", "li.na")).reason, "SUB_TEAM_INVITEE_UNAVAILABLE");
  ASSERT_TRUE(invite("m1", "m2").ok());
  join("li.na", "m2");
  EXPECT_EQ(problem(answer("m1", "m2")).reason, "ALREADY_IN_SUB_TEAM");
  EXPECT_EQ(problem(create("m2")).reason, "ALREADY_IN_SUB_TEAM");
  EXPECT_THAT(members_of("m2"), ElementsAre("m2"));
  EXPECT_THAT(members_of("m1"), IsEmpty());
}

TEST_F(SubTeamServiceTest, OfTwoWhoAcceptTheLastPlaceAtOnceOneHasIt) {
  ASSERT_TRUE(create("li.na").ok());
  for (int i = 1; i <= 16; ++i) ASSERT_TRUE(invite("li.na", "m" + std::to_string(i)).ok());
  for (int i = 1; i <= 14; ++i) ASSERT_TRUE(answer("li.na", "m" + std::to_string(i)).ok());
  auto other = std::async(std::launch::async, [&] { return answer("li.na", "m15"); });
  const grpc::Status own = answer("li.na", "m16");
  const grpc::Status others = other.get();
  EXPECT_NE(own.ok(), others.ok());
  EXPECT_EQ(problem(own.ok() ? others : own).reason, "SUB_TEAM_FULL");
  EXPECT_EQ(members_of("li.na").size(), 15u);
}

TEST_F(SubTeamServiceTest, OneWhoAcceptsTwoAtOnceIsInOne) {
  ASSERT_TRUE(create("li.na").ok());
  ASSERT_TRUE(create("m2").ok());
  ASSERT_TRUE(invite("li.na", "m1").ok());
  ASSERT_TRUE(invite("m2", "m1").ok());
  auto other = std::async(std::launch::async, [&] { return answer("m2", "m1"); });
  const grpc::Status own = answer("li.na", "m1");
  EXPECT_NE(own.ok(), other.get().ok());
  EXPECT_EQ(members_of("li.na").size() + members_of("m2").size(), 1u);
}

TEST_F(SubTeamServiceTest, ItTakesNobodyWhileItsLeaderIsNotActiveAndStays) {
  EXPECT_EQ(problem(create("nobody")).reason, "MEMBER_NOT_FOUND");
  ASSERT_TRUE(create("li.na").ok());
  join("li.na", "m1");
  ASSERT_TRUE(invite("li.na", "m2").ok());
  ASSERT_TRUE(move("li.na", v1::MEMBER_STATE_SUSPENDED).ok());
  EXPECT_EQ(problem(answer("li.na", "m2")).reason, "SUB_TEAM_LEADER_NOT_ACTIVE");
  EXPECT_EQ(problem(invite("li.na", "m3")).reason, "SUB_TEAM_LEADER_NOT_ACTIVE");
  EXPECT_THAT(members_of("li.na"), ElementsAre("m1"));
  ASSERT_TRUE(move("m4", v1::MEMBER_STATE_PAUSED).ok());
  EXPECT_EQ(problem(create("m4")).reason, "SUB_TEAM_LEADER_NOT_ACTIVE");
  ASSERT_TRUE(move("li.na", v1::MEMBER_STATE_ACTIVE).ok());
  EXPECT_TRUE(answer("li.na", "m2").ok()) << "what was refused changed nothing";
}

TEST_F(SubTeamServiceTest, WhoLeavesForGoodIsInNoneAndLeadsNone) {
  ASSERT_TRUE(create("li.na").ok());
  join("li.na", "m1");
  join("li.na", "m2");
  ASSERT_TRUE(move("m1", v1::MEMBER_STATE_CLOSED).ok());
  EXPECT_THAT(members_of("li.na"), ElementsAre("m2"));
  EXPECT_EQ(problem(invite("li.na", "m1")).reason, "SUB_TEAM_INVITEE_UNAVAILABLE");
  ASSERT_TRUE(move("li.na", v1::MEMBER_STATE_CLOSED).ok());
  EXPECT_THAT(members_of("m2"), IsEmpty());
  EXPECT_THAT(history("m2"), ElementsAre("JOINED m2", "LEFT m2: li.na has left for good"));
}

TEST_F(SubTeamServiceTest, AllOfOneAreOfItsLeadersBase) {
  in_database([](store::TenantTransaction& t) {
    t.sql().exec("INSERT INTO base VALUES ('chengdu', DEFAULT, '成都', 'Asia/Shanghai', now())");
  });
  const auto move_to_base = [&](const std::string& member) {
    v1::UpdateMemberRequest request;
    request.mutable_member()->set_member_id(member);
    request.mutable_member()->set_base_id("chengdu");
    request.mutable_update_mask()->add_paths("base_id");
    return backend.change(&Members::UpdateMember, request);
  };
  ASSERT_TRUE(create("li.na").ok());
  join("li.na", "m1");
  ASSERT_TRUE(move_to_base("m1").ok());
  EXPECT_THAT(members_of("li.na"), IsEmpty());
  EXPECT_EQ(problem(invite("li.na", "m1")).reason, "SUB_TEAM_INVITEE_UNAVAILABLE");
  ASSERT_TRUE(move_to_base("li.na").ok());
  EXPECT_EQ(problem(invite("li.na", "m1")).reason, "SUB_TEAM_NOT_FOUND") << "it was dissolved";
}

TEST_F(SubTeamServiceTest, TheLeaderSeesWhatMembersCanDoAndTheyOnlyThemselves) {
  ASSERT_TRUE(create("li.na").ok());
  join("li.na", "m1");
  join("li.na", "m2");
  in_database([](store::TenantTransaction& t) {
    t.sql().exec(
        "INSERT INTO managed_skill VALUES ('refunds', 'test');"
        "INSERT INTO granted_skill (member_id, skill_id, level) VALUES ('m1', 'refunds', 70)");
  });
  const auto seen_by = [&](const std::string& member, v1::GetSubTeamResponse& response) {
    SubTeams own(signed_in(member));
    grpc::ClientContext context;
    return own.GetSubTeam(&context, v1::GetSubTeamRequest(), &response);
  };
  v1::GetSubTeamResponse leader, member;
  ASSERT_TRUE(seen_by("li.na", leader).ok());
  ASSERT_EQ(leader.members_size(), 2);
  EXPECT_EQ(leader.members(0).display_name(), "王芳");
  EXPECT_EQ(leader.members(0).state(), v1::MEMBER_STATE_ACTIVE);
  EXPECT_EQ(leader.members(0).tier(), 2);
  ASSERT_EQ(leader.members(0).skills_size(), 1);
  EXPECT_EQ(leader.members(0).skills(0).level(), 70);
  ASSERT_TRUE(seen_by("m2", member).ok());
  ASSERT_EQ(member.members_size(), 1);
  EXPECT_EQ(member.members(0).member_id(), "m2");
  EXPECT_EQ(member.sub_team().leader_id(), "li.na");
}

TEST_F(SubTeamServiceTest, AMemberInvitesAndAnswersOnlyInTheirOwnName) {
  SubTeams leader(signed_in("li.na")), invited(signed_in("m1"));
  const auto call = [](SubTeams& stub, auto method, auto request, auto response) {
    request.set_request_id(new_request_id());
    grpc::ClientContext context;
    return (stub.*method)(&context, request, &response);
  };
  v1::CreateSubTeamRequest found;
  found.set_display_name("夜猫队");
  ASSERT_TRUE(call(leader, &SubTeams::CreateSubTeam, found, v1::CreateSubTeamResponse()).ok());
  v1::InviteToSubTeamRequest invitation;
  invitation.set_invitee_id("m1");
  ASSERT_TRUE(call(leader, &SubTeams::InviteToSubTeam, invitation, v1::InviteToSubTeamResponse()).ok());
  v1::AnswerSubTeamInvitationRequest accept;
  accept.set_leader_id("li.na");
  accept.set_accepted(true);
  accept.set_member_id("m1");
  EXPECT_EQ(
      call(leader, &SubTeams::AnswerSubTeamInvitation, accept, v1::AnswerSubTeamInvitationResponse()).error_code(),
      grpc::StatusCode::PERMISSION_DENIED)
      << "nobody accepts for another";
  accept.clear_member_id();
  ASSERT_TRUE(call(invited, &SubTeams::AnswerSubTeamInvitation, accept, v1::AnswerSubTeamInvitationResponse()).ok());
  v1::DissolveSubTeamRequest end;
  end.set_member_id("li.na");
  end.set_reason("mine now");
  EXPECT_EQ(call(invited, &SubTeams::DissolveSubTeam, end, v1::DissolveSubTeamResponse()).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(members_of("li.na"), ElementsAre("m1"));
}

}  // namespace
}  // namespace muster::testing
