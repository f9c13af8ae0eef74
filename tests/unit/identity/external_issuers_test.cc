#include "external_issuers.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "accounts.h"
#include "directory.h"
#include "foreign_key.h"
#include "muster/gateway/http_server.h"
#include "muster/store/migrations.h"
#include "postgres_fixture.h"

/// Tokens of other issuers, from the key set on a web server to the user of ours.
namespace muster::identity {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kIssuer = "https://login.acme.example";
constexpr FetchPace kPatient{std::chrono::hours(1), std::chrono::hours(1), std::chrono::hours(1),
                             std::chrono::seconds(20)};

struct TemporaryFolder {
  TemporaryFolder() {
    char made[] = "/tmp/muster-issuers-XXXXXX";
    path = mkdtemp(made);
  }
  ~TemporaryFolder() { fs::remove_all(path); }
  fs::path path;
};

bool eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 3000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

/// A web server with a key set that can be exchanged.
class KeyServer {
 public:
  KeyServer() { server_.start(); }

  void answer(unsigned status, std::string body) {
    std::lock_guard lock(mutex_);
    page_ = {status, std::move(body)};
  }
  void have(const json::array& jwks) { answer(200, json::serialize(json::object{{"keys", jwks}})); }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()) + "/keys"; }
  [[nodiscard]] int asked() const { return asked_; }

 private:
  gateway::HttpPage page() {
    ++asked_;
    std::lock_guard lock(mutex_);
    return page_;
  }

  std::mutex mutex_;
  gateway::HttpPage page_;
  std::atomic<int> asked_{0};
  gateway::HttpServer server_{{.port = 0}, [] { return gateway::Readiness{}; }, {{"/keys", [this] { return page(); }}}};
};

const ForeignKey& key(int which) {
  static const ForeignKey keys[] = {ForeignKey(EVP_EC_gen("P-256")), ForeignKey(EVP_EC_gen("P-256"))};
  return keys[which];
}

ExternalIssuer acme(const std::string& keys) {
  ExternalIssuer issuer;
  issuer.issuer = kIssuer;
  issuer.audience = "muster";
  issuer.keys = keys;
  issuer.tenant = "acme";
  return issuer;
}

json::object claims_of(const std::string& user) {
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(wall_now().time_since_epoch()).count();
  return {{"iss", kIssuer}, {"aud", "muster"}, {"sub", user}, {"iat", now - 10}, {"exp", now + 600}};
}

std::string token(int which, const json::object& claims, const std::string& kid) {
  return token_of(json::object{{"alg", "ES256"}, {"typ", "at+jwt"}, {"kid", kid}}, claims,
                  [=](const std::string& text) { return key(which).sign(text); });
}
std::string token(int which, const std::string& user = "li.na") {
  return token(which, claims_of(user), "key-" + std::to_string(which));
}
json::object jwk(int which) { return key(which).jwk("key-" + std::to_string(which)); }

class Issuers : public ::testing::Test {
 protected:
  ExternalIssuers& watch(const FetchPace& pace, const ExternalIssuer& issuer) {
    issuers = std::make_unique<ExternalIssuers>(std::vector{issuer}, root, pace);
    issuers->start();
    return *issuers;
  }
  Rejection ask(const std::string& text) { return issuers->verify(text, wall_now()).rejection; }
  bool accepts(const std::string& text) {
    return eventually([&] { return ask(text) == Rejection::kNone; });
  }

  TemporaryFolder folder;
  RootKey root = RootKey::from_file(folder.path / "root.key");
  KeyServer server;
  std::unique_ptr<ExternalIssuers> issuers;
};

// --- keys come and go ---

TEST_F(Issuers, AKeySetIsFetchedAtTheStart) {
  server.have({jwk(0)});
  watch(kPatient, acme(server.url()));
  EXPECT_TRUE(accepts(token(0)));
  EXPECT_EQ(ask(token(1)), Rejection::kUnknownKey);
}

TEST_F(Issuers, AnUnknownKeyIsAskedForButNotAtEveryToken) {
  server.have({jwk(0)});
  FetchPace pace = kPatient;
  pace.soonest = std::chrono::seconds(1);
  watch(pace, acme(server.url()));
  EXPECT_TRUE(accepts(token(0)));
  const int before = server.asked();
  server.have({jwk(1)});
  EXPECT_TRUE(accepts(token(1)));
  EXPECT_EQ(server.asked(), before + 1) << "many tokens, one question";
  EXPECT_EQ(ask(token(0)), Rejection::kUnknownKey) << "also for who was let in before";
}

TEST_F(Issuers, KeysAreFetchedAgainFromTimeToTime) {
  server.have({jwk(0)});
  FetchPace pace = kPatient;
  pace.refresh = std::chrono::milliseconds(50);
  watch(pace, acme(server.url()));
  EXPECT_TRUE(accepts(token(0)));
  server.have({jwk(1)});
  EXPECT_TRUE(eventually([&] { return ask(token(0)) == Rejection::kUnknownKey; }));
  EXPECT_EQ(ask(token(1)), Rejection::kNone);
}

TEST_F(Issuers, KeysKnownLastCountWhileTheServerIsAway) {
  server.have({jwk(0)});
  FetchPace pace = kPatient;
  pace.refresh = pace.retry = std::chrono::milliseconds(20);
  watch(pace, acme(server.url()));
  EXPECT_TRUE(accepts(token(0)));
  for (const auto& [status, body] : std::map<unsigned, std::string>{
           {500, "{}"}, {302, ""}, {200, "not JSON"}, {201, json::serialize(json::object{{"keys", {jwk(1)}}})}}) {
    server.answer(status, body);
    const int before = server.asked();
    ASSERT_TRUE(eventually([&] { return server.asked() >= before + 3; }));
    EXPECT_EQ(ask(token(0)), Rejection::kNone) << status;
    EXPECT_EQ(ask(token(1)), Rejection::kUnknownKey) << status;
  }
  server.have({jwk(1)});
  EXPECT_TRUE(accepts(token(1)));
}

TEST_F(Issuers, AFileIsReadLikeAServer) {
  const std::string file = (folder.path / "keys.json").string();
  EXPECT_THROW(watch(kPatient, acme(file)), std::runtime_error);
  std::ofstream(file) << json::serialize(json::object{{"keys", {jwk(0)}}});
  watch(kPatient, acme(file));
  EXPECT_EQ(ask(token(0)), Rejection::kNone);
}

TEST_F(Issuers, NothingIsBelievedThatWasNotEncryptedOnTheWay) {
  EXPECT_THROW(ExternalIssuers({acme("http://login.acme.example/keys")}, root), std::runtime_error);
}

// --- users ---

class ExternalUser : public Issuers {
 protected:
  ExternalUser() {
    store::apply_migrations(database);
    pool.emplace(store::Pool::Options{.connection = database, .threads = 1});
    for (const char* id : {"acme", "globex"}) {
      v1::Tenant tenant;
      tenant.set_tenant_id(id);
      in(kPlatformTenant, [&](TenantTransaction& t) { create_tenant(t, tenant, deed()); });
    }
    add_user("acme", "li.na", {v1::ROLE_TENANT_ADMIN});
    add_user("globex", "tom", {v1::ROLE_TENANT_ADMIN});
    server.have({jwk(0)});
  }
  ~ExternalUser() override {
    if (directory) directory->stop();
  }

  static Deed deed() { return {kPlatformTenant, "test", "Test", "", wall_now()}; }
  void in(const std::string& tenant, const std::function<void(TenantTransaction&)>& work) {
    pool->submit(tenant, work).get();
    if (directory) directory->nudge();
  }
  void add_user(const std::string& tenant, const std::string& id, const std::vector<v1::Role>& roles) {
    v1::User user;
    user.set_user_id(id);
    for (const auto role : roles) user.add_roles(role);
    in(tenant, [&](TenantTransaction& t) { create_user(t, user, "a password of some length", deed()); });
  }
  void suspend(bool suspended) {
    in("acme", [&](TenantTransaction& t) { suspend_user(t, "li.na", suspended, deed()); });
  }
  void start(const ExternalIssuer& issuer) {
    watch(kPatient, issuer);
    directory = std::make_unique<Directory>(database, root, *issuers, Directory::Options{"muster", "muster"});
    directory->start();
    EXPECT_TRUE(accepts(token(0)));
  }
  void start() { start(acme(server.url())); }
  Directory::Answer who(const std::string& text) { return directory->authenticate(text, wall_now()); }
  Directory::Refusal refusal(const std::string& text) { return who(text).refusal; }

  using Refusal = Directory::Refusal;
  std::string database = testing::PostgresCluster::instance().create_database();
  std::optional<store::TenantPool> pool;
  std::unique_ptr<Directory> directory;
};

TEST_F(ExternalUser, IsTheUserOfThatNameInTheTenant) {
  start();
  const auto answer = who(token(0));
  ASSERT_EQ(answer.refusal, Refusal::kNone);
  EXPECT_EQ(answer.caller->tenant_id, "acme");
  EXPECT_EQ(answer.caller->subject, "li.na");
  EXPECT_THAT(answer.caller->roles, ElementsAre(v1::ROLE_TENANT_ADMIN));
  EXPECT_EQ(refusal(token(0, "nobody")), Refusal::kInvalid);
  EXPECT_EQ(refusal(token(0, "tom")), Refusal::kInvalid) << "who is of another tenant";
  EXPECT_EQ(refusal(token(0, "admin")), Refusal::kInvalid);
}

TEST_F(ExternalUser, IsKnownOnceThereIsOne) {
  start();
  add_user("acme", "new", {v1::ROLE_TENANT_VIEWER});
  EXPECT_TRUE(eventually([&] { return refusal(token(0, "new")) == Refusal::kNone; }));
}

TEST_F(ExternalUser, WhoIsSuspendedIsNotLetInUntilResumed) {
  start();
  const auto before = who(token(0)).caller;
  const auto changes = directory->changes();
  suspend(true);
  EXPECT_TRUE(eventually([&] { return refusal(token(0)) == Refusal::kRevoked; }));
  EXPECT_GT(directory->changes(), changes) << "streams look again";
  EXPECT_EQ(directory->recheck(*before, wall_now()), Refusal::kRevoked);
  suspend(false);
  EXPECT_TRUE(eventually([&] { return refusal(token(0)) == Refusal::kNone; }));
}

TEST_F(ExternalUser, OfASuspendedTenantIsNotLetIn) {
  start();
  in(kPlatformTenant, [&](TenantTransaction& t) { suspend_tenant(t, "acme", true, deed()); });
  EXPECT_TRUE(eventually([&] { return refusal(token(0)) == Refusal::kRevoked; }));
}

TEST_F(ExternalUser, HasTheRolesOfHereFromTheNextCallOn) {
  start();
  v1::User user;
  user.set_user_id("li.na");
  user.add_roles(v1::ROLE_TENANT_VIEWER);
  in("acme", [&](TenantTransaction& t) { update_user(t, user, {.roles = true}, deed()); });
  EXPECT_TRUE(eventually([&] {
    const auto answer = who(token(0));
    return answer.caller && answer.caller->roles == std::vector{v1::ROLE_TENANT_VIEWER};
  }));
}

TEST_F(ExternalUser, TokensLeaveRolesOutAndAddNone) {
  add_user("acme", "both", {v1::ROLE_TENANT_ADMIN, v1::ROLE_TENANT_VIEWER});
  add_user("acme", "viewer", {v1::ROLE_TENANT_VIEWER});
  ExternalIssuer issuer = acme(server.url());
  issuer.roles_claim = "/realm_access/roles";
  issuer.roles = {{"muster-admin", "tenant_admin"}, {"muster-god", "platform_admin"}};
  watch(kPatient, issuer);
  directory = std::make_unique<Directory>(database, root, *issuers, Directory::Options{"muster", "muster"});
  directory->start();
  const auto with = [](const std::string& user, const json::array& roles) {
    json::object claims = claims_of(user);
    claims["realm_access"] = json::object{{"roles", roles}};
    return token(0, claims, "key-0");
  };
  EXPECT_TRUE(accepts(with("both", {"muster-admin"})));
  EXPECT_THAT(who(with("both", {"muster-admin", "x"})).caller->roles, ElementsAre(v1::ROLE_TENANT_ADMIN));
  EXPECT_THAT(who(with("viewer", {"muster-admin"})).caller->roles, IsEmpty());
  EXPECT_THAT(who(with("both", {"muster-god"})).caller->roles, IsEmpty());
  EXPECT_EQ(refusal(with("both", {"x"})), Refusal::kInvalid);
  EXPECT_EQ(refusal(token(0, "both")), Refusal::kInvalid);
}

TEST_F(ExternalUser, CannotBringATokenOfOurs) {
  start();
  json::object claims = claims_of("li.na");
  claims["iss"] = "muster";
  EXPECT_EQ(refusal(token(0, claims, "key-0")), Refusal::kInvalid);
}

}  // namespace
}  // namespace muster::identity
