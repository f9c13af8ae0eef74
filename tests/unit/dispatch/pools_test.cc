#include "pools.h"

#include "floor.h"

// Pools of agents that are lent to a queue while it needs them: own staff first, then partners, then the crowd.
namespace muster::dispatch {
namespace {

class Pools : public Floor {
 protected:
  Pools() {
    for (const char* id : {"own", "partner", "crowd"}) skill(id);
  }
  static PredicateDraft having(const std::string& id) { return {Predicate::Kind::kSkill, {}, {id, 0, kLevelMax}}; }
  static PolicyChange lending(Lending partner, const std::string& lender = {}) {
    PolicyChange change;
    change.pools = {{"own", having("own"), {}}, {"partner", having("partner"), {partner, lender}}};
    change.steps = {{seconds(0), {}, {}, {}, {"own", "partner"}}};
    change.auto_accept = true;
    return change;
  }
  void hold(PoolHold hold) { must(HoldPool{"calls", "partner", hold}); }
  bool open() const { return (engine.queue("calls")->pools.open & 2) != 0; }
};

TEST_F(Pools, APoolIsLentWhileMoreWaitThanAllowed) {
  queue({.policy = lending({.waiting = 2})});
  agent("anna", {{"own", 1}});
  agent("paul", {{"partner", 1}});
  agent("pia", {{"partner", 1}});
  const ContactId first = contact("calls");
  const ContactId second = contact("calls");
  contact("calls");
  pass(seconds(2));
  EXPECT_EQ(state(second), ContactState::kQueued) << "two wait, and paul is free";
  EXPECT_FALSE(open());
  contact("calls");
  pass(seconds(1));
  EXPECT_TRUE(open());
  EXPECT_EQ(with(second), "paul");
  EXPECT_EQ(with(first), "anna");
}

TEST_F(Pools, AnOverdueLookIsTakenThoughTheOnlyContactMovesInLineBeforeIt) {
  queue({.id = "lender"});
  PolicyChange change = lending({.lender_service_level = 90}, "lender");
  change.starvation_bound = std::chrono::milliseconds(1);
  queue({.policy = change});
  agent("paul", {{"partner", 1}});
  const ContactId waiting = contact("calls");
  now += seconds(10);
  engine.advance(now, events);
  EXPECT_TRUE(open());
  EXPECT_EQ(with(waiting), "paul");
}

TEST_F(Pools, AnOpenPoolStaysSoForAMinuteAndClosesWhenNothingWaits) {
  queue({.policy = lending({.waiting = 1})});
  agent("paul", {{"partner", 1}});
  agent("pia", {{"partner", 1}});
  const ContactId first = contact("calls");
  contact("calls");
  pass(seconds(1));
  EXPECT_EQ(state(first), ContactState::kActive);
  pass(seconds(30));
  complete(first);
  EXPECT_EQ(state(contact("calls")), ContactState::kActive);
  pass(minutes(1));
  EXPECT_FALSE(open());
  EXPECT_FALSE(engine.next_deadline()) << "nobody looks while nothing can change";
}

TEST_F(Pools, AContactWithAFreeAgentInALentPoolDoesNotSkipItsStep) {
  PolicyChange change = lending({.waiting = 5});
  change.steps->push_back({seconds(60), {}});
  queue({.policy = change});
  agent("paul", {{"partner", 1}});
  const ContactId id = contact("calls");
  EXPECT_EQ(see(id).step, 0) << "the pool may open";
  pass(minutes(1));
  EXPECT_EQ(with(id), "paul") << "anybody will do now";
}

TEST_F(Pools, AServiceLevelBelowTheBoundOpensThePool) {
  queue({.policy = lending({.service_level = 80})});
  agent("anna", {{"own", 1}});
  agent("paul", {{"partner", 1}});
  const ContactId busy_with = contact("calls");
  const ContactId late = contact("calls");
  pass(seconds(21));  // past the target of 20 s
  complete(busy_with);
  EXPECT_EQ(with(late), "anna");
  EXPECT_EQ(service_level(engine.queue("calls")->recent, now), 50);
  const ContactId next = contact("calls");
  pass(seconds(1));
  EXPECT_EQ(with(next), "paul");
}

TEST_F(Pools, ALenderInTroubleLendsNothing) {
  queue({.id = "lender", .policy = {.auto_accept = true}});
  queue({.policy = lending({.waiting = 0, .lender_service_level = 90}, "lender")});
  const ContactId lost = contact("lender");
  agent("paul", {{"partner", 1}});
  EXPECT_EQ(with(lost), "paul");
  pass(minutes(1));
  ask(EndContact{contact("lender"), ContactState::kAbandoned, ""});
  complete(lost);
  const ContactId id = contact("calls");
  pass(minutes(5));
  EXPECT_EQ(state(id), ContactState::kQueued) << "half of the lender's customers left";
  pass(minutes(15));
  EXPECT_EQ(with(id), "paul") << "that was a while ago";
}

TEST_F(Pools, APredictedWaitOverTheBoundOpensThePool) {
  queue({.policy = lending({.predicted_wait = minutes(3)})});
  agent("anna", {{"own", 1}});
  agent("paul", {{"partner", 1}});
  for (int i = 0; i < 4; ++i) {
    const ContactId id = contact("calls");
    pass(minutes(2));
    complete(id);
  }
  contact("calls");
  const ContactId first = contact("calls");
  pass(seconds(1));
  EXPECT_EQ(state(first), ContactState::kActive) << "another would wait 4 minutes";
  EXPECT_EQ(with(first), "paul");
}

TEST_F(Pools, ASupervisorOpensAndClosesAPool) {
  queue({.policy = lending({.waiting = 1})});
  agent("paul", {{"partner", 1}});
  const ContactId first = contact("calls");
  hold(PoolHold::kOpen);
  EXPECT_EQ(with(first), "paul");
  complete(first);
  pass(minutes(5));
  EXPECT_TRUE(open());
  hold(PoolHold::kClosed);
  const ContactId second = contact("calls");
  contact("calls");
  pass(minutes(5));
  EXPECT_EQ(state(second), ContactState::kQueued);
  hold(PoolHold::kNone);
  EXPECT_EQ(with(second), "paul") << "two wait";
}

TEST_F(Pools, WhatRingsInAPoolThatClosesGoesOnRinging) {
  PolicyChange change = lending({.waiting = 0});
  change.auto_accept = false;
  queue({.policy = change});
  hold(PoolHold::kOpen);
  agent("paul", {{"partner", 1}});
  const ContactId id = contact("calls");
  EXPECT_EQ(with(id), "paul");
  hold(PoolHold::kClosed);
  EXPECT_EQ(with(id), "paul");
  EXPECT_TRUE(accept(id).ok());
}

TEST_F(Pools, AnUnknownPoolOrLenderIsRefused) {
  queue({.policy = lending({.waiting = 1})});
  EXPECT_EQ(ask(HoldPool{"calls", "crowd", PoolHold::kOpen}).outcome, Outcome::kPoolNotFound);
  EXPECT_EQ(ask(HoldPool{"nowhere", "own", PoolHold::kOpen}).outcome, Outcome::kQueueNotFound);
  PolicyChange change;
  change.steps = {{seconds(0), {}, {}, {}, {"crowd"}}};
  EXPECT_EQ(ask(UpdatePolicy{"calls-policy", change}).outcome, Outcome::kPoolNotFound);
  EXPECT_EQ(ask(UpdatePolicy{"calls-policy", lending({.waiting = 1}, "nowhere")}).outcome, Outcome::kQueueNotFound);
}

TEST_F(Pools, AConditionMustBeBearableWhateverPoolsAreOpen) {
  PolicyChange change;
  std::vector<PredicateDraft> many;
  for (std::uint8_t level = 1; level <= 8; ++level) {
    many.push_back({Predicate::Kind::kSkill, {}, {"own", level, level}});
  }
  std::vector<PredicateDraft> others;
  for (std::uint8_t level = 1; level <= 8; ++level) {
    others.push_back({Predicate::Kind::kNot, {{Predicate::Kind::kSkill, {}, {"crowd", level, level}}}, {}});
  }
  change.pools = {{"everybody", {}, {{.waiting = 100}, {}}},
                  {"one", {Predicate::Kind::kAllOf, others, {}}, {}},
                  {"two", {Predicate::Kind::kAllOf, others, {}}, {}}};
  (*change.pools)[2].members.parts = many;
  for (PredicateDraft& part : (*change.pools)[2].members.parts) part = {Predicate::Kind::kNot, {part}, {}};
  change.steps = {{seconds(0), {}, {}, {}, {"everybody", "one", "two"}}};
  EXPECT_EQ(ask(CreatePolicy{"large", change}).outcome, Outcome::kConditionTooLarge)
      << "8 times 8 lists without the first";
}

TEST_F(Pools, AnAgentWhoKeepsTheSkillsKeepsWhatRingsFromAPoolThatClosed) {
  PolicyChange change = lending({.waiting = 0});
  change.auto_accept = false;
  queue({.policy = change});
  hold(PoolHold::kOpen);
  agent("paul", {{"partner", 1}});
  const ContactId id = contact("calls");
  hold(PoolHold::kClosed);
  AgentChange renamed;
  renamed.display_name = "Paul";
  renamed.skills = {{"partner", 2}};
  must(UpdateAgent{"paul", renamed});
  EXPECT_EQ(with(id), "paul");
}

TEST_F(Pools, StepsKeepTheirPoolsWhenOthersJoinOrAreReordered) {
  queue({.policy = lending({})});
  agent("paul", {{"partner", 1}});
  PolicyChange change;
  change.pools = {{"crowd", having("crowd"), {}}, {"partner", having("partner"), {}}, {"own", having("own"), {}}};
  must(UpdatePolicy{"calls-policy", change});
  agent("cora", {{"crowd", 1}});
  become("paul", Presence::kBreak);
  const ContactId id = contact("calls");
  EXPECT_EQ(state(id), ContactState::kQueued) << "the crowd is not in the step";
  become("paul", Presence::kAvailable);
  EXPECT_EQ(with(id), "paul");
  change.pools->erase(change.pools->begin() + 1);
  EXPECT_EQ(ask(UpdatePolicy{"calls-policy", change}).outcome, Outcome::kPoolInUse) << "the step names it";
}

TEST(RecentServiceTest, AfterAQuarterOfAnHourAWaitCountsNoMore) {
  RecentService recent;
  TimePoint now{hours(1000)};
  EXPECT_EQ(service_level(recent, now), 100) << "none ended";
  note_ended(recent, false, now);
  note_ended(recent, true, now + minutes(5));
  EXPECT_EQ(service_level(recent, now + minutes(5)), 50);
  EXPECT_EQ(service_level(recent, now + minutes(14)), 50);
  EXPECT_EQ(service_level(recent, now + minutes(15)), 100);
  note_ended(recent, false, now + minutes(19));
  EXPECT_EQ(service_level(recent, now + minutes(19)), 50);
  EXPECT_EQ(service_level(recent, now + minutes(20)), 0);
  EXPECT_EQ(service_level(recent, now + hours(5)), 100);
}

}  // namespace
}  // namespace muster::dispatch
