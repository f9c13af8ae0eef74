#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "backend.h"
#include "muster/skill_tags/evidence.h"
#include "muster/skill_tags/recompute.h"
#include "muster/v1/certificate_service.grpc.pb.h"
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
  SkillTagServiceTest() {
    bring_to("li.na", v1::MEMBER_STATE_PROBATION);
    v1::CreateSkillTagKindRequest request;
    request.mutable_kind()->set_skill_id("refunds");
    request.mutable_kind()->set_display_name("退款");
    *request.mutable_kind()->mutable_rules() = quarters();
    EXPECT_TRUE(change(&Tags::CreateSkillTagKind, request).ok());
  }

  /// All inputs count alike, training and certification by their newest, none decays.
  static v1::SkillTagRules quarters() {
    v1::SkillTagRules rules;
    for (const v1::SkillInput input : {v1::SKILL_INPUT_TRAINING, v1::SKILL_INPUT_CERTIFICATION,
                                       v1::SKILL_INPUT_CUSTOMER_SATISFACTION, v1::SKILL_INPUT_QUALITY}) {
      v1::InputRules& added = *rules.add_inputs();
      added.set_input(input);
      added.set_weight(25);
      added.set_missing(v1::MISSING_INPUT_COUNT_AS_ZERO);
    }
    return rules;
  }

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

  void set_rules(const v1::SkillTagRules& rules) {
    v1::UpdateSkillTagKindRequest request;
    request.mutable_kind()->set_skill_id("refunds");
    *request.mutable_kind()->mutable_rules() = rules;
    request.mutable_update_mask()->add_paths("rules");
    const grpc::Status status = change(&Tags::UpdateSkillTagKind, request);
    EXPECT_TRUE(status.ok()) << status.error_message();
  }
  v1::SkillTagKind kind() {
    v1::GetSkillTagKindRequest request;
    request.set_skill_id("refunds");
    v1::GetSkillTagKindResponse response;
    EXPECT_TRUE(backend.call(&Tags::GetSkillTagKind, request, &response).ok());
    return response.kind();
  }

  /// The tag, once all that waits is computed; none if there is none.
  std::optional<v1::MemberSkill> tag(const std::string& member = "li.na") {
    EXPECT_TRUE(eventually([&] { return kind().waiting_count() == 0; }));
    v1::ExplainMemberSkillRequest request;
    request.set_member_id(member);
    request.set_skill_id("refunds");
    v1::ExplainMemberSkillResponse response;
    if (!backend.call(&Tags::ExplainMemberSkill, request, &response).ok()) return std::nullopt;
    return response.skill();
  }
  std::optional<int> level(const std::string& member = "li.na") {
    const auto found = tag(member);
    return found && found->has_level() ? std::optional(found->level()) : std::nullopt;
  }
  /// What the engine knows.
  std::optional<int> level_of_agent(const std::string& agent = "li.na") {
    v1::GetAgentRequest request;
    request.set_agent_id(agent);
    v1::GetAgentResponse response;
    if (!backend.call(&Routing::GetAgent, request, &response).ok()) return std::nullopt;
    for (const auto& each : response.agent().skills()) {
      if (each.skill_id() == "refunds") return each.level();
    }
    return std::nullopt;
  }
  bool agent_has(std::optional<int> wanted) {
    return eventually([&] { return level_of_agent() == wanted; });
  }
  std::vector<v1::LevelTransition> transitions() {
    v1::ListLevelTransitionsRequest request;
    request.set_member_id("li.na");
    v1::ListLevelTransitionsResponse response;
    EXPECT_TRUE(backend.call(&Tags::ListLevelTransitions, request, &response).ok());
    return {response.transitions().begin(), response.transitions().end()};
  }
  /// Computes what is due at that moment.
  std::size_t recompute(TimePoint now) {
    return backend.back_office->pool()
        .submit("platform", [now](store::TenantTransaction& t) { return skill_tags::recompute_due(t, now, 100); })
        .get();
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
  auto other = evidence(v1::SKILL_INPUT_QUALITY, 70, "y");
  other.set_skill_id("other");
  auto ahead = evidence(v1::SKILL_INPUT_UNSPECIFIED, 101, "x", 100'001);
  ahead.mutable_evidence_time()->set_seconds(ahead.evidence_time().seconds() + 3600);
  const auto response = record({no_score, ahead, evidence(v1::SKILL_INPUT_QUALITY, 70, "y", 1, 0h, "nobody"),
                                evidence(v1::SKILL_INPUT_QUALITY, 70, "y"), other});
  EXPECT_THAT(problem(response.results(0).error()).fields, UnorderedElementsAre("score", "reference"));
  EXPECT_THAT(problem(response.results(1).error()).fields,
              UnorderedElementsAre("input", "score", "sample_count", "evidence_time"));
  EXPECT_EQ(problem(response.results(2).error()).reason, "MEMBER_NOT_FOUND");
  EXPECT_EQ(response.results(3).outcome(), Result::OUTCOME_RECORDED);
  EXPECT_EQ(problem(response.results(4).error()).reason, "SKILL_TAG_KIND_NOT_FOUND");
  EXPECT_THAT(list({}), SizeIs(1));
}

TEST_F(SkillTagServiceTest, OtherPartsRecordEvidenceInTheirOwnTransaction) {
  const auto record_in = [&](bool fails) {
    return backend.back_office->pool().submit("platform", [fails](store::TenantTransaction& t) {
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

// --- levels ---

TEST_F(SkillTagServiceTest, EachOfTheFourInputsMovesTheLevelThatTheAgentHas) {
  int expected = 0;
  for (const auto input : {v1::SKILL_INPUT_TRAINING, v1::SKILL_INPUT_CERTIFICATION,
                           v1::SKILL_INPUT_CUSTOMER_SATISFACTION, v1::SKILL_INPUT_QUALITY}) {
    record({evidence(input, 80, "x")});
    expected += 20;
    EXPECT_EQ(level(), expected);
    EXPECT_TRUE(agent_has(expected));
  }
  EXPECT_THAT(transitions(), SizeIs(4));
  EXPECT_FALSE(transitions()[0].has_from_level());
  EXPECT_EQ(transitions()[3].from_level(), 60);
  EXPECT_EQ(transitions()[3].to_level(), 80);
  EXPECT_EQ(transitions()[3].cause(), v1::LEVEL_CHANGE_CAUSE_EVIDENCE);
  EXPECT_EQ(transitions()[3].explanation().inputs_size(), 4);
}

TEST_F(SkillTagServiceTest, WhoHasNoEvidenceHasNoTag) {
  EXPECT_EQ(tag(), std::nullopt);
  EXPECT_EQ(level_of_agent(), std::nullopt);
  EXPECT_EQ(kind().member_count(), 0);
}

TEST_F(SkillTagServiceTest, NothingIsGrantedBelowTheMinimumOfSamples) {
  v1::SkillTagRules rules = quarters();
  rules.mutable_inputs(3)->set_minimum_samples(7);
  set_rules(rules);
  record({evidence(v1::SKILL_INPUT_QUALITY, 80, "x", 6)});
  ASSERT_TRUE(tag().has_value());
  EXPECT_FALSE(tag()->has_level());
  EXPECT_THAT(transitions(), IsEmpty());
  record({evidence(v1::SKILL_INPUT_QUALITY, 80, "y")});
  EXPECT_EQ(level(), 20);
}

TEST_F(SkillTagServiceTest, LateEvidenceCountsAtItsOwnTime) {
  v1::SkillTagRules rules = quarters();
  rules.mutable_inputs(3)->set_last_samples(2);
  set_rules(rules);
  record({evidence(v1::SKILL_INPUT_QUALITY, 100, "new"), evidence(v1::SKILL_INPUT_QUALITY, 0, "older", 1, 72h)});
  EXPECT_EQ(level(), 13);
  record({evidence(v1::SKILL_INPUT_QUALITY, 100, "late", 1, 24h)});
  EXPECT_EQ(level(), 25);
  record({evidence(v1::SKILL_INPUT_QUALITY, 0, "too late", 1, 96h)});
  EXPECT_EQ(level(), 25);
}

TEST_F(SkillTagServiceTest, ACorrectionMovesTheLevel) {
  record({evidence(v1::SKILL_INPUT_QUALITY, 40, "review/7")});
  EXPECT_EQ(level(), 10);
  record({evidence(v1::SKILL_INPUT_QUALITY, 100, "review/7")});
  EXPECT_EQ(level(), 25);
}

TEST_F(SkillTagServiceTest, DecayLowersTheLevelAndTheAgentFollows) {
  v1::SkillTagRules rules = quarters();
  rules.mutable_inputs(3)->set_half_life_days(30);
  set_rules(rules);
  record({evidence(v1::SKILL_INPUT_QUALITY, 100, "x")});
  ASSERT_TRUE(agent_has(25));
  const TimePoint first = wall_now();
  EXPECT_EQ(recompute(first), 0U);
  EXPECT_EQ(recompute(first + 30 * 24h + 1min), 1U);
  const TimePoint lowered = wall_now();
  EXPECT_TRUE(agent_has(13));
  EXPECT_LT(wall_now() - lowered, 1s);
  EXPECT_EQ(transitions().back().cause(), v1::LEVEL_CHANGE_CAUSE_TIME);
}

TEST_F(SkillTagServiceTest, EvidenceThatExpiresTakesTheSkillAtItsMoment) {
  auto certified = evidence(v1::SKILL_INPUT_CERTIFICATION, 80, "certificate/17");
  certified.mutable_expire_time()->set_seconds(
      std::chrono::duration_cast<std::chrono::seconds>(wall_now().time_since_epoch()).count() + 2);
  record({certified});
  ASSERT_TRUE(agent_has(20));
  EXPECT_TRUE(agent_has(std::nullopt));
  EXPECT_FALSE(transitions().back().has_to_level());
}

TEST_F(SkillTagServiceTest, NewRulesAreANewVersionByWhichAllIsComputedAnew) {
  record({evidence(v1::SKILL_INPUT_QUALITY, 80, "x")});
  EXPECT_EQ(level(), 20);
  v1::SkillTagRules rules = quarters();
  rules.mutable_inputs(3)->set_weight(75);
  rules.mutable_inputs(2)->set_weight(0);
  rules.mutable_inputs(1)->set_weight(0);
  set_rules(rules);
  EXPECT_EQ(kind().version(), 2);
  EXPECT_EQ(level(), 60);
  EXPECT_TRUE(agent_has(60));
  EXPECT_EQ(tag()->version(), 2);
  EXPECT_EQ(transitions().back().cause(), v1::LEVEL_CHANGE_CAUSE_RULES);
  EXPECT_EQ(transitions().back().version(), 2);
  // The same again is no new version.
  set_rules(kind().rules());
  EXPECT_EQ(kind().version(), 2);
  v1::GetSkillTagKindRequest old;
  old.set_skill_id("refunds");
  old.set_version(1);
  v1::GetSkillTagKindResponse response;
  ASSERT_TRUE(backend.call(&Tags::GetSkillTagKind, old, &response).ok());
  EXPECT_EQ(response.kind().rules().inputs(3).weight(), 25);
}

TEST_F(SkillTagServiceTest, ARequestForRetrainingIsVisible) {
  v1::SkillTagRules rules = quarters();
  v1::LevelRule& rule = *rules.add_rules();
  rule.set_name("three failures");
  rule.set_action(v1::LEVEL_ACTION_REQUEST_RETRAINING);
  v1::LevelCondition& condition = *rule.add_conditions();
  condition.set_collector(v1::LEVEL_COLLECTOR_FAILED_IN_ROW);
  condition.set_input(v1::SKILL_INPUT_QUALITY);
  condition.set_pass_mark(60);
  condition.set_comparator(v1::LEVEL_COMPARATOR_AT_LEAST);
  condition.set_value(3);
  set_rules(rules);
  record({evidence(v1::SKILL_INPUT_QUALITY, 50, "a"), evidence(v1::SKILL_INPUT_QUALITY, 50, "b")});
  EXPECT_FALSE(tag()->retraining_requested());
  record({evidence(v1::SKILL_INPUT_QUALITY, 50, "c")});
  EXPECT_TRUE(tag()->retraining_requested());
  EXPECT_EQ(tag()->explanation().rules(0).name(), "three failures");
  EXPECT_EQ(level(), 13);
}

TEST_F(SkillTagServiceTest, ARuleThatAsksForACertificateFollowsIt) {
  using Certificates = v1::CertificateService::Stub;
  v1::CreateCertificateKindRequest licence;
  licence.mutable_kind()->set_kind_id("licence");
  licence.mutable_kind()->set_display_name("上岗证");
  licence.mutable_kind()->set_skill_id("licensed");
  ASSERT_TRUE(change(&Certificates::CreateCertificateKind, licence).ok());
  v1::SkillTagRules rules = quarters();
  v1::LevelRule& rule = *rules.add_rules();
  rule.set_name("no certificate, no skill");
  rule.set_action(v1::LEVEL_ACTION_WITHDRAW);
  v1::LevelCondition& condition = *rule.add_conditions();
  condition.set_collector(v1::LEVEL_COLLECTOR_CERTIFICATE_HELD);
  condition.set_kind_id("licence");
  condition.set_comparator(v1::LEVEL_COMPARATOR_EQUAL);
  set_rules(rules);
  record({evidence(v1::SKILL_INPUT_QUALITY, 80, "x")});
  EXPECT_EQ(level(), std::nullopt);
  v1::IssueCertificateRequest issue;
  issue.set_kind_id("licence");
  issue.set_member_id("li.na");
  v1::IssueCertificateResponse issued;
  ASSERT_TRUE(change(&Certificates::IssueCertificate, issue, &issued).ok());
  EXPECT_TRUE(agent_has(20));
  v1::SuspendCertificateRequest suspend;
  suspend.set_certificate_id(issued.certificate().certificate_id());
  suspend.set_reason("complaint");
  ASSERT_TRUE(change(&Certificates::SuspendCertificate, suspend).ok());
  EXPECT_TRUE(agent_has(std::nullopt));
}

TEST_F(SkillTagServiceTest, RulesThatAreWrongNameTheirFields) {
  v1::UpdateSkillTagKindRequest request;
  request.mutable_kind()->set_skill_id("refunds");
  *request.mutable_kind()->mutable_rules() = quarters();
  request.mutable_kind()->mutable_rules()->mutable_inputs(1)->set_weight(24);
  request.mutable_update_mask()->add_paths("rules");
  EXPECT_THAT(problem(change(&Tags::UpdateSkillTagKind, request)).fields, ElementsAre("kind.rules.inputs"));
  EXPECT_EQ(kind().version(), 1);
}

TEST_F(SkillTagServiceTest, EvidenceFromBeforeTheKindCounts) {
  backend.back_office->pool()
      .submit("platform",
              [](store::TenantTransaction& t) {
                skill_tags::record_evidence(t,
                                            {.member_id = "li.na",
                                             .skill_id = "invoices",
                                             .input = v1::SKILL_INPUT_TRAINING,
                                             .score = 80,
                                             .reference = "exam/1",
                                             .time = wall_now(),
                                             .actor = "exam"},
                                            wall_now());
              })
      .get();
  v1::CreateSkillTagKindRequest request;
  request.mutable_kind()->set_skill_id("invoices");
  request.mutable_kind()->set_display_name("发票");
  *request.mutable_kind()->mutable_rules() = quarters();
  ASSERT_TRUE(change(&Tags::CreateSkillTagKind, request).ok());
  v1::ListMemberSkillsRequest list_request;
  list_request.set_member_id("li.na");
  EXPECT_TRUE(eventually([&] {
    v1::ListMemberSkillsResponse response;
    EXPECT_TRUE(backend.call(&Tags::ListMemberSkills, list_request, &response).ok());
    return response.skills_size() == 1 && response.skills(0).level() == 20;
  }));
}

TEST_F(SkillTagServiceTest, AKindIsTheOnlySourceOfItsSkill) {
  v1::CreateSkillTagKindRequest request;
  *request.mutable_kind() = kind();
  EXPECT_EQ(problem(change(&Tags::CreateSkillTagKind, request)).reason, "SKILL_TAG_KIND_EXISTS");
  v1::CreateCertificateKindRequest certificates;
  certificates.mutable_kind()->set_kind_id("refunds");
  certificates.mutable_kind()->set_display_name("退款");
  certificates.mutable_kind()->set_skill_id("refunds");
  EXPECT_EQ(problem(change(&v1::CertificateService::Stub::CreateCertificateKind, certificates)).reason,
            "SKILL_MANAGED");
}

TEST_F(SkillTagServiceTest, TwoWhoRecordAtOnceAreBothInTheLevel) {
  std::vector<std::thread> recorders;
  for (const bool other : {false, true}) {
    recorders.emplace_back([&, other] {
      for (int i = 0; i < 25; ++i) {
        record({evidence(v1::SKILL_INPUT_QUALITY, other ? 100 : 0, (other ? "b/" : "a/") + std::to_string(i))});
      }
    });
  }
  for (std::thread& recorder : recorders) recorder.join();
  EXPECT_EQ(tag()->explanation().inputs(3).sample_count(), 50);
  EXPECT_EQ(level(), 13);
}

// --- industries ---

class IndustryTest : public SkillTagServiceTest {
 protected:
  IndustryTest() {
    v1::CreateCertificateKindRequest licence;
    licence.mutable_kind()->set_kind_id("licence");
    licence.mutable_kind()->set_display_name("上岗证");
    licence.mutable_kind()->set_skill_id("licensed");
    EXPECT_TRUE(change(&v1::CertificateService::Stub::CreateCertificateKind, licence).ok());
    set_rules([] {
      v1::SkillTagRules rules;
      rules.add_inputs()->set_input(v1::SKILL_INPUT_QUALITY);
      rules.mutable_inputs(0)->set_weight(100);
      return rules;
    }());
  }

  void create(const std::string& id, int refunds, int licensed) {
    v1::CreateIndustryRequest request;
    request.mutable_industry()->set_industry_id(id);
    request.mutable_industry()->set_display_name(id);
    for (const auto& [skill, weight] : {std::pair{"refunds", refunds}, std::pair{"licensed", licensed}}) {
      if (weight == 0) continue;
      v1::SkillWeight& each = *request.mutable_industry()->add_skills();
      each.set_skill_id(skill);
      each.set_weight(weight);
    }
    const grpc::Status status = change(&Tags::CreateIndustry, request);
    EXPECT_TRUE(status.ok()) << status.error_message();
  }
  void certify(const std::string& member) {
    v1::IssueCertificateRequest request;
    request.set_kind_id("licence");
    request.set_member_id(member);
    EXPECT_TRUE(change(&v1::CertificateService::Stub::IssueCertificate, request).ok());
  }
  std::vector<v1::IndustryFit> fit_of(const std::string& member) {
    v1::ListIndustryFitRequest request;
    request.set_member_id(member);
    v1::ListIndustryFitResponse response;
    EXPECT_TRUE(backend.call(&Tags::ListIndustryFit, request, &response).ok());
    return {response.fits().begin(), response.fits().end()};
  }
  v1::ListIndustryMembersResponse best(const std::string& industry, const std::string& page_token = "") {
    v1::ListIndustryMembersRequest request;
    request.set_industry_id(industry);
    request.set_page_size(2);
    request.set_page_token(page_token);
    v1::ListIndustryMembersResponse response;
    EXPECT_TRUE(backend.call(&Tags::ListIndustryMembers, request, &response).ok());
    return response;
  }
};

TEST_F(IndustryTest, FitIsTheMeanOfTheLevelsAndWhatIsNotHadCountsAsNothing) {
  create("banking", 40, 60);
  create("retail", 100, 0);
  record({evidence(v1::SKILL_INPUT_QUALITY, 80, "x")});
  ASSERT_EQ(level(), 80);
  const auto fits = fit_of("li.na");
  ASSERT_THAT(fits, SizeIs(2));
  EXPECT_EQ(fits[0].industry_id(), "retail");
  EXPECT_EQ(fits[0].fit(), 80);
  EXPECT_EQ(fits[0].known(), 100);
  EXPECT_EQ(fits[1].fit(), 32);
  EXPECT_EQ(fits[1].known(), 40);
  EXPECT_THAT(fits[1].missing_skill_ids(), ElementsAre("licensed"));
  certify("li.na");
  EXPECT_EQ(fit_of("li.na")[0].industry_id(), "banking");
  EXPECT_EQ(fit_of("li.na")[0].fit(), 92);
}

TEST_F(IndustryTest, TheBestMembersComeFirstPageByPage) {
  create("retail", 100, 0);
  std::vector<v1::Evidence> all;
  for (const auto& [member, score] :
       {std::pair{"a", 70}, std::pair{"b", 90}, std::pair{"c", 80}, std::pair{"d", 80}, std::pair{"none", 0}}) {
    bring_to(member, v1::MEMBER_STATE_TRAINING);
    if (score > 0) all.push_back(evidence(v1::SKILL_INPUT_QUALITY, score, "x", 1, 0h, member));
  }
  record(all);
  ASSERT_EQ(level("d"), 80);
  std::vector<std::string> found;
  std::string page_token;
  do {
    const auto response = best("retail", page_token);
    for (const auto& fit : response.fits()) found.push_back(fit.member_id());
    page_token = response.next_page_token();
  } while (!page_token.empty());
  EXPECT_THAT(found, ElementsAre("b", "c", "d", "a"));
}

TEST_F(IndustryTest, AnIndustryAsksForSkillsThatMembersCanBeGranted) {
  v1::CreateIndustryRequest request;
  request.mutable_industry()->set_industry_id("retail");
  request.mutable_industry()->set_display_name("零售");
  EXPECT_THAT(problem(change(&Tags::CreateIndustry, request)).fields, ElementsAre("industry.skills"));
  for (int i = 0; i < 2; ++i) request.mutable_industry()->add_skills()->set_skill_id("english");
  EXPECT_THAT(
      problem(change(&Tags::CreateIndustry, request)).fields,
      UnorderedElementsAre("industry.skills[0].weight", "industry.skills[1].skill_id", "industry.skills[1].weight"));
  request.mutable_industry()->mutable_skills()->RemoveLast();
  request.mutable_industry()->mutable_skills(0)->set_weight(5);
  EXPECT_EQ(problem(change(&Tags::CreateIndustry, request)).reason, "SKILL_NOT_FOUND");
  create("retail", 5, 0);
  EXPECT_EQ(problem(change(&Tags::CreateIndustry,
                           [&] {
                             request.mutable_industry()->mutable_skills(0)->set_skill_id("refunds");
                             return request;
                           }()))
                .reason,
            "INDUSTRY_EXISTS");
  v1::DeleteIndustryRequest gone;
  gone.set_industry_id("retail");
  EXPECT_TRUE(change(&Tags::DeleteIndustry, gone).ok());
  EXPECT_EQ(problem(change(&Tags::DeleteIndustry, gone)).reason, "INDUSTRY_NOT_FOUND");
}

}  // namespace
}  // namespace muster::testing
