#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// One request to another server, over HTTP/1.1. It follows no redirects and uses no proxy.
namespace muster::http_client {

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

/// Whether it may be the address of a server on the Internet: neither of this machine nor of a private network, nor one
/// that carries such an address in it.
[[nodiscard]] bool is_public(const boost::asio::ip::address& address);

struct Options {
  std::string ca = {};  ///< PEM file that servers' certificates are checked by; empty: the system's
  std::chrono::milliseconds timeout{10'000};  ///< for all of it
  std::size_t bytes_max = 256 << 10;          ///< of the answer's body
  bool public_only = false;                   ///< connects to public addresses only, whatever a name resolves to
  const std::atomic<bool>* stop = nullptr;    ///< breaks fetch() off when it becomes true
};

struct Request {
  Url url;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::optional<std::string> body = {};  ///< posts it; nothing: GET
};

struct Response {
  unsigned status = 0;
  std::string body;
  boost::system::error_code body_error;  ///< why the body is not there, or not all of it
};

/// What the server answers, with any status. Throws std::exception, saying what is wrong, if it gives no answer within
/// the time, or is not who it should be.
boost::asio::awaitable<Response> exchange(Request request, Options options);

/// What GET gives. Blocks. Throws as exchange() does, and unless the status is 200 and the body within its limit.
std::string fetch(const Url& url, const Options& options);

}  // namespace muster::http_client
