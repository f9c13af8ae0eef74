#include <gmock/gmock.h>

#include <iostream>
#include <sstream>

#include "attempt_view.h"
#include "fake_server.h"
#include "muster/v1/exam_service.grpc.pb.h"
#include "speech.h"

namespace muster::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// An exam of three questions that keeps what is saved, as the server does.
struct FakeExams final : v1::ExamService::Service {
  FakeExams() {
    attempt.set_attempt_id("17");
    attempt.set_exam_id("refunds-exam");
    attempt.set_state(v1::ATTEMPT_STATE_UNDER_WAY);
    attempt.set_pass_mark(80);
    attempt.set_question_count(3);
    add(v1::QUESTION_KIND_SINGLE_CHOICE, {"a", "b"});
    add(v1::QUESTION_KIND_MULTIPLE_CHOICE, {"a", "b", "c"});
    add(v1::QUESTION_KIND_TEXT, {});
  }
  void add(v1::QuestionKind kind, std::initializer_list<const char*> options) {
    v1::PaperQuestion& question = questions.emplace_back();
    question.set_number(static_cast<int>(questions.size()));
    question.set_kind(kind);
    question.set_text("question " + std::to_string(questions.size()));
    for (const char* id : options) question.add_options()->set_option_id(id);
  }

  grpc::Status ListAttempts(grpc::ServerContext*, const v1::ListAttemptsRequest*,
                            v1::ListAttemptsResponse* response) override {
    if (started) *response->add_attempts() = attempt;
    return grpc::Status::OK;
  }
  grpc::Status StartAttempt(grpc::ServerContext*, const v1::StartAttemptRequest*,
                            v1::StartAttemptResponse* response) override {
    started = true;
    *response->mutable_attempt() = attempt;
    response->mutable_questions()->Assign(questions.begin(), questions.end());
    return grpc::Status::OK;
  }
  grpc::Status GetAttempt(grpc::ServerContext*, const v1::GetAttemptRequest*,
                          v1::GetAttemptResponse* response) override {
    *response->mutable_attempt() = attempt;
    response->mutable_questions()->Assign(questions.begin(), questions.end());
    for (const auto& [number, answer] : saved) *response->add_answers() = answer;
    return grpc::Status::OK;
  }
  grpc::Status SaveAnswers(grpc::ServerContext*, const v1::SaveAnswersRequest* request,
                           v1::SaveAnswersResponse* response) override {
    for (const v1::Answer& each : request->answers()) saved[each.number()] = each;
    response->set_answered_count(static_cast<int>(saved.size()));
    return grpc::Status::OK;
  }
  grpc::Status SubmitAttempt(grpc::ServerContext*, const v1::SubmitAttemptRequest*,
                             v1::SubmitAttemptResponse* response) override {
    submitted = true;
    *response->mutable_attempt() = attempt;
    response->mutable_attempt()->set_state(v1::ATTEMPT_STATE_PASSED);
    response->mutable_attempt()->set_score(100);
    return grpc::Status::OK;
  }

  v1::Attempt attempt;
  std::vector<v1::PaperQuestion> questions;
  std::map<int, v1::Answer> saved;
  bool started = false;
  bool submitted = false;
};

class ExamTest : public InEnglish {
 protected:
  ExamTest() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&exams);
    server_ = builder.BuildAndStart();
    address_ = "127.0.0.1:" + std::to_string(port);
  }
  ~ExamTest() override { server_->Shutdown(); }

  Ran muster(std::vector<std::string> arguments, const std::string& typed = "") {
    std::istringstream input(typed);
    std::streambuf* before = std::cin.rdbuf(input.rdbuf());
    std::cin.clear();
    arguments.insert(arguments.end(), {"--server", address_});
    Ran ran = run_muster(arguments);
    std::cin.rdbuf(before);
    return ran;
  }
  std::vector<std::string> chosen(int number) {
    const auto& ids = exams.saved[number].option_ids();
    return {ids.begin(), ids.end()};
  }

  FakeExams exams;

 private:
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
};

TEST_F(ExamTest, IsTakenQuestionByQuestionAndSubmitted) {
  const Ran ran = muster({"exams", "take", "refunds-exam"}, "b\nA, c\nwithin 7 days\nyes\n");
  EXPECT_EQ(ran.code, kDone) << ran.err;
  EXPECT_THAT(chosen(1), ElementsAre("b"));
  EXPECT_THAT(chosen(2), ElementsAre("a", "c"));
  EXPECT_EQ(exams.saved[3].text(), "within 7 days");
  EXPECT_TRUE(exams.submitted);
  EXPECT_THAT(ran.out, HasSubstr("passed with 100 of 100"));
}

TEST_F(ExamTest, GoesOnAfterABreakAtTheFirstQuestionWithoutAnAnswer) {
  Ran ran = muster({"exams", "take", "refunds-exam"}, "a\n");
  EXPECT_THAT(ran.out, HasSubstr("Your answers are saved"));
  EXPECT_FALSE(exams.submitted);
  ran = muster({"exams", "take", "refunds-exam"}, "<\n\nb\n.\nyes\n");
  EXPECT_THAT(ran.out, HasSubstr("1 questions are answered"));
  EXPECT_THAT(ran.out, HasSubstr("  * a"));
  EXPECT_THAT(chosen(1), ElementsAre("a"));
  EXPECT_THAT(chosen(2), ElementsAre("b"));
  EXPECT_THAT(ran.out, HasSubstr("1 questions have no answer."));
  EXPECT_TRUE(exams.submitted);
}

TEST_F(ExamTest, WhatIsNoAnswerIsAskedAgainAndNotSaved) {
  const Ran ran = muster({"exams", "take", "refunds-exam"}, "z\nab\n7\n");
  EXPECT_THAT(ran.err, HasSubstr("no answer to this question"));
  EXPECT_THAT(exams.saved, IsEmpty());
}

TEST_F(ExamTest, WhoIsNotSureHasNotSubmitted) {
  muster({"exams", "take", "refunds-exam"}, ".\nno\n");
  EXPECT_TRUE(exams.started);
  EXPECT_FALSE(exams.submitted);
}

TEST_F(ExamTest, ProgramsSaveByFlags) {
  const Ran ran =
      muster({"attempts", "save", "17", "--answer", "1=b", "--answer", "2=a,c", "--answer", "3:in 7=seven days"});
  EXPECT_EQ(ran.out, "3 questions are answered.\n") << ran.err;
  EXPECT_THAT(chosen(2), ElementsAre("a", "c"));
  EXPECT_EQ(exams.saved[3].text(), "in 7=seven days");
  for (const char* wrong : {"b", "x=b", "0=b", ""}) {
    EXPECT_EQ(muster({"attempts", "save", "17", "--answer", wrong}).code, kUsage) << wrong;
  }
}

TEST(Choices, AreReadAsPeopleTypeThem) {
  EXPECT_THAT(choices_in("a,c"), ElementsAre("a", "c"));
  EXPECT_THAT(choices_in(" A C "), ElementsAre("a", "c"));
  EXPECT_THAT(choices_in("ac"), ElementsAre("a", "c"));
  EXPECT_THAT(choices_in("True"), ElementsAre("true"));
  EXPECT_THAT(choices_in("1"), IsEmpty());
}

}  // namespace
}  // namespace muster::cli
