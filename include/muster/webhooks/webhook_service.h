#pragma once

#include <grpcpp/impl/service_type.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "muster/api/gate.h"
#include "muster/base/sealer.h"
#include "muster/base/time.h"
#include "muster/store/jobs.h"
#include "muster/store/tenant_pool.h"

namespace muster::webhooks {

struct Options {
  /// Connects to addresses that are not public, too, and to servers of this machine without TLS.
  bool private_networks = false;
  /// How long an attempt waits after the one before, each up to a fifth more at random. After the last one the delivery
  /// is dead.
  std::vector<Duration> retries = {std::chrono::seconds(5),  std::chrono::minutes(1), std::chrono::minutes(5),
                                   std::chrono::minutes(30), std::chrono::hours(2),   std::chrono::hours(6),
                                   std::chrono::hours(12)};
  std::chrono::milliseconds timeout{10'000};  ///< of an attempt
  std::chrono::milliseconds lease{30'000};    ///< for which a delivery is this server's; longer than the timeout
  std::chrono::milliseconds look{500};        ///< how often it looks for what is due
  std::size_t attempts_max = 256;             ///< at once
};

/// The pool and the gate must outlive it. The root key seals the webhooks' secrets.
std::unique_ptr<grpc::Service> make_webhook_service(store::TenantPool& pool, api::Gate& gate,
                                                    std::function<void()> changed, Sealer root, const Options& options);

/// Deletes deliveries that were kept for long enough.
store::Job cleanup_job();

/// Posts what is in the outbox, on a thread of its own, which waits for no receiver and for no database. Several
/// servers may work on the same outbox.
class Worker {
 public:
  /// The pool must outlive it.
  Worker(store::TenantPool& pool, Sealer root, const Options& options);
  /// Breaks off what is under way: it is begun again once its lease is over.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

 private:
  class Deliveries;
  std::shared_ptr<Deliveries> deliveries_;
};

}  // namespace muster::webhooks
