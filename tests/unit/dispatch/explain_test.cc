#include "muster/dispatch/explain.h"

#include "floor.h"

namespace muster::dispatch {
namespace {

class Explain : public Floor {
 protected:
  Explain() {
    for (const char* id : {"english", "billing"}) skill(id);
    QueueSetup setup;
    setup.policy.steps = {{seconds(0), {{"english", 60}}}, {seconds(30), {{"english", 20}}}};
    setup.policy.refusal_cool_down = seconds(60);
    queue(setup);
  }
  Standing standing(ContactId id, const std::string& agent) const {
    return standing_of(engine, see(id), prospects(id), see(agent), now);
  }
  Prospects prospects(ContactId id) const { return prospects_of(engine, see(id), now); }
  static std::uint32_t count(const Prospects& prospects, Obstacle obstacle) {
    return prospects.agents[static_cast<std::size_t>(obstacle)];
  }
};

TEST_F(Explain, EachAgentMeetsTheFirstObstacleThatStandsInTheWay) {
  agent("busy", {{"english", 90}});
  working("calls");
  agent("novice");
  agent("beginner", {{"english", 10}});
  agent("excluded", {{"english", 90}});
  hire("home", {{"english", 90}});
  agent("resting", {{"english", 90}});
  become("resting", Presence::kBreak, "lunch");
  CreateContact command = wanted("calls");
  command.excluded_agents = {"excluded"};
  const ContactId id = contact(command);
  ASSERT_EQ(state(id), ContactState::kQueued);
  EXPECT_EQ(standing(id, "novice").obstacle, Obstacle::kSkill);
  EXPECT_EQ(standing(id, "beginner").obstacle, Obstacle::kLevel);
  EXPECT_EQ(standing(id, "beginner").level, 10);
  EXPECT_EQ(standing(id, "beginner").required.min_level, 60);
  EXPECT_EQ(standing(id, "excluded").obstacle, Obstacle::kExcluded);
  EXPECT_EQ(standing(id, "home").obstacle, Obstacle::kSignedOff);
  EXPECT_EQ(standing(id, "resting").obstacle, Obstacle::kNotAvailable);
  EXPECT_EQ(standing(id, "busy").obstacle, Obstacle::kCapacity);

  const Prospects all = prospects(id);
  for (const Obstacle obstacle : {Obstacle::kSkill, Obstacle::kLevel, Obstacle::kExcluded, Obstacle::kSignedOff,
                                  Obstacle::kNotAvailable, Obstacle::kCapacity}) {
    EXPECT_EQ(count(all, obstacle), 1U) << int(obstacle);
  }
  EXPECT_EQ(count(all, Obstacle::kNone), 0U);
}

TEST_F(Explain, WhoCouldNeverHaveRoomIsNotCalledBusy) {
  hire("small", {{"english", 90}}, 10);
  EXPECT_EQ(standing(contact("calls"), "small").obstacle, Obstacle::kChannel);
}

TEST_F(Explain, ASuspendedAgentIsNotCalledSignedOff) {
  agent("ann", {{"english", 90}});
  must(SuspendAgent{"ann", true, "audit"});
  EXPECT_EQ(standing(contact("calls"), "ann").obstacle, Obstacle::kSuspended);
}

TEST_F(Explain, WhoNeverWasAvailableHasNoIdleTime) {
  hire("new", {{"english", 90}});
  EXPECT_EQ(standing(contact("calls"), "new").idle, std::nullopt);
}

TEST_F(Explain, ALostConnectionIsNotAvailable) {
  agent("ann", {{"english", 90}});
  must(LoseSession{session("ann")});
  EXPECT_EQ(standing(contact("calls"), "ann").obstacle, Obstacle::kNotAvailable);
}

TEST_F(Explain, ARefusalBarsUntilItsCoolDownEnds) {
  agent("ann", {{"english", 90}});
  const ContactId id = contact("calls");
  decline(id);
  pass(seconds(20));
  EXPECT_EQ(standing(id, "ann").obstacle, Obstacle::kCoolDown);
  EXPECT_EQ(standing(id, "ann").cool_down_until, now + seconds(40));
  EXPECT_EQ(prospects(id).next_cool_down, now + seconds(40));
}

TEST_F(Explain, ThreeDeclinesBarForGood) {
  agent("ann", {{"english", 90}});
  const ContactId id = contact("calls");
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(with(id), "ann");
    decline(id);
    pass(seconds(60));
  }
  EXPECT_EQ(standing(id, "ann").obstacle, Obstacle::kCoolDown);
  EXPECT_EQ(standing(id, "ann").cool_down_until, TimePoint());
  EXPECT_EQ(prospects(id).next_cool_down, std::nullopt);
}

TEST_F(Explain, WhatIsAskedIsTheStepInForceAndTheContactsOwn) {
  agent("resting", {{"english", 90}, {"billing", 90}});
  become("resting", Presence::kBreak);
  CreateContact command = wanted("calls");
  command.requirements = {{"billing", 5}};
  const ContactId id = contact(command);
  EXPECT_EQ(prospects(id).asked.all.size(), 2U);
  EXPECT_EQ(prospects(id).asked.all[0].min_level, 60);
  EXPECT_EQ(prospects(id).next_step, now + seconds(30));
  pass(seconds(30));
  EXPECT_EQ(prospects(id).asked.all[0].min_level, 20);
  EXPECT_EQ(prospects(id).next_step, std::nullopt) << "it was the last";
}

TEST_F(Explain, WhoCouldGetItHasNoObstacle) {
  agent("ann", {{"english", 90}});
  pass(seconds(3));
  agent("bob", {{"english", 90}});
  pass(seconds(2));
  const ContactId id = contact("calls");
  EXPECT_EQ(with(id), "ann");
  EXPECT_EQ(standing(id, "bob").obstacle, Obstacle::kNone);
  EXPECT_EQ(standing(id, "bob").idle, seconds(2)) << "ann had been idle for longer";
}

class ExplainAgent : public Explain {
 protected:
  AgentProspects about(const std::string& agent) const { return prospects_of(engine, see(agent), now); }
  static std::uint32_t count(const AgentProspects& prospects, Obstacle obstacle) {
    std::uint32_t contacts = 0;
    for (const WaitingCount& each : prospects.waiting) {
      if (each.standing.obstacle == obstacle) contacts += each.contacts;
    }
    return contacts;
  }
};

TEST_F(ExplainAgent, WaitingContactsAreCountedByQueueAndByWhatKeepsThemAway) {
  queue({.id = "chats", .channel = Channel::kChat});
  agent("bob", {{"english", 90}});
  become("bob", Presence::kBreak);
  agent("ann", {{"english", 40}});
  const ContactId in_hand = contact("chats");
  ASSERT_EQ(with(in_hand), "ann");
  for (int i = 0; i < 3; ++i) contact("calls");
  CreateContact other = wanted("chats");
  other.requirements = {{"billing", 0}};
  contact(other);
  CreateContact excluding = wanted("chats");
  excluding.excluded_agents = {"ann"};
  contact(excluding);
  const AgentProspects prospects = about("ann");
  EXPECT_EQ(prospects.obstacle, Obstacle::kNone);
  ASSERT_EQ(prospects.waiting.size(), 3U);
  EXPECT_EQ(prospects.waiting[0].queue, engine.queue("calls")->handle);
  EXPECT_EQ(prospects.waiting[0].standing.obstacle, Obstacle::kLevel);
  EXPECT_EQ(prospects.waiting[0].standing.required.min_level, 60);
  EXPECT_EQ(prospects.waiting[0].standing.level, 40);
  EXPECT_EQ(prospects.waiting[0].contacts, 3U);
  EXPECT_EQ(count(prospects, Obstacle::kSkill), 1U);
  EXPECT_EQ(count(prospects, Obstacle::kExcluded), 1U);
  EXPECT_EQ(prospects.left_out, 0U);
}

TEST_F(ExplainAgent, ContactsForAnotherAgentAloneAreCountedToo) {
  agent("ann", {{"english", 90}});
  agent("bob", {{"english", 90}});
  working("calls");
  working("calls");
  CreateContact own = wanted("calls");
  own.preferred_agent = "ann";
  contact(own);
  CreateContact others = wanted("calls");
  others.preferred_agent = "bob";
  contact(others);
  contact("calls");
  EXPECT_EQ(count(about("ann"), Obstacle::kPreferred), 1U);
  EXPECT_EQ(count(about("ann"), Obstacle::kCapacity), 2U);
}

TEST_F(ExplainAgent, TheFirstObstacleIsWhatTheAgentDoes) {
  hire("ann", {{"english", 90}});
  EXPECT_EQ(about("ann").obstacle, Obstacle::kSignedOff);
  sign_in("ann");
  become("ann", Presence::kBreak);
  EXPECT_EQ(about("ann").obstacle, Obstacle::kNotAvailable);
  become("ann", Presence::kAvailable);
  EXPECT_EQ(about("ann").obstacle, Obstacle::kNone);
  working("calls");
  EXPECT_EQ(about("ann").obstacle, Obstacle::kCapacity);
  must(SetPresence{session("ann"), Presence::kBreak, "", true});
  EXPECT_EQ(about("ann").obstacle, Obstacle::kNotAvailable) << "is to leave";
  must(SuspendAgent{"ann", true, "audit"});
  EXPECT_EQ(about("ann").obstacle, Obstacle::kSuspended);
}

TEST_F(ExplainAgent, RoomIsCountedByChannel) {
  queue({.id = "chats", .channel = Channel::kChat});
  agent("ann", {{"english", 90}});
  working("chats");
  const AgentProspects prospects = about("ann");
  EXPECT_EQ(prospects.room[raw(Channel::kVoice)], 0U) << "66 units are left";
  EXPECT_EQ(prospects.room[raw(Channel::kChat)], 1U);
  EXPECT_EQ(prospects.room[raw(Channel::kEmail)], 3U);
  AgentChange change;
  change.channel_limits = AgentSpec{}.channel_limits;
  (*change.channel_limits)[raw(Channel::kEmail)] = 2;
  must(UpdateAgent{"ann", change});
  EXPECT_EQ(about("ann").room[raw(Channel::kEmail)], 2U);
}

TEST_F(ExplainAgent, WhatItsQueueHoldsBackIsNotTheAgentsFault) {
  QueueChange change;
  change.idle_reserve = 1;
  must(UpdateQueue{"calls", change});
  agent("ann", {{"english", 90}});
  contact("calls");
  EXPECT_EQ(count(about("ann"), Obstacle::kReserve), 1U);
  change.paused = true;
  must(UpdateQueue{"calls", change});
  EXPECT_EQ(count(about("ann"), Obstacle::kPaused), 1U);
}

TEST_F(ExplainAgent, SoManyContactsAreLookedAtAndNoMore) {
  hire("ann");
  const auto details = std::make_shared<ContactDetails>();
  for (std::uint32_t i = 0; i < kContactsLookedAtMax + 5; ++i) {
    engine.handle({{}, CreateContact{.queue = "calls", .details = details}}, now, events);
  }
  const AgentProspects prospects = about("ann");
  EXPECT_EQ(count(prospects, Obstacle::kSkill), kContactsLookedAtMax);
  EXPECT_EQ(prospects.left_out, 5U);
}

class ExplainScore : public Floor {
 protected:
  ExplainScore() {
    for (const char* id : {"english", "billing"}) skill(id);
    PreferencesDraft prefer;
    prefer.weights.quality = seconds(2);
    prefer.weights.cost = seconds(3);
    prefer.weights.load = seconds(1);
    prefer.weights.specialist = seconds(5);
    prefer.weights.fairness = seconds(7);
    prefer.weights.skill_fit = seconds(1);
    QueueSetup setup;
    setup.channel = Channel::kChat;
    setup.policy.steps = {{seconds(0), {{"english", 0}}, {}, prefer}};
    queue(setup);
  }
  void chat_agent(const std::string& id, std::uint8_t quality, std::uint8_t cost, std::uint8_t level) {
    AgentChange change;
    change.skills = {{"english", level}, {"billing", 1}};
    change.quality = quality;
    change.cost = cost;
    must(CreateAgent{id, change});
    sign_in(id);
    become(id, Presence::kAvailable);
  }
};

TEST_F(ExplainScore, ThePartsAddUpToTheScoreThatDecided) {
  chat_agent("ann", 90, 20, 70);
  chat_agent("bob", 10, 5, 90);
  const ContactId first = working("calls");
  ASSERT_EQ(with(first), "ann");
  pass(minutes(20));
  const ContactId id = contact("calls");
  const Offer& offer = *engine.offer(see(id).offer);
  const Prospects prospects = prospects_of(engine, see(id), now);
  const Standing chosen = standing_before(engine, offer, prospects, now);
  ASSERT_TRUE(chosen.score);
  EXPECT_EQ(chosen.score->total(), offer.explanation.score);
  const Standing next = standing_of(engine, see(id), prospects, *engine.agent(offer.explanation.runner_up), now);
  ASSERT_TRUE(next.score);
  EXPECT_EQ(next.score->total(), offer.explanation.runner_up_score);

  const Score ann = (name(offer.agent) == "ann" ? chosen : next).score.value();
  EXPECT_EQ(ann.quality, seconds(180));
  EXPECT_EQ(ann.cost, -seconds(60));
  EXPECT_EQ(ann.load, -seconds(34));
  EXPECT_EQ(ann.specialist, -seconds(10));
  EXPECT_EQ(ann.fairness, -seconds(28)) << "one contact in a quarter of an hour";
  EXPECT_EQ(ann.skill_fit, seconds(70));
  EXPECT_EQ(ann.idle, minutes(20));
  EXPECT_EQ(chosen.used_units, name(offer.agent) == "ann" ? 34U : 0U) << "without the offer's";
}

TEST_F(ExplainScore, WhereNothingIsPreferredThereIsNoScore) {
  queue({.id = "plain"});
  agent("ann");
  const ContactId id = contact("plain");
  EXPECT_FALSE(standing_of(engine, see(id), prospects_of(engine, see(id), now), see("ann"), now).score);
}

TEST_F(Explain, APoolThatIsClosedIsNamed) {
  PolicyChange change;
  change.pools = {{"own", {Predicate::Kind::kSkill, {}, {"english", 0, kLevelMax}}, {{.waiting = 9}, {}}}};
  change.steps = {{seconds(0), {}, {}, {}, {"own"}}};
  must(UpdatePolicy{"calls-policy", change});
  agent("ann", {{"english", 90}});
  const ContactId id = contact("calls");
  EXPECT_EQ(prospects(id).closed_pools, 1);
  EXPECT_EQ(standing(id, "ann").obstacle, Obstacle::kCondition);
  EXPECT_TRUE(standing(id, "ann").alternatives.empty()) << "nobody passes";
  must(HoldPool{"calls", "own", PoolHold::kOpen});
  EXPECT_EQ(with(id), "ann");
  EXPECT_EQ(prospects(id).closed_pools, 0);
}

}  // namespace
}  // namespace muster::dispatch
