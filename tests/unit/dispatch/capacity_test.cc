#include "floor.h"

// The ledger of units. Every step of every test asserts that it balances (Floor::check).
namespace muster::dispatch {
namespace {

class Capacity : public Floor {
 protected:
  void SetUp() override {
    queue({});
    queue({.id = "chats", .channel = Channel::kChat});
    queue({.id = "mail", .channel = Channel::kEmail, .queue = {.wrap_up_limit = minutes(5)}});
  }
};

TEST_F(Capacity, AVoiceCallTakesTheWholeAgentAndThreeChatsDoNotFit) {
  agent("ann");
  EXPECT_EQ(state(contact("chats")), ContactState::kOffered);
  EXPECT_EQ(state(contact("chats")), ContactState::kOffered);
  EXPECT_EQ(state(contact("chats")), ContactState::kQueued) << "3 x 34 > 100";
  EXPECT_EQ(state(contact("calls")), ContactState::kQueued);
  EXPECT_EQ(state(contact("mail")), ContactState::kOffered) << "2 x 34 + 20";
  EXPECT_EQ(see("ann").used_units, 88U);
}

TEST_F(Capacity, NobodyHasTwoCallsUnlessTheAgentsLimitSaysSo) {
  agent("ann", {}, 300);
  EXPECT_EQ(state(contact("calls")), ContactState::kOffered);
  const ContactId second = contact("calls");
  EXPECT_EQ(state(second), ContactState::kQueued);
  AgentChange change;
  change.channel_limits = AgentSpec{}.channel_limits;
  (*change.channel_limits)[raw(Channel::kVoice)] = 2;
  must(UpdateAgent{"ann", change});
  EXPECT_EQ(with(second), "ann");
}

TEST_F(Capacity, AChannelLimitBoundsTheNumber) {
  agent("ann");
  AgentChange change;
  change.channel_limits = AgentSpec{}.channel_limits;
  (*change.channel_limits)[raw(Channel::kChat)] = 1;
  must(UpdateAgent{"ann", change});
  EXPECT_EQ(state(contact("chats")), ContactState::kOffered);
  EXPECT_EQ(state(contact("chats")), ContactState::kQueued);
  EXPECT_EQ(state(contact("mail")), ContactState::kOffered);
}

TEST_F(Capacity, HeldChatsFreeTheirUnitsAndHeldCallsDoNot) {
  agent("ann");
  const ContactId chat = working("chats");
  must(HoldContact{session("ann"), chat});
  EXPECT_EQ(see("ann").used_units, 0U);
  const ContactId call = working("calls");
  must(HoldContact{session("ann"), call});
  EXPECT_EQ(see("ann").used_units, 100U);
  EXPECT_EQ(ask(ResumeContact{session("ann"), chat}).outcome, Outcome::kCapacityExceeded);
  EXPECT_TRUE(ask(ResumeContact{session("ann"), call}).ok());
  complete(call);
  EXPECT_TRUE(ask(ResumeContact{session("ann"), chat}).ok());
  EXPECT_EQ(see("ann").used_units, 34U);
}

TEST_F(Capacity, WrapUpTakesUnitsEvenFromAHeldContact) {
  agent("ann");
  const ContactId letter = working("mail");
  must(HoldContact{session("ann"), letter});
  EXPECT_EQ(see("ann").used_units, 0U);
  must(StartWrapUp{session("ann"), letter});
  EXPECT_EQ(see("ann").used_units, 20U);
}

TEST_F(Capacity, AHeldContactDoesNotEnterWrapUpBeyondTheCapacity) {
  agent("ann");
  const ContactId letter = working("mail");
  must(HoldContact{session("ann"), letter});
  const ContactId call = working("calls");
  EXPECT_EQ(ask(StartWrapUp{session("ann"), letter}).outcome, Outcome::kCapacityExceeded);
  EXPECT_EQ(see("ann").used_units, 100U);
  complete(call);
  EXPECT_TRUE(ask(StartWrapUp{session("ann"), letter}).ok());
}

TEST_F(Capacity, LessCapacityTakesNothingAwayButGivesNothingNew) {
  agent("ann");
  const ContactId chat = working("chats");
  AgentChange change;
  change.capacity_units = 40;
  must(UpdateAgent{"ann", change});
  EXPECT_EQ(state(chat), ContactState::kActive);
  EXPECT_EQ(state(contact("chats")), ContactState::kQueued);
  change.capacity_units = 70;
  must(UpdateAgent{"ann", change});
  EXPECT_EQ(see("ann").offers.size(), 1U) << "more capacity is used at once";
}

TEST_F(Capacity, NewPricesCountForWhatIsInHand) {
  agent("ann");
  working("chats");
  const ContactId waiting = contact("calls");
  SettingsChange settings;
  settings.channel_units[raw(Channel::kChat)] = 10;
  settings.channel_units[raw(Channel::kVoice)] = 90;
  must(UpdateSettings{settings});
  EXPECT_EQ(with(waiting), "ann");
  EXPECT_EQ(see("ann").used_units, 100U);
}

TEST_F(Capacity, NoCapacityNoContacts) {
  agent("ann", {}, 0);
  EXPECT_EQ(state(contact("mail")), ContactState::kQueued);
}

TEST_F(Capacity, AFreedAgentIsFilledUp) {
  for (int i = 0; i < 3; ++i) contact("chats");
  agent("ann");
  EXPECT_EQ(see("ann").offers.size(), 2U);
}

}  // namespace
}  // namespace muster::dispatch
