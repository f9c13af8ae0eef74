#include "muster/gateway/http_server.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <optional>
#include <stdexcept>
#include <thread>
#include <unordered_set>
#include <utility>

#include "muster/base/thread_name.h"
#include "muster/gateway/json.h"

namespace muster::gateway {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

constexpr auto kAcceptPause = std::chrono::milliseconds(100);

HttpPage page_of(http::status status, std::string body) { return {static_cast<unsigned>(status), std::move(body)}; }

HttpPage error_page(http::status status, const std::string& message) {
  return page_of(status, "{\"error\":" + json_string(message) + "}\n");
}

HttpPage health_page(const Readiness& now) {
  if (now.ready) return page_of(http::status::ok, "{\"ready\":true}\n");
  return page_of(http::status::service_unavailable, "{\"ready\":false,\"reason\":" + json_string(now.reason) + "}\n");
}

/// The paths, for people who look around.
HttpPage index_page(const HttpPages& pages) {
  std::string paths = "\"/healthz\",\"/readyz\"";
  for (const auto& [path, page] : pages) paths += "," + json_string(path);
  return page_of(http::status::ok, "{\"name\":\"musterd\",\"paths\":[" + paths + "]}\n");
}

bool reads(const Request& request) {
  return request.method() == http::verb::get || request.method() == http::verb::head;
}

std::string_view path_of(const Request& request) {
  const std::string_view target(request.target().data(), request.target().size());
  return target.substr(0, target.find('?'));
}

HttpPage answer(const Request& request, const std::function<Readiness()>& readiness, const HttpPages& pages) {
  if (!reads(request)) return error_page(http::status::method_not_allowed, "only GET and HEAD");
  const std::string_view path = path_of(request);
  if (path == "/healthz") return page_of(http::status::ok, "{\"alive\":true}\n");
  if (path == "/readyz") return health_page(readiness());
  if (path == "/") return index_page(pages);
  const auto page = pages.find(path);
  return page == pages.end() ? error_page(http::status::not_found, "no such path") : page->second();
}

/// What to tell a client whose request cannot be read; nothing if it just went away or was too slow.
std::optional<HttpPage> read_error_page(const beast::error_code& error) {
  if (error == http::error::header_limit) {
    return error_page(http::status::request_header_fields_too_large, "header too large");
  }
  if (error == http::error::body_limit) return error_page(http::status::payload_too_large, "body too large");
  const bool malformed = error.category() == http::make_error_code(http::error::bad_method).category();
  if (malformed && error != http::error::end_of_stream && error != http::error::partial_message) {
    return error_page(http::status::bad_request, "not an HTTP/1.1 request");
  }
  return std::nullopt;
}

class Connection;

/// What the connections share. Lives on the server's one thread.
struct Shared {
  const HttpServerOptions& options;
  const std::function<Readiness()>& readiness;
  const HttpPages& pages;
  const HttpLookUps& look_ups;
  std::unordered_set<Connection*> connections;
};

/// One client: reads a request, answers it, and so on. Keeps itself alive through its pending operation.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket&& socket, Shared& shared) : stream_(std::move(socket)), shared_(shared) {
    shared_.connections.insert(this);
  }
  ~Connection() { shared_.connections.erase(this); }

  void read() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(shared_.options.header_bytes_max));
    parser_->body_limit(shared_.options.body_bytes_max);
    stream_.expires_after(shared_.options.request_timeout);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](beast::error_code error, std::size_t) { self->on_read(error); });
  }

  void refuse(HttpPage page) { write(std::move(page), 11, false, false); }

  void close() {
    beast::error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
    stream_.close();
  }

 private:
  void on_read(beast::error_code error) {
    if (error) {
      if (auto page = read_error_page(error)) return write(std::move(*page), 11, false, false);
      return close();
    }
    const Request request = parser_->release();
    if (look_up(request)) return;
    write(answer(request, shared_.readiness, shared_.pages), request.version(), request.keep_alive(),
          request.method() == http::verb::head);
  }

  /// False: it is not for a look-up.
  bool look_up(const Request& request) {
    const std::string_view path = path_of(request);
    const auto found = std::find_if(shared_.look_ups.begin(), shared_.look_ups.end(),
                                    [&](const auto& each) { return path.starts_with(each.first); });
    if (found == shared_.look_ups.end() || !reads(request)) return false;
    // Whoever answers keeps copies of the function longer than it matters here: what they share gives the connection
    // back to this thread, which alone may end it.
    const auto waiting = std::make_shared<std::shared_ptr<Connection>>(shared_from_this());
    found->second(std::string(path.substr(found->first.size())),
                  [waiting, version = request.version(), keep_alive = request.keep_alive(),
                   head = request.method() == http::verb::head](HttpPage page) {
                    const auto executor = (*waiting)->stream_.get_executor();
                    asio::post(executor, [=, self = std::move(*waiting), page = std::move(page)]() mutable {
                      self->write(std::move(page), version, keep_alive, head);
                    });
                  });
    return true;
  }

  void write(HttpPage page, unsigned version, bool keep_alive, bool head) {
    response_ = Response(http::int_to_status(page.status), version);
    response_.set(http::field::content_type, page.content_type);
    response_.set(http::field::cache_control, page.cache_control);
    if (response_.result() == http::status::method_not_allowed) response_.set(http::field::allow, "GET, HEAD");
    response_.keep_alive(keep_alive);
    response_.content_length(page.body.size());
    if (!head) response_.body() = std::move(page.body);
    stream_.expires_after(shared_.options.request_timeout);
    serializer_.emplace(response_);
    auto done = [self = shared_from_this()](beast::error_code error, std::size_t) { self->on_written(error); };
    if (head) {
      http::async_write_header(stream_, *serializer_, std::move(done));
    } else {
      http::async_write(stream_, *serializer_, std::move(done));
    }
  }

  void on_written(beast::error_code error) {
    if (error) return close();
    if (response_.keep_alive()) return read();
    linger();
  }

  /// Closing with unread input would reset the connection and may take the answer away from the client: say that
  /// nothing follows, and read on into nowhere until the client closes, sends too much or takes too long.
  void linger() {
    beast::error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream_.expires_after(shared_.options.request_timeout);
    discard();
  }

  void discard() {
    stream_.async_read_some(asio::buffer(discarded_),
                            [self = shared_from_this()](beast::error_code error, std::size_t bytes) {
                              self->discarded_bytes_ += bytes;
                              if (error || self->discarded_bytes_ > kDiscardBytesMax) return self->close();
                              self->discard();
                            });
  }

  static constexpr std::size_t kDiscardBytesMax = 1024 * 1024;

  beast::tcp_stream stream_;
  Shared& shared_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  Response response_;
  std::optional<http::response_serializer<http::string_body>> serializer_;
  std::array<char, 4096> discarded_;
  std::size_t discarded_bytes_ = 0;
};

}  // namespace

class HttpServer::Impl {
 public:
  Impl(HttpServerOptions options, std::function<Readiness()> readiness, HttpPages pages, HttpLookUps look_ups)
      : options_(std::move(options)),
        readiness_(std::move(readiness)),
        pages_(std::move(pages)),
        look_ups_(std::move(look_ups)) {}

  void start() {
    try {
      tcp::resolver resolver(context_);
      const tcp::endpoint endpoint = *resolver.resolve(options_.host, std::to_string(options_.port)).begin();
      acceptor_.open(endpoint.protocol());
      acceptor_.set_option(asio::socket_base::reuse_address(true));
      acceptor_.bind(endpoint);
      acceptor_.listen();
      port_ = acceptor_.local_endpoint().port();
    } catch (const boost::system::system_error& error) {
      throw std::runtime_error("cannot listen for HTTP on " + options_.host + ":" + std::to_string(options_.port) +
                               ": " + error.code().message());
    }
    accept();
    thread_ = std::thread([this] { context_.run(); });
    name_thread(thread_, "http");
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::size_t connections() const { return shared_.connections.size(); }

  void stop() {
    if (!thread_.joinable()) return;
    asio::post(context_, [this] {
      acceptor_.close();
      retry_.cancel();
      const std::unordered_set<Connection*> open = shared_.connections;
      for (Connection* connection : open) connection->close();
    });
    thread_.join();  // the context runs out of work once the last operation has been cancelled
  }

 private:
  void accept() {
    acceptor_.async_accept([this](beast::error_code error, tcp::socket socket) {
      if (!acceptor_.is_open()) return;
      if (error) return accept_later();
      // Those refused linger until they have read why, but so must only so many.
      const std::size_t open = shared_.connections.size();
      if (open >= 2 * options_.connections_max) {
        socket.close(error);
        return accept();
      }
      const bool full = open >= options_.connections_max;
      const auto connection = std::make_shared<Connection>(std::move(socket), shared_);
      if (full) {
        connection->refuse(error_page(http::status::service_unavailable, "too many connections"));
      } else {
        connection->read();
      }
      accept();
    });
  }

  /// Out of file descriptors, most likely: trying again at once would spin.
  void accept_later() {
    retry_.expires_after(kAcceptPause);
    retry_.async_wait([this](beast::error_code error) {
      if (!error && acceptor_.is_open()) accept();
    });
  }

  const HttpServerOptions options_;
  const std::function<Readiness()> readiness_;
  const HttpPages pages_;
  const HttpLookUps look_ups_;
  Shared shared_{options_, readiness_, pages_, look_ups_, {}};
  asio::io_context context_{1};
  tcp::acceptor acceptor_{context_};
  asio::steady_timer retry_{context_};
  std::uint16_t port_ = 0;
  std::thread thread_;
};

HttpServer::HttpServer(HttpServerOptions options, std::function<Readiness()> readiness, HttpPages pages,
                       HttpLookUps look_ups)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(readiness), std::move(pages), std::move(look_ups))) {}

HttpServer::~HttpServer() { stop(); }

void HttpServer::start() { impl_->start(); }

std::uint16_t HttpServer::port() const { return impl_->port(); }

std::size_t HttpServer::connections() const { return impl_->connections(); }

void HttpServer::stop() { impl_->stop(); }

}  // namespace muster::gateway
