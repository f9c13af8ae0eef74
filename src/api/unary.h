#pragma once

#include <grpcpp/server_context.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "muster/api/admitted.h"
#include "muster/api/errors.h"
#include "muster/node/node.h"
#include "muster/node/render.h"
#include "requests.h"

/// How a unary call is answered. Nothing here blocks: the handler returns at once, and the reactor is finished from
/// the node's thread.
namespace muster::api {

template <typename Response>
void fill(const dispatch::Reply& reply, Response* response) {
  response->set_sequence(static_cast<std::int64_t>(reply.sequence));
}

inline void fill(const dispatch::Reply& reply, v1::CreateContactResponse* response) {
  response->set_sequence(static_cast<std::int64_t>(reply.sequence));
  response->set_contact_id(node::contact_id(dispatch::ContactId{reply.id}));
}

/// Ends a call with what the engine answered.
template <typename Request, typename Response>
void finish(const node::Answer& answer, grpc::ServerUnaryReactor* reactor, const Request* request, Response* response) {
  if (answer.delivery != node::Delivery::kAnswered || !answer.reply.ok()) {
    reactor->Finish(to_status(answer_error(answer, *request)));
    return;
  }
  fill(answer.reply, response);
  reactor->Finish(grpc::Status::OK);
}

/// Hands a command to the engine and answers with what comes of it. The request and the response live until the
/// reactor is finished.
template <typename Request, typename Response>
void submit(node::Node& node, dispatch::Command&& command, grpc::ServerUnaryReactor* reactor, const Request* request,
            Response* response) {
  node.submit(std::move(command),
              [reactor, request, response](const node::Answer& answer) { finish(answer, reactor, request, response); });
}

/// A unary call that is one command, checked and converted by `convert(request, checker)`, in the name of the tenant.
template <typename Request, typename Response, typename Convert>
void command_call(node::Node& node, grpc::ServerUnaryReactor* reactor, const Request* request, Response* response,
                  const Convert& convert, const std::string& tenant = {}) {
  Checker check;
  dispatch::Command command = convert(*request, check);
  command.tenant = tenant;
  if (!check.ok()) {
    reactor->Finish(to_status(check.error()));
    return;
  }
  submit(node, std::move(command), reactor, request, response);
}

template <typename Request, typename Response>
grpc::ServerUnaryReactor* command_call(Gate& gate, node::Node& node, grpc::CallbackServerContext* context,
                                       const Request* request, Response* response) {
  return admitted(gate, context, request, [&](grpc::ServerUnaryReactor* reactor, const Admission& admission) {
    command_call(
        node, reactor, request, response, [](const Request& r, Checker& check) { return to_command(r, check); },
        admission.tenant());
  });
}

/// Whether a caller held to the tenant may know of the queue; empty: held to none.
inline bool exists_for(const std::string& tenant, const dispatch::Queue& queue) {
  return tenant.empty() || queue.spec.tenant == tenant;
}

/// Why the reporting tables were not read; what is behind it goes to the log.
grpc::Status not_read(node::StoreStatus status, const std::string& trouble);

/// Reads the engine's state: `look(engine, now)` fills the response and gives the call's status.
template <typename Look>
void read(node::Node& node, grpc::ServerUnaryReactor* reactor, Look look) {
  node.read(
      [reactor, look = std::move(look)](const dispatch::Engine& engine, TimePoint now) -> std::function<void()> {
        return [reactor, status = look(engine, now)] { reactor->Finish(status); };
      },
      [reactor](node::Delivery delivery) { reactor->Finish(to_status(delivery_error(delivery))); });
}

}  // namespace muster::api
