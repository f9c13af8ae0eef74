#pragma once

#include <google/protobuf/descriptor.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/channel_arguments.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "google/rpc/status.pb.h"
#include "muster/api/server.h"
#include "muster/api/stream.h"
#include "muster/certification/badges.h"
#include "muster/identity/identity.h"
#include "muster/musterd/back_office.h"
#include "muster/node/node.h"
#include "muster/v1/contact_service.grpc.pb.h"
#include "muster/v1/identity.pb.h"
#include "muster/v1/member_service.grpc.pb.h"
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

/// Whether neither a deadlock nor another failure of the database ended the call.
bool went_through(const grpc::Status& status);

/// Tries until `holds` or a generous time has passed; says whether it held.
bool eventually(const std::function<bool()>& holds);

/// A folder that goes with its object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path path;
};

/// A node with its gRPC server and all services, on an empty database of its own, and a client's channel to it, whose
/// calls carry the operator's key.
class Backend {
 public:
  explicit Backend(node::NodeOptions options = {}, api::ServerOptions server_options = {},
                   webhooks::Options webhooks = {});
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

  /// Calls a method that changes something, under a request_id of its own unless the request has one.
  template <typename Stub, typename Request, typename Response>
  grpc::Status change(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), Request request,
                      Response* response = nullptr) {
    if (request.request_id().empty()) request.set_request_id(new_request_id());
    Response unused;
    return call(method, request, response ? response : &unused);
  }
  /// Registers a member, who goes through all states up to `last`.
  void bring_member_to(const std::string& member_id, v1::MemberState last);

  void make_tenant(const std::string& tenant_id);
  /// The channel of a new user of the tenant who has that role and has signed in.
  std::shared_ptr<grpc::Channel> tenant_user(const std::string& tenant_id, v1::Role role);

  /// Creates a contact and gives its identifier.
  std::string create_contact(const std::string& queue_id, const std::string& attribute = "");

  /// Another channel. Calls carry `credential`; empty: none.
  [[nodiscard]] std::shared_ptr<grpc::Channel> connect(const std::string& credential,
                                                       const grpc::ChannelArguments& arguments = {}) const;

  TemporaryFolder folder;
  std::string database;
  std::unique_ptr<node::Node> node;
  std::unique_ptr<identity::Identity> identity;
  std::string operator_key;
  std::optional<musterd::BackOffice> back_office;
  std::optional<certification::Badges> badges;  ///< of https://muster.example
  api::StreamRegistry streams;
  std::unique_ptr<api::Server> server;
  std::shared_ptr<grpc::Channel> channel;
};

/// Calls a method of any kind with an empty message, or with `body`, and gives the status and the first answer.
std::pair<grpc::Status, std::string> call_raw(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                                              const std::string& body, bool until_the_end);
/// Of muster.v1, all.
std::vector<const google::protobuf::ServiceDescriptor*> services();

using Contacts = v1::ContactService::Stub;
using Routing = v1::RoutingService::Stub;

}  // namespace muster::testing
