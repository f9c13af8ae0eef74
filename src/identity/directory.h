#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "external_issuers.h"
#include "identity_store.h"
#include "keys.h"
#include "known_tokens.h"
#include "root_key.h"
#include "tokens.h"

namespace muster::identity {

/// What every call is judged by, in memory: which keys sign, which API keys live, and what was taken away since. It
/// follows the database by the changes written there, so that something taken away on any server is refused on all
/// within kPollInterval, and calls are let in though the database may be away. Thread-safe.
class Directory {
 public:
  static constexpr std::chrono::milliseconds kPollInterval{400};

  struct Options {
    std::string issuer;
    std::string audience = "muster";
  };

  /// The root key and the other issuers must live longer.
  Directory(const std::string& database, const RootKey& root, ExternalIssuers& external, Options options);
  ~Directory();
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  /// Reads everything and goes on reading. Throws if the database cannot be read, or its keys are not of this root key.
  void start();
  void stop();
  /// Has it read at once what is new.
  void nudge();

  /// Why a credential is refused.
  enum class Refusal { kNone, kInvalid, kExpired, kRevoked };
  struct Answer {
    Refusal refusal = Refusal::kNone;
    std::shared_ptr<const api::Caller> caller;  ///< null if refused
  };
  /// Who calls with this token or API key. A token of another issuer is good for the user of ours whom it names, and
  /// only takes away from what that user may do.
  Answer authenticate(std::string_view credential, TimePoint now);
  /// Whether who was let in before still would be.
  [[nodiscard]] Refusal recheck(const api::Caller& caller, TimePoint now) const;

  /// Asks the database whether there is such a tenant: `then` is called once, from any thread; nothing if it does not
  /// answer.
  void find_tenant(const std::string& tenant_id, std::function<void(std::optional<bool>)> then);

  /// Rises whenever recheck() may answer otherwise than before, but for the passing of time.
  [[nodiscard]] std::uint64_t changes() const { return changes_; }

  IssuedToken issue(const api::Caller& caller, TimePoint now) const;
  /// The public keys as a JWKS.
  [[nodiscard]] std::string key_set() const;

 private:
  struct ApiKey {
    std::string digest;
    std::shared_ptr<const api::Caller> caller;
  };
  /// The signing keys as they are now; replaced as a whole.
  struct Keys {
    std::shared_ptr<const SigningKey> signs;
    std::vector<std::string> accepted;  ///< public keys
    std::shared_ptr<KnownTokens> tokens;
  };

  /// What was taken away, and when that was heard.
  struct Taken {
    std::int64_t version = 0;
    TimePoint heard;
  };

  void run();
  void read_on();
  void forget(TimePoint now);
  void clear_away_everywhere();
  void apply(const Change& change);
  void load_api_keys();
  void load_tenants();
  void load_users();
  void keep_keys();
  [[nodiscard]] std::shared_ptr<Keys> keys_from(const std::vector<SigningKeyRecord>& records, const std::string& signs,
                                                const std::vector<std::string>& accepted) const;
  [[nodiscard]] std::shared_ptr<const Keys> keys() const;
  Answer authenticate_key(std::string_view credential, TimePoint now) const;
  Answer authenticate_token(std::string_view token, TimePoint now);
  [[nodiscard]] std::shared_ptr<const api::Caller> user_behind(const api::Caller& said) const;
  Answer judged(std::shared_ptr<const api::Caller> caller, TimePoint now) const;

  store::TenantPool pool_;  ///< its own: what is revoked must not wait behind those who sign in
  const RootKey& root_;
  ExternalIssuers& external_;
  const Options options_;

  mutable std::shared_mutex mutex_;
  std::shared_ptr<const Keys> keys_;                  // guarded by mutex_, as all below
  std::unordered_map<std::string, ApiKey> api_keys_;  ///< by key_id
  std::unordered_set<std::string> suspended_tenants_;
  /// By tenant and user: tokens of lower versions are refused. By tenant and session: revoked. Both are kept for as
  /// long as there may be tokens and streams of before.
  std::unordered_map<std::string, Taken> user_versions_;
  std::unordered_map<std::string, Taken> revoked_sessions_;
  /// By tenant and user: those whom other issuers may name.
  std::unordered_map<std::string, UserRights> users_;

  std::atomic<std::uint64_t> changes_{0};

  // Of the reading thread; before that is started, of start().
  std::int64_t last_change_ = 0;
  bool keys_changed_ = true;
  bool tenants_changed_ = true;
  std::set<std::pair<std::string, std::string>> users_changed_;  ///< tenant and user; all of the tenant: no user
  TimePoint keys_kept_;
  TimePoint cleared_ = wall_now();

  std::mutex sleep_mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // guarded by sleep_mutex_
  bool nudged_ = false;    // guarded by sleep_mutex_
  std::thread thread_;
};

}  // namespace muster::identity
