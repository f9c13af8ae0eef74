#include <gmock/gmock.h>

#include <chrono>
#include <pqxx/pqxx>
#include <thread>

#include "desk.h"
#include "muster/api/caller.h"
#include "muster/members/tiers.h"
#include "muster/skill_tags/evidence.h"
#include "muster/v1/identity_service.grpc.pb.h"
#include "muster/v1/tier_service.grpc.pb.h"

// How members rise and fall by what they do, and what that gives them on the floor.
namespace muster::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;
using Tiers = v1::TierService::Stub;
using Members = v1::MemberService::Stub;

class TierServiceTest : public ::testing::Test {
 protected:
  TierServiceTest() { backend.bring_member_to("li.na", v1::MEMBER_STATE_ACTIVE); }

  grpc::Status update(int level, const std::string& path, const std::function<void(v1::Tier&)>& set) {
    v1::UpdateTierRequest request;
    request.mutable_tier()->set_level(level);
    set(*request.mutable_tier());
    request.mutable_update_mask()->add_paths(path);
    return backend.change(&Tiers::UpdateTier, request);
  }
  void ask_for_contacts(int level, int contacts) {
    ASSERT_TRUE(update(level, "bar", [&](v1::Tier& tier) { tier.mutable_bar()->set_contacts(contacts); }).ok());
  }
  grpc::Status set_tier(int level, v1::SetMemberTierResponse* response = nullptr) {
    v1::SetMemberTierRequest request;
    request.set_member_id("li.na");
    request.set_level(level);
    request.set_reason("moved here with it");
    return backend.change(&Tiers::SetMemberTier, request, response);
  }
  grpc::Status move_to(v1::MemberState state) {
    v1::ChangeMemberStateRequest change;
    change.set_member_id("li.na");
    change.set_state(state);
    change.set_reason("so it is");
    return backend.change(&Members::ChangeMemberState, change);
  }
  template <typename Work>
  auto in_database(const Work& work) {
    return backend.back_office->pool().submit(kPlatformTenant, work).get();
  }
  /// The level of the skill by which policies see the tier.
  int granted_level() {
    return in_database([](store::TenantTransaction& t) {
      return t.sql().exec1("SELECT coalesce(max(level), 0) FROM granted_skill WHERE member_id = 'li.na'")[0].as<int>();
    });
  }
  /// As if it were the middle of the month so far ahead, by the clock of Asia/Shanghai.
  void review(int months_ahead) {
    const store::Job job = members::tier_reviews();
    const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(wall_now() + 8h));
    const auto month = today.year() / today.month() + std::chrono::months(months_ahead);
    const TimePoint then = std::chrono::sys_days(month / 15);
    while (in_database([&](store::TenantTransaction& t) { return job.work(t, then); })) {
    }
  }
  v1::GetTierStandingResponse standing() {
    v1::GetTierStandingRequest request;
    request.set_member_id("li.na");
    v1::GetTierStandingResponse response;
    EXPECT_TRUE(backend.call(&Tiers::GetTierStanding, request, &response).ok());
    return response;
  }
  std::vector<v1::TierReview> reviews() {
    v1::ListTierReviewsResponse response;
    EXPECT_TRUE(backend.call(&Tiers::ListTierReviews, v1::ListTierReviewsRequest(), &response).ok());
    return {response.reviews().begin(), response.reviews().end()};
  }
  std::vector<v1::TierDecision> decisions() {
    std::vector<v1::TierDecision> decisions;
    for (const v1::TierReview& review : reviews()) decisions.push_back(review.decision());
    return decisions;
  }
  std::optional<v1::Agent> agent() {
    v1::GetAgentRequest request;
    request.set_agent_id("li.na");
    v1::GetAgentResponse response;
    if (!backend.call(&Routing::GetAgent, request, &response).ok()) return std::nullopt;
    return response.agent();
  }
  bool agent_becomes(const std::function<bool(const v1::Agent&)>& holds) {
    return eventually([&] {
      const auto found = agent();
      return found && holds(*found);
    });
  }
  static std::int32_t chat_limit(const v1::Agent& agent) {
    for (const auto& limit : agent.channel_limits()) {
      if (limit.channel() == v1::CHANNEL_CHAT) return limit.max_contacts();
    }
    return -1;
  }
  v1::MemberState state() {
    v1::GetMemberRequest request;
    request.set_member_id("li.na");
    v1::GetMemberResponse response;
    EXPECT_TRUE(backend.call(&Members::GetMember, request, &response).ok());
    return response.member().state();
  }
  grpc::Status appeal(const std::string& month) {
    v1::AppealTierReviewRequest request;
    request.set_member_id("li.na");
    request.set_month(month);
    request.set_text("I was ill");
    return backend.change(&Tiers::AppealTierReview, request);
  }
  grpc::Status answer(const std::string& month, bool granted) {
    v1::AnswerTierAppealRequest request;
    request.set_member_id("li.na");
    request.set_month(month);
    request.set_granted(granted);
    request.set_answer("get well");
    return backend.change(&Tiers::AnswerTierAppeal, request);
  }

  Backend backend;
};

TEST_F(TierServiceTest, WhoComesToServeBeginsInTheFirstTier) {
  EXPECT_EQ(standing().tier().level(), 1);
  EXPECT_TRUE(agent_becomes([](const v1::Agent& agent) { return chat_limit(agent) == 2; }));
}

TEST_F(TierServiceTest, TheRightsOfATierReachTheFloor) {
  ASSERT_TRUE(set_tier(4).ok());
  EXPECT_TRUE(agent_becomes([](const v1::Agent& agent) {
    return chat_limit(agent) == 3 && agent.skills_size() == 1 && agent.skills(0).skill_id() == "member-tier" &&
           agent.skills(0).level() == 60;
  }));
  ASSERT_TRUE(update(4, "chat_limit", [](v1::Tier& tier) { tier.set_chat_limit(5); }).ok());
  EXPECT_TRUE(agent_becomes([](const v1::Agent& agent) { return chat_limit(agent) == 5; }));
  ASSERT_TRUE(update(4, "priority", [](v1::Tier& tier) { tier.set_priority(0); }).ok());
  EXPECT_TRUE(agent_becomes([](const v1::Agent& agent) { return agent.skills_size() == 0; }));
}

TEST_F(TierServiceTest, TheTierThatOneHasBeginsNoneAnew) {
  v1::SetMemberTierResponse response;
  ASSERT_TRUE(set_tier(3, &response).ok());
  EXPECT_TRUE(response.changed());
  const auto since = standing().tier_time();
  ASSERT_TRUE(set_tier(3, &response).ok());
  EXPECT_FALSE(response.changed());
  EXPECT_EQ(response.tier().level(), 3);
  EXPECT_EQ(standing().tier_time().SerializeAsString(), since.SerializeAsString());
}

TEST_F(TierServiceTest, ATierThatChangesWhileAMemberComesToItIsGrantedAsItBecomes) {
  constexpr int kTimes = 60;
  std::vector<grpc::Status> answers;
  std::thread tiers([&] {
    for (int i = 1; i <= kTimes; ++i) {
      answers.push_back(update(4, "priority", [&](v1::Tier& tier) { tier.set_priority(i % 2 ? 0 : i); }));
    }
  });
  for (int i = 1; i <= kTimes; ++i) EXPECT_TRUE(set_tier(i % 2 ? 4 : 1).ok()) << i;
  EXPECT_TRUE(set_tier(4).ok());
  tiers.join();
  for (const grpc::Status& answer : answers) EXPECT_TRUE(answer.ok()) << answer.error_message();
  EXPECT_EQ(granted_level(), kTimes);
}

TEST_F(TierServiceTest, WhoIsReviewedWhileTheTierChangesHasItAsItBecomes) {
  ask_for_contacts(1, 0);
  ask_for_contacts(2, 0);
  grpc::Status answer;
  for (int month = 1; month <= 4; ++month) {
    std::thread tiers(
        [&] { answer = update(month + 1, "priority", [&](v1::Tier& tier) { tier.set_priority(90 + month); }); });
    ASSERT_TRUE(update(month + 1, "bar", [](v1::Tier& tier) { tier.mutable_bar(); }).ok());
    review(month);
    tiers.join();
    EXPECT_TRUE(answer.ok()) << answer.error_message();
    EXPECT_EQ(standing().tier().level(), month + 1);
    EXPECT_EQ(granted_level(), 90 + month);
  }
}

TEST_F(TierServiceTest, AReadWaitsForNobodyWhoChangesWhatItReads) {
  backend.back_office->pool()
      .submit(kPlatformTenant,
              [&](store::TenantTransaction& t) {
                t.sql().exec("SELECT FROM member FOR UPDATE");
                EXPECT_EQ(standing().tier().level(), 1);
                EXPECT_EQ(state(), v1::MEMBER_STATE_ACTIVE);
              })
      .get();
}

TEST_F(TierServiceTest, EveryoneIsReviewedHoweverManyTheyAre) {
  ask_for_contacts(1, 0);
  in_database([](store::TenantTransaction& t) {
    t.sql().exec(
        "INSERT INTO member (member_id, display_name, engagement_type, languages, time_zone, state, state_time,"
        " state_reason, returns_to, create_time, update_time, tier, tier_time) SELECT 'm' || i, '', 5, '{}',"
        " 'Asia/Shanghai', 6, now(), '', 0, now(), now(), 1, now() FROM generate_series(1, 450) i");
    return true;
  });
  review(1);
  const auto reviewed = [&] {
    return in_database(
        [](store::TenantTransaction& t) { return t.sql().exec1("SELECT count(*) FROM tier_review")[0].as<int>(); });
  };
  EXPECT_EQ(reviewed(), 451);
  backend.bring_member_to("an.na", v1::MEMBER_STATE_ACTIVE);
  review(1);
  EXPECT_EQ(reviewed(), 452) << "who comes later is looked for from the beginning";
}

TEST_F(TierServiceTest, AMonthsWorkRaisesATierAndAMonthWithoutLowersIt) {
  backend.set_up_floor();
  ask_for_contacts(1, 0);
  ask_for_contacts(2, 1);
  ask_for_contacts(3, 2);
  v1::UpdateAgentRequest give;
  give.mutable_agent()->set_agent_id("li.na");
  give.mutable_agent()->add_skills()->set_skill_id("zh");
  give.mutable_agent()->mutable_skills(0)->set_level(50);
  give.mutable_update_mask()->add_paths("skills");
  ASSERT_TRUE(agent_becomes([](const v1::Agent&) { return true; }));
  ASSERT_TRUE(backend.change(&Routing::UpdateAgent, give).ok());
  const auto desk = Desk::available(Door::kSession, backend, "li.na");
  backend.create_contact("help");
  const std::string contact = desk->accept_next().contact_id();
  v1::SessionRequest complete;
  complete.mutable_complete_contact()->set_contact_id(contact);
  complete.mutable_complete_contact()->set_disposition("solved");
  ASSERT_EQ(desk->run(complete).code(), 0);
  ASSERT_TRUE(eventually([&] { return standing().review().results().contacts() == 1; }));
  EXPECT_EQ(standing().review().decision(), v1::TIER_DECISION_PROMOTED);
  EXPECT_EQ(standing().tier().level(), 1);

  review(1);
  EXPECT_EQ(standing().tier().level(), 2);
  EXPECT_THAT(decisions(), ElementsAre(v1::TIER_DECISION_PROMOTED));
  review(1);
  EXPECT_EQ(reviews().size(), 1u) << "a month is reviewed once";
  // Not in the month in which it began, but in the next.
  review(2);
  review(3);
  EXPECT_THAT(decisions(),
              ElementsAre(v1::TIER_DECISION_PROMOTED, v1::TIER_DECISION_SPARED, v1::TIER_DECISION_DEMOTED));
  EXPECT_EQ(standing().tier().level(), 1);
}

TEST_F(TierServiceTest, WhatCustomersAndReviewersSayCounts) {
  backend.back_office->pool()
      .submit(kPlatformTenant,
              [](store::TenantTransaction& t) {
                const auto say = [&](v1::SkillInput input, int score) {
                  skill_tags::Evidence evidence;
                  evidence.member_id = "li.na";
                  evidence.skill_id = "refunds";
                  evidence.input = input;
                  evidence.score = score;
                  evidence.sample_count = 3;
                  evidence.reference = "review/" + std::to_string(score);
                  evidence.time = wall_now();
                  skill_tags::record_evidence(t, evidence, wall_now());
                };
                say(v1::SKILL_INPUT_QUALITY, 90);
                say(v1::SKILL_INPUT_QUALITY, 81);
                say(v1::SKILL_INPUT_CUSTOMER_SATISFACTION, 70);
              })
      .get();
  const v1::TierResults results = standing().review().results();
  EXPECT_EQ(results.quality(), 86) << "halves are rounded up";
  EXPECT_EQ(results.quality_samples(), 6);
  EXPECT_EQ(results.satisfaction(), 70);
  EXPECT_EQ(results.satisfaction_samples(), 3);
}

TEST_F(TierServiceTest, WhoCameBackInAMonthIsSparedForIt) {
  ask_for_contacts(1, 10);
  for (const auto state : {v1::MEMBER_STATE_PAUSED, v1::MEMBER_STATE_ACTIVE}) {
    v1::ChangeMemberStateRequest change;
    change.set_member_id("li.na");
    change.set_state(state);
    change.set_reason("leave");
    ASSERT_TRUE(backend.change(&Members::ChangeMemberState, change).ok());
  }
  review(1);
  EXPECT_THAT(decisions(), ElementsAre(v1::TIER_DECISION_SPARED));
}

TEST_F(TierServiceTest, WhoFallsBelowTheFirstTierIsTrainedAgain) {
  ask_for_contacts(1, 10);
  review(2);
  EXPECT_THAT(decisions(), ElementsAre(v1::TIER_DECISION_DEMOTED));
  EXPECT_EQ(state(), v1::MEMBER_STATE_RETRAINING);
  EXPECT_TRUE(agent_becomes([](const v1::Agent& agent) { return agent.presence() == v1::AGENT_PRESENCE_SUSPENDED; }));
  v1::ChangeMemberStateRequest back;
  back.set_member_id("li.na");
  back.set_state(v1::MEMBER_STATE_ACTIVE);
  ASSERT_TRUE(backend.change(&Members::ChangeMemberState, back).ok());
  EXPECT_EQ(standing().tier().level(), 1);
}

TEST_F(TierServiceTest, AnAppealThatIsGrantedGivesBackWhatTheReviewTook) {
  ask_for_contacts(1, 10);
  review(2);
  const std::string month = reviews().front().month();
  EXPECT_EQ(problem(answer(month, true)).reason, "NO_OPEN_APPEAL");
  ASSERT_TRUE(appeal(month).ok());
  EXPECT_EQ(problem(appeal(month)).reason, "ALREADY_APPEALED");
  v1::ListTierReviewsRequest open;
  open.set_appeal_state(v1::TIER_APPEAL_STATE_OPEN);
  v1::ListTierReviewsResponse waiting;
  ASSERT_TRUE(backend.call(&Tiers::ListTierReviews, open, &waiting).ok());
  EXPECT_EQ(waiting.reviews_size(), 1);
  ASSERT_TRUE(answer(month, true).ok());
  EXPECT_EQ(state(), v1::MEMBER_STATE_ACTIVE);
  EXPECT_EQ(standing().tier().level(), 1);
  EXPECT_THAT(reviews().front().appeal().answer_actor(), ::testing::StartsWith("local-operator-"));
}

TEST_F(TierServiceTest, AnAppealThatIsGrantedEndsNoProbation) {
  backend.bring_member_to("wang.fang", v1::MEMBER_STATE_PROBATION);
  ask_for_contacts(1, 10);
  review(2);
  v1::AppealTierReviewRequest appeal;
  appeal.set_member_id("wang.fang");
  appeal.set_month(reviews().front().month());
  appeal.set_text("I was ill");
  ASSERT_TRUE(backend.change(&Tiers::AppealTierReview, appeal).ok());
  v1::AnswerTierAppealRequest answer;
  answer.set_member_id("wang.fang");
  answer.set_month(appeal.month());
  answer.set_granted(true);
  answer.set_answer("get well");
  ASSERT_TRUE(backend.change(&Tiers::AnswerTierAppeal, answer).ok());
  v1::GetMemberRequest request;
  request.set_member_id("wang.fang");
  v1::GetMemberResponse response;
  ASSERT_TRUE(backend.call(&Members::GetMember, request, &response).ok());
  EXPECT_EQ(response.member().state(), v1::MEMBER_STATE_PROBATION);
  EXPECT_EQ(response.member().tier(), 1);
}

TEST_F(TierServiceTest, AnAppealThatIsGrantedEndsNoOtherRetraining) {
  ask_for_contacts(1, 10);
  review(2);
  ASSERT_TRUE(appeal(reviews().front().month()).ok());
  ASSERT_TRUE(move_to(v1::MEMBER_STATE_SUSPENDED).ok());
  ASSERT_TRUE(move_to(v1::MEMBER_STATE_RETRAINING).ok());
  ASSERT_TRUE(answer(reviews().front().month(), true).ok());
  EXPECT_EQ(state(), v1::MEMBER_STATE_RETRAINING) << "somebody sent the member there since";
}

TEST_F(TierServiceTest, AnAppealThatIsRejectedChangesNothing) {
  ask_for_contacts(1, 10);
  review(2);
  const std::string month = reviews().front().month();
  ASSERT_TRUE(appeal(month).ok());
  ASSERT_TRUE(answer(month, false).ok());
  EXPECT_EQ(state(), v1::MEMBER_STATE_RETRAINING);
}

TEST_F(TierServiceTest, WhatLoweredNothingIsNotAppealed) {
  ask_for_contacts(1, 0);
  review(2);
  EXPECT_EQ(problem(appeal(reviews().front().month())).reason, "NOTHING_TO_APPEAL");
  EXPECT_EQ(problem(appeal("2020-01")).reason, "TIER_REVIEW_NOT_FOUND");
}

TEST_F(TierServiceTest, AMemberSeesTheirOwnStandingAndNobodyElses) {
  backend.bring_member_to("wang.fang", v1::MEMBER_STATE_ACTIVE);
  v1::CreateUserRequest user;
  user.mutable_user()->set_user_id("li.na");
  user.mutable_user()->set_display_name("李娜");
  user.mutable_user()->add_roles(v1::ROLE_AGENT);
  user.mutable_user()->set_agent_id("li.na");
  user.set_password("correct horse battery staple");
  ASSERT_TRUE(backend.change(&v1::IdentityService::Stub::CreateUser, user).ok());
  v1::SignInRequest sign_in;
  sign_in.set_user_id("li.na");
  sign_in.set_password(user.password());
  v1::SignInResponse signed_in;
  ASSERT_TRUE(backend.call(&v1::IdentityService::Stub::SignIn, sign_in, &signed_in).ok());
  Tiers own(backend.connect(signed_in.tokens().access_token()));

  const auto ask = [&](const std::string& member) {
    v1::GetTierStandingRequest request;
    request.set_member_id(member);
    v1::GetTierStandingResponse response;
    grpc::ClientContext context;
    return own.GetTierStanding(&context, request, &response);
  };
  EXPECT_TRUE(ask("li.na").ok());
  EXPECT_TRUE(ask("").ok());
  EXPECT_EQ(ask("wang.fang").error_code(), grpc::StatusCode::PERMISSION_DENIED);

  v1::AppealTierReviewRequest appeal;
  appeal.set_request_id(new_request_id());
  appeal.set_member_id("wang.fang");
  appeal.set_month("2026-10");
  appeal.set_text("hers");
  v1::AppealTierReviewResponse response;
  grpc::ClientContext context;
  EXPECT_EQ(own.AppealTierReview(&context, appeal, &response).error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(TierServiceTest, WhatIsWrongIsSaidFieldByField) {
  const auto fields = [](const grpc::Status& status) { return problem(status).fields; };
  EXPECT_THAT(fields(update(7, "chat_limit", [](v1::Tier& tier) { tier.set_chat_limit(0); })),
              UnorderedElementsAre("tier.level", "tier.chat_limit"));
  EXPECT_THAT(fields(update(1, "bar", [](v1::Tier& tier) { tier.mutable_bar()->set_quality(101); })),
              ElementsAre("tier.bar.quality"));
  EXPECT_THAT(fields(update(1, "member_count", [](v1::Tier&) {})), ElementsAre("update_mask"));
  EXPECT_THAT(fields(set_tier(0)), ElementsAre("level"));
  EXPECT_THAT(fields(appeal("October")), ElementsAre("month"));
}

}  // namespace
}  // namespace muster::testing
