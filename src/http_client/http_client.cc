#include "muster/http_client/http_client.h"

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "muster/base/thread_name.h"

namespace muster::http_client {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace ssl = asio::ssl;
using asio::use_awaitable;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;
using Addresses = std::vector<tcp::endpoint>;

constexpr auto kStopLook = std::chrono::milliseconds(100);
constexpr auto kLookUpLook = std::chrono::milliseconds(10);
constexpr const char* kTooLate = "no answer in time";

/// A name that is looked up on a thread of its own, for that may take as long as name servers like. It may outlive
/// whoever waits, so it touches nothing of theirs.
class LookUp {
 public:
  static std::shared_ptr<LookUp> start(const Url& url) {
    auto look_up = std::make_shared<LookUp>();
    std::thread thread([look_up, host = url.host, port = url.port] { look_up->run(host, port); });
    name_thread(thread, "look-up");
    thread.detach();
    return look_up;
  }
  /// Nothing: not yet. Throws if there is no such name.
  std::optional<Addresses> result() {
    std::lock_guard lock(mutex_);
    if (done_ && error_) throw boost::system::system_error(error_);
    return done_ ? std::optional(found_) : std::nullopt;
  }

 private:
  void run(const std::string& host, const std::string& port) {
    asio::io_context context;
    boost::system::error_code error;
    const auto found = tcp::resolver(context).resolve(host, port, error);
    std::lock_guard lock(mutex_);
    for (const auto& entry : found) found_.push_back(entry.endpoint());
    error_ = error;
    done_ = true;
  }

  std::mutex mutex_;
  bool done_ = false;                // guarded by mutex_
  boost::system::error_code error_;  // guarded by mutex_
  Addresses found_;                  // guarded by mutex_
};

asio::awaitable<Addresses> resolve(const Url& url, Clock::time_point end) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(url.host, error);
  if (!error) co_return Addresses(1, tcp::endpoint(address, static_cast<std::uint16_t>(std::stoi(url.port))));
  const auto look_up = LookUp::start(url);
  asio::steady_timer timer(co_await asio::this_coro::executor);
  while (true) {
    if (auto found = look_up->result()) co_return *std::move(found);
    if (Clock::now() >= end) throw std::runtime_error(kTooLate);
    timer.expires_after(kLookUpLook);
    co_await timer.async_wait(use_awaitable);
  }
}

/// What is judged is what is connected to: a name may mean another address at every look.
asio::awaitable<void> connect(beast::tcp_stream& stream, const Url& url, const Options& options,
                              Clock::time_point end) {
  Addresses found = co_await resolve(url, end);
  if (options.public_only) {
    std::erase_if(found, [](const tcp::endpoint& endpoint) { return !is_public(endpoint.address()); });
    if (found.empty()) throw std::runtime_error("its address is not public");
  }
  stream.expires_at(end);
  co_await stream.async_connect(found, use_awaitable);
}

std::string host_of(const Url& url) {
  const std::string host = url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
  return url.port == (url.tls ? "443" : "80") ? host : host + ":" + url.port;
}

template <typename Stream>
asio::awaitable<Response> talk(Stream& stream, const Request& asked, std::size_t bytes_max) {
  http::request<http::string_body> request(asked.body ? http::verb::post : http::verb::get, asked.url.target, 11);
  request.set(http::field::host, host_of(asked.url));
  request.set(http::field::accept, "application/json");
  request.set(http::field::user_agent, "muster");
  request.keep_alive(false);
  for (const auto& [name, value] : asked.headers) request.set(name, value);
  if (asked.body) {
    request.body() = *asked.body;
    request.prepare_payload();
  }
  co_await http::async_write(stream, request, use_awaitable);
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(bytes_max);
  Response response;
  co_await http::async_read_header(stream, buffer, parser, asio::redirect_error(use_awaitable, response.body_error));
  const bool announced_too_long = response.body_error == http::error::body_limit;
  if (response.body_error && !announced_too_long) throw boost::system::system_error(response.body_error);
  response.status = parser.get().result_int();
  if (announced_too_long) co_return response;
  co_await http::async_read(stream, buffer, parser, asio::redirect_error(use_awaitable, response.body_error));
  response.body = std::move(parser.get().body());
  co_return response;
}

ssl::context tls_context(const std::string& ca) {
  ssl::context context(ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  context.set_verify_mode(ssl::verify_peer);
  if (ca.empty()) {
    context.set_default_verify_paths();
  } else {
    context.load_verify_file(ca);
  }
  return context;
}

/// The system's certificates take tens of milliseconds to read: they are read again from time to time only.
std::shared_ptr<ssl::context> context_for(const std::string& ca) {
  constexpr std::chrono::hours kKept{1};
  if (!ca.empty()) return std::make_shared<ssl::context>(tls_context(ca));
  static std::mutex mutex;
  static std::shared_ptr<ssl::context> kept;
  static Clock::time_point made;
  const std::lock_guard lock(mutex);
  if (!kept || Clock::now() - made > kKept) {
    kept = std::make_shared<ssl::context>(tls_context(ca));
    made = Clock::now();
  }
  return kept;
}

asio::awaitable<Response> talk_encrypted(const Request& request, const Options& options, Clock::time_point end) {
  const std::shared_ptr<ssl::context> context = context_for(options.ca);
  beast::ssl_stream<beast::tcp_stream> stream(co_await asio::this_coro::executor, *context);
  std::string name = request.url.host;  // what SSL_set_tlsext_host_name does, whose cast the compiler minds
  SSL_ctrl(stream.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
  stream.set_verify_callback(ssl::host_name_verification(request.url.host));
  co_await connect(beast::get_lowest_layer(stream), request.url, options, end);
  co_await stream.async_handshake(ssl::stream_base::client, use_awaitable);
  co_return co_await talk(stream, request, options.bytes_max);
}

asio::awaitable<Response> talk_plain(const Request& request, const Options& options, Clock::time_point end) {
  beast::tcp_stream stream(co_await asio::this_coro::executor);
  co_await connect(stream, request.url, options, end);
  co_return co_await talk(stream, request, options.bytes_max);
}

template <typename Network, typename Address, std::size_t kCount>
bool in_any(const Address& address, const std::array<Network, kCount>& networks) {
  return std::any_of(networks.begin(), networks.end(), [&](const Network& network) {
    return Network(address, network.prefix_length()).canonical() == network;
  });
}

/// What the IANA registry of special addresses has that is not for the Internet, and multicast.
bool is_public_v4(const asio::ip::address_v4& address) {
  using asio::ip::make_network_v4;
  static const std::array special = {
      make_network_v4("0.0.0.0/8"),      make_network_v4("10.0.0.0/8"),     make_network_v4("100.64.0.0/10"),
      make_network_v4("127.0.0.0/8"),    make_network_v4("169.254.0.0/16"), make_network_v4("172.16.0.0/12"),
      make_network_v4("192.0.0.0/24"),   make_network_v4("192.0.2.0/24"),   make_network_v4("192.88.99.0/24"),
      make_network_v4("192.168.0.0/16"), make_network_v4("198.18.0.0/15"),  make_network_v4("198.51.100.0/24"),
      make_network_v4("203.0.113.0/24"), make_network_v4("224.0.0.0/4"),    make_network_v4("240.0.0.0/4"),
  };
  return !in_any(address, special);
}

/// Of global unicast addresses, all but those that carry an IPv4 address, and those for protocols and documents.
bool is_public_v6(const asio::ip::address_v6& address) {
  using asio::ip::make_network_v6;
  static const std::array global = {make_network_v6("2000::/3")};
  static const std::array special = {make_network_v6("2001::/23"), make_network_v6("2001:db8::/32"),
                                     make_network_v6("2002::/16"), make_network_v6("3fff::/20")};
  return in_any(address, global) && !in_any(address, special);
}

}  // namespace

std::optional<Url> Url::parse(std::string_view text) {
  constexpr std::string_view kTls = "https://", kPlain = "http://";
  Url url;
  url.tls = text.starts_with(kTls);
  if (!url.tls && !text.starts_with(kPlain)) return std::nullopt;
  text.remove_prefix(url.tls ? kTls.size() : kPlain.size());
  const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (!printable || text.find('#') != text.npos) return std::nullopt;
  const std::size_t end = std::min(text.find_first_of("/?"), text.size());
  url.target = text.substr(end);
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  std::string_view host = text.substr(0, end), port = url.tls ? "443" : "80";
  const std::size_t colon = host.rfind(':');
  if (colon != host.npos && !host.ends_with(']')) {
    port = host.substr(colon + 1);
    host = host.substr(0, colon);
  }
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find_first_of(":@[]") != host.npos) {
    return std::nullopt;
  }
  const bool digits = std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (host.empty() || port.empty() || port.size() > 5 || !digits) return std::nullopt;
  if (std::stoi(std::string(port)) > 65'535) return std::nullopt;
  url.host = host;
  url.port = port;
  return url;
}

bool Url::is_local() const {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(host, error);
  return error ? host == "localhost" : address.is_loopback();
}

bool is_public(const asio::ip::address& address) {
  if (address.is_v4()) return is_public_v4(address.to_v4());
  const auto v6 = address.to_v6();
  return v6.is_v4_mapped() ? is_public_v4(asio::ip::make_address_v4(asio::ip::v4_mapped, v6)) : is_public_v6(v6);
}

asio::awaitable<Response> exchange(Request request, Options options) {
  const auto end = Clock::now() + options.timeout;
  try {
    if (request.url.tls) co_return co_await talk_encrypted(request, options, end);
    co_return co_await talk_plain(request, options, end);
  } catch (const boost::system::system_error& error) {
    if (error.code() == beast::error::timeout) throw std::runtime_error(kTooLate);
    throw;
  }
}

std::string fetch(const Url& url, const Options& options) {
  asio::io_context context(1);
  auto answer = asio::co_spawn(context, exchange({url}, options), asio::use_future);
  while (answer.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
    if (options.stop && *options.stop) throw std::runtime_error("broken off");
    context.run_for(kStopLook);
  }
  Response response = answer.get();
  if (response.status != 200) throw std::runtime_error("it answers HTTP " + std::to_string(response.status));
  if (response.body_error) throw boost::system::system_error(response.body_error);
  return std::move(response.body);
}

}  // namespace muster::http_client
