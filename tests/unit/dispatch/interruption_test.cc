#include "floor.h"
#include "muster/dispatch/explain.h"

// Contacts that interrupt what an agent works on, and what becomes of it.
namespace muster::dispatch {
namespace {

using testing::IsEmpty;

class Interruption : public Floor {
 protected:
  void SetUp() override {
    queue({});
    queue({.id = "mail", .channel = Channel::kEmail, .queue = {.wrap_up_limit = minutes(5)}});
    queue({.id = "chats", .channel = Channel::kChat});
    PerChannel<ChannelSet> rules{};
    rules[raw(Channel::kVoice)] = bit_of(Channel::kEmail);
    rules[raw(Channel::kChat)] = bit_of(Channel::kEmail);
    allow(rules);
  }
  void allow(PerChannel<ChannelSet> rules) {
    SettingsChange change;
    change.interrupts = rules;
    must(UpdateSettings{change});
  }
  bool interrupted(ContactId id) const { return see(id).interrupted && state(id) == ContactState::kHeld; }
};

TEST_F(Interruption, NothingIsInterruptedUnlessARuleSaysSo) {
  allow({});
  agent("ann");
  const ContactId mail = working("mail");
  EXPECT_EQ(state(contact("calls")), ContactState::kQueued);
  EXPECT_EQ(state(mail), ContactState::kActive);
}

TEST_F(Interruption, ACallInterruptsMailAndTheMailStaysWithTheAgent) {
  agent("ann");
  const ContactId mail = working("mail");
  const ContactId call = contact("calls");
  EXPECT_EQ(with(call), "ann");
  EXPECT_TRUE(interrupted(mail));
  EXPECT_EQ(with(mail), "ann");
  EXPECT_EQ(see("ann").used_units, 100U) << "the call alone";
}

TEST_F(Interruption, WhatWasInterruptedComesBackByItself) {
  agent("ann");
  const ContactId mail = working("mail");
  const ContactId call = working("calls");
  EXPECT_TRUE(interrupted(mail));
  EXPECT_TRUE(complete(call).ok());
  EXPECT_EQ(state(mail), ContactState::kActive);
  EXPECT_FALSE(see(mail).interrupted);
}

TEST_F(Interruption, AnOfferThatIsNotAcceptedGivesItBackToo) {
  agent("ann");
  const ContactId mail = working("mail");
  const ContactId call = contact("calls");
  EXPECT_TRUE(decline(call).ok());
  EXPECT_EQ(state(mail), ContactState::kActive);
  const ContactId other = contact("calls");
  EXPECT_TRUE(interrupted(mail));
  must(EndContact{other, ContactState::kAbandoned, "hung up"});
  EXPECT_EQ(state(mail), ContactState::kActive);
}

TEST_F(Interruption, WhoIsInterruptedInVainKeepsTheirPlace) {
  agent("ann");
  const ContactId mail = working("mail");
  const TimePoint since = see("ann").idle_since;
  pass(seconds(60));
  const ContactId call = contact("calls");
  ASSERT_TRUE(interrupted(mail));
  pass(seconds(5));
  must(EndContact{call, ContactState::kAbandoned, ""});
  EXPECT_EQ(state(mail), ContactState::kActive);
  EXPECT_EQ(see("ann").idle_since, since);
}

TEST_F(Interruption, WhoIsOnABreakGetsItBackAllTheSame) {
  agent("ann");
  const ContactId mail = working("mail");
  const ContactId call = working("calls");
  become("ann", Presence::kBreak);
  EXPECT_TRUE(interrupted(mail));
  complete(call);
  EXPECT_EQ(state(mail), ContactState::kActive);
}

TEST_F(Interruption, WhoIsReallyFreeGoesFirst) {
  agent("ann");
  const ContactId mail = working("mail");
  pass(minutes(10));
  agent("bob");
  EXPECT_EQ(with(contact("calls")), "bob");
  EXPECT_EQ(state(mail), ContactState::kActive);
}

TEST_F(Interruption, OfThoseWhoMayBeTheOneWithoutChangeForLongestIs) {
  agent("ann");
  const ContactId first = working("mail");
  pass(seconds(5));
  agent("bob");
  const ContactId second = working("mail");
  EXPECT_EQ(with(second), "bob");
  const ContactId call = contact("calls");
  EXPECT_EQ(with(call), "ann");
  EXPECT_TRUE(interrupted(first));
  EXPECT_EQ(name(last<OfferMade>().explanation.runner_up), "bob");
  EXPECT_EQ(last<OfferMade>().explanation.idle, seconds(5));
}

TEST_F(Interruption, NoMoreIsPutAsideThanHasToBeTheLatestFirst) {
  agent("ann");
  std::vector<ContactId> mails;
  for (int i = 0; i < 5; ++i) mails.push_back(working("mail"));
  const ContactId chat = contact("chats");
  EXPECT_EQ(with(chat), "ann") << "100 units, of which a chat needs 34";
  EXPECT_EQ(state(mails[2]), ContactState::kActive);
  EXPECT_TRUE(interrupted(mails[3]));
  EXPECT_TRUE(interrupted(mails[4]));
  EXPECT_EQ(see("ann").used_units, 94U);
}

TEST_F(Interruption, AnAgentWhoTakesUpMailIsInterruptedByACallThatWaits) {
  SettingsChange change;
  change.channel_units[raw(Channel::kEmail)] = 100;
  must(UpdateSettings{change});
  agent("ann");
  const ContactId mail = contact("mail");
  const ContactId call = contact("calls");
  EXPECT_EQ(state(call), ContactState::kQueued) << "an offer is not interrupted";
  EXPECT_TRUE(accept(mail).ok());
  EXPECT_EQ(with(call), "ann");
  EXPECT_TRUE(interrupted(mail));
}

TEST_F(Interruption, NeitherWrapUpNorWhatIsHeldNorACallIsInterrupted) {
  agent("ann");
  const ContactId mail = working("mail");
  must(StartWrapUp{session("ann"), mail});
  EXPECT_EQ(state(contact("calls")), ContactState::kQueued);
  PerChannel<ChannelSet> rules{};
  rules[raw(Channel::kChat)] = bit_of(Channel::kVoice);
  allow(rules);
  must(CompleteContact{session("ann"), mail, ""});
  const ContactId call = all<OfferMade>().back().contact;
  EXPECT_TRUE(accept(call).ok());
  EXPECT_EQ(state(contact("chats")), ContactState::kQueued);
}

TEST_F(Interruption, TheNextCallGoesBeforeTheMailThatItWouldInterruptAgain) {
  agent("ann");
  const ContactId mail = working("mail");
  const ContactId call = working("calls");
  const ContactId next = contact("calls");
  const std::size_t before = all<ContactResumed>().size();
  complete(call);
  EXPECT_EQ(with(next), "ann");
  EXPECT_TRUE(interrupted(mail));
  EXPECT_EQ(all<ContactResumed>().size(), before);
}

TEST_F(Interruption, InterruptedMailGoesBeforeMailThatWaits) {
  AgentChange change;
  change.channel_limits = AgentSpec{}.channel_limits;
  (*change.channel_limits)[raw(Channel::kEmail)] = 1;
  agent("ann");
  must(UpdateAgent{"ann", change});
  const ContactId mail = working("mail");
  const ContactId call = working("calls");
  const ContactId waits = contact("mail");
  complete(call);
  EXPECT_EQ(state(mail), ContactState::kActive);
  EXPECT_EQ(state(waits), ContactState::kQueued);
}

TEST_F(Interruption, AnAgentMayFinishWhatWasInterrupted) {
  agent("ann");
  const ContactId mail = working("mail");
  const ContactId call = working("calls");
  EXPECT_EQ(ask(ResumeContact{session("ann"), mail}).outcome, Outcome::kCapacityExceeded);
  EXPECT_TRUE(ask(CompleteContact{session("ann"), mail, "done"}).ok());
  complete(call);
  EXPECT_THAT(see("ann").contacts, IsEmpty());
  EXPECT_EQ(see("ann").interrupted, 0);
}

TEST_F(Interruption, WhatTheAgentHeldDoesNotComeBackByItself) {
  agent("ann");
  const ContactId mail = working("mail");
  must(HoldContact{session("ann"), mail});
  const ContactId call = working("calls");
  complete(call);
  EXPECT_EQ(state(mail), ContactState::kHeld);
}

TEST_F(Interruption, FurtherParallelOffersInterruptNothing) {
  PolicyChange change;
  change.steps = {StepDraft{}};
  change.steps->at(0).offers = 3;
  must(UpdatePolicy{"calls-policy", change});
  agent("ann");
  working("mail");
  agent("bob");
  const ContactId call = contact("calls");
  EXPECT_EQ(with(call), "bob");
  EXPECT_THAT(see(call).further_offers, IsEmpty());
}

TEST_F(Interruption, WhoGotAFurtherOfferMayBeInterruptedNext) {
  PolicyChange change;
  change.steps = {StepDraft{}};
  change.steps->at(0).offers = 2;
  must(UpdatePolicy{"chats-policy", change});
  SettingsChange units;
  units.channel_units[raw(Channel::kVoice)] = 60;
  must(UpdateSettings{units});
  agent("ann");
  working("mail");
  agent("bob");
  working("mail");
  EXPECT_EQ(see(contact("chats")).further_offers.size(), 1U);
  contact("calls");
  EXPECT_EQ(name(last<OfferMade>().agent), "ann");
  EXPECT_EQ(name(last<OfferMade>().explanation.runner_up), "bob");
}

TEST_F(Interruption, ContactsThatLeaveAReserveInterruptNothing) {
  QueueChange change;
  change.idle_reserve = 1;
  must(UpdateQueue{"calls", change});
  agent("ann");
  const ContactId mail = working("mail");
  EXPECT_EQ(state(contact("calls")), ContactState::kQueued);
  EXPECT_EQ(state(mail), ContactState::kActive);
}

TEST_F(Interruption, APreferredAgentIsInterrupted) {
  agent("ann");
  const ContactId mail = working("mail");
  agent("bob");
  CreateContact command = wanted("calls");
  command.preferred_agent = "ann";
  EXPECT_EQ(with(contact(command)), "ann");
  EXPECT_TRUE(interrupted(mail));
}

TEST_F(Interruption, ARuleIsInForceAtOnce) {
  allow({});
  agent("ann");
  const ContactId mail = working("mail");
  const ContactId call = contact("calls");
  PerChannel<ChannelSet> rules{};
  rules[raw(Channel::kVoice)] = bit_of(Channel::kEmail);
  allow(rules);
  EXPECT_EQ(with(call), "ann");
  EXPECT_TRUE(interrupted(mail));
}

TEST_F(Interruption, ANewRuleInterruptsTheOneWithoutChangeForLongestToo) {
  allow({});
  agent("ann");
  working("mail");
  pass(seconds(5));
  agent("bob");
  EXPECT_EQ(with(working("mail")), "bob");
  const ContactId call = contact("calls");
  PerChannel<ChannelSet> rules{};
  rules[raw(Channel::kVoice)] = bit_of(Channel::kEmail);
  allow(rules);
  EXPECT_EQ(with(call), "ann");
}

TEST_F(Interruption, AContactThatComesBackGoesNotBeforeOneOfLowerRank) {
  queue({.id = "more-calls"});
  skill("german");
  SettingsChange change;
  change.channel_units[raw(Channel::kVoice)] = 60;
  change.channel_units[raw(Channel::kEmail)] = 40;
  must(UpdateSettings{change});
  agent("ann", {{"german", 50}});
  const ContactId mail = working("mail");
  CreateContact german = wanted("calls");
  german.requirements = {{"german"}};
  const ContactId rings = contact("calls");
  pass(seconds(5));
  const ContactId waits = contact(german);
  pass(seconds(5));
  // Were it for its age alone, the call that comes back would go first.
  must(PrioritizeContact{waits, 100});
  change.channel_units[raw(Channel::kEmail)] = 100;
  must(UpdateSettings{change});
  must(TransferContact{rings, "more-calls", ""});
  EXPECT_EQ(with(waits), "ann");
  EXPECT_TRUE(interrupted(mail));
  EXPECT_EQ(state(rings), ContactState::kQueued);
}

TEST_F(Interruption, WhoHasNoneOfTheAlternativesIsNotCounted) {
  skill("german");
  skill("french");
  PolicyChange policy;
  policy.steps = {StepDraft{}};
  PredicateDraft german{Predicate::Kind::kSkill, {}, {"german"}};
  PredicateDraft french{Predicate::Kind::kSkill, {}, {"french"}};
  policy.steps->at(0).where = {Predicate::Kind::kAnyOf, {german, french}, {}};
  must(UpdatePolicy{"calls-policy", policy});
  agent("ann", {{"german", 50}});
  working("mail");
  agent("bob");
  working("mail");
  EXPECT_EQ(with(contact("calls")), "ann");
  EXPECT_EQ(last<OfferMade>().explanation.considered, 1U);
}

TEST_F(Interruption, WhatInterruptsNothingLooksAtItsOwnTime) {
  agent("ann");
  working("mail");
  const ContactId declined = contact("mail");
  decline(declined);
  CreateContact later = wanted("mail");
  later.due = now + seconds(59);
  contact(later);
  now += seconds(61);  // nobody served meanwhile
  engine.advance(now, events);
  EXPECT_EQ(last<OfferMade>().contact, declined);
  EXPECT_EQ(last<OfferMade>().explanation.trigger, Trigger::kCoolDown);
}

TEST_F(Interruption, TheExplanationCountsAnAgentWhoMayBeInterruptedAsFree) {
  agent("ann");
  working("mail");
  agent("bob");
  const ContactId call = contact("calls");
  const Prospects prospects = prospects_of(engine, see(call), now);
  EXPECT_EQ(standing_of(engine, see(call), prospects, see("ann"), now).obstacle, Obstacle::kNone);
}

TEST_F(Interruption, SurvivesASnapshot) {
  agent("ann");
  const ContactId mail = working("mail");
  const ContactId call = working("calls");
  const std::uint64_t hash = engine.state_hash();
  engine = Engine(engine.image());
  check();
  EXPECT_EQ(engine.state_hash(), hash);
  complete(call);
  EXPECT_EQ(state(mail), ContactState::kActive);
}

}  // namespace
}  // namespace muster::dispatch
