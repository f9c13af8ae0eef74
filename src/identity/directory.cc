#include "directory.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/json.hpp>

#include "api_key.h"
#include "key_ring.h"
#include "muster/base/thread_name.h"
#include "secrets.h"

namespace muster::identity {
namespace {

/// How often the keys are looked after.
constexpr Duration kKeyCare = std::chrono::minutes(1);
/// How often what has had its time is deleted.
constexpr Duration kClearing = std::chrono::hours(1);
/// Tokens of before have expired by then, and streams that were opened with them have ended.
constexpr Duration kTakenLife = 2 * kAccessTokenLife;
constexpr const char* kSeedPurpose = "signing key ";

std::string in_tenant(const std::string& tenant_id, const std::string& id) { return tenant_id + "/" + id; }

TimePoint time_of(const google::protobuf::Timestamp& time) {
  return TimePoint(std::chrono::seconds(time.seconds()) + Duration(time.nanos() / 1'000));
}

std::shared_ptr<const api::Caller> caller_of(const v1::ApiKey& key) {
  auto caller = std::make_shared<api::Caller>();
  caller->tenant_id = key.tenant_id();
  caller->subject = key.client_id();
  caller->key_id = key.key_id();
  for (const int scope : key.scopes()) caller->scopes.push_back(static_cast<v1::ApiScope>(scope));
  caller->expire_time = time_of(key.expire_time());
  return caller;
}

}  // namespace

Directory::Directory(const std::string& database, const RootKey& root, ExternalIssuers& external, Options options)
    : pool_({.connection = database, .threads = 1}), root_(root), external_(external), options_(std::move(options)) {
  for (const std::string& tenant : external_.tenants()) users_changed_.emplace(tenant, "");
}

Directory::~Directory() { stop(); }

void Directory::start() {
  read_on();
  keep_keys();
  thread_ = std::thread([this] { run(); });
  name_thread(thread_, "identity");
}

void Directory::stop() {
  {
    std::lock_guard lock(sleep_mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Directory::nudge() {
  {
    std::lock_guard lock(sleep_mutex_);
    nudged_ = true;
  }
  wake_.notify_all();
}

void Directory::run() {
  bool failing = false;
  std::unique_lock sleep(sleep_mutex_);
  for (;;) {
    wake_.wait_for(sleep, kPollInterval, [this] { return stopping_ || nudged_; });
    if (stopping_) return;
    nudged_ = false;
    sleep.unlock();
    try {
      read_on();
      if (wall_now() - keys_kept_ >= kKeyCare) keep_keys();
      if (wall_now() - cleared_ >= kClearing) clear_away_everywhere();
      if (std::exchange(failing, false)) spdlog::info("identity: the database answers again");
    } catch (const std::exception& error) {
      if (!std::exchange(failing, true)) spdlog::warn("identity: not read from the database: {}", error.what());
    }
    sleep.lock();
  }
}

void Directory::read_on() {
  bool changed = false;
  for (;;) {
    const auto changes =
        pool_.submit(kPlatformTenant, [this](TenantTransaction& t) { return changes_after(t, last_change_); }).get();
    for (const Change& change : changes) {
      apply(change);
      last_change_ = change.number;
      changed = true;
    }
    if (changes.empty()) break;
  }
  // What could not be loaded the last time counts again.
  changed = changed || keys_changed_ || tenants_changed_ || !users_changed_.empty();
  if (keys_changed_) load_api_keys();
  if (tenants_changed_) load_tenants();
  load_users();
  if (changed) ++changes_;
}

void Directory::apply(const Change& change) {
  std::unique_lock lock(mutex_);
  switch (change.kind) {
    case ChangeKind::kUser:
      user_versions_[in_tenant(change.tenant_id, change.id)] = {change.version, wall_now()};
      if (external_.tenants().contains(change.tenant_id)) users_changed_.emplace(change.tenant_id, change.id);
      break;
    case ChangeKind::kSession:
      revoked_sessions_[in_tenant(change.tenant_id, change.id)] = {0, wall_now()};
      break;
    case ChangeKind::kKey:
      keys_changed_ = true;
      break;
    case ChangeKind::kTenant:
      tenants_changed_ = true;
      break;
  }
}

void Directory::load_api_keys() {
  const auto records =
      pool_.submit(kPlatformTenant, [](TenantTransaction& t) { return live_api_keys(t, wall_now()); }).get();
  std::unordered_map<std::string, ApiKey> keys;
  for (const auto& record : records) keys[record.key.key_id()] = {record.digest, caller_of(record.key)};
  std::unique_lock lock(mutex_);
  api_keys_ = std::move(keys);
  keys_changed_ = false;
}

void Directory::load_tenants() {
  const auto ids = pool_.submit(kPlatformTenant, [](TenantTransaction& t) { return suspended_tenants(t); }).get();
  std::unique_lock lock(mutex_);
  suspended_tenants_ = {ids.begin(), ids.end()};
  tenants_changed_ = false;
}

void Directory::find_tenant(const std::string& tenant_id, std::function<void(std::optional<bool>)> then) {
  const auto found = std::make_shared<bool>(false);
  try {
    pool_.post(
        tenant_id, [=](TenantTransaction& t) { *found = identity::find_tenant(t, tenant_id).has_value(); },
        [=](const std::exception_ptr& error) { then(error ? std::nullopt : std::optional(*found)); });
  } catch (const store::PoolFull&) {
    then(std::nullopt);
  } catch (const store::PoolStopped&) {
    then(std::nullopt);
  }
}

void Directory::load_users() {
  while (!users_changed_.empty()) {
    const std::string tenant = users_changed_.begin()->first, user = users_changed_.begin()->second;
    auto found = pool_.submit(tenant, [&](TenantTransaction& t) { return user_rights(t, user); }).get();
    {
      std::unique_lock lock(mutex_);
      if (!user.empty()) users_.erase(in_tenant(tenant, user));
      for (UserRights& rights : found) {
        const std::string name = in_tenant(tenant, rights.user_id);
        users_[name] = std::move(rights);
      }
    }
    std::erase_if(users_changed_,
                  [&](const auto& each) { return each.first == tenant && (user.empty() || each.second == user); });
  }
}

/// Makes the next signing key when it is time, deletes those that have had theirs, and takes up those that others made.
void Directory::keep_keys() {
  const TimePoint now = wall_now();
  auto fresh =
      pool_
          .submit(kPlatformTenant,
                  [&](TenantTransaction& t) {
                    auto records = lock_signing_keys(t);
                    const auto plan_now = [&] {
                      std::vector<KeyTimes> times;
                      for (const auto& record : records) times.push_back({record.kid, record.sign_time});
                      return plan_keys(times, now);
                    };
                    if (const KeyPlan plan = plan_now(); plan.needs_new) {
                      const SigningKey key = SigningKey::generate();
                      records.push_back({key.kid(), key.public_bytes(),
                                         root_.seal(kSeedPurpose + key.kid(), key.seed()), plan.new_sign_time});
                      insert_signing_key(t, records.back());
                    }
                    const KeyPlan plan = plan_now();
                    for (const auto& kid : plan.retired) delete_signing_key(t, kid);
                    return keys_from(records, plan.signs, plan.accepted);
                  })
          .get();
  keys_kept_ = now;
  forget(now);
  std::unique_lock lock(mutex_);
  if (keys_ && keys_->accepted == fresh->accepted) fresh->tokens = keys_->tokens;
  keys_ = std::move(fresh);
}

void Directory::forget(TimePoint now) {
  const auto old = [&](const auto& entry) { return entry.second.heard + kTakenLife < now; };
  std::unique_lock lock(mutex_);
  std::erase_if(user_versions_, old);
  std::erase_if(revoked_sessions_, old);
}

void Directory::clear_away_everywhere() {
  cleared_ = wall_now();
  PageRequest page{0, 1'000};
  Page<v1::Tenant> tenants;
  do {
    tenants = pool_.submit(kPlatformTenant, [&](TenantTransaction& t) { return list_tenants(t, page); }).get();
    for (const v1::Tenant& tenant : tenants.items) {
      pool_.submit(tenant.tenant_id(), [this](TenantTransaction& t) { clear_away(t, cleared_); }).get();
    }
    page.after = tenants.last;
  } while (tenants.more);
}

std::shared_ptr<Directory::Keys> Directory::keys_from(const std::vector<SigningKeyRecord>& records,
                                                      const std::string& signs,
                                                      const std::vector<std::string>& accepted) const {
  auto keys = std::make_shared<Keys>();
  Issuer own{options_.issuer, options_.audience, {}, {Algorithm::kEdDsa}, {"at+jwt"}, kAccessTokenLife, {}};
  for (const auto& record : records) {
    if (std::find(accepted.begin(), accepted.end(), record.kid) == accepted.end()) continue;
    keys->accepted.push_back(record.public_key);
    own.keys.emplace(record.kid, PublicKey::ed25519(record.public_key));
    if (record.kid != signs) continue;
    const auto seed = root_.open(kSeedPurpose + record.kid, record.sealed_seed);
    if (!seed) {
      throw std::runtime_error(
          "the database's signing keys were sealed with another root key: start with that one, or, if it is lost, "
          "delete the rows of signing_key and make new API keys");
    }
    keys->signs = std::make_shared<SigningKey>(SigningKey::from_seed(*seed));
  }
  keys->tokens = std::make_shared<KnownTokens>(std::vector{std::move(own)}, root_);
  return keys;
}

std::shared_ptr<const Directory::Keys> Directory::keys() const {
  std::shared_lock lock(mutex_);
  return keys_;
}

Directory::Answer Directory::authenticate(std::string_view credential, TimePoint now) {
  return looks_like_api_key(credential) ? authenticate_key(credential, now) : authenticate_token(credential, now);
}

Directory::Answer Directory::authenticate_key(std::string_view credential, TimePoint now) const {
  const auto text = ApiKeyText::parse(credential);
  if (!text) return {Refusal::kInvalid, nullptr};
  const std::string digest = root_.digest(text->secret);
  std::shared_ptr<const api::Caller> caller;
  {
    std::shared_lock lock(mutex_);
    const auto found = api_keys_.find(text->key_id);
    if (found == api_keys_.end() || !same_secret(found->second.digest, digest)) return {Refusal::kInvalid, nullptr};
    caller = found->second.caller;
  }
  return judged(std::move(caller), now);
}

Directory::Answer Directory::authenticate_token(std::string_view token, TimePoint now) {
  auto answer = keys()->tokens->verify(token, now);
  const bool external = answer.rejection == Rejection::kUnknownIssuer;
  if (external) answer = external_.verify(token, now);
  if (answer.rejection == Rejection::kExpired) return {Refusal::kExpired, nullptr};
  if (answer.rejection != Rejection::kNone) {
    spdlog::debug("identity: a token is refused: {}", name_of(answer.rejection));
    return {Refusal::kInvalid, nullptr};
  }
  if (external) {
    answer.caller = user_behind(*answer.caller);
    if (!answer.caller) return {Refusal::kInvalid, nullptr};
  }
  return judged(std::move(answer.caller), now);
}

/// Null if there is no such user. Roles that the token does not say anything about are the user's; what it says can
/// leave some out and add none.
std::shared_ptr<const api::Caller> Directory::user_behind(const api::Caller& said) const {
  std::shared_lock lock(mutex_);
  const auto user = users_.find(in_tenant(said.tenant_id, said.subject));
  if (user == users_.end()) {
    spdlog::debug("identity: a token is refused: {} has no user {}", said.tenant_id, said.subject);
    return nullptr;
  }
  auto caller = std::make_shared<api::Caller>(said);
  caller->agent_id = user->second.agent_id;
  caller->version = user->second.version;
  caller->roles.clear();
  for (const v1::Role role : user->second.roles) {
    const bool left = said.roles.empty() || std::find(said.roles.begin(), said.roles.end(), role) != said.roles.end();
    if (left) caller->roles.push_back(role);
  }
  return caller;
}

Directory::Answer Directory::judged(std::shared_ptr<const api::Caller> caller, TimePoint now) const {
  const Refusal refusal = recheck(*caller, now);
  if (refusal != Refusal::kNone) return {refusal, nullptr};
  return {Refusal::kNone, std::move(caller)};
}

Directory::Refusal Directory::recheck(const api::Caller& caller, TimePoint now) const {
  if (now >= caller.expire_time) return Refusal::kExpired;
  std::shared_lock lock(mutex_);
  if (suspended_tenants_.contains(caller.tenant_id)) return Refusal::kRevoked;
  if (!caller.key_id.empty()) return api_keys_.contains(caller.key_id) ? Refusal::kNone : Refusal::kRevoked;
  if (caller.session_id.empty()) {  // another issuer's token
    const auto user = users_.find(in_tenant(caller.tenant_id, caller.subject));
    const bool same = user != users_.end() && user->second.active && user->second.version == caller.version;
    return same ? Refusal::kNone : Refusal::kRevoked;
  }
  if (revoked_sessions_.contains(in_tenant(caller.tenant_id, caller.session_id))) return Refusal::kRevoked;
  const auto version = user_versions_.find(in_tenant(caller.tenant_id, caller.subject));
  return version != user_versions_.end() && caller.version < version->second.version ? Refusal::kRevoked
                                                                                     : Refusal::kNone;
}

IssuedToken Directory::issue(const api::Caller& caller, TimePoint now) const {
  return issue_token(*keys()->signs, options_.issuer, options_.audience, caller, now);
}

std::string Directory::key_set() const {
  boost::json::array jwks;
  for (const std::string& key : keys()->accepted) jwks.push_back(to_jwk(key));
  return boost::json::serialize(boost::json::object{{"keys", std::move(jwks)}});
}

}  // namespace muster::identity
