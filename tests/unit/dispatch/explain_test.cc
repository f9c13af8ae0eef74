#include "muster/dispatch/explain.h"

#include "floor.h"

namespace muster::dispatch {
namespace {

class Explain : public Floor {
 protected:
  Explain() {
    for (const char* id : {"english", "billing"}) skill(id);
    QueueSetup setup;
    setup.policy.steps = {{seconds(0), {{"english", 60}}}, {seconds(30), {{"english", 20}}}};
    setup.policy.refusal_cool_down = seconds(60);
    queue(setup);
  }
  Standing standing(ContactId id, const std::string& agent) const {
    return standing_of(engine, see(id), prospects(id), see(agent), now);
  }
  Prospects prospects(ContactId id) const { return prospects_of(engine, see(id), now); }
  static std::uint32_t count(const Prospects& prospects, Obstacle obstacle) {
    return prospects.agents[static_cast<std::size_t>(obstacle)];
  }
};

TEST_F(Explain, EachAgentMeetsTheFirstObstacleThatStandsInTheWay) {
  agent("busy", {{"english", 90}});
  working("calls");
  agent("novice");
  agent("beginner", {{"english", 10}});
  agent("excluded", {{"english", 90}});
  hire("home", {{"english", 90}});
  agent("resting", {{"english", 90}});
  become("resting", Presence::kBreak, "lunch");
  CreateContact command = wanted("calls");
  command.excluded_agents = {"excluded"};
  const ContactId id = contact(command);
  ASSERT_EQ(state(id), ContactState::kQueued);
  EXPECT_EQ(standing(id, "novice").obstacle, Obstacle::kSkill);
  EXPECT_EQ(standing(id, "beginner").obstacle, Obstacle::kLevel);
  EXPECT_EQ(standing(id, "beginner").level, 10);
  EXPECT_EQ(standing(id, "beginner").required.min_level, 60);
  EXPECT_EQ(standing(id, "excluded").obstacle, Obstacle::kExcluded);
  EXPECT_EQ(standing(id, "home").obstacle, Obstacle::kSignedOff);
  EXPECT_EQ(standing(id, "resting").obstacle, Obstacle::kNotAvailable);
  EXPECT_EQ(standing(id, "busy").obstacle, Obstacle::kCapacity);

  const Prospects all = prospects(id);
  for (const Obstacle obstacle : {Obstacle::kSkill, Obstacle::kLevel, Obstacle::kExcluded, Obstacle::kSignedOff,
                                  Obstacle::kNotAvailable, Obstacle::kCapacity}) {
    EXPECT_EQ(count(all, obstacle), 1U) << int(obstacle);
  }
  EXPECT_EQ(count(all, Obstacle::kNone), 0U);
}

TEST_F(Explain, WhoCouldNeverHaveRoomIsNotCalledBusy) {
  hire("small", {{"english", 90}}, 10);
  EXPECT_EQ(standing(contact("calls"), "small").obstacle, Obstacle::kChannel);
}

TEST_F(Explain, ASuspendedAgentIsNotCalledSignedOff) {
  agent("ann", {{"english", 90}});
  must(SuspendAgent{"ann", true, "audit"});
  EXPECT_EQ(standing(contact("calls"), "ann").obstacle, Obstacle::kSuspended);
}

TEST_F(Explain, WhoNeverWasAvailableHasNoIdleTime) {
  hire("new", {{"english", 90}});
  EXPECT_EQ(standing(contact("calls"), "new").idle, std::nullopt);
}

TEST_F(Explain, ALostConnectionIsNotAvailable) {
  agent("ann", {{"english", 90}});
  must(LoseSession{session("ann")});
  EXPECT_EQ(standing(contact("calls"), "ann").obstacle, Obstacle::kNotAvailable);
}

TEST_F(Explain, ARefusalBarsUntilItsCoolDownEnds) {
  agent("ann", {{"english", 90}});
  const ContactId id = contact("calls");
  decline(id);
  pass(seconds(20));
  EXPECT_EQ(standing(id, "ann").obstacle, Obstacle::kCoolDown);
  EXPECT_EQ(standing(id, "ann").cool_down_until, now + seconds(40));
  EXPECT_EQ(prospects(id).next_cool_down, now + seconds(40));
}

TEST_F(Explain, ThreeDeclinesBarForGood) {
  agent("ann", {{"english", 90}});
  const ContactId id = contact("calls");
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(with(id), "ann");
    decline(id);
    pass(seconds(60));
  }
  EXPECT_EQ(standing(id, "ann").obstacle, Obstacle::kCoolDown);
  EXPECT_EQ(standing(id, "ann").cool_down_until, TimePoint());
  EXPECT_EQ(prospects(id).next_cool_down, std::nullopt);
}

TEST_F(Explain, WhatIsAskedIsTheStepInForceAndTheContactsOwn) {
  agent("resting", {{"english", 90}, {"billing", 90}});
  become("resting", Presence::kBreak);
  CreateContact command = wanted("calls");
  command.requirements = {{"billing", 5}};
  const ContactId id = contact(command);
  EXPECT_EQ(prospects(id).asked.all.size(), 2U);
  EXPECT_EQ(prospects(id).asked.all[0].min_level, 60);
  EXPECT_EQ(prospects(id).next_step, now + seconds(30));
  pass(seconds(30));
  EXPECT_EQ(prospects(id).asked.all[0].min_level, 20);
  EXPECT_EQ(prospects(id).next_step, std::nullopt) << "it was the last";
}

TEST_F(Explain, WhoCouldGetItHasNoObstacle) {
  agent("ann", {{"english", 90}});
  pass(seconds(3));
  agent("bob", {{"english", 90}});
  pass(seconds(2));
  const ContactId id = contact("calls");
  EXPECT_EQ(with(id), "ann");
  EXPECT_EQ(standing(id, "bob").obstacle, Obstacle::kNone);
  EXPECT_EQ(standing(id, "bob").idle, seconds(2)) << "ann had been idle for longer";
}

}  // namespace
}  // namespace muster::dispatch
