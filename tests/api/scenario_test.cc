#include <gmock/gmock.h>

#include <chrono>
#include <pqxx/pqxx>

#include "academy.h"
#include "desk.h"
#include "muster/v1/certificate_service.grpc.pb.h"
#include "muster/v1/skill_tag_service.grpc.pb.h"

// From an application to the first contact and on, in the words of those who run it.
namespace muster::testing {
namespace {

using ::testing::HasSubstr;
using Certificates = v1::CertificateService::Stub;

class Scenario : public Academy {
 protected:
  /// A bank of questions of which the option "right" is, an exam of five of them with the course that trains
  /// "refunds", and a kind of certificates for who passes it, which the queue of the tenant asks for.
  void prepare_refunds() {
    create_course("refunds-course", {"rules"});
    v1::UpdateCourseRequest trains;
    trains.mutable_course()->set_course_id("refunds-course");
    trains.mutable_course()->set_skill_id("refunds");
    trains.mutable_update_mask()->add_paths("skill_id");
    EXPECT_TRUE(change(&Courses::UpdateCourse, trains).ok());
    publish_course("refunds-course");
    v1::CreateQuestionBankRequest bank;
    bank.mutable_bank()->set_bank_id("refunds");
    bank.mutable_bank()->set_display_name("退款");
    EXPECT_TRUE(change(&Exams::CreateQuestionBank, bank).ok());
    for (int i = 0; i < 5; ++i) add_question("question " + std::to_string(i));
    v1::CreateExamRequest exam;
    exam.mutable_exam()->set_exam_id("refunds-exam");
    exam.mutable_exam()->set_display_name("退款考试");
    exam.mutable_exam()->set_course_id("refunds-course");
    exam.mutable_exam()->add_sections()->set_bank_id("refunds");
    exam.mutable_exam()->mutable_sections(0)->set_question_count(5);
    EXPECT_TRUE(change(&Exams::CreateExam, exam).ok());
    v1::SetExamPublicationRequest publish;
    publish.set_exam_id("refunds-exam");
    publish.set_published(true);
    EXPECT_TRUE(change(&Exams::SetExamPublication, publish).ok());

    v1::CreateCertificateKindRequest kind;
    kind.mutable_kind()->set_kind_id("refunds");
    kind.mutable_kind()->set_display_name("退款");
    kind.mutable_kind()->set_skill_id("refunds-certified");
    kind.mutable_kind()->add_exam_ids("refunds-exam");
    kind.mutable_kind()->set_automatic(true);
    EXPECT_TRUE(change(&Certificates::CreateCertificateKind, kind).ok());
  }
  void open_the_queue() {
    v1::CreateSkillRequest skill;
    skill.mutable_skill()->set_skill_id("refunds-certified");
    EXPECT_TRUE(change(&Routing::CreateSkill, skill).ok());
    v1::CreatePolicyRequest policy;
    policy.mutable_policy()->set_policy_id("refunds");
    policy.mutable_policy()->add_steps();
    policy.mutable_policy()->mutable_gates()->mutable_skill()->set_skill_id("refunds-certified");
    EXPECT_TRUE(change(&Routing::CreatePolicy, policy).ok());
    v1::CreateQueueRequest queue;
    queue.mutable_queue()->set_queue_id("acme-refunds");
    queue.mutable_queue()->set_channel(v1::CHANNEL_CHAT);
    queue.mutable_queue()->set_policy_id("refunds");
    EXPECT_TRUE(change(&Routing::CreateQueue, queue).ok());
  }

  void add_question(const std::string& text) {
    v1::CreateQuestionRequest request;
    v1::Question& question = *request.mutable_question();
    question.set_bank_id("refunds");
    question.set_kind(v1::QUESTION_KIND_SINGLE_CHOICE);
    question.set_text(text);
    for (const char* id : {"1", "2"}) {
      v1::QuestionOption& option = *question.add_options();
      option.set_option_id(id);
      option.set_text(option.option_id() == "1" ? "right" : "wrong");
    }
    question.mutable_key()->add_option_ids("1");
    EXPECT_TRUE(change(&Exams::CreateQuestion, request).ok());
  }

  /// The member takes the exam, by themselves, and knows so many of the five answers.
  v1::AttemptState take(const std::shared_ptr<grpc::Channel>& member, int known) {
    v1::StartAttemptRequest start;
    start.set_exam_id("refunds-exam");
    v1::StartAttemptResponse paper;
    EXPECT_TRUE(change_as(member, &Exams::StartAttempt, start, &paper).ok());
    v1::SaveAnswersRequest answers;
    answers.set_attempt_id(paper.attempt().attempt_id());
    for (const v1::PaperQuestion& question : paper.questions()) {
      v1::Answer& answer = *answers.add_answers();
      answer.set_number(question.number());
      const char* wanted = answers.answers_size() <= known ? "right" : "wrong";
      for (const v1::QuestionOption& option : question.options()) {
        if (option.text() == wanted) answer.add_option_ids(option.option_id());
      }
    }
    EXPECT_TRUE(change_as(member, &Exams::SaveAnswers, answers).ok());
    v1::SubmitAttemptRequest submit;
    submit.set_attempt_id(paper.attempt().attempt_id());
    v1::SubmitAttemptResponse result;
    EXPECT_TRUE(change_as(member, &Exams::SubmitAttempt, submit, &result).ok());
    return result.attempt().state();
  }
  /// As if what was attempted had been a day and an hour earlier.
  void let_a_day_pass() {
    backend.back_office->pool()
        .submit("platform",
                [](store::TenantTransaction& t) {
                  t.sql().exec(
                      "UPDATE exam_attempt SET start_time = start_time - interval '25 hours',"
                      " deadline = deadline - interval '25 hours', finish_time = finish_time - interval '25 hours'");
                })
        .get();
  }

  std::vector<v1::Certificate> certificates(const std::string& member) {
    v1::ListCertificatesRequest request;
    request.set_member_id(member);
    v1::ListCertificatesResponse response;
    EXPECT_TRUE(backend.call(&Certificates::ListCertificates, request, &response).ok());
    return {response.certificates().begin(), response.certificates().end()};
  }
  bool certified_on_the_floor(const std::string& agent) {
    v1::GetAgentRequest request;
    request.set_agent_id(agent);
    v1::GetAgentResponse response;
    if (!backend.call(&Routing::GetAgent, request, &response).ok()) return false;
    return std::any_of(response.agent().skills().begin(), response.agent().skills().end(),
                       [](const auto& skill) { return skill.skill_id() == "refunds-certified"; });
  }
  Problem issue(const std::string& member) {
    v1::IssueCertificateRequest request;
    request.set_kind_id("refunds");
    request.set_member_id(member);
    return problem(change(&Certificates::IssueCertificate, request));
  }
  v1::ContactState state_of(const std::string& contact) {
    v1::GetContactRequest request;
    request.set_contact_id(contact);
    v1::GetContactResponse response;
    EXPECT_TRUE(backend.call(&Contacts::GetContact, request, &response).ok());
    return response.contact().state();
  }
  /// A student who has applied, was verified, is in training and has read the lessons. li.na is there already.
  std::shared_ptr<grpc::Channel> bring_to_training(const std::string& id) {
    if (id != "li.na") bring_to(id, v1::MEMBER_STATE_TRAINING);
    const auto member = sign_in(v1::ROLE_AGENT, id);
    EXPECT_TRUE(complete(id, "refunds-course", "rules").ok());
    return member;
  }
};

TEST_F(Scenario, AStudentFailsWaitsPassesServesAndLosesTheCertificateInTheMiddleOfAShift) {
  prepare_refunds();
  open_the_queue();
  const auto li_na = bring_to_training("li.na");

  // Fails; may not try again at once, nor be certified past the exam.
  EXPECT_EQ(take(li_na, 3), v1::ATTEMPT_STATE_FAILED);
  v1::StartAttemptRequest again;
  again.set_exam_id("refunds-exam");
  EXPECT_EQ(problem(change_as(li_na, &Exams::StartAttempt, again)).reason, "RETRY_TOO_EARLY");
  const Problem refused = issue("li.na");
  EXPECT_EQ(refused.reason, "REQUIREMENTS_NOT_MET");
  EXPECT_EQ(refused.metadata.at("missing"), "exam refunds-exam");
  EXPECT_TRUE(certificates("li.na").empty());

  // A day later passes, and is certified by that alone.
  let_a_day_pass();
  EXPECT_EQ(take(li_na, 4), v1::ATTEMPT_STATE_PASSED);
  ASSERT_EQ(certificates("li.na").size(), 1u);
  EXPECT_EQ(certificates("li.na").front().level(), 80);
  // Sees it, and nobody else's.
  v1::ListCertificatesRequest mine;
  v1::ListCertificatesResponse seen;
  ASSERT_TRUE(read_as(li_na, &Certificates::ListCertificates, mine, &seen).ok());
  EXPECT_EQ(seen.certificates_size(), 1);
  mine.set_member_id("wang.fang");
  EXPECT_EQ(read_as(li_na, &Certificates::ListCertificates, mine).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  v1::ListEvidenceRequest about;
  about.set_member_id("li.na");
  v1::ListEvidenceResponse evidence;
  ASSERT_TRUE(backend.call(&v1::SkillTagService::Stub::ListEvidence, about, &evidence).ok());
  EXPECT_THAT(evidence.DebugString(), HasSubstr("exam/refunds-exam"));

  // Serves, and gets what the tenant's queue has.
  move("li.na", v1::MEMBER_STATE_CERTIFIED);
  move("li.na", v1::MEMBER_STATE_PROBATION);
  ASSERT_TRUE(eventually([&] { return certified_on_the_floor("li.na"); }));
  const auto desk = Desk::available(Door::kSession, backend, "li.na");
  const std::string first = backend.create_contact("acme-refunds");
  EXPECT_EQ(desk->accept_next().contact_id(), first);

  // The certificate ends in the middle of the shift: what is in hand goes on, the next goes to who is certified anew.
  v1::PublishCertificateKindVersionRequest publish;
  publish.set_kind_id("refunds");
  publish.mutable_grace()->set_seconds(1);
  ASSERT_TRUE(change(&Certificates::PublishCertificateKindVersion, publish).ok());
  ASSERT_TRUE(eventually([&] { return !certified_on_the_floor("li.na"); }));
  EXPECT_EQ(certificates("li.na").front().state(), v1::CERTIFICATE_STATE_EXPIRED);
  const std::string second = backend.create_contact("acme-refunds");
  EXPECT_EQ(state_of(first), v1::CONTACT_STATE_ACTIVE);
  EXPECT_EQ(state_of(second), v1::CONTACT_STATE_QUEUED);

  const auto wang_fang = bring_to_training("wang.fang");
  EXPECT_EQ(take(wang_fang, 5), v1::ATTEMPT_STATE_PASSED);
  move("wang.fang", v1::MEMBER_STATE_CERTIFIED);
  move("wang.fang", v1::MEMBER_STATE_PROBATION);
  ASSERT_TRUE(eventually([&] { return certified_on_the_floor("wang.fang"); }));
  const auto other = Desk::available(Door::kSession, backend, "wang.fang");
  EXPECT_EQ(other->accept_next().contact_id(), second);
  EXPECT_EQ(state_of(first), v1::CONTACT_STATE_ACTIVE);
}

TEST_F(Scenario, WhoHoldsTheNewestCertificateGetsNoSecondOne) {
  prepare_refunds();
  const auto li_na = bring_to_training("li.na");
  EXPECT_EQ(take(li_na, 5), v1::ATTEMPT_STATE_PASSED);
  v1::ResetAttemptsRequest reset;
  reset.set_exam_id("refunds-exam");
  reset.set_member_id("li.na");
  reset.set_reason("once more");
  ASSERT_TRUE(change(&Exams::ResetAttempts, reset).ok());
  EXPECT_EQ(take(li_na, 4), v1::ATTEMPT_STATE_PASSED);
  EXPECT_EQ(certificates("li.na").size(), 1u);
}

TEST_F(Scenario, WhatWasSuspendedOrRevokedIsNotIssuedAnewByItself) {
  prepare_refunds();
  const auto li_na = bring_to_training("li.na");
  const auto pass_again = [&] {
    v1::ResetAttemptsRequest reset;
    reset.set_exam_id("refunds-exam");
    reset.set_member_id("li.na");
    reset.set_reason("once more");
    EXPECT_TRUE(change(&Exams::ResetAttempts, reset).ok());
    EXPECT_EQ(take(li_na, 5), v1::ATTEMPT_STATE_PASSED);
  };
  EXPECT_EQ(take(li_na, 5), v1::ATTEMPT_STATE_PASSED);
  v1::SuspendCertificateRequest suspend;
  suspend.set_certificate_id(certificates("li.na").front().certificate_id());
  suspend.set_reason("complaint");
  ASSERT_TRUE(change(&Certificates::SuspendCertificate, suspend).ok());
  v1::PublishCertificateKindVersionRequest publish;
  publish.set_kind_id("refunds");
  ASSERT_TRUE(change(&Certificates::PublishCertificateKindVersion, publish).ok());
  pass_again();
  ASSERT_EQ(certificates("li.na").size(), 1u);
  v1::RevokeCertificateRequest revoke;
  revoke.set_certificate_id(suspend.certificate_id());
  revoke.set_reason("cheated");
  ASSERT_TRUE(change(&Certificates::RevokeCertificate, revoke).ok());
  pass_again();
  EXPECT_EQ(certificates("li.na").size(), 1u);
}

TEST_F(Scenario, AKindAsksForWhatIsThere) {
  prepare_refunds();
  v1::CreateCertificateKindRequest kind;
  kind.mutable_kind()->set_kind_id("other");
  kind.mutable_kind()->set_display_name("other");
  kind.mutable_kind()->set_skill_id("other-certified");
  kind.mutable_kind()->add_exam_ids("no-such-exam");
  EXPECT_EQ(problem(change(&Certificates::CreateCertificateKind, kind)).reason, "EXAM_NOT_FOUND");
  kind.mutable_kind()->clear_exam_ids();
  kind.mutable_kind()->set_automatic(true);
  EXPECT_EQ(problem(change(&Certificates::CreateCertificateKind, kind)).fields.front(), "kind.automatic");
}

}  // namespace
}  // namespace muster::testing
