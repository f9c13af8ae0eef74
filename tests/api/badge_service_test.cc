#include <gmock/gmock.h>

#include <algorithm>
#include <future>
#include <pqxx/pqxx>

#include "academy.h"
#include "muster/certification/badges.h"
#include "muster/v1/badge_service.grpc.pb.h"
#include "muster/v1/certificate_service.grpc.pb.h"
#include "muster/v1/identity_service.grpc.pb.h"
#include "postgres_fixture.h"
#include "secrets.h"

// Who may export which certificate, and what strangers are told. What a badge is worth is for tests/unit/cli.
namespace muster::testing {
namespace {

using ::testing::HasSubstr;
using Badges = v1::BadgeService::Stub;
using Certificates = v1::CertificateService::Stub;

class BadgeServiceTest : public Academy {
 protected:
  BadgeServiceTest() {
    v1::CreateCertificateKindRequest kind;
    kind.mutable_kind()->set_kind_id("refunds");
    kind.mutable_kind()->set_display_name("退款");
    kind.mutable_kind()->set_skill_id("refunds-certified");
    EXPECT_TRUE(change(&Certificates::CreateCertificateKind, kind).ok());
  }

  std::string issue(const std::string& member) {
    v1::IssueCertificateRequest request;
    request.set_kind_id("refunds");
    request.set_member_id(member);
    v1::IssueCertificateResponse response;
    EXPECT_TRUE(change(&Certificates::IssueCertificate, request, &response).ok());
    return response.certificate().certificate_id();
  }
  /// A user with that member's desk; empty: the operator.
  std::shared_ptr<grpc::Channel> caller(const std::string& member = "") {
    std::string credential = backend.operator_key;
    if (!member.empty()) {
      v1::CreateUserRequest user;
      user.mutable_user()->set_tenant_id("platform");
      user.mutable_user()->set_user_id(member);
      user.mutable_user()->set_agent_id(member);
      user.mutable_user()->add_roles(v1::ROLE_AGENT);
      user.set_password("correct horse battery");
      EXPECT_TRUE(change(&v1::IdentityService::Stub::CreateUser, user).ok());
      v1::SignInRequest request;
      request.set_tenant_id("platform");
      request.set_user_id(member);
      request.set_password(user.password());
      v1::SignInResponse response;
      EXPECT_TRUE(backend.call(&v1::IdentityService::Stub::SignIn, request, &response).ok());
      credential = response.tokens().access_token();
    }
    return backend.connect(credential);
  }
  static grpc::Status take_out(const std::shared_ptr<grpc::Channel>& who, const std::string& certificate,
                               std::string* badge = nullptr) {
    v1::ExportCertificateRequest request;
    request.set_certificate_id(certificate);
    v1::ExportCertificateResponse response;
    const grpc::Status status = read_as(who, &Badges::ExportCertificate, request, &response);
    if (badge) *badge = response.badge();
    return status;
  }
  certification::BadgePage page(const std::string& path) {
    auto promise = std::make_shared<std::promise<certification::BadgePage>>();
    auto page = promise->get_future();
    backend.badges->look_up(path, [promise](const certification::BadgePage& found) { promise->set_value(found); });
    return page.get();
  }
  std::string sql(const std::string& statement) {
    return backend.back_office->pool()
        .submit("platform", [&](store::TenantTransaction& t) { return t.sql().exec1(statement)[0].as<std::string>(); })
        .get();
  }
};

TEST_F(BadgeServiceTest, MembersExportTheirOwnAndNobodyElses) {
  bring_to("wang.fang", v1::MEMBER_STATE_TRAINING);
  const std::string own = issue("li.na"), other = issue("wang.fang");
  const auto li_na = caller("li.na");
  std::string badge;
  EXPECT_TRUE(take_out(li_na, own, &badge).ok());
  EXPECT_EQ(std::count(badge.begin(), badge.end(), '.'), 2);
  EXPECT_EQ(problem(take_out(li_na, other)).reason, "CERTIFICATE_NOT_FOUND");
  EXPECT_TRUE(take_out(caller(), other).ok());
  EXPECT_EQ(problem(take_out(caller(), "999")).reason, "CERTIFICATE_NOT_FOUND");
}

TEST_F(BadgeServiceTest, OnlyACertificateThatCountsIsExported) {
  const std::string old = issue("li.na");
  issue("li.na");
  const Problem refused = problem(take_out(caller(), old));
  EXPECT_EQ(refused.reason, "CERTIFICATE_WRONG_STATE");
  EXPECT_EQ(refused.metadata.at("state"), "SUPERSEDED");
}

TEST_F(BadgeServiceTest, StrangersLearnTheStateAndNothingElse) {
  const std::string certificate = issue("li.na");
  const std::string id = sql("SELECT credential_id FROM certificate");
  EXPECT_EQ(page("status/" + id).body, R"({"status":"valid"})");
  EXPECT_EQ(page("status/" + id).status, 200u);
  const std::vector<std::string> others = {"status/" + certificate, "status/00000000-0000-0000-0000-000000000000",
                                           "status/' OR 1=1", "keys/none", ""};
  for (const std::string& path : others) {
    EXPECT_EQ(page(path).status, 404u) << path;
  }
  EXPECT_THAT(page("issuer").body, HasSubstr("https://muster.example/badges/issuer"));
}

TEST_F(BadgeServiceTest, AKeySignsForAYearAndIsPublishedForGood) {
  const std::string certificate = issue("li.na");
  ASSERT_TRUE(take_out(caller(), certificate).ok());
  ASSERT_TRUE(take_out(caller(), certificate).ok());
  EXPECT_EQ(sql("SELECT count(*) FROM badge_key"), "1");
  EXPECT_EQ(sql("SELECT count(*) FROM audit_entry WHERE action = 'MakeBadgeKey'"), "1");
  const std::string first = sql("SELECT kid FROM badge_key");
  PostgresCluster::instance().execute(backend.database,
                                      "UPDATE badge_key SET create_time = create_time - interval '366 days'");
  ASSERT_TRUE(take_out(caller(), certificate).ok());
  EXPECT_EQ(sql("SELECT count(*) FROM badge_key"), "2");
  EXPECT_EQ(sql("SELECT count(*) FROM badge_key WHERE seed IS NULL AND kid = '" + first + "'"), "1");
  EXPECT_EQ(page("keys/" + first).status, 200u);
  EXPECT_THAT(page("keys").body, HasSubstr("\"kid\":\"" + first + "\"")) << "wherever the server was, and will be";
}

TEST_F(BadgeServiceTest, AKeyWhoseYearIsOverIsErasedThoughNobodyAsks) {
  ASSERT_TRUE(take_out(caller(), issue("li.na")).ok());
  PostgresCluster::instance().execute(backend.database,
                                      "UPDATE badge_key SET create_time = create_time - interval '366 days'");
  const store::Job job = identity::badge_key_job();
  backend.back_office->pool()
      .submit("platform", [&](store::TenantTransaction& t) { EXPECT_FALSE(job.work(t, wall_now())); })
      .get();
  EXPECT_EQ(sql("SELECT count(*) FROM badge_key WHERE seed IS NULL"), "1");
  EXPECT_EQ(sql("SELECT count(*) FROM audit_entry WHERE action = 'EraseBadgeKey'"), "1");
}

TEST_F(BadgeServiceTest, ItIsValidAsLongAsTheVettingThatTheCertificateRestsOn) {
  const std::string certificate = issue("li.na");
  PostgresCluster::instance().execute(
      backend.database,
      "SET muster.tenant = 'platform';"
      "INSERT INTO tenant (tenant_id, display_name, state, create_time, update_time) VALUES ('acme', 'ACME', 1, now(), "
      "now());"
      "INSERT INTO vetting (tenant_id, member_id, display_name, state, reason, actor, propose_time, decide_time,"
      " expire_time, actor_tenant) VALUES ('acme', 'li.na', 'li.na', 2, '', 'x', now(), now(), '2049-12-31T12:00:00Z',"
      " 'acme');"
      "UPDATE certificate SET vetting_tenant = 'acme', expire_time = '2050-06-01T00:00:00Z'");
  std::string badge;
  ASSERT_TRUE(take_out(caller(), certificate, &badge).ok());
  const std::string claims = badge.substr(badge.find('.') + 1);
  EXPECT_THAT(*identity::from_base64url(claims.substr(0, claims.find('.'))),
              HasSubstr("\"validUntil\":\"2049-12-31T12:00:00Z\""));
}

}  // namespace
}  // namespace muster::testing
