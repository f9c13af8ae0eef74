#include "flags.h"

#include <gmock/gmock.h>

#include "duration.h"
#include "error.h"
#include "muster/v1/contact_service.pb.h"
#include "muster/v1/routing_service.pb.h"
#include "muster/v1/scorecard.pb.h"
#include "speech.h"

namespace muster::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::ThrowsMessage;

class FlagsTest : public InEnglish {
 protected:
  template <class Message>
  static Message with(const std::string& field, const std::string& text) {
    Message message;
    set_field(message, Message::descriptor()->FindFieldByName(field), "--flag", text);
    return message;
  }
};

TEST_F(FlagsTest, EnumerationsAreWrittenInSmallLettersWithDashes) {
  EXPECT_THAT(enum_names(v1::Channel_descriptor()), ElementsAre("voice", "chat", "email", "social", "ticket", "task"));
  EXPECT_EQ(with<v1::ListContactsRequest>("states", "wrap-up").states(0), v1::CONTACT_STATE_WRAP_UP);
  EXPECT_THROW(with<v1::Queue>("channel", "fax"), UsageError);
}

TEST_F(FlagsTest, AnItemOfAScorecardSaysWhatItIsWorth) {
  const auto item = with<v1::Scorecard>("items", "csat=3:60..85.5@30").items(0);
  EXPECT_EQ(item.metric_id(), "csat");
  EXPECT_EQ(item.weight(), 3);
  EXPECT_EQ(item.floor(), 60);
  EXPECT_EQ(item.target(), 85.5);
  EXPECT_EQ(item.minimum_evidence(), 30);
  EXPECT_EQ(with<v1::Scorecard>("items", "nps=1:-20..40").items(0).floor(), -20);
  for (const char* wrong : {"csat", "csat=3", "csat=3:60", "csat=3:60..", "csat=3:60..x", "csat=a:60..85"}) {
    EXPECT_THROW(with<v1::Scorecard>("items", wrong), UsageError) << wrong;
  }
}

TEST_F(FlagsTest, AGateHasALimitOnOneSide) {
  EXPECT_EQ(with<v1::Scorecard>("gates", "csat=80..").gates(0).at_least(), 80);
  EXPECT_EQ(with<v1::Scorecard>("gates", "abandon_rate=..8.5").gates(0).at_most(), 8.5);
  for (const char* wrong : {"csat", "csat=80", "csat=..", "csat=1..2"}) {
    EXPECT_THROW(with<v1::Scorecard>("gates", wrong), UsageError) << wrong;
  }
}

TEST_F(FlagsTest, AStepSaysWhenAndWhom) {
  const auto policy = with<v1::Policy>("steps", "30s:english=60,billing");
  ASSERT_EQ(policy.steps_size(), 1);
  EXPECT_EQ(from_proto(policy.steps(0).after()), std::chrono::seconds{30});
  ASSERT_EQ(policy.steps(0).requirements_size(), 2);
  EXPECT_EQ(policy.steps(0).requirements(0).skill_id(), "english");
  EXPECT_EQ(policy.steps(0).requirements(0).min_level(), 60);
  EXPECT_EQ(policy.steps(0).requirements(1).skill_id(), "billing");
  EXPECT_EQ(policy.steps(0).requirements(1).min_level(), 0);
}

TEST_F(FlagsTest, AStepMayOfferToSeveralAgentsAtOnce) {
  const auto step = with<v1::Policy>("steps", "1m30s/5:english=60").steps(0);
  EXPECT_EQ(step.offers(), 5);
  EXPECT_EQ(from_proto(step.after()), std::chrono::seconds{90});
  EXPECT_EQ(step.requirements(0).skill_id(), "english");
  EXPECT_EQ(with<v1::Policy>("steps", "0s/50").steps(0).offers(), 50);
  EXPECT_EQ(with<v1::Policy>("steps", "0s:english").steps(0).offers(), 0) << "the server's default";
}

TEST_F(FlagsTest, ANumberOfOffersThatNoStepCanHaveIsRefused) {
  for (const std::string number : {"0", "51", "-1", "many", "", "5/6"}) {
    const auto refused = [&] { with<v1::Policy>("steps", "30s/" + number + ":english"); };
    EXPECT_THAT(refused, ThrowsMessage<UsageError>("--flag: “" + number +
                                                   "” is not a number of agents from 1 to 50, such as 30s/5:english"));
  }
}

TEST_F(FlagsTest, ARequirementMayHaveTwoBounds) {
  const auto request = with<v1::CreateContactRequest>("requirements", "english=20..50");
  EXPECT_EQ(request.requirements(0).min_level(), 20);
  EXPECT_EQ(request.requirements(0).max_level(), 50);
  EXPECT_FALSE(with<v1::CreateContactRequest>("requirements", "english=20").requirements(0).has_max_level());
  EXPECT_EQ(with<v1::Policy>("steps", "0s:english=0..9").steps(0).requirements(0).max_level(), 9);
  EXPECT_THROW(with<v1::CreateContactRequest>("requirements", "english=20.."), UsageError);
}

TEST_F(FlagsTest, ASkillMayEnd) {
  const auto agent = with<v1::Agent>("skills", "licence=1@2026-12-31T00:00:00Z");
  EXPECT_EQ(agent.skills(0).skill_id(), "licence");
  EXPECT_EQ(agent.skills(0).level(), 1);
  EXPECT_EQ(agent.skills(0).expire_time().seconds(), 1'798'675'200);
  EXPECT_TRUE(with<v1::Agent>("skills", "licence=1@2026-12-31").skills(0).has_expire_time());
  EXPECT_FALSE(with<v1::Agent>("skills", "licence=1").skills(0).has_expire_time());
  EXPECT_THROW(with<v1::Agent>("skills", "licence=1@soon"), UsageError);
}

TEST_F(FlagsTest, AStepWithoutRequirementsTakesAnyAgent) {
  EXPECT_THAT(with<v1::Policy>("steps", "1m").steps(0).requirements(), IsEmpty());
}

TEST_F(FlagsTest, PairsAreSplitAtTheFirstEqualsSign) {
  EXPECT_EQ(with<v1::Agent>("skills", "english=80").skills(0).level(), 80);
  EXPECT_EQ(with<v1::Agent>("channel_limits", "chat=3").channel_limits(0).max_contacts(), 3);
  EXPECT_EQ(with<v1::CreateContactRequest>("attributes", "formula=a=b").attributes().at("formula"), "a=b");
}

TEST_F(FlagsTest, AChannelInterruptsAListOfOthers) {
  const auto rule = with<v1::WorkspaceSettings>("interrupts", "voice=email,ticket").interrupts(0);
  EXPECT_EQ(rule.channel(), v1::CHANNEL_VOICE);
  EXPECT_THAT(rule.interrupts(), ElementsAre(v1::CHANNEL_EMAIL, v1::CHANNEL_TICKET));
  EXPECT_THAT(with<v1::WorkspaceSettings>("interrupts", "voice=").interrupts(0).interrupts(), IsEmpty());
  EXPECT_THROW(with<v1::WorkspaceSettings>("interrupts", "voice"), UsageError);
  EXPECT_THROW(with<v1::WorkspaceSettings>("interrupts", "fax=email"), UsageError);
  EXPECT_THROW(with<v1::WorkspaceSettings>("interrupts", "voice=email;ticket"), UsageError);
}

TEST_F(FlagsTest, WhatDoesNotFitIsRefused) {
  EXPECT_THROW(with<v1::Agent>("skills", "english"), UsageError);
  EXPECT_THROW(with<v1::Agent>("skills", "english=high"), UsageError);
  EXPECT_THROW(with<v1::Agent>("capacity_units", "12x"), UsageError);
  EXPECT_THROW(with<v1::Policy>("steps", "soon:english"), UsageError);
  EXPECT_THROW(with<v1::Policy>("offer_timeout", "20"), UsageError);
  EXPECT_THROW(with<v1::CreateContactRequest>("schedule_time", "noon"), UsageError);
}

TEST_F(FlagsTest, OnlyTheFlagsGivenAreNamedInTheMask) {
  CLI::App command;
  FieldFlags flags(command, v1::Policy::descriptor());
  flags.add("--name", "display_name", "");
  flags.add("--offer-timeout", "offer_timeout", "");
  flags.add("--auto-accept,!--no-auto-accept", "auto_accept", "");
  command.parse("--no-auto-accept --offer-timeout 15s");
  v1::Policy policy;
  const auto mask = flags.filler()(policy);
  EXPECT_THAT(mask.paths(), ElementsAre("offer_timeout", "auto_accept"));
  EXPECT_FALSE(policy.auto_accept());
  EXPECT_EQ(from_proto(policy.offer_timeout()), std::chrono::seconds{15});
}

}  // namespace
}  // namespace muster::cli
