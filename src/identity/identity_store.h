#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "muster/base/time.h"
#include "muster/store/sql.h"
#include "muster/store/tenant_pool.h"
#include "muster/v1/identity.pb.h"

/// The tables of identity. Everything works on the tenant of the transaction; what of it must happen together is in
/// one transaction. All throw pqxx::failure.
namespace muster::identity {

using store::TenantTransaction;

using store::Page;
using store::PageRequest;

// --- tenants: but for find_tenant, in transactions of the platform ---

std::optional<v1::Tenant> find_tenant(TenantTransaction& t, const std::string& tenant_id);
/// False if there is one already.
bool insert_tenant(TenantTransaction& t, const v1::Tenant& tenant, TimePoint now);
void write_tenant(TenantTransaction& t, const v1::Tenant& tenant, TimePoint now);
Page<v1::Tenant> list_tenants(TenantTransaction& t, const PageRequest& page);
/// Those whose users and keys are not let in.
std::vector<std::string> suspended_tenants(TenantTransaction& t);

// --- users ---

struct UserRecord {
  v1::User user;
  std::string password_hash;  ///< empty: no password
  std::int64_t version = 1;   ///< tokens with a lower one are refused
};
struct UserFilter {
  v1::Role role = v1::ROLE_UNSPECIFIED;              ///< any
  v1::UserState state = v1::USER_STATE_UNSPECIFIED;  ///< any
  std::string text = {};  ///< in the identifier or the name, without regard to case; empty: any
};

std::optional<UserRecord> find_user(TenantTransaction& t, const std::string& user_id);
/// The same, locked until the end of the transaction: what is read stays true.
std::optional<UserRecord> lock_user(TenantTransaction& t, const std::string& user_id);
/// False if there is one already.
bool insert_user(TenantTransaction& t, const UserRecord& record, TimePoint now);
/// Everything but the sign-in time.
void write_user(TenantTransaction& t, const UserRecord& record, TimePoint now);
void note_sign_in(TenantTransaction& t, const std::string& user_id, TimePoint now);
Page<v1::User> list_users(TenantTransaction& t, const UserFilter& filter, const PageRequest& page);
/// Users who are let in and have the role. Locks them.
int count_active(TenantTransaction& t, v1::Role role);

// --- sign-ins ---

struct SignInRecord {
  std::string session_id;
  std::string user_id;
  std::int64_t newest = 1;
  TimePoint expire_time;
  bool revoked = false;
};

/// With its first refresh token's digest.
void insert_sign_in(TenantTransaction& t, const SignInRecord& record, const std::string& digest, TimePoint now);
/// Locked until the end of the transaction.
std::optional<SignInRecord> find_sign_in(TenantTransaction& t, const std::string& session_id);
struct RefreshRecord {
  std::int64_t generation = 0;
  std::string spent_by;
};
std::optional<RefreshRecord> find_refresh_token(TenantTransaction& t, const std::string& session_id,
                                                const std::string& digest);
/// Spends generation `spent` in the call `request_id`; `digest` is that of the next.
void rotate_refresh_token(TenantTransaction& t, const std::string& session_id, std::int64_t spent,
                          const std::string& request_id, const std::string& digest);
/// Puts another token in the place of the newest.
void replace_refresh_token(TenantTransaction& t, const std::string& session_id, std::int64_t generation,
                           const std::string& digest);
/// False if there is no such sign-in, or it was revoked before.
bool revoke_sign_in(TenantTransaction& t, const std::string& session_id, TimePoint now);
/// All of a user but `kept`. Gives those that were revoked by it.
std::vector<std::string> revoke_sign_ins_of(TenantTransaction& t, const std::string& user_id, const std::string& kept,
                                            TimePoint now);

// --- API keys ---

struct ApiKeyRecord {
  v1::ApiKey key;
  std::string digest;
};
void insert_api_key(TenantTransaction& t, const ApiKeyRecord& record, TimePoint now);
std::optional<ApiKeyRecord> find_api_key(TenantTransaction& t, const std::string& key_id);
void note_key_revoked(TenantTransaction& t, const std::string& key_id, TimePoint now);
/// Keys of a program that are neither revoked nor expired. Others who would make one wait until this transaction ends.
int count_live_keys(TenantTransaction& t, const std::string& client_id, TimePoint now);
/// `client_id` empty: of any.
Page<v1::ApiKey> list_api_keys(TenantTransaction& t, const std::string& client_id, const PageRequest& page);
/// Keys of all tenants that are neither revoked nor expired. REQUIRES: a transaction of the platform.
std::vector<ApiKeyRecord> live_api_keys(TenantTransaction& t, TimePoint now);

// --- changes that servers must know of ---

enum class ChangeKind { kUser, kSession, kKey, kTenant };
struct Change {
  std::string tenant_id;
  std::int64_t number = 0;
  ChangeKind kind{};
  std::string id;
  std::int64_t version = 0;  ///< of a user: tokens with a lower one are refused
};
/// Changes become visible in the order of their numbers: whoever would make one waits until this transaction ends.
void insert_change(TenantTransaction& t, ChangeKind kind, const std::string& id, std::int64_t version, TimePoint now);
/// Those of all tenants after `number`, at most 10,000. REQUIRES: a transaction of the platform.
std::vector<Change> changes_after(TenantTransaction& t, std::int64_t number);

// --- requests that were answered ---

struct AnsweredRequest {
  std::string fingerprint;
  std::string reply;
};
std::optional<AnsweredRequest> find_request(TenantTransaction& t, const std::string& request_id);
/// False if it was answered meanwhile: then roll back.
bool insert_request(TenantTransaction& t, const std::string& request_id, const AnsweredRequest& request, TimePoint now);

// --- signing keys: in transactions of the platform ---

struct SigningKeyRecord {
  std::string kid;
  std::string public_key;
  std::string sealed_seed;
  TimePoint sign_time;
};
/// Others wait until this transaction ends.
std::vector<SigningKeyRecord> lock_signing_keys(TenantTransaction& t);
void insert_signing_key(TenantTransaction& t, const SigningKeyRecord& record);
void delete_signing_key(TenantTransaction& t, const std::string& kid);

// --- the audit ---

struct AuditFilter {
  std::string resource;  ///< empty: any
  std::string actor;     ///< empty: any
};
Page<v1::AuditEntry> list_audit(TenantTransaction& t, const AuditFilter& filter, const PageRequest& page);

/// Deletes sign-ins, changes and answered requests that have had their time.
void clear_away(TenantTransaction& t, TimePoint now);

}  // namespace muster::identity
