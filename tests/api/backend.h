#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "google/rpc/status.pb.h"
#include "muster/api/server.h"
#include "muster/members/roster.h"
#include "muster/node/node.h"
#include "muster/store/tenant_pool.h"
#include "muster/v1/contact_service.grpc.pb.h"
#include "muster/v1/routing_service.grpc.pb.h"

namespace muster::testing {

/// A fresh UUID.
std::string new_request_id();

/// An error as a client sees it.
struct Problem {
  grpc::StatusCode code = grpc::StatusCode::OK;
  std::string reason;
  std::map<std::string, std::string> metadata;
  std::vector<std::string> fields;
  bool says_when_to_retry = false;
};
Problem problem(const google::rpc::Status& status);
Problem problem(const grpc::Status& status);

/// Tries until `holds` or a generous time has passed; says whether it held.
bool eventually(const std::function<bool()>& holds);

/// A node with its gRPC server and all services, on an empty database of its own, and a client's channel to it.
class Backend {
 public:
  explicit Backend(node::NodeOptions options = {}, api::ServerOptions server_options = {});
  ~Backend();

  /// A skill "zh", a policy "plain" that asks for it, queues "billing" (voice) and "help" (chat), and agents "mei"
  /// and "bob", who have it and can carry ten chats.
  void set_up_floor();

  /// Calls a unary method with a deadline.
  template <typename Stub, typename Request, typename Response>
  grpc::Status call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response* response) {
    Stub stub(channel);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    return (stub.*method)(&context, request, response);
  }
  /// The same, when only the status counts.
  template <typename Stub, typename Request, typename Response>
  grpc::Status call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request) {
    Response response;
    return call(method, request, &response);
  }

  /// Creates a contact and gives its identifier.
  std::string create_contact(const std::string& queue_id, const std::string& attribute = "");

  std::string database;
  std::unique_ptr<node::Node> node;
  std::unique_ptr<store::TenantPool> back_office;
  std::unique_ptr<members::Roster> roster;
  std::unique_ptr<api::Server> server;
  std::shared_ptr<grpc::Channel> channel;
};

using Contacts = v1::ContactService::Stub;
using Routing = v1::RoutingService::Stub;

}  // namespace muster::testing
