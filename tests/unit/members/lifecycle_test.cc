#include "lifecycle.h"

#include <gmock/gmock.h>

#include <functional>
#include <set>
#include <vector>

namespace muster::members {
namespace {

using namespace v1;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

std::set<MemberState> all_states() {
  std::set<MemberState> states;
  for (int i = MemberState_MIN + 1; i <= MemberState_MAX; ++i) states.insert(static_cast<MemberState>(i));
  return states;
}

TEST(Lifecycle, NobodyServesWhoWasNotVerifiedTrainedAndCertified) {
  // By every way from APPLIED, the states that come before the first one that serves.
  std::set<std::vector<MemberState>> ways;
  const std::function<void(std::vector<MemberState>)> walk = [&](const std::vector<MemberState>& way) {
    for (const MemberState next : next_states(way.back(), MEMBER_STATE_UNSPECIFIED)) {
      std::vector<MemberState> longer = way;
      longer.push_back(next);
      serves(next) ? static_cast<void>(ways.insert(longer)) : walk(longer);
    }
  };
  walk({MEMBER_STATE_APPLIED});
  EXPECT_THAT(ways, ElementsAre(ElementsAre(MEMBER_STATE_APPLIED, MEMBER_STATE_VERIFIED, MEMBER_STATE_TRAINING,
                                            MEMBER_STATE_CERTIFIED, MEMBER_STATE_PROBATION)));
}

TEST(Lifecycle, WhoHasLeftStaysAway) { EXPECT_THAT(next_states(MEMBER_STATE_CLOSED, {}), IsEmpty()); }

TEST(Lifecycle, EverybodyElseMayLeave) {
  for (const MemberState state : all_states()) {
    if (state != MEMBER_STATE_CLOSED) {
      EXPECT_THAT(next_states(state, MEMBER_STATE_ACTIVE), Contains(MEMBER_STATE_CLOSED))
          << v1::MemberState_Name(state);
    }
  }
}

TEST(Lifecycle, APauseEndsWhereItBegan) {
  for (const MemberState from : {MEMBER_STATE_PROBATION, MEMBER_STATE_ACTIVE}) {
    const MemberState back = returns_to_after(from, {}, MEMBER_STATE_PAUSED);
    EXPECT_THAT(next_states(MEMBER_STATE_PAUSED, back), Contains(from));
  }
}

TEST(Lifecycle, ASuspensionDuringAPauseStillKnowsWhereThatBegan) {
  const MemberState paused = returns_to_after(MEMBER_STATE_PROBATION, {}, MEMBER_STATE_PAUSED);
  const MemberState suspended = returns_to_after(MEMBER_STATE_PAUSED, paused, MEMBER_STATE_SUSPENDED);
  EXPECT_EQ(suspended, MEMBER_STATE_PROBATION);
}

TEST(Lifecycle, ALiftedSuspensionSparesNobodyTheTraining) {
  const MemberState back = returns_to_after(MEMBER_STATE_RETRAINING, {}, MEMBER_STATE_SUSPENDED);
  EXPECT_THAT(next_states(MEMBER_STATE_SUSPENDED, back), Contains(MEMBER_STATE_RETRAINING));
  EXPECT_THAT(next_states(MEMBER_STATE_SUSPENDED, back), Not(Contains(MEMBER_STATE_ACTIVE)));
  // Nor is there a pause on the way, which would end in another state.
  EXPECT_THAT(next_states(MEMBER_STATE_SUSPENDED, back), Not(Contains(MEMBER_STATE_PAUSED)));
}

TEST(Lifecycle, NoStateFollowsItselfNorTwice) {
  for (const MemberState state : all_states()) {
    for (const MemberState back : {MEMBER_STATE_PROBATION, MEMBER_STATE_ACTIVE}) {
      const auto next = next_states(state, back);
      EXPECT_THAT(next, Not(Contains(state))) << v1::MemberState_Name(state);
      EXPECT_EQ(std::set(next.begin(), next.end()).size(), next.size()) << v1::MemberState_Name(state);
    }
  }
}

}  // namespace
}  // namespace muster::members
