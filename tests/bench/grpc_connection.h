#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace google::protobuf {
class MessageLite;
}
struct nghttp2_session;

namespace muster::bench {

/// Who hears of a call. `message` and `ended` run inside GrpcConnection::receive().
class CallReceiver {
 public:
  /// A message arrived; `bytes` are valid during the call only.
  virtual void message(std::string_view bytes) = 0;
  /// The call is over, and its GrpcCall gone. `code` is gRPC's status code.
  virtual void ended(int code, const std::string& text) = 0;

 protected:
  ~CallReceiver() = default;
};

class GrpcCall;

/// gRPC calls over one TCP connection, without TLS, by nghttp2: what a load client needs and no more, because gRPC's
/// own client costs as much CPU time a call as the server that is measured. For one thread.
class GrpcConnection {
 public:
  /// Connects to "address:port". Throws std::runtime_error.
  explicit GrpcConnection(const std::string& address);
  ~GrpcConnection();
  GrpcConnection(const GrpcConnection&) = delete;
  GrpcConnection& operator=(const GrpcConnection&) = delete;

  /// The socket, non-blocking.
  [[nodiscard]] int descriptor() const { return socket_; }

  /// Starts a call of `path`, "/package.Service/Method". `receiver` must live until it has ended.
  GrpcCall& start(const char* path, CallReceiver& receiver);
  /// Sends a message on a call that has not ended; `last`: there will be no other.
  void send(GrpcCall& call, const google::protobuf::MessageLite& message, bool last);

  /// Takes what has arrived and tells the receivers. False when the connection is gone: all calls have ended then, as
  /// UNAVAILABLE.
  bool receive();
  /// Hands over to the kernel what there is to send. False if it took only a part: try again when it takes more.
  bool flush();

 private:
  friend struct Callbacks;

  bool fail(const std::string& why);
  void end(GrpcCall& call);

  int socket_ = -1;
  nghttp2_session* session_ = nullptr;
  std::string authority_;
  std::string authorization_;  ///< empty: the server asks for none
  std::string unsent_;
  std::vector<std::unique_ptr<GrpcCall>> calls_;  ///< open or free
  std::vector<GrpcCall*> free_;
};

}  // namespace muster::bench
