#include "floor.h"

namespace muster::dispatch {
namespace {

constexpr RequestId kRequest{1, 2};

/// Two clients' queues and one of the platform's own, all voice.
class Tenants : public Floor {
 protected:
  Tenants() {
    must(CreatePolicy{"policy", {}});
    for (const auto& [id, tenant] :
         {std::pair{"acme calls", "acme"}, {"acme orders", "acme"}, {"globex calls", "globex"}}) {
      QueueChange change;
      change.policy = "policy";
      must(CreateQueue{id, Channel::kVoice, change, tenant});
    }
    QueueChange change;
    change.policy = "policy";
    must(CreateQueue{"own calls", Channel::kVoice, change});
  }

  Reply ask_as(const std::string& tenant, CommandBody body, RequestId request = {}) {
    events_before = events.size();
    const Reply reply = engine.handle({request, std::move(body), tenant}, now, events);
    check();
    return reply;
  }
};

TEST_F(Tenants, QueueIsThePlatformsUnlessItSaysWhose) {
  EXPECT_EQ(engine.queue("own calls")->spec.tenant, kPlatformTenant);
  EXPECT_EQ(engine.queue("acme calls")->spec.tenant, "acme");
}

TEST_F(Tenants, ContactIsCreatedInAQueueOfOnesOwnOnly) {
  EXPECT_TRUE(ask_as("acme", wanted("acme calls")).ok());
  EXPECT_EQ(ask_as("acme", wanted("globex calls")).outcome, Outcome::kQueueNotFound);
  EXPECT_EQ(ask_as("acme", wanted("own calls")).outcome, Outcome::kQueueNotFound);
  EXPECT_TRUE(ask(wanted("globex calls")).ok()) << "the platform reaches every queue";
}

TEST_F(Tenants, ContactsOfOthersDoNotExist) {
  const ContactId id = contact("globex calls");
  for (const CommandBody& body :
       std::initializer_list<CommandBody>{EndContact{id, ContactState::kCancelled, ""},
                                          TransferContact{id, "acme calls", ""}, PrioritizeContact{id, 7}}) {
    EXPECT_EQ(ask_as("acme", body).outcome, Outcome::kContactNotFound);
    EXPECT_EQ(emitted(), 0U);
  }
  EXPECT_TRUE(ask_as("globex", EndContact{id, ContactState::kCancelled, ""}).ok());
}

TEST_F(Tenants, ContactThatHasEndedIsNobodysAnyMore) {
  const ContactId id = contact("globex calls");
  must(EndContact{id, ContactState::kCancelled, ""});
  EXPECT_EQ(ask_as("acme", PrioritizeContact{id, 7}).outcome, Outcome::kContactNotFound);
  EXPECT_EQ(ask_as("globex", PrioritizeContact{id, 7}).outcome, Outcome::kContactNotFound);
  EXPECT_EQ(ask(PrioritizeContact{id, 7}).outcome, Outcome::kContactWrongState);
}

TEST_F(Tenants, TransferStaysWithTheTenant) {
  const ContactId id = contact("acme calls");
  EXPECT_EQ(ask(TransferContact{id, "globex calls", ""}).outcome, Outcome::kTenantMismatch);
  EXPECT_EQ(ask_as("acme", TransferContact{id, "globex calls", ""}).outcome, Outcome::kQueueNotFound);
  EXPECT_TRUE(ask_as("acme", TransferContact{id, "acme orders", ""}).ok());
}

TEST_F(Tenants, AgentHandsAContactOnWithinTheTenantOnly) {
  agent("ann");
  const ContactId id = working("acme calls");
  EXPECT_EQ(ask(ReturnContact{session("ann"), id, "globex calls", ""}).outcome, Outcome::kTenantMismatch);
  EXPECT_TRUE(ask(ReturnContact{session("ann"), id, "acme orders", ""}).ok());
}

TEST_F(Tenants, ReplyToARequestOfAnotherTenantIsNotGiven) {
  const ContactId id = contact("acme calls");
  const EndContact cancel{id, ContactState::kCancelled, ""};
  const Reply first = ask_as("acme", cancel, kRequest);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(ask_as("acme", cancel, kRequest).sequence, first.sequence);
  EXPECT_EQ(ask_as("globex", cancel, kRequest).outcome, Outcome::kRequestIdReused);
  EXPECT_EQ(ask(cancel, kRequest).outcome, Outcome::kRequestIdReused);
}

TEST_F(Tenants, FieldWithATenantsNameIsNoCommandOfThatTenant) {
  hire("acme");
  CreateContact with_agent = wanted("acme calls");
  with_agent.preferred_agent = "acme";
  EXPECT_TRUE(ask(with_agent, kRequest).ok());
  EXPECT_EQ(ask_as("acme", wanted("acme calls"), kRequest).outcome, Outcome::kRequestIdReused);
}

TEST_F(Tenants, AgentsServeAllTenants) {
  agent("ann");
  const ContactId first = working("acme calls");
  EXPECT_TRUE(complete(first).ok());
  EXPECT_EQ(with(contact("globex calls")), "ann");
}

TEST_F(Tenants, QueueDoesNotChangeHands) {
  QueuePut put{engine.queue("acme calls")->handle, engine.queue("acme calls")->spec};
  put.spec.tenant = "globex";
  Event event;
  event.sequence = engine.last_sequence() + 1;
  event.time = now;
  event.body = put;
  EXPECT_FALSE(engine.apply(event));
}

}  // namespace
}  // namespace muster::dispatch
