#pragma once

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "muster/api/server.h"

namespace muster::api {

/// TLS with the certificate in these files, which are read again when they change. Throws std::runtime_error, saying
/// what is wrong, if they cannot be used: gRPC would start, and refuse every connection.
std::shared_ptr<grpc::ServerCredentials> tls_credentials(const TlsOptions& options);

}  // namespace muster::api
