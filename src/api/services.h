#pragma once

#include <grpcpp/impl/service_type.h>

#include <memory>

#include "muster/api/gate.h"
#include "muster/api/stream.h"
#include "muster/base/time.h"
#include "muster/node/node.h"

namespace muster::api {

// The services of muster.v1, each in its own file. What they are given must outlive them.
std::unique_ptr<grpc::Service> make_contact_service(node::Node& node, Gate& gate, StreamRegistry& streams);
std::unique_ptr<grpc::Service> make_agent_session_service(node::Node& node, Gate& gate, StreamRegistry& streams);
std::unique_ptr<grpc::Service> make_routing_service(node::Node& node, Gate& gate);
std::unique_ptr<grpc::Service> make_board_service(node::Node& node, Gate& gate, StreamRegistry& streams);
std::unique_ptr<grpc::Service> make_kpi_service(node::Node& node, Gate& gate);
/// `started`: when this process did.
std::unique_ptr<grpc::Service> make_admin_service(node::Node& node, Gate& gate, StreamRegistry& streams,
                                                  TimePoint started);

}  // namespace muster::api
