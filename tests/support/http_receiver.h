#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <cctype>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace muster::testing {

/// A server on this machine that keeps what it is sent. Each connection is a thread, so an answer may take its time.
class HttpReceiver {
 public:
  struct Request {
    std::map<std::string, std::string> headers;  ///< names in lower case
    std::string target;
    std::string body;
  };
  /// The status to answer; called by many threads. 3xx: to this server itself.
  using Answer = std::function<unsigned(const Request&)>;

  explicit HttpReceiver(Answer answer, std::uint16_t port = 0)
      : answer_(std::move(answer)), acceptor_(context_, {boost::asio::ip::address_v4::loopback(), port}) {
    thread_ = std::thread([this] { run(); });
  }
  ~HttpReceiver() {
    ended_ = true;
    boost::asio::io_context context;
    boost::asio::ip::tcp::socket(context).connect(acceptor_.local_endpoint());
    thread_.join();
    for (std::thread& each : connections_) each.join();
  }
  HttpReceiver(const HttpReceiver&) = delete;
  HttpReceiver& operator=(const HttpReceiver&) = delete;

  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port()) + "/hook"; }
  [[nodiscard]] std::vector<Request> requests() const {
    std::lock_guard lock(mutex_);
    return requests_;
  }
  /// With or without a request.
  [[nodiscard]] int connections() const { return accepted_; }
  [[nodiscard]] std::size_t count() const { return requests().size(); }

 private:
  void run() {
    while (true) {
      boost::asio::ip::tcp::socket socket = acceptor_.accept();
      if (ended_) return;
      ++accepted_;
      connections_.emplace_back([this, socket = std::move(socket)]() mutable { serve(socket); });
    }
  }

  void serve(boost::asio::ip::tcp::socket& socket) {
    namespace http = boost::beast::http;
    boost::system::error_code error;
    boost::beast::flat_buffer buffer;
    http::request<http::string_body> asked;
    http::read(socket, buffer, asked, error);
    if (error) return;
    Request request{{}, std::string(asked.target()), asked.body()};
    for (const auto& field : asked) {
      std::string name(field.name_string());
      for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      request.headers[name] = std::string(field.value());
    }
    {
      std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    const unsigned status = answer_(request);
    http::response<http::string_body> response(static_cast<http::status>(status), 11);
    if (status / 100 == 3) response.set(http::field::location, url());
    if (status != 204) response.body() = "{}";
    response.prepare_payload();
    http::write(socket, response, error);
  }

  const Answer answer_;
  boost::asio::io_context context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::atomic<bool> ended_{false};
  std::atomic<int> accepted_{0};
  mutable std::mutex mutex_;
  std::vector<Request> requests_;         // guarded by mutex_
  std::vector<std::thread> connections_;  // of the thread, until it has ended
  std::thread thread_;
};

}  // namespace muster::testing
