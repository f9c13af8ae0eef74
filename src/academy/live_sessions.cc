#include "live_sessions.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <string_view>

#include "course_store.h"
#include "courses.h"
#include "learning.h"
#include "muster/members/skills.h"
#include "muster/node/render.h"
#include "muster/node/time_zones.h"

namespace muster::academy {
namespace {

using api::Checker;
using api::found;
using api::indexed;
using api::precondition;
using api::Refusal;
using api::sets;

constexpr int kCapacity = 50;
constexpr int kCapacityMax = 1'000;
constexpr int kAttendancesMax = 500;
constexpr int kMinutesMax = 1'440;
constexpr std::size_t kDescriptionBytesMax = 4'000;
constexpr std::size_t kUriBytesMax = 2'048;
constexpr Duration kDuration = std::chrono::hours(1);
constexpr Duration kDurationMin = std::chrono::minutes(5);
constexpr Duration kDurationMax = std::chrono::hours(8);
constexpr const char* kTimeZone = "Asia/Shanghai";

std::string name_of(const v1::LiveSession& session) { return "live-session/" + session.live_session_id(); }
std::string name_of(const v1::SignUp& sign_up) {
  return "live-session-sign-up/" + sign_up.live_session_id() + "/" + sign_up.member_id();
}

bool attended(v1::AttendanceState state) {
  return state == v1::ATTENDANCE_STATE_PRESENT || state == v1::ATTENDANCE_STATE_LATE;
}

TimePoint start_of(const v1::LiveSession& session) { return node::from_proto(session.start_time()); }
TimePoint end_of(const v1::LiveSession& session) { return start_of(session) + node::from_proto(session.duration()); }

// --- shapes ---

void set_defaults(v1::LiveSession& session) {
  if (!session.has_duration()) node::to_proto(kDuration, session.mutable_duration());
  if (session.capacity() == 0) session.set_capacity(kCapacity);
  if (session.time_zone().empty()) session.set_time_zone(kTimeZone);
}

void check_subject(const v1::LiveSession& session, Checker& check) {
  check.optional_id("live_session.course_id", session.course_id());
  check.optional_id("live_session.lesson_id", session.lesson_id());
  check.expect(session.lesson_id().empty() || !session.course_id().empty(), "live_session.lesson_id",
               "is of a course: give course_id");
}

void check_uri(const v1::LiveSession& session, Checker& check) {
  check.text("live_session.uri", session.uri(), kUriBytesMax);
  check.expect(session.uri().empty() || session.uri().starts_with("https://"), "live_session.uri",
               "must begin with https://");
}

void check_session(v1::LiveSession& session, const google::protobuf::FieldMask* mask, Checker& check) {
  set_defaults(session);
  check.id("live_session.live_session_id", session.live_session_id());
  if (sets(mask, "title")) api::check_name("live_session.title", session.title(), check);
  if (sets(mask, "description")) check.text("live_session.description", session.description(), kDescriptionBytesMax);
  if (sets(mask, "course_id")) check_subject(session, check);
  if (sets(mask, "host_id")) check.id("live_session.host_id", session.host_id());
  if (sets(mask, "time_zone")) {
    check.expect(node::is_time_zone(session.time_zone()), "live_session.time_zone",
                 "is not an IANA time zone such as Asia/Shanghai");
  }
  if (sets(mask, "capacity")) check.number("live_session.capacity", session.capacity(), 1, kCapacityMax);
  if (sets(mask, "uri")) check_uri(session, check);
  if (sets(mask, "exam_id")) check.optional_id("live_session.exam_id", session.exam_id());
}

// --- rules ---

v1::LiveSession session_named(TenantTransaction& t, const std::string& id) {
  return found(find_live_session(t, id, ""), "LIVE_SESSION", "live_session_id", id);
}

void expect_state(const v1::LiveSession& session, bool allowed) {
  if (allowed) return;
  const std::string &id = session.live_session_id(), state = api::short_name(session.state());
  throw Refusal(precondition("LIVE_SESSION_WRONG_STATE", "live_session_id '" + id + "' is " + state,
                             {{"live_session_id", id}, {"state", state}}));
}

/// The live session, locked, which is scheduled.
v1::LiveSession scheduled(TenantTransaction& t, const std::string& id) {
  lock_live_session(t, id);
  v1::LiveSession session = session_named(t, id);
  expect_state(session, session.state() == v1::LIVE_SESSION_STATE_SCHEDULED);
  return session;
}

void expect_to_come(const v1::LiveSession& session, TimePoint now) {
  if (now < end_of(session)) return;
  const std::string& id = session.live_session_id();
  throw Refusal(precondition("LIVE_SESSION_OVER", "live_session_id '" + id + "' is over", {{"live_session_id", id}}));
}

/// The lesson of the session, if it has one, is completed by attending.
void expect_live_lesson(const v1::Course& course, const std::string& lesson_id) {
  if (lesson_id.empty()) return;
  const auto lesson = std::find_if(course.lessons().begin(), course.lessons().end(),
                                   [&](const v1::Lesson& each) { return each.lesson_id() == lesson_id; });
  if (lesson == course.lessons().end()) throw Refusal(api::not_found("LESSON", "lesson_id", lesson_id));
  if (lesson->live()) return;
  throw Refusal(precondition("LESSON_NOT_LIVE", "lesson_id '" + lesson_id + "' is not completed by attending",
                             {{"course_id", course.course_id()}, {"lesson_id", lesson_id}}));
}

/// What the session names is there, and fits.
void expect_references(TenantTransaction& t, const v1::LiveSession& session) {
  if (members::members_among(t, {session.host_id()}).empty()) {
    throw Refusal(api::not_found("MEMBER", "member_id", session.host_id()));
  }
  if (!session.course_id().empty()) {
    expect_live_lesson(found(find_course(t, session.course_id()), "COURSE", "course_id", session.course_id()),
                       session.lesson_id());
  }
  if (!session.exam_id().empty() && !exam_exists(t, session.exam_id())) {
    throw Refusal(api::not_found("EXAM", "exam_id", session.exam_id()));
  }
}

void merge(const v1::LiveSession& from, const google::protobuf::FieldMask& mask, v1::LiveSession& session) {
  if (sets(&mask, "title")) session.set_title(from.title());
  if (sets(&mask, "description")) session.set_description(from.description());
  if (sets(&mask, "course_id")) {
    session.set_course_id(from.course_id());
    session.set_lesson_id(from.lesson_id());
  }
  if (sets(&mask, "host_id")) session.set_host_id(from.host_id());
  if (sets(&mask, "time_zone")) session.set_time_zone(from.time_zone());
  if (sets(&mask, "capacity")) session.set_capacity(from.capacity());
  if (sets(&mask, "uri")) session.set_uri(from.uri());
  if (sets(&mask, "exam_id")) session.set_exam_id(from.exam_id());
}

/// Gives the places that are free to who waits, and tells the audit. REQUIRES: the session is locked.
void fill_places(TenantTransaction& t, const std::string& id, const By& by) {
  const v1::LiveSession session = session_named(t, id);
  const int free = session.capacity() - session.enrolled_count();
  if (free <= 0 || session.waiting_count() == 0) return;
  for (const std::string& member_id : give_places(t, id, free)) {
    const v1::SignUp after = *find_sign_up(t, id, member_id);
    v1::SignUp before = after;
    before.set_state(v1::SIGN_UP_STATE_WAITING);
    by.changed(name_of(after), &before, &after);
  }
}

/// The session as it has become, told to the audit.
v1::LiveSession changed(TenantTransaction& t, const v1::LiveSession& before, const v1::LiveSession& after,
                        const By& by) {
  update_live_session(t, after);
  fill_places(t, after.live_session_id(), by);
  v1::LiveSession session = session_named(t, after.live_session_id());
  by.changed(name_of(before), &before, &session);
  return session;
}

/// Who attends has completed the lesson that the session stands for. REQUIRES: the member is locked.
void complete_lesson(TenantTransaction& t, const v1::LiveSession& session, const std::string& member_id,
                     const OnLearned& learned, TimePoint now) {
  if (session.lesson_id().empty()) return;
  expect_live_lesson(*find_course(t, session.course_id()), session.lesson_id());  // courses change meanwhile
  enroll(t, member_id, session.course_id(), now);
  insert_lesson_completion(t, member_id, session.course_id(), session.lesson_id(), now);
  complete_if_done(t, member_id, session.course_id(), learned, now);
}

/// In the order in which all lock members, and what is theirs.
std::vector<v1::Attendance> by_member(const v1::RecordAttendanceRequest& request) {
  std::vector<v1::Attendance> attendances(request.attendances().begin(), request.attendances().end());
  std::sort(attendances.begin(), attendances.end(),
            [](const v1::Attendance& a, const v1::Attendance& b) { return a.member_id() < b.member_id(); });
  return attendances;
}

/// The members' states; they stay as they are until the end of the transaction.
std::map<std::string, v1::MemberState> locked_members(TenantTransaction& t,
                                                      const std::vector<v1::Attendance>& attendances) {
  std::vector<std::string> ids;
  for (const v1::Attendance& each : attendances) ids.push_back(each.member_id());
  auto states = members::states_of(t, ids);
  for (const std::string& id : ids) {
    if (!states.contains(id)) throw Refusal(api::not_found("MEMBER", "member_id", id));
  }
  return states;
}

/// Notes what became of the member's place. Who was not there and had none is not noted.
void record(TenantTransaction& t, const v1::LiveSession& session, const v1::Attendance& attendance, const By& by) {
  const std::string &id = session.live_session_id(), &member_id = attendance.member_id();
  const auto before = find_sign_up(t, id, member_id);
  if (!before && !attended(attendance.state())) return;
  if (!before && !session.course_id().empty()) expect_prerequisites(t, member_id, session.course_id());
  record_attendance(t, id, attendance, by.now);
  const v1::SignUp after = *find_sign_up(t, id, member_id);
  by.changed(name_of(after), before ? &*before : nullptr, &after);
}

}  // namespace

v1::LiveSession live_session_shown(TenantTransaction& t, const std::string& live_session_id,
                                   const std::string& member_id, const std::string& own_member) {
  v1::LiveSession session =
      found(find_live_session(t, live_session_id, member_id), "LIVE_SESSION", "live_session_id", live_session_id);
  if (own_member.empty()) return session;
  const bool hidden =
      !session.course_id().empty() && find_course(t, session.course_id())->state() != v1::COURSE_STATE_PUBLISHED;
  if (hidden) throw Refusal(api::not_found("LIVE_SESSION", "live_session_id", live_session_id));
  hide_link(session, own_member);
  return session;
}

void hide_link(v1::LiveSession& session, const std::string& own_member) {
  const bool shown =
      own_member.empty() || own_member == session.host_id() || session.sign_up() == v1::SIGN_UP_STATE_ENROLLED;
  if (!shown) session.clear_uri();
}

void expect_attended(TenantTransaction& t, const std::string& exam_id, const std::string& member_id) {
  const auto sessions = live_sessions_of_exam(t, exam_id);
  if (sessions.empty() || attended_for_exam(t, exam_id, member_id)) return;
  throw Refusal(precondition("LIVE_SESSION_NOT_ATTENDED",
                             "exam_id '" + exam_id + "' is for those who attended one of: " + listed(sessions),
                             {{"exam_id", exam_id}, {"member_id", member_id}, {"live_session_ids", listed(sessions)}}));
}

// --- checks ---

void check(v1::CreateLiveSessionRequest& request, Checker& check) {
  v1::LiveSession& session = *request.mutable_live_session();
  check_session(session, nullptr, check);
  check.expect(session.has_start_time(), "live_session.start_time", "must be set");
  check.time("live_session.start_time", session.start_time());
  check.duration("live_session.duration", session.duration(), kDurationMin, kDurationMax);
}

void check(v1::UpdateLiveSessionRequest& request, Checker& check) {
  api::check_mask(request.update_mask(),
                  {"title", "description", "course_id", "host_id", "time_zone", "capacity", "uri", "exam_id"}, check);
  check_session(*request.mutable_live_session(), &request.update_mask(), check);
}

void check(v1::RescheduleLiveSessionRequest& request, Checker& check) {
  check.id("live_session_id", request.live_session_id());
  check.expect(request.has_start_time(), "start_time", "must be set");
  check.time("start_time", request.start_time());
  if (request.has_duration()) check.duration("duration", request.duration(), kDurationMin, kDurationMax);
  api::check_name("reason", request.reason(), check);
}

void check(v1::CancelLiveSessionRequest& request, Checker& check) {
  check.id("live_session_id", request.live_session_id());
  api::check_name("reason", request.reason(), check);
}

void check(v1::SignUpForLiveSessionRequest& request, Checker& check) {
  check.id("live_session_id", request.live_session_id());
  check.id("member_id", request.member_id());
}

void check(v1::LeaveLiveSessionRequest& request, Checker& check) {
  check.id("live_session_id", request.live_session_id());
  check.id("member_id", request.member_id());
}

void check(v1::RecordAttendanceRequest& request, Checker& check) {
  check.id("live_session_id", request.live_session_id());
  if (!check.count("attendances", request.attendances_size(), 1, kAttendancesMax)) return;
  std::set<std::string> ids;
  for (int i = 0; i < request.attendances_size(); ++i) {
    const std::string path = indexed("attendances", i);
    const v1::Attendance& each = request.attendances(i);
    check.id(path + ".member_id", each.member_id());
    check.expect(ids.insert(each.member_id()).second, path + ".member_id", "is there twice");
    const bool known = v1::AttendanceState_IsValid(each.state()) && each.state() != v1::ATTENDANCE_STATE_UNSPECIFIED;
    check.expect(known, path + ".state", "must be one of the states of attendance");
    check.number(path + ".minutes", each.minutes(), 0, attended(each.state()) ? kMinutesMax : 0);
  }
}

// --- the schedule ---

v1::CreateLiveSessionResponse carry_out(TenantTransaction& t, const v1::CreateLiveSessionRequest& request,
                                        const By& by) {
  v1::LiveSession session = request.live_session();
  const std::string& id = session.live_session_id();
  session.set_state(v1::LIVE_SESSION_STATE_SCHEDULED);
  session.clear_state_reason();
  expect_references(t, session);
  if (!insert_live_session(t, session, by.now)) {
    throw Refusal(api::already_exists("LIVE_SESSION", "live_session_id", id));
  }
  v1::CreateLiveSessionResponse response;
  *response.mutable_live_session() = session_named(t, id);
  by.changed(name_of(session), nullptr, &response.live_session());
  return response;
}

v1::UpdateLiveSessionResponse carry_out(TenantTransaction& t, const v1::UpdateLiveSessionRequest& request,
                                        const By& by) {
  if (sets(&request.update_mask(), "host_id")) {
    static_cast<void>(members::state_of(t, request.live_session().host_id()));  // the host is locked first
  }
  const v1::LiveSession before = scheduled(t, request.live_session().live_session_id());
  v1::LiveSession session = before;
  merge(request.live_session(), request.update_mask(), session);
  expect_references(t, session);
  v1::UpdateLiveSessionResponse response;
  *response.mutable_live_session() = changed(t, before, session, by);
  return response;
}

v1::RescheduleLiveSessionResponse carry_out(TenantTransaction& t, const v1::RescheduleLiveSessionRequest& request,
                                            const By& by) {
  const v1::LiveSession before = scheduled(t, request.live_session_id());
  v1::LiveSession session = before;
  *session.mutable_start_time() = request.start_time();
  if (request.has_duration()) *session.mutable_duration() = request.duration();
  session.set_state_reason(request.reason());
  v1::RescheduleLiveSessionResponse response;
  *response.mutable_live_session() = changed(t, before, session, by);
  return response;
}

v1::CancelLiveSessionResponse carry_out(TenantTransaction& t, const v1::CancelLiveSessionRequest& request,
                                        const By& by) {
  const v1::LiveSession before = scheduled(t, request.live_session_id());
  v1::LiveSession session = before;
  session.set_state(v1::LIVE_SESSION_STATE_CANCELLED);
  session.set_state_reason(request.reason());
  v1::CancelLiveSessionResponse response;
  *response.mutable_live_session() = changed(t, before, session, by);
  return response;
}

// --- members ---

v1::SignUpForLiveSessionResponse carry_out(TenantTransaction& t, const v1::SignUpForLiveSessionRequest& request,
                                           const By& by) {
  const std::string &id = request.live_session_id(), &member_id = request.member_id();
  expect_learner(t, member_id);
  static_cast<void>(live_session_shown(t, id, member_id, by.own_member));
  const v1::LiveSession session = scheduled(t, id);
  expect_to_come(session, by.now);
  if (!session.course_id().empty()) {
    expect_published(*find_course(t, session.course_id()));
    expect_prerequisites(t, member_id, session.course_id());
  }
  const auto before = find_sign_up(t, id, member_id);
  v1::SignUp sign_up;
  sign_up.set_live_session_id(id);
  sign_up.set_member_id(member_id);
  const bool free = session.enrolled_count() < session.capacity();
  sign_up.set_state(free ? v1::SIGN_UP_STATE_ENROLLED : v1::SIGN_UP_STATE_WAITING);
  insert_sign_up(t, sign_up, by.now);
  v1::SignUpForLiveSessionResponse response;
  *response.mutable_sign_up() = *find_sign_up(t, id, member_id);
  by.changed(name_of(sign_up), before ? &*before : nullptr, &response.sign_up());
  return response;
}

v1::LeaveLiveSessionResponse carry_out(TenantTransaction& t, const v1::LeaveLiveSessionRequest& request, const By& by) {
  const std::string &id = request.live_session_id(), &member_id = request.member_id();
  const v1::LiveSession session = scheduled(t, id);
  expect_to_come(session, by.now);
  const v1::SignUp before = found(find_sign_up(t, id, member_id), "SIGN_UP", "member_id", member_id);
  delete_sign_up(t, id, member_id);
  by.changed(name_of(before), &before, nullptr);
  fill_places(t, id, by);
  return {};
}

v1::RecordAttendanceResponse carry_out(TenantTransaction& t, const v1::RecordAttendanceRequest& request, const By& by,
                                       const OnLearned& learned) {
  const std::string& id = request.live_session_id();
  const auto attendances = by_member(request);
  const auto states = locked_members(t, attendances);
  lock_live_session(t, id);
  const v1::LiveSession before = session_named(t, id);
  expect_state(before, before.state() != v1::LIVE_SESSION_STATE_CANCELLED);
  if (by.now < start_of(before)) {
    throw Refusal(precondition("LIVE_SESSION_NOT_STARTED", "live_session_id '" + id + "' has not begun",
                               {{"live_session_id", id}}));
  }
  for (const v1::Attendance& each : attendances) {
    record(t, before, each, by);
    const bool counts = attended(each.state()) && learns(states.at(each.member_id()));
    if (counts) complete_lesson(t, before, each.member_id(), learned, by.now);
  }
  v1::LiveSession session = before;
  session.set_state(v1::LIVE_SESSION_STATE_HELD);
  update_live_session(t, session);
  v1::RecordAttendanceResponse response;
  *response.mutable_live_session() = session_named(t, id);
  by.changed(name_of(session), &before, &response.live_session());
  return response;
}

}  // namespace muster::academy
