#include "routing_view.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>

#include "speech.h"

namespace muster::cli {
namespace {

using testing::Contains;
using testing::Pair;

template <class Message>
Message parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

std::string text_of(const std::string& condition) { return condition_text(parse<v1::AgentCondition>(condition)); }

class RoutingViewTest : public InEnglish {};
class ChineseRoutingViewTest : public InChinese {};

constexpr char kVipOrTrained[] = R"(
  all_of {
    conditions { skill { skill_id: "english" min_level: 60 } }
    conditions { any_of { conditions { skill { skill_id: "vip" } }
                          conditions { none_of { conditions { skill { skill_id: "trainee" } } } } } }
  })";

TEST_F(RoutingViewTest, AConditionReadsAsItIsSaid) {
  EXPECT_EQ(text_of(kVipOrTrained), "english ≥ 60 and (vip or not trainee)");
  EXPECT_EQ(text_of(R"(none_of { conditions { skill { skill_id: "a" } } conditions { skill { skill_id: "b" } } })"),
            "not (a or b)");
  EXPECT_EQ(text_of(R"(any_of { conditions { all_of { conditions { skill { skill_id: "a" } }
                                                      conditions { skill { skill_id: "b" } } } } })"),
            "a and b");
  EXPECT_EQ(text_of("all_of {}"), "any agent");
}

TEST_F(ChineseRoutingViewTest, AConditionReadsInChinese) {
  EXPECT_EQ(text_of(kVipOrTrained), "english ≥ 60 且 (vip 或 非 trainee)");
}

TEST_F(RoutingViewTest, ARequirementShowsTheBoundsThatItHas) {
  const auto text = [](const std::string& levels) {
    return requirement_text(parse<v1::SkillRequirement>("skill_id: 'english' " + levels));
  };
  EXPECT_EQ(text(""), "english");
  EXPECT_EQ(text("min_level: 20"), "english ≥ 20");
  EXPECT_EQ(text("max_level: 50"), "english ≤ 50");
  EXPECT_EQ(text("min_level: 20 max_level: 50"), "english 20..50");
}

TEST_F(RoutingViewTest, APolicyShowsWhatItsStepsAskAndPrefer) {
  const auto details = policy_details(parse<v1::Policy>(R"(
      steps {
        requirements { skill_id: "billing" }
        where { any_of { conditions { skill { skill_id: "vip" } } conditions { skill { skill_id: "senior" } } } }
        prefer { quality { seconds: 10 } ignore_idle_time: true newcomer_skill_id: "new" newcomer_percent: 30 }
      }
      gates { skill { skill_id: "licence" } })"));
  EXPECT_THAT(details, Contains(Pair("Step 1", "after 0s: billing and (vip or senior)")));
  EXPECT_THAT(details, Contains(Pair("Step 1 prefers",
                                     "10s a point of quality, idle time in ties only, 30 per cent first to new")));
  EXPECT_THAT(details, Contains(Pair("Gates", "licence")));
  EXPECT_THAT(details, Contains(Pair("Starvation bound", "never")));
}

TEST_F(RoutingViewTest, AQueueShowsItsPauseShareAndReserve) {
  const auto details =
      queue_details(parse<v1::Queue>("paused: true share: 3 idle_reserve: 4 reserve_skill_id: 'sales'"));
  EXPECT_THAT(details, Contains(Pair("Paused", "yes")));
  EXPECT_THAT(details, Contains(Pair("Share", "3")));
  EXPECT_THAT(details, Contains(Pair("Idle reserve", "4 (sales)")));
}

TEST_F(RoutingViewTest, ASkillThatEndsSaysWhen) {
  const auto agent = parse<v1::Agent>(
      "skills { skill_id: 'zh' level: 9 } skills { skill_id: 'licence' level: 1 expire_time { seconds: 86400 } }");
  EXPECT_THAT(agent_row(agent, TimePoint{}).back(), testing::MatchesRegex("zh 9, licence 1 \\(until 1970-01-0.*\\)"));
}

TEST_F(RoutingViewTest, APolicyShowsItsPoolsAndWhenTheyAreOpen) {
  const auto details = policy_details(parse<v1::Policy>(R"(
      steps { requirements { skill_id: "billing" } pool_ids: "own" pool_ids: "crowd" }
      pools { pool_id: "own" }
      pools {
        pool_id: "crowd"
        members { skill { skill_id: "crowd" } }
        lending {
          predicted_wait { seconds: 120 } waiting: 5 service_level: 80 lender_queue_id: "sales" lender_service_level: 90
        }
      }
      pools { pool_id: "partner" lending { lender_queue_id: "sales" lender_service_level: 70 } })"));
  EXPECT_THAT(details, Contains(Pair("Step 1", "after 0s: billing of own or crowd")));
  EXPECT_THAT(details, Contains(Pair("Pool own", "any agent; always open")));
  EXPECT_THAT(details, Contains(Pair(
                           "Pool crowd",
                           "crowd; open while the predicted wait is over 2m or more than 5 wait or fewer than 80% were "
                           "answered in time, if 90% were answered in time in sales")));
  EXPECT_THAT(details, Contains(Pair("Pool partner",
                                     "any agent; open while contacts wait, if 70% were answered in time in sales")));
}

TEST_F(RoutingViewTest, AQueueShowsItsOpenPools) {
  const auto details =
      queue_details(parse<v1::Queue>("open_pool_ids: ['own', 'crowd'] held_pool_ids: ['crowd', 'partner']"));
  EXPECT_THAT(details, Contains(Pair("Open pools", "own, crowd (kept open), partner (kept closed)")));
}

TEST_F(RoutingViewTest, AStepShowsHowManyAgentsItAsksAtOnce) {
  const auto policy = parse<v1::Policy>(R"(
      steps { requirements { skill_id: "billing" } offers: 1 }
      steps { after { seconds: 30 } pool_ids: "own" offers: 5 })");
  const auto details = policy_details(policy);
  EXPECT_THAT(details, Contains(Pair("Step 1", "after 0s: billing")));
  EXPECT_THAT(details, Contains(Pair("Step 2", "after 30s: any agent of own, 5 agents at once")));
  EXPECT_EQ(policy_row(policy)[2], "0s: billing; 30s: any agent of own, 5 agents at once");
}

TEST_F(ChineseRoutingViewTest, AStepShowsHowManyAgentsItAsksAtOnce) {
  EXPECT_THAT(policy_details(parse<v1::Policy>("steps { requirements { skill_id: 'billing' } offers: 5 }")),
              Contains(Pair("第 1 步", "0秒 后：billing，同时派给 5 名坐席")));
}

TEST_F(RoutingViewTest, SettingsShowRampUpAndInterruptions) {
  const auto details = settings_details(parse<v1::WorkspaceSettings>(R"(
      ramp_up_offers: 3
      interrupts { channel: CHANNEL_VOICE interrupts: [CHANNEL_EMAIL, CHANNEL_TICKET] }
      interrupts { channel: CHANNEL_CHAT interrupts: CHANNEL_TASK })"));
  EXPECT_THAT(details, Contains(Pair("Ramp-up offers", "3")));
  EXPECT_THAT(details, Contains(Pair("Interrupts", "voice: email, ticket; chat: task")));
  EXPECT_THAT(settings_details({}), Contains(Pair("Interrupts", "nothing")));
}

TEST_F(RoutingViewTest, AnAgentShowsWhatIsLeftOfTheRampUp) {
  EXPECT_THAT(agent_details(parse<v1::Agent>("ramp_up_offers_left: 2"), TimePoint{}),
              Contains(Pair("Ramp-up", "2 more offers come one at a time")));
  EXPECT_THAT(agent_details(parse<v1::Agent>("ramp_up_offers_left: 1"), TimePoint{}),
              Contains(Pair("Ramp-up", "1 more offer comes alone")));
  EXPECT_THAT(agent_details({}, TimePoint{}), testing::Not(Contains(testing::Key("Ramp-up"))));
}

TEST_F(ChineseRoutingViewTest, AnAgentShowsWhatIsLeftOfTheRampUp) {
  for (const int left : {1, 2}) {
    const auto agent = parse<v1::Agent>("ramp_up_offers_left: " + std::to_string(left));
    EXPECT_THAT(agent_details(agent, TimePoint{}),
                Contains(Pair("渐进派单", "还有 " + std::to_string(left) + " 个派单单独发出")));
  }
}

TEST_F(RoutingViewTest, AnAgentShowsWhatComesNext) {
  const auto agent = parse<v1::Agent>(
      "presence: AGENT_PRESENCE_AVAILABLE next_presence: AGENT_PRESENCE_BREAK next_presence_reason: 'lunch'");
  EXPECT_EQ(agent_row(agent, TimePoint{})[2], "available → break");
  EXPECT_THAT(agent_details(agent, TimePoint{}), Contains(Pair("Next presence", "break (lunch)")));
}

}  // namespace
}  // namespace muster::cli
