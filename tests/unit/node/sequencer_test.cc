#include "sequencer.h"

#include <gtest/gtest.h>

#include <memory>

namespace muster::node {
namespace {

using namespace dispatch;
using std::chrono::seconds;

class SequencerTest : public ::testing::Test {
 protected:
  SequencerTest() {
    run(OpenWorkspace{1, "test"});
    run(CreatePolicy{"anybody", {}});
    QueueChange queue;
    queue.policy = "anybody";
    run(CreateQueue{"calls", Channel::kVoice, queue});
    run(CreateAgent{"ann", {}});
    run(OpenSession{"ann", {}});
    run(SetPresence{session, Presence::kAvailable, ""});
  }

  /// The messages for agents that the command brings about.
  std::vector<v1::SessionEvent> run(CommandBody body) {
    std::vector<Request> requests;
    requests.emplace_back(CommandRequest{Command{{}, std::move(body)}, {}});
    Batch batch = sequencer.process(requests, now);
    std::vector<v1::SessionEvent> messages;
    for (auto& effect : batch.effects) {
      if (auto* message = std::get_if<MessageEffect>(&effect)) messages.push_back(std::move(message->message));
    }
    return messages;
  }

  TimePoint now{std::chrono::hours(1)};
  Sequencer sequencer{Engine(), std::chrono::seconds(10)};
  const SessionId session{1};
};

/// What becomes of ann's session when its stream is replaced, or ends.
class StreamsTest : public SequencerTest {
 protected:
  using Mailbox = std::shared_ptr<SessionMailbox>;
  static Mailbox mailbox() { return std::make_shared<SessionMailbox>(16); }
  static Request open(SessionId resume, const Mailbox& mailbox) {
    return SessionRequest{Command{{}, OpenSession{"ann", resume}}, mailbox, {}};
  }
  /// In one pass, so that nothing of it is published before it has all been decided.
  void decide(std::vector<Request> requests) { static_cast<void>(sequencer.process(requests, now)); }
  bool is_connected() { return sequencer.engine().agent("ann")->connected; }

  Mailbox older = mailbox();
  Mailbox newer = mailbox();
};

TEST_F(StreamsTest, ASessionIsLostWithItsStream) {
  decide({open(session, older)});
  decide({LostStream{session, older}});
  EXPECT_FALSE(is_connected());
  decide({open(session, newer)});
  EXPECT_TRUE(is_connected());
  decide({LostStream{session, newer}});
  EXPECT_FALSE(is_connected());
}

TEST_F(StreamsTest, TheEndOfAnOlderStreamIsNotThatOfAResumedSession) {
  decide({open(session, older)});
  decide({open(session, newer), LostStream{session, older}});
  EXPECT_TRUE(is_connected());
}

TEST_F(StreamsTest, ASessionLostBeforeItIsResumedIsThereAgain) {
  decide({open(session, older)});
  decide({LostStream{session, older}, open(session, newer)});
  EXPECT_TRUE(is_connected());
}

TEST_F(StreamsTest, TheEndOfAStreamWhoseSessionWasReplacedIsNothing) {
  decide({open(session, older)});
  decide({open({}, newer), LostStream{session, older}});
  EXPECT_NE(sequencer.engine().agent("ann")->session, session);
  EXPECT_TRUE(is_connected());
}

TEST_F(SequencerTest, WhoGivesBackAContactThatExpiresAtOnceHearsThatItHasEnded) {
  CreateContact create;
  create.queue = "calls";
  create.details = std::make_shared<ContactDetails>();
  create.time_to_live = seconds(5);
  run(create);
  run(AcceptOffer{session, OfferId{1}});
  now += seconds(10);
  const auto messages = run(ReportSetupFailure{session, ContactId{1}, "no line"});
  ASSERT_EQ(messages.size(), 1u);
  ASSERT_TRUE(messages[0].has_contact_changed());
  EXPECT_EQ(messages[0].contact_changed().contact().contact_id(), "c-1");
  EXPECT_EQ(messages[0].contact_changed().contact().state(), v1::CONTACT_STATE_EXPIRED);
}

TEST_F(SequencerTest, WhatRingsAtSeveralShowsEachTheOfferOfTheirOwn) {
  PolicyChange change;
  StepDraft step;
  step.offers = 2;
  change.steps = {step};
  run(UpdatePolicy{"anybody", change});
  run(CreateAgent{"bob", {}});
  run(OpenSession{"bob", {}});
  run(SetPresence{SessionId{2}, Presence::kAvailable, ""});
  CreateContact create;
  create.queue = "calls";
  create.details = std::make_shared<ContactDetails>();
  const auto messages = run(create);
  ASSERT_EQ(messages.size(), 2u);
  for (const auto& message : messages) {
    const v1::OfferMade& made = message.offer_made();
    EXPECT_EQ(made.contact().offer_id(), made.offer().offer_id());
    EXPECT_TRUE(made.contact().further_offer_ids().empty());
  }
  EXPECT_NE(messages[0].offer_made().offer().offer_id(), messages[1].offer_made().offer().offer_id());
}

}  // namespace
}  // namespace muster::node
