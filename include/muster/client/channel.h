#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/support/channel_arguments.h>

#include <memory>
#include <string>

#include "muster/client/credentials.h"

namespace muster::client {

/// A channel whose every call carries the credentials.
std::shared_ptr<grpc::Channel> make_channel(const std::string& server, const grpc::ChannelArguments& arguments,
                                            Credentials credentials);

}  // namespace muster::client
