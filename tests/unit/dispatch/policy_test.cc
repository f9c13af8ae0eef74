#include "floor.h"

// Steps that widen over time, and configuration that is in force at once.
namespace muster::dispatch {
namespace {

class Policies : public Floor {
 protected:
  void SetUp() override {
    skill("expert");
    skill("basic");
    PolicyChange policy;
    policy.steps = {{seconds(0), {{"expert", 50}}}, {seconds(30), {{"basic", 1}}}, {seconds(60), {}}};
    queue({.policy = policy});
  }
  void change_steps(std::vector<StepDraft> steps) {
    PolicyChange change;
    change.steps = std::move(steps);
    must(UpdatePolicy{"calls-policy", change});
  }
};

TEST_F(Policies, StepsComeIntoForceWithAgeAndNotBefore) {
  agent("eve", {{"expert", 90}});
  working("calls");
  agent("ben", {{"basic", 50}});
  agent("nil");
  const ContactId id = contact("calls");
  pass(seconds(30) - Duration(1));
  EXPECT_EQ(state(id), ContactState::kQueued);
  pass(Duration(1));
  EXPECT_EQ(see(id).step, 1);
  EXPECT_FALSE(last<ContactStepChanged>().skipped);
  EXPECT_EQ(with(id), "ben");
  EXPECT_EQ(last<OfferMade>().explanation.trigger, Trigger::kStep);
  EXPECT_EQ(last<OfferMade>().explanation.step, 1);
}

TEST_F(Policies, AStepThatNobodySignedInCouldEverMeetIsSkippedAtOnce) {
  agent("ben", {{"basic", 50}});
  hire("eve", {{"expert", 90}});  // not signed in
  const ContactId id = contact("calls");
  EXPECT_EQ(with(id), "ben");
  EXPECT_TRUE(last<ContactStepChanged>().skipped);
}

TEST_F(Policies, ABusyAgentIsReasonEnoughToWait) {
  agent("eve", {{"expert", 90}});
  working("calls");
  agent("ben", {{"basic", 50}});
  const ContactId id = contact("calls");
  EXPECT_EQ(see(id).step, 0);
  EXPECT_EQ(state(id), ContactState::kQueued);
}

TEST_F(Policies, AnExcludedExpertIsNoReasonToWait) {
  agent("eve", {{"expert", 90}});
  become("eve", Presence::kBreak);
  CreateContact command = wanted("calls");
  command.excluded_agents = {"eve"};
  EXPECT_EQ(see(contact(command)).step, 2);
  EXPECT_EQ(see(contact("calls")).step, 0);
}

TEST_F(Policies, AnExpertWhoDeclinedForGoodIsNoReasonToWait) {
  agent("eve", {{"expert", 90}});
  const ContactId id = contact("calls");
  agent("ben", {{"basic", 50}});
  PolicyChange change;
  change.refusal_cool_down = seconds(1);
  must(UpdatePolicy{"calls-policy", change});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(with(id), "eve");
    decline(id);
    if (i < 2) pass(seconds(1));
  }
  EXPECT_EQ(with(id), "ben");
  EXPECT_TRUE(last<ContactStepChanged>().skipped);
}

TEST_F(Policies, AnExpertWhoCanNeverHaveRoomIsNoReasonToWait) {
  agent("eve", {{"expert", 90}}, 50);
  agent("ben", {{"basic", 50}});
  EXPECT_EQ(with(contact("calls")), "ben") << "a call takes 100 units";
  AgentChange no_calls;
  no_calls.capacity_units = 100;
  no_calls.channel_limits = AgentSpec{}.channel_limits;
  (*no_calls.channel_limits)[raw(Channel::kVoice)] = 0;
  must(UpdateAgent{"eve", no_calls});
  agent("bea", {{"basic", 50}});
  EXPECT_EQ(with(contact("calls")), "bea");
  become("eve", Presence::kBreak);
  no_calls.channel_limits = AgentSpec{}.channel_limits;
  must(UpdateAgent{"eve", no_calls});
  EXPECT_EQ(see(contact("calls")).step, 0) << "what she could not have before, she could now";
}

TEST_F(Policies, TheLastStepIsNeverSkipped) {
  change_steps({{seconds(0), {{"expert", 50}}}});
  const ContactId id = contact("calls");
  pass(hours(1));
  EXPECT_EQ(see(id).step, 0);
  EXPECT_EQ(state(id), ContactState::kQueued);
}

TEST_F(Policies, TheContactsOwnRequirementsHoldAtEveryStep) {
  CreateContact command = wanted("calls");
  command.requirements = {{"expert", 80}};
  const ContactId id = contact(command);
  agent("nil");
  agent("ben", {{"basic", 90}, {"expert", 79}});
  pass(minutes(10));
  EXPECT_EQ(see(id).step, 2);
  EXPECT_EQ(state(id), ContactState::kQueued);
  agent("eve", {{"expert", 80}});
  EXPECT_EQ(with(id), "eve");
}

TEST_F(Policies, TheHigherOfTwoMinimumsCounts) {
  agent("eve", {{"expert", 60}});
  CreateContact command = wanted("calls");
  command.requirements = {{"expert", 70}};
  agent("top", {{"expert", 70}});
  EXPECT_EQ(with(contact(command)), "top");
}

TEST_F(Policies, TransferStartsTheStepsAnewAndAgeCatchesUp) {
  agent("eve", {{"expert", 90}});
  working("calls");
  agent("ben", {{"basic", 50}});
  become("ben", Presence::kBreak);
  const ContactId id = contact("calls");
  pass(seconds(45));
  EXPECT_EQ(see(id).step, 1);
  must(TransferContact{id, "", "again"});
  EXPECT_EQ(see(id).step, 1) << "its age says so";
}

TEST_F(Policies, ANewPolicyIsInForceForWhatWaits) {
  agent("nil");
  agent("eve", {{"expert", 90}});
  working("calls");
  const ContactId id = contact("calls");
  EXPECT_EQ(state(id), ContactState::kQueued);
  change_steps({{seconds(0), {}}});
  EXPECT_EQ(with(id), "nil");
  EXPECT_EQ(last<OfferMade>().explanation.trigger, Trigger::kConfiguration);
}

TEST_F(Policies, ANewPolicyRescindsOffersThatNoLongerFit) {
  change_steps({{seconds(0), {}}});
  agent("nil");
  const ContactId id = contact("calls");
  change_steps({{seconds(0), {{"expert", 50}}}});
  EXPECT_EQ(last<OfferEnded>().state, OfferState::kRescinded);
  EXPECT_EQ(state(id), ContactState::kQueued);
  EXPECT_EQ(presence("nil"), Presence::kAvailable);
}

TEST_F(Policies, ANewPolicyJudgesOffersByTheStepOfTheirAge) {
  agent("ben", {{"basic", 50}});
  agent("eve", {{"expert", 90}});
  become("eve", Presence::kBreak);
  const ContactId id = contact("calls");
  pass(seconds(31));
  EXPECT_EQ(with(id), "ben");
  EXPECT_EQ(see(id).step, 1);
  change_steps({{seconds(0), {{"expert", 50}}}, {seconds(120), {{"basic", 1}}}});
  EXPECT_EQ(last<OfferEnded>().state, OfferState::kRescinded) << "the second step is not in force any more";
  EXPECT_EQ(see(id).step, 0);
  become("eve", Presence::kAvailable);
  EXPECT_EQ(with(id), "eve");
  change_steps({{seconds(0), {{"basic", 90}}}, {seconds(30), {{"expert", 50}}}});
  EXPECT_EQ(state(id), ContactState::kOffered) << "the step of its age allows it";
  EXPECT_EQ(see(id).step, 1);
}

TEST_F(Policies, AnotherPolicyForAQueueIsInForceForWhatWaits) {
  agent("nil");
  agent("eve", {{"expert", 90}});
  working("calls");
  const ContactId id = contact("calls");
  must(CreatePolicy{"anybody", {}});
  QueueChange change;
  change.policy = "anybody";
  must(UpdateQueue{"calls", change});
  EXPECT_EQ(with(id), "nil");
}

TEST_F(Policies, PriorityWeightReordersWhatWaits) {
  change_steps({{seconds(0), {}}});
  contact("calls");
  pass(seconds(30));
  const ContactId urgent = contact(wanted("calls", 1));
  PolicyChange change;
  change.priority_weight = seconds(0);
  must(UpdatePolicy{"calls-policy", change});
  agent("nil");
  EXPECT_EQ(state(urgent), ContactState::kQueued) << "priority is worth nothing now";
}

TEST_F(Policies, ANewSkillIsUsedAtOnceAndALostOneRevokesTheOffer) {
  agent("nil");
  agent("eve", {{"expert", 90}});
  working("calls");
  const ContactId id = contact("calls");
  AgentChange promoted;
  promoted.skills = {{"expert", 50}};
  must(UpdateAgent{"nil", promoted});
  EXPECT_EQ(with(id), "nil");
  AgentChange demoted;
  demoted.skills = std::vector<NamedSkillLevel>{};
  must(UpdateAgent{"nil", demoted});
  EXPECT_EQ(last<OfferEnded>().state, OfferState::kRevoked);
  EXPECT_EQ(state(id), ContactState::kQueued);
}

TEST_F(Policies, WhatIsInUseCannotBeDeleted) {
  agent("eve", {{"expert", 90}});
  working("calls");
  EXPECT_EQ(ask(DeleteSkill{"expert"}).outcome, Outcome::kSkillInUse);
  EXPECT_EQ(ask(DeletePolicy{"calls-policy"}).outcome, Outcome::kPolicyInUse);
  EXPECT_EQ(ask(DeleteQueue{"calls"}).outcome, Outcome::kQueueInUse);
  EXPECT_EQ(ask(DeleteAgent{"eve"}).outcome, Outcome::kAgentInUse);
  complete(see("eve").contacts.front());
  must(DeleteQueue{"calls"});
  must(DeletePolicy{"calls-policy"});
  must(CloseSession{session("eve")});
  must(DeleteAgent{"eve"});
  must(DeleteSkill{"expert"});
  must(CreateSkill{"expert", "again"});
}

TEST_F(Policies, ASkillThatALiveContactAsksForIsInUse) {
  skill("rare");
  CreateContact command = wanted("calls");
  command.requirements = {{"rare", 1}};
  const ContactId id = contact(command);
  EXPECT_EQ(ask(DeleteSkill{"rare"}).outcome, Outcome::kSkillInUse);
  must(EndContact{id, ContactState::kCancelled, ""});
  must(DeleteSkill{"rare"});
}

TEST_F(Policies, WhomALiveContactExcludesCannotBeMadeAnew) {
  hire("eve", {{"expert", 90}});
  CreateContact command = wanted("calls");
  command.excluded_agents = {"eve"};
  const ContactId id = contact(command);
  EXPECT_EQ(ask(DeleteAgent{"eve"}).outcome, Outcome::kAgentInUse);
  must(EndContact{id, ContactState::kCancelled, ""});
  must(DeleteAgent{"eve"});
}

TEST_F(Policies, WhoIsSuspendedCannotBeMadeAnew) {
  hire("eve");
  must(SuspendAgent{"eve", true, "fraud"});
  EXPECT_EQ(ask(DeleteAgent{"eve"}).outcome, Outcome::kAgentInUse);
  must(SuspendAgent{"eve", false, ""});
  must(DeleteAgent{"eve"});
}

TEST_F(Policies, NamesAreUniqueAndMustExist) {
  EXPECT_EQ(ask(CreateSkill{"expert", ""}).outcome, Outcome::kSkillExists);
  EXPECT_EQ(ask(CreatePolicy{"calls-policy", {}}).outcome, Outcome::kPolicyExists);
  QueueChange nowhere;
  nowhere.policy = "nowhere";
  EXPECT_EQ(ask(CreateQueue{"new", Channel::kChat, nowhere}).outcome, Outcome::kPolicyNotFound);
  EXPECT_EQ(ask(CreateQueue{"new", Channel::kChat, {}}).outcome, Outcome::kPolicyNotFound);
  AgentChange unknown;
  unknown.skills = {{"alchemy", 1}};
  EXPECT_EQ(ask(CreateAgent{"new", unknown}).outcome, Outcome::kSkillNotFound);
  EXPECT_EQ(ask(UpdateAgent{"nobody", {}}).outcome, Outcome::kAgentNotFound);
}

}  // namespace
}  // namespace muster::dispatch
