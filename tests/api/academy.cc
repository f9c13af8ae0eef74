#include "academy.h"

#include "muster/v1/identity_service.grpc.pb.h"

namespace muster::testing {

using Identities = v1::IdentityService::Stub;

Academy::Academy() { bring_to("li.na", v1::MEMBER_STATE_TRAINING); }

void Academy::bring_to(const std::string& member_id, v1::MemberState last) { backend.bring_member_to(member_id, last); }

void Academy::move(const std::string& member_id, v1::MemberState state) {
  v1::ChangeMemberStateRequest request;
  request.set_member_id(member_id);
  request.set_state(state);
  request.set_reason("because");
  EXPECT_TRUE(change(&Members::ChangeMemberState, request).ok());
}

std::shared_ptr<grpc::Channel> Academy::sign_in(v1::Role role, const std::string& member_id) {
  return sign_in(std::vector{role}, member_id);
}

std::shared_ptr<grpc::Channel> Academy::sign_in(const std::vector<v1::Role>& roles, const std::string& member_id) {
  v1::CreateUserRequest user;
  user.mutable_user()->set_tenant_id("platform");
  user.mutable_user()->set_user_id(member_id.empty() ? "staff-" + std::to_string(roles.front()) : member_id);
  for (const v1::Role role : roles) user.mutable_user()->add_roles(role);
  user.mutable_user()->set_agent_id(member_id);
  user.set_password("correct horse battery");
  EXPECT_TRUE(change(&Identities::CreateUser, user).ok());
  v1::SignInRequest request;
  request.set_tenant_id("platform");
  request.set_user_id(user.user().user_id());
  request.set_password(user.password());
  v1::SignInResponse response;
  EXPECT_TRUE(backend.call(&Identities::SignIn, request, &response).ok());
  return backend.connect(response.tokens().access_token());
}

void Academy::create_course(const std::string& id, const std::vector<std::string>& lessons,
                            const std::vector<std::string>& before, bool in_order) {
  v1::CreateCourseRequest request;
  v1::Course& course = *request.mutable_course();
  course.set_course_id(id);
  course.set_display_name(id);
  course.set_track(v1::COURSE_TRACK_PLATFORM);
  course.set_in_order(in_order);
  for (const std::string& lesson : lessons) {
    course.add_lessons()->set_lesson_id(lesson);
    course.mutable_lessons()->rbegin()->set_title(lesson);
    course.mutable_lessons()->rbegin()->set_body("what is to be learnt");
  }
  for (const std::string& other : before) course.add_prerequisite_ids(other);
  EXPECT_TRUE(change(&Courses::CreateCourse, request).ok());
}

void Academy::publish_course(const std::string& id, bool published) {
  v1::SetCoursePublicationRequest request;
  request.set_course_id(id);
  request.set_published(published);
  EXPECT_TRUE(change(&Courses::SetCoursePublication, request).ok());
}

grpc::Status Academy::complete(const std::string& member_id, const std::string& course, const std::string& lesson,
                               v1::CourseProgress* progress) {
  v1::CompleteLessonRequest request;
  request.set_course_id(course);
  request.set_lesson_id(lesson);
  request.set_member_id(member_id);
  v1::CompleteLessonResponse response;
  const grpc::Status status = change(&Courses::CompleteLesson, request, &response);
  if (progress) *progress = response.progress();
  return status;
}

v1::CourseProgress Academy::learn(const std::string& member_id, const std::string& course, const std::string& lesson) {
  v1::CourseProgress progress;
  EXPECT_TRUE(complete(member_id, course, lesson, &progress).ok());
  return progress;
}

}  // namespace muster::testing
