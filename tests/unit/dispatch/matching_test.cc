#include "floor.h"

// Who gets what: which agent for a contact, which contact for an agent, and why.
namespace muster::dispatch {
namespace {

class Matching : public Floor {
 protected:
  void SetUp() override {
    skill("english");
    skill("chinese");
    queue({});
    queue({.id = "chats", .channel = Channel::kChat});
  }
  static CreateContact needing(std::vector<NamedRequirement> requirements, const std::string& queue = "calls") {
    CreateContact command = wanted(queue);
    command.requirements = std::move(requirements);
    return command;
  }
};

TEST_F(Matching, TheLongestIdleGetsIt) {
  for (const char* id : {"ann", "bob", "cid"}) {
    agent(id);
    pass(seconds(1));
  }
  complete(working("calls"));  // ann's
  EXPECT_EQ(with(contact("calls")), "bob");
  EXPECT_EQ(with(contact("calls")), "cid");
  EXPECT_EQ(with(contact("calls")), "ann");
}

TEST_F(Matching, IdleAgentsGoBeforeLoadedOnes) {
  agent("ann");
  pass(seconds(1));
  agent("bob");
  working("chats");  // ann's
  pass(minutes(10));
  become("bob", Presence::kBreak);
  become("bob", Presence::kAvailable);
  EXPECT_EQ(with(contact("chats")), "bob") << "idle for no time, but idle";
}

TEST_F(Matching, WhatANewPriceFreesGoesToTheLongestIdleFirst) {
  agent("zoe", {}, 60);
  hire("ann", {}, 60);
  pass(seconds(1));
  sign_in("ann");
  become("ann", Presence::kAvailable);
  become("zoe", Presence::kBreak);
  pass(seconds(1));
  become("zoe", Presence::kAvailable);  // the older agent, and the later to be idle
  const ContactId id = contact("calls");
  EXPECT_EQ(state(id), ContactState::kQueued) << "a call takes 100 units";
  SettingsChange settings;
  settings.channel_units[raw(Channel::kVoice)] = 50;
  must(UpdateSettings{settings});
  EXPECT_EQ(with(id), "ann");
}

TEST_F(Matching, AWithdrawnOfferLeavesNoTraceInTheLine) {
  agent("ann");
  agent("bob");  // at the same moment: the order decides
  const ContactId id = contact("calls");
  EXPECT_EQ(with(id), "ann");
  pass(seconds(3));
  must(EndContact{id, ContactState::kAbandoned, ""});
  EXPECT_EQ(with(contact("calls")), "ann");
}

TEST_F(Matching, OffersWithdrawnInAnyOrderLeaveNoTraceInTheLine) {
  for (const bool newest_first : {true, false}) {
    const std::string id = newest_first ? "ann" : "bob";
    agent(id);
    pass(minutes(1));
    const TimePoint idle_since = see(id).idle_since;
    const ContactId one = contact("chats");
    pass(seconds(1));
    const ContactId two = contact("chats");
    EXPECT_EQ(see(id).offers.size(), 2U);
    must(EndContact{newest_first ? two : one, ContactState::kAbandoned, ""});
    must(EndContact{newest_first ? one : two, ContactState::kAbandoned, ""});
    EXPECT_EQ(see(id).idle_since, idle_since);
    become(id, Presence::kBreak);
  }
}

TEST_F(Matching, AWithdrawnOfferDoesNotUndoTheWorkDoneSince) {
  agent("ann");
  pass(hours(1));
  const ContactId rings = contact("chats");
  const ContactId done = contact("chats");
  pass(seconds(2));
  accept(done);
  pass(seconds(8));
  complete(done);
  const TimePoint worked = now;
  pass(seconds(2));
  must(EndContact{rings, ContactState::kAbandoned, ""});
  EXPECT_EQ(see("ann").idle_since, worked);
}

TEST_F(Matching, ComingBackFromABreakStartsTheIdleTime) {
  agent("ann");
  pass(seconds(1));
  agent("bob");
  become("ann", Presence::kBreak);
  pass(seconds(1));
  become("ann", Presence::kAvailable);
  EXPECT_EQ(with(contact("calls")), "bob");
}

TEST_F(Matching, SkillAndLevelAreHardGates) {
  agent("ann", {{"english", 80}});
  agent("bob", {{"english", 40}, {"chinese", 90}});
  EXPECT_EQ(state(contact(needing({{"english", 81}}))), ContactState::kQueued);
  EXPECT_EQ(with(contact(needing({{"english", 1}, {"chinese", 90}}))), "bob");
  EXPECT_EQ(with(contact(needing({{"english", 80}}))), "ann");
}

TEST_F(Matching, MinimumLevelZeroStillAsksForTheSkill) {
  agent("ann");
  const ContactId id = contact(needing({{"english", 0}}));
  EXPECT_EQ(state(id), ContactState::kQueued);
  agent("bob", {{"english", 0}});
  EXPECT_EQ(with(id), "bob");
}

TEST_F(Matching, ExcludedAgentsNeverGetIt) {
  agent("ann");
  CreateContact command = wanted("calls");
  command.excluded_agents = {"ann"};
  const ContactId id = contact(command);
  pass(hours(1));
  EXPECT_EQ(state(id), ContactState::kQueued);
  agent("bob");
  EXPECT_EQ(with(id), "bob");
}

TEST_F(Matching, AnUnserveableContactHoldsNobodyUp) {
  agent("ann");
  working("calls");
  for (int i = 0; i < 100; ++i) contact(needing({{"chinese", 100}}));
  const ContactId plain = contact("calls");
  EXPECT_EQ(state(plain), ContactState::kQueued);
  complete(see("ann").contacts.front());
  EXPECT_EQ(with(plain), "ann");
}

TEST_F(Matching, TheOldestWaitingContactGoesFirst) {
  const ContactId first = contact("calls");
  pass(seconds(1));
  const ContactId second = contact("calls");
  agent("ann");
  EXPECT_EQ(with(first), "ann");
  complete((accept(first), first));
  EXPECT_EQ(with(second), "ann");
}

TEST_F(Matching, APointOfPriorityIsWorthAMinuteOfWaiting) {
  const ContactId old = contact("calls");
  pass(minutes(2) - Duration(1));
  const ContactId urgent = contact(wanted("calls", 2));
  agent("ann");
  EXPECT_EQ(with(urgent), "ann");
  complete((accept(urgent), urgent));
  EXPECT_EQ(with(old), "ann");
}

TEST_F(Matching, AgeBeatsPriorityInTheEnd) {
  const ContactId old = contact("calls");
  pass(minutes(2) + Duration(1));
  contact(wanted("calls", 2));
  agent("ann");
  EXPECT_EQ(with(old), "ann");
}

TEST_F(Matching, TheExplanationCountsWhoFailedWhat) {
  agent("unskilled");
  pass(seconds(1));
  agent("beginner", {{"english", 10}});
  pass(seconds(1));
  agent("excluded", {{"english", 90}});
  pass(seconds(1));
  agent("ann", {{"english", 90}});
  pass(seconds(2));
  agent("bob", {{"english", 90}});
  pass(seconds(3));
  CreateContact command = needing({{"english", 50}});
  command.excluded_agents = {"excluded"};
  EXPECT_EQ(with(contact(command)), "ann");
  const Explanation why = last<OfferMade>().explanation;
  EXPECT_EQ(why.trigger, Trigger::kContactQueued);
  EXPECT_EQ(why.considered, 4U) << "those with the skill";
  EXPECT_EQ(why.rejected[static_cast<std::size_t>(Gate::kLevel)], 1U);
  EXPECT_EQ(why.rejected[static_cast<std::size_t>(Gate::kExcluded)], 1U);
  EXPECT_EQ(why.idle, seconds(5));
  EXPECT_EQ(name(why.runner_up), "bob");
  EXPECT_EQ(why.runner_up_idle, seconds(3));
}

TEST_F(Matching, TheExplanationOfAFreedAgentTellsHowLongTheContactWaited) {
  contact("calls");
  pass(seconds(9));
  agent("ann");
  const Explanation why = last<OfferMade>().explanation;
  EXPECT_EQ(why.trigger, Trigger::kAgentFree);
  EXPECT_EQ(why.waited, seconds(9));
  EXPECT_EQ(why.runner_up, AgentHandle::kNone);
}

TEST_F(Matching, TheRefusalsOfOneContactAreCountedAsCoolDown) {
  const auto in_cool_down = [this] {
    return last<OfferMade>().explanation.rejected[static_cast<std::size_t>(Gate::kCoolDown)];
  };
  for (const char* id : {"ann", "bob", "cid"}) agent(id);
  const ContactId id = contact("calls");
  EXPECT_EQ(in_cool_down(), 0U);
  decline(id);
  EXPECT_EQ(with(id), "bob");
  decline(id);
  EXPECT_EQ(with(id), "cid");
  EXPECT_EQ(last<OfferMade>().explanation.considered, 2U) << "bob, who has just declined, chooses for himself";
  EXPECT_EQ(in_cool_down(), 1U) << "ann";
}

}  // namespace
}  // namespace muster::dispatch
