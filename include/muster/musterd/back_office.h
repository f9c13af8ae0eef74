#pragma once

#include <grpcpp/impl/service_type.h>

#include <memory>
#include <string>
#include <vector>

#include "muster/alerts/alerting.h"
#include "muster/api/gate.h"
#include "muster/base/sealer.h"
#include "muster/identity/identity.h"
#include "muster/members/roster.h"
#include "muster/node/node.h"
#include "muster/store/jobs.h"
#include "muster/store/tenant_pool.h"
#include "muster/webhooks/webhook_service.h"

namespace muster::musterd {

/// The root key, as far as the back office needs it. The identity must outlive it.
Sealer sealer_of(const identity::Identity& identity);

/// Everything that members, the academy, certificates, skill tags, targets, alerts and webhooks need, put together:
/// their services, the roster, the jobs, the deliveries, and what one of them tells another.
class BackOffice {
 public:
  /// The node, which is started, the gate and the root key must outlive it. The roster and the alerts begin to work.
  BackOffice(const std::string& database, node::Node& node, api::Gate& gate, Sealer root,
             webhooks::Options webhooks = {});
  /// As stop().
  ~BackOffice();

  std::vector<std::unique_ptr<grpc::Service>> make_services(api::StreamRegistry& streams);
  /// The jobs, and the deliveries of webhooks.
  void start_jobs();
  /// Ends them, the alerts and the roster, and lets the calls under way finish. May be called again.
  void stop();

  [[nodiscard]] store::TenantPool& pool() { return pool_; }

 private:
  store::TenantPool pool_;
  node::Node& node_;
  api::Gate& gate_;
  const Sealer root_;
  const webhooks::Options webhooks_;
  std::unique_ptr<members::Roster> roster_;
  alerts::Alerting alerting_;
  std::unique_ptr<store::Jobs> jobs_;
  std::unique_ptr<webhooks::Worker> deliveries_;
};

}  // namespace muster::musterd
