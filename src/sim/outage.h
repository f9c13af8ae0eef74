#pragma once

#include <optional>
#include <stdexcept>
#include <string>

#include "loop.h"

namespace muster::sim {

/// The server could not be reached for too long, or refused what it must not refuse. The run ends.
class ServerError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Watches whether the server can be reached at all.
class Outage {
 public:
  explicit Outage(Duration limit) : limit_(limit) {}

  /// Something was heard from the server.
  void heard() { since_.reset(); }

  /// The server could not be reached. Throws ServerError when that has been so for longer than the limit.
  void failed(const std::string& why);

  /// How often the server could not be reached; failures less than two seconds apart belong to one outage, because
  /// connections break and come back one by one.
  int outages() const { return outages_; }
  Duration limit() const { return limit_; }

 private:
  Duration limit_;
  std::optional<Loop::Clock::time_point> since_;  ///< unreachable since then; unset while it answers
  std::optional<Loop::Clock::time_point> last_failure_;
  int outages_ = 0;
};

}  // namespace muster::sim
