#include "audit.h"

#include <gmock/gmock.h>

namespace muster::sim {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

/// An audit of two agents of 100 units and one contact, created and completed as it should be.
class AuditTest : public testing::Test {
 protected:
  AuditTest() {
    audit_.agent("ann", 100);
    audit_.agent("bob", 100);
    audit_.created("customer-1", "c-1");
  }

  void list(v1::ContactState state = v1::CONTACT_STATE_COMPLETED) { audit_.listed("c-1", "customer-1", state); }

  Audit audit_;
};

TEST_F(AuditTest, AnOrderlyLifeIsClean) {
  audit_.with_agent("ann", {"c-1", 100}, 10);
  audit_.left_agent("ann", "c-1", 20);
  audit_.with_agent("bob", {"c-1", 100}, 20);
  audit_.left_agent("bob", "c-1", 30);
  audit_.ended("c-1", v1::CONTACT_STATE_COMPLETED);
  list();
  EXPECT_TRUE(audit_.finish().clean());
  EXPECT_THAT(audit_.findings(), IsEmpty());
}

TEST_F(AuditTest, AnAcknowledgedContactThatIsNotListedIsLost) {
  EXPECT_EQ(audit_.finish().lost, 1);
  EXPECT_THAT(audit_.findings(), SizeIs(1));
}

TEST_F(AuditTest, AContactThatNobodyCreatedIsADuplicate) {
  list();
  audit_.listed("c-2", "customer-7", v1::CONTACT_STATE_COMPLETED);
  EXPECT_EQ(audit_.finish().duplicated, 1);
}

TEST_F(AuditTest, ASecondContactOfOneRequestIsADuplicate) {
  list();
  audit_.listed("c-2", "customer-1", v1::CONTACT_STATE_COMPLETED);
  EXPECT_EQ(audit_.finish().duplicated, 1);
}

TEST_F(AuditTest, TwoAnswersToOneRequestAreADuplicate) {
  audit_.created("customer-1", "c-2");
  list();
  audit_.listed("c-2", "customer-1", v1::CONTACT_STATE_COMPLETED);
  EXPECT_EQ(audit_.finish().duplicated, 1);
}

TEST_F(AuditTest, AContactListedTwiceIsADuplicate) {
  list();
  list();
  EXPECT_EQ(audit_.finish().duplicated, 1);
}

TEST_F(AuditTest, TwoFinalStatesAreADuplicate) {
  audit_.ended("c-1", v1::CONTACT_STATE_ABANDONED);
  list(v1::CONTACT_STATE_COMPLETED);
  EXPECT_EQ(audit_.finish().duplicated, 1);
}

TEST_F(AuditTest, TheSameFinalStateToldTwiceIsNoDuplicate) {
  audit_.ended("c-1", v1::CONTACT_STATE_COMPLETED);
  audit_.ended("c-1", v1::CONTACT_STATE_COMPLETED);
  list();
  EXPECT_TRUE(audit_.finish().clean());
}

TEST_F(AuditTest, AContactWithoutAFinalStateIsUnaccounted) {
  list(v1::CONTACT_STATE_ACTIVE);
  EXPECT_EQ(audit_.finish().unaccounted, 1);
}

TEST_F(AuditTest, TwoAgentsAtOnceAreDoubleHeld) {
  audit_.with_agent("ann", {"c-1", 100}, 10);
  audit_.with_agent("bob", {"c-1", 100}, 15);
  audit_.left_agent("ann", "c-1", 20);
  audit_.left_agent("bob", "c-1", 30);
  list();
  EXPECT_EQ(audit_.finish().double_held, 1);
}

TEST_F(AuditTest, AStayWithinALongerOneIsDoubleHeld) {
  audit_.with_agent("ann", {"c-1", 100}, 10);
  audit_.left_agent("ann", "c-1", 50);
  audit_.with_agent("ann", {"c-1", 100}, 60);
  audit_.with_agent("bob", {"c-1", 100}, 40);
  audit_.left_agent("bob", "c-1", 45);
  list();
  EXPECT_EQ(audit_.finish().double_held, 1);
}

TEST_F(AuditTest, TheServersOrderCountsNotThatOfTheMessages) {
  // Bob's message was faster than Ann's, who had the contact before him.
  audit_.with_agent("bob", {"c-1", 100}, 20);
  audit_.with_agent("ann", {"c-1", 100}, 10);
  audit_.left_agent("ann", "c-1", 20);
  audit_.left_agent("bob", "c-1", 30);
  list();
  EXPECT_TRUE(audit_.finish().clean());
}

TEST_F(AuditTest, WhatADeskMissedWhileItWasAwayIsNotHeldAgainstTheServer) {
  audit_.with_agent("ann", {"c-1", 100}, 10);
  audit_.seen("ann", 12);
  // Ann's stream breaks; the contact goes to Bob, and Ann learns that only later.
  audit_.with_agent("bob", {"c-1", 100}, 20);
  audit_.left_agent("bob", "c-1", 30);
  audit_.session_opened("ann", {}, 40);
  list();
  EXPECT_TRUE(audit_.finish().clean());
}

TEST_F(AuditTest, WhatADeskStillHasAfterItWasAwayItHadAllTheTime) {
  audit_.with_agent("ann", {"c-1", 100}, 10);
  audit_.with_agent("bob", {"c-1", 100}, 20);
  audit_.left_agent("bob", "c-1", 30);
  audit_.session_opened("ann", {{"c-1", 100}}, 40);
  list();
  EXPECT_EQ(audit_.finish().double_held, 1);
}

TEST_F(AuditTest, WhatADeskHasAtTheEndItHadUntilItsLastEvent) {
  audit_.with_agent("ann", {"c-1", 100}, 10);
  audit_.seen("ann", 25);
  audit_.with_agent("bob", {"c-1", 100}, 20);
  list();
  EXPECT_EQ(audit_.finish().double_held, 1);
}

TEST_F(AuditTest, MoreUnitsThanCapacityAreCounted) {
  audit_.with_agent("ann", {"c-1", 60}, 10);
  audit_.with_agent("ann", {"c-2", 60}, 11);
  audit_.created("customer-2", "c-2");
  list();
  audit_.listed("c-2", "customer-2", v1::CONTACT_STATE_COMPLETED);
  EXPECT_EQ(audit_.finish().over_capacity, 1);
}

TEST_F(AuditTest, AnOfferThatBecomesAContactCountsOnce) {
  audit_.with_agent("ann", {"c-1", 100}, 10);
  audit_.with_agent("ann", {"c-1", 100}, 11);
  list();
  EXPECT_EQ(audit_.finish().over_capacity, 0);
}

TEST_F(AuditTest, UnitsThatWereFreedMayBeUsedAgain) {
  audit_.with_agent("ann", {"c-1", 100}, 10);
  audit_.with_agent("ann", {"c-1", 0}, 11);  // put on hold
  audit_.with_agent("ann", {"c-2", 100}, 12);
  audit_.left_agent("ann", "c-2", 13);
  audit_.with_agent("ann", {"c-1", 100}, 14);
  audit_.created("customer-2", "c-2");
  list();
  audit_.listed("c-2", "customer-2", v1::CONTACT_STATE_COMPLETED);
  EXPECT_TRUE(audit_.finish().clean());
}

}  // namespace
}  // namespace muster::sim
