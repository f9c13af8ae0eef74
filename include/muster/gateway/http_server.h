#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace muster::gateway {

/// Whether the server takes work now.
struct Readiness {
  bool ready = false;
  std::string reason;  // why not; for people. Empty when ready
};

struct HttpServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 7080;  // 0: any free port
  // Limits of one request and of the server. Over a limit: 431, 413, the connection closed, 503.
  std::size_t header_bytes_max = 8 * 1024;
  std::size_t body_bytes_max = 64 * 1024;
  std::chrono::milliseconds request_timeout{10'000};  // to send a request in full, and between two of them
  std::size_t connections_max = 256;  // as many again are told 503; beyond that they are closed without a word
};

/// What a path answers.
struct HttpPage {
  unsigned status = 200;
  std::string body;
  std::string cache_control = "no-store";
  std::string content_type = "application/json";
};

/// What there is besides health, by path ("/.well-known/jwks.json").
using HttpPages = std::map<std::string, std::function<HttpPage()>, std::less<>>;

/// What is looked up elsewhere, by how its paths begin ("/badges/"): it is given the rest of the path, and must call
/// `answer` once, on any thread, before the server is stopped.
using HttpLookUps =
    std::map<std::string, std::function<void(std::string rest, std::function<void(HttpPage)> answer)>, std::less<>>;

/// The HTTP side of a server: GET or HEAD of
///   /healthz  200 while the process lives
///   /readyz   200 {"ready":true}, or 503 {"ready":false,"reason":"…"}
///   /         what else there is
/// and of the pages and look-ups given. It runs on one thread of its own, which never blocks. start() and stop() are
/// for one thread.
class HttpServer {
 public:
  /// `readiness`, `pages` and `look_ups` are called on the server's thread for each request: they must not block, nor
  /// throw.
  HttpServer(HttpServerOptions options, std::function<Readiness()> readiness, HttpPages pages = {},
             HttpLookUps look_ups = {});
  /// As stop().
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Listens and serves. Throws std::runtime_error if the address cannot be listened on.
  void start();

  /// The port listened on. REQUIRES: started.
  [[nodiscard]] std::uint16_t port() const;

  /// The connections that are open. For pages and look-ups, on the server's thread.
  [[nodiscard]] std::size_t connections() const;

  /// Closes the port and every connection, and ends the thread. Idempotent.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace muster::gateway
