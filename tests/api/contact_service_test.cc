#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <optional>

#include "backend.h"
#include "desk.h"
#include "muster/v1/board_service.grpc.pb.h"
#include "postgres_fixture.h"

namespace muster::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// The answers to bad requests, each with code, reason and field.
class ContactServiceTest : public ::testing::Test {
 protected:
  ContactServiceTest() { backend.set_up_floor(); }

  static v1::CreateContactRequest contact(const std::string& queue_id) {
    v1::CreateContactRequest request;
    request.set_request_id(new_request_id());
    request.set_queue_id(queue_id);
    return request;
  }
  grpc::Status cancel(const std::string& contact_id) {
    v1::CancelContactRequest request;
    request.set_request_id(new_request_id());
    request.set_contact_id(contact_id);
    return backend.call(&Contacts::CancelContact, request);
  }

  grpc::Status prioritize(const std::string& contact_id, int priority) {
    v1::PrioritizeContactRequest request;
    request.set_request_id(new_request_id());
    request.set_contact_id(contact_id);
    request.set_priority(priority);
    return backend.call(&Contacts::PrioritizeContact, request);
  }
  grpc::Status assign(const std::string& contact_id, const std::string& agent_id) {
    v1::AssignContactRequest request;
    request.set_request_id(new_request_id());
    request.set_contact_id(contact_id);
    request.set_agent_id(agent_id);
    request.mutable_wait()->set_seconds(600);
    request.set_reason("knows the case");
    return backend.call(&Contacts::AssignContact, request);
  }
  v1::GetContactResponse get(const std::string& contact_id) {
    v1::GetContactRequest request;
    request.set_contact_id(contact_id);
    v1::GetContactResponse response;
    EXPECT_TRUE(backend.call(&Contacts::GetContact, request, &response).ok());
    return response;
  }
  v1::ExplainContactResponse explain(const std::string& contact_id, const std::string& agent_id) {
    v1::ExplainContactRequest request;
    request.set_contact_id(contact_id);
    request.add_agent_ids(agent_id);
    v1::ExplainContactResponse response;
    EXPECT_TRUE(backend.call(&Contacts::ExplainContact, request, &response).ok());
    return response;
  }
  void update_policy(const std::string& text, const std::string& path) {
    v1::UpdatePolicyRequest request;
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(text, request.mutable_policy()));
    request.set_request_id(new_request_id());
    request.mutable_policy()->set_policy_id("plain");
    request.mutable_update_mask()->add_paths(path);
    ASSERT_TRUE(backend.call(&Routing::UpdatePolicy, request).ok());
  }
  void update_queue(const std::string& text, const std::string& path) {
    v1::UpdateQueueRequest request;
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(text, request.mutable_queue()));
    request.set_request_id(new_request_id());
    request.mutable_queue()->set_queue_id("billing");
    request.mutable_update_mask()->add_paths(path);
    ASSERT_TRUE(backend.call(&Routing::UpdateQueue, request).ok());
  }

  Backend backend;
};

TEST_F(ContactServiceTest, BothBoundsOfALevelAreKept) {
  auto request = contact("billing");
  request.add_requirements()->set_skill_id("zh");
  request.mutable_requirements(0)->set_min_level(20);
  request.mutable_requirements(0)->set_max_level(50);
  v1::CreateContactResponse created;
  ASSERT_TRUE(backend.call(&Contacts::CreateContact, request, &created).ok());
  const auto kept = get(created.contact_id()).contact().requirements(0);
  EXPECT_EQ(kept.min_level(), 20);
  EXPECT_EQ(kept.max_level(), 50);
  EXPECT_FALSE(get(backend.create_contact("billing")).contact().requirements_size());
}

TEST_F(ContactServiceTest, APriorityIsSetUntilAnAgentAccepts) {
  const std::string id = backend.create_contact("billing");
  ASSERT_TRUE(prioritize(id, 42).ok());
  EXPECT_EQ(get(id).contact().priority(), 42);
  EXPECT_THAT(problem(prioritize(id, 101)).fields, ElementsAre("priority"));
  EXPECT_EQ(problem(prioritize("c-99", 1)).reason, "CONTACT_NOT_FOUND");
  const auto desk = Desk::available(Door::kSession, backend, "mei");
  desk->accept_next();
  EXPECT_EQ(problem(prioritize(id, 1)).reason, "CONTACT_WRONG_STATE");
}

TEST_F(ContactServiceTest, APreferredAgentGetsTheContactAlone) {
  const auto mei = Desk::available(Door::kSession, backend, "mei");
  const auto bob = Desk::available(Door::kSession, backend, "bob");
  auto request = contact("billing");
  request.set_preferred_agent_id("bob");
  v1::CreateContactResponse created;
  ASSERT_TRUE(backend.call(&Contacts::CreateContact, request, &created).ok());
  EXPECT_EQ(bob->accept_next().contact_id(), created.contact_id());

  request.set_request_id(new_request_id());
  ASSERT_TRUE(backend.call(&Contacts::CreateContact, request, &created).ok());
  const auto explained = explain(created.contact_id(), "mei");
  EXPECT_EQ(explained.preferred_agent_id(), "bob");
  EXPECT_TRUE(explained.has_preferred_until_time());
  EXPECT_EQ(explained.agents(0).obstacle(), v1::OBSTACLE_PREFERRED);

  request.set_request_id(new_request_id());
  request.set_preferred_agent_id("nobody");
  const Problem unknown = problem(backend.call(&Contacts::CreateContact, request));
  EXPECT_EQ(unknown.reason, "AGENT_NOT_FOUND");
  EXPECT_THAT(unknown.fields, ElementsAre("preferred_agent_id"));
}

TEST_F(ContactServiceTest, AnAssignedContactGoesToThatAgent) {
  const auto mei = Desk::available(Door::kSession, backend, "mei");
  const auto bob = Desk::available(Door::kSession, backend, "bob");
  const std::string id = backend.create_contact("billing");
  mei->next(v1::SessionEvent::kOfferMade);
  ASSERT_TRUE(assign(id, "bob").ok());
  EXPECT_EQ(bob->accept_next().contact_id(), id);
  EXPECT_EQ(get(id).offers(0).state(), v1::OFFER_STATE_WITHDRAWN);
  EXPECT_EQ(problem(assign(id, "mei")).reason, "CONTACT_WRONG_STATE");
}

TEST_F(ContactServiceTest, WhomAContactCannotBeAssignedToIsSaid) {
  const std::string id = backend.create_contact("billing");
  const Problem unfit = problem(assign(id, "mei"));
  EXPECT_EQ(unfit.code, grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(unfit.reason, "AGENT_UNFIT");
  EXPECT_EQ(unfit.metadata.at("agent_id"), "mei");
  EXPECT_THAT(unfit.fields, ElementsAre("agent_id"));
  EXPECT_EQ(problem(assign(id, "nobody")).reason, "AGENT_NOT_FOUND");
  EXPECT_EQ(problem(assign("c-99", "mei")).reason, "CONTACT_NOT_FOUND");
  EXPECT_THAT(problem(assign(id, "")).fields, ElementsAre("agent_id"));
}

TEST_F(ContactServiceTest, AnExplanationNamesTheAlternativesThatAnAgentFails) {
  const auto mei = Desk::available(Door::kSession, backend, "mei");
  update_policy(R"(gates { any_of { conditions { skill { skill_id: "zh" min_level: 99 } }
                                    conditions { none_of { conditions { skill { skill_id: "zh" } } } } } })",
                "gates");
  const auto explained = explain(backend.create_contact("billing"), "mei");
  ASSERT_EQ(explained.alternatives_size(), 1);
  EXPECT_EQ(explained.alternatives(0).alternatives_size(), 2);
  EXPECT_EQ(explained.agents(0).obstacle(), v1::OBSTACLE_CONDITION);
  EXPECT_EQ(explained.agents(0).alternatives().DebugString(), explained.alternatives(0).DebugString());
}

TEST_F(ContactServiceTest, AnExplanationTellsAPauseAndAReserve) {
  const auto mei = Desk::available(Door::kSession, backend, "mei");
  update_queue("paused: true", "paused");
  const std::string id = backend.create_contact("billing");
  EXPECT_EQ(explain(id, "mei").agents(0).obstacle(), v1::OBSTACLE_PAUSED);
  update_queue("idle_reserve: 1", "idle_reserve");
  update_queue("", "paused");
  EXPECT_EQ(explain(id, "mei").agents(0).obstacle(), v1::OBSTACLE_RESERVE);
}

TEST_F(ContactServiceTest, AnOfferTellsTheScoreWhereTheStepPrefers) {
  const auto mei = Desk::available(Door::kSession, backend, "mei");
  const std::string plain = backend.create_contact("billing");
  mei->accept_next();
  EXPECT_FALSE(get(plain).offers(0).explanation().has_score());
  update_policy("steps { prefer { specialist { seconds: 3600 } ignore_idle_time: true } }", "steps");
  const auto bob = Desk::available(Door::kSession, backend, "bob");
  const std::string preferring = backend.create_contact("billing");
  bob->accept_next();
  EXPECT_EQ(get(preferring).offers(0).explanation().score().seconds(), -3600) << "one skill";
}

TEST_F(ContactServiceTest, AnUnknownQueueIsNotFound) {
  const Problem answer = problem(backend.call(&Contacts::CreateContact, contact("nowhere")));
  EXPECT_EQ(answer.code, grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(answer.reason, "QUEUE_NOT_FOUND");
  EXPECT_EQ(answer.metadata.at("queue_id"), "nowhere");
  EXPECT_THAT(answer.fields, ElementsAre("queue_id"));
}

TEST_F(ContactServiceTest, AnEmptyIdentifierIsInvalid) {
  const Problem answer = problem(backend.call(&Contacts::CreateContact, contact("")));
  EXPECT_EQ(answer.code, grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(answer.reason, "INVALID_REQUEST");
  EXPECT_THAT(answer.fields, ElementsAre("queue_id"));
}

TEST_F(ContactServiceTest, Level101IsInvalid) {
  auto request = contact("billing");
  auto* requirement = request.add_requirements();
  requirement->set_skill_id("zh");
  requirement->set_min_level(101);
  const Problem answer = problem(backend.call(&Contacts::CreateContact, request));
  EXPECT_EQ(answer.code, grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(answer.fields, ElementsAre("requirements[0].min_level"));
}

TEST_F(ContactServiceTest, AnUnknownSkillIsNamedWhereItStands) {
  auto request = contact("billing");
  request.add_requirements()->set_skill_id("zh");
  request.add_requirements()->set_skill_id("klingon");
  const Problem answer = problem(backend.call(&Contacts::CreateContact, request));
  EXPECT_EQ(answer.reason, "SKILL_NOT_FOUND");
  EXPECT_THAT(answer.fields, ElementsAre("requirements[1].skill_id"));
}

TEST_F(ContactServiceTest, TenMegabytesOfMetadataAreInvalid) {
  auto request = contact("billing");
  (*request.mutable_attributes())["note"] = std::string(10 << 20, 'x');
  const Problem answer = problem(backend.call(&Contacts::CreateContact, request));
  EXPECT_EQ(answer.code, grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(answer.reason, "INVALID_REQUEST");
  EXPECT_THAT(answer.fields, ElementsAre("attributes"));
}

TEST_F(ContactServiceTest, WhatIsLargerThanTheServerReadsIsExhausting) {
  auto request = contact("billing");
  (*request.mutable_attributes())["note"] = std::string(17 << 20, 'x');
  EXPECT_EQ(backend.call(&Contacts::CreateContact, request).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(ContactServiceTest, AWrongStateIsAFailedPrecondition) {
  const std::string id = backend.create_contact("billing");
  EXPECT_TRUE(cancel(id).ok());
  const Problem answer = problem(cancel(id));
  EXPECT_EQ(answer.code, grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(answer.reason, "CONTACT_WRONG_STATE");
  EXPECT_EQ(answer.metadata.at("contact_id"), id);
  EXPECT_THAT(answer.fields, ElementsAre("contact_id"));
}

TEST_F(ContactServiceTest, ARequestIdServesOneBody) {
  auto request = contact("billing");
  v1::CreateContactResponse first, again;
  EXPECT_TRUE(backend.call(&Contacts::CreateContact, request, &first).ok());
  EXPECT_TRUE(backend.call(&Contacts::CreateContact, request, &again).ok());
  EXPECT_EQ(first.contact_id(), again.contact_id());
  EXPECT_EQ(first.sequence(), again.sequence());
  request.set_priority(7);
  const Problem answer = problem(backend.call(&Contacts::CreateContact, request));
  EXPECT_EQ(answer.code, grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(answer.reason, "REQUEST_ID_REUSED");
  EXPECT_EQ(answer.metadata.at("request_id"), request.request_id());
  EXPECT_THAT(answer.fields, ElementsAre("request_id"));
}

TEST_F(ContactServiceTest, AContactThatNeverWasIsNotFound) {
  v1::GetContactRequest request;
  request.set_contact_id("c-999999");
  const Problem answer = problem(backend.call(&Contacts::GetContact, request));
  EXPECT_EQ(answer.code, grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(answer.reason, "CONTACT_NOT_FOUND");
  EXPECT_THAT(answer.fields, ElementsAre("contact_id"));
}

TEST_F(ContactServiceTest, AWaitingContactIsExplained) {
  const std::string id = backend.create_contact("billing");
  v1::ExplainContactRequest request;
  request.set_contact_id(id);
  request.add_agent_ids("mei");
  v1::ExplainContactResponse response;
  ASSERT_TRUE(backend.call(&Contacts::ExplainContact, request, &response).ok());
  EXPECT_EQ(response.contact().contact_id(), id);
  ASSERT_EQ(response.agents_size(), 1);
  EXPECT_EQ(response.agents(0).agent_id(), "mei");
  EXPECT_EQ(response.agents(0).obstacle(), v1::OBSTACLE_SIGNED_OFF);
  int agents = 0;
  for (const auto& each : response.obstacles()) agents += each.agents();
  v1::ListAgentsResponse all;
  ASSERT_TRUE(backend.call(&Routing::ListAgents, v1::ListAgentsRequest(), &all).ok());
  EXPECT_EQ(agents, all.agents_size()) << "everybody is counted once";
}

TEST_F(ContactServiceTest, WhatCannotBeExplainedSaysWhy) {
  v1::ExplainContactRequest request;
  request.set_contact_id("c-999999");
  EXPECT_EQ(problem(backend.call(&Contacts::ExplainContact, request)).reason, "CONTACT_NOT_FOUND");
  const std::string id = backend.create_contact("billing");
  request.set_contact_id(id);
  request.add_agent_ids("nobody");
  const Problem unknown = problem(backend.call(&Contacts::ExplainContact, request));
  EXPECT_EQ(unknown.reason, "AGENT_NOT_FOUND");
  EXPECT_THAT(unknown.fields, ElementsAre("agent_ids"));
  request.set_agent_ids(0, "");
  EXPECT_THAT(problem(backend.call(&Contacts::ExplainContact, request)).fields, ElementsAre("agent_ids[0]"));
  request.clear_agent_ids();
  ASSERT_TRUE(cancel(id).ok());
  const Problem ended = problem(backend.call(&Contacts::ExplainContact, request));
  EXPECT_EQ(ended.code, grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ended.reason, "CONTACT_WRONG_STATE");
}

TEST_F(ContactServiceTest, AWaitIsEstimatedOnceTheQueueHandledAContact) {
  v1::EstimateWaitRequest request;
  request.set_queue_id("billing");
  v1::EstimateWaitResponse response;
  ASSERT_TRUE(backend.call(&Contacts::EstimateWait, request, &response).ok());
  EXPECT_EQ(response.estimate().servers(), 0);
  EXPECT_FALSE(response.estimate().has_wait());

  const auto desk = Desk::available(Door::kSession, backend, "mei");
  backend.create_contact("billing");
  v1::SessionRequest done;
  done.mutable_complete_contact()->set_contact_id(desk->accept_next().contact_id());
  ASSERT_EQ(desk->run(done).code(), 0);
  backend.create_contact("billing");
  const std::string waiting = backend.create_contact("billing");
  ASSERT_TRUE(backend.call(&Contacts::EstimateWait, request, &response).ok());
  EXPECT_EQ(response.estimate().servers(), 1);
  EXPECT_EQ(response.estimate().contacts_ahead(), 1);
  EXPECT_TRUE(response.estimate().has_wait());

  v1::ExplainContactRequest explain;
  explain.set_contact_id(waiting);
  v1::ExplainContactResponse explained;
  ASSERT_TRUE(backend.call(&Contacts::ExplainContact, explain, &explained).ok());
  EXPECT_EQ(explained.estimate().contacts_ahead(), 0);
  EXPECT_TRUE(explained.estimate().has_wait());
}

TEST_F(ContactServiceTest, AWaitForWhatDoesNotExistIsNotEstimated) {
  v1::EstimateWaitRequest request;
  request.set_queue_id("nowhere");
  EXPECT_EQ(problem(backend.call(&Contacts::EstimateWait, request)).reason, "QUEUE_NOT_FOUND");
  request.set_queue_id("billing");
  request.add_requirements()->set_skill_id("klingon");
  EXPECT_EQ(problem(backend.call(&Contacts::EstimateWait, request)).reason, "SKILL_NOT_FOUND");
  request.set_priority(101);
  EXPECT_THAT(problem(backend.call(&Contacts::EstimateWait, request)).fields, ElementsAre("priority"));
}

TEST_F(ContactServiceTest, EachOfABatchSucceedsOrFailsOnItsOwn) {
  v1::BatchCreateContactsRequest request;
  *request.add_requests() = contact("billing");
  *request.add_requests() = contact("nowhere");
  *request.add_requests() = contact("");
  *request.add_requests() = request.requests(0);
  v1::BatchCreateContactsResponse response;
  ASSERT_TRUE(backend.call(&Contacts::BatchCreateContacts, request, &response).ok());
  ASSERT_EQ(response.results_size(), 4);
  EXPECT_EQ(problem(response.results(1).error()).reason, "QUEUE_NOT_FOUND");
  EXPECT_EQ(problem(response.results(2).error()).reason, "INVALID_REQUEST");
  EXPECT_EQ(response.results(0).response().contact_id(), response.results(3).response().contact_id());
}

TEST_F(ContactServiceTest, AnEmptyBatchIsInvalid) {
  EXPECT_THAT(problem(backend.call(&Contacts::BatchCreateContacts, v1::BatchCreateContactsRequest())).fields,
              ElementsAre("requests"));
}

TEST_F(ContactServiceTest, AReadShowsWhatWasAcknowledgedBefore) {
  const std::string id = backend.create_contact("billing", "about the bill");
  v1::GetContactRequest get;
  get.set_contact_id(id);
  v1::GetContactResponse got;
  ASSERT_TRUE(backend.call(&Contacts::GetContact, get, &got).ok());
  EXPECT_EQ(got.contact().state(), v1::CONTACT_STATE_QUEUED);
  EXPECT_EQ(got.contact().attributes().at("note"), "about the bill");
  EXPECT_TRUE(cancel(id).ok());
  ASSERT_TRUE(backend.call(&Contacts::GetContact, get, &got).ok());
  EXPECT_EQ(got.contact().state(), v1::CONTACT_STATE_CANCELLED);
}

TEST_F(ContactServiceTest, PagesGiveEveryContactOnceInTheOrderOfCreation) {
  std::vector<std::string> created, listed;
  for (int i = 0; i < 7; ++i) created.push_back(backend.create_contact("billing"));
  backend.create_contact("help");
  v1::ListContactsRequest request;
  request.set_queue_id("billing");
  request.add_states(v1::CONTACT_STATE_QUEUED);
  request.set_page_size(3);
  do {
    v1::ListContactsResponse page;
    ASSERT_TRUE(backend.call(&Contacts::ListContacts, request, &page).ok());
    EXPECT_LE(page.contacts_size(), 3);
    for (const auto& contact : page.contacts()) listed.push_back(contact.contact_id());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(listed, created);
}

TEST_F(ContactServiceTest, APageTokenServesTheFiltersItWasMadeFor) {
  for (int i = 0; i < 3; ++i) backend.create_contact("billing");
  v1::ListContactsRequest request;
  request.set_page_size(1);
  v1::ListContactsResponse page;
  ASSERT_TRUE(backend.call(&Contacts::ListContacts, request, &page).ok());
  request.set_page_token(page.next_page_token());
  request.set_queue_id("billing");
  const Problem answer = problem(backend.call(&Contacts::ListContacts, request));
  EXPECT_EQ(answer.code, grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(answer.fields, ElementsAre("page_token"));
}

/// Watches contacts until told enough.
class Watch {
 public:
  Watch(Backend& backend, std::int64_t after_sequence, const std::string& queue_id = "") : stub_(backend.channel) {
    v1::WatchContactsRequest request;
    request.set_after_sequence(after_sequence);
    if (!queue_id.empty()) request.add_queue_ids(queue_id);
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    reader_ = stub_.WatchContacts(&context_, request);
  }
  ~Watch() {
    context_.TryCancel();
    if (!ended_) reader_->Finish();
  }

  bool read() {
    v1::WatchContactsResponse response;
    if (!reader_->Read(&response)) return false;
    for (const auto& event : response.events()) events.push_back(event);
    sequence = response.sequence();
    return true;
  }
  void read_until(std::size_t count) {
    while (events.size() < count && read()) {
    }
    EXPECT_EQ(events.size(), count);
  }
  grpc::Status end() {
    while (read()) {
    }
    ended_ = true;
    return reader_->Finish();
  }

  std::vector<v1::ContactEvent> events;
  std::int64_t sequence = 0;

 private:
  v1::ContactService::Stub stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchContactsResponse>> reader_;
  bool ended_ = false;
};

std::vector<std::int64_t> sequences(const std::vector<v1::ContactEvent>& events) {
  std::vector<std::int64_t> all;
  for (const auto& event : events) all.push_back(event.sequence());
  return all;
}

TEST_F(ContactServiceTest, AWatchThatIsResumedMissesNothing) {
  Watch whole(backend, 0);
  ASSERT_TRUE(whole.read());
  EXPECT_THAT(whole.events, IsEmpty());
  std::optional<Watch> part(std::in_place, backend, whole.sequence);
  std::vector<v1::ContactEvent> pieces;
  for (int i = 0; i < 10; ++i) {
    for (int j = 0; j < 5; ++j) cancel(backend.create_contact(j % 2 ? "billing" : "help"));
    ASSERT_TRUE(part->read());
    pieces.insert(pieces.end(), part->events.begin(), part->events.end());
    part.emplace(backend, part->sequence);
  }
  whole.read_until(100);
  part->read_until(100 - pieces.size());
  pieces.insert(pieces.end(), part->events.begin(), part->events.end());
  EXPECT_EQ(sequences(pieces), sequences(whole.events));
}

TEST_F(ContactServiceTest, AWatchOfAQueueTellsOfNoOther) {
  Watch watch(backend, 0, "help");
  ASSERT_TRUE(watch.read());
  backend.create_contact("billing");
  const std::string id = backend.create_contact("help");
  watch.read_until(1);
  EXPECT_EQ(watch.events[0].contact_id(), id);
  EXPECT_EQ(watch.events[0].kind(), v1::CONTACT_EVENT_KIND_CREATED);
}

TEST_F(ContactServiceTest, AWatchFromNowhereIsInvalid) {
  EXPECT_THAT(problem(Watch(backend, -1).end()).fields, ElementsAre("after_sequence"));
  EXPECT_THAT(problem(Watch(backend, 0, "No Queue").end()).fields, ElementsAre("queue_ids[0]"));
  EXPECT_EQ(problem(Watch(backend, 1'000'000).end()).reason, "SEQUENCE_COMPACTED");
}

TEST(Watches, EndWhenTheWorkspaceIsTakenUpAgain) {
  Backend backend;
  backend.set_up_floor();
  Watch watch(backend, 1);
  ASSERT_TRUE(watch.read());
  v1::BoardService::Stub boards(backend.channel);
  grpc::ClientContext context;
  const auto board = boards.WatchBoard(&context, v1::WatchBoardRequest());
  v1::WatchBoardResponse response;
  ASSERT_TRUE(board->Read(&response));
  auto& cluster = PostgresCluster::instance();
  cluster.execute(cluster.connection(),
                  "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'test_%'");
  v1::CreateContactRequest request;
  request.set_request_id(new_request_id());
  request.set_queue_id("help");
  EXPECT_FALSE(backend.call(&Contacts::CreateContact, request).ok());  // so it is noticed
  std::int64_t seen = response.sequence();
  while (board->Read(&response)) {
    EXPECT_GE(response.sequence(), seen) << "nobody is shown the replay";
    seen = response.sequence();
  }
  for (const Problem& end : {problem(board->Finish()), problem(watch.end())}) {
    EXPECT_EQ(end.code, grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(end.reason, "RECOVERING");
    EXPECT_TRUE(end.metadata.contains("last_sequence"));
  }
}

TEST(WatchContacts, TellsWhenTheEventsAskedForAreNoLongerKept) {
  node::NodeOptions options;
  options.feed_events_max = 10;
  Backend backend(options);
  backend.set_up_floor();
  for (int i = 0; i < 30; ++i) backend.create_contact("billing");
  const Problem answer = problem(Watch(backend, 1).end());
  EXPECT_EQ(answer.code, grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(answer.reason, "SEQUENCE_COMPACTED");
  EXPECT_EQ(backend.server->streams().at(1).fell_behind, 0u) << "it asked too late, and was not too slow";
  Watch resumed(backend, std::stoll(answer.metadata.at("oldest_sequence")));
  EXPECT_TRUE(resumed.read());
}

TEST_F(ContactServiceTest, AnAgentIsExplained) {
  v1::ExplainAgentRequest request;
  request.set_agent_id("mei");
  v1::ExplainAgentResponse response;
  const std::string id = backend.create_contact("billing");
  auto demanding = contact("help");
  demanding.add_excluded_agent_ids("mei");
  ASSERT_TRUE(backend.call(&Contacts::CreateContact, demanding).ok());
  ASSERT_TRUE(backend.call(&Contacts::ExplainAgent, request, &response).ok());
  EXPECT_EQ(response.agent().agent_id(), "mei");
  EXPECT_EQ(response.obstacle(), v1::OBSTACLE_SIGNED_OFF);
  ASSERT_EQ(response.waiting_size(), 2);
  EXPECT_EQ(response.waiting(0).queue_id(), "billing");
  EXPECT_EQ(response.waiting(0).obstacle(), v1::OBSTACLE_SIGNED_OFF);
  EXPECT_EQ(response.waiting(0).contacts(), 1);
  EXPECT_EQ(response.waiting(1).queue_id(), "help");
  EXPECT_EQ(response.waiting(1).obstacle(), v1::OBSTACLE_EXCLUDED);
  EXPECT_EQ(response.rooms_size(), 6);

  const auto desk = Desk::available(Door::kSession, backend, "mei");
  ASSERT_TRUE(backend.call(&Contacts::ExplainAgent, request, &response).ok());
  EXPECT_EQ(response.obstacle(), v1::OBSTACLE_NONE) << "there is room for chats";
  EXPECT_EQ(response.ringing(), 1);
  EXPECT_EQ(response.rooms(0).contacts(), 0) << "voice";

  request.set_agent_id("nobody");
  const Problem unknown = problem(backend.call(&Contacts::ExplainAgent, request));
  EXPECT_EQ(unknown.reason, "AGENT_NOT_FOUND");
  EXPECT_THAT(unknown.fields, ElementsAre("agent_id"));
  request.set_agent_id("");
  EXPECT_THAT(problem(backend.call(&Contacts::ExplainAgent, request)).fields, ElementsAre("agent_id"));
}

TEST_F(ContactServiceTest, AContactTellsWhomItWaitsFor) {
  const auto desk = Desk::available(Door::kSession, backend, "mei");
  backend.create_contact("billing");
  desk->accept_next();
  const std::string id = backend.create_contact("billing");
  EXPECT_EQ(get(id).contact().preferred_agent_id(), "");
  ASSERT_TRUE(assign(id, "mei").ok());
  EXPECT_EQ(get(id).contact().preferred_agent_id(), "mei");
  EXPECT_TRUE(get(id).contact().has_preferred_until_time());
  EXPECT_FALSE(get(id).contact().starving());
  v1::ListContactsResponse list;
  ASSERT_TRUE(backend.call(&Contacts::ListContacts, v1::ListContactsRequest(), &list).ok());
  EXPECT_EQ(list.contacts(list.contacts_size() - 1).preferred_agent_id(), "mei");
}

TEST_F(ContactServiceTest, TheScoreOfWhomItIsOfferedToIsExplainedByItsParts) {
  update_policy("steps { prefer { quality { seconds: 10 } } }", "steps");
  const auto desk = Desk::available(Door::kSession, backend, "mei");
  const auto other = Desk::available(Door::kSession, backend, "bob");
  const std::string id = backend.create_contact("billing");
  const auto response = explain(id, "bob");
  ASSERT_TRUE(response.offered_to().has_score());
  EXPECT_EQ(response.offered_to().agent_id(), "mei");
  EXPECT_EQ(response.offered_to().score().total().seconds(), response.offered_to().score().idle().seconds());
  EXPECT_FALSE(response.offered_to().score().has_quality()) << "0";
  EXPECT_TRUE(response.agents(0).has_score());
}

}  // namespace
}  // namespace muster::testing
