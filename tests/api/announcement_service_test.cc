#include <gmock/gmock.h>

#include <chrono>
#include <pqxx/pqxx>

#include "academy.h"
#include "muster/v1/announcement_service.grpc.pb.h"
#include "muster/v1/certificate_service.grpc.pb.h"

// New policies, and what they keep from who has not understood them.
namespace muster::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using Announcements = v1::AnnouncementService::Stub;
using Certificates = v1::CertificateService::Stub;

class AnnouncementServiceTest : public Academy {
 protected:
  AnnouncementServiceTest() {
    v1::CreateCertificateKindRequest kind;
    kind.mutable_kind()->set_kind_id("refunds");
    kind.mutable_kind()->set_display_name("退款");
    kind.mutable_kind()->set_skill_id("refunds-certified");
    EXPECT_TRUE(change(&Certificates::CreateCertificateKind, kind).ok());
    for (const char* id : {"wang.fang", "zhao.lei"}) bring_to(id, v1::MEMBER_STATE_PROBATION);
    for (const char* id : {"wang.fang", "zhao.lei"}) certify(id);
    EXPECT_TRUE(has_skill("wang.fang") && has_skill("zhao.lei"));
  }

  void certify(const std::string& member) {
    v1::IssueCertificateRequest request;
    request.set_kind_id("refunds");
    request.set_member_id(member);
    EXPECT_TRUE(change(&Certificates::IssueCertificate, request).ok());
  }
  v1::CreateAnnouncementRequest writing(const std::string& id, std::chrono::seconds from_now = 0s) {
    v1::CreateAnnouncementRequest request;
    v1::Announcement& announcement = *request.mutable_announcement();
    announcement.set_announcement_id(id);
    announcement.set_title("退款新规");
    announcement.set_body("Thirty days.");
    announcement.set_skill_id("refunds-certified");
    announcement.set_question("How many days?");
    for (const char* option : {"a", "b"}) {
      announcement.add_options()->set_option_id(option);
      announcement.mutable_options()->rbegin()->set_text(option);
    }
    if (from_now > 0s) {
      const auto moment = std::chrono::duration_cast<std::chrono::seconds>(
          (std::chrono::system_clock::now() + from_now).time_since_epoch());
      announcement.mutable_effective_time()->set_seconds(moment.count());
    }
    request.mutable_key()->set_option_id("b");
    request.mutable_key()->set_explanation("It was seven.");
    return request;
  }
  void publish(const std::string& id, std::chrono::seconds from_now = 0s) {
    EXPECT_TRUE(change(&Announcements::CreateAnnouncement, writing(id, from_now)).ok());
    v1::PublishAnnouncementRequest request;
    request.set_announcement_id(id);
    EXPECT_TRUE(change(&Announcements::PublishAnnouncement, request).ok());
  }
  v1::AnswerAnnouncementRequest answering(const std::string& id, const std::string& option,
                                          const std::string& member = "wang.fang") {
    v1::AnswerAnnouncementRequest request;
    request.set_announcement_id(id);
    request.set_option_id(option);
    request.set_member_id(member);
    return request;
  }
  bool answer(const std::string& id, const std::string& option, const std::string& member = "wang.fang") {
    v1::AnswerAnnouncementResponse response;
    EXPECT_TRUE(change(&Announcements::AnswerAnnouncement, answering(id, option, member), &response).ok());
    EXPECT_EQ(response.explanation(), response.right() ? "It was seven." : "");
    return response.right();
  }
  v1::Announcement announcement(const std::string& id) {
    v1::GetAnnouncementRequest request;
    request.set_announcement_id(id);
    v1::GetAnnouncementResponse response;
    EXPECT_TRUE(backend.call(&Announcements::GetAnnouncement, request, &response).ok());
    return response.announcement();
  }
  std::vector<std::string> pending(const std::string& id) {
    v1::ListAcknowledgementsRequest request;
    request.set_announcement_id(id);
    request.set_pending(true);
    v1::ListAcknowledgementsResponse response;
    EXPECT_TRUE(backend.call(&Announcements::ListAcknowledgements, request, &response).ok());
    std::vector<std::string> members;
    for (const auto& each : response.acknowledgements()) members.push_back(each.member_id());
    return members;
  }

  bool skill_now(const std::string& agent) {
    v1::GetAgentRequest request;
    request.set_agent_id(agent);
    v1::GetAgentResponse response;
    if (!backend.call(&Routing::GetAgent, request, &response).ok()) return false;
    for (const auto& each : response.agent().skills()) {
      if (each.skill_id() == "refunds-certified") return true;
    }
    return false;
  }
  bool has_skill(const std::string& agent) {
    return eventually([&] { return skill_now(agent); });
  }
  bool has_no_skill(const std::string& agent) {
    return eventually([&] { return !skill_now(agent); });
  }
  /// How often the audit tells of it.
  std::size_t audited(const std::string& action, const std::string& resource) {
    return backend.back_office->pool()
        .submit("platform",
                [&](store::TenantTransaction& t) {
                  return static_cast<std::size_t>(
                      t.sql()
                          .exec_params("SELECT FROM audit_entry WHERE action = $1 AND resource = $2", action, resource)
                          .size());
                })
        .get();
  }
  /// Once all that was to be told the engine has been.
  void let_the_roster_tell() {
    EXPECT_TRUE(eventually([&] {
      return backend.back_office->pool()
          .submit("platform",
                  [](store::TenantTransaction& t) { return t.sql().exec("SELECT FROM roster_change").empty(); })
          .get();
    }));
  }
};

TEST_F(AnnouncementServiceTest, WhoHasNotAcknowledgedItHasNotTheSkillUntilTheRightAnswer) {
  publish("new");
  EXPECT_TRUE(has_no_skill("wang.fang"));
  EXPECT_TRUE(has_no_skill("zhao.lei"));
  EXPECT_FALSE(answer("new", "a"));
  let_the_roster_tell();
  EXPECT_FALSE(skill_now("wang.fang"));
  EXPECT_TRUE(answer("new", "b"));
  EXPECT_TRUE(has_skill("wang.fang"));
  EXPECT_FALSE(skill_now("zhao.lei"));
}

TEST_F(AnnouncementServiceTest, ItComesIntoForceAtItsTimeByItself) {
  publish("new", 4s);
  EXPECT_FALSE(announcement("new").in_force());
  let_the_roster_tell();
  EXPECT_TRUE(skill_now("zhao.lei"));
  EXPECT_TRUE(answer("new", "b"));
  // Whoever has acknowledged it before is never without the skill.
  bool interrupted = false;
  EXPECT_TRUE(eventually([&] {
    interrupted = interrupted || !skill_now("wang.fang");
    return !skill_now("zhao.lei");
  }));
  let_the_roster_tell();
  EXPECT_FALSE(interrupted || !skill_now("wang.fang"));
  EXPECT_TRUE(announcement("new").in_force());
  EXPECT_GE(std::chrono::system_clock::now().time_since_epoch(),
            std::chrono::seconds(announcement("new").effective_time().seconds()));
}

TEST_F(AnnouncementServiceTest, WhoIsGrantedTheSkillLaterMustAcknowledgeItToo) {
  publish("new");
  bring_to("chen.yu", v1::MEMBER_STATE_PROBATION);
  certify("chen.yu");
  let_the_roster_tell();
  EXPECT_FALSE(skill_now("chen.yu"));
  EXPECT_TRUE(answer("new", "b", "chen.yu"));
  EXPECT_TRUE(has_skill("chen.yu"));
}

TEST_F(AnnouncementServiceTest, OfTwoBothMustBeAcknowledged) {
  publish("one");
  publish("two");
  EXPECT_TRUE(answer("one", "b"));
  let_the_roster_tell();
  EXPECT_FALSE(skill_now("wang.fang"));
  EXPECT_TRUE(answer("two", "b"));
  EXPECT_TRUE(has_skill("wang.fang"));
}

TEST_F(AnnouncementServiceTest, WhatIsWithdrawnKeepsNothingAway) {
  publish("new");
  EXPECT_TRUE(has_no_skill("wang.fang"));
  v1::WithdrawAnnouncementRequest request;
  request.set_announcement_id("new");
  ASSERT_TRUE(change(&Announcements::WithdrawAnnouncement, request).ok());
  EXPECT_TRUE(has_skill("wang.fang"));
  EXPECT_TRUE(has_skill("zhao.lei"));
  EXPECT_EQ(problem(change(&Announcements::WithdrawAnnouncement, request)).reason, "ANNOUNCEMENT_WRONG_STATE");
  EXPECT_EQ(problem(change(&Announcements::AnswerAnnouncement, answering("new", "b"))).reason,
            "ANNOUNCEMENT_WRONG_STATE");
}

TEST_F(AnnouncementServiceTest, CoachesSeeWhoHasNotAcknowledgedItAndHowOftenTheyWereWrong) {
  publish("new");
  answer("new", "a");
  answer("new", "a");
  EXPECT_THAT(pending("new"), UnorderedElementsAre("wang.fang", "zhao.lei"));
  answer("new", "b");
  EXPECT_THAT(pending("new"), ElementsAre("zhao.lei"));
  v1::ListAcknowledgementsRequest request;
  request.set_announcement_id("new");
  v1::ListAcknowledgementsResponse response;
  ASSERT_TRUE(backend.call(&Announcements::ListAcknowledgements, request, &response).ok());
  ASSERT_EQ(response.acknowledgements_size(), 2);
  EXPECT_EQ(response.acknowledgements(0).wrong_answers(), 2);
  EXPECT_TRUE(response.acknowledgements(0).has_acknowledge_time());
  // What was right once stays.
  answer("new", "a");
  EXPECT_THAT(pending("new"), ElementsAre("zhao.lei"));
}

TEST_F(AnnouncementServiceTest, AMemberSeesWhatConcernsItselfAndIsPending) {
  publish("new");
  EXPECT_TRUE(change(&Announcements::CreateAnnouncement, writing("draft")).ok());
  const auto wang_fang = sign_in(v1::ROLE_AGENT, "wang.fang");
  const auto listed = [&](const std::shared_ptr<grpc::Channel>& channel, bool pending_only) {
    v1::ListAnnouncementsRequest request;
    request.set_pending(pending_only);
    v1::ListAnnouncementsResponse response;
    EXPECT_TRUE(read_as(channel, &Announcements::ListAnnouncements, request, &response).ok());
    std::vector<std::string> ids;
    for (const auto& each : response.announcements()) ids.push_back(each.announcement_id());
    return ids;
  };
  EXPECT_THAT(listed(wang_fang, true), ElementsAre("new"));
  EXPECT_TRUE(change_as(wang_fang, &Announcements::AnswerAnnouncement, answering("new", "b", "")).ok());
  EXPECT_THAT(listed(wang_fang, true), IsEmpty());
  EXPECT_THAT(listed(wang_fang, false), ElementsAre("new"));
  EXPECT_THAT(listed(sign_in(v1::ROLE_AGENT, "li.na"), false), IsEmpty());

  v1::GetAnnouncementRequest get;
  get.set_announcement_id("draft");
  EXPECT_EQ(problem(read_as(wang_fang, &Announcements::GetAnnouncement, get)).reason, "ANNOUNCEMENT_NOT_FOUND");
  v1::GetAnnouncementKeyRequest key;
  key.set_announcement_id("new");
  EXPECT_EQ(problem(read_as(wang_fang, &Announcements::GetAnnouncementKey, key)).reason, "PERMISSION_DENIED");
  EXPECT_EQ(problem(change_as(wang_fang, &Announcements::AnswerAnnouncement, answering("new", "b", "zhao.lei"))).reason,
            "PERMISSION_DENIED");
}

TEST_F(AnnouncementServiceTest, OnlyASkillThatFollowsMembersCanBeNamed) {
  auto request = writing("new");
  request.mutable_announcement()->set_skill_id("english");
  const Problem refused = problem(change(&Announcements::CreateAnnouncement, request));
  EXPECT_EQ(refused.reason, "SKILL_NOT_MANAGED");
  EXPECT_EQ(refused.metadata.at("skill_id"), "english");
}

TEST_F(AnnouncementServiceTest, ADraftIsChangedAndWhatIsPublishedIsNot) {
  EXPECT_TRUE(change(&Announcements::CreateAnnouncement, writing("new")).ok());
  v1::UpdateAnnouncementRequest update;
  update.mutable_announcement()->set_announcement_id("new");
  update.mutable_key()->set_option_id("c");
  EXPECT_THAT(problem(change(&Announcements::UpdateAnnouncement, update)).fields, ElementsAre("key.option_id"));
  update.mutable_key()->set_option_id("a");
  update.mutable_announcement()->set_title("changed");
  update.mutable_update_mask()->add_paths("title");
  EXPECT_TRUE(change(&Announcements::UpdateAnnouncement, update).ok());
  EXPECT_EQ(announcement("new").title(), "changed");
  v1::PublishAnnouncementRequest publish;
  publish.set_announcement_id("new");
  ASSERT_TRUE(change(&Announcements::PublishAnnouncement, publish).ok());
  EXPECT_TRUE(announcement("new").in_force());
  EXPECT_EQ(problem(change(&Announcements::PublishAnnouncement, publish)).reason, "ANNOUNCEMENT_WRONG_STATE");
  EXPECT_EQ(problem(change(&Announcements::UpdateAnnouncement, update)).reason, "ANNOUNCEMENT_WRONG_STATE");
  EXPECT_TRUE(answer("new", "b") == false);
}

TEST_F(AnnouncementServiceTest, TheAuditTellsOfANewRightAnswerAndOfComingIntoForce) {
  EXPECT_TRUE(change(&Announcements::CreateAnnouncement, writing("new", 2s)).ok());
  EXPECT_EQ(audited("CreateAnnouncement", "announcement/new/key"), 1U);
  v1::UpdateAnnouncementRequest update;
  update.mutable_announcement()->set_announcement_id("new");
  update.mutable_key()->set_option_id("a");
  EXPECT_TRUE(change(&Announcements::UpdateAnnouncement, update).ok());
  EXPECT_EQ(audited("UpdateAnnouncement", "announcement/new/key"), 1U);
  EXPECT_TRUE(change(&Announcements::UpdateAnnouncement, update).ok());
  EXPECT_EQ(audited("UpdateAnnouncement", "announcement/new/key"), 1U) << "what is as it was is not told";
  v1::PublishAnnouncementRequest publish;
  publish.set_announcement_id("new");
  EXPECT_TRUE(change(&Announcements::PublishAnnouncement, publish).ok());
  EXPECT_TRUE(eventually([&] { return audited("BringIntoForce", "announcement/new") == 1; }));
}

TEST_F(AnnouncementServiceTest, WhatIsWrongIsSaidFieldByField) {
  v1::CreateAnnouncementRequest request;
  request.mutable_announcement()->set_announcement_id("New");
  EXPECT_THAT(
      problem(change(&Announcements::CreateAnnouncement, request)).fields,
      UnorderedElementsAre("announcement.announcement_id", "announcement.title", "announcement.body",
                           "announcement.skill_id", "announcement.question", "announcement.options", "key.option_id"));
  EXPECT_TRUE(change(&Announcements::CreateAnnouncement, writing("new")).ok());
  EXPECT_EQ(problem(change(&Announcements::CreateAnnouncement, writing("new"))).reason, "ANNOUNCEMENT_EXISTS");
  publish("other");
  EXPECT_THAT(problem(change(&Announcements::AnswerAnnouncement, answering("other", "z"))).fields,
              ElementsAre("option_id"));
  EXPECT_EQ(problem(change(&Announcements::AnswerAnnouncement, answering("none", "a"))).reason,
            "ANNOUNCEMENT_NOT_FOUND");
}

}  // namespace
}  // namespace muster::testing
