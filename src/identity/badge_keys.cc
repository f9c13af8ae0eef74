#include "muster/identity/badge_keys.h"

#include <algorithm>
#include <boost/json.hpp>
#include <stdexcept>

#include "badge_key_store.h"
#include "keys.h"
#include "muster/api/caller.h"
#include "muster/store/audit.h"
#include "root_key.h"
#include "secrets.h"

namespace muster::identity {
namespace {

namespace json = boost::json;
using store::TenantTransaction;

constexpr Duration kSigns = std::chrono::hours(24 * 365);

std::string purpose_of(const std::string& kid) { return "badge key " + kid; }
std::string url_of(const std::string& address, const std::string& kid) { return address + "/" + kid; }

SigningKey make_key(TenantTransaction& t, const RootKey& root, TimePoint now) {
  const SigningKey key = SigningKey::generate();
  insert_badge_key(t, {key.kid(), key.public_bytes(), root.seal(purpose_of(key.kid()), key.seed()), now});
  const std::string as_json = json::serialize(json::object{{"kid", key.kid()}});
  store::insert_audit(t, {kPlatformTenant, "identity", "MakeBadgeKey", ""}, {{"badge-key/" + key.kid(), "", as_json}},
                      now);
  return key;
}

SigningKey key_to_sign_with(TenantTransaction& t, const RootKey& root, TimePoint now) {
  const auto keys = list_badge_keys(t);
  if (keys.empty() || keys.front().seed.empty() || keys.front().create_time + kSigns <= now) {
    return make_key(t, root, now);
  }
  const auto seed = root.open(purpose_of(keys.front().kid), keys.front().seed);
  if (!seed) throw std::runtime_error("the key for badges cannot be opened: the root key is another one");
  return SigningKey::from_seed(*seed);
}

bool erase_old_seeds(TenantTransaction& t, TimePoint now) {
  for (const std::string& kid : erase_seeds(t, now - kSigns)) {
    const auto as_json = [&](bool signs) { return json::serialize(json::object{{"kid", kid}, {"signs", signs}}); };
    store::insert_audit(t, {kPlatformTenant, "identity", "EraseBadgeKey", ""},
                        {{"badge-key/" + kid, as_json(true), as_json(false)}}, now);
  }
  return false;
}

}  // namespace

BadgeKeys::BadgeKeys(const std::filesystem::path& root_key)
    : root_(std::make_unique<const RootKey>(RootKey::from_file(root_key))) {}

BadgeKeys::~BadgeKeys() = default;

std::string BadgeKeys::sign(TenantTransaction& t, const std::string& payload, const std::string& address,
                            TimePoint now) const {
  const SigningKey key = key_to_sign_with(t, *root_, now);
  const json::object header{{"alg", name_of(Algorithm::kEdDsa)}, {"kid", url_of(address, key.kid())}, {"typ", "JWT"}};
  const std::string message = to_base64url(json::serialize(header)) + "." + to_base64url(payload);
  return message + "." + to_base64url(key.sign(message));
}

std::string badge_key_set(TenantTransaction& t) {
  json::array keys;
  for (const BadgeKeyRecord& key : list_badge_keys(t)) keys.push_back(to_jwk(key.public_key));
  return json::serialize(json::object{{"keys", std::move(keys)}});
}

std::optional<std::string> badge_key(TenantTransaction& t, const std::string& name) {
  const auto keys = list_badge_keys(t);
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const auto& key) { return key.kid == name; });
  if (found == keys.end()) return std::nullopt;
  return json::serialize(to_jwk(found->public_key));
}

store::Job badge_key_job() { return {"identity.badge_keys", std::chrono::seconds(3600), erase_old_seeds}; }

}  // namespace muster::identity
