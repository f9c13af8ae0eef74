#include "identity_store.h"

#include <algorithm>
#include <array>
#include <pqxx/pqxx>

#include "muster/node/render.h"

namespace muster::identity {
namespace {

using store::limit_of;
using store::micros;
using store::page_of;
using store::read_time;
using store::time_in;
using store::time_param;

constexpr std::size_t kChangesMax = 10'000;
/// How long a repeated request is recognised.
constexpr const char* kRequestLife = "24 hours";
/// Changes are needed as long as tokens live that they forbid, and a server may be away before it reads all anew.
constexpr const char* kChangeLife = "24 hours";
// Locks of this transaction among others of their kind: any two numbers, as long as all servers use the same.
constexpr int kChangeLock = 41001;
constexpr int kKeyLock = 41002;

TimePoint time_of(const google::protobuf::Timestamp& time) {
  return TimePoint(std::chrono::seconds(time.seconds()) + Duration(time.nanos() / 1'000));
}
void time_in(const pqxx::field& field, google::protobuf::Timestamp* out) { node::to_proto(time_in(field), out); }
std::string bytes_in(const pqxx::field& field) {
  const pqxx::binarystring bytes(field);
  return {bytes.get(), bytes.size()};
}
pqxx::binarystring binary(const std::string& bytes) { return pqxx::binarystring(bytes); }

/// Small numbers as an array in PostgreSQL's text form.
template <typename List>
std::string to_array(const List& numbers) {
  std::string text = "{";
  for (const int number : numbers) text += (text.size() > 1 ? "," : "") + std::to_string(number);
  return text + "}";
}
template <typename Add>
void from_array(const pqxx::field& field, const Add& add) {
  auto parser = field.as_array();
  for (auto next = parser.get_next(); next.first != pqxx::array_parser::done; next = parser.get_next()) {
    if (next.first == pqxx::array_parser::string_value) add(std::stoi(next.second));
  }
}

/// Waits until no other transaction has this lock, and holds it until this one ends.
void lock(TenantTransaction& t, int kind, const std::string& what) {
  t.sql().exec_params("SELECT pg_advisory_xact_lock($1, hashtext($2))", kind, what);
}

}  // namespace

// --- tenants ---

namespace {

const std::string kTenantColumns =
    "number, tenant_id, display_name, state, " + read_time("create_time") + ", " + read_time("update_time");

v1::Tenant tenant_in(const pqxx::row& row) {
  v1::Tenant tenant;
  tenant.set_tenant_id(row[1].as<std::string>());
  tenant.set_display_name(row[2].as<std::string>());
  tenant.set_state(static_cast<v1::TenantState>(row[3].as<int>()));
  time_in(row[4], tenant.mutable_create_time());
  time_in(row[5], tenant.mutable_update_time());
  return tenant;
}

}  // namespace

std::optional<v1::Tenant> find_tenant(TenantTransaction& t, const std::string& tenant_id) {
  const auto rows = t.sql().exec_params("SELECT " + kTenantColumns + " FROM tenant WHERE tenant_id = $1", tenant_id);
  if (rows.empty()) return std::nullopt;
  return tenant_in(rows[0]);
}

bool insert_tenant(TenantTransaction& t, const v1::Tenant& tenant, TimePoint now) {
  const auto done = t.sql().exec_params(
      "INSERT INTO tenant (tenant_id, display_name, state, create_time, update_time)"
      " VALUES ($1, $2, $3, " +
          time_param(4) + ", " + time_param(4) + ") ON CONFLICT DO NOTHING",
      tenant.tenant_id(), tenant.display_name(), static_cast<int>(tenant.state()), micros(now));
  return done.affected_rows() == 1;
}

void write_tenant(TenantTransaction& t, const v1::Tenant& tenant, TimePoint now) {
  t.sql().exec_params(
      "UPDATE tenant SET display_name = $2, state = $3, update_time = " + time_param(4) + " WHERE tenant_id = $1",
      tenant.tenant_id(), tenant.display_name(), static_cast<int>(tenant.state()), micros(now));
}

Page<v1::Tenant> list_tenants(TenantTransaction& t, const PageRequest& page) {
  const auto rows =
      t.sql().exec_params("SELECT " + kTenantColumns + " FROM tenant WHERE number > $1 ORDER BY number LIMIT $2",
                          page.after, limit_of(page));
  return page_of<v1::Tenant>(rows, page, tenant_in);
}

std::vector<std::string> suspended_tenants(TenantTransaction& t) {
  std::vector<std::string> ids;
  for (const auto& row : t.sql().exec_params("SELECT tenant_id FROM tenant WHERE state = $1",
                                             static_cast<int>(v1::TENANT_STATE_SUSPENDED))) {
    ids.push_back(row[0].as<std::string>());
  }
  return ids;
}

// --- users ---

namespace {

const std::string kUserColumns = "number, tenant_id, user_id, display_name, roles, agent_id, state, " +
                                 read_time("create_time") + ", " + read_time("update_time") + ", " +
                                 read_time("sign_in_time");

v1::User user_in(const pqxx::row& row) {
  v1::User user;
  user.set_tenant_id(row[1].as<std::string>());
  user.set_user_id(row[2].as<std::string>());
  user.set_display_name(row[3].as<std::string>());
  from_array(row[4], [&](int role) { user.add_roles(static_cast<v1::Role>(role)); });
  user.set_agent_id(row[5].as<std::string>());
  user.set_state(static_cast<v1::UserState>(row[6].as<int>()));
  time_in(row[7], user.mutable_create_time());
  time_in(row[8], user.mutable_update_time());
  if (!row[9].is_null()) time_in(row[9], user.mutable_sign_in_time());
  return user;
}

}  // namespace

namespace {
std::optional<UserRecord> read_user(TenantTransaction& t, const std::string& user_id, const std::string& how) {
  const auto rows = t.sql().exec_params(
      "SELECT " + kUserColumns + ", password_hash, version FROM app_user WHERE tenant_id = $1 AND user_id = $2" + how,
      t.tenant(), user_id);
  if (rows.empty()) return std::nullopt;
  return UserRecord{user_in(rows[0]), rows[0][10].as<std::string>(), rows[0][11].as<std::int64_t>()};
}
}  // namespace

std::optional<UserRecord> find_user(TenantTransaction& t, const std::string& user_id) {
  return read_user(t, user_id, "");
}

std::optional<UserRecord> lock_user(TenantTransaction& t, const std::string& user_id) {
  return read_user(t, user_id, " FOR UPDATE");
}

bool insert_user(TenantTransaction& t, const UserRecord& record, TimePoint now) {
  const v1::User& user = record.user;
  const auto done = t.sql().exec_params(
      "INSERT INTO app_user (tenant_id, user_id, display_name, password_hash, roles, agent_id, state, version,"
      " create_time, update_time) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, " +
          time_param(9) + ", " + time_param(9) + ") ON CONFLICT DO NOTHING",
      t.tenant(), user.user_id(), user.display_name(), record.password_hash, to_array(user.roles()), user.agent_id(),
      static_cast<int>(user.state()), record.version, micros(now));
  return done.affected_rows() == 1;
}

void write_user(TenantTransaction& t, const UserRecord& record, TimePoint now) {
  const v1::User& user = record.user;
  t.sql().exec_params(
      "UPDATE app_user SET display_name = $3, password_hash = $4, roles = $5, agent_id = $6, state = $7, version = $8,"
      " update_time = " +
          time_param(9) + " WHERE tenant_id = $1 AND user_id = $2",
      t.tenant(), user.user_id(), user.display_name(), record.password_hash, to_array(user.roles()), user.agent_id(),
      static_cast<int>(user.state()), record.version, micros(now));
}

void note_sign_in(TenantTransaction& t, const std::string& user_id, TimePoint now) {
  t.sql().exec_params("UPDATE app_user SET sign_in_time = " + time_param(3) + " WHERE tenant_id = $1 AND user_id = $2",
                      t.tenant(), user_id, micros(now));
}

Page<v1::User> list_users(TenantTransaction& t, const UserFilter& filter, const PageRequest& page) {
  const auto rows = t.sql().exec_params("SELECT " + kUserColumns +
                                            " FROM app_user WHERE tenant_id = $1 AND number > $2"
                                            " AND ($3 = 0 OR $3 = ANY (roles)) AND ($4 = 0 OR state = $4)"
                                            " AND (user_id LIKE $5 OR display_name ILIKE $5) ORDER BY number LIMIT $6",
                                        t.tenant(), page.after, static_cast<int>(filter.role),
                                        static_cast<int>(filter.state), store::containing(filter.text), limit_of(page));
  return page_of<v1::User>(rows, page, user_in);
}

int count_active(TenantTransaction& t, v1::Role role) {
  const auto rows = t.sql().exec_params(
      "SELECT FROM app_user WHERE tenant_id = $1 AND state = $2 AND $3 = ANY (roles) ORDER BY user_id FOR UPDATE",
      t.tenant(), static_cast<int>(v1::USER_STATE_ACTIVE), static_cast<int>(role));
  return static_cast<int>(rows.size());
}

// --- sign-ins ---

void insert_sign_in(TenantTransaction& t, const SignInRecord& record, const std::string& digest, TimePoint now) {
  t.sql().exec_params(
      "WITH made AS (INSERT INTO sign_in (tenant_id, session_id, user_id, newest, create_time, expire_time)"
      " VALUES ($1, $2, $3, $4, " +
          time_param(6) + ", " + time_param(7) +
          ") RETURNING tenant_id, session_id, newest)"
          " INSERT INTO refresh_token (tenant_id, session_id, generation, digest, spent_by)"
          " SELECT tenant_id, session_id, newest, $5, '' FROM made",
      t.tenant(), record.session_id, record.user_id, record.newest, binary(digest), micros(now),
      micros(record.expire_time));
}

std::optional<SignInRecord> find_sign_in(TenantTransaction& t, const std::string& session_id) {
  const auto rows = t.sql().exec_params("SELECT user_id, newest, " + read_time("expire_time") +
                                            ", revoke_time IS NOT NULL FROM sign_in"
                                            " WHERE tenant_id = $1 AND session_id = $2 FOR UPDATE",
                                        t.tenant(), session_id);
  if (rows.empty()) return std::nullopt;
  const auto row = rows[0];
  return SignInRecord{session_id, row[0].as<std::string>(), row[1].as<std::int64_t>(), time_in(row[2]),
                      row[3].as<bool>()};
}

std::optional<RefreshRecord> find_refresh_token(TenantTransaction& t, const std::string& session_id,
                                                const std::string& digest) {
  const auto rows = t.sql().exec_params(
      "SELECT generation, spent_by FROM refresh_token WHERE tenant_id = $1 AND session_id = $2 AND digest = $3",
      t.tenant(), session_id, binary(digest));
  if (rows.empty()) return std::nullopt;
  return RefreshRecord{rows[0][0].as<std::int64_t>(), rows[0][1].as<std::string>()};
}

void rotate_refresh_token(TenantTransaction& t, const std::string& session_id, std::int64_t spent,
                          const std::string& request_id, const std::string& digest) {
  t.sql().exec_params(
      "UPDATE refresh_token SET spent_by = $4 WHERE tenant_id = $1 AND session_id = $2 AND generation = $3", t.tenant(),
      session_id, spent, request_id);
  t.sql().exec_params(
      "INSERT INTO refresh_token (tenant_id, session_id, generation, digest, spent_by) VALUES ($1, $2, $3, $4, '')",
      t.tenant(), session_id, spent + 1, binary(digest));
  t.sql().exec_params("UPDATE sign_in SET newest = $3 WHERE tenant_id = $1 AND session_id = $2", t.tenant(), session_id,
                      spent + 1);
}

void replace_refresh_token(TenantTransaction& t, const std::string& session_id, std::int64_t generation,
                           const std::string& digest) {
  t.sql().exec_params(
      "UPDATE refresh_token SET digest = $4 WHERE tenant_id = $1 AND session_id = $2 AND generation = $3", t.tenant(),
      session_id, generation, binary(digest));
}

bool revoke_sign_in(TenantTransaction& t, const std::string& session_id, TimePoint now) {
  const auto done = t.sql().exec_params("UPDATE sign_in SET revoke_time = " + time_param(3) +
                                            " WHERE tenant_id = $1 AND session_id = $2 AND revoke_time IS NULL",
                                        t.tenant(), session_id, micros(now));
  return done.affected_rows() == 1;
}

std::vector<std::string> revoke_sign_ins_of(TenantTransaction& t, const std::string& user_id, const std::string& kept,
                                            TimePoint now) {
  std::vector<std::string> revoked;
  for (const auto& row : t.sql().exec_params("UPDATE sign_in SET revoke_time = " + time_param(3) +
                                                 " WHERE tenant_id = $1 AND user_id = $2 AND session_id <> $4 AND "
                                                 "revoke_time IS NULL AND expire_time > " +
                                                 time_param(3) + " RETURNING session_id",
                                             t.tenant(), user_id, micros(now), kept)) {
    revoked.push_back(row[0].as<std::string>());
  }
  return revoked;
}

// --- API keys ---

namespace {

const std::string kApiKeyColumns = "number, tenant_id, key_id, client_id, scopes, " + read_time("create_time") + ", " +
                                   read_time("expire_time") + ", " + read_time("revoke_time");

v1::ApiKey api_key_in(const pqxx::row& row) {
  v1::ApiKey key;
  key.set_tenant_id(row[1].as<std::string>());
  key.set_key_id(row[2].as<std::string>());
  key.set_client_id(row[3].as<std::string>());
  from_array(row[4], [&](int scope) { key.add_scopes(static_cast<v1::ApiScope>(scope)); });
  time_in(row[5], key.mutable_create_time());
  time_in(row[6], key.mutable_expire_time());
  if (!row[7].is_null()) time_in(row[7], key.mutable_revoke_time());
  return key;
}

}  // namespace

void insert_api_key(TenantTransaction& t, const ApiKeyRecord& record, TimePoint now) {
  const v1::ApiKey& key = record.key;
  t.sql().exec_params(
      "INSERT INTO api_key (tenant_id, key_id, client_id, digest, scopes, create_time, expire_time)"
      " VALUES ($1, $2, $3, $4, $5, " +
          time_param(6) + ", " + time_param(7) + ")",
      t.tenant(), key.key_id(), key.client_id(), binary(record.digest), to_array(key.scopes()), micros(now),
      micros(time_of(key.expire_time())));
}

std::optional<ApiKeyRecord> find_api_key(TenantTransaction& t, const std::string& key_id) {
  const auto rows = t.sql().exec_params(
      "SELECT " + kApiKeyColumns + ", digest FROM api_key WHERE tenant_id = $1 AND key_id = $2 FOR UPDATE", t.tenant(),
      key_id);
  if (rows.empty()) return std::nullopt;
  return ApiKeyRecord{api_key_in(rows[0]), bytes_in(rows[0][8])};
}

void note_key_revoked(TenantTransaction& t, const std::string& key_id, TimePoint now) {
  t.sql().exec_params("UPDATE api_key SET revoke_time = " + time_param(3) + " WHERE tenant_id = $1 AND key_id = $2",
                      t.tenant(), key_id, micros(now));
}

int count_live_keys(TenantTransaction& t, const std::string& client_id, TimePoint now) {
  lock(t, kKeyLock, t.tenant() + "/" + client_id);
  return t.sql()
      .exec_params(
          "SELECT count(*) FROM api_key WHERE tenant_id = $1 AND client_id = $2 AND revoke_time IS NULL"
          " AND expire_time > " +
              time_param(3),
          t.tenant(), client_id, micros(now))[0][0]
      .as<int>();
}

Page<v1::ApiKey> list_api_keys(TenantTransaction& t, const std::string& client_id, const PageRequest& page) {
  const auto rows = t.sql().exec_params("SELECT " + kApiKeyColumns +
                                            " FROM api_key WHERE tenant_id = $1 AND number > $2"
                                            " AND ($3 = '' OR client_id = $3) ORDER BY number LIMIT $4",
                                        t.tenant(), page.after, client_id, limit_of(page));
  return page_of<v1::ApiKey>(rows, page, api_key_in);
}

std::vector<ApiKeyRecord> live_api_keys(TenantTransaction& t, TimePoint now) {
  std::vector<ApiKeyRecord> keys;
  for (const auto& row :
       t.sql().exec_params("SELECT " + kApiKeyColumns +
                               ", digest FROM api_key WHERE revoke_time IS NULL AND expire_time > " + time_param(1),
                           micros(now))) {
    keys.push_back({api_key_in(row), bytes_in(row[8])});
  }
  return keys;
}

// --- changes ---

namespace {
constexpr std::array kChangeKinds = {"user", "session", "key", "tenant"};
}

void insert_change(TenantTransaction& t, ChangeKind kind, const std::string& id, std::int64_t version, TimePoint now) {
  lock(t, kChangeLock, "");
  t.sql().exec_params(
      "INSERT INTO identity_change (tenant_id, kind, id, version, change_time)"
      " VALUES ($1, $2, $3, $4, " +
          time_param(5) + ")",
      t.tenant(), kChangeKinds[static_cast<std::size_t>(kind)], id, version, micros(now));
}

std::vector<Change> changes_after(TenantTransaction& t, std::int64_t number) {
  std::vector<Change> changes;
  for (const auto& row : t.sql().exec_params("SELECT tenant_id, number, kind, id, version FROM identity_change WHERE "
                                             "number > $1 ORDER BY number LIMIT $2",
                                             number, static_cast<std::int64_t>(kChangesMax))) {
    const auto kind = std::find(kChangeKinds.begin(), kChangeKinds.end(), row[2].as<std::string>());
    changes.push_back({row[0].as<std::string>(), row[1].as<std::int64_t>(),
                       static_cast<ChangeKind>(kind - kChangeKinds.begin()), row[3].as<std::string>(),
                       row[4].as<std::int64_t>()});
  }
  return changes;
}

// --- requests ---

std::optional<AnsweredRequest> find_request(TenantTransaction& t, const std::string& request_id) {
  const auto rows =
      t.sql().exec_params("SELECT fingerprint, reply FROM identity_request WHERE tenant_id = $1 AND request_id = $2",
                          t.tenant(), request_id);
  if (rows.empty()) return std::nullopt;
  return AnsweredRequest{bytes_in(rows[0][0]), bytes_in(rows[0][1])};
}

bool insert_request(TenantTransaction& t, const std::string& request_id, const AnsweredRequest& request,
                    TimePoint now) {
  const auto done = t.sql().exec_params(
      "INSERT INTO identity_request (tenant_id, request_id, fingerprint, reply, create_time)"
      " VALUES ($1, $2, $3, $4, " +
          time_param(5) + ") ON CONFLICT DO NOTHING",
      t.tenant(), request_id, binary(request.fingerprint), binary(request.reply), micros(now));
  return done.affected_rows() == 1;
}

// --- signing keys ---

std::vector<SigningKeyRecord> lock_signing_keys(TenantTransaction& t) {
  lock(t, kKeyLock, "");
  std::vector<SigningKeyRecord> keys;
  for (const auto& row :
       t.sql().exec("SELECT kid, public_key, seed, " + read_time("sign_time") + " FROM signing_key")) {
    keys.push_back({row[0].as<std::string>(), bytes_in(row[1]), bytes_in(row[2]), time_in(row[3])});
  }
  return keys;
}

void insert_signing_key(TenantTransaction& t, const SigningKeyRecord& record) {
  t.sql().exec_params(
      "INSERT INTO signing_key (tenant_id, kid, public_key, seed, sign_time)"
      " VALUES ($1, $2, $3, $4, " +
          time_param(5) + ")",
      t.tenant(), record.kid, binary(record.public_key), binary(record.sealed_seed), micros(record.sign_time));
}

void delete_signing_key(TenantTransaction& t, const std::string& kid) {
  t.sql().exec_params("DELETE FROM signing_key WHERE tenant_id = $1 AND kid = $2", t.tenant(), kid);
}

// --- the audit ---

Page<v1::AuditEntry> list_audit(TenantTransaction& t, const AuditFilter& filter, const PageRequest& page) {
  const auto rows =
      t.sql().exec_params("SELECT number, " + read_time("audit_time") +
                              ", actor_tenant_id, actor, action, resource, request_id, coalesce(before::text, ''), "
                              "coalesce(after::text, '')"
                              " FROM audit_entry WHERE tenant_id = $1 AND number > $2 AND ($3 = '' OR resource = $3)"
                              " AND ($4 = '' OR actor = $4) ORDER BY number LIMIT $5",
                          t.tenant(), page.after, filter.resource, filter.actor, limit_of(page));
  return page_of<v1::AuditEntry>(rows, page, [&](const pqxx::row& row) {
    v1::AuditEntry entry;
    entry.set_tenant_id(t.tenant());
    entry.set_audit_id(row[0].as<std::int64_t>());
    time_in(row[1], entry.mutable_time());
    entry.set_actor_tenant_id(row[2].as<std::string>());
    entry.set_actor(row[3].as<std::string>());
    entry.set_action(row[4].as<std::string>());
    entry.set_resource(row[5].as<std::string>());
    entry.set_request_id(row[6].as<std::string>());
    entry.set_before(row[7].as<std::string>());
    entry.set_after(row[8].as<std::string>());
    return entry;
  });
}

void clear_away(TenantTransaction& t, TimePoint now) {
  t.sql().exec_params("DELETE FROM sign_in WHERE tenant_id = $1 AND expire_time < " + time_param(2), t.tenant(),
                      micros(now));
  t.sql().exec_params("DELETE FROM identity_request WHERE tenant_id = $1 AND create_time < " + time_param(2) +
                          " - interval '" + kRequestLife + "'",
                      t.tenant(), micros(now));
  t.sql().exec_params("DELETE FROM identity_change WHERE tenant_id = $1 AND change_time < " + time_param(2) +
                          " - interval '" + kChangeLife + "'",
                      t.tenant(), micros(now));
}

}  // namespace muster::identity
