#include <gmock/gmock.h>

#include "desk_autopilot.h"
#include "desk_input.h"
#include "desk_model.h"
#include "desk_view.h"
#include "duration.h"
#include "speech.h"
#include "text.h"

namespace muster::cli {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr TimePoint kServerNow{hours{24 * 20000}};
/// This machine's clock is three hours ahead of the server's.
constexpr TimePoint kNow = kServerNow + hours{3};

v1::SessionEvent at(TimePoint server_time) {
  v1::SessionEvent event;
  *event.mutable_event_time() = to_proto(server_time);
  return event;
}

v1::SessionEvent opened(const std::string& session_id, bool resumed = false) {
  v1::SessionEvent event = at(kServerNow);
  event.mutable_opened()->set_session_id(session_id);
  event.mutable_opened()->set_resumed(resumed);
  event.mutable_opened()->mutable_agent()->set_agent_id("li.na");
  event.mutable_opened()->mutable_agent()->set_presence(v1::AGENT_PRESENCE_AVAILABLE);
  return event;
}

v1::SessionEvent offer_made(const std::string& id, seconds timeout = seconds{20}) {
  v1::SessionEvent event = at(kServerNow);
  auto* made = event.mutable_offer_made();
  made->mutable_offer()->set_offer_id("offer-" + id);
  *made->mutable_offer()->mutable_offer_time() = to_proto(kServerNow);
  *made->mutable_offer()->mutable_expire_time() = to_proto(kServerNow + timeout);
  made->mutable_contact()->set_contact_id("contact-" + id);
  made->mutable_contact()->set_queue_id("billing");
  made->mutable_contact()->set_channel(v1::CHANNEL_VOICE);
  made->mutable_contact()->set_display_name("Invoice " + id);
  return event;
}

v1::SessionEvent contact_changed(const std::string& id, v1::ContactState state, const std::string& agent = "li.na") {
  v1::SessionEvent event = at(kServerNow);
  auto* contact = event.mutable_contact_changed()->mutable_contact();
  contact->set_contact_id("contact-" + id);
  contact->set_display_name("Invoice " + id);
  contact->set_state(state);
  contact->set_agent_id(agent);
  return event;
}

v1::SessionEvent presence_changed(v1::AgentPresence presence) {
  v1::SessionEvent event = at(kServerNow);
  event.mutable_presence_changed()->set_presence(presence);
  return event;
}

v1::SessionEvent offer_ended(const std::string& id, v1::OfferState state) {
  v1::SessionEvent event = at(kServerNow);
  event.mutable_offer_ended()->set_offer_id("offer-" + id);
  event.mutable_offer_ended()->set_state(state);
  return event;
}

std::string text_of(const std::vector<Line>& lines) {
  std::string text;
  for (const Line& line : lines) text += line.text + "\n";
  return text;
}

class DeskTest : public InEnglish {
 protected:
  void SetUp() override {
    InEnglish::SetUp();
    apply(opened("s-1"));
  }
  void apply(const v1::SessionEvent& event) { desk_.apply(event, kNow); }
  std::vector<v1::SessionRequest> press(Key key) { return input_.press(key, desk_); }
  void type(const std::string& text) {
    for (const char letter : text) press(letter);
  }

  DeskModel desk_;
  DeskInput input_;
};
class DeskModelTest : public DeskTest {};
class DeskInputTest : public DeskTest {};
class DeskViewTest : public DeskTest {};
class DeskAutopilotTest : public DeskTest {
 protected:
  DeskAutopilot autopilot_{seconds{5}, "done"};
};

TEST_F(DeskModelTest, ACountdownDoesNotDependOnTheServersClock) {
  apply(offer_made("1", seconds{20}));
  EXPECT_EQ(desk_.offers()[0].deadline - kNow, seconds{20});
}

TEST_F(DeskModelTest, AnOfferThatEndsIsTakenAway) {
  apply(offer_made("1"));
  apply(offer_ended("1", v1::OFFER_STATE_WITHDRAWN));
  EXPECT_THAT(desk_.offers(), IsEmpty());
}

TEST_F(DeskModelTest, AContactIsInHandUntilItEndsOrGoesToAnother) {
  apply(contact_changed("1", v1::CONTACT_STATE_ACTIVE));
  apply(contact_changed("2", v1::CONTACT_STATE_ACTIVE));
  apply(contact_changed("1", v1::CONTACT_STATE_HELD));
  ASSERT_THAT(desk_.in_hand(), SizeIs(2));
  EXPECT_EQ(desk_.in_hand()[0].contact.state(), v1::CONTACT_STATE_HELD);
  apply(contact_changed("1", v1::CONTACT_STATE_COMPLETED));
  apply(contact_changed("2", v1::CONTACT_STATE_ACTIVE, "bob"));
  EXPECT_THAT(desk_.in_hand(), IsEmpty());
}

TEST_F(DeskViewTest, AnInterruptedContactIsMarked) {
  apply(contact_changed("1", v1::CONTACT_STATE_ACTIVE));
  auto interrupted = contact_changed("1", v1::CONTACT_STATE_HELD);
  interrupted.mutable_contact_changed()->mutable_contact()->set_interrupted(true);
  apply(interrupted);
  EXPECT_EQ(desk_.notices().back().text, "Invoice 1 is interrupted");
  EXPECT_THAT(text_of(desk_lines(desk_, input_, kNow, 100)), HasSubstr("> interrupted 0s"));
  apply(contact_changed("1", v1::CONTACT_STATE_ACTIVE));
  EXPECT_THAT(text_of(desk_lines(desk_, input_, kNow, 100)), HasSubstr("> active      0s"));
}

TEST_F(DeskViewTest, AnOfferThatAnotherAgentTookSaysSo) {
  apply(offer_made("1"));
  auto ended = offer_ended("1", v1::OFFER_STATE_RESCINDED);
  ended.mutable_offer_ended()->set_reason("taken");
  apply(ended);
  EXPECT_EQ(desk_.notices().back().text, "offer rescinded: Invoice 1 (another agent accepted it)");
}

TEST_F(DeskModelTest, AnAcceptedOfferIsNoLongerOffered) {
  apply(offer_made("1"));
  apply(contact_changed("1", v1::CONTACT_STATE_ACTIVE));
  EXPECT_THAT(desk_.offers(), IsEmpty());
  EXPECT_THAT(desk_.in_hand(), SizeIs(1));
}

TEST_F(DeskModelTest, AContactThatEndedIsCalledByItsKnownName) {
  apply(contact_changed("1", v1::CONTACT_STATE_ACTIVE));
  auto ended = contact_changed("1", v1::CONTACT_STATE_COMPLETED);
  ended.mutable_contact_changed()->mutable_contact()->clear_display_name();
  apply(ended);
  EXPECT_EQ(desk_.notices().back().text, "Invoice 1 is completed");
}

TEST_F(DeskModelTest, AnOpenedSessionVoidsWhatWasKnown) {
  apply(offer_made("1"));
  apply(contact_changed("2", v1::CONTACT_STATE_ACTIVE));
  apply(opened("s-2"));
  EXPECT_THAT(desk_.offers(), IsEmpty());
  EXPECT_THAT(desk_.in_hand(), IsEmpty());
  EXPECT_THAT(desk_.notices().back().text, HasSubstr("could not be resumed"));
}

TEST_F(DeskModelTest, AResumptionIsSaid) {
  desk_.lost("connection lost", kNow);
  EXPECT_FALSE(desk_.connected());
  apply(opened("s-1", true));
  EXPECT_TRUE(desk_.connected());
  EXPECT_EQ(desk_.notices().back().text, "session resumed: nothing was lost");
}

TEST_F(DeskModelTest, ARefusedCommandIsSaidWithTheServersWords) {
  v1::SessionEvent event = at(kServerNow);
  event.mutable_command_result()->mutable_status()->set_code(9);
  event.mutable_command_result()->mutable_status()->set_message("the contact has ended");
  apply(event);
  EXPECT_EQ(desk_.notices().back().text, "refused: the contact has ended");
  EXPECT_TRUE(desk_.notices().back().alert);
}

TEST_F(DeskModelTest, NoticesAreBounded) {
  for (int i = 0; i < 1000; ++i) desk_.note("again", false, kNow);
  EXPECT_THAT(desk_.notices(), SizeIs(DeskModel::kNoticesMax));
  EXPECT_GT(desk_.notices_ever(), 1000U);
}

TEST_F(DeskInputTest, AcceptTakesTheSelectedOffer) {
  EXPECT_THAT(press('a'), IsEmpty());
  apply(offer_made("1"));
  apply(offer_made("2"));
  EXPECT_EQ(press('a')[0].accept_offer().offer_id(), "offer-1");
  press(kKeyDown);
  EXPECT_EQ(press('a')[0].accept_offer().offer_id(), "offer-2");
}

TEST_F(DeskInputTest, DecliningNeedsAReason) {
  apply(offer_made("1"));
  EXPECT_THAT(press('d'), IsEmpty());
  EXPECT_THAT(press(kKeyEnter), IsEmpty());
  type("lunch");
  const auto commands = press(kKeyEnter);
  ASSERT_THAT(commands, SizeIs(1));
  EXPECT_EQ(commands[0].decline_offer().offer_id(), "offer-1");
  EXPECT_EQ(commands[0].decline_offer().reason(), "lunch");
}

TEST_F(DeskInputTest, AnAnswerMayBeChineseAndBeTakenBack) {
  press('b');
  for (const Key key : {0x5403, 0x996d, 0x5427}) press(key);
  press(kKeyBackspace);
  EXPECT_EQ(input_.answer(), "吃饭");
  EXPECT_EQ(press(kKeyEnter)[0].set_presence().reason(), "吃饭");
}

TEST_F(DeskInputTest, EscapeForgetsTheQuestion) {
  press('b');
  EXPECT_THAT(press(kKeyEscape), IsEmpty());
  EXPECT_EQ(input_.question(), DeskInput::Question::kNone);
}

TEST_F(DeskInputTest, EachKeyActsOnTheContactInHand) {
  apply(contact_changed("1", v1::CONTACT_STATE_ACTIVE));
  EXPECT_EQ(press('h')[0].hold_contact().contact_id(), "contact-1");
  EXPECT_EQ(press('r')[0].resume_contact().contact_id(), "contact-1");
  EXPECT_EQ(press('w')[0].start_wrap_up().contact_id(), "contact-1");
  press('c');
  type("sold");
  EXPECT_EQ(press(kKeyEnter)[0].complete_contact().disposition(), "sold");
  press('t');
  type("vip");
  EXPECT_EQ(press(kKeyEnter)[0].return_contact().queue_id(), "vip");
  press('f');
  EXPECT_EQ(press(kKeyEnter)[0].report_setup_failure().contact_id(), "contact-1");
}

TEST_F(DeskInputTest, AQuestionKeepsItsContactWhenOthersArrive) {
  apply(contact_changed("1", v1::CONTACT_STATE_ACTIVE));
  press('c');
  apply(contact_changed("1", v1::CONTACT_STATE_COMPLETED));
  apply(contact_changed("2", v1::CONTACT_STATE_ACTIVE));
  EXPECT_EQ(press(kKeyEnter)[0].complete_contact().contact_id(), "contact-1");
}

TEST_F(DeskInputTest, LeavingWithContactsInHandIsAskedFirst) {
  apply(contact_changed("1", v1::CONTACT_STATE_ACTIVE));
  press('q');
  EXPECT_FALSE(input_.leaving());
  press('n');
  EXPECT_FALSE(input_.leaving());
  press('q');
  press('y');
  EXPECT_TRUE(input_.leaving());
}

TEST_F(DeskViewTest, AnOfferShowsItsCountdownAndWhyItCame) {
  auto event = offer_made("1", seconds{20});
  event.mutable_offer_made()->mutable_offer()->mutable_explanation()->set_trigger(v1::OFFER_TRIGGER_AGENT_FREE);
  apply(event);
  const std::string text = text_of(desk_lines(desk_, input_, kNow + seconds{10}, 120));
  EXPECT_THAT(text, HasSubstr("> [##########----------] 10s left  Invoice 1  billing (voice)"));
  EXPECT_THAT(text, HasSubstr("Offered because the agent had just become free"));
}

TEST_F(DeskViewTest, NoLineIsWiderThanTheScreen) {
  auto event = offer_made("1");
  event.mutable_offer_made()->mutable_contact()->set_display_name("一张很长很长很长很长很长很长的发票");
  apply(event);
  for (const Line& line : desk_lines(desk_, input_, kNow, 40)) EXPECT_LE(display_width(line.text), 40) << line.text;
}

TEST_F(DeskViewTest, OnlyKeysThatMakeSenseAreOffered) {
  EXPECT_THAT(text_of(desk_footer(desk_, input_)), Not(HasSubstr("a accept")));
  apply(offer_made("1"));
  EXPECT_THAT(text_of(desk_footer(desk_, input_)), HasSubstr("a accept"));
}

TEST_F(DeskViewTest, TheDeskSpeaksChinese) {
  use_language(Language::kChinese);
  EXPECT_THAT(text_of(desk_lines(desk_, input_, kNow, 80)), HasSubstr("手上的会话"));
  use_language(Language::kEnglish);
}

TEST_F(DeskAutopilotTest, EveryOfferIsAcceptedOnce) {
  apply(offer_made("1"));
  const auto commands = autopilot_.act(desk_, kNow);
  ASSERT_THAT(commands, SizeIs(1));
  EXPECT_EQ(commands[0].accept_offer().offer_id(), "offer-1");
  EXPECT_THAT(autopilot_.act(desk_, kNow), IsEmpty());
}

TEST_F(DeskAutopilotTest, AContactIsCompletedAfterItsHandleTime) {
  apply(contact_changed("1", v1::CONTACT_STATE_ACTIVE));
  EXPECT_THAT(autopilot_.act(desk_, kNow + seconds{4}), IsEmpty());
  const auto commands = autopilot_.act(desk_, kNow + seconds{5});
  ASSERT_THAT(commands, SizeIs(1));
  EXPECT_EQ(commands[0].complete_contact().disposition(), "done");
}

TEST_F(DeskAutopilotTest, ItMakesItselfAvailable) {
  apply(presence_changed(v1::AGENT_PRESENCE_OFFLINE));
  const auto commands = autopilot_.act(desk_, kNow);
  ASSERT_THAT(commands, SizeIs(1));
  EXPECT_EQ(commands[0].set_presence().presence(), v1::AGENT_PRESENCE_AVAILABLE);
  EXPECT_THAT(autopilot_.act(desk_, kNow), IsEmpty());
  apply(presence_changed(v1::AGENT_PRESENCE_AVAILABLE));
  EXPECT_THAT(autopilot_.act(desk_, kNow), IsEmpty());
  apply(presence_changed(v1::AGENT_PRESENCE_NOT_RESPONDING));
  EXPECT_THAT(autopilot_.act(desk_, kNow), SizeIs(1));
}

TEST_F(DeskAutopilotTest, ABreakIsForWhoSetItToEnd) {
  apply(presence_changed(v1::AGENT_PRESENCE_BREAK));
  EXPECT_THAT(autopilot_.act(desk_, kNow), IsEmpty());
  autopilot_.finish();
  EXPECT_THAT(autopilot_.act(desk_, kNow), SizeIs(1));
}

TEST_F(DeskAutopilotTest, ItFinishesWhatIsInHand) {
  apply(contact_changed("1", v1::CONTACT_STATE_ACTIVE));
  apply(offer_made("2"));
  autopilot_.finish();
  const auto commands = autopilot_.act(desk_, kNow);
  ASSERT_THAT(commands, SizeIs(1));
  EXPECT_EQ(commands[0].set_presence().presence(), v1::AGENT_PRESENCE_OFFLINE);
  apply(offer_ended("2", v1::OFFER_STATE_REVOKED));
  EXPECT_FALSE(autopilot_.is_done(desk_));
  apply(contact_changed("1", v1::CONTACT_STATE_COMPLETED));
  EXPECT_TRUE(autopilot_.is_done(desk_));
}

TEST_F(DeskTest, ABreakMayComeOnceNothingIsInHand) {
  apply(contact_changed("1", v1::CONTACT_STATE_ACTIVE));
  EXPECT_THAT(press('n'), IsEmpty());
  type("lunch");
  const auto sent = press(kKeyEnter);
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_EQ(sent[0].set_presence().presence(), v1::AGENT_PRESENCE_BREAK);
  EXPECT_EQ(sent[0].set_presence().reason(), "lunch");
  EXPECT_TRUE(sent[0].set_presence().next());
  v1::SessionEvent event = presence_changed(v1::AGENT_PRESENCE_AVAILABLE);
  event.mutable_presence_changed()->set_next_presence(v1::AGENT_PRESENCE_BREAK);
  event.mutable_presence_changed()->set_next_reason("lunch");
  apply(event);
  const std::string shown = text_of(desk_lines(desk_, input_, kNow, 200));
  EXPECT_THAT(shown, HasSubstr("available → break (lunch)"));
  EXPECT_THAT(shown, HasSubstr("once nothing is in hand you are break (lunch)"));
  EXPECT_THAT(shown, Not(HasSubstr("waiting for the next contact")));
}

}  // namespace
}  // namespace muster::cli
