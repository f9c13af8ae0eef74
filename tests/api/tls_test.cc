#include <gtest/gtest.h>

#include "backend.h"
#include "certificate.h"
#include "muster/client/channel.h"
#include "muster/v1/identity_service.grpc.pb.h"

/// The port with TLS, by a client of ours over a real connection.
namespace muster::testing {
namespace {

namespace fs = std::filesystem;
using grpc::StatusCode;

class Tls : public ::testing::Test {
 protected:
  [[nodiscard]] api::ServerOptions options(const std::string& client_ca = "") const {
    api::ServerOptions options;
    options.tls = api::TlsOptions{server.certificate, server.key, client_ca, std::chrono::seconds(1)};
    return options;
  }
  /// What a client with this TLS hears.
  static grpc::Status ask(const Backend& backend, const client::Tls& tls) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own
    v1::IdentityService::Stub stub(client::make_channel(
        "localhost:" + std::to_string(backend.server->port()), arguments, [&] { return backend.operator_key; }, tls));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    v1::WhoAmIResponse response;
    return stub.WhoAmI(&context, v1::WhoAmIRequest(), &response);
  }

  TemporaryFolder folder;
  Certificate server{folder.path, "server"};
};

TEST_F(Tls, WhoTrustsTheCertificateIsServed) {
  Backend backend({}, options());
  EXPECT_TRUE(ask(backend, client::Tls{server.certificate, "", ""}).ok());
}

TEST_F(Tls, WhoDoesNotIsNot) {
  const Certificate other(folder.path, "other");
  Backend backend({}, options());
  EXPECT_EQ(ask(backend, client::Tls{other.certificate, "", ""}).error_code(), StatusCode::UNAVAILABLE);
  EXPECT_EQ(ask(backend, {}).error_code(), StatusCode::UNAVAILABLE);
}

TEST_F(Tls, ANewCertificateIsTakenUpWithoutARestart) {
  Backend backend({}, options());
  EXPECT_TRUE(ask(backend, client::Tls{server.certificate, "", ""}).ok());
  const std::string old = (folder.path / "old.pem").string();
  fs::copy(server.certificate, old);
  Certificate::write(server.certificate, server.key, "server");
  EXPECT_TRUE(eventually([&] { return ask(backend, client::Tls{server.certificate, "", ""}).ok(); }));
  EXPECT_EQ(ask(backend, client::Tls{old, "", ""}).error_code(), StatusCode::UNAVAILABLE);
}

TEST_F(Tls, ClientsNeedACertificateIfItIsAskedFor) {
  const Certificate client(folder.path, "client"), stranger(folder.path, "stranger");
  Backend backend({}, options(client.certificate));
  EXPECT_TRUE(ask(backend, client::Tls{server.certificate, client.certificate, client.key}).ok());
  EXPECT_EQ(ask(backend, client::Tls{server.certificate, "", ""}).error_code(), StatusCode::UNAVAILABLE);
  EXPECT_EQ(ask(backend, client::Tls{server.certificate, stranger.certificate, stranger.key}).error_code(),
            StatusCode::UNAVAILABLE);
}

TEST_F(Tls, FilesThatCannotBeUsedAreNamedAtTheStart) {
  const Certificate other(folder.path, "other");
  Backend backend;
  const auto start = [&](const api::TlsOptions& tls) {
    api::ServerOptions given;
    given.listen = "127.0.0.1:0";
    given.tls = tls;
    api::StreamRegistry streams;
    api::Server second(*backend.node, backend.identity->gate(), streams, {}, given);
    second.start();
  };
  EXPECT_THROW(start({"/missing.pem", server.key, ""}), std::runtime_error);
  EXPECT_THROW(start({server.certificate, "/missing.key", ""}), std::runtime_error);
  EXPECT_THROW(start({server.certificate, other.key, ""}), std::runtime_error);
  EXPECT_THROW(start({server.key, server.key, ""}), std::runtime_error);
  EXPECT_THROW(start({server.certificate, server.key, "/missing.pem"}), std::runtime_error);
}

}  // namespace
}  // namespace muster::testing
