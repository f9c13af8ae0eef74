#include <gmock/gmock.h>

#include <pqxx/pqxx>

#include "academy.h"
#include "muster/academy/academy_services.h"
#include "muster/v1/assessment_service.grpc.pb.h"
#include "muster/v1/identity_service.grpc.pb.h"

// What members find out about themselves.
namespace muster::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Assessments = v1::AssessmentService::Stub;
using Channel = std::shared_ptr<grpc::Channel>;

class AssessmentServiceTest : public Academy {
 protected:
  AssessmentServiceTest() {
    li_na = sign_in(v1::ROLE_AGENT, "li.na");
    coach = sign_in(v1::ROLE_COACH);
  }

  static v1::StartAssessmentRequest starting(bool consent = true, int purpose_version = 1) {
    v1::StartAssessmentRequest request;
    request.set_instrument_id("interests");
    request.set_consent(consent);
    request.set_purpose_version(purpose_version);
    return request;
  }
  static std::string start(const Channel& channel) {
    v1::StartAssessmentResponse response;
    EXPECT_TRUE(change_as(channel, &Assessments::StartAssessment, starting(), &response).ok());
    return response.assessment().assessment_id();
  }
  /// Answers items `first` to `last`, all with the value.
  static grpc::Status save(const Channel& channel, const std::string& id, int first, int last, int value,
                           int* count = nullptr) {
    v1::SaveAssessmentAnswersRequest request;
    request.set_assessment_id(id);
    for (int i = first; i <= last; ++i) {
      request.add_answers()->set_number(i);
      request.mutable_answers()->rbegin()->set_value(value);
    }
    v1::SaveAssessmentAnswersResponse response;
    const grpc::Status status = read_as(channel, &Assessments::SaveAssessmentAnswers, request, &response);
    if (count) *count = response.answered_count();
    return status;
  }
  static grpc::Status finish(const Channel& channel, const std::string& id) {
    v1::FinishAssessmentRequest request;
    request.set_assessment_id(id);
    return change_as(channel, &Assessments::FinishAssessment, request);
  }
  static grpc::Status release(const Channel& channel, const std::string& id, bool released = true) {
    v1::ReleaseAssessmentRequest request;
    request.set_assessment_id(id);
    request.set_released(released);
    return change_as(channel, &Assessments::ReleaseAssessment, request);
  }
  static grpc::Status get(const Channel& channel, const std::string& id, v1::Assessment* assessment = nullptr) {
    v1::GetAssessmentRequest request;
    request.set_assessment_id(id);
    v1::GetAssessmentResponse response;
    const grpc::Status status = read_as(channel, &Assessments::GetAssessment, request, &response);
    if (assessment) *assessment = response.assessment();
    return status;
  }
  static std::vector<v1::Assessment> list(const Channel& channel, const std::string& member = "") {
    v1::ListAssessmentsRequest request;
    request.set_member_id(member);
    v1::ListAssessmentsResponse response;
    EXPECT_TRUE(read_as(channel, &Assessments::ListAssessments, request, &response).ok());
    return {response.assessments().begin(), response.assessments().end()};
  }
  /// One in which every realistic item is liked a lot, and nothing else.
  static std::string finished(const Channel& channel) {
    const std::string id = start(channel);
    EXPECT_TRUE(save(channel, id, 1, 30, 0).ok());
    for (int i = 1; i <= 30; i += 6) EXPECT_TRUE(save(channel, id, i, i, 4).ok());
    EXPECT_TRUE(finish(channel, id).ok());
    return id;
  }

  /// As whoever owns the tables.
  std::string query(const std::string& statement) {
    pqxx::connection connection(backend.database);
    pqxx::work work(connection);
    work.exec("SET LOCAL muster.tenant = 'platform'");
    const auto rows = work.exec(statement);
    work.commit();
    return rows.empty() || rows[0][0].is_null() ? "" : rows[0][0].as<std::string>();
  }
  /// Runs the job as if it were then.
  void delete_old_answers_at(std::chrono::hours from_now) {
    for (const store::Job& job : academy::academy_jobs({})) {
      if (job.name != "academy.assessment_answers") continue;
      backend.back_office->pool()
          .submit("platform", [&](store::TenantTransaction& t) { EXPECT_FALSE(job.work(t, wall_now() + from_now)); })
          .get();
    }
  }

  Channel li_na, coach;
};

TEST_F(AssessmentServiceTest, TheInstrumentIsThereInBothLanguagesWithNoticeSourceAndPurpose) {
  for (const char* language : {"en", "zh"}) {
    v1::GetInstrumentRequest request;
    request.set_instrument_id("interests");
    request.set_language(language);
    v1::GetInstrumentResponse response;
    ASSERT_TRUE(read_as(li_na, &Assessments::GetInstrument, request, &response).ok());
    const v1::Instrument& instrument = response.instrument();
    EXPECT_EQ(instrument.items_size(), 30);
    EXPECT_EQ(instrument.items(29).number(), 30);
    ASSERT_EQ(instrument.labels_size(), 5);
    EXPECT_EQ(instrument.labels(4).value(), 4);
    ASSERT_EQ(instrument.scales_size(), 6);
    for (const auto& scale : instrument.scales()) EXPECT_EQ(scale.maximum(), 20) << scale.scale_id();
    for (const std::string& text : {instrument.title(), instrument.description(), instrument.notice(),
                                    instrument.source(), instrument.purpose()}) {
      EXPECT_NE(text, "");
    }
  }
  v1::ListInstrumentsRequest request;
  v1::ListInstrumentsResponse response;
  ASSERT_TRUE(read_as(coach, &Assessments::ListInstruments, request, &response).ok());
  ASSERT_EQ(response.instruments_size(), 1);
  EXPECT_EQ(response.instruments(0).items_size(), 0);
  request.set_language("fr");
  EXPECT_THAT(problem(read_as(coach, &Assessments::ListInstruments, request)).fields, ElementsAre("language"));
}

TEST_F(AssessmentServiceTest, NothingIsAskedWithoutConsentToThePurposeThatIsInForce) {
  const Problem refused = problem(change_as(li_na, &Assessments::StartAssessment, starting(false)));
  EXPECT_EQ(refused.reason, "CONSENT_MISSING");
  EXPECT_EQ(refused.metadata.at("purpose_version"), "1");
  EXPECT_EQ(problem(change_as(li_na, &Assessments::StartAssessment, starting(true, 2))).reason, "CONSENT_MISSING");
  EXPECT_EQ(query("SELECT count(*) FROM assessment_consent"), "0");
  const std::string id = start(li_na);
  EXPECT_EQ(query("SELECT member_id || purpose_version || language FROM assessment_consent"), "li.na1en");
  const Problem open = problem(change_as(li_na, &Assessments::StartAssessment, starting()));
  EXPECT_EQ(open.reason, "ASSESSMENT_OPEN");
  EXPECT_EQ(open.metadata.at("assessment_id"), id);
}

TEST_F(AssessmentServiceTest, TheMemberSeesTheSumsOfTheScales) {
  const std::string id = start(li_na);
  int count = 0;
  EXPECT_TRUE(save(li_na, id, 1, 29, 1, &count).ok());
  EXPECT_EQ(count, 29);
  const Problem missing = problem(finish(li_na, id));
  EXPECT_EQ(missing.reason, "ANSWERS_MISSING");
  EXPECT_EQ(missing.metadata.at("missing"), "1");
  EXPECT_TRUE(save(li_na, id, 29, 30, 3, &count).ok()) << "an answer takes the place of the one before";
  EXPECT_EQ(count, 30);
  EXPECT_TRUE(finish(li_na, id).ok());
  EXPECT_EQ(problem(save(li_na, id, 1, 1, 0)).reason, "ASSESSMENT_FINISHED");
  EXPECT_EQ(problem(finish(li_na, id)).reason, "ASSESSMENT_FINISHED");
  v1::Assessment seen;
  ASSERT_TRUE(get(li_na, id, &seen).ok());
  EXPECT_EQ(seen.answers_size(), 30);
  ASSERT_EQ(seen.scores_size(), 6);
  EXPECT_EQ(seen.scores(0).scale_id(), "realistic");
  EXPECT_EQ(seen.scores(0).score(), 5);
  EXPECT_EQ(seen.scores(4).score(), 7);
  EXPECT_EQ(seen.scores(5).score(), 7);
  ASSERT_EQ(list(li_na).size(), 1U);
  EXPECT_EQ(list(li_na)[0].scores_size(), 6);
  EXPECT_EQ(list(li_na)[0].answers_size(), 0);
}

TEST_F(AssessmentServiceTest, StaffSeeAResultWhileItIsReleasedAndNeverAnAnswer) {
  bring_to("wang.fang", v1::MEMBER_STATE_TRAINING);
  const Channel wang_fang = sign_in(v1::ROLE_AGENT, "wang.fang");
  const std::string unfinished = start(wang_fang);
  EXPECT_EQ(problem(release(wang_fang, unfinished)).reason, "ASSESSMENT_OPEN");
  const std::string id = finished(li_na);
  const auto nobody_else_sees_it = [&] {
    for (const Channel& other : {coach, backend.channel, wang_fang}) {
      EXPECT_EQ(problem(get(other, id)).reason, "ASSESSMENT_NOT_FOUND");
    }
    EXPECT_THAT(list(coach), IsEmpty());
    EXPECT_THAT(list(coach, "li.na"), IsEmpty());
  };
  nobody_else_sees_it();
  EXPECT_EQ(problem(release(wang_fang, id)).reason, "ASSESSMENT_NOT_FOUND");
  EXPECT_TRUE(release(li_na, id).ok());
  v1::Assessment seen;
  ASSERT_TRUE(get(coach, id, &seen).ok());
  EXPECT_EQ(seen.scores(0).score(), 20);
  EXPECT_EQ(seen.answers_size(), 0);
  EXPECT_EQ(list(coach, "li.na").size(), 1U);
  EXPECT_EQ(problem(get(wang_fang, id)).reason, "ASSESSMENT_NOT_FOUND") << "other members do not";
  EXPECT_TRUE(release(li_na, id, false).ok());
  nobody_else_sees_it();
}

TEST_F(AssessmentServiceTest, ACoachWhoIsAMemberSeesTheirOwnLikeAnyMember) {
  bring_to("zhao.lei", v1::MEMBER_STATE_TRAINING);
  const Channel both = sign_in({v1::ROLE_COACH, v1::ROLE_AGENT}, "zhao.lei");
  const std::string own = finished(both), others = finished(li_na);
  v1::Assessment seen;
  ASSERT_TRUE(get(both, own, &seen).ok());
  EXPECT_EQ(seen.answers_size(), 30);
  EXPECT_EQ(seen.scores(0).score(), 20);
  EXPECT_EQ(list(both).size(), 1U);
  EXPECT_EQ(list(both, "zhao.lei").size(), 1U);
  EXPECT_EQ(problem(get(both, others)).reason, "ASSESSMENT_NOT_FOUND");
  ASSERT_TRUE(release(li_na, others).ok());
  EXPECT_EQ(list(both).size(), 2U);
  ASSERT_TRUE(get(both, others, &seen).ok());
  EXPECT_EQ(seen.answers_size(), 0);
}

TEST_F(AssessmentServiceTest, WhatWasReleasedByOneWhoHasLeftIsNotShownAndCanStillBeWithdrawn) {
  const std::string id = finished(li_na);
  ASSERT_TRUE(release(li_na, id).ok());
  ASSERT_EQ(list(coach).size(), 1U);
  move("li.na", v1::MEMBER_STATE_CLOSED);
  EXPECT_THAT(list(coach), IsEmpty());
  EXPECT_EQ(problem(get(coach, id)).reason, "ASSESSMENT_NOT_FOUND");
  EXPECT_TRUE(get(li_na, id).ok());
  v1::WithdrawAssessmentConsentResponse gone;
  ASSERT_TRUE(
      change_as(li_na, &Assessments::WithdrawAssessmentConsent, v1::WithdrawAssessmentConsentRequest(), &gone).ok());
  EXPECT_EQ(gone.assessment_count(), 1);
  EXPECT_EQ(query("SELECT count(*) FROM assessment_key"), "0");
}

TEST_F(AssessmentServiceTest, WhoIsNoMemberHasNone) {
  for (const grpc::Status& status :
       {change_as(backend.channel, &Assessments::StartAssessment, starting()), save(backend.channel, "1", 1, 1, 1),
        finish(backend.channel, "1"), release(backend.channel, "1"),
        change_as(backend.channel, &Assessments::WithdrawAssessmentConsent, v1::WithdrawAssessmentConsentRequest())}) {
    EXPECT_EQ(problem(status).reason, "NOT_A_MEMBER");
  }
  EXPECT_EQ(problem(change_as(coach, &Assessments::StartAssessment, starting())).reason, "PERMISSION_DENIED");
}

TEST_F(AssessmentServiceTest, WithdrawalDeletesKeyAnswersAndResultsAtOnce) {
  const std::string id = finished(li_na);
  EXPECT_TRUE(release(li_na, id).ok());
  start(li_na);
  v1::WithdrawAssessmentConsentResponse gone;
  ASSERT_TRUE(
      change_as(li_na, &Assessments::WithdrawAssessmentConsent, v1::WithdrawAssessmentConsentRequest(), &gone).ok());
  EXPECT_EQ(gone.assessment_count(), 2);
  EXPECT_EQ(problem(get(li_na, id)).reason, "ASSESSMENT_NOT_FOUND");
  EXPECT_EQ(problem(get(coach, id)).reason, "ASSESSMENT_NOT_FOUND");
  EXPECT_EQ(query("SELECT count(*) FROM assessment"), "0");
  EXPECT_EQ(query("SELECT count(*) FROM assessment_key"), "0");
  EXPECT_EQ(query("SELECT count(*) FROM assessment_consent WHERE withdraw_time IS NULL"), "0");
  EXPECT_EQ(query("SELECT count(*) FROM assessment_consent"), "2");
  ASSERT_TRUE(
      change_as(li_na, &Assessments::WithdrawAssessmentConsent, v1::WithdrawAssessmentConsentRequest(), &gone).ok());
  EXPECT_EQ(gone.assessment_count(), 0);
  EXPECT_NE(start(li_na), "") << "who consents anew may begin anew";
}

TEST_F(AssessmentServiceTest, WhatIsStoredCannotBeReadWithoutTheMembersKeyNorMovedToAnother) {
  bring_to("wang.fang", v1::MEMBER_STATE_TRAINING);
  const Channel wang_fang = sign_in(v1::ROLE_AGENT, "wang.fang");
  const std::string id = finished(li_na), other = finished(wang_fang);
  EXPECT_EQ(query("SELECT count(*) FROM assessment WHERE position('realistic'::bytea IN result) > 0"), "0");
  EXPECT_EQ(query("SELECT count(DISTINCT sealed_key) FROM assessment_key"), "2");
  query(
      "UPDATE assessment SET result = (SELECT result FROM assessment WHERE member_id = 'li.na') WHERE member_id ="
      " 'wang.fang'");
  EXPECT_EQ(get(wang_fang, other).error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_TRUE(get(li_na, id).ok());
  query(
      "UPDATE assessment_key SET sealed_key = (SELECT sealed_key FROM assessment_key WHERE member_id = 'li.na')"
      " WHERE member_id = 'wang.fang'");
  EXPECT_EQ(get(wang_fang, other).error_code(), grpc::StatusCode::INTERNAL) << "a key is of one member";
}

TEST_F(AssessmentServiceTest, AnswersAreDeletedAfterNinetyDaysAndResultsStay) {
  const std::string id = finished(li_na), unfinished = start(li_na);
  EXPECT_TRUE(save(li_na, unfinished, 1, 5, 2).ok());
  delete_old_answers_at(std::chrono::hours(89 * 24));
  v1::Assessment seen;
  ASSERT_TRUE(get(li_na, id, &seen).ok());
  EXPECT_EQ(seen.answers_size(), 30);
  delete_old_answers_at(std::chrono::hours(90 * 24 + 1));
  ASSERT_TRUE(get(li_na, id, &seen).ok());
  EXPECT_EQ(seen.answers_size(), 0);
  EXPECT_EQ(seen.scores(0).score(), 20);
  EXPECT_EQ(problem(get(li_na, unfinished)).reason, "ASSESSMENT_NOT_FOUND") << "what was not finished goes as a whole";
  EXPECT_EQ(query("SELECT count(*) FROM audit_entry WHERE action = 'DeleteOldAnswers'"), "2");
}

TEST_F(AssessmentServiceTest, TheAuditAndTheRepliesThatAreKeptTellThatAndNotWhat) {
  const std::string id = finished(li_na);
  EXPECT_TRUE(release(li_na, id).ok());
  const std::string audit = query(
      "SELECT string_agg(action || coalesce(before::text, '') || coalesce(after::text, ''), ' ') FROM audit_entry"
      " WHERE resource LIKE 'assessment%'");
  for (const char* action : {"StartAssessment", "FinishAssessment", "ReleaseAssessment"}) {
    EXPECT_THAT(audit, HasSubstr(action));
  }
  for (const char* word : {"scores", "answers\"", "value", "realistic"}) EXPECT_THAT(audit, Not(HasSubstr(word)));
  EXPECT_EQ(query("SELECT count(*) FROM identity_request WHERE position('realistic'::bytea IN reply) > 0"), "0");
}

TEST_F(AssessmentServiceTest, WhatRoutesCertifiesAndRanksMayNotTouchIt) {
  finished(li_na);
  for (const char* table : {"instrument", "instrument_text", "assessment", "assessment_key", "assessment_consent"}) {
    auto looked = backend.back_office->pool().submit(
        "platform", [table](store::TenantTransaction& t) { t.sql().exec(std::string("SELECT FROM ") + table); });
    EXPECT_THROW(looked.get(), pqxx::insufficient_privilege) << table;
  }
  EXPECT_EQ(query("SELECT count(*) FROM pg_class c WHERE c.relname ~ '^(assessment|instrument)' AND c.relkind = 'r'"
                  " AND (has_table_privilege('muster_app', c.oid, 'SELECT, INSERT, UPDATE, DELETE')"
                  " OR NOT has_table_privilege('muster_assessor', c.oid, 'SELECT'))"),
            "0");
  // Nor does that role reach anything else, so that nothing can be joined to it.
  EXPECT_EQ(query("SELECT count(*) FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'"
                  " AND c.relname !~ '^(assessment|instrument)' AND has_table_privilege('muster_assessor', c.oid,"
                  " 'SELECT, INSERT, UPDATE, DELETE')"),
            "0");
}

TEST_F(AssessmentServiceTest, WhatIsWrongIsSaidFieldByField) {
  const std::string id = start(li_na);
  v1::SaveAssessmentAnswersRequest request;
  request.set_assessment_id(id);
  EXPECT_THAT(problem(read_as(li_na, &Assessments::SaveAssessmentAnswers, request)).fields, ElementsAre("answers"));
  request.add_answers()->set_number(31);
  request.add_answers()->set_number(2);
  request.mutable_answers(1)->set_value(5);
  EXPECT_THAT(problem(read_as(li_na, &Assessments::SaveAssessmentAnswers, request)).fields,
              ElementsAre("answers[0].number", "answers[1].value"));
  request.mutable_answers(0)->set_number(2);
  EXPECT_THAT(problem(read_as(li_na, &Assessments::SaveAssessmentAnswers, request)).fields,
              ElementsAre("answers[1].number"));
  EXPECT_EQ(problem(save(li_na, "999", 1, 1, 1)).reason, "ASSESSMENT_NOT_FOUND");
  v1::StartAssessmentRequest none = starting();
  none.set_instrument_id("none");
  EXPECT_EQ(problem(change_as(li_na, &Assessments::StartAssessment, none)).reason, "INSTRUMENT_NOT_FOUND");
}

}  // namespace
}  // namespace muster::testing
