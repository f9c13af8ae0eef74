#pragma once

#include <google/protobuf/descriptor.h>
#include <grpcpp/server_context.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "muster/api/caller.h"
#include "muster/api/errors.h"

namespace muster::api {

/// How far a call may reach.
enum class Reach {
  kNone,      ///< it is refused
  kOwn,       ///< what is the caller's own: the desk, the sign-in, what is of the member
  kTenant,    ///< what is the caller's tenant's
  kPlatform,  ///< everything
};

/// Who was let in, or why not.
struct Admission {
  std::optional<Error> refusal;
  std::shared_ptr<const Caller> caller;  ///< null if refused, and for methods that anyone may call
  Reach reach = Reach::kNone;

  /// The tenant whose things alone the call reaches; empty: those of all. REQUIRES: there is a caller.
  [[nodiscard]] std::string tenant() const { return reach == Reach::kPlatform ? std::string() : caller->tenant_id; }
};

/// Lets calls in. Every call of every service passes it before anything else happens. Thread-safe; does not block.
class Gate {
 public:
  virtual ~Gate() = default;
  /// Who calls, and how far that may reach. Of a method each has a request of its own, so that the type of the request
  /// names the method.
  [[nodiscard]] virtual Admission admit(const grpc::CallbackServerContext& context,
                                        const google::protobuf::Descriptor& request) = 0;
  /// Whether a stream's caller still is let in: why not, if not.
  [[nodiscard]] virtual std::optional<Error> recheck(const Caller& caller) = 0;
  /// Whether there is such a tenant: `then` is called once, at once or from another thread; nothing if it could not be
  /// found out.
  virtual void find_tenant(const std::string& tenant_id, std::function<void(std::optional<bool>)> then) = 0;
  /// Rises whenever something was taken away from callers.
  [[nodiscard]] virtual std::uint64_t changes() const = 0;
};

}  // namespace muster::api
