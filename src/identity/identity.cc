#include "muster/identity/identity.h"

#include <sodium.h>
#include <unistd.h>

#include <chrono>
#include <climits>
#include <stdexcept>
#include <thread>

#include "accounts.h"
#include "api_key.h"
#include "directory.h"
#include "gatekeeper.h"
#include "identity_service.h"
#include "muster/client/private_file.h"
#include "password.h"
#include "root_key.h"
#include "secrets.h"
#include "sign_in_limiter.h"

namespace muster::identity {
namespace {

constexpr const char* kFirstAdmin = "admin";
constexpr const char* kOperatorClient = "local-operator-";
constexpr std::size_t kOperatorClientBytes = 4;
constexpr Duration kOperatorKeyLeft = std::chrono::hours(24 * 30);
constexpr std::size_t kKeyFileBytesMax = 256;

Deed by_system(const char* action) { return {kPlatformTenant, "system", action, "", wall_now()}; }

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

/// A file as all servers of a database tell it from others: the machine and the path.
std::string place_of(const std::filesystem::path& file) {
  char host[HOST_NAME_MAX + 1] = {};
  gethostname(host, sizeof(host) - 1);
  return std::string(host) + ":" + std::filesystem::absolute(file).lexically_normal().string();
}

/// A client for each file: servers of one database, each with a folder of its own, leave each other's keys alone.
std::string operator_client(const std::string& place) {
  unsigned char digest[crypto_generichash_BYTES_MIN] = {};
  crypto_generichash(digest, sizeof(digest), bytes_of(place), place.size(), nullptr, 0);
  char hex[2 * kOperatorClientBytes + 1] = {};
  sodium_bin2hex(hex, sizeof(hex), digest, kOperatorClientBytes);
  return kOperatorClient + std::string(hex);
}

/// In place of those that the file had.
std::string replace_operator_key(TenantTransaction& t, const RootKey& root, const std::string& place) {
  const Deed deed = by_system("WriteOperatorKey");
  const std::string client = operator_client(place);
  for (const auto& key : list_api_keys(t, client, {0, 1000}).items) {
    if (!key.has_revoke_time()) revoke_api_key(t, key.key_id(), deed);
  }
  v1::ApiKey key;
  key.set_client_id(client);
  for (int scope = v1::ApiScope_MIN + 1; scope <= v1::ApiScope_MAX; ++scope) {
    key.add_scopes(static_cast<v1::ApiScope>(scope));
  }
  const auto end = std::chrono::duration_cast<std::chrono::seconds>((deed.now + kApiKeyLifeMax).time_since_epoch());
  key.mutable_expire_time()->set_seconds(end.count());
  return create_api_key(t, root, key, deed).text;
}

}  // namespace

class Identity::Impl {
 public:
  explicit Impl(const IdentityOptions& options)
      : root_(RootKey::from_file(options.root_key)),
        external_(options.external, root_),
        directory_(options.database, root_, external_, {options.issuer, options.audience}),
        gatekeeper_(directory_),
        pool_({.connection = options.database}) {}

  ~Impl() { stop(); }

  void start() {
    directory_.start();
    external_.start();
  }

  void stop() {
    pool_.stop();
    external_.stop();
    directory_.stop();
  }

  std::optional<FirstAdmin> make_first_admin() {
    return pool_
        .submit(kPlatformTenant,
                [](TenantTransaction& t) -> std::optional<FirstAdmin> {
                  lock_first_user(t);
                  if (!list_users(t, {}, {0, 1}).items.empty()) return std::nullopt;
                  v1::User user;
                  user.set_user_id(kFirstAdmin);
                  user.set_display_name("Administrator");
                  user.add_roles(v1::ROLE_PLATFORM_ADMIN);
                  FirstAdmin admin{kFirstAdmin, random_password()};
                  create_user(t, user, admin.password, by_system("MakeFirstAdmin"));
                  return admin;
                })
        .get();
  }

  void write_operator_key(const std::filesystem::path& path) {
    const auto kept = client::read_private_file(path, kKeyFileBytesMax);
    if (kept && directory_.authenticate(first_line(*kept), wall_now() + kOperatorKeyLeft).caller) return;
    const auto old = kept ? directory_.authenticate(first_line(*kept), wall_now()).caller : nullptr;
    const std::string key = pool_
                                .submit(kPlatformTenant,
                                        [&](TenantTransaction& t) {
                                          // The machine or the folder may have had another name then.
                                          if (old) revoke_api_key(t, old->key_id, by_system("WriteOperatorKey"));
                                          return replace_operator_key(t, root_, place_of(path));
                                        })
                                .get();
    wait_until_known(key);
    client::write_private_file(path, key + "\n");
  }

  api::Gate& gate() { return gatekeeper_; }
  [[nodiscard]] std::string key_set() const { return directory_.key_set(); }

  std::unique_ptr<grpc::Service> make_service() {
    return make_identity_service(pool_, root_, directory_, gatekeeper_, limiter_);
  }

  [[nodiscard]] IdentityMetrics metrics() const {
    return {gatekeeper_.refused_unauthenticated(), gatekeeper_.refused_denied(), limiter_.refused(), pool_.queued()};
  }

  [[nodiscard]] const RootKey& root() const { return root_; }

 private:
  /// The directory hears of it in a moment.
  void wait_until_known(const std::string& key) {
    for (int tries = 0; tries < 1'000; ++tries) {
      if (directory_.authenticate(key, wall_now()).caller) return;
      directory_.nudge();
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    throw std::runtime_error("the operator's key does not become known");
  }

  const RootKey root_;
  ExternalIssuers external_;
  Directory directory_;
  Gatekeeper gatekeeper_;
  SignInLimiter limiter_;
  store::TenantPool pool_;
};

Identity::Identity(IdentityOptions options) : impl_(std::make_unique<Impl>(options)) {}
Identity::~Identity() = default;
void Identity::start() { impl_->start(); }
void Identity::stop() { impl_->stop(); }
std::optional<FirstAdmin> Identity::make_first_admin() { return impl_->make_first_admin(); }
void Identity::write_operator_key(const std::filesystem::path& path) { impl_->write_operator_key(path); }
api::Gate& Identity::gate() { return impl_->gate(); }
std::string Identity::key_set() const { return impl_->key_set(); }
std::string Identity::seal(std::string_view purpose, std::string_view secret) const {
  return impl_->root().seal(purpose, secret);
}
std::optional<std::string> Identity::open(std::string_view purpose, std::string_view sealed) const {
  return impl_->root().open(purpose, sealed);
}
IdentityMetrics Identity::metrics() const { return impl_->metrics(); }
std::unique_ptr<grpc::Service> Identity::make_service() { return impl_->make_service(); }

}  // namespace muster::identity
