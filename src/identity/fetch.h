#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// Documents of other servers, over HTTP.
namespace muster::identity {

/// https://HOST[:PORT][/PATH], or http://, without user or fragment.
struct Url {
  bool tls = true;
  std::string host;  ///< IPv6 addresses without brackets
  std::string port;
  std::string target;  ///< path and query

  static std::optional<Url> parse(std::string_view text);
  /// "localhost", 127.0.0.0/8 or ::1.
  [[nodiscard]] bool is_local() const;
};

struct FetchOptions {
  std::string ca = {};  ///< PEM file that servers' certificates are checked by; empty: the system's
  std::chrono::milliseconds timeout{10'000};  ///< for all of it
  std::size_t bytes_max = 256 << 10;
  const std::atomic<bool>* stop = nullptr;  ///< breaks off when it becomes true
};

/// What GET gives. It follows no redirects and uses no proxy. Blocks. Throws std::runtime_error, saying what is wrong,
/// if there is no answer with status 200 within the limits, or the server is not who it should be.
std::string fetch(const Url& url, const FetchOptions& options);

}  // namespace muster::identity
