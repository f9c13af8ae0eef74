#include "floor.h"

// A contact for one agent alone, for a while: asked for by name on creation, or assigned by a supervisor.
namespace muster::dispatch {
namespace {

class PreferredAgent : public Floor {
 protected:
  PreferredAgent() {
    skill("expert");
    QueueSetup setup;
    setup.policy.steps = {{seconds(0), {{"expert", 50}}}, {seconds(60), {}}};
    setup.policy.preferred_agent_wait = seconds(20);
    queue(setup);
    agent("anna", {{"expert", 90}});
    agent("bert", {{"expert", 90}});
  }
  ContactId contact_for(const std::string& agent) {
    CreateContact command = wanted("calls");
    command.preferred_agent = agent;
    return contact(command);
  }
};

TEST_F(PreferredAgent, GetsTheContactThoughAnotherHasBeenIdleForLonger) {
  EXPECT_EQ(with(contact("calls")), "anna");
  EXPECT_EQ(with(contact_for("bert")), "bert");
}

TEST_F(PreferredAgent, NeedNotMeetTheStepButTheGates) {
  agent("cleo");
  EXPECT_EQ(with(contact_for("cleo")), "cleo");
  CreateContact command = wanted("calls");
  command.preferred_agent = "cleo";
  command.requirements = {{"expert", 10}};
  EXPECT_EQ(with(contact(command)), "anna");
  EXPECT_EQ(last<ContactReleased>().reason, "unavailable");
}

TEST_F(PreferredAgent, IsWaitedForWhileBusyAndThenAnyWillDo) {
  const ContactId first = contact_for("bert");
  accept(first);
  const ContactId id = contact_for("bert");
  EXPECT_EQ(state(id), ContactState::kQueued) << "though anna is idle";
  pass(seconds(20) - Duration(1));
  EXPECT_EQ(state(id), ContactState::kQueued);
  pass(Duration(1));
  EXPECT_EQ(with(id), "anna");
  EXPECT_EQ(last<ContactReleased>().reason, "waited");
}

TEST_F(PreferredAgent, TakesTheContactWhenFree) {
  const ContactId first = contact_for("bert");
  accept(first);
  const ContactId id = contact_for("bert");
  pass(seconds(5));
  complete(first);
  EXPECT_EQ(with(id), "bert");
}

TEST_F(PreferredAgent, WhoSignsOffOrIsNotThereIsNotWaitedFor) {
  const ContactId first = contact_for("bert");
  accept(first);
  const ContactId id = contact_for("bert");
  become("bert", Presence::kOffline);
  EXPECT_EQ(with(id), "anna");
  complete(first);
  must(CloseSession{session("bert")});
  accept(id);
  agent("cleo", {{"expert", 90}});
  EXPECT_EQ(with(contact_for("bert")), "cleo");
}

TEST_F(PreferredAgent, WithoutAnyWaitGetsTheContactIfFree) {
  PolicyChange change;
  change.preferred_agent_wait = seconds(0);
  must(UpdatePolicy{"calls-policy", change});
  const ContactId first = contact_for("bert");
  EXPECT_EQ(with(first), "bert");
  accept(first);
  EXPECT_EQ(with(contact_for("bert")), "anna") << "bert is busy";
}

TEST_F(PreferredAgent, AChannelThatCostsMoreThanTheAgentHasIsNoReasonToWait) {
  const ContactId first = contact_for("bert");
  accept(first);
  const ContactId id = contact_for("bert");
  AgentChange smaller;
  smaller.capacity_units = 200;
  must(UpdateAgent{"anna", smaller});
  SettingsChange dear;
  dear.channel_units[raw(Channel::kVoice)] = 150;
  must(UpdateSettings{dear});
  EXPECT_EQ(with(id), "anna");
}

TEST_F(PreferredAgent, WhoDeclinesHasHadTheChance) {
  const ContactId id = contact_for("bert");
  decline(id);
  EXPECT_EQ(with(id), "anna");
}

TEST_F(PreferredAgent, AnUnknownOneIsRefused) {
  CreateContact command = wanted("calls");
  command.preferred_agent = "nobody";
  EXPECT_EQ(ask(command).outcome, Outcome::kAgentNotFound);
}

TEST_F(PreferredAgent, ASupervisorHandsAWaitingContactToAnAgent) {
  const ContactId annas = working("calls");
  const ContactId berts = working("calls");
  EXPECT_EQ(with(berts), "bert");
  const ContactId id = contact("calls");
  EXPECT_EQ(state(id), ContactState::kQueued);
  must(AssignContact{id, "bert", seconds(90), "knows the case"});
  complete(annas);
  EXPECT_EQ(state(id), ContactState::kQueued) << "anna is free, but it is bert's";
  complete(berts);
  EXPECT_EQ(with(id), "bert");
}

TEST_F(PreferredAgent, AnAssignedContactStopsRingingElsewhere) {
  const ContactId id = contact("calls");
  EXPECT_EQ(with(id), "anna");
  must(AssignContact{id, "bert", {}, ""});
  EXPECT_EQ(with(id), "bert");
  EXPECT_EQ(last<OfferEnded>().state, OfferState::kWithdrawn);
  EXPECT_EQ(see("anna").misses, 0);
}

TEST_F(PreferredAgent, OneWhoFailsAHardGateCannotBeAssignedTo) {
  agent("cleo");
  CreateContact command = wanted("calls");
  command.excluded_agents = {"cleo"};
  const ContactId id = contact(command);
  const Reply reply = ask(AssignContact{id, "cleo", {}, ""});
  EXPECT_EQ(reply.outcome, Outcome::kAgentUnfit);
  EXPECT_EQ(reply.subject, "cleo");
  EXPECT_EQ(with(id), "anna") << "nothing changed";
}

}  // namespace
}  // namespace muster::dispatch
