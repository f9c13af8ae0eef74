#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "backend.h"
#include "muster/skill_tags/evidence.h"
#include "muster/v1/identity_service.grpc.pb.h"
#include "muster/v1/member_service.grpc.pb.h"
#include "muster/v1/skill_tag_service.grpc.pb.h"

// What is known of members' skills, and the levels that come of it.
namespace muster::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;
using Members = v1::MemberService::Stub;
using Result = v1::RecordEvidenceResponse::Result;
using Tags = v1::SkillTagService::Stub;

class SkillTagServiceTest : public ::testing::Test {
 protected:
  SkillTagServiceTest() { bring_to("li.na", v1::MEMBER_STATE_PROBATION); }

  template <typename Stub, typename Request, typename Response>
  grpc::Status change(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), Request request,
                      Response* response = nullptr) {
    if (request.request_id().empty()) request.set_request_id(new_request_id());
    Response unused;
    return backend.call(method, request, response ? response : &unused);
  }

  void bring_to(const std::string& id, v1::MemberState last) {
    v1::CreateMemberRequest request;
    request.mutable_member()->set_member_id(id);
    request.mutable_member()->set_display_name(id);
    request.mutable_member()->set_engagement_type(v1::ENGAGEMENT_TYPE_STUDENT);
    EXPECT_TRUE(change(&Members::CreateMember, request).ok());
    for (int state = v1::MEMBER_STATE_VERIFIED; state <= last; ++state) {
      v1::ChangeMemberStateRequest move;
      move.set_member_id(id);
      move.set_state(static_cast<v1::MemberState>(state));
      EXPECT_TRUE(change(&Members::ChangeMemberState, move).ok());
    }
  }

  static v1::Evidence evidence(v1::SkillInput input, int score, const std::string& reference, int samples = 1,
                               std::chrono::hours ago = 0h, const std::string& member = "li.na") {
    v1::Evidence evidence;
    evidence.set_member_id(member);
    evidence.set_skill_id("refunds");
    evidence.set_input(input);
    evidence.set_score(score);
    evidence.set_sample_count(samples);
    evidence.set_reference(reference);
    const auto then = std::chrono::duration_cast<std::chrono::seconds>((wall_now() - ago).time_since_epoch());
    evidence.mutable_evidence_time()->set_seconds(then.count());
    return evidence;
  }
  v1::RecordEvidenceResponse record(const std::vector<v1::Evidence>& all) {
    v1::RecordEvidenceRequest request;
    for (const v1::Evidence& each : all) *request.add_evidence() = each;
    v1::RecordEvidenceResponse response;
    const grpc::Status status = change(&Tags::RecordEvidence, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  static std::vector<Result::Outcome> outcomes(const v1::RecordEvidenceResponse& response) {
    std::vector<Result::Outcome> all;
    for (const Result& result : response.results()) all.push_back(result.outcome());
    return all;
  }
  std::vector<v1::Evidence> list(v1::ListEvidenceRequest request) {
    request.set_page_size(1000);
    v1::ListEvidenceResponse response;
    EXPECT_TRUE(backend.call(&Tags::ListEvidence, request, &response).ok());
    return {response.evidence().begin(), response.evidence().end()};
  }

  /// A channel for a user who has only the desk of that agent.
  std::shared_ptr<grpc::Channel> sign_in(const std::string& agent) {
    using Identity = v1::IdentityService::Stub;
    v1::CreateUserRequest user;
    user.mutable_user()->set_tenant_id("platform");
    user.mutable_user()->set_user_id(agent);
    user.mutable_user()->set_display_name(agent);
    user.mutable_user()->set_agent_id(agent);
    user.mutable_user()->add_roles(v1::ROLE_AGENT);
    user.set_password("correct horse battery");
    const grpc::Status created = change(&Identity::CreateUser, user);
    EXPECT_TRUE(created.ok()) << created.error_message();
    v1::SignInRequest request;
    request.set_tenant_id("platform");
    request.set_user_id(agent);
    request.set_password(user.password());
    v1::SignInResponse response;
    const grpc::Status status = backend.call(&Identity::SignIn, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return backend.connect(response.tokens().access_token());
  }

  Backend backend;
};

// --- evidence ---

TEST_F(SkillTagServiceTest, EvidenceThatIsToldTwiceCountsOnce) {
  const auto passed = evidence(v1::SKILL_INPUT_TRAINING, 80, "exam/refunds/attempt/1");
  EXPECT_THAT(outcomes(record({passed, passed})), ElementsAre(Result::OUTCOME_RECORDED, Result::OUTCOME_UNCHANGED));
  EXPECT_THAT(outcomes(record({passed})), ElementsAre(Result::OUTCOME_UNCHANGED));
  EXPECT_THAT(list({}), SizeIs(1));
}

TEST_F(SkillTagServiceTest, EvidenceWithOtherValuesIsACorrection) {
  record({evidence(v1::SKILL_INPUT_QUALITY, 40, "review/7")});
  const auto appealed = evidence(v1::SKILL_INPUT_QUALITY, 90, "review/7");
  EXPECT_THAT(outcomes(record({appealed})), ElementsAre(Result::OUTCOME_CORRECTED));
  const auto all = list({});
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].score(), 90);
}

TEST_F(SkillTagServiceTest, TheSameReferenceOfAnotherInputIsOtherEvidence) {
  record({evidence(v1::SKILL_INPUT_QUALITY, 40, "contact/7"),
          evidence(v1::SKILL_INPUT_CUSTOMER_SATISFACTION, 100, "contact/7")});
  EXPECT_THAT(list({}), SizeIs(2));
  v1::ListEvidenceRequest request;
  request.set_input(v1::SKILL_INPUT_QUALITY);
  EXPECT_THAT(list(request), SizeIs(1));
  request.set_skill_id("other");
  EXPECT_THAT(list(request), IsEmpty());
}

TEST_F(SkillTagServiceTest, WhatIsWrongWithOneDoesNotKeepTheOthersOut) {
  auto no_score = evidence(v1::SKILL_INPUT_QUALITY, 0, "");
  no_score.clear_score();
  auto ahead = evidence(v1::SKILL_INPUT_UNSPECIFIED, 101, "x", 100'001);
  ahead.mutable_evidence_time()->set_seconds(ahead.evidence_time().seconds() + 3600);
  const auto response = record({no_score, ahead, evidence(v1::SKILL_INPUT_QUALITY, 70, "y", 1, 0h, "nobody"),
                                evidence(v1::SKILL_INPUT_QUALITY, 70, "y")});
  EXPECT_THAT(problem(response.results(0).error()).fields, UnorderedElementsAre("score", "reference"));
  EXPECT_THAT(problem(response.results(1).error()).fields,
              UnorderedElementsAre("input", "score", "sample_count", "evidence_time"));
  EXPECT_EQ(problem(response.results(2).error()).reason, "MEMBER_NOT_FOUND");
  EXPECT_EQ(response.results(3).outcome(), Result::OUTCOME_RECORDED);
  EXPECT_THAT(list({}), SizeIs(1));
}

TEST_F(SkillTagServiceTest, OtherPartsRecordEvidenceInTheirOwnTransaction) {
  const auto record_in = [&](bool fails) {
    return backend.back_office->submit("platform", [fails](store::TenantTransaction& t) {
      const skill_tags::Evidence passed{.member_id = "li.na",
                                        .skill_id = "refunds",
                                        .input = v1::SKILL_INPUT_TRAINING,
                                        .score = 80,
                                        .reference = "exam/refunds/attempt/1",
                                        .time = wall_now(),
                                        .actor = "exam"};
      const auto recorded = skill_tags::record_evidence(t, passed, wall_now());
      if (fails) throw std::runtime_error("the exam's own");
      return recorded;
    });
  };
  EXPECT_THROW(record_in(true).get(), std::runtime_error);
  EXPECT_THAT(list({}), IsEmpty());
  EXPECT_EQ(record_in(false).get(), skill_tags::Recorded::kNew);
  ASSERT_THAT(list({}), SizeIs(1));
  EXPECT_EQ(list({})[0].actor(), "exam");
}

TEST_F(SkillTagServiceTest, TwoWhoRecordAtOnceLoseNothing) {
  constexpr int kEach = 40;
  std::vector<std::thread> recorders;
  for (const bool backwards : {false, true}) {
    recorders.emplace_back([&, backwards] {
      for (int i = 0; i < kEach; ++i) {
        const int n = backwards ? kEach - 1 - i : i;
        const std::string shared = "contact/" + std::to_string(n);
        const std::string own = (backwards ? "b/" : "a/") + std::to_string(n);
        record({evidence(v1::SKILL_INPUT_QUALITY, 70, shared), evidence(v1::SKILL_INPUT_QUALITY, 70, own)});
      }
    });
  }
  for (std::thread& recorder : recorders) recorder.join();
  EXPECT_THAT(list({}), SizeIs(3 * kEach));
}

TEST_F(SkillTagServiceTest, MembersSeeTheirOwnEvidenceOnly) {
  bring_to("wang.fang", v1::MEMBER_STATE_APPLIED);
  record({evidence(v1::SKILL_INPUT_QUALITY, 70, "x"), evidence(v1::SKILL_INPUT_QUALITY, 70, "x", 1, 0h, "wang.fang")});
  const auto own = sign_in("li.na");
  const auto list_of = [&](const std::string& member, v1::ListEvidenceResponse* response) {
    v1::ListEvidenceRequest request;
    request.set_member_id(member);
    grpc::ClientContext context;
    return Tags(own).ListEvidence(&context, request, response);
  };
  v1::ListEvidenceResponse mine, unsaid, others;
  EXPECT_TRUE(list_of("li.na", &mine).ok());
  EXPECT_THAT(mine.evidence(), SizeIs(1));
  EXPECT_EQ(problem(list_of("wang.fang", &others)).reason, "PERMISSION_DENIED");
  EXPECT_TRUE(list_of("", &unsaid).ok());
  EXPECT_THAT(unsaid.evidence(), SizeIs(1));
}

}  // namespace
}  // namespace muster::testing
