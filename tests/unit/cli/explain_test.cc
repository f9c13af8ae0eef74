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
class ChineseExplainTest : public InChinese {};

TEST_F(ExplainTest, ItSaysWhatWouldGetAWaitingContactToAnAgent) {
  count(v1::OBSTACLE_LEVEL, 7);
  count(v1::OBSTACLE_NOT_AVAILABLE, 1);
  count(v1::OBSTACLE_CAPACITY, 2);
  *response.mutable_next_step_time() = to_proto(kNow + seconds(15));
  EXPECT_THAT(lines(), Contains("       7  below a required level"));
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

TEST_F(ExplainTest, ANamedAgentIsToldApart) {
  auto* standing = response.add_agents();
  standing->set_agent_id("li.na");
  standing->set_obstacle(v1::OBSTACLE_LEVEL);
  standing->mutable_required()->set_skill_id("english");
  standing->mutable_required()->set_min_level(60);
  standing->set_level(40);
  EXPECT_THAT(lines(), Contains("  li.na: below a required level; asked for is english ≥ 60, the agent has 40"));
  standing->set_obstacle(v1::OBSTACLE_COOL_DOWN);
  EXPECT_THAT(lines(), Contains("  li.na: in cool-down after a refusal; for good: declined too often"));
  *standing->mutable_cool_down_end_time() = to_proto(kNow + seconds(40));
  EXPECT_THAT(lines(), Contains("  li.na: in cool-down after a refusal; ends in 40s"));
}

TEST_F(ChineseExplainTest, ItIsToldInChinese) {
  v1::ExplainContactResponse response;
  response.mutable_contact()->set_state(v1::CONTACT_STATE_QUEUED);
  EXPECT_THAT(explanation_lines(response, kNow), Contains("怎样才能分给坐席："));
}

}  // namespace
}  // namespace muster::cli
