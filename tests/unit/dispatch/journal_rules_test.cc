#include "floor.h"

// What the journal rests on: idempotency, replay, images, hashes.
namespace muster::dispatch {
namespace {

using Idempotency = Floor;
using Replay = Floor;

TEST_F(Idempotency, TheSameRequestHasOneEffectAndTheSameReply) {
  queue({});
  const RequestId request{1, 7};
  const CreateContact command = wanted("calls");
  const Reply first = ask(command, request);
  pass(minutes(1));
  const Reply second = ask(command, request);
  EXPECT_EQ(second.outcome, Outcome::kOk);
  EXPECT_EQ(second.id, first.id);
  EXPECT_EQ(second.sequence, first.sequence);
  EXPECT_EQ(emitted(), 0U);
}

TEST_F(Idempotency, TheSameRequestWithAnotherBodyIsRefused) {
  queue({});
  const RequestId request{1, 7};
  ask(wanted("calls"), request);
  EXPECT_EQ(ask(wanted("calls", 5), request).outcome, Outcome::kRequestIdReused);
  EXPECT_EQ(ask(CreateSkill{"new", ""}, request).outcome, Outcome::kRequestIdReused);
}

TEST_F(Idempotency, RefusalsAreNotRemembered) {
  const RequestId request{1, 7};
  EXPECT_EQ(ask(wanted("calls"), request).outcome, Outcome::kQueueNotFound);
  queue({});
  EXPECT_TRUE(ask(wanted("calls"), request).ok());
}

TEST_F(Idempotency, OpeningASessionIsNeverAnsweredFromMemory) {
  hire("ann");
  const RequestId request{1, 7};
  const Reply first = ask(OpenSession{"ann", {}}, request);
  const Reply second = ask(OpenSession{"ann", {}}, request);
  EXPECT_TRUE(second.ok());
  EXPECT_NE(second.id, first.id) << "the stream that opened the first is gone";
}

TEST_F(Idempotency, ARetryThroughTheNextSessionGetsTheSameReply) {
  queue({});
  agent("ann");
  const ContactId id = working("calls");
  const RequestId request{1, 7};
  const Reply first = ask(CompleteContact{session("ann"), id, "sold"}, request);
  EXPECT_TRUE(first.ok());
  const SessionId next = sign_in("ann");
  const Reply second = ask(CompleteContact{next, id, "sold"}, request);
  EXPECT_TRUE(second.ok());
  EXPECT_EQ(second.sequence, first.sequence);
  EXPECT_EQ(emitted(), 0U);
  EXPECT_EQ(ask(CompleteContact{next, id, "lost"}, request).outcome, Outcome::kRequestIdReused);
}

TEST_F(Idempotency, TheSameRequestOfAnotherAgentIsRefused) {
  hire("ann");
  hire("bob");
  const RequestId request{1, 7};
  EXPECT_TRUE(ask(SetPresence{sign_in("ann"), Presence::kAvailable, ""}, request).ok());
  EXPECT_EQ(ask(SetPresence{sign_in("bob"), Presence::kAvailable, ""}, request).outcome, Outcome::kRequestIdReused);
}

TEST_F(Idempotency, ClosingASessionOnceMoreGetsTheSameReply) {
  agent("ann");
  const SessionId before = session("ann");
  const RequestId close{1, 7};
  const Reply first = ask(CloseSession{before}, close);
  EXPECT_TRUE(first.ok());
  const Reply second = ask(CloseSession{before}, close);
  EXPECT_TRUE(second.ok());
  EXPECT_EQ(second.sequence, first.sequence);
  EXPECT_EQ(ask(CloseSession{sign_in("ann")}, close).outcome, Outcome::kRequestIdReused);
}

TEST_F(Idempotency, ARetryThroughASessionThatEndedGetsTheSameReply) {
  agent("ann");
  const SessionId before = session("ann");
  const RequestId request{1, 7};
  const Reply first = ask(SetPresence{before, Presence::kBreak, "tea"}, request);
  must(CloseSession{before});
  EXPECT_EQ(ask(SetPresence{before, Presence::kBreak, "tea"}, request).sequence, first.sequence);
}

TEST_F(Idempotency, SurvivesReplayAndSnapshot) {
  queue({});
  const RequestId request{1, 7};
  const CreateContact command = wanted("calls");
  const Reply first = ask(command, request);
  Engine replayed;
  for (const Event& event : events) ASSERT_TRUE(replayed.apply(event));
  Engine restored(engine.image());
  for (Engine* other : {&replayed, &restored}) {
    std::vector<Event> out;
    const Reply again = other->handle({request, command}, now, out);
    EXPECT_EQ(again.id, first.id);
    EXPECT_EQ(again.sequence, first.sequence);
    EXPECT_TRUE(out.empty());
  }
}

TEST_F(Idempotency, OnlyTheFirstEventCarriesTheRequest) {
  queue({});
  agent("ann");
  ask(wanted("calls"), {1, 7});
  ASSERT_EQ(emitted(), 2U) << "created, offered";
  EXPECT_EQ(events[events.size() - 2].request, (RequestId{1, 7}));
  EXPECT_TRUE(events.back().request.is_nil());
}

TEST_F(Idempotency, TheOldestRequestIsForgottenWhenTheWindowIsFull) {
  CreateSkill command{"s", ""};
  must(command);
  for (std::uint64_t i = 1; i <= Engine::kRequestsMax + 1; ++i) {
    std::vector<Event> out;
    ASSERT_TRUE(engine.handle({{1, i}, UpdateSkill{"s", std::to_string(i)}}, now, out).ok());
  }
  EXPECT_EQ(engine.image().requests.size(), Engine::kRequestsMax);
  EXPECT_EQ(ask(UpdateSkill{"s", "2"}, {1, 2}).sequence, 3U) << "remembered";
  EXPECT_EQ(ask(UpdateSkill{"s", "another"}, {1, 3}).outcome, Outcome::kRequestIdReused);
  EXPECT_TRUE(ask(UpdateSkill{"s", "another"}, {1, 1}).ok()) << "forgotten";
}

TEST_F(Replay, ASequenceWithAHoleCannotFollow) {
  queue({});
  Engine other;
  EXPECT_FALSE(other.apply(events.at(1)));
  EXPECT_TRUE(other.apply(events.at(0)));
  EXPECT_FALSE(other.apply(events.at(0)));
}

TEST_F(Replay, WhatNamesAnythingUnknownCannotFollow) {
  const EventBody impossible[] = {
      EventBody{ContactQueued{ContactId{5}, QueueHandle{1}}},
      EventBody{OfferMade{OfferId{1}, ContactId{5}, QueueHandle{1}, AgentHandle{1}, {}, {}}},
      EventBody{OfferAccepted{OfferId{1}, ContactId{5}, QueueHandle{1}, AgentHandle{1}, {}, true}},
      EventBody{ContactCompleted{ContactId{5}, QueueHandle{1}, AgentHandle{1}, ""}},
      EventBody{
          ContactCreated{ContactId{1}, QueueHandle{9}, 0, {}, {}, std::make_shared<ContactDetails>(), {}, {}, {}, {}}},
      EventBody{QueuePut{QueueHandle{1}, {}}},
      EventBody{PolicyPut{PolicyHandle{1}, {}}},
      EventBody{AgentPut{AgentHandle{7}, {}}},
      EventBody{SkillDeleted{SkillHandle{3}}},
      EventBody{SessionLost{AgentHandle{1}, SessionId{1}}},
      EventBody{PresenceChanged{AgentHandle{1}, Presence::kAvailable, "", {}, 0}},
      EventBody{StateHashed{42}},
  };
  for (const EventBody& body : impossible) {
    Engine fresh;
    EXPECT_FALSE(fresh.apply({1, now, {}, 0, body})) << "event kind " << body.index();
  }
}

TEST_F(Replay, TheRecordedHashIsCompared) {
  queue({});
  const std::uint64_t hash = engine.state_hash();
  must(RecordStateHash{});
  EXPECT_EQ(last<StateHashed>().hash, hash);
  Engine replayed;
  for (const Event& event : events) EXPECT_TRUE(replayed.apply(event));
  Event wrong = events.back();
  wrong.sequence += 1;
  EXPECT_FALSE(replayed.apply(wrong)) << "the hash of the state before the first StateHashed";
}

TEST_F(Replay, EveryFactIsInTheHash) {
  queue({});
  agent("ann");
  contact("calls");
  const StateImage image = engine.image();
  const std::uint64_t hash = engine.state_hash();
  EXPECT_EQ(Engine(image).state_hash(), hash);
  const auto differs = [&](auto change) {
    StateImage other = image;
    change(other);
    return Engine(std::move(other)).state_hash() != hash;
  };
  EXPECT_TRUE(differs([](StateImage& i) { ++i.last_contact; }));
  EXPECT_TRUE(differs([](StateImage& i) { i.last_time += Duration(1); }));
  EXPECT_TRUE(differs([](StateImage& i) { i.agents[0].misses = 1; }));
  EXPECT_TRUE(differs([](StateImage& i) { i.agents[0].idle_order += 1; }));
  EXPECT_TRUE(differs([](StateImage& i) { i.agents[0].ramp_up = 1; }));
  EXPECT_TRUE(differs([](StateImage& i) { i.contacts[0].refusals.push_back({AgentHandle{1}, 1, {}}); }));
  EXPECT_TRUE(differs([](StateImage& i) { i.offers[0].explanation.considered += 1; }));
  EXPECT_TRUE(differs([](StateImage& i) { i.policies[0].spec.auto_accept = true; }));
  EXPECT_TRUE(differs([](StateImage& i) { i.requests.push_back({{1, 1}, 1, 1, 1}); }));
}

TEST_F(Replay, TimeNeverRunsBackwards) {
  queue({});
  now -= hours(1);
  contact("calls");
  EXPECT_EQ(events.back().time, now + hours(1));
}

}  // namespace
}  // namespace muster::dispatch
