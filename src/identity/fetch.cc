#include "fetch.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <future>
#include <stdexcept>

namespace muster::identity {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace ssl = asio::ssl;
using asio::use_awaitable;
using asio::ip::tcp;

constexpr auto kStopLook = std::chrono::milliseconds(100);

asio::awaitable<void> connect(beast::tcp_stream& stream, const Url& url) {
  tcp::resolver resolver(co_await asio::this_coro::executor);
  const auto found = co_await resolver.async_resolve(url.host, url.port, use_awaitable);
  co_await stream.async_connect(found, use_awaitable);
}

template <typename Stream>
asio::awaitable<std::string> exchange(Stream& stream, const Url& url, std::size_t bytes_max) {
  http::request<http::empty_body> request(http::verb::get, url.target, 11);
  request.set(http::field::host, url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]");
  request.set(http::field::accept, "application/json");
  request.set(http::field::user_agent, "muster");
  request.keep_alive(false);
  co_await http::async_write(stream, request, use_awaitable);
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(bytes_max);
  co_await http::async_read(stream, buffer, parser, use_awaitable);
  const auto response = parser.release();
  if (response.result() != http::status::ok) {
    throw std::runtime_error("it answers HTTP " + std::to_string(response.result_int()));
  }
  co_return response.body();
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

asio::awaitable<std::string> get_encrypted(const Url& url, const FetchOptions& options) {
  ssl::context context = tls_context(options.ca);
  beast::ssl_stream<beast::tcp_stream> stream(co_await asio::this_coro::executor, context);
  std::string name = url.host;  // what SSL_set_tlsext_host_name does, whose cast the compiler minds
  SSL_ctrl(stream.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
  stream.set_verify_callback(ssl::host_name_verification(url.host));
  co_await connect(beast::get_lowest_layer(stream), url);
  co_await stream.async_handshake(ssl::stream_base::client, use_awaitable);
  co_return co_await exchange(stream, url, options.bytes_max);
}

asio::awaitable<std::string> get_plain(const Url& url, const FetchOptions& options) {
  beast::tcp_stream stream(co_await asio::this_coro::executor);
  co_await connect(stream, url);
  co_return co_await exchange(stream, url, options.bytes_max);
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
  url.host = host;
  url.port = port;
  return url;
}

bool Url::is_local() const {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(host, error);
  return error ? host == "localhost" : address.is_loopback();
}

std::string fetch(const Url& url, const FetchOptions& options) {
  asio::io_context context(1);
  std::future<std::string> answer =
      asio::co_spawn(context, url.tls ? get_encrypted(url, options) : get_plain(url, options), asio::use_future);
  const auto end = std::chrono::steady_clock::now() + options.timeout;
  while (answer.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
    if (options.stop && *options.stop) throw std::runtime_error("broken off");
    if (std::chrono::steady_clock::now() >= end) throw std::runtime_error("no answer in time");
    context.run_for(kStopLook);
  }
  return answer.get();
}

}  // namespace muster::identity
