#include <grpcpp/server_context.h>

#include <string>
#include <utility>

#include "forum.h"
#include "muster/api/server_number.h"
#include "muster/v1/forum_service.grpc.pb.h"
#include "services.h"

namespace muster::academy {
namespace {

using api::Checker;
using Look = api::BackOffice::Look;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

class ForumService final : public v1::ForumService::CallbackService {
 public:
  explicit ForumService(const Academy& academy) : office_(academy.pool, academy.gate, academy.changed) {}

  ServerUnaryReactor* CreateForumQuestion(CallbackServerContext* context, const v1::CreateForumQuestionRequest* request,
                                          v1::CreateForumQuestionResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* CreateForumAnswer(CallbackServerContext* context, const v1::CreateForumAnswerRequest* request,
                                        v1::CreateForumAnswerResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* AcceptForumAnswer(CallbackServerContext* context, const v1::AcceptForumAnswerRequest* request,
                                        v1::AcceptForumAnswerResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* VerifyForumAnswer(CallbackServerContext* context, const v1::VerifyForumAnswerRequest* request,
                                        v1::VerifyForumAnswerResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* VoteForumAnswer(CallbackServerContext* context, const v1::VoteForumAnswerRequest* request,
                                      v1::VoteForumAnswerResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* HideForumQuestion(CallbackServerContext* context, const v1::HideForumQuestionRequest* request,
                                        v1::HideForumQuestionResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* HideForumAnswer(CallbackServerContext* context, const v1::HideForumAnswerRequest* request,
                                      v1::HideForumAnswerResponse* response) override {
    return change(context, request, response);
  }

  ServerUnaryReactor* GetForumQuestion(CallbackServerContext* context, const v1::GetForumQuestionRequest* request,
                                       v1::GetForumQuestionResponse* response) override {
    return office_.read(context, request, [=](Checker&, const api::Own& own) -> Look {
      return [=, viewer = viewer_of(own), id = request->forum_question_id()](TenantTransaction& t) {
        *response->mutable_question() = forum_question_shown(t, id, viewer);
      };
    });
  }

  ServerUnaryReactor* ListForumQuestions(CallbackServerContext* context, const v1::ListForumQuestionsRequest* request,
                                         v1::ListForumQuestionsResponse* response) override {
    return office_.read(context, request, [=](Checker& check, const api::Own& own) -> Look {
      const ForumFilter filter{check.text("text", request->text()),
                               check.optional_id("course_id", request->course_id()),
                               check.optional_id("skill_id", request->skill_id()), request->unsolved(), request->own()};
      check.expect(!filter.own || !own.member.empty(), "own", "is for members");
      const api::PageToken token({"forum_questions", own.only, own.member, filter.text, filter.course_id,
                                  filter.skill_id, filter.unsolved ? "unsolved" : "all", filter.own ? "own" : "all"});
      const PageRequest page = api::page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        const auto found = list_forum_questions(t, filter, viewer_of(own), page);
        for (const v1::ForumQuestion& each : found.items) {
          *response->add_questions() = each;
          response->mutable_questions()->rbegin()->clear_body();
        }
        api::set_next_page(found, token, response);
      };
    });
  }

  ServerUnaryReactor* ListForumAnswers(CallbackServerContext* context, const v1::ListForumAnswersRequest* request,
                                       v1::ListForumAnswersResponse* response) override {
    return office_.read(context, request, [=](Checker& check, const api::Own& own) -> Look {
      const std::string id = request->forum_question_id();
      const api::PageToken token({"forum_answers", own.only, id});
      const PageRequest page = api::page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        static_cast<void>(forum_question_shown(t, id, viewer_of(own)));
        const auto found = list_forum_answers(t, api::number_of(id), viewer_of(own), page);
        for (const v1::ForumAnswer& each : found.items) *response->add_answers() = each;
        api::set_next_page(found, token, response);
      };
    });
  }

 private:
  template <typename Request, typename Response>
  ServerUnaryReactor* change(CallbackServerContext* context, const Request* request, Response* response) {
    return changed_by(office_, context, request, response);
  }

  api::BackOffice office_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_forum_service(const Academy& academy) {
  return std::make_unique<ForumService>(academy);
}

}  // namespace muster::academy
