#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/support/channel_arguments.h>

#include <memory>
#include <string>

#include "muster/client/credentials.h"

namespace muster::client {

/// TLS to a server. Files in PEM.
struct Tls {
  std::string ca;           ///< who signs servers' certificates; empty: no TLS
  std::string certificate;  ///< the client's own, if the server asks for one…
  std::string key;          ///< …and its private key
};

/// A channel whose every call carries the credentials. Throws std::runtime_error if a file cannot be read.
std::shared_ptr<grpc::Channel> make_channel(const std::string& server, const grpc::ChannelArguments& arguments,
                                            Credentials credentials, const Tls& tls = {});

}  // namespace muster::client
