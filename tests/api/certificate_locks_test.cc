#include <functional>
#include <pqxx/pqxx>
#include <thread>

#include "academy.h"
#include "muster/api/caller.h"
#include "muster/base/random.h"
#include "muster/certification/certify.h"
#include "muster/members/skills.h"
#include "muster/v1/certificate_service.grpc.pb.h"
#include "muster/v1/live_session_service.grpc.pb.h"
#include "muster/v1/skill_tag_service.grpc.pb.h"

// What is done to one member's certificates at the same time must wait for each other, and never for ever.
namespace muster::testing {
namespace {

using Certificates = v1::CertificateService::Stub;

constexpr int kSeeds = 6;
constexpr int kStepsEach = 40;

class CertificateLocks : public Academy {
 protected:
  CertificateLocks() {
    create_course("rules", {"all"});
    publish_course("rules");
    for (const char* kind : {"refunds", "returns"}) {
      v1::CreateCertificateKindRequest request;
      request.mutable_kind()->set_kind_id(kind);
      request.mutable_kind()->set_display_name(kind);
      request.mutable_kind()->set_skill_id(std::string(kind) + "-certified");
      request.mutable_kind()->add_course_ids("rules");
      request.mutable_kind()->set_automatic(true);
      EXPECT_TRUE(change(&Certificates::CreateCertificateKind, request).ok());
    }
    bring_to("wang.fang", v1::MEMBER_STATE_TRAINING);
    for (const char* id : {"li.na", "wang.fang"}) learn(id, "rules", "all");
  }

  static std::string some_kind(Random& random) { return random.below(2) == 0 ? "refunds" : "returns"; }
  /// The last certificate of the kind that the member has or had.
  std::string newest(const std::string& kind) {
    v1::ListCertificatesRequest request;
    request.set_member_id("li.na");
    request.set_kind_id(kind);
    request.set_page_size(1000);
    v1::ListCertificatesResponse response;
    EXPECT_TRUE(backend.call(&Certificates::ListCertificates, request, &response).ok());
    return response.certificates_size() == 0 ? "" : response.certificates().rbegin()->certificate_id();
  }

  grpc::Status issue(const std::string& member, const std::string& kind) {
    v1::IssueCertificateRequest request;
    request.set_kind_id(kind);
    request.set_member_id(member);
    return change(&Certificates::IssueCertificate, request);
  }
  template <typename Request, typename Response>
  grpc::Status act(grpc::Status (Certificates::*method)(grpc::ClientContext*, const Request&, Response*),
                   const std::string& kind) {
    Request request;
    request.set_certificate_id(newest(kind));
    if constexpr (requires { request.set_reason(""); }) request.set_reason("because");
    return change(method, request);
  }
  grpc::Status publish(const std::string& kind, int grace_seconds = 3600) {
    v1::PublishCertificateKindVersionRequest request;
    request.set_kind_id(kind);
    request.mutable_grace()->set_seconds(grace_seconds);
    return change(&Certificates::PublishCertificateKindVersion, request);
  }
  grpc::Status rename(const std::string& kind) {
    v1::UpdateCertificateKindRequest request;
    request.mutable_kind()->set_kind_id(kind);
    request.mutable_kind()->set_display_name("renamed");
    request.mutable_update_mask()->add_paths("display_name");
    return change(&Certificates::UpdateCertificateKind, request);
  }
  grpc::Status issue_after_learning(const std::string& member) {
    learn(member, "rules", "all");
    return issue(member, "refunds");
  }

  void create_tag_kind(const std::string& skill) {
    v1::CreateSkillTagKindRequest request;
    request.mutable_kind()->set_skill_id(skill);
    request.mutable_kind()->set_display_name(skill);
    v1::InputRules& training = *request.mutable_kind()->mutable_rules()->add_inputs();
    training.set_input(v1::SKILL_INPUT_TRAINING);
    training.set_weight(100);
    training.set_missing(v1::MISSING_INPUT_COUNT_AS_ZERO);
    EXPECT_TRUE(change(&v1::SkillTagService::Stub::CreateSkillTagKind, request).ok());
  }
  /// A course that trains the skill, with one live lesson, and a session of that lesson that has begun.
  void create_live_course(const std::string& id, const std::string& skill) {
    v1::CreateCourseRequest request;
    request.mutable_course()->set_course_id(id);
    request.mutable_course()->set_display_name(id);
    request.mutable_course()->set_track(v1::COURSE_TRACK_PLATFORM);
    request.mutable_course()->set_skill_id(skill);
    v1::Lesson& lesson = *request.mutable_course()->add_lessons();
    lesson.set_lesson_id("live");
    lesson.set_title("live");
    lesson.set_live(true);
    EXPECT_TRUE(change(&Courses::CreateCourse, request).ok());
    publish_course(id);
    v1::CreateLiveSessionRequest session;
    session.mutable_live_session()->set_live_session_id(id);
    session.mutable_live_session()->set_title(id);
    session.mutable_live_session()->set_course_id(id);
    session.mutable_live_session()->set_lesson_id("live");
    session.mutable_live_session()->set_host_id("li.na");
    session.mutable_live_session()->mutable_start_time()->set_seconds(1'785'567'600);
    EXPECT_TRUE(change(&v1::LiveSessionService::Stub::CreateLiveSession, session).ok());
  }
  grpc::Status record(const std::string& session, const std::vector<std::string>& members) {
    v1::RecordAttendanceRequest request;
    request.set_live_session_id(session);
    for (const std::string& member : members) {
      v1::Attendance& each = *request.add_attendances();
      each.set_member_id(member);
      each.set_state(v1::ATTENDANCE_STATE_PRESENT);
    }
    return change(&v1::LiveSessionService::Stub::RecordAttendance, request);
  }
  /// As an exam or a course does at its end.
  grpc::Status learned() {
    try {
      backend.back_office->pool()
          .submit(kPlatformTenant,
                  [](store::TenantTransaction& t) {
                    static_cast<void>(members::state_of(t, "li.na"));
                    certification::certify(t, "li.na", "rules", wall_now());
                  })
          .get();
      return grpc::Status::OK;
    } catch (const std::exception& error) {
      return {grpc::StatusCode::UNAVAILABLE, error.what()};
    }
  }

  grpc::Status step(Random& random) {
    const std::string kind = some_kind(random);
    switch (random.below(9)) {
      case 0:
        return act(&Certificates::SuspendCertificate, kind);
      case 1:
        return act(&Certificates::ReinstateCertificate, kind);
      case 2:
        return act(&Certificates::RevokeCertificate, kind);
      case 3:
        return publish(kind);
      case 4:
        return rename(kind);
      case 5:
      case 6:
        return learned();
      case 7:
        return issue("wang.fang", kind);
      default:
        return issue("li.na", kind);
    }
  }
};

TEST_F(CertificateLocks, WhatHappensAtOnceToOneMemberEndsInNoDeadlock) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    std::vector<std::jthread> threads;
    for (std::uint64_t number = 0; number < 2; ++number) {
      threads.emplace_back([this, seed, number] {
        Random random(2 * seed + number);
        for (int i = 0; i < kStepsEach; ++i) {
          const grpc::Status status = step(random);
          EXPECT_TRUE(went_through(status)) << "seed " << seed << " step " << i << ": " << status.error_message();
        }
      });
    }
  }
}

TEST_F(CertificateLocks, WhatIsIssuedWhileAVersionIsPublishedIsOfTheNewOneOrEndsWithTheOld) {
  for (int round = 0; round < 20; ++round) {
    {
      const std::jthread issuing([this] {
        const grpc::Status status = issue("li.na", "refunds");
        EXPECT_TRUE(status.ok()) << status.error_message();
      });
      const std::jthread publishing([this] {
        const grpc::Status status = publish("refunds");
        EXPECT_TRUE(status.ok()) << status.error_message();
      });
    }
    v1::GetCertificateKindRequest kind;
    kind.set_kind_id("refunds");
    v1::GetCertificateKindResponse is;
    ASSERT_TRUE(backend.call(&Certificates::GetCertificateKind, kind, &is).ok());
    v1::GetCertificateRequest request;
    request.set_certificate_id(newest("refunds"));
    v1::GetCertificateResponse response;
    EXPECT_TRUE(eventually([&] {
      EXPECT_TRUE(backend.call(&Certificates::GetCertificate, request, &response).ok());
      const v1::Certificate& certificate = response.certificate();
      return certificate.version() == is.kind().version() || certificate.state() == v1::CERTIFICATE_STATE_EXPIRING;
    })) << response.DebugString();
  }
}

// Who attends is recorded in the order in which people write it down, and a version ends the certificates of them all.
TEST_F(CertificateLocks, WhoAttendsIsRecordedWhileAVersionIsPublished) {
  constexpr int kMembers = 12, kCourses = 8;
  create_tag_kind("refunding");
  std::vector<std::string> members;
  for (int i = 0; i < kMembers; ++i) {
    members.insert(members.begin(), "m" + std::to_string(10 + i));
    bring_to(members.front(), v1::MEMBER_STATE_TRAINING);
    ASSERT_TRUE(issue_after_learning(members.front()).ok());
  }
  for (int i = 0; i < kCourses; ++i) create_live_course("live-" + std::to_string(i), "refunding");
  const std::jthread recording([&] {
    for (int i = 0; i < kCourses; ++i) {
      const grpc::Status status = record("live-" + std::to_string(i), members);
      EXPECT_TRUE(status.ok()) << "course " << i << ": " << status.error_message();
    }
  });
  for (int i = 0; i < 4 * kCourses; ++i) {
    const grpc::Status status = publish("refunds", 1'000'000 - 1'000 * i);
    EXPECT_TRUE(status.ok()) << "version " << i << ": " << status.error_message();
  }
}

TEST_F(CertificateLocks, ReadsWaitForNobody) {
  ASSERT_TRUE(issue("li.na", "refunds").ok());
  const std::string certificate = newest("refunds");
  pqxx::connection connection(backend.database);
  pqxx::work holder(connection);
  holder.exec("SET LOCAL muster.tenant = 'platform'");
  holder.exec("SELECT FROM member FOR UPDATE");
  holder.exec("SELECT FROM certificate_kind FOR UPDATE");
  holder.exec("SELECT FROM certificate FOR UPDATE");
  v1::GetCertificateRequest request;
  request.set_certificate_id(certificate);
  EXPECT_TRUE(backend.call(&Certificates::GetCertificate, request).ok());
  v1::GetCertificateKindRequest kind;
  kind.set_kind_id("refunds");
  EXPECT_TRUE(backend.call(&Certificates::GetCertificateKind, kind).ok());
  EXPECT_TRUE(backend.call(&Certificates::ListCertificates, v1::ListCertificatesRequest()).ok());
}

}  // namespace
}  // namespace muster::testing
