#include "muster/kpi/fold.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace muster::kpi {
namespace {

using namespace dispatch;  // NOLINT: the events' vocabulary
using namespace std::chrono_literals;

constexpr QueueHandle kSales{1};
constexpr QueueHandle kHelp{2};
constexpr AgentHandle kAnn{1};
constexpr AgentHandle kBob{2};
constexpr ContactId kFirst{1};
constexpr ContactId kSecond{2};
constexpr OfferId kOffer{1};

/// Two queues of two tenants and two agents of Wuhan, Ann signed in and available at 09:00.
class FoldTest : public ::testing::Test {
 protected:
  FoldTest() {
    put_queue(kSales, "sales", "acme");
    put_queue(kHelp, "help", "beta");
    put_agent(kAnn, "ann", "wuhan");
    put_agent(kBob, "bob", "wuhan");
    happen(SessionOpened{kAnn, SessionId{1}, false});
    happen(PresenceChanged{kAnn, Presence::kAvailable, "", {}, 0, {}});
  }

  void put_queue(QueueHandle handle, const std::string& id, const std::string& tenant,
                 ServiceLevelMethod method = ServiceLevelMethod::kAbandonedInTargetIgnored) {
    QueueSpec spec;
    spec.id = id;
    spec.tenant = tenant;
    spec.service_level_method = method;
    happen(QueuePut{handle, spec});
  }
  void put_agent(AgentHandle handle, const std::string& id, const std::string& base, const std::string& team = "") {
    AgentSpec spec;
    spec.id = id;
    spec.base = base;
    spec.team = team;
    happen(AgentPut{handle, spec});
  }
  void happen(EventBody body) {
    Event event;
    event.sequence = ++sequence_;
    event.time = now_;
    event.body = std::move(body);
    fold_.apply(event);
  }
  void create(ContactId contact, QueueHandle queue = kSales) {
    happen(ContactCreated{.contact = contact,
                          .queue = queue,
                          .priority = 0,
                          .requirements = {},
                          .excluded = {},
                          .details = std::make_shared<ContactDetails>(),
                          .due = now_,
                          .expires = now_ + 24h,
                          .preferred_until = {}});
  }
  void answer(ContactId contact, QueueHandle queue = kSales, AgentHandle agent = kAnn, Duration waited = 0s) {
    happen(OfferMade{kOffer, contact, queue, agent, now_ + 20s, {}});
    happen(OfferAccepted{kOffer, contact, queue, agent, waited, true});
  }
  void abandon(ContactId contact, Duration waited, QueueHandle queue = kSales) {
    happen(ContactEnded{contact, queue, {}, ContactState::kAbandoned, waited, ""});
  }
  void outcome(ContactOutcomeKind kind, std::int64_t value, TimePoint occurred) {
    happen(ContactOutcomeRecorded{kFirst, kSales, kAnn, occurred, kind, value, "o"});
  }

  /// Of the last hour.
  Facts facts(Dimension dimension, const std::string& id = "", const std::string& second = "") {
    const TimePoint from = std::chrono::floor<std::chrono::minutes>(now_) - 59min;
    for (const RowSample& row : fold_.read(dimension, from, now_)) {
      if (row.key == Key{dimension, id, second}) return row.sample.facts;
    }
    return {};
  }
  Facts since(TimePoint from, Dimension dimension = Dimension::kWorkspace) {
    return fold_.read(dimension, from, now_).front().sample.facts;
  }

  Fold fold_{Fold::Keep::kHistory};
  Sequence sequence_ = 0;
  TimePoint now_{std::chrono::sys_days(std::chrono::year(2026) / 3 / 2) + 9h};
  const TimePoint nine_ = now_;
};

TEST_F(FoldTest, AContactCountsWhereItsQueueAndItsAgentBelong) {
  create(kFirst);
  answer(kFirst, kSales, kAnn, 7s);
  for (const auto& [dimension, id, second] :
       {std::tuple{Dimension::kWorkspace, "", ""}, std::tuple{Dimension::kTenant, "acme", ""},
        std::tuple{Dimension::kChannel, "1", ""}, std::tuple{Dimension::kQueue, "sales", "acme"},
        std::tuple{Dimension::kBase, "wuhan", ""}, std::tuple{Dimension::kAgent, "ann", ""},
        std::tuple{Dimension::kBaseQueue, "wuhan", "sales"}}) {
    EXPECT_EQ(facts(dimension, id, second)[Fact::kAnswered], 1) << static_cast<int>(dimension);
    EXPECT_EQ(facts(dimension, id, second)[Fact::kAnswerWait], Duration(7s).count());
  }
  EXPECT_EQ(facts(Dimension::kTenant, "beta")[Fact::kAnswered], 0);
  EXPECT_EQ(facts(Dimension::kBase, "wuhan")[Fact::kOffered], 0) << "nobody's yet when it came";
}

TEST_F(FoldTest, HandlingCountsWhenTheAgentIsDone) {
  create(kFirst);
  answer(kFirst);
  now_ += 3min;
  happen(ContactHeld{kFirst, kSales, kAnn, false});
  now_ += 1min;
  happen(ContactResumed{kFirst, kSales, kAnn});
  now_ += 2min;
  happen(ContactWrapUpStarted{kFirst, kSales, kAnn, now_ + 1min});
  EXPECT_EQ(facts(Dimension::kAgent, "ann")[Fact::kHandled], 0);
  now_ += 30s;
  happen(ContactCompleted{kFirst, kSales, kAnn, "sold"});
  const Facts ann = facts(Dimension::kAgent, "ann");
  EXPECT_EQ(ann[Fact::kHandled], 1);
  EXPECT_EQ(ann[Fact::kTalk], Duration(5min).count());
  EXPECT_EQ(ann[Fact::kHold], Duration(1min).count());
  EXPECT_EQ(ann[Fact::kWrapUp], Duration(30s).count());
  EXPECT_EQ(ann[Fact::kCompletedWithDisposition], 1);
}

TEST_F(FoldTest, TimeOfAnAgentIsOfOneKindAtATime) {
  now_ += 10min;
  create(kFirst);
  answer(kFirst);
  now_ += 20min;
  happen(ContactCompleted{kFirst, kSales, kAnn, ""});
  happen(PresenceChanged{kAnn, Presence::kBreak, "tea", {}, 0, {}});
  now_ += 5min;
  const Facts ann = facts(Dimension::kAgent, "ann");
  EXPECT_EQ(ann[Fact::kReadyTime], Duration(10min).count());
  EXPECT_EQ(ann[Fact::kHandlingTime], Duration(20min).count());
  EXPECT_EQ(ann[Fact::kBreakTime], Duration(5min).count()) << "what lasts counts until now";
  EXPECT_EQ(ann[Fact::kUnitTime], 100 * Duration(20min).count());
  EXPECT_EQ(ann[Fact::kCapacityTime], 100 * Duration(30min).count());
  EXPECT_EQ(facts(Dimension::kBase, "wuhan")[Fact::kHandlingTime], Duration(20min).count());
  EXPECT_EQ(facts(Dimension::kQueue, "sales", "acme")[Fact::kHandlingTime], 0) << "time is nobody's but the agent's";
}

TEST_F(FoldTest, WhatLastsIsSharedOutAmongTheIntervals) {
  now_ += 40min;
  happen(PresenceChanged{kAnn, Presence::kOffline, "", {}, 0, {}});
  const History history = fold_.take_history();
  EXPECT_EQ(history.closed_until, nine_ + 30min);
  int rows = 0;
  for (const IntervalRow& row : history.closed) {
    if (row.key != Key{Dimension::kAgent, "ann", ""}) continue;
    ++rows;
    Facts facts;
    add_to(facts, row.facts);
    EXPECT_EQ(facts[Fact::kReadyTime], Duration(15min).count());
  }
  EXPECT_EQ(rows, 2);
  const auto open = fold_.interval(Dimension::kWorkspace, nine_ + 30min, now_);
  ASSERT_FALSE(open.empty());
  Facts workspace;
  add_to(workspace, open.front().facts);
  EXPECT_EQ(workspace[Fact::kReadyTime], Duration(10min).count());
}

TEST_F(FoldTest, AFailedSetupIsTakenOutOfTheIntervalOfTheAnswer) {
  now_ = nine_ + 14min + 50s;
  create(kFirst);
  answer(kFirst, kSales, kAnn, 5s);
  now_ = nine_ + 15min + 10s;
  happen(ContactRequeued{kFirst, kSales, kAnn, kOffer, "no line"});
  EXPECT_EQ(facts(Dimension::kQueue, "sales", "acme")[Fact::kAnswered], 0);
  Facts nine;
  for (const IntervalRow& row : fold_.interval(Dimension::kQueue, nine_, now_)) add_to(nine, row.facts);
  EXPECT_EQ(nine[Fact::kAnswered], 0);
  EXPECT_EQ(nine[Fact::kOffersAccepted], 1) << "accepted it was";
  const History history = fold_.take_history();
  bool restated = false;
  for (const Restatement& each : history.restated) {
    restated |= each.key == Key{Dimension::kQueue, "sales", "acme"} && each.fact == Fact::kAnswered &&
                each.amount == -1 && each.start == nine_;
  }
  EXPECT_TRUE(restated) << "what was written of 09:00 must change";
  EXPECT_EQ(facts(Dimension::kAgent, "ann")[Fact::kHandled], 0) << "there was nobody to handle";
}

TEST_F(FoldTest, WhoLeftCountsByTheMethodOfTheQueue) {
  using Method = ServiceLevelMethod;
  struct Case {
    Method method;
    std::int64_t counted, met;
  };
  // Three left: after 3 s, 12 s and 40 s; the target is 20 s, short is 5 s.
  for (const Case& each :
       {Case{Method::kAbandonedInTargetServed, 3, 2}, Case{Method::kAnsweredOnly, 0, 0}, Case{Method::kStrict, 3, 0},
        Case{Method::kAbandonedInTargetIgnored, 1, 0}, Case{Method::kShortAbandonServed, 3, 1},
        Case{Method::kShortAbandonIgnored, 2, 0}, Case{Method::kLeftInTarget, 3, 2}}) {
    const Facts before = facts(Dimension::kQueue, "sales", "acme");
    put_queue(kSales, "sales", "acme", each.method);
    for (const auto waited : {3s, 12s, 40s}) {
      create(kFirst);
      abandon(kFirst, waited);
    }
    const Facts after = facts(Dimension::kQueue, "sales", "acme");
    EXPECT_EQ(after[Fact::kServiceCounted] - before[Fact::kServiceCounted], each.counted) << raw(each.method);
    EXPECT_EQ(after[Fact::kServiceMet] - before[Fact::kServiceMet], each.met) << raw(each.method);
    EXPECT_EQ(after[Fact::kAbandonedInTarget] - before[Fact::kAbandonedInTarget], 2);
    EXPECT_EQ(after[Fact::kAbandonedShort] - before[Fact::kAbandonedShort], 1);
  }
}

TEST_F(FoldTest, AnOutcomeCountsWhenTheContactEnded) {
  now_ += 3h;
  outcome(ContactOutcomeKind::kCsat, 5, nine_ + 10min);
  outcome(ContactOutcomeKind::kCsat, 2, now_);
  outcome(ContactOutcomeKind::kOrder, 12'990, nine_ + 10min);
  EXPECT_EQ(facts(Dimension::kAgent, "ann")[Fact::kCsatAnswers], 1) << "of the last hour";
  const Facts day = since(nine_);
  EXPECT_EQ(day[Fact::kCsatAnswers], 2);
  EXPECT_EQ(day[Fact::kCsatSatisfied], 1);
  EXPECT_EQ(day[Fact::kCsatDissatisfied], 1);
  EXPECT_EQ(day[Fact::kRevenue], 12'990);
}

TEST_F(FoldTest, AnOutcomeOlderThanWhatIsKeptRestatesHistoryAlone) {
  now_ += 72h;
  outcome(ContactOutcomeKind::kNps, 10, nine_);
  const History history = fold_.take_history();
  ASSERT_FALSE(history.restated.empty());
  EXPECT_EQ(history.restated.front().start, nine_);
  EXPECT_EQ(since(interval_of(now_) - 25h)[Fact::kNpsAnswers], 0);
}

TEST_F(FoldTest, AnOrderTakenBackIsNoOrder) {
  outcome(ContactOutcomeKind::kOrder, 5'000, now_);
  outcome(ContactOutcomeKind::kOrder, -5'000, now_);
  EXPECT_EQ(facts(Dimension::kWorkspace)[Fact::kOrders], 0);
  EXPECT_EQ(facts(Dimension::kWorkspace)[Fact::kRevenue], 0);
}

TEST_F(FoldTest, TheLastMinutesForgetWhatIsOlder) {
  create(kFirst);
  now_ += 4min;
  create(kSecond);
  const TimePoint minute = std::chrono::floor<std::chrono::minutes>(now_);
  EXPECT_EQ(since(minute)[Fact::kOffered], 1);
  EXPECT_EQ(since(minute - 4min)[Fact::kOffered], 2);
  now_ += 58min;
  happen(StateHashed{1});
  EXPECT_EQ(since(std::chrono::floor<std::chrono::minutes>(now_) - 59min)[Fact::kOffered], 1);
  EXPECT_EQ(since(nine_)[Fact::kOffered], 2) << "the day does not";
}

TEST_F(FoldTest, ADayOfTwentyFiveHoursIsThere) {
  create(kFirst);
  abandon(kFirst, 1s);
  now_ += 25h - 1min;
  happen(StateHashed{1});
  EXPECT_EQ(since(nine_)[Fact::kAbandoned], 1);
}

TEST_F(FoldTest, WhatLastsMovesAlongWhenTheAgentDoes) {
  now_ += 10min;
  put_agent(kAnn, "ann", "xian", "night");
  now_ += 5min;
  EXPECT_EQ(facts(Dimension::kBase, "wuhan")[Fact::kReadyTime], Duration(10min).count());
  EXPECT_EQ(facts(Dimension::kBase, "xian")[Fact::kReadyTime], Duration(5min).count());
  EXPECT_EQ(facts(Dimension::kTeam, "night")[Fact::kReadyTime], Duration(5min).count());
  EXPECT_EQ(facts(Dimension::kAgent, "ann")[Fact::kReadyTime], Duration(15min).count());
}

TEST_F(FoldTest, WhileNobodyServedNobodyWasReady) {
  now_ += 10min;
  happen(StateHashed{1});
  now_ += 12h;
  happen(WorkspaceOpened{2, "another"});
  now_ += 5min;
  EXPECT_EQ(since(nine_)[Fact::kReadyTime], Duration(10min).count()) << "lost since";
  happen(SessionOpened{kAnn, SessionId{1}, true});
  now_ += 5min;
  EXPECT_EQ(since(nine_)[Fact::kReadyTime], Duration(15min).count());
}

TEST_F(FoldTest, WhoseConnectionIsLostIsNotReady) {
  happen(SessionLost{kAnn, SessionId{1}});
  now_ += 10s;
  happen(SessionOpened{kAnn, SessionId{1}, true});
  now_ += 20s;
  EXPECT_EQ(facts(Dimension::kAgent, "ann")[Fact::kReadyTime], Duration(20s).count());
}

TEST_F(FoldTest, AfterARestartRowsStandWhereTheyStood) {
  create(kFirst);
  answer(kFirst);
  StateImage state;
  state.last_sequence = sequence_;
  state.last_time = now_;
  Queue& sales = state.queues.emplace_back();
  sales.handle = kSales;
  sales.spec.id = "sales";
  sales.spec.tenant = "acme";
  Fold restored;
  restored.restore(state, fold_.image());
  const auto rows = restored.read(Dimension::kBaseQueue, std::chrono::floor<std::chrono::minutes>(now_), now_);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].place.tenant, "acme");
  EXPECT_EQ(rows[0].place.base, "wuhan");
}

TEST_F(FoldTest, ATeamIsThereBeforeItDidAnything) {
  put_agent(kBob, "bob", "wuhan", "night");
  const auto teams = fold_.read(Dimension::kTeam, std::chrono::floor<std::chrono::minutes>(now_), now_);
  ASSERT_EQ(teams.size(), 1U);
  EXPECT_EQ(teams[0].key.id, "night");
}

TEST_F(FoldTest, TheLongestWaitNowIsThatOfTheOldestWaiting) {
  create(kFirst, kSales);
  now_ += 30s;
  create(kSecond, kHelp);
  now_ += 30s;
  happen(StateHashed{1});
  const auto of = [&](Dimension dimension, std::size_t index) {
    return fold_.read(dimension, std::chrono::floor<std::chrono::minutes>(now_), now_)[index].sample.longest_wait_now;
  };
  EXPECT_EQ(of(Dimension::kWorkspace, 0), Duration(60s));
  EXPECT_EQ(of(Dimension::kQueue, 0), Duration(30s)) << "help";
  EXPECT_EQ(of(Dimension::kTenant, 0), Duration(60s)) << "acme";
  abandon(kFirst, 60s);
  EXPECT_EQ(of(Dimension::kTenant, 0), std::nullopt);
}

TEST_F(FoldTest, AQueueOfAnotherTenantIsAnotherQueueWhateverItsName) {
  create(kFirst);
  abandon(kFirst, 1s);
  happen(QueueDeleted{kSales});
  put_queue(QueueHandle{3}, "sales", "beta");
  create(kSecond, QueueHandle{3});
  EXPECT_EQ(facts(Dimension::kQueue, "sales", "beta")[Fact::kAbandoned], 0);
  EXPECT_EQ(facts(Dimension::kQueue, "sales", "acme")[Fact::kAbandoned], 1);
}

TEST_F(FoldTest, WhoSignedOffLongAgoIsForgotten) {
  now_ += 10min;
  happen(SessionEnded{kAnn, SessionId{1}, ""});
  const auto listed = [&] { return fold_.image().rows.size(); };
  now_ += 1h;
  happen(StateHashed{1});
  const std::size_t before = listed();
  now_ += 30h;
  happen(StateHashed{1});
  EXPECT_LT(listed(), before);
  happen(SessionOpened{kAnn, SessionId{2}, false});
  now_ += 1min;
  EXPECT_EQ(facts(Dimension::kAgent, "ann")[Fact::kReadyTime], Duration(1min).count()) << "and known when back";
}

}  // namespace
}  // namespace muster::kpi
