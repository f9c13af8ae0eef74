#include <gmock/gmock.h>

#include <chrono>

#include "academy.h"
#include "desk.h"
#include "muster/v1/certificate_service.grpc.pb.h"
#include "muster/v1/identity_service.grpc.pb.h"
#include "muster/v1/vetting_service.grpc.pb.h"

// What tenants decide about members, and the certificates that follow it.
namespace muster::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Certificates = v1::CertificateService::Stub;
using Vettings = v1::VettingService::Stub;

class VettingTest : public Academy {
 protected:
  VettingTest() {
    for (const char* tenant : {"acme", "globex"}) backend.make_tenant(tenant);
    v1::CreateCertificateKindRequest kind;
    kind.mutable_kind()->set_kind_id("acme");
    kind.mutable_kind()->set_display_name("ACME");
    kind.mutable_kind()->set_skill_id("acme-certified");
    kind.mutable_kind()->set_vetting_tenant_id("acme");
    kind.mutable_kind()->set_automatic(true);
    EXPECT_TRUE(change(&Certificates::CreateCertificateKind, kind).ok());
    acme = backend.tenant_user("acme", v1::ROLE_TENANT_ADMIN);
    globex = backend.tenant_user("globex", v1::ROLE_TENANT_ADMIN);
  }

  grpc::Status propose(const std::string& member = "li.na", const std::string& tenant = "acme") {
    v1::ProposeVettingRequest request;
    request.set_tenant_id(tenant);
    request.set_member_id(member);
    return change(&Vettings::ProposeVetting, request);
  }
  static grpc::Status decide(const std::shared_ptr<grpc::Channel>& who, v1::VettingState outcome,
                             std::optional<std::chrono::milliseconds> expires_in = {}) {
    v1::DecideVettingRequest request;
    request.set_member_id("li.na");
    request.set_outcome(outcome);
    if (outcome != v1::VETTING_STATE_APPROVED) request.set_reason("complaints");
    if (expires_in) {
      const auto end = std::chrono::system_clock::now().time_since_epoch() + *expires_in;
      request.mutable_expire_time()->set_seconds(std::chrono::duration_cast<std::chrono::seconds>(end).count());
    }
    return change_as(who, &Vettings::DecideVetting, request);
  }
  v1::Vetting vetting(const std::shared_ptr<grpc::Channel>& who) {
    v1::GetVettingRequest request;
    request.set_member_id("li.na");
    v1::GetVettingResponse response;
    EXPECT_TRUE(read_as(who, &Vettings::GetVetting, request, &response).ok());
    return response.vetting();
  }
  static std::vector<std::string> list(const std::shared_ptr<grpc::Channel>& who, const std::string& tenant = "") {
    v1::ListVettingsRequest request;
    request.set_tenant_id(tenant);
    v1::ListVettingsResponse response;
    EXPECT_TRUE(read_as(who, &Vettings::ListVettings, request, &response).ok());
    std::vector<std::string> found;
    for (const v1::Vetting& each : response.vettings()) found.push_back(each.tenant_id() + "/" + each.member_id());
    return found;
  }

  std::vector<v1::Certificate> certificates() {
    v1::ListCertificatesRequest request;
    request.set_member_id("li.na");
    v1::ListCertificatesResponse response;
    EXPECT_TRUE(backend.call(&Certificates::ListCertificates, request, &response).ok());
    return {response.certificates().begin(), response.certificates().end()};
  }
  v1::CertificateState state() {
    return certificates().empty() ? v1::CertificateState() : certificates().back().state();
  }
  template <typename Request, typename Response>
  grpc::Status act(grpc::Status (Certificates::*method)(grpc::ClientContext*, const Request&, Response*)) {
    Request request;
    request.set_certificate_id(certificates().back().certificate_id());
    if constexpr (requires { request.set_reason(""); }) request.set_reason("by staff");
    return change(method, request);
  }

  std::shared_ptr<grpc::Channel> acme;
  std::shared_ptr<grpc::Channel> globex;
};

TEST_F(VettingTest, WhoIsApprovedIsCertifiedInTheSameTransaction) {
  ASSERT_TRUE(propose().ok());
  EXPECT_THAT(certificates(), IsEmpty());
  EXPECT_EQ(vetting(acme).state(), v1::VETTING_STATE_PENDING);
  ASSERT_TRUE(decide(acme, v1::VETTING_STATE_APPROVED).ok());
  ASSERT_EQ(certificates().size(), 1u);
  EXPECT_EQ(certificates().front().vetting_tenant_id(), "acme");
  EXPECT_EQ(state(), v1::CERTIFICATE_STATE_ACTIVE);
  const v1::Vetting is = vetting(acme);
  EXPECT_EQ(is.state(), v1::VETTING_STATE_APPROVED);
  EXPECT_EQ(is.display_name(), "li.na");
  EXPECT_TRUE(is.has_decide_time());
  // To approve again issues no second one.
  ASSERT_TRUE(decide(acme, v1::VETTING_STATE_APPROVED).ok());
  EXPECT_EQ(certificates().size(), 1u);
}

TEST_F(VettingTest, NobodyIsCertifiedPastTheTenant) {
  v1::IssueCertificateRequest request;
  request.set_kind_id("acme");
  request.set_member_id("li.na");
  EXPECT_EQ(problem(change(&Certificates::IssueCertificate, request)).metadata.at("missing"), "vetting acme");
  ASSERT_TRUE(propose().ok());
  EXPECT_EQ(problem(change(&Certificates::IssueCertificate, request)).reason, "REQUIREMENTS_NOT_MET");
  ASSERT_TRUE(decide(acme, v1::VETTING_STATE_REJECTED).ok());
  EXPECT_EQ(problem(change(&Certificates::IssueCertificate, request)).reason, "REQUIREMENTS_NOT_MET");
}

TEST_F(VettingTest, WhatIsWithdrawnSuspendsAndWhatIsApprovedAgainReinstates) {
  ASSERT_TRUE(propose().ok());
  ASSERT_TRUE(decide(acme, v1::VETTING_STATE_APPROVED).ok());
  ASSERT_TRUE(decide(acme, v1::VETTING_STATE_WITHDRAWN).ok());
  EXPECT_EQ(state(), v1::CERTIFICATE_STATE_SUSPENDED);
  EXPECT_EQ(certificates().front().reason(), "vetting by acme: WITHDRAWN");
  const Problem refused = problem(act(&Certificates::ReinstateCertificate));
  EXPECT_EQ(refused.reason, "REQUIREMENTS_NOT_MET");
  EXPECT_EQ(refused.metadata.at("missing"), "vetting acme");
  ASSERT_TRUE(decide(acme, v1::VETTING_STATE_APPROVED).ok());
  EXPECT_EQ(state(), v1::CERTIFICATE_STATE_ACTIVE);
  EXPECT_EQ(certificates().size(), 1u);
}

TEST_F(VettingTest, WhatStaffSuspendsStaysSoWhateverTheTenantDecides) {
  ASSERT_TRUE(propose().ok());
  ASSERT_TRUE(decide(acme, v1::VETTING_STATE_APPROVED).ok());
  ASSERT_TRUE(decide(acme, v1::VETTING_STATE_WITHDRAWN).ok());
  ASSERT_TRUE(act(&Certificates::SuspendCertificate).ok());
  ASSERT_TRUE(decide(acme, v1::VETTING_STATE_APPROVED).ok());
  EXPECT_EQ(state(), v1::CERTIFICATE_STATE_SUSPENDED);
  EXPECT_EQ(problem(act(&Certificates::SuspendCertificate)).reason, "CERTIFICATE_WRONG_STATE");
  ASSERT_TRUE(act(&Certificates::ReinstateCertificate).ok());
  EXPECT_EQ(state(), v1::CERTIFICATE_STATE_ACTIVE);
}

TEST_F(VettingTest, WhatExpiresSuspendsByItself) {
  ASSERT_TRUE(propose().ok());
  ASSERT_TRUE(decide(acme, v1::VETTING_STATE_APPROVED, 2500ms).ok());
  EXPECT_EQ(state(), v1::CERTIFICATE_STATE_ACTIVE);
  EXPECT_TRUE(eventually([&] { return state() == v1::CERTIFICATE_STATE_SUSPENDED; }));
  EXPECT_EQ(vetting(acme).state(), v1::VETTING_STATE_EXPIRED);
  EXPECT_EQ(problem(decide(acme, v1::VETTING_STATE_WITHDRAWN)).metadata.at("state"), "EXPIRED");
  ASSERT_TRUE(propose().ok());
  EXPECT_EQ(state(), v1::CERTIFICATE_STATE_SUSPENDED);
  ASSERT_TRUE(decide(acme, v1::VETTING_STATE_APPROVED, 1h).ok());
  EXPECT_EQ(state(), v1::CERTIFICATE_STATE_ACTIVE);
}

TEST_F(VettingTest, ATenantSeesAndDecidesOnItsOwnOnly) {
  bring_to("wang.fang", v1::MEMBER_STATE_TRAINING);
  ASSERT_TRUE(propose().ok());
  ASSERT_TRUE(propose("wang.fang", "globex").ok());
  EXPECT_THAT(list(acme), ElementsAre("acme/li.na"));
  EXPECT_THAT(list(globex), ElementsAre("globex/wang.fang"));
  EXPECT_THAT(list(backend.channel), ElementsAre("acme/li.na", "globex/wang.fang"));
  EXPECT_THAT(list(backend.channel, "globex"), ElementsAre("globex/wang.fang"));
  // A member who was not proposed is as one who does not exist.
  EXPECT_EQ(problem(decide(globex, v1::VETTING_STATE_APPROVED)).reason, "VETTING_NOT_FOUND");
  v1::GetVettingRequest get;
  get.set_member_id("li.na");
  EXPECT_EQ(problem(read_as(globex, &Vettings::GetVetting, get)).reason, "VETTING_NOT_FOUND");
  // Nor does another tenant's name help.
  get.set_tenant_id("acme");
  EXPECT_EQ(problem(read_as(globex, &Vettings::GetVetting, get)).reason, "PERMISSION_DENIED");
  v1::DecideVettingRequest decision;
  decision.set_tenant_id("acme");
  decision.set_member_id("li.na");
  decision.set_outcome(v1::VETTING_STATE_APPROVED);
  EXPECT_EQ(problem(change_as(globex, &Vettings::DecideVetting, decision)).reason, "PERMISSION_DENIED");
  const auto viewer = backend.tenant_user("acme", v1::ROLE_TENANT_VIEWER);
  EXPECT_THAT(list(viewer), ElementsAre("acme/li.na"));
  EXPECT_EQ(decide(viewer, v1::VETTING_STATE_APPROVED).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(certificates(), IsEmpty());
}

TEST_F(VettingTest, RowSecurityHidesWhatOthersVet) {
  ASSERT_TRUE(propose().ok());
  const auto rows = [&](const std::string& tenant) {
    return backend.back_office->pool()
        .submit(tenant,
                [](store::TenantTransaction& t) { return t.sql().exec1("SELECT count(*) FROM vetting")[0].as<int>(); })
        .get();
  };
  EXPECT_EQ(rows("acme"), 1);
  EXPECT_EQ(rows("globex"), 0);
  const auto changed = [&](const std::string& tenant) {
    return backend.back_office->pool()
        .submit(
            tenant,
            [](store::TenantTransaction& t) { return t.sql().exec("UPDATE vetting SET state = 2").affected_rows(); })
        .get();
  };
  EXPECT_EQ(changed("globex"), 0u);
  EXPECT_EQ(changed("acme"), 0u) << "decisions are the platform's to write";
}

TEST_F(VettingTest, OnlyOutcomesThatFollowAreTaken) {
  EXPECT_EQ(problem(propose("li.na", "none")).reason, "TENANT_NOT_FOUND");
  EXPECT_EQ(problem(propose("nobody")).reason, "MEMBER_NOT_FOUND");
  ASSERT_TRUE(propose().ok());
  EXPECT_EQ(problem(propose()).metadata.at("state"), "PENDING");
  EXPECT_EQ(problem(decide(acme, v1::VETTING_STATE_WITHDRAWN)).reason, "VETTING_WRONG_STATE");
  ASSERT_TRUE(decide(acme, v1::VETTING_STATE_APPROVED).ok());
  EXPECT_EQ(problem(decide(acme, v1::VETTING_STATE_REJECTED)).metadata.at("state"), "APPROVED");
  EXPECT_THAT(problem(decide(acme, v1::VETTING_STATE_PENDING)).fields, ElementsAre("outcome"));
  EXPECT_THAT(problem(decide(acme, v1::VETTING_STATE_APPROVED, -5000ms)).fields, ElementsAre("expire_time"));
  v1::CreateCertificateKindRequest kind;
  kind.mutable_kind()->set_kind_id("none");
  kind.mutable_kind()->set_display_name("none");
  kind.mutable_kind()->set_skill_id("none-certified");
  kind.mutable_kind()->set_vetting_tenant_id("none");
  EXPECT_EQ(problem(change(&Certificates::CreateCertificateKind, kind)).reason, "TENANT_NOT_FOUND");
}

TEST_F(VettingTest, TheAuditTellsWhoDecided) {
  ASSERT_TRUE(propose().ok());
  ASSERT_TRUE(decide(acme, v1::VETTING_STATE_APPROVED).ok());
  v1::ListAuditEntriesRequest request;
  request.set_resource("vetting/acme/li.na");
  v1::ListAuditEntriesResponse response;
  ASSERT_TRUE(backend.call(&v1::IdentityService::Stub::ListAuditEntries, request, &response).ok());
  ASSERT_EQ(response.audit_entries_size(), 2);
  EXPECT_EQ(response.audit_entries(1).action(), "DecideVetting");
  EXPECT_EQ(response.audit_entries(1).actor_tenant_id(), "acme");
}

TEST_F(VettingTest, ATenantIsToldTheReasonsOfItsOwnPeopleOnly) {
  v1::ProposeVettingRequest request;
  request.set_tenant_id("acme");
  request.set_member_id("li.na");
  request.set_reason("nobody else wants them");
  ASSERT_TRUE(change(&Vettings::ProposeVetting, request).ok());
  EXPECT_EQ(vetting(acme).reason(), "");
  EXPECT_EQ(vetting(acme).actor(), "");
  v1::GetVettingRequest get;
  get.set_tenant_id("acme");
  get.set_member_id("li.na");
  v1::GetVettingResponse response;
  ASSERT_TRUE(backend.call(&Vettings::GetVetting, get, &response).ok());
  EXPECT_EQ(response.vetting().reason(), "nobody else wants them");
  EXPECT_NE(response.vetting().actor(), "");
  ASSERT_TRUE(decide(acme, v1::VETTING_STATE_REJECTED).ok());
  EXPECT_EQ(vetting(acme).reason(), "complaints");
  EXPECT_NE(vetting(acme).actor(), "");
}

TEST_F(VettingTest, TenantsAndThePlatformMayUseTheSameRequestId) {
  v1::ProposeVettingRequest request;
  request.set_request_id(new_request_id());
  request.set_tenant_id("acme");
  request.set_member_id("li.na");
  ASSERT_TRUE(change(&Vettings::ProposeVetting, request).ok());
  v1::DecideVettingRequest decision;
  decision.set_request_id(request.request_id());
  decision.set_member_id("li.na");
  decision.set_outcome(v1::VETTING_STATE_APPROVED);
  EXPECT_TRUE(change_as(acme, &Vettings::DecideVetting, decision).ok());
  EXPECT_TRUE(change_as(acme, &Vettings::DecideVetting, decision).ok()) << "a retry";
  EXPECT_EQ(problem(change_as(globex, &Vettings::DecideVetting, decision)).reason, "VETTING_NOT_FOUND");
  decision.set_reason("another");
  EXPECT_EQ(problem(change_as(acme, &Vettings::DecideVetting, decision)).reason, "REQUEST_ID_REUSED");
}

TEST_F(VettingTest, WhoseVettingAKindAsksForStaysWhileSomebodyHoldsIt) {
  ASSERT_TRUE(propose().ok());
  ASSERT_TRUE(decide(acme, v1::VETTING_STATE_APPROVED).ok());
  v1::UpdateCertificateKindRequest update;
  update.mutable_kind()->set_kind_id("acme");
  update.mutable_kind()->set_vetting_tenant_id("globex");
  update.mutable_update_mask()->add_paths("vetting_tenant_id");
  EXPECT_EQ(problem(change(&Certificates::UpdateCertificateKind, update)).reason, "CERTIFICATE_KIND_HELD");
  v1::PublishCertificateKindVersionRequest publish;
  publish.set_kind_id("acme");
  publish.mutable_grace()->set_seconds(0);
  ASSERT_TRUE(change(&Certificates::PublishCertificateKindVersion, publish).ok());
  ASSERT_TRUE(eventually([&] { return state() == v1::CERTIFICATE_STATE_EXPIRED; }));
  EXPECT_TRUE(change(&Certificates::UpdateCertificateKind, update).ok());
}

TEST_F(VettingTest, WhomTheTenantApprovedServesItUntilItThinksAgain) {
  v1::CreateSkillRequest skill;
  skill.mutable_skill()->set_skill_id("acme-certified");
  ASSERT_TRUE(change(&Routing::CreateSkill, skill).ok());
  v1::CreatePolicyRequest policy;
  policy.mutable_policy()->set_policy_id("acme");
  policy.mutable_policy()->add_steps();
  policy.mutable_policy()->mutable_gates()->mutable_skill()->set_skill_id("acme-certified");
  ASSERT_TRUE(change(&Routing::CreatePolicy, policy).ok());
  v1::CreateQueueRequest queue;
  queue.mutable_queue()->set_queue_id("acme");
  queue.mutable_queue()->set_channel(v1::CHANNEL_CHAT);
  queue.mutable_queue()->set_policy_id("acme");
  ASSERT_TRUE(change(&Routing::CreateQueue, queue).ok());
  move("li.na", v1::MEMBER_STATE_CERTIFIED);
  move("li.na", v1::MEMBER_STATE_PROBATION);
  const auto certified = [&] {
    v1::GetAgentRequest request;
    request.set_agent_id("li.na");
    v1::GetAgentResponse response;
    return backend.call(&Routing::GetAgent, request, &response).ok() &&
           response.agent().DebugString().find("acme-certified") != std::string::npos;
  };

  ASSERT_TRUE(propose().ok());
  ASSERT_TRUE(decide(acme, v1::VETTING_STATE_APPROVED).ok());
  ASSERT_TRUE(eventually(certified));
  const auto desk = Desk::available(Door::kSession, backend, "li.na");
  const std::string first = backend.create_contact("acme");
  EXPECT_EQ(desk->accept_next().contact_id(), first);
  ASSERT_TRUE(decide(acme, v1::VETTING_STATE_WITHDRAWN).ok());
  ASSERT_TRUE(eventually([&] { return !certified(); }));
  const std::string second = backend.create_contact("acme");
  v1::GetContactRequest request;
  request.set_contact_id(second);
  v1::GetContactResponse response;
  ASSERT_TRUE(backend.call(&Contacts::GetContact, request, &response).ok());
  EXPECT_EQ(response.contact().state(), v1::CONTACT_STATE_QUEUED);
  ASSERT_TRUE(decide(acme, v1::VETTING_STATE_APPROVED).ok());
  EXPECT_EQ(desk->accept_next().contact_id(), second);
}

}  // namespace
}  // namespace muster::testing
