#pragma once

#include "accounts.h"
#include "google/protobuf/field_mask.pb.h"
#include "muster/api/checker.h"
#include "muster/v1/identity_service.pb.h"

/// What can be told of a request without looking anything up. page_token and tenant_id are looked at where the list
/// and the caller are known.
namespace muster::identity {

using api::Checker;

void check(const v1::SignOutRequest& request, Checker& check);
void check(const v1::ChangePasswordRequest& request, Checker& check);
void check(const v1::CreateTenantRequest& request, Checker& check);
void check(const v1::GetTenantRequest& request, Checker& check);
void check(const v1::UpdateTenantRequest& request, Checker& check);
void check(const v1::ListTenantsRequest& request, Checker& check);
void check(const v1::SetTenantSuspensionRequest& request, Checker& check);
void check(const v1::CreateUserRequest& request, Checker& check);
void check(const v1::GetUserRequest& request, Checker& check);
void check(const v1::UpdateUserRequest& request, Checker& check);
void check(const v1::ListUsersRequest& request, Checker& check);
void check(const v1::SetUserSuspensionRequest& request, Checker& check);
void check(const v1::ResetPasswordRequest& request, Checker& check);
void check(const v1::EndSignInsRequest& request, Checker& check);
void check(const v1::CreateApiKeyRequest& request, Checker& check);
void check(const v1::ListApiKeysRequest& request, Checker& check);
void check(const v1::RevokeApiKeyRequest& request, Checker& check);
void check(const v1::ListAuditEntriesRequest& request, Checker& check);

/// The fields that a mask names. REQUIRES: it was checked.
UserFields fields_of(const google::protobuf::FieldMask& mask);

/// Which entries are asked for.
AuditFilter audit_filter(const v1::ListAuditEntriesRequest& request);

/// Throw api::Refusal: roles that are not for users of the tenant; a key that ends too late, or has ended.
void check_roles(const v1::User& user, const std::string& tenant_id);
void check_life(const v1::ApiKey& key, TimePoint now);

}  // namespace muster::identity
