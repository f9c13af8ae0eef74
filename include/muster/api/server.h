#pragma once

#include <grpcpp/impl/service_type.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "muster/api/gate.h"
#include "muster/node/node.h"

namespace muster::api {

/// TLS of the port. Files in PEM, read again when they change: a new certificate needs no restart.
struct TlsOptions {
  std::string certificate;                 ///< the chain, the server's own first
  std::string key;                         ///< its private key
  std::string client_ca;                   ///< who signs clients' certificates, which they then need; empty: nobody
  std::chrono::seconds look_interval{10};  ///< how often the files are looked at
};

/// Throws std::runtime_error, saying what is wrong, if the files cannot be used.
void check_tls(const TlsOptions& options);

struct ServerOptions {
  std::string listen = "127.0.0.1:7070";  ///< host:port of this machine; port 0: any free one
  std::optional<TlsOptions> tls = {};     ///< empty: not encrypted
  int receive_bytes_max = 16 << 20;       ///< a larger request is refused by gRPC itself, as RESOURCE_EXHAUSTED
  std::size_t memory_bytes_max = std::size_t{2} << 30;  ///< that gRPC may take for connections and calls, about
  std::chrono::milliseconds health_interval{100};       ///< how often gRPC health follows the node's readiness
};

/// The streams of one kind.
struct StreamMetrics {
  const char* kind = "";  ///< such as "board": kStreamKinds in stream.h
  int open = 0;
  std::uint64_t fell_behind = 0;  ///< were ended because their readers were too slow; never falls
};

class StreamRegistry;

/// The gRPC side of a node: the services of muster.v1, behind the gate, grpc.health.v1 and reflection. Nothing in it
/// blocks or decides: calls become commands of the node, and are answered from its callbacks.
class Server {
 public:
  /// `more` are the services of the back office, whose streams are in the registry, too. The node must be started
  /// before; it, the gate and the registry must live longer.
  Server(node::Node& node, Gate& gate, StreamRegistry& streams, std::vector<std::unique_ptr<grpc::Service>> more,
         ServerOptions options);
  /// As stop() with no time left.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Listens and serves. Throws std::runtime_error if the address cannot be listened on, such as when another
  /// process has the port, or the certificate cannot be used.
  void start();

  /// The port listened on. REQUIRES: started.
  [[nodiscard]] int port() const;

  /// Of each kind. Thread-safe.
  [[nodiscard]] std::vector<StreamMetrics> streams() const;

  /// Tells callers of grpc.health.v1 at once that the server stops; new streams are refused. Calls and streams already
  /// taken go on. Idempotent.
  void drain();

  /// Drains, ends the streams that are still open as UNAVAILABLE, gives open calls until `grace` to end, cuts the rest,
  /// and closes the port. Idempotent. Callers should stop the node between drain() and stop(): then every call has its
  /// answer, and sessions end by themselves, after the results of their commands. False if something still held a
  /// stream 10 s after its end, which is a bug.
  bool stop(std::chrono::milliseconds grace);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace muster::api
