#pragma once

#include <grpcpp/impl/service_type.h>

#include <memory>
#include <string>
#include <vector>

#include "muster/academy/sealer.h"
#include "muster/alerts/alerting.h"
#include "muster/api/gate.h"
#include "muster/identity/identity.h"
#include "muster/members/roster.h"
#include "muster/node/node.h"
#include "muster/store/jobs.h"
#include "muster/store/tenant_pool.h"

namespace muster::musterd {

/// The root key, as far as the back office needs it. The identity must outlive it.
academy::Sealer sealer_of(const identity::Identity& identity);

/// Everything that members, the academy, certificates, skill tags and alerts need, put together: their services, the
/// roster, the jobs, and what one of them tells another.
class BackOffice {
 public:
  /// The node, which is started, the gate and the root key must outlive it. The roster and the alerts begin to work.
  BackOffice(const std::string& database, node::Node& node, api::Gate& gate, academy::Sealer root);
  /// As stop().
  ~BackOffice();

  std::vector<std::unique_ptr<grpc::Service>> make_services(api::StreamRegistry& streams);
  void start_jobs();
  /// Ends the jobs, the alerts and the roster, and lets the calls under way finish. May be called again.
  void stop();

  [[nodiscard]] store::TenantPool& pool() { return pool_; }

 private:
  store::TenantPool pool_;
  api::Gate& gate_;
  const academy::Sealer root_;
  std::unique_ptr<members::Roster> roster_;
  alerts::Alerting alerting_;
  std::unique_ptr<store::Jobs> jobs_;
};

}  // namespace muster::musterd
