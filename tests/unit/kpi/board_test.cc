#include "muster/kpi/board.h"

#include <gtest/gtest.h>

#include <algorithm>
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
constexpr OfferId kSecondOffer{2};

/// A floor with two queues and two agents, Ann signed in and available at 09:00.
class BoardTest : public ::testing::Test {
 protected:
  BoardTest() {
    for (const auto& [handle, id] : {std::pair{kSales, "sales"}, std::pair{kHelp, "help"}}) {
      QueueSpec spec;
      spec.id = id;
      spec.service_level_target = 20s;
      happen(QueuePut{handle, spec});
    }
    for (const auto& [handle, id] : {std::pair{kAnn, "ann"}, std::pair{kBob, "bob"}}) {
      AgentSpec spec;
      spec.id = id;
      happen(AgentPut{handle, spec});
    }
    happen(SessionOpened{kAnn, SessionId{1}, false});
    happen(PresenceChanged{kAnn, Presence::kAvailable, "", {}, 0});
  }

  void happen(EventBody body) {
    Event event;
    event.sequence = ++sequence_;
    event.time = now_;
    event.body = std::move(body);
    board_.apply(event);
  }

  void create(ContactId contact, QueueHandle queue, Duration due_in = 0s, Duration estimated_wait = 0s) {
    happen(ContactCreated{.contact = contact,
                          .queue = queue,
                          .priority = 0,
                          .requirements = {},
                          .excluded = {},
                          .details = std::make_shared<ContactDetails>(),
                          .due = now_ + due_in,
                          .expires = now_ + 24h,
                          .preferred_until = {},
                          .estimated_wait = estimated_wait});
  }
  void offer(ContactId contact, QueueHandle queue, AgentHandle agent) {
    happen(OfferMade{kOffer, contact, queue, agent, now_ + 20s, {}});
  }
  void accept(ContactId contact, QueueHandle queue, AgentHandle agent, Duration waited, bool first = true) {
    happen(OfferAccepted{kOffer, contact, queue, agent, waited, first});
  }

  const QueueRow& sales() const { return *board_.queue(kSales); }
  const AgentRow& ann() const { return *board_.agent(kAnn); }

  Board board_;
  Sequence sequence_ = 0;
  TimePoint now_{std::chrono::sys_days(std::chrono::year(2026) / 3 / 2) + 9h};
};

TEST_F(BoardTest, ARingingContactStillWaits) {
  create(kFirst, kSales);
  offer(kFirst, kSales, kAnn);
  EXPECT_EQ(sales().waiting, 1);
  EXPECT_EQ(sales().ringing, 1);
  EXPECT_EQ(ann().ringing, 1);
  EXPECT_EQ(ann().activity, Activity::kRinging);
  EXPECT_EQ(board_.totals().agents_idle, 0);
}

TEST_F(BoardTest, AnAcceptedContactIsInHand) {
  create(kFirst, kSales);
  offer(kFirst, kSales, kAnn);
  accept(kFirst, kSales, kAnn, 5s);
  EXPECT_EQ(sales().waiting, 0);
  EXPECT_EQ(sales().ringing, 0);
  EXPECT_EQ(sales().in_hand, 1);
  EXPECT_EQ(ann().in_hand, 1);
  EXPECT_EQ(ann().activity, Activity::kBusy);
}

TEST_F(BoardTest, OnlyTheFirstAcceptanceCountsAsAnswered) {
  create(kFirst, kSales);
  offer(kFirst, kSales, kAnn);
  accept(kFirst, kSales, kAnn, 5s);
  happen(ContactRequeued{kFirst, kSales, kAnn, {}, "agent_lost"});
  offer(kFirst, kSales, kAnn);
  accept(kFirst, kSales, kAnn, 50s, false);
  happen(ContactRequeued{kFirst, kSales, kAnn, kSecondOffer, "no dial tone"});
  EXPECT_EQ(sales().counters.answered, 1);
  EXPECT_EQ(sales().counters.total_answer_wait, 5s);
  EXPECT_EQ(ann().counters.answered, 2);
}

TEST_F(BoardTest, AnEstimateIsComparedWithTheWaitOfTheAnswered) {
  create(kFirst, kSales, 0s, 30s);
  accept(kFirst, kSales, kAnn, 50s);
  create(kSecond, kSales, 0s, 40s);
  accept(kSecond, kSales, kAnn, 30s);
  EXPECT_EQ(sales().counters.estimated, 2);
  EXPECT_EQ(sales().counters.total_estimate_error, 30s);
  EXPECT_EQ(sales().counters.total_estimate_excess, -10s);
}

TEST_F(BoardTest, AScheduledContactIsEstimatedWhenDue) {
  create(kFirst, kSales, 60s);
  now_ += 60s;
  happen(ContactQueued{kFirst, kSales, 30s});
  accept(kFirst, kSales, kAnn, 20s);
  EXPECT_EQ(sales().counters.total_estimate_error, 10s);
}

TEST_F(BoardTest, WhoeverHadNoEstimateOrWasTransferredCountsForNoError) {
  create(kFirst, kSales);
  accept(kFirst, kSales, kAnn, 50s);
  create(kSecond, kHelp, 0s, 30s);
  happen(ContactTransferred{kSecond, kHelp, kSales, {}, ""});
  accept(kSecond, kSales, kAnn, 50s);
  EXPECT_EQ(sales().counters.answered, 2);
  EXPECT_EQ(sales().counters.estimated, 0);
}

TEST_F(BoardTest, AFailedSetupTakesTheErrorOfTheEstimateBack) {
  create(kFirst, kSales, 0s, 30s);
  accept(kFirst, kSales, kAnn, 5s);
  happen(ContactRequeued{kFirst, kSales, kAnn, kOffer, "no dial tone"});
  EXPECT_EQ(sales().counters.estimated, 0);
  EXPECT_EQ(sales().counters.total_estimate_error, 0s);
  EXPECT_EQ(sales().counters.total_estimate_excess, 0s);
}

TEST_F(BoardTest, AFailedSetupTakesTheAnswerBack) {
  create(kFirst, kSales);
  accept(kFirst, kSales, kAnn, 5s);
  happen(ContactRequeued{kFirst, kSales, kAnn, kOffer, "no dial tone"});
  EXPECT_EQ(sales().counters.answered, 0);
  EXPECT_EQ(sales().counters.answered_in_target, 0);
  EXPECT_EQ(sales().counters.total_answer_wait, 0s);
  EXPECT_EQ(board_.totals().counters.answered, 0);
  happen(ContactEnded{kFirst, kSales, {}, ContactState::kAbandoned, 9s, ""});
  EXPECT_EQ(sales().counters.abandoned, 1);
}

TEST_F(BoardTest, AFailedSetupDoesNotTakeBackTheAnswerOfAnotherDay) {
  create(kFirst, kSales);
  accept(kFirst, kSales, kAnn, 5s);
  now_ = std::chrono::sys_days(std::chrono::year(2026) / 3 / 3);
  happen(ContactRequeued{kFirst, kSales, kAnn, kOffer, "no dial tone"});
  EXPECT_EQ(sales().counters.answered, 0);
  EXPECT_EQ(board_.totals().counters.answered, 0);
}

TEST_F(BoardTest, AContactCountsAsAnsweredOrAsAbandonedAndNotAsBoth) {
  create(kFirst, kSales);
  accept(kFirst, kSales, kAnn, 5s);
  happen(ContactTransferred{kFirst, kSales, kHelp, kAnn, ""});
  happen(ContactEnded{kFirst, kHelp, {}, ContactState::kAbandoned, 60s, ""});
  EXPECT_EQ(board_.totals().counters.answered, 1);
  EXPECT_EQ(board_.totals().counters.abandoned, 0);
  EXPECT_EQ(board_.queue(kHelp)->counters.abandoned, 0);
  EXPECT_EQ(board_.queue(kHelp)->counters.ended_otherwise, 1);
}

TEST_F(BoardTest, AnAnswerAtTheTargetIsInTarget) {
  create(kFirst, kSales);
  accept(kFirst, kSales, kAnn, 20s);
  create(kSecond, kSales);
  accept(kSecond, kSales, kAnn, 20s + 1us);
  EXPECT_EQ(sales().counters.answered, 2);
  EXPECT_EQ(sales().counters.answered_in_target, 1);
}

TEST_F(BoardTest, TheOldestQueueTimeIsThatOfTheLongestWaiting) {
  const TimePoint first = now_;
  create(kFirst, kSales);
  now_ += 10s;
  create(kSecond, kSales);
  EXPECT_EQ(sales().oldest_queue_time, first);
  accept(kFirst, kSales, kAnn, 10s);
  EXPECT_EQ(sales().oldest_queue_time, now_);
  accept(kSecond, kSales, kAnn, 0s);
  EXPECT_FALSE(sales().oldest_queue_time.has_value());
}

TEST_F(BoardTest, ATransferredContactKeepsItsAgeInTheOtherQueue) {
  const TimePoint due = now_;
  create(kFirst, kSales);
  now_ += 10s;
  happen(ContactTransferred{kFirst, kSales, kHelp, {}, ""});
  EXPECT_EQ(sales().waiting, 0);
  EXPECT_EQ(board_.queue(kHelp)->waiting, 1);
  EXPECT_EQ(board_.queue(kHelp)->oldest_queue_time, due);
}

TEST_F(BoardTest, AScheduledContactDoesNotWait) {
  create(kFirst, kSales, 1h);
  EXPECT_EQ(sales().waiting, 0);
  EXPECT_EQ(board_.totals().scheduled, 1);
  now_ += 1h;
  happen(ContactQueued{kFirst, kSales});
  EXPECT_EQ(sales().waiting, 1);
  EXPECT_EQ(board_.totals().scheduled, 0);
}

TEST_F(BoardTest, AMissedOfferCountsForTheAgentAndADeclineDoesNot) {
  create(kFirst, kSales);
  offer(kFirst, kSales, kAnn);
  happen(OfferEnded{kOffer, kFirst, kSales, kAnn, OfferState::kTimedOut, ""});
  offer(kFirst, kSales, kAnn);
  happen(OfferEnded{kOffer, kFirst, kSales, kAnn, OfferState::kDeclined, "busy"});
  EXPECT_EQ(ann().counters.missed, 1);
  EXPECT_EQ(board_.totals().counters.offers, 2);
  EXPECT_EQ(board_.totals().counters.offers_missed, 1);
  EXPECT_EQ(board_.totals().counters.offers_declined, 1);
  EXPECT_EQ(ann().ringing, 0);
}

TEST_F(BoardTest, WhatRingsAtTwoAgentsIsOneContactThatRings) {
  happen(SessionOpened{kBob, SessionId{2}, false});
  create(kFirst, kSales);
  offer(kFirst, kSales, kAnn);
  happen(OfferMade{kSecondOffer, kFirst, kSales, kBob, now_ + 20s, {}});
  EXPECT_EQ(sales().ringing, 1);
  EXPECT_EQ(board_.totals().ringing, 1);
  EXPECT_EQ(ann().ringing, 1);
  EXPECT_EQ(board_.agent(kBob)->ringing, 1);
  happen(OfferEnded{kOffer, kFirst, kSales, kAnn, OfferState::kRescinded, "taken", true});
  EXPECT_EQ(sales().ringing, 1);
  EXPECT_EQ(ann().ringing, 0);
  happen(OfferAccepted{kSecondOffer, kFirst, kSales, kBob, 5s, true});
  EXPECT_EQ(sales().ringing, 0);
  EXPECT_EQ(board_.agent(kBob)->ringing, 0);
  EXPECT_EQ(board_.agent(kBob)->in_hand, 1);
}

TEST_F(BoardTest, AbandonedAndOtherEndsAreCountedApart) {
  create(kFirst, kSales);
  happen(ContactEnded{kFirst, kSales, {}, ContactState::kAbandoned, 5s, ""});
  create(kSecond, kSales);
  happen(ContactEnded{kSecond, kSales, {}, ContactState::kCancelled, 5s, ""});
  EXPECT_EQ(sales().counters.abandoned, 1);
  EXPECT_EQ(sales().counters.abandoned_in_target, 1);
  EXPECT_EQ(sales().counters.ended_otherwise, 1);
  EXPECT_EQ(sales().waiting, 0);
}

TEST_F(BoardTest, SinceMovesOnlyWhenPresenceOrActivityDoes) {
  const TimePoint available = now_;
  now_ += 1min;
  create(kFirst, kSales);
  EXPECT_EQ(ann().since, available);
  accept(kFirst, kSales, kAnn, 0s);
  const TimePoint busy = now_;
  now_ += 1min;
  happen(ContactHeld{kFirst, kSales, kAnn});
  EXPECT_EQ(ann().since, busy);
  happen(ContactWrapUpStarted{kFirst, kSales, kAnn, now_ + 1min});
  EXPECT_EQ(ann().since, now_);
  EXPECT_EQ(ann().activity, Activity::kWrapUp);
}

TEST_F(BoardTest, OnlyAgentsWithASessionAreOnTheBoard) {
  EXPECT_EQ(board_.agent(kBob), nullptr);
  happen(SessionLost{kAnn, SessionId{1}});
  EXPECT_FALSE(ann().connected);
  happen(SessionEnded{kAnn, SessionId{1}, "lost"});
  EXPECT_EQ(board_.agent(kAnn), nullptr);
  EXPECT_EQ(board_.totals().agents_signed_in, 0);
}

TEST_F(BoardTest, AReplacedSessionLeavesTheAgentAsBefore) {
  const TimePoint available = now_;
  now_ += 1h;
  happen(SessionEnded{kAnn, SessionId{1}, "replaced"});
  happen(SessionOpened{kAnn, SessionId{2}, false});
  ASSERT_NE(board_.agent(kAnn), nullptr);
  EXPECT_TRUE(ann().connected);
  EXPECT_EQ(ann().since, available);
}

TEST_F(BoardTest, ANewOwnerFindsNobodyConnected) {
  happen(WorkspaceOpened{2, "other"});
  EXPECT_FALSE(ann().connected);
}

TEST_F(BoardTest, CountersStartAnewAtMidnightAndGaugesStay) {
  create(kFirst, kSales);
  create(kSecond, kSales);
  accept(kFirst, kSales, kAnn, 5s);
  now_ = std::chrono::sys_days(std::chrono::year(2026) / 3 / 3);
  happen(ContactCompleted{kFirst, kSales, kAnn, "done"});
  EXPECT_EQ(sales().counters.created, 0);
  EXPECT_EQ(sales().counters.completed, 1);
  EXPECT_EQ(sales().waiting, 1);
  EXPECT_EQ(ann().counters.answered, 0);
  EXPECT_EQ(board_.totals().counters.created, 0);
}

TEST_F(BoardTest, AnAgentsCountersOutliveTheSession) {
  create(kFirst, kSales);
  accept(kFirst, kSales, kAnn, 5s);
  happen(SessionEnded{kAnn, SessionId{1}, "closed"});
  happen(SessionOpened{kAnn, SessionId{2}, false});
  EXPECT_EQ(ann().counters.answered, 1);
}

TEST_F(BoardTest, ADeltaHoldsTheRowsChangedSince) {
  const Sequence before = board_.version();
  create(kFirst, kSales);
  const BoardChanges changes = board_.changes_after(before, true);
  EXPECT_FALSE(changes.snapshot);
  ASSERT_EQ(changes.queues.size(), 1u);
  EXPECT_EQ(changes.queues[0]->queue_id, "sales");
  EXPECT_TRUE(changes.agents.empty());
  EXPECT_TRUE(board_.changes_after(board_.version(), true).queues.empty());
}

TEST_F(BoardTest, TheFirstLookIsASnapshot) {
  const BoardChanges changes = board_.changes_after(0, true);
  EXPECT_TRUE(changes.snapshot);
  EXPECT_EQ(changes.queues.size(), 2u);
  EXPECT_EQ(changes.agents.size(), 1u);
}

TEST_F(BoardTest, RemovalsAreTold) {
  const Sequence before = board_.version();
  happen(SessionEnded{kAnn, SessionId{1}, "closed"});
  happen(QueueDeleted{kHelp});
  const BoardChanges changes = board_.changes_after(before, true);
  EXPECT_EQ(changes.removed_agent_ids, std::vector<std::string>{"ann"});
  EXPECT_EQ(changes.removed_queue_ids, std::vector<std::string>{"help"});
}

TEST_F(BoardTest, WhoCameBackIsNotToldAsRemoved) {
  const Sequence before = board_.version();
  happen(SessionEnded{kAnn, SessionId{1}, "closed"});
  happen(SessionOpened{kAnn, SessionId{2}, false});
  const BoardChanges changes = board_.changes_after(before, true);
  EXPECT_TRUE(changes.removed_agent_ids.empty());
  ASSERT_EQ(changes.agents.size(), 1u);
}

TEST_F(BoardTest, ATenantIsShownItsQueuesAndTotalsOfThese) {
  QueueSpec spec;
  spec.id = "acme calls";
  spec.tenant = "acme";
  const QueueHandle acme{9};
  happen(QueuePut{acme, spec});
  create(kFirst, kSales);
  create(kSecond, acme);
  const BoardChanges changes = board_.changes_after(0, false, "acme");
  ASSERT_EQ(changes.queues.size(), 1U);
  EXPECT_EQ(changes.queues[0]->queue_id, "acme calls");
  EXPECT_EQ(changes.totals.waiting, 1);
  EXPECT_EQ(changes.totals.counters.created, 1);
  EXPECT_EQ(board_.totals().waiting, 2);

  const Sequence before = board_.version();
  happen(QueueDeleted{kHelp});
  happen(QueueDeleted{acme});
  EXPECT_EQ(board_.changes_after(before, false, "acme").removed_queue_ids, std::vector<std::string>{"acme calls"});
  EXPECT_TRUE(board_.changes_after(before, false, "globex").removed_queue_ids.empty());
}

TEST_F(BoardTest, WhoMissedForgottenRemovalsGetsASnapshot) {
  const Sequence before = board_.version();
  for (std::size_t i = 0; i <= Board::kRemovalsMax; ++i) {
    const SessionId session{100 + i};
    happen(SessionOpened{kBob, session, false});
    happen(SessionEnded{kBob, session, "closed"});
  }
  EXPECT_GT(board_.oldest_delta_version(), before);
  EXPECT_TRUE(board_.changes_after(before, true).snapshot);
  EXPECT_FALSE(board_.changes_after(board_.oldest_delta_version(), true).snapshot);
}

TEST_F(BoardTest, AnAgentsRowTellsWhatComesNext) {
  happen(PresenceChanged{kAnn, Presence::kAvailable, "", {}, 0, {Presence::kBreak, "lunch"}});
  EXPECT_EQ(board_.agent(kAnn)->next_presence, Presence::kBreak);
  EXPECT_EQ(board_.agent(kAnn)->presence, Presence::kAvailable);
  happen(PresenceChanged{kAnn, Presence::kBreak, "lunch", {}, 0});
  EXPECT_EQ(board_.agent(kAnn)->next_presence, Presence{});
}

}  // namespace
}  // namespace muster::kpi
