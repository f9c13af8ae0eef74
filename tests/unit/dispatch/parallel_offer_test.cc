#include <set>

#include "floor.h"

// Contacts that are offered to several agents at once: the first who accepts has it.
namespace muster::dispatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ParallelOffers : public Floor {
 protected:
  static StepDraft step(std::uint8_t offers, Duration after = {}, std::vector<NamedRequirement> required = {}) {
    StepDraft step;
    step.after = after;
    step.requirements = std::move(required);
    step.offers = offers;
    return step;
  }
  /// A queue of tasks that ring at so many agents at once.
  void hall(std::uint8_t offers, PolicyChange policy = {}, QueueChange change = {}) {
    if (!policy.steps) policy.steps = {step(offers)};
    queue({.id = "hall", .channel = Channel::kTask, .policy = std::move(policy), .queue = std::move(change)});
  }
  /// One after the other, so that the first named is idle for longest.
  void agents(const std::vector<std::string>& names) {
    for (const std::string& each : names) {
      agent(each);
      pass(seconds(1));
    }
  }
  std::vector<std::string> rings_at(ContactId id) const {
    std::vector<std::string> names;
    if (state(id) != ContactState::kOffered) return names;
    names.push_back(name(engine.offer(see(id).offer)->agent));
    for (const OfferId offer : see(id).further_offers) names.push_back(name(engine.offer(offer)->agent));
    return names;
  }
  OfferId offer_to(const std::string& agent, ContactId id) const {
    for (const OfferId offer : see(agent).offers) {
      if (engine.offer(offer)->contact == id) return offer;
    }
    return OfferId::kNone;
  }
  Reply accept_as(const std::string& agent, ContactId id) {
    return ask(AcceptOffer{session(agent), offer_to(agent, id)});
  }
  Reply decline_as(const std::string& agent, ContactId id) {
    return ask(DeclineOffer{session(agent), offer_to(agent, id), "busy"});
  }
};

TEST_F(ParallelOffers, RingAtAsManyAsTheStepSaysTheBestOfThose) {
  hall(2);
  agents({"ann", "bob", "cid"});
  const ContactId id = contact("hall");
  EXPECT_THAT(rings_at(id), ElementsAre("ann", "bob"));
  EXPECT_THAT(see("cid").offers, IsEmpty());
}

TEST_F(ParallelOffers, EachSaysWhyThatAgentAndWhoWouldHaveBeenNext) {
  hall(2);
  agents({"ann", "bob", "cid"});
  contact("hall");
  const auto made = all<OfferMade>();
  ASSERT_EQ(made.size(), 2U);
  EXPECT_EQ(made[0].explanation.idle, seconds(3));
  EXPECT_EQ(name(made[0].explanation.runner_up), "bob");
  EXPECT_EQ(made[0].explanation.considered, 2U);
  EXPECT_EQ(made[1].explanation.idle, seconds(2));
  EXPECT_EQ(name(made[1].explanation.runner_up), "cid");
  EXPECT_EQ(made[1].explanation.considered, 2U) << "ann, at whom it rings, is not looked at again";
}

TEST_F(ParallelOffers, HoldTheUnitsOfEveryAgent) {
  hall(2);
  agents({"ann", "bob"});
  contact("hall");
  EXPECT_EQ(see("ann").used_units, 25U);
  EXPECT_EQ(see("bob").used_units, 25U);
}

TEST_F(ParallelOffers, AnAgentWithRoomForTwoGetsOneOfThem) {
  hall(3);
  agents({"ann"});
  EXPECT_THAT(rings_at(contact("hall")), ElementsAre("ann"));
}

TEST_F(ParallelOffers, TheFirstWhoAcceptsHasItAndTheOthersAreFreeAtOnce) {
  hall(3);
  agents({"ann", "bob", "cid"});
  const TimePoint idle_before = see("cid").idle_since;
  const ContactId id = contact("hall");
  pass(seconds(5));
  const std::size_t before = events.size();
  ASSERT_TRUE(accept_as("bob", id).ok());
  EXPECT_EQ(events.size() - before, 3U) << "one decision";
  EXPECT_EQ(with(id), "bob");
  EXPECT_EQ(state(id), ContactState::kActive);
  std::set<std::string> lost;
  for (const OfferEnded& ended : all<OfferEnded>()) {
    EXPECT_EQ(ended.state, OfferState::kRescinded);
    EXPECT_TRUE(ended.rings_on);
    lost.insert(name(ended.agent));
  }
  EXPECT_THAT(lost, ElementsAre("ann", "cid"));
  for (const std::string& loser : lost) {
    EXPECT_EQ(see(loser).used_units, 0U);
    EXPECT_EQ(see(loser).misses, 0);
    EXPECT_EQ(presence(loser), Presence::kAvailable);
  }
  EXPECT_EQ(see("cid").idle_since, idle_before) << "keeps the place in line";
  EXPECT_EQ(see(id).refusal_count, 0);
}

TEST_F(ParallelOffers, WhoComesLateHearsThatTheOfferIsTaken) {
  hall(2);
  agents({"ann", "bob"});
  const ContactId id = contact("hall");
  const OfferId late = offer_to("bob", id);
  ASSERT_TRUE(accept_as("ann", id).ok());
  EXPECT_EQ(ask(AcceptOffer{session("bob"), late}).outcome, Outcome::kOfferTaken);
  EXPECT_EQ(ask(DeclineOffer{session("bob"), late, ""}).outcome, Outcome::kOfferTaken);
  EXPECT_EQ(all<OfferAccepted>().size(), 1U);
}

TEST_F(ParallelOffers, TheRepeatedAcceptanceIsAnsweredAlike) {
  hall(2);
  agents({"ann", "bob"});
  const ContactId id = contact("hall");
  const AcceptOffer accepts{session("bob"), offer_to("bob", id)};
  const Reply first = ask(accepts, {1, 1});
  EXPECT_EQ(ask(accepts, {1, 1}).sequence, first.sequence);
  EXPECT_EQ(emitted(), 0U);
}

TEST_F(ParallelOffers, LosersAreOfferedTheContactAgainWhenItsSetupFails) {
  hall(2);
  agents({"ann", "bob"});
  const ContactId id = contact("hall");
  accept_as("ann", id);
  ask(ReportSetupFailure{session("ann"), id, "no line"});
  EXPECT_THAT(rings_at(id), ElementsAre("bob")) << "no cool-down for whom it was taken from";
}

TEST_F(ParallelOffers, OneDeclineLeavesTheOthersRinging) {
  hall(2);
  agents({"ann", "bob", "cid"});
  const ContactId id = contact("hall");
  ASSERT_TRUE(decline_as("ann", id).ok());
  EXPECT_THAT(rings_at(id), ElementsAre("bob")) << "nobody joins";
  EXPECT_EQ(state(id), ContactState::kOffered);
  EXPECT_EQ(with(id), "bob");
  EXPECT_EQ(see(id).refusal_count, 1);
  EXPECT_TRUE(accept_as("bob", id).ok());
}

TEST_F(ParallelOffers, OnlyWhenNoneRingsItIsBackInItsLineWithItsAge) {
  hall(2);
  agents({"ann", "bob"});
  const ContactId id = contact("hall");
  const TimePoint due = see(id).due;
  decline_as("ann", id);
  decline_as("bob", id);
  EXPECT_EQ(state(id), ContactState::kQueued);
  EXPECT_EQ(see(id).due, due);
  EXPECT_EQ(see(id).agent, AgentHandle::kNone);
  agent("cid");
  EXPECT_THAT(rings_at(id), ElementsAre("cid"));
}

TEST_F(ParallelOffers, EveryOneWhoDoesNotAnswerMissesIt) {
  hall(2);
  agents({"ann", "bob", "cid"});
  const ContactId id = contact("hall");
  pass(seconds(20));
  EXPECT_EQ(presence("ann"), Presence::kNotResponding);
  EXPECT_EQ(presence("bob"), Presence::kNotResponding);
  EXPECT_THAT(rings_at(id), ElementsAre("cid"));
  EXPECT_EQ(see(id).refusal_count, 2);
}

TEST_F(ParallelOffers, RefusalsEscalateAlsoWhenASupervisorTakesTheContactBack) {
  SettingsChange settings;
  settings.escalate_after_refusals = 1;
  must(UpdateSettings{settings});
  hall(2);
  queue({.id = "other", .channel = Channel::kTask});
  agents({"ann", "bob"});
  hire("cid");
  sign_in("cid");
  become("cid", Presence::kBreak);
  for (const bool assigned : {true, false}) {
    const ContactId id = contact("hall");
    EXPECT_TRUE(decline_as("ann", id).ok());
    ASSERT_THAT(rings_at(id), ElementsAre("bob"));
    assigned ? must(AssignContact{id, "cid", {}, ""}) : must(TransferContact{id, "other", ""});
    EXPECT_TRUE(see(id).escalated) << (assigned ? "assigned" : "transferred");
  }
}

TEST_F(ParallelOffers, RefusalsEscalateOnceTheContactIsBackInItsLine) {
  hall(2);
  SettingsChange settings;
  settings.escalate_after_refusals = 1;
  must(UpdateSettings{settings});
  agents({"ann", "bob"});
  const ContactId id = contact("hall");
  decline_as("ann", id);
  EXPECT_THAT(all<ContactEscalated>(), IsEmpty()) << "rings still";
  become("bob", Presence::kBreak);
  EXPECT_EQ(all<ContactEscalated>().size(), 1U);
  EXPECT_TRUE(see(id).escalated);
}

TEST_F(ParallelOffers, TheCustomerWhoLeavesWithdrawsAll) {
  hall(3);
  agents({"ann", "bob", "cid"});
  const ContactId id = contact("hall");
  must(EndContact{id, ContactState::kAbandoned, "hung up"});
  EXPECT_TRUE(ended(id));
  ASSERT_EQ(all<OfferEnded>().size(), 3U);
  for (const OfferEnded& each : all<OfferEnded>()) EXPECT_EQ(each.state, OfferState::kWithdrawn);
  for (const char* each : {"ann", "bob", "cid"}) EXPECT_EQ(see(each).used_units, 0U);
}

TEST_F(ParallelOffers, TheTimeToLiveWithdrawsAll) {
  hall(2, {.offer_timeout = seconds(60)}, {.time_to_live = seconds(30)});
  agents({"ann", "bob"});
  const ContactId id = contact("hall");
  pass(seconds(30));
  EXPECT_TRUE(ended(id));
  EXPECT_EQ(all<OfferEnded>().size(), 2U);
  EXPECT_EQ(presence("ann"), Presence::kAvailable);
}

TEST_F(ParallelOffers, ATransferWithdrawsAllAndThePolicyOfTheNewQueueHolds) {
  hall(3);
  queue({.id = "other", .channel = Channel::kTask});
  agents({"ann", "bob", "cid"});
  const ContactId id = contact("hall");
  must(TransferContact{id, "other", ""});
  EXPECT_THAT(rings_at(id), ElementsAre("ann"));
  EXPECT_EQ(all<OfferEnded>().size(), 3U);
}

TEST_F(ParallelOffers, AnAssignmentTakesItFromAllAndGivesItToOne) {
  hall(2);
  agents({"ann", "bob", "cid"});
  const ContactId id = contact("hall");
  must(AssignContact{id, "bob", {}, "knows the case"});
  EXPECT_THAT(rings_at(id), ElementsAre("bob"));
  EXPECT_EQ(ask(AssignContact{id, "bob", {}, ""}).outcome, Outcome::kContactWrongState) << "rings there alone";
}

TEST_F(ParallelOffers, APreferredAgentIsTheOnlyOne) {
  hall(3);
  agents({"ann", "bob"});
  CreateContact command = wanted("hall");
  command.preferred_agent = "bob";
  const ContactId id = contact(command);
  EXPECT_THAT(rings_at(id), ElementsAre("bob"));
}

TEST_F(ParallelOffers, WhoLeavesIsRevokedAndTheOthersRingOn) {
  hall(4);
  agents({"ann", "bob", "cid", "dan"});
  const ContactId id = contact("hall");
  become("ann", Presence::kBreak);
  EXPECT_EQ(last<OfferEnded>().state, OfferState::kRevoked);
  must(SuspendAgent{"bob", true, "quality"});
  EXPECT_EQ(last<OfferEnded>().state, OfferState::kRevoked);
  must(CloseSession{session("cid")});
  EXPECT_EQ(last<OfferEnded>().state, OfferState::kRevoked);
  EXPECT_THAT(rings_at(id), ElementsAre("dan"));
  EXPECT_EQ(see(id).refusal_count, 0);
}

TEST_F(ParallelOffers, WhoWasLostHasMissedNothing) {
  hall(2, {.offer_timeout = seconds(10)});
  agents({"ann", "bob"});
  const ContactId id = contact("hall");
  must(LoseSession{session("ann")});
  pass(seconds(10));
  EXPECT_EQ(all<OfferEnded>().at(0).state, OfferState::kRevoked);
  EXPECT_EQ(all<OfferEnded>().at(1).state, OfferState::kTimedOut);
  EXPECT_EQ(state(id), ContactState::kQueued);
}

TEST_F(ParallelOffers, ASkillThatIsTakenAwayRevokesThatOfferOnly) {
  skill("german");
  hall(2, {.steps = {{step(2, {}, {{"german", 1}})}}});
  agent("ann", {{"german", 50}});
  agent("bob", {{"german", 50}});
  const ContactId id = contact("hall");
  AgentChange change;
  change.skills = std::vector<NamedSkillLevel>{};
  must(UpdateAgent{"ann", change});
  EXPECT_EQ(last<OfferEnded>().state, OfferState::kRevoked);
  EXPECT_THAT(rings_at(id), ElementsAre("bob"));
}

TEST_F(ParallelOffers, ASkillThatEndsRevokesThatOfferOnly) {
  skill("licence");
  hall(2, {.steps = {{step(2, {}, {{"licence", 1}})}}});
  agent("ann", {{"licence", 50, now + seconds(5)}});
  agent("bob", {{"licence", 50}});
  const ContactId id = contact("hall");
  pass(seconds(5));
  EXPECT_EQ(last<OfferEnded>().reason, "skill_expired");
  EXPECT_THAT(rings_at(id), ElementsAre("bob"));
}

TEST_F(ParallelOffers, AnotherPolicyRescindsThoseThatDoNotFit) {
  skill("german");
  hall(3);
  agent("ann");
  agent("bob", {{"german", 50}});
  agent("cid");
  const ContactId id = contact("hall");
  PolicyChange change;
  change.steps = {step(3, {}, {{"german", 1}})};
  must(UpdatePolicy{"hall-policy", change});
  EXPECT_THAT(rings_at(id), ElementsAre("bob"));
  for (const OfferEnded& each : all<OfferEnded>()) EXPECT_EQ(each.state, OfferState::kRescinded);
  change.steps = {step(1, {}, {{"german", 80}})};
  must(UpdatePolicy{"hall-policy", change});
  EXPECT_EQ(state(id), ContactState::kQueued);
}

TEST_F(ParallelOffers, ALowerNumberTakesNothingBack) {
  hall(2);
  agents({"ann", "bob"});
  const ContactId id = contact("hall");
  PolicyChange change;
  change.steps = {step(1)};
  must(UpdatePolicy{"hall-policy", change});
  EXPECT_THAT(rings_at(id), ElementsAre("ann", "bob"));
}

TEST_F(ParallelOffers, EachStepHasItsOwnNumber) {
  hall(1, {.steps = {{step(1), step(2, seconds(10))}}, .offer_timeout = seconds(10)});
  agents({"ann", "bob", "cid"});
  const ContactId id = contact("hall");
  EXPECT_THAT(rings_at(id), ElementsAre("ann"));
  pass(seconds(10));
  EXPECT_THAT(rings_at(id), ElementsAre("bob", "cid"));
}

TEST_F(ParallelOffers, GoToThoseForWhomNothingWaits) {
  hall(2, {.steps = {{step(2)}}, .offer_timeout = seconds(60)});
  hire("ann");
  hire("bob");
  hire("cid");
  const ContactId first = contact("hall");
  const ContactId second = contact("hall");
  for (const char* each : {"ann", "bob", "cid"}) {
    AgentChange one_task;
    one_task.channel_limits = PerChannel<std::int16_t>{-1, -1, -1, -1, -1, -1, 1};
    must(UpdateAgent{each, one_task});
    sign_in(each);
  }
  become("ann", Presence::kAvailable);
  EXPECT_THAT(rings_at(first), ElementsAre("ann"));
  become("bob", Presence::kAvailable);
  EXPECT_THAT(rings_at(second), ElementsAre("bob")) << "it waited, the first one rings already";
  become("cid", Presence::kAvailable);
  EXPECT_THAT(see("cid").offers, IsEmpty()) << "nobody joins those at whom it rings";
}

TEST_F(ParallelOffers, ThoseWhoLoseTogetherAreOfferedTheNextTogether) {
  hall(3, {.offer_timeout = seconds(60)});
  for (const char* each : {"ann", "bob", "cid"}) {
    hire(each);
    AgentChange one_task;
    one_task.channel_limits = PerChannel<std::int16_t>{-1, -1, -1, -1, -1, -1, 1};
    must(UpdateAgent{each, one_task});
    sign_in(each);
    become(each, Presence::kAvailable);
  }
  const ContactId first = contact("hall");
  const ContactId second = contact("hall");
  EXPECT_EQ(state(second), ContactState::kQueued);
  accept_as("ann", first);
  EXPECT_THAT(rings_at(second), testing::UnorderedElementsAre("bob", "cid"));
}

TEST_F(ParallelOffers, LeaveTheReserveIdle) {
  QueueChange change;
  change.idle_reserve = 1;
  hall(4, {}, change);
  agents({"ann", "bob", "cid"});
  const ContactId id = contact("hall");
  EXPECT_THAT(rings_at(id), ElementsAre("ann", "bob"));
  EXPECT_EQ(see("cid").used_units, 0U);
}

TEST_F(ParallelOffers, AcceptedByItselfGoesToOne) {
  hall(3, {.auto_accept = true});
  agents({"ann", "bob"});
  const ContactId id = contact("hall");
  EXPECT_EQ(with(id), "ann");
  EXPECT_EQ(all<OfferMade>().size(), 1U);
}

TEST_F(ParallelOffers, FollowThePreferencesOfTheStep) {
  StepDraft picky = step(2);
  picky.prefer.weights.quality = minutes(1);
  hall(2, {.steps = {{picky}}});
  agents({"ann", "bob", "cid"});
  AgentChange good;
  good.quality = 90;
  must(UpdateAgent{"cid", good});
  EXPECT_THAT(rings_at(contact("hall")), ElementsAre("cid", "ann"));
}

TEST_F(ParallelOffers, CountAsOneTurnOfTheQueue) {
  SettingsChange settings;
  settings.queue_order = QueueOrder::kShare;
  must(UpdateSettings{settings});
  QueueChange change;
  change.share = 1;
  hall(3, {}, change);
  agents({"ann", "bob", "cid"});
  const ContactId id = contact("hall");
  const std::uint64_t served = engine.queue("hall")->served;
  EXPECT_GT(served, 0U);
  accept_as("ann", id);
  EXPECT_EQ(engine.queue("hall")->served, served);
  const ContactId other = contact("hall");
  decline_as("bob", other);
  EXPECT_EQ(engine.queue("hall")->served, 2 * served);
  must(EndContact{other, ContactState::kCancelled, ""});
  EXPECT_EQ(engine.queue("hall")->served, served);
}

TEST_F(ParallelOffers, ContactsThatRingAtOneAgentHashAsBeforeTheyCouldRingAtMore) {
  Contact contact;
  contact.details = std::make_shared<ContactDetails>();
  StateImage image;
  image.contacts.push_back(contact);
  const std::uint64_t one = state_hash(image);
  image.contacts[0].further_offers = {OfferId{2}};
  EXPECT_NE(state_hash(image), one);
}

TEST_F(ParallelOffers, SurviveASnapshot) {
  hall(3);
  agents({"ann", "bob", "cid"});
  const ContactId id = contact("hall");
  engine = Engine(engine.image());
  check();
  EXPECT_THAT(rings_at(id), ElementsAre("ann", "bob", "cid"));
  EXPECT_TRUE(accept_as("bob", id).ok());
  EXPECT_EQ(see("ann").used_units, 0U);
}

}  // namespace
}  // namespace muster::dispatch
