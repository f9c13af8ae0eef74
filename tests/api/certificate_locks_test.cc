#include <functional>
#include <pqxx/pqxx>
#include <thread>

#include "academy.h"
#include "muster/api/caller.h"
#include "muster/base/random.h"
#include "muster/certification/certify.h"
#include "muster/members/skills.h"
#include "muster/v1/certificate_service.grpc.pb.h"

// What is done to one member's certificates at the same time must wait for each other, and never for ever.
namespace muster::testing {
namespace {

using Certificates = v1::CertificateService::Stub;

constexpr int kSeeds = 6;
constexpr int kStepsEach = 40;

/// Of either code a deadlock would be the cause, or another failure of the database.
bool went_through(const grpc::Status& status) {
  return status.error_code() != grpc::StatusCode::UNAVAILABLE && status.error_code() != grpc::StatusCode::INTERNAL;
}

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
  grpc::Status publish(const std::string& kind) {
    v1::PublishCertificateKindVersionRequest request;
    request.set_kind_id(kind);
    request.mutable_grace()->set_seconds(3600);
    return change(&Certificates::PublishCertificateKindVersion, request);
  }
  grpc::Status rename(const std::string& kind) {
    v1::UpdateCertificateKindRequest request;
    request.mutable_kind()->set_kind_id(kind);
    request.mutable_kind()->set_display_name("renamed");
    request.mutable_update_mask()->add_paths("display_name");
    return change(&Certificates::UpdateCertificateKind, request);
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
      const std::jthread issuing([this] { EXPECT_TRUE(issue("li.na", "refunds").ok()); });
      const std::jthread publishing([this] { EXPECT_TRUE(publish("refunds").ok()); });
    }
    v1::GetCertificateKindRequest kind;
    kind.set_kind_id("refunds");
    v1::GetCertificateKindResponse is;
    ASSERT_TRUE(backend.call(&Certificates::GetCertificateKind, kind, &is).ok());
    v1::GetCertificateRequest request;
    request.set_certificate_id(newest("refunds"));
    v1::GetCertificateResponse response;
    ASSERT_TRUE(backend.call(&Certificates::GetCertificate, request, &response).ok());
    const v1::Certificate& certificate = response.certificate();
    EXPECT_TRUE(certificate.version() == is.kind().version() || certificate.state() == v1::CERTIFICATE_STATE_EXPIRING)
        << certificate.DebugString();
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
