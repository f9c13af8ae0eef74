#include "floor.h"

// A contact's way from creation to its end.
namespace muster::dispatch {
namespace {

using ContactLife = Floor;

TEST_F(ContactLife, CreatedOfferedAcceptedCompleted) {
  queue({});
  agent("ann");
  const ContactId id = contact("calls");
  EXPECT_EQ(state(id), ContactState::kOffered);
  EXPECT_EQ(with(id), "ann");
  EXPECT_EQ(see("ann").used_units, 100U);

  EXPECT_TRUE(accept(id).ok());
  EXPECT_EQ(state(id), ContactState::kActive);

  EXPECT_TRUE(complete(id, "sold").ok());
  EXPECT_TRUE(ended(id));
  EXPECT_EQ(last<ContactCompleted>().disposition, "sold");
  EXPECT_EQ(see("ann").used_units, 0U);
}

TEST_F(ContactLife, WaitsUntilSomebodyIsAvailable) {
  queue({});
  const ContactId id = contact("calls");
  EXPECT_EQ(state(id), ContactState::kQueued);
  agent("ann");
  EXPECT_EQ(with(id), "ann");
}

TEST_F(ContactLife, ScheduledContactEntersItsQueueWhenDueAndNotBefore) {
  queue({});
  agent("ann");
  CreateContact later = wanted("calls");
  later.due = now + minutes(10);
  const ContactId id = contact(later);
  EXPECT_EQ(state(id), ContactState::kScheduled);
  pass(minutes(10) - Duration(1));
  EXPECT_EQ(state(id), ContactState::kScheduled);
  pass(Duration(1));
  EXPECT_EQ(state(id), ContactState::kOffered);
}

TEST_F(ContactLife, DueInThePastMeansNow) {
  queue({});
  CreateContact late = wanted("calls");
  late.due = now - minutes(10);
  const ContactId id = contact(late);
  EXPECT_EQ(state(id), ContactState::kQueued);
  EXPECT_EQ(see(id).due, now);
}

TEST_F(ContactLife, ExpiresAfterItsTimeToLiveInTheQueue) {
  queue({.queue = {.time_to_live = minutes(5)}});
  const ContactId id = contact("calls");
  pass(minutes(5) - Duration(1));
  EXPECT_EQ(state(id), ContactState::kQueued);
  pass(Duration(1));
  EXPECT_TRUE(ended(id));
  EXPECT_EQ(last<ContactEnded>().state, ContactState::kExpired);
  EXPECT_EQ(last<ContactEnded>().waited, minutes(5));
}

TEST_F(ContactLife, ExpiryWhileRingingWithdrawsTheOfferAtNoFaultOfTheAgent) {
  queue({.queue = {.time_to_live = seconds(10)}});
  agent("ann");
  const ContactId id = contact("calls");
  pass(seconds(10));
  EXPECT_TRUE(ended(id));
  EXPECT_EQ(last<OfferEnded>().state, OfferState::kWithdrawn);
  EXPECT_EQ(presence("ann"), Presence::kAvailable);
  EXPECT_EQ(see("ann").misses, 0);
}

TEST_F(ContactLife, TimeToLiveCountsFromTheDueTimeAndIsFourteenDaysAtMost) {
  queue({});
  CreateContact later = wanted("calls");
  later.due = now + hours(1);
  later.time_to_live = hours(24 * 30);
  EXPECT_EQ(see(contact(later)).expires, now + hours(1) + hours(24 * 14));
}

TEST_F(ContactLife, AContactInHandDoesNotExpire) {
  queue({.queue = {.time_to_live = seconds(30)}});
  agent("ann");
  const ContactId id = working("calls");
  pass(hours(2));
  EXPECT_EQ(state(id), ContactState::kActive);
}

TEST_F(ContactLife, CustomerWhoHangsUpWhileItRingsWithdrawsTheOffer) {
  queue({});
  agent("ann");
  pass(seconds(1));
  agent("bob");
  const ContactId id = contact("calls");
  EXPECT_EQ(with(id), "ann");
  pass(seconds(3));
  must(EndContact{id, ContactState::kAbandoned, ""});
  EXPECT_EQ(last<OfferEnded>().state, OfferState::kWithdrawn);
  EXPECT_EQ(last<ContactEnded>().state, ContactState::kAbandoned);
  EXPECT_EQ(last<ContactEnded>().waited, seconds(3));
  EXPECT_EQ(see("ann").used_units, 0U);
  // and the agent keeps the place in line:
  EXPECT_EQ(with(contact("calls")), "ann");
}

TEST_F(ContactLife, OnlyCancellingEndsAContactInHand) {
  queue({});
  agent("ann");
  const ContactId id = working("calls");
  for (const ContactState too_late : {ContactState::kAbandoned, ContactState::kDeflected}) {
    const Reply reply = ask(EndContact{id, too_late, ""});
    EXPECT_EQ(reply.outcome, Outcome::kContactWrongState);
    EXPECT_EQ(reply.contact_state, ContactState::kActive);
  }
  must(EndContact{id, ContactState::kCancelled, "duplicate"});
  EXPECT_EQ(last<ContactEnded>().agent, see("ann").handle);
  EXPECT_EQ(see("ann").used_units, 0U);
}

TEST_F(ContactLife, AnEndedContactIsToldFromOneThatNeverWas) {
  queue({});
  const ContactId id = contact("calls");
  must(EndContact{id, ContactState::kDeflected, "answered by the robot"});
  const Reply again = ask(EndContact{id, ContactState::kCancelled, ""});
  EXPECT_EQ(again.outcome, Outcome::kContactWrongState);
  EXPECT_EQ(again.contact_state, ContactState{});
  EXPECT_EQ(ask(EndContact{ContactId{99}, ContactState::kCancelled, ""}).outcome, Outcome::kContactNotFound);
}

TEST_F(ContactLife, RefusedCommandsChangeNothing) {
  queue({});
  const auto before = engine.state_hash();
  EXPECT_EQ(ask(wanted("nowhere")).outcome, Outcome::kQueueNotFound);
  CreateContact unskilled = wanted("calls");
  unskilled.requirements = {{"alchemy", 1}};
  EXPECT_EQ(ask(unskilled).subject, "alchemy");
  CreateContact excluding = wanted("calls");
  excluding.excluded_agents = {"nobody"};
  EXPECT_EQ(ask(excluding).outcome, Outcome::kAgentNotFound);
  EXPECT_EQ(engine.state_hash(), before);
}

TEST_F(ContactLife, WrapUpHoldsTheUnitsUntilItsLimit) {
  queue({.queue = {.wrap_up_limit = seconds(30)}});
  agent("ann");
  const ContactId id = working("calls");
  must(StartWrapUp{session("ann"), id});
  EXPECT_EQ(state(id), ContactState::kWrapUp);
  EXPECT_EQ(see("ann").used_units, 100U);
  const ContactId next = contact("calls");
  EXPECT_EQ(state(next), ContactState::kQueued);
  pass(seconds(30));
  EXPECT_TRUE(ended(id));
  EXPECT_EQ(last<ContactCompleted>().disposition, "");
  EXPECT_EQ(with(next), "ann");
}

TEST_F(ContactLife, WithoutAWrapUpLimitTheEndOfTheConversationCompletes) {
  queue({});
  agent("ann");
  const ContactId id = working("calls");
  must(StartWrapUp{session("ann"), id});
  EXPECT_TRUE(ended(id));
}

TEST_F(ContactLife, TransferKeepsTheAgeAndGivesTheHolderACoolDown) {
  queue({});
  queue({.id = "second line"});
  agent("ann");
  const ContactId id = working("calls");
  const TimePoint due = see(id).due;
  pass(minutes(3));
  must(TransferContact{id, "second line", "needs a specialist"});
  EXPECT_EQ(see(id).due, due);
  EXPECT_EQ(engine.queue(see(id).queue)->spec.id, "second line");
  EXPECT_EQ(state(id), ContactState::kQueued) << "ann is free, but has just handed it on";
  EXPECT_EQ(see(id).refusals.front().count, 0) << "a transfer is no refusal";
  pass(seconds(60));
  EXPECT_EQ(with(id), "ann");
}

TEST_F(ContactLife, TransferStaysOnTheChannel) {
  queue({});
  queue({.id = "mail", .channel = Channel::kEmail});
  const ContactId id = contact("calls");
  EXPECT_EQ(ask(TransferContact{id, "mail", ""}).outcome, Outcome::kChannelMismatch);
  EXPECT_EQ(ask(TransferContact{id, "nowhere", ""}).outcome, Outcome::kQueueNotFound);
}

TEST_F(ContactLife, TransferWhileRingingWithdrawsTheOffer) {
  queue({});
  queue({.id = "second line"});
  agent("ann");
  const ContactId id = contact("calls");
  must(TransferContact{id, "second line", ""});
  EXPECT_EQ(all<OfferEnded>().at(0).state, OfferState::kWithdrawn);
  EXPECT_EQ(with(id), "ann") << "nobody refused anything";
}

TEST_F(ContactLife, AContactHandedOnAfterItsTimeToLiveGetsItAnew) {
  queue({.queue = {.time_to_live = minutes(1)}});
  agent("ann");
  const ContactId id = working("calls");
  pass(minutes(30));
  must(ReturnContact{session("ann"), id, "", ""});
  EXPECT_EQ(state(id), ContactState::kQueued);
  EXPECT_EQ(see(id).expires, now + minutes(1));
}

TEST_F(ContactLife, OnlyTheHolderHandsAContactOn) {
  queue({});
  agent("ann");
  agent("bob");
  const ContactId id = working("calls");
  EXPECT_EQ(ask(ReturnContact{session("bob"), id, "", ""}).outcome, Outcome::kContactNotHeld);
  EXPECT_EQ(ask(CompleteContact{session("bob"), id, ""}).outcome, Outcome::kContactNotHeld);
  EXPECT_TRUE(ask(ReturnContact{session("ann"), id, "", ""}).ok());
  EXPECT_EQ(with(id), "bob");
}

TEST_F(ContactLife, AFailedSetupPutsTheContactAtTheFrontForSomebodyElse) {
  queue({});
  agent("ann");
  const ContactId id = working("calls");
  const OfferId offer = see(id).offer;
  const ContactId urgent = contact(wanted("calls", 100));
  const ContactId as_urgent = contact(wanted("calls", 100));
  must(ReportSetupFailure{session("ann"), id, "no dial tone"});
  EXPECT_EQ(last<ContactRequeued>().failed_offer, offer);
  EXPECT_EQ(with(urgent), "ann") << "no loop: ann has just failed to reach the other";
  agent("bob");
  EXPECT_EQ(with(id), "bob") << "before the urgent one";
  EXPECT_EQ(state(as_urgent), ContactState::kQueued);
}

TEST_F(ContactLife, AContactWhoseSetupsFailExpiresAllTheSame) {
  queue({.queue = {.time_to_live = seconds(90)}});
  agent("ann");
  const ContactId id = working("calls");
  must(ReportSetupFailure{session("ann"), id, ""});
  pass(seconds(60) - Duration(1));
  EXPECT_EQ(state(id), ContactState::kQueued);
  pass(Duration(1));
  EXPECT_EQ(with(id), "ann") << "the only agent is asked again after the cool-down";
  accept(id);
  must(ReportSetupFailure{session("ann"), id, ""});
  pass(seconds(30));
  EXPECT_TRUE(ended(id));
}

TEST_F(ContactLife, AFailedSetupIsNoAnswer) {
  queue({});
  agent("ann");
  agent("bob");
  const ContactId id = working("calls");
  pass(seconds(2));
  must(ReportSetupFailure{session_of(id), id, ""});
  EXPECT_FALSE(see(id).answered);
  pass(seconds(3));
  accept(id);
  EXPECT_TRUE(last<OfferAccepted>().first);
  EXPECT_EQ(last<OfferAccepted>().waited, seconds(5));
  EXPECT_TRUE(see(id).answered);
}

TEST_F(ContactLife, FailedSetupsEscalateAsRefusalsDo) {
  queue({});
  SettingsChange settings;
  settings.escalate_after_refusals = 2;
  must(UpdateSettings{settings});
  for (const char* id : {"ann", "bob", "cid"}) agent(id);
  const ContactId id = working("calls");
  must(ReportSetupFailure{session_of(id), id, ""});
  EXPECT_FALSE(see(id).escalated);
  accept(id);
  must(ReportSetupFailure{session_of(id), id, ""});
  EXPECT_TRUE(see(id).escalated);
  EXPECT_EQ(with(id), "cid");
}

TEST_F(ContactLife, ASetupFailsWithinAMinuteOfAcceptanceOrNotAtAll) {
  queue({});
  agent("ann");
  const ContactId id = working("calls");
  pass(seconds(60) + Duration(1));
  EXPECT_EQ(ask(ReportSetupFailure{session("ann"), id, ""}).contact_state, ContactState::kActive);
  complete(id);
  const ContactId next = working("calls");
  pass(seconds(60));
  EXPECT_TRUE(ask(ReportSetupFailure{session("ann"), next, ""}).ok());
}

TEST_F(ContactLife, WhatWasHeldHasBeenSetUp) {
  queue({});
  agent("ann");
  const ContactId id = working("calls");
  must(HoldContact{session("ann"), id});
  must(ResumeContact{session("ann"), id});
  EXPECT_EQ(ask(ReportSetupFailure{session("ann"), id, ""}).outcome, Outcome::kContactWrongState);
}

TEST_F(ContactLife, HeldContactsAreResumedOrCompletedButNotHeldTwice) {
  queue({});
  agent("ann");
  const ContactId id = working("calls");
  must(HoldContact{session("ann"), id});
  EXPECT_EQ(ask(HoldContact{session("ann"), id}).contact_state, ContactState::kHeld);
  must(ResumeContact{session("ann"), id});
  EXPECT_EQ(ask(ResumeContact{session("ann"), id}).outcome, Outcome::kContactWrongState);
  must(HoldContact{session("ann"), id});
  EXPECT_TRUE(complete(id).ok());
}

}  // namespace
}  // namespace muster::dispatch
