#include <gmock/gmock.h>

#include "academy.h"

// Courses, and how members come through them.
namespace muster::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class CourseServiceTest : public Academy {
 protected:
  v1::Course course(const std::string& id) {
    v1::GetCourseRequest request;
    request.set_course_id(id);
    v1::GetCourseResponse response;
    EXPECT_TRUE(backend.call(&Courses::GetCourse, request, &response).ok());
    return response.course();
  }
  grpc::Status put_before(const std::string& id, const std::vector<std::string>& before) {
    v1::UpdateCourseRequest request;
    request.mutable_course()->set_course_id(id);
    for (const std::string& other : before) request.mutable_course()->add_prerequisite_ids(other);
    request.mutable_update_mask()->add_paths("prerequisite_ids");
    return change(&Courses::UpdateCourse, request);
  }
  grpc::Status publish(const std::string& id) {
    v1::SetCoursePublicationRequest request;
    request.set_course_id(id);
    request.set_published(true);
    return change(&Courses::SetCoursePublication, request);
  }
};

TEST_F(CourseServiceTest, ACourseIsCompletedByItsLastLesson) {
  create_course("manners", {"hello", "goodbye"});
  publish_course("manners");
  v1::CourseProgress progress = learn("li.na", "manners", "goodbye");
  EXPECT_THAT(progress.completed_lesson_ids(), ElementsAre("goodbye"));
  EXPECT_EQ(progress.lesson_count(), 2);
  EXPECT_FALSE(progress.has_complete_time());
  progress = learn("li.na", "manners", "hello");
  EXPECT_THAT(progress.completed_lesson_ids(), ElementsAre("hello", "goodbye"));
  EXPECT_TRUE(progress.has_complete_time());
}

TEST_F(CourseServiceTest, ALessonCompletedAgainChangesNothing) {
  create_course("manners", {"hello"});
  publish_course("manners");
  const v1::CourseProgress first = learn("li.na", "manners", "hello");
  EXPECT_EQ(learn("li.na", "manners", "hello").SerializeAsString(), first.SerializeAsString());
}

TEST_F(CourseServiceTest, WhatWasCompletedStaysWhateverLessonsComeLater) {
  create_course("manners", {"hello"});
  publish_course("manners");
  learn("li.na", "manners", "hello");
  v1::UpdateCourseRequest update;
  update.mutable_course()->set_course_id("manners");
  for (const char* id : {"listen", "hello"}) {
    v1::Lesson& lesson = *update.mutable_course()->add_lessons();
    lesson.set_lesson_id(id);
    lesson.set_title(id);
    lesson.set_uri("https://example.org/" + std::string(id));
  }
  update.mutable_update_mask()->add_paths("lessons");
  ASSERT_TRUE(change(&Courses::UpdateCourse, update).ok());
  v1::ListProgressRequest list;
  list.set_member_id("li.na");
  v1::ListProgressResponse progress;
  ASSERT_TRUE(backend.call(&Courses::ListProgress, list, &progress).ok());
  ASSERT_EQ(progress.progress_size(), 1);
  EXPECT_TRUE(progress.progress(0).has_complete_time());
  EXPECT_EQ(progress.progress(0).lesson_count(), 2);
}

TEST_F(CourseServiceTest, LessonsInOrderAreRefusedOutOfIt) {
  create_course("manners", {"hello", "listen", "goodbye"}, {}, true);
  publish_course("manners");
  const Problem refused = problem(complete("li.na", "manners", "goodbye"));
  EXPECT_EQ(refused.reason, "LESSON_OUT_OF_ORDER");
  EXPECT_EQ(refused.metadata.at("next_lesson_id"), "hello");
  learn("li.na", "manners", "hello");
  learn("li.na", "manners", "hello");
  EXPECT_EQ(problem(complete("li.na", "manners", "goodbye")).metadata.at("next_lesson_id"), "listen");
  learn("li.na", "manners", "listen");
  EXPECT_TRUE(learn("li.na", "manners", "goodbye").has_complete_time());
}

TEST_F(CourseServiceTest, WhatComesBeforeIsCompletedFirst) {
  create_course("manners", {"hello"});
  create_course("refunds", {"rules"}, {"manners"});
  publish_course("manners");
  publish_course("refunds");
  const Problem refused = problem(complete("li.na", "refunds", "rules"));
  EXPECT_EQ(refused.reason, "COURSE_PREREQUISITES_MISSING");
  EXPECT_EQ(refused.metadata.at("prerequisite_ids"), "manners");
  learn("li.na", "manners", "hello");
  EXPECT_TRUE(learn("li.na", "refunds", "rules").has_complete_time());
}

TEST_F(CourseServiceTest, NoCourseComesBeforeItself) {
  create_course("a", {"x"});
  create_course("b", {"x"}, {"a"});
  create_course("c", {"x"}, {"b"});
  EXPECT_EQ(problem(put_before("a", {"a"})).reason, "COURSE_CYCLE");
  EXPECT_EQ(problem(put_before("a", {"c"})).reason, "COURSE_CYCLE");
  EXPECT_THAT(course("a").prerequisite_ids(), IsEmpty());
  EXPECT_TRUE(put_before("c", {"a", "b"}).ok());
  EXPECT_EQ(problem(put_before("a", {"none"})).reason, "COURSE_NOT_FOUND");
}

TEST_F(CourseServiceTest, ADraftIsNotLearntAndAnEmptyCourseNotPublished) {
  create_course("manners", {"hello"});
  EXPECT_EQ(problem(complete("li.na", "manners", "hello")).reason, "COURSE_NOT_PUBLISHED");
  create_course("empty", {});
  EXPECT_EQ(problem(publish("empty")).reason, "COURSE_EMPTY");
  EXPECT_EQ(problem(publish("none")).reason, "COURSE_NOT_FOUND");
  publish_course("manners");
  EXPECT_EQ(problem(complete("li.na", "manners", "none")).reason, "LESSON_NOT_FOUND");
  EXPECT_EQ(problem(complete("nobody", "manners", "hello")).reason, "MEMBER_NOT_FOUND");
}

TEST_F(CourseServiceTest, WhoIsNotInTrainingYetOrSuspendedDoesNotLearn) {
  create_course("manners", {"hello"});
  publish_course("manners");
  bring_to("early", v1::MEMBER_STATE_VERIFIED);
  bring_to("stopped", v1::MEMBER_STATE_PROBATION);
  move("stopped", v1::MEMBER_STATE_SUSPENDED);
  for (const char* id : {"early", "stopped"}) {
    EXPECT_EQ(problem(complete(id, "manners", "hello")).reason, "MEMBER_WRONG_STATE") << id;
  }
}

TEST_F(CourseServiceTest, MembersSeeWhatIsPublishedAndTheirOwnProgress) {
  create_course("manners", {"hello"});
  create_course("draft", {"x"});
  publish_course("manners");
  bring_to("wang.fang", v1::MEMBER_STATE_TRAINING);
  learn("wang.fang", "manners", "hello");
  const auto li_na = sign_in(v1::ROLE_AGENT, "li.na");

  v1::ListCoursesResponse courses;
  ASSERT_TRUE(read_as(li_na, &Courses::ListCourses, v1::ListCoursesRequest(), &courses).ok());
  ASSERT_EQ(courses.courses_size(), 1);
  EXPECT_EQ(courses.courses(0).course_id(), "manners");
  EXPECT_EQ(courses.courses(0).lessons(0).body(), "");
  v1::GetCourseRequest get;
  get.set_course_id("draft");
  EXPECT_EQ(problem(read_as(li_na, &Courses::GetCourse, get)).reason, "COURSE_NOT_FOUND");

  v1::CompleteLessonRequest lesson;
  lesson.set_course_id("manners");
  lesson.set_lesson_id("hello");
  v1::CompleteLessonResponse done;
  ASSERT_TRUE(change_as(li_na, &Courses::CompleteLesson, lesson, &done).ok());
  EXPECT_EQ(done.progress().member_id(), "li.na");
  for (const char* other : {"wang.fang", "nobody"}) {
    lesson.set_member_id(other);
    EXPECT_EQ(problem(change_as(li_na, &Courses::CompleteLesson, lesson)).reason, "PERMISSION_DENIED") << other;
  }
  v1::ListProgressResponse progress;
  ASSERT_TRUE(read_as(li_na, &Courses::ListProgress, v1::ListProgressRequest(), &progress).ok());
  ASSERT_EQ(progress.progress_size(), 1);
  EXPECT_EQ(progress.progress(0).member_id(), "li.na");
  v1::ListProgressRequest other;
  other.set_member_id("wang.fang");
  EXPECT_EQ(problem(read_as(li_na, &Courses::ListProgress, other)).reason, "PERMISSION_DENIED");
}

TEST_F(CourseServiceTest, StaffListProgressByCourse) {
  create_course("a", {"x"});
  create_course("b", {"x"});
  publish_course("a");
  publish_course("b");
  bring_to("wang.fang", v1::MEMBER_STATE_TRAINING);
  learn("li.na", "a", "x");
  learn("wang.fang", "b", "x");
  v1::ListProgressRequest request;
  request.set_course_id("b");
  v1::ListProgressResponse response;
  ASSERT_TRUE(backend.call(&Courses::ListProgress, request, &response).ok());
  ASSERT_EQ(response.progress_size(), 1);
  EXPECT_EQ(response.progress(0).member_id(), "wang.fang");
}

TEST_F(CourseServiceTest, WhatIsWrongIsSaidFieldByField) {
  v1::CreateCourseRequest request;
  v1::Course& course = *request.mutable_course();
  course.set_course_id("Manners");
  course.set_track(v1::COURSE_TRACK_INDUSTRY);
  course.set_tenant_id("acme");
  course.add_lessons()->set_lesson_id("a");
  course.add_lessons()->set_lesson_id("a");
  course.mutable_lessons(1)->set_title("b");
  course.mutable_lessons(1)->set_uri("ftp://example.org");
  EXPECT_THAT(problem(change(&Courses::CreateCourse, request)).fields,
              UnorderedElementsAre("course.course_id", "course.display_name", "course.industry", "course.tenant_id",
                                   "course.lessons[0].title", "course.lessons[0]", "course.lessons[1].uri",
                                   "course.lessons[1].lesson_id"));
  request.Clear();
  request.mutable_course()->set_course_id("acme-1");
  request.mutable_course()->set_display_name("Acme");
  request.mutable_course()->set_track(v1::COURSE_TRACK_TENANT);
  request.mutable_course()->set_tenant_id("acme");
  EXPECT_EQ(problem(change(&Courses::CreateCourse, request)).reason, "TENANT_NOT_FOUND");
  create_course("manners", {"hello"});
  request.Clear();
  *request.mutable_course() = this->course("manners");
  EXPECT_EQ(problem(change(&Courses::CreateCourse, request)).reason, "COURSE_EXISTS");
}

}  // namespace
}  // namespace muster::testing
