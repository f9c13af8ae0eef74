#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "academy.h"
#include "muster/v1/live_session_service.grpc.pb.h"
#include "muster/v1/skill_tag_service.grpc.pb.h"

// Lessons that are held at a time.
namespace muster::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using LiveSessions = v1::LiveSessionService::Stub;

std::int64_t seconds_from_now(std::chrono::seconds span) {
  return std::chrono::duration_cast<std::chrono::seconds>((std::chrono::system_clock::now() + span).time_since_epoch())
      .count();
}

class LiveSessionServiceTest : public Academy {
 protected:
  LiveSessionServiceTest() { bring_to("coach", v1::MEMBER_STATE_PROBATION); }

  static v1::CreateLiveSessionRequest planning(const std::string& id, std::chrono::seconds from_now = 1h) {
    v1::CreateLiveSessionRequest request;
    v1::LiveSession& session = *request.mutable_live_session();
    session.set_live_session_id(id);
    session.set_title("退款直播课");
    session.set_host_id("coach");
    session.mutable_start_time()->set_seconds(seconds_from_now(from_now));
    session.set_uri("https://live.example.org/" + id);
    return request;
  }
  void plan(const std::string& id, std::chrono::seconds from_now = 1h) {
    EXPECT_TRUE(change(&LiveSessions::CreateLiveSession, planning(id, from_now)).ok());
  }
  v1::LiveSession session(const std::string& id) {
    v1::GetLiveSessionRequest request;
    request.set_live_session_id(id);
    v1::GetLiveSessionResponse response;
    EXPECT_TRUE(backend.call(&LiveSessions::GetLiveSession, request, &response).ok());
    return response.live_session();
  }
  grpc::Status sign_up(const std::string& id, const std::string& member, v1::SignUpState* state = nullptr) {
    v1::SignUpForLiveSessionRequest request;
    request.set_live_session_id(id);
    request.set_member_id(member);
    v1::SignUpForLiveSessionResponse response;
    const grpc::Status status = change(&LiveSessions::SignUpForLiveSession, request, &response);
    if (state) *state = response.sign_up().state();
    return status;
  }
  grpc::Status leave(const std::string& id, const std::string& member) {
    v1::LeaveLiveSessionRequest request;
    request.set_live_session_id(id);
    request.set_member_id(member);
    return change(&LiveSessions::LeaveLiveSession, request);
  }
  static v1::RecordAttendanceRequest attendance(const std::string& id, const std::string& member,
                                                v1::AttendanceState state, int minutes = 0) {
    v1::RecordAttendanceRequest request;
    request.set_live_session_id(id);
    v1::Attendance& each = *request.add_attendances();
    each.set_member_id(member);
    each.set_state(state);
    each.set_minutes(minutes);
    return request;
  }
  grpc::Status record(const std::string& id, const std::string& member, v1::AttendanceState state, int minutes = 0) {
    return change(&LiveSessions::RecordAttendance, attendance(id, member, state, minutes));
  }
  std::vector<v1::SignUp> sign_ups(const std::string& id) {
    v1::ListSignUpsRequest request;
    request.set_live_session_id(id);
    v1::ListSignUpsResponse response;
    EXPECT_TRUE(backend.call(&LiveSessions::ListSignUps, request, &response).ok());
    return {response.sign_ups().begin(), response.sign_ups().end()};
  }
  std::vector<std::string> listed(const v1::ListLiveSessionsRequest& request,
                                  const std::shared_ptr<grpc::Channel>& channel) {
    v1::ListLiveSessionsResponse response;
    EXPECT_TRUE(read_as(channel, &LiveSessions::ListLiveSessions, request, &response).ok());
    std::vector<std::string> ids;
    for (const auto& each : response.live_sessions()) ids.push_back(each.live_session_id());
    return ids;
  }
  /// A published course with the lesson "live", and what comes after it.
  void create_live_course(const std::string& id) {
    v1::CreateCourseRequest request;
    v1::Course& course = *request.mutable_course();
    course.set_course_id(id);
    course.set_display_name(id);
    course.set_track(v1::COURSE_TRACK_PLATFORM);
    course.set_skill_id("refunding");
    v1::Lesson& lesson = *course.add_lessons();
    lesson.set_lesson_id("live");
    lesson.set_title("live");
    lesson.set_live(true);
    EXPECT_TRUE(change(&Courses::CreateCourse, request).ok());
    publish_course(id);
  }
  void create_exam(const std::string& id) {
    v1::CreateQuestionBankRequest bank;
    bank.mutable_bank()->set_bank_id("refunds");
    bank.mutable_bank()->set_display_name("refunds");
    EXPECT_TRUE(change(&Exams::CreateQuestionBank, bank).ok());
    v1::CreateQuestionRequest question;
    question.mutable_question()->set_bank_id("refunds");
    question.mutable_question()->set_kind(v1::QUESTION_KIND_TRUE_FALSE);
    question.mutable_question()->set_text("Seven days?");
    question.mutable_question()->mutable_key()->add_option_ids("true");
    EXPECT_TRUE(change(&Exams::CreateQuestion, question).ok());
    v1::CreateExamRequest exam;
    exam.mutable_exam()->set_exam_id(id);
    exam.mutable_exam()->set_display_name(id);
    exam.mutable_exam()->add_sections()->set_bank_id("refunds");
    exam.mutable_exam()->mutable_sections(0)->set_question_count(1);
    EXPECT_TRUE(change(&Exams::CreateExam, exam).ok());
    v1::SetExamPublicationRequest publish;
    publish.set_exam_id(id);
    publish.set_published(true);
    EXPECT_TRUE(change(&Exams::SetExamPublication, publish).ok());
  }
};

TEST_F(LiveSessionServiceTest, ItsStartIsToldByTheClocksOfItsZone) {
  auto request = planning("berlin");
  request.mutable_live_session()->set_time_zone("Europe/Berlin");
  request.mutable_live_session()->mutable_start_time()->set_seconds(1'785'567'600);  // 2026-08-01 07:00 UTC
  ASSERT_TRUE(change(&LiveSessions::CreateLiveSession, request).ok());
  EXPECT_EQ(session("berlin").local_start(), "2026-08-01 09:00 UTC+02:00");
  v1::RescheduleLiveSessionRequest winter;
  winter.set_live_session_id("berlin");
  winter.mutable_start_time()->set_seconds(1'801'465'200);  // 2027-02-01 07:00 UTC
  winter.set_reason("holidays");
  ASSERT_TRUE(change(&LiveSessions::RescheduleLiveSession, winter).ok());
  EXPECT_EQ(session("berlin").local_start(), "2027-02-01 08:00 UTC+01:00");
  EXPECT_EQ(session("berlin").state_reason(), "holidays");
  plan("chengdu");
  EXPECT_THAT(session("chengdu").local_start(), ::testing::EndsWith(" UTC+08:00"));
  v1::UpdateLiveSessionRequest update;
  update.mutable_live_session()->set_live_session_id("berlin");
  update.mutable_live_session()->set_time_zone("America/St_Johns");
  update.mutable_update_mask()->add_paths("time_zone");
  ASSERT_TRUE(change(&LiveSessions::UpdateLiveSession, update).ok());
  EXPECT_EQ(session("berlin").local_start(), "2027-02-01 03:30 UTC-03:30");
}

TEST_F(LiveSessionServiceTest, ThereAreNeverMorePlacesGivenThanThereAreHoweverManySignUpAtOnce) {
  constexpr int kMembers = 24, kPlaces = 7;
  for (int i = 0; i < kMembers; ++i) bring_to("m" + std::to_string(i), v1::MEMBER_STATE_TRAINING);
  auto request = planning("full");
  request.mutable_live_session()->set_capacity(kPlaces);
  ASSERT_TRUE(change(&LiveSessions::CreateLiveSession, request).ok());
  std::vector<std::thread> threads;
  threads.reserve(kMembers);
  for (int i = 0; i < kMembers; ++i) {
    v1::SignUpForLiveSessionRequest joining;
    joining.set_request_id(new_request_id());
    joining.set_live_session_id("full");
    joining.set_member_id("m" + std::to_string(i));
    threads.emplace_back([this, joining] { EXPECT_TRUE(change(&LiveSessions::SignUpForLiveSession, joining).ok()); });
  }
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(session("full").enrolled_count(), kPlaces);
  EXPECT_EQ(session("full").waiting_count(), kMembers - kPlaces);
}

TEST_F(LiveSessionServiceTest, APlaceThatIsGivenBackGoesToTheFirstWhoWaits) {
  for (const char* id : {"wang.fang", "zhao.lei"}) bring_to(id, v1::MEMBER_STATE_TRAINING);
  auto request = planning("one");
  request.mutable_live_session()->set_capacity(1);
  ASSERT_TRUE(change(&LiveSessions::CreateLiveSession, request).ok());
  v1::SignUpState state{};
  EXPECT_TRUE(sign_up("one", "li.na", &state).ok());
  EXPECT_EQ(state, v1::SIGN_UP_STATE_ENROLLED);
  EXPECT_TRUE(sign_up("one", "wang.fang", &state).ok());
  EXPECT_EQ(state, v1::SIGN_UP_STATE_WAITING);
  EXPECT_TRUE(sign_up("one", "zhao.lei").ok());
  EXPECT_TRUE(sign_up("one", "li.na", &state).ok());
  EXPECT_EQ(state, v1::SIGN_UP_STATE_ENROLLED) << "to sign up again changes nothing";
  EXPECT_TRUE(leave("one", "li.na").ok());
  EXPECT_EQ(problem(leave("one", "li.na")).reason, "SIGN_UP_NOT_FOUND");
  ASSERT_EQ(sign_ups("one").size(), 2U);
  EXPECT_EQ(sign_ups("one")[0].member_id(), "wang.fang");
  EXPECT_EQ(sign_ups("one")[0].state(), v1::SIGN_UP_STATE_ENROLLED);
  EXPECT_EQ(sign_ups("one")[1].state(), v1::SIGN_UP_STATE_WAITING);
  v1::UpdateLiveSessionRequest update;
  update.mutable_live_session()->set_live_session_id("one");
  update.mutable_live_session()->set_capacity(2);
  update.mutable_update_mask()->add_paths("capacity");
  EXPECT_TRUE(change(&LiveSessions::UpdateLiveSession, update).ok());
  EXPECT_EQ(sign_ups("one")[1].state(), v1::SIGN_UP_STATE_ENROLLED);
}

TEST_F(LiveSessionServiceTest, OnlyWhoHasAPlaceAndStaffSeeTheLink) {
  bring_to("wang.fang", v1::MEMBER_STATE_TRAINING);
  auto request = planning("one");
  request.mutable_live_session()->set_capacity(1);
  ASSERT_TRUE(change(&LiveSessions::CreateLiveSession, request).ok());
  const auto link = [&](const std::shared_ptr<grpc::Channel>& channel) {
    v1::GetLiveSessionRequest get;
    get.set_live_session_id("one");
    v1::GetLiveSessionResponse response;
    EXPECT_TRUE(read_as(channel, &LiveSessions::GetLiveSession, get, &response).ok());
    v1::ListLiveSessionsResponse list;
    EXPECT_TRUE(read_as(channel, &LiveSessions::ListLiveSessions, v1::ListLiveSessionsRequest(), &list).ok());
    EXPECT_EQ(list.live_sessions(0).uri(), response.live_session().uri());
    return response.live_session().uri();
  };
  const auto li_na = sign_in(v1::ROLE_AGENT, "li.na"), wang_fang = sign_in(v1::ROLE_AGENT, "wang.fang");
  v1::SignUpForLiveSessionRequest joining;
  joining.set_live_session_id("one");
  EXPECT_EQ(link(li_na), "");
  EXPECT_TRUE(change_as(li_na, &LiveSessions::SignUpForLiveSession, joining).ok());
  EXPECT_TRUE(change_as(wang_fang, &LiveSessions::SignUpForLiveSession, joining).ok());
  EXPECT_EQ(link(li_na), "https://live.example.org/one");
  EXPECT_EQ(link(wang_fang), "") << "who waits has no place";
  EXPECT_EQ(link(sign_in(v1::ROLE_COACH)), "https://live.example.org/one");
  EXPECT_EQ(link(sign_in(v1::ROLE_AGENT, "coach")), "https://live.example.org/one") << "the host";
  joining.set_member_id("wang.fang");
  EXPECT_EQ(problem(change_as(li_na, &LiveSessions::SignUpForLiveSession, joining)).reason, "PERMISSION_DENIED");
  EXPECT_EQ(problem(change_as(li_na, &LiveSessions::RecordAttendance,
                              attendance("one", "li.na", v1::ATTENDANCE_STATE_PRESENT)))
                .reason,
            "PERMISSION_DENIED");
}

TEST_F(LiveSessionServiceTest, WhoAttendedHasCompletedTheLessonAndTheSkillHasItsEvidence) {
  for (const char* id : {"wang.fang", "zhao.lei"}) bring_to(id, v1::MEMBER_STATE_TRAINING);
  create_live_course("refunds");
  EXPECT_EQ(problem(complete("li.na", "refunds", "live")).reason, "LESSON_LIVE");
  auto request = planning("aug", -10min);
  request.mutable_live_session()->set_course_id("refunds");
  request.mutable_live_session()->set_lesson_id("live");
  ASSERT_TRUE(change(&LiveSessions::CreateLiveSession, request).ok());
  EXPECT_TRUE(sign_up("aug", "li.na").ok());
  EXPECT_TRUE(sign_up("aug", "wang.fang").ok());
  auto import = attendance("aug", "li.na", v1::ATTENDANCE_STATE_LATE, 40);
  *import.add_attendances() = attendance("aug", "wang.fang", v1::ATTENDANCE_STATE_ABSENT).attendances(0);
  *import.add_attendances() = attendance("aug", "zhao.lei", v1::ATTENDANCE_STATE_PRESENT).attendances(0);
  ASSERT_TRUE(change(&LiveSessions::RecordAttendance, import).ok());
  EXPECT_EQ(session("aug").state(), v1::LIVE_SESSION_STATE_HELD);
  v1::ListProgressResponse progress;
  ASSERT_TRUE(backend.call(&Courses::ListProgress, v1::ListProgressRequest(), &progress).ok());
  std::vector<std::string> completed;
  for (const auto& each : progress.progress()) {
    if (each.has_complete_time()) completed.push_back(each.member_id());
  }
  EXPECT_THAT(completed, UnorderedElementsAre("li.na", "zhao.lei"));
  v1::ListEvidenceRequest evidence;
  evidence.set_member_id("li.na");
  v1::ListEvidenceResponse known;
  ASSERT_TRUE(backend.call(&v1::SkillTagService::Stub::ListEvidence, evidence, &known).ok());
  ASSERT_EQ(known.evidence_size(), 1);
  EXPECT_EQ(known.evidence(0).skill_id(), "refunding");
  EXPECT_EQ(known.evidence(0).input(), v1::SKILL_INPUT_TRAINING);
  EXPECT_EQ(problem(sign_up("aug", "wang.fang")).reason, "LIVE_SESSION_WRONG_STATE");
  EXPECT_TRUE(record("aug", "wang.fang", v1::ATTENDANCE_STATE_PRESENT, 60).ok()) << "what is recorded can be corrected";
}

TEST_F(LiveSessionServiceTest, TheQuizOpensForWhoAttendedAlone) {
  bring_to("wang.fang", v1::MEMBER_STATE_TRAINING);
  create_exam("quiz");
  auto request = planning("aug", -10min);
  request.mutable_live_session()->set_exam_id("quiz");
  ASSERT_TRUE(change(&LiveSessions::CreateLiveSession, request).ok());
  const auto start = [&](const std::string& member) {
    v1::StartAttemptRequest attempt;
    attempt.set_exam_id("quiz");
    attempt.set_member_id(member);
    return change(&Exams::StartAttempt, attempt);
  };
  const Problem refused = problem(start("li.na"));
  EXPECT_EQ(refused.reason, "LIVE_SESSION_NOT_ATTENDED");
  EXPECT_EQ(refused.metadata.at("live_session_ids"), "aug");
  EXPECT_TRUE(record("aug", "li.na", v1::ATTENDANCE_STATE_PRESENT).ok());
  EXPECT_TRUE(record("aug", "wang.fang", v1::ATTENDANCE_STATE_ABSENT).ok());
  EXPECT_TRUE(start("li.na").ok());
  EXPECT_EQ(problem(start("wang.fang")).reason, "LIVE_SESSION_NOT_ATTENDED");
}

TEST_F(LiveSessionServiceTest, ACancelledSessionKeepsNobodyFromItsExam) {
  create_exam("quiz");
  auto request = planning("aug", 1h);
  request.mutable_live_session()->set_exam_id("quiz");
  ASSERT_TRUE(change(&LiveSessions::CreateLiveSession, request).ok());
  v1::StartAttemptRequest attempt;
  attempt.set_exam_id("quiz");
  attempt.set_member_id("li.na");
  EXPECT_EQ(problem(change(&Exams::StartAttempt, attempt)).reason, "LIVE_SESSION_NOT_ATTENDED");
  v1::CancelLiveSessionRequest cancel;
  cancel.set_live_session_id("aug");
  cancel.set_reason("the coach is ill");
  ASSERT_TRUE(change(&LiveSessions::CancelLiveSession, cancel).ok());
  EXPECT_TRUE(change(&Exams::StartAttempt, attempt).ok());
}

TEST_F(LiveSessionServiceTest, WhatIsCancelledOrNotYetBegunIsNotHeld) {
  plan("later");
  EXPECT_EQ(problem(record("later", "li.na", v1::ATTENDANCE_STATE_PRESENT)).reason, "LIVE_SESSION_NOT_STARTED");
  plan("over", -2h);
  EXPECT_EQ(problem(sign_up("over", "li.na")).reason, "LIVE_SESSION_OVER");
  v1::CancelLiveSessionRequest cancel;
  cancel.set_live_session_id("later");
  EXPECT_THAT(problem(change(&LiveSessions::CancelLiveSession, cancel)).fields, ElementsAre("reason"));
  cancel.set_reason("the coach is ill");
  ASSERT_TRUE(change(&LiveSessions::CancelLiveSession, cancel).ok());
  EXPECT_EQ(session("later").state(), v1::LIVE_SESSION_STATE_CANCELLED);
  for (const grpc::Status& status : {sign_up("later", "li.na"), record("later", "li.na", v1::ATTENDANCE_STATE_PRESENT),
                                     change(&LiveSessions::CancelLiveSession, cancel)}) {
    EXPECT_EQ(problem(status).reason, "LIVE_SESSION_WRONG_STATE");
  }
}

TEST_F(LiveSessionServiceTest, ListsGoByStartAndByCourseAndByWhoSignedUp) {
  create_live_course("refunds");
  create_course("draft", {"x"});
  plan("c", 3h);
  plan("a", 1h);
  for (const auto& [id, course] : {std::pair{"b", "refunds"}, std::pair{"d", "draft"}}) {
    auto request = planning(id, 2h);
    request.mutable_live_session()->set_course_id(course);
    ASSERT_TRUE(change(&LiveSessions::CreateLiveSession, request).ok());
  }
  EXPECT_TRUE(sign_up("b", "li.na").ok());
  EXPECT_EQ(problem(sign_up("d", "li.na")).reason, "COURSE_NOT_PUBLISHED");
  const auto li_na = sign_in(v1::ROLE_AGENT, "li.na");
  v1::ListLiveSessionsRequest request;
  EXPECT_THAT(listed(request, backend.channel), ElementsAre("a", "b", "d", "c"));
  EXPECT_THAT(listed(request, li_na), ElementsAre("a", "b", "c")) << "those of drafts are not there for members";
  v1::GetLiveSessionRequest draft;
  draft.set_live_session_id("d");
  EXPECT_EQ(problem(read_as(li_na, &LiveSessions::GetLiveSession, draft)).reason, "LIVE_SESSION_NOT_FOUND");
  request.set_page_size(2);
  v1::ListLiveSessionsResponse first;
  ASSERT_TRUE(read_as(li_na, &LiveSessions::ListLiveSessions, request, &first).ok());
  request.set_page_token(first.next_page_token());
  EXPECT_THAT(listed(request, li_na), ElementsAre("c"));
  request.Clear();
  request.set_signed_up(true);
  EXPECT_THAT(listed(request, li_na), ElementsAre("b"));
  request.Clear();
  request.set_course_id("draft");
  EXPECT_THAT(listed(request, li_na), IsEmpty());
  request.Clear();
  request.mutable_from_time()->set_seconds(seconds_from_now(90min));
  request.mutable_until_time()->set_seconds(seconds_from_now(150min));
  EXPECT_THAT(listed(request, li_na), ElementsAre("b"));
}

TEST_F(LiveSessionServiceTest, WhatComesBeforeTheCourseIsCompletedBeforeSigningUp) {
  create_course("manners", {"hello"});
  publish_course("manners");
  create_live_course("refunds");
  v1::UpdateCourseRequest update;
  update.mutable_course()->set_course_id("refunds");
  update.mutable_course()->add_prerequisite_ids("manners");
  update.mutable_update_mask()->add_paths("prerequisite_ids");
  ASSERT_TRUE(change(&Courses::UpdateCourse, update).ok());
  auto request = planning("aug");
  request.mutable_live_session()->set_course_id("refunds");
  ASSERT_TRUE(change(&LiveSessions::CreateLiveSession, request).ok());
  EXPECT_EQ(problem(sign_up("aug", "li.na")).reason, "COURSE_PREREQUISITES_MISSING");
  learn("li.na", "manners", "hello");
  EXPECT_TRUE(sign_up("aug", "li.na").ok());
}

TEST_F(LiveSessionServiceTest, WhoWasNotThereAndHadNoPlaceGetsNone) {
  auto request = planning("aug", -10min);
  request.mutable_live_session()->set_capacity(1);
  ASSERT_TRUE(change(&LiveSessions::CreateLiveSession, request).ok());
  ASSERT_TRUE(record("aug", "li.na", v1::ATTENDANCE_STATE_ABSENT).ok());
  EXPECT_THAT(sign_ups("aug"), IsEmpty());
  EXPECT_EQ(session("aug").state(), v1::LIVE_SESSION_STATE_HELD);
  ASSERT_TRUE(record("aug", "li.na", v1::ATTENDANCE_STATE_LATE, 20).ok());
  EXPECT_EQ(sign_ups("aug").size(), 1U);
  ASSERT_TRUE(record("aug", "li.na", v1::ATTENDANCE_STATE_ABSENT).ok()) << "a correction";
  EXPECT_EQ(sign_ups("aug")[0].attendance(), v1::ATTENDANCE_STATE_ABSENT);
}

TEST_F(LiveSessionServiceTest, WhoComesWithoutHavingSignedUpNeedsWhatComesBefore) {
  create_course("manners", {"hello"});
  publish_course("manners");
  create_live_course("refunds");
  auto request = planning("aug", -10min);
  request.mutable_live_session()->set_course_id("refunds");
  request.mutable_live_session()->set_lesson_id("live");
  ASSERT_TRUE(change(&LiveSessions::CreateLiveSession, request).ok());
  ASSERT_TRUE(sign_up("aug", "coach").ok());
  v1::UpdateCourseRequest update;
  update.mutable_course()->set_course_id("refunds");
  update.mutable_course()->add_prerequisite_ids("manners");
  update.mutable_update_mask()->add_paths("prerequisite_ids");
  ASSERT_TRUE(change(&Courses::UpdateCourse, update).ok());
  const Problem refused = problem(record("aug", "li.na", v1::ATTENDANCE_STATE_PRESENT));
  EXPECT_EQ(refused.reason, "COURSE_PREREQUISITES_MISSING");
  EXPECT_EQ(refused.metadata.at("member_id"), "li.na");
  EXPECT_TRUE(record("aug", "coach", v1::ATTENDANCE_STATE_PRESENT).ok()) << "signed up before";
  learn("li.na", "manners", "hello");
  EXPECT_TRUE(record("aug", "li.na", v1::ATTENDANCE_STATE_PRESENT).ok());
}

TEST_F(LiveSessionServiceTest, ALessonThatIsNotLiveAnyMoreIsNotCompletedByAttending) {
  create_live_course("refunds");
  auto request = planning("aug", -10min);
  request.mutable_live_session()->set_course_id("refunds");
  request.mutable_live_session()->set_lesson_id("live");
  ASSERT_TRUE(change(&LiveSessions::CreateLiveSession, request).ok());
  v1::UpdateCourseRequest update;
  update.mutable_course()->set_course_id("refunds");
  v1::Lesson& lesson = *update.mutable_course()->add_lessons();
  lesson.set_lesson_id("live");
  lesson.set_title("live");
  lesson.set_body("to be read");
  update.mutable_update_mask()->add_paths("lessons");
  ASSERT_TRUE(change(&Courses::UpdateCourse, update).ok());
  EXPECT_EQ(problem(record("aug", "li.na", v1::ATTENDANCE_STATE_PRESENT)).reason, "LESSON_NOT_LIVE");
  EXPECT_TRUE(record("aug", "li.na", v1::ATTENDANCE_STATE_ABSENT).ok());
}

TEST_F(LiveSessionServiceTest, WhoSignsUpWhileBecomingTheHostEndsInNoDeadlock) {
  plan("aug");
  const std::jthread planning([&] {
    for (int i = 0; i < 60; ++i) {
      v1::UpdateLiveSessionRequest request;
      request.mutable_live_session()->set_live_session_id("aug");
      request.mutable_live_session()->set_host_id(i % 2 == 0 ? "li.na" : "coach");
      request.mutable_update_mask()->add_paths("host_id");
      EXPECT_TRUE(went_through(change(&LiveSessions::UpdateLiveSession, request))) << i;
    }
  });
  for (int i = 0; i < 60; ++i) {
    EXPECT_TRUE(went_through(sign_up("aug", "li.na"))) << i;
    EXPECT_TRUE(went_through(leave("aug", "li.na"))) << i;
  }
}

TEST_F(LiveSessionServiceTest, WhatIsWrongIsSaidFieldByField) {
  v1::CreateLiveSessionRequest request;
  v1::LiveSession& session = *request.mutable_live_session();
  session.set_live_session_id("Aug");
  session.set_time_zone("Mars/Olympus");
  session.set_capacity(-1);
  session.set_uri("http://live.example.org");
  session.set_lesson_id("live");
  session.mutable_duration()->set_seconds(60);
  EXPECT_THAT(problem(change(&LiveSessions::CreateLiveSession, request)).fields,
              UnorderedElementsAre("live_session.live_session_id", "live_session.title", "live_session.lesson_id",
                                   "live_session.host_id", "live_session.time_zone", "live_session.capacity",
                                   "live_session.uri", "live_session.start_time", "live_session.duration"));
  create_course("plain", {"x"});
  request = planning("aug");
  request.mutable_live_session()->set_course_id("plain");
  request.mutable_live_session()->set_lesson_id("x");
  EXPECT_EQ(problem(change(&LiveSessions::CreateLiveSession, request)).reason, "LESSON_NOT_LIVE");
  request.mutable_live_session()->set_lesson_id("none");
  EXPECT_EQ(problem(change(&LiveSessions::CreateLiveSession, request)).reason, "LESSON_NOT_FOUND");
  request = planning("aug");
  request.mutable_live_session()->set_host_id("nobody");
  EXPECT_EQ(problem(change(&LiveSessions::CreateLiveSession, request)).reason, "MEMBER_NOT_FOUND");
  request = planning("aug");
  request.mutable_live_session()->set_exam_id("none");
  EXPECT_EQ(problem(change(&LiveSessions::CreateLiveSession, request)).reason, "EXAM_NOT_FOUND");
  plan("aug");
  EXPECT_EQ(problem(change(&LiveSessions::CreateLiveSession, planning("aug"))).reason, "LIVE_SESSION_EXISTS");
  auto twice = attendance("aug", "li.na", v1::ATTENDANCE_STATE_ABSENT, 5);
  *twice.add_attendances() = attendance("aug", "li.na", v1::ATTENDANCE_STATE_UNSPECIFIED).attendances(0);
  EXPECT_THAT(problem(change(&LiveSessions::RecordAttendance, twice)).fields,
              UnorderedElementsAre("attendances[0].minutes", "attendances[1].member_id", "attendances[1].state"));
}

}  // namespace
}  // namespace muster::testing
