#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iostream>

#include "audit_view.h"
#include "fake_server.h"
#include "muster/v1/identity_service.grpc.pb.h"
#include "speech.h"

/// tenants, users, keys and the audit at the command line.
namespace muster::cli {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// Remembers what it was asked.
struct FakeIdentity final : v1::IdentityService::Service {
  v1::CreateTenantRequest tenant;
  v1::GetUserRequest got;
  v1::CreateUserRequest created;
  v1::UpdateUserRequest updated;
  v1::SetUserSuspensionRequest suspended;
  v1::ResetPasswordRequest reset;
  v1::CreateApiKeyRequest key;
  v1::ListAuditEntriesRequest listed;
  v1::ListAuditEntriesResponse entries;

  using Context = grpc::ServerContext;
  grpc::Status CreateTenant(Context*, const v1::CreateTenantRequest* request, v1::CreateTenantResponse*) override {
    tenant = *request;
    return grpc::Status::OK;
  }
  grpc::Status GetUser(Context*, const v1::GetUserRequest* request, v1::GetUserResponse* response) override {
    got = *request;
    response->mutable_user()->set_user_id(request->user_id());
    response->mutable_user()->add_roles(v1::ROLE_COACH);
    response->mutable_user()->set_state(v1::USER_STATE_ACTIVE);
    return grpc::Status::OK;
  }
  grpc::Status CreateUser(Context*, const v1::CreateUserRequest* request, v1::CreateUserResponse* response) override {
    created = *request;
    if (request->password().empty()) response->set_password("made-here");
    return grpc::Status::OK;
  }
  grpc::Status UpdateUser(Context*, const v1::UpdateUserRequest* request, v1::UpdateUserResponse*) override {
    updated = *request;
    return grpc::Status::OK;
  }
  grpc::Status SetUserSuspension(Context*, const v1::SetUserSuspensionRequest* request,
                                 v1::SetUserSuspensionResponse* response) override {
    suspended = *request;
    response->mutable_user()->set_state(v1::USER_STATE_SUSPENDED);
    return grpc::Status::OK;
  }
  grpc::Status ResetPassword(Context*, const v1::ResetPasswordRequest* request,
                             v1::ResetPasswordResponse* response) override {
    reset = *request;
    response->set_password("made-here");
    return grpc::Status::OK;
  }
  grpc::Status CreateApiKey(Context*, const v1::CreateApiKeyRequest* request,
                            v1::CreateApiKeyResponse* response) override {
    key = *request;
    response->mutable_api_key()->set_key_id("k1");
    response->set_key("mk_live_k1_secret");
    return grpc::Status::OK;
  }
  grpc::Status ListAuditEntries(Context*, const v1::ListAuditEntriesRequest* request,
                                v1::ListAuditEntriesResponse* response) override {
    listed = *request;
    *response = entries;
    return grpc::Status::OK;
  }
};

class AccountTest : public InEnglish {
 protected:
  AccountTest() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&identity);
    server_ = builder.BuildAndStart();
    address_ = "127.0.0.1:" + std::to_string(port);
  }
  ~AccountTest() override { server_->Shutdown(std::chrono::system_clock::now()); }

  Ran muster(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--server", address_});
    return run_muster(arguments);
  }
  /// With a line on the input.
  Ran muster_typed(const std::vector<std::string>& arguments, const std::string& line) {
    std::istringstream typed(line + "\n");
    std::streambuf* before = std::cin.rdbuf(typed.rdbuf());
    const Ran ran = muster(arguments);
    std::cin.rdbuf(before);
    return ran;
  }

  FakeIdentity identity;

 private:
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
};

TEST_F(AccountTest, ATenantIsCreatedByItsFlags) {
  const Ran ran = muster({"tenants", "create", "acme", "--name", "Acme Inc."});
  EXPECT_EQ(ran.out, "acme created.\n") << ran.err;
  EXPECT_EQ(identity.tenant.tenant().tenant_id(), "acme");
  EXPECT_EQ(identity.tenant.tenant().display_name(), "Acme Inc.");
}

TEST_F(AccountTest, APasswordThatWasMadeStandsAloneOnTheOutput) {
  const Ran ran = muster({"users", "create", "li.na", "--role", "supervisor", "--role", "coach", "--tenant", "acme"});
  EXPECT_EQ(ran.out, "made-here\n");
  EXPECT_THAT(ran.err, HasSubstr("li.na created."));
  EXPECT_EQ(identity.created.user().tenant_id(), "acme");
  EXPECT_THAT(identity.created.user().roles(), ElementsAre(v1::ROLE_SUPERVISOR, v1::ROLE_COACH));
  EXPECT_EQ(muster({"users", "reset-password", "li.na"}).out, "made-here\n");
  EXPECT_EQ(identity.reset.user_id(), "li.na");
}

TEST_F(AccountTest, APasswordComesByTheInputAndNeverByAFlag) {
  const Ran ran = muster_typed({"users", "create", "tom", "--password-stdin"}, "a long password");
  EXPECT_EQ(ran.out, "tom created.\n") << ran.err;
  EXPECT_EQ(identity.created.password(), "a long password");
  EXPECT_EQ(muster_typed({"users", "create", "tom", "--password-stdin"}, "").code, kUsage);
  EXPECT_EQ(muster({"users", "create", "tom", "--password", "x"}).code, kUsage);
}

TEST_F(AccountTest, AUserOfAnotherTenantIsNamedByBoth) {
  EXPECT_THAT(muster({"users", "get", "li.na", "--tenant", "acme"}).out, HasSubstr("coach"));
  EXPECT_EQ(identity.got.tenant_id(), "acme");
  EXPECT_EQ(muster({"users", "update", "li.na", "--tenant", "acme", "--name", "Li Na"}).code, kDone);
  EXPECT_EQ(identity.updated.user().tenant_id(), "acme");
  EXPECT_THAT(identity.updated.update_mask().paths(), ElementsAre("display_name"));
  EXPECT_EQ(muster({"users", "suspend", "li.na", "--tenant", "acme"}).out, "li.na: locked out.\n");
  EXPECT_EQ(identity.suspended.tenant_id(), "acme");
  EXPECT_TRUE(identity.suspended.suspended());
}

TEST_F(AccountTest, AKeyIsPrintedAloneOrKeptInAFile) {
  Ran ran = muster({"keys", "create", "crm", "--scope", "contacts-write"});
  EXPECT_EQ(ran.out, "mk_live_k1_secret\n");
  EXPECT_EQ(identity.key.api_key().client_id(), "crm");
  EXPECT_THAT(identity.key.api_key().scopes(), ElementsAre(v1::API_SCOPE_CONTACTS_WRITE));

  const fs::path file = fs::temp_directory_path() / ("muster-key-" + std::to_string(getpid()));
  ran = muster({"keys", "create", "crm", "--scope", "contacts-write", "--output", file.string()});
  EXPECT_THAT(ran.out + ran.err, Not(HasSubstr("secret")));
  std::string line;
  std::getline(std::ifstream(file), line);
  EXPECT_EQ(line, "mk_live_k1_secret");
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  fs::remove(file);

  ran = muster({"keys", "create", "crm", "--scope", "contacts-write", "--output", "/nowhere/crm.key"});
  EXPECT_EQ(ran.code, kUsage);
  EXPECT_THAT(ran.err, HasSubstr("muster keys revoke k1"));
}

v1::AuditEntry entry(const std::string& before, const std::string& after) {
  v1::AuditEntry entry;
  entry.set_tenant_id("acme");
  entry.set_actor_tenant_id("platform");
  entry.set_actor("root");
  entry.set_action("UpdateUser");
  entry.set_resource("user/li.na");
  entry.set_before(before);
  entry.set_after(after);
  return entry;
}

TEST_F(AccountTest, TheAuditIsAskedByItsFlagsAndShowsWhatChanged) {
  *identity.entries.add_audit_entries() = entry(R"({"displayName":"Li"})", R"({"displayName":"Li Na"})");
  const Ran ran = muster({"audit", "list", "--actor", "root", "--from", "2026-03-01T00:00:00Z"});
  EXPECT_THAT(ran.out, HasSubstr("root (platform)  UpdateUser  user/li.na\n"));
  EXPECT_THAT(ran.out, HasSubstr("    ~  displayName  Li → Li Na\n"));
  EXPECT_EQ(identity.listed.actor(), "root");
  EXPECT_EQ(identity.listed.from_time().seconds(), 1'772'323'200);
  EXPECT_TRUE(identity.listed.newest_first());
  muster({"audit", "list", "--oldest-first"});
  EXPECT_FALSE(identity.listed.newest_first());
}

TEST_F(AccountTest, WhatChangedIsToldFieldByField) {
  EXPECT_THAT(changed_fields(entry(R"({"a":"1","roles":["X"],"in":{"b":true,"c":"d"},"gone":"g","updateTime":"1"})",
                                   R"({"a":"1","roles":["X","Y"],"in":{"b":false,"c":"d"},"new":7,"updateTime":"2"})")),
              ElementsAre("-  gone   g", "~  in.b   true → false", "+  new    7", "~  roles  X → X, Y"));
  EXPECT_THAT(changed_fields(entry("", R"({"a":"1"})")), ElementsAre("+  a  1"));
  EXPECT_THAT(changed_fields(entry(R"({"a":"1"})", "")), ElementsAre("-  a  1"));
  EXPECT_TRUE(changed_fields(entry("", "")).empty());
}

}  // namespace
}  // namespace muster::cli
