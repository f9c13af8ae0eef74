#pragma once

#include <string>
#include <vector>

#include "identity_store.h"
#include "muster/api/caller.h"
#include "muster/v1/identity_service.pb.h"
#include "refused.h"
#include "root_key.h"

/// What can be done to tenants, users, keys and sign-ins. Each happens in one transaction of the tenant it is done to,
/// with its audit entry and, where it takes rights away, the change that servers must hear of. All throw api::Refusal,
/// and then nothing has happened.
namespace muster::identity {

/// Who does what, when.
struct Deed {
  std::string actor_tenant_id;
  std::string actor;
  std::string action;      ///< the method called
  std::string request_id;  ///< empty: none
  TimePoint now;
};

// --- signing in ---

/// A sign-in as it is now: what tokens are made from.
struct SignedIn {
  api::Caller caller;
  v1::User user;
  std::string refresh_token;
  TimePoint sign_in_expire_time;
};

SignedIn sign_in(TenantTransaction& t, const RootKey& root, const std::string& user_id, const std::string& password,
                 TimePoint now);

/// Nothing if the token is refused. That may be a change of its own, so that the transaction must be committed: a token
/// that was used before ends the sign-in.
std::optional<SignedIn> refresh(TenantTransaction& t, const RootKey& root, const std::string& token,
                                const std::string& request_id, TimePoint now);

/// Ends one sign-in; what is over already is no error.
void sign_out(TenantTransaction& t, const std::string& user_id, const std::string& session_id, const Deed& deed);
/// Ends all sign-ins of a user and gives how many there were.
int end_sign_ins(TenantTransaction& t, const std::string& user_id, const Deed& deed);

// --- tenants: in transactions of the platform ---

v1::Tenant create_tenant(TenantTransaction& t, v1::Tenant tenant, const Deed& deed);
v1::Tenant rename_tenant(TenantTransaction& t, const v1::Tenant& tenant, const Deed& deed);
v1::Tenant suspend_tenant(TenantTransaction& t, const std::string& tenant_id, bool suspended, const Deed& deed);
v1::Tenant get_tenant(TenantTransaction& t, const std::string& tenant_id);

// --- users ---

/// Whether users of a tenant may have a role.
bool fits(v1::Role role, const std::string& tenant_id);

v1::User create_user(TenantTransaction& t, v1::User user, const std::string& password, const Deed& deed);
v1::User get_user(TenantTransaction& t, const std::string& user_id);
/// Which fields of `user` are to be taken.
struct UserFields {
  bool display_name = false;
  bool roles = false;
  bool agent_id = false;
};
v1::User update_user(TenantTransaction& t, const v1::User& user, const UserFields& fields, const Deed& deed);
v1::User suspend_user(TenantTransaction& t, const std::string& user_id, bool suspended, const Deed& deed);
/// `password` in place of what it was; all sign-ins end.
void reset_password(TenantTransaction& t, const std::string& user_id, const std::string& password, const Deed& deed);
/// The same, by the user, whose sign-in `session_id` goes on.
void change_password(TenantTransaction& t, const std::string& user_id, const std::string& old_password,
                     const std::string& new_password, const std::string& session_id, const Deed& deed);

// --- API keys ---

struct CreatedKey {
  v1::ApiKey key;
  std::string text;  ///< to call with
};
CreatedKey create_api_key(TenantTransaction& t, const RootKey& root, v1::ApiKey key, const Deed& deed);
v1::ApiKey revoke_api_key(TenantTransaction& t, const std::string& key_id, const Deed& deed);

}  // namespace muster::identity
