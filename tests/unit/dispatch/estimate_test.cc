#include "floor.h"
#include "hash.h"

namespace muster::dispatch {
namespace {

class EstimateTest : public Floor {
 protected:
  EstimateTest() {
    skill("german");
    skill("english");
    queue({.id = "calls", .policy = answered_at_once({{}})});
    queue({.id = "german", .policy = answered_at_once({{Duration{}, {{"german", 0}}}})});
    queue({.id = "english", .policy = answered_at_once({{Duration{}, {{"english", 0}}}})});
  }

  static PolicyChange answered_at_once(std::vector<StepDraft> steps) {
    PolicyChange policy;
    policy.steps = std::move(steps);
    policy.auto_accept = true;
    return policy;
  }

  /// The queue learns that a contact takes an agent so long.
  void learn(const std::string& queue_id, Duration each) {
    const ContactId id = contact(queue_id);
    EXPECT_EQ(state(id), ContactState::kActive);
    pass(each);
    EXPECT_TRUE(complete(id).ok());
  }

  WaitEstimate arrival(const std::string& queue_id, std::uint8_t priority = 0) {
    return engine.estimate_wait(Arrival{engine.queue(queue_id)->handle, priority, {}}, now);
  }
  WaitEstimate of(ContactId id) {
    const auto estimate = engine.estimate_wait(id, now);
    EXPECT_TRUE(estimate.has_value());
    return estimate.value_or(WaitEstimate{});
  }
  const QueuePace& pace(const std::string& queue_id) { return engine.queue(queue_id)->pace; }
  /// Makes the next contact one of those that get an estimate.
  void come_to_an_estimate() {
    pass(seconds(1));
    while (mix(raw(engine.last_contact()) + 1) % 8 != 0) {
      must(EndContact{contact("calls"), ContactState::kCancelled, ""});
    }
  }
  [[nodiscard]] std::size_t estimates() const {
    const auto created = all<ContactCreated>();
    return static_cast<std::size_t>(std::count_if(
        created.begin(), created.end(), [](const ContactCreated& each) { return each.estimated_wait > Duration{}; }));
  }
};

TEST_F(EstimateTest, NobodyAvailableGivesNone) {
  agent("anna");
  learn("calls", minutes(1));
  become("anna", Presence::kBreak);
  const WaitEstimate estimate = arrival("calls");
  EXPECT_EQ(estimate.wait, std::nullopt);
  EXPECT_EQ(estimate.servers, 0);
}

TEST_F(EstimateTest, AQueueThatHandledNothingYetGivesNone) {
  agent("anna");
  contact("calls");
  const WaitEstimate estimate = arrival("calls");
  EXPECT_EQ(estimate.wait, std::nullopt);
  EXPECT_EQ(estimate.servers, 1);
  EXPECT_EQ(see(contact("calls")).estimated_wait, Duration{});
}

TEST_F(EstimateTest, AFreeAgentMeansNoWait) {
  agent("anna");
  learn("calls", minutes(1));
  EXPECT_EQ(arrival("calls").wait, Duration{});
  EXPECT_EQ(see(contact("calls")).estimated_wait, Duration{});
}

TEST_F(EstimateTest, EachContactAheadTakesItsShareOfTheAgents) {
  agent("anna");
  agent("ben");
  learn("calls", minutes(4));
  contact("calls");
  contact("calls");
  EXPECT_EQ(arrival("calls").wait, minutes(2));
  const ContactId first = contact("calls");
  const ContactId second = contact("calls");
  EXPECT_EQ(of(first).wait, minutes(2));
  EXPECT_EQ(of(second).wait, minutes(4));
  EXPECT_EQ(arrival("calls").wait, minutes(6));
  EXPECT_EQ(arrival("calls").ahead, 2);
  EXPECT_EQ(arrival("calls").servers, 2);
}

TEST_F(EstimateTest, AContactKeepsTheEstimateWithWhichItWasQueued) {
  agent("anna");
  learn("calls", minutes(4));
  contact("calls");
  come_to_an_estimate();
  EXPECT_EQ(see(contact("calls")).estimated_wait, minutes(4));
  come_to_an_estimate();
  const ContactId second = contact("calls");
  EXPECT_EQ(last<ContactCreated>().estimated_wait, minutes(8));
  EXPECT_EQ(see(second).estimated_wait, minutes(8));
}

TEST_F(EstimateTest, OneContactASecondGetsAnEstimateAtMost) {
  agent("anna");
  learn("calls", minutes(4));
  contact("calls");
  const std::size_t before = estimates();
  for (int i = 0; i < 100; ++i) contact("calls");
  EXPECT_EQ(estimates() - before, 1U);
  pass(seconds(1));
  for (int i = 0; i < 100; ++i) contact("calls");
  EXPECT_EQ(estimates() - before, 2U);
}

TEST_F(EstimateTest, AScheduledContactGetsItsEstimateWhenDue) {
  agent("anna");
  learn("calls", minutes(4));
  contact("calls");
  CreateContact later = wanted("calls");
  come_to_an_estimate();
  later.due = now + minutes(1);
  const ContactId id = contact(later);
  EXPECT_EQ(see(id).estimated_wait, Duration{});
  pass(minutes(1));
  EXPECT_EQ(see(id).estimated_wait, minutes(4));
}

TEST_F(EstimateTest, ATransferTakesAnotherQueuesEstimateAway) {
  agent("anna");
  learn("calls", minutes(4));
  contact("calls");
  const ContactId id = contact("calls");
  must(TransferContact{id, "english", ""});
  EXPECT_EQ(see(id).estimated_wait, Duration{});
}

TEST_F(EstimateTest, HigherPriorityGoesBeforeWhatWaits) {
  agent("anna");
  learn("calls", minutes(1));
  contact("calls");
  const ContactId waiting = contact("calls");
  EXPECT_EQ(arrival("calls", 100).wait, minutes(1));
  EXPECT_EQ(arrival("calls", 0).wait, minutes(2));
  contact(wanted("calls", 100));
  EXPECT_EQ(of(waiting).wait, minutes(2));
}

TEST_F(EstimateTest, OnlyWhatIsQueuedHasOne) {
  agent("anna");
  const ContactId id = contact("calls");
  EXPECT_EQ(engine.estimate_wait(id, now), std::nullopt);
  EXPECT_EQ(engine.estimate_wait(ContactId{99}, now), std::nullopt);
}

TEST_F(EstimateTest, LevelsBelowTheMinimumDoNotServe) {
  queue({.id = "good", .policy = answered_at_once({{Duration{}, {{"german", 60}}}})});
  agent("anna", {{"german", 80}});
  agent("ben", {{"german", 40}});
  learn("good", minutes(4));
  contact("good");
  EXPECT_EQ(arrival("good").servers, 1);
  EXPECT_EQ(arrival("good").wait, minutes(4));
}

TEST_F(EstimateTest, ContactsForOtherAgentsAreNotAhead) {
  agent("anna", {{"german", 50}});
  agent("ben", {{"english", 50}});
  learn("german", minutes(4));
  contact("german");
  contact("english");
  for (int i = 0; i < 5; ++i) contact("english");
  EXPECT_EQ(arrival("german").ahead, 0);
  EXPECT_EQ(arrival("german").wait, minutes(4));
}

TEST_F(EstimateTest, ContactsThatAllAgentsShareCountByTheShare) {
  agent("anna", {{"german", 50}});
  agent("ben", {{"german", 50}});
  learn("german", minutes(4));
  agent("carl");
  agent("dora");
  for (int i = 0; i < 4; ++i) contact("calls");
  for (int i = 0; i < 4; ++i) contact("calls");
  // Of the four that all four agents may take, two go to the two who know German.
  EXPECT_EQ(arrival("german").ahead, 2);
  EXPECT_EQ(arrival("german").wait, minutes(6));
}

TEST_F(EstimateTest, ALineForOneOfManyAgentsHoldsUpThatOneAlone) {
  for (int i = 0; i < 10; ++i) agent("agent" + std::to_string(i), {{"english", 50}});
  agent("anna", {{"english", 50}, {"german", 50}});
  learn("english", minutes(11));
  for (int i = 0; i < 11; ++i) contact("english");
  for (int i = 0; i < 50; ++i) contact("german");
  // Anna is at the German ones for ever; the other ten come to the contact next.
  EXPECT_EQ(arrival("english").ahead, 0);
  EXPECT_NEAR(std::chrono::duration<double>(*arrival("english").wait).count(), 66, 0.1);
}

TEST_F(EstimateTest, AgentsForSeveralChatsServeSeveral) {
  queue({.id = "chats", .channel = Channel::kChat, .policy = answered_at_once({{}})});
  agent("anna");
  learn("chats", minutes(10));
  contact("chats");
  EXPECT_EQ(arrival("chats").wait, Duration{});
  contact("chats");
  EXPECT_EQ(arrival("chats").servers, 2);
  EXPECT_EQ(arrival("chats").wait, minutes(5));
}

TEST_F(EstimateTest, ALaterStepWithMoreAgentsIsWaitedFor) {
  queue({.id = "soon", .policy = answered_at_once({{Duration{}, {{"german", 0}}}, {seconds(30), {}}})});
  agent("anna", {{"german", 50}});
  learn("soon", minutes(10));
  contact("soon");
  for (int i = 0; i < 19; ++i) agent("agent" + std::to_string(i));
  for (int i = 0; i < 19; ++i) contact("calls");
  const ContactId id = contact("soon");
  EXPECT_EQ(of(id).wait, seconds(30));
  EXPECT_EQ(of(id).servers, 20);
  pass(seconds(20));
  EXPECT_EQ(of(id).wait, seconds(30));  // 600 s over 20 agents
}

TEST_F(EstimateTest, AStepThatNobodySignedInCanMeetIsPassed) {
  queue({.id = "soon", .policy = answered_at_once({{Duration{}, {{"german", 0}}}, {hours(1), {}}})});
  agent("anna");
  learn("soon", minutes(10));
  EXPECT_EQ(arrival("soon").wait, Duration{});
  contact("soon");
  EXPECT_EQ(arrival("soon").wait, minutes(10));
}

TEST_F(EstimateTest, TheTimeToAnswerIsPartOfTheWait) {
  queue({.id = "manual"});
  agent("anna");
  const ContactId id = contact("manual");
  pass(seconds(10));
  EXPECT_TRUE(accept(id).ok());
  pass(seconds(50));
  EXPECT_TRUE(complete(id).ok());
  EXPECT_EQ(arrival("manual").wait, seconds(10));
  contact("manual");
  EXPECT_EQ(arrival("manual").wait, seconds(70));
}

TEST_F(EstimateTest, AbandonedContactsTeachPatience) {
  agent("anna");
  learn("calls", minutes(1));
  contact("calls");
  const ContactId id = contact("calls");
  pass(seconds(30));
  must(EndContact{id, ContactState::kAbandoned, ""});
  EXPECT_EQ(pace("calls").abandoned, 1024);
  EXPECT_EQ(pace("calls").waiting, seconds(30));
}

TEST_F(EstimateTest, AFailedSetupIsNotHandledButTakesTime) {
  queue({.id = "manual"});
  agent("anna");
  const ContactId id = working("manual");
  pass(seconds(15));
  must(ReportSetupFailure{session("anna"), id, ""});
  EXPECT_EQ(pace("manual").handled, 0);
  EXPECT_EQ(pace("manual").working, seconds(15));
}

TEST_F(EstimateTest, WhatIsHeldAndTakesNoUnitsIsNotBusy) {
  queue({.id = "chats", .channel = Channel::kChat, .policy = answered_at_once({{}})});
  agent("anna");
  const ContactId id = contact("chats");
  pass(minutes(1));
  must(HoldContact{session("anna"), id});
  pass(hours(5));
  must(ResumeContact{session("anna"), id});
  pass(minutes(2));
  EXPECT_TRUE(complete(id).ok());
  EXPECT_EQ(pace("chats").working, minutes(3));
}

TEST_F(EstimateTest, ARestoredEngineEstimatesTheSame) {
  agent("anna", {{"german", 50}, {"english", 50}});
  agent("ben", {{"english", 50}});
  learn("english", minutes(7));
  for (int i = 0; i < 5; ++i) contact("english");
  for (int i = 0; i < 3; ++i) contact("german");
  const Engine restored(engine.image());
  EXPECT_EQ(restored.state_hash(), engine.state_hash());
  const Arrival call{engine.queue("english")->handle, 0, {}};
  EXPECT_EQ(restored.estimate_wait(call, now).wait, engine.estimate_wait(call, now).wait);
  EXPECT_EQ(restored.estimate_wait(call, now).ahead, engine.estimate_wait(call, now).ahead);
}

// Where its class is listed must not depend on who was signed in when it came into use.
TEST_F(EstimateTest, WhatWaitsForAClosedPoolIsNotAheadWhoeverWasSignedInFirst) {
  StepDraft step;
  step.requirements = {{"english", 0}};
  step.pools = {"crowd"};
  PolicyChange policy = answered_at_once({step});
  policy.pools = {{"crowd", {Predicate::Kind::kSkill, {}, {"german", 0, kLevelMax}}, {}}};
  policy.pools->front().lending.conditions.waiting = 9;
  queue({.id = "lent", .policy = policy});
  contact("lent");  // nobody is signed in yet
  agent("anna", {{"english", 50}});
  learn("english", minutes(7));
  contact("english");
  const Engine restored(engine.image());
  const Arrival call{engine.queue("english")->handle, 0, {}};
  EXPECT_EQ(engine.estimate_wait(call, now).ahead, 0);
  EXPECT_EQ(restored.estimate_wait(call, now).ahead, 0);
}

}  // namespace
}  // namespace muster::dispatch
