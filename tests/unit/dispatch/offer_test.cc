#include "floor.h"

// Offers: how they are answered, and what becomes of contact and agent if they are not.
namespace muster::dispatch {
namespace {

using Offers = Floor;

TEST_F(Offers, RingForTwentySecondsUnlessThePolicySaysOtherwise) {
  queue({});
  queue({.id = "patient", .policy = {.offer_timeout = seconds(45)}});
  agent("ann");
  const ContactId id = contact("calls");
  EXPECT_EQ(engine.offer(see(id).offer)->expires, now + seconds(20));
  agent("bob");
  EXPECT_EQ(engine.offer(see(contact("patient")).offer)->expires, now + seconds(45));
}

TEST_F(Offers, TimeOutIsAMissAndTheContactGoesToTheNext) {
  queue({});
  agent("ann");
  pass(seconds(1));
  agent("bob");
  const ContactId id = contact("calls");
  pass(seconds(20));
  EXPECT_EQ(all<OfferEnded>().at(0).state, OfferState::kTimedOut);
  EXPECT_EQ(presence("ann"), Presence::kNotResponding);
  EXPECT_EQ(with(id), "bob");
  EXPECT_EQ(see(id).refusal_count, 1);
}

TEST_F(Offers, DeclinedContactKeepsItsAgeAndItsPlace) {
  queue({});
  const ContactId first = contact("calls");
  pass(seconds(5));
  const ContactId second = contact("calls");
  const TimePoint due = see(first).due;
  agent("ann");
  EXPECT_EQ(with(first), "ann");
  EXPECT_TRUE(decline(first).ok());
  EXPECT_EQ(see(first).due, due);
  EXPECT_EQ(with(second), "ann") << "no loop: ann gets the next one";
  agent("bob");
  EXPECT_EQ(with(first), "bob") << "still before all younger ones";
}

TEST_F(Offers, DecliningIsNoMiss) {
  queue({});
  agent("ann");
  EXPECT_TRUE(decline(contact("calls"), "wrong language").ok());
  EXPECT_EQ(last<OfferEnded>().reason, "wrong language");
  EXPECT_EQ(presence("ann"), Presence::kAvailable);
  EXPECT_EQ(see("ann").misses, 0);
}

TEST_F(Offers, TheOnlyAgentIsAskedAgainAfterTheCoolDown) {
  queue({});
  agent("ann");
  const ContactId id = contact("calls");
  decline(id);
  pass(seconds(60) - Duration(1));
  EXPECT_EQ(state(id), ContactState::kQueued);
  pass(Duration(1));
  EXPECT_EQ(with(id), "ann");
  EXPECT_EQ(last<OfferMade>().explanation.trigger, Trigger::kCoolDown);
}

TEST_F(Offers, ThreeMissesDoNotBarAnAgent) {
  queue({});
  agent("ann");
  const ContactId id = contact("calls");
  for (int i = 0; i < 3; ++i) {
    pass(seconds(20) + seconds(60));
    become("ann", Presence::kAvailable);
    EXPECT_EQ(with(id), "ann") << "miss " << i + 1;
  }
}

TEST_F(Offers, ThreeDeclinesEndItForThatAgent) {
  queue({});
  agent("ann");
  const ContactId id = contact("calls");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(with(id), "ann");
    decline(id);
    pass(seconds(60));
  }
  pass(hours(1));
  EXPECT_EQ(state(id), ContactState::kQueued);
  agent("bob");
  EXPECT_EQ(with(id), "bob");
}

TEST_F(Offers, HoweverManyRefuseNoDeclineIsForgottenBeforeItsTime) {
  queue({});
  agent("ann");
  const ContactId id = contact("calls");
  for (int i = 0; i < 3; ++i) {
    decline(id);
    if (i < 2) pass(seconds(60));
  }
  become("ann", Presence::kBreak);
  for (int i = 0; i < 300; ++i) {
    const std::string name = "agent" + std::to_string(i);
    agent(name);
    EXPECT_EQ(with(id), name);
    decline(id);
  }
  become("ann", Presence::kAvailable);
  EXPECT_EQ(state(id), ContactState::kQueued) << "three declines, a cool-down for each of the others";
}

TEST_F(Offers, OfRefusalsThatAreOver256AreRemembered) {
  queue({});
  const ContactId id = contact("calls");
  for (int i = 0; i < 300; ++i) {
    const std::string name = "agent" + std::to_string(i);
    agent(name);
    EXPECT_EQ(with(id), name);
    decline(id);
    become(name, Presence::kBreak);
    pass(seconds(60));
  }
  EXPECT_EQ(see(id).refusals.size(), 256U);
}

TEST_F(Offers, EnoughRefusalsEscalateOnce) {
  queue({});
  SettingsChange settings;
  settings.escalate_after_refusals = 2;
  settings.escalation_priority = 30;
  must(UpdateSettings{settings});
  for (const char* id : {"ann", "bob", "cid"}) agent(id);
  const ContactId id = contact(wanted("calls", 80));
  decline(id);
  EXPECT_FALSE(see(id).escalated);
  decline(id);
  EXPECT_TRUE(see(id).escalated);
  EXPECT_EQ(see(id).priority, 100) << "no more than 100";
  decline(id);
  EXPECT_EQ(all<ContactEscalated>().size(), 1U);
}

TEST_F(Offers, AnswerAfterTheTimeComesTooLate) {
  queue({});
  agent("ann");
  const ContactId id = contact("calls");
  const OfferId offer = see(id).offer;
  now += seconds(20);
  const Reply reply = ask(AcceptOffer{session("ann"), offer});
  EXPECT_EQ(reply.outcome, Outcome::kOfferTaken);
  EXPECT_EQ(presence("ann"), Presence::kNotResponding);
}

TEST_F(Offers, OnlyTheAgentItWasMadeToMayAnswer) {
  queue({});
  agent("ann");
  agent("bob");
  const ContactId id = contact("calls");
  EXPECT_EQ(ask(AcceptOffer{session("bob"), see(id).offer}).outcome, Outcome::kOfferNotFound);
  EXPECT_EQ(ask(AcceptOffer{session("ann"), OfferId{99}}).outcome, Outcome::kOfferNotFound);
  EXPECT_EQ(ask(AcceptOffer{SessionId{99}, see(id).offer}).outcome, Outcome::kSessionNotFound);
  EXPECT_TRUE(accept(id).ok());
}

TEST_F(Offers, AreAcceptedOnce) {
  queue({});
  agent("ann");
  const ContactId id = contact("calls");
  const OfferId offer = see(id).offer;
  EXPECT_TRUE(ask(AcceptOffer{session("ann"), offer}).ok());
  EXPECT_EQ(ask(AcceptOffer{session("ann"), offer}).outcome, Outcome::kOfferTaken);
  EXPECT_EQ(all<OfferAccepted>().size(), 1U);
}

TEST_F(Offers, AutoAcceptPutsTheContactIntoTheHandAtOnce) {
  queue({.policy = {.auto_accept = true}});
  agent("ann");
  const ContactId id = contact("calls");
  EXPECT_EQ(state(id), ContactState::kActive);
  EXPECT_EQ(all<OfferMade>().size(), 1U) << "the offer and its explanation are on record all the same";
}

TEST_F(Offers, AcceptanceTellsTheWaitAndWhetherItIsTheFirst) {
  queue({});
  agent("ann");
  const ContactId id = contact("calls");
  pass(seconds(4));
  accept(id);
  EXPECT_EQ(last<OfferAccepted>().waited, seconds(4));
  EXPECT_TRUE(last<OfferAccepted>().first);
  must(ReturnContact{session("ann"), id, "", ""});
  pass(seconds(60));
  accept(id);
  EXPECT_FALSE(last<OfferAccepted>().first);
}

}  // namespace
}  // namespace muster::dispatch
