#include <grpcpp/server_context.h>

#include <string>
#include <utility>

#include "attempts.h"
#include "exams.h"
#include "muster/v1/exam_service.grpc.pb.h"
#include "questions.h"
#include "services.h"

namespace muster::academy {
namespace {

using api::Checker;
using Look = api::BackOffice::Look;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

class ExamService final : public v1::ExamService::CallbackService {
 public:
  explicit ExamService(const Academy& academy)
      : learned_(academy.learned), office_(academy.pool, academy.gate, academy.changed) {}

  ServerUnaryReactor* CreateQuestionBank(CallbackServerContext* context, const v1::CreateQuestionBankRequest* request,
                                         v1::CreateQuestionBankResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* UpdateQuestionBank(CallbackServerContext* context, const v1::UpdateQuestionBankRequest* request,
                                         v1::UpdateQuestionBankResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* CreateQuestion(CallbackServerContext* context, const v1::CreateQuestionRequest* request,
                                     v1::CreateQuestionResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* UpdateQuestion(CallbackServerContext* context, const v1::UpdateQuestionRequest* request,
                                     v1::UpdateQuestionResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* RetireQuestion(CallbackServerContext* context, const v1::RetireQuestionRequest* request,
                                     v1::RetireQuestionResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* CreateExam(CallbackServerContext* context, const v1::CreateExamRequest* request,
                                 v1::CreateExamResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* UpdateExam(CallbackServerContext* context, const v1::UpdateExamRequest* request,
                                 v1::UpdateExamResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* SetExamPublication(CallbackServerContext* context, const v1::SetExamPublicationRequest* request,
                                         v1::SetExamPublicationResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* StartAttempt(CallbackServerContext* context, const v1::StartAttemptRequest* request,
                                   v1::StartAttemptResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* SaveAnswers(CallbackServerContext* context, const v1::SaveAnswersRequest* request,
                                  v1::SaveAnswersResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* SubmitAttempt(CallbackServerContext* context, const v1::SubmitAttemptRequest* request,
                                    v1::SubmitAttemptResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* ResetAttempts(CallbackServerContext* context, const v1::ResetAttemptsRequest* request,
                                    v1::ResetAttemptsResponse* response) override {
    return change(context, request, response);
  }

  ServerUnaryReactor* GetQuestionBank(CallbackServerContext* context, const v1::GetQuestionBankRequest* request,
                                      v1::GetQuestionBankResponse* response) override {
    return office_.read(context, request, [=](Checker& check) -> Look {
      const std::string id = check.id("bank_id", request->bank_id());
      return [=](TenantTransaction& t) {
        *response->mutable_bank() = api::found(find_bank(t, id), "QUESTION_BANK", "bank_id", id);
      };
    });
  }

  ServerUnaryReactor* ListQuestionBanks(CallbackServerContext* context, const v1::ListQuestionBanksRequest* request,
                                        v1::ListQuestionBanksResponse* response) override {
    return office_.read(context, request, [=](Checker& check) -> Look {
      const api::PageToken token({"question_banks"});
      const PageRequest page = api::page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        const auto found = list_banks(t, page);
        for (const v1::QuestionBank& each : found.items) *response->add_banks() = each;
        api::set_next_page(found, token, response);
      };
    });
  }

  ServerUnaryReactor* GetQuestion(CallbackServerContext* context, const v1::GetQuestionRequest* request,
                                  v1::GetQuestionResponse* response) override {
    return office_.read(context, request, [=](Checker&) -> Look {
      const std::string id = request->question_id();
      return [=](TenantTransaction& t) {
        *response->mutable_question() = api::found(find_question(t, number_of(id)), "QUESTION", "question_id", id);
      };
    });
  }

  ServerUnaryReactor* ListQuestions(CallbackServerContext* context, const v1::ListQuestionsRequest* request,
                                    v1::ListQuestionsResponse* response) override {
    return office_.read(context, request, [=](Checker& check) -> Look {
      const std::string bank_id = check.optional_id("bank_id", request->bank_id());
      const bool retired = request->include_retired();
      const api::PageToken token({"questions", bank_id, retired ? "all" : "drawn"});
      const PageRequest page = api::page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        const auto found = list_questions(t, bank_id, retired, page);
        for (const v1::Question& each : found.items) *response->add_questions() = each;
        api::set_next_page(found, token, response);
      };
    });
  }

  ServerUnaryReactor* GetExam(CallbackServerContext* context, const v1::GetExamRequest* request,
                              v1::GetExamResponse* response) override {
    return office_.read(context, request, [=](Checker& check, const std::string& own) -> Look {
      const std::string id = check.id("exam_id", request->exam_id());
      return [=](TenantTransaction& t) { *response->mutable_exam() = exam_shown(t, id, own); };
    });
  }

  ServerUnaryReactor* ListExams(CallbackServerContext* context, const v1::ListExamsRequest* request,
                                v1::ListExamsResponse* response) override {
    return office_.read(context, request, [=](Checker& check, const std::string& own) -> Look {
      check.expect(v1::ExamState_IsValid(request->state()), "state", "must be one of the states of an exam");
      const v1::ExamState state = own.empty() ? request->state() : v1::EXAM_STATE_PUBLISHED;
      const api::PageToken token({"exams", std::to_string(state)});
      const PageRequest page = api::page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        const auto found = list_exams(t, state, page);
        for (const v1::Exam& each : found.items) *response->add_exams() = each;
        api::set_next_page(found, token, response);
      };
    });
  }

  ServerUnaryReactor* GetAttempt(CallbackServerContext* context, const v1::GetAttemptRequest* request,
                                 v1::GetAttemptResponse* response) override {
    return office_.read(context, request, [=](Checker&, const std::string& own) -> Look {
      return [=, id = request->attempt_id()](TenantTransaction& t) { *response = look_at(t, id, own, wall_now()); };
    });
  }

  ServerUnaryReactor* ListAttempts(CallbackServerContext* context, const v1::ListAttemptsRequest* request,
                                   v1::ListAttemptsResponse* response) override {
    return office_.read(context, request, [=](Checker& check, const std::string& own) -> Look {
      AttemptFilter filter;
      filter.member_id = check.optional_id("member_id", api::member_asked(*request, own));
      filter.exam_id = check.optional_id("exam_id", request->exam_id());
      filter.under_way = request->under_way();
      const api::PageToken token({"attempts", filter.member_id, filter.exam_id, filter.under_way ? "open" : "all"});
      const PageRequest page = api::page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        const TimePoint now = wall_now();
        const auto found = list_attempts(t, filter, now, page);
        for (const AttemptRecord& each : found.items) *response->add_attempts() = shown(as_of(t, each, now));
        api::set_next_page(found, token, response);
      };
    });
  }

 private:
  template <typename Request, typename Response>
  ServerUnaryReactor* change(CallbackServerContext* context, const Request* request, Response* response) {
    return changed_by(office_, context, request, response, learned_);
  }

  const OnLearned learned_;
  api::BackOffice office_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_exam_service(const Academy& academy) {
  return std::make_unique<ExamService>(academy);
}

}  // namespace muster::academy
