#pragma once

#include <grpcpp/server_context.h>

#include "muster/api/gate.h"
#include "muster/api/guard.h"

namespace muster::api {

/// Every unary call begins here: once it is through the gate, `body(reactor, admission)` answers it. What `body`
/// throws ends it.
template <typename Request, typename Body>
grpc::ServerUnaryReactor* admitted(Gate& gate, grpc::CallbackServerContext* context, const Request*, const Body& body) {
  auto* reactor = context->DefaultReactor();
  guarded(
      [&] {
        const Admission admission = gate.admit(*context, *Request::descriptor());
        if (admission.refusal) {
          reactor->Finish(to_status(*admission.refusal));
        } else {
          body(reactor, admission);
        }
      },
      [&](const grpc::Status& status) { reactor->Finish(status); });
  return reactor;
}

}  // namespace muster::api
