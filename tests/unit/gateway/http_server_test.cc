#include "muster/gateway/http_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "muster/gateway/json.h"

namespace muster::gateway {
namespace {

/// A client that sends bytes as it likes.
class Client {
 public:
  explicit Client(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval limit{20, 0};  // a test that would hang fails instead
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
      throw std::runtime_error("cannot connect");
    }
  }
  ~Client() { close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(const std::string& bytes) { ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }

  /// Reads until the server closes.
  std::string rest() {
    std::string all;
    while (read_some(all)) {
    }
    return all;
  }

  /// Reads until `end` has come.
  std::string until(const std::string& end) {
    std::string all;
    while (all.find(end) == std::string::npos && read_some(all)) {
    }
    return all;
  }

 private:
  bool read_some(std::string& all) {
    char buffer[4096];
    const ssize_t length = recv(fd_, buffer, sizeof(buffer), 0);
    if (length < 0 && errno == EAGAIN) throw std::runtime_error("the server neither answers nor closes");
    if (length <= 0) return false;
    all.append(buffer, static_cast<std::size_t>(length));
    return true;
  }

  int fd_;
};

class HttpServerTest : public ::testing::Test {
 protected:
  HttpServer& start(HttpServerOptions options = {}) {
    options.port = 0;
    server_ = std::make_unique<HttpServer>(
        options, [this] { return readiness_; },
        HttpPages{{"/page",
                   [] {
                     return HttpPage{503, "{\"a\":1}", "max-age=60"};
                   }},
                  {"/text",
                   [this] {
                     return HttpPage{200, std::to_string(server_->connections()), "no-store", "text/plain"};
                   }}},
        HttpLookUps{{"/things/", [](const std::string& rest, const std::function<void(HttpPage)>& answer) {
                       // Joined here, so that none answers when the server is gone.
                       const std::jthread other([&] {
                         answer({200, "{\"thing\":" + json_string(rest) + "}", "max-age=5"});
                       });
                     }}});
    server_->start();
    return *server_;
  }

  /// One request on a connection of its own.
  std::string ask(const std::string& request) {
    Client client(server_->port());
    client.send(request);
    return client.rest();
  }

  std::string get(const std::string& path) {
    return ask("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  }

  static std::string status(const std::string& response) { return response.substr(0, response.find("\r\n")); }
  static std::string body(const std::string& response) { return response.substr(response.find("\r\n\r\n") + 4); }

  Readiness readiness_{true, ""};
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, HealthzSaysThatTheProcessLives) {
  start();
  const std::string response = get("/healthz");
  EXPECT_EQ(status(response), "HTTP/1.1 200 OK");
  EXPECT_NE(response.find("Content-Type: application/json\r\n"), std::string::npos);
  EXPECT_EQ(body(response), "{\"alive\":true}\n");
}

TEST_F(HttpServerTest, ReadyzTellsTheTruthAsItIsNow) {
  readiness_ = {false, "replaying the \"journal\""};
  start();
  std::string response = get("/readyz");
  EXPECT_EQ(status(response), "HTTP/1.1 503 Service Unavailable");
  EXPECT_EQ(body(response), "{\"ready\":false,\"reason\":\"replaying the \\\"journal\\\"\"}\n");

  readiness_ = {true, ""};
  response = get("/readyz?verbose=1");
  EXPECT_EQ(status(response), "HTTP/1.1 200 OK");
  EXPECT_EQ(body(response), "{\"ready\":true}\n");
}

TEST_F(HttpServerTest, RootSaysWhatThereIsAndOtherPathsAreNotFound) {
  start();
  EXPECT_NE(get("/").find("/readyz"), std::string::npos);
  const std::string response = get("/nothing");
  EXPECT_EQ(status(response), "HTTP/1.1 404 Not Found");
  EXPECT_EQ(body(response), "{\"error\":\"no such path\"}\n");
}

TEST_F(HttpServerTest, APageGivenIsServedAsItSays) {
  start();
  EXPECT_NE(get("/").find("\"/page\""), std::string::npos);
  const std::string response = get("/page?of=1");
  EXPECT_EQ(status(response), "HTTP/1.1 503 Service Unavailable");
  EXPECT_NE(response.find("Cache-Control: max-age=60\r\n"), std::string::npos);
  EXPECT_EQ(body(response), "{\"a\":1}");
  EXPECT_EQ(status(get("/page/")), "HTTP/1.1 404 Not Found");
}

TEST_F(HttpServerTest, WhatIsLookedUpIsAnsweredFromAnotherThreadEachInItsOrder) {
  start();
  const std::string response = get("/things/a/b?of=1");
  EXPECT_EQ(status(response), "HTTP/1.1 200 OK");
  EXPECT_NE(response.find("Cache-Control: max-age=5\r\n"), std::string::npos);
  EXPECT_EQ(body(response), "{\"thing\":\"a/b\"}");
  Client client(server_->port());
  client.send(
      "GET /things/1 HTTP/1.1\r\nHost: x\r\n\r\nGET /things/2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string both = client.rest();
  EXPECT_LT(both.find("{\"thing\":\"1\"}"), both.find("{\"thing\":\"2\"}"));
  EXPECT_NE(both.find("{\"thing\":\"2\"}"), std::string::npos);
  EXPECT_EQ(status(ask("POST /things/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")),
            "HTTP/1.1 405 Method Not Allowed");
}

TEST_F(HttpServerTest, AClientThatLeavesBeforeTheAnswerHurtsNobody) {
  start();
  for (int i = 0; i < 100; ++i) {
    Client client(server_->port());
    client.send("GET /things/" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  EXPECT_EQ(status(get("/healthz")), "HTTP/1.1 200 OK");
}

TEST_F(HttpServerTest, HeadGivesTheHeaderAlone) {
  start();
  const std::string response = ask("HEAD /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(status(response), "HTTP/1.1 200 OK");
  EXPECT_NE(response.find("Content-Length: 15\r\n"), std::string::npos);
  EXPECT_EQ(body(response), "");
}

TEST_F(HttpServerTest, OtherMethodsAreNotAllowed) {
  start();
  const std::string response =
      ask("POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi");
  EXPECT_EQ(status(response), "HTTP/1.1 405 Method Not Allowed");
  EXPECT_NE(response.find("Allow: GET, HEAD\r\n"), std::string::npos);
}

TEST_F(HttpServerTest, ConnectionServesManyRequestsEvenWhenSentAtOnce) {
  start();
  Client client(server_->port());
  const std::string request = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
  client.send(request + request);
  client.send("GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string all = client.rest();
  std::vector<std::string> statuses;
  for (std::size_t at = 0; (at = all.find("HTTP/1.1 ", at)) != std::string::npos; ++at) {
    statuses.push_back(all.substr(at + 9, 3));
  }
  EXPECT_EQ(statuses, (std::vector<std::string>{"200", "200", "404"}));
}

TEST_F(HttpServerTest, OversizeHeaderIsRefused) {
  start();
  const std::string response = ask("GET / HTTP/1.1\r\nX: " + std::string(9'000, 'x') + "\r\n\r\n");
  EXPECT_EQ(status(response), "HTTP/1.1 431 Request Header Fields Too Large");
}

TEST_F(HttpServerTest, HeaderWithoutEndIsRefusedNotCollected) {
  start();
  const std::string response = ask("GET / HTTP/1.1\r\nX: " + std::string(500'000, 'x'));
  EXPECT_EQ(status(response), "HTTP/1.1 431 Request Header Fields Too Large");
}

TEST_F(HttpServerTest, OversizeBodyIsRefusedBeforeItIsRead) {
  start();
  const std::string response = ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n");
  EXPECT_EQ(status(response), "HTTP/1.1 413 Payload Too Large");
}

TEST_F(HttpServerTest, GarbageIsABadRequest) {
  start();
  EXPECT_EQ(status(ask("\x16\x03\x01 what is this\r\n\r\n")), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(status(ask("GET / HTTP/9.7\r\n\r\n")), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(status(ask("POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n")), "HTTP/1.1 400 Bad Request");
}

TEST_F(HttpServerTest, SlowClientIsCutOff) {
  start({.request_timeout = std::chrono::milliseconds(100)});
  Client slow(server_->port());
  slow.send("GET /healthz HT");
  EXPECT_EQ(slow.rest(), "");
  EXPECT_EQ(status(get("/healthz")), "HTTP/1.1 200 OK");
}

TEST_F(HttpServerTest, ClientThatNeverSpeaksDoesNotHoldUpOthers) {
  start();
  const Client silent(server_->port());
  EXPECT_EQ(status(get("/healthz")), "HTTP/1.1 200 OK");
}

TEST_F(HttpServerTest, ConnectionsAboveTheLimitAreRefusedUntilOneEnds) {
  start({.connections_max = 1});
  auto first = std::make_unique<Client>(server_->port());
  first->send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_NE(first->until("true}\n").find("200 OK"), std::string::npos);
  EXPECT_EQ(status(ask("")), "HTTP/1.1 503 Service Unavailable");
  first.reset();
  std::string response;
  do {
    response = get("/healthz");
  } while (status(response) == "HTTP/1.1 503 Service Unavailable");  // until the server has seen the close
  EXPECT_EQ(status(response), "HTTP/1.1 200 OK");
}

TEST_F(HttpServerTest, ThoseWhoStayThoughRefusedAreOnlySoMany) {
  start({.connections_max = 1});
  Client first(server_->port());
  first.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  first.until("true}\n");
  Client refused(server_->port());
  EXPECT_EQ(status(refused.until("}\n")), "HTTP/1.1 503 Service Unavailable");
  EXPECT_EQ(ask(""), "") << "closed at once";
}

TEST_F(HttpServerTest, StopClosesOpenConnectionsAndThePort) {
  HttpServer& server = start();
  Client idle(server.port());
  Client halfway(server.port());
  halfway.send("GET /healthz");
  EXPECT_EQ(status(get("/healthz")), "HTTP/1.1 200 OK");
  const std::uint16_t port = server.port();
  server.stop();
  EXPECT_EQ(idle.rest(), "");
  EXPECT_EQ(halfway.rest(), "");
  EXPECT_THROW(Client{port}, std::runtime_error);
  server.stop();
}

TEST_F(HttpServerTest, APageHasTheTypeThatItNamesAndKnowsHowManyAreConnected) {
  Client idle(start().port());
  idle.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  idle.until("true}\n");
  const std::string response = get("/text");
  EXPECT_NE(response.find("Content-Type: text/plain\r\n"), std::string::npos);
  EXPECT_EQ(body(response), "2");
}

TEST_F(HttpServerTest, PortThatIsTakenIsAnError) {
  HttpServer& server = start();
  HttpServer second({.port = server.port()}, [] { return Readiness{}; });
  EXPECT_THROW(second.start(), std::runtime_error);
}

TEST_F(HttpServerTest, HostThatDoesNotExistIsAnError) {
  HttpServer server({.host = "256.0.0.1", .port = 0}, [] { return Readiness{}; });
  EXPECT_THROW(server.start(), std::runtime_error);
}

}  // namespace
}  // namespace muster::gateway
