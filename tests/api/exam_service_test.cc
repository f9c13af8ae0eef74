#include <gmock/gmock.h>

#include <atomic>
#include <pqxx/pqxx>
#include <set>
#include <thread>

#include "academy.h"
#include "muster/v1/announcement.pb.h"
#include "permissions.h"

// Exams: who may take them, what is asked and what is told, and how they end.
namespace muster::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

class ExamServiceTest : public Academy {
 protected:
  ExamServiceTest() {
    v1::CreateQuestionBankRequest bank;
    bank.mutable_bank()->set_bank_id("refunds");
    bank.mutable_bank()->set_display_name("退款");
    EXPECT_TRUE(change(&Exams::CreateQuestionBank, bank).ok());
    for (int i = 0; i < 4; ++i) add_choice("choice " + std::to_string(i));
    add_text();
    create_exam("refunds-exam");
    publish("refunds-exam");
  }

  /// The option whose text is "right" is.
  std::string add_choice(const std::string& text) {
    v1::CreateQuestionRequest request;
    v1::Question& question = *request.mutable_question();
    question.set_bank_id("refunds");
    question.set_kind(v1::QUESTION_KIND_SINGLE_CHOICE);
    question.set_text(text);
    for (const char* id : {"1", "2", "3"}) {
      v1::QuestionOption& option = *question.add_options();
      option.set_option_id(id);
      option.set_text(option.option_id() == "1" ? "right" : "wrong " + option.option_id());
    }
    question.mutable_key()->add_option_ids("1");
    v1::CreateQuestionResponse response;
    EXPECT_TRUE(change(&Exams::CreateQuestion, request, &response).ok());
    return response.question().question_id();
  }
  void add_text() {
    v1::CreateQuestionRequest request;
    v1::Question& question = *request.mutable_question();
    question.set_bank_id("refunds");
    question.set_kind(v1::QUESTION_KIND_TEXT);
    question.set_text("Until when?");
    question.mutable_key()->add_keyword_groups()->add_keywords("7 days");
    EXPECT_TRUE(change(&Exams::CreateQuestion, request).ok());
  }
  v1::CreateExamRequest exam_request(const std::string& id, const std::string& course = "", int questions = 5) {
    v1::CreateExamRequest request;
    v1::Exam& exam = *request.mutable_exam();
    exam.set_exam_id(id);
    exam.set_display_name(id);
    exam.set_course_id(course);
    exam.add_sections()->set_bank_id("refunds");
    exam.mutable_sections(0)->set_question_count(questions);
    exam.set_attempt_limit(2);
    return request;
  }
  void create_exam(const std::string& id, const std::string& course = "", int questions = 5) {
    EXPECT_TRUE(change(&Exams::CreateExam, exam_request(id, course, questions)).ok());
  }
  grpc::Status set_published(const std::string& id, bool published = true) {
    v1::SetExamPublicationRequest request;
    request.set_exam_id(id);
    request.set_published(published);
    return change(&Exams::SetExamPublication, request);
  }
  void publish(const std::string& id) { EXPECT_TRUE(set_published(id).ok()); }
  void set_delay(const std::string& id, int seconds) {
    v1::UpdateExamRequest request;
    request.mutable_exam()->set_exam_id(id);
    request.mutable_exam()->mutable_retry_delay()->set_seconds(seconds);
    request.mutable_update_mask()->add_paths("retry_delay");
    EXPECT_TRUE(change(&Exams::UpdateExam, request).ok());
  }

  v1::StartAttemptRequest start_request(const std::string& exam, const std::string& member = "li.na") {
    v1::StartAttemptRequest request;
    request.set_request_id(new_request_id());
    request.set_exam_id(exam);
    request.set_member_id(member);
    return request;
  }
  Problem start_problem(const std::string& exam, const std::string& member = "li.na") {
    return problem(change(&Exams::StartAttempt, start_request(exam, member)));
  }
  v1::StartAttemptResponse start(const std::string& exam = "refunds-exam", const std::string& member = "li.na") {
    v1::StartAttemptResponse response;
    EXPECT_TRUE(change(&Exams::StartAttempt, start_request(exam, member), &response).ok());
    return response;
  }
  /// Answers so many of the questions rightly, and the others wrongly.
  template <typename Questions>
  static v1::SaveAnswersRequest answers_to(const std::string& attempt, const Questions& questions, int right) {
    v1::SaveAnswersRequest request;
    request.set_attempt_id(attempt);
    for (const v1::PaperQuestion& question : questions) {
      v1::Answer& answer = *request.add_answers();
      answer.set_number(question.number());
      const bool rightly = request.answers_size() <= right;
      if (question.options().empty()) {
        answer.set_text(rightly ? "within ７ DAYS" : "never");
        continue;
      }
      for (const v1::QuestionOption& option : question.options()) {
        if ((option.text() == "right") == rightly && answer.option_ids().empty()) {
          answer.add_option_ids(option.option_id());
        }
      }
    }
    return request;
  }
  void save(const v1::StartAttemptResponse& started, int right) {
    EXPECT_TRUE(
        change(&Exams::SaveAnswers, answers_to(started.attempt().attempt_id(), started.questions(), right)).ok());
  }
  v1::SubmitAttemptResponse submit(const std::string& attempt) {
    v1::SubmitAttemptRequest request;
    request.set_attempt_id(attempt);
    v1::SubmitAttemptResponse response;
    EXPECT_TRUE(change(&Exams::SubmitAttempt, request, &response).ok());
    return response;
  }
  v1::Attempt take(const std::string& exam, int right, const std::string& member = "li.na") {
    const auto started = start(exam, member);
    save(started, right);
    return submit(started.attempt().attempt_id()).attempt();
  }
  v1::GetAttemptResponse look(const std::string& attempt) {
    v1::GetAttemptRequest request;
    request.set_attempt_id(attempt);
    v1::GetAttemptResponse response;
    EXPECT_TRUE(backend.call(&Exams::GetAttempt, request, &response).ok());
    return response;
  }
  /// As if the attempts had been started an hour earlier.
  void let_an_hour_pass() {
    backend.back_office->pool()
        .submit("platform",
                [](store::TenantTransaction& t) {
                  t.sql().exec(
                      "UPDATE exam_attempt SET start_time = start_time - interval '1 hour',"
                      " deadline = deadline - interval '1 hour', finish_time = finish_time - interval '1 hour'");
                })
        .get();
  }
  void reset(const std::string& exam, const std::string& member = "li.na") {
    v1::ResetAttemptsRequest request;
    request.set_exam_id(exam);
    request.set_member_id(member);
    request.set_reason("the line was down");
    v1::ResetAttemptsResponse response;
    EXPECT_TRUE(change(&Exams::ResetAttempts, request, &response).ok());
    EXPECT_EQ(response.attempts_left(), 2);
  }
};

TEST_F(ExamServiceTest, WhoAnswersRightlyPasses) {
  const auto started = start();
  EXPECT_EQ(started.attempt().state(), v1::ATTEMPT_STATE_UNDER_WAY);
  EXPECT_EQ(started.attempt().pass_mark(), 80);
  EXPECT_EQ(started.attempt().deadline().seconds() - started.attempt().start_time().seconds(), 1'800);
  ASSERT_EQ(started.questions_size(), 5);
  save(started, 4);
  const auto result = submit(started.attempt().attempt_id());
  EXPECT_EQ(result.attempt().state(), v1::ATTEMPT_STATE_PASSED);
  EXPECT_EQ(result.attempt().score(), 80);
  EXPECT_FALSE(result.attempt().timed_out());
  std::vector<bool> rights;
  for (const auto& each : result.results()) rights.push_back(each.right());
  EXPECT_THAT(rights, ElementsAre(true, true, true, true, false));
}

TEST_F(ExamServiceTest, WhoAnswersWronglyOrNotAtAllFails) {
  EXPECT_EQ(take("refunds-exam", 3).state(), v1::ATTEMPT_STATE_FAILED);
  bring_to("wang.fang", v1::MEMBER_STATE_TRAINING);
  const auto started = start("refunds-exam", "wang.fang");
  EXPECT_EQ(submit(started.attempt().attempt_id()).attempt().score(), 0);
}

TEST_F(ExamServiceTest, AnswersAreSavedOneByOneOrTogetherAndTakeEachOthersPlace) {
  const auto started = start();
  const auto& id = started.attempt().attempt_id();
  auto all = answers_to(id, started.questions(), 5);
  v1::SaveAnswersRequest one;
  one.set_attempt_id(id);
  *one.add_answers() = all.answers(0);
  v1::SaveAnswersResponse saved;
  ASSERT_TRUE(change(&Exams::SaveAnswers, one, &saved).ok());
  EXPECT_EQ(saved.answered_count(), 1);
  ASSERT_TRUE(change(&Exams::SaveAnswers, all, &saved).ok());
  ASSERT_TRUE(change(&Exams::SaveAnswers, all, &saved).ok());
  EXPECT_EQ(saved.answered_count(), 5);
  // What is resumed is what was started.
  const auto resumed = look(id);
  ASSERT_EQ(resumed.questions_size(), 5);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(resumed.questions(i).SerializeAsString(), started.questions(i).SerializeAsString());
    EXPECT_EQ(resumed.answers(i).SerializeAsString(), all.answers(i).SerializeAsString());
  }
  EXPECT_EQ(resumed.results_size(), 0);
  // An answer taken back is none.
  one.mutable_answers(0)->clear_option_ids();
  one.mutable_answers(0)->clear_text();
  ASSERT_TRUE(change(&Exams::SaveAnswers, one, &saved).ok());
  EXPECT_EQ(saved.answered_count(), 4);
  EXPECT_EQ(submit(id).attempt().score(), 80);
}

TEST_F(ExamServiceTest, WhatWasSavedBeforeTheDeadlineCountsAndNothingAfterIt) {
  const auto started = start();
  save(started, 5);
  let_an_hour_pass();
  const Problem refused =
      problem(change(&Exams::SaveAnswers, answers_to(started.attempt().attempt_id(), started.questions(), 0)));
  EXPECT_EQ(refused.reason, "ATTEMPT_OVER");
  const v1::Attempt attempt = submit(started.attempt().attempt_id()).attempt();
  EXPECT_EQ(attempt.state(), v1::ATTEMPT_STATE_PASSED);
  EXPECT_TRUE(attempt.timed_out());
  EXPECT_EQ(attempt.finish_time().seconds(), attempt.deadline().seconds());
}

TEST_F(ExamServiceTest, AnAttemptThatNobodySubmitsIsOverWhenItIsLookedAt) {
  const auto started = start();
  save(started, 4);
  let_an_hour_pass();
  const auto seen = look(started.attempt().attempt_id());
  EXPECT_EQ(seen.attempt().state(), v1::ATTEMPT_STATE_PASSED);
  EXPECT_EQ(seen.results_size(), 5);
  EXPECT_EQ(start_problem("refunds-exam").reason, "EXAM_PASSED");
}

TEST_F(ExamServiceTest, AnAttemptThatNobodyLooksAtIsScoredByItself) {
  start();
  let_an_hour_pass();
  EXPECT_TRUE(eventually([&] {
    return backend.back_office->pool()
               .submit(
                   "platform",
                   [](store::TenantTransaction& t) {
                     return t.sql().exec("SELECT FROM exam_attempt WHERE finish_time = deadline AND timed_out").size();
                   })
               .get() == 1;
  }));
}

TEST_F(ExamServiceTest, WhatIsOverIsShownScoredWithoutWaitingAndWrittenByTheJobWithAnAuditEntry) {
  const auto started = start();
  save(started, 4);
  pqxx::connection connection(backend.database);
  pqxx::work holding(connection);
  holding.exec("SET LOCAL muster.tenant = 'platform'");
  holding.exec("SELECT FROM member WHERE member_id = 'li.na' FOR UPDATE");
  let_an_hour_pass();
  EXPECT_EQ(look(started.attempt().attempt_id()).attempt().score(), 80);
  v1::ListAttemptsRequest list;
  list.set_member_id("li.na");
  v1::ListAttemptsResponse listed;
  ASSERT_TRUE(backend.call(&Exams::ListAttempts, list, &listed).ok());
  ASSERT_EQ(listed.attempts_size(), 1);
  EXPECT_EQ(listed.attempts(0).state(), v1::ATTEMPT_STATE_PASSED);
  list.set_under_way(true);
  ASSERT_TRUE(backend.call(&Exams::ListAttempts, list, &listed).ok());
  EXPECT_EQ(listed.attempts_size(), 0);
  EXPECT_EQ(holding.exec("SELECT FROM exam_attempt WHERE finish_time IS NULL").size(), 1U);
  holding.abort();
  EXPECT_TRUE(eventually([&] {
    pqxx::work looking(connection);
    looking.exec("SET LOCAL muster.tenant = 'platform'");
    return looking.exec("SELECT FROM audit_entry WHERE action = 'ScoreAttempt' AND actor = 'academy'").size() == 1;
  }));
}

TEST_F(ExamServiceTest, AMemberHasOneAttemptUnderWayOverAllExams) {
  create_exam("other");
  publish("other");
  const auto started = start();
  for (const char* exam : {"refunds-exam", "other"}) {
    const Problem refused = start_problem(exam);
    EXPECT_EQ(refused.reason, "ATTEMPT_UNDER_WAY") << exam;
    EXPECT_EQ(refused.metadata.at("attempt_id"), started.attempt().attempt_id());
    EXPECT_EQ(refused.metadata.at("exam_id"), "refunds-exam");
  }
  submit(started.attempt().attempt_id());
  start("other");
}

TEST_F(ExamServiceTest, OfManyStartsAtOnceOneStarts) {
  std::atomic<int> started = 0, under_way = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const grpc::Status status = backend.call(&Exams::StartAttempt, start_request("refunds-exam"));
      if (status.ok())
        ++started;
      else if (problem(status).reason == "ATTEMPT_UNDER_WAY")
        ++under_way;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(started, 1);
  EXPECT_EQ(under_way, 7);
}

TEST_F(ExamServiceTest, AStartThatIsRepeatedIsTheSameAttempt) {
  const auto request = start_request("refunds-exam");
  v1::StartAttemptResponse first, second;
  ASSERT_TRUE(backend.call(&Exams::StartAttempt, request, &first).ok());
  ASSERT_TRUE(backend.call(&Exams::StartAttempt, request, &second).ok());
  EXPECT_EQ(first.SerializeAsString(), second.SerializeAsString());
}

TEST_F(ExamServiceTest, BetweenAttemptsThereIsADelayAndTheyAreUsedUp) {
  take("refunds-exam", 0);
  const Problem early = start_problem("refunds-exam");
  EXPECT_EQ(early.reason, "RETRY_TOO_EARLY");
  EXPECT_EQ(early.metadata.count("retry_time"), 1U);
  EXPECT_TRUE(early.says_when_to_retry);
  set_delay("refunds-exam", 1'800);
  let_an_hour_pass();
  take("refunds-exam", 0);
  let_an_hour_pass();
  EXPECT_EQ(start_problem("refunds-exam").reason, "ATTEMPTS_USED_UP");
  reset("refunds-exam");
  EXPECT_EQ(take("refunds-exam", 5).state(), v1::ATTEMPT_STATE_PASSED);
  EXPECT_EQ(start_problem("refunds-exam").reason, "EXAM_PASSED");
}

TEST_F(ExamServiceTest, AnAttemptUnderWayIsNotReset) {
  start();
  v1::ResetAttemptsRequest request;
  request.set_exam_id("refunds-exam");
  request.set_member_id("li.na");
  EXPECT_THAT(problem(change(&Exams::ResetAttempts, request)).fields, ElementsAre("reason"));
  request.set_reason("the line was down");
  EXPECT_EQ(problem(change(&Exams::ResetAttempts, request)).reason, "ATTEMPT_UNDER_WAY");
}

TEST_F(ExamServiceTest, WhoDoesNotLearnTakesNoExamAndDraftsAreNotTaken) {
  bring_to("early", v1::MEMBER_STATE_VERIFIED);
  EXPECT_EQ(start_problem("refunds-exam", "early").reason, "MEMBER_WRONG_STATE");
  EXPECT_EQ(start_problem("refunds-exam", "nobody").reason, "MEMBER_NOT_FOUND");
  EXPECT_EQ(start_problem("none").reason, "EXAM_NOT_FOUND");
  create_exam("draft");
  EXPECT_EQ(start_problem("draft").reason, "EXAM_NOT_PUBLISHED");
}

TEST_F(ExamServiceTest, TheExamOfACourseComesAfterItsLessonsAndCompletesIt) {
  create_course("manners", {"hello"});
  create_course("refunds", {"rules"}, {"manners"});
  publish_course("manners");
  publish_course("refunds");
  create_exam("final", "refunds");
  publish("final");
  EXPECT_EQ(start_problem("final").reason, "COURSE_PREREQUISITES_MISSING");
  learn("li.na", "manners", "hello");
  EXPECT_EQ(start_problem("final").reason, "LESSONS_MISSING");
  EXPECT_FALSE(learn("li.na", "refunds", "rules").has_complete_time());
  EXPECT_EQ(take("final", 5).state(), v1::ATTEMPT_STATE_PASSED);
  EXPECT_TRUE(learn("li.na", "refunds", "rules").has_complete_time());
  EXPECT_EQ(problem(change(&Exams::CreateExam, exam_request("second", "refunds"))).reason, "COURSE_HAS_EXAM");
}

TEST_F(ExamServiceTest, ABankWithTooFewQuestionsIsToldBeforeAnybodyTakesTheExam) {
  create_exam("long", "", 6);
  const Problem refused = problem(set_published("long"));
  EXPECT_EQ(refused.reason, "QUESTIONS_MISSING");
  EXPECT_EQ(refused.metadata.at("question_count"), "5");
  const std::string question = add_choice("one more");
  EXPECT_TRUE(set_published("long").ok());
  v1::RetireQuestionRequest retire;
  retire.set_question_id(question);
  ASSERT_TRUE(change(&Exams::RetireQuestion, retire).ok());
  EXPECT_EQ(start_problem("long").reason, "QUESTIONS_MISSING");
}

TEST_F(ExamServiceTest, AnAttemptStaysWithTheQuestionsThatItDrew) {
  const auto started = start();
  v1::ListQuestionsResponse questions;
  ASSERT_TRUE(backend.call(&Exams::ListQuestions, v1::ListQuestionsRequest(), &questions).ok());
  for (const v1::Question& question : questions.questions()) {
    v1::UpdateQuestionRequest update;
    update.mutable_question()->set_question_id(question.question_id());
    update.mutable_question()->set_text("changed");
    update.mutable_update_mask()->add_paths("text");
    v1::UpdateQuestionResponse response;
    ASSERT_TRUE(change(&Exams::UpdateQuestion, update, &response).ok());
    EXPECT_EQ(response.question().version(), 2);
  }
  EXPECT_THAT(look(started.attempt().attempt_id()).questions(0).text(), Not("changed"));
  save(started, 5);
  EXPECT_EQ(submit(started.attempt().attempt_id()).attempt().score(), 100);
}

TEST_F(ExamServiceTest, AnswersThatThePaperDoesNotHaveAreRefusedFieldByField) {
  const auto started = start();
  v1::SaveAnswersRequest request;
  request.set_attempt_id(started.attempt().attempt_id());
  request.add_answers()->set_number(9);
  for (const v1::PaperQuestion& question : started.questions()) {
    if (question.options().empty() || request.answers_size() == 3) continue;
    v1::Answer& answer = *request.add_answers();
    answer.set_number(question.number());
    answer.add_option_ids(request.answers_size() == 2 ? "z" : "a");
    if (request.answers_size() == 3) answer.add_option_ids("b");
  }
  EXPECT_THAT(problem(change(&Exams::SaveAnswers, request)).fields,
              UnorderedElementsAre("answers[0].number", "answers[1].option_ids[0]", "answers[2].option_ids"));
}

TEST_F(ExamServiceTest, AMemberTakesExamsAndSeesNothingOfOthers) {
  bring_to("wang.fang", v1::MEMBER_STATE_TRAINING);
  const std::string other = start("refunds-exam", "wang.fang").attempt().attempt_id();
  const auto li_na = sign_in(v1::ROLE_AGENT, "li.na");

  v1::StartAttemptResponse mine;
  ASSERT_TRUE(change_as(li_na, &Exams::StartAttempt, start_request("refunds-exam", ""), &mine).ok());
  EXPECT_EQ(mine.attempt().member_id(), "li.na");
  const auto answers = answers_to(mine.attempt().attempt_id(), mine.questions(), 5);
  EXPECT_TRUE(change_as(li_na, &Exams::SaveAnswers, answers).ok());
  EXPECT_EQ(problem(change_as(li_na, &Exams::StartAttempt, start_request("refunds-exam", "wang.fang"))).reason,
            "PERMISSION_DENIED");

  // Another member's attempt is as one that there is not.
  for (const std::string& id : {other, std::string("999999")}) {
    v1::GetAttemptRequest get;
    get.set_attempt_id(id);
    EXPECT_EQ(problem(read_as(li_na, &Exams::GetAttempt, get)).reason, "ATTEMPT_NOT_FOUND") << id;
    v1::SubmitAttemptRequest submit;
    submit.set_attempt_id(id);
    EXPECT_EQ(problem(change_as(li_na, &Exams::SubmitAttempt, submit)).reason, "ATTEMPT_NOT_FOUND") << id;
    EXPECT_EQ(problem(change_as(li_na, &Exams::SaveAnswers, answers_to(id, mine.questions(), 0))).reason,
              "ATTEMPT_NOT_FOUND")
        << id;
  }
  v1::ListAttemptsResponse attempts;
  ASSERT_TRUE(read_as(li_na, &Exams::ListAttempts, v1::ListAttemptsRequest(), &attempts).ok());
  ASSERT_EQ(attempts.attempts_size(), 1);
  EXPECT_EQ(attempts.attempts(0).member_id(), "li.na");

  create_exam("draft");
  v1::GetExamRequest get;
  get.set_exam_id("draft");
  EXPECT_EQ(problem(read_as(li_na, &Exams::GetExam, get)).reason, "EXAM_NOT_FOUND");
  EXPECT_EQ(problem(change_as(li_na, &Exams::StartAttempt, start_request("draft", ""))).reason, "EXAM_NOT_FOUND");
  EXPECT_EQ(problem(read_as(li_na, &Exams::ListQuestions, v1::ListQuestionsRequest())).reason, "PERMISSION_DENIED");
}

TEST_F(ExamServiceTest, WhoIsNoMemberHasNoAttempts) {
  const auto nobody = sign_in(v1::ROLE_AGENT);
  EXPECT_EQ(problem(read_as(nobody, &Exams::ListAttempts, v1::ListAttemptsRequest())).reason, "NOT_A_MEMBER");
  EXPECT_EQ(problem(change_as(nobody, &Exams::StartAttempt, start_request("refunds-exam", ""))).reason, "NOT_A_MEMBER");
}

/// All messages that a message holds, itself included.
void collect(const google::protobuf::Descriptor* type, std::set<const google::protobuf::Descriptor*>& seen) {
  if (!seen.insert(type).second) return;
  for (int i = 0; i < type->field_count(); ++i) {
    if (const auto* inner = type->field(i)->message_type()) collect(inner, seen);
  }
}

TEST(WhatMembersGet, HoldsNothingOfWhatIsRight) {
  int methods = 0;
  for (const identity::Permission& permission : identity::permissions()) {
    if (permission.reach[v1::ROLE_AGENT - 1] == '.') continue;
    const std::string name = "muster.v1." + std::string(permission.service) + "." + std::string(permission.method);
    const auto* method = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(name);
    ASSERT_NE(method, nullptr) << name;
    std::set<const google::protobuf::Descriptor*> types;
    collect(method->output_type(), types);
    for (const auto* type : types) {
      EXPECT_NE(type, v1::AnswerKey::descriptor()) << name;
      EXPECT_NE(type, v1::Question::descriptor()) << name;
      EXPECT_NE(type, v1::AnnouncementKey::descriptor()) << name;
      for (int i = 0; i < type->field_count(); ++i) {
        const std::string& field = type->field(i)->name();
        for (const char* word : {"answer_key", "correct", "right_option", "keyword", "seed"}) {
          EXPECT_EQ(field.find(word), std::string::npos) << type->full_name() << "." << field << " of " << name;
        }
      }
    }
    ++methods;
  }
  EXPECT_GT(methods, 10);
}

}  // namespace
}  // namespace muster::testing
