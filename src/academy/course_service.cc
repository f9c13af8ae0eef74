#include <grpcpp/server_context.h>

#include <string>
#include <utility>

#include "courses.h"
#include "muster/v1/course_service.grpc.pb.h"
#include "services.h"

namespace muster::academy {
namespace {

using api::Checker;
using Look = api::BackOffice::Look;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

class CourseService final : public v1::CourseService::CallbackService {
 public:
  explicit CourseService(const Academy& academy)
      : learned_(academy.learned), office_(academy.pool, academy.gate, academy.changed) {}

  ServerUnaryReactor* CreateCourse(CallbackServerContext* context, const v1::CreateCourseRequest* request,
                                   v1::CreateCourseResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* UpdateCourse(CallbackServerContext* context, const v1::UpdateCourseRequest* request,
                                   v1::UpdateCourseResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* SetCoursePublication(CallbackServerContext* context,
                                           const v1::SetCoursePublicationRequest* request,
                                           v1::SetCoursePublicationResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* EnrollMember(CallbackServerContext* context, const v1::EnrollMemberRequest* request,
                                   v1::EnrollMemberResponse* response) override {
    return change(context, request, response);
  }
  ServerUnaryReactor* CompleteLesson(CallbackServerContext* context, const v1::CompleteLessonRequest* request,
                                     v1::CompleteLessonResponse* response) override {
    return change(context, request, response);
  }

  ServerUnaryReactor* GetCourse(CallbackServerContext* context, const v1::GetCourseRequest* request,
                                v1::GetCourseResponse* response) override {
    return office_.read(context, request, [=](Checker& check, const std::string& own) -> Look {
      const std::string id = check.id("course_id", request->course_id());
      return [=](TenantTransaction& t) { *response->mutable_course() = course_shown(t, id, own); };
    });
  }

  ServerUnaryReactor* ListCourses(CallbackServerContext* context, const v1::ListCoursesRequest* request,
                                  v1::ListCoursesResponse* response) override {
    return office_.read(context, request, [=](Checker& check, const std::string& own) -> Look {
      CourseFilter filter{request->track(), request->state()};
      check.expect(v1::CourseTrack_IsValid(filter.track), "track", "must be one of the tracks");
      check.expect(v1::CourseState_IsValid(filter.state), "state", "must be one of the states of a course");
      if (!own.empty()) filter.state = v1::COURSE_STATE_PUBLISHED;
      const api::PageToken token({"courses", std::to_string(filter.track), std::to_string(filter.state)});
      const PageRequest page = api::page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        const auto found = list_courses(t, filter, page);
        for (const v1::Course& each : found.items) *response->add_courses() = each;
        api::set_next_page(found, token, response);
      };
    });
  }

  ServerUnaryReactor* ListProgress(CallbackServerContext* context, const v1::ListProgressRequest* request,
                                   v1::ListProgressResponse* response) override {
    return office_.read(context, request, [=](Checker& check, const std::string& own) -> Look {
      const std::string member_id = check.optional_id("member_id", api::member_asked(*request, own));
      const std::string course_id = check.optional_id("course_id", request->course_id());
      const api::PageToken token({"progress", member_id, course_id});
      const PageRequest page = api::page_of(*request, token, check);
      return [=](TenantTransaction& t) {
        const auto found = list_progress(t, member_id, course_id, page);
        for (const v1::CourseProgress& each : found.items) *response->add_progress() = each;
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

std::unique_ptr<grpc::Service> make_course_service(const Academy& academy) {
  return std::make_unique<CourseService>(academy);
}

}  // namespace muster::academy
