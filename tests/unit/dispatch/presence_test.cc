#include "floor.h"

// Presence: what the person says, what the engine says, and how the two meet. Sessions as leases.
namespace muster::dispatch {
namespace {

using PresenceRules = Floor;
using Sessions = Floor;

TEST_F(PresenceRules, OpeningASessionDoesNotMakeAvailable) {
  queue({});
  hire("ann");
  const ContactId id = contact("calls");
  sign_in("ann");
  EXPECT_EQ(presence("ann"), Presence::kOffline);
  EXPECT_EQ(state(id), ContactState::kQueued);
  become("ann", Presence::kAvailable);
  EXPECT_EQ(with(id), "ann");
}

TEST_F(PresenceRules, ABreakRevokesWhatRings) {
  queue({});
  agent("ann");
  const ContactId id = contact("calls");
  become("ann", Presence::kBreak, "lunch");
  EXPECT_EQ(last<OfferEnded>().state, OfferState::kRevoked);
  EXPECT_EQ(state(id), ContactState::kQueued);
  EXPECT_EQ(see(id).refusal_count, 0);
  EXPECT_EQ(see("ann").presence_reason, "lunch");
}

TEST_F(PresenceRules, ABreakLeavesContactsInHand) {
  queue({});
  agent("ann");
  const ContactId id = working("calls");
  become("ann", Presence::kBreak);
  EXPECT_EQ(state(id), ContactState::kActive);
}

TEST_F(PresenceRules, MissesAreGraded) {
  queue({.policy = {.refusal_cool_down = seconds(0)}});
  agent("ann");
  contact("calls");
  pass(seconds(20));
  EXPECT_EQ(presence("ann"), Presence::kNotResponding) << "first miss";
  EXPECT_EQ(see("ann").presence_until, now + seconds(30));
  pass(seconds(30));
  EXPECT_EQ(presence("ann"), Presence::kAvailable) << "back by itself, and it rings again";
  pass(seconds(20));
  EXPECT_EQ(see("ann").presence_until, now + minutes(5)) << "second miss in a row";
  pass(minutes(5) + seconds(20));
  EXPECT_EQ(presence("ann"), Presence::kNotResponding) << "third miss";
  EXPECT_EQ(see("ann").presence_until, TimePoint{});
  pass(hours(5));
  EXPECT_EQ(presence("ann"), Presence::kNotResponding) << "until the person acts";
  become("ann", Presence::kAvailable);
  EXPECT_EQ(see("ann").misses, 0);
}

TEST_F(PresenceRules, AcceptedOffersMakeUpForMisses) {
  queue({});
  agent("ann");
  contact("calls");
  pass(seconds(20) + seconds(30));
  EXPECT_EQ(see("ann").misses, 1);
  working("calls");
  EXPECT_EQ(see("ann").misses, 0);
}

TEST_F(PresenceRules, AMissRevokesTheOtherOffers) {
  queue({.id = "chats", .channel = Channel::kChat});
  agent("ann");
  const ContactId first = contact("chats");
  pass(seconds(5));
  const ContactId second = contact("chats");
  pass(seconds(15));
  EXPECT_EQ(state(first), ContactState::kQueued);
  EXPECT_EQ(state(second), ContactState::kQueued);
  EXPECT_EQ(last<OfferEnded>().state, OfferState::kRevoked);
  EXPECT_EQ(see("ann").misses, 1) << "one miss, not two";
}

TEST_F(PresenceRules, SuspendedAgentsGetNothingAndCannotChangeIt) {
  queue({});
  agent("ann");
  const ContactId id = contact("calls");
  must(SuspendAgent{"ann", true, "certificate lapsed"});
  EXPECT_EQ(state(id), ContactState::kQueued);
  EXPECT_EQ(ask(SetPresence{session("ann"), Presence::kAvailable, ""}).outcome, Outcome::kAgentSuspended);
  sign_in("ann");
  EXPECT_EQ(presence("ann"), Presence::kSuspended) << "a new session does not help";
  must(SuspendAgent{"ann", false, ""});
  EXPECT_EQ(presence("ann"), Presence::kOffline);
  become("ann", Presence::kAvailable);
  EXPECT_EQ(with(id), "ann");
}

TEST_F(PresenceRules, SayingTheSameAgainIsStillRecorded) {
  queue({});
  agent("ann");
  const TimePoint since = see("ann").presence_since;
  pass(seconds(5));
  become("ann", Presence::kAvailable);
  EXPECT_EQ(emitted(), 1U);
  EXPECT_EQ(see("ann").presence_since, since);
}

class NextPresences : public Floor {
 protected:
  NextPresences() {
    queue({.queue = {.wrap_up_limit = seconds(30)}});
    queue({.id = "chats", .channel = Channel::kChat});
    agent("ann");
  }
  Reply next(Presence presence, const std::string& reason = {}) {
    return ask(SetPresence{session("ann"), presence, reason, true});
  }
};

TEST_F(NextPresences, ItComesWhenTheLastContactHasEndedWithItsWrapUp) {
  const ContactId first = working("chats");
  const ContactId second = working("chats");
  must(SetPresence{session("ann"), Presence::kBreak, "lunch", true});
  EXPECT_EQ(presence("ann"), Presence::kAvailable);
  EXPECT_EQ(see("ann").next, (NextPresence{Presence::kBreak, "lunch"}));
  complete(first);
  EXPECT_EQ(presence("ann"), Presence::kAvailable);
  complete(second);
  EXPECT_EQ(presence("ann"), Presence::kBreak);
  EXPECT_EQ(see("ann").presence_reason, "lunch");
  EXPECT_FALSE(see("ann").next.is_set());

  become("ann", Presence::kAvailable);
  const ContactId call = working("calls");
  next(Presence::kOffline);
  must(StartWrapUp{session("ann"), call});
  EXPECT_EQ(presence("ann"), Presence::kAvailable);
  pass(seconds(30));
  EXPECT_EQ(presence("ann"), Presence::kOffline) << "the wrap-up was over";
}

TEST_F(NextPresences, UntilThenNothingMoreIsOffered) {
  const ContactId in_hand = working("chats");
  next(Presence::kBreak);
  const ContactId waiting = contact("chats");
  EXPECT_EQ(state(waiting), ContactState::kQueued);
  next(Presence::kAvailable);
  EXPECT_EQ(with(waiting), "ann") << "taken back, and at once ready";
  EXPECT_EQ(state(in_hand), ContactState::kActive);
}

TEST_F(NextPresences, WithNothingInHandItComesAtOnce) {
  next(Presence::kBreak, "tea");
  EXPECT_EQ(presence("ann"), Presence::kBreak);
  EXPECT_EQ(emitted(), 1U);
}

TEST_F(NextPresences, WhatRingsGoesOnRinging) {
  const ContactId id = contact("chats");
  next(Presence::kBreak);
  EXPECT_EQ(with(id), "ann");
  EXPECT_TRUE(accept(id).ok());
  EXPECT_EQ(presence("ann"), Presence::kAvailable);
  complete(id);
  EXPECT_EQ(presence("ann"), Presence::kBreak);
}

TEST_F(NextPresences, AMissedOfferDoesNotForgetIt) {
  const ContactId in_hand = working("chats");
  const ContactId id = contact("chats");
  ASSERT_EQ(with(id), "ann");
  next(Presence::kBreak, "tea");
  pass(seconds(20));
  EXPECT_EQ(presence("ann"), Presence::kNotResponding);
  pass(seconds(30));
  EXPECT_EQ(presence("ann"), Presence::kAvailable);
  EXPECT_EQ(state(id), ContactState::kQueued) << "it is not offered again";
  complete(in_hand);
  EXPECT_EQ(presence("ann"), Presence::kBreak);
  EXPECT_EQ(see("ann").misses, 1);
}

TEST_F(NextPresences, ThePauseEndsTheWaitToBeAvailable) {
  working("chats");
  const ContactId missed = contact("chats");
  ASSERT_EQ(with(missed), "ann");
  pass(seconds(20));
  ASSERT_EQ(presence("ann"), Presence::kNotResponding);
  next(Presence::kAvailable);
  const ContactId fresh = contact("chats");
  pass(seconds(30));
  EXPECT_FALSE(see("ann").next.is_set());
  EXPECT_EQ(with(fresh), "ann");
}

TEST_F(NextPresences, AMissWithNothingInHandBringsIt) {
  contact("chats");
  next(Presence::kBreak);
  pass(seconds(20));
  EXPECT_EQ(presence("ann"), Presence::kBreak);
}

TEST_F(NextPresences, BackFromABreakOnceWorkIsDone) {
  const ContactId id = working("chats");
  become("ann", Presence::kBreak);
  next(Presence::kAvailable);
  EXPECT_EQ(presence("ann"), Presence::kBreak);
  complete(id);
  EXPECT_EQ(presence("ann"), Presence::kAvailable);
}

TEST_F(NextPresences, APresenceNowForgetsIt) {
  const ContactId id = working("chats");
  next(Presence::kBreak);
  become("ann", Presence::kAvailable);
  complete(id);
  EXPECT_EQ(presence("ann"), Presence::kAvailable);
}

TEST_F(NextPresences, SigningOffSuspensionAndLossForgetIt) {
  working("chats");
  next(Presence::kBreak);
  must(SuspendAgent{"ann", true, "audit"});
  EXPECT_FALSE(see("ann").next.is_set());
  must(SuspendAgent{"ann", false, ""});
  EXPECT_EQ(presence("ann"), Presence::kOffline);
  next(Presence::kAvailable);
  EXPECT_TRUE(see("ann").next.is_set());
  must(CloseSession{session("ann")});
  EXPECT_FALSE(see("ann").next.is_set()) << "though OFFLINE already";

  sign_in("ann");
  next(Presence::kAvailable);
  must(LoseSession{session("ann")});
  EXPECT_TRUE(see("ann").next.is_set()) << "it may be resumed";
  pass(seconds(15));
  EXPECT_FALSE(see("ann").next.is_set());
}

TEST_F(NextPresences, ItIsInTheSnapshot) {
  working("chats");
  next(Presence::kBreak, "lunch");
  const Engine restored(engine.image());
  EXPECT_EQ(restored.agent("ann")->next, see("ann").next);
  EXPECT_EQ(restored.state_hash(), engine.state_hash());
  EXPECT_EQ(restored.self_check(), "");
}

TEST_F(PresenceRules, ASupervisorSetsAnAgentsPresence) {
  queue({});
  agent("ann");
  const ContactId id = contact("calls");
  must(SetAgentPresence{"ann", Presence::kBreak, "coaching"});
  EXPECT_EQ(presence("ann"), Presence::kBreak);
  EXPECT_EQ(see("ann").presence_reason, "coaching");
  EXPECT_EQ(state(id), ContactState::kQueued);
  must(SetAgentPresence{"ann", Presence::kAvailable, ""});
  EXPECT_EQ(with(id), "ann");
  accept(id);
  must(SetAgentPresence{"ann", Presence::kOffline, "", true});
  EXPECT_EQ(presence("ann"), Presence::kAvailable);
  complete(id);
  EXPECT_EQ(presence("ann"), Presence::kOffline);
}

TEST_F(PresenceRules, ASupervisorsAvailableForgivesMisses) {
  queue({});
  agent("ann");
  contact("calls");
  pass(seconds(20));
  EXPECT_EQ(presence("ann"), Presence::kNotResponding);
  must(SetAgentPresence{"ann", Presence::kAvailable, ""});
  EXPECT_EQ(see("ann").misses, 0);
}

TEST_F(PresenceRules, OnlyWhoHasASessionAndIsNotSuspendedGetsAPresence) {
  hire("home");
  EXPECT_EQ(ask(SetAgentPresence{"home", Presence::kAvailable, ""}).outcome, Outcome::kAgentSignedOff);
  EXPECT_EQ(ask(SetAgentPresence{"nobody", Presence::kAvailable, ""}).outcome, Outcome::kAgentNotFound);
  agent("ann");
  must(SuspendAgent{"ann", true, "audit"});
  EXPECT_EQ(ask(SetAgentPresence{"ann", Presence::kAvailable, ""}).outcome, Outcome::kAgentSuspended);
}

TEST_F(Sessions, ALostSessionIsResumedAsIfNothingHadHappened) {
  queue({});
  agent("ann");
  pass(seconds(1));
  agent("bob");
  const SessionId before = session("ann");
  must(LoseSession{before});
  EXPECT_EQ(with(contact("calls")), "bob") << "nobody offers to a dead line";
  pass(seconds(10));
  const Reply reply = must(OpenSession{"ann", before});
  EXPECT_TRUE(reply.resumed);
  EXPECT_EQ(reply.id, raw(before));
  EXPECT_EQ(presence("ann"), Presence::kAvailable);
  const ContactId id = contact("calls");
  EXPECT_EQ(with(id), "ann") << "with the old place in line";
}

TEST_F(Sessions, TheRightSessionIdResumesASessionNotYetKnownToBeLost) {
  queue({});
  agent("ann");
  const ContactId id = contact("calls");
  const SessionId before = session("ann");
  const Reply reply = must(OpenSession{"ann", before});
  EXPECT_TRUE(reply.resumed);
  EXPECT_EQ(reply.id, raw(before));
  EXPECT_TRUE(all<SessionEnded>().empty());
  EXPECT_TRUE(ask(AcceptOffer{before, see(id).offer}).ok());
}

TEST_F(Sessions, AnOpenOfferWaitsForALostAgentToResume) {
  queue({});
  agent("ann");
  const ContactId id = contact("calls");
  const SessionId before = session("ann");
  must(LoseSession{before});
  pass(seconds(14));
  EXPECT_EQ(state(id), ContactState::kOffered);
  must(OpenSession{"ann", before});
  EXPECT_TRUE(accept(id).ok());
}

TEST_F(Sessions, ResumeGraceRevokesTheOffersAndSignsOff) {
  queue({});
  agent("ann");
  const ContactId id = contact("calls");
  must(LoseSession{session("ann")});
  pass(seconds(15));
  EXPECT_EQ(state(id), ContactState::kQueued);
  EXPECT_EQ(last<OfferEnded>().state, OfferState::kRevoked);
  EXPECT_EQ(presence("ann"), Presence::kOffline);
  EXPECT_EQ(session("ann"), SessionId::kNone);
  EXPECT_EQ(see("ann").misses, 0) << "no miss: the agent was not there";
}

TEST_F(Sessions, AnOfferThatTimesOutOnALostAgentIsNoMiss) {
  queue({});
  agent("ann");
  contact("calls");
  pass(seconds(10));
  must(LoseSession{session("ann")});
  pass(seconds(10));
  EXPECT_EQ(all<OfferEnded>().at(0).state, OfferState::kRevoked);
  EXPECT_EQ(see("ann").misses, 0);
}

TEST_F(Sessions, ContactsOfALostAgentComeBackAfterContactGrace) {
  queue({});
  queue({.id = "chats", .channel = Channel::kChat, .queue = {.wrap_up_limit = hours(1)}});
  agent("ann", {}, 300);
  const ContactId call = working("calls");
  const ContactId chat = working("chats");
  const ContactId paperwork = working("chats");
  must(StartWrapUp{session("ann"), paperwork});
  must(LoseSession{session("ann")});
  pass(seconds(60) - Duration(1));
  EXPECT_EQ(state(call), ContactState::kActive);
  pass(Duration(1));
  EXPECT_TRUE(ended(call));
  EXPECT_EQ(last<ContactEnded>().state, ContactState::kDropped);
  EXPECT_EQ(state(chat), ContactState::kQueued);
  EXPECT_TRUE(see(chat).at_front);
  EXPECT_TRUE(ended(paperwork));
}

TEST_F(Sessions, ContactsAreKeptAtLeastAsLongAsSessions) {
  SettingsChange longer;
  longer.resume_grace = seconds(61);
  const Reply too_long = ask(UpdateSettings{longer});
  EXPECT_EQ(too_long.outcome, Outcome::kGraceTooShort);
  EXPECT_EQ(too_long.subject, "resume_grace");
  SettingsChange shorter;
  shorter.contact_grace = seconds(14);
  EXPECT_EQ(ask(UpdateSettings{shorter}).subject, "contact_grace");
  longer.contact_grace = seconds(61);
  EXPECT_TRUE(ask(UpdateSettings{longer}).ok());
}

TEST_F(Sessions, ANewSessionWithinContactGraceKeepsTheContacts) {
  queue({});
  agent("ann");
  const ContactId id = working("calls");
  must(LoseSession{session("ann")});
  pass(seconds(30));
  EXPECT_EQ(session("ann"), SessionId::kNone);
  sign_in("ann");
  pass(minutes(10));
  EXPECT_EQ(state(id), ContactState::kActive);
  EXPECT_TRUE(complete(id).ok());
}

TEST_F(Sessions, OpeningAgainReplacesTheOlderOne) {
  queue({});
  agent("ann");
  const SessionId before = session("ann");
  const SessionId after = sign_in("ann");
  EXPECT_NE(before, after);
  EXPECT_EQ(last<SessionEnded>().reason, "replaced");
  EXPECT_EQ(presence("ann"), Presence::kAvailable);
  EXPECT_EQ(ask(SetPresence{before, Presence::kBreak, ""}).outcome, Outcome::kSessionNotFound);
  EXPECT_EQ(ask(LoseSession{before}).outcome, Outcome::kSessionNotFound);
}

TEST_F(Sessions, ClosingSignsOffAndLeavesContactsTheirGrace) {
  queue({.id = "chats", .channel = Channel::kChat});
  agent("ann");
  const ContactId id = working("chats");
  const ContactId ringing = contact("chats");
  must(CloseSession{session("ann")});
  EXPECT_EQ(presence("ann"), Presence::kOffline);
  EXPECT_EQ(state(ringing), ContactState::kQueued);
  EXPECT_EQ(state(id), ContactState::kActive);
  pass(seconds(60));
  EXPECT_EQ(state(id), ContactState::kQueued);
}

TEST_F(Sessions, ANewOwnerGivesEverybodyTimeToComeBack) {
  queue({});
  agent("ann");
  const ContactId id = contact("calls");
  now += hours(1);  // nobody served in between
  must(OpenWorkspace{1, "node-b"});
  EXPECT_EQ(engine.epoch(), 1U);
  EXPECT_FALSE(see("ann").connected);
  EXPECT_EQ(see("ann").misses, 0) << "nobody could answer";
  EXPECT_EQ(state(id), ContactState::kQueued);
  pass(seconds(14));
  must(OpenSession{"ann", session("ann")});
  EXPECT_EQ(presence("ann"), Presence::kAvailable);
  EXPECT_EQ(with(id), "ann");
}

}  // namespace
}  // namespace muster::dispatch
