#include "live_session_store.h"

#include <pqxx/pqxx>

#include "muster/node/render.h"
#include "muster/v1/course.pb.h"

namespace muster::academy {
namespace {

using store::limit_of;
using store::micros;
using store::page_of;
using store::read_time;
using store::time_in;
using store::time_param;

std::string text(const pqxx::field& field) { return field.is_null() ? std::string() : field.as<std::string>(); }
void read(const pqxx::field& field, google::protobuf::Timestamp* out) { node::to_proto(time_in(field), out); }
std::optional<std::string> reference(const std::string& id) {
  if (id.empty()) return std::nullopt;
  return id;
}
std::optional<std::int64_t> micros_of(const std::optional<TimePoint>& time) {
  if (!time) return std::nullopt;
  return micros(*time);
}

std::string count_of(v1::SignUpState state) {
  return "(SELECT count(*) FROM live_session_sign_up u WHERE u.live_session_id = s.live_session_id AND u.state = " +
         std::to_string(state) + ")";
}

/// By the clocks of the session's zone, with how far these are from UTC then.
const std::string kLocalStart =
    "to_char(start_time AT TIME ZONE time_zone, 'YYYY-MM-DD HH24:MI') || ' UTC' || (SELECT CASE WHEN d < '0' THEN '-'"
    " ELSE '+' END || to_char(greatest(d, -d), 'HH24:MI') FROM (SELECT (start_time AT TIME ZONE time_zone) -"
    " (start_time AT TIME ZONE 'UTC') AS d) z)";

/// With the sign-up of the member that parameter `n` names.
std::string sessions_of(int n) {
  return "SELECT s.number, s.live_session_id, title, description, course_id, lesson_id, host_id, " +
         read_time("start_time") + ", (extract(epoch FROM duration) * 1000000)::bigint, time_zone, " + kLocalStart +
         ", capacity, uri, exam_id, s.state, state_reason, " + count_of(v1::SIGN_UP_STATE_ENROLLED) + ", " +
         count_of(v1::SIGN_UP_STATE_WAITING) + ", coalesce(x.state, 0), coalesce(x.attendance, 0), " +
         read_time("create_time") +
         " FROM live_session s LEFT JOIN live_session_sign_up x ON x.live_session_id = s.live_session_id"
         " AND x.member_id = $" +
         std::to_string(n) + " ";
}

v1::LiveSession session_in(const pqxx::row& row) {
  v1::LiveSession session;
  session.set_live_session_id(text(row[1]));
  session.set_title(text(row[2]));
  session.set_description(text(row[3]));
  session.set_course_id(text(row[4]));
  session.set_lesson_id(text(row[5]));
  session.set_host_id(text(row[6]));
  read(row[7], session.mutable_start_time());
  node::to_proto(Duration(row[8].as<std::int64_t>()), session.mutable_duration());
  session.set_time_zone(text(row[9]));
  session.set_local_start(text(row[10]));
  session.set_capacity(row[11].as<int>());
  session.set_uri(text(row[12]));
  session.set_exam_id(text(row[13]));
  session.set_state(static_cast<v1::LiveSessionState>(row[14].as<int>()));
  session.set_state_reason(text(row[15]));
  session.set_enrolled_count(row[16].as<int>());
  session.set_waiting_count(row[17].as<int>());
  session.set_sign_up(static_cast<v1::SignUpState>(row[18].as<int>()));
  session.set_attendance(static_cast<v1::AttendanceState>(row[19].as<int>()));
  read(row[20], session.mutable_create_time());
  return session;
}

const std::string kSignUps = "SELECT u.number, live_session_id, member_id, display_name, u.state, " +
                             read_time("sign_up_time") +
                             ", attendance, minutes FROM live_session_sign_up u JOIN member USING (member_id)"
                             " WHERE live_session_id = $1 ";

v1::SignUp sign_up_in(const pqxx::row& row) {
  v1::SignUp sign_up;
  sign_up.set_live_session_id(text(row[1]));
  sign_up.set_member_id(text(row[2]));
  sign_up.set_display_name(text(row[3]));
  sign_up.set_state(static_cast<v1::SignUpState>(row[4].as<int>()));
  read(row[5], sign_up.mutable_sign_up_time());
  sign_up.set_attendance(static_cast<v1::AttendanceState>(row[6].as<int>()));
  sign_up.set_minutes(row[7].as<int>());
  return sign_up;
}

const std::string kEnrolled = std::to_string(v1::SIGN_UP_STATE_ENROLLED);
const std::string kWaiting = std::to_string(v1::SIGN_UP_STATE_WAITING);
const std::string kAttended =
    "(" + std::to_string(v1::ATTENDANCE_STATE_PRESENT) + ", " + std::to_string(v1::ATTENDANCE_STATE_LATE) + ")";

}  // namespace

void lock_live_session(TenantTransaction& t, const std::string& live_session_id) {
  t.sql().exec_params("SELECT FROM live_session WHERE live_session_id = $1 FOR UPDATE", live_session_id);
}

std::optional<v1::LiveSession> find_live_session(TenantTransaction& t, const std::string& live_session_id,
                                                 const std::string& member_id) {
  const auto rows = t.sql().exec_params(sessions_of(2) + "WHERE s.live_session_id = $1", live_session_id, member_id);
  if (rows.empty()) return std::nullopt;
  return session_in(rows[0]);
}

bool insert_live_session(TenantTransaction& t, const v1::LiveSession& session, TimePoint now) {
  const auto done = t.sql().exec_params(
      "INSERT INTO live_session (live_session_id, title, description, course_id, lesson_id, host_id, start_time,"
      " duration, time_zone, capacity, uri, exam_id, state, state_reason, create_time) VALUES ($1, $2, $3, $4, $5, "
      "$6, " +
          time_param(7) + ", $8 * interval '1 microsecond', $9, $10, $11, $12, $13, $14, " + time_param(15) +
          ") ON CONFLICT (live_session_id) DO NOTHING",
      session.live_session_id(), session.title(), session.description(), reference(session.course_id()),
      session.lesson_id(), session.host_id(), micros(node::from_proto(session.start_time())),
      node::from_proto(session.duration()).count(), session.time_zone(), session.capacity(), session.uri(),
      reference(session.exam_id()), static_cast<int>(session.state()), session.state_reason(), micros(now));
  return done.affected_rows() == 1;
}

void update_live_session(TenantTransaction& t, const v1::LiveSession& session) {
  t.sql().exec_params(
      "UPDATE live_session SET title = $2, description = $3, course_id = $4, lesson_id = $5, host_id = $6,"
      " start_time = " +
          time_param(7) +
          ", duration = $8 * interval '1 microsecond', time_zone = $9, capacity = $10, uri = $11, exam_id = $12,"
          " state = $13, state_reason = $14 WHERE live_session_id = $1",
      session.live_session_id(), session.title(), session.description(), reference(session.course_id()),
      session.lesson_id(), session.host_id(), micros(node::from_proto(session.start_time())),
      node::from_proto(session.duration()).count(), session.time_zone(), session.capacity(), session.uri(),
      reference(session.exam_id()), static_cast<int>(session.state()), session.state_reason());
}

Page<v1::LiveSession> list_live_sessions(TenantTransaction& t, const LiveSessionFilter& filter,
                                         const PageRequest& page) {
  const auto rows = t.sql().exec_params(
      sessions_of(3) +
          "WHERE ($1 = 0 OR (start_time, s.number) > (SELECT start_time, number FROM live_session WHERE number = $1))"
          " AND ($4::bigint IS NULL OR start_time >= " +
          time_param(4) + ") AND ($5::bigint IS NULL OR start_time < " + time_param(5) +
          ") AND ($6 = '' OR course_id = $6) AND ($7 = 0 OR s.state = $7) AND (NOT $8 OR x.state IS NOT NULL)"
          " AND (NOT $9 OR course_id IS NULL OR EXISTS (SELECT FROM course c WHERE c.course_id = s.course_id"
          " AND c.state = " +
          std::to_string(v1::COURSE_STATE_PUBLISHED) + ")) ORDER BY start_time, s.number LIMIT $2",
      page.after, limit_of(page), filter.member_id, micros_of(filter.from), micros_of(filter.until), filter.course_id,
      static_cast<int>(filter.state), filter.signed_up, filter.published);
  return page_of<v1::LiveSession>(rows, page, session_in);
}

std::optional<v1::SignUp> find_sign_up(TenantTransaction& t, const std::string& live_session_id,
                                       const std::string& member_id) {
  const auto rows = t.sql().exec_params(kSignUps + "AND member_id = $2", live_session_id, member_id);
  if (rows.empty()) return std::nullopt;
  return sign_up_in(rows[0]);
}

void insert_sign_up(TenantTransaction& t, const v1::SignUp& sign_up, TimePoint now) {
  t.sql().exec_params(
      "INSERT INTO live_session_sign_up (live_session_id, member_id, state, sign_up_time, attendance, minutes)"
      " VALUES ($1, $2, $3, " +
          time_param(4) + ", 0, 0) ON CONFLICT (live_session_id, member_id) DO NOTHING",
      sign_up.live_session_id(), sign_up.member_id(), static_cast<int>(sign_up.state()), micros(now));
}

void delete_sign_up(TenantTransaction& t, const std::string& live_session_id, const std::string& member_id) {
  t.sql().exec_params("DELETE FROM live_session_sign_up WHERE live_session_id = $1 AND member_id = $2", live_session_id,
                      member_id);
}

std::vector<std::string> give_places(TenantTransaction& t, const std::string& live_session_id, int count) {
  const auto rows =
      t.sql().exec_params("UPDATE live_session_sign_up SET state = " + kEnrolled +
                              " WHERE live_session_id = $1 AND member_id IN (SELECT member_id FROM live_session_sign_up"
                              " WHERE live_session_id = $1 AND state = " +
                              kWaiting + " ORDER BY number LIMIT $2) RETURNING member_id",
                          live_session_id, count);
  std::vector<std::string> members;
  for (const auto& row : rows) members.push_back(text(row[0]));
  return members;
}

void record_attendance(TenantTransaction& t, const std::string& live_session_id, const v1::Attendance& attendance,
                       TimePoint now) {
  t.sql().exec_params(
      "INSERT INTO live_session_sign_up (live_session_id, member_id, state, sign_up_time, attendance, minutes)"
      " VALUES ($1, $2, " +
          kEnrolled + ", " + time_param(3) +
          ", $4, $5) ON CONFLICT (live_session_id, member_id) DO UPDATE SET attendance = excluded.attendance,"
          " minutes = excluded.minutes, state = CASE WHEN excluded.attendance IN " +
          kAttended + " THEN excluded.state ELSE live_session_sign_up.state END",
      live_session_id, attendance.member_id(), micros(now), static_cast<int>(attendance.state()), attendance.minutes());
}

Page<v1::SignUp> list_sign_ups(TenantTransaction& t, const std::string& live_session_id, const PageRequest& page) {
  const auto rows = t.sql().exec_params(kSignUps + "AND u.number > $2 ORDER BY u.number LIMIT $3", live_session_id,
                                        page.after, limit_of(page));
  return page_of<v1::SignUp>(rows, page, sign_up_in);
}

std::vector<std::string> live_sessions_of_exam(TenantTransaction& t, const std::string& exam_id) {
  const auto rows = t.sql().exec_params(
      "SELECT live_session_id FROM live_session WHERE exam_id = $1 AND state <> $2 ORDER BY start_time, number",
      exam_id, static_cast<int>(v1::LIVE_SESSION_STATE_CANCELLED));
  std::vector<std::string> ids;
  for (const auto& row : rows) ids.push_back(text(row[0]));
  return ids;
}

bool attended_for_exam(TenantTransaction& t, const std::string& exam_id, const std::string& member_id) {
  return !t.sql()
              .exec_params(
                  "SELECT FROM live_session JOIN live_session_sign_up USING (live_session_id)"
                  " WHERE exam_id = $1 AND member_id = $2 AND attendance IN " +
                      kAttended + " LIMIT 1",
                  exam_id, member_id)
              .empty();
}

}  // namespace muster::academy
