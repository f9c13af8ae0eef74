#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace muster::identity {

/// Bounds guessing of passwords: each user, and each address that calls, has some attempts, which come back one by
/// one. An attempt that succeeds is given back, so that a whole base may sign in from one address. Thread-safe.
class SignInLimiter {
 public:
  using Clock = std::chrono::steady_clock;
  struct Allowance {
    int attempts;                     ///< that may follow each other
    std::chrono::milliseconds every;  ///< how soon one comes back
  };
  static constexpr Allowance kPerUser{10, std::chrono::seconds(30)};
  static constexpr Allowance kPerPeer{100, std::chrono::seconds(1)};

  /// Takes an attempt of both; or takes none, and gives how long to wait for one.
  std::optional<std::chrono::milliseconds> take(const std::string& user, const std::string& peer,
                                                Clock::time_point now);
  void give_back(const std::string& user, const std::string& peer);
  /// How often it gave a wait.
  [[nodiscard]] std::uint64_t refused() const;

 private:
  /// Beyond these, who has all attempts again is forgotten, and if nobody has, everybody is.
  static constexpr std::size_t kKnownMax = 100'000;

  /// Attempts spent, as the moment at which the last of them is back.
  using Spent = std::unordered_map<std::string, Clock::time_point>;
  static std::chrono::milliseconds wait(const Spent& spent, const std::string& who, const Allowance& allowance,
                                        Clock::time_point now);
  static void spend(Spent& spent, const std::string& who, const Allowance& allowance, Clock::time_point now);

  mutable std::mutex mutex_;
  Spent users_;                // guarded by mutex_
  Spent peers_;                // guarded by mutex_
  std::uint64_t refused_ = 0;  // guarded by mutex_
};

}  // namespace muster::identity
