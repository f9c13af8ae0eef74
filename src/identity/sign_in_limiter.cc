#include "sign_in_limiter.h"

#include <algorithm>

namespace muster::identity {

std::optional<std::chrono::milliseconds> SignInLimiter::take(const std::string& user, const std::string& peer,
                                                             Clock::time_point now) {
  std::lock_guard lock(mutex_);
  const auto longest = std::max(wait(users_, user, kPerUser, now), wait(peers_, peer, kPerPeer, now));
  if (longest > std::chrono::milliseconds::zero()) {
    ++refused_;
    return longest;
  }
  spend(users_, user, kPerUser, now);
  spend(peers_, peer, kPerPeer, now);
  return std::nullopt;
}

void SignInLimiter::give_back(const std::string& user, const std::string& peer) {
  std::lock_guard lock(mutex_);
  users_.erase(user);  // who knows the password need not guess
  if (const auto found = peers_.find(peer); found != peers_.end()) found->second -= kPerPeer.every;
}

std::uint64_t SignInLimiter::refused() const {
  std::lock_guard lock(mutex_);
  return refused_;
}

std::chrono::milliseconds SignInLimiter::wait(const Spent& spent, const std::string& who, const Allowance& allowance,
                                              Clock::time_point now) {
  const auto found = spent.find(who);
  if (found == spent.end()) return {};
  const auto room = found->second - (allowance.attempts - 1) * allowance.every;
  return std::max(std::chrono::milliseconds::zero(), std::chrono::ceil<std::chrono::milliseconds>(room - now));
}

void SignInLimiter::spend(Spent& spent, const std::string& who, const Allowance& allowance, Clock::time_point now) {
  if (spent.size() >= kKnownMax) {
    std::erase_if(spent, [&](const auto& entry) { return entry.second <= now; });
    if (spent.size() >= kKnownMax) spent.clear();
  }
  auto& back = spent[who];
  back = std::max(back, now) + allowance.every;
}

}  // namespace muster::identity
