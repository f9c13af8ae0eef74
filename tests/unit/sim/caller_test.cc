#include "caller.h"

#include <gmock/gmock.h>

#include <mutex>

#include "muster/v1/contact_service.grpc.pb.h"

namespace muster::sim {
namespace {

using testing::ElementsAre;
using ContactStub = v1::ContactService::StubInterface::async_interface;

/// Answers creations with the statuses in `script`, then with OK, and notes the request ids.
class FlakyContacts final : public v1::ContactService::Service {
 public:
  grpc::Status CreateContact(grpc::ServerContext*, const v1::CreateContactRequest* request,
                             v1::CreateContactResponse* response) override {
    const std::lock_guard lock(mutex);
    request_ids.push_back(request->request_id());
    const std::size_t call = request_ids.size() - 1;
    if (call < script.size()) return {script[call], "as the script says"};
    response->set_contact_id("c-1");
    return grpc::Status::OK;
  }

  std::vector<grpc::StatusCode> script;  ///< set before the first call
  std::mutex mutex;
  std::vector<std::string> request_ids;
};

class CallerTest : public testing::Test {
 protected:
  CallerTest() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = v1::ContactService::NewStub(
        grpc::CreateChannel("127.0.0.1:" + std::to_string(port_), grpc::InsecureChannelCredentials()));
  }
  ~CallerTest() override {
    caller_.stop();
    server_->Shutdown();
  }

  v1::CreateContactResponse create() {
    v1::CreateContactRequest request;
    request.set_request_id("the-id");
    return caller_.wait(stub_->async(), &ContactStub::CreateContact, std::move(request));
  }

  FlakyContacts service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::ContactService::StubInterface> stub_;
  Loop loop_;
  Outage outage_{std::chrono::seconds(30)};
  Caller caller_{loop_, outage_};
};

TEST_F(CallerTest, RetriesCarryTheSameRequestIdUntilThereIsAnAnswer) {
  service_.script = {grpc::StatusCode::UNAVAILABLE, grpc::StatusCode::RESOURCE_EXHAUSTED, grpc::StatusCode::INTERNAL};
  EXPECT_EQ(create().contact_id(), "c-1");
  EXPECT_THAT(service_.request_ids, ElementsAre("the-id", "the-id", "the-id", "the-id"));
  EXPECT_EQ(caller_.retries(), 3);
}

TEST_F(CallerTest, ARefusalIsAnAnswer) {
  service_.script = {grpc::StatusCode::NOT_FOUND};
  EXPECT_THROW(create(), ServerError);
  EXPECT_EQ(caller_.retries(), 0);
}

TEST_F(CallerTest, AServerThatStaysAwayEndsTheRun) {
  server_->Shutdown();
  Outage impatient(std::chrono::milliseconds(1));
  Caller caller(loop_, impatient);
  EXPECT_THROW(caller.wait(stub_->async(), &ContactStub::CreateContact, v1::CreateContactRequest()), ServerError);
  EXPECT_EQ(impatient.outages(), 1);
  caller.stop();
}

TEST(Outage, EndsWhenTheServerIsHeard) {
  Outage outage{std::chrono::microseconds(0)};
  outage.failed("gone");
  outage.heard();
  EXPECT_NO_THROW(outage.failed("gone again"));  // a new outage: no time has passed since it began
}

TEST(Outage, FailuresCloseTogetherAreOneOutage) {
  Outage outage{std::chrono::hours(1)};
  outage.failed("one connection");
  outage.heard();
  outage.failed("another connection");
  EXPECT_EQ(outage.outages(), 1);
}

TEST(RequestIds, AreDifferentUuids) {
  RequestIds one;
  RequestIds other;
  const std::string id = one.next();
  EXPECT_THAT(id, testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_NE(id, one.next());
  EXPECT_NE(one.next(), other.next());
}

TEST(Backoff, GrowsToASecond) {
  Random random(1);
  for (int attempt = 1; attempt < 100; ++attempt) {
    EXPECT_GE(backoff(attempt, random), std::chrono::milliseconds(25));
    EXPECT_LE(backoff(attempt, random), std::chrono::seconds(1));
  }
  EXPECT_GE(backoff(50, random), std::chrono::milliseconds(500));
}

}  // namespace
}  // namespace muster::sim
