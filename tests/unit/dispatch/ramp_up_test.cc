#include "floor.h"
#include "muster/dispatch/explain.h"

// Agents who come back from OFFLINE get their first offers one at a time.
namespace muster::dispatch {
namespace {

using testing::SizeIs;

class RampUp : public Floor {
 protected:
  /// Chats wait for an agent with room for two of them, who is not signed on yet.
  void backlog(std::uint8_t offers, PolicyChange policy = {}) {
    ramp_up(offers);
    queue({.id = "chats", .channel = Channel::kChat, .policy = std::move(policy)});
    for (int i = 0; i < 6; ++i) contact("chats");
    hire("ann");
    sign_in("ann");
  }
  void ramp_up(std::uint8_t offers) {
    SettingsChange change;
    change.ramp_up_offers = offers;
    must(UpdateSettings{change});
  }
  std::vector<OfferId> ringing() const { return see("ann").offers; }
  void accept_first() { must(AcceptOffer{session("ann"), ringing().at(0)}); }
};

TEST_F(RampUp, UnlessSetAnAgentWhoComesBackGetsAllAtOnce) {
  backlog(0);
  become("ann", Presence::kAvailable);
  EXPECT_THAT(ringing(), SizeIs(2));
}

TEST_F(RampUp, TheFirstOffersComeOneAtATime) {
  backlog(1);
  become("ann", Presence::kAvailable);
  EXPECT_THAT(ringing(), SizeIs(1));
  accept_first();
  EXPECT_THAT(ringing(), SizeIs(1)) << "at once after the answer";
}

TEST_F(RampUp, WhoIsAskedFirstHasNoRoomForMoreButHadForWhatRings) {
  backlog(1);
  become("ann", Presence::kAvailable);
  const Contact& contact = *engine.contact(engine.offer(ringing().at(0))->contact);
  EXPECT_EQ(prospects_of(engine, see("ann"), now).obstacle, Obstacle::kCapacity);
  const Prospects prospects = prospects_of(engine, contact, now);
  EXPECT_EQ(standing_before(engine, *engine.offer(ringing().at(0)), prospects, now).obstacle, Obstacle::kNone);
}

TEST_F(RampUp, IsOverAfterSoManyAnswers) {
  SettingsChange small;
  small.channel_units[raw(Channel::kChat)] = 10;
  must(UpdateSettings{small});
  backlog(2);
  become("ann", Presence::kAvailable);
  accept_first();
  EXPECT_THAT(ringing(), SizeIs(1));
  must(DeclineOffer{session("ann"), ringing().at(0), "busy"});
  EXPECT_THAT(ringing(), SizeIs(4)) << "the one that she declined cools down";
}

TEST_F(RampUp, AMissIsAnAnswerToo) {
  backlog(1);
  become("ann", Presence::kAvailable);
  pass(seconds(20) + seconds(30));
  EXPECT_EQ(presence("ann"), Presence::kAvailable);
  EXPECT_THAT(ringing(), SizeIs(2)) << "a pause is no absence";
}

TEST_F(RampUp, WhatIsTakenBackIsNoAnswer) {
  backlog(1);
  become("ann", Presence::kAvailable);
  must(EndContact{engine.offer(ringing().at(0))->contact, ContactState::kAbandoned, "left"});
  EXPECT_THAT(ringing(), SizeIs(1)) << "the next one, and still one at a time";
}

TEST_F(RampUp, BeginsAnewWithEachReturnFromOffline) {
  backlog(1);
  become("ann", Presence::kAvailable);
  accept_first();
  become("ann", Presence::kOffline);
  become("ann", Presence::kBreak);
  become("ann", Presence::kAvailable);
  EXPECT_EQ(see("ann").ramp_up, 1);
  EXPECT_THAT(ringing(), SizeIs(1));
}

TEST_F(RampUp, ABreakIsNoAbsence) {
  backlog(1);
  become("ann", Presence::kAvailable);
  accept_first();
  become("ann", Presence::kBreak);
  become("ann", Presence::kAvailable);
  EXPECT_EQ(see("ann").ramp_up, 0);
}

TEST_F(RampUp, ALowerNumberCountsAtOnce) {
  backlog(5);
  become("ann", Presence::kAvailable);
  EXPECT_THAT(ringing(), SizeIs(1));
  ramp_up(0);
  EXPECT_THAT(ringing(), SizeIs(2));
}

TEST_F(RampUp, WhoRampsUpHoldsUpNobodyElse) {
  backlog(1);
  become("ann", Presence::kAvailable);
  agent("bob");
  EXPECT_THAT(ringing(), SizeIs(1));
  EXPECT_THAT(see("bob").offers, SizeIs(1));
}

TEST_F(RampUp, AcceptedByItselfIsAnswered) {
  backlog(1, {.auto_accept = true});
  become("ann", Presence::kAvailable);
  EXPECT_THAT(see("ann").contacts, SizeIs(2));
}

TEST_F(RampUp, WhileOneRingsTheAgentCountsAsWithoutRoom) {
  backlog(1);
  become("ann", Presence::kAvailable);
  const ContactId waits = contact("chats");
  const Prospects prospects = prospects_of(engine, see(waits), now);
  EXPECT_EQ(standing_of(engine, see(waits), prospects, see("ann"), now).obstacle, Obstacle::kCapacity);
}

TEST_F(RampUp, SurvivesASnapshot) {
  backlog(2);
  become("ann", Presence::kAvailable);
  engine = Engine(engine.image());
  check();
  accept_first();
  EXPECT_THAT(ringing(), SizeIs(1));
}

}  // namespace
}  // namespace muster::dispatch
