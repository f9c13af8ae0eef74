#include "accounts.h"

#include <algorithm>

#include "api_key.h"
#include "muster/api/by.h"
#include "muster/node/render.h"
#include "password.h"
#include "refresh.h"
#include "secrets.h"

namespace muster::identity {
namespace {

void audit(TenantTransaction& t, const Deed& deed, const std::string& resource, const google::protobuf::Message* before,
           const google::protobuf::Message* after) {
  store::insert_audit(t, {deed.actor_tenant_id, deed.actor, deed.action, deed.request_id},
                      {{resource, api::as_json(before), api::as_json(after)}}, deed.now);
}

api::Refusal not_there(const std::string& kind, const std::string& field, const std::string& id) {
  return api::Refusal(api::not_found(kind, field, id));
}

api::Refusal there_already(const std::string& kind, const std::string& field, const std::string& id) {
  return api::Refusal({grpc::StatusCode::ALREADY_EXISTS,
                       kind + "_EXISTS",
                       field + " '" + id + "' exists already",
                       {{field, id}},
                       {{field, "exists already"}},
                       {}});
}

UserRecord user_to_change(TenantTransaction& t, const std::string& user_id) {
  auto record = lock_user(t, user_id);
  if (!record) throw not_there("USER", "user_id", user_id);
  return *std::move(record);
}

bool has_role(const v1::User& user, v1::Role role) {
  return std::find(user.roles().begin(), user.roles().end(), role) != user.roles().end();
}

bool may_do_everything(const v1::User& user) {
  return user.state() == v1::USER_STATE_ACTIVE && has_role(user, v1::ROLE_PLATFORM_ADMIN);
}

/// Stores a user, and refuses to be left without anybody who may do everything.
v1::User store_user(TenantTransaction& t, UserRecord& record, const v1::User& before, const Deed& deed) {
  if (may_do_everything(before) && !may_do_everything(record.user) && count_active(t, v1::ROLE_PLATFORM_ADMIN) < 2) {
    throw refused(grpc::StatusCode::FAILED_PRECONDITION, "LAST_ADMIN",
                  "nobody else is a platform admin who can sign in: make one first");
  }
  write_user(t, record, deed.now);
  node::to_proto(deed.now, record.user.mutable_update_time());
  audit(t, deed, "user/" + record.user.user_id(), &before, &record.user);
  return record.user;
}

/// Servers that let the user in by tokens of other issuers read what the user may do.
void tell_of_user(TenantTransaction& t, const UserRecord& record, TimePoint now) {
  insert_change(t, ChangeKind::kUser, record.user.user_id(), record.version, now);
}

/// From now on servers refuse the tokens that the user has.
void void_tokens(TenantTransaction& t, UserRecord& record, TimePoint now) {
  ++record.version;
  tell_of_user(t, record, now);
}

/// But for the sign-in `kept`.
int revoke_all(TenantTransaction& t, const std::string& user_id, const std::string& kept, TimePoint now) {
  int revoked = 0;
  for (const std::string& session : revoke_sign_ins_of(t, user_id, kept, now)) {
    insert_change(t, ChangeKind::kSession, session, 0, now);
    ++revoked;
  }
  return revoked;
}

SignedIn signed_in(const UserRecord& record, const RefreshToken& token, TimePoint expire_time) {
  SignedIn result;
  result.caller.tenant_id = token.tenant_id;
  result.caller.subject = record.user.user_id();
  result.caller.agent_id = record.user.agent_id();
  result.caller.session_id = token.session_id;
  result.caller.version = record.version;
  for (const int role : record.user.roles()) result.caller.roles.push_back(static_cast<v1::Role>(role));
  result.user = record.user;
  result.refresh_token = token.text();
  result.sign_in_expire_time = expire_time;
  return result;
}

bool is_let_in(TenantTransaction& t, const v1::User& user) {
  const auto tenant = find_tenant(t, t.tenant());
  return tenant && tenant->state() == v1::TENANT_STATE_ACTIVE && user.state() == v1::USER_STATE_ACTIVE;
}

v1::Tenant stored_tenant(TenantTransaction& t, const v1::Tenant& before, v1::Tenant after, const Deed& deed) {
  write_tenant(t, after, deed.now);
  node::to_proto(deed.now, after.mutable_update_time());
  audit(t, deed, "tenant/" + after.tenant_id(), &before, &after);
  return after;
}

}  // namespace

// --- signing in ---

SignedIn sign_in(TenantTransaction& t, const RootKey& root, const std::string& user_id, const std::string& password,
                 TimePoint now) {
  auto record = lock_user(t, user_id);
  // The same work whether there is such a user or not: time must not tell.
  const bool proven = verify_password(record ? record->password_hash : "", password);
  if (!proven || !record || !is_let_in(t, record->user)) {
    throw refused(grpc::StatusCode::UNAUTHENTICATED, "SIGN_IN_REFUSED",
                  "the tenant, the user or the password is wrong, or is not let in");
  }
  if (is_outdated_hash(record->password_hash)) {
    record->password_hash = hash_password(password);
    write_user(t, *record, now);
  }
  const RefreshToken token = RefreshToken::make(t.tenant(), random_id());
  const TimePoint expires = now + kSignInLife;
  insert_sign_in(t, {token.session_id, user_id, 1, expires, false}, root.digest(token.secret), now);
  note_sign_in(t, user_id, now);
  node::to_proto(now, record->user.mutable_sign_in_time());
  audit(t, {t.tenant(), user_id, "SignIn", "", now}, "sign-in/" + token.session_id, nullptr, nullptr);
  return signed_in(*record, token, expires);
}

std::optional<SignedIn> refresh(TenantTransaction& t, const RootKey& root, const std::string& text,
                                const std::string& request_id, TimePoint now) {
  const auto token = RefreshToken::parse(text);
  if (!token || token->tenant_id != t.tenant()) return std::nullopt;
  const auto record = find_sign_in(t, token->session_id);
  if (!record) return std::nullopt;
  const auto shown = find_refresh_token(t, token->session_id, root.digest(token->secret));
  if (!shown) return std::nullopt;
  // Not locked: who suspends the user waits for the sign-in, and then voids what is given here.
  const auto user = find_user(t, record->user_id);
  if (!user || !is_let_in(t, user->user)) return std::nullopt;
  RefreshToken next = RefreshToken::make(token->tenant_id, token->session_id);
  const std::string digest = root.digest(next.secret);
  switch (judge_refresh({record->expire_time, record->revoked, record->newest, shown->generation, shown->spent_by},
                        request_id, now)) {
    case RefreshVerdict::kRotate:
      rotate_refresh_token(t, token->session_id, shown->generation, request_id, digest);
      return signed_in(*user, next, record->expire_time);
    case RefreshVerdict::kRepeat:
      replace_refresh_token(t, token->session_id, record->newest, digest);
      return signed_in(*user, next, record->expire_time);
    case RefreshVerdict::kReused:
      sign_out(t, record->user_id, token->session_id,
               {t.tenant(), record->user_id, "RefreshTokenReused", request_id, now});
      return std::nullopt;
    case RefreshVerdict::kRevoked:
    case RefreshVerdict::kExpired:
      return std::nullopt;
  }
  return std::nullopt;
}

void sign_out(TenantTransaction& t, const std::string& user_id, const std::string& session_id, const Deed& deed) {
  const auto record = find_sign_in(t, session_id);
  if (!record || record->user_id != user_id || !revoke_sign_in(t, session_id, deed.now)) return;
  insert_change(t, ChangeKind::kSession, session_id, 0, deed.now);
  audit(t, deed, "sign-in/" + session_id, nullptr, nullptr);
}

int end_sign_ins(TenantTransaction& t, const std::string& user_id, const Deed& deed) {
  UserRecord record = user_to_change(t, user_id);
  const int ended = revoke_all(t, user_id, "", deed.now);
  void_tokens(t, record, deed.now);
  write_user(t, record, deed.now);
  audit(t, deed, "user/" + user_id, nullptr, nullptr);
  return ended;
}

// --- tenants ---

v1::Tenant create_tenant(TenantTransaction& t, v1::Tenant tenant, const Deed& deed) {
  tenant.set_state(v1::TENANT_STATE_ACTIVE);
  node::to_proto(deed.now, tenant.mutable_create_time());
  node::to_proto(deed.now, tenant.mutable_update_time());
  if (!insert_tenant(t, tenant, deed.now)) throw there_already("TENANT", "tenant_id", tenant.tenant_id());
  audit(t, deed, "tenant/" + tenant.tenant_id(), nullptr, &tenant);
  return tenant;
}

v1::Tenant get_tenant(TenantTransaction& t, const std::string& tenant_id) {
  auto tenant = find_tenant(t, tenant_id);
  if (!tenant) throw not_there("TENANT", "tenant_id", tenant_id);
  return *std::move(tenant);
}

v1::Tenant rename_tenant(TenantTransaction& t, const v1::Tenant& tenant, const Deed& deed) {
  const v1::Tenant before = get_tenant(t, tenant.tenant_id());
  v1::Tenant after = before;
  after.set_display_name(tenant.display_name());
  return stored_tenant(t, before, std::move(after), deed);
}

v1::Tenant suspend_tenant(TenantTransaction& t, const std::string& tenant_id, bool suspended, const Deed& deed) {
  const v1::Tenant before = get_tenant(t, tenant_id);
  v1::Tenant after = before;
  after.set_state(suspended ? v1::TENANT_STATE_SUSPENDED : v1::TENANT_STATE_ACTIVE);
  insert_change(t, ChangeKind::kTenant, tenant_id, 0, deed.now);
  return stored_tenant(t, before, std::move(after), deed);
}

// --- users ---

bool fits(v1::Role role, const std::string& tenant_id) {
  const bool of_a_tenant = role == v1::ROLE_TENANT_ADMIN || role == v1::ROLE_TENANT_VIEWER;
  return v1::Role_IsValid(role) && role != v1::ROLE_UNSPECIFIED && of_a_tenant == (tenant_id != kPlatformTenant);
}

v1::User create_user(TenantTransaction& t, v1::User user, const std::string& password, const Deed& deed) {
  if (!find_tenant(t, t.tenant())) throw not_there("TENANT", "tenant_id", t.tenant());
  user.set_tenant_id(t.tenant());
  user.set_state(v1::USER_STATE_ACTIVE);
  user.clear_sign_in_time();
  node::to_proto(deed.now, user.mutable_create_time());
  node::to_proto(deed.now, user.mutable_update_time());
  const UserRecord record{user, hash_password(password), 1};
  if (!insert_user(t, record, deed.now)) throw there_already("USER", "user_id", user.user_id());
  tell_of_user(t, record, deed.now);
  audit(t, deed, "user/" + user.user_id(), nullptr, &user);
  return user;
}

v1::User get_user(TenantTransaction& t, const std::string& user_id) {
  auto record = find_user(t, user_id);
  if (!record) throw not_there("USER", "user_id", user_id);
  return std::move(record->user);
}

v1::User update_user(TenantTransaction& t, const v1::User& user, const UserFields& fields, const Deed& deed) {
  UserRecord record = user_to_change(t, user.user_id());
  const v1::User before = record.user;
  if (fields.display_name) record.user.set_display_name(user.display_name());
  if (fields.roles) *record.user.mutable_roles() = user.roles();
  if (fields.agent_id) record.user.set_agent_id(user.agent_id());
  if (fields.roles || fields.agent_id) void_tokens(t, record, deed.now);
  return store_user(t, record, before, deed);
}

v1::User suspend_user(TenantTransaction& t, const std::string& user_id, bool suspended, const Deed& deed) {
  UserRecord record = user_to_change(t, user_id);
  const v1::User before = record.user;
  record.user.set_state(suspended ? v1::USER_STATE_SUSPENDED : v1::USER_STATE_ACTIVE);
  if (suspended) {
    revoke_all(t, user_id, "", deed.now);
    void_tokens(t, record, deed.now);
  } else {
    tell_of_user(t, record, deed.now);
  }
  return store_user(t, record, before, deed);
}

void reset_password(TenantTransaction& t, const std::string& user_id, const std::string& password, const Deed& deed) {
  UserRecord record = user_to_change(t, user_id);
  record.password_hash = hash_password(password);
  revoke_all(t, user_id, "", deed.now);
  void_tokens(t, record, deed.now);
  const v1::User before = record.user;
  store_user(t, record, before, deed);
}

void change_password(TenantTransaction& t, const std::string& user_id, const std::string& old_password,
                     const std::string& new_password, const std::string& session_id, const Deed& deed) {
  UserRecord record = user_to_change(t, user_id);
  if (!verify_password(record.password_hash, old_password)) {
    throw refused(grpc::StatusCode::FAILED_PRECONDITION, "PASSWORD_WRONG", "the old password is wrong");
  }
  record.password_hash = hash_password(new_password);
  revoke_all(t, user_id, session_id, deed.now);
  const v1::User before = record.user;
  store_user(t, record, before, deed);
}

// --- API keys ---

CreatedKey create_api_key(TenantTransaction& t, const RootKey& root, v1::ApiKey key, const Deed& deed) {
  if (!find_tenant(t, t.tenant())) throw not_there("TENANT", "tenant_id", t.tenant());
  if (count_live_keys(t, key.client_id(), deed.now) >= kLiveKeysMax) {
    throw refused(grpc::StatusCode::FAILED_PRECONDITION, "API_KEY_LIMIT",
                  "the program has two keys that are alive: revoke one first");
  }
  const ApiKeyText text = ApiKeyText::make();
  key.set_tenant_id(t.tenant());
  key.set_key_id(text.key_id);
  key.clear_revoke_time();
  node::to_proto(deed.now, key.mutable_create_time());
  if (!key.has_expire_time()) node::to_proto(deed.now + kApiKeyLifeDefault, key.mutable_expire_time());
  insert_api_key(t, {key, root.digest(text.secret)}, deed.now);
  insert_change(t, ChangeKind::kKey, text.key_id, 0, deed.now);
  audit(t, deed, "api-key/" + text.key_id, nullptr, &key);
  return {key, text.text()};
}

v1::ApiKey revoke_api_key(TenantTransaction& t, const std::string& key_id, const Deed& deed) {
  const auto record = find_api_key(t, key_id);
  if (!record) throw not_there("API_KEY", "key_id", key_id);
  if (record->key.has_revoke_time()) return record->key;
  v1::ApiKey after = record->key;
  node::to_proto(deed.now, after.mutable_revoke_time());
  note_key_revoked(t, key_id, deed.now);
  insert_change(t, ChangeKind::kKey, key_id, 0, deed.now);
  audit(t, deed, "api-key/" + key_id, &record->key, &after);
  return after;
}

}  // namespace muster::identity
