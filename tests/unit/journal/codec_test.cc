#include "muster/journal/codec.h"

#include <gmock/gmock.h>

#include <set>

#include "muster/journal/error.h"
#include "muster/journal/v1/event.pb.h"
#include "muster/journal/v1/snapshot.pb.h"

namespace muster::journal {
namespace {

using namespace dispatch;
using namespace std::chrono_literals;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TimePoint at(int seconds) { return TimePoint(std::chrono::seconds(seconds)); }

const std::vector<SkillRequirement> kRequirements = {{SkillHandle{3}, 40, 50}, {SkillHandle{5}, 60, 70}};
const Predicate kSkilled = {Predicate::Kind::kSkill, {}, {SkillHandle{3}, 40, 50}};
const Predicate kUnskilled = {Predicate::Kind::kNot, {kSkilled}, {}};
const Predicate kCondition = {
    Predicate::Kind::kAllOf, {kSkilled, {Predicate::Kind::kAnyOf, {kSkilled, kUnskilled}, {}}}, {}};
const Preferences kPreferences = {1s, 2s, 3s, 4s, 5s, 6s, true, SkillHandle{7}, 8};
const PolicySpec kPolicy = {"p",
                            "Policy",
                            {{0s, {}}, {7s, kRequirements, kCondition, kPreferences, 2, 3}},
                            11s,
                            12s,
                            13s,
                            true,
                            kCondition,
                            14s,
                            true,
                            true,
                            15s,
                            {{"pool", kCondition, {16s, 17, 18, QueueHandle{19}, 20}}}};
const QueueSpec kQueue = {"q",
                          "Queue",
                          Channel::kTask,
                          PolicyHandle{4},
                          21s,
                          22s,
                          23s,
                          true,
                          24,
                          25,
                          SkillHandle{26},
                          "acme",
                          ServiceLevelMethod::kStrict,
                          27s};
const AgentSpec kAgent = {
    {{SkillHandle{6}, 70, at(71)}}, 90, 91, 92, {-1, 1, 2, -1, 4, 5, 6}, "a", "Agent", "wuhan", "night"};
const Settings kSettings = {{0, 1, 2, 3, 4, 5, 6}, 31s, 32s, 33s, 34s, 35, 36, QueueOrder::kRatio, 37,
                            {0, 1, 2, 3, 4, 5, 6}};
const Explanation kExplanation = {Trigger::kStep, 2, 9, {0, 1, 2, 3, 4, 5, 6}, 41s, 42s, AgentHandle{8}, 43s, 44s, 45s};

ContactDetailsPtr details() {
  return std::make_shared<ContactDetails>(ContactDetails{"ref", "Name \xff is not UTF-8", {{"k", "v"}}});
}

/// One of each kind, no field at its default.
std::vector<EventBody> bodies() {
  const ContactId contact{51};
  const QueueHandle queue{52};
  const AgentHandle agent{53};
  const OfferId offer{54};
  const SessionId session{55};
  return {WorkspaceOpened{3, "node"},
          StateHashed{0xfedcba9876543210},
          SkillPut{SkillHandle{1}, {"s", "Skill"}},
          SkillDeleted{SkillHandle{1}},
          PolicyPut{PolicyHandle{1}, kPolicy},
          PolicyDeleted{PolicyHandle{1}},
          QueuePut{queue, kQueue},
          QueueDeleted{queue},
          AgentPut{agent, kAgent},
          AgentDeleted{agent},
          SettingsPut{kSettings},
          ContactCreated{
              contact, queue, 10, kRequirements, {agent, AgentHandle{54}}, details(), at(5), at(6), agent, at(7), 8s},
          ContactQueued{contact, queue, 7s},
          ContactStepChanged{contact, queue, 2, true},
          ContactEscalated{contact, queue, 30},
          OfferMade{offer, contact, queue, agent, at(7), kExplanation},
          OfferAccepted{offer, contact, queue, agent, 8s, false},
          OfferEnded{offer, contact, queue, agent, OfferState::kSetupFailed, "why", true},
          ContactHeld{contact, queue, agent, true},
          ContactResumed{contact, queue, agent},
          ContactTransferred{contact, QueueHandle{9}, queue, agent, "why"},
          ContactRequeued{contact, queue, agent, offer, "why"},
          ContactWrapUpStarted{contact, queue, agent, at(9)},
          ContactCompleted{contact, queue, agent, "sold"},
          ContactEnded{contact, queue, agent, ContactState::kDropped, 10s, "why"},
          SessionOpened{agent, session, true},
          SessionLost{agent, session},
          PoolsChanged{queue, {1, 2, 4}},
          ContactOutcomeRecorded{contact, queue, agent, at(13), ContactOutcomeKind::kOrder, -1'250, "order 7"},
          SessionEnded{agent, session, "why"},
          PresenceChanged{agent, Presence::kSuspended, "why", at(11), 2, {Presence::kBreak, "later"}},
          ContactPrioritySet{contact, queue, 30},
          ContactStarving{contact, queue},
          ContactAssigned{contact, queue, agent, at(12), "why"},
          ContactReleased{contact, queue, agent, "why"}};
}

Event event_with(EventBody body) { return {77, at(12), {13, 14}, 15, std::move(body)}; }

std::string encoded(const Event& event) {
  std::string payload;
  encode_event(event, payload);
  return payload;
}

/// A node of a condition has parts or a skill, as its kind says.
bool has_no_use_for(const Message& message, const FieldDescriptor& field) {
  if (message.GetDescriptor() != v1::Predicate::descriptor()) return false;
  const bool leaf = static_cast<const v1::Predicate&>(message).kind() == v1::Predicate::KIND_SKILL;
  return field.name() == (leaf ? "parts" : "skill");
}

/// The names of fields, at any depth, that are at their defaults.
void collect_unset(const Message& message, std::vector<std::string>& unset) {
  const auto* descriptor = message.GetDescriptor();
  const auto* reflection = message.GetReflection();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* field = descriptor->field(i);
    if (has_no_use_for(message, *field)) continue;
    if (field->containing_oneof() != nullptr && !reflection->HasField(message, field)) continue;
    const bool set =
        field->is_repeated() ? reflection->FieldSize(message, field) > 0 : reflection->HasField(message, field);
    if (!set) unset.push_back(field->full_name());
    if (!set || field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    // The last of a list: the first may be an exception, as a policy's first step.
    collect_unset(field->is_repeated()
                      ? reflection->GetRepeatedMessage(message, field, reflection->FieldSize(message, field) - 1)
                      : reflection->GetMessage(message, field),
                  unset);
  }
}

template <typename Stored>
std::vector<std::string> unset_fields(const std::string& payload) {
  Stored stored;
  EXPECT_TRUE(stored.ParseFromString(payload));
  std::vector<std::string> unset;
  collect_unset(stored, unset);
  return unset;
}

std::string complaint(const v1::EventBatch& batch) {
  try {
    decode_events(batch.SerializeAsString(), [](Event&) {});
  } catch (const Corrupt& error) {
    return error.what();
  }
  return "none";
}

TEST(CodecTest, EveryKindOfEventSurvives) {
  std::set<std::size_t> kinds;
  for (const EventBody& body : bodies()) {
    kinds.insert(body.index());
    const std::string payload = encoded(event_with(body));
    EXPECT_THAT(unset_fields<v1::EventBatch>(payload), IsEmpty()) << "not written";
    int given = 0;
    decode_events(payload, [&](const Event& event) {
      ++given;
      EXPECT_EQ(event.body.index(), body.index());
      EXPECT_EQ(event.sequence, 77u);
      EXPECT_EQ(event.time, at(12));
      EXPECT_EQ(event.request, (RequestId{13, 14}));
      EXPECT_EQ(event.fingerprint, 15u);
      EXPECT_EQ(encoded(event), payload) << "not read back, kind " << body.index();
    });
    EXPECT_EQ(given, 1);
  }
  EXPECT_EQ(kinds.size(), std::variant_size_v<EventBody>);
}

TEST(CodecTest, TextIsKeptByteByByte) {
  decode_events(encoded(event_with(bodies()[11])),
                [](const Event& event) { EXPECT_EQ(*std::get<ContactCreated>(event.body).details, *details()); });
}

TEST(CodecTest, PayloadsJoinedAreAPayload) {
  std::string payload;
  for (const EventBody& body : bodies()) encode_event(event_with(body), payload);
  std::size_t next = 0;
  decode_events(payload, [&](const Event& event) { EXPECT_EQ(event.body.index(), bodies()[next++].index()); });
  EXPECT_EQ(next, bodies().size());
}

TEST(CodecTest, EmptyPayloadHoldsNothing) {
  decode_events("", [](Event&) { FAIL(); });
}

TEST(CodecTest, UnknownKindOfEventIsRefused) {
  v1::EventBatch batch;
  batch.add_events()->set_sequence(5);
  EXPECT_THAT(complaint(batch), HasSubstr("event 5 of a kind that this release does not know"));
}

TEST(CodecTest, UnknownFieldIsRefusedAtAnyDepth) {
  v1::EventBatch batch;
  ASSERT_TRUE(batch.ParseFromString(encoded(event_with(bodies()[4]))));
  EXPECT_EQ(complaint(batch), "none");
  v1::PolicyStep& step = *batch.mutable_events(0)->mutable_policy_put()->mutable_spec()->mutable_steps(1);
  step.GetReflection()->MutableUnknownFields(&step)->AddVarint(99, 1);
  EXPECT_THAT(complaint(batch), HasSubstr("muster.journal.v1.PolicyStep with fields that this release does not know"));
}

TEST(CodecTest, UnknownEnumValueIsRefused) {
  v1::EventBatch batch;
  for (const int state : {0, 99}) {
    batch.Clear();
    batch.add_events()->mutable_offer_ended()->set_state(static_cast<v1::OfferState>(state));
    EXPECT_THAT(complaint(batch), HasSubstr("enum's value that this release does not know"));
  }
}

TEST(CodecTest, NumberOutOfRangeIsRefused) {
  v1::EventBatch batch;
  batch.add_events()->mutable_contact_escalated()->set_priority(256);
  EXPECT_THAT(complaint(batch), HasSubstr("out of range: 256"));
}

TEST(CodecTest, TornPayloadIsRefused) {
  const std::string payload = encoded(event_with(bodies()[11]));
  for (std::size_t size = 1; size < payload.size(); ++size) {
    EXPECT_THROW(decode_events(payload.substr(0, size), [](Event&) {}), Corrupt) << size;
  }
}

TEST(CodecTest, ListsWrittenBeforeAChannelWasAddedLeaveItAtItsDefault) {
  v1::EventBatch batch;
  batch.add_events()->mutable_settings_put()->mutable_settings()->add_channel_units(7);
  decode_events(batch.SerializeAsString(), [](const Event& event) {
    const auto& units = std::get<SettingsPut>(event.body).settings.channel_units;
    EXPECT_EQ(units[1], 7);
    EXPECT_EQ(units[2], Settings().channel_units[2]);
  });
}

/// No field at its default.
Snapshot full_snapshot() {
  StateImage image{1, 2, at(3), at(3), 4, 5, 6, 7, 8, 9, 10, kSettings, {}, {}, {}, {}, {}, {}, {}};
  image.skills = {{SkillHandle{1}, {"s", "Skill"}}};
  image.policies = {{PolicyHandle{1}, kPolicy}};
  image.queues = {{QueueHandle{1}, kQueue, 3, 4, {4, 5s, 6s, 7, 8, 9s}, {1, 2, 4}, at(5), {}}};
  image.queues.front().recent.minutes.fill({6, 7});
  image.queues.front().recent.last_minute = 8;
  image.agents = {{AgentHandle{1},
                   5,
                   at(9),
                   10,
                   {0, 1, 2, 3, 4, 5, 6},
                   Presence::kBreak,
                   true,
                   kAgent,
                   SessionId{3},
                   {OfferId{7}},
                   {ContactId{8}},
                   at(11),
                   12,
                   6,
                   13,
                   at(4),
                   at(1),
                   at(2),
                   "lunch",
                   {Presence::kOffline, "home"}}};
  image.contacts = {{ContactId{1},
                     QueueHandle{2},
                     ContactState::kHeld,
                     3,
                     true,
                     true,
                     true,
                     true,
                     4,
                     5,
                     kRequirements,
                     {AgentHandle{6}},
                     {{AgentHandle{7}, 2, at(8)}},
                     details(),
                     at(9),
                     at(10),
                     at(11),
                     at(12),
                     at(13),
                     at(14),
                     OfferId{15},
                     AgentHandle{16},
                     AgentHandle{17},
                     AgentHandle{18},
                     at(19),
                     20s,
                     {OfferId{21}},
                     true}};
  image.offers = {{OfferId{1}, ContactId{2}, AgentHandle{3}, at(4), at(5), kExplanation, 6, at(7), 8}};
  image.requests = {{{1, 2}, 3, 4, 5}};
  kpi::BoardCounters board;
  board.day = 1;
  board.totals = {1, 2, 3, 4, 5, 6, 7};
  board.queues = {{QueueHandle{1}, {1, 2, 3, 4, 5, 6, 7, 8s, 9, 10s, 11s}}};
  board.agents = {{AgentHandle{1}, at(2), {3, 4}}};
  kpi::FoldImage facts;
  facts.rows = {{{kpi::Dimension::kBaseQueue, "wuhan", "q"}, {at(1), {{at(2), {{3, 4}}}}, {{at(5), {{62, -7}}}}}}};
  facts.handling = {{ContactId{1}, at(2), 3s, 4s, 5, OfferId{6}, 7s, true}};
  return {std::move(image), {std::move(board), std::move(facts)}};
}

TEST(CodecTest, EveryFieldOfASnapshotSurvives) {
  const std::string payload = encode_snapshot(full_snapshot());
  EXPECT_THAT(unset_fields<v1::Snapshot>(payload), IsEmpty()) << "not written";
  EXPECT_EQ(encode_snapshot(decode_snapshot(payload)), payload) << "not read back";
}

TEST(CodecTest, OneBitOfASnapshotThatFlippedIsNoticed) {
  const std::string payload = encode_snapshot(full_snapshot());
  ASSERT_TRUE(is_intact(payload));
  for (std::size_t bit = 0; bit < 8 * payload.size(); ++bit) {
    std::string damaged = payload;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    if (!is_intact(damaged)) continue;
    EXPECT_THROW(decode_snapshot(damaged), Corrupt) << "bit " << bit << " of " << 8 * payload.size();
  }
}

TEST(CodecTest, SnapshotWithoutChecksumIsTakenAsItIs) {
  v1::Snapshot stored;
  ASSERT_TRUE(stored.ParseFromString(encode_snapshot(full_snapshot())));
  stored.clear_checksum();
  const std::string payload = stored.SerializeAsString();
  EXPECT_TRUE(is_intact(payload));
  EXPECT_EQ(encode_snapshot(decode_snapshot(payload)), encode_snapshot(full_snapshot()));
}

TEST(CodecTest, SnapshotOfANewerReleaseIsRefused) {
  v1::Snapshot stored;
  ASSERT_TRUE(stored.ParseFromString(encode_snapshot(full_snapshot())));
  v1::Agent& agent = *stored.mutable_agents(0);
  agent.GetReflection()->MutableUnknownFields(&agent)->AddVarint(99, 1);
  EXPECT_THROW(decode_snapshot(stored.SerializeAsString()), Corrupt);
}

}  // namespace
}  // namespace muster::journal
