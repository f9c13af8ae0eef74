#include <gmock/gmock.h>

#include "duration.h"
#include "explain_view.h"
#include "speech.h"

namespace muster::cli {
namespace {

using std::chrono::seconds;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr TimePoint kNow{std::chrono::hours(24 * 365 * 50)};

class ExplainTest : public InEnglish {
 protected:
  ExplainTest() { response.mutable_contact()->set_state(v1::CONTACT_STATE_QUEUED); }
  void count(v1::Obstacle obstacle, int agents) {
    auto* item = response.add_obstacles();
    item->set_obstacle(obstacle);
    item->set_agents(agents);
  }
  std::vector<std::string> lines() const { return explanation_lines(response, kNow); }

  v1::ExplainContactResponse response;
};
class ExplainAgentTest : public InEnglish {};
class ChineseExplainTest : public InChinese {};

TEST_F(ExplainTest, ItSaysWhatWouldGetAWaitingContactToAnAgent) {
  count(v1::OBSTACLE_LEVEL, 7);
  count(v1::OBSTACLE_NOT_AVAILABLE, 1);
  count(v1::OBSTACLE_CAPACITY, 2);
  *response.mutable_next_step_time() = to_proto(kNow + seconds(15));
  EXPECT_THAT(lines(), Contains("       7  not at a required level"));
  EXPECT_THAT(lines(), Contains("  2 agents who fit are busy: as soon as one has room"));
  EXPECT_THAT(lines(), Contains("  1 agent who fits is on a break, not responding or cut off: when available again"));
  EXPECT_THAT(lines(), Contains("  its policy moves to the next step, which may ask for less: in 15s"));
}

TEST_F(ExplainTest, WhenNobodyFitsItSaysSo) {
  count(v1::OBSTACLE_SKILL, 3);
  EXPECT_THAT(lines(), Contains("  nobody may have it: change its policy or an agent's profile, or transfer it"));
}

TEST_F(ExplainTest, AContactInHandNeedsNoWayOut) {
  response.mutable_contact()->set_state(v1::CONTACT_STATE_ACTIVE);
  EXPECT_THAT(lines(), Not(Contains("What would get it to an agent:")));
}

TEST_F(ExplainTest, AnEstimateSaysWhatItRestsOn) {
  v1::WaitEstimate& estimate = *response.mutable_estimate();
  EXPECT_THAT(lines(), Contains("  unknown: no agent who fits is available"));
  estimate.set_servers(5);
  estimate.set_contacts_ahead(3);
  EXPECT_THAT(lines(),
              Contains("  unknown: the queue has not handled a contact yet (contacts ahead 3, served at once 5)"));
  *estimate.mutable_wait() = to_proto(seconds(150));
  EXPECT_THAT(lines(), Contains("Estimated wait from now on:"));
  EXPECT_THAT(lines(), Contains("  about 2m 30s (contacts ahead 3, served at once 5)"));
}

TEST_F(ExplainTest, WhatDoesNotWaitHasNoEstimate) {
  EXPECT_THAT(lines(), Not(Contains("Estimated wait from now on:")));
}

TEST_F(ExplainTest, ANamedAgentIsToldApart) {
  auto* standing = response.add_agents();
  standing->set_agent_id("li.na");
  standing->set_obstacle(v1::OBSTACLE_LEVEL);
  standing->mutable_required()->set_skill_id("english");
  standing->mutable_required()->set_min_level(60);
  standing->set_level(40);
  EXPECT_THAT(lines(), Contains("  li.na: not at a required level; asked for is english ≥ 60, the agent has 40"));
  standing->set_obstacle(v1::OBSTACLE_COOL_DOWN);
  EXPECT_THAT(lines(), Contains("  li.na: in cool-down after a refusal; for good: declined too often"));
  *standing->mutable_cool_down_end_time() = to_proto(kNow + seconds(40));
  EXPECT_THAT(lines(), Contains("  li.na: in cool-down after a refusal; ends in 40s"));
}

TEST_F(ExplainTest, WhatHoldsAContactBackIsSaid) {
  count(v1::OBSTACLE_PAUSED, 2);
  count(v1::OBSTACLE_PREFERRED, 1);
  response.set_preferred_agent_id("li.na");
  *response.mutable_preferred_until_time() = to_proto(kNow + seconds(12));
  EXPECT_THAT(lines(), Contains("       2  ready, but its queue is paused"));
  EXPECT_THAT(lines(), Contains("  2 agents are ready for it: when its queue is no longer paused"));
  EXPECT_THAT(lines(), Contains("  it waits for li.na alone, then for any agent: in 12s"));
  response.mutable_obstacles(0)->set_obstacle(v1::OBSTACLE_RESERVE);
  EXPECT_THAT(lines(), Contains("  2 agents are ready for it: when more agents are idle than its queue leaves for "
                                "others"));
}

TEST_F(ExplainTest, AlternativesAreToldInWords) {
  auto* alternatives = response.add_alternatives();
  alternatives->add_alternatives()->mutable_requirement()->set_skill_id("vip");
  auto* other = alternatives->add_alternatives();
  other->mutable_requirement()->set_skill_id("trainee");
  other->set_negated(true);
  EXPECT_THAT(lines(), Contains("  vip or not trainee"));
  EXPECT_THAT(lines(), Not(Contains("  any agent")));
  auto* standing = response.add_agents();
  standing->set_agent_id("li.na");
  standing->set_obstacle(v1::OBSTACLE_CONDITION);
  *standing->mutable_alternatives() = *alternatives;
  EXPECT_THAT(lines(), Contains("  li.na: who do not meet a condition; asked for is vip or not trainee"));
}

TEST_F(ChineseExplainTest, ItIsToldInChinese) {
  v1::ExplainContactResponse response;
  response.mutable_contact()->set_state(v1::CONTACT_STATE_QUEUED);
  EXPECT_THAT(explanation_lines(response, kNow), Contains("怎样才能分给坐席："));
}

TEST_F(ExplainTest, ScoresAreToldByTheirPartsAndCompared) {
  auto* chosen = response.mutable_offered_to();
  chosen->set_agent_id("li.na");
  *chosen->mutable_score()->mutable_total() = to_proto(seconds(600));
  response.mutable_offer()->set_agent_id("li.na");
  auto* standing = response.add_agents();
  standing->set_agent_id("wang.wei");
  standing->set_obstacle(v1::OBSTACLE_NONE);
  auto* score = standing->mutable_score();
  *score->mutable_total() = to_proto(seconds(240));
  *score->mutable_idle() = to_proto(seconds(300));
  *score->mutable_cost() = to_proto(-seconds(60));
  EXPECT_THAT(lines(), Contains("      score 10m: idle 0s"));
  EXPECT_THAT(lines(), Contains("    score 4m: idle 5m, cost -1m"));
  EXPECT_THAT(lines(), Contains("    6m less than li.na"));
}

TEST_F(ExplainTest, AClosedPoolMayOpen) {
  response.add_closed_pool_ids("crowd");
  response.add_alternatives();
  EXPECT_THAT(lines(), Contains("  an agent of a pool that is closed now: when it opens (crowd)"));
  EXPECT_THAT(lines(), Contains("  a pool that is open"));
}

TEST_F(ExplainAgentTest, AnAgentIsToldWhatWaits) {
  v1::ExplainAgentResponse response;
  response.mutable_agent()->set_presence(v1::AGENT_PRESENCE_AVAILABLE);
  response.mutable_agent()->set_connected(true);
  auto* room = response.add_rooms();
  room->set_channel(v1::CHANNEL_CHAT);
  room->set_contacts(2);
  response.set_obstacle(v1::OBSTACLE_NONE);
  EXPECT_THAT(explanation_lines(response), Contains("  nothing waits"));
  auto* busy = response.add_waiting();
  busy->set_queue_id("billing");
  busy->set_obstacle(v1::OBSTACLE_CAPACITY);
  busy->set_contacts(3);
  auto* unfit = response.add_waiting();
  unfit->set_queue_id("sales");
  unfit->set_obstacle(v1::OBSTACLE_SKILL);
  unfit->mutable_required()->set_skill_id("sales");
  unfit->set_contacts(12);
  response.set_contacts_left_out(7);
  EXPECT_THAT(explanation_lines(response),
              testing::IsSupersetOf(
                  {"  chat 2", "  nothing that waits can be offered to the agent now",
                   "Waiting contacts that are for the agent:", "       3  billing: without enough capacity",
                   "Waiting contacts that are not:", "      12  sales: without a required skill; asked for is sales",
                   "  7 more contacts wait: too many to look at"}));
  response.set_obstacle(v1::OBSTACLE_NOT_AVAILABLE);
  response.mutable_agent()->set_next_presence(v1::AGENT_PRESENCE_BREAK);
  EXPECT_THAT(explanation_lines(response),
              Contains("  break comes once nothing is in hand: until then nothing more is offered"));
}

}  // namespace
}  // namespace muster::cli
