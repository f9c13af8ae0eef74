#include "courses.h"

#include <algorithm>
#include <chrono>
#include <set>

#include "learning.h"

namespace muster::academy {
namespace {

using api::Checker;
using api::found;
using api::indexed;
using api::precondition;
using api::Refusal;
using api::sets;

constexpr int kLessonsMax = 200;
constexpr int kPrerequisitesMax = 16;
constexpr std::size_t kDescriptionBytesMax = 4'000;
constexpr std::size_t kBodyBytesMax = 65'536;
constexpr std::size_t kUriBytesMax = 2'048;
constexpr Duration kLessonMax = std::chrono::hours(24);

// --- shapes ---

void check_track(const v1::Course& course, Checker& check) {
  const bool known = v1::CourseTrack_IsValid(course.track()) && course.track() != v1::COURSE_TRACK_UNSPECIFIED;
  check.expect(known, "course.track", "must be one of the tracks");
  check.text("course.industry", course.industry());
  check.optional_id("course.tenant_id", course.tenant_id());
  check.expect(course.industry().empty() == (course.track() != v1::COURSE_TRACK_INDUSTRY), "course.industry",
               "is for the track of an industry, which needs it");
  check.expect(course.tenant_id().empty() == (course.track() != v1::COURSE_TRACK_TENANT), "course.tenant_id",
               "is for the track of a tenant, which needs it");
}

void check_lesson(const std::string& path, const v1::Lesson& lesson, Checker& check) {
  check.id(path + ".lesson_id", lesson.lesson_id());
  api::check_name(path + ".title", lesson.title(), check);
  check.text(path + ".body", lesson.body(), kBodyBytesMax);
  check.text(path + ".uri", lesson.uri(), kUriBytesMax);
  check.expect(lesson.live() || !lesson.body().empty() || !lesson.uri().empty(), path, "needs a body or a uri");
  const bool web = lesson.uri().starts_with("https://") || lesson.uri().starts_with("http://");
  check.expect(lesson.uri().empty() || web, path + ".uri", "must begin with https:// or http://");
  if (lesson.has_duration()) check.duration(path + ".duration", lesson.duration(), Duration{0}, kLessonMax);
}

void check_lessons(const v1::Course& course, Checker& check) {
  if (!check.count("course.lessons", course.lessons_size(), 0, kLessonsMax)) return;
  std::set<std::string> ids;
  for (int i = 0; i < course.lessons_size(); ++i) {
    const std::string path = indexed("course.lessons", i);
    check_lesson(path, course.lessons(i), check);
    check.expect(ids.insert(course.lessons(i).lesson_id()).second, path + ".lesson_id", "is there twice");
  }
}

void check_prerequisites(v1::Course& course, Checker& check) {
  auto& ids = *course.mutable_prerequisite_ids();
  if (!check.count("course.prerequisite_ids", ids.size(), 0, kPrerequisitesMax)) return;
  for (int i = 0; i < ids.size(); ++i) check.id(indexed("course.prerequisite_ids", i), ids[i]);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

void check_course(v1::Course& course, const google::protobuf::FieldMask* mask, Checker& check) {
  check.id("course.course_id", course.course_id());
  if (sets(mask, "display_name")) api::check_name("course.display_name", course.display_name(), check);
  if (sets(mask, "description")) check.text("course.description", course.description(), kDescriptionBytesMax);
  if (sets(mask, "track")) check_track(course, check);
  if (sets(mask, "lessons")) check_lessons(course, check);
  if (sets(mask, "prerequisite_ids")) check_prerequisites(course, check);
  if (sets(mask, "skill_id")) check.optional_id("course.skill_id", course.skill_id());
}

// --- rules ---

v1::Course course_named(TenantTransaction& t, const std::string& course_id) {
  return found(find_course(t, course_id), "COURSE", "course_id", course_id);
}

/// Puts in what comes before the course. REQUIRES: the course exists.
void set_prerequisites(TenantTransaction& t, const v1::Course& course) {
  lock_prerequisites(t);
  const auto unknown = unknown_courses(t, {course.prerequisite_ids().begin(), course.prerequisite_ids().end()});
  if (!unknown.empty()) throw Refusal(api::not_found("COURSE", "course_id", unknown.front()));
  replace_prerequisites(t, course);
  if (in_a_cycle(t, course.course_id())) {
    throw Refusal(course_error("COURSE_CYCLE", course.course_id(), "would come before itself"));
  }
}

void expect_lessons(const v1::Course& course) {
  if (course.state() == v1::COURSE_STATE_PUBLISHED && course.lessons().empty()) {
    throw Refusal(course_error("COURSE_EMPTY", course.course_id(), "has no lessons"));
  }
}

void merge(const v1::Course& from, const google::protobuf::FieldMask& mask, v1::Course& course) {
  if (sets(&mask, "display_name")) course.set_display_name(from.display_name());
  if (sets(&mask, "description")) course.set_description(from.description());
  if (sets(&mask, "track")) {
    course.set_track(from.track());
    course.set_industry(from.industry());
    course.set_tenant_id(from.tenant_id());
  }
  if (sets(&mask, "lessons")) *course.mutable_lessons() = from.lessons();
  if (sets(&mask, "in_order")) course.set_in_order(from.in_order());
  if (sets(&mask, "prerequisite_ids")) *course.mutable_prerequisite_ids() = from.prerequisite_ids();
  if (sets(&mask, "skill_id")) course.set_skill_id(from.skill_id());
}

/// The course, which the member may learn.
v1::Course course_to_learn(TenantTransaction& t, const std::string& course_id, const std::string& member_id,
                           const By& by) {
  expect_learner(t, member_id);
  v1::Course course = course_shown(t, course_id, by.own_member);
  expect_published(course);
  return course;
}

/// The lesson can be completed without a live session, and where it must be in its turn, it is.
void expect_turn(TenantTransaction& t, const v1::Course& course, const std::string& member_id,
                 const std::string& lesson_id) {
  const auto& lessons = course.lessons();
  const auto named = [](const std::string& id) {
    return [&id](const v1::Lesson& each) { return each.lesson_id() == id; };
  };
  const auto lesson = std::find_if(lessons.begin(), lessons.end(), named(lesson_id));
  if (lesson == lessons.end()) throw Refusal(api::not_found("LESSON", "lesson_id", lesson_id));
  if (lesson->live()) {
    throw Refusal(precondition("LESSON_LIVE", "lesson_id '" + lesson_id + "' is completed by attending a live session",
                               {{"course_id", course.course_id()}, {"lesson_id", lesson_id}}));
  }
  if (!course.in_order()) return;
  const auto progress = find_progress(t, member_id, course.course_id());
  std::set<std::string> done;
  if (progress) done.insert(progress->completed_lesson_ids().begin(), progress->completed_lesson_ids().end());
  if (done.contains(lesson_id)) return;
  const auto next = std::find_if(lessons.begin(), lessons.end(),
                                 [&](const v1::Lesson& each) { return !done.contains(each.lesson_id()); });
  if (next->lesson_id() == lesson_id) return;
  throw Refusal(precondition("LESSON_OUT_OF_ORDER",
                             "lesson_id '" + lesson_id + "' comes later; next is '" + next->lesson_id() + "'",
                             {{"lesson_id", lesson_id}, {"next_lesson_id", next->lesson_id()}}));
}

std::string name_of(const v1::Course& course) { return "course/" + course.course_id(); }
std::string name_of(const v1::CourseProgress& progress) {
  return "progress/" + progress.member_id() + "/" + progress.course_id();
}

/// Tells the audit how far the member is, and gives it.
v1::CourseProgress progressed(TenantTransaction& t, const std::optional<v1::CourseProgress>& before,
                              const std::string& member_id, const std::string& course_id, const By& by) {
  v1::CourseProgress progress = *find_progress(t, member_id, course_id);
  by.changed(name_of(progress), before ? &*before : nullptr, &progress);
  return progress;
}

}  // namespace

v1::Course course_shown(TenantTransaction& t, const std::string& course_id, const std::string& own_member) {
  v1::Course course = course_named(t, course_id);
  if (!own_member.empty() && course.state() != v1::COURSE_STATE_PUBLISHED) {
    throw Refusal(api::not_found("COURSE", "course_id", course_id));
  }
  return course;
}

void expect_published(const v1::Course& course) {
  if (course.state() == v1::COURSE_STATE_PUBLISHED) return;
  throw Refusal(course_error("COURSE_NOT_PUBLISHED", course.course_id(), "is a draft"));
}

// --- checks ---

void check(v1::CreateCourseRequest& request, Checker& check) {
  check_course(*request.mutable_course(), nullptr, check);
}

void check(v1::UpdateCourseRequest& request, Checker& check) {
  api::check_mask(request.update_mask(),
                  {"display_name", "description", "track", "lessons", "in_order", "prerequisite_ids", "skill_id"},
                  check);
  check_course(*request.mutable_course(), &request.update_mask(), check);
}

void check(v1::SetCoursePublicationRequest& request, Checker& check) { check.id("course_id", request.course_id()); }

void check(v1::EnrollMemberRequest& request, Checker& check) {
  check.id("course_id", request.course_id());
  check.id("member_id", request.member_id());
}

void check(v1::CompleteLessonRequest& request, Checker& check) {
  check.id("course_id", request.course_id());
  check.id("lesson_id", request.lesson_id());
  check.id("member_id", request.member_id());
}

// --- courses ---

v1::CreateCourseResponse carry_out(TenantTransaction& t, const v1::CreateCourseRequest& request, const By& by) {
  v1::Course course = request.course();
  course.set_state(v1::COURSE_STATE_DRAFT);
  if (!insert_course(t, course, by.now)) {
    throw Refusal(api::already_exists("COURSE", "course_id", course.course_id()));
  }
  replace_lessons(t, course);
  set_prerequisites(t, course);
  v1::CreateCourseResponse response;
  *response.mutable_course() = course_named(t, course.course_id());
  by.changed(name_of(course), nullptr, &response.course());
  return response;
}

v1::UpdateCourseResponse carry_out(TenantTransaction& t, const v1::UpdateCourseRequest& request, const By& by) {
  lock_course(t, request.course().course_id());
  const v1::Course before = course_named(t, request.course().course_id());
  v1::Course course = before;
  merge(request.course(), request.update_mask(), course);
  expect_lessons(course);
  update_course(t, course);
  if (sets(&request.update_mask(), "lessons")) replace_lessons(t, course);
  if (sets(&request.update_mask(), "prerequisite_ids")) set_prerequisites(t, course);
  by.changed(name_of(course), &before, &course);
  v1::UpdateCourseResponse response;
  *response.mutable_course() = course;
  return response;
}

v1::SetCoursePublicationResponse carry_out(TenantTransaction& t, const v1::SetCoursePublicationRequest& request,
                                           const By& by) {
  lock_course(t, request.course_id());
  const v1::Course before = course_named(t, request.course_id());
  v1::Course course = before;
  course.set_state(request.published() ? v1::COURSE_STATE_PUBLISHED : v1::COURSE_STATE_DRAFT);
  expect_lessons(course);
  update_course(t, course);
  by.changed(name_of(course), &before, &course);
  v1::SetCoursePublicationResponse response;
  *response.mutable_course() = course;
  return response;
}

// --- learning ---

v1::EnrollMemberResponse carry_out(TenantTransaction& t, const v1::EnrollMemberRequest& request, const By& by,
                                   const OnLearned& learned) {
  static_cast<void>(course_to_learn(t, request.course_id(), request.member_id(), by));
  const auto before = find_progress(t, request.member_id(), request.course_id());
  enroll(t, request.member_id(), request.course_id(), by.now);
  // Whoever had learnt everything before lessons were taken out has nothing left to do.
  complete_if_done(t, request.member_id(), request.course_id(), learned, by.now);
  v1::EnrollMemberResponse response;
  *response.mutable_progress() = progressed(t, before, request.member_id(), request.course_id(), by);
  return response;
}

v1::CompleteLessonResponse carry_out(TenantTransaction& t, const v1::CompleteLessonRequest& request, const By& by,
                                     const OnLearned& learned) {
  const std::string& member_id = request.member_id();
  const v1::Course course = course_to_learn(t, request.course_id(), member_id, by);
  expect_prerequisites(t, member_id, course.course_id());
  expect_turn(t, course, member_id, request.lesson_id());
  const auto before = find_progress(t, member_id, course.course_id());
  enroll(t, member_id, course.course_id(), by.now);
  insert_lesson_completion(t, member_id, course.course_id(), request.lesson_id(), by.now);
  complete_if_done(t, member_id, course.course_id(), learned, by.now);
  v1::CompleteLessonResponse response;
  *response.mutable_progress() = progressed(t, before, member_id, course.course_id(), by);
  return response;
}

}  // namespace muster::academy
