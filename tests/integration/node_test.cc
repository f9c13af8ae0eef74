#include "muster/node/node.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <pqxx/pqxx>
#include <string>
#include <thread>

#include "muster/base/random.h"
#include "muster/node/metrics.h"
#include "muster/node/render.h"
#include "muster/store/migrations.h"
#include "postgres_fixture.h"

/// One node, or two, on a real PostgreSQL.
namespace muster::node {
namespace {

using namespace std::chrono_literals;
using dispatch::Command;
using dispatch::Outcome;
using dispatch::RequestId;

class NodeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    database = muster::testing::PostgresCluster::instance().create_database();
    store::apply_migrations(database);
  }

  std::unique_ptr<Node> make_node(const std::string& owner = "node-1") {
    NodeOptions options;
    options.database = database;
    options.owner = owner;
    options.heartbeat_interval = 200ms;
    auto node = std::make_unique<Node>(options);
    node->start();
    return node;
  }
  static void wait_until_ready(const Node& node) {
    for (int i = 0; i < 3000 && !node.readiness().ready; ++i) std::this_thread::sleep_for(10ms);
    ASSERT_TRUE(node.readiness().ready) << node.readiness().reason;
  }
  static Answer call(Node& node, dispatch::CommandBody body, RequestId request = {}) {
    auto answer = std::make_shared<std::promise<Answer>>();
    node.submit(Command{request, std::move(body)}, [answer](const Answer& given) { answer->set_value(given); });
    return answer->get_future().get();
  }
  RequestId new_request() { return {random(), random()}; }
  void expect_ok(const Answer& answer) {
    ASSERT_EQ(answer.delivery, Delivery::kAnswered);
    ASSERT_EQ(answer.reply.outcome, Outcome::kOk) << answer.reply.subject;
  }
  void set_up_floor(Node& node) {
    expect_ok(call(node, dispatch::CreateSkill{"zh", "中文"}));
    dispatch::PolicyChange policy;
    policy.steps = {{Duration{0}, {{"zh", 50}}}};
    expect_ok(call(node, dispatch::CreatePolicy{"plain", policy}));
    dispatch::QueueChange queue;
    queue.policy = "plain";
    expect_ok(call(node, dispatch::CreateQueue{"billing", dispatch::Channel::kVoice, queue}));
    dispatch::AgentChange agent;
    agent.skills = {{"zh", 80}};
    expect_ok(call(node, dispatch::CreateAgent{"mei", agent}));
  }
  static dispatch::CreateContact contact() {
    dispatch::CreateContact contact;
    contact.queue = "billing";
    contact.details = std::make_shared<dispatch::ContactDetails>();
    return contact;
  }
  static std::optional<ContactHistory> get(Node& node, std::uint64_t id) {
    auto result = std::make_shared<std::promise<std::optional<ContactHistory>>>();
    node.get_contact(dispatch::ContactId{id}, "",
                     [result](StoreStatus status, std::optional<ContactHistory> found, const std::string& trouble) {
                       EXPECT_EQ(status, StoreStatus::kRead) << trouble;
                       result->set_value(std::move(found));
                     });
    return result->get_future().get();
  }
  /// What comes of a read, without waiting for it.
  static std::future<StoreStatus> try_get(Node& node, std::uint64_t id) {
    auto result = std::make_shared<std::promise<StoreStatus>>();
    auto future = result->get_future();
    node.get_contact(dispatch::ContactId{id}, "",
                     [result](StoreStatus status, const auto&, const auto&) { result->set_value(status); });
    return future;
  }
  /// Holds up every write of the reporting tables for as long as it lives.
  struct TableLock {
    explicit TableLock(const std::string& database) : connection(database), work(connection) {
      work.exec("LOCK TABLE contact IN EXCLUSIVE MODE");
    }
    pqxx::connection connection;
    pqxx::work work;
  };
  template <typename Condition>
  static bool eventually(Condition holds) {
    for (int i = 0; i < 2000; ++i) {
      if (holds()) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }
  struct Session {
    std::shared_ptr<SessionMailbox> mailbox;
    dispatch::SessionId id{};
  };
  Session open(Node& node, const std::string& agent, dispatch::SessionId resume = {}) {
    Session session{node.make_mailbox(), {}};
    auto answer = std::make_shared<std::promise<Answer>>();
    node.open_session(agent, resume, session.mailbox, [answer](const Answer& given) { answer->set_value(given); });
    const auto given = answer->get_future().get();
    EXPECT_EQ(given.delivery, Delivery::kAnswered);
    session.id = dispatch::SessionId{given.reply.id};
    return session;
  }
  /// The next event of a kind, passing over others.
  static v1::SessionEvent next(Session& session, v1::SessionEvent::EventCase kind) {
    for (int i = 0; i < 1000; ++i) {
      std::vector<v1::SessionEvent> events;
      session.mailbox->take(events, [] {});
      for (const auto& event : events) {
        if (event.event_case() == kind) return event;
      }
      std::this_thread::sleep_for(10ms);
    }
    ADD_FAILURE() << "no such event came";
    return {};
  }
  void kill_backends() {
    pqxx::connection connection(database);
    pqxx::work work(connection);
    work.exec(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        " AND datname = current_database()");
    work.commit();
  }
  void execute(const std::string& sql) { muster::testing::PostgresCluster::instance().execute(database, sql); }
  std::int64_t count(const std::string& sql) {
    pqxx::connection connection(database);
    pqxx::work work(connection);
    return work.exec1(sql)[0].as<std::int64_t>();
  }

  std::string database;
  Random random{20261122};
};

TEST_F(NodeTest, AContactTravelsFromCreationToCompletion) {
  auto node = make_node();
  wait_until_ready(*node);
  set_up_floor(*node);
  auto mei = open(*node, "mei");
  EXPECT_TRUE(next(mei, v1::SessionEvent::kOpened).opened().agent().connected());
  expect_ok(call(*node, dispatch::SetPresence{mei.id, dispatch::Presence::kAvailable, ""}));
  const auto created = call(*node, contact(), new_request());
  expect_ok(created);
  const auto made = next(mei, v1::SessionEvent::kOfferMade).offer_made();
  EXPECT_EQ(made.contact().contact_id(), contact_id(dispatch::ContactId{created.reply.id}));
  EXPECT_EQ(made.offer().explanation().trigger(), v1::OFFER_TRIGGER_CONTACT_QUEUED);
  expect_ok(call(*node, dispatch::AcceptOffer{mei.id, parse_offer_id(made.offer().offer_id())}));
  EXPECT_EQ(next(mei, v1::SessionEvent::kContactChanged).contact_changed().contact().state(), v1::CONTACT_STATE_ACTIVE);
  expect_ok(call(*node, dispatch::CompleteContact{mei.id, dispatch::ContactId{created.reply.id}, "solved"}));
  const auto history = get(*node, created.reply.id);
  ASSERT_TRUE(history);
  EXPECT_EQ(history->contact.state(), v1::CONTACT_STATE_COMPLETED);
  EXPECT_EQ(history->contact.disposition(), "solved");
  EXPECT_EQ(history->contact.agent_id(), "mei");
  ASSERT_EQ(history->offers.size(), 1u);
  EXPECT_EQ(history->offers[0].state(), v1::OFFER_STATE_ACCEPTED);
}

TEST_F(NodeTest, AcknowledgedWorkSurvivesARestart) {
  std::uint64_t id = 0;
  const auto request = new_request();
  {
    auto node = make_node();
    wait_until_ready(*node);
    set_up_floor(*node);
    const auto created = call(*node, contact(), request);
    expect_ok(created);
    id = created.reply.id;
    node->stop();
  }
  auto node = make_node();
  wait_until_ready(*node);
  EXPECT_EQ(get(*node, id)->contact.state(), v1::CONTACT_STATE_QUEUED);
  const auto again = call(*node, contact(), request);
  expect_ok(again);
  EXPECT_EQ(again.reply.id, id) << "the same request id gives the same reply after a restart";
  EXPECT_EQ(node->info().epoch, 2u);
}

TEST_F(NodeTest, ALostConnectionIsRecoveredFromAndARetryHasOneEffect) {
  auto node = make_node();
  wait_until_ready(*node);
  set_up_floor(*node);
  int created = 0;
  for (int round = 0; round < 5; ++round) {
    kill_backends();
    const auto request = new_request();
    Answer answer;
    do {
      answer = call(*node, contact(), request);
      if (answer.delivery != Delivery::kAnswered) std::this_thread::sleep_for(20ms);
    } while (answer.delivery != Delivery::kAnswered);
    expect_ok(answer);
    ++created;
  }
  wait_until_ready(*node);
  ASSERT_TRUE(get(*node, 1));
  EXPECT_EQ(count("SELECT count(*) FROM contact"), created);
  EXPECT_GT(node->info().epoch, 1u);
}

TEST_F(NodeTest, ASessionOutlivesARestartOfTheNode) {
  dispatch::SessionId session{};
  {
    auto node = make_node();
    wait_until_ready(*node);
    set_up_floor(*node);
    auto mei = open(*node, "mei");
    session = mei.id;
    expect_ok(call(*node, dispatch::SetPresence{mei.id, dispatch::Presence::kAvailable, ""}));
    node->stop();
    EXPECT_EQ(mei.mailbox->end(), StreamEnd::kShutdown);
  }
  auto node = make_node();
  wait_until_ready(*node);
  auto mei = open(*node, "mei", session);
  const auto opened = next(mei, v1::SessionEvent::kOpened).opened();
  EXPECT_TRUE(opened.resumed());
  EXPECT_EQ(opened.agent().presence(), v1::AGENT_PRESENCE_AVAILABLE);
}

TEST_F(NodeTest, ASessionResumedOnAnotherStreamEndsTheOlderOneAsReplaced) {
  auto node = make_node();
  wait_until_ready(*node);
  set_up_floor(*node);
  auto older = open(*node, "mei");
  auto newer = open(*node, "mei", older.id);
  EXPECT_EQ(newer.id, older.id);
  EXPECT_EQ(older.mailbox->end(), StreamEnd::kReplaced);
  node->lose_session(older.id, older.mailbox);
  EXPECT_TRUE(node->touch_session(newer.id)) << "the end of the older stream is not the session's";
}

TEST_F(NodeTest, AnOlderStreamThatEndsWhileTheSessionIsBeingResumedDoesNotEndIt) {
  auto node = make_node();
  wait_until_ready(*node);
  set_up_floor(*node);
  auto older = open(*node, "mei");
  Session newer{node->make_mailbox(), older.id};
  std::promise<Answer> answer;
  // The server hears of the end before the newer stream is told that it is open.
  node->open_session("mei", older.id, newer.mailbox, [&](const Answer& given) { answer.set_value(given); });
  node->lose_session(older.id, older.mailbox);
  expect_ok(answer.get_future().get());
  expect_ok(call(*node, contact()));  // what came before it is decided and published
  EXPECT_FALSE(newer.mailbox->closed());
  EXPECT_TRUE(node->touch_session(newer.id));
}

TEST_F(NodeTest, CommandsAndEventsAreCountedOneByOne) {
  auto node = make_node();
  wait_until_ready(*node);
  const auto answered = [&] { return node->metrics().commands.answered; };
  const auto at_first = answered();
  set_up_floor(*node);
  auto mei = open(*node, "mei");
  expect_ok(call(*node, dispatch::SetPresence{mei.id, dispatch::Presence::kAvailable, ""}));
  for (int i = 0; i < 7; ++i) expect_ok(call(*node, contact(), new_request()));
  EXPECT_NE(call(*node, dispatch::CreateSkill{"zh", "once more"}).reply.outcome, Outcome::kOk);
  EXPECT_EQ(answered() - at_first, 4u + 1 + 1 + 7 + 1) << "a command that the engine refuses is answered, too";

  const auto made = next(mei, v1::SessionEvent::kOfferMade).offer_made();
  expect_ok(call(*node, dispatch::AcceptOffer{mei.id, parse_offer_id(made.offer().offer_id())}));
  const auto metrics = node->metrics();
  EXPECT_EQ(metrics.offers.made, 1u);
  EXPECT_EQ(metrics.offers.accepted, 1u);
  EXPECT_EQ(metrics.contacts_waiting, 6);
  EXPECT_EQ(metrics.contacts_in_hand, 1);
  EXPECT_EQ(metrics.inbox_depth, 0u);
  EXPECT_TRUE(eventually([&] {
    return node->metrics().commit_events.sum == static_cast<double>(node->info().committed);
  })) << "nobody else wrote";
  node->stop();
  EXPECT_EQ(call(*node, contact()).delivery, Delivery::kNotServing);
  EXPECT_EQ(node->metrics().commands.not_serving, 1u);
}

TEST_F(NodeTest, CommandsForWhichThereIsNoRoomAreCountedAsBusy) {
  Node node({.database = database, .owner = "node-1", .inbox_max = 0});
  node.start();
  wait_until_ready(node);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(call(node, contact()).delivery, Delivery::kBusy);
  const auto metrics = node.metrics();
  EXPECT_EQ(metrics.commands.busy, 3u);
  EXPECT_EQ(metrics.inbox_capacity, 0u);
}

TEST_F(NodeTest, CountsGoOnThroughARecovery) {
  auto node = make_node();
  wait_until_ready(*node);
  set_up_floor(*node);
  const auto before = node->metrics();
  kill_backends();
  Answer answer;
  do {
    answer = call(*node, contact());
    if (answer.delivery != Delivery::kAnswered) std::this_thread::sleep_for(20ms);
  } while (answer.delivery != Delivery::kAnswered);
  const auto after = node->metrics();
  EXPECT_GT(after.commands.answered, before.commands.answered);
  EXPECT_GT(after.terms_ended, before.terms_ended);
  EXPECT_GT(after.commit_events.sum, before.commit_events.sum);
  EXPECT_EQ(after.contacts_waiting, 1);
}

TEST_F(NodeTest, ASecondNodeWaitsForTheLeaseAndTakesOver) {
  auto first = make_node("node-1");
  wait_until_ready(*first);
  set_up_floor(*first);
  const auto created = call(*first, contact(), new_request());
  auto second = make_node("node-2");
  std::this_thread::sleep_for(500ms);
  EXPECT_FALSE(second->readiness().ready);
  EXPECT_EQ(call(*second, contact()).delivery, Delivery::kNotServing);
  EXPECT_EQ(try_get(*second, created.reply.id).get(), StoreStatus::kNotServing)
      << "it cannot know what is acknowledged";
  EXPECT_EQ(second->rebuild_projections(), RebuildStart::kNotServing);
  ASSERT_TRUE(get(*first, created.reply.id));
  EXPECT_EQ(second->info().projected, 0u) << "the tables have one writer";
  first->stop();
  wait_until_ready(*second);
  EXPECT_EQ(get(*second, created.reply.id)->contact.queue_id(), "billing");
}

TEST_F(NodeTest, AnUnheardSessionIsLost) {
  auto node = make_node();
  wait_until_ready(*node);
  set_up_floor(*node);
  auto mei = open(*node, "mei");
  std::vector<v1::SessionEvent> events;
  for (int i = 0; i < 500; ++i) {
    if (mei.mailbox->take(events, [] {}) == SessionMailbox::Taken::kClosed) break;
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_EQ(mei.mailbox->end(), StreamEnd::kSilent);
  EXPECT_FALSE(node->touch_session(mei.id));
}

TEST_F(NodeTest, RebuiltTablesAreTheSameTables) {
  auto node = make_node();
  wait_until_ready(*node);
  set_up_floor(*node);
  auto mei = open(*node, "mei");
  expect_ok(call(*node, dispatch::SetPresence{mei.id, dispatch::Presence::kAvailable, ""}));
  for (int i = 0; i < 20; ++i) expect_ok(call(*node, contact(), new_request()));
  const auto made = next(mei, v1::SessionEvent::kOfferMade).offer_made();
  expect_ok(call(*node, dispatch::DeclineOffer{mei.id, parse_offer_id(made.offer().offer_id()), "lunch"}));
  expect_ok(call(*node, dispatch::CloseSession{mei.id}));
  ASSERT_TRUE(get(*node, 20));
  const std::string digest =
      "SELECT ('x' || substr(md5(coalesce(string_agg(t::text, ',' ORDER BY t::text), '')), 1, 15))::bit(60)::bigint"
      " FROM (SELECT contact::text AS t FROM contact UNION ALL SELECT offer::text FROM offer"
      " UNION ALL SELECT agent_session::text FROM agent_session) AS t";
  const auto before = count(digest);
  ASSERT_EQ(node->rebuild_projections(), RebuildStart::kStarted);
  for (int i = 0; i < 500 && node->info().projected != node->info().committed; ++i) std::this_thread::sleep_for(10ms);
  std::this_thread::sleep_for(50ms);
  ASSERT_TRUE(get(*node, 20));
  EXPECT_EQ(count("SELECT count(*) FROM contact"), 20);
  EXPECT_EQ(count(digest), before);
}

TEST_F(NodeTest, ANulInTheJournalDoesNotStopTheTables) {
  auto node = make_node();
  wait_until_ready(*node);
  set_up_floor(*node);
  auto strange = contact();
  auto details = std::make_shared<dispatch::ContactDetails>();
  details->customer_ref = std::string("a\0b", 3);
  strange.details = details;
  const auto created = call(*node, strange, new_request());
  ASSERT_TRUE(get(*node, created.reply.id));
  EXPECT_EQ(count("SELECT count(*) FROM contact WHERE customer_ref = U&'a\\FFFDb'"), 1);
}

TEST_F(NodeTest, ARebuildThatWaitsForTheDatabaseDoesNotHoldDispatchUp) {
  auto node = make_node();
  wait_until_ready(*node);
  set_up_floor(*node);
  auto lock = std::make_unique<TableLock>(database);
  ASSERT_EQ(node->rebuild_projections(), RebuildStart::kStarted);
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(node->rebuild_projections(), RebuildStart::kRunning);
  auto answer = std::async(std::launch::async, [&] { return call(*node, contact(), new_request()); });
  EXPECT_EQ(answer.wait_for(10s), std::future_status::ready);
  EXPECT_EQ(try_get(*node, 1).get(), StoreStatus::kUnavailable) << "at once: nobody knows how long it takes";
  lock.reset();
  expect_ok(answer.get());
  EXPECT_TRUE(eventually([&] { return node->info().projected == node->info().committed; }));
}

TEST_F(NodeTest, ARebuildWhoseBeginningFailedIsBegunAgain) {
  auto node = make_node();
  wait_until_ready(*node);
  set_up_floor(*node);
  expect_ok(call(*node, contact(), new_request()));
  ASSERT_TRUE(get(*node, 1));
  execute("UPDATE contact SET customer_ref = 'spoilt'");
  auto lock = std::make_unique<TableLock>(database);
  ASSERT_EQ(node->rebuild_projections(), RebuildStart::kStarted);
  ASSERT_TRUE(eventually([&] {
    return count(
               "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
               " AND datname = current_database()") > 0;
  }));
  EXPECT_EQ(node->info().projected, 0u) << "who watches it must not take it for done";
  lock.reset();
  ASSERT_TRUE(eventually([&] { return node->info().projected == node->info().committed; }));
  EXPECT_EQ(count("SELECT count(*) FROM contact WHERE customer_ref = 'spoilt'"), 0);
  EXPECT_EQ(count("SELECT count(*) FROM contact"), 1);
}

TEST_F(NodeTest, AStopDoesNotWaitForTablesThatCannotBeWritten) {
  auto node = make_node();
  wait_until_ready(*node);
  set_up_floor(*node);
  TableLock lock(database);
  expect_ok(call(*node, contact(), new_request()));
  std::this_thread::sleep_for(700ms);  // the follower is at it
  auto stopped = std::async(std::launch::async, [&] { node->stop(); });
  EXPECT_EQ(stopped.wait_for(20s), std::future_status::ready);
}

TEST_F(NodeTest, ReadsWaitForTheTablesInBoundsOfNumberAndTime) {
  auto node = make_node();
  wait_until_ready(*node);
  set_up_floor(*node);
  TableLock lock(database);
  expect_ok(call(*node, contact(), new_request()));
  auto first = try_get(*node, 1);
  for (int i = 1; i < 1024; ++i) try_get(*node, 1);
  EXPECT_EQ(try_get(*node, 1).get(), StoreStatus::kBusy);
  ASSERT_EQ(first.wait_for(20s), std::future_status::ready);
  EXPECT_EQ(first.get(), StoreStatus::kUnavailable);
}

TEST_F(NodeTest, AcknowledgesNothingMoreOnceReplayDiffers) {
  auto node = make_node();
  wait_until_ready(*node);
  set_up_floor(*node);
  bool stopped = false;
  for (int i = 0; i < 20 && !stopped; ++i) {  // the follower may be quicker than the deletion
    call(*node, contact(), new_request());
    execute("DELETE FROM journal WHERE first_seq = (SELECT max(first_seq) FROM journal)");
    call(*node, contact(), new_request());
    std::this_thread::sleep_for(700ms);
    stopped = !node->readiness().ready;
  }
  EXPECT_NE(node->readiness().reason.find("has a hole"), std::string::npos) << node->readiness().reason;
  EXPECT_EQ(call(*node, contact(), new_request()).delivery, Delivery::kNotServing);
}

TEST_F(NodeTest, TheBoardCountsTheSameAfterARestart) {
  v1::WatchBoardResponse before;
  {
    auto node = make_node();
    wait_until_ready(*node);
    set_up_floor(*node);
    for (int i = 0; i < 7; ++i) expect_ok(call(*node, contact(), new_request()));
    expect_ok(call(*node, dispatch::EndContact{dispatch::ContactId{3}, dispatch::ContactState::kAbandoned, ""}));
    before = node->board(0, true, "").response;
    node->stop();
  }
  auto node = make_node();
  wait_until_ready(*node);
  const auto after = node->board(0, true, "").response;
  EXPECT_EQ(before.totals().waiting(), 6);
  EXPECT_EQ(after.totals().DebugString(), before.totals().DebugString());
  ASSERT_EQ(after.queues_size(), 1);
  EXPECT_EQ(after.queues(0).DebugString(), before.queues(0).DebugString());
}

}  // namespace
}  // namespace muster::node
