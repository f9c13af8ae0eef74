#include "grpc_connection.h"

#include <arpa/inet.h>
#include <google/protobuf/message_lite.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include "muster/client/credentials.h"

namespace muster::bench {
namespace {

constexpr int kUnavailable = 14;
constexpr int kUnknown = 2;
constexpr std::size_t kPrefixSize = 5;  // of a gRPC message: a flag, then its length in four bytes, big-endian
constexpr std::int32_t kWindow = 1 << 30;
constexpr std::size_t kChunk = 64 << 10;

void check(int result, const char* what) {
  if (result != 0) throw std::runtime_error(std::string(what) + ": " + nghttp2_strerror(result));
}

const std::uint8_t* bytes(std::string_view text) { return reinterpret_cast<const std::uint8_t*>(text.data()); }

nghttp2_nv header(std::string_view name, std::string_view value) {
  return {const_cast<std::uint8_t*>(bytes(name)), const_cast<std::uint8_t*>(bytes(value)), name.size(), value.size(),
          NGHTTP2_NV_FLAG_NO_COPY_NAME};
}

int connect_to(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
  if (inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr) != 1) {
    throw std::runtime_error("not an IPv4 address: " + address);
  }
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0 || connect(descriptor, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) != 0) {
    const int error = errno;
    if (descriptor >= 0) close(descriptor);
    throw std::system_error(error, std::generic_category(), "connecting to " + address);
  }
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return descriptor;
}

}  // namespace

/// A call's two directions.
class GrpcCall {
 public:
  std::int32_t stream = 0;
  CallReceiver* receiver = nullptr;  ///< null: free
  std::string outgoing;              ///< framed messages, of which `sent` bytes are sent
  std::size_t sent = 0;
  bool last = false;     ///< nothing follows what is in outgoing
  bool waiting = false;  ///< nghttp2 waits until there is more to send
  std::string incoming;  ///< the beginning of a message
  int code = kUnknown;
  std::string text;

  /// Free again; keeps its buffers.
  void clear() {
    receiver = nullptr;
    outgoing.clear();
    sent = 0;
    last = waiting = false;
    incoming.clear();
    code = kUnknown;
    text.clear();
  }
};

/// What nghttp2 calls.
struct Callbacks {
  static GrpcCall* call_of(nghttp2_session* session, std::int32_t stream) {
    return static_cast<GrpcCall*>(nghttp2_session_get_stream_user_data(session, stream));
  }

  static ssize_t read(nghttp2_session* /*session*/, std::int32_t /*stream*/, std::uint8_t* out, std::size_t size,
                      std::uint32_t* flags, nghttp2_data_source* source, void* /*connection*/) {
    auto& call = *static_cast<GrpcCall*>(source->ptr);
    const std::size_t count = std::min(size, call.outgoing.size() - call.sent);
    std::memcpy(out, call.outgoing.data() + call.sent, count);
    call.sent += count;
    if (call.sent == call.outgoing.size()) {
      call.outgoing.clear();
      call.sent = 0;
      if (call.last) *flags |= NGHTTP2_DATA_FLAG_EOF;
    }
    if (count > 0 || call.last) return static_cast<ssize_t>(count);
    call.waiting = true;
    return NGHTTP2_ERR_DEFERRED;
  }

  static int header(nghttp2_session* session, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_size, const std::uint8_t* value, std::size_t value_size, std::uint8_t /*flags*/,
                    void* /*connection*/) {
    GrpcCall* call = call_of(session, frame->hd.stream_id);
    if (call == nullptr) return 0;
    const std::string_view key(reinterpret_cast<const char*>(name), name_size);
    const std::string_view text(reinterpret_cast<const char*>(value), value_size);
    if (key == "grpc-status") std::from_chars(text.data(), text.data() + text.size(), call->code);
    if (key == "grpc-message") call->text = text;
    return 0;
  }

  static int data(nghttp2_session* session, std::uint8_t /*flags*/, std::int32_t stream, const std::uint8_t* data,
                  std::size_t size, void* /*connection*/) {
    GrpcCall* call = call_of(session, stream);
    if (call == nullptr) return 0;
    std::string_view all(reinterpret_cast<const char*>(data), size);
    if (!call->incoming.empty()) all = call->incoming.append(all);
    const std::size_t rest = deliver(*call, all);
    if (rest == 0) {
      call->incoming.clear();
    } else {
      call->incoming = std::string(all.substr(all.size() - rest));
    }
    return 0;
  }

  static int close(nghttp2_session* session, std::int32_t stream, std::uint32_t /*error*/, void* connection) {
    if (GrpcCall* call = call_of(session, stream)) static_cast<GrpcConnection*>(connection)->end(*call);
    return 0;
  }

  static nghttp2_session_callbacks* all() {
    static nghttp2_session_callbacks* const callbacks = [] {
      nghttp2_session_callbacks* made = nullptr;
      check(nghttp2_session_callbacks_new(&made), "nghttp2");
      nghttp2_session_callbacks_set_on_header_callback(made, header);
      nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, data);
      nghttp2_session_callbacks_set_on_stream_close_callback(made, close);
      return made;
    }();
    return callbacks;
  }

 private:
  /// Tells the receiver of the messages that are complete; returns how many bytes are left.
  static std::size_t deliver(GrpcCall& call, std::string_view all) {
    while (all.size() >= kPrefixSize) {
      std::uint32_t size = 0;
      std::memcpy(&size, all.data() + 1, sizeof(size));
      size = ntohl(size);
      if (all.size() < kPrefixSize + size) break;
      call.receiver->message(all.substr(kPrefixSize, size));
      all.remove_prefix(kPrefixSize + size);
    }
    return all.size();
  }
};

GrpcConnection::GrpcConnection(const std::string& address) : socket_(connect_to(address)), authority_(address) {
  const std::string credential = client::credentials_for(address)();
  if (!credential.empty()) authorization_ = "Bearer " + credential;
  check(nghttp2_session_client_new(&session_, Callbacks::all(), this), "nghttp2");
  const std::array<nghttp2_settings_entry, 2> settings = {{
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kWindow},
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
  }};
  check(nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size()), "nghttp2");
  check(nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kWindow), "nghttp2");
}

GrpcConnection::~GrpcConnection() {
  nghttp2_session_del(session_);
  close(socket_);
}

GrpcCall& GrpcConnection::start(const char* path, CallReceiver& receiver) {
  if (free_.empty()) free_.push_back(calls_.emplace_back(std::make_unique<GrpcCall>()).get());
  GrpcCall& call = *free_.back();
  free_.pop_back();
  call.receiver = &receiver;
  const std::array headers = {
      header(":method", "POST"),    header(":scheme", "http"),
      header(":path", path),        header(":authority", authority_),
      header("te", "trailers"),     header("content-type", "application/grpc"),
      header("grpc-timeout", "8H"), header("authorization", authorization_),
  };
  const std::size_t count = headers.size() - (authorization_.empty() ? 1 : 0);
  nghttp2_data_provider provider{};
  provider.source.ptr = &call;
  provider.read_callback = Callbacks::read;
  call.stream = nghttp2_submit_request(session_, nullptr, headers.data(), count, &provider, &call);
  if (call.stream < 0) check(call.stream, "starting a call");
  return call;
}

void GrpcConnection::send(GrpcCall& call, const google::protobuf::MessageLite& message, bool last) {
  const std::size_t size = message.ByteSizeLong();
  const std::uint32_t length = htonl(static_cast<std::uint32_t>(size));
  const std::size_t begin = call.outgoing.size();
  call.outgoing.resize(begin + kPrefixSize + size);
  call.outgoing[begin] = 0;  // not compressed
  std::memcpy(call.outgoing.data() + begin + 1, &length, sizeof(length));
  message.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(call.outgoing.data()) + begin + kPrefixSize);
  call.last = last;
  if (!call.waiting) return;
  call.waiting = false;
  nghttp2_session_resume_data(session_, call.stream);
}

bool GrpcConnection::receive() {
  std::array<std::uint8_t, kChunk> chunk;
  while (true) {
    const ssize_t count = recv(socket_, chunk.data(), chunk.size(), MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    if (count <= 0) return fail(count == 0 ? "connection closed" : std::generic_category().message(errno));
    const ssize_t taken = nghttp2_session_mem_recv(session_, chunk.data(), static_cast<std::size_t>(count));
    if (taken < 0) return fail(nghttp2_strerror(static_cast<int>(taken)));
    if (static_cast<std::size_t>(count) < chunk.size()) return true;
  }
}

bool GrpcConnection::flush() {
  const std::uint8_t* piece = nullptr;
  ssize_t size = 0;
  while ((size = nghttp2_session_mem_send(session_, &piece)) > 0) {
    unsent_.append(reinterpret_cast<const char*>(piece), static_cast<std::size_t>(size));
  }
  if (unsent_.empty()) return true;
  const ssize_t sent = ::send(socket_, unsent_.data(), unsent_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) unsent_.clear();  // receive() tells of it
  if (sent > 0) unsent_.erase(0, static_cast<std::size_t>(sent));
  return unsent_.empty();
}

void GrpcConnection::end(GrpcCall& call) {
  CallReceiver& receiver = *call.receiver;
  const int code = call.code;
  const std::string text = std::move(call.text);
  call.clear();
  free_.push_back(&call);
  receiver.ended(code, text);
}

bool GrpcConnection::fail(const std::string& why) {
  for (std::size_t i = 0; i < calls_.size(); ++i) {
    GrpcCall& call = *calls_[i];
    if (call.receiver == nullptr) continue;
    call.code = kUnavailable;
    call.text = why;
    end(call);
  }
  return false;
}

}  // namespace muster::bench
