#include <gmock/gmock.h>

#include <chrono>
#include <pqxx/pqxx>

#include "desk.h"
#include "muster/v1/certificate_service.grpc.pb.h"
#include "muster/v1/identity_service.grpc.pb.h"
#include "muster/v1/member_service.grpc.pb.h"

// What certificates give on the floor, and what takes it away again.
namespace muster::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using Certificates = v1::CertificateService::Stub;
using Members = v1::MemberService::Stub;

class CertificateServiceTest : public ::testing::Test {
 protected:
  CertificateServiceTest() {
    bring_to("li.na", v1::MEMBER_STATE_PROBATION);
    v1::CreateCertificateKindRequest request;
    request.mutable_kind()->set_kind_id("refunds");
    request.mutable_kind()->set_display_name("退款");
    request.mutable_kind()->set_skill_id("refunds-certified");
    EXPECT_TRUE(change(&Certificates::CreateCertificateKind, request).ok());
  }

  template <typename Stub, typename Request, typename Response>
  grpc::Status change(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), Request request,
                      Response* response = nullptr) {
    return backend.change(method, std::move(request), response);
  }
  void bring_to(const std::string& id, v1::MemberState last) { backend.bring_member_to(id, last); }
  void move(const std::string& id, v1::MemberState state) {
    v1::ChangeMemberStateRequest request;
    request.set_member_id(id);
    request.set_state(state);
    request.set_reason("because");
    EXPECT_TRUE(change(&Members::ChangeMemberState, request).ok());
  }

  v1::Certificate issue(const std::string& member = "li.na", std::optional<int> level = {}) {
    v1::IssueCertificateRequest request;
    request.set_kind_id("refunds");
    request.set_member_id(member);
    if (level) request.set_level(*level);
    v1::IssueCertificateResponse response;
    EXPECT_TRUE(change(&Certificates::IssueCertificate, request, &response).ok());
    return response.certificate();
  }
  template <typename Request, typename Response>
  grpc::Status act(grpc::Status (Certificates::*method)(grpc::ClientContext*, const Request&, Response*),
                   const std::string& certificate, const std::string& reason = "") {
    Request request;
    request.set_certificate_id(certificate);
    if constexpr (requires { request.set_reason(reason); }) request.set_reason(reason);
    return change(method, request);
  }
  v1::CertificateState state_of(const std::string& certificate) {
    v1::GetCertificateRequest request;
    request.set_certificate_id(certificate);
    v1::GetCertificateResponse response;
    EXPECT_TRUE(backend.call(&Certificates::GetCertificate, request, &response).ok());
    return response.certificate().state();
  }
  std::vector<std::string> list(const v1::ListCertificatesRequest& request) {
    v1::ListCertificatesResponse response;
    EXPECT_TRUE(backend.call(&Certificates::ListCertificates, request, &response).ok());
    std::vector<std::string> ids;
    for (const auto& certificate : response.certificates()) ids.push_back(certificate.certificate_id());
    return ids;
  }
  void publish_version(std::chrono::seconds grace) {
    v1::PublishCertificateKindVersionRequest request;
    request.set_kind_id("refunds");
    request.mutable_grace()->set_seconds(grace.count());
    EXPECT_TRUE(change(&Certificates::PublishCertificateKindVersion, request).ok());
  }

  v1::ContactState state_of_contact(const std::string& id) {
    v1::GetContactRequest request;
    request.set_contact_id(id);
    v1::GetContactResponse response;
    EXPECT_TRUE(backend.call(&Contacts::GetContact, request, &response).ok());
    return response.contact().state();
  }

  /// The level of an agent's skill; none if the agent does not have it.
  std::optional<int> level_of(const std::string& agent, const std::string& skill = "refunds-certified") {
    v1::GetAgentRequest request;
    request.set_agent_id(agent);
    v1::GetAgentResponse response;
    if (!backend.call(&Routing::GetAgent, request, &response).ok()) return std::nullopt;
    for (const auto& each : response.agent().skills()) {
      if (each.skill_id() == skill) return each.level();
    }
    return std::nullopt;
  }
  bool has_skill(const std::string& agent = "li.na") {
    return eventually([&] { return level_of(agent).has_value(); });
  }
  bool has_no_skill(const std::string& agent = "li.na") {
    return eventually([&] { return !level_of(agent).has_value(); });
  }

  Backend backend;
};

TEST_F(CertificateServiceTest, WhoIsCertifiedHasTheSkill) {
  EXPECT_EQ(issue("li.na", 80).state(), v1::CERTIFICATE_STATE_ACTIVE);
  EXPECT_TRUE(eventually([&] { return level_of("li.na") == 80; }));
}

TEST_F(CertificateServiceTest, WhatSupervisorsGaveBesideItStays) {
  v1::CreateSkillRequest skill;
  skill.mutable_skill()->set_skill_id("english");
  ASSERT_TRUE(change(&Routing::CreateSkill, skill).ok());
  ASSERT_TRUE(eventually([&] {
    return backend
        .call(&Routing::GetAgent,
              [] {
                v1::GetAgentRequest request;
                request.set_agent_id("li.na");
                return request;
              }())
        .ok();
  }));
  v1::UpdateAgentRequest update;
  update.mutable_agent()->set_agent_id("li.na");
  auto* level = update.mutable_agent()->add_skills();
  level->set_skill_id("english");
  level->set_level(60);
  update.mutable_update_mask()->add_paths("skills");
  ASSERT_TRUE(change(&Routing::UpdateAgent, update).ok());
  const std::string certificate = issue().certificate_id();
  EXPECT_TRUE(has_skill());
  ASSERT_TRUE(act(&Certificates::RevokeCertificate, certificate, "forged").ok());
  EXPECT_TRUE(has_no_skill());
  EXPECT_EQ(level_of("li.na", "english"), 60);
}

TEST_F(CertificateServiceTest, ASuspensionTakesTheSkillAndReinstatementGivesItBack) {
  const std::string certificate = issue().certificate_id();
  ASSERT_TRUE(has_skill());
  ASSERT_TRUE(act(&Certificates::SuspendCertificate, certificate, "complaint").ok());
  EXPECT_EQ(state_of(certificate), v1::CERTIFICATE_STATE_SUSPENDED);
  EXPECT_TRUE(has_no_skill());
  ASSERT_TRUE(act(&Certificates::ReinstateCertificate, certificate).ok());
  EXPECT_TRUE(has_skill());
}

TEST_F(CertificateServiceTest, WhatIsRevokedStaysRevoked) {
  const std::string certificate = issue().certificate_id();
  ASSERT_TRUE(act(&Certificates::RevokeCertificate, certificate, "forged").ok());
  EXPECT_TRUE(has_no_skill());
  const Problem refused = problem(act(&Certificates::ReinstateCertificate, certificate));
  EXPECT_EQ(refused.reason, "CERTIFICATE_WRONG_STATE");
  EXPECT_EQ(refused.metadata.at("state"), "REVOKED");
  EXPECT_EQ(problem(act(&Certificates::SuspendCertificate, certificate, "again")).reason, "CERTIFICATE_WRONG_STATE");
}

TEST_F(CertificateServiceTest, ANewCertificateTakesThePlaceOfTheOld) {
  const std::string old = issue("li.na", 70).certificate_id();
  const std::string renewed = issue("li.na", 90).certificate_id();
  EXPECT_EQ(state_of(old), v1::CERTIFICATE_STATE_SUPERSEDED);
  EXPECT_EQ(state_of(renewed), v1::CERTIFICATE_STATE_ACTIVE);
  EXPECT_TRUE(eventually([&] { return level_of("li.na") == 90; }));
  // Nor does what becomes of the old one take anything away.
  EXPECT_EQ(problem(act(&Certificates::RevokeCertificate, old, "late")).reason, "CERTIFICATE_WRONG_STATE");
  EXPECT_EQ(level_of("li.na"), 90);
}

TEST_F(CertificateServiceTest, ANewVersionEndsOlderCertificatesAfterItsGrace) {
  const std::string old = issue().certificate_id();
  ASSERT_TRUE(has_skill());
  publish_version(1h);
  EXPECT_TRUE(eventually([&] { return state_of(old) == v1::CERTIFICATE_STATE_EXPIRING; }));
  EXPECT_TRUE(has_skill());
  publish_version(0s);
  EXPECT_TRUE(eventually([&] { return state_of(old) == v1::CERTIFICATE_STATE_EXPIRED; }));
  EXPECT_TRUE(has_no_skill());
  EXPECT_EQ(issue().version(), 3);
  EXPECT_TRUE(has_skill());
}

TEST_F(CertificateServiceTest, AVersionEndsCertificatesAFewAtATimeWhoeverHoldsOn) {
  constexpr int kHolders = 250;  // of which a job ends 100 at once
  for (int i = 0; i < kHolders; ++i) {
    const std::string id = "m" + std::to_string(1000 + i);
    backend.bring_member_to(id, v1::MEMBER_STATE_TRAINING);
    issue(id);
  }
  // Stops the job in the middle: one holder is locked.
  pqxx::connection connection(backend.database);
  auto holding = std::make_optional<pqxx::work>(connection);
  holding->exec("SET LOCAL muster.tenant = 'platform'");
  holding->exec("SELECT FROM member WHERE member_id = 'm1150' FOR UPDATE");
  v1::PublishCertificateKindVersionRequest request;
  request.set_kind_id("refunds");
  request.mutable_grace()->set_seconds(0);
  v1::PublishCertificateKindVersionResponse response;
  ASSERT_TRUE(change(&Certificates::PublishCertificateKindVersion, request, &response).ok());
  EXPECT_EQ(response.ended_certificates(), kHolders);
  v1::ListCertificatesRequest ended;
  ended.set_page_size(1000);
  ended.add_states(v1::CERTIFICATE_STATE_EXPIRED);
  EXPECT_TRUE(eventually([&] { return list(ended).size() == 100; })) << "what is done stays done";
  EXPECT_EQ(issue("m1249").version(), 2) << "who is certified meanwhile is by the new version, and waits for nobody";
  holding.reset();
  EXPECT_TRUE(eventually([&] { return list(ended).size() == kHolders - 1; }));
  v1::ListAuditEntriesRequest entries;
  entries.set_resource("certificate-kind/refunds");
  EXPECT_TRUE(eventually([&] {
    v1::ListAuditEntriesResponse found;
    EXPECT_TRUE(backend.call(&v1::IdentityService::Stub::ListAuditEntries, entries, &found).ok());
    const v1::AuditEntry& last = *found.audit_entries().rbegin();
    return last.action() == "BringIntoForce" && last.actor() == "certification";
  }));
  ended.set_member_id("m1249");
  EXPECT_THAT(list(ended), IsEmpty());
}

TEST_F(CertificateServiceTest, ACertificateThatExpiresInAShiftKeepsTheNextContactAwayAndLeavesTheOneInHand) {
  v1::CreatePolicyRequest policy;
  policy.mutable_policy()->set_policy_id("certified");
  policy.mutable_policy()->add_steps();
  policy.mutable_policy()->mutable_gates()->mutable_skill()->set_skill_id("refunds-certified");
  issue();
  ASSERT_TRUE(has_skill());
  ASSERT_TRUE(change(&Routing::CreatePolicy, policy).ok());
  v1::CreateQueueRequest queue;
  queue.mutable_queue()->set_queue_id("refunds");
  queue.mutable_queue()->set_channel(v1::CHANNEL_CHAT);
  queue.mutable_queue()->set_policy_id("certified");
  ASSERT_TRUE(change(&Routing::CreateQueue, queue).ok());

  const auto desk = Desk::available(Door::kSession, backend, "li.na");
  const std::string first = backend.create_contact("refunds");
  EXPECT_EQ(desk->accept_next().contact_id(), first);
  publish_version(1s);
  ASSERT_TRUE(has_no_skill());
  const std::string second = backend.create_contact("refunds");
  EXPECT_EQ(state_of_contact(first), v1::CONTACT_STATE_ACTIVE);
  EXPECT_EQ(state_of_contact(second), v1::CONTACT_STATE_QUEUED);
  // Certified anew, the agent gets it.
  issue();
  EXPECT_EQ(desk->accept_next().contact_id(), second);
}

TEST_F(CertificateServiceTest, NobodyIsCertifiedBeforeTrainingOrAfterLeaving) {
  bring_to("new", v1::MEMBER_STATE_VERIFIED);
  bring_to("gone", v1::MEMBER_STATE_VERIFIED);
  move("gone", v1::MEMBER_STATE_CLOSED);
  for (const char* id : {"new", "gone"}) {
    v1::IssueCertificateRequest request;
    request.set_kind_id("refunds");
    request.set_member_id(id);
    EXPECT_EQ(problem(change(&Certificates::IssueCertificate, request)).reason, "MEMBER_WRONG_STATE") << id;
  }
}

TEST_F(CertificateServiceTest, WhoIsCertifiedBeforeServingHasTheSkillFromTheFirstMoment) {
  bring_to("wang.fang", v1::MEMBER_STATE_TRAINING);
  issue("wang.fang");
  move("wang.fang", v1::MEMBER_STATE_CERTIFIED);
  move("wang.fang", v1::MEMBER_STATE_PROBATION);
  EXPECT_TRUE(has_skill("wang.fang"));
}

TEST_F(CertificateServiceTest, ASkillComesFromOneKindAlone) {
  v1::CreateCertificateKindRequest request;
  request.mutable_kind()->set_kind_id("returns");
  request.mutable_kind()->set_display_name("退货");
  request.mutable_kind()->set_skill_id("refunds-certified");
  EXPECT_EQ(problem(change(&Certificates::CreateCertificateKind, request)).reason, "SKILL_MANAGED");
  request.mutable_kind()->set_kind_id("refunds");
  request.mutable_kind()->set_skill_id("other");
  EXPECT_EQ(problem(change(&Certificates::CreateCertificateKind, request)).reason, "CERTIFICATE_KIND_EXISTS");
}

TEST_F(CertificateServiceTest, AListShowsThoseThatAreAskedFor) {
  bring_to("wang.fang", v1::MEMBER_STATE_TRAINING);
  const std::string old = issue().certificate_id();
  const std::string renewed = issue().certificate_id();
  const std::string other = issue("wang.fang").certificate_id();
  EXPECT_THAT(list({}), ElementsAre(old, renewed, other));
  v1::ListCertificatesRequest request;
  request.set_member_id("li.na");
  EXPECT_THAT(list(request), ElementsAre(old, renewed));
  request.add_states(v1::CERTIFICATE_STATE_ACTIVE);
  EXPECT_THAT(list(request), ElementsAre(renewed));
  publish_version(1h);
  request.Clear();
  request.set_kind_id("refunds");
  request.add_states(v1::CERTIFICATE_STATE_EXPIRING);
  EXPECT_TRUE(eventually([&] { return list(request) == std::vector{renewed, other}; }));
  request.set_kind_id("none");
  EXPECT_THAT(list(request), IsEmpty());
}

TEST_F(CertificateServiceTest, WhatIsWrongIsSaidFieldByField) {
  v1::CreateCertificateKindRequest request;
  request.mutable_kind()->set_kind_id("Refunds");
  request.mutable_kind()->mutable_validity()->set_seconds(60);
  EXPECT_THAT(problem(change(&Certificates::CreateCertificateKind, request)).fields,
              UnorderedElementsAre("kind.kind_id", "kind.skill_id", "kind.display_name", "kind.validity"));
  EXPECT_THAT(problem(act(&Certificates::SuspendCertificate, issue().certificate_id(), "")).fields,
              ElementsAre("reason"));
  for (const char* id : {"", "x", "999", "-1", "99999999999999999999"}) {
    EXPECT_EQ(problem(act(&Certificates::ReinstateCertificate, id)).reason, "CERTIFICATE_NOT_FOUND") << id;
  }
}

}  // namespace
}  // namespace muster::testing
