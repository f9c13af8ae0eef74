#include "course_store.h"

#include <map>
#include <pqxx/pqxx>

#include "muster/api/errors.h"
#include "muster/node/render.h"

namespace muster::academy {
namespace {

using store::limit_of;
using store::micros;
using store::page_of;
using store::read_time;
using store::time_param;

std::string text(const pqxx::field& field) { return field.is_null() ? std::string() : field.as<std::string>(); }
void read(const pqxx::field& field, google::protobuf::Timestamp* out) { node::to_proto(store::time_in(field), out); }
std::int64_t micros(const google::protobuf::Duration& span) { return node::from_proto(span).count(); }

const std::string kCourses =
    "SELECT number, course_id, display_name, description, track, industry, for_tenant, in_order,"
    " ARRAY(SELECT prerequisite_id FROM course_prerequisite p WHERE p.course_id = c.course_id ORDER BY 1), skill_id,"
    " (SELECT exam_id FROM exam e WHERE e.course_id = c.course_id), state, " +
    read_time("create_time") + " FROM course c ";

v1::Course course_in(const pqxx::row& row) {
  v1::Course course;
  course.set_course_id(text(row[1]));
  course.set_display_name(text(row[2]));
  course.set_description(text(row[3]));
  course.set_track(static_cast<v1::CourseTrack>(row[4].as<int>()));
  course.set_industry(text(row[5]));
  course.set_tenant_id(text(row[6]));
  course.set_in_order(row[7].as<bool>());
  for (std::string& id : store::texts_in(row[8])) course.add_prerequisite_ids(std::move(id));
  course.set_skill_id(text(row[9]));
  course.set_exam_id(text(row[10]));
  course.set_state(static_cast<v1::CourseState>(row[11].as<int>()));
  read(row[12], course.mutable_create_time());
  return course;
}

v1::Lesson lesson_in(const pqxx::row& row) {
  v1::Lesson lesson;
  lesson.set_lesson_id(text(row[1]));
  lesson.set_title(text(row[2]));
  lesson.set_body(text(row[3]));
  lesson.set_uri(text(row[4]));
  const auto span = row[5].as<std::int64_t>();
  if (span != 0) node::to_proto(Duration(span), lesson.mutable_duration());
  lesson.set_live(row[6].as<bool>());
  return lesson;
}

/// Puts in the lessons of the courses, in their order.
void add_lessons(TenantTransaction& t, bool with_bodies, std::vector<v1::Course>& courses) {
  std::map<std::string, v1::Course*> by_id;
  std::vector<std::string> ids;
  for (v1::Course& course : courses) {
    by_id[course.course_id()] = &course;
    ids.push_back(course.course_id());
  }
  const auto rows = t.sql().exec_params(
      "SELECT course_id, lesson_id, title, CASE WHEN $2 THEN body ELSE '' END, uri,"
      " (extract(epoch FROM duration) * 1000000)::bigint, live FROM lesson WHERE course_id = ANY($1::text[])"
      " ORDER BY course_id, place",
      store::to_array(ids), with_bodies);
  for (const auto& row : rows) *by_id.at(text(row[0]))->add_lessons() = lesson_in(row);
}

/// Runs a statement that names the course's tenant.
template <typename Statement>
pqxx::result naming_tenant(const v1::Course& course, const Statement& statement) {
  try {
    return statement();
  } catch (const pqxx::foreign_key_violation&) {
    throw api::Refusal(api::not_found("TENANT", "tenant_id", course.tenant_id()));
  }
}
const char* tenant_of(const v1::Course& course) {
  return course.tenant_id().empty() ? nullptr : course.tenant_id().c_str();
}

const std::string kProgress = "SELECT number, member_id, course_id, " + read_time("enroll_time") +
                              ", ARRAY(SELECT lesson_id FROM lesson_completion d JOIN lesson l USING (course_id, "
                              "lesson_id) WHERE d.member_id = e.member_id AND d.course_id = e.course_id"
                              " ORDER BY l.place), (SELECT count(*) FROM lesson l WHERE l.course_id = e.course_id), " +
                              read_time("complete_time") + " FROM enrollment e ";

v1::CourseProgress progress_in(const pqxx::row& row) {
  v1::CourseProgress progress;
  progress.set_member_id(text(row[1]));
  progress.set_course_id(text(row[2]));
  read(row[3], progress.mutable_enroll_time());
  for (std::string& id : store::texts_in(row[4])) progress.add_completed_lesson_ids(std::move(id));
  progress.set_lesson_count(row[5].as<int>());
  if (!row[6].is_null()) read(row[6], progress.mutable_complete_time());
  return progress;
}

}  // namespace

void lock_course(TenantTransaction& t, const std::string& course_id) {
  t.sql().exec_params("SELECT FROM course WHERE course_id = $1 FOR UPDATE", course_id);
}

std::optional<v1::Course> find_course(TenantTransaction& t, const std::string& course_id) {
  const auto rows = t.sql().exec_params(kCourses + "WHERE course_id = $1", course_id);
  if (rows.empty()) return std::nullopt;
  std::vector<v1::Course> courses = {course_in(rows[0])};
  add_lessons(t, true, courses);
  return courses.front();
}

bool insert_course(TenantTransaction& t, const v1::Course& course, TimePoint now) {
  const auto done = naming_tenant(course, [&] {
    return t.sql().exec_params(
        "INSERT INTO course (course_id, display_name, description, track, industry, for_tenant, in_order, skill_id,"
        " state, create_time) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, " +
            time_param(10) + ") ON CONFLICT (course_id) DO NOTHING",
        course.course_id(), course.display_name(), course.description(), static_cast<int>(course.track()),
        course.industry(), tenant_of(course), course.in_order(), course.skill_id(), static_cast<int>(course.state()),
        micros(now));
  });
  return done.affected_rows() == 1;
}

void update_course(TenantTransaction& t, const v1::Course& course) {
  naming_tenant(course, [&] {
    return t.sql().exec_params(
        "UPDATE course SET display_name = $2, description = $3, track = $4, industry = $5, for_tenant = $6,"
        " in_order = $7, skill_id = $8, state = $9 WHERE course_id = $1",
        course.course_id(), course.display_name(), course.description(), static_cast<int>(course.track()),
        course.industry(), tenant_of(course), course.in_order(), course.skill_id(), static_cast<int>(course.state()));
  });
}

void replace_lessons(TenantTransaction& t, const v1::Course& course) {
  t.sql().exec_params("DELETE FROM lesson WHERE course_id = $1", course.course_id());
  for (int i = 0; i < course.lessons_size(); ++i) {
    const v1::Lesson& lesson = course.lessons(i);
    t.sql().exec_params(
        "INSERT INTO lesson (course_id, lesson_id, place, title, body, uri, duration, live)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7 * interval '1 microsecond', $8)",
        course.course_id(), lesson.lesson_id(), i, lesson.title(), lesson.body(), lesson.uri(),
        micros(lesson.duration()), lesson.live());
  }
}

void replace_prerequisites(TenantTransaction& t, const v1::Course& course) {
  t.sql().exec_params("DELETE FROM course_prerequisite WHERE course_id = $1", course.course_id());
  t.sql().exec_params("INSERT INTO course_prerequisite (course_id, prerequisite_id) SELECT $1, unnest($2::text[])",
                      course.course_id(),
                      store::to_array({course.prerequisite_ids().begin(), course.prerequisite_ids().end()}));
}

void lock_prerequisites(TenantTransaction& t) {
  t.sql().exec("SELECT pg_advisory_xact_lock(hashtext('prerequisites'))");
}

std::vector<std::string> unknown_courses(TenantTransaction& t, const std::vector<std::string>& course_ids) {
  const auto rows = t.sql().exec_params(
      "SELECT id FROM unnest($1::text[]) AS id WHERE NOT EXISTS (SELECT FROM course WHERE course_id = id) ORDER BY id",
      store::to_array(course_ids));
  std::vector<std::string> unknown;
  for (const auto& row : rows) unknown.push_back(text(row[0]));
  return unknown;
}

bool in_a_cycle(TenantTransaction& t, const std::string& course_id) {
  const auto rows = t.sql().exec_params(
      "WITH RECURSIVE before AS (SELECT prerequisite_id FROM course_prerequisite WHERE course_id = $1"
      " UNION SELECT p.prerequisite_id FROM course_prerequisite p JOIN before b ON p.course_id = b.prerequisite_id)"
      " SELECT FROM before WHERE prerequisite_id = $1",
      course_id);
  return !rows.empty();
}

Page<v1::Course> list_courses(TenantTransaction& t, const CourseFilter& filter, const PageRequest& page) {
  const auto rows = t.sql().exec_params(
      kCourses + "WHERE number > $1 AND ($3 = 0 OR track = $3) AND ($4 = 0 OR state = $4) ORDER BY number LIMIT $2",
      page.after, limit_of(page), static_cast<int>(filter.track), static_cast<int>(filter.state));
  auto found = page_of<v1::Course>(rows, page, course_in);
  add_lessons(t, false, found.items);
  return found;
}

void enroll(TenantTransaction& t, const std::string& member_id, const std::string& course_id, TimePoint now) {
  t.sql().exec_params("INSERT INTO enrollment (member_id, course_id, enroll_time) VALUES ($1, $2, " + time_param(3) +
                          ") ON CONFLICT (member_id, course_id) DO NOTHING",
                      member_id, course_id, micros(now));
}

bool insert_lesson_completion(TenantTransaction& t, const std::string& member_id, const std::string& course_id,
                              const std::string& lesson_id, TimePoint now) {
  const auto done = t.sql().exec_params(
      "INSERT INTO lesson_completion (member_id, course_id, lesson_id, complete_time) VALUES ($1, $2, $3, " +
          time_param(4) + ") ON CONFLICT DO NOTHING",
      member_id, course_id, lesson_id, micros(now));
  return done.affected_rows() == 1;
}

void complete_course(TenantTransaction& t, const std::string& member_id, const std::string& course_id, TimePoint now) {
  t.sql().exec_params("UPDATE enrollment SET complete_time = " + time_param(3) +
                          " WHERE member_id = $1 AND course_id = $2 AND complete_time IS NULL",
                      member_id, course_id, micros(now));
}

std::optional<v1::CourseProgress> find_progress(TenantTransaction& t, const std::string& member_id,
                                                const std::string& course_id) {
  const auto rows = t.sql().exec_params(kProgress + "WHERE member_id = $1 AND course_id = $2", member_id, course_id);
  if (rows.empty()) return std::nullopt;
  return progress_in(rows[0]);
}

Page<v1::CourseProgress> list_progress(TenantTransaction& t, const std::string& member_id, const std::string& course_id,
                                       const PageRequest& page) {
  const auto rows =
      t.sql().exec_params(kProgress +
                              "WHERE number > $1 AND ($3 = '' OR member_id = $3) AND ($4 = '' OR course_id = $4)"
                              " ORDER BY number LIMIT $2",
                          page.after, limit_of(page), member_id, course_id);
  return page_of<v1::CourseProgress>(rows, page, progress_in);
}

std::vector<std::string> missing_prerequisites(TenantTransaction& t, const std::string& member_id,
                                               const std::string& course_id) {
  const auto rows = t.sql().exec_params(
      "SELECT prerequisite_id FROM course_prerequisite p WHERE course_id = $2 AND NOT EXISTS (SELECT FROM enrollment e"
      " WHERE e.member_id = $1 AND e.course_id = p.prerequisite_id AND complete_time IS NOT NULL) ORDER BY 1",
      member_id, course_id);
  std::vector<std::string> missing;
  for (const auto& row : rows) missing.push_back(text(row[0]));
  return missing;
}

}  // namespace muster::academy
