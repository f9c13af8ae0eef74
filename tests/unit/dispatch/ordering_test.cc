#include "floor.h"

// Which contact a free agent gets: priority, deadlines, starvation, shares of queues, pauses; and which contacts leave
// agents idle for others.
namespace muster::dispatch {
namespace {

class Ordering : public Floor {
 protected:
  /// Makes everybody busy with one contact each and gives it back.
  ContactId busy(const std::string& queue) { return working(queue); }
  void set_order(QueueOrder order) {
    SettingsChange change;
    change.queue_order = order;
    must(UpdateSettings{change});
  }
  static QueueSetup shared(const std::string& id, std::uint16_t share) {
    QueueSetup setup{.id = id};
    setup.queue.share = share;
    return setup;
  }
  /// Frees the one agent `count` times; gives the queues that were served, in order.
  std::string served(ContactId in_hand, int count) {
    std::string order;
    for (int i = 0; i < count; ++i) {
      complete(in_hand);
      in_hand = last<OfferMade>().contact;
      accept(in_hand);
      order += engine.queue(see(in_hand).queue)->spec.id;
    }
    return order;
  }
};

TEST_F(Ordering, NoWaitingIsWorthAStrictPriority) {
  QueueSetup setup;
  setup.policy.strict_priority = true;
  setup.policy.starvation_bound = seconds(0);
  queue(setup);
  agent("anna");
  const ContactId first = busy("calls");
  const ContactId old = contact("calls");
  pass(hours(5));
  const ContactId urgent = contact(wanted("calls", 1));
  complete(first);
  EXPECT_EQ(state(urgent), ContactState::kOffered);
  EXPECT_EQ(state(old), ContactState::kQueued);
}

TEST_F(Ordering, PastItsBoundAContactGoesFirstWhateverItsPriority) {
  QueueSetup setup;
  setup.policy.strict_priority = true;
  setup.policy.starvation_bound = minutes(10);
  queue(setup);
  agent("anna");
  const ContactId first = busy("calls");
  const ContactId old = contact("calls");
  pass(minutes(10) - Duration(1));
  EXPECT_TRUE(all<ContactStarving>().empty());
  pass(Duration(1));
  EXPECT_TRUE(see(old).starving);
  contact(wanted("calls", 100));
  complete(first);
  EXPECT_EQ(state(old), ContactState::kOffered);
}

TEST_F(Ordering, ByDeadlineTheShorterTargetGoesFirst) {
  for (const auto& [id, target] : {std::pair("slow", minutes(10)), std::pair("fast", minutes(1))}) {
    QueueSetup setup{.id = id};
    setup.policy.by_deadline = true;
    setup.queue.service_level_target = target;
    queue(setup);
  }
  agent("anna");
  const ContactId first = busy("slow");
  const ContactId slow = contact("slow");
  pass(minutes(5));
  const ContactId fast = contact("fast");
  complete(first);
  EXPECT_EQ(state(fast), ContactState::kOffered) << "due in 1 minute, the older one in 5";
  EXPECT_EQ(state(slow), ContactState::kQueued);
}

TEST_F(Ordering, QueuesAreServedByTheirShares) {
  queue(shared("a", 2));
  queue(shared("b", 1));
  set_order(QueueOrder::kShare);
  agent("anna");
  const ContactId first = busy("a");
  for (int i = 0; i < 20; ++i) contact("a");
  for (int i = 0; i < 20; ++i) contact("b");
  const std::string order = served(first, 12);
  EXPECT_EQ(std::count(order.begin(), order.end(), 'a'), 8) << order;
}

TEST_F(Ordering, ACampaignDoesNotStarveASmallQueueAndAnIdleQueueSavesNothingUp) {
  queue(shared("a", 1));
  queue(shared("b", 1));
  set_order(QueueOrder::kShare);
  agent("anna");
  ContactId in_hand = busy("a");
  for (int i = 0; i < 50; ++i) contact("a");
  EXPECT_EQ(served(in_hand, 10), "aaaaaaaaaa");
  in_hand = see("anna").contacts.front();
  for (int i = 0; i < 5; ++i) contact("b");
  EXPECT_EQ(served(in_hand, 6), "ababab") << "b is not owed the ten before it came";
}

TEST_F(Ordering, AQueueThatComesWhileNobodyWaitsIsOwedNothingEither) {
  queue(shared("a", 1));
  queue(shared("b", 1));
  set_order(QueueOrder::kShare);
  agent("anna");
  ContactId in_hand = busy("a");
  for (int i = 0; i < 10; ++i) {
    contact("a");
    EXPECT_EQ(served(in_hand, 1), "a");
    in_hand = see("anna").contacts.front();
  }
  for (int i = 0; i < 5; ++i) contact("b");
  for (int i = 0; i < 5; ++i) contact("a");
  const std::string order = served(in_hand, 6);
  EXPECT_EQ(std::count(order.begin(), order.end(), 'a'), 3) << order;
}

TEST_F(Ordering, TurnsCountFromWhenSharesDecide) {
  queue(shared("a", 1));
  queue(shared("b", 1));
  agent("anna");
  ContactId in_hand = busy("a");
  for (int i = 0; i < 15; ++i) contact("a");
  served(in_hand, 10);
  in_hand = see("anna").contacts.front();
  for (int i = 0; i < 5; ++i) contact("b");
  set_order(QueueOrder::kShare);
  const std::string order = served(in_hand, 6);
  EXPECT_EQ(std::count(order.begin(), order.end(), 'a'), 3) << order;
}

TEST_F(Ordering, ByRatioTheQueueWithMostWaitingForItsShareIsServed) {
  queue(shared("a", 3));
  queue(shared("b", 1));
  set_order(QueueOrder::kRatio);
  agent("anna");
  const ContactId first = busy("a");
  for (int i = 0; i < 6; ++i) contact("a");
  for (int i = 0; i < 6; ++i) contact("b");
  EXPECT_EQ(served(first, 5), "bbbba") << "until a waits three times as long as b";
}

TEST_F(Ordering, AQueueWithoutAShareCompetesByRank) {
  queue(shared("a", 1));
  queue(shared("b", 1));
  queue({.id = "c"});
  set_order(QueueOrder::kShare);
  agent("anna");
  const ContactId first = busy("a");
  contact("c");
  pass(seconds(1));
  contact("a");
  contact("b");
  EXPECT_EQ(served(first, 3), "cab");
}

TEST_F(Ordering, AStarvingContactComesBeforeEveryShare) {
  QueueSetup setup = shared("a", 1);
  setup.policy.starvation_bound = minutes(1);
  queue(setup);
  queue(shared("b", 100));
  set_order(QueueOrder::kShare);
  agent("anna");
  ContactId first = busy("a");
  contact("a");
  pass(minutes(1));
  for (int i = 0; i < 3; ++i) contact("b");
  EXPECT_EQ(served(first, 3), "abb");
}

TEST_F(Ordering, NothingOfAPausedQueueIsOfferedUntilItGoesOn) {
  queue({});
  QueueChange paused;
  paused.paused = true;
  must(UpdateQueue{"calls", paused});
  agent("anna");
  const ContactId id = contact("calls");
  EXPECT_EQ(state(id), ContactState::kQueued);
  become("anna", Presence::kBreak);
  become("anna", Presence::kAvailable);
  EXPECT_EQ(state(id), ContactState::kQueued);
  paused.paused = false;
  must(UpdateQueue{"calls", paused});
  EXPECT_EQ(state(id), ContactState::kOffered);
  EXPECT_EQ(last<OfferMade>().explanation.trigger, Trigger::kConfiguration);
}

TEST_F(Ordering, AContactWithAHigherPriorityNowGoesFirst) {
  queue({});
  agent("anna");
  const ContactId first = busy("calls");
  const ContactId second = contact("calls");
  const ContactId third = contact("calls");
  must(PrioritizeContact{third, 50});
  complete(first);
  EXPECT_EQ(state(third), ContactState::kOffered);
  EXPECT_EQ(state(second), ContactState::kQueued);
  accept(third);
  EXPECT_EQ(ask(PrioritizeContact{third, 1}).outcome, Outcome::kContactWrongState);
}

class Blending : public Ordering {
 protected:
  Blending() {
    skill("sales");
    queue({});
    QueueSetup outbound{.id = "tasks", .channel = Channel::kTask};
    outbound.queue.idle_reserve = 2;
    queue(outbound);
  }
  void reserve(std::uint16_t agents, std::optional<std::string> skill = {}) {
    QueueChange change;
    change.idle_reserve = agents;
    change.reserve_skill = std::move(skill);
    must(UpdateQueue{"tasks", change});
  }
};

TEST_F(Blending, TasksStartOnlyWhileMoreAgentsAreIdleThanTheReserve) {
  const ContactId first = contact("tasks");
  const ContactId second = contact("tasks");
  agent("anna");
  agent("bert");
  EXPECT_EQ(state(first), ContactState::kQueued);
  agent("cleo");
  EXPECT_EQ(with(first), "anna") << "idle for longest, not the one who came";
  EXPECT_EQ(state(second), ContactState::kQueued);
}

TEST_F(Blending, ACallFindsTheReserve) {
  agent("anna");
  agent("bert");
  contact("tasks");
  EXPECT_EQ(state(contact("calls")), ContactState::kOffered);
  EXPECT_EQ(state(contact("calls")), ContactState::kOffered);
}

TEST_F(Blending, WhoBecomesFreeTakesACallBeforeATask) {
  agent("anna");
  const ContactId busy_with = busy("calls");
  reserve(1);
  agent("bert");
  const ContactId call = busy("calls");
  contact("tasks");
  const ContactId waiting = contact("calls");
  complete(busy_with);
  EXPECT_EQ(state(waiting), ContactState::kOffered);
  complete(call);
  EXPECT_EQ(all<OfferMade>().back().contact, waiting) << "one idle agent is the reserve";
}

TEST_F(Blending, ALowerReserveIsInForceAtOnce) {
  agent("anna");
  agent("bert");
  const ContactId task = contact("tasks");
  reserve(1);
  EXPECT_EQ(with(task), "anna");
}

TEST_F(Blending, OnlyIdleAgentsOfTheGroupCount) {
  reserve(1, "sales");
  agent("anna");
  agent("bert");
  agent("seller", {{"sales", 1}});
  const ContactId task = contact("tasks");
  EXPECT_EQ(state(task), ContactState::kQueued) << "one seller is idle";
  agent("other", {{"sales", 1}});
  EXPECT_EQ(with(task), "anna");
}

TEST_F(Blending, WhoBecomesFreeMovesNoTaskOnToItsNextStep) {
  PolicyChange change;
  change.steps = {{seconds(0), {{"sales", 0}}}, {minutes(1)}};
  must(UpdatePolicy{"tasks-policy", change});
  reserve(1);
  agent("seller", {{"sales", 1}});
  const ContactId task = contact("tasks");
  must(CloseSession{session("seller")});
  agent("anna");
  agent("bert");
  EXPECT_EQ(see(task).step, 0) << "nobody signed in could have it, but it has not looked";
  pass(minutes(1));
  EXPECT_EQ(with(task), "anna");
}

TEST_F(Blending, AnAgentFromOutsideTheGroupGivesNoReasonToStart) {
  PolicyChange change;
  change.steps = {{seconds(0), {{"sales", 50}}}};
  must(UpdatePolicy{"tasks-policy", change});
  agent("seller", {{"sales", 90}});
  agent("anna");
  const ContactId task = contact("tasks");
  EXPECT_EQ(state(task), ContactState::kQueued);
  agent("bert");
  EXPECT_EQ(with(task), "seller") << "three are idle, and one of them may have it";
}

}  // namespace
}  // namespace muster::dispatch
