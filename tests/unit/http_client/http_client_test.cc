#include "muster/http_client/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <thread>

#include "certificate.h"
#include "http_receiver.h"

namespace muster::http_client {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

struct TemporaryFolder {
  TemporaryFolder() {
    char made[] = "/tmp/muster-http-XXXXXX";
    path = mkdtemp(made);
  }
  ~TemporaryFolder() { fs::remove_all(path); }
  fs::path path;
};

std::string trouble(const std::string& url, const Options& options = {}) {
  try {
    fetch(*Url::parse(url), options);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

TEST(Fetch, AUrlIsTakenApart) {
  const auto url = Url::parse("https://login.example:8443/keys?v=1");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host + " " + url->port + " " + url->target, "login.example 8443 /keys?v=1");
  EXPECT_EQ(Url::parse("https://a")->port, "443");
  EXPECT_EQ(Url::parse("http://[::1]:1/")->host, "::1");
  for (const char* bad :
       {"", "ftp://a", "https://", "https:///x", "https://a:", "https://a:x", "https://u@a", "https://a/#b",
        "https://a b", "//a", "https://a:1:2", "https://a\r\nHost: b", "https://a:65536"}) {
    EXPECT_FALSE(Url::parse(bad)) << bad;
  }
}

TEST(Fetch, OnlyThisMachineIsLocal) {
  for (const char* url : {"http://127.0.0.1", "http://127.9.9.9", "http://[::1]", "http://localhost"}) {
    EXPECT_TRUE(Url::parse(url)->is_local()) << url;
  }
  for (const char* url : {"http://10.0.0.1", "http://localhost.example", "http://127.0.0.1.example", "http://[::]"}) {
    EXPECT_FALSE(Url::parse(url)->is_local()) << url;
  }
}

TEST(Fetch, AnAnswerHasItsLimits) {
  std::atomic<unsigned> status{200};
  testing::HttpReceiver server([&](const auto&) { return status.load(); });
  EXPECT_EQ(fetch(*Url::parse(server.url()), {}), "{}");
  EXPECT_THAT(trouble(server.url(), {.bytes_max = 1}), HasSubstr("body limit"));
  status = 302;
  EXPECT_THAT(trouble(server.url()), HasSubstr("HTTP 302"));
  EXPECT_EQ(server.count(), 3u) << "redirects are not followed";
}

TEST(Fetch, AServerThatDoesNotAnswerIsNotWaitedForLong) {
  boost::asio::io_context context;
  boost::asio::ip::tcp::acceptor silent(context, {boost::asio::ip::address_v4::loopback(), 0});
  const std::string url = "http://127.0.0.1:" + std::to_string(silent.local_endpoint().port());
  EXPECT_THAT(trouble(url, {.timeout = std::chrono::milliseconds(200)}), HasSubstr("in time"));
  const std::atomic<bool> stop{true};
  EXPECT_THAT(trouble(url, {.stop = &stop}), HasSubstr("broken off"));
}

/// Answers one request after another over TLS, whoever asks, until it is asked for "/end".
class TlsServer {
 public:
  explicit TlsServer(const testing::Certificate& certificate) {
    tls_.use_certificate_chain_file(certificate.certificate);
    tls_.use_private_key_file(certificate.key, boost::asio::ssl::context::pem);
    thread_ = std::thread([this] {
      while (!ended_) serve();
    });
  }
  ~TlsServer() {
    ended_ = true;
    boost::asio::io_context context;
    boost::asio::ip::tcp::socket(context).connect(acceptor_.local_endpoint());
    thread_.join();
  }
  [[nodiscard]] std::string url(const std::string& host) const {
    return "https://" + host + ":" + std::to_string(acceptor_.local_endpoint().port()) + "/keys";
  }

 private:
  void serve() {
    boost::system::error_code error;
    boost::asio::ssl::stream<boost::asio::ip::tcp::socket> stream(acceptor_.accept(), tls_);
    stream.handshake(boost::asio::ssl::stream_base::server, error);
    if (error) return;
    std::string request;
    boost::asio::read_until(stream, boost::asio::dynamic_buffer(request), "\r\n\r\n", error);
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    boost::asio::write(stream, boost::asio::buffer(answer), error);
  }

  boost::asio::io_context context_;
  boost::asio::ip::tcp::acceptor acceptor_{context_, {boost::asio::ip::address_v4::loopback(), 0}};
  boost::asio::ssl::context tls_{boost::asio::ssl::context::tls_server};
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

TEST(Fetch, AServerMustBeWhoItShouldBe) {
  const TemporaryFolder folder;
  const testing::Certificate own(folder.path, "own"), other(folder.path, "other");
  const TlsServer server(own);
  EXPECT_EQ(fetch(*Url::parse(server.url("localhost")), {.ca = own.certificate}), "{}");
  EXPECT_THAT(trouble(server.url("127.0.0.1"), {.ca = own.certificate}), HasSubstr("verify failed"));
  EXPECT_THAT(trouble(server.url("localhost"), {.ca = other.certificate}), HasSubstr("verify failed"));
  EXPECT_THAT(trouble(server.url("localhost")), HasSubstr("verify failed"));
}

Response exchanged(const Request& request, const Options& options = {}) {
  boost::asio::io_context context;
  auto answer = boost::asio::co_spawn(context, exchange(request, options), boost::asio::use_future);
  context.run();
  return answer.get();
}

TEST(Exchange, WhatIsPostedArrivesWithItsHeaders) {
  testing::HttpReceiver server([](const auto&) { return 404; });
  const Response response =
      exchanged({*Url::parse(server.url()), {{"x-one", "1"}}, "all of it"}, {.timeout = std::chrono::seconds(60)});
  EXPECT_EQ(response.status, 404u);
  EXPECT_EQ(response.body, "{}");
  ASSERT_EQ(server.count(), 1u);
  const auto request = server.requests().front();
  EXPECT_EQ(request.body, "all of it");
  EXPECT_EQ(request.target, "/hook");
  EXPECT_EQ(request.headers.at("x-one"), "1");
  EXPECT_EQ(request.headers.at("host"), "127.0.0.1:" + std::to_string(server.port()));
}

TEST(Exchange, TheStatusCountsWhenTheBodyIsTooLong) {
  testing::HttpReceiver server([](const auto&) { return 200; });
  const Response response = exchanged({*Url::parse(server.url()), {}, "x"}, {.bytes_max = 1});
  EXPECT_EQ(response.status, 200u);
  EXPECT_TRUE(response.body_error);
}

TEST(Exchange, OnlyPublicAddressesAreConnectedToIfItIsAskedFor) {
  testing::HttpReceiver server([](const auto&) { return 200; });
  const std::string port = std::to_string(server.port());
  // The last ones are addresses to those who look names up alone.
  for (const char* host : {"127.0.0.1", "[::ffff:127.0.0.1]", "localhost", "127.1", "0x7f.0.0.1", "2130706433"}) {
    const std::string url = std::string("http://") + host + ":" + port;
    EXPECT_THAT(trouble(url, {.public_only = true}), HasSubstr("not public")) << url;
  }
  EXPECT_EQ(server.count(), 0u);
  EXPECT_EQ(trouble("http://127.1:" + port), "") << "else it is reached";
}

TEST(Exchange, WhatIsNotForTheInternetIsNotPublic) {
  const auto is = [](const char* address) { return is_public(boost::asio::ip::make_address(address)); };
  for (const char* address :
       {"0.0.0.0",         "10.1.2.3",     "100.64.0.1", "127.0.0.1",       "169.254.169.254",  "172.16.0.1",
        "172.31.255.255",  "192.168.1.1",  "192.0.0.1",  "198.18.0.1",      "203.0.113.9",      "224.0.0.1",
        "255.255.255.255", "::",           "::1",        "::ffff:10.0.0.1", "::ffff:127.0.0.1", "fe80::1",
        "fc00::1",         "fd12:3456::1", "ff02::1",    "64:ff9b::a00:1",  "2001::1",          "2001:db8::1",
        "2002:7f00:1::",   "fec0::1"}) {
    EXPECT_FALSE(is(address)) << address;
  }
  for (const char* address : {"1.1.1.1", "172.32.0.1", "100.128.0.1", "192.0.1.1", "::ffff:8.8.8.8",
                              "2606:4700:4700::1111", "2a00:1450::1"}) {
    EXPECT_TRUE(is(address)) << address;
  }
}

}  // namespace
}  // namespace muster::http_client
