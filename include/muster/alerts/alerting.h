#pragma once

#include <grpcpp/impl/service_type.h>

#include <memory>

#include "muster/api/gate.h"
#include "muster/node/node.h"
#include "muster/store/jobs.h"
#include "muster/store/tenant_pool.h"

namespace muster::api {
class StreamRegistry;
}

namespace muster::alerts {

/// Watches the floor by the rules in the tables, about once a second, while this node serves the workspace; on every
/// server it knows how the alerts are, for those who watch them. What it notices is in the tables before anybody is
/// told. Threads of its own.
class Alerting {
 public:
  /// Both must outlive it, and the node be started.
  Alerting(store::TenantPool& pool, node::Node& node);
  /// As stop().
  ~Alerting();
  Alerting(const Alerting&) = delete;
  Alerting& operator=(const Alerting&) = delete;

  /// Looks no more. May be called again.
  void stop();

  /// The service must not outlive it, nor the gate and the streams the service.
  std::unique_ptr<grpc::Service> make_service(api::Gate& gate, api::StreamRegistry& streams);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Deletes alerts that nobody looks at any more.
store::Job alert_cleanup_job();

}  // namespace muster::alerts
