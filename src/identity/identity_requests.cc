#include "identity_requests.h"

#include <algorithm>
#include <set>

#include "api_key.h"
#include "password.h"

namespace muster::identity {
namespace {

using api::check_mask;

constexpr int kRolesMax = v1::Role_MAX;
constexpr int kScopesMax = v1::ApiScope_MAX;

void check_user(const v1::User& user, Checker& check) {
  check.id("user.user_id", user.user_id());
  check.text("user.display_name", user.display_name());
  check.optional_id("user.agent_id", user.agent_id());
  check.count("user.roles", user.roles_size(), 0, kRolesMax);
  check.expect(
      std::set<int>(user.roles().begin(), user.roles().end()).size() == static_cast<std::size_t>(user.roles_size()),
      "user.roles", "must not name a role twice");
}

template <typename Request>
void check_list(const Request& request, Checker& check) {
  check.expect(request.page_size() >= 0, "page_size", "must not be negative");
}

/// A change of one user.
template <typename Request>
void check_user_change(const Request& request, Checker& check) {
  check.request_id(request.request_id());
  check.id("user_id", request.user_id());
}

}  // namespace

void check(const v1::SignOutRequest& request, Checker& check) { check.request_id(request.request_id()); }

void check(const v1::ChangePasswordRequest& request, Checker& check) { check.request_id(request.request_id()); }

void check(const v1::CreateTenantRequest& request, Checker& check) {
  check.request_id(request.request_id());
  check.id("tenant.tenant_id", request.tenant().tenant_id());
  check.text("tenant.display_name", request.tenant().display_name());
}

void check(const v1::GetTenantRequest&, Checker&) {}

void check(const v1::UpdateTenantRequest& request, Checker& check) {
  check.request_id(request.request_id());
  check.id("tenant.tenant_id", request.tenant().tenant_id());
  check.text("tenant.display_name", request.tenant().display_name());
  check_mask(request.update_mask(), {"display_name"}, check);
}

void check(const v1::ListTenantsRequest& request, Checker& check) { check_list(request, check); }

void check(const v1::SetTenantSuspensionRequest& request, Checker& check) {
  check.request_id(request.request_id());
  check.id("tenant_id", request.tenant_id());
  check.expect(request.tenant_id() != kPlatformTenant, "tenant_id", "must not be the platform");
}

void check(const v1::CreateUserRequest& request, Checker& check) {
  check.request_id(request.request_id());
  check_user(request.user(), check);
  if (request.password().empty()) return;
  if (const auto trouble = password_trouble(request.password(), request.user().user_id())) {
    check.violate("password", *trouble);
  }
}

void check(const v1::GetUserRequest& request, Checker& check) { check.id("user_id", request.user_id()); }

void check(const v1::UpdateUserRequest& request, Checker& check) {
  check.request_id(request.request_id());
  check_user(request.user(), check);
  check_mask(request.update_mask(), {"display_name", "roles", "agent_id"}, check);
}

void check(const v1::ListUsersRequest& request, Checker& check) {
  check_list(request, check);
  check.text("text", request.text());
}

void check(const v1::SetUserSuspensionRequest& request, Checker& check) { check_user_change(request, check); }
void check(const v1::ResetPasswordRequest& request, Checker& check) { check_user_change(request, check); }
void check(const v1::EndSignInsRequest& request, Checker& check) { check_user_change(request, check); }

void check(const v1::CreateApiKeyRequest& request, Checker& check) {
  const v1::ApiKey& key = request.api_key();
  check.request_id(request.request_id());
  check.id("api_key.client_id", key.client_id());
  if (!check.count("api_key.scopes", key.scopes_size(), 1, kScopesMax)) return;
  const std::set<int> scopes(key.scopes().begin(), key.scopes().end());
  const bool known = std::all_of(scopes.begin(), scopes.end(), [](int scope) {
    return scope != v1::API_SCOPE_UNSPECIFIED && v1::ApiScope_IsValid(scope);
  });
  check.expect(known && scopes.size() == static_cast<std::size_t>(key.scopes_size()), "api_key.scopes",
               "must be scopes, each once");
  if (key.has_expire_time()) check.time("api_key.expire_time", key.expire_time());
}

void check(const v1::ListApiKeysRequest& request, Checker& check) {
  check_list(request, check);
  check.optional_id("client_id", request.client_id());
}

void check(const v1::RevokeApiKeyRequest& request, Checker& check) {
  check.request_id(request.request_id());
  check.id("key_id", request.key_id());
}

void check(const v1::ListAuditEntriesRequest& request, Checker& check) {
  check_list(request, check);
  check.text("resource", request.resource());
  check.text("actor", request.actor());
  if (request.has_from_time()) check.time("from_time", request.from_time());
  if (request.has_until_time()) check.time("until_time", request.until_time());
}

UserFields fields_of(const google::protobuf::FieldMask& mask) {
  return {api::sets(&mask, "display_name"), api::sets(&mask, "roles"), api::sets(&mask, "agent_id")};
}

AuditFilter audit_filter(const v1::ListAuditEntriesRequest& request) {
  Checker ignored;  // check() tells of times that are none
  AuditFilter filter{.resource = request.resource(), .actor = request.actor()};
  if (request.has_from_time()) filter.from = ignored.time("from_time", request.from_time());
  if (request.has_until_time()) filter.until = ignored.time("until_time", request.until_time());
  filter.newest_first = request.newest_first();
  return filter;
}

void check_roles(const v1::User& user, const std::string& tenant_id) {
  for (int i = 0; i < user.roles_size(); ++i) {
    if (fits(user.roles(i), tenant_id)) continue;
    throw api::Refusal(
        api::invalid_request({{api::indexed("user.roles", i), "is not a role for users of this tenant"}}));
  }
}

void check_life(const v1::ApiKey& key, TimePoint now) {
  if (!key.has_expire_time()) return;
  const TimePoint end{std::chrono::seconds(key.expire_time().seconds())};
  if (end > now && end <= now + kApiKeyLifeMax) return;
  throw api::Refusal(api::invalid_request({{"api_key.expire_time", "must be ahead, by 400 days at most"}}));
}

}  // namespace muster::identity
