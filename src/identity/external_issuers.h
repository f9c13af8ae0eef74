#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "known_tokens.h"
#include "muster/identity/issuer.h"
#include "root_key.h"

namespace muster::identity {

/// How often key sets of other issuers are fetched.
struct FetchPace {
  std::chrono::milliseconds refresh = std::chrono::minutes(10);
  std::chrono::milliseconds retry = std::chrono::seconds(15);   ///< after one that failed
  std::chrono::milliseconds soonest = std::chrono::minutes(1);  ///< for a token whose key is not known
  std::chrono::milliseconds timeout = std::chrono::seconds(10);
};

/// Checks tokens of issuers that are not ours, and keeps the issuers' keys: they are fetched again from time to time,
/// and when a token names a key that is not known. While they cannot be fetched, those known last count. Thread-safe.
class ExternalIssuers {
 public:
  /// The root key must live longer.
  ExternalIssuers(const std::vector<ExternalIssuer>& issuers, const RootKey& root, FetchPace pace = {});
  /// As stop().
  ~ExternalIssuers();
  ExternalIssuers(const ExternalIssuers&) = delete;
  ExternalIssuers& operator=(const ExternalIssuers&) = delete;

  /// Throws std::runtime_error if a file cannot be used. What is fetched is fetched in a moment.
  void start();
  void stop();

  /// The caller is whom the token names: whether there is such a user here, and what roles they have, it does not say.
  KnownTokens::Answer verify(std::string_view token, TimePoint now);

  /// Whose users their tokens may name.
  [[nodiscard]] const std::set<std::string>& tenants() const { return tenants_; }

 private:
  using Clock = std::chrono::steady_clock;
  /// An issuer and its key set. Of the thread, but for `wanted`.
  struct Source {
    ExternalIssuer options;
    Issuer issuer;
    std::string jwks;         ///< as it was fetched last
    Clock::time_point tried;  ///< when it was fetched last, or was not
    Clock::time_point due;    ///< when it is fetched next
    bool failing = false;     ///< told in the log already
    bool wanted = false;      ///< a token names a key that is not there; guarded by mutex_
  };

  void run();
  /// Fetches the key set; true if it is another one than before.
  bool refresh(Source& source);
  void take_up();
  [[nodiscard]] Clock::time_point next_look() const;
  [[nodiscard]] std::shared_ptr<KnownTokens> tokens() const;

  const RootKey& root_;
  const FetchPace pace_;
  std::set<std::string> tenants_;
  std::vector<Source> sources_;

  mutable std::mutex mutex_;
  std::shared_ptr<KnownTokens> tokens_;  // guarded by mutex_
  std::condition_variable wake_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace muster::identity
