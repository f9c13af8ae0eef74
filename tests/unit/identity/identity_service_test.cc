#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "muster/api/caller.h"
#include "muster/base/random.h"
#include "muster/base/uuid.h"
#include "muster/identity/identity.h"
#include "muster/store/migrations.h"
#include "muster/v1/identity_service.grpc.pb.h"
#include "permissions.h"
#include "postgres_fixture.h"
#include "sign_in_limiter.h"

namespace muster::identity {
namespace {

namespace fs = std::filesystem;
using grpc::StatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using Stub = v1::IdentityService::Stub;

constexpr const char* kPassword = "correct horse battery";

std::string new_request_id() {
  thread_local Random random(std::random_device{}());
  return format_uuid(random(), random());
}

std::string reason_of(const grpc::Status& status) {
  google::rpc::Status details;
  google::rpc::ErrorInfo info;
  if (!details.ParseFromString(status.error_details()) || details.details().empty()) return "";
  details.details(0).UnpackTo(&info);
  return info.reason();
}

bool says_when_to_retry(const grpc::Status& status) {
  google::rpc::Status details;
  details.ParseFromString(status.error_details());
  return std::any_of(details.details().begin(), details.details().end(),
                     [](const auto& any) { return any.template Is<google::rpc::RetryInfo>(); });
}

/// One server of the service, on a database that it may share with others.
class Node {
 public:
  Node(const std::string& database, const fs::path& folder)
      : identity({.database = database, .root_key = folder / "root.key"}) {
    identity.start();
    service_ = identity.make_service();
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    channel = grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials());
  }
  ~Node() {
    server_->Shutdown();
    identity.stop();
  }

  Identity identity;
  std::shared_ptr<grpc::Channel> channel;

 private:
  std::unique_ptr<grpc::Service> service_;
  std::unique_ptr<grpc::Server> server_;
};

class IdentityService : public ::testing::Test {
 protected:
  IdentityService() {
    char path[] = "/tmp/muster-identity-XXXXXX";
    folder = mkdtemp(path);
    store::apply_migrations(database);
    node = std::make_unique<Node>(database, folder);
    node->identity.write_operator_key(folder / "operator.key");
    std::getline(std::ifstream(folder / "operator.key"), operator_key);
    wait_for_key();
  }
  ~IdentityService() override {
    node.reset();
    fs::remove_all(folder);
  }

  template <typename Request, typename Response>
  grpc::Status call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), Request request,
                    Response* response, const std::string& credential, Node* where = nullptr) {
    Stub stub((where ? where : node.get())->channel);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    if (!credential.empty()) context.AddMetadata("authorization", "Bearer " + credential);
    if constexpr (requires { request.set_request_id(std::string{}); }) {
      if (request.request_id().empty()) request.set_request_id(new_request_id());
    }
    return (stub.*method)(&context, request, response);
  }
  /// The same, which must succeed.
  template <typename Request, typename Response>
  Response good(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), const Request& request,
                const std::string& credential) {
    Response response;
    const grpc::Status status = call(method, request, &response, credential);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  /// The same, which must fail: the reason.
  template <typename Request, typename Response>
  std::string bad(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), const Request& request,
                  const std::string& credential) {
    Response response;
    const grpc::Status status = call(method, request, &response, credential);
    EXPECT_FALSE(status.ok());
    return reason_of(status);
  }

  grpc::Status who(const std::string& credential, Node* where = nullptr) {
    v1::WhoAmIResponse response;
    return call(&Stub::WhoAmI, v1::WhoAmIRequest(), &response, credential, where);
  }
  static bool eventually(const std::function<bool()>& holds) {
    for (int i = 0; i < 3000; ++i) {
      if (holds()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  void wait_for_key() {
    EXPECT_TRUE(eventually([&] { return who(operator_key).ok(); }));
  }

  void add_tenant(const std::string& tenant) {
    v1::CreateTenantRequest request;
    request.mutable_tenant()->set_tenant_id(tenant);
    good(&Stub::CreateTenant, request, operator_key);
  }
  v1::CreateUserRequest user_request(const std::string& tenant, const std::string& user, std::vector<v1::Role> roles) {
    v1::CreateUserRequest request;
    request.mutable_user()->set_tenant_id(tenant);
    request.mutable_user()->set_user_id(user);
    for (const auto role : roles) request.mutable_user()->add_roles(role);
    request.set_password(kPassword);
    return request;
  }
  v1::User add_user(const std::string& tenant, const std::string& user, std::vector<v1::Role> roles) {
    return good(&Stub::CreateUser, user_request(tenant, user, std::move(roles)), operator_key).user();
  }
  static v1::SignInRequest sign_in_request(const std::string& tenant, const std::string& user,
                                           const std::string& password = kPassword) {
    v1::SignInRequest request;
    request.set_tenant_id(tenant);
    request.set_user_id(user);
    request.set_password(password);
    return request;
  }
  v1::Tokens sign_in(const std::string& tenant, const std::string& user) {
    return good(&Stub::SignIn, sign_in_request(tenant, user), "").tokens();
  }
  static v1::RefreshRequest refresh_request(const v1::Tokens& tokens) {
    v1::RefreshRequest request;
    request.set_request_id(new_request_id());
    request.set_refresh_token(tokens.refresh_token());
    return request;
  }

  fs::path folder;
  std::string database = testing::PostgresCluster::instance().create_database();
  std::unique_ptr<Node> node;
  std::string operator_key;
};

// --- signing in ---

TEST_F(IdentityService, AUserSignsInAndIsKnown) {
  add_tenant("acme");
  add_user("acme", "li.na", {v1::ROLE_TENANT_ADMIN});
  const auto answer = good(&Stub::SignIn, sign_in_request("acme", "li.na"), "");
  EXPECT_TRUE(answer.user().has_sign_in_time());
  const auto me = good(&Stub::WhoAmI, v1::WhoAmIRequest(), answer.tokens().access_token());
  EXPECT_EQ(me.tenant_id(), "acme");
  EXPECT_EQ(me.subject(), "li.na");
  EXPECT_THAT(me.roles(), ElementsAre(v1::ROLE_TENANT_ADMIN));
  EXPECT_EQ(me.expire_time().seconds(), answer.tokens().access_expire_time().seconds());
}

TEST_F(IdentityService, WhatIsWrongAboutASignInIsNotTold) {
  add_tenant("acme");
  add_user("acme", "li.na", {});
  add_user("acme", "gone", {});
  v1::SetUserSuspensionRequest suspend;
  suspend.set_tenant_id("acme");
  suspend.set_user_id("gone");
  suspend.set_suspended(true);
  good(&Stub::SetUserSuspension, suspend, operator_key);
  std::set<std::string> answers;
  for (const auto& request : {sign_in_request("acme", "li.na", "wrong password"), sign_in_request("acme", "nobody"),
                              sign_in_request("nowhere", "li.na"), sign_in_request("acme", "gone"),
                              sign_in_request("", "li.na"), sign_in_request("acme", "li.na", "")}) {
    v1::SignInResponse response;
    const grpc::Status status = call(&Stub::SignIn, request, &response, "");
    EXPECT_EQ(status.error_code(), StatusCode::UNAUTHENTICATED);
    EXPECT_EQ(reason_of(status), "SIGN_IN_REFUSED");
    answers.insert(status.error_message());
  }
  EXPECT_THAT(answers, SizeIs(1));
}

TEST_F(IdentityService, GuessingIsLimited) {
  add_user("", "tom", {v1::ROLE_SUPERVISOR});
  v1::SignInResponse response;
  for (int i = 0; i < SignInLimiter::kPerUser.attempts; ++i) {
    EXPECT_EQ(bad(&Stub::SignIn, sign_in_request("", "tom", "wrong password"), ""), "SIGN_IN_REFUSED");
  }
  const grpc::Status status = call(&Stub::SignIn, sign_in_request("", "tom"), &response, "");
  EXPECT_EQ(status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(reason_of(status), "SIGN_IN_LIMIT");
  EXPECT_TRUE(says_when_to_retry(status));
}

TEST_F(IdentityService, ARefreshTokenIsGoodOnceAndItsReuseEndsTheSignIn) {
  add_user("", "tom", {v1::ROLE_SUPERVISOR});
  const v1::Tokens first = sign_in("", "tom");
  const v1::Tokens second = good(&Stub::Refresh, refresh_request(first), "").tokens();
  EXPECT_NE(second.refresh_token(), first.refresh_token());
  EXPECT_EQ(second.sign_in_expire_time().seconds(), first.sign_in_expire_time().seconds());
  EXPECT_TRUE(who(second.access_token()).ok());
  EXPECT_EQ(bad(&Stub::Refresh, refresh_request(first), ""), "REFRESH_REFUSED");
  EXPECT_EQ(bad(&Stub::Refresh, refresh_request(second), ""), "REFRESH_REFUSED");
  EXPECT_TRUE(eventually([&] { return reason_of(who(second.access_token())) == "CREDENTIALS_REVOKED"; }));
  EXPECT_EQ(reason_of(who(first.access_token())), "CREDENTIALS_REVOKED");
}

TEST_F(IdentityService, ALostRefreshCanBeRepeated) {
  add_user("", "tom", {v1::ROLE_SUPERVISOR});
  const v1::RefreshRequest request = refresh_request(sign_in("", "tom"));
  const v1::Tokens lost = good(&Stub::Refresh, request, "").tokens();
  const v1::Tokens had = good(&Stub::Refresh, request, "").tokens();
  EXPECT_NE(lost.refresh_token(), had.refresh_token());
  EXPECT_EQ(bad(&Stub::Refresh, refresh_request(lost), ""), "REFRESH_REFUSED");
  good(&Stub::Refresh, refresh_request(had), "");
}

TEST_F(IdentityService, ARefreshTokenOfOnesOwnMakingDoesNoHarm) {
  add_user("", "tom", {v1::ROLE_SUPERVISOR});
  v1::Tokens tokens = sign_in("", "tom");
  v1::Tokens forged = tokens;
  forged.mutable_refresh_token()->back() = forged.refresh_token().back() == 'a' ? 'b' : 'a';
  EXPECT_EQ(bad(&Stub::Refresh, refresh_request(forged), ""), "REFRESH_REFUSED");
  forged.set_refresh_token("nonsense");
  EXPECT_EQ(bad(&Stub::Refresh, refresh_request(forged), ""), "REFRESH_REFUSED");
  good(&Stub::Refresh, refresh_request(tokens), "");
}

TEST_F(IdentityService, WhoSignsOutIsOut) {
  add_user("", "tom", {v1::ROLE_SUPERVISOR});
  const v1::Tokens one = sign_in("", "tom"), two = sign_in("", "tom"), three = sign_in("", "tom");
  good(&Stub::SignOut, v1::SignOutRequest(), one.access_token());
  EXPECT_TRUE(eventually([&] { return reason_of(who(one.access_token())) == "CREDENTIALS_REVOKED"; }));
  EXPECT_EQ(bad(&Stub::Refresh, refresh_request(one), ""), "REFRESH_REFUSED");
  EXPECT_TRUE(who(two.access_token()).ok());
  v1::SignOutRequest everywhere;
  everywhere.set_everywhere(true);
  good(&Stub::SignOut, everywhere, two.access_token());
  EXPECT_TRUE(eventually([&] { return reason_of(who(three.access_token())) == "CREDENTIALS_REVOKED"; }));
  EXPECT_TRUE(who(sign_in("", "tom").access_token()).ok());
}

TEST_F(IdentityService, APasswordIsChangedByWhoKnowsIt) {
  add_user("", "tom", {v1::ROLE_SUPERVISOR});
  const v1::Tokens here = sign_in("", "tom"), elsewhere = sign_in("", "tom");
  v1::ChangePasswordRequest request;
  request.set_old_password("wrong password");
  request.set_new_password("another good one");
  EXPECT_EQ(bad(&Stub::ChangePassword, request, here.access_token()), "PASSWORD_WRONG");
  request.set_old_password(kPassword);
  request.set_new_password("short");
  EXPECT_EQ(bad(&Stub::ChangePassword, request, here.access_token()), "INVALID_REQUEST");
  request.set_new_password("another good one");
  good(&Stub::ChangePassword, request, here.access_token());
  EXPECT_TRUE(eventually([&] { return !who(elsewhere.access_token()).ok(); }));
  EXPECT_TRUE(who(here.access_token()).ok());
  EXPECT_EQ(bad(&Stub::SignIn, sign_in_request("", "tom"), ""), "SIGN_IN_REFUSED");
  good(&Stub::SignIn, sign_in_request("", "tom", "another good one"), "");
}

// --- what is taken away ---

TEST_F(IdentityService, WhatIsTakenAwayIsRefusedOnEveryServerWithinASecond) {
  add_tenant("acme");
  add_user("acme", "li.na", {v1::ROLE_TENANT_ADMIN});
  Node other(database, folder);
  v1::CreateApiKeyRequest key_request;
  key_request.mutable_api_key()->set_client_id("crm");
  key_request.mutable_api_key()->set_tenant_id("acme");
  key_request.mutable_api_key()->add_scopes(v1::API_SCOPE_IDENTITY);
  const auto key = good(&Stub::CreateApiKey, key_request, operator_key);
  ASSERT_TRUE(eventually([&] { return who(key.key(), &other).ok(); }));

  const auto refused_within_a_second = [&](const std::string& credential) {
    const auto start = std::chrono::steady_clock::now();
    const bool refused = eventually([&] {
      return reason_of(who(credential, &other)) == "CREDENTIALS_REVOKED" ||
             reason_of(who(credential, &other)) == "CREDENTIALS_INVALID";
    });
    RecordProperty(
        "milliseconds",
        std::to_string(
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start).count()));
    return refused;
  };
  v1::RevokeApiKeyRequest revoke;
  revoke.set_tenant_id("acme");
  revoke.set_key_id(key.api_key().key_id());
  good(&Stub::RevokeApiKey, revoke, operator_key);
  EXPECT_TRUE(refused_within_a_second(key.key()));

  const v1::Tokens tokens = sign_in("acme", "li.na");
  ASSERT_TRUE(who(tokens.access_token(), &other).ok());
  v1::UpdateUserRequest update;
  update.mutable_user()->set_tenant_id("acme");
  update.mutable_user()->set_user_id("li.na");
  update.mutable_user()->add_roles(v1::ROLE_TENANT_VIEWER);
  update.mutable_update_mask()->add_paths("roles");
  good(&Stub::UpdateUser, update, operator_key);
  EXPECT_TRUE(refused_within_a_second(tokens.access_token()));
  const v1::Tokens fresh = good(&Stub::Refresh, refresh_request(tokens), "").tokens();
  EXPECT_THAT(good(&Stub::WhoAmI, v1::WhoAmIRequest(), fresh.access_token()).roles(),
              ElementsAre(v1::ROLE_TENANT_VIEWER));

  v1::SetTenantSuspensionRequest suspend;
  suspend.set_tenant_id("acme");
  suspend.set_suspended(true);
  good(&Stub::SetTenantSuspension, suspend, operator_key);
  EXPECT_TRUE(refused_within_a_second(fresh.access_token()));
  EXPECT_EQ(bad(&Stub::Refresh, refresh_request(fresh), ""), "REFRESH_REFUSED");
  suspend.set_suspended(false);
  good(&Stub::SetTenantSuspension, suspend, operator_key);
  EXPECT_TRUE(eventually([&] { return who(fresh.access_token(), &other).ok(); }));
}

TEST_F(IdentityService, SuspensionAndANewPasswordEndSignIns) {
  add_user("", "tom", {v1::ROLE_SUPERVISOR});
  const v1::Tokens before = sign_in("", "tom");
  v1::ResetPasswordRequest reset;
  reset.set_user_id("tom");
  const std::string password = good(&Stub::ResetPassword, reset, operator_key).password();
  EXPECT_EQ(bad(&Stub::Refresh, refresh_request(before), ""), "REFRESH_REFUSED");
  EXPECT_EQ(bad(&Stub::SignIn, sign_in_request("", "tom"), ""), "SIGN_IN_REFUSED");
  good(&Stub::SignIn, sign_in_request("", "tom", password), "");
  v1::EndSignInsRequest end;
  end.set_user_id("tom");
  EXPECT_EQ(good(&Stub::EndSignIns, end, operator_key).ended(), 1);
}

TEST_F(IdentityService, TheLastAdminStays) {
  const auto admin = node->identity.make_first_admin();
  ASSERT_TRUE(admin);
  EXPECT_FALSE(node->identity.make_first_admin()) << "only at the very first start";
  good(&Stub::SignIn, sign_in_request("", admin->user_id, admin->password), "");
  v1::SetUserSuspensionRequest suspend;
  suspend.set_user_id(admin->user_id);
  suspend.set_suspended(true);
  EXPECT_EQ(bad(&Stub::SetUserSuspension, suspend, operator_key), "LAST_ADMIN");
  add_user("", "second", {v1::ROLE_PLATFORM_ADMIN});
  good(&Stub::SetUserSuspension, suspend, operator_key);
  v1::UpdateUserRequest demote;
  demote.mutable_user()->set_user_id("second");
  demote.mutable_update_mask()->add_paths("roles");
  EXPECT_EQ(bad(&Stub::UpdateUser, demote, operator_key), "LAST_ADMIN");
}

TEST_F(IdentityService, ServersThatStartAtOnceMakeOneFirstAdmin) {
  Node second(database, folder);
  auto other = std::async(std::launch::async, [&] { return second.identity.make_first_admin(); });
  const auto one = node->identity.make_first_admin();
  const auto two = other.get();
  ASSERT_NE(one.has_value(), two.has_value());
  const FirstAdmin& made = one ? *one : *two;
  good(&Stub::SignIn, sign_in_request("", made.user_id, made.password), "");
}

// --- credentials ---

TEST_F(IdentityService, WithoutCredentialsNothingIsSaid) {
  EXPECT_EQ(reason_of(who("")), "CREDENTIALS_MISSING");
  EXPECT_EQ(reason_of(who("nonsense")), "CREDENTIALS_INVALID");
  EXPECT_EQ(reason_of(who(std::string(6000, 'x'))), "CREDENTIALS_INVALID");
  std::string wrong = operator_key;
  wrong.back() = wrong.back() == 'a' ? 'b' : 'a';
  EXPECT_EQ(reason_of(who(wrong)), "CREDENTIALS_INVALID");
  EXPECT_TRUE(who(operator_key).ok());
}

TEST_F(IdentityService, TheKeySetHasTheKeyOfTheTokens) {
  const auto set = good(&Stub::GetKeySet, v1::GetKeySetRequest(), "");
  EXPECT_THAT(set.jwks(), HasSubstr(R"("alg":"EdDSA")"));
  EXPECT_THAT(set.jwks(), Not(HasSubstr("\"d\"")));
}

TEST_F(IdentityService, ServersOfOneDatabaseSignWithTheSameKey) {
  add_user("", "tom", {v1::ROLE_SUPERVISOR});
  Node other(database, folder);
  EXPECT_TRUE(who(sign_in("", "tom").access_token(), &other).ok());
}

TEST_F(IdentityService, AnotherRootKeyIsRefusedAtTheStart) {
  fs::create_directory(folder / "other");
  EXPECT_THROW(Node(database, folder / "other"), std::runtime_error);
}

TEST_F(IdentityService, TheOperatorsKeyIsKeptWhileItIsGood) {
  const auto read = [&] {
    std::string key;
    std::getline(std::ifstream(folder / "operator.key"), key);
    return key;
  };
  EXPECT_EQ(fs::status(folder / "operator.key").permissions(), fs::perms::owner_read | fs::perms::owner_write);
  node->identity.write_operator_key(folder / "operator.key");
  EXPECT_EQ(read(), operator_key);
  fs::remove(folder / "operator.key");
  node->identity.write_operator_key(folder / "operator.key");
  EXPECT_NE(read(), operator_key);
  EXPECT_TRUE(eventually([&] { return who(read()).ok() && !who(operator_key).ok(); }));
}

TEST_F(IdentityService, ServersOfOneDatabaseLeaveEachOthersOperatorKeysAlone) {
  for (const char* other : {"second", "third", "fourth"}) {
    fs::create_directory(folder / other);
    node->identity.write_operator_key(folder / other / "operator.key");
  }
  EXPECT_TRUE(who(operator_key).ok());
  std::string key;
  std::getline(std::ifstream(folder / "second" / "operator.key"), key);
  EXPECT_TRUE(who(key).ok());
}

TEST_F(IdentityService, AProgramHasAtMostTwoLiveKeys) {
  v1::CreateApiKeyRequest request;
  request.mutable_api_key()->set_client_id("crm");
  request.mutable_api_key()->add_scopes(v1::API_SCOPE_CONTACTS_WRITE);
  const auto first = good(&Stub::CreateApiKey, request, operator_key);
  good(&Stub::CreateApiKey, request, operator_key);
  EXPECT_EQ(bad(&Stub::CreateApiKey, request, operator_key), "API_KEY_LIMIT");
  v1::RevokeApiKeyRequest revoke;
  revoke.set_key_id(first.api_key().key_id());
  good(&Stub::RevokeApiKey, revoke, operator_key);
  good(&Stub::CreateApiKey, request, operator_key);
  v1::ListApiKeysRequest list;
  list.set_client_id("crm");
  EXPECT_THAT(good(&Stub::ListApiKeys, list, operator_key).api_keys(), SizeIs(3));
}

// --- changes ---

TEST_F(IdentityService, ARequestHasOneEffectAndOneReply) {
  v1::CreateUserRequest request = user_request("", "tom", {v1::ROLE_SUPERVISOR});
  request.clear_password();
  request.set_request_id(new_request_id());
  const auto first = good(&Stub::CreateUser, request, operator_key);
  const auto second = good(&Stub::CreateUser, request, operator_key);
  EXPECT_EQ(first.SerializeAsString(), second.SerializeAsString());
  EXPECT_FALSE(first.password().empty());
  request.mutable_user()->set_user_id("other");
  EXPECT_EQ(bad(&Stub::CreateUser, request, operator_key), "REQUEST_ID_REUSED");
  request.set_request_id(new_request_id());
  request.mutable_user()->set_user_id("tom");
  EXPECT_EQ(bad(&Stub::CreateUser, request, operator_key), "USER_EXISTS");
}

TEST_F(IdentityService, EveryChangeIsInTheAuditWithoutItsSecrets) {
  add_tenant("acme");
  add_user("acme", "li.na", {v1::ROLE_TENANT_ADMIN});
  const v1::Tokens tokens = sign_in("acme", "li.na");
  const std::string mine = tokens.access_token();
  add_user("acme", "tom", {v1::ROLE_TENANT_VIEWER});
  v1::UpdateUserRequest update;
  update.mutable_user()->set_user_id("tom");
  update.mutable_user()->set_display_name("Tom");
  update.mutable_update_mask()->add_paths("display_name");
  update.set_request_id(new_request_id());
  good(&Stub::UpdateUser, update, mine);
  v1::ListAuditEntriesRequest list;
  list.set_resource("user/tom");
  const auto entries = good(&Stub::ListAuditEntries, list, mine).audit_entries();
  ASSERT_THAT(entries, SizeIs(2));
  EXPECT_EQ(entries[0].action(), "CreateUser");
  EXPECT_EQ(entries[0].actor_tenant_id(), "platform");
  EXPECT_THAT(entries[0].actor(), ::testing::StartsWith("local-operator-"));
  EXPECT_EQ(entries[0].before(), "");
  EXPECT_EQ(entries[1].action(), "UpdateUser");
  EXPECT_EQ(entries[1].actor(), "li.na");
  EXPECT_EQ(entries[1].request_id(), update.request_id());
  EXPECT_THAT(entries[1].before(), Not(HasSubstr("\"Tom\"")));
  EXPECT_THAT(entries[1].after(), HasSubstr("\"Tom\""));
  list.set_newest_first(true);
  list.set_page_size(1);
  list.mutable_from_time()->set_seconds(1);
  const auto newest = good(&Stub::ListAuditEntries, list, mine);
  EXPECT_EQ(newest.audit_entries(0).action(), "UpdateUser");
  list.set_page_token(newest.next_page_token());
  EXPECT_EQ(good(&Stub::ListAuditEntries, list, mine).audit_entries(0).action(), "CreateUser");
  list.mutable_from_time()->set_seconds(2);
  EXPECT_EQ(bad(&Stub::ListAuditEntries, list, mine), "INVALID_REQUEST") << "a token of another list";
  const auto all = good(&Stub::ListAuditEntries, v1::ListAuditEntriesRequest(), mine);
  EXPECT_THAT(all.DebugString(), Not(HasSubstr("argon2")));
  EXPECT_THAT(all.DebugString(), Not(HasSubstr(kPassword)));
}

TEST_F(IdentityService, AChangeThatIsRefusedIsNotInTheAudit) {
  const auto count = [&] {
    return good(&Stub::ListAuditEntries, v1::ListAuditEntriesRequest(), operator_key).audit_entries_size();
  };
  const int before = count();
  v1::ResetPasswordRequest reset;
  reset.set_user_id("nobody");
  EXPECT_EQ(bad(&Stub::ResetPassword, reset, operator_key), "USER_NOT_FOUND");
  EXPECT_EQ(count(), before);
}

TEST_F(IdentityService, RolesAreForUsersOfTheirTenant) {
  add_tenant("acme");
  EXPECT_EQ(bad(&Stub::CreateUser, user_request("acme", "tom", {v1::ROLE_PLATFORM_ADMIN}), operator_key),
            "INVALID_REQUEST");
  EXPECT_EQ(bad(&Stub::CreateUser, user_request("", "tom", {v1::ROLE_TENANT_ADMIN}), operator_key), "INVALID_REQUEST");
  EXPECT_EQ(bad(&Stub::CreateUser, user_request("", "tom", {v1::ROLE_QA, v1::ROLE_QA}), operator_key),
            "INVALID_REQUEST");
  EXPECT_EQ(bad(&Stub::CreateUser, user_request("nowhere", "tom", {}), operator_key), "TENANT_NOT_FOUND");
}

TEST_F(IdentityService, ListsPage) {
  for (const char* user : {"a", "b", "c"}) add_user("", user, {});
  v1::ListUsersRequest list;
  list.set_page_size(2);
  const auto first = good(&Stub::ListUsers, list, operator_key);
  EXPECT_THAT(first.users(), SizeIs(2));
  list.set_page_token(first.next_page_token());
  const auto second = good(&Stub::ListUsers, list, operator_key);
  EXPECT_THAT(second.users(), SizeIs(1));
  EXPECT_THAT(second.next_page_token(), IsEmpty());
  list.set_text("a");
  EXPECT_EQ(bad(&Stub::ListUsers, list, operator_key), "INVALID_REQUEST") << "the token is one of other filters";
  list.clear_page_token();
  EXPECT_THAT(good(&Stub::ListUsers, list, operator_key).users(), SizeIs(1));
  list.set_page_size(-1);
  EXPECT_EQ(bad(&Stub::ListUsers, list, operator_key), "INVALID_REQUEST");
}

// --- every method, every role, every tenant ---

/// The request of a method, well formed, about a user and a key of `tenant`.
std::unique_ptr<google::protobuf::Message> about(const google::protobuf::Descriptor& type, const std::string& tenant) {
  using google::protobuf::FieldDescriptor;
  std::unique_ptr<google::protobuf::Message> request(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(&type)->New());
  const std::function<void(google::protobuf::Message&)> fill = [&](google::protobuf::Message& message) {
    const auto& reflection = *message.GetReflection();
    for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
      const auto* field = message.GetDescriptor()->field(i);
      const std::map<std::string, std::string> texts = {{"tenant_id", tenant},
                                                        {"user_id", "li.na"},
                                                        {"client_id", "crm"},
                                                        {"key_id", "somekey"},
                                                        {"request_id", new_request_id()},
                                                        {"new_password", "long enough it is"}};
      if (field->name() == "update_mask") {
        google::protobuf::FieldMask mask;
        mask.add_paths("display_name");
        reflection.MutableMessage(&message, field)->CopyFrom(mask);
      } else if (field->name() == "scopes") {
        reflection.AddEnumValue(&message, field, 1);
      } else if (const auto text = texts.find(field->name()); text != texts.end()) {
        reflection.SetString(&message, field, text->second);
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field->is_repeated() &&
                 field->message_type()->file()->package() == "muster.v1") {
        fill(*reflection.MutableMessage(&message, field));
      }
    }
  };
  fill(*request);
  return request;
}

/// Calls a method by its name.
grpc::Status unary(const std::shared_ptr<grpc::Channel>& channel, const std::string& token, const std::string& method,
                   const google::protobuf::Message& request) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + token);
  grpc::CompletionQueue queue;
  const grpc::Slice slice(request.SerializeAsString());
  const auto reader = stub.PrepareUnaryCall(&context, method, grpc::ByteBuffer(&slice, 1), &queue);
  reader->StartCall();
  grpc::ByteBuffer response;
  grpc::Status status;
  reader->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  return status;
}

TEST_F(IdentityService, NobodyReachesAnotherTenantButThePlatform) {
  for (const char* tenant : {"acme", "globex"}) {
    add_tenant(tenant);
    add_user(tenant, "li.na", {v1::ROLE_TENANT_ADMIN});
  }
  std::map<std::string, std::string> callers;
  for (int i = v1::Role_MIN + 1; i <= v1::Role_MAX; ++i) {
    const auto role = static_cast<v1::Role>(i);
    const bool of_tenant = role == v1::ROLE_TENANT_ADMIN || role == v1::ROLE_TENANT_VIEWER;
    const std::string tenant = of_tenant ? "acme" : "platform", user = "user-" + std::to_string(i);
    add_user(tenant, user, {role});
    callers[v1::Role_Name(role)] = sign_in(tenant, user).access_token();
  }
  const auto* service =
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName("muster.v1.IdentityService");
  int refused = 0, tried = 0;
  for (int i = 0; i < service->method_count(); ++i) {
    const auto& method = *service->method(i);
    const Permission& permission = *permission_for(*method.input_type());
    if (permission.access != Access::kTable) continue;
    for (const auto& [role, token] : callers) {
      const auto request = about(*method.input_type(), "globex");
      const grpc::Status status = unary(node->channel, token, "/muster.v1.IdentityService/" + method.name(), *request);
      ++tried;
      if (role == "ROLE_PLATFORM_ADMIN") {
        EXPECT_NE(status.error_code(), StatusCode::PERMISSION_DENIED) << method.name();
        EXPECT_NE(status.error_code(), StatusCode::UNAUTHENTICATED) << method.name();
      } else {
        EXPECT_EQ(status.error_code(), StatusCode::PERMISSION_DENIED) << method.name() << " as " << role;
        ++refused;
      }
    }
  }
  EXPECT_EQ(refused, tried / 8 * 7);
  EXPECT_GT(tried, 100);
}

}  // namespace
}  // namespace muster::identity
