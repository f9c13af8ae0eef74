#pragma once

#include <grpcpp/support/server_callback.h>

#include <string>

#include "muster/node/node.h"
#include "muster/v1/contact_service.pb.h"

namespace muster::api {

/// Answers RecordContactOutcome. What the tables have already is not told to the engine again; what is under way is the
/// same request to it, because its id is made from the contact's and the outcome's.
void record_outcome(node::Node& node, const std::string& tenant, const v1::RecordContactOutcomeRequest* request,
                    v1::RecordContactOutcomeResponse* response, grpc::ServerUnaryReactor* reactor);

}  // namespace muster::api
