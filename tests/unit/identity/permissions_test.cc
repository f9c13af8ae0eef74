#include "permissions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <vector>

#include "muster/v1/contact_service.pb.h"
#include "muster/v1/identity_service.pb.h"

namespace muster::identity {
namespace {

using api::Reach;
using google::protobuf::DescriptorPool;
using google::protobuf::MethodDescriptor;

/// Every method of every service of the public API.
std::vector<const MethodDescriptor*> all_methods() {
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(MUSTER_PROTO_DIR "/muster/v1")) {
    if (entry.path().filename().string().ends_with("_service.proto")) {
      files.insert("muster/v1/" + entry.path().filename().string());
    }
  }
  permission_for(*v1::SignInRequest::descriptor());  // loads the files
  std::vector<const MethodDescriptor*> methods;
  for (const std::string& name : files) {
    const auto* file = DescriptorPool::generated_pool()->FindFileByName(name);
    EXPECT_NE(file, nullptr) << name;
    for (int i = 0; file && i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j) methods.push_back(file->service(i)->method(j));
    }
  }
  return methods;
}

api::Caller with_role(v1::Role role) {
  api::Caller caller;
  const bool of_tenant = role == v1::ROLE_TENANT_ADMIN || role == v1::ROLE_TENANT_VIEWER;
  caller.tenant_id = of_tenant ? "acme" : kPlatformTenant;
  caller.roles = {role};
  return caller;
}

api::Caller with_scope(const std::string& tenant, std::vector<v1::ApiScope> scopes) {
  api::Caller caller;
  caller.tenant_id = tenant;
  caller.key_id = "0123456789abcdef";
  caller.scopes = std::move(scopes);
  return caller;
}

Reach reach(const google::protobuf::Descriptor& request, const api::Caller& caller) {
  return reach_of(*permission_for(request), caller);
}

TEST(Permissions, EveryMethodIsInTheTable) {
  for (const MethodDescriptor* method : all_methods()) {
    const Permission* permission = permission_for(*method->input_type());
    ASSERT_NE(permission, nullptr) << method->full_name() << " is in no row: nobody may call it";
    EXPECT_EQ(permission->service, method->service()->name());
    EXPECT_EQ(permission->method, method->name());
  }
}

TEST(Permissions, EveryRowIsOfOneMethod) {
  EXPECT_EQ(permissions().size(), all_methods().size());
  std::set<std::string> names;
  for (const Permission& permission : permissions()) {
    const std::string name = "muster.v1." + std::string(permission.service) + "." + std::string(permission.method);
    EXPECT_NE(DescriptorPool::generated_pool()->FindMethodByName(name), nullptr) << name;
    EXPECT_TRUE(names.insert(name).second) << name << " is there twice";
  }
}

TEST(Permissions, EveryRowHasALetterForEveryRoleAndForKeys) {
  for (const Permission& permission : permissions()) {
    EXPECT_EQ(permission.reach.size(), static_cast<std::size_t>(v1::Role_MAX) + 1) << permission.method;
    EXPECT_EQ(permission.reach.find_first_not_of("PTO."), std::string_view::npos) << permission.method;
    EXPECT_EQ(permission.access == Access::kTable, permission.scope != v1::API_SCOPE_UNSPECIFIED) << permission.method;
  }
}

TEST(Permissions, NoRoleOfATenantReachesBeyondIt) {
  for (const MethodDescriptor* method : all_methods()) {
    for (const v1::Role role : {v1::ROLE_TENANT_ADMIN, v1::ROLE_TENANT_VIEWER}) {
      EXPECT_NE(reach(*method->input_type(), with_role(role)), Reach::kPlatform) << method->full_name();
    }
    std::vector<v1::ApiScope> all;
    for (int scope = 0; scope <= v1::ApiScope_MAX; ++scope) all.push_back(static_cast<v1::ApiScope>(scope));
    EXPECT_NE(reach(*method->input_type(), with_scope("acme", all)), Reach::kPlatform) << method->full_name();
  }
}

TEST(Permissions, APlatformAdminMayCallEverythingButWhatAMemberDoesAlone) {
  const std::set<std::string> alone{"StartAssessment",        "SaveAssessmentAnswers",     "FinishAssessment",
                                    "ReleaseAssessment",      "WithdrawAssessmentConsent", "VoteForumAnswer",
                                    "AnswerSubTeamInvitation"};
  for (const MethodDescriptor* method : all_methods()) {
    if (permission_for(*method->input_type())->access != Access::kTable || alone.contains(method->name())) continue;
    EXPECT_EQ(reach(*method->input_type(), with_role(v1::ROLE_PLATFORM_ADMIN)), Reach::kPlatform)
        << method->full_name();
  }
}

TEST(Permissions, WhoHasNoRoleMayCallNothingButAboutThemselves) {
  for (const MethodDescriptor* method : all_methods()) {
    const bool own = permission_for(*method->input_type())->access == Access::kSignedIn;
    EXPECT_EQ(reach(*method->input_type(), api::Caller()), own ? Reach::kOwn : Reach::kNone) << method->full_name();
    EXPECT_EQ(reach(*method->input_type(), with_role(v1::ROLE_UNSPECIFIED)), own ? Reach::kOwn : Reach::kNone);
  }
}

TEST(Permissions, AKeyReachesWhatItsScopesSay) {
  const auto& create = *v1::CreateContactRequest::descriptor();
  const auto& list = *v1::ListUsersRequest::descriptor();
  EXPECT_EQ(reach(create, with_scope("platform", {v1::API_SCOPE_CONTACTS_WRITE})), Reach::kPlatform);
  EXPECT_EQ(reach(create, with_scope("platform", {v1::API_SCOPE_CONTACTS_READ})), Reach::kNone);
  EXPECT_EQ(reach(create, with_scope("acme", {v1::API_SCOPE_CONTACTS_WRITE})), Reach::kTenant);
  EXPECT_EQ(reach(create, with_scope("acme", {v1::API_SCOPE_CONTACTS_READ})), Reach::kNone);
  EXPECT_EQ(reach(list, with_scope("acme", {v1::API_SCOPE_IDENTITY})), Reach::kTenant);
  EXPECT_EQ(reach(list, with_scope("acme", {})), Reach::kNone);
}

TEST(Permissions, OfSeveralRolesTheFarthestCounts) {
  api::Caller caller = with_role(v1::ROLE_AGENT);
  caller.roles.push_back(v1::ROLE_SUPERVISOR);
  EXPECT_EQ(reach(*v1::GetContactRequest::descriptor(), caller), Reach::kPlatform);
}

TEST(Permissions, AreThoseOfTheManual) {
  std::ifstream file(MUSTER_SECURITY_MANUAL);
  const std::string manual{std::istreambuf_iterator<char>(file), {}};
  for (const Permission& permission : permissions()) {
    std::string cells;
    for (const char letter : permission.reach) cells += letter == '.' ? "  |" : std::string(" ") + letter + " |";
    const std::string name = "| `" + std::string(permission.service) + "." + std::string(permission.method) + "` | ";
    const std::size_t row = manual.find(name);
    ASSERT_NE(row, std::string::npos) << name;
    EXPECT_TRUE(manual.substr(0, manual.find('\n', row)).ends_with("|" + cells)) << name << cells;
  }
}

TEST(Permissions, ARequestOfNoMethodHasNone) { EXPECT_EQ(permission_for(*v1::User::descriptor()), nullptr); }

}  // namespace
}  // namespace muster::identity
