#include "requests.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

namespace muster::api {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kRequestId[] = "6f1f2c3e-8a52-4a4b-9d0e-5b3c1f6a7e21";

template <typename Request>
Request parse(const std::string& text) {
  Request request;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request)) << text;
  request.set_request_id(kRequestId);
  return request;
}

/// The fields of a request that are wrong, in order.
template <typename Request, typename... Session>
std::vector<std::string> wrong_fields(const Request& request, Session... session) {
  Checker check;
  (void)to_command(request, session..., check);
  std::vector<std::string> fields;
  if (check.ok()) return fields;
  for (const auto& violation : check.error().fields) fields.push_back(violation.field);
  return fields;
}

template <typename Request>
std::vector<std::string> wrong_fields(const std::string& text) {
  return wrong_fields(parse<Request>(text));
}

template <typename Body, typename Request>
Body body_of(const std::string& text) {
  Checker check;
  const auto command = to_command(parse<Request>(text), check);
  EXPECT_TRUE(check.ok());
  return std::get<Body>(command.body);
}

TEST(CreateContactRequest, EveryViolationIsNamed) {
  EXPECT_THAT(wrong_fields<v1::CreateContactRequest>(R"(
      priority: 101
      requirements { skill_id: "zh" min_level: 101 }
      requirements { skill_id: "zh" }
      excluded_agent_ids: "Mei"
      time_to_live { seconds: 0 })"),
              ElementsAre("queue_id", "priority", "requirements[0].min_level", "requirements[1].skill_id",
                          "excluded_agent_ids[0]", "time_to_live"));
}

TEST(CreateContactRequest, LevelsHaveTwoBounds) {
  EXPECT_THAT(wrong_fields<v1::CreateContactRequest>(R"(
      queue_id: "billing"
      requirements { skill_id: "zh" min_level: 40 max_level: 39 }
      requirements { skill_id: "en" max_level: 101 }
      requirements { skill_id: "fr" max_level: 0 })"),
              ElementsAre("requirements[0].max_level", "requirements[1].max_level"));
  const auto contact = body_of<dispatch::CreateContact, v1::CreateContactRequest>(
      R"(queue_id: "billing" requirements { skill_id: "zh" } requirements { skill_id: "en" max_level: 50 })");
  EXPECT_EQ(contact.requirements, (std::vector<dispatch::NamedRequirement>{{"zh", 0, 100}, {"en", 0, 50}}));
}

TEST(CreateContactRequest, APreferredAgentIsAnIdentifier) {
  EXPECT_THAT(wrong_fields<v1::CreateContactRequest>(R"(queue_id: "billing" preferred_agent_id: "Mei")"),
              ElementsAre("preferred_agent_id"));
}

TEST(PrioritizeContactRequest, HasItsLimits) {
  EXPECT_THAT(wrong_fields<v1::PrioritizeContactRequest>(R"(contact_id: "c-1" priority: 100)"), IsEmpty());
  EXPECT_THAT(wrong_fields<v1::PrioritizeContactRequest>(R"(contact_id: "x" priority: 101)"),
              ElementsAre("priority", "contact_id"));
}

TEST(AssignContactRequest, HasItsLimits) {
  const auto assign =
      body_of<dispatch::AssignContact, v1::AssignContactRequest>(R"(contact_id: "c-1" agent_id: "mei")");
  EXPECT_FALSE(assign.wait);
  EXPECT_THAT(wrong_fields<v1::AssignContactRequest>(R"(contact_id: "c-1" wait { seconds: 86401 })"),
              ElementsAre("agent_id", "wait"));
}

v1::AgentCondition skilled(const std::string& skill) {
  v1::AgentCondition condition;
  condition.mutable_skill()->set_skill_id(skill);
  return condition;
}

/// A condition in so many others.
v1::AgentCondition nested(int depth) {
  v1::AgentCondition condition = skilled("zh");
  for (int i = 1; i < depth; ++i) {
    v1::AgentCondition outer;
    *outer.mutable_all_of()->add_conditions() = std::move(condition);
    condition = std::move(outer);
  }
  return condition;
}

v1::CreatePolicyRequest policy_gated_by(const v1::AgentCondition& condition) {
  auto request = parse<v1::CreatePolicyRequest>(R"(policy { policy_id: "p" steps {} })");
  *request.mutable_policy()->mutable_gates() = condition;
  return request;
}

TEST(AgentCondition, ABadPartIsNamedWhereItStands) {
  EXPECT_THAT(
      wrong_fields<v1::CreatePolicyRequest>(R"(policy {
      policy_id: "p"
      steps { where { any_of { conditions { skill { skill_id: "A" min_level: 3 max_level: 2 } } conditions {} } } }
      gates { all_of { conditions { none_of {} } conditions { any_of {} } conditions { all_of {} } } } })"),
      ElementsAre("policy.steps[0].where.any_of.conditions[0].skill.skill_id",
                  "policy.steps[0].where.any_of.conditions[0].skill.max_level",
                  "policy.steps[0].where.any_of.conditions[1]", "policy.gates.all_of.conditions[0].none_of.conditions",
                  "policy.gates.all_of.conditions[1].any_of.conditions"));
}

TEST(AgentCondition, StandsEightDeepAtMost) {
  EXPECT_THAT(wrong_fields(policy_gated_by(nested(8))), IsEmpty());
  EXPECT_THAT(wrong_fields(policy_gated_by(nested(9))).size(), 1U);
}

TEST(AgentCondition, HoldsSixtyFourAtMost) {
  v1::AgentCondition condition;
  for (int i = 0; i < 63; ++i) *condition.mutable_all_of()->add_conditions() = skilled("zh");
  EXPECT_THAT(wrong_fields(policy_gated_by(condition)), IsEmpty());
  *condition.mutable_all_of()->add_conditions() = skilled("zh");
  EXPECT_THAT(wrong_fields(policy_gated_by(condition)), ElementsAre("policy.gates.all_of.conditions[63]"));
}

TEST(AgentCondition, NoneOfIsNotAnyOf) {
  const auto create = body_of<dispatch::CreatePolicy, v1::CreatePolicyRequest>(R"(policy {
      policy_id: "p" steps {} gates { none_of { conditions { skill { skill_id: "zh" } } } } })");
  using Kind = dispatch::Predicate::Kind;
  const dispatch::PredicateDraft zh{Kind::kSkill, {}, {"zh"}};
  EXPECT_EQ(*create.change.gates, (dispatch::PredicateDraft{Kind::kNot, {{Kind::kAnyOf, {zh}, {}}}, {}}));
}

TEST(AgentPreferences, HaveTheirLimits) {
  EXPECT_THAT(wrong_fields<v1::CreatePolicyRequest>(R"(policy {
      policy_id: "p"
      steps { prefer { load { seconds: -1 } quality { seconds: 86401 } newcomer_percent: 101 } }
      steps { after { seconds: 1 } prefer { newcomer_percent: 10 newcomer_skill_id: "new" cost { seconds: 86400 } } }
      preferred_agent_wait { seconds: 86401 }
      starvation_bound { seconds: 1209601 } })"),
              ElementsAre("policy.steps[0].prefer.load", "policy.steps[0].prefer.quality",
                          "policy.steps[0].prefer.newcomer_percent", "policy.steps[0].prefer.newcomer_skill_id",
                          "policy.preferred_agent_wait", "policy.starvation_bound"));
}

TEST(UpdatePolicyRequest, AFieldNamedButNotSetGoesBackToItsDefault) {
  const auto update = body_of<dispatch::UpdatePolicy, v1::UpdatePolicyRequest>(R"(
      policy { policy_id: "p" }
      update_mask { paths: ["gates", "preferred_agent_wait", "strict_priority", "by_deadline", "starvation_bound"] })");
  EXPECT_EQ(update.change.gates, dispatch::PredicateDraft{});
  EXPECT_EQ(update.change.preferred_agent_wait, 20s);
  EXPECT_EQ(update.change.strict_priority, false);
  EXPECT_EQ(update.change.by_deadline, false);
  EXPECT_EQ(update.change.starvation_bound, 30min);
  EXPECT_FALSE(update.change.steps);
}

TEST(UpdateQueueRequest, PauseShareAndReserveHaveTheirLimits) {
  EXPECT_THAT(wrong_fields<v1::UpdateQueueRequest>(R"(
      queue { queue_id: "q" share: 1001 idle_reserve: 10001 reserve_skill_id: "A" }
      update_mask { paths: ["paused", "share", "idle_reserve", "reserve_skill_id"] })"),
              ElementsAre("queue.share", "queue.idle_reserve", "queue.reserve_skill_id"));
  const auto update = body_of<dispatch::UpdateQueue, v1::UpdateQueueRequest>(R"(
      queue { queue_id: "q" } update_mask { paths: ["paused", "share", "idle_reserve", "reserve_skill_id"] })");
  EXPECT_EQ(update.change.paused, false);
  EXPECT_EQ(update.change.share, 0);
  EXPECT_EQ(update.change.idle_reserve, 0);
  EXPECT_EQ(update.change.reserve_skill, "");
}

TEST(UpdateAgentRequest, QualityCostAndEndsOfSkillsHaveTheirLimits) {
  EXPECT_THAT(wrong_fields<v1::UpdateAgentRequest>(R"(
      agent { agent_id: "mei" quality: 101 cost: -1 skills { skill_id: "zh" expire_time { nanos: -1 } } }
      update_mask { paths: ["quality", "cost", "skills"] })"),
              ElementsAre("agent.skills[0].expire_time", "agent.quality", "agent.cost"));
  const auto update = body_of<dispatch::UpdateAgent, v1::UpdateAgentRequest>(R"(
      agent { agent_id: "mei" skills { skill_id: "zh" } skills { skill_id: "en" expire_time {} } }
      update_mask { paths: "skills" })");
  EXPECT_EQ(update.change.skills->at(0).valid_until, TimePoint{}) << "for good";
  EXPECT_LT(update.change.skills->at(1).valid_until, TimePoint{}) << "1970 is long past";
}

TEST(UpdateWorkspaceSettingsRequest, TheQueueOrderIsOneThatExists) {
  EXPECT_THAT(wrong_fields<v1::UpdateWorkspaceSettingsRequest>(
                  R"(settings { queue_order: 99 } update_mask { paths: "queue_order" })"),
              ElementsAre("settings.queue_order"));
  const auto update =
      body_of<dispatch::UpdateSettings, v1::UpdateWorkspaceSettingsRequest>(R"(update_mask { paths: "queue_order" })");
  EXPECT_EQ(update.change.queue_order, dispatch::QueueOrder::kRank);
}

TEST(UpdateWorkspaceSettingsRequest, RampUpOffersAreAHundredAtMost) {
  const auto update = [](const std::string& settings) {
    return parse<v1::UpdateWorkspaceSettingsRequest>(settings + R"( update_mask { paths: "ramp_up_offers" })");
  };
  EXPECT_THAT(wrong_fields(update("settings { ramp_up_offers: 100 }")), IsEmpty());
  EXPECT_THAT(wrong_fields(update("settings { ramp_up_offers: 101 }")), ElementsAre("settings.ramp_up_offers"));
  EXPECT_THAT(wrong_fields(update("settings { ramp_up_offers: 256 }")), ElementsAre("settings.ramp_up_offers"));
  EXPECT_THAT(wrong_fields(update("settings { ramp_up_offers: -1 }")), ElementsAre("settings.ramp_up_offers"));
  const auto off = body_of<dispatch::UpdateSettings, v1::UpdateWorkspaceSettingsRequest>(
      R"(update_mask { paths: "ramp_up_offers" })");
  EXPECT_EQ(off.change.ramp_up_offers, 0);
  EXPECT_FALSE(off.change.interrupts) << "not named";
}

TEST(UpdateWorkspaceSettingsRequest, ContactsInterruptWhatTheirChannelNames) {
  const auto update = body_of<dispatch::UpdateSettings, v1::UpdateWorkspaceSettingsRequest>(R"(
      settings {
        interrupts { channel: CHANNEL_VOICE interrupts: [CHANNEL_EMAIL, CHANNEL_TICKET] }
        interrupts { channel: CHANNEL_CHAT interrupts: CHANNEL_TASK }
        interrupts { channel: CHANNEL_EMAIL }
      }
      update_mask { paths: "interrupts" })");
  dispatch::PerChannel<dispatch::ChannelSet> expected{};
  expected[raw(dispatch::Channel::kVoice)] = bit_of(dispatch::Channel::kEmail) | bit_of(dispatch::Channel::kTicket);
  expected[raw(dispatch::Channel::kChat)] = bit_of(dispatch::Channel::kTask);
  EXPECT_EQ(update.change.interrupts, expected);
  const auto none =
      body_of<dispatch::UpdateSettings, v1::UpdateWorkspaceSettingsRequest>(R"(update_mask { paths: "interrupts" })");
  EXPECT_EQ(none.change.interrupts, dispatch::Settings{}.interrupts);
}

TEST(UpdateWorkspaceSettingsRequest, NeitherCallsNorTheChannelItselfAreInterrupted) {
  EXPECT_THAT(wrong_fields<v1::UpdateWorkspaceSettingsRequest>(R"(
      settings {
        interrupts { channel: CHANNEL_CHAT interrupts: [CHANNEL_VOICE, CHANNEL_CHAT, CHANNEL_UNSPECIFIED, 99] }
        interrupts { channel: CHANNEL_VOICE interrupts: [CHANNEL_TASK, CHANNEL_EMAIL, CHANNEL_TASK] }
        interrupts { channel: CHANNEL_CHAT interrupts: CHANNEL_TASK }
        interrupts { interrupts: CHANNEL_TASK }
        interrupts { channel: 99 }
      }
      update_mask { paths: "interrupts" })"),
              ElementsAre("settings.interrupts[0].interrupts[0]", "settings.interrupts[0].interrupts[1]",
                          "settings.interrupts[0].interrupts[2]", "settings.interrupts[0].interrupts[3]",
                          "settings.interrupts[1].interrupts[2]", "settings.interrupts[2].channel",
                          "settings.interrupts[3].channel", "settings.interrupts[4].channel"));
}

TEST(UpdateWorkspaceSettingsRequest, ListsOfInterruptionsAreNoLongerThanThereAreChannels) {
  auto request = parse<v1::UpdateWorkspaceSettingsRequest>(R"(update_mask { paths: "interrupts" })");
  auto* settings = request.mutable_settings();
  for (int i = 0; i < 7; ++i) settings->add_interrupts()->set_channel(v1::CHANNEL_VOICE);
  EXPECT_THAT(wrong_fields(request), ElementsAre("settings.interrupts"));
  settings->clear_interrupts();
  auto* rule = settings->add_interrupts();
  rule->set_channel(v1::CHANNEL_VOICE);
  for (int i = 0; i < 7; ++i) rule->add_interrupts(v1::CHANNEL_TASK);
  EXPECT_THAT(wrong_fields(request), ElementsAre("settings.interrupts[0].interrupts"));
}

TEST(CreateContactRequest, AMinimalOneIsGood) {
  EXPECT_THAT(wrong_fields<v1::CreateContactRequest>(R"(queue_id: "billing")"), IsEmpty());
}

TEST(CreateContactRequest, TenMegabytesOfAttributesAreRefusedByName) {
  auto request = parse<v1::CreateContactRequest>(R"(queue_id: "billing")");
  (*request.mutable_attributes())["note"] = std::string(10 << 20, 'x');
  EXPECT_THAT(wrong_fields(request), ElementsAre("attributes"));
}

TEST(CreateContactRequest, AttributesHaveLimits) {
  auto request = parse<v1::CreateContactRequest>(R"(queue_id: "billing")");
  for (int i = 0; i < 64; ++i) (*request.mutable_attributes())["key" + std::to_string(i)] = "value";
  EXPECT_THAT(wrong_fields(request), IsEmpty());
  (*request.mutable_attributes())["one more"] = "";
  EXPECT_THAT(wrong_fields(request), ElementsAre("attributes"));
  request.clear_attributes();
  (*request.mutable_attributes())[std::string(65, 'k')] = "";
  EXPECT_THAT(wrong_fields(request), ElementsAre("attributes"));
}

TEST(CreateContactRequest, AttributesHoldNoNul) {
  auto request = parse<v1::CreateContactRequest>(R"(queue_id: "billing")");
  (*request.mutable_attributes())["note"] = std::string("a\0b", 3);
  EXPECT_THAT(wrong_fields(request), ElementsAre("attributes"));
  request.clear_attributes();
  (*request.mutable_attributes())[std::string("a\0b", 3)] = "";
  EXPECT_THAT(wrong_fields(request), ElementsAre("attributes"));
}

TEST(CreateContactRequest, MayBeDueAFortnightAheadAtMost) {
  auto request = parse<v1::CreateContactRequest>(R"(queue_id: "billing")");
  const auto ahead = [](Duration span) {
    return std::chrono::floor<std::chrono::seconds>(wall_now() + span).time_since_epoch().count();
  };
  request.mutable_schedule_time()->set_seconds(ahead(14 * 24h - 1h));
  EXPECT_THAT(wrong_fields(request), IsEmpty());
  request.mutable_schedule_time()->set_seconds(ahead(14 * 24h + 1h));
  EXPECT_THAT(wrong_fields(request), ElementsAre("schedule_time"));
  request.mutable_schedule_time()->set_seconds(0);
  EXPECT_THAT(wrong_fields(request), IsEmpty());
}

TEST(CreatePolicyRequest, StepsComeInOrder) {
  const std::string head = R"(policy { policy_id: "p" )";
  EXPECT_THAT(wrong_fields<v1::CreatePolicyRequest>(head + "}"), ElementsAre("policy.steps"));
  EXPECT_THAT(wrong_fields<v1::CreatePolicyRequest>(head + "steps {} steps { after { seconds: 30 } } }"), IsEmpty());
  EXPECT_THAT(wrong_fields<v1::CreatePolicyRequest>(head + "steps { after { seconds: 1 } } }"),
              ElementsAre("policy.steps[0].after"));
  EXPECT_THAT(wrong_fields<v1::CreatePolicyRequest>(
                  head + "steps {} steps { after { seconds: 30 } } steps { after { seconds: 30 } } }"),
              ElementsAre("policy.steps[2].after"));
}

TEST(CreatePolicyRequest, AStepOffersToFiftyAgentsAtMost) {
  EXPECT_THAT(wrong_fields<v1::CreatePolicyRequest>(R"(policy {
      policy_id: "p"
      steps { offers: 51 }
      steps { after { seconds: 1 } offers: -1 }
      steps { after { seconds: 2 } offers: 257 }
      steps { after { seconds: 3 } offers: 50 } })"),
              ElementsAre("policy.steps[0].offers", "policy.steps[1].offers", "policy.steps[2].offers"));
  const auto created = body_of<dispatch::CreatePolicy, v1::CreatePolicyRequest>(R"(policy {
      policy_id: "p"
      steps {}
      steps { after { seconds: 1 } offers: 0 }
      steps { after { seconds: 2 } offers: 1 }
      steps { after { seconds: 3 } offers: 50 } })");
  std::vector<int> offers;
  for (const auto& step : *created.change.steps) offers.push_back(step.offers);
  EXPECT_THAT(offers, ElementsAre(1, 1, 1, 50));
}

TEST(CreatePolicyRequest, WhatIsNotSaidIsLeftToTheDefaults) {
  const auto created =
      body_of<dispatch::CreatePolicy, v1::CreatePolicyRequest>(R"(policy { policy_id: "p" steps {} })");
  EXPECT_FALSE(created.change.offer_timeout.has_value());
  EXPECT_FALSE(created.change.refusal_cool_down.has_value());
}

TEST(CreateQueueRequest, NeedsAChannelAndAPolicy) {
  EXPECT_THAT(wrong_fields<v1::CreateQueueRequest>(R"(queue { queue_id: "q" })"),
              ElementsAre("queue.channel", "queue.policy_id"));
}

TEST(CreateAgentRequest, NamesEachSkillAndChannelOnce) {
  EXPECT_THAT(wrong_fields<v1::CreateAgentRequest>(R"(agent { agent_id: "mei"
      skills { skill_id: "zh" level: 100 } skills { skill_id: "zh" level: 101 }
      capacity_units: 1001
      channel_limits { channel: CHANNEL_CHAT max_contacts: 3 }
      channel_limits { channel: CHANNEL_CHAT max_contacts: 101 }
      channel_limits { max_contacts: 1 } })"),
              ElementsAre("agent.skills[1].level", "agent.skills[1].skill_id", "agent.capacity_units",
                          "agent.channel_limits[1].max_contacts", "agent.channel_limits[1].channel",
                          "agent.channel_limits[2].channel"));
}

TEST(CreateAgentRequest, NoCapacityMeansTheDefaultOne) {
  const auto created = body_of<dispatch::CreateAgent, v1::CreateAgentRequest>(R"(agent { agent_id: "mei" })");
  EXPECT_FALSE(created.change.capacity_units.has_value());
}

TEST(UpdateRequests, ChangeOnlyWhatTheMaskNames) {
  const auto update = body_of<dispatch::UpdateAgent, v1::UpdateAgentRequest>(
      R"(agent { agent_id: "mei" display_name: "Mei" capacity_units: 0 } update_mask { paths: "capacity_units" })");
  EXPECT_EQ(update.change.capacity_units, 0);
  EXPECT_FALSE(update.change.display_name.has_value());
  EXPECT_FALSE(update.change.skills.has_value());
}

TEST(UpdateRequests, AFieldThatIsNamedButNotThereGoesBackToItsDefault) {
  const auto update = body_of<dispatch::UpdateQueue, v1::UpdateQueueRequest>(
      R"(queue { queue_id: "q" } update_mask { paths: "service_level_target" })");
  EXPECT_EQ(update.change.service_level_target, 20s);
}

TEST(UpdateRequests, AnEmptyMaskIsAnError) {
  EXPECT_THAT(wrong_fields<v1::UpdateSkillRequest>(R"(skill { skill_id: "zh" })"), ElementsAre("update_mask"));
}

TEST(UpdateRequests, AMaskMayNotNameWhatCannotChange) {
  for (const char* path : {"queue_id", "channel", "nonsense", "policy_id.x"}) {
    EXPECT_THAT(wrong_fields<v1::UpdateQueueRequest>(R"(queue { queue_id: "q" } update_mask { paths: ")" +
                                                     std::string(path) + "\" }"),
                ElementsAre("update_mask"))
        << path;
  }
  EXPECT_THAT(wrong_fields<v1::UpdateAgentRequest>(R"(agent { agent_id: "mei" } update_mask { paths: "presence" })"),
              ElementsAre("update_mask"));
}

TEST(SessionRequests, OnlyThePersonsPresencesMayBeSet) {
  v1::SetPresenceRequest request;
  request.set_request_id(kRequestId);
  for (const auto presence :
       {v1::AGENT_PRESENCE_UNSPECIFIED, v1::AGENT_PRESENCE_NOT_RESPONDING, v1::AGENT_PRESENCE_SUSPENDED}) {
    request.set_presence(presence);
    EXPECT_THAT(wrong_fields(request, dispatch::SessionId{1}), ElementsAre("presence"));
  }
  request.set_presence(v1::AGENT_PRESENCE_BREAK);
  EXPECT_THAT(wrong_fields(request, dispatch::SessionId{1}), IsEmpty());
}

TEST(SessionRequests, ADeclineSaysWhy) {
  const auto request = parse<v1::DeclineOfferRequest>(R"(offer_id: "o-1")");
  EXPECT_THAT(wrong_fields(request, dispatch::SessionId{1}), ElementsAre("reason"));
}

TEST(SessionRequests, AContactHandedOnMayGoToItsOwnQueue) {
  const auto request = parse<v1::ReturnContactRequest>(R"(contact_id: "c-1")");
  EXPECT_THAT(wrong_fields(request, dispatch::SessionId{1}), IsEmpty());
}

TEST(AgentPools, HaveTheirLimits) {
  EXPECT_THAT(wrong_fields<v1::CreatePolicyRequest>(R"(policy {
      policy_id: "p"
      steps { pool_ids: ["own", "own", "Crowd"] }
      pools { pool_id: "own" members {} }
      pools { pool_id: "own" lending { predicted_wait { seconds: 86401 } waiting: 10001 service_level: 101 } }
      pools { pool_id: "crowd" lending { lender_service_level: 80 } }
      pools { pool_id: "partner" lending { lender_queue_id: "sales" } }
      pools { lending { lender_queue_id: "Sales" lender_service_level: 101 } } })"),
              ElementsAre("policy.steps[0].pool_ids[1]", "policy.steps[0].pool_ids[2]", "policy.pools[0].members",
                          "policy.pools[1].pool_id", "policy.pools[1].lending.predicted_wait",
                          "policy.pools[1].lending.waiting", "policy.pools[1].lending.service_level",
                          "policy.pools[2].lending.lender_queue_id", "policy.pools[3].lending.lender_service_level",
                          "policy.pools[4].pool_id", "policy.pools[4].lending.lender_queue_id",
                          "policy.pools[4].lending.lender_service_level"));
}

TEST(AgentPools, AreEightAtMost) {
  auto request = parse<v1::CreatePolicyRequest>(R"(policy { policy_id: "p" steps {} })");
  for (int i = 0; i < 8; ++i) request.mutable_policy()->add_pools()->set_pool_id("pool" + std::to_string(i));
  EXPECT_THAT(wrong_fields(request), IsEmpty());
  request.mutable_policy()->add_pools()->set_pool_id("pool8");
  EXPECT_THAT(wrong_fields(request), ElementsAre("policy.pools"));
}

TEST(AgentPools, AreReadWithTheirLending) {
  const auto create = body_of<dispatch::CreatePolicy, v1::CreatePolicyRequest>(R"(policy {
      policy_id: "p" steps { pool_ids: "crowd" }
      pools {
        pool_id: "crowd" members { skill { skill_id: "zh" } }
        lending {
          predicted_wait { seconds: 90 } waiting: 5 service_level: 80 lender_queue_id: "sales" lender_service_level: 90
        }
      } })");
  ASSERT_EQ(create.change.pools->size(), 1U);
  const dispatch::PoolDraft& pool = create.change.pools->front();
  EXPECT_EQ(pool.id, "crowd");
  EXPECT_EQ(pool.members, (dispatch::PredicateDraft{dispatch::Predicate::Kind::kSkill, {}, {"zh"}}));
  EXPECT_EQ(pool.lending.lender, "sales");
  EXPECT_EQ(pool.lending.conditions, (dispatch::Lending{90s, 5, 80, {}, 90}));
  EXPECT_THAT(create.change.steps->front().pools, ElementsAre("crowd"));
}

TEST(UpdatePolicyRequest, PoolsAreLeftAsTheyAreUnlessTheMaskNamesThem) {
  const std::string policy = R"(policy { policy_id: "p" pools { pool_id: "own" } } update_mask { paths: ")";
  EXPECT_FALSE((body_of<dispatch::UpdatePolicy, v1::UpdatePolicyRequest>(policy + "gates\" }").change.pools));
  EXPECT_EQ((body_of<dispatch::UpdatePolicy, v1::UpdatePolicyRequest>(policy + "pools\" }").change.pools->size()), 1U);
}

TEST(SetPoolHoldRequest, SaysWhatBecomesOfWhichPool) {
  EXPECT_THAT(wrong_fields<v1::SetPoolHoldRequest>("queue_id: 'Q' hold: 9"),
              ElementsAre("queue_id", "pool_id", "hold"));
  EXPECT_THAT(wrong_fields<v1::SetPoolHoldRequest>("queue_id: 'q' pool_id: 'p'"), ElementsAre("hold"));
  const auto hold =
      body_of<dispatch::HoldPool, v1::SetPoolHoldRequest>("queue_id: 'q' pool_id: 'p' hold: POOL_HOLD_CLOSED");
  EXPECT_EQ(hold.hold, dispatch::PoolHold::kClosed);
}

TEST(SetAgentPresenceRequest, SetsWhatThePersonCouldSet) {
  EXPECT_THAT(wrong_fields<v1::SetAgentPresenceRequest>("presence: AGENT_PRESENCE_SUSPENDED"),
              ElementsAre("agent_id", "presence"));
  const auto set = body_of<dispatch::SetAgentPresence, v1::SetAgentPresenceRequest>(
      "agent_id: 'mei' presence: AGENT_PRESENCE_BREAK reason: 'coaching' next: true");
  EXPECT_EQ(set.presence, dispatch::Presence::kBreak);
  EXPECT_EQ(set.reason, "coaching");
  EXPECT_TRUE(set.next);
}

}  // namespace
}  // namespace muster::api
