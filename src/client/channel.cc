#include "muster/client/channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/client_interceptor.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>
#include <vector>

namespace muster::client {
namespace {

using grpc::experimental::ClientInterceptorFactoryInterface;
using grpc::experimental::ClientRpcInfo;
using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::Interceptor;
using grpc::experimental::InterceptorBatchMethods;

/// gRPC's own call credentials are for channels with TLS only.
class Authorizer final : public Interceptor {
 public:
  explicit Authorizer(const Credentials& credentials) : credentials_(credentials) {}

  void Intercept(InterceptorBatchMethods* call) override {
    if (call->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
      if (const std::string credential = credentials_(); !credential.empty()) {
        call->GetSendInitialMetadata()->emplace("authorization", "Bearer " + credential);
      }
    }
    call->Proceed();
  }

 private:
  const Credentials& credentials_;  // the factory's, which lives as long as the channel
};

class AuthorizerFactory final : public ClientInterceptorFactoryInterface {
 public:
  explicit AuthorizerFactory(Credentials credentials) : credentials_(std::move(credentials)) {}
  Interceptor* CreateClientInterceptor(ClientRpcInfo*) override { return new Authorizer(credentials_); }

 private:
  const Credentials credentials_;
};

std::string read_file(const std::string& path) {
  if (path.empty()) return {};
  std::ifstream file(path);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) throw std::runtime_error(path + ": cannot be read");
  return text.str();
}

std::shared_ptr<grpc::ChannelCredentials> transport(const Tls& tls) {
  if (tls.ca.empty()) return grpc::InsecureChannelCredentials();
  return grpc::SslCredentials({read_file(tls.ca), read_file(tls.key), read_file(tls.certificate)});
}

}  // namespace

std::shared_ptr<grpc::Channel> make_channel(const std::string& server, const grpc::ChannelArguments& arguments,
                                            Credentials credentials, const Tls& tls) {
  std::vector<std::unique_ptr<ClientInterceptorFactoryInterface>> interceptors;
  interceptors.push_back(std::make_unique<AuthorizerFactory>(std::move(credentials)));
  return grpc::experimental::CreateCustomChannelWithInterceptors(server, transport(tls), arguments,
                                                                 std::move(interceptors));
}

}  // namespace muster::client
