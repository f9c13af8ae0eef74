#include "words.h"

#include <gmock/gmock.h>

#include "contact_view.h"
#include "duration.h"
#include "speech.h"

namespace muster::cli {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;

v1::OfferExplanation explanation() {
  v1::OfferExplanation explanation;
  explanation.set_trigger(v1::OFFER_TRIGGER_AGENT_FREE);
  explanation.set_step(1);
  explanation.set_agents_considered(3);
  auto* rejected = explanation.add_rejected();
  rejected->set_gate(v1::GATE_LEVEL);
  rejected->set_agents(1);
  *explanation.mutable_waited() = to_proto(seconds{80});
  *explanation.mutable_idle() = to_proto(seconds{30});
  explanation.set_runner_up_agent_id("bob");
  *explanation.mutable_runner_up_idle() = to_proto(seconds{5});
  return explanation;
}

class WordsTest : public InEnglish {};
class ChineseWordsTest : public InChinese {};

TEST_F(WordsTest, AnOfferIsExplainedInSentences) {
  EXPECT_THAT(explain(explanation()),
              ElementsAre("Offered because the agent had just become free; step 2 of the policy was in force, the "
                          "contact had waited 1m 20s.",
                          "3 agents with free capacity were considered; ruled out: 1 not at a required level.",
                          "The agent had been idle for 30s, the longest; next would have been bob, idle for 5s."));
}

TEST_F(WordsTest, AnOnlyCandidateHasNoRunnerUp) {
  v1::OfferExplanation alone = explanation();
  alone.set_agents_considered(1);
  alone.clear_rejected();
  alone.clear_runner_up_agent_id();
  EXPECT_EQ(explain(alone)[1], "1 agent with free capacity was considered.");
  EXPECT_EQ(explain(alone)[2], "The agent had been idle for 30s; nobody else came into question.");
}

TEST_F(WordsTest, AScoreIsToldBesideTheIdleTime) {
  v1::OfferExplanation scored = explanation();
  *scored.mutable_score() = to_proto(seconds{90});
  *scored.mutable_runner_up_score() = to_proto(seconds{-5});
  EXPECT_EQ(explain(scored)[2],
            "The agent had been idle for 30s and scored 1m 30s, the most; next would have been bob, idle for 5s, with "
            "-5s.");
  scored.clear_runner_up_agent_id();
  EXPECT_EQ(explain(scored)[2], "The agent had been idle for 30s and scored 1m 30s; nobody else came into question.");
}

TEST_F(ChineseWordsTest, AnOfferIsExplainedInChinese) {
  EXPECT_THAT(explain(explanation()),
              ElementsAre("派单起因：坐席刚刚空闲；当时生效的是策略第 2 步，会话已等待 1分20秒。",
                          "考虑了 3 位有空余容量的坐席；其中被排除：1 技能分值不符。",
                          "该坐席已空闲 30秒，时间最长；下一位会是 bob，空闲 5秒。"));
}

TEST_F(WordsTest, WhatIsHeldForAnotherContactIsInterrupted) {
  v1::Contact contact;
  contact.set_state(v1::CONTACT_STATE_HELD);
  EXPECT_EQ(state_text(contact), "held");
  contact.set_interrupted(true);
  EXPECT_EQ(state_text(contact), "interrupted");
  EXPECT_EQ(contact_row(contact, TimePoint{})[2], "interrupted");
  v1::ContactEvent event;
  event.set_kind(v1::CONTACT_EVENT_KIND_HELD);
  event.set_state(v1::CONTACT_STATE_HELD);
  EXPECT_THAT(event_line(event, TimePoint{}), testing::Not(testing::HasSubstr("interrupted")));
  event.set_interrupted(true);
  EXPECT_THAT(event_line(event, TimePoint{}), testing::HasSubstr("interrupted"));
}

TEST_F(ChineseWordsTest, WhatIsHeldForAnotherContactIsInterrupted) {
  v1::Contact contact;
  contact.set_state(v1::CONTACT_STATE_HELD);
  contact.set_interrupted(true);
  EXPECT_EQ(state_text(contact), "已打断");
  EXPECT_EQ(word_reason("taken"), "其他坐席已接受");
}

TEST_F(WordsTest, EveryKnownStateHasAWord) {
  for (int i = 1; i < v1::ContactState_ARRAYSIZE; ++i) {
    EXPECT_NE(word(static_cast<v1::ContactState>(i)).front(), '#');
  }
  for (int i = 1; i < v1::OfferState_ARRAYSIZE; ++i) EXPECT_NE(word(static_cast<v1::OfferState>(i)).front(), '#');
  for (int i = 1; i < v1::ContactEventKind_ARRAYSIZE; ++i) {
    EXPECT_NE(word(static_cast<v1::ContactEventKind>(i)).front(), '#');
  }
  for (int i = 1; i < v1::Gate_ARRAYSIZE; ++i) EXPECT_NE(word(static_cast<v1::Gate>(i)).front(), '#');
  for (int i = 1; i < v1::Obstacle_ARRAYSIZE; ++i) EXPECT_NE(word(static_cast<v1::Obstacle>(i)).front(), '#');
  for (int i = 1; i < v1::QueueOrder_ARRAYSIZE; ++i) EXPECT_NE(word(static_cast<v1::QueueOrder>(i)).front(), '#');
  for (int i = 1; i < v1::MetricUnit_ARRAYSIZE; ++i) EXPECT_NE(word(static_cast<v1::MetricUnit>(i)).front(), '#');
  for (int i = 1; i < v1::MetricDirection_ARRAYSIZE; ++i) {
    EXPECT_NE(word(static_cast<v1::MetricDirection>(i)).front(), '#');
  }
  for (int i = 1; i < v1::ContactOutcomeKind_ARRAYSIZE; ++i) {
    EXPECT_NE(word(static_cast<v1::ContactOutcomeKind>(i)).front(), '#');
  }
  for (int i = 1; i < v1::ServiceLevelMethod_ARRAYSIZE; ++i) {
    EXPECT_NE(word(static_cast<v1::ServiceLevelMethod>(i)).front(), '#');
  }
  for (int i = 1; i < v1::OfferTrigger_ARRAYSIZE; ++i) EXPECT_NE(word(static_cast<v1::OfferTrigger>(i)).front(), '#');
  for (int i = 1; i < v1::AgentPresence_ARRAYSIZE; ++i) EXPECT_NE(word(static_cast<v1::AgentPresence>(i)).front(), '#');
  for (int i = 1; i < v1::AgentActivity_ARRAYSIZE; ++i) EXPECT_NE(word(static_cast<v1::AgentActivity>(i)).front(), '#');
  for (int i = 1; i < v1::Channel_ARRAYSIZE; ++i) EXPECT_NE(word(static_cast<v1::Channel>(i)).front(), '#');
}

TEST_F(WordsTest, AReasonOfAPersonStaysAsItIs) {
  EXPECT_EQ(word_reason("missed_offer"), "missed an offer");
  EXPECT_EQ(word_reason("lunch, back at 1"), "lunch, back at 1");
  EXPECT_EQ(reason_in_brackets(""), "");
}

TEST_F(ChineseWordsTest, AReasonOfTheServerIsTranslated) {
  EXPECT_EQ(reason_in_brackets("missed_offer"), "（错过派单）");
}

TEST_F(WordsTest, AStateOfANewerServerShowsAsItsNumber) { EXPECT_EQ(word(static_cast<v1::ContactState>(99)), "#99"); }

}  // namespace
}  // namespace muster::cli
